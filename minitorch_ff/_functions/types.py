"""The dtypes that operands meet in, and which dtype goes into which."""

from __future__ import annotations

from typing import Any

from minitorch_ff import _dtypes
from minitorch_ff._functions.creation import tensor
from minitorch_ff.firefly.promotion import category_of, number, result_dtype
from minitorch_ff.firefly.promotion import promote_types as meeting_dtype
from minitorch_ff.firefly.tensor import Tensor


def promote_types(type1: _dtypes.dtype, type2: _dtypes.dtype) -> _dtypes.dtype:
    """The smallest dtype, of the higher category, that holds both.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.promote_types(torch.int32, torch.float32)
        torch.float32

    See: [torch.promote_types](https://docs.pytorch.org/docs/stable/generated/torch.promote_types.html).
    """
    return _dtypes.of(meeting_dtype(type1.numpy, type2.numpy))


def result_type(tensor1: Any, tensor2: Any) -> _dtypes.dtype:
    """The dtype in which two tensors or numbers meet.

    See: [torch.result_type](https://docs.pytorch.org/docs/stable/generated/torch.result_type.html).
    """
    operands = [part if isinstance(part, Tensor) else tensor(part) for part in (tensor1, tensor2)]
    if not isinstance(tensor1, Tensor) and isinstance(tensor2, Tensor):
        operands[0] = number(tensor1, tensor2)
    elif isinstance(tensor1, Tensor) and not isinstance(tensor2, Tensor):
        operands[1] = number(tensor2, tensor1)
    return _dtypes.of(result_dtype(*[part.buffer for part in operands]))


def can_cast(from_: _dtypes.dtype, to: _dtypes.dtype) -> bool:
    """Whether values of one dtype may be written into another: not to a lower category.

    See: [torch.can_cast](https://docs.pytorch.org/docs/stable/generated/torch.can_cast.html).
    """
    return category_of(from_.numpy) <= category_of(to.numpy)
