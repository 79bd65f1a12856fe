"""When do two printed lines say the same? Words must agree, numbers to a tolerance."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|(?:inf|nan)(?!\w))")
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")  # where an object lies in memory: new in every run


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
        size: The largest relative difference of two numbers in them, in the ones that
            part if any do; infinite where words part.
        numbers: PyTorch's number and ours, where the difference is largest; else None.
    """

    kind: str
    size: float = 0.0
    numbers: tuple[str, str] | None = None


def compare_lines(torch: str | None, ours: str | None, tolerance: Tolerance) -> Match:
    """Compare a line of PyTorch's with one of ours; None is a line that is missing.

    Spaces count as one space, because a column is as wide as its widest number. Two
    integers must be equal: a count or an index is not rounded.

    Example:
        >>> compare_lines("epoch 1 loss 0.50001", "epoch 1 loss 0.50002", Tolerance())
        Match(kind='close', size=1.99...e-05, numbers=('0.50001', '0.50002'))
        >>> compare_lines("epoch 1", "epoch 2", Tolerance()).kind
        'apart'
    """
    if torch == ours:
        return Match("same")
    if torch is None or ours is None or _words(torch) != _words(ours):
        return Match("apart", math.inf)
    pairs = list(zip(NUMBER.findall(torch), NUMBER.findall(ours), strict=True))
    parting = [pair for pair in pairs if not _agree(*pair, tolerance)]
    worst = max(parting or pairs, key=_size, default=None)
    return Match("apart" if parting else "close", _size(worst) if worst else 0.0, worst)


def compare_texts(torch: list[str], ours: list[str], tolerance: Tolerance) -> list[Match]:
    """Compare line by line; the longer text parts from the shorter where that ends."""
    return [compare_lines(a, b, tolerance) for a, b in zip_longest(torch, ours)]


def _words(line: str) -> list[list[str]]:
    """What stands around the numbers, without the spaces."""
    return [part.split() for part in NUMBER.split(ADDRESS.sub("0x…", line))]


def _agree(torch: str, ours: str, tolerance: Tolerance) -> bool:
    if _is_integer(torch) and _is_integer(ours):
        return int(torch) == int(ours)
    a, b = float(torch), float(ours)
    close = abs(a - b) <= tolerance.absolute + tolerance.relative * abs(a)
    return a == b or (math.isnan(a) and math.isnan(b)) or (math.isfinite(a) and close)


def _is_integer(number: str) -> bool:
    return number.lstrip("+-").isdigit()


def _size(pair: tuple[str, str]) -> float:
    """The difference, relative to the larger number."""
    a, b = map(float, pair)
    if a == b or (math.isnan(a) and math.isnan(b)):
        return 0.0
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    return abs(a - b) / max(abs(a), abs(b))
