"""Normalisation over a batch, a layer, a group, or to length one."""

import math
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._dtypes import finfo
from minitorch_ff._functions.activation import check_floating
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops import normalization as ops
from minitorch_ff.firefly.ops.base import apply
from minitorch_ff.firefly.ops.pooling import AvgPool, sliding
from minitorch_ff.firefly.tensor import ABSENT


VECTORS = "running_mean", "running_var", "weight", "bias"
"""What there is one number of for each channel."""


def batch_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None,
    weight: Tensor | None = None, bias: Tensor | None = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    r"""Normalise each channel: $y = (x - \mu) / \sqrt{\sigma^2 + \epsilon} \cdot w + b$.

    Args:
        input: Shape `(N, C)` or `(N, C, *)`.
        running_mean: Shape `(C)`; moved towards the batch's while training, used otherwise.
        running_var: Shape `(C)`; likewise.
        weight: Shape `(C)`.
        bias: Shape `(C)`.
        training: Use the batch's own mean and variance.
        momentum: How far the running values move, 0 to 1.
        eps: Added to the variance.

    Raises:
        ValueError: There is one value per channel while training.
        RuntimeError: A vector has another length than there are channels.

    See: rule [`BatchNorm`][minitorch_ff.firefly.ops.normalization.BatchNorm],
        [torch.nn.functional.batch_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html),
        Ioffe and Szegedy, Batch Normalization (2015).
    """
    shape = input.buffer.shape
    if training and input.buffer.size // max(shape[1] if len(shape) > 1 else 1, 1) == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {input.shape}"
        )
    if training and eps <= 0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    vectors = running_mean, running_var, weight, bias
    if len(shape) < 2 and not input.buffer.size:
        return input.clone()
    if len(shape) < 2:
        input = input.reshape(shape + (1,) * (2 - len(shape)))
        return batch_norm(input, *vectors, training, momentum, eps).reshape(shape)
    channels = shape[1]
    for name, vector in zip(VECTORS, vectors, strict=True):
        if vector is None:
            if not training and name.startswith("running"):
                raise RuntimeError(f"{name} must be defined in evaluation mode")
        elif vector.buffer.size != channels:
            raise RuntimeError(
                f"{name} should contain {channels} elements not {vector.buffer.size}"
            )
    affine = (ABSENT if weight is None else weight, ABSENT if bias is None else bias)
    if not training:
        fixed = {"mean": running_mean.buffer, "variance": running_var.buffer}  # type: ignore[union-attr]
        return apply(ops.BatchNormFixed, input, *affine, eps=eps, **fixed)
    running: Any = None
    if running_mean is not None and running_var is not None:
        running = running_mean.buffer, running_var.buffer, momentum
        running_mean.version[0] += 1
        running_var.version[0] += 1
    return apply(ops.BatchNorm, input, *affine, eps=eps, running=running)


def instance_norm(
    input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None,
    weight: Tensor | None = None, bias: Tensor | None = None, use_input_stats: bool = True,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalise each channel of each sample.

    Args:
        input: Shape `(N, C, *)`.
        running_mean: Shape `(C)`; moved towards the mean over the batch.
        running_var: Shape `(C)`; likewise.
        weight: Shape `(C)`.
        bias: Shape `(C)`.
        use_input_stats: Use the samples' own mean and variance, not the running ones.
        momentum: How far the running values move, 0 to 1.
        eps: Added to the variance.

    Raises:
        ValueError: There is one value per channel.

    See: [torch.nn.functional.instance_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html).
    """
    shape = input.buffer.shape
    if use_input_stats and math.prod(shape[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {input.shape}"
        )
    samples, channels = shape[:2]
    # Every channel of every sample counts as a channel of one large sample.
    flat = input.reshape((1, samples * channels) + shape[2:])
    mean, var, weight, bias = [
        None if t is None else t.repeat(samples) for t in (running_mean, running_var, weight, bias)
    ]
    out = batch_norm(flat, mean, var, weight, bias, use_input_stats, momentum, eps)
    for running, copies in ((running_mean, mean), (running_var, var)):
        if running is not None and use_input_stats:
            running.copy_(copies.reshape(samples, channels).mean(0))  # type: ignore[union-attr]
    return out.reshape(shape)


def layer_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalise each sample over its last dimensions.

    Args:
        input: Shape `(*, normalized_shape)`.
        normalized_shape: The sizes of the dimensions to normalise over.
        weight: That shape.
        bias: That shape.
        eps: Added to the variance.

    Raises:
        RuntimeError: A shape does not fit.

    See: rule [`LayerNorm`][minitorch_ff.firefly.ops.normalization.LayerNorm],
        [torch.nn.functional.layer_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html),
        Ba, Kiros and Hinton, Layer Normalization (2016).
    """
    wanted = normalized_dims(normalized_shape)
    dims = last_dims(input, wanted, weight, bias, star="*, ")
    check_floating(input, "LayerNormKernelImpl")
    affine = (ABSENT if weight is None else weight, ABSENT if bias is None else bias)
    return apply(ops.LayerNorm, input, *affine, dims=dims, eps=eps)


def normalized_dims(shape: Any) -> tuple[int, ...]:
    """The shape to normalise over, which an int may stand for."""
    return (shape,) if isinstance(shape, int) else tuple(shape)


def last_dims(
    input: Tensor, wanted: tuple[int, ...], weight: Any, bias: Any, star: str
) -> tuple[int, ...]:
    """The numbers of the dimensions to normalise over.

    Raises:
        RuntimeError: A shape does not fit.
    """
    shape = input.buffer.shape
    if not wanted:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at "
            "least one element, but got normalized_shape = []"
        )
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and tensor.buffer.shape != wanted:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of "
                f"shape {list(tensor.buffer.shape)} and normalized_shape = {list(wanted)}"
            )
    if len(wanted) > len(shape) or shape[-len(wanted) :] != wanted:
        listed = ", ".join(map(str, wanted))
        raise RuntimeError(
            f"Given normalized_shape={list(wanted)}, expected input with shape "
            f"[{star}{listed}], but got input of size{list(shape)}"
        )
    return tuple(range(len(shape) - len(wanted), len(shape)))


