"""Sums, products, powers, roots, and the larger and smaller of two."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import NonDifferentiable, Operator


class Add(Operator):
    """`a + b`, with broadcasting."""

    __slots__ = ()
    promotes = True

    def forward(self, xp, a, b):
        return xp.add(a, b)

    def backward(self, xp, grad):
        return grad, grad


class Sub(Operator):
    """`a - b`, with broadcasting."""

    __slots__ = ()
    promotes = True

    def forward(self, xp, a, b):
        return xp.sub(a, b)

    def backward(self, xp, grad):
        return grad, None if self.edges[1] is None else xp.neg(grad)


class Mul(Operator):
    """`a * b`, with broadcasting."""

    __slots__ = ()
    promotes = fresh = True

    def forward(self, xp, a, b):
        self.save_for_each_other(a, b)
        return xp.mul(a, b)

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        return (
            None if b is None else xp.mul(grad, b),
            None if a is None else xp.mul(grad, a),
        )


class Div(Operator):
    """`a / b`; the gradient is `g / b` and `-g a / b²`."""

    __slots__ = ()
    promotes = floats = fresh = True

    def forward(self, xp, a, b):
        self.save_for_backward(None if self.edges[1] is None else a, b)
        return xp.div(a, b)

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        first = xp.div(grad, b)
        return first, None if a is None else xp.neg(xp.mul(first, xp.div(a, b)))


class DivFloor(Operator):
    """`a / b` rounded down: its gradient is zero."""

    __slots__ = ()
    promotes = fresh = True

    def forward(self, xp, a, b):
        return xp.floor_divide(a, b)

    def backward(self, xp, grad):
        return xp.scale(grad, 0), xp.scale(grad, 0)

    def name(self):
        return "DivBackward1"


class DivTrunc(DivFloor):
    """`a / b` rounded towards zero: its gradient is zero."""

    __slots__ = ()

    def forward(self, xp, a, b):
        return xp.trunc_divide(a, b)


class FloorDivide(NonDifferentiable):
    """`a / b` rounded down."""

    __slots__ = ()
    promotes = True

    def forward(self, xp, a, b):
        return xp.floor_divide(a, b)


class Remainder(Operator):
    """What is left of `a` after `⌊a / b⌋` times `b`; it has the sign of `b`."""

    __slots__ = ()
    promotes = True

    def forward(self, xp, a, b):
        self.save_for_backward(*((None, None) if self.edges[1] is None else (a, b)))
        return xp.remainder(a, b)

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        if b is None:
            return grad, None
        quotient = xp.floor_divide(a, b)
        return grad, xp.neg(xp.mul(grad, quotient))


class Fmod(Operator):
    """What is left of `a` after a whole number of `b`; it has the sign of `a`."""

    __slots__ = ()
    promotes = True

    def forward(self, xp, a, b):
        self.save_for_backward(*((None, None) if self.edges[1] is None else (a, b)))
        return xp.fmod(a, b)

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        if b is None:
            return grad, None
        quotient = xp.trunc_divide(a, b)
        return grad, xp.neg(xp.mul(grad, quotient))


class Neg(Operator):
    """`-x`."""

    __slots__ = ()
    fresh = True

    def forward(self, xp, x):
        return xp.neg(x)

    def backward(self, xp, grad):
        return (xp.neg(grad),)


class Scale(Operator):
    """`x` times a Python number."""

    fresh = True

    def forward(self, xp, x, *, factor):
        self.factor = factor
        return xp.scale(x, factor)

    def backward(self, xp, grad):
        return (xp.scale(grad, self.factor),)

    def name(self):
        return "MulBackward0"


class Shift(Operator):
    """`x` plus a Python number."""

    __slots__ = ()

    def forward(self, xp, x, *, amount):
        return xp.shift(x, amount)

    def backward(self, xp, grad):
        return (grad,)

    def name(self):
        return "AddBackward0"


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
            return (xp.scale(grad, 0),)
        if n == 1:
            return (xp.copy(grad),)
        slope = xp.scale(x if n == 2 else xp.pow(x, n - 1), n)
        return (xp.mul(grad, slope),)


class PowTensor(Operator):
    """`a` to the power `b`; the gradient is `b aᵇ⁻¹ g` and `aᵇ ln(a) g`."""

    __slots__ = ()
    promotes = fresh = True

    def forward(self, xp, a, b):
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
            # 0 to a power that is not negative has the slope 0, though its logarithm is -inf.
            zero = xp.constant_like(0, a)
            flat = xp.logical_and(xp.eq(a, zero), xp.ge(b, xp.constant_like(0, b)))
            slope = xp.where_true(xp.mul(y, xp.log(a)), xp.logical_not(flat))
            to_b = xp.mul(grad, slope)
        return to_a, to_b

    def name(self):
        return "PowBackward1"


class Reciprocal(Operator):
    """`1 / x`; the gradient is `-g y²`."""

    __slots__ = ()
    fresh = True

    def forward(self, xp, x):
        y = xp.reciprocal(x)
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.neg(xp.mul(grad, xp.mul(y, y))),)


class Sqrt(Operator):
    """The square root; the gradient is `g / 2y`."""

    __slots__ = ()
    fresh = True

    def forward(self, xp, x):
        y = xp.sqrt(x)
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.div(grad, xp.scale(y, 2)),)


class Rsqrt(Operator):
    """One over the square root; the gradient is `-g y³ / 2`."""

    __slots__ = ()
    fresh = True

    def forward(self, xp, x):
        y = xp.reciprocal(xp.sqrt(x))
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.mul(grad, xp.scale(xp.pow(y, 3), -0.5)),)


class Abs(Operator):
    """The distance from zero; the gradient is `g sign(x)`."""

    __slots__ = ()
    fresh = True

    def forward(self, xp, x):
        self.save_for_backward(x)
        return xp.abs(x)

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        return (xp.mul(grad, xp.sign(x)),)


class Extreme(Operator):
    """The larger or smaller of two; where they are equal, each gets half the gradient."""

    __slots__ = ()
    promotes = fresh = True

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        weight_a, weight_b = self.weights(xp, a, b)
        half = xp.scale(xp.where_true(grad, xp.eq(a, b)), 0.5)
        return (
            xp.add(xp.where_true(grad, weight_a), half),
            xp.add(xp.where_true(grad, weight_b), half),
        )


class Maximum(Extreme):
    """The larger of two; not-a-number wins."""

    __slots__ = ()

    def forward(self, xp, a, b):
        self.save_for_backward(a, b)
        return xp.maximum(a, b)

    def weights(self, xp, a, b):
        """Where `a` is the larger, where `b` is."""
        return xp.gt(a, b), xp.lt(a, b)


class Minimum(Extreme):
    """The smaller of two; not-a-number wins."""

    __slots__ = ()

    def forward(self, xp, a, b):
        self.save_for_backward(a, b)
        return xp.minimum(a, b)

    def weights(self, xp, a, b):
        """Where `a` is the smaller, where `b` is."""
        return xp.lt(a, b), xp.gt(a, b)
