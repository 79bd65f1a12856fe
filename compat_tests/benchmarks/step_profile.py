"""Where a training step's time goes: by operator and by layer of the package.

    python -m compat_tests.benchmarks.step_profile WORKLOAD [THREADS]

`sys.setprofile` tells of every call; a segment is what lies between two such events. A step
does the same every time, so each segment has a minimum over many steps, which the machine's
mood does not reach.

The events cost time themselves, the same for each: it is measured on an empty function, and is
more where a step's code and data are not in the cache. So from every segment the same amount is
taken off, such that the table adds up to the best step that was not watched, if it would be
more. `Profile.plain` and `Profile.watched` tell how much slower a watched step was.
"""

import contextlib
import dataclasses
import sys
import time
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from compat_tests.benchmarks.worker import prepare
from minitorch_ff.firefly.backend import registry
from minitorch_ff.firefly.backend.watched import Watched

LAYERS = ("facade", "apply", "primitive", "record", "backward", "accumulate")
"""
facade: modules, functions with their checks, the optimizer; apply: `ops/base.py` and the
operators' `forward`; primitive: the back end and NumPy; record: noting what the rule needs;
backward: the walk and the rules; accumulate: handing gradients on, adding and keeping them.
"""

ALONE = {
    "link": "record", "link_several": "record", "save_for_backward": "record",
    "hand_on": "accumulate", "receive": "accumulate", "fit": "accumulate",
}  # fmt: skip
"""Functions of the engine with a layer of their own."""

STEPS = 200
SECONDS = 3.0


@dataclasses.dataclass
class Profile:
    """One workload, profiled.

    Attributes:
        table: Nanoseconds by operator and layer.
        plain, watched: Nanoseconds of the best step without and with the profiler.
        peak_bytes: What a step allocates at most, above what is there before it.
        blocks: How many blocks of memory the allocations of a step leave at its end.
    """

    table: dict[str, dict[str, float]]
    plain: float
    watched: float
    peak_bytes: int
    blocks: int
    cost: float
    """Nanoseconds that were taken off each segment."""

    def text(self, name: str) -> str:
        """The table as text."""
        head = "".join([f"{layer:>11s}" for layer in LAYERS])
        lines = [f"{name}: nanoseconds per step", f"{'':28s}{head}{'total':>11s}"]
        rows = sorted(self.table.items(), key=lambda item: -sum(item[1].values()))
        totals: Counter = Counter()
        for operator, layers in rows:
            totals.update(layers)
            lines.append(_row(operator, layers))
        lines.append(_row("all", totals))
        accounted = sum(totals.values()) / self.plain
        lines.append(
            f"a step alone {self.plain:.0f}, watched {self.watched:.0f}, an event {self.cost:.0f}; "
            f"the table has {accounted:.0%} of a step alone; at its peak a step holds "
            f"{self.peak_bytes / 1024:.0f} KiB"
        )
        return "\n".join(lines)


def _row(name: str, layers) -> str:
    cells = "".join([f"{layers.get(layer, 0):11.0f}" for layer in LAYERS])
    return f"{name[:28]:28s}{cells}{sum(layers.values()):11.0f}"


def profile(step: Callable[[], object], seconds: float = SECONDS) -> Profile:
    """Watch a step of `workloads.build(..., "minitorch_ff", ...)`, which has been warmed up."""
    plain = _best(step, seconds)
    watch = Watch()
    backend = registry.by_buffer_type[np.ndarray]
    registry.by_buffer_type[np.ndarray] = Visible(backend)
    try:
        cost = watch.cost_of_an_event()
        segments, watched = watch.steps(step, seconds)
    finally:
        registry.by_buffer_type[np.ndarray] = backend
    table: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(LAYERS, 0.0))
    measured = sum([nanoseconds for _, nanoseconds in segments])
    cost = max(cost, (measured - plain) / len(segments))
    operator = "after the last"
    for (layer, name), nanoseconds in reversed(segments):  # the facade's work is for the next
        operator = name or operator
        table[operator][layer] += nanoseconds - cost
    return Profile(dict(table), plain, watched, *memory(step), cost)


def primitive_calls(step: Callable[[], object]) -> int:
    """How many primitives a step's operators and rules call; the optimizer's are its own."""
    calls = 0
    backend = registry.by_buffer_type[np.ndarray]

    @contextlib.contextmanager
    def counted(name, arguments):
        nonlocal calls
        calls += name != "constant"
        yield lambda result: None

    registry.by_buffer_type[np.ndarray] = Watched(backend, counted)
    try:
        step()
    finally:
        registry.by_buffer_type[np.ndarray] = backend
    return calls


def memory(step: Callable[[], object]) -> tuple[int, int]:
    """The most bytes a step holds above what was there, and the blocks it leaves."""
    tracemalloc.start()
    try:
        for _ in range(3):  # what is kept for good is made
            step()
        before, _ = tracemalloc.get_traced_memory()
        count = len(tracemalloc.take_snapshot().traces)
        tracemalloc.reset_peak()
        step()
        _, peak = tracemalloc.get_traced_memory()
        return peak - before, len(tracemalloc.take_snapshot().traces) - count
    finally:
        tracemalloc.stop()


