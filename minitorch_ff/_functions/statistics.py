"""Spread and middle of many elements: `torch.var`, `torch.std` and more."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch_ff import return_types
from minitorch_ff._checks import check, numpy_names, wrap_dim
from minitorch_ff._functions._autocast import in_float32_on_cpu
from minitorch_ff._functions._operands import Tensor, type_name
from minitorch_ff._functions.ordering import max as maximum
from minitorch_ff._functions.ordering import min as minimum
from minitorch_ff._functions.ordering import must_have_elements, sort
from minitorch_ff._functions.reduction import reduced_dims
from minitorch_ff.firefly.ops import ordering, picking, reduction
from minitorch_ff.firefly.ops.base import apply, apply_several, refuse
from minitorch_ff.firefly.tensor import wrap

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
        text = "received an invalid combination of arguments: both unbiased and correction"
        check(correction is None, f"{name}() {text}", TypeError)
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


@numpy_names
@in_float32_on_cpu
def quantile(
    input: Tensor, q: float | Tensor, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
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

    Example:
        >>> import minitorch_ff as torch
        >>> torch.quantile(torch.tensor([0.0, 1.0, 2.0, 4.0]), 0.5)
        tensor(1.5000)

    See: [torch.quantile](https://docs.pytorch.org/docs/stable/generated/torch.quantile.html).
    """
    parts = checked_parts(input, q, interpolation, "quantile")
    return at_parts(input, parts, dim, keepdim, interpolation, ignore_nan=False)


@numpy_names
@in_float32_on_cpu
def nanquantile(
    input: Tensor, q: float | Tensor, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """`quantile` of the elements that are numbers; see there for the arguments.

    See: [torch.nanquantile](https://docs.pytorch.org/docs/stable/generated/torch.nanquantile.html).
    """
    parts = checked_parts(input, q, interpolation, "nanquantile")
    return at_parts(input, parts, dim, keepdim, interpolation, ignore_nan=True)


def checked_parts(input: Tensor, q: Any, interpolation: str, name: str) -> Any:
    """`q` as a tensor of `input`'s dtype.

    Raises:
        RuntimeError: An argument does not fit.
    """
    dtype = input.buffer.dtype
    if isinstance(q, Tensor):
        check(q.buffer.ndim <= 1, f"{name}() q must be a scalar or 1D tensor")
    elif not 0 <= q <= 1:
        raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q:g}")
    check(input.buffer.size, f"{name}() input tensor must be non-empty")
    if dtype.name not in ("float32", "float64"):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    listed = "one of linear, lower, higher, midpoint or nearest"
    known = interpolation in ("linear", "lower", "higher", "midpoint", "nearest")
    check(known, f"{name}() interpolation must be {listed}, but got {interpolation}")
    if not isinstance(q, Tensor):
        return wrap(type(input), input.backend.constant(q, dtype))
    check(q.buffer.dtype == dtype, f"{name}() q tensor must be same dtype as the input tensor")
    xp = q.backend
    if not xp.all(xp.logical_and(xp.ge(q.buffer, 0), xp.le(q.buffer, 1))):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    return q


def at_parts(
    input: Tensor, parts: Tensor, dim: Any, keepdim: bool, interpolation: str, ignore_nan: bool
) -> Tensor:
    """The quantiles: elements in order, read at fractional ranks."""
    ndim = input.buffer.ndim
    dim = None if dim is None else wrap_dim(dim, ndim)
    flat = dim is None or not ndim
    ordered = sort(input.reshape(-1) if flat else input.movedim(dim, -1))[0]
    ranks = ranks_of(ordered.buffer, parts.reshape(-1), ignore_nan)
    out = between_ranks(ordered, ranks, interpolation).movedim(-1, 0)
    if keepdim and ndim:
        out = out.reshape((-1,) + (1,) * ndim) if dim is None else out.unsqueeze(dim + 1)
    return out if parts.buffer.ndim else out.squeeze(0)


def ranks_of(ordered: Any, parts: Tensor, ignore_nan: bool) -> Tensor:
    """Where in their order (counted from 0, in fractions) the quantiles are."""
    xp, cls = parts.backend, type(parts)
    last = ordered.shape[-1] - 1
    missing = xp.sum(xp.isnan(ordered), -1, True)
    if ignore_nan:
        count = xp.clip(xp.sub(last, missing), 0, None)
        return parts * wrap(cls, xp.cast(count, ordered.dtype))
    # Not-a-number is last in order, and wins.
    spoilt = wrap(cls, xp.cast(xp.gt(missing, 0), ordered.dtype))
    return parts * last * (1 - spoilt) + spoilt * last


def between_ranks(ordered: Tensor, ranks: Tensor, interpolation: str) -> Tensor:
    """The elements at fractional ranks."""
    xp = ordered.backend
    floor, ceil = xp.floor(ranks.buffer), xp.ceil(ranks.buffer)

    def read(rounded: Any) -> Any:
        index = xp.cast(rounded, "int64")
        return apply(picking.Gather, ordered, dim=ordered.buffer.ndim - 1, index=index)

    rounded = {"lower": floor, "higher": ceil, "nearest": xp.round(ranks.buffer)}
    if interpolation in rounded:
        return read(rounded[interpolation])
    below, above = read(floor), read(ceil)
    if interpolation == "midpoint":
        return (below + above) / 2
    return below + (above - below) * (ranks - wrap(type(ranks), floor))


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
    if weights is None:
        total = max(total - correction, 0)
    elif aweights is None:
        total = total - correction
    else:
        total = total - correction * (weights * aweights).sum() / total
    centred = x - mean
    scaled = centred if weights is None else centred * weights
    return (scaled @ centred.t() / total).squeeze()


def _must_be_flat(input: Tensor, function: str) -> None:
    """Refuse what is neither vector nor matrix."""
    ndim = input.buffer.ndim
    text = f"expected input to have two or fewer dimensions but got an input with {ndim} dimensions"
    check(ndim <= 2, f"{function}(): {text}")


def _check_weights(name: str, weights: Tensor, count: int) -> None:
    """Refuse weights that do not fit the observations.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    buffer, must = weights.buffer, f"cov(): expected {name} to have"
    kinds, wanted = ("iu", "integral") if name == "fweights" else ("fVcb", "floating point")
    got = f"but got {name} with"
    check(buffer.ndim <= 1, f"{must} one or fewer dimensions {got} {buffer.ndim} dimensions")
    check(buffer.dtype.kind in kinds, f"{must} {wanted} dtype {got} {type_name(weights)} dtype")
    must = f"{must} the same numel as there are observations in the input"
    check(buffer.size == count, f"{must} but got {buffer.size} != {count}")
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
