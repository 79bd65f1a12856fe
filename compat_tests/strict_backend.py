"""A stand-in for CuPy on any machine: device type "strict".

Its arrays compute with NumPy, but behave as if their memory were not the host's. NumPy
cannot read them, they do not meet NumPy's arrays as operands or as indices, and only
`item`, `get`, `tolist` and Python's `bool`, `int` and `float` give values back. What runs here
uses the back end for everything.
"""

import functools
import operator
import types

import numpy

from minitorch_ff.firefly.backend import registry
from minitorch_ff.firefly.backend.array_api import ArrayBackend

IMPLICIT = (
    "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct "
    "a NumPy array explicitly."
)
PLAIN = {  # attributes whose value, or result, needs no wrapping
    "dtype", "itemsize", "nbytes", "ndim", "shape", "size", "strides",
}  # fmt: skip
WRAPPED = {
    "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "conj", "copy", "cumsum",
    "dot", "fill", "flatten", "max", "mean", "min", "nonzero", "prod", "ravel", "repeat",
    "reshape", "round", "squeeze", "sum", "swapaxes", "take", "transpose", "view",
}  # fmt: skip
"""The methods that CuPy's arrays have as well."""

HOST_ONLY = {
    "accumulate", "reduceat", "outer", "frompyfunc", "vectorize", "apply_along_axis", "nditer",
}  # fmt: skip
"""What CuPy's functions lack."""


class Flags:
    """CuPy knows these three; there is no `writeable`."""

    def __init__(self, flags):
        self.c_contiguous = flags.c_contiguous
        self.f_contiguous = flags.f_contiguous
        self.owndata = flags.owndata


class StrictArray:
    """An array that NumPy cannot read."""

    __slots__ = ("__weakref__", "_host", "base")
    __array_ufunc__ = None  # NumPy's functions refuse it, its operators leave it to us
    __hash__ = None

    def __init__(self, host, base=None):
        self._host = host
        self.base = base

    def __array__(self, *_, **__):
        raise TypeError(IMPLICIT)

    def __getattr__(self, name):
        if name in PLAIN:
            return getattr(self._host, name)
        if name in WRAPPED:
            return wrapped(getattr(self._host, name), [self])
        raise AttributeError(f"'StrictArray' object has no attribute {name!r}")

    @property
    def flags(self):
        return Flags(self._host.flags)

    @property
    def data(self):
        return types.SimpleNamespace(ptr=self._host.ctypes.data)

    T = property(lambda self: to_strict(self._host.T, [self]))
    real = property(lambda self: to_strict(self._host.real, [self]))
    imag = property(lambda self: to_strict(self._host.imag, [self]))

    def get(self):
        return self._host.copy()

    def item(self):
        return self._host.item()

    def tolist(self):
        return self._host.tolist()

    def __bool__(self):
        return bool(self._host)

    def __int__(self):
        return int(self._host)

    def __float__(self):
        return float(self._host)

    def __index__(self):
        return operator.index(self._host)

    def __len__(self):
        return len(self._host)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index):
        found = self._host[to_host(index)]
        if isinstance(found, numpy.generic):  # a view, unlike NumPy's scalar
            index = index if isinstance(index, tuple) else (index,)
            found = self._host[(*to_host(index), ...)]
        return to_strict(found, [self])

    def __setitem__(self, index, value):
        self._host[to_host(index)] = to_host(value)

    def __repr__(self):
        return f"strict({self._host!r})"


def reflected(function):
    compute = wrapped(function)
    return lambda self, other: compute(other, self)


def assigned(function):
    def method(self, other):
        self._host = function(self._host, to_host(other))
        return self

    return method


def to_host(value):
    """The NumPy array inside; an array of NumPy's own is refused."""
    if isinstance(value, StrictArray):
        return value._host
    if isinstance(value, numpy.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, (list, tuple)):
        return type(value)(to_host(part) for part in value)
    if isinstance(value, slice):
        return slice(to_host(value.start), to_host(value.stop), to_host(value.step))
    return value


def to_strict(value, sources):
    """The array, as a view of one of `sources` if it shares its memory."""
    if isinstance(value, numpy.generic):
        return StrictArray(numpy.asarray(value))
    if isinstance(value, (list, tuple)):
        return tuple(to_strict(part, sources) for part in value)
    if not isinstance(value, numpy.ndarray):
        return value
    for source in sources:
        if not isinstance(source, StrictArray):
            continue
        if source._host is value:
            return source
        if value.base is not None and numpy.may_share_memory(value, source._host):
            return StrictArray(value, source if source.base is None else source.base)
    return StrictArray(value)


def arrays_in(values):
    for value in values:
        if isinstance(value, StrictArray):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from arrays_in(value)


VIEWS = {"broadcast_to", "diagonal"}
"""Read-only views in NumPy, plain ones in CuPy."""


def wrapped(function, sources=()):
    """A function of NumPy's that takes and gives strict arrays."""

    def strict(*args, **kwargs):
        host_kwargs = {key: to_host(value) for key, value in kwargs.items()}
        with numpy.errstate(all="ignore"):  # a device has no warnings
            result = function(*to_host(args), **host_kwargs)
        if getattr(function, "__name__", "") in VIEWS:
            result.flags.writeable = True
        return to_strict(result, [*sources, *arrays_in(args), *arrays_in(kwargs.values())])

    if isinstance(function, numpy.ufunc):  # CuPy's have these two
        strict.reduce, strict.at = wrapped(function.reduce), wrapped(function.at)
    return strict


for name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split():
    function = getattr(operator, f"__{name}__")
    setattr(StrictArray, f"__{name}__", wrapped(function))
    setattr(StrictArray, f"__r{name}__", reflected(function))
    setattr(StrictArray, f"__i{name}__", assigned(getattr(operator, f"__i{name}__")))
for name in "eq ne lt le gt ge neg pos abs invert".split():
    setattr(StrictArray, f"__{name}__", wrapped(getattr(operator, f"__{name}__")))


class StrictModule:
    """NumPy as a module for strict arrays."""

    def __init__(self, module):
        self._module = module

    def __getattr__(self, name):
        found = getattr(self._module, name)
        if name in HOST_ONLY:
            raise AttributeError(f"the strict module has no {name!r}")
        if isinstance(found, types.ModuleType):
            found = StrictModule(found)
        elif name == "ogrid":
            found = _Grid()
        elif name == "sliding_window_view":
            found = wrapped(functools.partial(found, writeable=True))
        elif callable(found) and not isinstance(found, type):
            found = wrapped(found)
        setattr(self, name, found)
        return found


class _Grid:
    def __getitem__(self, index):
        return to_strict(numpy.ogrid[index], [])


class StrictBackend(ArrayBackend):
    """Primitives over `StrictArray`."""

    device_type = "strict"
    buffer_type = StrictArray

    def __init__(self):
        super().__init__(StrictModule(numpy))

    def device_index(self, x):
        return 0

    def to_numpy(self, x):
        return x.get()

    def from_numpy(self, x, index=None):
        return StrictArray(numpy.array(x, copy=True))

    def lgamma(self, x):
        return self.from_numpy(registry.cpu.lgamma(x.get()))

    def _running(self, name, x, dim):
        return self.from_numpy(getattr(numpy, name).accumulate(x.get(), dim))


registry.register("strict", StrictBackend)
