"""How fast is it? The part bench, and what is timed."""
import json

from gpu.report import duration, percent
from works import WORKS


def chosen_works(part):
    """Those of works.py; two tiny ones to try the scripts."""
    if not part.quick:
        return WORKS
    return [work.tiny() for work in (WORKS[0], WORKS[-1])]


def lines_of(results):
    return "\n".join(json.dumps(result) for result in results)


def resident_epoch(part, work, few, results):
    """The epoch's time by the resident engine."""
    found = part.kilat_json("bench", "--device", "cuda", "--engine", "resident", "--clocks",
                            *work.options, *few)
    if found is None:
        return "failed"
    results.append({"work": work.name, "engine": "resident", **found[0]})
    return duration(found[0]["epoch_seconds"]["median"])


def bench(part):
    """`kilat bench --compare cpu,cuda` with either engine, and the student report's run from end to end."""
    part.report.table("work", "CPU epoch", "GPU epoch", "p5 to p95", "samples/s", "GFLOP/s",
                      "of peak", "cold start", "faster by", "resident epoch", align="lrrrrrrrrr")
    results = []
    for work in chosen_works(part):
        few = ["--epochs", "1", "--warmup", "0"] if part.quick else []
        both = part.kilat_json("bench", "--compare", "cpu,cuda", "--engine", "composed",
                               *work.options, *few)
        if both is None:
            part.report.row(work.text, f"failed: {part.failures[-1]}", *[""] * 8)
            continue
        cpu, gpu = both
        epoch, peak = gpu["epoch_seconds"], gpu["peak_gflops"]
        ratio = cpu["epoch_seconds"]["median"] / epoch["median"]
        part.report.row(work.text, duration(cpu["epoch_seconds"]["median"]),
                        duration(epoch["median"]),
                        f"{duration(epoch['p5'])} to {duration(epoch['p95'])}",
                        f"{gpu['samples_per_second']:,.0f}", f"{gpu['gflops']:,.1f}",
                        percent(gpu["gflops"] / peak, 1) if peak else "-",
                        duration(gpu["cold_start_seconds"]), f"{ratio:.1f}",
                        resident_epoch(part, work, few, results))
        results += [{"work": work.name, **result} for result in both]
    part.report.paragraph("An epoch of a full batch is one iteration, and is waited for.")
    show_clocks(part, results)
    part.report.details("All that was measured", lines_of(results), "json")
    train_the_report(part)
    train_seeds(part)


def show_clocks(part, results):
    """Of the parts of a step of the resident engine (docs/gpu.md says what each is)."""
    part.report.table("work", "clocks of a step", "by part", align="lrl")
    for result in results:
        if result.get("step_clocks"):
            clocks = result["step_clocks"]
            part.report.row(result["work"], f"{sum(clocks.values()):,.0f}",
                            ", ".join(f"{name} {count:,.0f}" for name, count in clocks.items()))


def train_seeds(part):
    """Runs of one network at once, by the resident engine; the first alone."""
    part.report.table("seeds of 784-128-10, b = 32, 2 epochs", "a run", "all", "times one",
                      align="lrrr")
    size = ["--hidden", "128", "--epochs", "2"]
    if part.quick:
        size = ["--hidden", "8", "--epochs", "1", "--train-range", "0:64"]
    alone = None
    for seeds in (1, 2) if part.quick else (1, 7, 15):
        run = part.kilat_json("train", "--device", "cuda", "--engine", "resident", "--quiet",
                              "--seeds", seeds, "--run", part.folder / f"seeds-{seeds}", "--batch", 32,
                              "--validation", "none", *size)
        if run is None:
            continue
        seconds = run["train_seconds"] if seeds == 1 else run["train_seconds"]["median"]
        alone = alone or seconds
        part.report.row(seeds, duration(seconds),
                        duration(run["total_seconds"] if seeds == 1 else run["wall_seconds"]),
                        f"{seconds / alone:.2f}")


def train_the_report(part):
    """Recipe `report`: 10,000 iterations with an evaluation every ten; its training time includes
    these where the resident engine makes them."""
    part.report.table("recipe report on", "iterations", "it stopped", "training", "an iteration",
                      "all", "training accuracy", "held out", align="lrlrrrrr")
    few = ["--iterations", "20", "--train-range", "0:200"] if part.quick else []
    for device, *engine in (["cpu"], ["cuda", "--engine", "composed"],
                            ["cuda", "--engine", "resident"]):
        run = part.kilat_json("train", "--recipe", "report", "--device", device, *engine, "--quiet",
                              "--run", part.folder / "-".join(["report", device, *engine[1:]]), *few)
        if run is not None:
            part.report.row(" ".join([run["device"], *engine]), run["iterations"], run["stop_reason"],
                            duration(run["train_seconds"]),
                            duration(run["train_seconds"] / run["iterations"]),
                            duration(run["total_seconds"]), percent(run["train_accuracy"]),
                            percent(run["validation_accuracy"]))
