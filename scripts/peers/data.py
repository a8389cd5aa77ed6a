"""MNIST, weights, and Kilat's order of the samples, as the peers take them."""
import gzip

import numpy as np
from safetensors.numpy import load_file


def load_mnist(folder, rows):
    """x [rows, 784] float32 in 0…1, y [rows] int64: of the training files."""
    def read(name, header):
        with gzip.open(folder / f"train-{name}-ubyte.gz") as file:
            return np.frombuffer(file.read(), np.uint8)[header:]
    pixels = read("images-idx3", 16).reshape(-1, 784)[:rows]
    return pixels.astype(np.float32) / 255, read("labels-idx1", 8)[:rows].astype(np.int64)


def load_weights(path):
    """[(weight [out, in], bias [out]) of each layer] of a model of Kilat's."""
    tensors = load_file(path)
    layers = sorted({int(name.split(".")[0]) for name in tensors})
    return [(tensors[f"{layer}.weight"], tensors[f"{layer}.bias"]) for layer in layers]


def philox(counters, key):
    """Philox4x32-10 (Salmon et al. 2011) of counters [n, 4]; uint32 [n, 4]."""
    low = np.uint64(0xFFFFFFFF)
    c = [counters[:, i].astype(np.uint64) for i in range(4)]
    k = [np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32)]
    for _ in range(10):
        p0, p1 = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(p1 >> np.uint64(32)) ^ c[1] ^ k[0], p1 & low,
             (p0 >> np.uint64(32)) ^ c[3] ^ k[1], p0 & low]
        k = [(k[0] + np.uint64(0x9E3779B9)) & low, (k[1] + np.uint64(0xBB67AE85)) & low]
    return np.stack(c, 1)


def epoch_order(seed, epoch, rows):
    """0…rows−1 in the order of their random numbers, as Kilat has it."""
    SHUFFLE = 2  # Kilat's Purpose::shuffle
    counters = np.zeros(((rows + 3) // 4, 4), np.uint64)
    counters[:, 0] = np.arange(len(counters))
    counters[:, 2] = epoch
    counters[:, 3] = SHUFFLE
    return np.argsort(philox(counters, seed).reshape(-1)[:rows], kind="stable")
