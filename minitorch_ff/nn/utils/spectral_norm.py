"""Spectral normalization: a weight over its largest singular value.

Source: T. Miyato et al., Spectral Normalization for Generative Adversarial Networks (2018),
https://arxiv.org/abs/1802.05957.
"""

from __future__ import annotations

from typing import Any, TypeVar

from minitorch_ff._functions.matmul import dot, mv
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.nn.functional.normalization import normalize
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.parameter import Parameter, UninitializedParameter

__all__ = ["SpectralNorm", "remove_spectral_norm", "spectral_norm"]

AnyModule = TypeVar("AnyModule", bound=Module)


def output_dim(module: Module) -> int:
    """The dimension of a weight's outputs: 1 in a transposed convolution, else 0."""
    transposed = any(c.__name__.startswith("ConvTranspose") for c in type(module).__mro__)
    return int(transposed)


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """A weight as a matrix with a row for each index of `dim`."""
    return weight.movedim(dim, 0).flatten(1)


def random_direction(weight: Tensor, size: int, eps: float) -> Tensor:
    """A vector of length one, drawn from the default generator."""
    return normalize(weight.new_empty(size).normal_(0, 1), dim=0, eps=eps)


def checked_iterations(count: int) -> int:
    """How many rounds of the power method to take.

    Raises:
        ValueError: It is not positive.
    """
    if count <= 0:
        text = "Expected n_power_iterations to be positive, but got n_power_iterations="
        raise ValueError(f"{text}{count}")
    return count


class SpectralNorm:
    """The hook that divides a module's weight before every call.

    Args:
        name: The weight's name; what is learned is `name_orig`, the singular vectors are
            the buffers `name_u` and `name_v`.
        n_power_iterations: Rounds of the power method for each call while training.
        dim: The dimension of the outputs.
        eps: Keeps lengths from zero.
    """

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        self.name, self.dim, self.eps = name, dim, eps
        self.n_power_iterations = checked_iterations(n_power_iterations)

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Tensor:
        """The weight over its (estimated) largest singular value."""
        weight, u, v = [getattr(module, self.name + end) for end in ("_orig", "_u", "_v")]
        matrix = as_matrix(weight, self.dim)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(normalize(mv(matrix.t(), u), dim=0, eps=self.eps))
                    u.copy_(normalize(mv(matrix, v), dim=0, eps=self.eps))
            u, v = u.clone(), v.clone()  # the next call must not change what this one saves
        return weight / dot(u, mv(matrix, v))

    def remove(self, module: Module) -> None:
        """Put the weight back as one parameter."""
        with no_grad():
            weight = self.compute_weight(module, False)
        for name in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + name)
        module.register_parameter(self.name, Parameter(weight))

    def __call__(self, module: Module, inputs: Any) -> None:
        """Set the weight that the call is about to use."""
        setattr(module, self.name, self.compute_weight(module, module.training))


def spectral_norm(
    module: AnyModule, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
    dim: int | None = None,
) -> AnyModule:  # fmt: skip
    r"""Divide a weight by its largest singular value (the older way, by a hook).

    $$ w = W / \sigma(W) $$

    Args:
        module: The module.
        name: The weight's name. Afterwards the parameter is `name_orig`.
        n_power_iterations: Rounds of the power method for each call while training.
        eps: Keeps lengths from zero.
        dim: The dimension of the outputs; by default the module's.

    Returns:
        The module.

    Raises:
        RuntimeError: The weight is normalized already.
        ValueError: `n_power_iterations` is not positive, or the weight has no shape yet.

    See: [torch.nn.utils.spectral_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.spectral_norm.html).
    """
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            raise RuntimeError(
                f"Cannot register two spectral_norm hooks on the same parameter {name}"
            )
    norm = SpectralNorm(name, n_power_iterations, output_dim(module) if dim is None else dim, eps)
    weight = module._parameters[name]
    if weight is None or isinstance(weight, UninitializedParameter):
        raise ValueError(
            "The module passed to `SpectralNorm` can't have uninitialized parameters. Make sure "
            "to run the dummy forward before applying spectral normalization"
        )
    with no_grad():
        rows, columns = as_matrix(weight, norm.dim).shape
        u, v = (random_direction(weight, size, eps) for size in (rows, columns))
    del module._parameters[name]
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.data)  # a plain attribute, until the first call
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    module.register_forward_pre_hook(norm)
    return module


def remove_spectral_norm(module: AnyModule, name: str = "weight") -> AnyModule:
    """Undo `spectral_norm`: make the weight one parameter again, divided as it is.

    Args:
        module: The module.
        name: The weight's name.

    Returns:
        The module.

    Raises:
        ValueError: The weight is not normalized.

    See: [torch.nn.utils.remove_spectral_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.remove_spectral_norm.html).
    """
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[number]
            return module
    raise ValueError(f"spectral_norm of '{name}' not found in {module}")