def _best(step: Callable[[], object], seconds: float) -> float:
    times, end = [], time.perf_counter() + seconds
    while len(times) < STEPS and time.perf_counter() < end:
        start = time.perf_counter_ns()
        step()
        times.append(time.perf_counter_ns() - start)
    return min(times)


class Visible:
    """A back end whose every primitive is a Python function, so that its call is an event."""

    def __init__(self, backend) -> None:
        self._backend = backend

    def __getattr__(self, name):
        function = getattr(self._backend, name)
        if not callable(function) or isinstance(function, type) or hasattr(function, "__func__"):
            return function

        def primitive(*args, **settings):
            return function(*args, **settings)

        setattr(self, name, primitive)
        return primitive


class Watch:
    """Listens to the interpreter's calls and bills the time between them."""

    def __init__(self) -> None:
        self.layers: dict[object, str | None] = {}  # by code object
        self.labels: list[tuple[str, str]] = []
        self.durations: list[int] = []

    def steps(self, step: Callable[[], object], seconds: float) -> tuple[list, int]:
        """Labels and shortest durations of a step's segments, and the shortest watched step."""
        runs, labels = [], []
        end = time.perf_counter() + seconds
        best = None
        while len(runs) < STEPS and (time.perf_counter() < end or len(runs) < 3):
            start = time.perf_counter_ns()
            self.run(step)
            taken = time.perf_counter_ns() - start
            best = taken if best is None else min(best, taken)
            runs.append(np.array(self.durations))
            labels.append(self.labels)
        length = Counter(map(len, runs)).most_common(1)[0][0]
        chosen = [i for i, run in enumerate(runs) if len(run) == length]
        shortest = np.min([runs[i] for i in chosen], 0)
        return list(zip(labels[chosen[0]], shortest.tolist(), strict=True)), best

    def run(self, function: Callable[[], object]) -> None:
        """Call it under the watch."""
        self.labels, self.durations = labels, durations = [], []
        stack = [("facade", "")]
        clock, layer_of, operator_of = time.perf_counter_ns, self.layer_of, self.operator_of
        last = clock()

        def event(frame, kind, _):
            nonlocal last
            now = clock()
            labels.append(stack[-1])
            durations.append(now - last)
            if kind == "call":
                layer, operator = stack[-1]
                layer = layer_of(frame.f_code) or layer
                stack.append((layer, operator_of(frame) or operator))
            elif kind == "return" and len(stack) > 1:
                stack.pop()
            last = clock()

        sys.setprofile(event)
        try:
            function()
        finally:
            sys.setprofile(None)

    def cost_of_an_event(self) -> float:
        """Nanoseconds that an event adds to a segment, whatever else happens in it."""

        def nothing() -> None:
            pass

        def calls() -> None:
            for _ in range(500):
                nothing()

        billed, real = [], []
        for _ in range(20):
            self.run(calls)
            billed.append(sum(self.durations) / len(self.durations))
            start = time.perf_counter_ns()
            calls()
            real.append((time.perf_counter_ns() - start) / 1000)  # a call and a return
        return max(0.0, min(billed) - min(real))

    def layer_of(self, code) -> str | None:
        """The layer of a function; None for the layer of its caller."""
        try:
            return self.layers[code]
        except KeyError:
            layer = self.layers[code] = _layer(code.co_filename, code.co_name)
            return layer

    def operator_of(self, frame) -> str:
        """The operator that a call begins to work for, or nothing."""
        name, values = frame.f_code.co_name, frame.f_locals
        if name in ("apply", "apply_several"):
            return values["operator"].__name__
        if name in ("backward", "receive") and hasattr(values.get("self"), "edges"):
            return type(values["self"]).__name__
        if name == "hand_on":
            return type(values["node"]).__name__
        if name in ("step", "zero_grad") and "optim" in Path(frame.f_code.co_filename).parts:
            return f"{type(values['self']).__name__}.{name}" if "self" in values else ""
        return ""


def _layer(file: str, name: str) -> str | None:
    path = Path(file).as_posix()
    inside = path.rpartition("minitorch_ff/")[2] if "minitorch_ff/" in path else ""
    if inside.startswith(("firefly/backend", "firefly/random")) or name == "primitive":
        return "primitive"
    if not inside:
        return "primitive" if "/numpy/" in path else None
    if inside.startswith("firefly/") and name in ALONE:
        return ALONE[name]
    if inside == "firefly/ops/base.py" and name.startswith("apply"):
        return "apply"
    if inside.startswith("firefly/ops/"):
        return "backward" if name == "backward" else None
    if inside == "firefly/graph.py":
        return "backward"
    return None if inside.startswith("firefly/") else "facade"


def main(workload: str, threads: str = "1") -> None:
    """Print the table of a workload."""
    step = prepare("minitorch_ff", workload, int(threads))
    print(profile(step).text(workload), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
