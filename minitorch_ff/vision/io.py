"""Image files as tensors of bytes: `torchvision.io`, read by Pillow."""

from __future__ import annotations

import io
from enum import Enum
from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.vision.transforms.functional import pil_to_tensor

__all__ = ["ImageReadMode", "decode_image", "read_image"]


class ImageReadMode(Enum):
    """How many channels an image is read with."""

    UNCHANGED = 0
    GRAY = 1
    GRAY_ALPHA = 2
    RGB = 3
    RGB_ALPHA = 4


MODES = {"GRAY": "L", "GRAY_ALPHA": "LA", "RGB": "RGB", "RGB_ALPHA": "RGBA"}


def decode_image(
    input: Any,
    mode: ImageReadMode | str = ImageReadMode.UNCHANGED,
    apply_exif_orientation: bool = False,
) -> Tensor:
    """The pixels of an image file.

    Args:
        input: A path, or the file's bytes in a tensor of uint8 with one dimension.
        mode: The channels that are wanted, or the name of that.
        apply_exif_orientation: Turn the image the way its camera was held.

    Returns:
        Bytes. Shape `(C, H, W)`.

    See: [torchvision.io.decode_image](https://docs.pytorch.org/vision/stable/generated/torchvision.io.decode_image.html).
    """
    from minitorch_ff.vision._pillow import Image, ImageOps

    if isinstance(input, Tensor):
        input = io.BytesIO(input.numpy().tobytes())
    if isinstance(mode, str):
        mode = ImageReadMode[mode.upper()]
    with Image.open(input) as file:
        image: Any = file
        if apply_exif_orientation:
            image = ImageOps.exif_transpose(image)
        if mode is not ImageReadMode.UNCHANGED:
            image = image.convert(MODES[mode.name])
        elif image.mode in ("P", "1"):  # a file's palette is not its pixels
            image = image.convert("RGB" if image.mode == "P" else "L")
        return pil_to_tensor(image)


def read_image(
    path: str, mode: ImageReadMode = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False
) -> Tensor:
    """The pixels of the image file at `path`; see `decode_image`.

    See: [torchvision.io.read_image](https://docs.pytorch.org/vision/stable/generated/torchvision.io.read_image.html).
    """
    return decode_image(str(path), mode, apply_exif_orientation)
