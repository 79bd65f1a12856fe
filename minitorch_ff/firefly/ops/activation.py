"""Activation functions, and the softmax family.

Where a function is put together from pieces, `xp.where` chooses by a mask of booleans; the
mask is constant under small changes, so gradients pass through the chosen piece only.
"""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import Operator


class Relu(Operator):
    """`x` where it is positive, zero elsewhere."""

    fresh = True

    def forward(self, xp, x):
        y = xp.positive_part(x)
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.where_positive(grad, y),)


class LeakyRelu(Operator):
    """`x` where it is positive, `slope x` elsewhere."""

    fresh = True

    def forward(self, xp, x, *, slope):
        self.slope = slope
        self.save_for_backward(x)
        return xp.where(xp.gt(x, xp.constant_like(0, x)), x, xp.scale(x, slope))

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        positive = xp.gt(x, xp.constant_like(0, x))
        return (xp.where(positive, grad, xp.scale(grad, self.slope)),)


class PRelu(Operator):
    """`x` where it is positive, `w x` elsewhere; `w` is learned."""

    fresh = True
    called = "PreluKernel"

    def forward(self, xp, x, weight):
        self.save_for_backward(x, weight)
        return xp.where(xp.gt(x, xp.constant_like(0, x)), x, xp.mul(weight, x))

    def backward(self, xp, grad):
        x, weight = self.saved_tensors
        positive = xp.gt(x, xp.constant_like(0, x))
        to_weight = xp.where_true(xp.mul(grad, x), xp.logical_not(positive))
        return xp.where(positive, grad, xp.mul(grad, weight)), to_weight


class Elu(Operator):
    """`scale x` where it is positive, `scale alpha (e^(rate x) - 1)` elsewhere."""

    fresh = True

    def forward(self, xp, x, *, alpha, scale=1.0, rate=1.0, called="Elu"):
        self.alpha, self.scale, self.rate, self.called = alpha, scale, rate, called
        self.save_for_backward(x)
        below = xp.scale(xp.expm1(xp.scale(x, rate)), alpha * scale)
        return xp.where(xp.gt(x, xp.constant_like(0, x)), xp.scale(x, scale), below)

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        positive = xp.gt(x, xp.constant_like(0, x))
        slope = xp.scale(xp.exp(xp.scale(x, self.rate)), self.alpha * self.scale * self.rate)
        below = xp.mul(grad, xp.where_true(slope, xp.logical_not(positive)))
        return (xp.where(positive, xp.scale(grad, self.scale), below),)

    def name(self):
        return self.called + "Backward0"


class Hardtanh(Operator):
    """`x` held between two numbers; the gradient passes strictly between them."""

    fresh = True

    def forward(self, xp, x, *, low, high):
        self.low, self.high = low, high
        self.save_for_backward(x)
        return xp.clip(x, low, high)

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        return (xp.where_true(grad, between(xp, x, self.low, self.high)),)


def between(xp, x, low, high):
    """Where `x` is strictly between two numbers."""
    above = xp.gt(x, xp.constant_like(low, x))
    return xp.logical_and(above, xp.lt(x, xp.constant_like(high, x)))


class Threshold(Operator):
    """`x` where it is above a threshold, a fixed value elsewhere."""

    fresh = True

    def forward(self, xp, x, *, threshold, value):
        self.threshold = threshold
        self.save_for_backward(x)
        # Not-a-number is not below the threshold: it stays.
        below = xp.le(x, xp.constant_like(threshold, x))
        return xp.where(below, xp.constant_like(value, x), x)

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        below = xp.le(x, xp.constant_like(self.threshold, x))
        return (xp.where_true(grad, xp.logical_not(below)),)


class Sigmoid(Operator):
    """`1 / (1 + e⁻ˣ)`; the gradient is `g y (1 - y)`."""

    fresh = True

    def forward(self, xp, x):
        y = xp.sigmoid(x)
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.mul(grad, xp.mul(y, xp.sub(xp.constant_like(1, y), y))),)


