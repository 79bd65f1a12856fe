"""What distributions share: common shapes, probabilities and their logits."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Number
from typing import Any

from minitorch_ff._dtypes import finfo, get_default_dtype
from minitorch_ff._functions.creation import tensor
from minitorch_ff._functions.joining import broadcast_tensors
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import enable_grad

__all__ = ["broadcast_all", "clamp_probs", "lazy_property", "logits_to_probs", "probs_to_logits"]

euler_constant = 0.5772156649015329
"""The limit of `1 + 1/2 + … + 1/n - ln n`."""


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape.

    Numbers take the dtype of the first tensor, or the default one.

    Raises:
        ValueError: There is something else.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.distributions.utils.broadcast_all(torch.zeros(2), 1.0)
        (tensor([0., 0.]), tensor([1., 1.]))
    """
    if not all(isinstance(value, (Tensor, Number)) for value in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects "
            "implementing __torch_function__."
        )
    first = next((value for value in values if isinstance(value, Tensor)), None)
    options: Any = {"dtype": get_default_dtype()}
    if first is not None:
        options = {"dtype": first.dtype, "device": first.device}
    return tuple(
        broadcast_tensors(*[v if isinstance(v, Tensor) else tensor(v, **options) for v in values])
    )


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities kept a rounding step away from 0 and 1."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Logits of probabilities: their logarithms, or the log odds if each stands alone."""
    inside = clamp_probs(probs)
    return inside.log() - (-inside).log1p() if is_binary else inside.log()


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities of logits: their softmax, or the sigmoid if each stands alone."""
    return logits.sigmoid() if is_binary else logits.softmax(-1)


class lazy_property:
    """A property that is computed once, when it is first asked for.

    Args:
        wrapped: The method that computes it.
    """

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        with enable_grad():
            value = self.wrapped(instance)
        instance.__dict__[self.wrapped.__name__] = value  # from now on found before this
        return value


def sum_rightmost(value: Any, dims: int) -> Any:
    """The sum over the last so many dimensions."""
    return value if dims == 0 else value.reshape(*value.shape[:-dims], -1).sum(-1)


HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)
"""`ln √(2π)`, of which normal densities are made."""
