"""A search along a direction for a place where the loss is low and flat enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from minitorch_ff._tensor import Tensor

DECREASE = 1e-4
"""The loss must fall by this share of what the first slope promises."""

FLATNESS = 0.9
"""The slope must fall to this share of the first."""

SHORTEST = 1e-9
"""A bracket whose ends are nearer to each other is not divided further."""


class Point(NamedTuple):
    """A place on the line, and what was found there."""

    length: Any
    """How far along the direction."""

    loss: float

    grad: Tensor

    slope: Any
    """The derivative of the loss along the direction."""

    def too_high(self, start: Point) -> bool:
        """Whether the loss has not fallen enough: Wolfe's first condition fails."""
        return bool(self.loss > start.loss + DECREASE * self.length * start.slope)

    def flat(self, start: Point) -> bool:
        """Whether the slope is small enough: Wolfe's second condition holds."""
        return bool(abs(self.slope) <= -FLATNESS * start.slope)


Evaluate = Callable[[Any], Point]


def strong_wolfe(
    evaluate: Evaluate, start: Point, length: Any, largest: Tensor, most: int
) -> tuple[Point, int]:
    """Find a place that satisfies the strong Wolfe conditions.

    Args:
        evaluate: Gives the point at a length.
        start: Where the search begins, at length 0; its slope is negative.
        length: The first length to try.
        largest: The largest element of the direction.
        most: So many lengths are tried after the first.

    Returns:
        The best point, and how many were evaluated.

    See: J. Nocedal, S. Wright, Numerical Optimization, 2006, algorithms 3.5 and 3.6.
    """
    bracket, tried = _surround(evaluate, start, length, most)
    if len(bracket) == 1:
        return bracket[0], tried + 1
    return _narrow(evaluate, start, bracket, largest, tried, most)


def _surround(evaluate: Evaluate, start: Point, length: Any, most: int) -> tuple[list[Point], int]:
    """Go in growing steps until a minimum lies between two of them.

    Returns:
        Both points, or the one that satisfies the conditions already; and how many were
        evaluated after the first.
    """
    before, new = start, evaluate(length)
    for tried in range(most):
        if new.too_high(start) or (tried > 1 and new.loss >= before.loss):
            return [before, new], tried
        if new.flat(start):
            return [new], tried
        if new.slope >= 0:
            return [before, new], tried
        nearest = new.length + 0.01 * (new.length - before.length)
        length = lowest_of_cubic(before, new, (nearest, new.length * 10))
        before, new = new, evaluate(length)
    return [start, new], most


def _narrow(
    evaluate: Evaluate, start: Point, bracket: list[Point], largest: Tensor, tried: int, most: int
) -> tuple[Point, int]:
    """Replace the ends of the bracket by places between them, until one will do."""
    low, high = _lower_first(bracket)
    close_to_an_end = False
    while tried < most:
        ends = bracket[0].length, bracket[1].length
        shortest, longest = min(ends), max(ends)
        if (longest - shortest) * largest < SHORTEST:
            break
        length = lowest_of_cubic(bracket[0], bracket[1], (shortest, longest))
        margin = 0.1 * (longest - shortest)
        if min(longest - length, length - shortest) >= margin:
            close_to_an_end = False
        elif close_to_an_end or length >= longest or length <= shortest:
            nearer_longest = abs(length - longest) < abs(length - shortest)
            length = longest - margin if nearer_longest else shortest + margin
            close_to_an_end = False
        else:
            close_to_an_end = True  # once will do; else the bracket hardly shrinks

        new = evaluate(length)
        tried += 1
        if new.too_high(start) or new.loss >= bracket[low].loss:
            bracket[high] = new
            low, high = _lower_first(bracket)
            continue
        if new.flat(start):
            return new, tried + 1
        if new.slope * (bracket[high].length - bracket[low].length) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = new
    return bracket[low], tried + 1


def _lower_first(bracket: list[Point]) -> tuple[int, int]:
    """Which end of the bracket has the lower loss, and which the higher."""
    return (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)


def lowest_of_cubic(a: Point, b: Point, bounds: tuple[Any, Any]) -> Any:
    """Where the cubic through two points, with their slopes, is lowest within bounds.

    In the middle, if it has no minimum. See: Numerical Optimization, equation 3.59.
    """
    near, far = bounds
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.length - b.length)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (near + far) / 2.0
    d2 = square**0.5
    if a.length > b.length:
        a, b = b, a
    share = (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2)
    return min(max(b.length - (b.length - a.length) * share, near), far)
