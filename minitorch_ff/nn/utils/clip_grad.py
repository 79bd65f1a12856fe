"""Keeping gradients small before an optimizer's step."""

import types
import warnings
from collections.abc import Iterable

from minitorch_ff._functions.creation import tensor
from minitorch_ff._functions.joining import stack
from minitorch_ff._functions.norms import vector_norm
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_"]

Tensors = Tensor | Iterable[Tensor]


def _listed(tensors: Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(parameters: Tensors) -> list[Tensor]:
    """The gradients of those parameters that have one."""
    grads = [parameter.grad for parameter in _listed(parameters)]
    return [grad for grad in grads if grad is not None]


@no_grad()
def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients down together, to a common norm of at most `max_norm`.

    Args:
        parameters: The tensors whose `.grad` is scaled in place.
        max_norm: The largest norm allowed.
        norm_type: The order of the norm; `inf` for the largest absolute value.
        error_if_nonfinite: Whether to raise if the norm is infinite or not a number.
        foreach: Makes no difference here.

    Returns:
        The norm before, of all gradients taken as one vector. Shape `()`.

    Raises:
        RuntimeError: The norm is not finite, and `error_if_nonfinite`.

    Example:
        >>> import minitorch_ff as torch
        >>> x = torch.tensor([3.0, 4.0], requires_grad=True)
        >>> (x * x).sum().backward()  # the gradient is [6, 8]
        >>> torch.nn.utils.clip_grad_norm_([x], max_norm=1.0)
        tensor(10.)
        >>> x.grad
        tensor([0.6000, 0.8000])

    See: [torch.nn.utils.clip_grad_norm_](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html).
    """
    generated = isinstance(parameters, types.GeneratorType)
    parameters = _listed(parameters)
    if generated and not parameters:
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=3
        )
    norm = _get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite, foreach)
    _clip_grads_with_norm_(parameters, max_norm, norm, foreach)
    return norm


@no_grad()
def _get_total_norm(
    tensors: Tensors,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of several tensors taken as one vector (`nn.utils.get_total_norm`).

    Args:
        tensors: The tensors, often gradients.
        norm_type: The order of the norm; `inf` for the largest absolute value.
        error_if_nonfinite: Whether to raise if the norm is infinite or not a number.
        foreach: Makes no difference here.

    Returns:
        The norm. Shape `()`.

    Raises:
        RuntimeError: The norm is not finite, and `error_if_nonfinite`.

    See: [torch.nn.utils.get_total_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.get_total_norm.html).
    """
    norm_type = float(norm_type)
    tensors = _listed(tensors)
    if not tensors:
        return tensor(0.0)
    norms = [vector_norm(t, norm_type) for t in tensors]
    device = norms[0].device
    if any([norm.device != device for norm in norms]):
        norms = [norm.to(device) for norm in norms]
    total = vector_norm(stack(norms), norm_type)
    if error_if_nonfinite and not total.isfinite():
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, "
            "so it cannot be clipped. To disable this error and scale the gradients by the "
            "non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return total


@no_grad()
def _clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale gradients whose common norm is known (`nn.utils.clip_grads_with_norm_`).

    Args:
        parameters: The tensors whose `.grad` is scaled in place.
        max_norm: The largest norm allowed.
        total_norm: The norm of the gradients, as `get_total_norm` gives it. Shape `()`.
        foreach: Makes no difference here.

    See: [torch.nn.utils.clip_grads_with_norm_](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grads_with_norm_.html).
    """
    grads = _gradients(parameters)
    max_norm = float(max_norm)
    if not grads:
        return
    # Clamped rather than tested, so that a GPU need not be waited for.
    factor = (max_norm / (total_norm + 1e-6)).clamp(max=1.0)
    for grad in grads:
        if factor.device != grad.device:
            factor = factor.to(grad.device)
        grad.mul_(factor)


def clip_grad_norm(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The old name of `clip_grad_norm_`."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated "
        "in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


@no_grad()
def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Cut every element of the gradients off at `-clip_value` and `clip_value`.

    Args:
        parameters: The tensors whose `.grad` is changed in place.
        clip_value: The largest absolute value allowed.
        foreach: Makes no difference here.

    See: [torch.nn.utils.clip_grad_value_](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html).
    """
    clip_value = float(clip_value)
    for grad in _gradients(parameters):
        grad.clamp_(-clip_value, clip_value)
