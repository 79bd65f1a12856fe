"""Primitives that arrange elements: views where possible, and joining."""

from __future__ import annotations


def owner_of(x):
    """The array whose memory `x` looks at: the last one that has no other below it."""
    owner = base = x
    while (base := getattr(base, "base", None)) is not None:
        if isinstance(base, type(x)):
            owner = base
    return owner


class Shaping:
    """Reshape, transpose, broadcast, join. Shapes are tuples of Python ints."""

    # --------------------------------------------------------------------- views

    def reshape(self, x, shape):
        """The elements in row-major order as `shape`; a view where the layout allows."""
        return self.module.asarray(x).reshape(shape)

    def permute(self, x, dims):
        """The dimensions in the order `dims`."""
        return self.module.asarray(x).transpose(dims)

    def t(self, x):
        """A matrix transposed."""
        return x.T

    def broadcast_to(self, x, shape):
        """Elements repeated without a copy."""
        return self.module.broadcast_to(x, shape)

    def expand(self, x, shape):
        """Elements repeated without a copy, as writable as `x` is."""
        return self.module.broadcast_to(x, shape)

    def diagonal(self, x, offset, dim0, dim1):
        """The elements on a diagonal of two dimensions, as a last dimension."""
        return self.module.diagonal(x, offset, dim0, dim1)

    def unfold(self, x, dim, size, step):
        """Windows along `dim`, as a last dimension; they share memory."""
        windows = self.module.lib.stride_tricks.sliding_window_view(x, size, dim)
        return windows[(slice(None),) * dim + (slice(None, None, step),)]

    def memory(self, x):
        """All elements of the memory that `x` looks at, in the order in which they lie."""
        owner = owner_of(x)
        return (owner if owner.flags.c_contiguous else owner.T).reshape(-1)

    def places(self, layout):
        """Where in memory the elements of a shape, with strides and an offset, lie."""
        shape, strides, offset = layout
        places = self.module.full(shape, offset, "int64")
        for dim, (n, step) in enumerate(zip(shape, strides, strict=True)):
            along = self.module.arange(n).reshape((n,) + (1,) * (len(shape) - 1 - dim))
            places += along * step
        return places

    def reach(self, layout):
        """How many elements of memory there must be for a layout."""
        shape, strides, offset = layout
        steps = [(n - 1) * step for n, step in zip(shape, strides, strict=True)]
        return 1 + offset + sum(steps) if all(shape) else 1

    def as_strided(self, x, layout, own):
        """The memory of `x` read as another layout; a view, if `x` lies as its `own` says.

        Otherwise the elements that would be there, if it did; each is one of `x`'s.
        """
        shape, strides, offset = layout
        memory = self.memory(x)
        if x.strides == tuple([n * x.itemsize for n in own[1]]) and memory.size > offset:
            steps = [n * x.itemsize for n in strides]
            return self.module.lib.stride_tricks.as_strided(memory[offset:], shape, steps)
        at = self.places(own).reshape(-1)
        found = self.module.zeros(self.reach(own), "int64")
        found[at] = self.module.arange(at.size)
        return x.reshape(-1)[found[self.places(layout)]]

    def is_view(self, result, x):
        """Whether `result` looks at the memory of `x`."""
        base = result.base
        while base is not None:  # mostly one step; windows keep their base further away
            if base is x or base is x.base:
                return True
            base = getattr(base, "base", None)
        return False

    # ------------------------------------------------- their gradients, made new

    def diagonal_back(self, grad, shape, offset, dim0, dim1):
        """Zeros of `shape` with `grad` on a diagonal."""
        result = self.module.zeros(shape, grad.dtype)
        self.diagonal(result, offset, dim0, dim1)[...] = grad
        return result

    def unfold_back(self, grad, shape, dim, size, step):
        """Windows added up where they overlap."""
        result = self.module.zeros(shape, grad.dtype)
        before = (slice(None),) * dim
        count = grad.shape[dim]
        for i in range(size):  # the i-th elements of all windows never overlap
            part = (*before, slice(i, i + (count - 1) * step + 1, step))
            result[part] += grad[..., i]
        return result

    # ------------------------------------------------------------------- new memory

    def contiguous(self, x, order=None):
        """A copy in row-major order, of the dimensions in `order` if given."""
        if order is None:
            return self.module.array(x, order="C")
        inverse = sorted(range(x.ndim), key=order.__getitem__)
        return self.module.array(x.transpose(order), order="C").transpose(inverse)

    def flip(self, x, dims):
        """The order reversed along `dims`."""
        return self.copy(self.module.flip(x, dims))

    def roll(self, x, shifts, dims):
        """Elements moved along `dims`, around the end."""
        return self.module.roll(x, shifts, dims)

    def triangle(self, x, diagonal, lower):
        """The lower or upper part of matrices, zero elsewhere."""
        return self.module.tril(x, diagonal) if lower else self.module.triu(x, diagonal)

    def cat(self, parts, dim):
        """Arrays one after the other along `dim`."""
        return self.module.concatenate(parts, dim)

    def to_device(self, x, target, index):
        """A copy on another back end's device."""
        return target.from_numpy(self.to_numpy(x), index)
