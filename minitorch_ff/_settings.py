"""Process-wide settings: threads, determinism, precision of matrix products."""

from __future__ import annotations

import builtins
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff.firefly.backend import threads
from minitorch_ff.firefly.backend.registry import cpu
from minitorch_ff.firefly.tensor import Tensor

_deterministic = False
_warn_only = False
_precision = "highest"
_interop_threads: int | None = None


def set_num_threads(int: int) -> None:
    """Let an operator use so many threads: matrix products, and whatever is done to large arrays.

    At the start it is `OMP_NUM_THREADS`, or the number of cores. Results do not depend on it.

    Raises:
        RuntimeError: The number is not positive, or no integer.

    See: [torch.set_num_threads](https://docs.pytorch.org/docs/stable/generated/torch.set_num_threads.html).
    """
    _check_count("set_num_threads", int)
    cpu.use_threads(int)


def get_num_threads() -> int:
    """How many threads an operator uses.

    See: [torch.get_num_threads](https://docs.pytorch.org/docs/stable/generated/torch.get_num_threads.html).
    """
    return threads.allowed()


def set_num_interop_threads(int: int) -> None:
    """Say how many operators may run side by side: as in PyTorch, eager ones never do.

    Raises:
        RuntimeError: The number is not positive, or no integer, or this was said before.

    See: [torch.set_num_interop_threads](https://docs.pytorch.org/docs/stable/generated/torch.set_num_interop_threads.html).
    """
    global _interop_threads
    _check_count("set_num_interop_threads", int)
    check(
        _interop_threads is None,
        "Error: cannot set number of interop threads after parallel work has started or "
        "set_num_interop_threads called",
    )
    _interop_threads = int


def get_num_interop_threads() -> int:
    """What was said to `set_num_interop_threads`; by default the number of cores.

    See: [torch.get_num_interop_threads](https://docs.pytorch.org/docs/stable/generated/torch.get_num_interop_threads.html).
    """
    return threads.cores() if _interop_threads is None else _interop_threads


def _check_count(name: str, count: Any) -> None:
    whole = type(count) is builtins.int
    check(whole, f"{name} expects an int, but got {type(count).__name__}")
    check(count > 0, f"{name} expects a positive integer")


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for deterministic algorithms: all of them are.

    See: [torch.use_deterministic_algorithms](https://docs.pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html).
    """
    global _deterministic, _warn_only
    _deterministic, _warn_only = mode, warn_only


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` was last told."""
    return _deterministic


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """What `use_deterministic_algorithms` was last told of warnings."""
    return _warn_only


def set_float32_matmul_precision(precision: str) -> None:
    """Accept less exact products of float32 matrices; they are exact in any case.

    Raises:
        RuntimeError: The word is unknown.
    """
    global _precision
    if precision not in ("highest", "high", "medium"):
        raise RuntimeError(f"{precision} is not one of 'highest', 'high', or 'medium'")
    _precision = precision


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was last told."""
    return _precision


def set_default_tensor_type(t: Any) -> None:
    """Choose the default dtype by an old name: `torch.DoubleTensor`, or its text.

    Raises:
        TypeError: It is no floating type.
    """
    from minitorch_ff import _legacy
    from minitorch_ff._dtypes import set_default_dtype

    name = t.split(".")[-1] if isinstance(t, str) else t.__name__
    kind = getattr(_legacy, name, None)
    if kind is None:
        raise TypeError(f"invalid type object: {t}")
    set_default_dtype(kind.dtype)


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a tensor.

    See: [torch.is_tensor](https://docs.pytorch.org/docs/stable/generated/torch.is_tensor.html).
    """
    return isinstance(obj, Tensor)


def numel(input: Tensor) -> int:
    """The number of elements.

    See: [torch.numel](https://docs.pytorch.org/docs/stable/generated/torch.numel.html).
    """
    return int(input.buffer.size)
