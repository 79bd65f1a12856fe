"""Sums and products of all elements so far, along a dimension."""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import HALVES, Operator
from minitorch_ff.firefly.ops.elementwise import OfOne


class Cumsum(Operator):
    """`yᵢ = x₁ + … + xᵢ`; the gradient is the running sum from the other end."""

    fresh = widens = True

    def forward(self, xp, x, *, dim):
        self.dim = dim
        return xp.cumsum(x, dim)

    def backward(self, xp, grad):
        return (sums_from_behind(xp, grad, self.dim),)


def sums_from_behind(xp, grad, dim):
    """For each element the sum of it and all behind it."""
    if not grad.shape:
        return xp.copy(grad)
    return xp.flip(xp.cumsum(xp.flip(grad, (dim,)), dim), (dim,))


class Cumprod(OfOne):
    """`yᵢ = x₁ ⋯ xᵢ`; the gradient of `xₖ` is `Σ gᵢ yᵢ / xₖ` over all `i ≥ k`.

    A zero among the elements spoils the division. Then the gradient is `pₖ sₖ`, with
    `pₖ`
    the product of all before, and `sₖ = gₖ + xₖ₊₁ sₖ₊₁`, which is found step by step.
    """

    rounds = HALVES
    saves = "xy"

    def value(self, xp, x):
        return xp.cumprod(x, self.dim)

    def chain(self, xp, grad, x, y):
        dim = self.dim
        if not x.shape or 0 in x.shape:
            return xp.copy(grad)
        if xp.all(xp.ne(x, xp.constant_like(0, x))):
            return xp.div(sums_from_behind(xp, xp.mul(grad, y), dim), x)
        start = (slice(None),) * dim
        tail, parts = None, []
        for k in reversed(range(x.shape[dim])):
            step = xp.index(grad, (*start, slice(k, k + 1)))
            if tail is not None:
                step = xp.add(step, xp.mul(xp.index(x, (*start, slice(k + 1, k + 2))), tail))
            tail = step
            before = None if k == 0 else xp.index(y, (*start, slice(k - 1, k)))
            parts.append(tail if before is None else xp.mul(before, tail))
        return xp.cat(parts[::-1], dim)


class Logcumsumexp(OfOne):
    """`yᵢ = log(exp x₁ + … + exp xᵢ)`, without overflow.

    The gradient of `xₖ` is `Σ gᵢ exp(xₖ - yᵢ)` over all `i ≥ k`. The sum is taken in
    logarithms too, for positive and negative `g` apart.
    """

    saves = "xy"

    def value(self, xp, x):
        return xp.logcumsumexp(x, self.dim)

    def chain(self, xp, grad, x, y):
        if not x.shape:
            return xp.copy(grad)
        # Where all so far is minus infinity, that counts as nothing, not as 0 / 0.
        nothing = xp.eq(y, xp.constant_like(-math.inf, y))
        y = xp.where(nothing, xp.constant_like(0, y), y)
        positive = self.half(xp, grad, x, y)
        return xp.sub(positive, self.half(xp, xp.neg(grad), x, y))

    def half(self, xp, grad, x, y):
        """The gradient that the positive part of `grad` gives."""
        dims = (self.dim,)
        mask = xp.gt(grad, xp.constant_like(0, grad))
        one, nothing = xp.constant_like(1, grad), xp.constant_like(-math.inf, grad)
        logs = xp.where(mask, xp.log(xp.where(mask, grad, one)), nothing)
        sums = xp.logcumsumexp(xp.flip(xp.sub(logs, y), dims), self.dim)
        return xp.exp(xp.add(xp.flip(sums, dims), x))
