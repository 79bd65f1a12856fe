"""Dropout in its variants: elements, channels, and the self-normalising kinds."""

import math
import warnings
from typing import Any

from minitorch_ff import _dtypes
from minitorch_ff._checks import must_be_tensor
from minitorch_ff._functions.creation import empty_like
from minitorch_ff._functions.random import bernoulli_, refuse_complex, stream
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.in_place import check_castable, in_place
from minitorch_ff.firefly.ops import dropout as ops
from minitorch_ff.firefly.ops.base import apply


def check_probability(p: float) -> None:
    """Refuse what is no probability.

    Raises:
        ValueError: `p` is not in [0, 1].
        RuntimeError: `p` is not a number.
    """
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if p != p:
        raise RuntimeError("dropout probability has to be between 0 and 1, but got nan")


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
    must_be_tensor(input, "dropout", "input", 1)
    return _dropout_(input, p, training) if inplace else _dropout(input, p, training)


def _dropout(input: Tensor, p: float, training: bool) -> Tensor:
    if not training or p == 0.0 or not input.buffer.size:
        return input
    return apply(ops.Dropout, input, mask=_mask(input, p, input.buffer.shape))


_dropout_ = in_place(_dropout)


def _mask(input: Tensor, p: float, shape: tuple[int, ...]) -> Any:
    """Zeros with probability `p`, else `1 / (1 - p)`."""
    xp, x = input.backend, input.buffer
    if p == 1.0:
        return xp.zeros(shape, x.dtype)
    mask = _kept(input, p, shape)
    # Half precision divides in float32, and rounds the quotient only.
    precise = x.dtype if x.dtype.itemsize > 2 else _dtypes.float32.numpy
    scale = xp.div(xp.constant(1, precise), xp.constant(1 - p, precise))
    return xp.module.multiply(mask, scale, mask)


def _kept(input: Tensor, p: float, shape: tuple[int, ...]) -> Any:
    """Zeros with probability `p`, else ones, in the dtype and the layout of `input`.

    Raises:
        RuntimeError: The dtype is an integer's.
        NotImplementedError: The dtype is complex.
    """
    xp, x = input.backend, input.buffer
    if x.dtype.kind != "f":
        check_castable(_dtypes.get_default_dtype().numpy, x.dtype)
        refuse_complex(x.dtype, "bernoulli_scalar_cpu_")
    if shape == x.shape and not x.flags.c_contiguous:  # the draw follows the layout
        return bernoulli_(empty_like(input), 1 - p).buffer
    source = stream(None, input.device)
    fused = shape == x.shape and hasattr(source, "dropout")  # CUDA's kernel for whole tensors
    draw = source.dropout if fused else source.bernoulli
    kept = draw(math.prod(shape), 1 - p).reshape(shape)
    return xp.cast(kept if type(kept) is xp.buffer_type else xp.beside(kept, x), x.dtype)


def _channel_dropout(input: Tensor, p: float, training: bool) -> Tensor:
    """Whole channels at a time: one draw for each sample and channel."""
    if not training or p == 0.0 or not input.buffer.size:
        return input
    return apply(ops.Dropout, input, mask=_mask(input, p, _channels(input)))


def _channels(input: Tensor) -> tuple[int, ...]:
    """The shape of one number per sample and channel.

    Raises:
        RuntimeError: There are no channels.
    """
    shape = input.buffer.shape
    if len(shape) < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return shape[:2] + (1,) * (len(shape) - 2)


_channel_dropout_ = in_place(_channel_dropout)


def _by_channel(
    input: Tensor, p: float, training: bool, inplace: bool, alone: bool = False
) -> Tensor:
    """Channel dropout of a batch, or of one sample that stands alone."""
    samples = input.unsqueeze(0) if alone else input
    out = (_channel_dropout_ if inplace else _channel_dropout)(samples, p, training)
    if not alone:
        return out
    return input if inplace else out.squeeze(0)


def _warn_of_rank(name: str, rank: int, spatial: int) -> None:
    """Say that `dropout2d` or `dropout3d` was not made for so many dimensions."""
    warnings.warn(
        f"{name}: Received a {rank}-D input to {name}, which is deprecated and will result in "
        "an error in a future release. To retain the behavior and silence this warning, please "
        f"use dropout instead. Note that {name} exists to provide channel-wise dropout on "
        f"inputs with {spatial} spatial dimensions, a channel dimension, and an optional batch "
        f"dimension (i.e. {spatial + 1}D or {spatial + 2}D inputs).",
        stacklevel=3,
    )


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of `(N, C, L)` (or `(C, L)`) with probability `p`.

    See: [torch.nn.functional.dropout1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout1d.html).
    """
    check_probability(p)
    rank = input.buffer.ndim
    if rank not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {rank}D input. Note that "
            "dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, "
            "a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs)."
        )
    return _by_channel(input, p, training, inplace, alone=rank == 2)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of `(N, C, H, W)` with probability `p`.

    See: [torch.nn.functional.dropout2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html).
    """
    check_probability(p)
    rank = input.buffer.ndim
    if rank == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D "
            "dropout behavior is desired - input is interpreted as shape (N, C, L), where C is "
            "the channel dim. This behavior will change in a future release to interpret the "
            "input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D "
            "channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    elif rank != 4:
        _warn_of_rank("dropout2d", rank, 2)
    return _by_channel(input, p, training, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of `(N, C, D, H, W)` (or `(C, D, H, W)`) with probability `p`.

    See: [torch.nn.functional.dropout3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout3d.html).
    """
    check_probability(p)
    rank = input.buffer.ndim
    if rank not in (4, 5):
        _warn_of_rank("dropout3d", rank, 3)
    return _by_channel(input, p, training, inplace, alone=rank != 5)


ALPHA = 1.7580993408473766
"""What self-normalising activations tend to far below zero, times -1."""


def _alpha(input: Tensor, p: float, training: bool, by_channel: bool) -> Tensor:
    if not training or p == 0.0 or not input.buffer.size:
        return input
    xp, x = input.backend, input.buffer
    shape = _channels(input) if by_channel else x.shape
    if p == 1.0:
        return apply(ops.Dropout, input, mask=xp.zeros(shape, x.dtype))
    a = 1 / math.sqrt((ALPHA**2 * p + 1) * (1 - p))
    kept = _kept(input, p, shape)
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
