"""Convolutions, in any number of spatial dimensions, and the windows they look through.

A convolution is linear in its input and in its weight, so its three operators are each
other's gradients: one gives the result, one the input, one the weight, from the other two.
"""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator
from minitorch_ff.firefly.ops.linear_maps import Pick, PutBack


class Convolution(Operator):
    """Weighted sums over the windows of `x`, plus a bias.

    The gradients are `ConvolutionInput` and `ConvolutionWeight`, and the sum for each channel.
    """

    fresh = fits = widens = True

    def forward(self, xp, x, weight, bias=None, *, size, **steps):
        edges = self.edges
        self.saved = (None if edges[1] is None else x, None if edges[0] is None else weight)
        self.x_size, self.kernel, self.steps = x.shape[2:], weight.shape[2:], steps
        return self.product(xp, x, weight, bias, size)

    def product(self, xp, x, weight, bias, size):
        """The weighted sums."""
        return xp.conv(x, weight, bias, size=size, **self.steps)

    def backward(self, xp, grad):
        x, weight = self.saved_tensors
        to_x = None if weight is None else self.to_x(xp, grad, weight)
        to_weight = None if x is None else self.to_weight(xp, grad, x)
        if len(self.edges) == 2:
            return to_x, to_weight
        others = (0, *range(2, len(grad.shape)))
        return to_x, to_weight, None if self.edges[2] is None else xp.sum(grad, others)

    def to_x(self, xp, grad, weight):
        """The gradient of the input."""
        return xp.conv_input(grad, weight, size=self.x_size, **self.steps)

    def to_weight(self, xp, grad, x):
        """The gradient of the weight."""
        return xp.conv_weight(x, grad, size=self.kernel, **self.steps)

    def name(self):
        return "ConvolutionBackward0"


class ConvolutionInput(Convolution):
    """Elements spread over windows, by weights: a transposed convolution.

    The gradients are `Convolution` and `ConvolutionWeight`.
    """

    def product(self, xp, x, weight, bias, size):
        return xp.conv_input(x, weight, bias, size=size, **self.steps)

    def to_x(self, xp, grad, weight):
        return xp.conv(grad, weight, size=self.x_size, **self.steps)

    def to_weight(self, xp, grad, x):
        return xp.conv_weight(grad, x, size=self.kernel, **self.steps)


class ConvolutionWeight(Convolution):
    """Products of what a window sees and what came of it, summed over windows.

    The gradients are `ConvolutionInput` and `Convolution`.
    """

    def product(self, xp, x, grad, bias, size):
        return xp.conv_weight(x, grad, size=size, **self.steps)

    def to_x(self, xp, grad, result):
        return xp.conv_input(result, grad, size=self.x_size, **self.steps)

    def to_weight(self, xp, grad, x):
        return xp.conv(x, grad, size=self.kernel, **self.steps)


class Im2col(Pick):
    """What the windows see, one place of the kernel after the other."""

    called = "Im2Col"


class Im2colBack(PutBack):
    """Windows added up where they overlap: the other way round."""

    called = "Col2Im"
