"""The works that are timed, by Kilat and by PyTorch beside it."""
import dataclasses
import math
import statistics


@dataclasses.dataclass(frozen=True)
class Work:
    """A network on the first so many images of MNIST; plain SGD without momentum, pixels 0 to 1."""
    name: str
    images: str  # of which files, train or test
    samples: int
    hidden: int
    batch: int | None  # samples a step; None: all
    learning_rate: float = 0.1

    @property
    def text(self):
        batch = "full batch" if self.batch is None else f"b = {self.batch}"
        return f"784-{self.hidden}-10, {batch}, {self.samples:,} samples"

    @property
    def steps(self):
        """Of an epoch, the short last batch included."""
        return 1 if self.batch is None else math.ceil(self.samples / self.batch)

    @property
    def options(self):
        """The same work for `kilat bench` and `kilat train`."""
        return ["--train-on", self.images, "--train-range", f"0:{self.samples}",
                "--validation", "none", "--normalise", "unit", "--hidden", str(self.hidden),
                "--batch", str(self.batch or "full"), "--lr", str(self.learning_rate),
                "--momentum", "0", "--no-nesterov", "--weight-decay", "0"]

    def tiny(self):
        """Something like it that takes no time, to try the scripts."""
        return dataclasses.replace(self, images="test", samples=200, hidden=8)


WORKS = {work.name: work for work in (
    Work("full8k", "test", 8000, hidden=10, batch=None),
    Work("full60k", "train", 60000, hidden=10, batch=None),
    Work("b128", "train", 60000, hidden=800, batch=128),
    Work("b32-1024", "test", 10000, hidden=1024, batch=32),
    Work("b32-128", "train", 60000, hidden=128, batch=32),
)}


def percentiles(values):
    """Median, p5 and p95 as `kilat bench` has them: interpolated linearly between ranks."""
    if len(values) == 1:
        values = values * 2
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return {"median": statistics.median(values), "p5": cuts[0], "p95": cuts[-1]}
