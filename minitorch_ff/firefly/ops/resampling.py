"""Padding and resizing: each element of the result is a weighted sum of a few of the input's."""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import Operator
from minitorch_ff.firefly.ops.elementwise import OfPrimitive
from minitorch_ff.firefly.ops.linear_maps import Pick, PutBack, total


class ConstantPadNd(OfPrimitive):
    """Margins of one value, or (where negative) margins cut off; the gradient the other way."""

    fresh = True
    primitive = "pad"

    def forward(self, xp, x, *, margins, value=0):
        self.margins = margins
        return xp.pad(x, margins, value)

    def backward(self, xp, grad):
        return (xp.pad(grad, [(-before, -after) for before, after in self.margins], 0),)


class Resample(Pick):
    """Along some dimensions, weighted sums of elements at given positions.

    `steps` are pairs of a dimension and its taps; a tap holds positions, as many as the result
    is long, and their weights unless these are one. PyTorch has a node for each `mode`.
    """

    def forward(self, xp, x, *, steps, mode):
        self.mode = mode
        return super().forward(xp, x, steps=steps)

    def name(self):
        circular = self.mode == "circular"
        return "torch::autograd::CopySlices" if circular else f"{self.mode}Backward0"


class ResampleBack(PutBack):
    """Zeros with weighted elements added at the positions: the other way round."""

    fresh = True


class GridSampler(Operator):
    """Weighted sums of elements at given places of each sample; weights have gradients too.

    A place counts the elements of a channel in row-major order; one more stands for a zero.
    """

    fresh = True

    def forward(self, xp, x, *weights, places, out):
        self.places = places
        self.save_for_backward(x, *weights)
        flat = self.flat(xp, x)
        parts = [xp.mul(xp.gather(flat, 2, at), w) for at, w in zip(places, weights, strict=True)]
        return xp.reshape(total(xp, *parts), (*x.shape[:2], *out))

    @staticmethod
    def flat(xp, x):
        """The elements of a channel side by side, and a zero."""
        flat = xp.reshape(x, (*x.shape[:2], math.prod(x.shape[2:])))
        return xp.pad(flat, [(0, 0), (0, 0), (0, 1)], 0)

    def backward(self, xp, grad):
        x, *weights = self.saved_tensors
        flat = self.flat(xp, x)
        grad = xp.reshape(grad, self.places[0].shape)
        to_x = to_weights = None
        if self.edges[0] is not None:
            shape = tuple(flat.shape)
            parts = [
                xp.gather_back(xp.mul(grad, w), shape, 2, at)
                for at, w in zip(self.places, weights, strict=True)
            ]
            to_x = xp.reshape(xp.pad(total(xp, *parts), [(0, 0), (0, 0), (0, -1)], 0), x.shape)
        if any(self.needs_input_grad[1:]):
            to_weights = [
                xp.sum(xp.mul(grad, xp.gather(flat, 2, at)), 1, True) for at in self.places
            ]
        return to_x, *(to_weights or [None] * len(weights))

    def name(self):
        return f"GridSampler{len(self.shape) - 2}DBackward0"
