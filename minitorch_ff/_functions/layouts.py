"""How the elements lie in memory: memory formats, `contiguous`, `clone`."""

from __future__ import annotations

from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._functions._operands import Tensor
from minitorch_ff.firefly.ops import shaping as ops
from minitorch_ff.firefly.ops.base import apply


class layout:
    """Whether all elements lie in memory; there is only `torch.strided`."""

    def __repr__(self) -> str:
        return "torch.strided"


strided = layout()


class memory_format:
    """An order of the dimensions in memory.

    Attributes:
        name: PyTorch's name.
        order: The dimensions from the slowest to the fastest; None for their own order.
    """

    def __init__(self, name: str, order: tuple[int, ...] | None = None) -> None:
        self.name = name
        self.order = order

    def __repr__(self) -> str:
        return f"torch.{self.name}"


contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last", (0, 2, 3, 1))
channels_last_3d = memory_format("channels_last_3d", (0, 2, 3, 4, 1))


def strides_in(shape: tuple[int, ...], wanted: memory_format) -> tuple[int, ...]:
    """How many elements apart neighbours in each dimension lie in a memory format.

    Raises:
        RuntimeError: The format is for another number of dimensions.
    """
    order = wanted.order or tuple(range(len(shape)))
    text = f"required rank {len(order)} tensor to use {wanted.name} format"
    check(len(order) == len(shape), text)
    strides, step = [0] * len(shape), 1
    for dim in reversed(order):
        strides[dim] = step
        step *= shape[dim]
    return tuple(strides)


def is_contiguous(self: Tensor, memory_format: Any = contiguous_format) -> bool:
    """Whether the elements lie without gaps, in row-major order or that of a memory format.

    See: [torch.Tensor.is_contiguous](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_contiguous.html).
    """
    order = memory_format.order
    if order is None:
        return self.buffer.flags.c_contiguous
    same_rank = len(order) == self.buffer.ndim
    return same_rank and self.buffer.transpose(order).flags.c_contiguous


def contiguous(self: Tensor, memory_format: Any = contiguous_format) -> Tensor:
    """The tensor in row-major order, or that of a memory format: itself, if it is so already.

    Raises:
        RuntimeError: The format is for another number of dimensions.

    Example:
        >>> import minitorch_ff as torch
        >>> x = torch.zeros(1, 2, 3, 4)
        >>> x.contiguous(memory_format=torch.channels_last).stride()
        (24, 1, 8, 2)

    See: rule [`Contiguous`][minitorch_ff.firefly.ops.shaping.Contiguous],
        [torch.Tensor.contiguous](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.contiguous.html).
    """
    text = "preserve memory format is unsupported by the contiguous operator"
    check(memory_format is not preserve_format or is_contiguous(self), text)
    return self if is_contiguous(self, memory_format) else arranged(self, memory_format)


def arranged(self: Tensor, wanted: memory_format) -> Tensor:
    """A copy in a memory format."""
    strides_in(self.buffer.shape, wanted)  # complains
    return apply(ops.Contiguous, self, order=wanted.order)


def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy in memory of its own; gradients pass through it.

    Args:
        input: Any shape.
        memory_format: None or `torch.preserve_format` keeps the layout, another one is the
            copy's: `torch.contiguous_format`, `torch.channels_last`.

    See: rule [`Clone`][minitorch_ff.firefly.ops.shaping.Clone],
        [torch.clone](https://docs.pytorch.org/docs/stable/generated/torch.clone.html).
    """
    if memory_format is None or memory_format is preserve_format:
        return apply(ops.Clone, input)
    return arranged(input, memory_format)
