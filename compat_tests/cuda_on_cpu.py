"""CuPy's kernels on the CPU: the same sources, compiled by the C++ compiler that is there.

`ElementwiseKernel` becomes a loop. `RawKernel` runs block after block; the threads of a block
that meets at `__syncthreads()` are fibers on one processor, which change places there. So a
kernel's text, its launch and its arithmetic are tested without a GPU; its speed is not, nor is
what two threads do to one place without an agreement.
"""

import ctypes
import functools
import hashlib
import pathlib
import re
import shutil
import subprocess
import tempfile

import numpy

from compat_tests.launches import launched

TYPES = {
    "bool": "bool", "int8": "signed char", "int16": "short", "int32": "int",
    "int64": "long long", "uint8": "unsigned char", "uint16": "unsigned short",
    "uint32": "unsigned int", "uint64": "unsigned long long", "float16": "_Float16",
    "float32": "float", "float64": "double",
}  # fmt: skip

COMMON = r"""
#include <cmath>
using namespace std;
typedef signed char int8; typedef unsigned char uint8; typedef long long int64;
typedef unsigned long long uint64; typedef int int32; typedef unsigned int uint32;
typedef _Float16 float16; typedef float float32; typedef double float64;
#define __device__
#define __forceinline__ inline
#define __restrict__
template <class T> T max(T a, T b) { return a < b ? b : a; }
template <class T> T min(T a, T b) { return b < a ? b : a; }
inline float rsqrt(float x) { return 1 / sqrt(x); }
inline double rsqrt(double x) { return 1 / sqrt(x); }
extern "C" void __assertfail(const char*, const char*, unsigned, const char*, size_t) { throw 1; }
"""

FIBERS = r"""
#include <ucontext.h>
struct uint3 { unsigned x, y, z; };
static uint3 threadIdx, blockIdx, blockDim, gridDim;
#define __global__ static
#define __shared__ static
static ucontext_t back;
static ucontext_t fibers[1024];
static char stacks[1024][32 << 10];
static bool done[1024];
static int running;
static void** arguments;
static void kernel_once();
static void __syncthreads() { swapcontext(&fibers[running], &back); }
static void enter() { kernel_once(); done[running] = true; }
extern "C" int launch(const unsigned* grid, const unsigned* block, void** given) {
  arguments = given;
  gridDim = {grid[0], grid[1], grid[2]}; blockDim = {block[0], block[1], block[2]};
  unsigned n = block[0];
  try {
  for (unsigned z = 0; z < grid[2]; ++z) for (unsigned y = 0; y < grid[1]; ++y)
  for (unsigned x = 0; x < grid[0]; ++x) {
    blockIdx = {x, y, z};
#ifdef MEETS
    for (unsigned i = 0; i < n; ++i) {
      getcontext(&fibers[i]);
      fibers[i].uc_stack.ss_sp = stacks[i];
      fibers[i].uc_stack.ss_size = sizeof stacks[i];
      fibers[i].uc_link = &back;
      done[i] = false;
      makecontext(&fibers[i], enter, 0);
    }
    for (bool left = true; left;) {
      left = false;
      for (unsigned i = 0; i < n; ++i) if (!done[i]) {
        running = i; threadIdx = {i, 0, 0};
        swapcontext(&back, &fibers[i]);
        left |= !done[i];
      }
    }
#else
    for (unsigned i = 0; i < n; ++i) { threadIdx = {i, 0, 0}; kernel_once(); }
#endif
  }
  } catch (int) { return 1; }
  return 0;
}
"""


def has_compiler() -> bool:
    return shutil.which("g++") is not None


@functools.cache
def folder() -> pathlib.Path:
    """Where libraries are kept: from one run of the tests to the next."""
    path = pathlib.Path(tempfile.gettempdir(), "minitorch_ff_kernels")
    path.mkdir(exist_ok=True)
    return path


