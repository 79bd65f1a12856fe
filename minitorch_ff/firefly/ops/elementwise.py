"""What operators share that are one primitive, most of them on each element by itself."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import HALVES, Operator, function_name, not_implemented


class OfPrimitive(Operator):
    """What the primitive of the operator's own name gives: `BitwiseAnd` is `xp.bitwise_and`."""

    primitive = ""
    """That name; a subclass may give another."""

    refuses = ""
    """Dtypes that it does not have, by the letters of their kinds."""

    def __init_subclass__(cls):
        super().__init_subclass__()
        cls.primitive = vars(cls).get("primitive") or function_name(cls)

    def forward(self, xp, *operands, **settings):
        return getattr(xp, self.primitive)(*operands, **settings)

    def check(self, x):
        """Refuse dtypes that the operator does not have.

        Raises:
            NotImplementedError: In the words of PyTorch's kernel.
        """
        if x.dtype.kind in self.refuses:
            raise not_implemented(self.kernel or f"{function_name(type(self))}_cpu", x.dtype)


def at_once(xp, function, *operands):
    """`function(xp, *operands)`, whose result alone is rounded where steps are."""
    at_once = getattr(xp, "at_once", None)  # of `half_precision.Steps`
    return function(xp, *operands) if at_once is None else at_once(function, *operands)


class OfPair(OfPrimitive):
    """The same of two operands, in the dtype they meet in."""

    promotes = True

    def forward(self, xp, a, b):
        if self.refuses:
            self.check(a)
        return getattr(xp, self.primitive)(a, b)


class OfOne(OfPrimitive):
    """A function of one input; a subclass gives its gradient by `chain`.

    Its `value` is the primitive of its name, or is given too. Settings of the call are
    attributes: `self.slope`.
    """

    fresh = fits = widens = True

    saves = "x"
    """What `chain` is told: the input `"x"`, the result `"y"`, or both, `"xy"`."""

    def forward(self, xp, x, **settings):
        if settings:
            self.__dict__.update(settings)
        y = self.value(xp, x)
        saves = self.saves
        self.saved = (x,) if saves == "x" else (y,) if saves == "y" else (x, y)
        return y

    def backward(self, xp, grad):
        return (self.chain(xp, grad, *self.saved_tensors),)

    def value(self, xp, x):
        """The function itself."""
        return getattr(xp, self.primitive)(x)

    def chain(self, xp, grad, saved):
        """`grad` times the derivative: the chain rule."""
        raise NotImplementedError


class Elementwise(OfOne):
    """A function of each element by itself."""

    floats = True
    rounds = HALVES


class Pairwise(OfPrimitive):
    """One function of two operands; a subclass gives both gradients by `chain`."""

    promotes = fresh = widens = True
    rounds = HALVES

    def forward(self, xp, a, b):
        if self.refuses:
            self.check(a)
        self.saved = (a, b)
        return self.value(xp, a, b)

    def backward(self, xp, grad):
        return self.chain(xp, grad, *self.saved_tensors)

    def value(self, xp, a, b):
        """The function of each pair."""
        return getattr(xp, self.primitive)(a, b)

    def chain(self, xp, grad, a, b):
        """`grad` times the derivatives by `a` and by `b`."""
        raise NotImplementedError
