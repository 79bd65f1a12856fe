"""Memory: what a workload holds at its peak, against PyTorch.

    python -m compat_tests.benchmarks.bench_memory [--impls torch,minitorch_ff] [--only mnist,wide]

Each case runs in a process of its own. Its figure is the highest resident memory the system
has seen of the process, minus the one after the import: the data and the work, without the
library's code. On Linux the peak is reset after the import.
"""

import argparse
import importlib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MIB = 1 << 20
ROWS, WIDTH, BATCH = 10_000_000, 4, 65_536
STATE = (64, 512, 1024)  # layers, and their size: 128 MiB of weights
STEPS = 5
STATUS = Path("/proc/self/status")


def train(name: str):
    """Five training steps of a workload of the benchmark of times."""

    def run(implementation: str) -> None:
        from compat_tests.benchmarks import workloads

        step = workloads.build(name, implementation, threads=1)
        for _ in range(STEPS):
            step()

    return run


def loader(implementation: str) -> None:
    """A shuffled pass over ten million rows of four numbers."""
    torch = importlib.import_module(implementation)
    data = importlib.import_module(implementation + ".utils.data")
    rows = torch.arange(ROWS * WIDTH, dtype=torch.float32).reshape(ROWS, WIDTH)
    seen = 0
    for (batch,) in data.DataLoader(data.TensorDataset(rows), BATCH, shuffle=True):
        seen += len(batch)
    assert seen == ROWS


def state(implementation: str):
    """The module, and a state of 128 MiB."""
    torch = importlib.import_module(implementation)
    layers, rows, columns = STATE
    return torch, {f"layer.{i}": torch.full((rows, columns), float(i)) for i in range(layers)}


def save(implementation: str) -> None:
    """Make a state of 128 MiB, and write it."""
    torch, tensors = state(implementation)
    torch.save(tensors, FILE)


def load(implementation: str) -> None:
    """Read what `save` wrote."""
    tensors = importlib.import_module(implementation).load(FILE)
    assert len(tensors) == STATE[0]


FILE = os.environ.get("BENCH_MEMORY_FILE", "")
CASES = {
    "mnist": train("mnist"),
    "wide": train("wide"),
    "batchnorm": train("batchnorm"),
    "lenet": train("lenet"),
    "transformer": train("transformer"),
    "lstm": train("lstm"),
    "loader of 10 M rows": loader,
    "save 128 MiB": save,
    "load 128 MiB": load,
}


def resident(field: str) -> int:
    """Bytes of resident memory: now (`VmRSS`), or at the peak (`VmHWM`)."""
    for line in STATUS.read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"{STATUS} has no {field}")


def measure_here(case: str, implementation: str) -> None:
    """Run a case, and print its figure for the parent."""
    for name in ("", ".nn", ".optim", ".utils.data"):
        importlib.import_module(implementation + name)
    torch, file = importlib.import_module(implementation), io.BytesIO()
    torch.save(torch.zeros(1), file)  # what is imported at the first use
    torch.load(io.BytesIO(file.getvalue()))
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    CASES[case](implementation)
    print(json.dumps(resident("VmHWM") - before))


def measure(case: str, implementation: str, file: str) -> float:
    """The figure of a case, in MiB."""
    module = "compat_tests.benchmarks.bench_memory"
    command = [sys.executable, "-W", "ignore", "-m", module, "--here", case, implementation]
    environment = {**os.environ, "BENCH_MEMORY_FILE": file, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{case} in {implementation}: {done.stderr[-500:]}")
    return json.loads(done.stdout) / MIB


def installed_bytes() -> int:
    """What the package's own files take, without what Python compiles of them."""
    package = Path(importlib.import_module("minitorch_ff").__file__).parent
    files = [path for path in package.rglob("*") if "__pycache__" not in path.parts]
    return sum([path.stat().st_size for path in files if path.is_file()])


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--impls", default="torch,minitorch_ff")
    parser.add_argument("--only", default=",".join(CASES), help="cases, separated by commas")
    parser.add_argument("--repeat", type=int, default=2, help="the lowest of so many runs counts")
    parser.add_argument("--json", metavar="OUT")
    options = parser.parse_args()
    implementations = options.impls.split(",")
    print(f"{'MiB above the import':22s}" + "".join([f"{name:>14s}" for name in implementations]))
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in options.only.split(","):
            found[case] = {}
            for name in implementations:
                file = str(Path(folder) / f"{name}.pt")
                runs = [measure(case, name, file) for _ in range(options.repeat)]
                found[case][name] = min(runs)
            cells = "".join([f"{value:14.1f}" for value in found[case].values()])
            print(f"{case:22s}{cells}", flush=True)
    print(f"installed: {installed_bytes() / MIB:.1f} MiB of files, without NumPy")
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        measure_here(*sys.argv[2:])
    else:
        main()
