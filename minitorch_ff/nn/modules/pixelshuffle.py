"""Channels and pixels exchanged, as layers."""

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.modules._layer import Layer


class PixelShuffle(Layer):
    """Makes pictures larger: each pixel's channels become a square of pixels.

    Args:
        upscale_factor: How many times larger.

    See: [torch.nn.PixelShuffle](https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html).
    """

    _shown = "upscale_factor="

    def __init__(self, upscale_factor: int) -> None:
        super().__init__(upscale_factor=upscale_factor)

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(*, C r², H, W)` to `(*, C, H r, W r)`."""
        return F.pixel_shuffle(input, self.upscale_factor)


class PixelUnshuffle(Layer):
    """Makes pictures smaller: a square of pixels becomes channels of one.

    Args:
        downscale_factor: How many times smaller.

    See: [torch.nn.PixelUnshuffle](https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html).
    """

    _shown = "downscale_factor="

    def __init__(self, downscale_factor: int) -> None:
        super().__init__(downscale_factor=downscale_factor)

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(*, C, H r, W r)` to `(*, C r², H, W)`."""
        return F.pixel_unshuffle(input, self.downscale_factor)
