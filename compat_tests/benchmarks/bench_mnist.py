"""One pass over MNIST, as images, transformed and in batches, timed in both worlds.

    python -m compat_tests.benchmarks.bench_mnist ROOT [rounds]

`ROOT` holds `MNIST/raw/train-images-idx3-ubyte` and so on. Processes take turns: this package
and torchvision, without workers and with two. The batches' checksums must agree.
"""

import hashlib
import statistics
import subprocess
import sys
import time


def one_pass(world: str, root: str, workers: int) -> None:
    """Print the seconds of a pass and a checksum of its batches, for the parent."""
    if world == "ours":
        from minitorch_ff.utils.data import DataLoader
        from minitorch_ff.vision import datasets, transforms
    else:
        from torch.utils.data import DataLoader

        from compat_tests.vision.reference import torchvision

        datasets, transforms = torchvision.datasets, torchvision.transforms
    normalize = transforms.Normalize((0.1307,), (0.3081,))
    change = transforms.Compose([transforms.ToTensor(), normalize])
    loader = DataLoader(datasets.MNIST(root, transform=change), 64, num_workers=workers)
    checksum, seconds, started = hashlib.md5(), 0.0, time.perf_counter()
    for batch in loader:
        seconds += time.perf_counter() - started
        for part in batch:
            checksum.update(part.numpy().tobytes())
        started = time.perf_counter()
    print(seconds, checksum.hexdigest())


def main(root: str, rounds: int) -> None:
    """Let both worlds take turns; print medians and their ratio."""
    print(f"{'workers':>7} {'torchvision':>12} {'minitorch_ff':>13} {'share':>6}")
    for workers in (0, 2):
        seconds: dict[str, list[float]] = {"theirs": [], "ours": []}
        checksums = set()
        for _ in range(rounds):
            for world, measured in seconds.items():
                command = [sys.executable, "-m", __spec__.name, world, root, str(workers)]
                ran = subprocess.run(command, capture_output=True, text=True, check=True)
                duration, checksum = ran.stdout.split()
                measured.append(float(duration))
                checksums.add(checksum)
        assert len(checksums) == 1, "the batches differ"
        theirs, ours = map(statistics.median, seconds.values())
        print(f"{workers:>7} {theirs:>10.2f} s {ours:>11.2f} s {ours / theirs:>6.2f}")


if __name__ == "__main__":
    if sys.argv[1] in ("ours", "theirs"):
        one_pass(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3)
