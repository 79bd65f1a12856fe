"""Primitives for convolutions: the windows of an input beside each other, and one product.

All are for any number of spatial dimensions. `stride`, `padding` and `dilation` have a number
for each of them; `size` is that of the result's. A window that looks over the edge sees zeros.
"""

from __future__ import annotations

import functools
import itertools
import math

PLANS_KEPT = 256


class Convolution:
    """A convolution, and its derivatives by the input and by the weight.

    The three sum the same products `result · input · weight` over different indices. The windows
    of some samples are laid out with the samples innermost: then all copying is in long runs,
    whatever the stride and the kernel.
    """

    _window_block = 1 << 19
    """So many elements of windows are laid out at a time, about what a cache holds."""

    def im2col(self, x, *, first, kernel, size, stride, padding, dilation):
        """What the windows of `x` see, each window a column.

        Shape `(before, C, *in, after)` to `(before, C · kernel, size, after)`; `first` is the
        number of dimensions before the spatial ones.
        """
        module, last = self.module, first + len(kernel)
        before, held, after = x.shape[:first], x.shape[first:last], x.shape[last:]
        lengths = _lengths(kernel, size, stride, dilation)
        phases = module.zeros((*before, *stride, *lengths, *after), x.dtype)
        for phase, elements in _interleaved(held, lengths, first, stride, padding):
            phases[phase] = x[elements]
        columns = module.empty((*before, *kernel, *size, *after), x.dtype)
        for place, seen in _taps(first, kernel, size, stride, dilation):
            columns[place] = phases[seen]
        rows = before[-1] * math.prod(kernel)
        return columns.reshape(*before[:-1], rows, math.prod(size), *after)

    def im2col_back(self, grad, shape, *, first, kernel, size, stride, padding, dilation):
        """Zeros of `shape` with all that the windows saw added at its place."""
        module, last = self.module, first + len(kernel)
        before, held, after = shape[:first], shape[first:last], shape[last:]
        lengths = _lengths(kernel, size, stride, dilation)
        phases = module.zeros((*before, *stride, *lengths, *after), grad.dtype)
        columns = grad.reshape(*before, *kernel, *size, *after)
        for place, seen in _taps(first, kernel, size, stride, dilation):
            phases[seen] += columns[place]
        result = module.zeros(shape, grad.dtype)
        for phase, elements in _interleaved(held, lengths, first, stride, padding):
            result[elements] = phases[phase]
        return result

    def conv(self, x, weight, bias=None, *, size, groups, **steps):
        """Weighted sums over the windows of `x`.

        Args:
            x: Shape `(N, C, *in)`.
            weight: Shape `(O, C / groups, *kernel)`.
            bias: Shape `(O)`, or None.
            size: Spatial shape of the result.
            groups: Channels are in so many groups, which do not meet.
            **steps: `stride`, `padding` and `dilation`.

        Returns:
            Shape `(N, O, *size)`.
        """
        result = self.module.empty((len(x), len(weight), *size), x.dtype)
        matrices, kernel = _matrices(weight, groups), weight.shape[2:]
        steps.update(kernel=kernel, size=size)
        if _is_pointwise(x, **steps):
            return self._pointwise(matrices, x, bias, result)

        def compute(part, samples):
            products = self._matmul(matrices, self._columns(x[part], groups, steps))
            self._write(result[part], products.reshape(len(weight), *size, samples), bias)

        self.in_threads(compute, self._parts(x, steps))
        return result

    def conv_input(self, grad, weight, bias=None, *, size, groups, **steps):
        """The other way round: from `(N, O, *out)` to `(N, C, *size)`; its bias has shape `(C)`.

        A convolution's gradient by its input, and what a transposed convolution is.
        """
        channels, kernel = weight.shape[1] * groups, weight.shape[2:]
        result = self.module.empty((len(grad), channels, *size), grad.dtype)
        matrices = _matrices(weight, groups).swapaxes(1, 2)
        steps.update(kernel=kernel, size=grad.shape[2:])
        if _is_pointwise(result, **steps):
            return self._pointwise(matrices, grad, bias, result)

        def compute(part, samples):
            columns = self._group_products(matrices, self._rows(grad[part], groups))
            sums = self.im2col_back(columns, (channels, *size, samples), first=1, **steps)
            self._write(result[part], sums, bias)

        self.in_threads(compute, self._parts(result, steps))
        return result

    def conv_weight(self, x, grad, *, size, groups, **steps):
        """A convolution's gradient by its weight, whose kernel has the shape `size`."""
        channels, outputs = x.shape[1] // groups, grad.shape[1]
        total = self.module.zeros((groups, outputs // groups, channels * math.prod(size)), x.dtype)
        steps.update(kernel=size, size=grad.shape[2:])
        sums = {}

        def compute(part, samples):
            columns = self._columns(x[part], groups, steps)
            sums[part.start] = self._matmul(self._rows(grad[part], groups), columns.swapaxes(1, 2))

        self.in_threads(compute, self._parts(x, steps))
        for start in sorted(sums):  # always in the same order
            total += sums[start]
        return total.reshape(outputs, channels, *size)

    # ------------------------------------------------------------------ their parts

    def _parts(self, x, steps):
        """Slices of the batch whose windows make a block, and how many samples they hold."""
        length = x.shape[1] * math.prod(steps["kernel"]) * math.prod(steps["size"])
        count = max(self._window_block // max(length, 1), 1)
        for start in range(0, len(x), count):
            stop = min(start + count, len(x))
            yield slice(start, stop), stop - start

    def _columns(self, x, groups, steps):
        """What the windows of some samples see, each window a column: a matrix for each group."""
        if _is_pointwise(x, **steps):
            return self._rows(x, groups)
        columns = self.im2col(_samples_last(x), first=1, **steps)
        return columns.reshape(groups, len(columns) // groups, -1)

    def _rows(self, x, groups):
        """Some samples with a row for each channel: a matrix for each group."""
        rows = self.module.ascontiguousarray(_samples_last(x))
        return rows.reshape(groups, x.shape[1] // groups, -1)

    def _group_products(self, a, b):
        """The matrix product of each pair; of columns and rows it is all pairs of elements."""
        return self.module.multiply(a, b) if a.shape[2] == 1 else self._matmul(a, b)

    def _pointwise(self, matrices, x, bias, result):
        """Each group's matrix times every sample as it lies: a kernel of one element."""
        groups, rows, columns = matrices.shape
        positions = math.prod(x.shape[2:])
        samples = x.reshape(len(x), groups, columns, positions)
        products = result.reshape(len(x), groups, rows, positions)
        self._matmul(matrices, samples, out=products)
        return result if bias is None else self.module.add(result, _per_channel(bias, x), result)

    def _write(self, result, values, bias):
        """Put values that have the samples last, plus a bias for each channel, into a result."""
        values = values.transpose(values.ndim - 1, *range(values.ndim - 1))
        if bias is None:
            result[...] = values
        else:
            self.module.add(values, _per_channel(bias, values), result)


def _is_pointwise(x, kernel, size, stride, padding, **others):
    """Whether every window is one element, and every element one window."""
    whole = not any(padding) and size == x.shape[2:]
    return whole and math.prod(kernel) == math.prod(stride) == 1


def _matrices(weight, groups):
    """The weights as matrices with a row for each output channel: one for each group."""
    return weight.reshape(groups, len(weight) // groups, math.prod(weight.shape[1:]))


def _per_channel(bias, x):
    return bias.reshape(-1, *[1] * (x.ndim - 2))


def _samples_last(x):
    """`(N, C, *size)` as `(C, *size, N)`; a view."""
    return x.transpose(*range(1, x.ndim), 0)


# The elements of an input that lie a stride apart are put beside each other: they are a phase
# of it. For a stride of 1 there is one, the input itself with its padding. What all windows see
# at one place of the kernel, a tap, is then a block of one phase, and is copied in long runs.


def _lengths(kernel, size, stride, dilation):
    """How many elements of a phase the windows look over, in each dimension."""
    each = zip(kernel, size, stride, dilation, strict=True)
    return tuple([n + (k - 1) * d // s for k, n, s, d in each])


@functools.lru_cache(PLANS_KEPT)
def _interleaved(held, lengths, first, stride, padding):
    """For each phase its index, and that of the elements of the input it holds."""
    before, indices = (slice(None),) * first, []
    for phase in itertools.product(*map(range, stride)):
        inside, outside = [], []
        for i, n, length, s, p in zip(phase, held, lengths, stride, padding, strict=True):
            start = max(-((i - p) // s), 0)  # the first one that is not padding
            at = start * s + i - p
            count = max(min((n - 1 - at) // s + 1, length - start), 0)
            inside.append(slice(start, start + count))
            outside.append(slice(at, at + count * s, s))
        indices.append(((*before, *phase, *inside), (*before, *outside)))
    return indices


@functools.lru_cache(PLANS_KEPT)
def _taps(first, kernel, size, stride, dilation):
    """For each place of the kernel its index, and that of what all windows see there."""
    before, indices = (slice(None),) * first, []
    for place in itertools.product(*map(range, kernel)):
        offsets = [i * d for i, d in zip(place, dilation, strict=True)]
        phase = [i % s for i, s in zip(offsets, stride, strict=True)]
        starts = [i // s for i, s in zip(offsets, stride, strict=True)]
        blocks = [slice(i, i + n) for i, n in zip(starts, size, strict=True)]
        indices.append(((*before, *place), (*before, *phase, *blocks)))
    return indices
