"""In-place changes of shape alone: `squeeze_`, `t_`, … give the tensor itself a new look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from minitorch_ff._functions._operands import Tensor


def becoming(view: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The method that makes a tensor what `view(self, ...)` would be."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        new = view(self, *args, **kwargs)
        if new is not self:
            self.buffer, self.version = new.buffer, new.version
            self.version[0] += 1
            if new.node is not None:
                self.node = new.node
            if self.view_of is not None:
                self.view_of = new.view_of
        return self

    method.__name__ = view.__name__ + "_"
    method.__doc__ = f"`{view.__name__}`, in place: the tensor itself gets the new shape."
    return method
