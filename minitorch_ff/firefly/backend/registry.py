"""Which back end serves which device, and which buffers belong to it.

A further back end is added with `register`; no operator changes. CuPy is imported when a
`cuda` device is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_ff.firefly.backend.numpy_backend import NumpyBackend

cpu = NumpyBackend()

by_buffer_type: dict[type, Any] = {cpu.buffer_type: cpu}
"""The back end of a buffer, by the buffer's class: read at every operator call."""

several: list[Any] = []
"""The back end of several GPUs, if there is one. Who is about to compute with a buffer says
`several[0].follow(buffer)`: see `backend/cupy/several.py`. With one GPU the list is empty."""

_by_device: dict[str, Any] = {"cpu": cpu}
_makers: dict[str, Callable[[], Any]] = {}


def _make_cupy() -> Any:
    from minitorch_ff.firefly.backend.cupy import make

    return make()


_makers["cuda"] = _make_cupy


def backend_of(buffer: Any) -> Any:
    """The back end that `buffer` belongs to, at work where `buffer` is."""
    if several:
        several[0].follow(buffer)
    return by_buffer_type[type(buffer)]


def elsewhere(a: Any, b: Any) -> bool:
    """Whether two buffers are on different devices."""
    if several and several[0].follow(a) != several[0].follow(b):
        return True
    return type(a) is not type(b)


def register(device_type: str, maker: Callable[[], Any]) -> None:
    """Add a back end: `maker()` is called when `device_type` is first used.

    Args:
        device_type: The name that `torch.device` will accept, such as `"cuda"`.
        maker: Returns the back end, an object with every primitive; its
            `buffer_type` is the class of its buffers.
    """
    _makers[device_type] = maker
    _drop(device_type)


def forget(device_type: str) -> None:
    """Take a back end away again."""
    _makers.pop(device_type, None)
    backend = _drop(device_type)
    if backend is not None:
        del by_buffer_type[backend.buffer_type]


def _drop(device_type: str) -> Any:
    """Stop using a device type's back end; gives it, if it was in use."""
    backend = _by_device.pop(device_type, None)
    if backend in several:
        several.remove(backend)
    return backend


def known_devices() -> list[str]:
    """Names of the device types that have a back end, loaded or not."""
    return sorted({*_by_device, *_makers})


def loaded() -> list[str]:
    """Names of the device types whose back end is in use."""
    return sorted(_by_device)


def is_loaded(device_type: str) -> bool:
    """Whether a device type's back end is in use."""
    return device_type in _by_device


def backend_for(device_type: str) -> Any:
    """The back end of a device type, loaded at the first call.

    Raises:
        KeyError: No back end serves `device_type`.
        ImportError: Its array library is not installed, or finds no such device.
    """
    backend = _by_device.get(device_type)
    if backend is None:
        backend = _makers[device_type]()
        _by_device[device_type] = backend
        by_buffer_type[backend.buffer_type] = backend
        if getattr(backend, "devices", 1) > 1:
            several.append(backend)
    return backend
