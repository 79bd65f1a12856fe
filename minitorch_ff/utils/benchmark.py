"""`torch.utils.benchmark`: how long a statement takes, measured with care."""

from __future__ import annotations

import importlib
import math
import textwrap
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from statistics import mean, median, pstdev, quantiles
from typing import Any

from minitorch_ff._settings import get_num_threads, set_num_threads

__all__ = ["Compare", "Measurement", "TaskSpec", "Timer"]

CLOCK = 25e-9
"""Seconds that a clock is wrong by, at least."""

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


def _unit_of(seconds: float) -> tuple[str, float]:
    """The largest unit that is not larger than a time."""
    return [unit for unit in UNITS if unit[1] <= max(seconds, UNITS[0][1])][-1]


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
    def significant_figures(self) -> int:
        """How many digits of the median mean something, 1 to 4."""
        times = sorted(self.times)
        middle = times[len(times) // 4 : math.ceil(3 * len(times) / 4)]
        doubt = max(1.645 * pstdev(middle) / math.sqrt(len(middle)), CLOCK)
        return min(max(math.floor(math.log10(self.median / doubt)), 1), 4)

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
        unit, size = _unit_of(self.median)
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


COLOURS = (  # up to so many times the best time
    (1.01, "\033[92m\033[1m"), (1.1, "\033[34m\033[1m"), (2, ""), (5, "\033[2m\033[91m"),
    (math.inf, "\033[31m\033[1m"),
)  # fmt: skip
NAMES = {"ns": "nanoseconds", "us": "microseconds", "ms": "milliseconds", "s": "seconds"}


class Compare:
    """Tables of measurements: one for each label, with `sub_label`s below, `description`s beside.

    Args:
        results: What was measured.

    Example:
        >>> from minitorch_ff.utils.benchmark import Compare, Measurement, TaskSpec
        >>> spec = TaskSpec("x + y", "pass", label="add", sub_label="small", description="ours")
        >>> table = str(Compare([Measurement(1, [2.5e-6], spec)]))
        >>> table.splitlines()[3].split()
        ['small', '|', '2.5']

    See: [Compare](https://docs.pytorch.org/docs/stable/benchmark_utils.html#torch.utils.benchmark.Compare).
    """

    def __init__(self, results: list[Measurement]) -> None:
        self._results: list[Measurement] = []
        self.extend_results(results)
        self._trim, self._colour, self._rowwise, self._warn = False, False, False, False

    def extend_results(self, results: list[Measurement]) -> None:
        """Add measurements.

        Raises:
            ValueError: There is something else among them.
        """
        for result in results:
            if not isinstance(result, Measurement):
                words = f"Expected an instance of `Measurement`, got {type(result)} instead."
                raise ValueError(words)
        self._results += results

    def trim_significant_figures(self) -> None:
        """Show only digits that mean something."""
        self._trim = True

    def colorize(self, rowwise: bool = False) -> None:
        """Show in colours how each time compares with the best in its column, or row."""
        self._colour, self._rowwise = True, rowwise

    def highlight_warnings(self) -> None:
        """Mark times that differ much between runs."""
        self._warn = True

    def print(self) -> None:
        """Print the tables."""
        print(self)

    def __str__(self) -> str:
        labels = dict.fromkeys(result.task_spec.label for result in self._results)
        return "\n".join([self._table(label) for label in labels])

    def _table(self, label: str | None) -> str:
        """All measurements of a label; those of the same statement are taken together."""
        cells: dict[tuple[int, str, str], Measurement] = {}
        of_label = [result for result in self._results if result.task_spec.label == label]
        for result in of_label:
            spec = result.task_spec
            place = spec.num_threads, spec.sub_label or spec.stmt, spec.description or ""
            times = cells[place].times if place in cells else []
            cells[place] = Measurement(1, times + result.times, spec)
        unit, size = _unit_of(min(cell.median for cell in cells.values()))
        names = dict.fromkeys(name for _, name, _ in cells)
        rows = dict.fromkeys(sorted([cell[:2] for cell in cells], key=itemgetter(0)))
        first = max(map(len, names)) + 6
        texts = {column: self._column(column, cells, size) for _, _, column in cells}
        head = [text[""] for text in texts.values()]
        lines, threads = [" " * first + "".join([f"  |  {part}" for part in head])], 0
        for count, name in rows:
            if count != threads:
                threads = count
                lines.append(f"{count} threads: ".ljust(len(lines[0]), "-"))
            row = [text.get((count, name), " " * len(text[""])) for text in texts.values()]
            lines.append(f"      {name}".ljust(first) + "".join([f"  |  {part}" for part in row]))
        title = f" {label or ''} ".center(len(lines[0]) - 2, "-")
        end = f"\nTimes are in {NAMES[unit]} ({unit}).\n"
        if self._warn and any(cell.has_warnings for cell in cells.values()):
            end += "(! XX%) Measurement has high variance, where XX is the IQR / median * 100.\n"
        return "\n".join([f"[{title}]", *lines, end])

    def _column(self, column: str, cells: dict[Any, Measurement], size: float) -> dict[Any, str]:
        """A column's texts, one for each pair of threads and name, and its head for ""."""
        own = {place[:2]: cell for place, cell in cells.items() if place[2] == column}
        digits = 1
        if self._trim:
            before = {place: math.ceil(math.log10(own[place].median / size)) for place in own}
            digits = max(min(own[place].significant_figures - before[place] for place in own), 0)
        texts = {place: f"{cell.median / size:.{digits}f}" for place, cell in own.items()}
        width = max(map(len, texts.values()))
        texts = {place: text.rjust(width) for place, text in texts.items()}
        for place, cell in own.items() if self._warn else ():
            if cell.has_warnings:
                texts[place] += f" (! {cell.iqr / cell.median * 100:.0f}%)"
        inner = max(map(len, texts.values()))
        width = max(inner, len(column))
        texts = {place: text.ljust(inner).center(width) for place, text in texts.items()}
        for place in own if self._colour else ():
            rivals = [
                cell.median for (threads, name, other), cell in cells.items()
                if threads == place[0] and (name == place[1] if self._rowwise else other == column)
            ]  # fmt: skip
            share = own[place].median / min(rivals)
            colour = next(colour for most, colour in COLOURS if share <= most)
            texts[place] = f"{colour}{texts[place]}\033[0m\033[0m" if colour else texts[place]
        return {**texts, "": column.center(width)}
