"""Sizes and distances: `torch.norm`, `torch.dist`, `torch.cdist`, `torch.renorm`."""

# ruff: noqa: N803, N806 - matrices are called A and B, as in PyTorch
from __future__ import annotations

import math
from typing import Any

from minitorch_ff._checks import check, numpy_names, wrap_dim, wrap_dims
from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._functions._autocast import in_float32, in_float32_on_cuda
from minitorch_ff._functions._operands import Tensor, type_name
from minitorch_ff._functions.conversion import cast
from minitorch_ff._functions.ordering import amax, amin
from minitorch_ff._functions.reduction import reduced_dims
from minitorch_ff.firefly.ops.base import TYPE_NAMES, apply, apply_several, binary
from minitorch_ff.firefly.ops.decompositions import Svd
from minitorch_ff.firefly.ops.extremes import Minimum
from minitorch_ff.firefly.ops.reduction import VectorNorm


@numpy_names
def norm(
    input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False,
    dtype: DType | None = None,
) -> Tensor:  # fmt: skip
    r"""The size of all elements together, $(\sum_i |x_i|^p)^{1/p}$, or along `dim`.

    Args:
        input: Any shape, floating point.
        p: The power; "fro" is 2, "nuc" adds up the singular values of matrices.
        dim: A dimension, a tuple of dimensions, or None for all.
        keepdim: Keep the reduced dimensions, with size 1.
        dtype: Cast `input` to this first.

    Raises:
        RuntimeError: `input` is not floating point, or `p` is unknown.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.norm(torch.tensor([3.0, 4.0]))
        tensor(5.)

    See: rule [`VectorNorm`][minitorch_ff.firefly.ops.reduction.VectorNorm],
        [torch.norm](https://docs.pytorch.org/docs/stable/generated/torch.norm.html).
    """
    if p == "fro" or p is None:
        p = 2
    elif isinstance(p, str):
        dim = (-2, -1) if dim is None else dim
        return matrix_norm(input, p, dim, keepdim, dtype=dtype)
    return vector_norm(input, p, dim, keepdim, dtype=dtype)


