"""A stand-in for CuPy on any machine: device type "strict".

Its arrays compute with NumPy, but behave as CuPy's. The back end over them is the real one for
CUDA (`CupyBackend`), without its kernels; in `with kernels():` it has those as well, compiled
for the CPU by `cuda_on_cpu.py`, where there is a C++ compiler. What runs here uses the back end
for everything, and only what CuPy has. `docs/contributing/cupy.md` lists how CuPy differs from
NumPy; each line of it is refused, or imitated, here:

- NumPy cannot read an array; arrays of both do not meet, as operands, values or indices.
- Names, parameters and the dtypes of loops are those in `cupy_surface.json`.
- `ufunc.reduce` and `accumulate` exist for sums and products, `at` for few dtypes, `where=`
  not at all; a ufunc's result is in row-major order.
- Sorting is stable, by no other name; `lexsort` takes a matrix; 0-d arrays have no `nonzero`.
- Positions out of range wrap around; of several values for one place the first one stays.
- Matrices that cannot be inverted give not-a-number, unless errors were asked for.
- Reading a value, a boolean index and the like wait for the device: `reads` notes them.
- There are two GPUs. Work is done on the current one, where new arrays are; an array of the other
  is refused. Looking at it (a basic index, a method that gives a view) and reading it are not.
"""

import contextlib
import functools
import inspect
import operator
import threading
import types

import numpy
import pytest

from compat_tests import cupy_surface, launches
from compat_tests.cuda_on_cpu import ElementwiseKernel, RawKernel, has_compiler
from compat_tests.launches import launched
from minitorch_ff.firefly.backend import registry
from minitorch_ff.firefly.backend.cupy.backend import CupyBackend

SURFACE = cupy_surface.written()
IMPLICIT = (
    "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct "
    "a NumPy array explicitly."
)
WAITING = {"argwhere", "bincount", "compress", "extract", "flatnonzero", "nonzero", "unique"}
"""Functions whose result has a size that the host must know."""

VIEWS = {"broadcast_to", "diagonal"}
"""Read-only views in NumPy, plain ones in CuPy."""

LOOKS = {"diagonal", "ravel", "reshape", "squeeze", "swapaxes", "transpose", "view"}
"""Methods whose results are views, if they can be."""

FLOATING = {"all", "any", "argmax", "argmin", "max", "mean", "min", "prod", "std", "sum", "var"}

TAKE_HOST_ARRAYS = {"array", "asarray", "ascontiguousarray"}

NATIVE = "int32 int64 uint32 uint64 "
AT_DTYPES = {
    "add": (NATIVE + "float16 float32 float64").split(),
    "sub": ["int32", "uint32"],
    "max": (NATIVE + "float32 float64").split(),
    "min": (NATIVE + "float32 float64").split(),
    **dict.fromkeys(("and", "or", "xor"), NATIVE.split()),
}

reads: list[str] = []
"""What made the host wait for the device, since `waits` was entered."""


@contextlib.contextmanager
def waits():
    """Note from here on what waits for the device; gives the list."""
    reads.clear()
    yield reads


def note(what):
    reads.append(what)
    launches.check_wait(what)


class Chosen(threading.local):
    """The number of the current GPU, for each thread."""

    gpu = 0


chosen = Chosen()


class Device:
    """`cupy.cuda.Device`."""

    def __init__(self, id=None):
        self.id = chosen.gpu if id is None else id
        self.before = []

    def use(self):
        chosen.gpu = self.id

    def __enter__(self):
        self.before.append(chosen.gpu)
        self.use()

    def __exit__(self, *error):
        chosen.gpu = self.before.pop()


GPUS = 2
CUDA = types.SimpleNamespace(
    Device=Device,
    runtime=types.SimpleNamespace(
        getDevice=lambda: chosen.gpu, getDeviceCount=lambda: GPUS
    ),
)  # fmt: skip


class Flags:
    """CuPy knows these three; there is no `writeable`."""

    def __init__(self, flags):
        self.c_contiguous = flags.c_contiguous
        self.f_contiguous = flags.f_contiguous
        self.owndata = flags.owndata


