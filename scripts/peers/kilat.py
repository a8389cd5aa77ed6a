"""Kilat's own part of the comparison."""
import json
import subprocess


class Kilat:
    def __init__(self, program, data, threads, folder):
        self.program, self.data, self.threads, self.folder = program, data, threads, folder

    def run(self, command, work, *options):
        words = [self.program, command, "--device", "cpu", "--threads", self.threads, "--json",
                 "--data", self.data, *work.options, *options]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"kilat {command}: {done.stderr.strip().splitlines()[-1]}")
        return json.loads(done.stdout)

    def train(self, work, seed, updates, start, model):
        """The mean loss over the training data after so many updates, and the seconds of an update."""
        begin = ["--init-from", start] if start else ["--init", "he-uniform"]
        length = ["--epochs", 0] if updates == 0 else ["--iterations", updates,
                                                       "--eval-iterations", updates]
        result = self.run("train", work, *begin, *length, "--seed", seed, "--model", model,
                          "--schedule", "constant", "--warmup", 0, "--patience", 0, "--drops", 0,
                          "--no-restore-best", "--run", self.folder / f"run-{model.stem}")
        return result["train_loss"], result["train_seconds"] / max(updates, 1)

    def time(self, work, epochs):
        """Seconds of an epoch or iteration of a fresh process, after one that is not timed."""
        result = self.run("bench", work, "--epochs", epochs, "--warmup", 1)[0]
        return result["epoch_seconds"]["median"]
