"""Signs: taken away, taken over, or by themselves."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import NonDifferentiable, Operator, Stepwise, Underivable
from minitorch_ff.firefly.ops.elementwise import OfOne


class Abs(OfOne):
    """The distance from zero; the gradient is `g sign(x)`."""

    refuses = "b"

    def value(self, xp, x):
        self.check(x)
        return xp.abs(x)

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.sign(x))


class Sign(Stepwise):
    """-1, 0 or 1; 0 for not-a-number."""

    def forward(self, xp, x):
        return xp.copy(x) if x.dtype.kind == "b" else xp.sign(x)


class Sgn(Sign):
    """-1, 0 or 1, as `Sign`."""


class Copysign(Operator):
    """`a` with the sign of `b`; the gradient is `g`, or `-g` where the sign changed."""

    promotes = floats = fresh = True

    def forward(self, xp, a, b):
        y = xp.copysign(a, b)
        self.save_for_backward(a, y)
        return y

    def backward(self, xp, grad):
        a, y = self.saved_tensors
        slope = xp.where_true(xp.div(y, a), xp.ne(a, xp.constant_like(0, a)))
        return xp.mul(grad, slope), xp.zeros_like(grad)


class Signbit(NonDifferentiable):
    """Whether the sign is minus, that of zero and not-a-number included."""

    def forward(self, xp, x):
        return xp.signbit(x) if x.dtype.kind in "fV" else xp.lt(x, xp.constant(0, x.dtype))


class Heaviside(Underivable):
    """0 below zero, 1 above, and `value` at zero."""

    def forward(self, xp, x, value):
        zero = xp.constant(0, x.dtype)
        return xp.where(xp.eq(x, zero), value, xp.cast(xp.gt(x, zero), x.dtype))
