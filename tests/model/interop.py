"""Checks model files against other software: the safetensors package, NumPy and, if it is there,
PyTorch.

usage: interop.py KILAT MNIST_FOLDER

Trains a small network, computes its probabilities and accuracy from the file in double precision
without Kilat, and compares them with what Kilat says. Then the other way: Kilat evaluates a file
that the safetensors package wrote.
"""

import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import safetensors
import safetensors.numpy

PROBABILITY_TOLERANCE = 1e-5  # float32 sums of 784 products, against float64
ACCURACY_TOLERANCE = 2.5e-4   # two images of 10,000, whose two best classes are equal in float32
INDICES = [0, 1, 2, 3, 5, 8, 13, 321, 2345, 6789, 9998, 9999]
IMAGES = "t10k-images-idx3-ubyte.gz"
LABELS = "t10k-labels-idx1-ubyte.gz"


def check(condition, message):
    if not condition:
        sys.exit(f"interop: {message}")


def run(*command):
    """The JSON that a command prints."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True)
    check(done.returncode == 0, f"{' '.join(words)}: exit code {done.returncode}: {done.stderr}")
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.exit(f"interop: {' '.join(words)}: prints no JSON: {done.stdout[:200]!r}")


def read_idx(file):
    """The array of an IDX file of unsigned bytes."""
    data = gzip.decompress(file.read_bytes())
    rank = data[3]
    shape = np.frombuffer(data, ">u4", rank, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def normalisation(metadata):
    shift, scale = (float(np.float32(x)) for x in metadata["kilat.normalisation"].split(","))
    return shift, scale


def probabilities(tensors, metadata, images):
    """Softmax of the network's outputs, in double precision."""
    shift, scale = normalisation(metadata)
    x = (images.reshape(len(images), -1).astype(np.float64) - shift) * scale
    layers = len(tensors) // 2
    for layer in range(layers):
        weight = tensors[f"{2 * layer}.weight"].astype(np.float64)
        bias = tensors[f"{2 * layer}.bias"].astype(np.float64)
        x = x @ weight.T + bias
        if layer + 1 < layers:
            x = np.maximum(x, 0)
    x = np.exp(x - x.max(axis=1, keepdims=True))
    return x / x.sum(axis=1, keepdims=True)


def check_file(tensors, metadata):
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    expected = {"0.weight": (32, 784), "0.bias": (32,), "2.weight": (16, 32), "2.bias": (16,),
                "4.weight": (10, 16), "4.bias": (10,)}
    check(shapes == expected, f"tensors are {shapes}, expected {expected}")
    for name, tensor in tensors.items():
        check(tensor.dtype == np.float32, f"{name} is {tensor.dtype}, expected float32")
    for key, value in {"format": "pt", "kilat.widths": "784-32-16-10",
                       "kilat.classes": "0,1,2,3,4,5,6,7,8,9",
                       "kilat.image_shape": "28x28"}.items():
        check(metadata.get(key) == value, f"metadata {key} is {metadata.get(key)}, not {value}")


def check_predictions(kilat, model, images_file, expected):
    names = [f"{images_file}:{index}" for index in INDICES]
    predictions = run(kilat, "predict", model, *names, "--json")
    check(len(predictions) == len(INDICES), f"{len(predictions)} predictions of {len(INDICES)}")
    for index, prediction in zip(INDICES, predictions):
        check(prediction["index"] == index, f"prediction {index} says it is {prediction['index']}")
        difference = np.abs(np.array(prediction["probabilities"]) - expected[index]).max()
        check(difference <= PROBABILITY_TOLERANCE,
              f"image {index}: probabilities differ from NumPy's by {difference}")
        check(prediction["label"] == expected[index].argmax(),
              f"image {index}: label {prediction['label']}, NumPy: {expected[index].argmax()}")


def check_accuracy(kilat, model, data, expected, whose):
    result = run(kilat, "eval", model, "--data", data, "--json")
    check(result["samples"] == 10000, f"eval saw {result['samples']} images, not 10000")
    check(abs(result["accuracy"] - expected) <= ACCURACY_TOLERANCE,
          f"{model.name}: accuracy {result['accuracy']}, {whose}: {expected}")
    return result["accuracy"]


def without_metadata(tensors, metadata):
    """The same network for inputs x / 255, which a file without metadata stands for."""
    shift, scale = normalisation(metadata)
    folded = dict(tensors)
    if (shift, scale) != (0, float(np.float32(1 / 255))):
        weight = tensors["0.weight"].astype(np.float64)
        folded["0.weight"] = (weight * scale * 255).astype(np.float32)
        bias = tensors["0.bias"] - shift * scale * weight.sum(axis=1)
        folded["0.bias"] = bias.astype(np.float32)
    return folded


def check_torch(model, images, metadata, expected):
    try:
        import torch
        from safetensors.torch import load_file
    except ImportError:
        return "no PyTorch here"
    network = torch.nn.Sequential(
        torch.nn.Linear(784, 32), torch.nn.ReLU(), torch.nn.Linear(32, 16), torch.nn.ReLU(),
        torch.nn.Linear(16, 10))
    network.load_state_dict(load_file(model))
    shift, scale = normalisation(metadata)
    x = torch.from_numpy((images.reshape(len(images), -1).astype(np.float32) - shift) * scale)
    with torch.no_grad():
        difference = np.abs(network(x.float()).softmax(1).numpy() - expected).max()
    check(difference <= PROBABILITY_TOLERANCE,
          f"PyTorch's probabilities differ from NumPy's by {difference}")
    return "PyTorch agrees"


def main():
    check(len(sys.argv) == 3, "usage: interop.py KILAT MNIST_FOLDER")
    kilat, data = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    images, labels = read_idx(data / IMAGES), read_idx(data / LABELS)
    with tempfile.TemporaryDirectory(prefix="kilat-interop-") as name:
        folder = pathlib.Path(name)
        model = folder / "model.safetensors"
        run(kilat, "train", "--recipe", "mnist", "--epochs", 1, "--hidden", "32,16", "--data", data,
            "--run", folder / "run", "--model", model, "--json")

        tensors = safetensors.numpy.load_file(model)
        with safetensors.safe_open(model, framework="numpy") as file:
            metadata = file.metadata()
        check_file(tensors, metadata)
        expected = probabilities(tensors, metadata, images)
        accuracy = float((expected.argmax(axis=1) == labels).mean())
        check(accuracy > 0.5, f"accuracy {accuracy} after an epoch: nothing was learnt")
        check_predictions(kilat, model, data / IMAGES, expected)
        own = check_accuracy(kilat, model, data, accuracy, "NumPy")

        foreign = folder / "foreign.safetensors"
        safetensors.numpy.save_file(without_metadata(tensors, metadata), foreign)
        check_accuracy(kilat, foreign, data, own, "the file with metadata")

        torch = check_torch(model, images, metadata, expected)
    print(f"interop: accuracy {own}, NumPy {accuracy}; {torch}")


if __name__ == "__main__":
    main()
