"""Logic on truth values, and on the bits of integers."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import NonDifferentiable
from minitorch_ff.firefly.ops.elementwise import OfPair, OfPrimitive


class LogicalAnd(OfPrimitive, NonDifferentiable):
    """Whether both are nonzero."""


class LogicalOr(OfPrimitive, NonDifferentiable):
    """Whether one or both are nonzero."""


class LogicalXor(OfPrimitive, NonDifferentiable):
    """Whether exactly one is nonzero."""


class LogicalNot(OfPrimitive, NonDifferentiable):
    """Whether it is zero."""


class Bitwise(OfPair, NonDifferentiable):
    """An operation on the bits of two, in the dtype they meet in."""


class BitwiseAnd(Bitwise):
    """The bits that both have."""


class BitwiseOr(Bitwise):
    """The bits that one or both have."""


class BitwiseXor(Bitwise):
    """The bits that exactly one has."""


class BitwiseNot(OfPrimitive, NonDifferentiable):
    """The bits that it lacks."""

    refuses = "fcV"

    def forward(self, xp, x):
        self.check(x)
        return xp.bitwise_not(x)


class BitwiseLeftShift(Bitwise):
    """The bits of `a` moved up by `b`; what leaves the type is lost."""

    primitive = "left_shift"
    kernel = "lshift_cpu"
    refuses = "bfcV"


class BitwiseRightShift(Bitwise):
    """The bits of `a` moved down by `b`; the sign stays."""

    primitive = "right_shift"
    kernel = "rshift_cpu"
    refuses = "bfcV"
