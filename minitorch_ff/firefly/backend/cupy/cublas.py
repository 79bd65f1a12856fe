"""The few functions of cuBLAS that a matrix product needs, by its C interface.

BLAS counts a matrix's elements column by column. A row-major matrix is its own transpose there,
so that `c = a b` is asked for as `cᵀ = bᵀ aᵀ`.
"""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

import numpy

WORKSPACE = 32 << 20
"""Bytes that cuBLAS may use in every stream: what NVIDIA recommends for its largest GPUs."""

AS_STORED, TRANSPOSED = 0, 1  # cublasOperation_t
DEFAULT_ALGORITHM = -1  # cublasGemmAlgo_t
SINGLE, DOUBLE = 68, 70  # cublasComputeType_t


class Kind(NamedTuple):
    """What cuBLAS calls a dtype (cudaDataType_t), and what it multiplies and adds up in."""

    number: int
    compute: int
    factor: str


KINDS = {
    "float32": Kind(0, SINGLE, "float32"),
    "float64": Kind(1, DOUBLE, "float64"),
    "float16": Kind(2, SINGLE, "float32"),
    "bfloat16": Kind(14, SINGLE, "float32"),
    "complex64": Kind(4, SINGLE, "complex64"),
    "complex128": Kind(5, DOUBLE, "complex128"),
}

pointer, long, size = ctypes.c_void_p, ctypes.c_int64, ctypes.c_size_t


def load() -> ctypes.CDLL:
    """The library that CuPy uses.

    Raises:
        ImportError: It is not found.
    """
    from cuda.pathfinder import load_nvidia_dynamic_lib

    return ctypes.CDLL(load_nvidia_dynamic_lib("cublas").abs_path)


class Cublas:
    """Products in the streams of one thread.

    Args:
        library: The library.
        handle: Its state for the thread and a GPU.
        allocate: Makes a buffer of so many bytes.
    """

    def __init__(self, library: Any, handle: int, allocate: Any) -> None:
        self.library, self.handle, self.allocate = library, pointer(handle), allocate
        self.workspaces: dict[int, Any] = {}
        library.cublasGetStatusName.restype = ctypes.c_char_p

    def call(self, name: str, *args: Any) -> None:
        """Call a function; an int among the arguments is one of C's.

        Raises:
            RuntimeError: It failed.
        """
        status = getattr(self.library, name)(self.handle, *args)
        if status:
            words = self.library.cublasGetStatusName(status).decode()
            raise RuntimeError(f"CUDA error: {words} when calling `{name}`")

    def use(self, stream: int) -> None:
        """Let products go to a stream, which has a workspace of its own."""
        if stream not in self.workspaces:
            self.workspaces[stream] = self.allocate(WORKSPACE)
        self.call("cublasSetStream_v2", pointer(stream))  # which takes the workspace away
        memory = self.workspaces[stream].data.ptr
        self.call("cublasSetWorkspace_v2", pointer(memory), size(WORKSPACE))

    def leave(self) -> None:
        """Use the workspaces no more."""
        if self.workspaces:
            self.call("cublasSetStream_v2", pointer(0))

    def multiply(self, a: Any, b: Any, c: Any) -> None:
        """`c = a b` for stacks of matrices that have a layout, all of one dtype."""
        number, compute, factor = KINDS[c.dtype.name]
        count, rows, columns = c.shape
        one, zero = [numpy.array(value, factor) for value in (1, 0)]
        operations, operands = [], []
        for matrices in (b, a, c):
            operation, line = layout(matrices)  # type: ignore[misc]
            operations.append(operation)
            over = [long(matrices.strides[0] // matrices.itemsize)] * (count > 1)
            operands.append((pointer(matrices.data.ptr), number, long(line), *over))
        left, right, result = operands
        self.call(
            "cublasGemmStridedBatchedEx_64" if count > 1 else "cublasGemmEx_64",
            *operations[:2], long(columns), long(rows), long(a.shape[2]),
            pointer(one.ctypes.data), *left, *right,
            pointer(zero.ctypes.data), *result, *[long(count)] * (count > 1),
            compute, DEFAULT_ALGORITHM,
        )  # fmt: skip


def layout(matrices: Any) -> tuple[int, int] | None:
    """How BLAS reads the matrices of a stack: the operation, and from a line to the next.

    None if it cannot, because the elements of a line do not lie side by side.
    """
    _, rows, columns = matrices.shape
    over, down, right = [stride // matrices.itemsize for stride in matrices.strides]
    if over < 0:
        return None
    if (right == 1 or columns == 1) and (down >= columns or rows == 1):
        return AS_STORED, down if rows > 1 else columns
    if (down == 1 or rows == 1) and (right >= rows or columns == 1):
        return TRANSPOSED, right if columns > 1 else rows
    return None
