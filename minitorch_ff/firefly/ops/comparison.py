"""Comparisons of two, and questions about one: results are booleans."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import NonDifferentiable, Stepwise
from minitorch_ff.firefly.ops.elementwise import OfPair, OfPrimitive


class Comparison(OfPair, NonDifferentiable):
    """A question about two, in the dtype they meet in."""


class Eq(Comparison):
    """Whether `a` equals `b`."""


class Ne(Comparison):
    """Whether `a` differs from `b`."""


class Lt(Comparison):
    """Whether `a` is below `b`."""


class Le(Comparison):
    """Whether `a` is not above `b`."""


class Gt(Comparison):
    """Whether `a` is above `b`."""


class Ge(Comparison):
    """Whether `a` is not below `b`."""


class Compared(Stepwise):
    """The truth of a comparison as a number of some dtype: for `eq_` and its like."""

    promotes = True

    def forward(self, xp, a, b, *, sign, dtype):
        self.called = sign.capitalize()
        return xp.cast(getattr(xp, sign)(a, b), dtype)


class Isnan(NonDifferentiable):
    """Whether `x` is not a number."""

    def forward(self, xp, x):
        return xp.ne(x, x)


class Isinf(OfPrimitive, NonDifferentiable):
    """Whether `x` is infinite, above or below."""


class Isfinite(OfPrimitive, NonDifferentiable):
    """Whether `x` is neither infinite nor not-a-number."""


class Isclose(NonDifferentiable):
    """Whether `a` is within `atol + rtol |b|` of `b`, or both are the same infinity."""

    def forward(self, xp, a, b, *, rtol, atol, equal_nan):
        close = xp.eq(a, b)
        if equal_nan:
            close = xp.logical_or(close, xp.logical_and(xp.ne(a, a), xp.ne(b, b)))
        if rtol == 0 and atol == 0:
            return close
        distance = xp.abs(xp.sub(a, b))
        allowed = xp.shift(xp.abs(xp.scale(b, rtol)), atol)
        near = xp.logical_and(xp.isfinite(distance), xp.le(distance, allowed))
        return xp.logical_or(close, near)


class Isreal(NonDifferentiable):
    """Whether `x` has no imaginary part."""

    def forward(self, xp, x):
        return xp.eq(x.imag, 0) if x.dtype.kind == "c" else xp.ones(x.shape, bool)
