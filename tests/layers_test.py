#!/usr/bin/env python3
"""The rooms of the house include only what stands below them (docs/design.md).

  tests/layers_test.py [FOLDER]     the project; by default this one
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../..").resolve()

# From the ground up; rooms of one floor do not know each other.
FLOORS = [
    ["src/base"],
    ["src/data", "src/model"],
    ["src/backend"],
    ["kernels"],
    ["src/backend/cpu", "src/backend/cuda", "src/backend/portable", "src/backend/reference"],
    ["src/step"],
    ["src/session"],
    ["src/train"],
    ["src/report"],
    ["src/bench", "src/verify"],
    ["src/cli"],
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
SOURCES = {".h", ".cpp", ".cu"}


def room_of(path):
    """The innermost room that holds it; None outside."""
    return next((str(p) for p in path.parents if str(p) in FLOOR), None)


def included(path):
    """The project's own files that it includes, from the root."""
    for name in re.findall(r'^#include "(\S+)"', (ROOT / path).read_text(), re.MULTILINE):
        for found in (pathlib.PurePath("src") / name, pathlib.PurePath(name)):
            if (ROOT / found).is_file():
                yield found


def main():
    files = [path.relative_to(ROOT) for folder in ("src", "kernels")
             for path in sorted((ROOT / folder).rglob("*")) if path.suffix in SOURCES]
    wrong = [f"{path} stands in no room" for path in files if room_of(path) is None]
    arrows = 0
    for path in files:
        for other in included(path):
            here, there = room_of(path), room_of(other)
            arrows += 1
            if here and there and here != there and FLOOR[there] >= FLOOR[here]:
                wrong.append(f"{path} looks up to {other}")
    print("\n".join(wrong) or f"{len(files)} files, {arrows} includes, none looks up")
    return 1 if wrong or arrows == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
