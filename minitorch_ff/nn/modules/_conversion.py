"""Changing all tensors of a module at once: their dtype, their device."""

import warnings
from collections.abc import Callable
from typing import Any, Self

from minitorch_ff import _devices, _dtypes
from minitorch_ff._checks import check
from minitorch_ff._functions.creation import empty_like
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.nn.modules._traversal import Traversal


COMPLEX_WARNING = (
    "Complex modules are a new feature under active development whose design may change, and some "
    "modules might not work as expected when using complex tensors as parameters or buffers. "
    "Please file an issue at https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml "
    "if a complex module does not work as expected."
)


class Conversion(Traversal):
    """The part of `Module` that converts its tensors, those of submodules included.

    Parameters stay the same objects, so an optimizer that holds them goes on working.
    """

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Put `fn(tensor)` in the place of every parameter, gradient and buffer."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is None:
                continue
            grad = parameter.grad
            with no_grad():
                parameter.data = fn(parameter)
                if grad is not None:
                    grad.data = fn(grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Move to a device, or convert floating tensors to a dtype, in place.

        Called as `to(device=None, dtype=None, non_blocking=False)`,
        `to(dtype, non_blocking=False)`, `to(tensor, non_blocking=False)` (the device
        and dtype of a tensor), or with `memory_format=`. Integer tensors keep their
        dtype.

        Returns:
            This module.

        Raises:
            TypeError: Other arguments, or a dtype that is neither floating nor complex.

        Example:
            >>> import minitorch_ff as torch
            >>> torch.nn.Linear(2, 1).to(torch.float64).weight.dtype
            torch.float64
        """
        device, dtype, non_blocking, memory_format = _parse_to(args, kwargs)
        if dtype is not None:
            if not (dtype.is_floating_point or dtype.is_complex):
                raise TypeError(
                    "nn.Module.to only accepts floating point or complex dtypes, but "
                    f"got desired dtype={dtype}"
                )
            if dtype.is_complex:
                warnings.warn(COMPLEX_WARNING, stacklevel=2)

        def convert(tensor: Tensor) -> Tensor:
            fractional = tensor.is_floating_point() or tensor.is_complex()
            wanted = dtype if fractional else None
            if memory_format is None or tensor.dim() not in (4, 5):
                return tensor.to(device, wanted, non_blocking)
            return tensor.to(device, wanted, non_blocking, memory_format=memory_format)

        return self._apply(convert)

    def cpu(self) -> Self:
        """Move to the CPU."""
        return self._apply(lambda tensor: tensor.cpu())

    def cuda(self, device: Any = None) -> Self:
        """Move to a GPU, the current one if none is named."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def type(self, dst_type: Any) -> Self:
        """Convert all parameters and buffers, integer ones too, to a dtype."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def float(self) -> Self:
        """Convert floating parameters and buffers to float32."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Self:
        """Convert floating parameters and buffers to float64."""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Self:
        """Convert floating parameters and buffers to float16."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self) -> Self:
        """Convert floating parameters and buffers to bfloat16."""
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Move to a device without the values, which are whatever the memory holds.

        Args:
            device: Where to; None keeps the tensors where they are.
            recurse: Whether submodules move, too.
        """
        return self._apply(lambda tensor: empty_like(tensor, device=device), recurse=recurse)


def _parse_to(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[_devices.device | None, _dtypes.dtype | None, bool, Any]:
    """The device, dtype, `non_blocking` and memory format that a call means."""
    first = args[0] if args else kwargs.get("tensor")
    names = ["non_blocking", "copy"]
    if isinstance(first, _dtypes.dtype):
        names.insert(0, "dtype")
    elif isinstance(first, Tensor):
        names.insert(0, "tensor")
    else:
        names[:0] = "device", "dtype"
    placed = dict(zip(names, args, strict=False))
    given = placed | kwargs
    device, dtype = given.get("device"), given.get("dtype")
    non_blocking, copy = given.get("non_blocking", False), given.get("copy", False)
    twice_or_unknown = placed.keys() & kwargs.keys() | kwargs.keys() - {*names, "memory_format"}
    flags = isinstance(non_blocking, bool) and isinstance(copy, bool)
    fit = flags and isinstance(dtype, _dtypes.dtype | None) and len(args) <= len(names)
    if twice_or_unknown or not fit:
        kinds = [type(value).__name__ for value in args]
        kinds += [f"{name}={type(value).__name__}" for name, value in kwargs.items()]
        raise TypeError(
            "to() received an invalid combination of arguments - got "
            f"({', '.join(kinds)}), but expected (device, dtype, non_blocking), "
            "(dtype, non_blocking) or (tensor, non_blocking), each with memory_format"
        )
    check(not copy, ".to() does not accept copy argument")
    if device is not None:
        device = _devices.as_device(device)
    if isinstance(first, Tensor):
        device, dtype = first.device, first.dtype
    return device, dtype, non_blocking, given.get("memory_format")
