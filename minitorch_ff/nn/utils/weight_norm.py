"""Weight normalization: a weight as a length and a direction, each learned."""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from minitorch_ff._functions.norms import norm
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.parameter import Parameter, UninitializedParameter

__all__ = ["WeightNorm", "remove_weight_norm", "weight_norm"]

AnyModule = TypeVar("AnyModule", bound=Module)


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The norm of every slice along `dim` (`torch.norm_except_dim`).

    Args:
        v: The tensor.
        pow: The order of the norm.
        dim: The dimension to keep; -1 for the norm of all elements.

    Returns:
        The norms. As many dimensions as `v`, of size one but for `dim`; of no dimension
        for -1.
    """
    if dim == -1:
        return norm(v, pow)
    sizes = [1] * v.dim()
    sizes[dim] = v.size(dim)
    slices = v.transpose(0, dim).reshape(v.size(dim), -1)
    return norm(slices, pow, 1).view(sizes)


def scaled_direction(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    """`g v / |v|`: the weight of length `g` in the direction of `v`."""
    return v * (g / norm_except_dim(v, 2, dim))


class WeightNorm:
    """The hook that computes a module's weight before every call.

    Args:
        name: The weight's name; its parts are `name_g` (lengths) and `name_v`
            (directions).
        dim: The dimension along which every slice has a length of its own; -1 for one
            in all.
    """

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Tensor:
        """The weight from its parts."""
        g = getattr(module, self.name + "_g")
        v = getattr(module, self.name + "_v")
        return scaled_direction(v, g, self.dim)

    @staticmethod
    def apply(module: Module, name: str, dim: int | None) -> WeightNorm:
        """Replace the weight of a module by its two parts and a hook."""
        for hook in module._forward_pre_hooks.values():
            if isinstance(hook, WeightNorm) and hook.name == name:
                raise RuntimeError(
                    f"Cannot register two weight_norm hooks on the same parameter {name}"
                )
        hook = WeightNorm(name, dim)
        weight = getattr(module, name)
        if isinstance(weight, UninitializedParameter):
            raise ValueError(
                "The module passed to `WeightNorm` can't have uninitialized parameters. Make sure "
                "to run the dummy forward before applying weight normalization"
            )
        del module._parameters[name]
        lengths = norm_except_dim(weight, 2, hook.dim)
        module.register_parameter(name + "_g", Parameter(lengths.data))
        module.register_parameter(name + "_v", Parameter(weight.data))
        setattr(module, name, hook.compute_weight(module))
        module.register_forward_pre_hook(hook)
        return hook

    def remove(self, module: Module) -> None:
        """Put the weight back as one parameter."""
        weight = self.compute_weight(module)
        delattr(module, self.name)
        del module._parameters[self.name + "_g"]
        del module._parameters[self.name + "_v"]
        setattr(module, self.name, Parameter(weight.data))

    def __call__(self, module: Module, inputs: Any) -> None:
        """Set the weight that the call is about to use."""
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: AnyModule, name: str = "weight", dim: int | None = 0) -> AnyModule:
    r"""Learn a weight as lengths and directions (the older way, by a hook).

    $$ w = g \, v / \lVert v \rVert $$

    Args:
        module: The module.
        name: The weight's name. Afterwards the parameters are `name_g` and `name_v`.
        dim: The dimension along which every slice has a length of its own (0: every
            output); None for one length in all.

    Returns:
        The module.

    Source: Salimans and Kingma, Weight normalization (2016).

    See: [torch.nn.utils.weight_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.weight_norm.html).
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated "
        "in favor of `torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    WeightNorm.apply(module, name, dim)
    return module


def remove_weight_norm(module: AnyModule, name: str = "weight") -> AnyModule:
    """Undo `weight_norm`: make the weight one parameter again.

    Args:
        module: The module.
        name: The weight's name.

    Returns:
        The module.

    See: [torch.nn.utils.remove_weight_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.remove_weight_norm.html).
    """
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, WeightNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[number]
            return module
    raise ValueError(f"weight_norm of '{name}' not found in {module}")
