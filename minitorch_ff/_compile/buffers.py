"""Buffers that write down what is done with them, and the back end that makes them.

The registry takes a back end for a further class of buffers, and here is one: `Buffer`, an
array of NumPy's that passes every call on to a recording. Inside a recording the tensors of
a function hold such buffers, so whatever is computed from them is seen, in primitives and
beside them; the engine knows nothing of it. Outside, a `Buffer` is an array like any other.
"""

from __future__ import annotations

import functools
import sys
import threading
from operator import is_
from types import ModuleType
from typing import Any

import numpy

from minitorch_ff.firefly.backend.array_api import ArrayBackend
from minitorch_ff.firefly.backend.numpy_backend import TOGETHER, NumpyBackend
from minitorch_ff.firefly.backend.registry import by_buffer_type, cpu

METHODS = """
dot astype take copy sum prod mean std var max min any all argmax argmin argsort cumsum cumprod
clip round repeat searchsorted trace choose diagonal ravel flatten reshape transpose swapaxes
squeeze conj conjugate byteswap
""".split()
"""Methods of arrays that give arrays."""

WRITING = ["fill", "sort", "partition", "put", "resize"]
"""Methods that write into the array."""

READING = """
__bool__ __int__ __float__ __complex__ __index__ __repr__ __str__ __format__ __contains__
__reduce__ __reduce_ex__ __copy__ __deepcopy__ item tolist tobytes tofile dump dumps nonzero
""".split()
"""Methods that bring elements into Python, or give a result whose shape depends on them."""

DATA_SHAPES = set(
    "nonzero argwhere flatnonzero unique compress extract bincount allclose array_equal".split()
)
"""Functions whose result's shape depends on the elements, or that give a Python number."""

INPLACE = {"copyto", "put", "place", "putmask", "put_along_axis", "fill_diagonal"}
"""Functions that write into their first argument."""


GIVES_BACK = {"asarray", "asanyarray", "ascontiguousarray", "conj", "conjugate", "require"}
"""Functions that may give their argument itself, and write nothing."""


class Active:
    """The recording that runs now, and its thread; at most one in a process."""

    recording: Any = None
    thread: int | None = None

    @classmethod
    def here(cls) -> Any:
        """The recording, if this thread is its."""
        recording = cls.recording
        return recording if recording and threading.get_ident() == cls.thread else None


def bare(value: Any) -> Any:
    """Arrays as plain ones, in whatever they are nested; what holds none is given back."""
    if isinstance(value, Buffer):
        return value.view(numpy.ndarray)
    if type(value) in (tuple, list):
        items = [bare(item) for item in value]
        return value if all(map(is_, items, value)) else type(value)(items)
    if type(value) is dict:
        items = [bare(item) for item in value.values()]
        same = all(map(is_, items, value.values()))
        return value if same else dict(zip(value, items, strict=True))
    if type(value) is slice:
        return slice(bare(value.start), bare(value.stop), bare(value.step))
    return value


def call(name: str, function: Any, args: Any, settings: Any, written: Any = ()) -> Any:
    """Call a function of arrays, and note the call.

    Args:
        name: How the source of a program writes it: `"numpy.add"`, `".dot"` for a method.
        function: It.
        args: Its arguments.
        settings: Its keyword arguments.
        written: The arrays among them that it writes.
    """
    plain = bare(tuple(args))
    result = function(*plain, **bare(settings))
    recording = Active.here()
    if recording is None:
        return result
    if not written and name.rpartition(".")[2] not in GIVES_BACK:
        # A function that gives an argument itself was told to write there (`out`, by place).
        written = [
            a
            for a, b in zip(args, plain, strict=True)
            if b is result and isinstance(b, numpy.ndarray)
        ]
    return recording.note(name, function, args, settings, result, written)


