"""Primitives: the few things that an array library has to do for us."""

import numpy


class Primitives:
    """What operators are written in, carried out by one array library.

    Args:
        library: A module with NumPy's functions: `numpy`, or `cupy` for a GPU.
    """

    def __init__(self, library):
        self.library = library

    def array(self, values):
        return self.library.asarray(values, dtype="float64")

    # Each element by itself.

    def add(self, a, b):
        return self.library.add(a, b)

    def sub(self, a, b):
        return self.library.subtract(a, b)

    def mul(self, a, b):
        return self.library.multiply(a, b)

    def div(self, a, b):
        return self.library.divide(a, b)

    def neg(self, a):
        return self.library.negative(a)

    def exp(self, a):
        return self.library.exp(a)

    def log(self, a):
        return self.library.log(a)

    def tanh(self, a):
        return self.library.tanh(a)

    def sqrt(self, a):
        return self.library.sqrt(a)

    def greater(self, a, b):
        return self.library.greater(a, b).astype("float64")

    # Many elements at once.

    def matmul(self, a, b):
        return self.library.matmul(a, b)

    def sum(self, a, axis=None, keepdims=False):
        return self.library.sum(a, axis=axis, keepdims=keepdims)

    def max(self, a, axis=None, keepdims=False):
        return self.library.max(a, axis=axis, keepdims=keepdims)

    # The same elements in another arrangement.

    def reshape(self, a, shape):
        return self.library.reshape(a, shape)

    def broadcast_to(self, a, shape):
        return self.library.broadcast_to(a, shape)

    def swap_last_axes(self, a):
        return self.library.swapaxes(a, -1, -2)


NUMPY = Primitives(numpy)