@functools.cache
def library(source: str) -> ctypes.CDLL:
    path = folder() / f"{hashlib.sha256(source.encode()).hexdigest()[:24]}.so"
    if not path.exists():
        scratch = pathlib.Path(tempfile.mkdtemp(dir=folder()))
        (scratch / "kernel.cpp").write_text(source, encoding="utf-8")
        command = ["g++", "-O0", "-shared", "-fPIC", "-std=c++17", "-w", "-ffp-contract=off"]
        command += ["-o", str(scratch / "kernel.so"), str(scratch / "kernel.cpp")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert not done.returncode, f"{source}\n{done.stderr}"
        (scratch / "kernel.so").rename(path)
        shutil.rmtree(scratch)
    return ctypes.CDLL(str(path))


def host(value):
    return value.here() if hasattr(value, "here") else value


class DeviceAssertion(RuntimeError):
    """What a real device reports at the next call that waits for it."""


class ElementwiseKernel:
    """`cupy.ElementwiseKernel`: a formula for each element of arrays that are broadcast."""

    def __init__(self, in_params, out_params, operation, name="kernel", preamble="", **settings):
        self.ins = [parameter(text) for text in in_params.split(",") if text.strip()]
        self.outs = [parameter(text) for text in out_params.split(",") if text.strip()]
        self.operation, self.name, self.preamble = operation, name, preamble
        assert set(settings) <= {"no_return", "reduce_dims", "options"}
        self.no_return = settings.get("no_return", False)
        assert re.fullmatch(r"[A-Za-z_]\w*", name)

    @launched
    def __call__(self, *args, size=None):
        from compat_tests.strict_backend import StrictArray

        given = dict(zip([p[2] for p in (*self.ins, *self.outs)], args, strict=False))
        assert len(args) in (len(self.ins), len(self.ins) + len(self.outs)), self.name
        types = {}
        for _, kind, name in (*self.ins, *self.outs):
            if name in given and isinstance(given[name], StrictArray):
                dtype = given[name].dtype.name
                assert types.setdefault(kind, dtype) == dtype or kind in TYPES, (self.name, kind)
                assert kind not in TYPES or kind == dtype, f"{self.name}: {name} is {dtype}"
        every = [host(given[n]) for raw, _, n in (*self.ins, *self.outs) if not raw and n in given]
        arrays = [a for a in every if isinstance(a, numpy.ndarray)]
        assert (size is None) == bool(arrays), f"{self.name}: CuPy wants a size, or no raw array"
        shape = numpy.broadcast_shapes(*[a.shape for a in arrays]) if arrays else (size,)
        pointers, values, results, writes = [], [], [], []
        for raw, kind, name in self.ins:
            value = host(given[name])
            dtype = numpy.dtype(types.get(kind, kind))
            if not isinstance(value, numpy.ndarray):
                value = numpy.full(shape, value, dtype)
            elif not raw:
                value = numpy.ascontiguousarray(numpy.broadcast_to(value, shape))
            elif not value.flags.c_contiguous:
                value = numpy.ascontiguousarray(value)
            values.append(value)
        for raw, kind, name in self.outs:
            if name in given:
                target = host(given[name])
                assert raw or target.shape == shape, f"{self.name}: {target.shape} for {shape}"
                value = numpy.ascontiguousarray(target)
                writes.append((target, value))
                results.append(given[name])
            else:
                value = numpy.empty(shape, types.get(kind, kind))
                results.append(StrictArray(value))
            values.append(value)
        text = self._source(types)
        pointers = (ctypes.c_void_p * len(values))(*[v.ctypes.data for v in values])
        if library(text).loop(ctypes.c_longlong(int(numpy.prod(shape))), pointers):
            raise DeviceAssertion(self.name)
        for target, value in writes:
            if target is not value:
                target[...] = value
        return results[0] if len(results) == 1 else tuple(results)

    def _source(self, types):
        lines = [COMMON]
        lines += [f"typedef {TYPES[t]} {kind};" for kind, t in types.items() if kind not in TYPES]
        lines += [self.preamble, 'extern "C" int loop(long long size, void** given) {']
        names = [*self.ins, *self.outs]
        for i, (_, kind, name) in enumerate(names):
            lines.append(
                f"{TYPES.get(kind, kind)}* {name}_all = ({TYPES.get(kind, kind)}*)given[{i}];"
            )
        lines += ["try { for (long long i = 0; i < size; ++i) {"]
        for i, (raw, kind, name) in enumerate(names):
            kind = TYPES.get(kind, kind)
            constant = "const " if i < len(self.ins) else ""
            if raw:
                lines.append(f"{constant}{kind}* {name} = {name}_all;")
            else:
                lines.append(f"{constant}{kind}& {name} = {name}_all[i];")
        lines += ["{", self.operation, ";}", "} } catch (int) { return 1; } return 0; }"]
        return "\n".join(lines)


def parameter(text):
    """(whether it is raw, type, name)."""
    *raw, kind, name = text.split()
    assert raw in ([], ["raw"])
    return bool(raw), kind, name


class RawKernel:
    """`cupy.RawKernel`: a kernel in CUDA C++, launched on blocks of threads."""

    def __init__(self, code, name, options=(), **settings):
        assert not settings
        self.name, self.code = name, code
        signature = re.search(rf"void\s+{name}\s*\((.*?)\)\s*{{", self.code, re.S)[1]
        self.kinds = [re.sub(r"\s+\w+$", "", p.strip()) for p in signature.split(",")]

    @launched
    def __call__(self, grid, block, args, *, shared_mem=0):
        assert not shared_mem
        assert len(args) == len(self.kinds), self.name
        assert len(block) == 1 or set(block[1:]) == {1}
        assert 0 < block[0] <= 1024
        assert all(0 < n < 2**31 for n in grid), "CUDA refuses an empty grid"
        kept = [self._value(arg, kind) for arg, kind in zip(args, self.kinds, strict=True)]
        given = (ctypes.c_void_p * len(kept))(*[value.ctypes.data for value in kept])
        sizes = [(ctypes.c_uint * 3)(*n, *(1,) * (3 - len(n))) for n in (grid, block)]
        if library(self._source()).launch(*sizes, given):
            raise DeviceAssertion(self.name)

    def _value(self, arg, kind):
        value = host(arg)
        if kind.endswith("*"):
            assert isinstance(value, numpy.ndarray), f"{self.name}: {kind}"
            return numpy.array(value.ctypes.data, "uint64")
        if isinstance(value, (int, numpy.generic)) and not isinstance(value, (bool, numpy.bool)):
            assert not isinstance(value, int) or kind == "long long", f"{self.name}: {kind}"
            return numpy.asarray(value)
        if isinstance(value, float):
            assert kind == "double", f"{self.name}: {kind}"
            return numpy.asarray(value)
        assert isinstance(value, numpy.ndarray)  # a structure, by value
        assert value.size == 1
        assert value.nbytes < 4000
        return value

    def _source(self):
        call = ", ".join(f"*({kind}*)arguments[{i}]" for i, kind in enumerate(self.kinds))
        meets = "#define MEETS\n" if "__syncthreads" in self.code else ""
        code = self.code.replace('extern "C" __global__', "__global__")
        end = f"static void kernel_once() {{ {self.name}({call}); }}"
        return "\n".join((meets, COMMON, FIBERS, code, end))
