"""Logic on truth values, and on the bits of integers."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import NonDifferentiable, not_implemented


class LogicalAnd(NonDifferentiable):
    """Whether both are nonzero."""

    def forward(self, xp, a, b):
        return xp.logical_and(a, b)


class LogicalOr(NonDifferentiable):
    """Whether one or both are nonzero."""

    def forward(self, xp, a, b):
        return xp.logical_or(a, b)


class LogicalXor(NonDifferentiable):
    """Whether exactly one is nonzero."""

    def forward(self, xp, a, b):
        return xp.logical_xor(a, b)


class LogicalNot(NonDifferentiable):
    """Whether it is zero."""

    def forward(self, xp, x):
        return xp.logical_not(x)


class Bitwise(NonDifferentiable):
    """An operation on the bits of two, in the dtype they meet in."""

    promotes = True


class BitwiseAnd(Bitwise):
    """The bits that both have."""

    def forward(self, xp, a, b):
        return xp.bitwise_and(a, b)


class BitwiseOr(Bitwise):
    """The bits that one or both have."""

    def forward(self, xp, a, b):
        return xp.bitwise_or(a, b)


class BitwiseXor(Bitwise):
    """The bits that exactly one has."""

    def forward(self, xp, a, b):
        return xp.bitwise_xor(a, b)


class BitwiseNot(NonDifferentiable):
    """The bits that it lacks."""

    def forward(self, xp, x):
        if x.dtype.kind not in "iub":
            raise not_implemented("bitwise_not_cpu", x.dtype)
        return xp.bitwise_not(x)


class BitwiseLeftShift(Bitwise):
    """The bits of `a` moved up by `b`; what leaves the type is lost."""

    kernel = "lshift_cpu"

    def forward(self, xp, a, b):
        if a.dtype.kind not in "iu":
            raise not_implemented(self.kernel, a.dtype)
        return xp.left_shift(a, b)


class BitwiseRightShift(Bitwise):
    """The bits of `a` moved down by `b`; the sign stays."""

    kernel = "rshift_cpu"

    def forward(self, xp, a, b):
        if a.dtype.kind not in "iu":
            raise not_implemented(self.kernel, a.dtype)
        return xp.right_shift(a, b)
