"""One peer in a process of its own: worker.py PEER THREADS; a JSON command a line, an answer a line.

  {"do": "load", "work": …, "data": FOLDER, "weights": FILE, "seed": N, "timed_updates": N or null}
                                                weights, order, compilation
  {"do": "train", "updates": N, "save": FILE}   from the loaded weights: {"loss": …}
  {"do": "time", "seconds": S, "least": N}      {"seconds": [one epoch or iteration each, …]}
"""
import importlib
import itertools
import json
import os
import pathlib
import sys
import time

PEERS = {"torch": "torch_peer.Eager", "torch-compile": "torch_peer.Compiled",
         "torch-manual": "torch_peer.Manual", "jax": "jax_peer.Jit", "sklearn": "sklearn_peer.Mlp"}


class Worker:
    def __init__(self, peer):
        module, name = PEERS[peer].split(".")
        self.type = getattr(importlib.import_module(module), name)

    def load(self, work, data, weights, seed, timed_updates):
        from data import epoch_order, load_mnist, load_weights
        from works import Work
        self.work = Work(**{**work, "widths": tuple(work["widths"])})
        self.x, self.y = load_mnist(pathlib.Path(data), self.work.rows)
        self.initial = load_weights(weights)
        self.order = lambda epoch: epoch_order(seed, epoch, self.work.rows)
        self.peer = self.type(self.work, self.x, self.y, self.initial)
        batches = self.work.batches(self.order(0))
        part = batches[:timed_updates]
        self.timed, self.share = self.peer.prepare(part), len(part) / len(batches)
        self.peer.update(self.timed)
        return {}

    def train(self, updates, save):
        import numpy as np
        peer = self.type(self.work, self.x, self.y, self.initial)
        batches = itertools.chain.from_iterable(
            self.work.batches(self.order(epoch)) for epoch in itertools.count())
        peer.update(peer.prepare(list(itertools.islice(batches, updates))))
        np.savez(save, *peer.weights())
        return {"loss": peer.loss()}

    def time(self, seconds, least):
        """Of a part of an epoch: as long as the whole would take."""
        times = []
        while len(times) < least or sum(times) < seconds:
            start = time.perf_counter()
            self.peer.update(self.timed)
            times.append(time.perf_counter() - start)
        return {"seconds": [taken / self.share for taken in times]}


def main():
    sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
    peer, threads = sys.argv[1], int(sys.argv[2])
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    worker = Worker(peer)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(worker, command.pop("do"))(**command)
        except Exception as error:  # the caller decides what it means
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
