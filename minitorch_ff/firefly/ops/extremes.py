"""The larger and the smaller of two, and values held between bounds."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator, not_implemented
from minitorch_ff.firefly.ops.elementwise import OfOne, Pairwise


class Maximum(Pairwise):
    """The larger of two; not-a-number wins. Equals share the gradient."""

    def chain(self, xp, grad, a, b):
        shared = xp.where(xp.eq(a, b), xp.scale(grad, 0.5), grad)
        a_loses, b_loses = self.losses(xp, a, b)
        return (
            xp.where_true(shared, xp.logical_not(a_loses)),
            xp.where_true(shared, xp.logical_not(b_loses)),
        )

    def losses(self, xp, a, b):
        """Where `a` is not chosen, where `b` is not."""
        return xp.lt(a, b), xp.gt(a, b)


class Minimum(Maximum):
    """The smaller of two; not-a-number wins. Equals share the gradient."""

    def losses(self, xp, a, b):
        return xp.gt(a, b), xp.lt(a, b)


class Fmax(Pairwise):
    """The larger of two; not-a-number loses. Of equals, `a` gets the gradient."""

    def chain(self, xp, grad, a, b):
        mask = xp.logical_or(self.wins(xp, a, b), xp.isnan(b))
        return xp.where_true(grad, mask), xp.where_true(grad, xp.logical_not(mask))

    def wins(self, xp, a, b):
        """Where `a` is chosen, or equal."""
        return xp.ge(a, b)


class Fmin(Fmax):
    """The smaller of two; not-a-number loses. Of equals, `a` gets the gradient."""

    def wins(self, xp, a, b):
        return xp.le(a, b)


class Clamp(OfOne):
    """`x` held between two numbers, bounds included; the gradient passes between them."""

    widens = False  # so that the bounds are rounded as `x` is

    def value(self, xp, x):
        return xp.clip(x, self.low, self.high)

    def chain(self, xp, grad, x):
        mask = None
        if self.low is not None:
            mask = xp.ge(x, xp.constant_like(self.low, x))
        if self.high is not None:
            below = xp.le(x, xp.constant_like(self.high, x))
            mask = below if mask is None else xp.logical_and(mask, below)
        return xp.where_true(grad, mask)


class ClampTensor(Operator):
    """`x` held between two tensors, either of which may be absent."""

    fresh = True

    def forward(self, xp, x, low, high, *, called, variant):
        self.called, self.variant = called, variant
        if x.dtype.kind == "b" and low is not None is not high:
            raise not_implemented("clamp_cpu", x.dtype)
        self.save_for_backward(x, low, high)
        y = x if low is None else xp.maximum(x, low)
        return y if high is None else xp.minimum(y, high)

    def backward(self, xp, grad):
        x, low, high = self.saved_tensors
        if high is None:
            return (xp.where_true(grad, xp.ge(x, low)), xp.where_true(grad, xp.lt(x, low)), None)
        if low is None:
            return (xp.where_true(grad, xp.le(x, high)), None, xp.where_true(grad, xp.gt(x, high)))
        inside = xp.logical_and(xp.ge(x, low), xp.le(x, high))
        at_low = xp.logical_and(xp.lt(x, low), xp.lt(low, high))
        at_high = xp.logical_or(xp.gt(x, high), xp.lt(high, low))
        return tuple([xp.where_true(grad, mask) for mask in (inside, at_low, at_high)])


class NanToNum(OfOne):
    """Numbers in the place of not-a-number and infinities; no gradient there."""

    widens = False  # the limits are those of `x`

    def value(self, xp, x):
        return xp.nan_to_num(x, self.nan, self.above, self.below)

    def chain(self, xp, grad, x):
        return xp.where_true(grad, xp.isfinite(x))


class Nextafter(Pairwise):
    """The next number after `a` on the way to `b`."""

    widens = False
    refuses = "iub"

    def chain(self, xp, grad, a, b):
        return xp.where_true(grad, xp.ne(a, b)), xp.zeros_like(grad)
