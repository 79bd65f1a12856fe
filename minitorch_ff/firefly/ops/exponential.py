"""Exponentials and logarithms."""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import HALVES, Operator
from minitorch_ff.firefly.ops.elementwise import Elementwise, Pairwise

LN_2, LN_10 = math.log(2), math.log(10)


class Exp(Operator):
    """`eˣ`; the gradient is `g y`."""

    floats = fresh = widens = True

    def forward(self, xp, x):
        y = xp.exp(x)
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.mul(grad, y),)


class Exp2(Elementwise):
    """`2ˣ`; the gradient is `g y ln 2`."""

    saves = "y"

    def chain(self, xp, grad, y):
        return xp.scale(xp.mul(grad, y), LN_2)


class Expm1(Elementwise):
    """`eˣ - 1`, exact near 0; the gradient is `g (y + 1)`."""

    saves = "y"

    def chain(self, xp, grad, y):
        return xp.mul(grad, xp.shift(y, 1))


class Log(Elementwise):
    """The natural logarithm; the gradient is `g / x`."""

    def chain(self, xp, grad, x):
        return xp.div(grad, x)


class Log2(Elementwise):
    """The logarithm to base 2; the gradient is `g / (x ln 2)`."""

    log_of_base = LN_2

    def chain(self, xp, grad, x):
        return xp.div(grad, xp.scale(x, self.log_of_base))


class Log10(Log2):
    """The logarithm to base 10; the gradient is `g / (x ln 10)`."""

    log_of_base = LN_10


class Log1p(Elementwise):
    """`ln(1 + x)`, exact near 0; the gradient is `g / (1 + x)`."""

    called = "Log1P"

    def chain(self, xp, grad, x):
        return xp.div(grad, xp.shift(x, 1))


class Logaddexp(Pairwise):
    """`ln(eᵃ + eᵇ)`; the gradient is `g σ(a - b)` and `g σ(b - a)`."""

    refuses = "iub"

    def chain(self, xp, grad, a, b):
        return xp.mul(grad, self.share(xp, a, b)), xp.mul(grad, self.share(xp, b, a))

    def share(self, xp, a, b):
        """How much of a change of `a` shows in the result."""
        return xp.sigmoid(xp.sub(a, b))


class Logaddexp2(Logaddexp):
    """`log₂(2ᵃ + 2ᵇ)`; the gradient is `g σ((a - b) ln 2)` and `g σ((b - a) ln 2)`."""

    def share(self, xp, a, b):
        return xp.sigmoid(xp.scale(xp.sub(a, b), LN_2))


class Logit(Elementwise):
    """`ln(x / (1 - x))`; the gradient is `g / (x (1 - x))`, inside the bounds.

    With `eps`, `x` is first held between `eps` and `1 - eps`.
    """

    rounds, rounds_forward = (), HALVES

    def value(self, xp, x):
        if self.eps is not None:
            x = xp.clip(x, self.eps, 1 - self.eps)
        return xp.log(xp.div(x, xp.sub(xp.constant(1, x.dtype), x)))

    def chain(self, xp, grad, x):
        low = self.eps or 0
        inside = xp.logical_and(
            xp.ge(x, xp.constant_like(low, x)), xp.le(x, xp.constant_like(1 - low, x))
        )
        slope = xp.mul(x, xp.sub(xp.constant_like(1, x), x))
        outside = xp.constant_like(math.nan if self.eps is None else 0, x)
        return xp.where(inside, xp.div(grad, slope), outside)


class Xlogy(Pairwise):
    """`x ln y`, and 0 where `x` is 0; the gradient is `g ln y` and `g x / y`."""

    floats = True
    log_of = staticmethod(lambda xp, y: xp.log(y))
    inside = staticmethod(lambda xp, y: y)
    limit = 0

    def value(self, xp, x, y):
        nonzero = xp.logical_or(xp.ne(x, xp.constant(0, x.dtype)), xp.isnan(y))
        return xp.where_true(xp.mul(x, self.log_of(xp, y)), nonzero)

    def chain(self, xp, grad, x, y):
        flat = xp.logical_and(
            xp.eq(x, xp.constant_like(0, x)), xp.le(y, xp.constant_like(self.limit, y))
        )
        to_x = xp.where_true(xp.mul(grad, self.log_of(xp, y)), xp.logical_not(flat))
        return to_x, xp.div(xp.mul(grad, x), self.inside(xp, y))


class Xlog1py(Xlogy):
    """`x ln(1 + y)`, and 0 where `x` is 0.

    The gradient is `g ln(1 + y)` and `g x / (1 + y)`.
    """

    log_of = staticmethod(lambda xp, y: xp.log1p(y))
    inside = staticmethod(lambda xp, y: xp.shift(y, 1))
    limit = -1
    called = "SpecialXlog1Py"
