"""Sums, differences, products, quotients and remainders of tensors."""

from __future__ import annotations

from typing import Any

from minitorch_ff._checks import check, must_be_tensors
from minitorch_ff._functions._operands import (
    C_NAMES, Number, Tensor, apply_broadcast, cast_to, checked_number, invalid_combination,
    is_number, numbered, of_tensor, together,
)  # fmt: skip
from minitorch_ff._functions.powers import reciprocal
from minitorch_ff.firefly.ops import arithmetic as ops
from minitorch_ff.firefly.ops.base import apply, binary, function_name, of_tensors, refuse
from minitorch_ff.firefly.promotion import meeting, number


def add(input: Tensor | Number, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """Add `other`, times `alpha`, to `input`.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.
        alpha: A factor for `other`.

    Returns:
        The sum, in the dtype that the operands meet in.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or `alpha` has a higher category
            than the operands.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.add(torch.tensor([1, 2]), 1.5)
        tensor([2.5000, 3.5000])

    See: rule [`Add`][minitorch_ff.firefly.ops.arithmetic.Add],
        [torch.add](https://docs.pytorch.org/docs/stable/generated/torch.add.html).
    """
    if alpha.__class__ is not int or alpha != 1:
        if _are_real(input, other, alpha):
            return apply_broadcast(ops.AddScaled, input, other, factor=alpha)
        other = _times_alpha(other, alpha, input)
    return binary(ops.Add, input, other)


def sub(input: Tensor | Number, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """Subtract `other`, times `alpha`, from `input`.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.
        alpha: A factor for `other`.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or an operand is boolean.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.sub(torch.tensor([3.0, 1.0]), torch.tensor([1.0, 1.0]), alpha=2)
        tensor([ 1., -1.])

    See: rule [`Sub`][minitorch_ff.firefly.ops.arithmetic.Sub],
        [torch.sub](https://docs.pytorch.org/docs/stable/generated/torch.sub.html).
    """
    if alpha.__class__ is not int or alpha != 1:
        if _are_real(input, other, alpha):
            return apply_broadcast(ops.SubScaled, input, other, factor=-alpha)
        other = _times_alpha(other, alpha, input)
    return binary(ops.Sub, input, other)


def rsub(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """Subtract `input`, times `alpha`, from `other`.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.
        alpha: A factor for `input`.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or an operand is boolean.

    See: rule [`Rsub`][minitorch_ff.firefly.ops.arithmetic.Rsub],
        [torch.rsub](https://docs.pytorch.org/docs/stable/generated/torch.rsub.html).
    """
    if isinstance(input, Tensor) and (alpha.__class__ is not int or alpha != 1):
        input = _times_alpha(input, alpha, other)
    return numbered(of_tensor(ops.Rsub, input, other), int(not isinstance(other, Tensor)))


def _are_real(input: Any, other: Any, alpha: Any) -> bool:
    """Whether a scaled sum is one operator: of two floating tensors and a usual number."""
    if not isinstance(input, Tensor) or not isinstance(other, Tensor):
        return False
    usual = type(alpha) in (int, float) and abs(alpha) < 2**63
    return usual and input.buffer.dtype.kind + other.buffer.dtype.kind in ("ff", "VV")


def _times_alpha(factor: Any, alpha: Number, other: Any) -> Any:
    """An operand of `add` and `sub` scaled, in the dtype that both meet in."""
    tensors = [x for x in (factor, other) if isinstance(x, Tensor)]
    if not tensors:
        return factor * alpha
    operands = [x if isinstance(x, Tensor) else number(x, tensors[0]) for x in (factor, other)]
    dtype = meeting([x.buffer for x in operands])
    if dtype.kind != "b" and isinstance(alpha, bool):
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    text = "For integral input tensors, argument alpha must not be a floating point number."
    check(dtype.kind not in "iub" or not isinstance(alpha, float), text)
    if dtype.kind == "b":
        alpha = bool(alpha)
    if factor is operands[0]:
        return mul(cast_to(factor, dtype), alpha)
    return factor * alpha


def mul(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Multiply element by element.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.

    Raises:
        RuntimeError: The shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.mul(torch.tensor([[1.0], [2.0]]), torch.tensor([1.0, 10.0]))
        tensor([[ 1., 10.],
                [ 2., 20.]])

    See: rule [`Mul`][minitorch_ff.firefly.ops.arithmetic.Mul],
        [torch.mul](https://docs.pytorch.org/docs/stable/generated/torch.mul.html).
    """
    return binary(ops.Mul, input, other)


DIVISIONS: dict[Any, Any] = {None: ops.Div, "floor": ops.DivFloor, "trunc": ops.DivTrunc}
"""By `rounding_mode`."""


def div(
    input: Tensor | Number, other: Tensor | Number, *, rounding_mode: str | None = None
) -> Tensor:
    """Divide `input` by `other`, element by element.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.
        rounding_mode: None for the true quotient (integers give the default floating
            dtype), `"floor"` to round down, `"trunc"` to round towards zero.

    Raises:
        RuntimeError: The shapes cannot be broadcast, an integer is to be divided by
            zero with rounding, or `rounding_mode` is another word.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.div(torch.tensor([7, -7]), 2)
        tensor([ 3.5000, -3.5000])
        >>> torch.div(torch.tensor([7, -7]), 2, rounding_mode="floor")
        tensor([ 3, -4])

    See: rule [`Div`][minitorch_ff.firefly.ops.arithmetic.Div],
        [torch.div](https://docs.pytorch.org/docs/stable/generated/torch.div.html).
    """
    text = "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found"
    check(rounding_mode in DIVISIONS, f"{text} '{rounding_mode}'")
    return binary(DIVISIONS[rounding_mode], input, other)


def true_divide(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Divide `input` by `other`; `torch.div` without rounding.

    See: [torch.true_divide](https://docs.pytorch.org/docs/stable/generated/torch.true_divide.html).
    """
    return binary(ops.Div, input, other)


def reflected_div(self: Tensor, other: Any) -> Any:
    """`other / self` by the reciprocal, as PyTorch does where `other` is a number."""
    if not isinstance(other, Tensor) and not is_number(other):
        return NotImplemented
    return mul(reciprocal(self), other)


def floor_divide(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Divide and round down. PyTorch has no gradient for it; `torch.div` has one, zero.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or an integer is divided by zero.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.floor_divide(torch.tensor([7.0, -7.0]), 2)
        tensor([ 3., -4.])

    See: rule [`FloorDivide`][minitorch_ff.firefly.ops.arithmetic.FloorDivide],
        [torch.floor_divide](https://docs.pytorch.org/docs/stable/generated/torch.floor_divide.html).
    """
    return binary(ops.FloorDivide, input, other)


def remainder(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """What division leaves of `input`, with the sign of `other`, as Python's `%`.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or an integer is divided by zero.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.remainder(torch.tensor([7.0, -7.0]), 3)
        tensor([1., 2.])

    See: rule [`Remainder`][minitorch_ff.firefly.ops.arithmetic.Remainder],
        [torch.remainder](https://docs.pytorch.org/docs/stable/generated/torch.remainder.html).
    """
    if isinstance(other, Tensor) and not isinstance(input, Tensor):
        return binary(ops.RemainderOfNumber, input, other)
    return numbered(of_tensor(ops.Remainder, input, other), int(isinstance(other, Tensor)))


def fmod(input: Tensor, other: Tensor | Number) -> Tensor:
    """What division leaves of `input`, with the sign of `input`, as C's `fmod`.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or an integer is divided by zero.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.fmod(torch.tensor([7.0, -7.0]), 3)
        tensor([ 1., -1.])

    See: rule [`Fmod`][minitorch_ff.firefly.ops.arithmetic.Fmod],
        [torch.fmod](https://docs.pytorch.org/docs/stable/generated/torch.fmod.html).
    """
    return numbered(of_tensor(ops.Fmod, input, other), int(isinstance(other, Tensor)))


def neg(input: Tensor) -> Tensor:
    """Change the sign of every element.

    Raises:
        RuntimeError: `input` is boolean.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.neg(torch.tensor([1.0, -2.0]))
        tensor([-1.,  2.])

    See: rule [`Neg`][minitorch_ff.firefly.ops.arithmetic.Neg],
        [torch.neg](https://docs.pytorch.org/docs/stable/generated/torch.neg.html).
    """
    return apply(ops.Neg, input)


def positive(input: Tensor) -> Tensor:
    """Give back `input` itself.

    Raises:
        RuntimeError: `input` is boolean.

    See: [torch.positive](https://docs.pytorch.org/docs/stable/generated/torch.positive.html).
    """
    check(input.buffer.dtype.kind != "b", "The `+` operator, on a bool tensor is not supported.")
    return input


def lerp(input: Tensor, end: Tensor, weight: Tensor | Number) -> Tensor:
    """Go from `input` to `end` by the part `weight` of the way.

    Args:
        input: Any shape, floating point.
        end: A shape that broadcasts with `input`'s; the same dtype.
        weight: A number, or a tensor of the same dtype that broadcasts.

    Raises:
        RuntimeError: Shapes or dtypes do not go together.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.lerp(torch.tensor([0.0, 10.0]), torch.tensor([10.0, 20.0]), 0.5)
        tensor([ 5., 15.])

    See: rules [`Lerp`][minitorch_ff.firefly.ops.arithmetic.Lerp],
        [`LerpTensor`][minitorch_ff.firefly.ops.arithmetic.LerpTensor],
        [torch.lerp](https://docs.pytorch.org/docs/stable/generated/torch.lerp.html).
    """
    tensors = isinstance(input, Tensor) and isinstance(end, Tensor)
    if not tensors or not (isinstance(weight, Tensor) or is_number(weight)):
        raise invalid_combination("lerp", input, end, weight)
    dtype = input.buffer.dtype
    _same_dtype(dtype, "end", end)
    if not isinstance(weight, Tensor):
        weight = checked_number(weight, dtype)
        refuse(input.buffer, "iub", "lerp_kernel_scalar")
        return apply_broadcast(ops.Lerp, input, end, weight=weight)
    if weight.buffer.ndim == 0 and weight.buffer.dtype.kind in "fV":
        weight = cast_to(weight, dtype)
    _same_dtype(dtype, "weight", weight)
    refuse(input.buffer, "iub", "lerp_kernel_tensor")
    return apply_broadcast(ops.LerpTensor, input, end, weight)


def _same_dtype(dtype: Any, name: str, tensor: Any) -> None:
    ours, given = [C_NAMES.get(d.name, d.name) for d in (dtype, tensor.buffer.dtype)]
    check(given == ours, f"expected dtype {ours} for `{name}` but got dtype {given}")


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """Add the product of two tensors, times `value`, to a third.

    Raises:
        RuntimeError: The shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> a = torch.tensor([1.0, 2.0])
        >>> torch.addcmul(torch.ones(2), a, torch.tensor(3.0), value=2)
        tensor([ 7., 13.])

    See: rule [`Addcmul`][minitorch_ff.firefly.ops.arithmetic.Addcmul],
        [torch.addcmul](https://docs.pytorch.org/docs/stable/generated/torch.addcmul.html).
    """
    return _combined(ops.Addcmul, input, tensor1, tensor2, value)


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """Add the quotient of two tensors, times `value`, to a third.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or two integers are to be divided.

    Example:
        >>> import minitorch_ff as torch
        >>> a = torch.tensor([1.0, 2.0])
        >>> torch.addcdiv(torch.ones(2), a, torch.tensor(4.0), value=2)
        tensor([1.5000, 2.0000])

    See: rule [`Addcdiv`][minitorch_ff.firefly.ops.arithmetic.Addcdiv],
        [torch.addcdiv](https://docs.pytorch.org/docs/stable/generated/torch.addcdiv.html).
    """
    operands = tensor1, tensor2
    if all([isinstance(t, Tensor) and t.buffer.dtype.kind in "iub" for t in operands]):
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release "
            "addcdiv will perform a true division of tensor1 and tensor2. The historic addcdiv "
            "behavior can be implemented as (input + value * torch.trunc(tensor1 / "
            "tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / "
            "tensor2) for float inputs. The future addcdiv behavior is just the latter "
            "implementation: (input + value * tensor1 / tensor2), for all dtypes."
        )
    return _combined(ops.Addcdiv, input, tensor1, tensor2, value)


def _combined(operator: Any, input: Tensor, tensor1: Any, tensor2: Any, value: Number) -> Tensor:
    """`addcmul` or `addcdiv`."""
    must_be_tensors(function_name(operator), input=input, tensor1=tensor1, tensor2=tensor2)
    tensors = together(input, tensor1, tensor2)
    dtype = tensors[0].buffer.dtype
    refuse(tensors[0].buffer, "b", "addcmul_cpu_out")
    value = checked_number(value, dtype)
    settings = {"value": int(value) if dtype.kind in "iu" else value}
    if operator is ops.Addcdiv:
        given = tensor1.buffer.dtype
        settings["given"] = dtype if given.kind in "iub" else given
    return apply_broadcast(operator, *tensors, **settings)


def gcd(input: Tensor, other: Tensor) -> Tensor:
    """The largest integer that divides both.

    Raises:
        NotImplementedError: The operands are not integers.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.gcd(torch.tensor([12, 18]), torch.tensor([8, 27]))
        tensor([4, 9])

    See: rule [`Gcd`][minitorch_ff.firefly.ops.arithmetic.Gcd],
        [torch.gcd](https://docs.pytorch.org/docs/stable/generated/torch.gcd.html).
    """
    return of_tensors(ops.Gcd, input, other)


def lcm(input: Tensor, other: Tensor) -> Tensor:
    """The smallest positive integer that both divide.

    Raises:
        NotImplementedError: The operands are not integers.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.lcm(torch.tensor([4, 6]), torch.tensor([6, 9]))
        tensor([12, 18])

    See: rule [`Lcm`][minitorch_ff.firefly.ops.arithmetic.Lcm],
        [torch.lcm](https://docs.pytorch.org/docs/stable/generated/torch.lcm.html).
    """
    return of_tensors(ops.Lcm, input, other)


multiply, divide, subtract, negative = mul, div, sub, neg
