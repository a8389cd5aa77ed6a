"""A work of works.py in PyTorch, at its best.

Data and labels are resident on the device; batches are taken by an order shuffled on the device;
SGD is fused; nothing is copied to the host in an epoch. Pixels are kept either as floats, divided
by 255 beforehand, or as bytes, a quarter of the memory, divided in each step.
"""
import dataclasses
import gzip
import time

import torch
from torch.nn import functional

PIXELS = ("float32", "uint8")  # as resident on the device


@dataclasses.dataclass(frozen=True)
class Mode:
    compiled: bool  # forward and backward pass by torch.compile
    captured: bool  # a whole step as a CUDA graph, replayed with static buffers


MODES = {
    "eager": Mode(compiled=False, captured=False),
    "compile": Mode(compiled=True, captured=False),
    "graphs": Mode(compiled=False, captured=True),
    "compile-graphs": Mode(compiled=True, captured=True),
}


def read_idx(path, header):
    """The bytes of an IDX file, compressed or not, after its header."""
    compressed = path.with_name(path.name + ".gz")
    content = gzip.decompress(compressed.read_bytes()) if compressed.exists() else path.read_bytes()
    return torch.frombuffer(bytearray(content[header:]), dtype=torch.uint8)


def load(work, folder, device):
    """Pixels [n, 784], labels [n]."""
    pixels = read_idx(folder / "train-images-idx3-ubyte", 16).view(-1, 784)
    labels = read_idx(folder / "train-labels-idx1-ubyte", 8)
    return pixels[:work.rows].to(device), labels[:work.rows].long().to(device)


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


class Training:
    """A network and its data, ready to train epoch after epoch."""

    def __init__(self, work, mode, pixels, folder, device):
        torch.manual_seed(1)
        self.work, self.mode, self.pixel_type, self.device = work, mode, pixels, device
        self.pixels, self.labels = load(work, folder, device)
        if pixels == "float32":
            self.pixels = self.pixels.float() / 255
        layers = []
        for inputs, outputs in zip(work.widths, work.widths[1:]):
            layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*layers[:-1]).to(device)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=work.learning_rate, fused=True)
        self.loss = self.loss_of
        if mode.compiled:
            self.loss = torch.compile(self.loss_of, fullgraph=True, dynamic=False)
        self.order = torch.arange(work.rows, device=device)
        self.graphs = {}  # by batch size: the graph, its indices, its loss
        self.last_loss = None
        for _ in range(10 if work.batch is None else 1):
            self.epoch()
        synchronize(device)

    def loss_of(self, indices):
        """The mean over the samples at `indices`, or over all of them for None."""
        x = self.pixels if indices is None else self.pixels.index_select(0, indices)
        y = self.labels if indices is None else self.labels.index_select(0, indices)
        if x.dtype == torch.uint8:
            x = x.float() / 255
        return functional.cross_entropy(self.model(x), y)

    def step(self, indices):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(indices)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def capture(self, indices):
        """Warmed up on a stream of its own, as torch.cuda.CUDAGraph asks for."""
        static = None if indices is None else indices.clone()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.step(static)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            loss = self.step(static)
        return graph, static, loss

    def replay(self, indices):
        size = None if indices is None else len(indices)
        if size not in self.graphs:
            self.graphs[size] = self.capture(indices)
        graph, static, loss = self.graphs[size]
        if static is not None:
            static.copy_(indices)
        graph.replay()
        return loss

    def epoch(self):
        """The loss of its last step, on the device."""
        take = self.replay if self.mode.captured else self.step
        if self.work.batch is None:
            return take(None)
        torch.randperm(self.work.rows, out=self.order)
        for indices in self.order.split(self.work.batch):
            loss = take(indices)
        return loss

    def time_epochs(self, seconds, least):
        """As many as fit into `seconds`, each by itself."""
        times = []
        while len(times) < least or sum(times) < seconds:
            synchronize(self.device)
            start = time.perf_counter()
            loss = self.epoch()
            synchronize(self.device)
            times.append(time.perf_counter() - start)
        self.last_loss = loss.item()
        return times
