"""Kilat and PyTorch in turns: the part torch."""
import itertools
import json
import statistics
import subprocess
import threading

from gpu.build import ROOT
from gpu.report import NotRun, duration, end_group
from gpu.timings import chosen_works, lines_of
from works import percentiles

MODES = ("eager", "compile", "graphs", "compile-graphs")  # of torch_bench.py
ROUNDS, ROUND_SECONDS = 7, 0.4
SEES_DEVICE = ("import sys, torch; "
               "sys.exit(sys.argv[1] == 'cuda' and not torch.cuda.is_available() "
               "and 'PyTorch sees no GPU')")


class PacedTorch:
    """scripts/torch_bench.py as a process beside, which times a round of a work when asked to."""

    def __init__(self, part, device):
        options = ["--paced", "--device", device, "--modes", ",".join(MODES),
                   "--seconds", 0.02 if part.quick else ROUND_SECONDS]
        self.errors = open(part.folder / "torch_bench.log", "w+", encoding="utf-8")
        self.process = part.start(part.build.python, ROOT / "scripts/torch_bench.py", *options,
                                  *(["--tiny"] if part.quick else []), stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=self.errors)
        self.out_of_time = threading.Timer(part.seconds_left, end_group, [self.process])
        self.out_of_time.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.out_of_time.cancel()
        end_group(self.process)
        self.process.wait()
        self.errors.close()

    def round(self, work):
        """A result for each mode; throws RuntimeError when the process has ended."""
        try:
            self.process.stdin.write(work.name + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # its end is read below
        lines = list(itertools.islice(self.process.stdout, len(MODES)))
        if len(lines) == len(MODES):
            return [json.loads(line) for line in lines]
        self.errors.seek(0)
        words = self.errors.read().strip().splitlines() or ["no words"]
        raise RuntimeError(f"torch_bench.py ended: {words[-1]}")


def torch(part, device="cuda"):
    """PyTorch and Kilat in turns: a round of each, again and again; medians of the rounds."""
    found = part.run(part.build.python, "-c", SEES_DEVICE, device)
    if found.code != 0:
        raise NotRun(f"{part.build.python}: {found.words}")
    part.report.table("work", "who", "epoch", "p5 to p95", "a step", "Kilat is faster by",
                      align="llrrrr")
    results = []
    with PacedTorch(part, device) as paced:
        for work in chosen_works(part):
            try:
                results += compare(part, paced, work, device)
            except RuntimeError as error:
                part.fail(f"{work.name}: {error}")
                part.report.row(work.text, f"failed: {error}", "", "", "", "")
    part.report.paragraph(f"Medians of {3 if part.quick else ROUNDS} rounds, taken in turns; each "
                          "round is the median of its epochs, each epoch waited for.")
    part.report.details("Every round", lines_of(results), "json")


def compare(part, paced, work, device):
    """Returns what was measured, an object for Kilat and for each mode of PyTorch."""
    few = ["--epochs", "1", "--warmup", "0"] if part.quick else []
    found = {}

    def note(who, result):
        one = found.setdefault(who, {"work": work.name, "who": who, "medians": []})
        one.update((key, result[key]) for key in ("torch", "pixels", "error") if key in result)
        if "error" not in result:
            one["medians"].append(result["epoch_seconds"]["median"])

    engines = {"Kilat": []}
    if device == "cuda":
        engines["Kilat, composed"] = ["--engine", "composed"]
    epochs = {engine: few for engine in engines}
    for _ in range(3 if part.quick else ROUNDS):
        for engine, options in engines.items():
            kilat = part.kilat_json("bench", "--device", device, *options, *work.options,
                                    *epochs[engine])
            if kilat is None:
                raise RuntimeError(part.failures.pop())
            note(engine, kilat[0])
            epoch = kilat[0]["epoch_seconds"]["median"]
            epochs[engine] = epochs[engine] or ["--epochs", max(3, round(ROUND_SECONDS / epoch))]
        for result in paced.round(work):
            note(f"PyTorch, {result['mode']}", result)
    own = statistics.median(found["Kilat"]["medians"])
    for who, one in found.items():
        if "error" in one:
            part.report.row(work.text, who, f"not timed: {one['error']}", "", "", "")
            continue
        epoch = percentiles(one["medians"])
        part.report.row(work.text, who, duration(epoch["median"]),
                        f"{duration(epoch['p5'])} to {duration(epoch['p95'])}",
                        duration(epoch["median"] / work.updates), f"{epoch['median'] / own:.2f}")
    return found.values()
