"""Spectral normalization: a weight divided by its largest singular value."""

from __future__ import annotations

from typing import Any, TypeVar

from minitorch_ff._functions.matmul import dot, mv
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.nn.functional.normalization import normalize
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.parameter import Parameter, UninitializedParameter

__all__ = [
    "SpectralNorm", "SpectralNormStateDictHook", "remove_spectral_norm", "spectral_norm",
]  # fmt: skip

AnyModule = TypeVar("AnyModule", bound=Module)


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """A weight as a matrix whose rows are its slices along `dim`."""
    if dim != 0:
        others = [d for d in range(weight.dim()) if d != dim]
        weight = weight.permute(dim, *others)
    return weight.reshape(weight.size(0), -1)


def output_dim(module: Module) -> int:
    """The dimension of a module's weight that counts its outputs."""
    return 1 if getattr(module, "transposed", False) else 0


class SpectralNorm:
    """The hook that computes a module's weight before every call.

    Args:
        name: The weight's name. The parameter is `name_orig`; the buffers `name_u` and
            `name_v` are the singular vectors, as far as the power iteration has come.
        n_power_iterations: Steps of the power iteration in every call while training.
        dim: The dimension that counts the outputs.
        eps: The smallest length by which a vector is divided.
    """

    _version: int = 1

    def __init__(
        self,
        name: str = "weight",
        n_power_iterations: int = 1,
        dim: int = 0,
        eps: float = 1e-12,
    ) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.dim = dim
        self.n_power_iterations = n_power_iterations
        self.eps = eps

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Tensor:
        """The weight, divided by its largest singular value.

        Args:
            module: The module.
            do_power_iteration: Whether to improve the singular vectors first.
        """
        weight = getattr(module, self.name + "_orig")
        u = getattr(module, self.name + "_u")
        v = getattr(module, self.name + "_v")
        matrix = as_matrix(weight, self.dim)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    # Written in place: what replicas share must stay shared.
                    v.copy_(normalize(mv(matrix.t(), u), dim=0, eps=self.eps))
                    u.copy_(normalize(mv(matrix, v), dim=0, eps=self.eps))
                u, v = u.clone(), v.clone()  # for the gradient of this call
        return weight / dot(u, mv(matrix, v))

    @staticmethod
    def apply(
        module: Module, name: str, n_power_iterations: int, dim: int, eps: float
    ) -> SpectralNorm:
        """Replace the weight of a module by a parameter, two buffers and a hook."""
        for other in module._forward_pre_hooks.values():
            if isinstance(other, SpectralNorm) and other.name == name:
                raise RuntimeError(
                    f"Cannot register two spectral_norm hooks on the same parameter {name}"
                )
        hook = SpectralNorm(name, n_power_iterations, dim, eps)
        weight = module._parameters[name]
        if weight is None:
            raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        if isinstance(weight, UninitializedParameter):
            raise ValueError(
                "The module passed to `SpectralNorm` can't have uninitialized "
                "parameters. Make sure to run the dummy forward before applying "
                "spectral normalization"
            )
        with no_grad():
            height, width = as_matrix(weight, dim).size()
            u = normalize(weight.new_empty(height).normal_(0, 1), dim=0, eps=eps)
            v = normalize(weight.new_empty(width).normal_(0, 1), dim=0, eps=eps)
        delattr(module, name)
        module.register_parameter(name + "_orig", weight)
        setattr(module, name, weight.data)  # a plain attribute, until the first call
        module.register_buffer(name + "_u", u)
        module.register_buffer(name + "_v", v)
        module.register_forward_pre_hook(hook)
        module._register_state_dict_hook(SpectralNormStateDictHook(hook))
        return hook

    def remove(self, module: Module) -> None:
        """Put the weight back as one parameter."""
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        for suffix in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + suffix)
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module: Module, inputs: Any) -> None:
        """Set the weight that the call is about to use."""
        weight = self.compute_weight(module, do_power_iteration=module.training)
        setattr(module, self.name, weight)


class SpectralNormStateDictHook:
    """Notes in a saved state which version of this file wrote it.

    Args:
        fn: The hook that computes the weight.
    """

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self,
        module: Module,
        state_dict: Any,
        prefix: str,
        local_metadata: dict[str, Any],
    ) -> None:
        """Add the note."""
        notes = local_metadata.setdefault("spectral_norm", {})
        key = self.fn.name + ".version"
        if key in notes:
            raise RuntimeError(f"Unexpected key in metadata['spectral_norm']: {key}")
        notes[key] = self.fn._version


def spectral_norm(
    module: AnyModule,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> AnyModule:
    r"""Divide a weight by its largest singular value (the older way, by a hook).

    $$ w = w_\text{orig} / \sigma, \quad \sigma = u^\top w_\text{orig} \, v $$

    Args:
        module: The module.
        name: The weight's name. Afterwards the parameter is `name_orig`.
        n_power_iterations: Steps of the power iteration, which finds the singular
            vectors `u` and `v`, in every call while training.
        eps: The smallest length by which a vector is divided.
        dim: The dimension that counts the outputs. Default: 1 for transposed
            convolutions, 0 for all others.

    Returns:
        The module.

    Source: Miyato et al., Spectral normalization for generative adversarial networks
    (2018).

    See: [torch.nn.utils.spectral_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.spectral_norm.html).
    """
    if dim is None:
        dim = output_dim(module)
    SpectralNorm.apply(module, name, n_power_iterations, dim, eps)
    return module


def remove_spectral_norm(module: AnyModule, name: str = "weight") -> AnyModule:
    """Undo `spectral_norm`: make the weight one parameter again.

    Args:
        module: The module.
        name: The weight's name.

    Returns:
        The module.

    See: [torch.nn.utils.remove_spectral_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.remove_spectral_norm.html).
    """
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[number]
            break
    else:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    for number, hook in module._state_dict_hooks.items():
        if isinstance(hook, SpectralNormStateDictHook) and hook.fn.name == name:
            del module._state_dict_hooks[number]
            break
    return module
