#!/usr/bin/env python3
"""Reads what each kernel takes of a multiprocessor: none may use local memory, which is where
registers are spilled to, and those in the table of docs/gpu.md have no more registers than it says.

  registers_test.py BUILD LIBRARY            of the built library
  registers_test.py BUILD [--other | --all]  kernels/resident, compiled for a GPU that the library is
                                             not for, another one for each commit, or for all GPUs

BUILD has compile_commands.json. cuobjdump: scripts/setup --python installs it into build/python.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77
GPUS = ("sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120")  # of the preset dist
ARCHITECTURE = re.compile(r"^arch = (sm_\w+)$")
FUNCTION = re.compile(r"^ Function (\S+):$")
USAGE = re.compile(r"\b(REG|STACK|SHARED|LOCAL):(\d+)")
GENERATE = "--generate-code="


def find_cuobjdump():
    folders = (ROOT / "build/python").glob("lib/*/site-packages/nvidia/*/bin/cuobjdump")
    return next((str(path) for path in sorted(folders)), None) or shutil.which("cuobjdump")


def usages(cuobjdump, file, architecture=None):
    """(architecture, mangled name, usage by kind) of each kernel; of a cubin's, it is given."""
    report = subprocess.run([cuobjdump, "-res-usage", file], check=True, capture_output=True,
                            text=True).stdout
    function = None
    for line in report.splitlines():
        if found := ARCHITECTURE.match(line):
            architecture = found[1]
        elif found := FUNCTION.match(line):
            function = found[1]
        elif function:
            yield architecture, function, {kind: int(n) for kind, n in USAGE.findall(line)}
            function = None


def limits():
    """(namespace, kernel, architecture): registers, by docs/gpu.md."""
    text = (ROOT / "docs/gpu.md").read_text()
    head = re.search(r"^\| registers of \|(.*)\|$", text, re.MULTILINE)[1]
    columns = ["sm_" + capability.strip().replace(".", "") for capability in head.split("|")]
    for room, kernel, row in re.findall(r"^\| `(\w+)::(\w+)` \|((?: *\d+ \|)+)$", text, re.MULTILINE):
        for architecture, most in zip(columns, re.findall(r"\d+", row), strict=True):
            yield (room, kernel, architecture), int(most)


def compile_for(command, architecture, to):
    words = shlex.split(command["command"])
    words = [word for word in words if word != "-c" and not word.startswith(GENERATE)]
    words[words.index("-o") + 1] = to
    number = architecture.removeprefix("sm_")
    words[1:1] = ["--cubin", f"{GENERATE}arch=compute_{number},code={architecture}"]
    done = subprocess.run(words, cwd=command["directory"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command['file']} does not compile for {architecture}:\n{done.stderr}")
    return to


def chosen(commands, option):
    if option == "--all":
        return GPUS
    built = {code for command in commands
             for code in re.findall(r"sm_\w+", command["command"].partition(GENERATE)[2])}
    others = [gpu for gpu in GPUS if gpu not in built]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return [others[int(commit.stdout[:8] or "0", 16) % len(others)]] if others else []


def compiled_kernels(cuobjdump, build, option):
    commands = [command for command in json.loads((build / "compile_commands.json").read_text())
                if "/kernels/resident/" in command["file"] and GENERATE in command["command"]]
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(gpu, pool.submit(compile_for, command, gpu, f"{folder}/{gpu}-{i}.cubin"))
                for gpu in chosen(commands, option) for i, command in enumerate(commands)]
        return [kernel for gpu, job in jobs for kernel in usages(cuobjdump, job.result(), gpu)]


def main():
    build, what = pathlib.Path(sys.argv[1]), sys.argv[2]
    cuobjdump = find_cuobjdump()
    if not cuobjdump:
        print("SKIPPED: there is no cuobjdump; run scripts/setup --python")
        return SKIPPED
    kernels = (compiled_kernels(cuobjdump, build, what) if what.startswith("--")
               else list(usages(cuobjdump, what)))
    faults = [f"{name} ({architecture}) uses local memory: {used}"
              for architecture, name, used in kernels if used["STACK"] or used["LOCAL"]]
    built = {architecture for architecture, _, _ in kernels}
    for (room, kernel, architecture), most in limits():
        if architecture not in built:
            continue
        own = [used["REG"] for a, name, used in kernels if a == architecture and
               f"{len(room)}{room}" in name and f"{len(kernel)}{kernel}" in name]
        if not own:
            faults.append(f"docs/gpu.md names {room}::{kernel}, which is not there")
        elif max(own) > most:
            faults.append(f"{room}::{kernel} ({architecture}): {max(own)} registers, not {most}")
    for fault in faults:
        print(fault)
    print(f"{len(kernels)} kernels for {', '.join(sorted(built))}: {len(faults)} faults")
    return 1 if faults or not kernels else 0


if __name__ == "__main__":
    sys.exit(main())
