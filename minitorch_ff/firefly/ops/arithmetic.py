"""Sums, differences, products, quotients and remainders."""

from __future__ import annotations

from minitorch_ff.firefly import promotion
from minitorch_ff.firefly.ops.base import HALVES, NonDifferentiable, Operator, Stepwise, Underivable
from minitorch_ff.firefly.ops.elementwise import OfPair
from minitorch_ff.firefly.ops.linear_maps import HandsOn, OwnGradient

NO_BOOL_SUBTRACTION = (
    "Subtraction, the `-` operator, with two bool tensors is not supported. Use the "
    "`^` or `logical_xor()` operator instead."
)
NO_SUBTRACTION_WITH_BOOL = (
    "Subtraction, the `-` operator, with a bool tensor is not supported. If you are "
    "trying to invert a mask, use the `~` or `logical_not()` operator instead."
)
NO_BOOL_NEGATION = (
    "Negation, the `-` operator, on a bool tensor is not supported. If you are trying "
    "to invert a mask, use the `~` or `logical_not()` operator instead."
)


class Add(Operator):
    """`a + b`, with broadcasting."""

    promotes = takes_numbers = True

    def forward(self, xp, a, b):
        return xp.add(a, b)

    def backward(self, xp, grad):
        return grad, grad


class Sub(Operator):
    """`a - b`, with broadcasting; booleans are refused."""

    promotes = takes_numbers = True

    @staticmethod
    def number(value, like):
        if isinstance(value, bool):
            both = like.buffer.dtype.kind == "b"
            raise RuntimeError(NO_BOOL_SUBTRACTION if both else NO_SUBTRACTION_WITH_BOOL)
        return promotion.number(value, like)

    @staticmethod
    def promote(a, b, floats=False):
        kinds = a.dtype.kind + b.dtype.kind
        if "b" in kinds:
            raise RuntimeError(NO_BOOL_SUBTRACTION if kinds == "bb" else NO_SUBTRACTION_WITH_BOOL)
        return promotion.promoted(a, b, floats)

    def forward(self, xp, a, b):
        return xp.sub(a, b)

    def backward(self, xp, grad):
        return grad, None if self.edges[1] is None else xp.neg(grad)


class AddScaled(Operator):
    """`a + factor b`, for a number `factor`."""

    called = "Add"
    promotes = True

    def forward(self, xp, a, b, *, factor):
        self.factor = factor
        return xp.add_scaled(a, b, factor)

    def backward(self, xp, grad):
        return grad, None if self.edges[1] is None else xp.scale(grad, self.factor)


class SubScaled(AddScaled):
    """The same, of a `factor` whose sign was changed."""

    called = "Sub"


class Rsub(Sub):
    """`b - a`, with broadcasting."""

    def forward(self, xp, a, b):
        return xp.sub(b, a)

    def backward(self, xp, grad):
        return None if self.edges[0] is None else xp.neg(grad), grad


class RsubNumber(Rsub):
    """A number less `a`."""

    called = "Rsub"
    variant = 1


class Mul(Operator):
    """`a * b`, with broadcasting."""

    promotes = takes_numbers = fresh = True

    def forward(self, xp, a, b):
        self.save_for_each_other(a, b)
        return xp.mul(a, b)

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        return (None if b is None else xp.mul(grad, b), None if a is None else xp.mul(grad, a))


class Div(Operator):
    """`a / b`; the gradient is `g / b` and `-g a / b²`."""

    promotes = takes_numbers = floats = fresh = True

    def forward(self, xp, a, b):
        self.save_for_backward(None if self.edges[1] is None else a, b)
        return xp.div(a, b)

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        second = None if a is None else xp.neg(xp.mul(grad, xp.div(xp.div(a, b), b)))
        return xp.div(grad, b), second


class WholeDivision(OfPair):
    """Whole quotients, or what is left; booleans are refused, and integers divided by zero."""

    refuses = "b"

    def forward(self, xp, a, b):
        self.check(a)
        if a.dtype.kind in "iu" and not xp.all(b):
            raise RuntimeError("ZeroDivisionError")
        return getattr(xp, self.primitive)(a, b)


def floor_in_steps(xp, a, b):
    """`⌊a / b⌋` of half-precision numbers, by what is left over; each step is rounded."""
    zero, half = xp.constant(0, a.dtype), xp.constant(0.5, a.dtype)
    rest, ratio = xp.fmod(a, b), xp.div(a, b)
    quotient = xp.div(xp.sub(a, rest), b)
    signs_differ = xp.ne(xp.lt(b, zero), xp.lt(rest, zero))
    below = xp.logical_and(xp.ne(rest, zero), signs_differ)
    quotient = xp.where(below, xp.shift(quotient, -1), quotient)
    whole = xp.floor(quotient)
    whole = xp.where(xp.gt(xp.sub(quotient, whole), half), xp.shift(whole, 1), whole)
    whole = xp.where(xp.eq(quotient, zero), xp.copysign(zero, ratio), whole)
    return xp.where(xp.eq(b, zero), ratio, whole)


