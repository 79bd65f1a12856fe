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

    def flat_enough(point: Point) -> bool:
        return bool(abs(point.slope) <= -FLATNESS * start.slope)

    before, new = start, evaluate(length)
    tried = 0
    bracket = [start, new]
    found = False
    while tried < most:
        if too_high(new) or (tried > 1 and new.loss >= before.loss) or new.slope >= 0:
            found = flat_enough(new) and not too_high(new) and not (
                tried > 1 and new.loss >= before.loss
            )
            bracket = [new] if found else [before, new]
            break
        if flat_enough(new):
            bracket, found = [new], True
            break
        step = new.length - before.length
        length = lowest_of_cubic(
            before, new, (new.length + 0.01 * step, new.length * 10)
        )
        before, new = new, evaluate(length)
        bracket = [start, new]
        tried += 1
    return (bracket[0], tried + 1) if found else zoom(
        evaluate, too_high, flat_enough, bracket, tried, most, largest
    )
