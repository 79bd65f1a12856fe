"""The same elements in another arrangement, without a copy where the layout allows."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator, SeveralOutputs


class Reshape(Operator):
    """The elements, in row-major order, as another shape: view, flatten, squeeze and more.

    `called` is PyTorch's name for the way it was asked for.
    """

    def forward(self, xp, x, *, shape, called="View", variant=0):
        self.input_shape = x.shape
        self.called = called
        self.variant = variant
        return xp.reshape(x, shape)

    def backward(self, xp, grad):
        return (xp.reshape(grad, self.input_shape),)


class Permute(Operator):
    """The dimensions in another order: permute, transpose, movedim, T."""

    def forward(self, xp, x, *, dims, called="Permute"):
        self.dims = dims
        self.called = called
        return xp.permute(x, dims)

    def backward(self, xp, grad):
        inverse = sorted(range(len(self.dims)), key=self.dims.__getitem__)
        return (xp.permute(grad, tuple(inverse)),)


class Expand(Operator):
    """Elements repeated without a copy; the engine's summing to shape is the gradient."""

    def forward(self, xp, x, *, shape):
        return xp.expand(x, shape)

    def backward(self, xp, grad):
        return (grad,)


class Diagonal(Operator):
    """The elements whose positions in two dimensions differ by `offset`."""

    def forward(self, xp, x, *, offset, dim0, dim1):
        self.input_shape = x.shape
        self.where = offset, dim0, dim1
        return xp.diagonal(x, offset, dim0, dim1)

    def backward(self, xp, grad):
        return (xp.diagonal_back(grad, self.input_shape, *self.where),)


class DiagonalBack(Operator):
    """Zeros with the given elements on a diagonal: the other way round."""

    def forward(self, xp, grad, *, shape, offset, dim0, dim1):
        self.where = offset, dim0, dim1
        return xp.diagonal_back(grad, shape, offset, dim0, dim1)

    def backward(self, xp, grad):
        return (xp.diagonal(grad, *self.where),)


class Unfold(Operator):
    """Windows of `size` elements along a dimension, `step` apart, as a last dimension."""

    def forward(self, xp, x, *, dim, size, step):
        self.input_shape = x.shape
        self.settings = dim, size, step
        return xp.unfold(x, dim, size, step)

    def backward(self, xp, grad):
        return (xp.unfold_back(grad, self.input_shape, *self.settings),)


class UnfoldBack(Operator):
    """Windows added up where they overlap: the other way round."""

    def forward(self, xp, grad, *, shape, dim, size, step):
        self.settings = dim, size, step
        return xp.unfold_back(grad, shape, dim, size, step)

    def backward(self, xp, grad):
        return (xp.unfold(grad, *self.settings),)


class Clone(Operator):
    """The same values in new memory."""

    def forward(self, xp, x):
        return xp.copy(x)

    def backward(self, xp, grad):
        return (grad,)


class Contiguous(Operator):
    """The same values in new memory, in row-major order."""

    called = "Clone"

    def forward(self, xp, x):
        return xp.contiguous(x)

    def backward(self, xp, grad):
        return (grad,)


class ToCopy(Operator):
    """The same values in another dtype; the engine casts the gradient back."""

    def forward(self, xp, x, *, dtype):
        return xp.cast(x, dtype)

    def backward(self, xp, grad):
        return (grad,)


class ToDevice(Operator):
    """The same values on another device; the gradient returns to the first."""

    called = "ToCopy"
    receives = True

    def forward(self, xp, x, *, target, index):
        self.home = xp, xp.device_index(x)
        return target.from_numpy(xp.to_numpy(x), index)

    def receive(self, xp, grad, pending):
        """Send the gradient home; there, another back end adds it to what is pending."""
        (target,) = self.edges
        so_far = pending[target]
        home, index = self.home
        part = xp.to_device(grad, home, index)
        there = xp if xp.records else home
        pending[target] = part if so_far is None else there.add(so_far, part)


class WhereTrue(Operator):
    """`x` where a constant mask holds, zero elsewhere: linear, so its own gradient."""

    fresh = True
    called = "Where"

    def forward(self, xp, x, *, mask):
        self.mask = mask
        return xp.where_true(x, mask)

    def backward(self, xp, grad):
        return (xp.where_true(grad, self.mask),)


class Flip(Operator):
    """The order reversed along some dimensions."""

    fresh = True

    def forward(self, xp, x, *, dims):
        self.dims = dims
        return xp.flip(x, dims)

    def backward(self, xp, grad):
        return (xp.flip(grad, self.dims),)


class Roll(Operator):
    """Elements moved along dimensions; what leaves at one end comes in at the other."""

    fresh = True

    def forward(self, xp, x, *, shifts, dims):
        self.shifts, self.dims = shifts, dims
        return xp.roll(x, shifts, dims)

    def backward(self, xp, grad):
        return (xp.roll(grad, tuple([-shift for shift in self.shifts]), self.dims),)


class Triangle(Operator):
    """The lower (`tril`) or upper part of matrices, zero elsewhere."""

    fresh = True

    def forward(self, xp, x, *, diagonal, lower):
        self.settings = diagonal, lower
        return xp.triangle(x, diagonal, lower)

    def backward(self, xp, grad):
        return (xp.triangle(grad, *self.settings),)

    def name(self):
        return "TrilBackward0" if self.settings[1] else "TriuBackward0"


class Cat(Operator):
    """Tensors one after the other along a dimension; each gets its part of the gradient."""

    promotes = False

    def forward(self, xp, *parts, dim):
        self.dim = dim
        self.sizes = [part.shape[dim] if len(part.shape) > dim else 0 for part in parts]
        return xp.cat(parts, dim)

    def backward(self, xp, grad):
        before = (slice(None),) * self.dim
        start, parts = 0, []
        for edge, size in zip(self.edges, self.sizes, strict=True):
            part = (*before, slice(start, start + size))
            parts.append(None if edge is None else xp.index(grad, part))
            start += size
        return parts


class Stack(Operator):
    """Tensors of one shape side by side along a new dimension."""

    def forward(self, xp, *parts, dim):
        self.dim = dim
        return xp.stack(parts, dim)

    def backward(self, xp, grad):
        before = (slice(None),) * self.dim
        return [
            None if edge is None else xp.index(grad, (*before, i))
            for i, edge in enumerate(self.edges)
        ]


class Split(SeveralOutputs):
    """Consecutive parts along a dimension; their gradients are put together again.

    `parts` are the slices, or the positions (then the dimension goes: `unbind`).
    """

    def forward(self, xp, x, *, dim, parts):
        self.input_shape = x.shape
        self.before = (slice(None),) * dim
        self.parts = parts
        return [xp.index(x, (*self.before, part)) for part in parts]

    def backward(self, xp, grads):
        total = None
        for part, grad in zip(self.parts, grads, strict=True):
            if grad is not None:
                whole = xp.index_back(grad, (*self.before, part), self.input_shape)
                total = whole if total is None else xp.add(total, whole)
        return (total,)

    def name(self):
        unbinding = self.parts and isinstance(self.parts[0], int)
        return "UnbindBackward0" if unbinding else "SplitBackward0"


class SplitWithSizes(Split):
    """Consecutive parts of given sizes."""

    def name(self):
        return "SplitWithSizesBackward0"
