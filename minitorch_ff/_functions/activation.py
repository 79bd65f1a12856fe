"""Activation functions that `torch` itself has: `torch.relu`, `torch.softmax`, and so on."""

from __future__ import annotations

from typing import Any

from minitorch_ff._checks import check, wrap_dim
from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._functions import random
from minitorch_ff._functions._autocast import in_lower_precision
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.conversion import cast
from minitorch_ff.firefly.ops import activation as ops
from minitorch_ff.firefly.ops.base import apply, not_implemented, refuse
from minitorch_ff.firefly.ops.dropout import RRelu

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def relu(input: Tensor) -> Tensor:
    r"""Keep what is positive: $\max(0, x)$.

    Args:
        input: Any shape.

    Raises:
        RuntimeError: `input` is boolean.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.relu(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])

    See: rule [`Relu`][minitorch_ff.firefly.ops.activation.Relu],
        [torch.nn.functional.relu](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu.html).
    """
    return apply(ops.Relu, input)


def sigmoid(input: Tensor) -> Tensor:
    r"""Squeeze every element between 0 and 1: $1 / (1 + e^{-x})$.

    Args:
        input: Any shape; integers give the default floating dtype.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.sigmoid(torch.tensor([0.0]))
        tensor([0.5000])

    See: rule [`Sigmoid`][minitorch_ff.firefly.ops.activation.Sigmoid],
        [torch.sigmoid](https://docs.pytorch.org/docs/stable/generated/torch.sigmoid.html).
    """
    return apply(ops.Sigmoid, input)


def tanh(input: Tensor) -> Tensor:
    r"""The hyperbolic tangent, between -1 and 1.

    Args:
        input: Any shape; integers give the default floating dtype.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.tanh(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7616])

    See: rule [`Tanh`][minitorch_ff.firefly.ops.activation.Tanh],
        [torch.tanh](https://docs.pytorch.org/docs/stable/generated/torch.tanh.html).
    """
    return apply(ops.Tanh, input)


def softmax(input: Tensor, dim: int, dtype: DType | None = None) -> Tensor:
    r"""Turn every slice along `dim` into positive numbers that add up to one.

    $$ y_i = e^{x_i} / \sum_j e^{x_j} $$

    Args:
        input: Scores. Any shape, floating point.
        dim: The dimension that adds up to one.
        dtype: Cast `input` to this first.

    Raises:
        IndexError: `dim` is not a dimension of `input`.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.softmax(torch.zeros(4), dim=0)
        tensor([0.2500, 0.2500, 0.2500, 0.2500])

    See: rule [`Softmax`][minitorch_ff.firefly.ops.activation.Softmax],
        [torch.softmax](https://docs.pytorch.org/docs/stable/generated/torch.softmax.html).
    """
    input, dim = scores(input, dim, dtype, "softmax")
    return apply(ops.Softmax, input, dim=dim)


def log_softmax(input: Tensor, dim: int, dtype: DType | None = None) -> Tensor:
    """The logarithm of `softmax`, computed without overflow or underflow.

    Args:
        input: Scores. Any shape, floating point.
        dim: The dimension over which the exponentials add up to one.
        dtype: Cast `input` to this first.

    Raises:
        IndexError: `dim` is not a dimension of `input`.

    See: rule [`LogSoftmax`][minitorch_ff.firefly.ops.activation.LogSoftmax],
        [torch.log_softmax](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html).
    """
    input, dim = scores(input, dim, dtype, "log_softmax")
    return apply(ops.LogSoftmax, input, dim=dim)


def scores(input: Tensor, dim: int, dtype: DType | None, name: str) -> tuple[Tensor, int]:
    """The input of a softmax, cast and checked, and its dimension from 0."""
    if dtype is not None:
        input = cast(input, dtype)
    buffer = input.buffer
    dim = wrap_dim(dim, buffer.ndim)
    if buffer.dtype.kind in "iub":
        kernel = f"{name}_lastdim_kernel_impl" if dim == buffer.ndim - 1 else f"{name}_kernel_impl"
        raise not_implemented(kernel, buffer.dtype)
    return input, dim


