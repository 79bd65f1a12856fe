"""Times training steps against PyTorch and, for MLPs, hand-written NumPy.

    python -m compat_tests.benchmarks.bench_mlp [--impls torch,minitorch_ff,compiled,hand]
        [--workloads tiny,digits] [--threads N] [--repeat R] [--json OUT] [--check]
    python -m compat_tests.benchmarks.bench_mlp --profile [--workloads tiny,digits] [--threads N]

Every implementation is used through its public torch-like API alone; `hand` is NumPy
without autograd (by_hand.py): the limit; `compiled` is our step through `torch.compile`.
Its target is a share of `hand`. Each workload runs in one fresh process per
implementation. The processes take turns in short rounds, so that drift of the machine
hits all of them alike; a ratio is the median of the rounds' paired ratios. The last two
columns compare the best rounds: read them when several threads share busy cores.

`--profile` shows instead where a step of ours spends its time, by operator and layer of the
package, and the memory it takes (step_profile.py).

`--check` gives exit status 1 when a ratio to PyTorch misses its target by more than a
third; a failing ratio is measured once more first.
"""

import argparse
import dataclasses
import json
import math
import os
import statistics
import subprocess
import sys
import time

from compat_tests.benchmarks.worker import COMPILED, LIMIT, OURS
from compat_tests.benchmarks.networks import NETWORKS
from compat_tests.benchmarks.workloads import WORKLOADS

REFERENCE = "torch"
THREAD_VARIABLES = """
OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS BLIS_NUM_THREADS
NUMEXPR_NUM_THREADS VECLIB_MAXIMUM_THREADS
""".split()
TARGETS = {  # time of a step, as a share of PyTorch's, on one thread
    "tiny": 0.38,
    "course_sgd": 0.40,
    "course_adam": 0.28,
    "digits": 0.55,
    "mnist": 0.90,
    "wide": 1.05,
    "deep": 0.45,
    "batchnorm": 1.05,
    "lenet": 2.00,
    "transformer": 2.00,
    "lstm": 1.00,
    "embedding": 1.00,
    "raw_loop": 1.00,
    "dataloader": 0.20,
}
COMPILED_TARGETS = {  # a compiled step, as a share of hand-written NumPy, on one thread
    "tiny": 1.3,
    "course_sgd": 1.2,
    "course_adam": 1.2,
    "digits": 1.05,
    "mnist": 1.05,
    "wide": 1.05,
    "deep": 1.1,
    "batchnorm": 1.05,
    "raw_loop": 1.5,
}
SLACK = 4 / 3
SHORTEST_ROUND = 0.005  # seconds; below, the clock and the pipe would be measured
IMPORTS_TIMED = 5


@dataclasses.dataclass
class Cell:
    """What was measured of one implementation in one workload."""

    reason: str = ""  # why there is nothing
    rounds: list[float] = dataclasses.field(default_factory=list)  # seconds per step
    peak_mb: float = 0

    @property
    def best(self) -> float:
        return min(self.rounds)

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    def ratio(self, other: "Cell") -> float:
        """The median of the paired rounds' ratios."""
        pairs = zip(self.rounds, other.rounds, strict=True)
        return statistics.median(a / b for a, b in pairs)


class Worker:
    """A process that runs a workload in an implementation."""

    def __init__(self, implementation: str, workload: str, threads: int) -> None:
        self.implementation, self.cell = implementation, Cell()
        module = "compat_tests.benchmarks.worker"
        interpreter = [sys.executable, "-W", "ignore", "-m", module]
        self.process = subprocess.Popen(
            [*interpreter, implementation, workload, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(threads),
        )
        self.cell.reason = self.answer().get("reason", "")
        if self.cell.reason:
            self.process.wait()

    def answer(self) -> dict:
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"reason": "the process ended"}

    def ask(self, steps: int) -> dict:
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return self.answer()

    def pace(self) -> float:
        """Seconds per step, from a round long enough to tell."""
        steps = 1
        while True:
            seconds = self.ask(steps)["seconds"]
            if seconds * steps > SHORTEST_ROUND or steps >= 1 << 16:
                return seconds
            steps *= 4

    def finish(self) -> None:
        self.cell.peak_mb = self.ask(0)["peak_mb"]
        self.process.wait()


def environment(threads: int) -> dict[str, str]:
    return {**os.environ, **dict.fromkeys(THREAD_VARIABLES, str(threads))}


def measure(workload: str, options: argparse.Namespace) -> dict[str, Cell]:
    """Let the implementations take turns; a cell for each."""
    # One after the other: starting up is not timed, and must not disturb.
    written = [impl for impl in options.impls if impl != LIMIT or workload not in NETWORKS]
    workers = [Worker(impl, workload, options.threads) for impl in written]
    alive = [w for w in workers if not w.cell.reason]
    steps = [max(1, round(options.turn / w.pace())) for w in alive]
    turns = list(zip(alive, steps, strict=True))
    for i in range(options.repeat):
        for worker, count in turns if i % 2 else turns[::-1]:
            worker.cell.rounds.append(worker.ask(count)["seconds"])
    for worker in alive:
        worker.finish()
    return {w.implementation: w.cell for w in workers}