def unseen(function: Any) -> Any:
    """A function whose own calls are not noted."""

    @functools.wraps(function)
    def quietly(*args: Any, **settings: Any) -> Any:
        recording, Active.recording = Active.recording, None
        try:
            return function(*args, **settings)
        finally:
            Active.recording = recording

    return quietly


def read(what: str) -> None:
    """Note that elements are brought into Python."""
    recording = Active.here()
    if recording is not None:
        recording.give_up(f"it reads a tensor's elements ({what})")


def from_package() -> bool:
    """Whether the package itself has called the caller."""
    return str(sys._getframe(2).f_globals.get("__name__")).startswith("minitorch_ff.")


def truth(buffer: Any) -> bool:
    """Whether a single element is true: a check, which must have the same outcome at a replay."""
    holds = bool(bare(buffer))
    recording = Active.here()
    if recording is not None:
        recording.check(bool, (buffer,), holds)
    return holds


class Anchor(numpy.ndarray):
    """The array that a `Buffer` looks at; being of a class of its own, it is found again.

    NumPy shortens a chain of views to the owner of the memory where all are of one class.
    """

    __slots__ = ()


class Buffer(numpy.ndarray):
    """An array that notes what is done with it, while a recording runs."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        written = [array for array in settings.get("out", ()) if array is not None]
        name = "numpy." + ufunc.__name__
        if method == "at":
            written = [inputs[0]]
        if method != "__call__":
            name += "." + method
        return call(name, getattr(ufunc, method), inputs, settings, written)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func.__name__ in DATA_SHAPES or (func is numpy.where and len(args) == 1):
            read(func.__name__)
        out = kwargs.get("out")
        written = [args[0]] if func.__name__ in INPLACE else [] if out is None else [out]
        module = (func.__module__ or "numpy").replace("numpy.lib._", "numpy.lib.")
        return call(f"{module}.{func.__name__}", func, args, kwargs, written)

    def __getitem__(self, index: Any) -> Any:
        if _has_mask(index):
            read("a boolean index")
        return call("[]", numpy.ndarray.__getitem__, (self, index), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        if not _same_place(value, self, index):
            call("[]=", numpy.ndarray.__setitem__, (self, index, value), {}, [self])


def _same_place(value: Any, array: Buffer, index: Any) -> bool:
    """Whether `value` is `array[index]` itself, as at the end of `x[...] += 1`."""
    if not isinstance(value, Buffer):
        return False
    target = bare(array)[bare(index)]
    return isinstance(target, numpy.ndarray) and layout(target) == layout(value)


def layout(array: Any) -> tuple[Any, ...]:
    """Where an array's elements are."""
    return address(array), array.shape, array.strides, array.dtype


def address(array: Any) -> int:
    """Where its first element is."""
    place: int = numpy.ndarray.__getattribute__(array, "__array_interface__")["data"][0]
    return place


def _has_mask(index: Any) -> bool:
    parts = index if type(index) is tuple else (index,)
    return any(getattr(part, "dtype", None) == numpy.bool_ and numpy.ndim(part) for part in parts)


def _method(name: str, writes: bool) -> Any:
    function = getattr(numpy.ndarray, name)

    @functools.wraps(function, ("__name__",))  # not NumPy's text
    def method(self: Buffer, *args: Any, **settings: Any) -> Any:
        out = settings.get("out")
        written = [self] if writes else [] if out is None else [out]
        return call("." + name, function, (self, *args), settings, written)

    return method


def _reading(name: str) -> Any:
    function = getattr(numpy.ndarray, name)

    @functools.wraps(function, ("__name__",))  # not NumPy's text
    def method(self: Buffer, *args: Any, **settings: Any) -> Any:
        if name == "__bool__" and from_package():
            return truth(self)
        read(name.strip("_"))
        return function(bare(self), *args, **settings)

    return method


for _name in (*METHODS, *WRITING):
    setattr(Buffer, _name, _method(_name, _name in WRITING))