def rms_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Divide each sample by the root of its mean square, over its last dimensions.

    See: [torch.nn.functional.rms_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html),
        Zhang and Sennrich, Root Mean Square Layer Normalization (2019).
    """
    wanted = normalized_dims(normalized_shape)
    dims = last_dims(input, wanted, weight, None, star="*")
    if eps is None:
        eps = finfo(input.dtype).eps
    scale = (input.pow(2).mean(dims, keepdim=True) + eps).rsqrt()
    out = input * scale
    return out if weight is None else out * weight


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalise groups of channels of each sample.

    Args:
        input: Shape `(N, C, *)`.
        num_groups: How many groups; it divides `C`.
        weight: Shape `(C)`.
        bias: Shape `(C)`.
        eps: Added to the variance.

    Raises:
        RuntimeError: The number of groups does not divide the number of channels.
        ValueError: There is one value per group.

    See: [torch.nn.functional.group_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html),
        Wu and He, Group Normalization (2018).
    """
    shape = input.buffer.shape
    if len(shape) < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {len(shape)}"
        )
    check(num_groups > 0, f"Expected num groups to be greater than 0, got {num_groups}")
    samples, channels = shape[:2]
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input "
            f"of shape {list(shape)} and num_groups={num_groups}"
        )
    if samples * (channels // num_groups) * math.prod(shape[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {list(shape)}"
        )
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and tensor.buffer.shape != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in "
                f"input, but got {name} of shape {list(tensor.buffer.shape)} and input of shape "
                f"{list(shape)}"
            )
    size = input.buffer.size // max(samples * num_groups, 1)
    grouped = input.reshape(samples, num_groups, size)
    out = apply(ops.LayerNorm, grouped, ABSENT, ABSENT, dims=(2,), eps=eps).reshape(shape)
    per_channel = (channels,) + (1,) * (len(shape) - 2)
    if weight is not None:
        out = out * weight.reshape(per_channel)
    if bias is not None:
        out = out + bias.reshape(per_channel)
    if out.node is not None:
        out.node.called = "NativeGroupNorm"  # PyTorch's is one operator
    return out


def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Tensor:
    """Divide every vector along `dim` by its `p`-norm, which is taken to be at least `eps`.

    See: [torch.nn.functional.normalize](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html).
    """
    length = input.norm(p, dim, keepdim=True).clamp_min(eps)
    return input / length.expand_as(input)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    r"""Divide by a power of the mean square over neighbouring channels.

    $$ y_c = x_c \left(k + \frac{\alpha}{n} \sum_{i=c-n/2}^{c+(n-1)/2} x_i^2\right)^{-\beta} $$

    Args:
        input: Shape `(N, C, *)`.
        size: `n`, how many channels are neighbours.
        alpha: The weight of the mean.
        beta: The power.
        k: What the mean is added to.

    Raises:
        ValueError: The input has less than three dimensions.

    See: [torch.nn.functional.local_response_norm](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.local_response_norm.html),
        Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural
        Networks (2012).
    """
    ndim = input.dim()
    if ndim < 3:
        blank = " " * 26
        raise ValueError(
            f"Expected 3D or higher dimensionality{blank}input (got {ndim} dimensions)"
        )
    if not input.numel():
        return input
    rest = "kW: 1" if ndim == 3 else "kH: 1 kW: 1"
    letter = "H" if ndim == 3 else "T"
    check(size > 0, f"kernel size should be greater than zero, but got k{letter}: {size} {rest}")
    channels = input.size(1)
    windows = [(1, sliding(channels, channels, size, padding=size // 2))]
    mean = apply(AvgPool, input * input, windows=windows, factors=(size,), called=("AvgPool2D", 0))
    return input / (mean * alpha + k).pow(beta)
