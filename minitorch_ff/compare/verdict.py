"""Do two outcomes say the same, in lines and in tensors? If not, where do they part first?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import numpy

from minitorch_ff.compare.process import Outcome

IDENTICAL, EQUAL, DIVERGENCE = "identical text", "numerically equal", "first divergence"
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|(?:inf|nan)(?!\w))")
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")  # where an object lies in memory: new in every run

Key = tuple[int, int, str, str]
"""Step, call, module, tensor."""


class Tolerance(NamedTuple):
    """How far two numbers may lie apart: `absolute + relative · |PyTorch's|`."""

    relative: float = 1e-4
    absolute: float = 1e-6


@dataclass(frozen=True)
class Match:
    """How two lines compare.

    Attributes:
        kind: `same` (the same text), `close` (numbers within the tolerance, or another
            spacing) or `apart`.
        texts: PyTorch's line and ours; None is a line that is missing.
        size: The largest relative difference of two numbers in them, in the ones that
            part if any do; infinite where words part.
        numbers: PyTorch's number and ours, where the difference is largest; else None.
    """

    kind: str
    texts: tuple[str | None, str | None]
    size: float = 0.0
    numbers: tuple[str, str] | None = None

    @property
    def shown(self) -> list[str]:
        """Both texts, and words for one that is missing."""
        return ["(no line)" if text is None else text for text in self.texts]

    def __str__(self) -> str:
        return "    PyTorch      | {}\n    minitorch_ff | {}".format(*self.shown)


def compare_lines(torch: str | None, ours: str | None, tolerance: Tolerance) -> Match:
    """Compare a line of PyTorch's with one of ours; None is a line that is missing.

    Spaces count as one space, because a column is as wide as its widest number. Two
    integers must be equal: a count or an index is not rounded.

    Example:
        >>> match = compare_lines("epoch 1 loss 0.50001", "epoch 1 loss 0.50002", Tolerance())
        >>> match.kind, match.size, match.numbers
        ('close', 1.99...e-05, ('0.50001', '0.50002'))
        >>> compare_lines("epoch 1", "epoch 2", Tolerance()).kind
        'apart'
    """
    if torch == ours:
        return Match("same", (torch, ours))
    if torch is None or ours is None or _words(torch) != _words(ours):
        return Match("apart", (torch, ours), math.inf)
    pairs = zip(NUMBER.findall(torch), NUMBER.findall(ours), strict=True)
    gaps = [(*_gap(*pair, tolerance), pair) for pair in pairs]
    part, size, numbers = max(gaps, key=itemgetter(0, 1), default=(False, 0.0, None))
    return Match("apart" if part else "close", (torch, ours), size, numbers)


def _words(line: str) -> list[list[str]]:
    """What stands around the numbers, without the spaces."""
    return [part.split() for part in NUMBER.split(ADDRESS.sub("0x…", line))]


def _gap(torch: str, ours: str, tolerance: Tolerance) -> tuple[bool, float]:
    """Whether two numbers part, and their difference relative to the larger one."""
    a, b = float(torch), float(ours)
    gap = 0.0 if a == b or str(a) == str(b) == "nan" else abs(a - b)
    size = gap and (gap / max(abs(a), abs(b)) if math.isfinite(gap) else math.inf)
    if all(number.lstrip("+-").isdigit() for number in (torch, ours)):
        return int(torch) != int(ours), size
    return size == math.inf or gap > tolerance.absolute + tolerance.relative * abs(a), size


@dataclass
class Difference:
    """A tensor that both recorded, and how far the two lie apart.

    Attributes:
        step: Number of the optimizer step that it belongs to, from 1.
        call: Number of the module's call in that step, from 1.
        module: Path and class, as `net.2 (Linear)`.
        tensor: `output` or `gradient of weight`.
        apart: Whether they lie further apart than the tolerance.
        size: The largest difference, relative to PyTorch's number or to the root of the
            mean square of its tensor, whichever is larger.
        index: The element where it is largest, in the flattened tensor; None is the
            root of the mean square itself, which sees the elements that were not kept.
        values: PyTorch's number there, and ours; the shapes if these differ.
    """

    step: int
    call: int
    module: str
    tensor: str
    apart: bool
    size: float
    index: int | None
    values: tuple[Any, Any]

    def __str__(self) -> str:
        where = f"step {self.step}, {self.module}, {self.tensor}"
        where += f", call {self.call}" if self.call > 1 else ""
        element = "" if self.index is None else f" in element {self.index}"
        torch, ours = (f"{v:.7g}" if isinstance(v, float) else v for v in self.values)
        return f"{where}: {self.size:.2g}{element}, PyTorch {torch}, minitorch_ff {ours}"


def compare_records(torch: list[Any], ours: list[Any], tolerance: Tolerance) -> list[Difference]:
    """Every tensor that PyTorch recorded, in its order, beside ours.

    A tensor that only one of the two has is apart, up to the last step that both have.
    """
    theirs, mine = ({tuple(record["key"]): record for record in side} for side in (torch, ours))
    last = min((max(side)[0] for side in (theirs, mine) if side), default=0)
    keys = sorted((key for key in {**theirs, **mine} if key[0] <= last), key=itemgetter(0))
    return [_difference(key, theirs.get(key), mine.get(key), tolerance) for key in keys]


def _difference(key: Key, torch: Any, ours: Any, tolerance: Tolerance) -> Difference:
    theirs, mine = (record["kind"] if record else "none" for record in (torch, ours))
    if theirs != mine:
        return Difference(*key, True, math.inf, None, (theirs, mine))
    a, b = (numpy.array(record["values"]) for record in (torch, ours))
    place, size, apart = largest_gap(a, b, tolerance)
    index = place * torch["stride"] if place < len(a) - 1 else None
    return Difference(*key, apart, size, index, (float(a[place]), float(b[place])))


def largest_gap(torch: Any, ours: Any, tolerance: Tolerance) -> tuple[int, float, bool]:
    """Where two arrays differ most, by how much, and whether that is too much.

    Rounding errors of a sum are as large as its largest terms allow. So a difference is
    relative to PyTorch's number or to the root of the mean square of its tensor,
    whichever is larger.

    Args:
        torch: PyTorch's numbers, at the end the root of their mean square. Shape `(n,)`.
        ours: This package's. Shape `(n,)`.
        tolerance: What counts as equal.
    """
    with numpy.errstate(all="ignore"):
        scale = numpy.fmax(abs(torch), torch[-1])
        equal = (torch == ours) | (numpy.isnan(torch) & numpy.isnan(ours))
        gap = abs(torch - ours)
        excess = gap - tolerance.absolute - tolerance.relative * scale
        excess = numpy.where(equal, -numpy.inf, numpy.nan_to_num(excess, nan=numpy.inf))
        place = int(numpy.argmax(excess))
        size = 0.0 if equal[place] else numpy.nan_to_num(gap[place] / scale[place], nan=numpy.inf)
    return place, float(size), bool(excess[place] > 0)


@dataclass
class Verdict:
    """What a comparison comes to.

    Attributes:
        kind: `identical text`, `numerically equal` or `first divergence`.
        where: `line 3`, or `the end`, where the two part first; if they do not, where
            they differ most. Empty if they do not differ in text.
        match: The two lines there, and their numbers that differ most.
        tensor: The first recorded tensor that parts.
    """

    kind: str
    where: str = ""
    match: Match | None = None
    tensor: Difference | None = None

    def __str__(self) -> str:
        text = self.kind
        if self.match is not None:
            text += f": {self.where}"
            if self.match.numbers:
                text += ", PyTorch {}, minitorch_ff {}, ".format(*self.match.numbers)
                text += f"relative difference {self.match.size:.2g}"
            text += f"\n{self.match}"
        return text if self.tensor is None else f"{text}\nfirst tensor that parts: {self.tensor}"


@dataclass
class Comparison:
    """Two outcomes, line by line, while they come in and after their end.

    Attributes:
        torch: PyTorch's outcome.
        ours: This package's.
        tolerance: What counts as equal.
        matches: One for each pair of lines.
        first: Index of the first pair that parts.
        deep: The recorded tensors, if any.
        notes: What a reader should know before the verdict counts.
    """

    torch: Outcome
    ours: Outcome
    tolerance: Tolerance
    matches: list[Match] = field(default_factory=list)
    first: int | None = None
    deep: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def advance(self, ended: bool) -> Iterator[Match]:
        """Compare the new lines that both have by now.

        When both have `ended`, lines that only one has are compared with None.
        """
        start = len(self.matches)
        pairs = zip_longest if ended else zip
        for theirs, mine in pairs(self.torch.lines[start:], self.ours.lines[start:]):
            match = compare_lines(theirs, mine, self.tolerance)
            if self.first is None and match.kind == "apart":
                self.first = len(self.matches)
            self.matches.append(match)
            yield match

    def finish(self, deep: bool) -> Verdict:
        """Compare what was recorded, add notes and sum up, when both have ended."""
        torch, ours = self.torch, self.ours
        if torch.records is not None and ours.records is not None:
            self.deep = compare_records(torch.records, ours.records, self.tolerance)
        theirs, mine = torch.ending(), ours.ending()
        notes: list[Any] = [
            torch.hash != ours.hash and "the recording is of another version of the script",
            torch.arguments != ours.arguments and f"recorded with the arguments {torch.arguments}",
            torch.code != ours.code and f"PyTorch ends with {theirs[-1]}, ours with {mine[-1]}",
        ]
        for side in (torch, ours):
            notes.append(deep and not side.records and f"{side.name}: no tensors were recorded")
            notes.append(side.inside.get("limit"))
        self.notes = list(dict.fromkeys(filter(None, notes)))
        ends = (compare_lines(*pair, self.tolerance) for pair in zip(theirs, mine, strict=False))
        places = [*self.matches, *ends]
        apart = [match for match in places if match.kind == "apart"][:1]
        close = [match for match in places if match.kind == "close"]
        tensor = next((difference for difference in self.deep if difference.apart), None)
        if not apart and (tensor or not close):
            return Verdict(DIVERGENCE if tensor else IDENTICAL, tensor=tensor)
        match = max(apart or close, key=attrgetter("size"))
        where = f"line {places.index(match) + 1}" if match in self.matches else "the end"
        return Verdict(DIVERGENCE if apart else EQUAL, where, match, tensor)