for _name in READING:
    setattr(Buffer, _name, _reading(_name))


class Ufunc:
    """A function of single elements that is seen even where no argument is a `Buffer`."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self.function, name)
        return _with_buffers(attribute) if callable(attribute) else attribute

    def __call__(self, *args: Any, **settings: Any) -> Any:
        return _with_buffers(self.function)(*args, **settings)


def _with_buffers(function: Any) -> Any:
    def with_buffers(*args: Any, **settings: Any) -> Any:
        if Active.here() is None:
            return function(*bare(args), **bare(settings))
        args = tuple([a.view(Buffer) if type(a) is numpy.ndarray else a for a in args])
        return function(*args, **settings)

    return with_buffers


class Library:
    """NumPy, with every call noted."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        if isinstance(found, numpy.ufunc):
            found = Ufunc(found)
        elif isinstance(found, ModuleType):
            found = Library(found)
        elif callable(found) and not isinstance(found, type):
            found = self._noted(name, found)
        setattr(self, name, found)
        return found

    def _noted(self, name: str, function: Any) -> Any:
        full = f"{self._module.__name__}.{name}"

        @functools.wraps(function)
        def noted(*args: Any, **settings: Any) -> Any:
            if name in DATA_SHAPES or (name == "where" and len(args) == 1):
                read(name)
            written = [args[0]] if name in INPLACE else []
            return call(full, function, args, settings, written)

        return noted


class RecordingBackend(NumpyBackend):
    """The CPU's primitives, over buffers that note each call."""

    buffer_type: Any = Buffer
    _threads = 1

    def __init__(self) -> None:
        ArrayBackend.__init__(self, library)  # type: ignore[arg-type]

    def _dot(self, a: Any, b: Any) -> Any:
        """A product of matrices: a large one as a whole, so that threads can share it."""
        if b.ndim == 1 or a.size * b.shape[1] < TOGETHER:
            return a.dot(b)
        recording, result = Active.here(), unseen(large_dot)(bare(a), bare(b))
        noted = recording and recording.note("product", large_dot, (a, b), {}, result, [])
        return result if noted is None else noted

    _large_gradient = _dot  # a program has memory of its own

    def in_threads(self, function: Any, blocks: Any) -> None:
        """Call `function(*block)` for every block here: another thread's calls are not noted."""
        for block in blocks:
            function(*block)

    def add_(self, x: Any, y: Any) -> Any:
        """Add `y` to `x`, into `x` itself."""
        return self.module.add(x, y, x)

    def broadcast_to(self, x: Any, shape: Any) -> Any:
        """Elements repeated without a copy."""
        return self.module.broadcast_to(x, shape)

    def constant(self, value: Any, dtype: Any) -> Any:
        """A 0-d buffer holding `value`: the back end's own one."""
        return cpu.constant(value, dtype).view(Buffer)

    def ones_vector(self, n: Any, dtype: Any) -> Any:
        """`n` ones: the back end's own ones."""
        return cpu.ones_vector(n, dtype).view(Buffer)

    def positions(self, n: Any) -> Any:
        """0, 1, … n-1: the back end's own ones."""
        return cpu.positions(n).view(Buffer)

    def is_view(self, result: Any, x: Any) -> Any:
        """Whether `result` looks at the memory of `x`."""
        recording = Active.here()
        if recording is None:
            return cpu.is_view(result, x)
        return recording.use(result).value is recording.use(x).value

    def all_between(self, x: Any, low: Any, high: Any) -> Any:
        """Whether all of some integers are in `[low, high)`: a check, made at each replay."""
        holds = cpu.all_between(bare(x), low, high)
        recording = Active.here()
        if recording is not None:
            recording.check(cpu.all_between, (x, low, high), holds)
        return holds


large_dot = cpu._large_dot
library = Library(numpy)
backend = RecordingBackend()
by_buffer_type[Buffer] = cpu  # what is left of one after a recording
