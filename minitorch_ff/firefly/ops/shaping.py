"""The same elements in another arrangement, without a copy where the layout allows."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator, SeveralOutputs
from minitorch_ff.firefly.ops.linear_maps import HandsOn, OwnGradient, Pick, PutBack, total


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


class Expand(HandsOn):
    """Elements repeated without a copy; the engine's summing to shape is the gradient."""


class Diagonal(Pick):
    """The elements whose positions in two dimensions differ by `offset`."""


class DiagonalBack(PutBack):
    """Zeros with the given elements on a diagonal: the other way round."""


class Unfold(Pick):
    """Windows of `size` elements along a dimension, `step` apart, as a last dimension."""


class UnfoldBack(PutBack):
    """Windows added up where they overlap: the other way round."""


class AsStrided(Operator):
    """The memory under `x` read as another layout: a shape, strides and an offset.

    In memory the gradient adds up where elements lie over each other; what of `x` itself lies
    together gets equal parts of it.
    """

    def forward(self, xp, x, *, layout, own):
        if self.edges[0] is not None:
            self.places, self.own = xp.places(layout), xp.places(own)
            self.size = max(xp.reach(layout), xp.reach(own))
            lying = xp.bincount(self.own.reshape(-1), None, self.size)[self.own]
            self.share = xp.reciprocal(xp.cast(lying, x.dtype))
        return xp.as_strided(x, layout, own)

    def backward(self, xp, grad):
        grad = xp.index_back(grad, (self.places,), (self.size,))
        return (xp.mul(xp.index(grad, (self.own,)), self.share),)


class Clone(HandsOn):
    """The same values in new memory."""

    def forward(self, xp, x):
        return xp.copy(x)


class Contiguous(HandsOn):
    """The same values in new memory, in row-major order of the dimensions, or of `order`."""

    called = "Clone"


class ToCopy(HandsOn):
    """The same values in another dtype, or order; the engine casts the gradient back."""

    def forward(self, xp, x, *, dtype, order=None):
        y = xp.cast(x, dtype)
        return y if order is None else xp.contiguous(y, order)


class ToDevice(Operator):
    """The same values on another device; the gradient returns to the first."""

    called = "ToCopy"
    receives = True

    def forward(self, xp, x, *, target, index):
        self.home = xp, xp.device_index(x)
        return xp.to_device(x, target, index)

    def receive(self, xp, grad, pending):
        """Send the gradient home; there, another back end adds it to what is pending."""
        (target,) = self.edges
        so_far = pending[target]
        home, index = self.home
        part = xp.to_device(grad, home, index)
        there = xp if xp.records else home
        pending[target] = part if so_far is None else there.add(so_far, part)


class WhereTrue(OwnGradient):
    """`x` where a constant mask holds, zero elsewhere."""

    called = "Where"


class Flip(OwnGradient):
    """The order reversed along some dimensions."""


class Roll(Operator):
    """Elements moved along dimensions; what leaves at one end comes in at the other."""

    fresh = True

    def forward(self, xp, x, *, shifts, dims):
        self.shifts, self.dims = shifts, dims
        return xp.roll(x, shifts, dims)

    def backward(self, xp, grad):
        return (xp.roll(grad, tuple([-shift for shift in self.shifts]), self.dims),)


class Triangle(OwnGradient):
    """The lower (`tril`) or upper part of matrices, zero elsewhere."""

    def name(self):
        return "TrilBackward0" if self.settings["lower"] else "TriuBackward0"


class Cat(Operator):
    """Tensors one after the other along a dimension; each gets its part of the gradient."""

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
        self.input_shape, self.dim = x.shape, dim
        self.before = (slice(None),) * dim
        self.parts = parts
        return [xp.index(x, (*self.before, part)) for part in parts]

    def backward(self, xp, grads):
        if all([grad is not None for grad in grads]) and grads:
            join = xp.stack if isinstance(self.parts[0], int) else xp.cat
            return (join(grads, self.dim),)
        wholes = [
            None if grad is None else xp.index_back(grad, (*self.before, part), self.input_shape)
            for part, grad in zip(self.parts, grads, strict=True)
        ]
        return (total(xp, *wholes),)

    def name(self):
        unbinding = self.parts and isinstance(self.parts[0], int)
        return "UnbindBackward0" if unbinding else "SplitBackward0"


class SplitWithSizes(Split):
    """Consecutive parts of given sizes."""

    def name(self):
        return "SplitWithSizesBackward0"
