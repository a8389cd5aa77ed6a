"""The peers' processes: asked in JSON, an answer a line (worker.py)."""
import json
import os
import pathlib
import statistics
import subprocess
import sys

WORKER = pathlib.Path(__file__).with_name("worker.py")


class Peer:
    """A worker process, which works are loaded into one after the other."""

    def __init__(self, name, threads):
        self.name, self.threads = name, threads
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads),
                       "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
        self.process = subprocess.Popen(
            [sys.executable, WORKER, name, str(threads)], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, **command):
        try:
            print(json.dumps(command), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        answer = json.loads(line) if line else {"error": "its process ended"}
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer

    def median(self, seconds):
        return statistics.median(self.ask(do="time", seconds=seconds, least=1)["seconds"])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Peers:
    """Each with the numbers of threads that it is tried with. One that fails is left out of a work."""

    def __init__(self, args, seed):
        cores = len(os.sched_getaffinity(0))
        counts = [cores] if args.quick else sorted({1, max(1, cores // 2), cores})
        self.args, self.seed = args, seed
        self.all = [Peer(name, threads) for name in args.peers for threads in counts]

    def ask(self, peers, work, command):
        """The answers of those that can do it, by peer."""
        answers = {}
        for peer in peers:
            try:
                answers[peer] = peer.ask(**command(peer))
            except RuntimeError as error:
                print(f"compare: {work.name}: {error}", file=sys.stderr)
        return answers

    def load(self, work, data, weights):
        """Of each peer the one with the number of threads that suits it best."""
        loaded = self.ask(self.all, work, lambda peer: {
            "do": "load", "work": vars(work), "data": str(data), "weights": str(weights),
            "seed": self.seed, "timed_updates": self.args.timed_updates})
        best = {}
        for name in self.args.peers:
            tried = [peer for peer in loaded if peer.name == name]
            if len(tried) > 1:
                timed = self.ask(tried, work, lambda _: {
                    "do": "time", "seconds": self.args.seconds, "least": 1})
                tried = sorted(timed, key=lambda peer: statistics.median(timed[peer]["seconds"]))
            best.update({name: peer for peer in tried[:1]})
        return list(best.values())

    def close(self):
        for peer in self.all:
            peer.close()