class StrictArray:
    """An array that NumPy cannot read."""

    __slots__ = ("__weakref__", "_host", "base", "device")
    __array_ufunc__ = None  # NumPy's functions refuse it, its operators leave it to us
    __hash__ = None

    def __init__(self, host, base=None):
        self._host = host
        self.base = base
        self.device = Device() if base is None else base.device

    def here(self):
        """The NumPy array inside, for work on the current GPU."""
        if self.device.id != chosen.gpu:
            raise ValueError(
                "Array device must be same as the current device: array device = "
                f"{self.device.id} while current = {chosen.gpu}"
            )
        return self._host

    def __array__(self, *_, **__):
        raise TypeError(IMPLICIT)

    def __getattr__(self, name):
        if name in SURFACE["methods"]:
            return method(self, name)
        if name in SURFACE["attributes"]:
            return getattr(self._host, name)
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
        note("get")
        return self._host.copy()

    def item(self):
        note("item")
        return self._host.item()

    def tolist(self):
        note("tolist")
        return self._host.tolist()

    def __bool__(self):
        note("bool")
        return bool(self._host)

    def __int__(self):
        note("int")
        return int(self._host)

    def __float__(self):
        note("float")
        return float(self._host)

    def __index__(self):
        note("index")
        return operator.index(self._host)

    def __len__(self):
        return len(self._host)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    @launched
    def __getitem__(self, index):
        index = host_index(index, self._host.shape)
        if any(isinstance(part, numpy.ndarray) for part in index):
            return to_strict(self.here()[index], [self])
        found = self._host[index]
        if isinstance(found, numpy.generic):  # a view, unlike NumPy's scalar
            found = self._host[(*index, ...)]
        return StrictArray(found, self if self.base is None else self.base)

    @launched
    def __setitem__(self, index, value):
        if isinstance(value, list):
            raise TypeError(f"Unsupported type {type(value)}")
        index, value = host_index(index, self.here().shape), to_host(value)
        if index and all(isinstance(i, numpy.ndarray) and i.dtype.kind != "b" for i in index):
            # In no order: so that nobody relies on NumPy's, the other way round.
            *index, at = numpy.broadcast_arrays(*index, 0)
            rest = self._host.shape[len(index) :]
            value = numpy.broadcast_to(value, at.shape + rest).reshape(at.size, *rest)[::-1]
            index = tuple(i.reshape(-1)[::-1] for i in index)
        self._host[index] = value

    def __repr__(self):
        return f"strict({self._host!r})"


def to_host(value):
    """The NumPy array inside; an array of NumPy's own is refused."""
    if isinstance(value, StrictArray):
        return value.here()
    if isinstance(value, numpy.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, (list, tuple)):
        return type(value)(to_host(part) for part in value)
    return value


def host_index(index, shape):
    """An index as a tuple for NumPy, with positions wrapped around the end."""
    parts = list(index) if isinstance(index, tuple) else [index]
    taken = 0
    for i, part in enumerate(parts):
        part = to_host(part)
        if isinstance(part, list):
            part = numpy.asarray(part)
        if isinstance(part, slice):
            part = slice(*[n if n is None else operator.index(n) for n in (
                part.start, part.stop, part.step)])  # fmt: skip
        parts[i] = part
        is_mask = isinstance(part, numpy.ndarray) and part.dtype.kind == "b"
        if is_mask and part.ndim:
            note("a boolean index")
        taken += part.ndim if is_mask else part is not None and part is not ...
    dim = 0
    for i, part in enumerate(parts):
        if part is ...:
            dim += len(shape) - taken
        elif isinstance(part, numpy.ndarray) and part.dtype.kind == "b":
            dim += part.ndim
        elif part is not None:
            if isinstance(part, numpy.ndarray) and shape[dim]:
                parts[i] = part.astype("int64") % shape[dim]
            dim += 1
    return tuple(parts)


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
    for source in arrays_in(sources):
        source.here()
    return StrictArray(value)


def arrays_in(values):
    for value in values:
        if isinstance(value, StrictArray):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from arrays_in(value)


# ---------------------------------------------------------------------------- functions


@functools.cache
def signature_of(parameters):
    """A signature to bind arguments to."""
    return inspect.signature(eval(f"lambda {parameters}: None"))


