"""Spread and middle of many elements: `torch.var`, `torch.std`, `torch.median`, …"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from minitorch_ff import return_types
from minitorch_ff._checks import numpy_names, wrap_dim
from minitorch_ff._functions.ordering import must_have_elements, sort
from minitorch_ff._functions.reduction import any as any_
from minitorch_ff._functions.reduction import mean, reduced_dims
from minitorch_ff._functions.reduction import sum as sum_
from minitorch_ff.firefly.ops import ordering, reduction
from minitorch_ff.firefly.ops.base import apply, apply_several, not_implemented
from minitorch_ff.firefly.promotion import number
from minitorch_ff.firefly.tensor import Tensor as AnyTensor

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


# ------------------------------------------------------------------------ middle and ranks


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


@numpy_names
def quantile(
    input: Tensor,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """The values below which a part `q` of the elements lies.

    Args:
        input: Any shape, float32 or float64.
        q: Between 0 and 1; several in a vector.
        dim: A dimension, or None for all elements.
        keepdim: Keep the dimension, with size 1.
        interpolation: Between two elements: "linear", "lower", "higher", "midpoint" or
            "nearest".

    Returns:
        One value per slice; if `q` is a vector, with a first dimension for it.

    Raises:
        RuntimeError: A dtype, `q` or `interpolation` is not as above.

    See: [torch.quantile](https://docs.pytorch.org/docs/stable/generated/torch.quantile.html).
    """
    return _quantile(input, q, dim, keepdim, interpolation, "quantile", False)


@numpy_names
def nanquantile(
    input: Tensor,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """`quantile` of the elements that are numbers.

    See: [torch.nanquantile](https://docs.pytorch.org/docs/stable/generated/torch.nanquantile.html).
    """
    return _quantile(input, q, dim, keepdim, interpolation, "nanquantile", True)


def _quantile(
    input: Tensor, q: Any, dim: Any, keepdim: bool, interpolation: str, name: str, skip_nan: bool
) -> Tensor:
    q = _parts(input, q, name)
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or "
            f"nearest, but got {interpolation}"
        )
    ndim = input.buffer.ndim
    if dim is None:
        kept, x = (1,) * ndim, input.reshape(-1)
    else:
        dim = wrap_dim(dim, ndim)
        x = input.transpose(dim, -1) if ndim else input.reshape(1)
        kept = tuple([1 if i == dim else n for i, n in enumerate(input.buffer.shape)])
    x = sort(x)[0]
    last = x.buffer.shape[-1] - 1
    missing = x.detach() != x.detach()
    if skip_nan:
        ranks = q.reshape(-1) * (last - sum_(missing, -1, True)).to(q.dtype)
    else:  # not-a-number is last in order: the rank that gives it
        full = any_(missing, -1, True).to(q.dtype)
        ranks = q.reshape(-1) * last
        ranks = ranks * (1 - full) + full * last
    xp = ranks.backend
    ranks = xp.maximum(ranks.buffer, xp.constant(0, ranks.buffer.dtype))
    if interpolation != "linear" and interpolation != "midpoint":
        rounded = {"lower": xp.floor, "higher": xp.ceil, "nearest": xp.round}[interpolation]
        out = _at_ranks(x, rounded(ranks))
    else:
        floor = xp.floor(ranks)
        below, above = _at_ranks(x, floor), _at_ranks(x, xp.ceil(ranks))
        weight = AnyTensor.result_class.__new__(AnyTensor.result_class)
        weight = _tensor(xp.sub(ranks, floor)) if interpolation == "linear" else 0.5
        out = below + (above - below) * weight
    out = out.movedim(-1, 0)
    count = q.buffer.shape
    if dim is not None and ndim:  # the swap of `dim` with the last is undone
        out = out.unsqueeze(-1).transpose(dim + 1, -1)
    out = out.reshape(out.buffer.shape[:1] + kept)
    if not keepdim:
        shape = () if dim is None else kept[:dim] + kept[dim + 1 :]
        out = out.reshape(out.buffer.shape[:1] + shape)
    return out if count else out.reshape(out.buffer.shape[1:])
