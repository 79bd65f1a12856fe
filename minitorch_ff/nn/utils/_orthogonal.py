"""The orthogonal parametrization: weights whose columns, or rows, are orthonormal."""

from __future__ import annotations

import math

from minitorch_ff import _dtypes
from minitorch_ff._functions.creation import eye, zeros_like
from minitorch_ff._functions.decompositions import qr, solve
from minitorch_ff._functions.joining import cat, stack
from minitorch_ff._functions.random import randn
from minitorch_ff._functions.selection import where
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.nn.modules.module import Module

MAPS = "matrix_exp", "cayley", "householder"


class _Orthogonal(Module):
    """An orthogonal matrix from an unconstrained one.

    Two of the three maps take the lower triangle as a skew-symmetric matrix: its
    exponential is orthogonal, and so is its Cayley transform. The third takes the
    columns below the diagonal as Householder reflections, and signs from the diagonal.

    Args:
        weight: The weight before.
        orthogonal_map: One of `MAPS`.
        use_trivialization: Whether the result is multiplied by a fixed orthogonal
            matrix (`base`), so that any weight can be assigned.
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

    def forward(self, x: Tensor) -> Tensor:
        """An orthogonal matrix of the same shape, or a batch of them."""
        wide = x.size(-2) < x.size(-1)
        if wide:
            x = x.mT
        if self.orthogonal_map == "householder":
            below = x.tril(-1)
            tau = 2.0 / (1.0 + (below * below).sum(dim=-2))
            signs = x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
            q = householder_product(below, tau) * signs
        else:
            q = self._from_skew_symmetric(x.tril())
        if "base" in self._buffers:
            q = self.base @ q
        return q.mT if wide else q

    def _from_skew_symmetric(self, lower: Tensor) -> Tensor:
        n, k = lower.size(-2), lower.size(-1)
        if n != k:
            rest = lower.new_zeros(n, n - k).expand(*lower.shape[:-2], -1, -1)
            lower = cat([lower, rest], dim=-1)
        a = lower - lower.mT
        if self.orthogonal_map == "matrix_exp":
            return matrix_exp(a)[..., :k]
        one = eye(n, dtype=a.dtype, device=a.device)
        return solve(one - 0.5 * a, one + 0.5 * a)[..., :k]

    @no_grad()
    def right_inverse(self, q: Tensor) -> Tensor:
        """What `forward` makes `q` of, or a matrix near it if it is not orthogonal."""
        if q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. "
                f"Got a tensor of shape {q.shape}."
            )
        wide = q.size(-2) < q.size(-1)
        tall = q.mT if wide else q
        if "base" not in self._buffers:
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the "
                    "Cayley parametrizations when use_trivialization=False."
                )
            x = reflections(tall)
            return x.mT if wide else x
        n, k = tall.size(-2), tall.size(-1)
        if n != k:
            drawn = randn(*q.shape[:-2], n, n - k, dtype=q.dtype, device=q.device)
            self.base = orthogonalized(cat([tall, drawn], dim=-1))
        else:
            self.base = tall.clone() if is_orthogonal(tall) else orthogonalized(tall)
        start = zeros_like(q)  # with -1 on the diagonal, each map gives the identity
        start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return start


def is_orthogonal(q: Tensor) -> bool:
    """Whether the columns are orthonormal, up to rounding."""
    n, k = q.size(-2), q.size(-1)
    difference = q.mT @ q - eye(k, dtype=q.dtype, device=q.device)
    return bool((difference.abs() <= 10.0 * n * _dtypes.finfo(q.dtype).eps).all())


def orthogonalized(a: Tensor) -> Tensor:
    """The orthogonal factor of `a`, with the signs that make it unique."""
    q, r = qr(a)
    return q * r.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def matrix_exp(a: Tensor) -> Tensor:
    """The matrix exponential: its Taylor series near zero, then squared as needed."""
    norm = a.detach().abs().sum(-1).amax().item() if a.numel() else 0.0
    squarings = math.ceil(math.log2(norm)) if norm > 1 else 0
    a = a * 0.5**squarings
    term = total = eye(a.size(-1), dtype=a.dtype, device=a.device).expand(a.shape)
    for i in range(1, 19):  # at a norm of 1 or less, enough for float64
        term = (term @ a) * (1 / i)
        total = total + term
    for _ in range(squarings):
        total = total @ total
    return total


def householder_product(below: Tensor, tau: Tensor) -> Tensor:
    """The first columns of the product of the reflections `I - tau v v^T`.

    Args:
        below: Each column is a vector `v`, which has a one at the diagonal and zeros
            above; only what lies below the diagonal is given. Shape `(*, n, k)`.
        tau: The factors. Shape `(*, k)`.

    Returns:
        Shape `(*, n, k)`.
    """
    n, k = below.size(-2), below.size(-1)
    one = eye(n, k, dtype=below.dtype, device=below.device)
    vectors = below + one
    q = one.expand(below.shape)
    for i in reversed(range(k)):
        v = vectors[..., i : i + 1]
        q = q - tau[..., i, None, None] * v @ (v.mT @ q)
    return q


def reflections(q: Tensor) -> Tensor:
    """What the Householder map makes an orthogonal `q` of.

    Column by column, the reflection that clears a column below the diagonal is noted
    there, and applied to the whole matrix; the diagonal notes the sign that is left.
    """
    rest, columns = q, []
    for i in range(q.size(-1)):
        above = q.new_zeros(*q.shape[:-2], i)
        head, tail = rest[..., i : i + 1, i], rest[..., i + 1 :, i]
        clear = (tail == 0).all(-1, keepdim=True)
        length = (head * head + (tail * tail).sum(-1, keepdim=True)).sqrt()
        kept = where(clear, head, where(head < 0, length, -length))
        v = tail / where(clear, 1.0, head - kept)
        tau = where(clear, 0.0, (kept - head) / kept)
        # Where there is nothing to reflect, the map does it all the same: turn round.
        sign = where(clear, -kept.sgn(), kept.sgn())
        columns.append(cat([above, sign, v], dim=-1))
        vector = cat([above, zeros_like(head) + 1, v], dim=-1).unsqueeze(-1)
        rest = rest - tau.unsqueeze(-1) * vector @ (vector.mT @ rest)
    return stack(columns, dim=-1) + rest.triu(1)
