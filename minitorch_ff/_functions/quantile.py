"""Values below which a given part of the elements lies: `torch.quantile`."""

from __future__ import annotations

from typing import Any

from minitorch_ff._checks import check, numpy_names, wrap_dim
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.ordering import sort
from minitorch_ff.firefly.ops.base import apply
from minitorch_ff.firefly.ops.ordering import TakeAlong
from minitorch_ff.firefly.tensor import wrap

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


@numpy_names
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
    if interpolation not in INTERPOLATIONS:
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or "
            f"nearest, but got {interpolation}"
        )
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
    if dim is None or not ndim:
        wrap_dim(dim or 0, ndim)
        ordered = sort(input.reshape(-1))[0]
    else:
        dim = wrap_dim(dim, ndim)
        ordered = sort(input.movedim(dim, -1))[0]
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
        settings = {"positions": xp.cast(rounded, "int64"), "repeated": True}
        return apply(TakeAlong, ordered, dim=ordered.buffer.ndim - 1, **settings)

    if interpolation == "lower":
        return read(floor)
    if interpolation == "higher":
        return read(ceil)
    if interpolation == "nearest":
        return read(xp.round(ranks.buffer))
    below, above = read(floor), read(ceil)
    if interpolation == "midpoint":
        return (below + above) / 2
    return below + (above - below) * (ranks - wrap(type(ranks), floor))
