#!/usr/bin/env python3
"""Times PyTorch on the works of works.py: prints a JSON object a work and mode, one a line.

  scripts/torch_bench.py [--works full8k_784-10-10,b128_784-800-10] [--modes eager,graphs] [--device cuda|cpu] …
  scripts/torch_bench.py --paced < FIFO     a round for each line, which names a work

How it trains: torch_training.py. An epoch includes the short last batch and is timed by itself, as
`kilat bench` does; compilation, capture and warm-up are not timed. Of the two kinds of pixels the
faster one is reported. Without --tf32, products are computed in fp32 as Kilat's are.
"""
import argparse
import json
import pathlib
import sys

import torch

from options import Parser
from torch_training import MODES, PIXELS, Training
import works
from works import percentiles

WORKS = {work.name: work for work in works.WORKS}
ROOT = pathlib.Path(__file__).resolve().parent.parent


def prepare(work, mode, args):
    """With the faster of the two kinds of pixels; throws what PyTorch throws."""
    if mode.captured and args.device.type != "cuda":
        raise RuntimeError("CUDA graphs need a GPU")
    times = {}
    for pixels in args.pixels:
        training = Training(work, mode, pixels, args.data, args.device)
        times[training] = percentiles(training.time_epochs(0.2, least=1))["median"]
    return min(times, key=times.get)


def time_round(training, seconds):
    times = training.time_epochs(seconds, least=3)
    epoch = percentiles(times)
    return {"pixels": training.pixel_type, "epochs": len(times), "epoch_seconds": epoch,
            "step_seconds": epoch["median"] / training.work.updates, "loss": training.last_loss}


class Bench:
    """Trains works in all modes asked for, a round at a time."""

    def __init__(self, args):
        self.args = args
        self.prepared = {}

    def rounds(self, name):
        """Yields a result for each mode: figures, or why there are none."""
        work = WORKS[name].tiny() if self.args.tiny else WORKS[name]
        about = {"work": name, "device": self.args.device.type, "torch": torch.__version__,
                 "threads": torch.get_num_threads(), "samples": work.rows,
                 "batch": work.batch or work.rows, "widths": work.widths}
        for mode in self.args.modes:
            try:
                if (name, mode) not in self.prepared:
                    self.prepared[name, mode] = prepare(work, MODES[mode], self.args)
                result = time_round(self.prepared[name, mode], self.args.seconds)
            except Exception as error:  # one mode that fails leaves the others
                lines = str(error).strip().splitlines()
                result = {"error": lines[0] if lines else type(error).__name__}
            yield {**about, "mode": mode, **result}

    def keep_only(self, name):
        """Gives the memory of other works back, and what was compiled for them."""
        kept = {key: value for key, value in self.prepared.items() if key[0] == name}
        if len(kept) < len(self.prepared):
            torch.compiler.reset()
        self.prepared = kept


def names_of(known):
    def parse(text):
        names = text.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"'{unknown[0]}' is none of {', '.join(known)}")
        return names
    return parse


def parse_args():
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", type=names_of(WORKS), default=list(WORKS))
    parser.add_argument("--modes", type=names_of(MODES), default=list(MODES))
    parser.add_argument("--pixels", type=names_of(PIXELS), default=list(PIXELS))
    parser.add_argument("--device", type=torch.device, default="cuda")
    parser.add_argument("--threads", type=int, help="of PyTorch on the CPU")
    parser.add_argument("--seconds", type=float, default=1,
                        help="of a round, which has at least 3 epochs")
    parser.add_argument("--tf32", action="store_true", help="let products use tensor cores")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "data/mnist")
    parser.add_argument("--paced", action="store_true", help="read works from stdin, a round each")
    parser.add_argument("--tiny", action="store_true", help="tiny works, to try the script")
    return parser.parse_args()


def main():
    args = parse_args()
    if args.device.type == "cuda" and not torch.cuda.is_available():
        sys.exit("torch_bench: PyTorch sees no GPU; use --device cpu")
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.set_float32_matmul_precision("high" if args.tf32 else "highest")
    bench = Bench(args)
    for name in (line.strip() for line in sys.stdin) if args.paced else args.works:
        bench.keep_only(name)
        for result in bench.rounds(name):
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
