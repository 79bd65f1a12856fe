"""Activation functions, and the softmax family.

Where a function is put together from pieces, `xp.where` chooses by a mask of booleans; the
mask is constant under small changes, so gradients pass through the chosen piece only.
"""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import HALVES, Operator
from minitorch_ff.firefly.ops.elementwise import OfOne, Pairwise, at_once


class Relu(Operator):
    """`x` where it is positive, zero elsewhere."""

    fresh = fits = True

    def forward(self, xp, x):
        if x.dtype.kind == "b":
            raise RuntimeError("Boolean inputs not supported for relu")
        y = xp.positive_part(x)
        self.saved = (y,)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.where_nonzero(grad, y),)


def positive(xp, x):
    """Where `x` is above zero."""
    return xp.gt(x, xp.constant_like(0, x))


class LeakyRelu(OfOne):
    """`x` where it is positive, `slope x` elsewhere."""

    def value(self, xp, x):
        return xp.where(positive(xp, x), x, xp.scale(x, self.slope))

    def chain(self, xp, grad, x):
        return xp.where(positive(xp, x), grad, xp.scale(grad, self.slope))


class PRelu(Pairwise):
    """`x` where it is positive, `w x` elsewhere; `w` is learned."""

    promotes = False
    called = "PreluKernel"

    def value(self, xp, x, weight):
        return xp.where(positive(xp, x), x, xp.mul(weight, x))

    def chain(self, xp, grad, x, weight):
        above = positive(xp, x)
        to_weight = xp.where_true(xp.mul(grad, x), xp.logical_not(above))
        return xp.where(above, grad, xp.mul(grad, weight)), to_weight


class Elu(OfOne):
    """`scale x` where it is positive, `scale alpha (e^(rate x) - 1)` elsewhere."""

    scale = rate = 1.0

    def value(self, xp, x):
        below = xp.scale(xp.expm1(xp.scale(x, self.rate)), self.alpha * self.scale)
        return xp.where(positive(xp, x), xp.scale(x, self.scale), below)

    def chain(self, xp, grad, x):
        above = xp.logical_not(xp.le(x, xp.constant_like(0, x)))  # not-a-number is above
        slope = xp.scale(xp.exp(xp.scale(x, self.rate)), self.alpha * self.scale * self.rate)
        below = xp.mul(grad, xp.where_true(slope, xp.logical_not(above)))
        return xp.where(above, xp.scale(grad, self.scale), below)


class Hardtanh(OfOne):
    """`x` held between two numbers; the gradient passes strictly between them."""

    widens = False  # so that the bounds are rounded as `x` is

    def value(self, xp, x):
        return xp.clip(x, self.low, self.high)

    def chain(self, xp, grad, x):
        return xp.where_true(grad, between(xp, x, self.low, self.high))


def between(xp, x, low, high):
    """Where `x` is strictly between two numbers."""
    above = xp.gt(x, xp.constant_like(low, x))
    return xp.logical_and(above, xp.lt(x, xp.constant_like(high, x)))


class Threshold(OfOne):
    """`x` where it is above a threshold, a fixed value elsewhere."""

    widens = False  # so that the threshold is rounded as `x` is

    def value(self, xp, x):
        return xp.where(self.below(xp, x), xp.constant_like(self.replacement, x), x)

    def chain(self, xp, grad, x):
        return xp.where_true(grad, xp.logical_not(self.below(xp, x)))

    def below(self, xp, x):
        """Where `x` is not above the threshold; not-a-number is not below it, and stays."""
        return xp.le(x, xp.constant_like(self.threshold, x))


class Sigmoid(Operator):
    """`1 / (1 + e⁻ˣ)`; the gradient is `g (1 - y) y`."""

    floats = fresh = fits = widens = True
    rounds = HALVES[:1]

    def forward(self, xp, x):
        y = xp.sigmoid(x)
        self.saved = (y,)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.mul(xp.mul(grad, xp.sub(xp.constant_like(1, y), y)), y),)


