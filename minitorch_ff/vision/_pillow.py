"""Pillow, and the way between its images and arrays; imported with the first image."""

from __future__ import annotations

from typing import Any

import numpy

try:
    from PIL import Image, ImageEnhance, ImageOps
except ImportError as error:
    raise ImportError("images need Pillow: pip install 'minitorch-ff[vision]'") from error

__all__ = ["Image", "ImageEnhance", "ImageOps", "array_of", "image_of"]


def array_of(image: Any) -> Any:
    """The pixels, which may be read-only. Shape `(H, W)`, or `(H, W, C)`."""
    if image.mode != "L":
        return numpy.array(image)
    width, height = image.size  # what NumPy would do, in half the time
    return numpy.frombuffer(image.tobytes(), numpy.uint8).reshape(height, width)


def image_of(array: Any) -> Any:
    """The image of bytes, over the same memory where that is possible. Shape as above."""
    if array.ndim == 2 and array.dtype == numpy.uint8 and array.flags.c_contiguous:
        size = (array.shape[1], array.shape[0])
        return Image.frombuffer("L", size, array, "raw", "L", 0, 1)
    return Image.fromarray(array)
