"""Primitives for convolutions: the windows of an input beside each other, and one product.

All are for any number of spatial dimensions. `stride`, `padding` and `dilation` have a number
for each of them; `size` is that of the result's. A window that looks over the edge sees zeros.
"""

from __future__ import annotations

import itertools
import math


class Convolution:
    """A convolution, and its derivatives by the input and by the weight.

    The three sum the same products `result · input · weight` over different indices. The windows
    of some samples are laid out with the samples innermost: then all copying is in long runs,
    whatever the stride and the kernel.
    """

    _window_block = 1 << 18
    """So many elements of windows are laid out at a time: they stay in the second cache."""

    def im2col(self, x, *, first, kernel, size, stride, padding, dilation):
        """What the windows of `x` see, each window a column.

        Shape `(before, C, *in, after)` to `(before, C · kernel, size, after)`; `first` is the
        number of dimensions before the spatial ones.
        """
        module, last = self.module, first + len(kernel)
        seen = _seen(kernel, size, stride, dilation)
        held = x.shape[first:last]
        if any(padding) or any([s > n for s, n in zip(seen, held, strict=True)]):
            padded = module.zeros((*x.shape[:first], *seen, *x.shape[last:]), x.dtype)
            sizes = [max(min(n, s - p), 0) for n, s, p in zip(held, seen, padding, strict=True)]
            _part(padded, first, padding, sizes)[...] = _part(x, first, [0] * len(sizes), sizes)
            x = padded
        else:
            x = module.ascontiguousarray(x)
        steps = x.strides[first:last]
        steps_in = [step * d for step, d in zip(steps, dilation, strict=True)]
        steps_on = [step * s for step, s in zip(steps, stride, strict=True)]
        windows = module.lib.stride_tricks.as_strided(
            x,
            (*x.shape[:first], *kernel, *size, *x.shape[last:]),
            (*x.strides[:first], *steps_in, *steps_on, *x.strides[last:]),
        )
        rows, columns = x.shape[first - 1] * math.prod(kernel), math.prod(size)
        return module.array(windows).reshape(*x.shape[: first - 1], rows, columns, *x.shape[last:])

    def im2col_back(self, grad, shape, *, first, kernel, size, stride, padding, dilation):
        """Zeros of `shape` with all that the windows saw added at its place."""
        last = first + len(kernel)
        held, seen = shape[first:last], _seen(kernel, size, stride, dilation)
        widths = [max(s, p + n) for s, p, n in zip(seen, padding, held, strict=True)]
        padded = self.module.zeros((*shape[:first], *widths, *shape[last:]), grad.dtype)
        columns = grad.reshape(*shape[:first], *kernel, *size, *shape[last:])
        before = (slice(None),) * first
        for place in itertools.product(*map(range, kernel)):  # their windows never overlap
            starts = [i * d for i, d in zip(place, dilation, strict=True)]
            part = _part(padded, first, starts, size, stride)
            part += columns[(*before, *place)]
        return self.module.ascontiguousarray(_part(padded, first, padding, held))

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
        if _is_pointwise(**steps):
            return self._pointwise(matrices, x, bias, result)
        for part, samples in self._parts(x, steps):
            products = self.module.matmul(matrices, self._columns(x[part], groups, steps))
            self._write(result[part], products.reshape(len(weight), *size, samples), bias)
        return result

    def conv_input(self, grad, weight, bias=None, *, size, groups, **steps):
        """The other way round: from `(N, O, *out)` to `(N, C, *size)`; its bias has shape `(C)`.

        A convolution's gradient by its input, and what a transposed convolution is.
        """
        channels, kernel = weight.shape[1] * groups, weight.shape[2:]
        result = self.module.empty((len(grad), channels, *size), grad.dtype)
        matrices = _matrices(weight, groups).swapaxes(1, 2)
        steps.update(kernel=kernel, size=grad.shape[2:])
        if _is_pointwise(**steps):
            return self._pointwise(matrices, grad, bias, result)
        for part, samples in self._parts(result, steps):
            columns = self.module.matmul(matrices, self._rows(grad[part], groups))
            sums = self.im2col_back(columns, (channels, *size, samples), first=1, **steps)
            self._write(result[part], sums, bias)
        return result

    def conv_weight(self, x, grad, *, size, groups, **steps):
        """A convolution's gradient by its weight, whose kernel has the shape `size`."""
        channels, outputs = x.shape[1] // groups, grad.shape[1]
        total = self.module.zeros((groups, outputs // groups, channels * math.prod(size)), x.dtype)
        steps.update(kernel=size, size=grad.shape[2:])
        for part, _ in self._parts(x, steps):
            columns = self._columns(x[part], groups, steps)
            total += self.module.matmul(self._rows(grad[part], groups), columns.swapaxes(1, 2))
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
        if _is_pointwise(**steps):
            return self._rows(x, groups)
        columns = self.im2col(_samples_last(x), first=1, **steps)
        return columns.reshape(groups, len(columns) // groups, -1)

    def _rows(self, x, groups):
        """Some samples with a row for each channel: a matrix for each group."""
        rows = self.module.ascontiguousarray(_samples_last(x))
        return rows.reshape(groups, x.shape[1] // groups, -1)

    def _pointwise(self, matrices, x, bias, result):
        """Each group's matrix times every sample as it lies: a kernel of one element."""
        groups, rows, columns = matrices.shape
        samples = x.reshape(len(x), groups, columns, math.prod(x.shape[2:]))
        self.module.matmul(matrices, samples, out=result.reshape(len(x), groups, rows, -1))
        return result if bias is None else self.module.add(result, _per_channel(bias, x), result)

    def _write(self, result, values, bias):
        """Put values that have the samples last, plus a bias for each channel, into a result."""
        values = values.transpose(values.ndim - 1, *range(values.ndim - 1))
        if bias is None:
            result[...] = values
        else:
            self.module.add(values, _per_channel(bias, values), result)


def _is_pointwise(kernel, stride, padding, **others):
    """Whether every window is one element, and every element one window."""
    return math.prod(kernel) == math.prod(stride) == 1 and not any(padding)


def _matrices(weight, groups):
    """The weights as matrices with a row for each output channel: one for each group."""
    return weight.reshape(groups, len(weight) // groups, math.prod(weight.shape[1:]))


def _per_channel(bias, x):
    return bias.reshape(-1, *[1] * (x.ndim - 2))


def _samples_last(x):
    """`(N, C, *size)` as `(C, *size, N)`; a view."""
    return x.transpose(*range(1, x.ndim), 0)


def _seen(kernel, size, stride, dilation):
    """How many elements all windows together look over, in each dimension."""
    each = zip(kernel, size, stride, dilation, strict=True)
    return [(n - 1) * s + (k - 1) * d + 1 for k, n, s, d in each]


def _part(x, first, starts, sizes, steps=(1, 1, 1)):
    """So many elements of each spatial dimension, some steps apart; a view."""
    each = zip(starts, sizes, steps, strict=False)
    places = [slice(i, i + (n - 1) * step + 1, step) if n else slice(0) for i, n, step in each]
    return x[(slice(None),) * first + tuple(places)]
