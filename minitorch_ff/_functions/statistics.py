"""Spread and middle of many elements: `torch.var`, `torch.std` and more."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch_ff import return_types
from minitorch_ff._checks import check, numpy_names
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.ordering import max as maximum
from minitorch_ff._functions.ordering import min as minimum
from minitorch_ff._functions.ordering import must_have_elements
from minitorch_ff._functions.reduction import reduced_dims
from minitorch_ff.firefly.ops import ordering, reduction
from minitorch_ff.firefly.ops.base import TYPE_NAMES, apply, apply_several, refuse

# ----------------------------------------------------------------------------- variance


@numpy_names
def var(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    r"""The variance, of all elements or along `dim`.

    $$ \frac{1}{n - c} \sum_i (x_i - \bar x)^2 $$

    Args:
        input: Any shape, floating point.
        dim: A dimension, a tuple of dimensions, or None for all.
        unbiased: True is a correction of 1, False of 0; `var(x, False)` is short for
            it.
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
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """The standard deviation, the root of the variance; see `var` for the arguments.

    Raises:
        RuntimeError: `input` is not floating point.

    See: rule [`Std`][minitorch_ff.firefly.ops.reduction.Std],
        [torch.std](https://docs.pytorch.org/docs/stable/generated/torch.std.html).
    """
    return apply(reduction.Std, input, **_about(input, dim, unbiased, keepdim, correction, "std"))


@numpy_names
def var_mean(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The variance and the mean; see `var` for the arguments.

    See: rule [`VarMean`][minitorch_ff.firefly.ops.reduction.VarMean],
        [torch.var_mean](https://docs.pytorch.org/docs/stable/generated/torch.var_mean.html).
    """
    settings = _about(input, dim, unbiased, keepdim, correction, "var_mean")
    return tuple(apply_several(reduction.VarMean, input, **settings))


@numpy_names
def std_mean(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The standard deviation and the mean; see `var` for the arguments.

    See: rule [`StdMean`][minitorch_ff.firefly.ops.reduction.StdMean],
        [torch.std_mean](https://docs.pytorch.org/docs/stable/generated/torch.std_mean.html).
    """
    settings = _about(input, dim, unbiased, keepdim, correction, "std_mean")
    return tuple(apply_several(reduction.StdMean, input, **settings))


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
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the "
            "reduction factor (input numel divided by output numel).",
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
    refuse(input.buffer, "b", "median_cpu")
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
    refuse(input.buffer, "b", "median_cpu")
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


# -------------------------------------------------------------------- between variables


def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The covariances of variables (rows), estimated from observations (columns).

    Args:
        input: A matrix; a vector is a single variable.
        correction: What to take from the number of observations.
        fweights: How often each observation was made, in integers.
        aweights: How much each observation counts.

    Raises:
        RuntimeError: There are more than two dimensions, or weights do not fit.

    See: [torch.cov](https://docs.pytorch.org/docs/stable/generated/torch.cov.html).
    """
    _must_be_flat(input, "cov")
    check(input.buffer.dtype.kind != "b", "cov(): bool dtype is not supported for input")
    x = input.reshape(1, -1) if input.buffer.ndim < 2 else input
    count = x.buffer.shape[1]
    weights = None
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        if given is not None:
            _check_weights(name, given, count)
            weights = given if weights is None else weights * given
    total: Any = count if weights is None else weights.sum()
    check(weights is None or total, "cov(): weights sum to zero, can't be normalized")
    mean = (x if weights is None else x * weights).sum(1, True) / total
    if aweights is not None and correction and weights is not None:
        total = total - correction * (weights * aweights).sum() / total
    else:
        total = total - correction
    centred = x - mean
    scaled = centred if weights is None else centred * weights
    if isinstance(total, int):
        total = max(total, 0)
    out = scaled @ centred.t() / total
    return out.squeeze()


def _must_be_flat(input: Tensor, function: str) -> None:
    """Refuse what is neither vector nor matrix."""
    if input.buffer.ndim > 2:
        raise RuntimeError(
            f"{function}(): expected input to have two or fewer dimensions but got an input with "
            f"{input.buffer.ndim} dimensions"
        )


def _check_weights(name: str, weights: Tensor, count: int) -> None:
    """Refuse weights that do not fit the observations.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    buffer = weights.buffer
    if buffer.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with "
            f"{buffer.ndim} dimensions"
        )
    integral = name == "fweights"
    if (buffer.dtype.kind in "iu") != integral:
        wanted = "integral" if integral else "floating point"
        raise RuntimeError(
            f"cov(): expected {name} to have {wanted} dtype but got {name} with "
            f"{TYPE_NAMES[buffer.dtype.name]} dtype"
        )
    if buffer.size != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the "
            f"input but got {buffer.size} != {count}"
        )
    check(weights.backend.all(weights.backend.ge(buffer, 0)), f"cov(): {name} cannot be negative")


def corrcoef(input: Tensor) -> Tensor:
    """The correlations of variables (rows): covariances over standard deviations.

    Raises:
        RuntimeError: `input` has more than two dimensions.

    See: [torch.corrcoef](https://docs.pytorch.org/docs/stable/generated/torch.corrcoef.html).
    """
    _must_be_flat(input, "corrcoef")
    out = cov(input)
    if not out.buffer.ndim:
        return out / out
    deviations = out.diagonal() ** 0.5
    out = out / deviations.unsqueeze(1) / deviations.unsqueeze(0)
    limit = out.new_ones(())
    return minimum(maximum(out, -limit), limit)
