"""Matrices taken apart, inverted, solved with: what `torch.linalg` offers.

All take stacks of matrices: the last two dimensions are a matrix's.
"""

# ruff: noqa: N803, N806 - matrices are called A and B, as in PyTorch
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_ff import return_types
from minitorch_ff._checks import check
from minitorch_ff._functions._autocast import in_float32_on_cpu
from minitorch_ff._functions._operands import Tensor, known_as, type_name
from minitorch_ff._functions.norms import must_be_floating, singular_values
from minitorch_ff._functions.selection import where
from minitorch_ff.firefly.ops import decompositions as ops
from minitorch_ff.firefly.ops.base import apply, apply_several
from minitorch_ff.firefly.ops.indexing import Overwrite
from minitorch_ff.firefly.tensor import wrap


class _LinAlgError(RuntimeError):
    """A matrix has no inverse, or is not positive-definite."""


LinAlgError = _LinAlgError  # PyTorch's own name has the underscore, which tracebacks show


def must_be_matrices(A: Tensor, function: str, square: bool = False, low: bool = False) -> None:
    """Refuse what is no (square) matrix of floating numbers, nor a stack of them.

    Half-precision numbers are refused, too, unless `low`.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    shape = A.buffer.shape
    check(len(shape) >= 2, f"{function}: The input tensor A must have at least 2 dimensions.")
    text = f"{function}: A must be batches of square matrices, but they are"
    check(not square or shape[-1] == shape[-2], f"{text} {shape[-2]} by {shape[-1]} matrices")
    must_be_floating(A, None, function)
    text = f"{function}: Low precision dtypes not supported. Got {type_name(A)}"
    check(low or A.buffer.dtype.itemsize > 2, text)


# ------------------------------------------------------------------------- determinants


def det(A: Tensor) -> Tensor:
    """The determinant of square matrices.

    Raises:
        RuntimeError: `A` is not square, or not floating point.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.linalg.det(torch.tensor([[2.0, 0.0], [0.0, 3.0]]))
        tensor(6.)

    See: rule [`Det`][minitorch_ff.firefly.ops.decompositions.Det],
        [torch.linalg.det](https://docs.pytorch.org/docs/stable/generated/torch.linalg.det.html).
    """
    must_be_matrices(A, "linalg.det", square=True)
    return apply(ops.Det, A)


def slogdet(A: Tensor) -> Any:
    """The sign of the determinant, and the logarithm of its magnitude.

    Returns:
        A named tuple of `sign` and `logabsdet`.

    See: rule [`Slogdet`][minitorch_ff.firefly.ops.decompositions.Slogdet],
        [torch.linalg.slogdet](https://docs.pytorch.org/docs/stable/generated/torch.linalg.slogdet.html).
    """
    must_be_matrices(A, "linalg.slogdet", square=True)
    return return_types.linalg_slogdet(apply_several(ops.Slogdet, A))


def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant; not-a-number where that is negative.

    See: [torch.logdet](https://docs.pytorch.org/docs/stable/generated/torch.logdet.html).
    """
    must_be_matrices(input, "logdet", square=True)
    sign, logarithm = apply_several(ops.Slogdet, input)
    xp = sign.backend
    nan = xp.constant(float("nan"), sign.buffer.dtype)
    zero = xp.constant(0, sign.buffer.dtype)
    invalid = xp.asarray(xp.where(xp.lt(sign.buffer, zero), nan, zero))
    return logarithm + wrap(type(sign), invalid)


# ----------------------------------------------------------------- inverses and systems


@in_float32_on_cpu
def inv(A: Tensor) -> Tensor:
    """The inverse of square matrices.

    Raises:
        RuntimeError: `A` is not square, or a matrix has no inverse.

    See: rule [`Inverse`][minitorch_ff.firefly.ops.decompositions.Inverse],
        [torch.linalg.inv](https://docs.pytorch.org/docs/stable/generated/torch.linalg.inv.html).
    """
    must_be_matrices(A, "linalg.inv", square=True)
    try:
        return apply(ops.Inverse, A)
    except ValueError:
        raise LinAlgError(
            f"linalg.inv: {which_is_singular(A)} is zero, the inversion could not be "
            "completed because the input matrix is singular."
        ) from None


def which_is_singular(A: Tensor) -> str:
    """The first matrix without an inverse, and the first pivot in it that is zero."""
    batch, pivot = first_failure(A, zero_pivot)
    return f"{batch}The diagonal element {pivot}"


def zero_pivot(A: Tensor, matrix: Any) -> int:
    """The number of the first pivot of a matrix that is zero; 0 if it has an inverse."""
    rank = int(matrix_rank(wrap(type(A), matrix)))
    return 0 if rank == len(matrix) else rank + 1


def first_failure(A: Tensor, find: Callable[..., int]) -> tuple[str, int]:
    """In words, which matrix is the first that fails; and where it does, by `find`."""
    for i, matrix in enumerate(A.buffer.reshape(-1, *A.buffer.shape[-2:])):
        if place := find(A, matrix):
            return f"(Batch element {i}): " if A.buffer.ndim > 2 else "", place
    return "", 0


@in_float32_on_cpu
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """The `X` of `A X = B` (or, unless `left`, of `X A = B`).

    Args:
        A: Square matrices.
        B: Matrices, or vectors: one for each matrix of `A`, or a single one.
        left: Whether `A` stands on the left.

    Raises:
        RuntimeError: The shapes do not fit, or a matrix has no inverse.

    Example:
        >>> import minitorch_ff as torch
        >>> A = torch.tensor([[2.0, 0.0], [0.0, 4.0]])
        >>> torch.linalg.solve(A, torch.tensor([2.0, 2.0]))
        tensor([1.0000, 0.5000])

    See: rule [`Solve`][minitorch_ff.firefly.ops.decompositions.Solve],
        [torch.linalg.solve](https://docs.pytorch.org/docs/stable/generated/torch.linalg.solve.html).
    """
    must_be_matrices(A, "linalg.solve", square=True)
    a, b = A.buffer, B.buffer
    text = "linalg.solve: Expected A and B to have the same dtype, but found A of type"
    check(a.dtype == b.dtype, f"{text} {type_name(A)} and B of type {type_name(B)} instead")
    vector = b.ndim == 1 or (b.ndim == a.ndim - 1 and b.shape == a.shape[:-1])
    if vector:
        if not left:
            raise RuntimeError(
                "linalg.solve: Vector broadcasting of the left hand side is not supported for "
                "left=False. In this case linalg.solve is equivalent to B / A.squeeze(-1)"
            )
        B = B.unsqueeze(-1)
    elif b.ndim < 2:
        raise RuntimeError("linalg.solve: The input tensor B must have at least 2 dimensions.")
    n, shape = a.shape[-1], B.buffer.shape
    if shape[-2 if left else -1] != n:
        raise RuntimeError(
            "linalg.solve: Incompatible shapes of A and B for the equation "
            f"{'AX = B' if left else 'XA = B'} ({n}x{n} and {shape[-2]}x{shape[-1]})"
        )
    if not left:
        A, B = A.transpose(-1, -2), B.transpose(-1, -2)
    try:
        out = apply(ops.Solve, A, B)
    except ValueError:
        raise LinAlgError(
            "torch.linalg.solve: The solver failed because the input matrix is singular."
        ) from None
    if vector:
        return out.squeeze(-1)
    return out if left else out.transpose(-1, -2)


def pinv(
    A: Tensor, rcond: float | None = None, hermitian: bool = False, *,
    atol: float | Tensor | None = None, rtol: float | Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The pseudo-inverse of matrices of any shape.

    Args:
        A: Matrices.
        rcond: Another name for `rtol`.
        hermitian: Whether the matrices are symmetric; then the lower triangle is read.
        atol: Singular values up to this count as zero.
        rtol: So do those up to this times the largest; by default the larger side times
            the rounding of the dtype.

    See: rule [`Pinv`][minitorch_ff.firefly.ops.decompositions.Pinv],
        [torch.linalg.pinv](https://docs.pytorch.org/docs/stable/generated/torch.linalg.pinv.html).
    """
    must_be_matrices(A, "linalg.pinv", square=hermitian)
    cutoff = cutoff_of(A, atol, rcond if rtol is None else rtol)
    return apply(ops.Pinv, A, cutoff=cutoff, hermitian=hermitian)


def cutoff_of(A: Tensor, atol: Any, rtol: Any) -> Any:
    """The function that says up to what size singular values count as zero."""
    xp, dtype = A.backend, A.buffer.dtype
    if rtol is None:
        rounding = xp.module.finfo(dtype).eps * max(A.buffer.shape[-2:])
        rtol = rounding if isinstance(atol, Tensor) or not atol else 0.0
    absolute = _bound(xp, dtype, 0.0 if atol is None else atol)
    relative = _bound(xp, dtype, rtol)

    def cutoff(values: Any) -> Any:
        if not values.shape[-1]:
            return absolute
        largest = xp.amax(values, values.ndim - 1, True)
        return xp.maximum(absolute, xp.mul(relative, largest))

    return cutoff


def _bound(xp: Any, dtype: Any, value: Any) -> Any:
    """A number, or one for each matrix, to meet rows of singular values."""
    if isinstance(value, Tensor):
        return xp.cast(value.buffer, dtype)[..., None]
    return xp.constant(value, dtype)


def matrix_rank(
    A: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """How many singular values of matrices do not count as zero; see `pinv`.

    See: [torch.linalg.matrix_rank](https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_rank.html).
    """
    must_be_matrices(A, "linalg.matrix_rank", square=hermitian)
    if hermitian:
        A = wrap(type(A), ops.mirrored(A.backend, A.buffer))
    if tol is not None:
        atol, rtol = tol, 0.0
    values = singular_values(A.detach())
    xp = A.backend
    large = xp.gt(values.buffer, cutoff_of(A, atol, rtol)(values.buffer))
    return wrap(type(A), xp.asarray(xp.sum(large, -1)))


# ----------------------------------------------------------------------- decompositions


@in_float32_on_cpu
def svd(A: Tensor, full_matrices: bool = True) -> Any:
    """Singular values `S` and vectors: `A = U diag(S) Vh`.

    Args:
        A: Matrices. Shape `(*, m, n)`.
        full_matrices: Complete `U` and `Vh` to square matrices.

    Returns:
        A named tuple of `U`, `S`, `Vh`.

    See: rule [`Svd`][minitorch_ff.firefly.ops.decompositions.Svd],
        [torch.linalg.svd](https://docs.pytorch.org/docs/stable/generated/torch.linalg.svd.html).
    """
    must_be_matrices(A, "linalg.svd")
    return return_types.linalg_svd(apply_several(ops.Svd, A, full=full_matrices))


@in_float32_on_cpu
def svdvals(A: Tensor) -> Tensor:
    """The singular values of matrices, the largest first.

    See: [torch.linalg.svdvals](https://docs.pytorch.org/docs/stable/generated/torch.linalg.svdvals.html).
    """
    must_be_matrices(A, "linalg.svd")
    return singular_values(A)


@in_float32_on_cpu
def old_svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> Any:
    """Singular values and vectors as `torch.svd` gives them: `V`, not transposed.

    See: [torch.svd](https://docs.pytorch.org/docs/stable/generated/torch.svd.html).
    """
    must_be_matrices(input, "linalg.svd")
    if compute_uv:
        u, s, vh = apply_several(ops.Svd, input, full=not some)
        return return_types.svd((u, s, vh.transpose(-1, -2)))
    *batch, rows, columns = input.buffer.shape
    values = singular_values(input)
    empty = [values.new_zeros((*batch, n, n)) for n in (rows, columns)]
    return return_types.svd((empty[0], values, empty[1]))


@in_float32_on_cpu
def eigh(A: Tensor, UPLO: str = "L") -> Any:
    """Eigenvalues, rising, and eigenvectors of symmetric matrices.

    Args:
        A: Symmetric matrices.
        UPLO: Which triangle to read, "L" or "U".

    Returns:
        A named tuple of `eigenvalues` and `eigenvectors`.

    See: rule [`Eigh`][minitorch_ff.firefly.ops.decompositions.Eigh],
        [torch.linalg.eigh](https://docs.pytorch.org/docs/stable/generated/torch.linalg.eigh.html).
    """
    must_be_matrices(A, "linalg.eigh", square=True)
    check(UPLO.upper() in ("L", "U"), f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return return_types.linalg_eigh(apply_several(ops.Eigh, A, upper=UPLO.upper() == "U"))


@in_float32_on_cpu
def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues of symmetric matrices, rising.

    See: [torch.linalg.eigvalsh](https://docs.pytorch.org/docs/stable/generated/torch.linalg.eigvalsh.html).
    """
    return eigh(A, UPLO)[0]


@in_float32_on_cpu
def qr(A: Tensor, mode: str = "reduced") -> Any:
    """Orthonormal columns `Q` and an upper triangle `R`: `A = Q R`.

    Args:
        A: Matrices.
        mode: "reduced", "complete" (a square `Q`), or "r" (no `Q`).

    Returns:
        A named tuple of `Q` and `R`.

    See: rule [`Qr`][minitorch_ff.firefly.ops.decompositions.Qr],
        [torch.linalg.qr](https://docs.pytorch.org/docs/stable/generated/torch.linalg.qr.html).
    """
    must_be_matrices(A, "linalg.qr")
    modes = "'reduced' (default), 'r', or 'complete'"
    text = f"qr received unrecognized mode '{mode}' but expected one of {modes}"
    check(mode in ("reduced", "complete", "r"), text)
    return return_types.linalg_qr(apply_several(ops.Qr, A, mode=mode))


@in_float32_on_cpu
def old_qr(input: Tensor, some: bool = True) -> Any:
    """`qr` as `torch.qr` gives it.

    See: [torch.qr](https://docs.pytorch.org/docs/stable/generated/torch.qr.html).
    """
    return return_types.qr(qr(input, "reduced" if some else "complete"))


@in_float32_on_cpu
def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """The lower triangle `L` of `A = L Lᵀ`, for symmetric positive-definite matrices.

    Args:
        A: The matrices; their lower triangle is read.
        upper: Give `Lᵀ`.

    Raises:
        RuntimeError: A matrix is not positive-definite.

    See: rule [`Cholesky`][minitorch_ff.firefly.ops.decompositions.Cholesky],
        [torch.linalg.cholesky](https://docs.pytorch.org/docs/stable/generated/torch.linalg.cholesky.html).
    """
    must_be_matrices(A, "linalg.cholesky", square=True)
    try:
        lower = apply(ops.Cholesky, A.transpose(-1, -2) if upper else A)
    except ValueError:
        raise LinAlgError(f"linalg.cholesky: {not_positive(A)}") from None
    return lower.transpose(-1, -2) if upper else lower


@in_float32_on_cpu
def old_cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """`torch.linalg.cholesky` under its older name.

    See: [torch.cholesky](https://docs.pytorch.org/docs/stable/generated/torch.cholesky.html).
    """
    return cholesky(input, upper=upper)


def not_positive(A: Tensor) -> str:
    """Which matrix is not positive-definite, and where that shows first."""
    batch, order = first_failure(A, bad_minor)
    return (
        f"{batch}The factorization could not be completed because the input is not "
        f"positive-definite (the leading minor of order {order} is not positive-definite)."
    )


def bad_minor(A: Tensor, matrix: Any) -> int:
    """The order of the first leading minor that is not positive-definite; 0 if there is none."""
    for order in range(1, len(matrix) + 1):
        try:
            A.backend.cholesky(matrix[:order, :order])
        except ValueError:
            return order
    return 0


def matrix_exp(A: Tensor) -> Tensor:
    r"""The exponential of square matrices, $\sum_k A^k / k!$.

    The series is taken of $A / 2^s$, which is small, and its sum squared $s$ times.

    Raises:
        RuntimeError: `A` is not square, or not floating point.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.matrix_exp(torch.tensor([[0.0, 1.0], [0.0, 0.0]]))
        tensor([[1., 1.],
                [0., 1.]])

    See: [torch.linalg.matrix_exp](https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_exp.html),
        Higham, Functions of Matrices (2008), section 10.3.
    """
    must_be_matrices(A, "linalg.matrix_exp", square=True)
    if not A.buffer.size:
        return A.clone()
    norm = A.detach().abs().sum(-2).amax(-1).unsqueeze(-1).unsqueeze(-1)
    small = 3.0 if A.buffer.itemsize <= 4 else 1.0  # then 18 terms give all digits
    squarings = (norm / small).log2().ceil().clamp(min=0).nan_to_num(0.0, 0.0)
    x = A * squarings.neg().exp2()
    identity = wrap(type(A), A.backend.identities(A.buffer))
    result = identity
    for k in range(18, 0, -1):
        result = identity + x @ result / k
    for i in range(int(squarings.max())):
        square = result @ result
        result = square if A.ndim == 2 else where(squarings > i, square, result)
    return known_as(result, "LinalgMatrixExp")


def matrix_power(A: Tensor, n: int) -> Tensor:
    """A square matrix multiplied with itself; a negative `n` takes the inverse.

    See: [torch.linalg.matrix_power](https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_power.html).
    """
    must_be_matrices(A, "linalg.matrix_power", square=True, low=True)
    if n < 0:
        A, n = inv(A), -n
    if n == 0:
        return apply(Overwrite, A, value=A.backend.identities(A.buffer), called="Copy")
    result = None
    while n:
        if n % 2:
            result = A if result is None else result @ A
        n //= 2
        A = A @ A if n else A
    return result.clone() if result is A else result  # type: ignore[return-value]
