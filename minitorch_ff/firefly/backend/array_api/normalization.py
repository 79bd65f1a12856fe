"""Fused primitives for batch normalisation, which small trainings notice."""

from __future__ import annotations

from math import prod


class Normalization:
    """A matrix is summed over its rows as a product with ones, which is fastest."""

    def channel_sums(self, x, dims):
        """Sums over `dims`, in a shape that meets `x`."""
        if len(dims) == 1 == x.ndim - 1:
            return self.sum_rows(x)
        return self.module.add.reduce(x, dims, keepdims=True)

    def per_channel(self, values, x):
        """A vector with an element for each channel, in a shape that meets `x`."""
        return values if x.ndim == 2 else values.reshape((1, -1) + (1,) * (x.ndim - 2))

    def batch_norm(self, x, weight, bias, dims, eps):
        """The normalised and weighted input; also the centred one, `1/√var`, mean, var."""
        module = self.module
        count = x.size // max(x.shape[1], 1)
        share = self.constant(1 / max(count, 1), x.dtype)
        mean = module.multiply(self.channel_sums(x, dims), share)
        centred = module.subtract(x, mean)
        y = module.multiply(centred, centred)
        variance = module.multiply(self.channel_sums(y, dims), share)
        rstd = module.sqrt(module.add(variance, self.constant(eps, x.dtype)))
        rstd = module.reciprocal(rstd, rstd)
        factor = rstd
        if weight is not None:
            factor = module.multiply(rstd, self.per_channel(weight, x))
        module.multiply(centred, factor, y)
        if bias is not None:
            module.add(y, self.per_channel(bias, x), y)
        return y, centred, rstd, mean, variance

    def batch_norm_back(self, grad, centred, rstd, weight, dims):
        """The gradients of input, weight and bias."""
        module = self.module
        count = centred.size // max(centred.shape[1], 1)
        share = self.constant(1 / max(count, 1), centred.dtype)
        to_bias = self.channel_sums(grad, dims)
        scratch = module.multiply(grad, centred)
        to_weight = module.multiply(self.channel_sums(scratch, dims), rstd)
        along = module.multiply(module.multiply(to_weight, rstd), share)
        module.multiply(centred, along, scratch)
        module.subtract(grad, scratch, scratch)
        module.subtract(scratch, module.multiply(to_bias, share), scratch)
        factor = rstd
        if weight is not None:
            factor = module.multiply(rstd, self.per_channel(weight, centred))
        to_x = module.multiply(scratch, factor, scratch)
        return to_x, to_weight.reshape(-1), to_bias.reshape(-1)

    def layer_norm(self, x, weight, bias, dims, eps):
        """Each row, over `dims`, centred, scaled and weighted; also only scaled, and `1/√var`."""
        share = 1 / max(prod([x.shape[dim] for dim in dims]), 1)
        centred = self.sub(x, self.scale(self.sum(x, dims, True), share))
        variance = self.scale(self.sum(self.mul(centred, centred), dims, True), share)
        rstd = self.reciprocal(self.sqrt(self.shift(variance, eps)))
        y = scaled = self.mul(centred, rstd)
        if weight is not None:
            y = self.mul(y, weight)
        return y if bias is None else self.add(y, bias), scaled, rstd

    def layer_norm_back(self, grad, scaled, rstd, weight, dims):
        """The gradient of the input; in simple primitives, so that it is the recorded one too."""
        share = 1 / max(prod([grad.shape[dim] for dim in dims]), 1)
        inner = grad if weight is None else self.mul(grad, weight)
        mean = self.scale(self.sum(inner, dims, True), share)
        along = self.scale(self.sum(self.mul(inner, scaled), dims, True), share)
        return self.mul(self.sub(self.sub(inner, mean), self.mul(scaled, along)), rstd)

    def mix_(self, x, y, share):
        """Move `x` towards `y` by a share of the way, in `x`'s memory."""
        if x.dtype.itemsize == 2:  # rounded once
            x[...] = x.astype("float32") * (1 - share) + y.astype("float32") * share
            return
        x *= self.constant(1 - share, x.dtype)
        x += self.module.multiply(y, self.constant(share, y.dtype))

    def rsqrt(self, x):
        """One over the square root."""
        return self.module.reciprocal(self.module.sqrt(x))
