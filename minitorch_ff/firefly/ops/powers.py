"""Powers and roots."""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import HALVES, Operator, not_implemented, refuse
from minitorch_ff.firefly.ops.elementwise import Elementwise


class Pow(Operator):
    """`x` to a Python number; the gradient is `n xⁿ⁻¹ g`."""

    fresh = True

    def forward(self, xp, x, *, exponent):
        self.exponent = exponent
        self.save_for_backward(x)
        return xp.pow(x, exponent)

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        n = self.exponent
        if n == 0:
            return (xp.zeros_like(grad),)
        if n == 1:
            return (xp.copy(grad),)
        slope = xp.scale(x if n == 2 else xp.pow(x, n - 1), n)
        return (xp.mul(grad, slope),)


class PowTensor(Operator):
    """`a` to the power `b`; the gradient is `b aᵇ⁻¹ g` and `aᵇ ln(a) g`."""

    promotes = fresh = widens = True
    rounds = HALVES
    called = "Pow"
    variant = 1
    kernel = "pow"

    def forward(self, xp, a, b):
        if a.dtype.kind in "iub":
            if a.dtype.kind == "b":
                raise not_implemented("pow", a.dtype)
            return xp.integer_power(a, b)
        y = xp.power(a, b)
        self.save_for_backward(a, b, None if self.edges[1] is None else y)
        return y

    def backward(self, xp, grad):
        a, b, y = self.saved_tensors
        to_a = to_b = None
        if self.edges[0] is not None:
            slope = xp.mul(b, xp.power(a, xp.shift(b, -1)))
            to_a = xp.mul(grad, xp.where_true(slope, xp.ne(b, xp.constant_like(0, b))))
        if y is not None:
            # 0 to a power from 0 on has the slope 0, though its logarithm is -inf.
            zero = xp.constant_like(0, a)
            flat = xp.logical_and(xp.eq(a, zero), xp.ge(b, xp.constant_like(0, b)))
            slope = xp.where_true(xp.mul(y, xp.log(a)), xp.logical_not(flat))
            to_b = xp.mul(grad, slope)
        return to_a, to_b


class Reciprocal(Elementwise):
    """`1 / x`; the gradient is `-g y²`."""

    saves = "y"

    def chain(self, xp, grad, y):
        return xp.neg(xp.mul(grad, xp.mul(y, y)))


class Sqrt(Elementwise):
    """The square root; the gradient is `g / 2y`."""

    saves = "y"

    def chain(self, xp, grad, y):
        return xp.div(grad, xp.scale(y, 2))


class Rsqrt(Elementwise):
    """One over the square root; the gradient is `-g y³ / 2`."""

    rounds_forward = HALVES
    saves = "y"

    def chain(self, xp, grad, y):
        return xp.mul(xp.scale(grad, -0.5), xp.pow(y, 3))


class Hypot(Operator):
    """The long side `y` of a right triangle; the gradient is `g a / y`, `g b / y`."""

    promotes = fresh = True

    def forward(self, xp, a, b):
        refuse(a, "iub", "hypot_cpu")
        y = xp.hypot(a, b)
        self.save_for_backward(a, b, y)
        return y

    def backward(self, xp, grad):
        a, b, y = self.saved_tensors
        return xp.mul(grad, xp.div(a, y)), xp.mul(grad, xp.div(b, y))


class Ldexp(Operator):
    """`a 2ᵇ`; the gradient is `g 2ᵇ` and `g y ln 2`."""

    promotes = floats = fresh = True

    def forward(self, xp, a, b):
        y = xp.mul(a, xp.exp2(b))
        self.save_for_backward(b, None if self.edges[1] is None else y)
        return y

    def backward(self, xp, grad):
        b, y = self.saved_tensors
        to_b = None if y is None else xp.mul(grad, xp.scale(y, math.log(2)))
        return xp.mul(grad, xp.exp2(b)), to_b
