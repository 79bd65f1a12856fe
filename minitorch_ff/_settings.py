"""Process-wide settings: threads, determinism, precision of matrix products."""

from __future__ import annotations

from typing import Any

from minitorch_ff._checks import check
from minitorch_ff.firefly.backend import blas_threads
from minitorch_ff.firefly.tensor import Tensor

_deterministic = False
_warn_only = False
_precision = "highest"


def set_num_threads(int: int) -> None:
    """Let matrix products use so many threads.

    Raises:
        RuntimeError: The number is not positive.

    See: [torch.set_num_threads](https://docs.pytorch.org/docs/stable/generated/torch.set_num_threads.html).
    """
    check(int > 0, "set_num_threads expects a positive integer")
    blas_threads.set_threads(int)


def get_num_threads() -> int:
    """How many threads matrix products use.

    See: [torch.get_num_threads](https://docs.pytorch.org/docs/stable/generated/torch.get_num_threads.html).
    """
    return blas_threads.get_threads()


def set_num_interop_threads(int: int) -> None:
    """Accepted: operators run one after the other."""
    check(int > 0, "set_num_interop_threads expects a positive integer")


def get_num_interop_threads() -> int:
    """One: operators run one after the other."""
    return 1


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
