"""`torch.Size`: the shape of a tensor."""

from __future__ import annotations

import math
from collections.abc import Iterable
from operator import index
from typing import Any, SupportsIndex, final, overload

_new = tuple.__new__
_get = tuple.__getitem__


@final
class Size(tuple[int, ...]):
    """The number of elements in each dimension: a tuple; its slices are sizes too.

    Args:
        sizes: One iterable of integers, or nothing for the shape of a single number.

    Raises:
        TypeError: An item is no integer, or there is more than one argument.

    Example:
        >>> import minitorch_ff as torch
        >>> shape = torch.Size([2, 3])
        >>> shape[:1] + (5,), shape.numel()
        (torch.Size([2, 5]), 6)

    See: [torch.Size](https://docs.pytorch.org/docs/stable/size.html).
    """

    __slots__ = ()
    __module__ = "torch"  # `type(x.shape)` is printed as PyTorch's

    def __new__(cls, *sizes: Iterable[SupportsIndex]) -> Size:
        return _checked(tuple(*sizes))

    def numel(self) -> int:
        """The number of elements of a tensor of this shape.

        See: [torch.Size](https://docs.pytorch.org/docs/stable/size.html).
        """
        return math.prod(self)

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...

    @overload
    def __getitem__(self, key: slice) -> Size: ...

    def __getitem__(self, key: Any) -> Any:
        found = _get(self, key)
        return _new(Size, found) if key.__class__ is slice else found

    def __add__(self, other: Any) -> Any:
        if isinstance(other, tuple):
            return _checked(tuple(self) + tuple(other))
        kind = type(other).__name__
        words = f"can only concatenate tuple (not {kind}) to torch.Size"
        return _left_to(other, "__radd__", self, words)

    def __radd__(self, other: Any) -> Any:
        if isinstance(other, tuple):
            return _checked(tuple(other) + tuple(self))
        if isinstance(other, list):  # Python's words would not say `torch.Size`
            raise TypeError('can only concatenate list (not "torch.Size") to list')
        return NotImplemented

    def __mul__(self, count: Any) -> Any:
        try:
            return _new(Size, tuple.__mul__(self, count))
        except TypeError:
            kind = type(count).__name__
        words = f"can't multiply sequence by non-int of type '{kind}'"
        return _left_to(count, "__rmul__", self, words)

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __reduce__(self) -> Any:
        return size_of, (tuple(self),)


def _left_to(other: Any, method: str, size: Size, words: str) -> Any:
    """What `other` (a NumPy array, say) makes of it, or a TypeError with these words.

    Python would ask it too, but then raise an error in words of its own.
    """
    reflected = getattr(other, method, None)
    result = NotImplemented if reflected is None else reflected(size)
    if result is NotImplemented:
        raise TypeError(words)
    return result


def _checked(items: tuple[Any, ...]) -> Size:
    """A size of anything that counts as integers."""
    sizes = []
    for position, item in enumerate(items):
        try:
            sizes.append(index(item))
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(
                "torch.Size() takes an iterable of 'int' "
                f"(item {position} is '{type(item).__name__}')"
            ) from None
    return _new(Size, sizes)


class _Sizes(dict[tuple[int, ...], Size]):
    """The sizes made lately: looking one up takes a third of the time of making it."""

    def __missing__(self, shape: tuple[int, ...]) -> Size:
        if len(self) >= 1024:  # a program whose shapes never come back
            self.clear()
        size = self[shape] = _new(Size, shape)
        return size


_sizes = _Sizes()


def size_of(shape: tuple[int, ...]) -> Size:
    """The size that an array's `shape` is, quickly and unchecked: Python ints only."""
    return _sizes[shape]