class Tanh(Operator):
    """The hyperbolic tangent; the gradient is `g (1 - y²)`."""

    fresh = True

    def forward(self, xp, x):
        y = xp.tanh(x)
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        return (xp.mul(grad, xp.sub(xp.constant_like(1, y), xp.mul(y, y))),)


class LogSigmoid(Operator):
    """The logarithm of the sigmoid, without overflow; the gradient is `g σ(-x)`."""

    fresh = True

    def forward(self, xp, x):
        self.save_for_backward(x)
        correction = xp.log1p(xp.exp(xp.neg(xp.abs(x))))
        return xp.sub(xp.minimum(x, xp.constant_like(0, x)), correction)

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        return (xp.mul(grad, xp.sigmoid(xp.neg(x))),)


class Softplus(Operator):
    """`ln(1 + e^(beta x)) / beta`, a smooth `relu`; the gradient is `g σ(beta x)`.

    Above `threshold` it is taken to be `x`.
    """

    fresh = True

    def forward(self, xp, x, *, beta, threshold):
        self.beta, self.threshold = beta, threshold
        self.save_for_backward(x)
        scaled = xp.scale(x, beta)
        smooth = xp.scale(xp.log1p(xp.exp(scaled)), 1 / beta)
        return xp.where(xp.gt(scaled, xp.constant_like(threshold, x)), x, smooth)

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        scaled = xp.scale(x, self.beta)
        linear = xp.gt(scaled, xp.constant_like(self.threshold, x))
        return (xp.where(linear, grad, xp.mul(grad, xp.sigmoid(scaled))),)


class Silu(Operator):
    """`x σ(x)`; the gradient is `g σ (1 + x (1 - σ))`."""

    fresh = True

    def forward(self, xp, x):
        self.save_for_backward(x)
        return xp.mul(x, xp.sigmoid(x))

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        s = xp.sigmoid(x)
        one = xp.constant_like(1, x)
        slope = xp.mul(s, xp.add(one, xp.mul(x, xp.sub(one, s))))
        return (xp.mul(grad, slope),)


class Mish(Operator):
    """`x tanh(t)` with `t = ln(1 + eˣ)`; the gradient is `g (tanh t + x σ(x) (1 - tanh² t))`."""

    fresh = True

    def forward(self, xp, x):
        self.save_for_backward(x)
        return xp.mul(x, xp.tanh(softplus(xp, x)))

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        t = xp.tanh(softplus(xp, x))
        flatness = xp.sub(xp.constant_like(1, x), xp.mul(t, t))
        slope = xp.add(t, xp.mul(xp.mul(x, xp.sigmoid(x)), flatness))
        return (xp.mul(grad, slope),)


def softplus(xp, x):
    """`ln(1 + eˣ)` without overflow."""
    positive = xp.where_positive(x, x)
    return xp.add(positive, xp.log1p(xp.exp(xp.neg(xp.abs(x)))))


class Gelu(Operator):
    """`x Φ(x)` with the normal distribution `Φ`; the gradient is `g (Φ(x) + x φ(x))`."""

    fresh = True

    def forward(self, xp, x):
        self.save_for_backward(x)
        return xp.mul(x, self.normal_cdf(xp, x))

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        density = xp.exp(xp.scale(xp.mul(x, x), -0.5))
        density = xp.scale(density, 1 / math.sqrt(2 * math.pi))
        slope = xp.add(self.normal_cdf(xp, x), xp.mul(x, density))
        return (xp.mul(grad, slope),)

    def normal_cdf(self, xp, x):
        """`Φ(x) = (1 + erf(x / √2)) / 2`."""
        return xp.scale(xp.shift(xp.erf(xp.scale(x, math.sqrt(0.5))), 1), 0.5)


