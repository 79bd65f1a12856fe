"""Ready-made parametrizations: weights normalized in one way or another."""

from __future__ import annotations

from typing import Any

from minitorch_ff._functions.matmul import dot, mv
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.nn.functional.normalization import normalize
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.utils import parametrize
from minitorch_ff.nn.utils._orthogonal import MAPS, _Orthogonal
from minitorch_ff.nn.utils.spectral_norm import as_matrix, output_dim
from minitorch_ff.nn.utils.weight_norm import norm_except_dim, scaled_direction

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def orthogonal(
    module: Module,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> Module:
    """Keep a weight orthogonal: its columns, or rows if there are fewer, orthonormal.

    Args:
        module: The module.
        name: The weight's name; a matrix, or a batch of them.
        orthogonal_map: How the weight is computed: `"matrix_exp"` (the default if it is
            square), `"cayley"`, or `"householder"` (the default if it is not).
        use_trivialization: Whether to multiply by a fixed orthogonal matrix, so that
            learning starts at the weight that is there, and any can be assigned.

    Returns:
        The module.

    Source: Lezcano-Casado and Martinez-Rubio, Cheap orthogonal constraints in neural
    networks (2019).

    Example:
        >>> import minitorch_ff as torch
        >>> layer = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(20, 40))
        >>> torch.allclose(layer.weight.T @ layer.weight, torch.eye(20), atol=1e-5)
        True

    See: [torch.nn.utils.parametrizations.orthogonal](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.orthogonal.html).
    """
    weight = _tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions."
        )
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1)
        orthogonal_map = "matrix_exp" if square else "householder"
    if orthogonal_map not in MAPS:
        raise ValueError(
            'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". '
            f"Got: {orthogonal_map}"
        )
    function = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    parametrize.register_parametrization(module, name, function, unsafe=True)
    return module


def _tensor_of(module: Module, name: str) -> Tensor:
    """The parameter or buffer of that name."""
    tensor = getattr(module, name, None)
    if not isinstance(tensor, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return tensor


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
    """A weight divided by its largest singular value, found by power iteration."""

    _u: Tensor
    _v: Tensor

    def __init__(
        self,
        weight: Tensor,
        n_power_iterations: int = 1,
        dim: int = 0,
        eps: float = 1e-12,
    ) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(
                "Dimension out of range (expected to be in range of "
                f"[-{ndim}, {ndim - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight, self.dim)
            for name, size in zip(("_u", "_v"), matrix.size(), strict=True):
                start = matrix.new_empty(size).normal_(0, 1)
                self.register_buffer(name, normalize(start, dim=0, eps=eps))
            self._improve(matrix, 15)

    @no_grad()
    def _improve(self, matrix: Tensor, steps: int) -> None:
        """Bring the vectors nearer to the first singular ones, in place."""
        for _ in range(steps):
            self._u.copy_(normalize(mv(matrix, self._v), dim=0, eps=self.eps))
            self._v.copy_(normalize(mv(matrix.t(), self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight, of the same shape."""
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._improve(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # for the gradient of this call
        return weight / dot(u, mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """Take an assigned weight as it is: it need not be normalized."""
        return value


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    r"""Divide a weight by its largest singular value.

    $$ w = w_\text{orig} / \sigma, \quad \sigma = u^\top w_\text{orig} \, v $$

    Args:
        module: The module.
        name: The weight's name.
        n_power_iterations: Steps of the power iteration, which finds the singular
            vectors `u` and `v`, at every read while training.
        eps: The smallest length by which a vector is divided.
        dim: The dimension that counts the outputs. Default: 1 for transposed
            convolutions, 0 for all others.

    Returns:
        The module.

    Source: Miyato et al., Spectral normalization for generative adversarial networks
    (2018).

    See: [torch.nn.utils.parametrizations.spectral_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.spectral_norm.html).
    """
    weight = _tensor_of(module, name)
    if dim is None:
        dim = output_dim(module)
    function = _SpectralNorm(weight, n_power_iterations, dim, eps)
    parametrize.register_parametrization(module, name, function)
    return module