def method(self, name):
    parameters = SURFACE["methods"][name]

    @launched
    def strict(*args, **kwargs):
        signature_of(parameters).bind(*args, **kwargs)
        if name in WAITING:
            note(name)
        launches.check(name, [self])
        if name == "copy" and self.device.id != chosen.gpu:
            return StrictArray(self._host.copy())
        check_special(name, self, *args, **kwargs)
        own = self._host if name in LOOKS else self.here()
        if own.dtype.kind == "V" and name in FLOATING:  # CuPy has no loop for bfloat16 there
            own = own.astype("float32")
        elif own.dtype.kind == "V" and ("sort" in name or "partition" in name):
            raise TypeError(f"Sorting arrays with dtype '{own.dtype}' is not supported")
        if name in ("argmax", "argmin", "any", "all", "max", "min") and len(args) > 1:
            names = ("axis", "out", "keepdims") if len(args) == 3 else ("axis", "out")
            kwargs.update(zip(names, args, strict=True))
            args = ()
        host = {key: to_host(value) for key, value in kwargs.items()}
        with numpy.errstate(all="ignore"):
            result = getattr(own, name)(*to_host(args), **host)
        if name in ("argmax", "argmin"):  # equal to int64, and another object
            result = numpy.asarray(result).astype("q")
        return to_strict(result, [self, *arrays_in(args), *arrays_in(kwargs.values())])

    return strict


def check_special(name, *args, kind=None, **_):
    """Limits that signatures do not show."""
    name = name.rpartition(".")[2]
    if kind not in (None, "stable"):
        raise ValueError("kind can only be None or 'stable'")
    if name == "lexsort" and args[0].ndim > 2:
        raise NotImplementedError("Keys with the rank of three or more is not supported in lexsort")
    if name == "nonzero" and not args[0].ndim:
        raise ValueError("Calling nonzero on 0d arrays is not allowed.")


def function(module, name, found):
    """A function of NumPy's that takes and gives strict arrays, and CuPy's arguments only."""
    parameters = SURFACE["functions"][name]

    def strict(*args, **kwargs):
        if parameters is not None:
            signature_of(parameters).bind(*args, **kwargs)
        if name in WAITING:
            note(name)
        launches.check(name, arrays_in(args))
        check_special(name, *args, **kwargs)
        if "sort" in name and args[0].dtype.kind == "V":
            raise TypeError(f"Sorting arrays with dtype '{args[0].dtype}' is not supported")
        if name == "where" and len(args) == 3:
            return ufunc("where")(args[0].astype("?"), *args[1:])
        from_host = name in TAKE_HOST_ARRAYS and isinstance(args[0], numpy.ndarray)
        host = [args[0].copy(), *args[1:]] if from_host else [to_host(a) for a in args]
        host_kwargs = {key: to_host(value) for key, value in kwargs.items()}
        with numpy.errstate(all="ignore"):  # a device has no warnings
            result = module.guarded(name, found, host, host_kwargs)
        if name in VIEWS:
            result.flags.writeable = True
        return to_strict(result, [*arrays_in(args), *arrays_in(kwargs.values())])

    return strict if name.startswith("empty") else launched(strict)


