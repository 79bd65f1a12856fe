"""How kernels are written down, compiled once, and launched.

A `Formula` is computed for each element of arrays that CuPy broadcasts; `T` and `U` stand for
dtypes, which it finds in the arrays. A `Program` is a whole kernel in CUDA C++, for which `T` is
the dtype it was asked for; its blocks have `THREADS` threads.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from minitorch_ff.firefly.backend.cupy.composed import Composed

THREADS = 256

C_TYPES = {"float32": "float", "float64": "double", "int64": "long long", "int32": "int"}
"""What CUDA calls the dtypes that a program may be for."""

PREAMBLE = f"""
#define THREADS {THREADS}
extern "C" __device__ void __assertfail(const char*, const char*, unsigned, const char*, size_t);
__device__ inline void refuse(const char* why) {{
  __assertfail(why, "minitorch_ff", 0, "kernel", 1);
}}
"""
"""What stands before each. An error on the device stops it, as PyTorch's does: whatever waits
for it next gets `cudaErrorAssert`."""


class Formula(NamedTuple):
    """An elementwise kernel."""

    name: str
    inputs: str
    outputs: str
    operation: str


class Program(NamedTuple):
    """A kernel for blocks of threads; `source` may use `T`."""

    name: str
    source: str


class Launches(Composed):
    """What all mixins of kernels stand on."""

    has_kernels = True
    """Whether kernels of our own are compiled; else everything is composed."""

    _kernels: dict[Any, Any]

    def _formula(self, formula: Formula) -> Any:
        """The kernel of a formula, to be called with its arrays and numbers."""
        kernel = self._kernels.get(formula)
        if kernel is None:
            _, ins, outs, text = formula
            kernel = self.module.ElementwiseKernel(
                ins, outs, text, f"ff_{formula.name}", preamble=PREAMBLE
            )
            self._kernels[formula] = kernel
        return kernel

    def _launch(self, program: Program, dtype: Any, blocks: int, *args: Any) -> None:
        """Run a program on so many blocks; ints are `long long` there, floats `double`."""
        if not blocks:
            return
        kernel = self._kernels.get((program, dtype.char))
        if kernel is None:
            source = f"typedef {C_TYPES[dtype.name]} T;\n{PREAMBLE}{program.source}"
            kernel = self.module.RawKernel(source, f"ff_{program.name}")
            self._kernels[program, dtype.char] = kernel
        kernel((blocks,), (THREADS,), args)

    def _fast(self, *arrays: Any) -> bool:
        """Whether kernels take these arrays: all of one of the dtypes that matter, not empty."""
        dtype = arrays[0].dtype
        if not self.has_kernels or dtype.char not in "fd" or not arrays[0].size:
            return False
        return all([a is None or a.dtype == dtype for a in arrays])

    def _rows_of(self, x: Any, dims: tuple[int, ...]) -> int | None:
        """How many rows the last dimensions `dims` make; None if they are not the last."""
        first = x.ndim - len(dims)
        return math.prod(x.shape[:first]) if tuple(dims) == tuple(range(first, x.ndim)) else None


def blocks_for(count: int) -> int:
    """How many blocks have a thread for each of `count` elements."""
    return -(-count // THREADS)
