"""`torch.linalg`: norms, inverses, systems of equations, decompositions."""

# ruff: noqa: N803 - matrices are called A and B, as in PyTorch
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch_ff._missing import missing as _missing
from minitorch_ff._checks import check
from minitorch_ff._functions import shaping
from minitorch_ff._functions._autocast import in_lower_precision
from minitorch_ff._functions.decompositions import (
    LinAlgError, cholesky, det, eigh, eigvalsh, inv, matrix_exp, matrix_power, matrix_rank, pinv,
    qr, slogdet, solve, svd, svdvals,
)  # fmt: skip
from minitorch_ff._functions.matmul import linalg_cross as cross
from minitorch_ff._functions.matmul import matmul
from minitorch_ff._functions.norms import matrix_norm, vector_norm
from minitorch_ff._functions.out import accept_out as _accept_out
from minitorch_ff._functions.systems import cholesky_ex, cond, inv_ex, lstsq, solve_ex
from minitorch_ff._functions.systems import powers_of as vander
from minitorch_ff.firefly.tensor import wrap

if TYPE_CHECKING:
    from minitorch_ff._tensor import Tensor

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eigh",
    "eigvalsh", "inv", "inv_ex", "lstsq", "matmul", "matrix_exp", "matrix_norm", "matrix_power",
    "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_ex",
    "solve_triangular", "svd", "svdvals", "vander", "vecdot", "vector_norm",
]  # fmt: skip


def norm(
    A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The norm of vectors or of matrices, whichever `dim` names.

    Args:
        A: Any shape, floating point; one or two dimensions if only `ord` is given.
        ord: As in `vector_norm` or `matrix_norm`; by default the root of the squares'
            sum.
        dim: One dimension for vectors, two for matrices, None for all.
        keepdim: Keep the reduced dimensions, with size 1.
        dtype: Cast `A` to this first.

    Raises:
        RuntimeError: `ord` does not fit the dimensions.

    See: [torch.linalg.norm](https://docs.pytorch.org/docs/stable/generated/torch.linalg.norm.html).
    """
    ndim = A.buffer.ndim
    count = ndim if dim is None else 1 if isinstance(dim, int) else len(dim)
    if dim is not None and count not in (1, 2):
        text = "linalg.norm: If dim is specified, it must be of length 1 or 2. Got"
        raise RuntimeError(f"{text} {list(dim)}")
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    text = "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got"
    check(count in (1, 2), f"{text} {ndim}D.")
    if count == 2 or isinstance(ord, str):
        return matrix_norm(A, ord, (0, 1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(A, ord, dim, keepdim, dtype=dtype)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices, as a last dimension.

    See: [torch.linalg.diagonal](https://docs.pytorch.org/docs/stable/generated/torch.linalg.diagonal.html).
    """
    return shaping.diagonal(A, offset, dim1, dim2)


@in_lower_precision
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """The products of vectors with vectors, along `dim`.

    See: [torch.linalg.vecdot](https://docs.pytorch.org/docs/stable/generated/torch.linalg.vecdot.html).
    """
    return (x * y).sum(dim)


def multi_dot(tensors: Any) -> Tensor:
    """Several matrices multiplied; the first and the last may be vectors.

    See: [torch.linalg.multi_dot](https://docs.pytorch.org/docs/stable/generated/torch.linalg.multi_dot.html).
    """
    if len(tensors) < 2:
        raise RuntimeError("multi_dot(): expected at least 2 tensors but got " + str(len(tensors)))
    first, *others = tensors
    for other in others:
        first = matmul(first, other)
    return first


def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """The `X` of `A X = B`, reading only one triangle of `A`.

    Args:
        A: Square matrices.
        B: Matrices.
        upper: Which triangle.
        left: Whether `A` stands on the left.
        unitriangular: Take the diagonal for ones.

    See: [torch.linalg.solve_triangular](https://docs.pytorch.org/docs/stable/generated/torch.linalg.solve_triangular.html).
    """
    diagonal = int(unitriangular)
    triangle = A.triu(diagonal) if upper else A.tril(-diagonal)
    if unitriangular:
        triangle = triangle + wrap(type(A), A.backend.identities(A.buffer))
    # `solve` might take a right side with fewer dimensions for a batch of vectors
    right = B.expand((*A.shape[:-2], -1, -1)) if B.dim() < A.dim() else B
    return solve(triangle, right, left=left)


_accept_out(
    globals(),
    """
cholesky cholesky_ex cond cross det eigh eigvalsh inv inv_ex lstsq matmul matrix_norm matrix_power
matrix_rank multi_dot norm pinv qr slogdet solve solve_ex solve_triangular svd svdvals vecdot
vector_norm
""",
    "linalg_",
)

__getattr__ = _missing(__name__)
