"""Many elements into one: sums, means, products, variances, norms."""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.base import HALVES, NonDifferentiable, Operator, SeveralOutputs
from minitorch_ff.firefly.ops.elementwise import OfPrimitive, at_once
from minitorch_ff.firefly.ops.linear_maps import total


class Reduction(Operator):
    """An operator over `dim`: an int, a tuple, None for all."""

    widens = True
    rounds = HALVES

    def note(self, x, dim, keepdim):
        """Keep what `spread` will need."""
        self.input_shape = x.shape
        self.dim = dim
        self.keepdim = keepdim

    def spread(self, xp, y):
        """A result, or its gradient, as a (read-only) array of the input's shape."""
        shape, dim = self.input_shape, self.dim
        if dim is not None and not self.keepdim and shape:
            dims = dims_of(shape, dim)
            y = xp.reshape(y, tuple([1 if i in dims else n for i, n in enumerate(shape)]))
        return xp.broadcast_to(y, shape)


class OfBoth(Reduction, OfPrimitive):
    """A reduction whose rule needs the input and the result."""

    fresh = True

    def forward(self, xp, x, *, dim=None, keepdim=False):
        self.note(x, dim, keepdim)
        y = self.value(xp, x, dim, keepdim)
        self.save_for_backward(x, y)
        return y

    def value(self, xp, x, dim, keepdim):
        """The result: what the primitive of the operator's name gives."""
        return getattr(xp, self.primitive)(x, dim, keepdim)


class ByForm(Reduction):
    """PyTorch numbers its two forms: over everything, and over `dim`."""

    def name(self):
        return f"{type(self).__name__}Backward{0 if self.dim is None else 1}"


class Sum(ByForm):
    """The sum over `dim`; the gradient spreads back."""

    def forward(self, xp, x, *, dim=None, keepdim=False):
        self.note(x, dim, keepdim)
        return xp.sum(x, dim, keepdim)

    def backward(self, xp, grad):
        return (self.spread(xp, grad),)


class Nansum(Reduction):
    """The sum of what is a number; the others get no gradient."""

    fresh = True

    def forward(self, xp, x, *, dim=None, keepdim=False):
        self.note(x, dim, keepdim)
        self.mask = xp.logical_not(xp.isnan(x))
        return xp.sum(xp.where_true(x, self.mask), dim, keepdim)

    def backward(self, xp, grad):
        return (xp.where_true(self.spread(xp, grad), self.mask),)


class Mean(ByForm):
    """The mean over `dim`; the gradient is spread back, divided by the count."""

    fresh = True

    def forward(self, xp, x, *, dim=None, keepdim=False):
        self.note(x, dim, keepdim)
        self.count = count_of(x.shape, dim)
        return average(xp, x, dim, keepdim, self.count)

    def backward(self, xp, grad):
        grad = xp.scale(grad, 1 / self.count) if self.count else grad
        return (xp.copy(self.spread(xp, grad)),)


def average(xp, x, dim, keepdim, count):
    """The sum over `dim`, divided by the count."""
    return xp.div(xp.sum(x, dim, keepdim), xp.constant_like(count, x))


class Prod(ByForm, OfBoth):
    """The product over `dim` (an int, None for all); the gradient is `g` times others.

    If no element is zero the product of the others is `y / x`. A zero spoils that: then
    it is the product of all before times the product of all behind.
    """

    widens = False

    def backward(self, xp, grad):
        x, y = self.saved_tensors
        shape = self.input_shape
        if not shape:
            return (xp.copy(grad),)
        if xp.all(xp.ne(x, xp.constant_like(0, x))):
            return (xp.mul(self.spread(xp, grad), xp.div(self.spread(xp, y), x)),)
        if self.dim is None:
            others = xp.reshape(product_of_others(xp, xp.reshape(x, (-1,)), 0), shape)
        else:
            others = product_of_others(xp, x, self.dim % len(shape))
        return (xp.mul(self.spread(xp, grad), others),)


def product_of_others(xp, x, dim):
    """For each element the product of all others along `dim`, whatever is zero."""
    before = product_before(xp, x, dim)
    behind = xp.flip(product_before(xp, xp.flip(x, (dim,)), dim), (dim,))
    return xp.mul(before, behind)


def product_before(xp, x, dim):
    """For each element the product of those before it along `dim`; 1 for the first."""
    start = (slice(None),) * dim
    size = x.shape[dim]
    first = xp.index(x, (*start, slice(0, 1)))
    one = xp.broadcast_to(xp.constant_like(1, x), tuple(first.shape))
    return xp.cumprod(xp.cat([one, xp.index(x, (*start, slice(0, size - 1)))], dim), dim)


