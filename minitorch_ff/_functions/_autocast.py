"""What `torch.autocast` asks of functions: products in few digits, losses in float32.

Functions that take part look at `casting` first, which is empty as long as no thread is in such
a block; or they are decorated, if a frame more does not count. All others compute in the dtypes
they are given, and meet float32 by promotion.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._dtypes import float32
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.conversion import cast
from minitorch_ff.firefly.modes import grad_enabled

F = TypeVar("F", bound=Callable[..., Any])

casting: list[object] = []
"""One item for each block that some thread is in."""

LOW = ("float32", "float16", "bfloat16")
"""What is cast: float64 stays, nobody who wants it wants fewer digits."""


class _State(threading.local):
    """A thread's block: its dtype (None outside), and the parameters that were cast in it."""

    dtype: DType | None = None
    caching = True
    depth = 0

    def __init__(self) -> None:
        self.cache: dict[int, tuple[Any, Any]] = {}

    def enter(self, dtype: DType | None, caching: bool, step: int) -> None:
        """Begin a block (`step` 1), or go back to the one around it (-1)."""
        self.dtype, self.caching, self.depth = dtype, caching, self.depth + step
        if step > 0:
            casting.append(self)
        else:
            casting.pop()
        if not self.depth:
            self.cache.clear()


state = _State()


def lower(*operands: Any) -> Any:
    """The operands of a product, in the block's dtype."""
    dtype = state.dtype
    return operands if dtype is None else [_cast(operand, dtype) for operand in operands]


def full(*operands: Any) -> Any:
    """The operands of a loss, in float32."""
    return operands if state.dtype is None else [_cast(operand, float32) for operand in operands]


def is_low(x: Any) -> bool:
    """Whether it is a tensor that can be cast."""
    return isinstance(x, Tensor) and x.buffer.dtype.name in LOW and x.device.type == "cpu"


def _cast(x: Any, dtype: DType) -> Any:
    """A tensor in another dtype; of a parameter the same one throughout the block."""
    if not is_low(x):
        return x
    whole = x.is_leaf and x.requires_grad and x.view_of is None and dtype is not float32
    if not (whole and x.dtype is float32 and state.caching and grad_enabled()):
        return cast(x, dtype)
    if id(x) not in state.cache:
        state.cache[id(x)] = x, cast(x, dtype)
    return state.cache[id(x)][1]


def _casting_by(policy: Callable[..., Any] | None) -> Callable[[F], F]:
    """A decorator: apply the policy to the arguments; what is called inside is left alone."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            dtype = state.dtype
            if not casting or dtype is None:
                return function(*args, **kwargs)
            if policy is not None:
                args = policy(*args)
                kwargs = dict(zip(kwargs, policy(*kwargs.values()), strict=True))
            state.dtype = None
            try:
                return function(*args, **kwargs)
            finally:
                state.dtype = dtype

        return call  # type: ignore[return-value]

    return decorate


in_float32 = _casting_by(full)
in_lower_precision = _casting_by(lower)
as_given = _casting_by(None)
