"""Padding and resizing: each element of the result is a weighted sum of a few of the input's."""

from __future__ import annotations

from minitorch_ff.firefly.ops.elementwise import OfPrimitive
from minitorch_ff.firefly.ops.linear_maps import Pick, PutBack


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

    `steps` are pairs of a dimension and its taps; a tap is a pair of positions and weights
    (None for ones), as many as the result is long. PyTorch has a node for each `mode`.
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