def import_times(options: argparse.Namespace) -> dict[str, float]:
    """Seconds to start Python and import each implementation."""
    times: dict[str, list[float]] = {impl: [] for impl in options.impls}
    for _ in range(IMPORTS_TIMED):
        for impl, seconds in times.items():
            module = {LIMIT: "numpy", COMPILED: OURS}.get(impl, impl)
            command = [sys.executable, "-c", f"import {module}"]
            start = time.perf_counter()
            done = subprocess.run(
                command, stderr=subprocess.DEVNULL, env=environment(1), check=False
            )
            passed = time.perf_counter() - start
            seconds.append(math.nan if done.returncode else passed)
    return {impl: statistics.median(seconds) for impl, seconds in times.items()}


HEADER = (
    f"{'workload':12s} {'implementation':14s} {'us/step':>11s} {'/torch':>7s} "
    f"{'target':>7s} {'/hand':>7s} {'peak MB':>8s} {'best us':>11s} {'/torch':>7s}"
)


def line(workload: str, implementation: str, cells: dict[str, Cell]) -> str:
    """A row of the table."""
    cell = cells[implementation]
    start = f"{workload:12s} {implementation:14s} "
    if cell.reason:
        return f"{start} n/a: {cell.reason}"
    reference, limit = (usable(cells, name) for name in (REFERENCE, LIMIT))
    to_torch, best = "-", "-"
    if reference:
        to_torch = f"{cell.ratio(reference):.2f}"
        best = f"{cell.best / reference.best:.2f}"
    to_hand = f"{cell.ratio(limit):.2f}" if limit else "-"
    target = f"{TARGETS[workload]:.2f}" if implementation == OURS else ""
    if implementation == COMPILED and workload in COMPILED_TARGETS:
        target = f"h {COMPILED_TARGETS[workload]:.2f}"
    return (
        f"{start}{cell.median * 1e6:11.1f} {to_torch:>7s} {target:>7s} {to_hand:>7s} "
        f"{cell.peak_mb:8.0f} {cell.best * 1e6:11.1f} {best:>7s}"
    )


def usable(cells: dict[str, Cell], implementation: str) -> Cell | None:
    cell = cells.get(implementation)
    return cell if cell and cell.rounds else None


def too_slow(workload: str, cells: dict[str, Cell]) -> bool:
    """Whether our ratio misses its target by more than the slack, or is missing."""
    ours, reference = usable(cells, OURS), usable(cells, REFERENCE)
    if not ours or not reference:
        return True
    return ours.ratio(reference) > TARGETS[workload] * SLACK


def arguments() -> argparse.Namespace:
    def words(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--impls", default=[REFERENCE, OURS, COMPILED, LIMIT], type=words)
    add("--workloads", default=WORKLOADS, type=words)
    add("--threads", type=int, default=1)
    add("--repeat", type=int, default=15, help="rounds")
    add("--turn", type=float, default=0.03, help="seconds of one round")
    add("--json", metavar="OUT")
    add("--check", action="store_true", help="exit status 1 when a target is missed")
    add("--profile", action="store_true", help="where our own steps spend their time")
    options = parser.parse_args()
    unknown = set(options.workloads) - set(WORKLOADS)
    if unknown:
        parser.error(f"unknown workloads {sorted(unknown)}; known: {WORKLOADS}")
    if options.check and not {REFERENCE, OURS} <= set(options.impls):
        parser.error(f"--check compares {OURS} with {REFERENCE}: measure both")
    return options


def show_profiles(options: argparse.Namespace) -> int:
    """Print the table of each workload, profiled in a process of its own."""
    for workload in options.workloads:
        command = [sys.executable, "-W", "ignore", "-m", "compat_tests.benchmarks.step_profile"]
        command += [workload, str(options.threads)]
        done = subprocess.run(command, env=environment(options.threads), check=False)
        if done.returncode:
            return done.returncode
    return 0


def main() -> int:
    """Measure, print the table; 1 when `--check` finds a workload too slow."""
    options = arguments()
    if options.profile:
        return show_profiles(options)
    imports = import_times(options)
    shown = ", ".join(f"{name} {seconds:.3f}" for name, seconds in imports.items())
    print(f"threads {options.threads}; import, s (with the interpreter): {shown}")
    print(HEADER)
    found, slow = {}, []
    for workload in options.workloads:
        cells = measure(workload, options)
        if options.check and too_slow(workload, cells):
            print(f"{workload:12s} misses its target; measured once more:")
            cells = measure(workload, options)
            if too_slow(workload, cells):
                slow.append(workload)
        for implementation in cells:
            print(line(workload, implementation, cells), flush=True)
        found[workload] = {k: dataclasses.asdict(c) for k, c in cells.items()}
    if options.json:
        results = {"threads": options.threads, "import_seconds": imports}
        with open(options.json, "w") as file:
            json.dump({**results, "workloads": found}, file, indent=1)
    if slow:
        print(f"over target by more than a third: {', '.join(slow)}")
    return int(bool(slow))


if __name__ == "__main__":
    sys.exit(main())
