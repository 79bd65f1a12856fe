"""Ready-made parametrizations: normalized and orthogonal weights."""

import math
from typing import Any

from minitorch_ff._checks import wrap_dim
from minitorch_ff._dtypes import finfo
from minitorch_ff._functions.creation import eye, zeros_like
from minitorch_ff._functions.joining import cat
from minitorch_ff._functions.matmul import mv, vdot
from minitorch_ff._functions.random import randn
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.linalg import qr, solve
from minitorch_ff.nn.functional.normalization import normalize
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.utils import parametrize
from minitorch_ff.nn.utils.spectral_norm import (
    as_matrix, checked_iterations, output_dim, random_direction,
)  # fmt: skip
from minitorch_ff.nn.utils.weight_norm import norm_except_dim, scaled_direction

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


class _WeightNorm(Module):
    """A weight from its lengths and directions."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """The weight."""
        return scaled_direction(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Its lengths and directions."""
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    r"""Learn a weight as lengths and directions.

    $$ w = g \, v / \lVert v \rVert $$

    Args:
        module: The module.
        name: The weight's name. Afterwards the lengths are
            `parametrizations.name.original0`, the directions `original1`.
        dim: The dimension along which every slice has a length of its own (0: every
            output); None for one length in all.

    Returns:
        The module.

    Source: Salimans and Kingma, Weight normalization (2016).

    Example:
        >>> from minitorch_ff import nn
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
        >>> for name, parameter in layer.named_parameters():
        ...     print(name, parameter.shape)
        bias torch.Size([3])
        parametrizations.weight.original0 torch.Size([3, 1])
        parametrizations.weight.original1 torch.Size([3, 2])

    See: [torch.nn.utils.parametrizations.weight_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.weight_norm.html).
    """
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename_old_keys(state_dict: dict[str, Any], prefix: str, *others: Any) -> None:
        """Load what the older `nn.utils.weight_norm` saved."""
        lengths, directions = f"{prefix}{name}_g", f"{prefix}{name}_v"
        if lengths in state_dict and directions in state_dict:
            start = f"{prefix}parametrizations.{name}.original"
            state_dict[start + "0"] = state_dict.pop(lengths)
            state_dict[start + "1"] = state_dict.pop(directions)

    module._register_load_state_dict_pre_hook(rename_old_keys)
    return module


class _SpectralNorm(Module):
    """A weight over its largest singular value."""

    _u: Tensor
    _v: Tensor

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but "
                f"got {dim})"
            )
        self.n_power_iterations = checked_iterations(n_power_iterations)
        self.dim, self.eps = wrap_dim(dim, ndim), eps
        if ndim > 1:
            matrix = as_matrix(weight.detach(), self.dim)
            rows, columns = matrix.shape
            self.register_buffer("_u", random_direction(matrix, rows, eps))
            self.register_buffer("_v", random_direction(matrix, columns, eps))
            self._power_method(matrix, 15)

    @no_grad()
    def _power_method(self, matrix: Tensor, rounds: int) -> None:
        for _ in range(rounds):
            self._u.copy_(normalize(mv(matrix, self._v), dim=0, eps=self.eps))
            self._v.copy_(normalize(mv(matrix.mH, self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight, divided."""
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # the next call must not change what this saves
        return weight / vdot(u, mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The weight as it is: it will be divided."""
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
    dim: int | None = None,
) -> Module:  # fmt: skip
    r"""Divide a weight by its largest singular value.

    $$ w = W / \sigma(W) $$

    The value is estimated by the power method, which goes on with every call while training.

    Args:
        module: The module.
        name: The weight's name. Afterwards what is learned is
            `parametrizations.name.original`.
        n_power_iterations: Rounds of the power method for each call.
        eps: Keeps lengths from zero.
        dim: The dimension of the outputs; by default the module's.

    Returns:
        The module.

    Raises:
        ValueError: `n_power_iterations` is not positive, or there is no such weight.
        IndexError: There is no such dimension.

    Source: T. Miyato et al., Spectral Normalization for Generative Adversarial Networks
    (2018), https://arxiv.org/abs/1802.05957.

    See: [torch.nn.utils.parametrizations.spectral_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.spectral_norm.html).
    """
    weight = _weight(module, name)
    chosen = output_dim(module) if dim is None else dim
    normed = _SpectralNorm(weight, n_power_iterations, chosen, eps)
    parametrize.register_parametrization(module, name, normed)
    return module


def _weight(module: Module, name: str) -> Tensor:
    """A parameter or buffer of a module."""
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight


MAPS = ("matrix_exp", "cayley", "householder")


class _Orthogonal(Module):
    """A matrix with orthonormal columns (or rows, if there are fewer of them)."""

    base: Tensor | None

    def __init__(self, weight: Tensor, orthogonal_map: str, use_trivialization: bool) -> None:
        super().__init__()
        if not use_trivialization and orthogonal_map == "householder":
            raise NotImplementedError(
                "orthogonal(orthogonal_map='householder', use_trivialization=False) is not "
                "supported; use use_trivialization=True, or another map"
            )
        self.shape, self.orthogonal_map = weight.shape, orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, original: Tensor) -> Tensor:
        """The orthogonal matrix."""
        wide = original.shape[-2] < original.shape[-1]
        x = original.mT if wide else original
        n, k = x.shape[-2:]
        if self.orthogonal_map == "householder":
            q = _reflections(x.tril(-1)) * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
        else:
            square = cat([x, x.new_zeros((*x.shape[:-1], n - k))], -1) if n != k else x
            skew = square.tril() - square.tril().mH
            one = eye(n, dtype=x.dtype, device=x.device)
            cayley = self.orthogonal_map == "cayley"
            q = solve(one - 0.5 * skew, one + 0.5 * skew) if cayley else _matrix_exp(skew)
            q = q[..., :k]
        if hasattr(self, "base"):
            q = self.base @ q
        return q.mT if wide else q

    @no_grad()
    def right_inverse(self, matrix: Tensor) -> Tensor:
        """What gives an orthogonal matrix: minus one, the matrix itself becoming the base."""
        if matrix.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. "
                f"Got a tensor of shape {matrix.shape}."
            )
        if not hasattr(self, "base"):
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley "
                "parametrizations when use_trivialization=False."
            )
        q = matrix.mT if matrix.shape[-2] < matrix.shape[-1] else matrix
        n, k = q.shape[-2:]
        if n != k:
            more = randn((*q.shape[:-1], n - k), dtype=q.dtype, device=q.device)
            q = _orthonormal(cat([q, more], -1))
        else:
            q = q.clone() if _is_orthogonal(q) else _orthonormal(q)
        self.base = q
        minus_one = zeros_like(matrix)
        minus_one.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return minus_one


