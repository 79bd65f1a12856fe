"""Numbers without (or with fewer, or with only their) decimals."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import SeveralOutputs, Stepwise, refuse
from minitorch_ff.firefly.ops.elementwise import OfPrimitive
from minitorch_ff.firefly.ops.linear_maps import HandsOn


class Floor(OfPrimitive, Stepwise):
    """The largest whole number that is not larger; integers are whole already."""

    def forward(self, xp, x):
        refuse(x, "b", f"{self.primitive}_vml_cpu")
        return xp.copy(x) if x.dtype.kind in "iu" else getattr(xp, self.primitive)(x)


class Ceil(Floor):
    """The smallest whole number that is not smaller."""


class Trunc(Floor):
    """The next whole number towards zero."""


class Round(Floor):
    """The nearest whole number; a half goes to the even one."""


class RoundDecimals(Stepwise):
    """Numbers rounded to so many decimals; if negative, to tens, to hundreds."""

    called = "Round"
    variant = 1

    def forward(self, xp, x, *, decimals):
        refuse(x, "iub", "round_cpu")
        if decimals == 0:
            return xp.round(x)
        unit = xp.constant(10.0 ** abs(decimals), x.dtype)
        if decimals > 0:
            return xp.div(xp.round(xp.mul(x, unit)), unit)
        return xp.mul(xp.round(xp.div(x, unit)), unit)


class Frac(HandsOn):
    """What lies behind the decimal point, with the sign of `x`; the gradient is `g`."""

    def forward(self, xp, x):
        refuse(x, "iub", "frac_cpu")
        return xp.sub(x, xp.trunc(x))


class Frexp(SeveralOutputs):
    """A part in [0.5, 1) and a power of two; the part's gradient is `g / 2ⁿ`."""

    differentiable_outputs = (0,)

    def forward(self, xp, x):
        part, exponent = xp.frexp(x)
        self.power = xp.exp2(xp.cast(exponent, x.dtype))
        return part, exponent

    def backward(self, xp, grads):
        return (xp.div(grads[0], self.power),)
