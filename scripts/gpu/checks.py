"""Is it right? The parts info, tests, sanitizer and verify."""
import json
import math
import re
import sys

from gpu.build import find_tool
from gpu.report import NotRun

VERSIONS = (("nvidia-smi",), ("nvcc", "--version"), ("compute-sanitizer", "--version"),
            ("ncu", "--version"), ("nsys", "--version"), ("uname", "-srm"),
            ("getconf", "GNU_LIBC_VERSION"))
TORCH_VERSION = "import torch; print('PyTorch', torch.__version__, 'CUDA', torch.version.cuda)"


def info(part):
    """What stands in the machine."""
    for words in (["info", "--devices"], ["info"]):
        done = part.kilat(*words)
        part.report.code(f"$ kilat {' '.join(words)}\n{done.all}")
        if done.code != 0:
            part.fail(f"kilat {' '.join(words)}: {done.words}")
    if not part.build.tests:
        part.report.paragraph(f"There are no device tests in {part.build.folder}.")
    for name, *arguments in VERSIONS:
        tool = find_tool(name)
        text = part.run(tool, *arguments, seconds=30).all if tool else "not there"
        part.report.code(f"$ {' '.join((name, *arguments))}\n{text}")
    done = part.run(part.build.python, "-c", TORCH_VERSION)
    part.report.code(f"$ {part.build.python}\n{done.out if done.code == 0 else done.words}")


# A few that are quick under emulation.
QUICK_TESTS = "BiasActivationTest/0.*:ColumnSumTest/0.AgreesWithReferenceAndAccumulates:SoftmaxTest/0.*"


def run_tests(part, pattern, *under, seconds=None):
    """The device tests that `pattern` names, under a tool and its options or alone."""
    if not part.build.tests:
        raise NotRun(f"{part.build.folder} has no kilat_device_tests")
    return part.run(*under, part.build.tests, "--gtest_color=no", f"--gtest_filter={pattern}",
                    seconds=seconds)


def count_tests(output):
    """How many passed and were skipped; the names of those that failed."""
    def count(word):
        found = re.search(rf"^\[ +{word} +\] (\d+) tests?", output, re.MULTILINE)
        return int(found[1]) if found else 0
    failed = re.findall(r"^\[  FAILED  \] (\w+(?:/\d+)?\.\w+)", output, re.MULTILINE)
    return count("PASSED"), count("SKIPPED"), sorted(set(failed))


def hardware_tests(part):
    """Of what the emulation promises of the hardware, where the build has them."""
    if not part.build.hardware_tests.exists():
        return
    done = part.run(part.build.hardware_tests, "--gtest_color=no")
    passed, skipped, failed = count_tests(done.out)
    part.report.paragraph(f"Of the hardware {passed} tests passed, {len(failed)} failed, {skipped} "
                          "were skipped.")
    if done.code != 0 or passed == 0:
        part.fail(f"the hardware's tests: {', '.join(failed[:5]) or done.words}")
        part.report.details("The end of what they printed", done.all[-20000:], shown=True)


def tests(part):
    """The typed tests of the ops and of training, on the device; those of the hardware."""
    hardware_tests(part)
    done = run_tests(part, QUICK_TESTS if part.quick else "*")
    passed, skipped, failed = count_tests(done.out)
    part.report.paragraph(f"{passed} tests passed, {len(failed)} failed, {skipped} were skipped in "
                          f"{done.seconds:.0f} s.")
    if done.code == 0 and passed > 0:
        return
    part.fail(f"{len(failed)} tests failed: {', '.join(failed[:5])}" if failed
              else f"the tests: {done.words}")
    part.report.details("The end of what they printed", done.all[-20000:], shown=True)


# Every op, with cuBLASLt's epilogues and where these change something without; the shuffle; what
# looks for the first tensor that is not finite.
SANITIZED_TESTS = ("*Test/0.*:LinearActivationTest/1.*:TrainerTest.*:ResidentTest.EndsWith*:"
                   "ResidentTest.TakesEvery*:ResidentTest.EvaluatesTo*:"
                   "ResidentFullBatchTest.EndsWith*:ResidentFullBatchTest.TakesEvery*:"
                   "ResidentFullBatchTest.EvaluatesTo*:ResidentDeepTest.EndsWith*:"
                   "ResidentDeepTest.TakesEvery*:"
                   "PortableCudaTest.*")
# racecheck follows each access to shared memory, which takes many times as long: each kernel once.
RACECHECKED_TESTS = ":".join((
    "ActivationBackwardTest/0.*", "AugmentTest/0.OfImages*", "BiasActivationTest/0.KeepsNan*",
    "ColumnSumTest/0.AddsEveryRow*", "CursorTest/0.*", "GatherTest/0.AnEmpty*",
    "InputGemmTest/0.Reused*", "InputGemmTest/2.Reused*", "InputGradientTest/0.ALayers*",
    "InputGradientTest/2.ALayers*", "LinearActivationTest/1.LayersOfOneShape*",
    "MarkActiveTest/0.*", "ShuffleTest/0.IsAPermutation", "SoftmaxTest/0.AgreesWithReferenceForRows*",
    "SoftmaxCrossEntropyTest/0.OfEqual*", "SumBlocksTest/0.*", "UpdateTest/0.AStepsEnd*",
    "TrainerTest.FindsTheFirst*", "ResidentTest.EndsWith*", "ResidentTest.EvaluatesTo*",
    "ResidentFullBatchTest.EndsWith*", "ResidentDeepTest.EndsWith*", "PortableCudaTest.*"))