class Var(Reduction):
    """The variance over `dim`; the gradient is `2 (x - mean) g / (n - correction)`."""

    fresh = True
    rooted = False

    def forward(self, xp, x, *, dim, keepdim, correction):
        return moments(self, xp, x, dim, keepdim, correction)[0]

    def backward(self, xp, grad):
        return (moments_back(self, xp, grad, None),)


class Std(Var):
    """The standard deviation over `dim`; the gradient is the variance's over `2y`."""

    rooted = True


class VarMean(Reduction, SeveralOutputs):
    """The variance and the mean over `dim`."""

    rooted = False

    def forward(self, xp, x, *, dim, keepdim, correction):
        return moments(self, xp, x, dim, keepdim, correction)

    def backward(self, xp, grads):
        return (moments_back(self, xp, *grads),)


class StdMean(VarMean):
    """The standard deviation and the mean over `dim`."""

    rooted = True


def moments(op, xp, x, dim, keepdim, correction):
    """The variance (`rooted`: its root) and the mean; `op` notes what its rule will need."""
    op.note(x, dim, keepdim)
    op.count = count = count_of(x.shape, dim)
    op.freedom = max(count - correction, 0)
    mean = average(xp, x, dim, True, count)
    op.kept = centred = xp.sub(x, mean)
    squares = xp.sum(xp.mul(centred, centred), dim, keepdim)
    mean = mean if keepdim else xp.reshape(mean, squares.shape)
    y = xp.div(squares, xp.constant(op.freedom, x.dtype))
    if op.rooted:
        y = xp.asarray(xp.sqrt(y))
    op.save_for_backward(x, y if op.rooted else None)
    return y, mean


def moments_back(op, xp, grad, to_mean):
    """The sum of both gradients, either of which may be None."""
    x, y = op.saved_tensors
    if grad is not None:
        if op.rooted:
            grad = root_back(xp, grad, y)
        centred = op.recall(xp)
        if centred is None:
            centred = xp.sub(x, at_once(xp, average, x, op.dim, True, op.count))
        factor = 2 / op.freedom if op.freedom else math.inf
        grad = xp.mul(xp.scale(op.spread(xp, grad), factor), centred)
    if to_mean is not None:
        to_mean = op.spread(xp, xp.scale(to_mean, 1 / max(op.count, 1)))
    return total(xp, grad, to_mean)


def root_back(xp, grad, y):
    """The gradient through a square root `y`: `g / 2y`, zero where `y` is zero."""
    positive = xp.ne(y, xp.constant_like(0, y))
    safe = xp.where(positive, y, xp.constant_like(1, y))
    return xp.where_true(xp.div(grad, xp.scale(safe, 2)), positive)


class SharedByEquals(OfBoth):
    """One element stands for many; all equal to it share the gradient."""

    def backward(self, xp, grad):
        x, y = self.saved_tensors
        return (self.shared(xp, x, y, grad),)

    def shared(self, xp, x, y, grad):
        """The gradient of the element `y`, in equal shares for all that equal it."""
        share = xp.shares(x, self.spread(xp, y), self.dim)
        return xp.mul(self.spread(xp, grad), share)


class Amax(SharedByEquals):
    """The largest element over `dim`."""


class Amin(SharedByEquals):
    """The smallest element over `dim`."""


class MaxAll(Amax):
    """The largest of all elements."""

    primitive = "amax"
    called = "Max"
    variant = 1


class MinAll(Amin):
    """The smallest of all elements."""

    primitive = "amin"
    called = "Min"
    variant = 1


class MedianAll(SharedByEquals):
    """The middle one of all elements in order; the lower of two; not-a-number wins."""

    called = "Median"
    ignores_nan = False

    def value(self, xp, x, dim, keepdim):
        return xp.median(x, self.ignores_nan)


class NanmedianAll(MedianAll):
    """The middle one of all elements that are numbers."""

    called = "Nanmedian"
    ignores_nan = True


class Aminmax(SharedByEquals, SeveralOutputs):
    """The smallest and the largest over `dim`; equal ones share the gradient."""

    def forward(self, xp, x, *, dim=None, keepdim=False):
        self.note(x, dim, keepdim)
        low = xp.asarray(xp.amin(x, dim, keepdim))
        high = xp.asarray(xp.amax(x, dim, keepdim))
        self.save_for_backward(x, low, high)
        return low, high

    def backward(self, xp, grads):
        x, *extremes = self.saved_tensors
        pairs = zip(extremes, grads, strict=True)
        return (total(xp, *[self.shared(xp, x, y, g) for y, g in pairs if g is not None]),)