@in_lower_precision
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """`x` where it is positive, a learned multiple of it elsewhere.

    Args:
        input: Any shape, floating point.
        weight: One number, or one for each channel (dimension 1).

    Raises:
        RuntimeError: The number of weights fits neither.

    See: rule [`PRelu`][minitorch_ff.firefly.ops.activation.PRelu],
        [torch.prelu](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.prelu.html).
    """
    shape, weights = input.buffer.shape, weight.buffer
    if weights.dtype != input.buffer.dtype:
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {input.dtype} and {weight.dtype}"
        )
    if weights.size != 1:
        check(shape, "Not allow zero-dim input tensor.")
        size, channels = weights.size, shape[1] if len(shape) > 1 else 1
        text = "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
        check(size == channels, f"{text}{size} and channel size = {channels}.")
    text = "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim ="
    check(weights.ndim <= 1, f"{text} {weights.ndim}")
    if weights.ndim:  # along the channels
        weight = weight.reshape((1, -1)[: len(shape)] + (1,) * (len(shape) - 2))
    return apply(ops.PRelu, input, weight)


def selu(input: Tensor) -> Tensor:
    """The scaled exponential unit, whose results keep mean 0 and variance 1.

    See: rule [`Elu`][minitorch_ff.firefly.ops.activation.Elu],
        [torch.selu](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.selu.html),
        Klambauer et al., Self-Normalizing Neural Networks (2017).
    """
    return apply(ops.Elu, input, alpha=SELU_ALPHA, scale=SELU_SCALE)


def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`x` where it is positive, `alpha (e^(x / alpha) - 1)` elsewhere.

    Raises:
        RuntimeError: `alpha` is zero.

    See: rule [`Elu`][minitorch_ff.firefly.ops.activation.Elu],
        [torch.celu](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.celu.html).
    """
    check(alpha != 0, "ZeroDivisionError: alpha cannot be 0 for CELU")
    return apply(ops.Elu, input, alpha=alpha, rate=1 / alpha, called="Celu")


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """`x` outside `[-lambd, lambd]`, zero inside.

    See: rule [`Hardshrink`][minitorch_ff.firefly.ops.activation.Hardshrink],
        [torch.hardshrink](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardshrink.html).
    """
    return apply(ops.Hardshrink, input, lambd=lambd)


def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    """`x` where it is above `threshold`, `value` elsewhere.

    See: rule [`Threshold`][minitorch_ff.firefly.ops.activation.Threshold],
        [torch.threshold](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.threshold.html).
    """
    return apply(ops.Threshold, input, threshold=threshold, replacement=value)


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False,
    generator: Any = None,
) -> Tensor:  # fmt: skip
    """`x` where it is positive, a random multiple of it elsewhere.

    Args:
        input: Any shape, floating.
        lower: The smallest multiple.
        upper: The largest one.
        training: Draw the multiples; otherwise their mean is taken.
        generator: Where to draw from.

    Raises:
        RuntimeError: `lower` is above `upper`.

    See: [torch.rrelu](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.rrelu.html),
        Xu et al., Empirical Evaluation of Rectified Activations (2015).
    """
    check(not lower > upper, "Lower bound should be less than or equal to the upper bound")
    if not training:
        return apply(ops.LeakyRelu, input, slope=(lower + upper) / 2, called="RreluWithNoise")
    xp, x = input.backend, input.buffer
    source = random.host_stream(generator, input)
    slopes = random.slopes(xp.to_numpy(x), lower, upper, source)
    return apply(RRelu, input, slopes=xp.beside(slopes, x))


def check_floating(input: Tensor, kernel: str) -> Any:
    """Refuse integers, in the words of PyTorch's kernel.

    Raises:
        NotImplementedError: `input` is not floating point.
    """
    refuse(input.buffer, "iub", kernel)
