"""Normalisation: values shifted and scaled to mean 0 and variance 1."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import HALVES, Operator


class BatchNorm(Operator):
    """Each channel normalised over the batch, then `weight` times it plus `bias`.

    With the centred input `c`, `r = 1 / √(var + eps)` and `x̂ = c r`, the input's gradient is
    `w r (g - mean(g) - x̂ mean(g x̂))`, the weight's `Σ g x̂`, the bias's `Σ g`.
    """

    fresh = widens = True
    rounds_forward = HALVES
    called = "NativeBatchNorm"

    def forward(self, xp, x, weight, bias, *, eps, running):
        self.eps = eps
        self.dims = (0, *range(2, x.ndim))
        self.save_for_backward(x, weight)
        y, centred, rstd, mean, variance = xp.batch_norm(x, weight, bias, self.dims, eps)
        self.kept = centred, rstd
        if running is not None and x.size:
            means, variances, momentum = running
            count = x.size // max(x.shape[1], 1)
            unbiased = xp.scale(variance, count / max(count - 1, 1))
            xp.mix_(means, mean.reshape(-1), momentum)
            xp.mix_(variances, unbiased.reshape(-1), momentum)
        return y

    def backward(self, xp, grad):
        x, weight = self.saved_tensors
        kept = self.recall(xp) or centred_and_scaled(xp, x, self.dims, self.eps, self.dtype)
        return xp.batch_norm_back(grad, *kept, weight, self.dims)


class BatchNormFixed(Operator):
    """Each channel normalised by a fixed mean and variance (while evaluating)."""

    fresh = widens = True
    called = "NativeBatchNorm"

    def forward(self, xp, x, weight, bias, *, eps, mean, variance):
        shape = (1, -1) + (1,) * (x.ndim - 2)
        if x.dtype is not variance.dtype:
            mean, variance = xp.cast(mean, x.dtype), xp.cast(variance, x.dtype)
        self.mean = xp.reshape(mean, shape)
        self.rstd = xp.reshape(xp.rsqrt(xp.shift(variance, eps)), shape)
        self.save_for_backward(x, weight)
        y = xp.mul(xp.sub(x, self.mean), self.rstd)
        if weight is not None:
            y = xp.mul(y, xp.reshape(weight, shape))
        return y if bias is None else xp.add(y, xp.reshape(bias, shape))

    def backward(self, xp, grad):
        x, weight = self.saved_tensors
        dims = (0, *range(2, len(x.shape)))
        to_x, to_weight = grad, None
        if weight is not None:
            to_x = xp.mul(grad, xp.reshape(weight, tuple(self.mean.shape)))
            scaled = xp.mul(xp.sub(x, self.mean), self.rstd)
            to_weight = xp.sum(xp.mul(grad, scaled), dims)
        to_bias = None if self.edges[2] is None else xp.sum(grad, dims)
        return xp.mul(to_x, self.rstd), to_weight, to_bias


class LayerNorm(Operator):
    """Each sample normalised over its last dimensions, then weighted and shifted.

    The input's gradient is that of `BatchNorm`, with `g w` in place of `g` and the mean
    over the normalised dimensions.
    """

    fresh = widens = True
    called = "NativeLayerNorm"

    def forward(self, xp, x, weight, bias, *, dims, eps):
        self.dims, self.eps = dims, eps
        self.save_for_backward(x, weight)
        y, *kept = xp.layer_norm(x, weight, bias, dims, eps)
        self.kept = kept
        return y

    def backward(self, xp, grad):
        x, weight = self.saved_tensors
        kept = None if self.dtype.itemsize == 2 else self.recall(xp)
        if kept is None:
            centred, rstd = centred_and_scaled(xp, x, self.dims, self.eps, self.dtype)
            kept = xp.mul(centred, rstd), rstd
        scaled, rstd = kept
        to_x = xp.layer_norm_back(grad, scaled, rstd, weight, self.dims)
        leading = tuple([i for i in range(len(x.shape)) if i not in self.dims])
        to_weight = to_bias = None
        if self.edges[1] is not None:
            to_weight = over(xp, xp.mul(grad, scaled), leading)
        if self.edges[2] is not None:
            to_bias = over(xp, grad, leading)
        return to_x, to_weight, to_bias


def centred_and_scaled(xp, x, dims, eps, dtype=None):
    """`x` minus its mean over `dims`, and `1 / √(variance + eps)`.

    For a rule in half precision, mean and root are rounded to its `dtype`, as PyTorch keeps them.
    """
    mean = average(xp, x, dims)
    centred = xp.sub(x, mean)
    variance = average(xp, xp.mul(centred, centred), dims)
    rstd = xp.rsqrt(xp.shift(variance, eps))
    if dtype is not None and dtype.itemsize == 2:
        mean, rstd = [xp.cast(xp.cast(part, dtype), "float32") for part in (mean, rstd)]
        centred = xp.sub(x, mean)
    return centred, rstd


def average(xp, x, dims):
    """The mean over `dims`, which stay with size 1."""
    count = 1
    for dim in dims:
        count *= x.shape[dim]
    return xp.scale(xp.sum(x, dims, True), 1 / max(count, 1))


def over(xp, grad, dims):
    """A sum over `dims`; in new memory, if there are none."""
    return xp.sum(grad, dims) if dims else xp.copy(grad)
