"""Elements by rank: `torch.max`, `torch.sort`, `torch.topk` and more."""

from __future__ import annotations

from typing import Any

from minitorch_ff import return_types
from minitorch_ff._checks import check, numpy_names, wrap_dim
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.reduction import reduced_dims
from minitorch_ff.firefly.ops import ordering as ops
from minitorch_ff.firefly.ops import reduction
from minitorch_ff.firefly.ops.base import apply, apply_several, of_tensors, refuse
from minitorch_ff.firefly.ops.extremes import Maximum, Minimum


def must_have_elements(input: Tensor, dim: int, function: str) -> int:
    """A dimension counted from 0, which has to have elements.

    Raises:
        IndexError: It does not exist, or is empty.
    """
    shape = input.buffer.shape
    dim = wrap_dim(dim, len(shape))
    if shape and not shape[dim]:
        raise IndexError(f"{function}(): Expected reduction dim {dim} to have non-zero size.")
    return dim


# ----------------------------------------------------------------- largest and smallest


@numpy_names
def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The largest element: of all, along `dim`, or of two tensors place by place.

    Args:
        input: Any shape. Not-a-number counts as the largest.
        dim: A dimension; None for all elements; a tensor stands for `other`.
        keepdim: Keep the dimension, with size 1.
        other: A tensor to compare with; see `maximum`.

    Returns:
        A tensor; with `dim`, a named tuple of values and indices. Of equal elements
        along
        `dim` the first is taken, and has the gradient; without `dim` they share it.

    Raises:
        IndexError: There is no such dimension, or it is empty.
        RuntimeError: There are no elements.

    Example:
        >>> import minitorch_ff as torch
        >>> values, indices = torch.max(torch.tensor([[1, 5], [7, 2]]), dim=1)
        >>> indices
        tensor([1, 0])

    See: rule [`Max`][minitorch_ff.firefly.ops.ordering.Max],
        [torch.max](https://docs.pytorch.org/docs/stable/generated/torch.max.html).
    """
    if dim is None and other is None:
        must_not_be_empty(input, "max")
        return apply(reduction.MaxAll, input)
    if not isinstance(dim, int):
        return of_tensors(Maximum, input, dim if other is None else other)
    dim = must_have_elements(input, dim, "max")
    return return_types.max(apply_several(ops.Max, input, dim=dim, keepdim=keepdim))


@numpy_names
def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The smallest element: of all, along `dim`, or of two tensors; as `max`.

    See: rule [`Min`][minitorch_ff.firefly.ops.ordering.Min],
        [torch.min](https://docs.pytorch.org/docs/stable/generated/torch.min.html).
    """
    if dim is None and other is None:
        must_not_be_empty(input, "min")
        return apply(reduction.MinAll, input)
    if not isinstance(dim, int):
        return of_tensors(Minimum, input, dim if other is None else other)
    dim = must_have_elements(input, dim, "min")
    return return_types.min(apply_several(ops.Min, input, dim=dim, keepdim=keepdim))


def must_not_be_empty(input: Tensor, function: str) -> None:
    """Refuse to find an extreme of no elements.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    if not input.buffer.size:
        raise RuntimeError(
            f"{function}(): Expected reduction dim to be specified for input.numel() == 0. "
            "Specify the reduction dim with the 'dim' argument."
        )


@numpy_names
def amax(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The largest element along some dimensions; equal ones share the gradient.

    Args:
        input: Any shape.
        dim: A dimension, or a tuple of dimensions; by default all.
        keepdim: Keep the reduced dimensions, with size 1.

    Raises:
        IndexError: There is no such dimension, or it is empty.

    See: rule [`Amax`][minitorch_ff.firefly.ops.reduction.Amax],
        [torch.amax](https://docs.pytorch.org/docs/stable/generated/torch.amax.html).
    """
    dim = _nonempty_dims(input, dim, "amax")
    return apply(reduction.Amax, input, dim=dim, keepdim=keepdim)


@numpy_names
def amin(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The smallest element along some dimensions; equal ones share the gradient.

    See: rule [`Amin`][minitorch_ff.firefly.ops.reduction.Amin],
        [torch.amin](https://docs.pytorch.org/docs/stable/generated/torch.amin.html).
    """
    dim = _nonempty_dims(input, dim, "amin")
    return apply(reduction.Amin, input, dim=dim, keepdim=keepdim)


def _nonempty_dims(input: Tensor, dim: Any, function: str) -> Any:
    reduced = reduced_dims(input, dim)
    if not input.buffer.size:
        if reduced is None:
            must_not_be_empty(input, function)
        for d in (reduced,) if isinstance(reduced, int) else reduced or ():
            must_have_elements(input, d, function)
    return reduced


@numpy_names
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest and the largest element, of all or along `dim`, as a named tuple.

    Raises:
        RuntimeError: There are no elements.

    See: rule [`Aminmax`][minitorch_ff.firefly.ops.reduction.Aminmax],
        [torch.aminmax](https://docs.pytorch.org/docs/stable/generated/torch.aminmax.html).
    """
    dim = reduced_dims(input, dim)
    if dim is not None:
        if not input.buffer.shape[dim]:
            raise IndexError(f"aminmax: Expected reduction dim {dim} to have non-zero size.")
    elif not input.buffer.size:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
            "identity."
        )
    return return_types.aminmax(apply_several(reduction.Aminmax, input, dim=dim, keepdim=keepdim))


@numpy_names
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The position of the largest element, the first of equal ones.

    Args:
        input: Any shape.
        dim: A dimension; None for the position among all elements in row-major order.
        keepdim: Keep the dimension, with size 1.

    Raises:
        IndexError: There is no such dimension, or there are no elements.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.argmax(torch.tensor([1.0, 5.0, 3.0]))
        tensor(1)

    See: rule [`Argmax`][minitorch_ff.firefly.ops.reduction.Argmax],
        [torch.argmax](https://docs.pytorch.org/docs/stable/generated/torch.argmax.html).
    """
    dim = _position_dim(input, dim, "argmax")
    return apply(reduction.Argmax, input, dim=dim, keepdim=keepdim)


@numpy_names
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The position of the smallest element, the first of equal ones; as `argmax`.

    See: rule [`Argmin`][minitorch_ff.firefly.ops.reduction.Argmin],
        [torch.argmin](https://docs.pytorch.org/docs/stable/generated/torch.argmin.html).
    """
    dim = _position_dim(input, dim, "argmin")
    return apply(reduction.Argmin, input, dim=dim, keepdim=keepdim)


def _position_dim(input: Tensor, dim: Any, function: str) -> int | None:
    check(input.buffer.dtype.kind != "b", f"{function}(): does not support bool input")
    dim = reduced_dims(input, dim)
    if dim is None:
        text = f"{function}(): Expected reduction dim to be specified for input.numel() == 0."
        check(input.buffer.size, text, IndexError)
    else:
        must_have_elements(input, dim, function)
    return dim


# -------------------------------------------------------------------------------- order


@numpy_names
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
    """The elements along `dim` in order, and where they were.

    Args:
        input: Any shape. Not-a-number counts as the largest.
        dim: The dimension to sort along.
        descending: Start with the largest.
        stable: Keep the order of equal elements; it is kept anyway.

    Returns:
        A named tuple of values and indices.

    Raises:
        IndexError: There is no such dimension.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.sort(torch.tensor([3, 1, 2])).values
        tensor([1, 2, 3])

    See: rule [`Sort`][minitorch_ff.firefly.ops.ordering.Sort],
        [torch.sort](https://docs.pytorch.org/docs/stable/generated/torch.sort.html).
    """
    check(input.buffer.dtype.kind != "c", " Sort does not support complex dtypes on CPU")
    dim = wrap_dim(dim, input.buffer.ndim)
    return return_types.sort(apply_several(ops.Sort, input, dim=dim, descending=descending))


@numpy_names
def argsort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False
) -> Tensor:
    """Where the elements were before sorting: the indices of `sort`.

    See: [torch.argsort](https://docs.pytorch.org/docs/stable/generated/torch.argsort.html).
    """
    return sort(input, dim, descending, stable=stable)[1]


def msort(input: Tensor) -> Tensor:
    """The elements in order along the first dimension.

    See: [torch.msort](https://docs.pytorch.org/docs/stable/generated/torch.msort.html).
    """
    return sort(input, 0)[0]


@numpy_names
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The `k` largest (or smallest) elements along `dim`, and where they are.

    Args:
        input: Any shape.
        k: How many.
        dim: The dimension to look along.
        largest: Take the largest, or the smallest.
        sorted: Give them in order; they are in order anyway.

    Returns:
        A named tuple of values and indices.

    Raises:
        RuntimeError: The dimension has fewer than `k` elements.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.topk(torch.tensor([1.0, 5.0, 3.0]), 2).values
        tensor([5., 3.])

    See: rule [`Topk`][minitorch_ff.firefly.ops.ordering.Topk],
        [torch.topk](https://docs.pytorch.org/docs/stable/generated/torch.topk.html).
    """
    shape = input.buffer.shape
    dim = wrap_dim(dim, len(shape))
    check(0 <= k <= (shape[dim] if shape else 1), "selected index k out of range")
    check(input.buffer.dtype.kind != "b", "topk does not support bool dtypes on CPU")
    return return_types.topk(apply_several(ops.Topk, input, dim=dim, k=int(k), largest=largest))


@numpy_names
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The `k`-th smallest element along `dim` (counted from 1), and where it is.

    Raises:
        RuntimeError: The dimension has fewer than `k` elements.
        IndexError: There is no such dimension, or it is empty.

    See: rule [`Kthvalue`][minitorch_ff.firefly.ops.ordering.Kthvalue],
        [torch.kthvalue](https://docs.pytorch.org/docs/stable/generated/torch.kthvalue.html).
    """
    dim = must_have_elements(input, dim, "kthvalue")
    shape = input.buffer.shape
    if not 1 <= k <= (shape[dim] if shape else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    refuse(input.buffer, "b", "kthvalue_cpu")
    settings = {"dim": dim, "keepdim": keepdim, "k": int(k)}
    return return_types.kthvalue(apply_several(ops.Kthvalue, input, **settings))


# ----------------------------------------------------------------------------- distinct


def unique(
    input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Any:  # fmt: skip
    """The distinct elements in order, or the distinct slices along `dim`.

    Args:
        input: Any shape.
        sorted: Give them in order; they are in order anyway.
        return_inverse: Also say for each element (or slice) which of them it is.
        return_counts: Also say how often each occurs.
        dim: A dimension, or None for single elements.

    Returns:
        The distinct elements, or a tuple of what was asked for.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.unique(torch.tensor([3, 1, 3]))
        tensor([1, 3])

    See: rule [`Unique`][minitorch_ff.firefly.ops.ordering.Unique],
        [torch.unique](https://docs.pytorch.org/docs/stable/generated/torch.unique.html).
    """
    return _distinct(input, return_inverse, return_counts, dim, False)


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements without those that equal the one before; see `unique`.

    See: rule [`Unique`][minitorch_ff.firefly.ops.ordering.Unique],
        [torch.unique_consecutive](https://docs.pytorch.org/docs/stable/generated/torch.unique_consecutive.html).
    """
    return _distinct(input, return_inverse, return_counts, dim, True)


def _distinct(input: Tensor, inverse: bool, counts: bool, dim: Any, consecutive: bool) -> Any:
    shape = input.buffer.shape
    dim = reduced_dims(input, dim)
    if dim is not None and not shape[dim] and 0 in shape[:dim] + shape[dim + 1 :]:
        raise RuntimeError(
            f"There are {shape.count(0)} zero sized dimensions, and they aren't selected, so "
            "unique cannot be applied"
        )
    values, places, how_often = apply_several(ops.Unique, input, dim=dim, consecutive=consecutive)
    if not inverse and not counts:
        return values
    return (values, *([places] if inverse else []), *([how_often] if counts else []))
