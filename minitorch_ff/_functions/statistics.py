"""Spread and middle of many elements: `torch.var`, `torch.std`, `torch.median`, …"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from minitorch_ff import return_types
from minitorch_ff._checks import numpy_names
from minitorch_ff._functions.ordering import must_have_elements
from minitorch_ff._functions.reduction import reduced_dims
from minitorch_ff.firefly.ops import ordering, reduction
from minitorch_ff.firefly.ops.base import apply, apply_several, not_implemented

if TYPE_CHECKING:
    from minitorch_ff._tensor import Tensor


# -------------------------------------------------------------------------------- variance


@numpy_names
def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    r"""The variance, $\sum_i (x_i - \bar x)^2 / (n - c)$, of all elements or along `dim`.

    Args:
        input: Any shape, floating point.
        dim: A dimension, a tuple of dimensions, or None for all.
        unbiased: True is a correction of 1, False of 0; `var(x, False)` is short for it.
        keepdim: Keep the reduced dimensions, with size 1.
        correction: What to take from the number of elements; 1 by default.

    Raises:
        RuntimeError: `input` is not floating point.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.var(torch.tensor([1.0, 2.0, 3.0]))
        tensor(1.)

    See: rule [`Var`][minitorch_ff.firefly.ops.reduction.Var],
        [torch.var](https://docs.pytorch.org/docs/stable/generated/torch.var.html).
    """
    return apply(reduction.Var, input, **_about(input, dim, unbiased, keepdim, correction, "var"))


@numpy_names
def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The standard deviation, the root of the variance; see `var` for the arguments.

    Raises:
        RuntimeError: `input` is not floating point.

    See: rule [`Std`][minitorch_ff.firefly.ops.reduction.Std],
        [torch.std](https://docs.pytorch.org/docs/stable/generated/torch.std.html).
    """
    return apply(reduction.Std, input, **_about(input, dim, unbiased, keepdim, correction, "std"))


@numpy_names
def var_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """The variance and the mean; see `var` for the arguments.

    See: rule [`VarMean`][minitorch_ff.firefly.ops.reduction.VarMean],
        [torch.var_mean](https://docs.pytorch.org/docs/stable/generated/torch.var_mean.html).
    """
    settings = _about(input, dim, unbiased, keepdim, correction, "var_mean")
    return tuple(apply_several(reduction.VarMean, input, **settings))  # type: ignore[return-value]


@numpy_names
def std_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean; see `var` for the arguments.

    See: rule [`StdMean`][minitorch_ff.firefly.ops.reduction.StdMean],
        [torch.std_mean](https://docs.pytorch.org/docs/stable/generated/torch.std_mean.html).
    """
    settings = _about(input, dim, unbiased, keepdim, correction, "std_mean")
    return tuple(apply_several(reduction.StdMean, input, **settings))  # type: ignore[return-value]


def _about(
    input: Tensor, dim: Any, unbiased: Any, keepdim: bool, correction: Any, name: str
) -> dict[str, Any]:
    """The settings of the four operators; a lone boolean `dim` is `unbiased`."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        if correction is not None:
            raise TypeError(
                f"{name}() received an invalid combination of arguments: both unbiased and "
                "correction"
            )
        correction = int(unbiased)
    elif correction is None:
        correction = 1
    if input.buffer.dtype.kind in "iub":
        which = name if "mean" in name else "std and var"
        raise RuntimeError(f"{which} only support floating point and complex dtypes")
    dim = reduced_dims(input, dim)
    if correction >= reduction.count_of(input.buffer.shape, dim):
        warnings.warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than "
            "the reduction factor (input numel divided by output numel).",
            stacklevel=4,
        )
    return {"dim": dim, "keepdim": keepdim, "correction": correction}


# ------------------------------------------------------------------------ middle


@numpy_names
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element, of all or along `dim`; of two, the lower. Not-a-number wins.

    Args:
        input: Any shape.
        dim: A dimension, or None for all.
        keepdim: Keep the dimension, with size 1.

    Returns:
        A tensor; with `dim`, a named tuple of values and indices.

    Raises:
        IndexError: There is no such dimension, or it is empty.

    See: rule [`Median`][minitorch_ff.firefly.ops.ordering.Median],
        [torch.median](https://docs.pytorch.org/docs/stable/generated/torch.median.html).
    """
    if input.buffer.dtype.kind == "b":
        raise not_implemented("median_cpu", input.buffer.dtype)
    if dim is None:
        return apply(reduction.MedianAll, input)
    dim = must_have_elements(input, dim, "median")
    return return_types.median(apply_several(ordering.Median, input, dim=dim, keepdim=keepdim))


@numpy_names
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle one of the elements that are numbers; see `median`.

    See: rule [`Nanmedian`][minitorch_ff.firefly.ops.ordering.Nanmedian],
        [torch.nanmedian](https://docs.pytorch.org/docs/stable/generated/torch.nanmedian.html).
    """
    if input.buffer.dtype.kind == "b":
        raise not_implemented("median_cpu", input.buffer.dtype)
    if dim is None:
        return apply(reduction.NanmedianAll, input)
    dim = must_have_elements(input, dim, "nanmedian")
    out = apply_several(ordering.Nanmedian, input, dim=dim, keepdim=keepdim)
    return return_types.nanmedian(out)


@numpy_names
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
    """The most frequent value along `dim`, the smallest of several, and where it is.

    Raises:
        IndexError: There is no such dimension, or it is empty.

    See: rule [`Mode`][minitorch_ff.firefly.ops.ordering.Mode],
        [torch.mode](https://docs.pytorch.org/docs/stable/generated/torch.mode.html).
    """
    dim = must_have_elements(input, dim, "mode")
    return return_types.mode(apply_several(ordering.Mode, input, dim=dim, keepdim=keepdim))
