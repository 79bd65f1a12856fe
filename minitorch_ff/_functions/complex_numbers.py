"""The parts of complex numbers: `torch.real`, `torch.conj` and more.

PyTorch only marks a tensor as conjugated; here the numbers are turned at once.
"""

from __future__ import annotations

from minitorch_ff._functions._operands import Tensor
from minitorch_ff.firefly.ops import complex_numbers as ops
from minitorch_ff.firefly.ops.base import apply
from minitorch_ff.firefly.views import apply_view


def real(input: Tensor) -> Tensor:
    """The real part of every element, in the same memory; a real tensor itself.

    See: rule [`Real`][minitorch_ff.firefly.ops.complex_numbers.Real],
        [torch.real](https://docs.pytorch.org/docs/stable/generated/torch.real.html).
    """
    return apply_view(ops.Real, input) if input.buffer.dtype.kind == "c" else input


def imag(input: Tensor) -> Tensor:
    """The imaginary part of every element, in the same memory.

    Raises:
        RuntimeError: `input` is not complex.

    See: rule [`Imag`][minitorch_ff.firefly.ops.complex_numbers.Imag],
        [torch.imag](https://docs.pytorch.org/docs/stable/generated/torch.imag.html).
    """
    if input.buffer.dtype.kind != "c":
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return apply_view(ops.Imag, input)


def conj(input: Tensor) -> Tensor:
    """The complex conjugate of every element; a real tensor itself.

    See: rule [`Conj`][minitorch_ff.firefly.ops.complex_numbers.Conj],
        [torch.conj](https://docs.pytorch.org/docs/stable/generated/torch.conj.html).
    """
    return apply(ops.Conj, input) if input.buffer.dtype.kind == "c" else input


def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: it is never only marked as conjugated.

    See: [torch.resolve_conj](https://docs.pytorch.org/docs/stable/generated/torch.resolve_conj.html).
    """
    return input


def angle(input: Tensor) -> Tensor:
    """The angle to the positive axis, in radians: 0, or π below zero.

    Raises:
        NotImplementedError: `input` is complex.

    See: rule [`Angle`][minitorch_ff.firefly.ops.complex_numbers.Angle],
        [torch.angle](https://docs.pytorch.org/docs/stable/generated/torch.angle.html).
    """
    if input.buffer.dtype.kind == "c":
        raise NotImplementedError("torch.angle of complex tensors is not supported")
    return apply(ops.Angle, input)


conj_physical = conj
