"""A search along a direction for a place where the loss is small enough, and flat enough."""

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


def strong_wolfe(
    evaluate: Callable[[Any], Point],
    start: Point,
    length: Any,
    largest: Tensor,
    most: int,
) -> tuple[Point, int]:
    """Find a place that satisfies the strong Wolfe conditions.

    First steps grow until the minimum lies between two of them, then the bracket shrinks.

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

    def too_high(point: Point) -> bool:
        return bool(point.loss > start.loss + DECREASE * point.length * start.slope)

    def flat(point: Point) -> bool:
        return bool(abs(point.slope) <= -FLATNESS * start.slope)

    before, new = start, evaluate(length)
    for tried in range(most):
        if too_high(new) or (tried > 1 and new.loss >= before.loss):
            bracket = [before, new]
            break
        if flat(new):
            return new, tried + 1
        if new.slope >= 0:
            bracket = [before, new]
            break
        bounds = new.length + 0.01 * (new.length - before.length), new.length * 10
        length = lowest_of_cubic(before, new, bounds)
        before, new = new, evaluate(length)
    else:
        tried, bracket = most, [start, new]

    low, high = _lower_first(bracket)
    close_to_an_end = False
    while tried < most:
        ends = [point.length for point in bracket]
        shortest, longest = min(ends), max(ends)
        if (longest - shortest) * largest < SHORTEST:
            break
        length = lowest_of_cubic(*bracket, (shortest, longest))
        margin = 0.1 * (longest - shortest)
        if min(longest - length, length - shortest) >= margin:
            close_to_an_end = False
        elif close_to_an_end or length >= longest or length <= shortest:
            nearer_longest = abs(length - longest) < abs(length - shortest)
            length = longest - margin if nearer_longest else shortest + margin
            close_to_an_end = False
        else:
            close_to_an_end = True  # once is allowed; twice would go on for ever

        new = evaluate(length)
        tried += 1
        if too_high(new) or new.loss >= bracket[low].loss:
            bracket[high] = new
            low, high = _lower_first(bracket)
            continue
        done = flat(new)
        if not done and new.slope * (bracket[high].length - bracket[low].length) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = new
        if done:
            break
    return bracket[low], tried + 1


def _lower_first(bracket: list[Point]) -> tuple[int, int]:
    """Which end of the bracket has the lower loss, and which the higher."""
    return (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)


def lowest_of_cubic(a: Point, b: Point, bounds: tuple[Any, Any]) -> Any:
    """Where the cubic through two points, with their slopes, is lowest within bounds.

    The middle, if it has no minimum.

    See: Numerical Optimization, equation 3.59.
    """
    near, far = bounds
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.length - b.length)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (near + far) / 2.0
    d2 = square**0.5
    if a.length > b.length:
        a, b = b, a
    ratio = (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2)
    return min(max(b.length - (b.length - a.length) * ratio, near), far)
