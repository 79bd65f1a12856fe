"""A tensor in a checkpoint: a shape, strides and an offset, over a numbered memory.

The functions with names of PyTorch's are those that a checkpoint asks for.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from minitorch_ff import _dtypes
from minitorch_ff._functions import complex_numbers
from minitorch_ff._functions.conversion import UntypedStorage
from minitorch_ff._serialization.names import named
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.backend.array_api.shaping import owner_of
from minitorch_ff.firefly.backend.registry import backend_of
from minitorch_ff.firefly.ops.base import TYPE_NAMES
from minitorch_ff.firefly.tensor import wrap
from minitorch_ff.utils.hooks import warn_if_has_hooks


class StorageType:
    """What PyTorch calls a memory of elements of one dtype."""

    def __init__(self, name: str, dtype: _dtypes.dtype) -> None:
        self.name = name
        self.dtype = dtype

    def __reduce__(self) -> str:
        return self.name


class Memory(UntypedStorage):
    """The memory under tensors of one dtype."""

    def __init__(self, buffer: Any, kind: StorageType) -> None:
        super().__init__(buffer)
        self.kind = kind


UNTYPED = named("torch.storage.UntypedStorage")(StorageType("UntypedStorage", _dtypes.uint8))
"""The dtypes that are younger than typed memories use this."""

STORAGE_TYPES: dict[_dtypes.dtype, StorageType] = {
    dtype: named(f"torch.{name}Storage")(StorageType(f"{name}Storage", dtype))
    for dtype, name in [(getattr(_dtypes, dtype), name) for dtype, name in TYPE_NAMES.items()]
}


def reduce_tensor(tensor: Tensor) -> tuple[Any, ...]:
    """What a pickle stores of a tensor: a function that makes it again, and its arguments."""
    warn_if_has_hooks(tensor)
    buffer, dtype = tensor.buffer, tensor.dtype
    stored, flags = tensor, owner_of(buffer).flags
    gaps = not (flags.c_contiguous or flags.f_contiguous)
    if gaps or any([step < 0 or step % buffer.itemsize for step in buffer.strides]):
        stored = wrap(Tensor, backend_of(buffer).contiguous(buffer))
    kind = STORAGE_TYPES.get(dtype, UNTYPED)
    memory = Memory(stored.untyped_storage().buffer, kind)
    place = stored.storage_offset(), tuple(tensor.shape), stored.stride()
    arguments: Any = (memory, *place, tensor.requires_grad, OrderedDict())
    function: Any = rebuild_typed
    if kind is UNTYPED:
        function, arguments = rebuild_untyped, (*arguments, dtype)
    if type(tensor) is Tensor and not tensor.__dict__:
        return function, arguments
    return rebuild_from_type, (function, type(tensor), arguments, tensor.__dict__)


@named("torch._utils._rebuild_tensor_v3")
def rebuild_untyped(
    memory: Memory, offset: int, size: Any, stride: Any, requires_grad: bool,
    backward_hooks: Any, dtype: _dtypes.dtype, metadata: Any = None,
) -> Tensor:  # fmt: skip
    """A tensor of any dtype over a memory.

    Raises:
        ValueError: It reaches beyond the memory.
    """
    numbers = (offset, *size, *stride)
    if any([type(n) is not int or n < 0 for n in numbers]) or len(size) != len(stride):
        raise ValueError("no tensor has such an offset, size and stride")
    if type(memory) is not Memory:
        raise ValueError(f"a {type(memory).__name__} is no memory of tensors")
    flat = memory.buffer.view(dtype.numpy)
    last = offset + sum([(n - 1) * step for n, step in zip(size, stride, strict=True)])
    if min(size, default=1) > 0 and last >= flat.size:
        raise ValueError(f"a tensor ends at element {last}, its memory has {flat.size}")
    steps = [step * dtype.itemsize for step in stride]
    as_strided = backend_of(flat).module.lib.stride_tricks.as_strided
    tensor = wrap(Tensor, as_strided(flat[min(offset, flat.size) :], size, steps))
    if metadata:  # PyTorch's tensors can be lazy
        tensor = complex_numbers.conj(tensor) if metadata.get("conj") else tensor
        tensor = -tensor if metadata.get("neg") else tensor
    return tensor.requires_grad_(requires_grad)  # type: ignore[no-any-return]


@named("torch._utils._rebuild_tensor_v2")
def rebuild_typed(
    memory: Memory, offset: int, size: Any, stride: Any, requires_grad: bool,
    backward_hooks: Any, metadata: Any = None,
) -> Tensor:  # fmt: skip
    """A tensor of the memory's dtype."""
    place = offset, size, stride
    dtype = memory.kind.dtype
    return rebuild_untyped(memory, *place, requires_grad, backward_hooks, dtype, metadata)


@named("torch._tensor._rebuild_from_type_v2")
def rebuild_from_type(function: Any, cls: type, arguments: Any, state: dict[str, Any]) -> Tensor:
    """A tensor of a subclass, or one with attributes."""
    makes_tensors = function is rebuild_typed or function is rebuild_untyped
    if not makes_tensors or not issubclass(cls, Tensor):
        raise ValueError("this is no function that makes tensors")
    made = function(*arguments)
    if type(made) is not cls:
        made = wrap(cls, made.buffer).requires_grad_(made.requires_grad)
    made.__dict__.update(state)
    return made  # type: ignore[no-any-return]
