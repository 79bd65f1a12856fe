"""Many images as one, and images as files: `torchvision.utils`."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._dtypes import uint8
from minitorch_ff._functions.joining import cat, stack
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad

__all__ = ["make_grid", "save_image"]


@no_grad()
def make_grid(
    tensor: Any, nrow: int = 8, padding: int = 2, normalize: bool = False,
    value_range: tuple[float, float] | None = None, scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:  # fmt: skip
    """Put images side by side, row by row.

    Args:
        tensor: Images. Shape `(B, C, H, W)`, or a list of tensors `(C, H, W)`. A single
            channel becomes three.
        nrow: Images per row.
        padding: Pixels between images and around them.
        normalize: Shift and scale values to [0, 1].
        value_range: What becomes 0 and 1; the smallest and the largest value if None.
        scale_each: Normalise image by image.
        pad_value: Of the pixels between.

    Returns:
        One image. Shape `(C, H', W')`.

    Raises:
        TypeError: `tensor` holds no tensors, or `value_range` is no tuple.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.vision.utils import make_grid
        >>> make_grid(torch.zeros(10, 1, 28, 28), nrow=5).shape
        torch.Size([3, 62, 152])

    See: [torchvision.utils.make_grid](https://docs.pytorch.org/vision/stable/generated/torchvision.utils.make_grid.html).
    """
    words = "tensor or list of tensors expected, got "
    if isinstance(tensor, list):
        for image in tensor:
            check(isinstance(image, Tensor), f"{words}a list containing {type(image)}", TypeError)
        tensor = stack(tensor)
    check(isinstance(tensor, Tensor), f"{words}{type(tensor)}", TypeError)
    if tensor.ndim < 4:
        tensor = tensor.reshape((1,) * (4 - tensor.ndim) + tuple(tensor.shape))
    if tensor.size(1) == 1:
        tensor = cat([tensor] * 3, 1)
    if normalize:
        words = "value_range has to be a tuple (min, max) if specified. min and max are numbers"
        check(isinstance(value_range, tuple | None), words, TypeError)
        tensor = tensor.clone()
        for part in tensor if scale_each else [tensor]:
            low, high = value_range or (float(part.min()), float(part.max()))
            part.clamp_(low, high).sub_(low).div_(max(high - low, 1e-5))
    if tensor.size(0) == 1:
        return tensor.squeeze(0)
    count, channels, height, width = tensor.shape
    columns = min(nrow, count)
    down, right = height + padding, width + padding
    size = (channels, down * math.ceil(count / columns) + padding, right * columns + padding)
    grid = tensor.new_full(size, pad_value)
    for k in range(count):
        top, left = k // columns * down + padding, k % columns * right + padding
        grid[:, top : top + height, left : left + width] = tensor[k]
    return grid


@no_grad()
def save_image(tensor: Any, fp: Any, format: str | None = None, **kwargs: Any) -> None:
    """Write images into one file, as `make_grid` arranges them.

    Args:
        tensor: Images with values between 0 and 1. Shape `(B, C, H, W)` or `(C, H, W)`.
        fp: A path, or a file open for writing.
        format: Pillow's name of the format; None goes by the path.
        **kwargs: For `make_grid`.

    See: [torchvision.utils.save_image](https://docs.pytorch.org/vision/stable/generated/torchvision.utils.save_image.html).
    """
    from minitorch_ff.vision._pillow import image_of

    grid = make_grid(tensor, **kwargs).mul(255).add_(0.5).clamp_(0, 255)
    pixels = grid.permute(1, 2, 0).to("cpu", uint8)
    image_of(pixels.contiguous().numpy()).save(fp, format=format)
