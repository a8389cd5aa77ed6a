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
        """The mean loss over the training data after so many updates."""
        begin = ["--init-from", start] if start else ["--init", "he-uniform"]
        length = ["--epochs", 0] if updates == 0 else ["--iterations", updates]
        result = self.run("train", work, *begin, *length, "--seed", seed, "--model", model, "--schedule", "constant", "--warmup", 0, "--run",
                          self.folder / f"run-{model.stem}", "--patience", 0, "--drops", 0,
                          "--no-restore-best")
        return result["train_loss"]

    def time(self, work, seconds, estimate):
        """Seconds of each epoch or iteration of a fresh process, after one that is not timed."""
        epochs = max(3 if work.batch is None else 1, round(seconds / max(estimate, 1e-4)))
        result = self.run("bench", work, "--epochs", epochs, "--warmup", 1)[0]
        return result["epoch_seconds"]["median"]
