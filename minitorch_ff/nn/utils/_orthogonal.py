"""The orthogonal parametrization: weights whose columns, or rows, are orthonormal."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff import _dtypes
from minitorch_ff._functions.creation import eye, zeros_like
from minitorch_ff._functions.decompositions import qr, solve
from minitorch_ff._functions.joining import cat, stack
from minitorch_ff._functions.random import randn
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.nn.modules.module import Module

MAPS = "matrix_exp", "cayley", "householder"


class Orthogonal(Module):
    """An orthogonal matrix from an unconstrained one.

    Two of the three maps take the lower triangle as a skew-symmetric matrix `A`: its
    exponential is orthogonal, and so is its Cayley transform. The third takes the
    columns below the diagonal as Householder reflections.

    Args:
        weight: The weight before.
        orthogonal_map: One of `MAPS`.
        use_trivialization: Whether the result is multiplied by a fixed orthogonal matrix
            (`base`), so that any weight can be assigned.
    """

    base: Tensor | None

    def __init__(
        self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool = True
    ) -> None:
        super().__init__()
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:  # noqa: N803
        """An orthogonal matrix of the same shape, or a batch of them."""
        wide = X.size(-2) < X.size(-1)
        if wide:
            X = X.mT  # noqa: N806
        n, k = X.size(-2), X.size(-1)
        if self.orthogonal_map == "householder":
            below = X.tril(-1)
            tau = 2.0 / (1.0 + (below * below).sum(dim=-2))
            signs = X.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
            Q = householder_product(below, tau) * signs  # noqa: N806
        else:
            lower = X.tril()
            if n != k:
                rest = lower.new_zeros(n, n - k).expand(*X.shape[:-2], -1, -1)
                lower = cat([lower, rest], dim=-1)
            A = lower - lower.mT  # noqa: N806
            if self.orthogonal_map == "matrix_exp":
                Q = matrix_exp(A)  # noqa: N806
            else:
                one = eye(n, dtype=A.dtype, device=A.device)
                Q = solve(one - 0.5 * A, one + 0.5 * A)  # noqa: N806
            Q = Q[..., :k]  # noqa: N806
        if "base" in self._buffers:
            Q = self.base @ Q  # type: ignore[operator]  # noqa: N806
        return Q.mT if wide else Q

    @no_grad()
    def right_inverse(self, Q: Tensor) -> Tensor:  # noqa: N803
        """What `forward` makes `Q` of, or the nearest orthogonal matrix if it is none."""
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. "
                f"Got a tensor of shape {Q.shape}."
            )
        wide = Q.size(-2) < Q.size(-1)
        tall = Q.mT if wide else Q
        if "base" not in self._buffers:
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the "
                    "Cayley parametrizations when use_trivialization=False."
                )
            X = reflections(tall)  # noqa: N806
            return X.mT if wide else X
        n, k = tall.size(-2), tall.size(-1)
        if n != k:
            drawn = randn(*Q.shape[:-2], n, n - k, dtype=Q.dtype, device=Q.device)
            self.base = orthogonalized(cat([tall, drawn], dim=-1))
        else:
            self.base = tall.clone() if is_orthogonal(tall) else orthogonalized(tall)
        start = zeros_like(Q)  # at -1 on the diagonal, each map gives the identity
        start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return start


def is_orthogonal(Q: Tensor) -> bool:  # noqa: N803
    """Whether the columns are orthonormal, up to rounding."""
    n, k = Q.size(-2), Q.size(-1)
    difference = Q.mT @ Q - eye(k, dtype=Q.dtype, device=Q.device)
    return bool((difference.abs() <= 10.0 * n * _dtypes.finfo(Q.dtype).eps).all())


def orthogonalized(A: Tensor) -> Tensor:  # noqa: N803
    """The orthogonal factor of `A`, with signs that make it unique."""
    Q, R = qr(A)  # noqa: N806
    return Q * R.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def matrix_exp(A: Tensor) -> Tensor:  # noqa: N803
    """The matrix exponential: its Taylor series near zero, squared again and again."""
    norm = A.detach().abs().sum(-1).amax().item() if A.numel() else 0.0
    squarings = max(0, math.ceil(math.log2(norm)) + 1) if norm > 0 else 0
    A = A * 0.5**squarings  # noqa: N806
    term = total = eye(A.size(-1), dtype=A.dtype, device=A.device).expand(A.shape)
    for i in range(1, 19):  # at a norm of 1/2, far below the rounding of float64
        term = (term @ A) * (1 / i)
        total = total + term
    for _ in range(squarings):
        total = total @ total
    return total


def householder_product(V: Tensor, tau: Tensor) -> Tensor:  # noqa: N803
    """The first columns of the product of the reflections `I - tau v v^T`.

    Args:
        V: Below the diagonal, the vectors `v`; each has a one at the diagonal and zeros
            above. Shape `(*, n, k)`.
        tau: Their factors. Shape `(*, k)`.

    Returns:
        Shape `(*, n, k)`.
    """
    n, k = V.size(-2), V.size(-1)
    one = eye(n, k, dtype=V.dtype, device=V.device)
    vectors = V.tril(-1) + one
    Q = one.expand(V.shape)  # noqa: N806
    for i in reversed(range(k)):
        v = vectors[..., i : i + 1]
        Q = Q - tau[..., i, None, None] * v @ (v.mT @ Q)  # noqa: N806
    return Q


def reflections(Q: Tensor) -> Tensor:  # noqa: N803
    """What the Householder map makes the orthogonal `Q` of: vectors, and signs above.

    Column by column, the reflection that clears a column below the diagonal is noted
    and applied to the others. The diagonal gets the sign of what remains there.
    """
    rest, columns = Q, []
    k = Q.size(-1)
    for i in range(k):
        x = rest[..., i:, i]
        head, tail = x[..., :1], x[..., 1:]
        length = (x * x).sum(-1, keepdim=True).sqrt()
        nothing = (tail * tail).sum(-1, keepdim=True) == 0  # already clear: no reflection
        alpha = -length * (head.sgn() + (head == 0))
        v = tail / (head - alpha).masked_fill(nothing, 1.0)
        sign = (head.masked_fill(~nothing, 0.0) + alpha.masked_fill(nothing, 0.0)).sgn()
        # Without a reflection, the map's own (tau = 2) turns the sign around.
        sign = sign.masked_fill(nothing, 1.0) * (1 - 2 * (nothing & (head > 0)).int())
        full = cat([rest.new_zeros(*x.shape[:-1], i), head * 0 + 1, v], dim=-1)
        columns.append(cat([full[..., :i], sign, v], dim=-1))
        tau = (2.0 / (full * full).sum(-1))[..., None, None].masked_fill(
            nothing[..., None], 0.0
        )
        w = full.unsqueeze(-1)
        rest = rest - tau * w @ (w.mT @ rest)
    return stack(columns, dim=-1)


def settings(weight: Any, orthogonal_map: str | None) -> str:
    """The map to use for a weight."""
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1)
        return "matrix_exp" if square else "householder"
    return orthogonal_map
