"""Ready-made parametrizations: weight normalization."""

from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.utils import parametrize
from minitorch_ff.nn.utils.weight_norm import norm_except_dim, scaled_direction

__all__ = ["weight_norm"]


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
