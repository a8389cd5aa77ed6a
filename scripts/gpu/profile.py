"""Where a step's time goes: the part profile."""
import csv
import statistics

from gpu.build import find_tool
from gpu.report import NotRun, duration, percent
from gpu.timings import chosen_works

PROFILED = ("full60k_784-10-10", "b128_784-800-10")
STEPS = 8
PHASES = ("gather", "forward", "backward", "update")  # NVTX ranges of a step
METRICS = {"gpu__time_duration.sum": 1e-9, "dram__bytes_read.sum": 1, "dram__bytes_write.sum": 1}


def profile(part):
    """Each kernel of a step by ncu, or by nsys where that is missing."""
    ncu, nsys = find_tool("ncu"), find_tool("nsys")
    if not ncu and not nsys:
        raise NotRun("there is neither ncu nor nsys")
    for work in [work for work in chosen_works(part) if part.quick or work.name in PROFILED]:
        run = [part.build.kilat, "train", "--device", "cuda", *work.options, "--iterations", STEPS,
               "--engine", "composed", "--no-graph", "--quiet", "--run", part.folder / f"profile-{work.name}"]
        kernels = by_ncu(part, ncu, run) if ncu else by_nsys(part, nsys, run)
        if not kernels:
            part.fail(f"{work.name}: no kernel was profiled")
            continue
        say_kernels(part, work, kernels)


def by_ncu(part, ncu, run):
    """Name: launches as dictionaries of METRICS, in base units. The clocks are left as they are."""
    options = ["--csv", "--print-units", "base", "--print-kernel-base", "function",
               "--clock-control", "none", "--metrics", ",".join(METRICS)]
    ranges = [word for phase in PHASES for word in ("--nvtx-include", f"{phase}/")]
    kernels = {}
    for filters in (["--nvtx", *ranges], []):
        done = part.run(ncu, *options, *filters, *run)
        lines = [line for line in done.out.splitlines() if line.startswith('"')]
        launches = {}
        for row in csv.DictReader(lines):
            launch = launches.setdefault(row["ID"], {"name": row["Kernel Name"]})
            launch[row["Metric Name"]] = float(row["Metric Value"].replace(",", ""))
        if launches:
            break
        part.report.paragraph(f"ncu{' of the ranges of a step' if filters else ''} told nothing: "
                              f"{done.words}")
    for launch in launches.values():
        kernels.setdefault(launch.pop("name"), []).append(launch)
    return kernels


def by_nsys(part, nsys, run):
    """The same with times alone, of the whole run."""
    traced = part.folder / "trace"
    done = part.run(nsys, "profile", "--trace", "cuda", "--force-overwrite", "true", "--output",
                    traced, *run)
    stats = part.run(nsys, "stats", "--report", "cuda_gpu_kern_sum", "--format", "csv",
                     "--force-export", "true", traced.with_suffix(".nsys-rep"))
    lines = stats.out.splitlines()
    begin = next((i for i, line in enumerate(lines) if line.startswith("Time (%)")), None)
    if begin is None:
        part.report.paragraph(f"nsys told nothing: {done.words}; {stats.words}")
        return {}
    return {row["Name"]: [{"gpu__time_duration.sum": float(row["Med (ns)"])}]
            * int(row["Instances"]) for row in csv.DictReader(lines[begin:])}


def say_kernels(part, work, kernels):
    def total(launches, metric):
        return sum(launch.get(metric, 0) * METRICS[metric] for launch in launches) / STEPS

    def cells(launches):
        times = [launch["gpu__time_duration.sum"] * 1e-9 for launch in launches]
        step = total(launches, "gpu__time_duration.sum")
        moved = sum(total(launches, f"dram__bytes_{way}.sum") for way in ("read", "write"))
        return (f"{len(launches) / STEPS:g}", duration(statistics.median(times)), duration(step),
                percent(step / all_time, 1), f"{moved / 1e6:.3f}" if moved else "-")

    everything = [launch for launches in kernels.values() for launch in launches]
    all_time = total(everything, "gpu__time_duration.sum")
    part.report.table(work.text, "launches a step", "a launch", "a step", "share", "MB a step",
                      align="lrrrrr")
    for name, launches in sorted(kernels.items(),
                                 key=lambda item: -total(item[1], "gpu__time_duration.sum")):
        part.report.row(f"`{name[:80]}`", *cells(launches))
    part.report.row("all", f"{len(everything) / STEPS:g}", "", duration(all_time), "100 %", "")
