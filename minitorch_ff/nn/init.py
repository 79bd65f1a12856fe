"""First values for parameters. Every function fills a tensor in place and returns it.

A random function draws PyTorch's own numbers: for that, bounds are computed as Python
floats in one order of operations, and every draw fills a whole tensor.
"""

from minitorch_ff._checks import check
from minitorch_ff._missing import missing as _missing
import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

from minitorch_ff._functions.creation import empty_like
from minitorch_ff._functions.creation import eye as identity
from minitorch_ff._functions.decompositions import qr
from minitorch_ff._functions.random import Generator, randperm
from minitorch_ff._functions.selection import where
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad


__all__ = [
    "calculate_gain", "constant", "constant_", "dirac", "dirac_", "eye", "eye_", "kaiming_normal",
    "kaiming_normal_", "kaiming_uniform", "kaiming_uniform_", "normal", "normal_", "ones_",
    "orthogonal", "orthogonal_", "sparse", "sparse_", "trunc_normal_", "uniform", "uniform_",
    "xavier_normal", "xavier_normal_", "xavier_uniform", "xavier_uniform_", "zeros_",
]  # fmt: skip

_LINEAR = "linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d sigmoid"
_GAINS: dict[str, float] = {
    **dict.fromkeys(_LINEAR.split(), 1),
    "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """How much wider weights must be drawn in front of an activation.

    Args:
        nonlinearity: A function of `nn.functional`, such as `"relu"`, `"tanh"`,
            `"linear"`.
        param: The slope on the negative side, for `"leaky_relu"`. Default: 0.01.

    Returns:
        A factor for the standard deviation.

    Raises:
        ValueError: The function is not known, or `param` is no number.

    Example:
        >>> from minitorch_ff import nn
        >>> nn.init.calculate_gain("leaky_relu", 0.2)
        1.3867504905630728

    See: [torch.nn.init.calculate_gain](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain).
    """
    if nonlinearity in _GAINS:
        return _GAINS[nonlinearity]
    check(nonlinearity == "leaky_relu", f"Unsupported nonlinearity {nonlinearity}", ValueError)
    slope = 0.01 if param is None else param
    if isinstance(slope, bool) or not isinstance(slope, (int, float)):
        raise ValueError(f"negative_slope {param} not a valid number")
    return math.sqrt(2.0 / (1 + slope**2))


# ----------------------------------------------------------------------- plain filling


@no_grad()
def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers between two bounds, all equally likely.

    Args:
        tensor: What to fill.
        a: The lower bound.
        b: The upper bound.
        generator: Where the random numbers come from. Default: the global generator.

    Example:
        >>> import minitorch_ff as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.init.uniform_(torch.empty(2, 2), -1, 1)
        tensor([[-0.0075,  0.5364],
                [-0.8230, -0.7359]])

    See: [torch.nn.init.uniform_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.uniform_).
    """
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with normally distributed numbers.

    Args:
        tensor: What to fill.
        mean: Their mean.
        std: Their standard deviation.
        generator: Where the random numbers come from. Default: the global generator.

    See: [torch.nn.init.normal_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.normal_).
    """
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value.

    Args:
        tensor: What to fill.
        val: The value.

    See: [torch.nn.init.constant_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.constant_).
    """
    return tensor.fill_(val)


@no_grad()
def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones.

    Args:
        tensor: What to fill.

    See: [torch.nn.init.ones_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.ones_).
    """
    return tensor.fill_(1.0)


@no_grad()
def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros.

    Args:
        tensor: What to fill.

    See: [torch.nn.init.zeros_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.zeros_).
    """
    return tensor.zero_()


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix the identity, so that a linear layer hands its input on.

    Args:
        tensor: What to fill. Shape `(rows, columns)`.

    See: [torch.nn.init.eye_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.eye_).
    """
    _must_be_matrix(tensor)
    return tensor.copy_(identity(*tensor.shape, dtype=tensor.dtype))


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill a convolution's weight so that it hands on as many channels as it can.

    Args:
        tensor: What to fill. Shape `(out channels, in channels, *kernel)`, 3 to 5
            dimensions.
        groups: Into how many groups the channels are divided.

    See: [torch.nn.init.dirac_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.dirac_).
    """
    if tensor.dim() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    out_channels, in_channels, *kernel = tensor.shape
    check(out_channels % groups == 0, "dim 0 must be divisible by groups", ValueError)
    per_group = out_channels // groups
    middle = tuple(size // 2 for size in kernel)
    tensor.zero_()
    for group in range(groups):
        for channel in range(min(per_group, in_channels)):
            tensor[(group * per_group + channel, channel, *middle)] = 1
    return tensor


# ------------------------------------------------------- scaled by the number of inputs


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs one output of a weight has, and how many outputs one input."""
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    fan_out, fan_in, *kernel = tensor.shape
    receptive_field = math.prod(kernel)
    return fan_in * receptive_field, fan_out * receptive_field


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    """The number of inputs or of outputs, as `mode` says."""
    mode = mode.lower()
    modes = ["fan_in", "fan_out"]
    check(mode in modes, f"Mode {mode} not supported, please use one of {modes}", ValueError)
    return _calculate_fan_in_and_fan_out(tensor)[modes.index(mode)]


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    r"""Fill a weight with uniform numbers that keep the variance both ways.

    $$ U(-a, a), \quad a = \text{gain} \sqrt{6 / (\text{fan\_in} + \text{fan\_out})} $$

    Args:
        tensor: What to fill; two dimensions or more.
        gain: A factor, see `calculate_gain`.
        generator: Where the random numbers come from. Default: the global generator.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward
    neural networks (2010).

    See: [torch.nn.init.xavier_uniform_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_uniform_).
    """
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Fill a weight with normal numbers that keep the variance both ways.

    $$ N(0, \sigma^2), \quad
    \sigma = \text{gain} \sqrt{2 / (\text{fan\_in} + \text{fan\_out})} $$

    Args:
        tensor: What to fill; two dimensions or more.
        gain: A factor, see `calculate_gain`.
        generator: Where the random numbers come from. Default: the global generator.

    Source: Glorot and Bengio (2010), see `xavier_uniform_`.

    See: [torch.nn.init.xavier_normal_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_normal_).
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return gain * math.sqrt(2.0 / float(fan_in + fan_out))


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    r"""Fill a weight with uniform numbers that keep the variance through a ReLU.

    $$ U(-b, b), \quad b = \text{gain} \sqrt{3 / \text{fan}} $$

    Args:
        tensor: What to fill; two dimensions or more.
        a: The slope of a leaky ReLU on the negative side.
        mode: `"fan_in"` keeps the variance of the forward pass, `"fan_out"` of the
            backward.
        nonlinearity: The activation behind the layer, see `calculate_gain`.
        generator: Where the random numbers come from. Default: the global generator.

    Source: He et al., Delving deep into rectifiers (2015).

    Example:
        >>> import minitorch_ff as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.init.kaiming_uniform_(torch.empty(2, 2), nonlinearity="relu")
        tensor([[-0.0130,  0.9291],
                [-1.4256, -1.2747]])

    See: [torch.nn.init.kaiming_uniform_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_uniform_).
    """
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    r"""Fill a weight with normal numbers that keep the variance through a ReLU.

    $$ N(0, \sigma^2), \quad \sigma = \text{gain} / \sqrt{\text{fan}} $$

    Args:
        tensor: What to fill; two dimensions or more.
        a: The slope of a leaky ReLU on the negative side.
        mode: `"fan_in"` keeps the variance of the forward pass, `"fan_out"` of the
            backward.
        nonlinearity: The activation behind the layer, see `calculate_gain`.
        generator: Where the random numbers come from. Default: the global generator.

    Source: He et al. (2015), see `kaiming_uniform_`.

    See: [torch.nn.init.kaiming_normal_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_normal_).
    """
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


# ---------------------------------------------------------------------- other methods


@no_grad()
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with normally distributed numbers; those outside `[a, b]` are redrawn.

    Args:
        tensor: What to fill.
        mean: The mean before the cut.
        std: The standard deviation before the cut.
        a: The lower bound.
        b: The upper bound.
        generator: Where the random numbers come from. Default: the global generator.

    See: [torch.nn.init.trunc_normal_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.trunc_normal_).
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=3,
        )
    inside = _normal_below((b - mean) / std) - _normal_below((a - mean) / std)
    draw = _redraw_outside if inside > 0.3 else _draw_and_reject
    return draw(tensor, mean, std, a, b, generator)


def _normal_below(x: float) -> float:
    """The probability that a standard normal number is below `x`."""
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _redraw_outside(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any
) -> Tensor:
    """Draw normal numbers, again and again for those outside: few are."""
    low, high = tensor.new_tensor(a).item(), tensor.new_tensor(b).item()
    values = tensor.normal_(mean, std, generator=generator)
    while (outside := (values < low) | (values > high)).any():
        fresh = empty_like(values).normal_(mean, std, generator=generator)
        values = where(outside, fresh, values)
    return tensor if values is tensor else tensor.copy_(values)


def _draw_and_reject(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any
) -> Tensor:
    """Draw uniform numbers and keep each as often as the normal density says."""
    nearest = max(a, min(mean, b))
    peak = -0.5 * ((nearest - mean) / std) ** 2
    values, pending = tensor, tensor.new_ones(tensor.shape).bool()
    while pending.any():
        candidates = empty_like(tensor).uniform_(a, b, generator=generator)
        density = candidates.sub(mean).div_(std).pow_(2).mul_(-0.5).sub_(peak)
        chance = empty_like(tensor).uniform_(generator=generator).log_()
        values = where(pending, candidates, values)
        pending = pending & chance.gt(density)
    return tensor.copy_(values)


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with a matrix whose rows, or columns if there are fewer, are orthonormal.

    Args:
        tensor: What to fill; two dimensions or more, of which all but the first are
            taken together.
        gain: A factor.
        generator: Where the random numbers come from. Default: the global generator.

    Source: Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep
        linear
    neural networks (2013).

    See: [torch.nn.init.orthogonal_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.orthogonal_).
    """
    check(tensor.dim() >= 2, "Only tensors with 2 or more dimensions are supported", ValueError)
    if tensor.numel() == 0:
        return tensor
    rows = tensor.size(0)
    columns = tensor.numel() // rows
    drawn = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)
    wide = rows < columns
    q, r = qr(drawn.t() if wide else drawn)
    q = q * r.diagonal().sign()  # makes the result unique, and uniform among all
    return tensor.copy_((q.t() if wide else q).reshape(tensor.shape)).mul_(gain)


@no_grad()
def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Fill a matrix with normal numbers, and a part of each column with zeros.

    Args:
        tensor: What to fill. Shape `(rows, columns)`.
        sparsity: Which part of a column becomes zero, from 0 to 1.
        std: The standard deviation of the others.
        generator: Where the normal numbers come from; the places of the zeros always
            come from the global generator.

    Source: Martens, Deep learning via Hessian-free optimization (2010).

    See: [torch.nn.init.sparse_](https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.sparse_).
    """
    _must_be_matrix(tensor)
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        tensor[randperm(rows)[:zeros], column] = 0
    return tensor


def _must_be_matrix(tensor: Tensor) -> None:
    check(tensor.dim() == 2, "Only tensors with 2 dimensions are supported", ValueError)


# --------------------------------------------------- old names, without the underscore


def _deprecated(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The same function under its old name, with a warning."""
    new_name = function.__name__
    old_name = new_name.removesuffix("_")

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(
            f"`nn.init.{old_name}` is now deprecated in favor of `nn.init.{new_name}`.",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    renamed.__name__ = renamed.__qualname__ = old_name
    renamed.__doc__ = f"The old name of `{new_name}`."
    return renamed


uniform = _deprecated(uniform_)
normal = _deprecated(normal_)
constant = _deprecated(constant_)
eye = _deprecated(eye_)
dirac = _deprecated(dirac_)
xavier_uniform = _deprecated(xavier_uniform_)
xavier_normal = _deprecated(xavier_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
kaiming_normal = _deprecated(kaiming_normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)

__getattr__ = _missing(__name__)
