"""The works that are timed, by Kilat and by others beside it."""
import dataclasses
import math
import re
import statistics


@dataclasses.dataclass(frozen=True)
class Work:
    """A network on the first rows of MNIST: plain gradient descent, pixels 0 to 1."""
    name: str
    rows: int
    widths: tuple[int, ...]
    batch: int | None  # samples an update; None: all
    learning_rate: float = 0.01

    @property
    def text(self):
        batch = "full batch" if self.batch is None else f"b = {self.batch}"
        return f"{'-'.join(map(str, self.widths))}, {batch}, {self.rows:,} samples"

    @property
    def updates(self):
        """Of an epoch, the short last batch included."""
        return 1 if self.batch is None else math.ceil(self.rows / self.batch)

    @property
    def unit(self):
        return "s/iteration" if self.batch is None else "s/epoch"

    @property
    def options(self):
        """For `kilat train` and `kilat bench`."""
        hidden = ",".join(map(str, self.widths[1:-1])) or "none"
        return ["--train-range", f"0:{self.rows}", "--validation", "none", "--normalise", "unit",
                "--hidden", hidden, "--batch", str(self.batch or "full"),
                "--lr", str(self.learning_rate), "--momentum", "0", "--no-nesterov",
                "--weight-decay", "0"]

    def tiny(self):
        """Something like it that takes no time, to try the scripts."""
        return dataclasses.replace(self, rows=200, widths=(784, 8, 10))

    def batches(self, order):
        """The samples of each update of an epoch in this order."""
        if self.batch is None:
            return [None]
        return [order[first:first + self.batch] for first in range(0, self.rows, self.batch)]


WORKS = [
    Work("full60k_784-10-10", 60000, (784, 10, 10), None),
    Work("full8k_784-10-10", 8000, (784, 10, 10), None),
    Work("b128_784-800-10", 60000, (784, 800, 10), 128),
    Work("b32_784-1024-10_10k", 10000, (784, 1024, 10), 32),
    Work("b32_784-128-10", 60000, (784, 128, 10), 32),
]


def parse(text):
    """ROWS:SIZES:BATCH, such as 60000:784-300-100-10:64; BATCH may be full."""
    found = re.fullmatch(r"(\d+):(\d+(?:-\d+)+):(\d+|full)", text)
    if not found:
        raise ValueError(f"--work {text}: not ROWS:SIZES:BATCH, such as 60000:784-300-100-10:64")
    rows, batch = int(found[1]), None if found[3] == "full" else int(found[3])
    widths = tuple(map(int, found[2].split("-")))
    if not 0 < rows <= 60000 or widths[0] != 784 or widths[-1] != 10 or 0 in widths or batch == 0:
        raise ValueError(f"--work {text}: MNIST has 60,000 rows, 784 pixels and 10 classes")
    return Work(text.replace(":", "_"), rows, widths, batch)


def percentiles(values):
    """Median, p5 and p95 as `kilat bench` has them: interpolated linearly between ranks."""
    if len(values) == 1:
        values = values * 2
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return {"median": statistics.median(values), "p5": cuts[0], "p95": cuts[-1]}