class Logsumexp(OfBoth):
    """`log Σ exp x` over `dim`, without overflow; the gradient is `g exp(x - y)`."""

    floats = True

    def backward(self, xp, grad):
        x, y = self.saved_tensors
        slope = xp.exp(xp.sub(x, self.spread(xp, y)))
        return (xp.mul(self.spread(xp, grad), slope),)


class VectorNorm(OfBoth):
    """`(Σ |x|ᵖ)^(1/p)` over `dim`; the gradient is `g sign(x) (|x| / y)^(p-1)`.

    Where the norm is zero, so is the gradient. For infinite `p` all elements of the largest
    (or smallest) magnitude share it.
    """

    called = "LinalgVectorNorm"

    def forward(self, xp, x, *, p, dim=None, keepdim=False):
        self.p = p
        return super().forward(xp, x, dim=dim, keepdim=keepdim)

    def value(self, xp, x, dim, keepdim):
        """The norm itself; the usual ones without taking powers."""
        p = self.p
        if p == 2:
            return xp.sqrt(xp.sum(xp.mul(x, x), dim, keepdim))
        if p == 1:
            return xp.sum(xp.abs(x), dim, keepdim)
        if p == 0:
            nonzero = xp.ne(x, xp.constant(0, x.dtype))
            return xp.sum(xp.cast(nonzero, x.dtype), dim, keepdim)
        if p == math.inf:
            return xp.amax(xp.abs(x), dim, keepdim)
        if p == -math.inf:
            return xp.amin(xp.abs(x), dim, keepdim)
        return xp.pow(xp.sum(xp.pow(xp.abs(x), p), dim, keepdim), 1 / p)

    def backward(self, xp, grad):
        x, y = self.saved_tensors
        p = self.p
        zero, whole_y, whole_grad = xp.constant_like(0, x), y, grad
        y, grad = self.spread(xp, y), self.spread(xp, grad)
        if p == 0:
            return (xp.scale(grad, 0),)
        if p == 1:
            return (xp.mul(grad, xp.sign(x)),)
        if math.isinf(p):
            share = xp.mul(xp.sign(x), xp.shares(xp.abs(x), y, self.dim))
            return (xp.mul(grad, share),)
        # Masked afterwards, so that second derivatives at zero are not-a-number, as in PyTorch.
        if p == 2:
            return (xp.mul(grad, xp.where_true(xp.div(x, y), xp.ne(y, zero))),)
        slope = xp.mul(xp.sign(x), xp.pow(xp.abs(x), p - 1))
        if p < 1:
            slope = xp.where_true(slope, xp.ne(x, zero))
            return (xp.mul(xp.mul(slope, grad), xp.pow(y, 1 - p)),)
        share = xp.div(whole_grad, xp.pow(whole_y, p - 1))
        share = xp.where_true(share, xp.ne(whole_y, zero))
        return (xp.mul(slope, self.spread(xp, share)),)


class Trace(Operator):
    """The sum of a matrix's diagonal, where the gradient goes back to."""

    def forward(self, xp, x):
        self.input_shape = x.shape
        return xp.sum(xp.diagonal(x, 0, 0, 1))

    def backward(self, xp, grad):
        size = min(self.input_shape)
        grad = xp.broadcast_to(grad, (size,))
        return (xp.diagonal_back(grad, self.input_shape, 0, 0, 1),)


class All(OfPrimitive, NonDifferentiable):
    """Whether all elements over `dim` are true; as PyTorch has it, bytes stay bytes."""

    def forward(self, xp, x, *, dim=None, keepdim=False):
        result = getattr(xp, self.primitive)(x, dim, keepdim)
        return xp.cast(result, x.dtype) if x.dtype.name == "uint8" else result


class Any(All):
    """Whether any element over `dim` is true."""


class CountNonzero(NonDifferentiable):
    """How many elements over `dim` are not zero."""

    def forward(self, xp, x, *, dim=None):
        return xp.sum(xp.ne(x, xp.constant(0, x.dtype)), dim)


class Argmax(OfPrimitive, NonDifferentiable):
    """The position of the first largest element."""


class Argmin(OfPrimitive, NonDifferentiable):
    """The position of the first smallest element."""


def dims_of(shape, dim):
    """`dim` as a tuple of numbers from 0."""
    if dim is None:
        return tuple(range(len(shape)))
    return tuple([d % len(shape) for d in (dim if type(dim) is tuple else (dim,))])


def count_of(shape, dim):
    """How many elements are reduced to one."""
    if dim is None:
        return math.prod(shape)
    return math.prod([shape[d] for d in dims_of(shape, dim)])