@numpy_names
def vector_norm(
    x: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    r"""The size of a vector: $(\sum_i |x_i|^p)^{1/p}$ with $p$ = `ord`.

    Args:
        x: Any shape, floating point.
        ord: The power; infinity gives the largest magnitude, 0 counts what is not zero.
        dim: A dimension, a tuple of dimensions, or None for all.
        keepdim: Keep the reduced dimensions, with size 1.
        dtype: Cast `x` to this first.

    Raises:
        RuntimeError: `x` is not floating point, or has no elements to choose from.

    See: rule [`VectorNorm`][minitorch_ff.firefly.ops.reduction.VectorNorm],
        [torch.linalg.vector_norm](https://docs.pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html).
    """
    must_be_floating(x, dtype, "linalg.vector_norm")
    x = cast(x, dtype)
    dim = reduced_dims(x, dim)
    if not x.buffer.size and (ord < 0 or ord == math.inf):
        _refuse_empty(x.buffer.shape, ord, dim)
    return apply(VectorNorm, x, p=ord, dim=dim, keepdim=keepdim)


def must_be_floating(x: Tensor, dtype: Any, function: str) -> None:
    """Refuse integers and booleans.

    Raises:
        RuntimeError: In the words of PyTorch's norms.
    """
    text = f"{function}: Expected a floating point or complex tensor as input. Got"
    check(x.buffer.dtype.kind not in "iub", f"{text} {type_name(x)}")
    if dtype is not None and dtype.numpy.kind in "iub":
        name = TYPE_NAMES[dtype.numpy.name]
        raise RuntimeError(f"{function}: dtype should be floating point or complex, but got {name}")


def _refuse_empty(shape: tuple[int, ...], ord: float, dim: Any) -> None:
    """Refuse the largest or smallest of no elements."""
    cannot = f"linalg.vector_norm cannot compute the {ord:g} norm on"
    lacking = "the operation does not have an identity"
    check(dim is not None, f"{cannot} an empty tensor because {lacking}")
    for d in (dim,) if isinstance(dim, int) else dim:
        check(shape[d], f"{cannot} the dimension {d}because this dimension is empty and {lacking}")


@numpy_names
def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The size of matrices, by their elements, columns, rows or singular values.

    Args:
        A: Matrices in two of its dimensions, floating point.
        ord: "fro" (elements), "nuc" (sum of singular values), 2 or -2 (the largest or
            smallest of them), 1 or -1 (columns), infinity or minus infinity (rows).
        dim: The two dimensions.
        keepdim: Keep them, with size 1.
        dtype: Cast `A` to this first.

    Raises:
        RuntimeError: `ord` is unknown, or `dim` does not name two dimensions.

    See: [torch.linalg.matrix_norm](https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_norm.html).
    """
    must_be_floating(A, None, "linalg.matrix_norm")
    text = "linalg.matrix_norm: The input tensor A must have at least 2 dimensions."
    check(A.buffer.ndim >= 2, text)
    named = isinstance(ord, str)
    if ord not in ("fro", "nuc") if named else abs(ord) not in (1, 2, math.inf):
        order = ord if named else f"{ord:g}"
        raise RuntimeError(f"linalg.matrix_norm: Order {order} not supported.")
    given = (dim,) if isinstance(dim, int) else dim
    if len(given) != 2:
        which = ", ".join(map(str, given))
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {which}")
    first, second = [wrap_dim(d, A.buffer.ndim) for d in dim]
    check(first != second, f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    A = cast(A, dtype)
    if ord == "fro":
        return vector_norm(A, 2, (first, second), keepdim)
    if ord == "nuc" or abs(ord) == 2:
        if A.buffer.dtype.kind in "fV" and A.buffer.dtype.itemsize == 2:
            text = "linalg.matrix_norm: Low precision dtypes not supported. Got"
            raise RuntimeError(f"{text} {type_name(A)}")
        values = singular_values(A.movedim((first, second), (-2, -1)))
        out = values.sum(-1) if ord == "nuc" else (amax if ord > 0 else amin)(values, -1)
    else:
        summed, compared = (first, second) if abs(ord) == 1 else (second, first)
        sums = vector_norm(A, 1, summed, True)
        out = (amax if ord > 0 else amin)(sums, compared, True).squeeze((first, second))
    if not keepdim:
        return out
    for d in sorted((first, second)):
        out = out.unsqueeze(d)
    return out


def singular_values(A: Tensor) -> Tensor:
    """The singular values of matrices, the largest first."""
    return apply_several(Svd, A, full=False)[1]


@in_float32_on_cuda
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The norm of the difference of two tensors.

    See: [torch.dist](https://docs.pytorch.org/docs/stable/generated/torch.dist.html).
    """
    difference = input - other
    text = "norm(): input dtype should be either floating point or complex. Got"
    floats = difference.buffer.dtype.kind not in "iub"
    check(floats, f"{text} {type_name(difference)} instead.")
    return apply(VectorNorm, difference, p=p)


@in_float32
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = None) -> Tensor:
    """The distance of each row of `x1` to each row of `x2`.

    Args:
        x1: Shape `(*, P, M)`, floating point.
        x2: Shape `(*, R, M)`.
        p: Which norm measures the distance.
        compute_mode: How PyTorch computes it; the result is the same.

    Returns:
        Distances. Shape `(*, P, R)`.

    Raises:
        RuntimeError: The rows differ in length, or `p` is negative.

    See: [torch.cdist](https://docs.pytorch.org/docs/stable/generated/torch.cdist.html).
    """
    both = (("X1", x1), ("X2", x2))
    for name, x in both:
        ndim = x.buffer.ndim
        check(ndim >= 2, f"cdist only supports at least 2D tensors, {name} got: {ndim}D")
    n, m = x1.buffer.shape[-1], x2.buffer.shape[-1]
    check(n == m, f"X1 and X2 must have the same number of columns. X1: {n} X2: {m}")
    for name, x in both:
        text = f"cdist only supports floating-point dtypes, {name} got: {type_name(x)}"
        check(x.buffer.dtype.kind not in "iub", text)
    check(not p < 0, "cdist only supports non-negative p values")
    difference = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    if not difference.buffer.size:
        return difference.sum(-1)
    return apply(VectorNorm, difference, p=p, dim=difference.buffer.ndim - 1)


@in_float32_on_cuda
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Scale slices along `dim` down to the norm `maxnorm`, where theirs is larger.

    Args:
        input: At least two dimensions, floating point.
        p: Which norm, above 0.
        dim: The dimension that counts the slices.
        maxnorm: The largest norm allowed.

    Raises:
        RuntimeError: An argument is not as above.

    See: [torch.renorm](https://docs.pytorch.org/docs/stable/generated/torch.renorm.html).
    """
    check(not p <= 0, "renorm: non-positive-norm not supported")
    ndim = input.buffer.ndim
    check(not ndim < 2, f"renorm: input needs at least 2 dimensions, got {ndim} dimensions")
    check(not maxnorm < 0, f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    (dim,) = wrap_dims((dim,), ndim)
    rest = tuple([i for i in range(ndim) if i != dim])
    norms = vector_norm(input, p, rest, True)
    return input * binary(Minimum, maxnorm / (norms + 1e-7), 1.0)
