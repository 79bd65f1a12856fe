"""Activation functions, each with an `inplace` form where PyTorch has one."""

import warnings

from minitorch_ff._checks import check
from minitorch_ff._dtypes import finfo
from minitorch_ff._functions import activation, arithmetic
from minitorch_ff._functions.activation import check_floating, tanh
from minitorch_ff._functions.creation import zeros_like
from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.in_place import in_place
from minitorch_ff.firefly.ops import activation as ops
from minitorch_ff.firefly.ops.base import TYPE_NAMES, apply


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    r"""Keep what is positive: $\max(0, x)$; see [torch.relu](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu.html)."""
    return relu_(input) if inplace else apply(ops.Relu, input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """`x` where it is positive, `negative_slope x` elsewhere.

    See: rule [`LeakyRelu`][minitorch_ff.firefly.ops.activation.LeakyRelu],
        [torch.nn.functional.leaky_relu](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html).
    """
    slope = negative_slope
    return leaky_relu_(input, slope) if inplace else apply(ops.LeakyRelu, input, slope=slope)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """`x` where it is positive, `alpha (eˣ - 1)` elsewhere.

    See: rule [`Elu`][minitorch_ff.firefly.ops.activation.Elu],
        [torch.nn.functional.elu](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.elu.html).
    """
    return elu_(input, alpha) if inplace else apply(ops.Elu, input, alpha=alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """The scaled exponential unit; see `torch.selu`."""
    return selu_(input) if inplace else activation.selu(input)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """The continuously differentiable exponential unit; see `torch.celu`."""
    return celu_(input, alpha) if inplace else activation.celu(input, alpha)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """`x` held between `min_val` and `max_val`.

    Raises:
        ValueError: `min_val` is larger than `max_val`.

    See: rule [`Hardtanh`][minitorch_ff.firefly.ops.activation.Hardtanh],
        [torch.nn.functional.hardtanh](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardtanh.html).
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if inplace:
        return hardtanh_(input, min_val, max_val)
    if input.buffer.dtype.kind == "b":
        raise RuntimeError("Bool inputs not supported for hardtanh")
    return apply(ops.Hardtanh, input, low=min_val, high=max_val)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """`x` held between 0 and 6.

    See: [torch.nn.functional.relu6](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu6.html).
    """
    return hardtanh(input, 0.0, 6.0, inplace)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """`x` where it is above `threshold`, `value` elsewhere; see `torch.threshold`."""
    return (threshold_ if inplace else activation.threshold)(input, threshold, value)


def logsigmoid(input: Tensor) -> Tensor:
    """The logarithm of the sigmoid, without overflow.

    See: rule [`LogSigmoid`][minitorch_ff.firefly.ops.activation.LogSigmoid],
        [torch.nn.functional.logsigmoid](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.logsigmoid.html).
    """
    check_floating(input, "log_sigmoid_cpu")
    return apply(ops.LogSigmoid, input)


def softplus(input: Tensor, beta: float = 1, threshold: float = 20) -> Tensor:
    """`ln(1 + e^(beta x)) / beta`, a smooth `relu`; above `threshold` simply `x`.

    See: rule [`Softplus`][minitorch_ff.firefly.ops.activation.Softplus],
        [torch.nn.functional.softplus](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softplus.html).
    """
    check_floating(input, "softplus_cpu")
    return apply(ops.Softplus, input, beta=beta, threshold=threshold)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """`x σ(x)`, also called swish.

    See: rule [`Silu`][minitorch_ff.firefly.ops.activation.Silu],
        [torch.nn.functional.silu](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.silu.html).
    """
    check_floating(input, "silu_cpu")
    return silu_(input) if inplace else apply(ops.Silu, input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """`x tanh(ln(1 + eˣ))`.

    See: rule [`Mish`][minitorch_ff.firefly.ops.activation.Mish],
        [torch.nn.functional.mish](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.mish.html).
    """
    check_floating(input, "mish_cpu")
    return mish_(input) if inplace else apply(ops.Mish, input)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """`x` times the normal distribution up to `x`.

    Args:
        input: Any shape, floating point.
        approximate: `"none"`, or `"tanh"` for the cheaper formula.

    Raises:
        RuntimeError: `approximate` is another word.

    See: rules [`Gelu`][minitorch_ff.firefly.ops.activation.Gelu],
        [`GeluTanh`][minitorch_ff.firefly.ops.activation.GeluTanh],
        [torch.nn.functional.gelu](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gelu.html).
    """
    check(approximate in ("none", "tanh"), "approximate argument must be either none or tanh.")
    check_floating(input, "GeluKernelImpl")
    return apply(ops.Gelu if approximate == "none" else ops.GeluTanh, input)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """`x / 6 + 1/2`, held between 0 and 1.

    See: rule [`Hardsigmoid`][minitorch_ff.firefly.ops.activation.Hardsigmoid],
        [torch.nn.functional.hardsigmoid](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardsigmoid.html).
    """
    check_floating(input, "hardsigmoid_cpu")
    return hardsigmoid_(input) if inplace else apply(ops.Hardsigmoid, input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """`x` times its hard sigmoid.

    See: rule [`Hardswish`][minitorch_ff.firefly.ops.activation.Hardswish],
        [torch.nn.functional.hardswish](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardswish.html).
    """
    check_floating(input, "hardswish_cpu")
    return hardswish_(input) if inplace else apply(ops.Hardswish, input)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """`x` outside `[-lambd, lambd]`, zero inside; see `torch.hardshrink`."""
    return activation.hardshrink(input, lambd)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """`x` moved towards zero by `lambd`, zero inside `[-lambd, lambd]`.

    Raises:
        RuntimeError: `lambd` is negative.

    See: rule [`Softshrink`][minitorch_ff.firefly.ops.activation.Softshrink],
        [torch.nn.functional.softshrink](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softshrink.html).
    """
    if lambd < 0:
        limit, name = finfo(input.dtype).max, TYPE_NAMES[input.buffer.dtype.name]
        raise RuntimeError(
            f"lambda must be in range [0, {limit:g}] for input dtype {name}, but found {lambd:g}"
        )
    return apply(ops.Softshrink, input, lambd=lambd)


def tanhshrink(input: Tensor) -> Tensor:
    """`x - tanh(x)`.

    See: [torch.nn.functional.tanhshrink](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.tanhshrink.html).
    """
    return arithmetic.sub(input, tanh(input))


def softsign(input: Tensor) -> Tensor:
    """`x / (1 + |x|)`.

    See: [torch.nn.functional.softsign](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softsign.html).
    """
    return arithmetic.div(input, input.abs() + 1)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """`x` where it is positive, a learned multiple elsewhere; see `torch.prelu`."""
    return activation.prelu(input, weight)


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False,
    inplace: bool = False,
) -> Tensor:  # fmt: skip
    """`x` where it is positive, a random multiple of it elsewhere; see `torch.rrelu`."""
    return (rrelu_ if inplace else activation.rrelu)(input, lower, upper, training)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """One half of the elements, gated by the sigmoid of the other half.

    Args:
        input: An even size in dimension `dim`.
        dim: The dimension to halve.

    Raises:
        RuntimeError: The size is odd, or `input` has no dimensions.

    See: rule [`Glu`][minitorch_ff.firefly.ops.activation.Glu],
        [torch.nn.functional.glu](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.glu.html).
    """
    if not input.buffer.ndim:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    size = input.size(dim)
    if size % 2:
        raise RuntimeError(
            f"Halving dimension must be even, but dimension {dim % input.buffer.ndim} is size "
            f"{size}"
        )
    half = size // 2
    return apply(ops.Glu, input.narrow(dim, 0, half), input.narrow(dim, half, half))


# ---------------------------------------------------------------------------- softmax


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None
) -> Tensor:
    """Turn every slice along `dim` into positive numbers that add up to one.

    See: [`torch.softmax`][minitorch_ff._functions.activation.softmax].
    """
    return activation.softmax(input, _chosen("softmax", input, dim, _stacklevel), dtype)


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None
) -> Tensor:
    """The softmax of `-input`.

    See: [torch.nn.functional.softmin](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html).
    """
    dim = _chosen("softmin", input, dim, _stacklevel)
    return activation.softmax(arithmetic.neg(input), dim, dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None
) -> Tensor:
    """The logarithm of the softmax; see `torch.log_softmax`."""
    return activation.log_softmax(input, _chosen("log_softmax", input, dim, _stacklevel), dtype)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """A random choice made soft: the softmax of logits with noise, over a temperature.

    Args:
        logits: Scores, up to a constant logarithms of probabilities. Floating.
        tau: The temperature: the lower, the nearer to one-hot.
        hard: Return the one-hot choice, with the gradient of the soft one.
        eps: Has no effect.
        dim: The dimension that adds up to one.

    Source: E. Jang et al., Categorical Reparameterization with Gumbel-Softmax (2017),
    https://arxiv.org/abs/1611.01144.

    Example:
        >>> import minitorch_ff as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.gumbel_softmax(torch.zeros(3), hard=True)
        tensor([0., 0., 1.])

    See: [torch.nn.functional.gumbel_softmax](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gumbel_softmax.html).
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -logits.new_empty(logits.shape).exponential_().log()
    soft = activation.softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    chosen = zeros_like(logits).scatter(dim, soft.max(dim, keepdim=True)[1], 1.0)
    return chosen - soft.detach() + soft


def _chosen(name: str, input: Tensor, dim: int | None, stacklevel: int) -> int:
    """The dimension; without one the old choice, with PyTorch's warning."""
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.buffer.ndim in (0, 1, 3) else 1


relu_, rrelu_ = in_place(activation.relu), in_place(activation.rrelu)
leaky_relu_ = in_place(leaky_relu)
elu_ = in_place(elu)
selu_ = in_place(activation.selu)
celu_ = in_place(activation.celu)
hardtanh_ = in_place(hardtanh)
threshold_ = in_place(activation.threshold)
silu_, mish_ = in_place(silu), in_place(mish)
hardsigmoid_, hardswish_ = in_place(hardsigmoid), in_place(hardswish)
