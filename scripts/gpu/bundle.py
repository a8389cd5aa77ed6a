"""What must travel to a machine that has a GPU and little else, in one archive.

Unpacked, it is a folder like the project's: scripts/, data/mnist, and build/cuda with the programs,
the libraries of this system that they need in lib/, and the compiler's runtime in lib/compiler: it
is for machines whose own is older. The C library and CUDA are the machine's.
"""
import io
import pathlib
import re
import subprocess
import tarfile

from gpu.build import HARDWARE_TESTS, ROOT, TESTS, commit_of_checkout

FILES = ("kilat", "libkilat.so.0", "libkilat_cuda.so", TESTS[0], HARDWARE_TESTS)
SCRIPTS = ("scripts/gpu_check", "scripts/gpu/*.py", "scripts/options.py",
           "scripts/torch_*.py", "scripts/works.py")
OF_THE_MACHINE = re.compile(
    r"linux-vdso|ld-linux|lib(c|m|dl|rt|pthread|util|resolv)\.so|lib(cuda|cublas|nv)|libkilat")
OF_THE_COMPILER = re.compile(r"lib(stdc\+\+|gcc_s)\.so")
LIMIT = 60 << 20  # bytes


def libraries(file):
    """Name and path of those that it needs, the libraries' own needs included."""
    text = subprocess.run(["ldd", file], capture_output=True, text=True, check=True).stdout
    needed = {name: path for name, path in re.findall(r"(\S+) => (/\S+|not found)", text)
              if not OF_THE_MACHINE.match(name)}
    if "not found" in needed.values():
        raise FileNotFoundError(f"{file} needs libraries that are not here; see ldd {file}")
    return needed


def add_text(archive, name, text):
    entry = tarfile.TarInfo(name)
    entry.size = len(text.encode())
    entry.mode = 0o644
    archive.addfile(entry, io.BytesIO(text.encode()))


def write_bundle(file, build):
    """Writes `file`, a .tar.gz; throws FileNotFoundError for what is not built."""
    place = pathlib.Path("kilat-gpu")
    needed = {}
    for name in FILES:
        if not (build / name).exists():
            raise FileNotFoundError(f"{build / name} is missing; run scripts/build cuda")
        needed.update(libraries(build / name))
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz", dereference=True) as archive:
        for name in FILES:
            archive.add(build / name, place / "build/cuda" / name)
        for name, path in sorted(needed.items()):
            folder = "lib/compiler" if OF_THE_COMPILER.match(name) else "lib"
            archive.add(path, place / "build/cuda" / folder / name)
        add_text(archive, str(place / "build/cuda/commit"), commit_of_checkout() + "\n")
        for pattern in (*SCRIPTS, "data/mnist/*"):
            for path in sorted(ROOT.glob(pattern)):
                archive.add(path, place / path.relative_to(ROOT))
    size = file.stat().st_size
    print(f"{file}: {size / (1 << 20):.0f} MiB, {len(needed)} libraries")
    if size > LIMIT:
        raise ValueError(f"{file} is larger than the {LIMIT >> 20} MiB that travel easily")
