"""Weighted sums of features: `linear` and `bilinear`."""

import math

from minitorch_ff._functions import matmul as products
from minitorch_ff._functions._autocast import casting, lower
from minitorch_ff._functions.shaping import expand
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops.base import ON_CUDA, apply, check_same_device
from minitorch_ff.firefly.ops.matmul import Linear


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    r"""Weighted sums of the features, plus a bias: $y = x W^\top + b$.

    Args:
        input: Shape `(*, in_features)`.
        weight: Shape `(out_features, in_features)`, or `(in_features)`.
        bias: Shape `(out_features)`.

    Returns:
        Shape `(*, out_features)`.

    Raises:
        RuntimeError: The shapes do not fit, or the dtypes differ.

    Example:
        >>> import minitorch_ff as torch
        >>> x = torch.tensor([[1.0, 2.0]])
        >>> torch.nn.functional.linear(x, torch.ones(3, 2), torch.zeros(3))
        tensor([[3., 3., 3.]])

    See: rule [`Linear`][minitorch_ff.firefly.ops.matmul.Linear],
        [torch.nn.functional.linear](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.linear.html).
    """
    if casting:
        input, weight, bias = lower(input, weight, bias)
    x, w = input.buffer, weight.buffer
    if x.dtype is not w.dtype or w.ndim != 2 or not x.ndim:
        check_operands(input, weight)
        if w.ndim == 1:
            product = products.matmul(input, weight)
            return product if bias is None else product + bias
    try:
        if bias is None:
            return apply(Linear, input, weight)
        return apply(Linear, input, weight, bias)
    except (ValueError, TypeError):
        rows = x.size // x.shape[-1] if x.ndim and x.shape[-1] else 0
        if x.shape[-1] != w.shape[1]:
            raise RuntimeError(
                f"mat1 and mat2 shapes cannot be multiplied ({rows}x{x.shape[-1]} and "
                f"{w.shape[1]}x{w.shape[0]})"
            ) from None
        expand(bias, (rows, w.shape[0]))  # type: ignore[arg-type]  # complains in its words
        raise


def check_operands(input: Tensor, weight: Tensor) -> None:
    """Refuse operands that no linear layer has.

    Raises:
        RuntimeError: The weight has no matrix's shape, or the dtypes differ.
    """
    x, w = input.buffer, weight.buffer
    check_same_device(input, weight, method=ON_CUDA["MatMul"])
    if not x.ndim:
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {x.ndim}D and {w.ndim}D"
        )
    if w.ndim not in (1, 2):
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {w.ndim}D")
    if x.dtype != w.dtype:
        raise products.dtypes_differ(x, w)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    r"""Weighted sums of all products of two features: $y_k = x_1^\top W_k x_2 + b_k$.

    Args:
        input1: Shape `(*, in1)`.
        input2: Shape `(*, in2)`.
        weight: Shape `(out, in1, in2)`.
        bias: Shape `(out)`.

    Returns:
        Shape `(*, out)`.

    Raises:
        RuntimeError: The shapes do not fit.

    See: [torch.nn.functional.bilinear](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html).
    """
    first, second, w = input1.buffer.shape, input2.buffer.shape, weight.buffer.shape
    if len(first) != len(second):
        raise RuntimeError(
            f"bilinear(): input dimensions do not match: got {len(first)} and {len(second)}"
        )
    for i, (n, m) in enumerate(zip(first[:-1], second[:-1], strict=True)):
        if n != m:
            raise RuntimeError(
                f"bilinear(): input batch dimensions do not match at dim {i}: got {n} and {m}"
            )
    sizes = [("input1", first[-1], w[1]), ("input2", second[-1], w[2])]
    if bias is not None:
        sizes.append(("bias", bias.buffer.shape[0], w[0]))
    for name, size, wanted in sizes:
        if size != wanted:
            raise RuntimeError(
                f"bilinear(): {name} size does not match weight size: got {size} but "
                f"expected {wanted}"
            )
    rows = math.prod(first[:-1])
    left = input1.reshape(rows, 1, first[-1], 1)
    right = input2.reshape(rows, 1, second[-1])
    met = (left * weight).sum(2)  # (rows, out, in2)
    out = (met * right).sum(2).reshape(first[:-1] + (w[0],))
    return out if bias is None else out + bias
