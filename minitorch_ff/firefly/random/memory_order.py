"""Which element of an array gets which value.

PyTorch hands out values in the order in which elements lie in memory, not in the order
of their indices: it visits the dimension with the largest stride in the outermost loop.
For a contiguous array both are the same; for a transposed view, a strided slice or a
channels-last image they are not.
"""

from __future__ import annotations

import numpy as np


def fill(out: np.ndarray, flat: np.ndarray) -> None:
    """Write values, in draw order, into an array.

    Args:
        out: The array to fill, of any layout. Values are cast to its dtype.
        flat: As many values, in one dimension.
    """
    if out.flags.c_contiguous:
        out.reshape(-1)[...] = flat
    else:
        view = _by_stride(out, out.strides)
        view[...] = flat.reshape(view.shape)


def read(values: np.ndarray, out: np.ndarray) -> np.ndarray:
    """The values that belong to the elements of `out`, in draw order.

    Args:
        values: An array of `out`'s shape.
        out: The array whose layout decides.

    Returns:
        A flat array, such as a distribution with a parameter per element expects.
    """
    return _by_stride(values, out.strides).reshape(-1)


def _by_stride(array, strides):
    """Put the dimension with the largest of `strides` first, and so on."""
    dims = sorted(range(array.ndim), key=strides.__getitem__, reverse=True)
    return array.transpose(dims)
