"""Signals, pictures and volumes in another size, as layers."""

from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.modules._layer import Layer


class Upsample(Layer):
    """A signal, picture or volume in another size: `nn.functional.interpolate`.

    Args:
        size: The new size, or one for each dimension after the channels.
        scale_factor: In its place: how many times larger, or one number for each dimension.
        mode: `"nearest"`, `"linear"`, `"bilinear"`, `"bicubic"` or `"trilinear"`.
        align_corners: The first and last elements stay in place.
        recompute_scale_factor: Go by the ratio of the sizes, not by `scale_factor`.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.Upsample(scale_factor=2)(torch.tensor([[[1.0, 2.0]]]))
        tensor([[[1., 1., 2., 2.]]])

    See: [torch.nn.Upsample](https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html).
    """

    def __init__(
        self, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
        align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
    ) -> None:  # fmt: skip
        if isinstance(scale_factor, tuple):
            scale_factor = tuple([float(factor) for factor in scale_factor])
        elif scale_factor:
            scale_factor = float(scale_factor)
        super().__init__(
            name=type(self).__name__, size=size, scale_factor=scale_factor, mode=mode,
            align_corners=align_corners, recompute_scale_factor=recompute_scale_factor,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, C, *)` to `(N, C, *size)`."""
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners,
            self.recompute_scale_factor,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The settings, for `repr`."""
        name = "size" if self.scale_factor is None else "scale_factor"
        return f"{name}={getattr(self, name)}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Pictures in another size, by their nearest pixels.

    Args:
        size: Height and width.
        scale_factor: In its place: how many times larger.

    See: [torch.nn.UpsamplingNearest2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.UpsamplingNearest2d.html).
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor)


class UpsamplingBilinear2d(Upsample):
    """Pictures in another size, bilinear, with the corners in place.

    Args:
        size: Height and width.
        scale_factor: In its place: how many times larger.

    See: [torch.nn.UpsamplingBilinear2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.UpsamplingBilinear2d.html).
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", align_corners=True)
