"""Trains 50 steps with each optimizer and activation, in Kilat and with PyTorch in double precision,
from the same weights on the same full batch: the weights agree.

usage: torch_optimizers.py KILAT MNIST_FOLDER
"""
import pathlib
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError:
    print("SKIPPED: this Python has no PyTorch (scripts/compare brings it into build/peers)")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts/peers"))
from data import load_mnist, load_weights

ROWS, STEPS, TOLERANCE = 500, 50, 1e-5  # the last relative, in the 2-norm of a tensor
PLAIN = ["--momentum", "0", "--no-nesterov"]
LEAKY = ["--activation", "leaky-relu", "--negative-slope", "0.1"]  # of the models named leaky
OPTIMIZERS = {
    "leaky-relu": (PLAIN + ["--lr", "0.1"], torch.optim.SGD, {"lr": 0.1}),
    "sgd": (PLAIN + ["--lr", "0.1"], torch.optim.SGD, {"lr": 0.1}),
    "momentum": (["--lr", "0.05", "--momentum", "0.9", "--no-nesterov", "--weight-decay", "0.001"],
                 torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.001}),
    "nesterov": (["--lr", "0.05", "--momentum", "0.9", "--nesterov"],
                 torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    "adam": (["--optimizer", "adam"], torch.optim.Adam, {"lr": 0.001}),
    "adam-by-hand": (["--optimizer", "adam", "--lr", "0.002", "--beta1", "0.8", "--beta2", "0.99",
                      "--epsilon", "1e-6", "--weight-decay", "0.001"], torch.optim.Adam,
                     {"lr": 0.002, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.001}),
}


def train_kilat(kilat, mnist, options, steps, start, model):
    begin = ["--init-from", start] if start else []
    subprocess.run([kilat, "train", "--data", mnist, "--train-range", f"0:{ROWS}", "--validation",
                    "none", "--normalise", "unit", "--hidden", "30,20", "--batch", "full",
                    "--iterations", str(steps), "--schedule", "constant", "--device", "cpu",
                    "--eval-iterations", "1000", *options, *begin, "--quiet", "--run",
                    model.parent / f"run-{model.stem}", "--model", model], check=True,
                   stdout=subprocess.DEVNULL)
    return [torch.tensor(values, dtype=torch.float64) for layer in load_weights(model)
            for values in layer]


def train_torch(make, coefficients, activation, parameters, x, y):
    parameters = [p.clone().requires_grad_() for p in parameters]
    optimizer = make(parameters, **coefficients)
    for _ in range(STEPS):
        a = x
        for i in range(0, len(parameters), 2):
            a = torch.nn.functional.linear(a, parameters[i], parameters[i + 1])
            a = activation(a) if i + 2 < len(parameters) else a
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(a, y).backward()
        optimizer.step()
    return [p.detach() for p in parameters]


def main():
    kilat, mnist = sys.argv[1], pathlib.Path(sys.argv[2])
    pixels, labels = load_mnist(mnist, ROWS)
    x, y = torch.tensor(pixels, dtype=torch.float64), torch.tensor(labels)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, (options, make, coefficients) in OPTIMIZERS.items():
            leaks = name == "leaky-relu"
            activation = torch.nn.LeakyReLU(0.1) if leaks else torch.relu
            start = folder / f"{name}-start.safetensors"
            begin = train_kilat(kilat, mnist, PLAIN + (LEAKY if leaks else []), 0, None, start)
            got = train_kilat(kilat, mnist, options, STEPS, start, folder / f"{name}.safetensors")
            wanted = train_torch(make, coefficients, activation, begin, x, y)
            off = max(float((a - b).norm() / b.norm()) for a, b in zip(got, wanted))
            moved = max(float((a - b).norm() / b.norm()) for a, b in zip(begin, wanted))
            print(f"{name}: {off:.1e} apart after {STEPS} steps, which moved the weights {moved:.1e}")
            failed |= not off <= TOLERANCE or moved < 100 * TOLERANCE
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