def _is_orthogonal(q: Tensor) -> bool:
    size = q.shape[-1]
    one = eye(size, dtype=q.dtype, device=q.device)
    eps = 10 * q.shape[-2] * finfo(q.dtype).eps
    return bool((q.mH @ q - one).abs().le(eps).all())


def _orthonormal(matrix: Tensor) -> Tensor:
    """The orthogonal factor, signs chosen so that the other's diagonal is positive."""
    q, r = qr(matrix)
    return q * r.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def _reflections(vectors: Tensor) -> Tensor:
    """The first columns of a product of Householder reflections, one for each column."""
    n, k = vectors.shape[-2:]
    columns = vectors + eye(n, k, dtype=vectors.dtype, device=vectors.device)
    q = eye(n, k, dtype=vectors.dtype, device=vectors.device)
    for i in reversed(range(k)):
        v = columns[..., i : i + 1]
        q = q - (2 / v.pow(2).sum(-2, keepdim=True)) * (v @ (v.mT @ q))
    return q


def _matrix_exp(x: Tensor) -> Tensor:
    """The exponential: a Taylor series of a small part, squared as often as it was halved."""
    size = float(x.detach().abs().sum(-1).max()) if x.numel() else 0.0
    halvings = max(0, math.ceil(math.log2(size)) + 1) if size > 0 else 0
    small = x / 2**halvings
    term = result = eye(x.shape[-1], dtype=x.dtype, device=x.device)
    for i in range(1, 14):
        term = term @ small / i
        result = result + term
    for _ in range(halvings):
        result = result @ result
    return result


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *,
    use_trivialization: bool = True,
) -> Module:  # fmt: skip
    r"""Keep a weight orthogonal: $Q^T Q = 1$ (or $Q Q^T$, if it is wider than high).

    Args:
        module: The module.
        name: The weight's name. Afterwards what is learned is
            `parametrizations.name.original`.
        orthogonal_map: How free numbers become an orthogonal matrix: `"matrix_exp"`,
            `"cayley"` or `"householder"`. By default the first for a square weight, else
            the last.
        use_trivialization: Learn the way from a fixed orthogonal matrix, a buffer.

    Returns:
        The module.

    Raises:
        ValueError: The weight is no matrix, or there is no such map or weight.
        NotImplementedError: `"householder"` without trivialization.

    Source: M. Lezcano-Casado, Trivializations for Gradient-Based Optimization on Manifolds
    (2019), https://arxiv.org/abs/1909.09501.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff import nn
        >>> layer = nn.utils.parametrizations.orthogonal(nn.Linear(3, 3))
        >>> torch.allclose(layer.weight.T @ layer.weight, torch.eye(3), atol=1e-6)
        True

    See: [torch.nn.utils.parametrizations.orthogonal](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.orthogonal.html).
    """
    weight = _weight(module, name)
    if weight.ndim < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions."
        )
    square = weight.shape[-2] == weight.shape[-1]
    chosen = orthogonal_map or ("matrix_exp" if square else "householder")
    if chosen not in MAPS:
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {chosen}'
        )
    made = _Orthogonal(weight, chosen, use_trivialization)
    parametrize.register_parametrization(module, name, made, unsafe=True)
    return module
