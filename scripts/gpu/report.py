"""The report, written as it goes, and the parts that write it."""
import dataclasses
import json
import os
import signal
import subprocess
import time

FENCE = "```"


class NotRun(Exception):
    """A part cannot run here; the message says why."""


class Report:
    """A Markdown file that holds at any time what is known; stdout shows most of it too."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(path, "w", encoding="utf-8")
        self.header = []  # of the table that is being written
        self.in_table = False

    def write(self, text="", shown=True):
        """A line, and to stdout too where it is `shown`."""
        for stream in (self.file, None) if shown else (self.file,):
            print(text, file=stream, flush=True)

    def table(self, *columns, align=""):
        """Begins a table; `align` has an l or r for each column."""
        marks = ["---:" if letter == "r" else "---" for letter in align.ljust(len(columns))]
        self.header = [columns, marks]
        self.in_table = False

    def row(self, *cells):
        """Of the table last begun; its header comes again after other text."""
        rows = [cells]
        if not self.in_table:
            self.write()
            rows = [*self.header, cells]
        for row in rows:
            self.write("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |")
        self.in_table = True

    def paragraph(self, text, shown=True):
        self.in_table = False
        self.write(f"\n{text}", shown)

    def code(self, text, language="", shown=True):
        self.paragraph(f"{FENCE}{language}\n{text.rstrip()}\n{FENCE}", shown)

    def details(self, title, text, language="", shown=False):
        """Folded away until a reader asks for it."""
        self.paragraph(f"<details><summary>{title}</summary>", shown)
        self.code(text, language, shown)
        self.paragraph("</details>", shown)


@dataclasses.dataclass
class Done:
    """A command that has ended."""
    code: int | None  # None: out of time
    out: str
    error: str
    seconds: float

    @property
    def words(self):
        """Why it failed, in a line."""
        if self.code is None:
            return f"out of time after {self.seconds:.0f} s"
        lines = [line for line in (self.error or self.out).splitlines() if line.strip()]
        return lines[-1] if lines else f"ended with {self.code}"

    @property
    def all(self):
        return self.out + self.error


def end_group(process):
    """Ends a command that start() started, and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Part:
    """A part under way: its clock, its commands, what failed."""

    def __init__(self, report, build, folder, seconds, quick):
        self.report, self.build, self.folder, self.quick = report, build, folder, quick
        self.end = time.monotonic() + seconds
        self.failures = []

    @property
    def seconds_left(self):
        return max(self.end - time.monotonic(), 0)

    def fail(self, what):
        """Goes on, but the part has failed."""
        self.failures.append(what)

    def start(self, *command, **options):
        """In a process group of its own, in the part's scratch folder."""
        is_python = command[0] == self.build.python  # which has libraries of its own
        environment = os.environ if is_python else self.build.environment
        return subprocess.Popen([str(word) for word in command], cwd=self.folder, text=True,
                                errors="replace", env=environment, start_new_session=True,
                                **options)

    def run(self, *command, seconds=None):
        """Waits for `seconds` at most, and no longer than the part has left."""
        begin = time.monotonic()
        limit = self.seconds_left if seconds is None else min(seconds, self.seconds_left)
        process = self.start(*command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        try:
            out, error = process.communicate(timeout=limit)
            return Done(process.returncode, out, error, time.monotonic() - begin)
        except subprocess.TimeoutExpired:
            end_group(process)
            out, error = process.communicate()
            return Done(None, out, error, time.monotonic() - begin)
        finally:
            end_group(process)

    def kilat(self, *arguments):
        return self.run(self.build.kilat, *arguments)

    def kilat_json(self, *arguments, also=()):
        """What `kilat … --json` prints, or None, the failure noted. `also`: exit codes that do."""
        done = self.kilat(*arguments, "--json")
        try:
            if done.code == 0 or done.code in also:
                return json.loads(done.out)
        except json.JSONDecodeError:
            pass
        self.fail(f"kilat {' '.join(map(str, arguments))}: {done.words}")
        return None


def percent(share, digits=2):
    return f"{100 * share:.{digits}f} %"


def duration(seconds):
    """Three digits and a unit."""
    for unit, factor in (("s", 1), ("ms", 1e3)):
        if seconds * factor >= 0.9995:
            return f"{seconds * factor:.3g} {unit}" if seconds < 999.5 else f"{seconds:.0f} s"
    return f"{seconds * 1e6:.3g} µs"