class GeluTanh(Operator):
    """`x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`, which is close to `Gelu`."""

    fresh = True
    called = "Gelu"

    def forward(self, xp, x):
        self.save_for_backward(x)
        return xp.mul(xp.scale(x, 0.5), xp.shift(self.bend(xp, x), 1))

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        t = self.bend(xp, x)
        inner_slope = xp.shift(xp.scale(xp.mul(x, x), 3 * 0.044715), 1)
        inner_slope = xp.scale(inner_slope, math.sqrt(2 / math.pi))
        flatness = xp.sub(xp.constant_like(1, x), xp.mul(t, t))
        slope = xp.scale(xp.shift(t, 1), 0.5)
        bent = xp.mul(xp.scale(x, 0.5), xp.mul(flatness, inner_slope))
        return (xp.mul(grad, xp.add(slope, bent)),)

    def bend(self, xp, x):
        """The hyperbolic tangent in the formula."""
        cubic = xp.add(x, xp.scale(xp.pow(x, 3), 0.044715))
        return xp.tanh(xp.scale(cubic, math.sqrt(2 / math.pi)))


class Hardsigmoid(Operator):
    """`x / 6 + 1/2`, held between 0 and 1."""

    fresh = True

    def forward(self, xp, x):
        self.save_for_backward(x)
        return xp.div(xp.clip(xp.shift(x, 3), 0, 6), xp.constant_like(6, x))

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        return (xp.where_true(xp.scale(grad, 1 / 6), between(xp, x, -3, 3)),)


class Hardswish(Operator):
    """`x` times its hard sigmoid."""

    fresh = True

    def forward(self, xp, x):
        self.save_for_backward(x)
        gate = xp.clip(xp.shift(x, 3), 0, 6)
        return xp.div(xp.mul(x, gate), xp.constant_like(6, x))

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        slope = xp.shift(xp.scale(x, 1 / 3), 0.5)
        above = xp.ge(x, xp.constant_like(3, x))
        bent = xp.where_true(xp.mul(grad, slope), between(xp, x, -3, 3))
        return (xp.where(above, grad, bent),)


class Hardshrink(Operator):
    """`x` outside `[-λ, λ]`, zero inside."""

    fresh = True

    def forward(self, xp, x, *, lambd):
        self.lambd = lambd
        self.save_for_backward(x)
        return xp.where_true(x, self.outside(xp, x))

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        return (xp.where_true(grad, self.outside(xp, x)),)

    def outside(self, xp, x):
        """Where `x` is not within `[-λ, λ]`."""
        above = xp.ge(x, xp.constant_like(-self.lambd, x))
        return xp.logical_not(xp.logical_and(above, xp.le(x, xp.constant_like(self.lambd, x))))


class Softshrink(Hardshrink):
    """`x` moved towards zero by `λ`, zero inside `[-λ, λ]`."""

    def forward(self, xp, x, *, lambd):
        self.lambd = lambd
        self.save_for_backward(x)
        return xp.sub(x, xp.clip(x, -lambd, lambd))


# ---------------------------------------------------------------------------- softmax


class Softmax(Operator):
    """Exponentials scaled to add up to one; the gradient is `y (g - Σ g y)`."""

    fresh = True

    def forward(self, xp, x, *, dim):
        self.dim = dim
        y = xp.softmax(x, dim)
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        weighted = xp.sum(xp.mul(grad, y), self.dim, True)
        return (xp.mul(y, xp.sub(grad, weighted)),)


class LogSoftmax(Operator):
    """The logarithm of the softmax, without overflow; the gradient is `g - eʸ Σ g`."""

    fresh = True

    def forward(self, xp, x, *, dim):
        self.dim = dim
        y = xp.log_softmax(x, dim)
        self.save_for_backward(y)
        return y

    def backward(self, xp, grad):
        (y,) = self.saved_tensors
        total = xp.sum(grad, self.dim, True)
        return (xp.sub(grad, xp.mul(xp.exp(y), total)),)
