"""Tensors that say what they are, as `torchvision.tv_tensors`; there are only images."""

from __future__ import annotations

from typing import Any

from minitorch_ff._functions.creation import as_tensor
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.tensor import wrap
from minitorch_ff.vision.transforms import functional

__all__ = ["Image"]


class Image(Tensor):
    """A tensor that `transforms.v2` takes for an image, beside others that are none.

    Operators return plain tensors.

    Args:
        data: A tensor, an image of Pillow's, or what `torch.as_tensor` takes. Shape
            `(…, C, H, W)`, or `(H, W)`, which gets a channel.
        dtype: Of the elements; None keeps that of the data.
        device: Where; None keeps that of the data.
        requires_grad: Whether operators on it are recorded.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.vision import tv_tensors
        >>> tv_tensors.Image(torch.zeros(3, 2, 2)).shape
        torch.Size([3, 2, 2])

    See: [torchvision.tv_tensors.Image](https://docs.pytorch.org/vision/stable/generated/torchvision.tv_tensors.Image.html).
    """

    def __new__(
        cls, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Image:
        """Share the data's memory where dtype and device allow it."""
        if functional.is_pil(data):
            data = functional.pil_to_tensor(data)
        tensor = as_tensor(data, dtype=dtype, device=device).detach()
        image: Image = wrap(cls, (tensor[None] if tensor.ndim == 2 else tensor).buffer)
        image.requires_grad_(requires_grad)
        return image
