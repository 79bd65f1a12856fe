"""The parts of complex numbers, and their mirror images."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator, Stepwise
from minitorch_ff.firefly.ops.linear_maps import HandsOn, OwnGradient


class Real(HandsOn):
    """The real part, in the same memory; the gradient is `g`, as a complex number."""

    def forward(self, xp, x):
        return x.real


class Imag(Operator):
    """The imaginary part, in the same memory; the gradient is `i g`."""

    def forward(self, xp, x):
        self.input_dtype = x.dtype
        return x.imag

    def backward(self, xp, grad):
        return (xp.scale(xp.cast(grad, self.input_dtype), 1j),)


class Conj(OwnGradient):
    """The complex conjugate, which is also what the rule does to the gradient."""


class Angle(Stepwise):
    """The angle of real numbers to the positive axis, in radians: 0 or π."""

    floats = True

    def forward(self, xp, x):
        zero = xp.constant(0, x.dtype)
        return xp.where(xp.eq(x, zero), xp.zeros_like(x), xp.atan2(zero, x))
