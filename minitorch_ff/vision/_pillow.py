"""Pillow, and the way between its images and arrays; imported with the first image."""

from __future__ import annotations

import sys
from typing import Any

import numpy

try:
    from PIL import Image, ImageEnhance, ImageOps
except ImportError as error:
    raise ImportError("images need Pillow: pip install 'minitorch-ff[vision]'") from error

__all__ = ["Image", "ImageEnhance", "ImageOps", "array_of", "image_of"]

# NumPy's names for the modes that are not made of bytes.
DTYPES = {"I": "int32", "F": "float32", "I;16": "<u2", "I;16L": "<u2", "I;16B": ">u2"}


def array_of(image: Any) -> Any:
    """The pixels in a new array. Shape `(H, W)`, or `(H, W, C)`."""
    mode = image.mode
    if mode == "L":
        width, height = image.size
        return numpy.frombuffer(bytearray(image.tobytes()), numpy.uint8).reshape(height, width)
    if mode in DTYPES:
        return numpy.array(image, DTYPES[mode])
    return numpy.array(image)


def image_of(array: Any, mode: str | None = None) -> Any:
    """The image of an array of bytes, int16, int32 or float32, which it may share."""
    return Image.fromarray(array) if mode is None else Image.fromarray(array, mode)
