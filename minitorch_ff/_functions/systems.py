"""Systems of equations, and factors that may fail: the `_ex` functions, `lstsq`, `cond`."""

# ruff: noqa: N803, N806 - matrices are called A and B, as in PyTorch
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch_ff import _dtypes, return_types
from minitorch_ff._checks import check
from minitorch_ff._functions._operands import Tensor, type_name
from minitorch_ff._functions.decompositions import (
    LinAlgError, bad_minor, cholesky, inv, matrix_rank, must_be_matrices, pinv, solve, svdvals,
    zero_pivot,
)  # fmt: skip
from minitorch_ff._functions.joining import cat
from minitorch_ff._functions.norms import matrix_norm
from minitorch_ff._functions.selection import where
from minitorch_ff.firefly.ops.base import apply
from minitorch_ff.firefly.ops.decompositions import CholeskySolve
from minitorch_ff.firefly.tensor import wrap


def _tried(
    A: Tensor, find: Callable[..., int], compute: Callable[[Tensor], Tensor], check_errors: bool
) -> tuple[Any, Any]:
    """A result, and for each matrix 0 or, by `find`, where it fails; then not-a-number."""
    xp, shape = A.backend, A.buffer.shape
    try:
        return compute(A), A.new_zeros(shape[:-2], dtype=_dtypes.int32)
    except LinAlgError as error:
        if check_errors:
            raise LinAlgError(str(error).replace(":", "_ex:", 1)) from None
    failed = [find(A, matrix) for matrix in A.buffer.reshape(-1, *shape[-2:])]
    info = wrap(type(A), xp.module.asarray(failed, "int32").reshape(shape[:-2]))
    good = (info == 0)[..., None, None]
    result = compute(where(good, A, wrap(type(A), xp.identities(A.buffer))))
    if result.buffer.ndim < len(shape):
        good = good.squeeze(-1)
    return where(good, result, math.nan), info


def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> Any:
    """The factor that `cholesky` gives, and where there is none.

    Args:
        A: Symmetric matrices. Shape `(*, n, n)`.
        upper: Give the upper triangle.
        check_errors: Raise, if a matrix is not positive-definite.

    Returns:
        A named tuple of `L` (not-a-number where there is none) and `info`, int32: 0, or
        the order of the first leading minor that is not positive-definite.

    See: [torch.linalg.cholesky_ex](https://docs.pytorch.org/docs/stable/generated/torch.linalg.cholesky_ex.html).
    """
    found = _tried(A, bad_minor, lambda a: cholesky(a, upper=upper), check_errors)
    return return_types.linalg_cholesky_ex(found)


def inv_ex(A: Tensor, *, check_errors: bool = False) -> Any:
    """The inverse that `inv` gives, and where there is none.

    Returns:
        A named tuple of `inverse` (not-a-number where there is none) and `info`, int32: 0,
        or the number of the first pivot that is zero.

    See: [torch.linalg.inv_ex](https://docs.pytorch.org/docs/stable/generated/torch.linalg.inv_ex.html).
    """
    return return_types.linalg_inv_ex(_tried(A, zero_pivot, inv, check_errors))


def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> Any:
    """The solution that `solve` gives, and where there is none.

    Returns:
        A named tuple of `result` (not-a-number where there is none) and `info`, int32: 0,
        or the number of the first pivot that is zero.

    See: [torch.linalg.solve_ex](https://docs.pytorch.org/docs/stable/generated/torch.linalg.solve_ex.html).
    """
    found = _tried(A, zero_pivot, lambda a: solve(a, B, left=left), check_errors)
    return return_types.linalg_solve_ex(found)


def cond(A: Tensor, p: Any = None) -> Tensor:
    """How much a matrix may enlarge an error: its norm times that of its inverse.

    Args:
        A: Matrices; square, but for singular values.
        p: Which norm, see `matrix_norm`; by default 2, the largest singular value over the
            smallest.

    Returns:
        At least 1, no unit; infinite where there is no inverse.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.linalg.cond(torch.tensor([[2.0, 0.0], [0.0, 8.0]]))
        tensor(4.)

    See: [torch.linalg.cond](https://docs.pytorch.org/docs/stable/generated/torch.linalg.cond.html).
    """
    shape = A.buffer.shape
    text = "linalg.cond: The input tensor must have at least 2 dimensions."
    check(len(shape) >= 2, text)
    if p is None or p in (2, -2):
        if not A.buffer.size:
            return A.new_zeros(shape[:-2])
        values = svdvals(A)
        ends = values[..., 0], values[..., -1]
        return ends[1] / ends[0] if p == -2 else ends[0] / ends[1]
    known = p in ("fro", "nuc", 1, -1, math.inf, -math.inf)
    check(known, f"linalg.cond got an invalid norm type: {p}")
    must_be_matrices(A, f"linalg.cond(ord={p})", square=True)
    if not A.buffer.size:
        return A.new_zeros(shape[:-2])
    inverse, info = inv_ex(A)
    return where(info == 0, matrix_norm(A, p) * matrix_norm(inverse, p), math.inf)


DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def lstsq(A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None) -> Any:
    """The `X` that makes `A X - B` smallest; of several, the smallest itself.

    Args:
        A: Shape `(*, m, n)`.
        B: Shape `(*, m, k)`, or `(*, m)` for vectors.
        rcond: Singular values up to this times the largest count as zero.
        driver: PyTorch's names for ways to compute it: "gels", "gelsy" (by default), "gelsd",
            "gelss". Here it decides only which of the results are given, as there.

    Returns:
        A named tuple of `solution`; `residuals`, the squares of what is left, added up (of
        `m > n` and full rank, but not for "gelsy"); `rank` (not for "gels"); and
        `singular_values` (for "gelsd" and "gelss"). What is not given is empty.

    Raises:
        RuntimeError: The shapes or dtypes do not fit, or the driver is unknown.

    See: [torch.linalg.lstsq](https://docs.pytorch.org/docs/stable/generated/torch.linalg.lstsq.html).
    """
    a, b = A.buffer, B.buffer
    _lstsq(a.ndim >= 2, "input must have at least 2 dimensions.")
    _lstsq(b.ndim >= 1, "other must have at least 1 dimension.")
    text = f"Expected input and other to have the same dtype, but got input's dtype {type_name(A)}"
    _lstsq(a.dtype == b.dtype, f"{text} and other's dtype {type_name(B)}")
    check(a.dtype.kind in "fc", "This function doesn't handle types other than float and double")
    driver = driver or "gelsy"
    _lstsq(driver in DRIVERS, f"parameter `driver` should be one of ({', '.join(DRIVERS)})")
    vector = b.ndim == 1 or (b.ndim == a.ndim - 1 and b.shape == a.shape[:-1])
    if vector:
        B = B.unsqueeze(-1)
    rows, columns = a.shape[-2:]
    _lstsq(B.buffer.shape[-2] == rows, "input.size(-2) should match other.size(-2)")
    solution = pinv(A, rtol=rcond) @ B
    found = matrix_rank(A, rtol=rcond)
    rank = A.new_zeros(0, dtype=_dtypes.int64) if driver == "gels" else found
    values = svdvals(A.detach()) if driver in ("gelsd", "gelss") else A.new_zeros(0)
    full = driver == "gels" or (driver != "gelsy" and bool((found == columns).all()))
    residuals = solution.reshape(-1)[:0]
    if rows > columns and full:
        left = A @ solution - B
        residuals = (left * left).sum(-2)
    if vector:
        solution = solution.squeeze(-1)
    return return_types.linalg_lstsq((solution, residuals, rank, values))


def _lstsq(condition: object, text: str) -> None:
    """`check` for `lstsq`."""
    check(condition, f"torch.linalg.lstsq: {text}")


def cholesky_solve(input: Tensor, L: Tensor, upper: bool = False) -> Tensor:
    """The `X` of `A X = B`, from the factor `L` of `A = L Lᵀ`.

    Args:
        input: `B`, matrices.
        L: What `torch.linalg.cholesky` gives; one triangle is read.
        upper: Which triangle: `A = Lᵀ L`.

    Raises:
        RuntimeError: The shapes do not fit.

    See: rule [`CholeskySolve`][minitorch_ff.firefly.ops.decompositions.CholeskySolve],
        [torch.cholesky_solve](https://docs.pytorch.org/docs/stable/generated/torch.cholesky_solve.html).
    """
    for name, x in (("b", input), ("u", L)):
        ndim = x.buffer.ndim
        text = f"{name} should have at least 2 dimensions, but has {ndim} dimensions instead"
        check(ndim >= 2, text)
    (rows, columns), given = L.buffer.shape[-2:], input.buffer.shape[-2:]
    text = f"A must be batches of square matrices, but they are {rows} by {columns} matrices"
    check(rows == columns, text)
    text = f"Incompatible matrix sizes for cholesky_solve: each A matrix is {rows} by {rows} but"
    check(given[0] == rows, f"{text} each b matrix is {given[0]} by {given[1]}")
    return apply(CholeskySolve, input, L, upper=upper)


def powers_of(x: Tensor, N: int | None = None) -> Tensor:
    """The powers of numbers, 0 to `N - 1`, as a last dimension: Vandermonde's matrix.

    Args:
        x: Shape `(*, n)`, not boolean.
        N: How many powers; by default `n`.

    Raises:
        RuntimeError: `N` is not above 1.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.linalg.vander(torch.tensor([2, 3]), N=3)
        tensor([[1, 2, 4],
                [1, 3, 9]])

    See: [torch.linalg.vander](https://docs.pytorch.org/docs/stable/generated/torch.linalg.vander.html).
    """
    text = "linalg.vander supports floating point, complex, and integer tensors, but got Bool"
    check(x.buffer.dtype.kind != "b", text)
    x = x if x.buffer.ndim else x.reshape(1)
    N = x.buffer.shape[-1] if N is None else N
    check(N > 1, "N must be greater than 1.")
    x = x.unsqueeze(-1)
    powers = x.expand((*x.buffer.shape[:-1], N - 1)).cumprod(-1)
    return cat([x.new_ones(x.buffer.shape), powers], -1)


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of a vector's numbers as columns, the highest first unless `increasing`.

    Raises:
        RuntimeError: `x` is no vector, or `N` is negative.

    See: [torch.vander](https://docs.pytorch.org/docs/stable/generated/torch.vander.html).
    """
    check(x.buffer.ndim == 1, "x must be a one-dimensional tensor.")
    N = len(x.buffer) if N is None else N
    check(N >= 0, "N must be non-negative.")
    powers = powers_of(x, N) if N > 1 else x.new_ones((len(x.buffer), N))
    return powers if increasing else powers.flip(-1)