class WholeQuotient(WholeDivision):
    """Whole quotients: of half-precision numbers in steps, by a scalar in float32."""

    takes_numbers = True
    number = staticmethod(promotion.number_in_single)
    promote = staticmethod(promotion.promoted_to_single)

    def forward(self, xp, a, b):
        if not promotion.is_half(a):
            return super().forward(xp, a, b)
        if not b.ndim:
            wide = super().forward(xp, xp.cast(a, "float32"), xp.cast(b, "float32"))
            return xp.cast(wide, a.dtype)
        if self.primitive == "trunc_divide":
            return xp.trunc_divide(a, b)
        return floor_in_steps(xp, a, b)


class DivFloor(WholeQuotient, Stepwise):
    """`a / b` rounded down."""

    called = "Div"
    variant = 2
    primitive = "floor_divide"


class DivTrunc(DivFloor):
    """`a / b` rounded towards zero."""

    primitive = "trunc_divide"


class FloorDivide(WholeQuotient, Underivable):
    """`a / b` rounded down."""

    kernel = "div_floor_cpu"


class Remainder(WholeDivision):
    """What is left of `a` after `⌊a / b⌋` times `b`; it has the sign of `b`."""

    variant = 1
    quotient = "floor_divide"
    widens = True
    rounds = rounds_forward = HALVES

    def forward(self, xp, a, b):
        self.save_for_backward(*((None, None) if self.edges[1] is None else (a, b)))
        return super().forward(xp, a, b)

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        if b is None:
            return grad, None
        return grad, xp.neg(xp.mul(grad, getattr(xp, self.quotient)(a, b)))


class RemainderOfNumber(WholeDivision, Underivable):
    """What is left of a number."""

    aten = primitive = "remainder"
    kernel = "remainder_cpu"
    widens = True
    rounds_forward = HALVES


class Fmod(Remainder):
    """What is left of `a` after a whole number of `b`; it has the sign of `a`."""

    quotient = "trunc_divide"


class Neg(Operator):
    """`-x`."""

    fresh = True

    def forward(self, xp, x):
        if x.dtype.kind == "b":
            raise RuntimeError(NO_BOOL_NEGATION)
        return xp.neg(x)

    def backward(self, xp, grad):
        return (xp.neg(grad),)


class Scale(OwnGradient):
    """`x` times a Python number."""

    called = "Mul"


class Shift(HandsOn):
    """`x` plus a Python number."""

    called = "Add"


class Lerp(Operator):
    """`a + weight (b - a)`, for a number `weight`."""

    fresh = widens = True
    rounds = HALVES

    def forward(self, xp, a, b, *, weight):
        self.weight = weight
        # From the nearer end, so that the weights 0 and 1 give the ends exactly.
        if abs(weight) < 0.5:
            return xp.add(a, xp.scale(xp.sub(b, a), weight))
        return xp.sub(b, xp.scale(xp.sub(b, a), 1 - weight))

    def backward(self, xp, grad):
        return xp.scale(grad, 1 - self.weight), xp.scale(grad, self.weight)


class LerpTensor(Operator):
    """`a + weight (b - a)`, for a tensor `weight`, whose gradient is `g (b - a)`."""

    fresh = widens = True
    rounds = HALVES
    called = "Lerp"
    variant = 1

    def forward(self, xp, a, b, weight):
        self.save_for_backward(a, b, weight)
        span = xp.sub(b, a)
        rest = xp.sub(xp.constant(1, weight.dtype), weight)
        near = xp.lt(xp.abs(weight), xp.constant(0.5, weight.dtype))
        from_a = xp.add(a, xp.mul(span, weight))
        return xp.where(near, from_a, xp.sub(b, xp.mul(span, rest)))

    def backward(self, xp, grad):
        a, b, weight = self.saved_tensors
        rest = xp.sub(xp.constant_like(1, weight), weight)
        to_weight = None if self.edges[2] is None else xp.mul(grad, xp.sub(b, a))
        return xp.mul(grad, rest), xp.mul(grad, weight), to_weight


class Addcmul(Operator):
    """`x + value a b`, for a number `value`."""

    widens = True
    rounds = HALVES

    def forward(self, xp, x, a, b, *, value):
        self.value = value
        self.save_for_backward(a, b)
        return xp.add(x, xp.mul(xp.scale(a, value), b))

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        to_a, to_b = xp.mul(grad, xp.scale(b, self.value)), xp.mul(grad, xp.scale(a, self.value))
        return grad, to_a, to_b


class Addcdiv(Operator):
    """`x + value a / b`, for a number `value`."""

    widens = True
    rounds = HALVES

    def forward(self, xp, x, a, b, *, value, given):
        self.value, self.given = value, given
        self.save_for_backward(a, b)
        return xp.add(x, xp.div(xp.scale(a, value), b))

    def backward(self, xp, grad):
        a, b = self.saved_tensors
        to_a = xp.mul(grad, xp.div(xp.constant_like(self.value, b), b))
        scaled = xp.scale(xp.cast(a, self.given), self.value)  # rounded there, as in PyTorch
        slope = xp.div(xp.cast(scaled, self.dtype), xp.mul(b, b))
        return grad, to_a, xp.neg(xp.mul(grad, slope))


class Gcd(OfPair, NonDifferentiable):
    """The largest integer that divides both."""

    refuses = "b"


class Lcm(OfPair, NonDifferentiable):
    """The smallest positive integer that both divide."""

    refuses = "b"
