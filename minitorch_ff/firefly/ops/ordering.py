"""Elements picked for their rank: the largest, the middle one, all of them in order.

Each gives values and their positions along a dimension. The gradient of the values returns
to the positions; the positions themselves have none.
"""

from __future__ import annotations

from typing import Any

from minitorch_ff.firefly.ops.base import SeveralOutputs


class Ranked(SeveralOutputs):
    """What picks values by their positions; `find` gives the positions."""

    fresh = True
    differentiable_outputs = (0,)
    drops = True
    """One element is picked, and its dimension goes unless `keepdim` is set."""

    repeated = False
    """A position may occur more than once."""

    def forward(self, xp, x, *, dim, keepdim=False, **settings):
        self.input_shape = x.shape
        self.dim = dim
        if not x.ndim:
            return self.of_single(xp, x)
        positions = self.find(xp, x, dim, **settings)
        self.places = positions.shape
        values = xp.gather(x, dim, positions)
        if self.drops and not keepdim:
            shape = x.shape[:dim] + x.shape[dim + 1 :]
            values, positions = xp.reshape(values, shape), xp.reshape(positions, shape)
        self.save_for_backward(positions)
        return values, positions

    find: Any
    """`find(xp, x, dim, **settings)` gives the positions, in all dimensions of `x`."""

    def of_single(self, xp, x):
        """A 0-d tensor, which counts as one element at position 0."""
        positions = xp.zeros((), "int64")
        self.save_for_backward(positions)
        return xp.copy(x), positions

    def backward(self, xp, grads):
        (positions,) = self.saved_tensors
        shape = self.input_shape
        if not shape:
            return (xp.copy(grads[0]),)
        grad, positions = xp.reshape(grads[0], self.places), xp.reshape(positions, self.places)
        return (xp.gather_back(grad, shape, self.dim, positions, self.repeated),)


class Max(Ranked):
    """The first largest element along `dim`; not-a-number wins."""

    def find(self, xp, x, dim):
        """Its position."""
        return xp.argmax(x, dim, True)


class Min(Ranked):
    """The first smallest element along `dim`; not-a-number wins."""

    def find(self, xp, x, dim):
        """Its position."""
        return xp.argmin(x, dim, True)


class Kthvalue(Ranked):
    """The `k`-th smallest element along `dim`."""

    def find(self, xp, x, dim, k):
        """Its position."""
        order = xp.argsort(x, dim, False)
        return xp.index(order, (*(slice(None),) * dim, slice(k - 1, k)))


class Median(Ranked):
    """The middle element along `dim`, the lower of two; not-a-number wins."""

    variant = 1
    ignores_nan = False

    def find(self, xp, x, dim):
        """Its position."""
        return xp.median_positions(x, dim, self.ignores_nan)


class Nanmedian(Median):
    """The middle element along `dim` of those that are numbers."""

    ignores_nan = True


class Mode(Ranked):
    """The most frequent value along `dim`, the smallest of several."""

    def find(self, xp, x, dim):
        """Its last position."""
        return xp.mode_positions(x, dim)


class Sort(Ranked):
    """All elements along `dim` in order; equal ones keep theirs."""

    drops = False

    def find(self, xp, x, dim, descending):
        """The order."""
        return xp.argsort(x, dim, descending)


class Topk(Ranked):
    """The `k` largest (or smallest) elements along `dim`, in order."""

    drops = False

    def find(self, xp, x, dim, k, largest):
        """Their positions."""
        return xp.top_positions(x, k, dim, largest)


class Cummax(Ranked):
    """The largest element so far along `dim`, the last of equal ones."""

    drops = False
    repeated = True
    largest = True

    def find(self, xp, x, dim):
        """Its position."""
        return xp.running_positions(x, dim, self.largest)


class Cummin(Cummax):
    """The smallest element so far along `dim`, the last of equal ones."""

    largest = False


class Unique(SeveralOutputs):
    """The distinct elements in order, where each went, and how often each occurs.

    PyTorch has no rule for it: the values require a gradient, and refuse to give one.
    """

    __slots__ = ("called",)
    differentiable_outputs = (0,)

    def forward(self, xp, x, *, dim, consecutive):
        self.called = "unique_consecutive" if consecutive else "_unique2"
        if dim is not None:
            self.called = "unique_dim_consecutive" if consecutive else "unique_dim"
        return xp.unique(x, dim, consecutive)

    def backward(self, xp, grads):
        """There is none.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(f"the derivative for '{self.called}' is not implemented.")

    def name(self):
        words = self.called.split("_")
        return "".join([word.capitalize() for word in words]) + "Backward0"
