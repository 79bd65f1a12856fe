"""Argument checks that several functions share, with PyTorch's words."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from operator import index
from typing import Any, TypeVar

from minitorch_ff._dtypes import get_default_dtype
from minitorch_ff.firefly.backend.registry import backend_of
from minitorch_ff.firefly.tensor import Tensor

F = TypeVar("F", bound=Callable[..., Any])
_WARNED: set[str] = set()
_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}


def check(condition: object, text: str, error: type[Exception] = RuntimeError) -> None:
    """Raise an error unless a condition holds; for calls that are rare or slow anyway.

    Args:
        condition: What must be true.
        text: The error's text, which is made in any case.
        error: The error's type.
    """
    if not condition:
        raise error(text)


def must(condition: object, text: str) -> None:
    """Raise an `AssertionError` unless a condition holds: where PyTorch asserts."""
    check(condition, text, AssertionError)


def warn_once(text: str, stacklevel: int) -> None:
    """Warn the first time only, as PyTorch does where the warning comes from C++.

    Args:
        text: What to say.
        stacklevel: Whose line is shown: 1 is the caller of this function.
    """
    if text not in _WARNED:
        _WARNED.add(text)
        warnings.warn(text, stacklevel=stacklevel + 1)


def wrap_dim(dim: int, ndim: int) -> int:
    """A dimension counted from 0; a 0-d tensor counts as having one.

    Raises:
        IndexError: There is no such dimension.
    """
    limit = ndim or 1
    if -limit <= dim < limit:
        return dim if dim >= 0 else dim + limit
    raise IndexError(
        f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], "
        f"but got {dim})"
    )


def wrap_dims(dims: Any, ndim: int) -> tuple[int, ...]:
    """Several dimensions counted from 0.

    Raises:
        IndexError: One of them does not exist.
        RuntimeError: One is given twice.
    """
    wrapped = tuple([wrap_dim(index(dim), ndim) for dim in dims])
    for i, dim in enumerate(wrapped):
        if dim in wrapped[:i]:
            raise RuntimeError(f"dim {dim} appears multiple times in the list of dims")
    return wrapped


def must_be_tensor(value: Any, function: str, argument: str, position: int) -> None:
    """Refuse what is no tensor.

    Raises:
        TypeError: In the words of PyTorch's argument parser.
    """
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{function}(): argument '{argument}' (position {position}) must be Tensor, not "
            f"{type(value).__name__}"
        )


def must_be_tensors(function: str, **arguments: Any) -> None:
    """Refuse arguments, given by their names and in order, that are no tensors.

    Raises:
        TypeError: In the words of PyTorch's argument parser.
    """
    for position, (argument, value) in enumerate(arguments.items(), 1):
        must_be_tensor(value, function, argument, position)


def shape_from(args: tuple[Any, ...]) -> tuple[int, ...]:
    """A shape given as several ints or as one sequence of them: `f(2, 3)`, `f((2, 3))`."""
    if len(args) == 1 and not hasattr(args[0], "__index__"):
        args = tuple(args[0])
    return tuple([n.__index__() for n in args])


def check_index_bounds(shape: tuple[int, ...], index: Any) -> None:
    """Refuse positions that do not exist: CuPy would silently wrap them around.

    Raises:
        IndexError: Naming the dimension, or the two shapes of a boolean index.
    """
    dim = 0
    items = index if type(index) is tuple else (index,)
    given = sum(
        [getattr(i, "ndim", 1) if _is_mask(i) else i is not None for i in items if i is not ...]
    )
    for item in items:
        if item is None:
            continue
        if item is ...:
            dim += len(shape) - given
        elif isinstance(item, slice):
            dim += 1
        elif isinstance(item, int):
            if not -shape[dim] <= item < shape[dim]:
                raise IndexError(
                    f"index {item} is out of bounds for dimension {dim} with size {shape[dim]}"
                )
            dim += 1
        elif _is_mask(item):
            for i, n in enumerate(item.shape):
                if n != shape[dim + i]:
                    raise IndexError(
                        f"The shape of the mask {list(item.shape)} at index {i} does not match "
                        f"the shape of the indexed tensor {list(shape)} at index {dim + i}"
                    )
            dim += item.ndim
        else:
            _check_positions(item, dim, shape[dim])
            dim += 1


def _is_mask(item: Any) -> bool:
    return getattr(getattr(item, "dtype", None), "kind", "") == "b"


def _check_positions(positions: Any, dim: int, size: int) -> None:
    if not backend_of(positions).all_between(positions, -size, size):
        low, high = int(positions.min()), int(positions.max())
        wrong = high if high >= size else low
        raise IndexError(f"index {wrong} is out of bounds for dimension {dim} with size {size}")


def floating(input: Any) -> Any:
    """The tensor itself, or integers and booleans in the default floating dtype."""
    if input.buffer.dtype.kind in "iub":
        return input.to(get_default_dtype())
    return input


def numpy_names(function: F) -> F:
    """Let a function take NumPy's `axis` and `keepdims` for `dim` and `keepdim` as well.

    What is no tensor is refused in PyTorch's words. A call that is right pays for none of it.
    """

    @functools.wraps(function)
    def with_names(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (TypeError, AttributeError):
            input = args[0] if args else kwargs.get("input")
            must_be_tensor(input, function.__name__, "input", 1)
            names = {_NUMPY_NAMES.get(name, name): value for name, value in kwargs.items()}
            if len(names) < len(kwargs) or names == kwargs:
                raise
        return function(*args, **names)

    return with_names  # type: ignore[return-value]
