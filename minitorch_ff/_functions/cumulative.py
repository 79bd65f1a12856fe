"""Sums, products and extremes so far; differences: `torch.cumsum` and more."""

from __future__ import annotations

from typing import Any

from minitorch_ff import return_types
from minitorch_ff._checks import check, numpy_names, wrap_dim, wrap_dims
from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.conversion import cast
from minitorch_ff.firefly.ops import cumulative as ops
from minitorch_ff.firefly.ops import ordering
from minitorch_ff.firefly.ops.base import apply, apply_several, refuse
from minitorch_ff.firefly.ops.shaping import Cat


@numpy_names
def cumsum(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """The sum of each element and all before it along `dim`.

    Args:
        input: Any shape. Integers and booleans are added up in int64.
        dim: The dimension to add along.
        dtype: Cast `input` to this first.

    Raises:
        IndexError: There is no such dimension.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.cumsum(torch.tensor([1, 2, 3]), 0)
        tensor([1, 3, 6])

    See: rule [`Cumsum`][minitorch_ff.firefly.ops.cumulative.Cumsum],
        [torch.cumsum](https://docs.pytorch.org/docs/stable/generated/torch.cumsum.html).
    """
    dim = wrap_dim(dim, input.buffer.ndim)
    return cast(apply(ops.Cumsum, cast(input, dtype), dim=dim), dtype)


@numpy_names
def cumprod(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """The product of each element and all before it along `dim`.

    Args:
        input: Any shape. Integers and booleans are multiplied in int64.
        dim: The dimension to multiply along.
        dtype: Cast `input` to this first.

    Raises:
        IndexError: There is no such dimension.

    See: rule [`Cumprod`][minitorch_ff.firefly.ops.cumulative.Cumprod],
        [torch.cumprod](https://docs.pytorch.org/docs/stable/generated/torch.cumprod.html).
    """
    dim = wrap_dim(dim, input.buffer.ndim)
    return cast(apply(ops.Cumprod, cast(input, dtype), dim=dim), dtype)


@numpy_names
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """The logarithm of the sum of exponentials of each element and all before it.

    Raises:
        IndexError: There is no such dimension.
        NotImplementedError: `input` is not floating point.

    See: rule [`Logcumsumexp`][minitorch_ff.firefly.ops.cumulative.Logcumsumexp],
        [torch.logcumsumexp](https://docs.pytorch.org/docs/stable/generated/torch.logcumsumexp.html).
    """
    dim = wrap_dim(dim, input.buffer.ndim)
    refuse(input.buffer, "iub", "logcumsumexp_out_cpu")
    return apply(ops.Logcumsumexp, input, dim=dim)


@numpy_names
def cummax(input: Tensor, dim: int) -> Any:
    """The largest element so far along `dim`, and where it is.

    Returns:
        A named tuple of values and indices.

    Raises:
        IndexError: There is no such dimension.

    See: rule [`Cummax`][minitorch_ff.firefly.ops.ordering.Cummax],
        [torch.cummax](https://docs.pytorch.org/docs/stable/generated/torch.cummax.html).
    """
    dim = wrap_dim(dim, input.buffer.ndim)
    return return_types.cummax(apply_several(ordering.Cummax, input, dim=dim))


@numpy_names
def cummin(input: Tensor, dim: int) -> Any:
    """The smallest element so far along `dim`, and where it is; as `cummax`.

    See: rule [`Cummin`][minitorch_ff.firefly.ops.ordering.Cummin],
        [torch.cummin](https://docs.pytorch.org/docs/stable/generated/torch.cummin.html).
    """
    dim = wrap_dim(dim, input.buffer.ndim)
    return return_types.cummin(apply_several(ordering.Cummin, input, dim=dim))


@numpy_names
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The difference of neighbours along `dim`, taken `n` times.

    Args:
        input: At least one dimension.
        n: How often.
        dim: The dimension along which neighbours are compared.
        prepend: What to put before `input` first.
        append: What to put behind it.

    Raises:
        RuntimeError: `input` is 0-d, `n` is negative, or a shape does not fit.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.diff(torch.tensor([1, 3, 6]))
        tensor([2, 3])

    See: [torch.diff](https://docs.pytorch.org/docs/stable/generated/torch.diff.html).
    """
    ndim = input.buffer.ndim
    check(ndim, "diff expects input to be at least one-dimensional")
    dim = wrap_dim(dim, ndim)
    check(n >= 0, f"order must be non-negative but got {n}")
    parts = [part for part in (prepend, input, append) if part is not None]
    for part in parts:
        _must_fit(input, part, dim)
    if n == 0:
        return input.clone()
    x = apply(Cat, *parts, dim=dim) if len(parts) > 1 else input
    boolean = x.buffer.dtype.kind == "b"
    for _ in range(min(n, x.buffer.shape[dim])):
        size = x.buffer.shape[dim] - 1
        behind, before = x.narrow(dim, 1, size), x.narrow(dim, 0, size)
        x = behind != before if boolean else behind - before
    return x


def _must_fit(input: Tensor, extra: Tensor, dim: int) -> None:
    """Refuse what cannot be joined to `input` along `dim`.

    Raises:
        RuntimeError: Naming the dimension that differs.
    """
    shape, other = input.buffer.shape, extra.buffer.shape
    same = len(shape) == len(other)
    check(same, "diff expects prepend or append to be the same dimension as input")
    for i, (a, b) in enumerate(zip(shape, other, strict=True)):
        if i != dim and a != b:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input "
                f"except along the differencing dimension; input.size({i}) = {a}, but got "
                f"tensor.size({i}) = {b}"
            )


def gradient(
    input: Tensor, *, spacing: Any = None, dim: Any = None, edge_order: int = 1
) -> tuple[Tensor, ...]:
    r"""Slopes along dimensions, from the neighbours on both sides.

    $$ y_i = (s_{i-1} h_i + s_i h_{i-1}) / (h_{i-1} + h_i) $$

    with the distance $h_i$ of element $i$ to the next one, and the slope $s_i$ between them.

    Args:
        input: At least `edge_order + 1` elements along each of the dimensions; not uint8.
        spacing: The distance of neighbours, by default 1; or for each of the dimensions a
            distance, or the places of all elements, Shape `(n)`.
        dim: A dimension or several; by default all.
        edge_order: At the edges 1 takes the nearest slope, 2 continues a parabola.

    Returns:
        A tensor for each of the dimensions, in the shape of `input`.

    Raises:
        RuntimeError: There are too few elements, or not as many spacings as dimensions.
        IndexError: There is no such dimension.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.gradient(torch.tensor([1.0, 4.0, 9.0]))
        (tensor([3., 4., 5.]),)

    See: [torch.gradient](https://docs.pytorch.org/docs/stable/generated/torch.gradient.html).
    """
    x = input.buffer
    check(x.dtype.kind != "u", "torch.gradient does not support uint8 input.")
    given = range(x.ndim) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    steps = list(spacing) if isinstance(spacing, (list, tuple)) else [spacing] * len(given)
    text = "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim "
    text += "arguments to have the same length, but got a spacing argument of length "
    text += f"{len(steps)} and a dim argument of length {len(given)}."
    if dim is None:
        text = "torch.gradient expected spacing to be unspecified, a scalar, or a list of length "
        text += f"equal to 'self.dim() = {x.ndim}', since dim argument was not given, but got a "
        text += f"list of length {len(steps)}"
    check(len(steps) == len(given), text)
    known = edge_order in (1, 2)
    check(known, "torch.gradient only supports edge_order=1 and edge_order=2.")
    dims = wrap_dims(given, x.ndim)
    text = "torch.gradient expected each dimension size to be at least edge_order+1"
    check(all([x.shape[d] > edge_order for d in dims]), text)
    return tuple([_slopes(input, d, s, edge_order) for d, s in zip(dims, steps, strict=True)])


def _slopes(x: Tensor, dim: int, step: Any, edge_order: int) -> Tensor:
    """The slopes along one dimension; `step` is a distance, or the places of all elements."""
    inner = x.buffer.shape[dim] - 2
    rise = x.narrow(dim, 1, inner + 1) - x.narrow(dim, 0, inner + 1)
    if isinstance(step, Tensor) and step.buffer.ndim:
        text = "torch.gradient expected each element of spacing to have one dimension, but got an"
        check(step.ndim == 1, f"{text} element with {step.ndim} dimensions!")
        gaps = diff(step).reshape((-1,) + (1,) * (x.buffer.ndim - dim - 1))
        slopes = rise / gaps
        before, after = gaps[:-1], gaps[1:]
        share = before / (before + after)
        middle = slopes.narrow(dim, 0, inner) * (1 - share) + slopes.narrow(dim, 1, inner) * share
        first, last = share[:1], 1 - share[-1:]
    else:
        step = 1 if step is None else step.item() if isinstance(step, Tensor) else step
        slopes = rise / step
        middle = (x.narrow(dim, 2, inner) - x.narrow(dim, 0, inner)) / (2 * step)
        first = last = 0.5
    left, right = slopes.narrow(dim, 0, 1), slopes.narrow(dim, inner, 1)
    if edge_order == 2:
        left = left - (slopes.narrow(dim, 1, 1) - left) * first
        right = right + (right - slopes.narrow(dim, inner - 1, 1)) * last
    return apply(Cat, left, middle, right, dim=dim)


def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """The area under points joined by straight lines, along `dim`.

    Args:
        y: The heights.
        x: Where they are; by default `dx` apart.
        dx: The distance between neighbours.
        dim: The dimension along which the points follow each other.

    See: [torch.trapezoid](https://docs.pytorch.org/docs/stable/generated/torch.trapezoid.html).
    """
    return _areas(y, x, dx, dim, "trapezoid").sum(dim)


trapz = trapezoid


def cumulative_trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1
) -> Tensor:
    """The areas of `trapezoid` added up along the way.

    See: [torch.cumulative_trapezoid](https://docs.pytorch.org/docs/stable/generated/torch.cumulative_trapezoid.html).
    """
    return cumsum(_areas(y, x, dx, dim, "cumulative_trapezoid"), dim)


def _areas(y: Tensor, x: Tensor | None, dx: Any, dim: int, name: str) -> Tensor:
    """The area between each point and the next."""
    if y.buffer.dtype.kind == "b" or (x is not None and x.buffer.dtype.kind == "b"):
        raise RuntimeError(f"{name}: received a bool input for `{'y' if x is None else 'x'}`")
    dim = wrap_dim(dim, y.buffer.ndim)
    size = y.buffer.shape[dim]
    if not size:
        return y
    pairs = y.narrow(dim, 1, size - 1) + y.narrow(dim, 0, size - 1)
    if x is None:
        return pairs * (dx / 2)
    if x.buffer.ndim == 1:
        x = x.reshape((-1,) + (1,) * (y.buffer.ndim - dim - 1))
        steps = diff(x, dim=0)
    else:
        steps = diff(x, dim=dim - y.buffer.ndim)
    return pairs * steps / 2