SANITIZERS = {  # whose exit code is 99 when they find something
    "memcheck": ["--leak-check", "full"],
    "racecheck": [],
    "initcheck": [],
    "synccheck": [],
}
SHORT_RUN = ["train", "--device", "cuda", "--hidden", "32", "--train-on", "test", "--train-range",
             "0:1000", "--validation", "1000:1200", "--batch", "96", "--quiet"]


def sanitizer(part):
    """compute-sanitizer's four tools over tests that reach each kernel, and a short run of each engine."""
    tool = find_tool("compute-sanitizer")
    if not tool:
        raise NotRun("there is no compute-sanitizer")
    part.report.table("tool", "program", "outcome", "it says", "time", align="llllr")
    programs = ("resident", "composed", "tests")
    left = len(programs) * len(SANITIZERS)
    for name, options in SANITIZERS.items():
        under = [tool, "--tool", name, *options, "--error-exitcode", "99", "--print-limit", "20"]
        for program in programs:
            seconds = part.seconds_left / left  # a fair share; what is not used is for the others
            left -= 1
            if program == "tests":
                pattern = (QUICK_TESTS if part.quick else
                           RACECHECKED_TESTS if name == "racecheck" else SANITIZED_TESTS)
                done = run_tests(part, pattern, *under, seconds=seconds)
            else:
                done = part.run(*under, part.build.kilat, *SHORT_RUN, "--engine", program, "--epochs",
                                1 if part.quick else 3, "--run",
                                part.folder / f"run-{name}-{program}", seconds=seconds)
            say_sanitized(part, name, program, done)


def say_sanitized(part, name, program, done):
    summaries = re.findall(r"^========= (.*SUMMARY: .*)$", done.all, re.MULTILINE)
    outcome = "passed"
    if done.code != 0:
        outcome = "found something" if done.code == 99 else f"failed: {done.words}"
        part.fail(f"{name}, {program}: {outcome}")
    elif not summaries:
        outcome = "failed: it says nothing"
        part.fail(f"{name}, {program}: it says nothing")
    part.report.row(name, program, outcome, "; ".join(summaries), f"{done.seconds:.0f} s")
    if outcome != "passed":
        said = [line for line in done.all.splitlines() if line.startswith("=========")]
        part.report.details(f"{name}, {program}", "\n".join(said[:120]) or done.all[-4000:],
                            shown=True)


SHORT_LAST_BATCH = ["--train-range", "0:1000", "--validation", "100", "--batch", "300"]
VERIFIED = {
    "recipe mnist": ["--recipe", "mnist"],
    "recipe report": ["--recipe", "report"],
    "recipe report-0.1": ["--recipe", "report-0.1"],
    "no hidden layer": ["--hidden", "none"],
    "three hidden layers, a short last batch": ["--hidden", "300,100,50", *SHORT_LAST_BATCH],
    "batches of one": ["--batch", "1", "--momentum", "0", "--no-nesterov", "--lr", "0.01"],
    "standardised, weight decay": ["--normalise", "standard", "--weight-decay", "0.001"],
    "Adam, leaky ReLU, shifted images": ["--optimizer", "adam", "--activation", "leaky-relu",
                                         "--augment", "shift=2"],
    "recipe mnist, tf32": ["--recipe", "mnist", "--precision", "tf32"],
    "recipe mnist, bf16": ["--recipe", "mnist", "--precision", "bf16"],
}
TINY = ["--train-on", "test", "--train-range", "0:200", "--validation", "200:250", "--hidden", "8",
        "--steps", "2"]


def verify(part):
    """The GPU in lockstep with the CPU; the worst is in shares of what rounding explains."""
    part.report.table("work", "engine", "network", "batch", "steps", "outcome",
                      "nearest its tolerance", "difference", "share", align="lllrrllrr")
    chosen = list(VERIFIED.items())[::4] if part.quick else VERIFIED.items()
    for name, options in chosen:
        options = [*options, *(TINY if part.quick else [])]
        for engine in ("auto", "composed"):
            found = part.kilat_json("verify", "--device", "cuda", "--engine", engine, *options,
                                    also=(1,))
            if found is None:
                part.report.row(name, engine, "", "", "", f"failed: {part.failures[-1]}", "", "", "")
                continue
            say_verified(part, name, found)
            if found["engine"].startswith("composed"):
                break


def say_verified(part, name, found):
    def difference(tensor):
        finite = tensor["tested"] is not None and tensor["expected"] is not None
        return abs(tensor["tested"] - tensor["expected"]) if finite else math.inf

    def share(tensor):
        return difference(tensor) / (tensor["tolerance"] or sys.float_info.min)

    worst = max(found["tensors"], key=share)
    if not found["passed"]:
        first = found["first_out_of_tolerance"]
        part.fail(f"{name}: " + (f"{first['tensor']} is out of tolerance after step {first['step']}"
                                 if first else "the evaluation is out of tolerance"))
    part.report.row(name, found["engine"], found["network"], found["batch"], found["steps"],
                    "passed" if found["passed"] else "failed", worst["tensor"],
                    f"{difference(worst):.1e}", f"{share(worst):.3g}")
    if not found["passed"]:
        part.report.details(name, json.dumps(found, indent=1), "json", shown=True)
