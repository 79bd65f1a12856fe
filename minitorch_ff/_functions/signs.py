"""Signs: `torch.abs`, `torch.sign`, `torch.copysign` and more."""

from __future__ import annotations

from minitorch_ff._checks import must_be_tensors
from minitorch_ff._functions._operands import Number, Tensor, numbered, of_tensor
from minitorch_ff.firefly.ops import signs as ops
from minitorch_ff.firefly.ops.base import apply, of_tensors


def abs(input: Tensor) -> Tensor:
    """The distance of every element from zero.

    Raises:
        NotImplementedError: `input` is boolean.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.abs(torch.tensor([-1.5, 2.0]))
        tensor([1.5000, 2.0000])

    See: rule [`Abs`][minitorch_ff.firefly.ops.signs.Abs],
        [torch.abs](https://docs.pytorch.org/docs/stable/generated/torch.abs.html).
    """
    return apply(ops.Abs, input)


def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1, whether every element is below, at or above zero; 0 for not-a-number.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.sign(torch.tensor([-1.5, 0.0, 2.0]))
        tensor([-1.,  0.,  1.])

    See: rule [`Sign`][minitorch_ff.firefly.ops.signs.Sign],
        [torch.sign](https://docs.pytorch.org/docs/stable/generated/torch.sign.html).
    """
    return apply(ops.Sign, input)


def sgn(input: Tensor) -> Tensor:
    """What `torch.sign` gives, for real numbers.

    See: rule [`Sgn`][minitorch_ff.firefly.ops.signs.Sgn],
        [torch.sgn](https://docs.pytorch.org/docs/stable/generated/torch.sgn.html).
    """
    return apply(ops.Sgn, input)


def signbit(input: Tensor) -> Tensor:
    """Whether every element has a minus sign; -0.0 has.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.signbit(torch.tensor([-0.0, 0.0]))
        tensor([ True, False])

    See: rule [`Signbit`][minitorch_ff.firefly.ops.signs.Signbit],
        [torch.signbit](https://docs.pytorch.org/docs/stable/generated/torch.signbit.html).
    """
    return apply(ops.Signbit, input)


def copysign(input: Tensor, other: Tensor | Number) -> Tensor:
    """The size of every element with the sign of another one.

    Args:
        input: Any shape.
        other: A number, or a shape that broadcasts with `input`'s.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.copysign(torch.tensor([1.0, -2.0]), torch.tensor([-3.0, -0.0]))
        tensor([-1., -2.])

    See: rule [`Copysign`][minitorch_ff.firefly.ops.signs.Copysign],
        [torch.copysign](https://docs.pytorch.org/docs/stable/generated/torch.copysign.html).
    """
    return numbered(of_tensor(ops.Copysign, input, other), int(not isinstance(other, Tensor)))


def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """The step function: 0 below zero, 1 above, and at zero what `values` says.

    Args:
        input: Any shape.
        values: A shape that broadcasts with `input`'s; the same dtype.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or the dtypes differ.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.heaviside(torch.tensor([-1.5, 0.0, 2.0]), torch.tensor([0.5]))
        tensor([0.0000, 0.5000, 1.0000])

    See: rule [`Heaviside`][minitorch_ff.firefly.ops.signs.Heaviside],
        [torch.heaviside](https://docs.pytorch.org/docs/stable/generated/torch.heaviside.html).
    """
    must_be_tensors("heaviside", input=input, values=values)
    if input.buffer.dtype != values.buffer.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    return of_tensors(ops.Heaviside, input, values)


absolute = abs