class Glu(Pairwise):
    """`a σ(b)`; the gradient is `g σ` and `g a σ (1 - σ)`."""

    refuses = "biuc"

    def value(self, xp, a, b):
        return xp.mul(a, xp.sigmoid(b))

    def chain(self, xp, grad, a, b):
        gate = xp.sigmoid(b)
        return xp.mul(grad, gate), at_once(xp, self.to_gate, grad, a, gate)

    @staticmethod
    def to_gate(xp, grad, a, gate):
        """The gradient of `b`."""
        slope = xp.mul(xp.sub(xp.constant_like(1, gate), gate), gate)
        return xp.mul(xp.mul(slope, grad), a)


class Tanh(Operator):
    """The hyperbolic tangent; the gradient is `g (1 - y²)`."""

    floats = fresh = fits = widens = True

    def forward(self, xp, x):
        y = xp.tanh(x)
        self.saved = (y,)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.mul(grad, xp.sub(xp.constant_like(1, y), xp.mul(y, y))),)


class LogSigmoid(OfOne):
    """The logarithm of the sigmoid, without overflow; the gradient is `g σ(-x)`."""

    def value(self, xp, x):
        correction = xp.log1p(xp.exp(xp.neg(xp.abs(x))))
        return xp.sub(xp.minimum(x, xp.constant_like(0, x)), correction)

    def chain(self, xp, grad, x):
        return xp.mul(grad, xp.sigmoid(xp.neg(x)))


class Softplus(OfOne):
    """`ln(1 + e^(beta x)) / beta`, a smooth `relu`; the gradient is `g σ(beta x)`.

    Above `threshold` it is taken to be `x`.
    """

    def value(self, xp, x):
        scaled = xp.scale(x, self.beta)
        smooth = xp.scale(xp.log1p(xp.exp(scaled)), 1 / self.beta)
        return xp.where(xp.gt(scaled, xp.constant_like(self.threshold, x)), x, smooth)

    def chain(self, xp, grad, x):
        scaled = xp.scale(x, self.beta)
        linear = xp.gt(scaled, xp.constant_like(self.threshold, x))
        return xp.where(linear, grad, xp.mul(grad, xp.sigmoid(scaled)))


class Silu(OfOne):
    """`x σ(x)`; the gradient is `g σ (1 + x (1 - σ))`."""

    def value(self, xp, x):
        return xp.mul(x, xp.sigmoid(x))

    def chain(self, xp, grad, x):
        s = xp.sigmoid(x)
        one = xp.constant_like(1, x)
        slope = xp.mul(s, xp.add(one, xp.mul(x, xp.sub(one, s))))
        return xp.mul(grad, slope)


class Mish(OfOne):
    """`x tanh(t)` with `t = ln(1 + eˣ)`; the gradient is `g (tanh t + x σ(x) (1 - tanh² t))`."""

    def value(self, xp, x):
        return xp.mul(x, xp.tanh(softplus(xp, x)))

    def chain(self, xp, grad, x):
        t = xp.tanh(softplus(xp, x))
        flatness = xp.sub(xp.constant_like(1, x), xp.mul(t, t))
        slope = xp.add(t, xp.mul(xp.mul(x, xp.sigmoid(x)), flatness))
        return xp.mul(grad, slope)


def softplus(xp, x):
    """`ln(1 + eˣ)` without overflow."""
    return xp.add(xp.where_true(x, positive(xp, x)), xp.log1p(xp.exp(xp.neg(xp.abs(x)))))


class Gelu(Operator):
    """`x Φ(x)` with the normal distribution `Φ`; the gradient is `g (Φ(x) + x φ(x))`."""

    fresh = fits = widens = True
    rounds_forward = HALVES

    def forward(self, xp, x):
        self.saved = (x,)
        cdf = self.kept = xp.normal_cdf(x)
        return xp.mul(x, cdf)

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        cdf = self.recall(xp)
        cdf = xp.normal_cdf(x) if cdf is None else cdf
        density = xp.exp(xp.scale(xp.mul(x, x), -0.5))
        density = xp.scale(density, 1 / math.sqrt(2 * math.pi))
        return (xp.mul(grad, xp.add(cdf, xp.mul(x, density))),)


