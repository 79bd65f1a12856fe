"""The name of a type, as error texts spell it."""

from __future__ import annotations

from typing import Any

from minitorch_ff.firefly.tensor import Tensor


def typename(obj: Any, /) -> str:
    """Name the type of `obj`, or `obj` itself if it is a class or function.

    A tensor goes by its element type. What belongs to this package goes by the name it
    has in PyTorch, so that a message reads the same.

    Args:
        obj: Anything.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.typename(torch.tensor([1, 2])), torch.typename(3)
        ('torch.LongTensor', 'int')

    See: [torch.typename](https://docs.pytorch.org/docs/stable/generated/torch.typename.html).
    """
    if isinstance(obj, Tensor):
        return str(obj.type())
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(named, "__module__", None) or ""
    if module in ("", "builtins"):
        return str(named.__qualname__)
    package, *inside = module.split(".")
    if package == "minitorch_ff":
        package = "torch"
        inside = [part for part in inside if not part.startswith("_")]
    return ".".join([package, *inside, named.__qualname__])
