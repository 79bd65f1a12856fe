"""What `torch.autocast` asks of functions: products in few digits, losses in float32.

Functions that take part look at `casting` first, which is empty as long as no thread is in such
a block; or they are decorated, if a frame more does not count. All others compute in the dtypes
they are given, and meet float32 by promotion.

On a GPU more is to be in float32: there the operators of `FULL_ON_CUDA` leave what they compute
of half-precision numbers as it is, unrounded (`half_precision.stays_wide`).
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
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


OUTSIDE: Mapping[str, DType] = MappingProxyType({})
"""The dtypes outside of any block."""

FULL_ON_CUDA = set(
    """
    Acos Asin Cosh Cumprod Cumsum Erfinv Exp Expm1 GroupNorm LayerNorm Log Log10 Log1p Log2
    LogSoftmax Logsumexp Prod Reciprocal Rsqrt Sinh Softmax Softplus Sum Tan VectorNorm
    """.split()
)
"""Operators whose results are in float32 in a block for CUDA."""


UNSAFE = """\
torch.nn.functional.binary_cross_entropy and torch.nn.BCELoss are unsafe to autocast.
Many models use a sigmoid layer right before the binary cross entropy layer.
In this case, combine the two layers using torch.nn.functional.binary_cross_entropy_with_logits
or torch.nn.BCEWithLogitsLoss.  binary_cross_entropy_with_logits and BCEWithLogits are
safe to autocast."""


class _State(threading.local):
    """A thread's block: its dtype on each type of device, and the parameters cast in it."""

    dtypes: Mapping[str, DType] = OUTSIDE
    caching = True
    depth = 0

    def __init__(self) -> None:
        self.cache: dict[int, tuple[Any, Any]] = {}

    def enter(self, dtypes: Mapping[str, DType], caching: bool, step: int) -> None:
        """Begin a block (`step` 1), or go back to the one around it (-1)."""
        self.dtypes, self.caching, self.depth = dtypes, caching, self.depth + step
        if "cuda" in dtypes:
            from minitorch_ff.firefly import half_precision  # only where it is needed

            half_precision.stays_wide = stays_wide
        if step > 0:
            casting.append(self)
        else:
            casting.pop()
        if not self.depth:
            self.cache.clear()


state = _State()


def lower(*operands: Any) -> Any:
    """The operands of a product, in the block's dtype."""
    dtypes = state.dtypes
    return [_cast(x, dtypes[x.backend.device_type]) if _concerns(x) else x for x in operands]


def full(*operands: Any) -> Any:
    """The operands of a loss, in float32."""
    return [_cast(x, float32) if _concerns(x) else x for x in operands]


def full_on_cuda(*operands: Any) -> Any:
    """The same on a GPU only."""
    return [_cast(x, float32) if is_low(x) and is_on_cuda(x) else x for x in operands]


def widest(*operands: Any) -> Any:
    """The operands in float32 if one is; else as they are."""
    return full(*operands) if float32 in [getattr(x, "dtype", None) for x in operands] else operands


def is_on_cuda(x: Any) -> bool:
    """Whether the thread is in a block for CUDA, and an operand there."""
    return "cuda" in state.dtypes and x.backend.device_type == "cuda"


def stays_wide(operator: Any, x: Any) -> bool:
    """Whether an operator's result of half-precision numbers is to be left in float32."""
    return operator.__name__ in FULL_ON_CUDA and is_on_cuda(x)


def is_low(x: Any, device_type: str | None = None) -> bool:
    """Whether it is a tensor that can be cast, on a type of device."""
    if not isinstance(x, Tensor) or x.buffer.dtype.name not in LOW:
        return False
    return device_type in (None, x.backend.device_type)


def _concerns(x: Any) -> bool:
    """Whether the thread is in a block for such an operand."""
    return is_low(x) and x.backend.device_type in state.dtypes


def _cast(x: Any, dtype: DType) -> Any:
    """A tensor in another dtype; of a parameter the same one throughout the block."""
    whole = x.is_leaf and x.requires_grad and x.view_of is None and dtype is not float32
    if not (whole and x.dtype is float32 and state.caching and grad_enabled()):
        return cast(x, dtype)
    if id(x) not in state.cache:
        state.cache[id(x)] = x, cast(x, dtype)
    return state.cache[id(x)][1]


def as_given(*operands: Any) -> Any:
    """The operands as they are."""
    return operands


Policy = Callable[..., Any]


def casts(*, cpu: Policy | None = None, cuda: Policy | None = None) -> Callable[[F], F]:
    """A decorator: apply a policy to the arguments; what is called inside is left alone.

    Args:
        cpu: The policy for tensors on the CPU; without one it is not decorated.
        cuda: Likewise, on a GPU.
    """
    policies = {"cpu": cpu, "cuda": cuda}

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            dtypes = state.dtypes
            if not casting or not dtypes:
                return function(*args, **kwargs)
            concerned = next(filter(_concerns, (*args, *kwargs.values())), None)
            policy = None if concerned is None else policies[concerned.backend.device_type]
            if policy is None:
                return function(*args, **kwargs)
            args = policy(*args)
            kwargs = dict(zip(kwargs, policy(*kwargs.values()), strict=True))
            state.dtypes = OUTSIDE
            try:
                return function(*args, **kwargs)
            finally:
                state.dtypes = dtypes

        return call  # type: ignore[return-value]

    return decorate


in_float32 = casts(cpu=full, cuda=full)
in_float32_on_cpu, in_float32_on_cuda = casts(cpu=full), casts(cuda=full)
in_lower_precision = casts(cpu=lower, cuda=lower)
