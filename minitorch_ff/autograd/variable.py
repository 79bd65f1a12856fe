"""`Variable`: PyTorch's early name of a tensor that requires grad."""

from __future__ import annotations

from typing import Any

from minitorch_ff._tensor import Tensor


class _VariableType(type):
    """`isinstance(tensor, Variable)` holds for every tensor."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_VariableType):
    """A tensor over the same memory; does nothing else since tensors record themselves.

    See: [Variable](https://docs.pytorch.org/docs/stable/autograd.html#variable-deprecated).
    """

    def __new__(cls, data: Tensor, requires_grad: bool = False, volatile: bool = False) -> Any:
        """The memory of `data` under a new tensor."""
        out = data.detach()
        return out.requires_grad_() if requires_grad else out
