"""Dropout in its variants: elements, channels, and the self-normalising kinds."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from minitorch_ff._functions.random import bernoulli_, default_generator
from minitorch_ff.firefly.in_place import in_place
from minitorch_ff.firefly.ops import dropout as ops
from minitorch_ff.firefly.ops.base import apply
from minitorch_ff.firefly.tensor import Tensor as AnyTensor
from minitorch_ff.firefly.tensor import wrap

if TYPE_CHECKING:
    from minitorch_ff._tensor import Tensor


def check_probability(p: float) -> None:
    """Refuse what is no probability.

    Raises:
        ValueError: `p` is not in [0, 1].
    """
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero elements with probability `p`, and scale the others by `1 / (1 - p)`.

    Args:
        input: Any shape, floating.
        p: The probability of an element to be zeroed.
        training: Otherwise `input` is returned as it is.
        inplace: Write into `input`.

    Raises:
        ValueError: `p` is not in [0, 1].

    Example:
        >>> import minitorch_ff as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.dropout(torch.ones(4), p=0.5)
        tensor([0., 0., 2., 0.])

    See: rule [`Dropout`][minitorch_ff.firefly.ops.dropout.Dropout],
        [torch.nn.functional.dropout](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html),
        Srivastava et al., Dropout (2014).
    """
    check_probability(p)
    if inplace:
        return _dropout_(input, p, training)
    return _dropout(input, p, training)


def _dropout(input: Tensor, p: float, training: bool) -> Tensor:
    if not training or p == 0.0 or not input.buffer.size:
        return input
    return apply(ops.Dropout, input, mask=_mask(input, p, input.buffer.shape))


_dropout_ = in_place(_dropout)


def _mask(input: Tensor, p: float, shape: tuple[int, ...]) -> Any:
    """Zeros with probability `p`, else `1 / (1 - p)`, in the layout of `input`."""
    xp, x = input.backend, input.buffer
    if p == 1.0:
        return xp.zeros(shape, x.dtype)
    scale = xp.div(xp.constant(1, x.dtype), xp.constant(1 - p, x.dtype))
    if shape == x.shape and not x.flags.c_contiguous:  # the draw follows the layout
        pattern = wrap(AnyTensor.result_class, xp.module.empty_like(x))
        return xp.mul(bernoulli_(pattern, 1 - p).buffer, scale)
    kept = default_generator.bernoulli(math.prod(shape), 1 - p).reshape(shape)
    mask = xp.cast(xp.beside(kept, x), x.dtype)
    return xp.module.multiply(mask, scale, mask)


def _channel_dropout(input: Tensor, p: float, training: bool) -> Tensor:
    """Whole channels at a time: one draw for each sample and channel."""
    if not training or p == 0.0 or not input.buffer.size:
        return input
    shape = input.buffer.shape
    channels = shape[:2] + (1,) * (len(shape) - 2)
    return apply(ops.Dropout, input, mask=_mask(input, p, channels))


_channel_dropout_ = in_place(_channel_dropout)


def _by_channel(
    name: str, ranks: tuple[int, ...], unbatched: int | None, input: Tensor, p: float,
    training: bool, inplace: bool,
) -> Tensor:  # fmt: skip
    """Channel dropout with the checks of `dropout1d` and its kin."""
    check_probability(p)
    rank = input.buffer.ndim
    if rank not in ranks:
        if name == "dropout1d":
            raise RuntimeError(
                f"dropout1d: Expected 2D or 3D input, but received a {rank}D input. Note that "
                "dropout1d exists to provide channel-wise dropout on inputs with 1 spatial "
                "dimension, a channel dimension, and an optional batch dimension (i.e. 2D or 3D "
                "inputs)."
            )
        warnings.warn(
            f"{name}: Received a {rank}-D input to {name}, which is deprecated and will result "
            "in an error in a future release. To retain the behavior and silence this warning, "
            "please use dropout instead. Note that "
            f"{name} exists to provide channel-wise dropout on inputs with "
            f"{name[-2]} spatial dimensions, a channel dimension, and an optional batch "
            f"dimension (i.e. {ranks[0]}D or {ranks[-1]}D inputs).",
            stacklevel=3,
        )
    lone = rank == unbatched
    given = input.unsqueeze(0) if lone else input
    drop = _channel_dropout_ if inplace else _channel_dropout
    out = drop(given, p, training)
    if inplace:
        return input
    return out.squeeze(0) if lone else out


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of `(N, C, L)` (or `(C, L)`) with probability `p`.

    See: [torch.nn.functional.dropout1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout1d.html).
    """
    return _by_channel("dropout1d", (2, 3), 2, input, p, training, inplace)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of `(N, C, H, W)` with probability `p`.

    See: [torch.nn.functional.dropout2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html).
    """
    return _by_channel("dropout2d", (3, 4), None, input, p, training, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of `(N, C, D, H, W)` (or `(C, D, H, W)`) with probability `p`.

    See: [torch.nn.functional.dropout3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout3d.html).
    """
    return _by_channel("dropout3d", (4, 5), 4, input, p, training, inplace)


ALPHA = 1.7580993408473766
"""What self-normalising activations tend to far below zero, times -1."""


def _alpha(input: Tensor, p: float, training: bool, by_channel: bool) -> Tensor:
    if not training or p == 0.0 or not input.buffer.size:
        return input
    xp, x = input.backend, input.buffer
    shape = x.shape[:2] + (1,) * (x.ndim - 2) if by_channel else x.shape
    if p == 1.0:
        return apply(ops.Dropout, input, mask=xp.zeros(shape, x.dtype))
    a = 1 / math.sqrt((ALPHA**2 * p + 1) * (1 - p))
    kept = default_generator.bernoulli(math.prod(shape), 1 - p).reshape(shape)
    kept = xp.cast(xp.beside(kept, x), x.dtype)
    offset = xp.scale(xp.shift(kept, -1), ALPHA * a)
    offset = xp.shift(offset, ALPHA * a * p)
    return apply(ops.AlphaDropout, input, factor=xp.scale(kept, a), offset=offset)


_alpha_ = in_place(_alpha)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout that keeps mean and variance of self-normalising activations.

    See: [torch.nn.functional.alpha_dropout](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.alpha_dropout.html),
        Klambauer et al., Self-Normalizing Neural Networks (2017).
    """
    check_probability(p)
    return (_alpha_ if inplace else _alpha)(input, p, training, False)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels.

    See: [torch.nn.functional.feature_alpha_dropout](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.feature_alpha_dropout.html).
    """
    check_probability(p)
    return (_alpha_ if inplace else _alpha)(input, p, training, True)
