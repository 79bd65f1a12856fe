"""What work needs while a CUDA graph is captured: recorded, that is, and not done.

CuPy refuses matrix products then, though cuBLAS records them: they are asked of it directly.
What is done once and kept, such as constants, must not be recorded. And what is copied from the
host must still be there when the graph is launched.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator
from typing import Any

import numpy

from minitorch_ff.firefly.backend.cupy import cublas
from minitorch_ff.firefly.backend.cupy.launch import Launches
from minitorch_ff.firefly.backend.cupy_runtime import runtime


class Captures(Launches):
    """Primitives that a capture concerns."""

    def __init__(self, module: Any) -> None:
        self._capture = threading.local()
        super().__init__(module)

    load_cublas = staticmethod(cublas.load)

    @contextlib.contextmanager
    def capturing(self) -> Iterator[Any]:
        """Let this thread capture work; gives what must be kept as long as the graph.

        Raises:
            ImportError: cuBLAS is not found.
        """
        handle = self.module.cuda.device.get_cublas_handle()
        products = cublas.Cublas(
            self.load_cublas(), handle, lambda count: self.module.empty(count, "uint8")
        )
        self._capture.products = products
        try:
            yield products
        finally:
            self._capture.products = None
            products.leave()

    def _captured(self) -> Any:
        """What makes products, if the current stream is captured; else None."""
        products = getattr(self._capture, "products", None)
        if products is None or not self.module.cuda.get_current_stream().is_capturing():
            return None
        return products

    def _kept(self, maker):
        """What makes buffers, and keeps them: in a capture at once, in memory of everybody's."""

        def make(*args):
            if self._captured() is None:
                return maker(*args)
            cuda, pool = self.module.cuda, self.module.get_default_memory_pool()
            with cuda.Stream(non_blocking=True) as stream, cuda.using_allocator(pool.malloc):
                buffer = maker(*args)
                stream.synchronize()
            return buffer

        return super()._kept(make)

    def from_numpy(self, x: numpy.ndarray, index: int | None = None) -> Any:
        """A copy of the array on the current GPU.

        Raises:
            RuntimeError: A graph is captured, and the array may be gone when it is launched.
        """
        if x.size and self._captured() is not None and not runtime().is_pinned(x.ctypes.data):
            raise RuntimeError(
                "Cannot copy between CPU and CUDA tensors during CUDA graph capture unless the "
                "CPU tensor is pinned. Please use tensor.pin_memory() or allocate the tensor "
                "with pin_memory=True."
            )
        return self.module.asarray(x)

    # -------------------------------------------------------------------------- products

    def _dot(self, a, b):
        """`a @ b` for up to two dimensions each."""
        products = self._captured() if a.ndim and b.ndim else None
        if products is None or a.dtype.name not in cublas.KINDS:
            return super()._dot(a, b)
        left = a if a.ndim == 2 else a[None]
        right = b if b.ndim == 2 else b[:, None]
        return self._multiplied(products, left, right).reshape((*a.shape[:-1], *b.shape[1:]))

    def _matmul(self, a, b, out=None):
        """`a @ b` for stacks of matrices."""
        products = self._captured() if a.ndim > 1 < b.ndim else None
        if products is None or a.dtype.name not in cublas.KINDS:
            return super()._matmul(a, b, out)
        result = self._multiplied(products, a, b)
        if out is None:
            return result
        out[...] = result
        return out

    def _multiplied(self, products, a, b):
        """The products of stacks that are broadcast."""
        module = self.module
        stack = numpy.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        result = module.empty((*stack, a.shape[-2], b.shape[-1]), a.dtype)
        if not result.size or not a.shape[-1]:
            result.fill(0)
            return result
        count, operands = math.prod(stack), []
        for x in (a, b):
            x = module.broadcast_to(x, (*stack, *x.shape[-2:])).reshape(count, *x.shape[-2:])
            operands.append(x if cublas.layout(x) else module.ascontiguousarray(x))
        products.use(module.cuda.get_current_stream().ptr)
        products.multiply(*operands, result.reshape(count, *result.shape[-2:]))
        return result
