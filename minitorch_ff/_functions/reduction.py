"""Many elements into one: `torch.sum`, `torch.mean`, `torch.prod` and more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch_ff._checks import check, floating, numpy_names, wrap_dim, wrap_dims
from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._functions._autocast import in_float32, in_float32_on_cpu
from minitorch_ff._functions._operands import Tensor, invalid_combination, type_name
from minitorch_ff._functions.conversion import cast
from minitorch_ff.firefly.ops import reduction as ops
from minitorch_ff.firefly.ops.base import apply, refuse

if TYPE_CHECKING:
    import typing


def reduced_dims(input: Tensor, dim: typing.Any) -> typing.Any:
    """`dim` as an int, a tuple, or None for all; an empty tuple means all.

    Raises:
        IndexError: There is no such dimension.
        RuntimeError: One is given twice.
    """
    if dim is None:
        return None
    ndim = input.buffer.ndim
    if isinstance(dim, int):
        dim = wrap_dim(dim, ndim)
        return dim if ndim else None
    dims = wrap_dims(dim, ndim)
    return dims if ndim and dims else None


@numpy_names
def sum(
    input: Tensor, dim: typing.Any = None, keepdim: bool = False, *, dtype: DType | None = None
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
    if dtype is None and dim is None and not keepdim:
        return apply(ops.Sum, input)
    out = apply(ops.Sum, cast(input, dtype), dim=reduced_dims(input, dim), keepdim=keepdim)
    return cast(out, dtype)


@numpy_names
def nansum(
    input: Tensor, dim: typing.Any = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """Add up all elements that are numbers: not-a-number counts as zero.

    Args:
        input: Any shape.
        dim: A dimension, a tuple of dimensions, or None for all.
        keepdim: Keep the reduced dimensions, with size 1.
        dtype: Cast `input` to this first.

    See: rule [`Nansum`][minitorch_ff.firefly.ops.reduction.Nansum],
        [torch.nansum](https://docs.pytorch.org/docs/stable/generated/torch.nansum.html).
    """
    kind = input.buffer.dtype.kind
    check(kind != "c", "nansum on CPU does not support complex inputs")
    if kind in "iub":
        return sum(input, dim, keepdim, dtype=dtype)
    dim = reduced_dims(input, dim)
    return apply(ops.Nansum, cast(input, dtype), dim=dim, keepdim=keepdim)


@numpy_names
def mean(
    input: Tensor, dim: typing.Any = None, keepdim: bool = False, *, dtype: DType | None = None
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
            f"mean(): could not infer output dtype. {'Input' if dtype is None else 'Optional'} "
            "dtype must be either a floating point or complex dtype. Got: "
            f"{type_name(input)}"
        )
    if dim is None and not keepdim:
        return apply(ops.Mean, input)
    return apply(ops.Mean, input, dim=reduced_dims(input, dim), keepdim=keepdim)


@numpy_names
def nanmean(
    input: Tensor, dim: typing.Any = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """The mean of all elements that are numbers.

    Args:
        input: Any shape, floating point.
        dim: A dimension, a tuple of dimensions, or None for all.
        keepdim: Keep the reduced dimensions, with size 1.
        dtype: Cast to this first.

    Raises:
        RuntimeError: `input` is not floating point.

    See: [torch.nanmean](https://docs.pytorch.org/docs/stable/generated/torch.nanmean.html).
    """
    text = "nanmean(): expected input to have floating point or complex dtype but got"
    check(input.buffer.dtype.kind not in "iub", f"{text} {type_name(input)}")
    total = nansum(input, dim, keepdim, dtype=dtype)
    return total / sum(input.detach() == input.detach(), dim, keepdim)


@numpy_names
@in_float32
def prod(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """Multiply all elements, or those along one dimension.

    Args:
        input: Any shape. Integers and booleans are multiplied in int64.
        dim: A dimension, or None for all.
        keepdim: Keep the reduced dimension, with size 1.
        dtype: Cast `input` to this first.

    Raises:
        IndexError: There is no such dimension.

    See: rule [`Prod`][minitorch_ff.firefly.ops.reduction.Prod],
        [torch.prod](https://docs.pytorch.org/docs/stable/generated/torch.prod.html).
    """
    if dim is not None and not isinstance(dim, int):
        raise invalid_combination("prod", input, dim)
    out = apply(ops.Prod, cast(input, dtype), dim=reduced_dims(input, dim), keepdim=keepdim)
    return cast(out, dtype)


@numpy_names
def logsumexp(input: Tensor, dim: typing.Any, keepdim: bool = False) -> Tensor:
    r"""The logarithm of summed exponentials, $\log \sum_i e^{x_i}$, without overflow.

    Args:
        input: Any shape; integers give the default floating dtype.
        dim: A dimension, or a tuple of dimensions.
        keepdim: Keep the reduced dimensions, with size 1.

    Raises:
        IndexError: There is no such dimension.

    See: rule [`Logsumexp`][minitorch_ff.firefly.ops.reduction.Logsumexp],
        [torch.logsumexp](https://docs.pytorch.org/docs/stable/generated/torch.logsumexp.html).
    """
    input = floating(input)
    return apply(ops.Logsumexp, input, dim=reduced_dims(input, dim), keepdim=keepdim)


@numpy_names
def all(input: Tensor, dim: typing.Any = None, keepdim: bool = False) -> Tensor:
    """Whether all elements (along some dimensions) are true, that is not zero.

    Raises:
        IndexError: There is no such dimension.

    See: rule [`All`][minitorch_ff.firefly.ops.reduction.All],
        [torch.all](https://docs.pytorch.org/docs/stable/generated/torch.all.html).
    """
    return apply(ops.All, input, dim=_truth_dims(input, dim), keepdim=keepdim)


@numpy_names
def any(input: Tensor, dim: typing.Any = None, keepdim: bool = False) -> Tensor:
    """Whether any element (along some dimensions) is true, that is not zero.

    Raises:
        IndexError: There is no such dimension.

    See: rule [`Any`][minitorch_ff.firefly.ops.reduction.Any],
        [torch.any](https://docs.pytorch.org/docs/stable/generated/torch.any.html).
    """
    return apply(ops.Any, input, dim=_truth_dims(input, dim), keepdim=keepdim)


def _truth_dims(input: Tensor, dim: typing.Any) -> typing.Any:
    """As `reduced_dims`; but an empty tuple means none at all."""
    if dim is None or isinstance(dim, int) or len(dim):
        return reduced_dims(input, dim)
    return ()


@numpy_names
def count_nonzero(input: Tensor, dim: typing.Any = None) -> Tensor:
    """How many elements (along some dimensions) are not zero.

    Raises:
        IndexError: There is no such dimension.

    See: rule [`CountNonzero`][minitorch_ff.firefly.ops.reduction.CountNonzero],
        [torch.count_nonzero](https://docs.pytorch.org/docs/stable/generated/torch.count_nonzero.html).
    """
    return apply(ops.CountNonzero, input, dim=reduced_dims(input, dim))


@in_float32_on_cpu
def trace(input: Tensor) -> Tensor:
    """The sum of the elements on a matrix's diagonal.

    Raises:
        RuntimeError: `input` does not have two dimensions.

    See: rule [`Trace`][minitorch_ff.firefly.ops.reduction.Trace],
        [torch.trace](https://docs.pytorch.org/docs/stable/generated/torch.trace.html).
    """
    if input.buffer.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.buffer.ndim}")
    refuse(input.buffer, "b", "trace")
    return apply(ops.Trace, input)


def sum_to_size(input: Tensor, *size: typing.Any) -> Tensor:
    """Sum over dimensions until the shape is `size`, which must broadcast to `input`'s.

    Raises:
        RuntimeError: It does not.

    See: [torch.Tensor.sum_to_size](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.sum_to_size.html).
    """
    wanted = tuple(size[0]) if len(size) == 1 and not isinstance(size[0], int) else size
    shape = input.buffer.shape
    lead = len(shape) - len(wanted)
    pairs = zip(wanted, shape[max(lead, 0) :], strict=False)
    if lead < 0 or [n for n, m in pairs if n not in (1, m)]:
        raise RuntimeError(f"size {{{list(wanted)}}} is not expandable to size {{{list(shape)}}}.")
    if not wanted:
        return sum(input)
    if wanted == shape:
        return input
    dims = [i for i in range(len(shape)) if i < lead or (wanted[i - lead] == 1 != shape[i])]
    return sum(input, dims, True).reshape(wanted)
