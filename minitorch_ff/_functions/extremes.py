"""The larger and smaller of two tensors, and values held between bounds."""

from __future__ import annotations

from typing import Any

from minitorch_ff._functions._operands import (
    RANGES, Number, Tensor, apply_broadcast, cast_to, checked_number, invalid_combination,
    together,
)  # fmt: skip
from minitorch_ff._functions.layouts import clone
from minitorch_ff.firefly.ops import extremes as ops
from minitorch_ff.firefly.ops.base import apply, not_implemented, of_tensors
from minitorch_ff.firefly.promotion import meeting, number
from minitorch_ff.firefly.tensor import ABSENT


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The larger of two, element by element; not-a-number wins.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.

    Raises:
        RuntimeError: The shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.maximum(torch.tensor([1.0, 5.0]), torch.tensor([3.0, 2.0]))
        tensor([3., 5.])

    See: rule [`Maximum`][minitorch_ff.firefly.ops.extremes.Maximum],
        [torch.maximum](https://docs.pytorch.org/docs/stable/generated/torch.maximum.html).
    """
    return of_tensors(ops.Maximum, input, other)


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of two, element by element; not-a-number wins.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.

    Raises:
        RuntimeError: The shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.minimum(torch.tensor([1.0, 5.0]), torch.tensor([3.0, 2.0]))
        tensor([1., 2.])

    See: rule [`Minimum`][minitorch_ff.firefly.ops.extremes.Minimum],
        [torch.minimum](https://docs.pytorch.org/docs/stable/generated/torch.minimum.html).
    """
    return of_tensors(ops.Minimum, input, other)


def fmax(input: Tensor, other: Tensor) -> Tensor:
    """The larger of two, element by element; a number wins over not-a-number.

    See: rule [`Fmax`][minitorch_ff.firefly.ops.extremes.Fmax],
        [torch.fmax](https://docs.pytorch.org/docs/stable/generated/torch.fmax.html).
    """
    return of_tensors(ops.Fmax, input, other)


def fmin(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of two, element by element; a number wins over not-a-number.

    See: rule [`Fmin`][minitorch_ff.firefly.ops.extremes.Fmin],
        [torch.fmin](https://docs.pytorch.org/docs/stable/generated/torch.fmin.html).
    """
    return of_tensors(ops.Fmin, input, other)


def clamp(
    input: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None
) -> Tensor:
    """Hold every element between two bounds.

    Args:
        input: Any shape.
        min: The lower bound, a number or a tensor that broadcasts; None for none.
        max: The upper bound, of the same kind. Where it is below `min`, it wins.

    Raises:
        RuntimeError: There is no bound, or a number does not fit the dtype.
        TypeError: One bound is a number, the other a tensor with dimensions.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.clamp(torch.tensor([-1.0, 0.5, 3.0]), 0, 1)
        tensor([0.0000, 0.5000, 1.0000])

    See: rules [`Clamp`][minitorch_ff.firefly.ops.extremes.Clamp],
        [`ClampTensor`][minitorch_ff.firefly.ops.extremes.ClampTensor],
        [torch.clamp](https://docs.pytorch.org/docs/stable/generated/torch.clamp.html).
    """
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    return _between("Clamp", input, min, max)


def clamp_min(input: Tensor, min: Tensor | Number) -> Tensor:
    """Raise every element to a lower bound, a number or a tensor.

    See: [torch.clamp](https://docs.pytorch.org/docs/stable/generated/torch.clamp.html).
    """
    return _between("ClampMin", input, min, None)


def clamp_max(input: Tensor, max: Tensor | Number) -> Tensor:
    """Lower every element to an upper bound, a number or a tensor.

    See: [torch.clamp](https://docs.pytorch.org/docs/stable/generated/torch.clamp.html).
    """
    return _between("ClampMax", input, None, max)


def _between(called: str, input: Any, low: Any, high: Any) -> Any:
    """Bounds that are numbers (one may be a 0-d tensor), or tensors; None for none."""
    bounds = [b for b in (low, high) if b is not None]
    tensors = [b for b in bounds if isinstance(b, Tensor)]
    mixed = 0 < len(tensors) < len(bounds) and any([b.buffer.ndim for b in tensors])
    if not isinstance(input, Tensor) or not bounds or mixed:
        raise invalid_combination(_function(called), input, *bounds)
    if tensors:
        if len(tensors) == len(bounds):
            return _between_tensors(called, input, low, high)
        low, high = [b.buffer.item() if isinstance(b, Tensor) else b for b in (low, high)]
    dtype = input.buffer.dtype
    try:
        if dtype.kind in "iub":
            numbers = [number(b, input).buffer for b in (low, high) if b is not None]
            dtype = meeting([input.buffer, *numbers])
            input = cast_to(input, dtype)
        low, high = [None if b is None else checked_number(b, dtype) for b in (low, high)]
    except TypeError:
        raise invalid_combination(_function(called), input, *bounds) from None
    if dtype.kind == "b":
        raise not_implemented(f"{_function(called)}_scalar_cpu", dtype)
    variant = int(called == "Clamp")
    return apply(ops.Clamp, input, low=low, high=high, called=called, variant=variant)


def _function(called: str) -> str:
    """`clamp_min` for `ClampMin`."""
    return called.replace("M", "_m").lower()


def _between_tensors(called: str, input: Any, low: Any, high: Any) -> Any:
    """Tensors as bounds."""
    tensors = together(input, *[b for b in (low, high) if b is not None])
    low = ABSENT if low is None else tensors[1]
    high = ABSENT if high is None else tensors[-1]
    settings = {"called": called, "variant": int(called != "Clamp")}
    return apply_broadcast(ops.ClampTensor, tensors[0], low, high, **settings)


def nan_to_num(
    input: Tensor, nan: float | None = None, posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:  # fmt: skip
    """Replace not-a-number and infinities by numbers.

    Args:
        input: Any shape.
        nan: For not-a-number; by default 0.
        posinf: For +∞; by default the largest number of the dtype.
        neginf: For -∞; by default the smallest.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nan_to_num(torch.tensor([float("nan"), 1.0]), nan=5.0)
        tensor([5., 1.])

    See: rule [`NanToNum`][minitorch_ff.firefly.ops.extremes.NanToNum],
        [torch.nan_to_num](https://docs.pytorch.org/docs/stable/generated/torch.nan_to_num.html).
    """
    dtype = input.buffer.dtype
    if dtype.kind in "iub":
        return clone(input)
    _, lowest, highest = RANGES[dtype.name]
    above = highest if posinf is None else posinf
    below = lowest if neginf is None else neginf
    return apply(ops.NanToNum, input, nan=nan or 0.0, above=above, below=below)


def nextafter(input: Tensor, other: Tensor) -> Tensor:
    """The next floating number after `input` on the way to `other`.

    See: rule [`Nextafter`][minitorch_ff.firefly.ops.extremes.Nextafter],
        [torch.nextafter](https://docs.pytorch.org/docs/stable/generated/torch.nextafter.html).
    """
    return of_tensors(ops.Nextafter, input, other)


clip = clamp