class StrictUfunc:
    """A ufunc of CuPy's: its loops, its few ways to reduce."""

    def __init__(self, name, found):
        self.name, self.found = name, found
        entry = SURFACE["ufuncs"][name]
        self.loops = [self._dtypes(loop) for loop in entry["types"]]
        self.scatters = entry["at"]

    def _dtypes(self, loop):
        ins, outs = loop.split("->")
        return [dtype_of(c) for c in ins], [dtype_of(c) for c in outs]

    @launched
    def __call__(self, *args, out=None, dtype=None, casting="same_kind"):
        count = len(self.loops[0][0])
        outs = [*args[count:]] if out is None else list(out) if isinstance(out, tuple) else [out]
        inputs = args[:count]
        for part in (*inputs, *[out for out in outs if out is not None]):
            if not isinstance(part, (StrictArray, bool, int, float, complex, numpy.generic)):
                raise TypeError(f"Unsupported type {type(part)}")
        hosts = [to_host(part) for part in inputs]
        ins, gives = self._loop(hosts, dtype)
        with numpy.errstate(all="ignore"):
            hosts = [h.astype(t, copy=False) if isinstance(h, numpy.ndarray) else t.type(h)
                     for h, t in zip(hosts, ins, strict=True)]  # fmt: skip
            results = self.found(*hosts)
        results = results if isinstance(results, tuple) else (results,)
        given = []
        for i, (result, dtype) in enumerate(zip(results, gives, strict=True)):
            target = outs[i] if i < len(outs) else None
            result = numpy.asarray(result)
            if target is None:
                given.append(StrictArray(numpy.array(result, dtype, order="C")))
                continue
            if not numpy.can_cast(dtype, target.dtype, casting):
                raise TypeError(f"output (typecode {dtype}) could not be coerced to {target.dtype}")
            if target._host.shape != numpy.broadcast_shapes(result.shape, target._host.shape):
                raise ValueError("non-broadcastable output operand")
            target.here()[...] = result
            given.append(target)
        return given[0] if len(given) == 1 else tuple(given)

    def _loop(self, hosts, dtype):
        if dtype is not None:
            dtype = numpy.dtype(dtype)
            for ins, outs in self.loops:
                if outs[0] == dtype and all(map(numpy.can_cast, map(dtype_in, hosts), ins,
                                                ["same_kind"] * len(ins))):  # fmt: skip
                    return ins, outs
            raise TypeError(f"No matching signature found: {self.name} {dtype}")
        for ins, outs in self.loops:
            if all(fits(h, t) for h, t in zip(hosts, ins, strict=True)):
                return ins, outs
        raise TypeError(
            f"Wrong type {[getattr(h, 'dtype', type(h)) for h in hosts]} for {self.name}"
        )

    @launched
    def reduce(self, array, axis=0, dtype=None, out=None, keepdims=False):
        if self.name not in ("add", "multiply"):
            raise NotImplementedError(f"`cupy_{self.name}.reduce` is not supported yet")
        array = to_host(array)
        if array.dtype.kind == "V":
            if dtype is not None and numpy.dtype(dtype).kind == "V":
                raise TypeError(f"No matching signature found: {self.name} {dtype}")
            array = array.astype("float32")
        with numpy.errstate(all="ignore"):
            result = self.found.reduce(array, axis, dtype, None, bool(keepdims))
        return StrictArray(numpy.asarray(result))

    @launched
    def accumulate(self, array, axis=0, dtype=None, out=None):
        if self.name not in ("add", "multiply"):
            raise NotImplementedError(f"`cupy_{self.name}.accumulate` is not supported yet")
        return StrictArray(self.found.accumulate(to_host(array), axis, dtype))

    @launched
    def at(self, a, indices, b=None):
        if self.scatters is None:
            raise NotImplementedError(f"`cupy_{self.name}.at` is not supported yet")
        if a.dtype.name not in AT_DTYPES[self.scatters]:
            raise TypeError(f"cupy.{self.name}.at only supports {AT_DTYPES[self.scatters]}")
        b = to_host(b)
        b = b.astype(a.dtype) if isinstance(b, numpy.ndarray) else b
        self.found.at(a.here(), host_index(indices, a._host.shape), b)


def dtype_of(char):
    if char == "E":
        import ml_dtypes

        return numpy.dtype(ml_dtypes.bfloat16)
    return numpy.dtype(char)


def dtype_in(host):
    """An operand's dtype; of a Python number the smallest of its kind, for it gives way."""
    if isinstance(host, (numpy.ndarray, numpy.generic)):
        return host.dtype
    return numpy.dtype({bool: "?", int: "b", float: "e", complex: "F"}[type(host)])


def fits(host, dtype):
    """Whether an operand meets a loop; a Python number needs one of its kind, or a higher one."""
    if isinstance(host, (numpy.ndarray, numpy.generic)):
        return numpy.can_cast(host.dtype, dtype, "safe")
    kinds = {bool: "?biufcV", int: "iufcV", float: "fcV", complex: "c"}[type(host)]
    return dtype.kind in kinds


# ------------------------------------------------------------------------------ operators

OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide",
    "floordiv": "floor_divide", "mod": "remainder", "pow": "power", "and": "bitwise_and",
    "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift",
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater",
    "ge": "greater_equal",
}  # fmt: skip


def _operator(name):
    return lambda self, other: ufunc(name)(self, other)


def _reflected(name):
    return lambda self, other: ufunc(name)(other, self)


def _assigned(name):
    return lambda self, other: ufunc(name)(self, other, self)


@functools.cache
def ufunc(name):
    return StrictUfunc(name, getattr(numpy, name))


for name, called in OPERATORS.items():
    setattr(StrictArray, f"__{name}__", _operator(called))
    if name not in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(StrictArray, f"__r{name}__", _reflected(called))
        setattr(StrictArray, f"__i{name}__", _assigned(called))
StrictArray.__neg__ = lambda self: ufunc("negative")(self)
StrictArray.__pos__ = lambda self: ufunc("positive")(self)
StrictArray.__abs__ = lambda self: ufunc("absolute")(self)
StrictArray.__invert__ = lambda self: ufunc("invert")(self)
StrictArray.__matmul__ = lambda self, other: strict_numpy.matmul(self, other)
StrictArray.__rmatmul__ = lambda self, other: strict_numpy.matmul(other, self)


# -------------------------------------------------------------------------------- modules


class StrictModule:
    """NumPy as a module for strict arrays, with what CuPy has of it."""

    def __init__(self, module=numpy, prefix=""):
        self._module, self._prefix = module, prefix
        self.raises = False

    def __getattr__(self, name):
        full = f"{self._prefix}{name}"
        if full in SURFACE["ufuncs"] and full != "where":
            found = ufunc(name)
        elif full in SURFACE["functions"]:
            found = getattr(self._module, name)
            if name == "sliding_window_view":  # as above, but has to be asked beforehand
                found = functools.partial(found, writeable=True)
            found = function(self, full, found)
        elif full in SURFACE["others"]:
            found = getattr(self._module, name)
        elif any(module.startswith(full) for module in cupy_surface.SUBMODULES):
            found = StrictModule(getattr(self._module, name), f"{full}.")
        else:
            raise AttributeError(f"module 'cupy' has no attribute {full!r}")
        setattr(self, name, found)
        return found

    def guarded(self, name, found, args, kwargs):
        """A call; matrices that cannot be inverted give not-a-number unless errors are on."""
        if not name.startswith("linalg."):
            return found(*args, **kwargs)
        if any(getattr(a, "dtype", None) == "float16" for a in args):
            raise TypeError(f"Unsupported dtype float16 in {name}")
        if errors["linalg"]:
            note(name)
        try:
            return found(*args, **kwargs)
        except numpy.linalg.LinAlgError:
            if errors["linalg"]:
                raise
            return numpy.full_like(args[-1], numpy.nan)


errors = {"linalg": False}


@contextlib.contextmanager
def errstate(*, linalg):
    before, errors["linalg"] = errors["linalg"], linalg == "raise"
    try:
        yield
    finally:
        errors["linalg"] = before


class StrictSpecial:
    """`cupyx.scipy.special`, by SciPy's functions of the same names."""

    def __getattr__(self, name):
        import scipy.special

        return StrictUfunc(f"special.{name}", getattr(scipy.special, name))


strict_numpy = StrictModule()
strict_numpy.ElementwiseKernel, strict_numpy.RawKernel = ElementwiseKernel, RawKernel
strict_numpy.cuda = CUDA
strict_cupyx = types.SimpleNamespace(
    errstate=errstate, scipy=types.SimpleNamespace(special=StrictSpecial())
)


class StrictBackend(CupyBackend):
    """The back end for CUDA over `StrictArray`."""

    device_type = "strict"
    buffer_type = StrictArray
    has_kernels = False

    def __init__(self):
        super().__init__(strict_numpy, strict_cupyx)


registry.register("strict", StrictBackend)


@contextlib.contextmanager
def kernels(wanted=True):
    """Whether the back end uses its kernels; without a compiler the test is skipped."""
    if wanted and not has_compiler():
        pytest.skip("needs a C++ compiler")
    backend = registry.backend_for("strict")
    backend.has_kernels = wanted
    try:
        yield backend
    finally:
        backend.has_kernels = False