class GeluTanh(OfOne):
    """`x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`, which is close to `Gelu`."""

    called = "Gelu"

    def value(self, xp, x):
        return xp.mul(xp.scale(x, 0.5), xp.shift(self.bend(xp, x), 1))

    def chain(self, xp, grad, x):
        t = self.bend(xp, x)
        inner_slope = xp.shift(xp.scale(xp.mul(x, x), 3 * 0.044715), 1)
        inner_slope = xp.scale(inner_slope, math.sqrt(2 / math.pi))
        flatness = xp.sub(xp.constant_like(1, x), xp.mul(t, t))
        slope = xp.scale(xp.shift(t, 1), 0.5)
        bent = xp.mul(xp.scale(x, 0.5), xp.mul(flatness, inner_slope))
        return xp.mul(grad, xp.add(slope, bent))

    def bend(self, xp, x):
        """The hyperbolic tangent in the formula."""
        cubic = xp.add(x, xp.scale(xp.pow(x, 3), 0.044715))
        return xp.tanh(xp.scale(cubic, math.sqrt(2 / math.pi)))


class Hardsigmoid(OfOne):
    """`x / 6 + 1/2`, held between 0 and 1."""

    def value(self, xp, x):
        return xp.div(xp.clip(xp.shift(x, 3), 0, 6), xp.constant_like(6, x))

    def chain(self, xp, grad, x):
        return xp.where_true(xp.scale(grad, 1 / 6), between(xp, x, -3, 3))


class Hardswish(OfOne):
    """`x` times its hard sigmoid."""

    def value(self, xp, x):
        gate = xp.clip(xp.shift(x, 3), 0, 6)
        return xp.div(xp.mul(x, gate), xp.constant_like(6, x))

    def chain(self, xp, grad, x):
        slope = xp.shift(xp.scale(x, 1 / 3), 0.5)
        above = xp.ge(x, xp.constant_like(3, x))
        bent = xp.where_true(xp.mul(grad, slope), between(xp, x, -3, 3))
        return xp.where(above, grad, bent)


class Hardshrink(OfOne):
    """`x` outside `[-λ, λ]`, zero inside."""

    def value(self, xp, x):
        return xp.where_true(x, self.outside(xp, x))

    def chain(self, xp, grad, x):
        return xp.where_true(grad, self.outside(xp, x))

    def outside(self, xp, x):
        """Where `x` is not within `[-λ, λ]`."""
        above = xp.ge(x, xp.constant_like(-self.lambd, x))
        return xp.logical_not(xp.logical_and(above, xp.le(x, xp.constant_like(self.lambd, x))))


class Softshrink(Hardshrink):
    """`x` moved towards zero by `λ`, zero inside `[-λ, λ]`."""

    def value(self, xp, x):
        return xp.sub(x, xp.clip(x, -self.lambd, self.lambd))


# ---------------------------------------------------------------------------- softmax


class Softmax(OfOne):
    """Exponentials scaled to add up to one; the gradient is `y (g - Σ g y)`."""

    saves = "y"

    def value(self, xp, x):
        return xp.softmax(x, self.dim)

    def chain(self, xp, grad, y):
        weighted = xp.sum(xp.mul(grad, y), self.dim, True)
        return xp.mul(y, xp.sub(grad, weighted))


class LogSoftmax(OfOne):
    """The logarithm of the softmax, without overflow; the gradient is `g - eʸ Σ g`."""

    rounds_forward = HALVES
    saves = "y"

    def value(self, xp, x):
        return xp.log_softmax(x, self.dim)

    def chain(self, xp, grad, y):
        total = xp.sum(grad, self.dim, True)
        return xp.sub(grad, xp.mul(xp.exp(y), total))
