"""A build of Kilat to be checked, the libraries it runs with, and NVIDIA's tools around it."""
import glob
import json
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ("tests/device/kilat_device_tests", "kilat_emulated_tests")  # the latter tries the scripts
HARDWARE_TESTS = "tests/device/kilat_hardware_tests"
TOOL_FOLDERS = ("/usr/local/cuda/bin", "/usr/local/cuda*/bin", "/opt/nvidia/nsight-compute/*")
CUDA_FOLDERS = ("/usr/local/cuda/lib64", "/usr/local/cuda*/lib64", "/usr/local/cuda*/lib",
                "/usr/local/cuda*/targets/*/lib", "/opt/nvidia/*/lib*")


def find_tool(name):
    """On PATH or where NVIDIA's installers put it; None if nowhere."""
    folders = [match for pattern in TOOL_FOLDERS for match in sorted(glob.glob(pattern))]
    return shutil.which(name) or shutil.which(name, path=":".join(folders))


def wheel_folders(python):
    """The libraries that PyTorch's wheels bring along: site-packages/nvidia/*/lib."""
    code = "import nvidia; print('\\n'.join(nvidia.__path__))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return [match for folder in done.stdout.split() for match in glob.glob(f"{folder}/*/lib")]


class Build:
    """The programs in a build folder, or in a bundle of it (see bundle.py)."""

    def __init__(self, folder, python):
        self.folder = pathlib.Path(folder).resolve()
        self.python = python
        self.kilat = self.folder / "kilat"
        if not self.kilat.exists():
            raise FileNotFoundError(f"{self.kilat} is missing; run scripts/build cuda, or name the "
                                    "folder with --build")
        self.tests = next((self.folder / t for t in TESTS if (self.folder / t).exists()), None)
        self.hardware_tests = self.folder / HARDWARE_TESTS
        self.added = []  # folders of libraries
        self.find_libraries()

    @property
    def environment(self):
        folders = [str(f) for f in self.added] + [os.environ.get("LD_LIBRARY_PATH", "")]
        return {**os.environ, "LD_LIBRARY_PATH": ":".join(f for f in folders if f),
                "KILAT_DATA": str(ROOT / "data/mnist")}

    def find_libraries(self):
        """Adds folders until all that is needed is found, as far as it is anywhere."""
        own, compiler = self.folder / "lib", self.folder / "lib/compiler"
        if own.is_dir():
            self.added.append(own)
        too_old, missing = self.missing()
        if compiler.is_dir() and (too_old or any((compiler / name).exists() for name in missing)):
            self.added.append(compiler)
        _, missing = self.missing()
        places = [match for pattern in CUDA_FOLDERS for match in sorted(glob.glob(pattern))]
        if missing:
            places += wheel_folders(self.python)
        for library in missing:
            found = [pathlib.Path(p) for p in places if (pathlib.Path(p) / library).exists()]
            self.added += [folder for folder in found[:1] if folder not in self.added]

    def missing(self):
        """Whether a library such as libstdc++ is older than needed; the names of those absent."""
        files = [self.kilat, self.folder / "libkilat_cuda.so", self.tests]
        text = ""
        for file in files:
            if file and file.exists():
                done = subprocess.run(["ldd", file], env=self.environment, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                text += done.stdout
        return "' not found" in text, sorted(set(re.findall(r"(\S+) => not found", text)))

    def devices(self):
        """What `kilat info --devices` says; throws RuntimeError, with its words, when it fails."""
        done = subprocess.run([self.kilat, "info", "--devices", "--json"], text=True,
                              env=self.environment, capture_output=True)
        if done.returncode != 0:
            words = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
            raise RuntimeError(f"{self.kilat} does not run: {words[-1]}")
        return json.loads(done.stdout)

    def commit(self):
        """Of the sources, as far as it is known; with a + where they were changed since."""
        noted = self.folder / "commit"
        return noted.read_text().strip() if noted.exists() else commit_of_checkout()


def commit_of_checkout():
    def git(*arguments):
        done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True)
        return done.stdout.strip()
    try:
        commit = git("rev-parse", "--short=12", "HEAD")
        return commit + ("+" if commit and git("status", "--porcelain") else "") or "unknown"
    except FileNotFoundError:  # no git
        return "unknown"
