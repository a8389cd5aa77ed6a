#!/usr/bin/env python3
"""Reads what each kernel takes of a multiprocessor from the built library: none may use local
memory, which is where registers are spilled to, and those that the table of docs/gpu.md names no
more registers than it says.

  registers_test.py LIBRARY PYTHON DOCUMENT     PYTHON: a virtual environment that has cuobjdump
"""
import pathlib
import re
import shutil
import subprocess
import sys

SKIPPED = 77
ARCHITECTURE = re.compile(r"^arch = (sm_\w+)$")
FUNCTION = re.compile(r"^ Function (\S+):$")
USAGE = re.compile(r"\b(REG|STACK|SHARED|LOCAL):(\d+)")
ROW = re.compile(r"^\| `(\w+)::(\w+)` \| (sm_\w+) \| (\d+) \|", re.MULTILINE)


def find_cuobjdump(python):
    for path in sorted(pathlib.Path(python).glob("lib/*/site-packages/nvidia/*/bin/cuobjdump")):
        return str(path)
    return shutil.which("cuobjdump")


def usages(report):
    """(architecture, mangled name, usage by kind) of each kernel."""
    architecture = function = None
    for line in report.splitlines():
        if found := ARCHITECTURE.match(line):
            architecture = found[1]
        elif found := FUNCTION.match(line):
            function = found[1]
        elif function:
            yield architecture, function, {kind: int(n) for kind, n in USAGE.findall(line)}
            function = None


def main():
    library, python, document = sys.argv[1:]
    cuobjdump = find_cuobjdump(python)
    if not cuobjdump:
        print("SKIPPED: there is no cuobjdump; run scripts/setup --python")
        return SKIPPED
    report = subprocess.run([cuobjdump, "-res-usage", library], check=True, capture_output=True,
                            text=True).stdout
    kernels = list(usages(report))
    faults = [f"{name} ({architecture}) uses local memory: {used}"
              for architecture, name, used in kernels if used["STACK"] or used["LOCAL"]]
    built = {architecture for architecture, _, _ in kernels}
    for room, kernel, architecture, most in ROW.findall(pathlib.Path(document).read_text()):
        if architecture not in built:
            continue
        part = f"{len(room)}{room}"
        own = [used["REG"] for a, name, used in kernels
               if a == architecture and part in name and f"{len(kernel)}{kernel}" in name]
        if not own:
            faults.append(f"{document} names {room}::{kernel}, which is not there")
        elif max(own) > int(most):
            faults.append(f"{room}::{kernel} ({architecture}): {max(own)} registers, not {most}")
    for fault in faults:
        print(fault)
    print(f"{len(kernels)} kernels for {', '.join(sorted(built))}: {len(faults)} faults")
    return 1 if faults or not kernels else 0


if __name__ == "__main__":
    sys.exit(main())
