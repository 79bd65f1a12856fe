"""`torch.utils.benchmark`: how long a statement takes, measured with care."""

from __future__ import annotations

import importlib
import textwrap
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean, median, quantiles
from typing import Any

from minitorch_ff._settings import get_num_threads, set_num_threads

__all__ = ["Measurement", "TaskSpec", "Timer"]

UNITS = (("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0))


@dataclass(frozen=True)
class TaskSpec:
    """What is measured, and what it is called.

    Attributes:
        stmt: The statement.
        setup: Runs before.
        global_setup: For other languages than Python.
        label: What the statement is called; None: as it is written.
        sub_label: Tells variants apart.
        description: Tells columns of a comparison apart.
        env: What it runs in.
        num_threads: For matrix products.
    """

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """The first line of a report."""
        variant = self.sub_label
        if "\n" in self.stmt and not self.label:
            return _lines(f"stmt: ({variant})" if variant else "stmt:", self.stmt)
        name = self.label or self.stmt
        return f"{name}: {variant}" if variant else name


def _lines(title: str, text: str) -> str:
    """A title, and below it indented lines."""
    return f"{title}\n{textwrap.indent(text, '  ')}"


def _with_gap(text: str) -> list[str]:
    """The text, and below several lines an empty one."""
    return [text, ""] if "\n" in text else [text]


@dataclass(repr=False)
class Measurement:
    """Times that were measured.

    Attributes:
        number_per_run: How often the statement ran for each of them.
        raw_times: Seconds, for all runs together.
        task_spec: What was measured.
    """

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec

    @property
    def times(self) -> list[float]:
        """Seconds for one run of the statement."""
        return [time / self.number_per_run for time in self.raw_times]

    @property
    def median(self) -> float:
        """The median of `times`, in seconds."""
        return median(self.times)

    @property
    def mean(self) -> float:
        """The mean of `times`, in seconds."""
        return mean(self.times)

    def _quartiles(self) -> list[float]:
        times = self.times
        return quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3

    @property
    def iqr(self) -> float:
        """How far the quartiles of `times` lie apart, in seconds."""
        low, _, high = self._quartiles()
        return high - low

    @property
    def has_warnings(self) -> bool:
        """Whether the times differ by so much that they say little."""
        return self.iqr / self.median >= 0.1

    @property
    def title(self) -> str:
        """What was measured."""
        return self.task_spec.title

    def __repr__(self) -> str:
        task, count = self.task_spec, len(self.raw_times)
        unit, size = [u for u in UNITS if u[1] <= max(self.median, UNITS[0][1])][-1]
        lines = [f"<torch.utils.benchmark.utils.common.Measurement object at {id(self):#x}>"]
        lines += _with_gap(self.title) + ([task.description] if task.description else [])
        if task.setup != "pass":
            several = "\n" in task.setup
            setup = _lines("setup:", task.setup) if several else f"setup: {task.setup}"
            lines += _with_gap(setup)
        lines.append(f"  {'Median: ' if count > 1 else ''}{self.median / size:.2f} {unit}")
        if count > 3:
            low, _, high = (time / size for time in self._quartiles())
            lines.append(f"  IQR:    {high - low:.2f} {unit} ({low:.2f} to {high:.2f})")
        runs = "runs per measurement" if count > 1 else "runs "
        plural, threads = "s" * (count > 1), f"thread{'s' * (task.num_threads > 1)}"
        lines.append(f"  {count} measurement{plural}, {self.number_per_run} {runs}, ")
        lines[-1] += f"{task.num_threads} {threads}"
        if self.has_warnings:
            share = self.iqr / self.median
            what = "could indicate system fluctuation"
            if share >= 0.25:
                what = "suggests significant environmental influence"
            lines.append(
                f"  WARNING: Interquartile range is {share:.1%} of the median measurement."
            )
            lines.append(f"           This {what}.")
        return "\n".join(lines)


class Timer:
    """Measures a statement.

    Args:
        stmt: One or more lines of Python.
        setup: Lines that run before, once for each measurement.
        timer: A clock, in seconds.
        globals: Names that the statement can use.
        language: `"python"`.
        **labels: What `TaskSpec` takes: `label`, `sub_label`, `description`, `num_threads`.

    Raises:
        NotImplementedError: Another language.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.utils.benchmark import Timer
        >>> x = torch.ones(3)
        >>> Timer("x + x", globals={"x": x}).timeit(100).median > 0
        True

    See: [Timer](https://docs.pytorch.org/docs/stable/benchmark_utils.html#torch.utils.benchmark.Timer).
    """

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        *,
        timer: Callable[[], float] = timeit.default_timer,
        globals: dict[str, Any] | None = None,
        language: str = "python",
        **labels: Any,
    ) -> None:
        if str(language).lower() not in ("python", "py"):
            raise NotImplementedError(f"Timer(language={language!r}): only Python is measured")
        self._task_spec = TaskSpec(textwrap.dedent(stmt), textwrap.dedent(setup), **labels)
        names = {"torch": importlib.import_module("minitorch_ff"), **(globals or {})}
        self._timer = timeit.Timer(self._task_spec.stmt, self._task_spec.setup, timer, names)

    def _seconds(self, number: int) -> float:
        """How long so many runs take."""
        before = get_num_threads()
        set_num_threads(self._task_spec.num_threads)
        try:
            return max(self._timer.timeit(number), 1e-9)
        finally:
            set_num_threads(before)

    def timeit(self, number: int = 1_000_000) -> Measurement:
        """Measure so many runs once, after a few that are not counted."""
        self._seconds(max(number // 100, 2))
        return Measurement(number, [self._seconds(number)], self._task_spec)

    def blocked_autorange(self, *, min_run_time: float = 0.2) -> Measurement:
        """Measure blocks of runs until there is enough.

        Args:
            min_run_time: Seconds, for all blocks together.

        Returns:
            A measurement with one time for each block.
        """
        number, times = 1, list[float]()
        while self._seconds(number) < min(1e-3, min_run_time / 1000):  # the clock is exact enough
            number *= 10
        while sum(times) < min_run_time:
            times.append(self._seconds(number))
        return Measurement(number, times, self._task_spec)
