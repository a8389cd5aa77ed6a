"""Does the resident engine end with the bits that docs/arithmetic.md foretells? The part bits.

Run alone with a kilat program, it prints the bits of that program's portable backend, for FORETOLD.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

PLAIN = ["--validation", "none", "--momentum", "0", "--no-nesterov", "--weight-decay", "0",
         "--schedule", "constant", "--lr", "0.05", "--seed", "1"]
# Options of a run, and the weights_sha256 that it ends with by `--device portable` (arithmetic 1).
FORETOLD = {
    "recipe flash, 200 steps": (
        ["--recipe", "flash", "--iterations", "200"],
        "e1c9b7227cc6fd9c442ca4e699f14db4a088fc0e8dbf262065044c2fce65bcff"),
    "784-128-10, b = 32, 200 steps": (
        [*PLAIN, "--hidden", "128", "--batch", "32", "--iterations", "200"],
        "b637c882881e77646652efc7716bc113b8b7b86f7bb53bd5d611a44eaa108f51"),
    "784-800-10, b = 128, Nesterov, weight decay, standardised, 100 steps": (
        [*PLAIN, "--hidden", "800", "--batch", "128", "--iterations", "100", "--momentum", "0.9",
         "--nesterov", "--weight-decay", "0.0001", "--normalise", "standard"],
        "bb9acb3314bafed442a4824913d1bec3034054b7688c6eb13fcb693d1356184c"),
    "784-100-10, b = 96, Adam, leaky ReLU, shifted, three epochs with a short last batch": (
        [*PLAIN, "--hidden", "100", "--batch", "96", "--train-range", "0:1000", "--epochs", "3",
         "--optimizer", "adam", "--lr", "0.001", "--activation", "leaky-relu", "--augment",
         "shift=2"],
        "b802601b821fb60ea1192b957cbe49a876c14378b582ae5604b41ada4062678a"),
    "recipe report, 20 iterations": (
        ["--recipe", "report", "--iterations", "20"],
        "b9dc7ac4be0225a062f15cb61d48cbf321af3a61ca9acac59710e17f0f7fb796"),
    "784-16-10, full batch of 8,000, Adam, leaky ReLU, 30 iterations": (
        [*PLAIN, "--hidden", "16", "--batch", "full", "--train-range", "0:8000", "--iterations",
         "30", "--optimizer", "adam", "--lr", "0.001", "--activation", "leaky-relu"],
        "c9d9734bba5028346c0def9fcab180324b0765e18fadc587c69182d1e5aab601"),
    "784-512-256-10, b = 256, momentum, 100 steps with short last batches": (
        [*PLAIN, "--hidden", "512,256", "--batch", "256", "--train-range", "0:2000", "--iterations",
         "100", "--momentum", "0.9"],
        "588dbbc5e7a20f597efd1ba812d77b764cec8d0d0408c821605ae1df2495ff73"),
    "784-100-60-40-10, b = 100, Adam, leaky ReLU, 60 steps": (
        [*PLAIN, "--hidden", "100,60,40", "--batch", "100", "--iterations", "60", "--optimizer",
         "adam", "--lr", "0.001", "--activation", "leaky-relu"],
        "6e145fbf31132f3711f588bb8b3cffe37690c426cc1f783583a2d7734f0db5ef"),
    "784-32-10, b = 32, three seeds at once, 200 steps": (
        [*PLAIN, "--hidden", "32", "--batch", "32", "--iterations", "200", "--seeds", "3"],
        "f7ceb74d584a2cd172fdc18a3f75c62c198428ab5cf30be4f19171eb8166f109 "
        "cc0775395565941029309c407579cd6815378566ab221472ebba4833f0388a99 "
        "6716ddb3363b367dbac4e516ffdcc40478d7912ed0484257754e139be3de4414"),
    "784-256-128-10, b = 600, 12 steps with four evaluations, of which the second is the best": (
        [*PLAIN, "--hidden", "256,128", "--batch", "600", "--train-range", "0:2000", "--iterations",
         "12", "--eval-iterations", "3", "--restore-best", "--momentum", "0.9", "--lr", "0.2"],
        "d8e86d2e4b148ab3344a2d77cc47511626155afd69eafcec5a9f5179478a04ec"),
    "784-10, b = 64, 300 steps": (
        [*PLAIN, "--hidden", "none", "--batch", "64", "--iterations", "300"],
        "4c7d4326add81186ff0ec7a852cb009d9cd7aea2366b57c1b005db0bc28c40bd"),
}
TINY = {
    "784-24-10, b = 32, 2 steps": (
        [*PLAIN, "--hidden", "24", "--batch", "32", "--train-on", "test", "--train-range", "0:64",
         "--epochs", "1"],
        "b468cab9dead991dd8752bea437d45900b2c2e9ceed677ef06a837b1c8d1d672"),
    "784-10-10, full batch of 300, 2 iterations": (
        [*PLAIN, "--hidden", "10", "--batch", "full", "--train-on", "test", "--train-range",
         "0:300", "--epochs", "2"],
        "5a73499195b18af498ccc80eb364699184028021ec60cef22386c948fe19a695"),
    "784-24-16-10, b = 32, 2 steps": (
        [*PLAIN, "--hidden", "24,16", "--batch", "32", "--train-on", "test", "--train-range",
         "0:64", "--epochs", "1"],
        "313581bea88572899b750c39e4cd1f9e3e8d136673faf3b568ca03c930d36ec4"),
    "784-8-10, b = 32, two seeds at once, a step": (
        [*PLAIN, "--hidden", "8", "--batch", "32", "--train-on", "test", "--train-range", "0:32",
         "--epochs", "1", "--seeds", "2"],
        "e68f8d510090da69fd8887f4fc87d026244e26687b55af303d7b002634a12c86 "
        "95b092ecf167045ba79fa15273400729c95fbace3fd378a0b0de333c7eab3f64"),
}


def hashes(run, info):
    """Of the weights of each run's model; info(model) is what `kilat info --json` says of it."""
    models = sorted(run.glob("**/model.safetensors"))
    return " ".join(info(model)["weights_sha256"] for model in models)


def bits(part):
    """Runs of the resident engine, held to the bits of the portable backend."""
    def info(model):
        return part.kilat_json("info", model) or {"weights_sha256": "unreadable"}

    part.report.table("run", "weights_sha256", "outcome", align="lll")
    for number, (name, (options, foretold)) in enumerate((TINY if part.quick else FORETOLD).items()):
        run = part.folder / f"bits-{number}"
        done = part.kilat("train", "--device", "cuda", "--engine", "resident", "--quiet", *options,
                          "--run", run)
        found = hashes(run, info) if done.code == 0 else done.words
        good = found == foretold
        if not good:
            part.fail(f"{name}: {found}, not {foretold}")
        part.report.row(name, found, "as foretold" if good else f"failed, not {foretold}")


def foretell(kilat):
    def info(model):
        return json.loads(subprocess.run([kilat, "info", model, "--json"], check=True, text=True,
                                         capture_output=True).stdout)

    for name, (options, _) in {**FORETOLD, **TINY}.items():
        with tempfile.TemporaryDirectory() as folder:
            run = pathlib.Path(folder) / "run"
            subprocess.run([kilat, "train", "--device", "portable", "--quiet", *options, "--run",
                            run], check=True, stdout=subprocess.DEVNULL)
            print(name, hashes(run, info), flush=True)


if __name__ == "__main__":
    foretell(sys.argv[1])
