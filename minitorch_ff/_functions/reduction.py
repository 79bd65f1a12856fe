"""Many elements into one: `torch.sum`, `torch.mean`, `torch.max`, `torch.var`, …"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch_ff._checks import wrap_dim, wrap_dims
from minitorch_ff._functions.conversion import cast
from minitorch_ff.firefly.ops import reduction as ops
from minitorch_ff.firefly.ops.base import TYPE_NAMES, apply

if TYPE_CHECKING:
    from minitorch_ff._dtypes import dtype as DType
    from minitorch_ff._tensor import Tensor

Dim = int | tuple[int, ...] | None


def reduced_dims(input: Tensor, dim: Any) -> Dim:
    """`dim` as an int, a tuple, or None for all; an empty tuple means all.

    Raises:
        IndexError: There is no such dimension.
        RuntimeError: One is given twice.
    """
    ndim = input.buffer.ndim
    if isinstance(dim, int):
        dim = wrap_dim(dim, ndim)
        return dim if ndim else None
    dims = wrap_dims(dim, ndim)
    return dims if ndim and dims else None


def sum(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """Add up all elements, or those along some dimensions.

    Args:
        input: Any shape. Integers and booleans are added up in int64.
        dim: A dimension, a tuple of dimensions, or None for all.
        keepdim: Keep the reduced dimensions, with size 1.
        dtype: Cast `input` to this first.

    Raises:
        IndexError: There is no such dimension.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.sum(torch.tensor([[1, 2], [3, 4]]), dim=0)
        tensor([4, 6])

    See: rule [`Sum`][minitorch_ff.firefly.ops.reduction.Sum],
        [torch.sum](https://docs.pytorch.org/docs/stable/generated/torch.sum.html).
    """
    if dtype is not None:
        input = cast(input, dtype)
    if dim is None:
        return apply(ops.Sum, input)
    dim = reduced_dims(input, dim)
    return apply(ops.Sum, input, dim=dim, keepdim=keepdim)


def mean(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """The mean of all elements, or along some dimensions.

    Args:
        input: Any shape, floating point.
        dim: A dimension, a tuple of dimensions, or None for all.
        keepdim: Keep the reduced dimensions, with size 1.
        dtype: Cast `input` to this first.

    Raises:
        IndexError: There is no such dimension.
        RuntimeError: `input` is not floating point.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.mean(torch.tensor([1.0, 2.0, 6.0]))
        tensor(3.)

    See: rule [`Mean`][minitorch_ff.firefly.ops.reduction.Mean],
        [torch.mean](https://docs.pytorch.org/docs/stable/generated/torch.mean.html).
    """
    if dtype is not None:
        input = cast(input, dtype)
    if input.buffer.dtype.kind in "iub":
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point "
            f"or complex dtype. Got: {TYPE_NAMES[input.buffer.dtype.name]}"
        )
    if dim is None:
        return apply(ops.Mean, input)
    dim = reduced_dims(input, dim)
    return apply(ops.Mean, input, dim=dim, keepdim=keepdim)
