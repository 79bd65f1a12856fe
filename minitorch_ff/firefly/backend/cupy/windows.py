"""Kernels that lay out the windows of a convolution, in one launch instead of one per tap."""

from __future__ import annotations

import math

from minitorch_ff.firefly.backend.cupy.launch import Formula, Launches

SIZES = ", ".join([f"int64 {name}{i}" for name in "nkospd" for i in range(3)])
"""For three dimensions the input's size, the kernel, the result's size, and the steps."""

IM2COL = Formula(
    "im2col",
    f"raw T x, int64 after, {SIZES}",
    "T y",
    """
    long long rest = i, a = rest % after; rest /= after;
    long long c = rest % o2; rest /= o2;
    long long b = rest % o1; rest /= o1;
    long long t = rest % o0; rest /= o0;
    long long w = c * s2 - p2 + rest % k2 * d2; rest /= k2;
    long long v = b * s1 - p1 + rest % k1 * d1; rest /= k1;
    long long u = t * s0 - p0 + rest % k0 * d0; rest /= k0;
    bool inside = u >= 0 && u < n0 && v >= 0 && v < n1 && w >= 0 && w < n2;
    y = inside ? x[(((rest * n0 + u) * n1 + v) * n2 + w) * after + a] : T(0);
    """,
)

COL2IM = Formula(
    "col2im",
    f"raw T grad, int64 after, {SIZES}",
    "T y",
    """
    long long rest = i, a = rest % after; rest /= after;
    long long w = rest % n2 + p2; rest /= n2;
    long long v = rest % n1 + p1; rest /= n1;
    long long u = rest % n0 + p0; rest /= n0;
    T total = 0;
    for (long long e = 0; e < k0; ++e) {
      long long t = u - e * d0;
      if (t < 0 || t % s0 || t / s0 >= o0) continue;
      for (long long f = 0; f < k1; ++f) {
        long long b = v - f * d1;
        if (b < 0 || b % s1 || b / s1 >= o1) continue;
        for (long long g = 0; g < k2; ++g) {
          long long c = w - g * d2;
          if (c < 0 || c % s2 || c / s2 >= o2) continue;
          long long at = ((rest * k0 + e) * k1 + f) * k2 + g;
          total += grad[(((at * o0 + t / s0) * o1 + b / s1) * o2 + c / s2) * after + a];
        }
      }
    }
    y = total;
    """,
)
"""Each element collects what the windows saw of it, always in the same order."""


def _three(values, fill):
    """Numbers for three dimensions, of which those that are missing come first."""
    return (*(fill,) * (3 - len(values)), *values)


def _sizes(held, kernel, size, stride, padding, dilation):
    """The numbers that the formulas want; a missing dimension has one element and no padding."""
    each = (held, 1), (kernel, 1), (size, 1), (stride, 1), (padding, 0), (dilation, 1)
    return [n for values, fill in each for n in _three(values, fill)]


class WindowKernels(Launches):
    """Layouts for up to three spatial dimensions; `steps` are those of the shared ones."""

    def im2col(self, x, *, first, **steps):
        """What the windows of `x` see, each window a column."""
        kernel, last = steps["kernel"], first + len(steps["kernel"])
        if len(kernel) > 3 or not self._fast(x):
            return super().im2col(x, first=first, **steps)
        before, held, after = x.shape[:first], x.shape[first:last], x.shape[last:]
        shape = *before[:-1], before[-1] * math.prod(kernel), math.prod(steps["size"]), *after
        columns = self.module.empty(shape, x.dtype)
        if columns.size:
            x = self.module.ascontiguousarray(x)
            self._formula(IM2COL)(x, math.prod(after), *_sizes(held, **steps), columns)
        return columns

    def im2col_back(self, grad, shape, *, first, **steps):
        """Zeros of `shape` with all that the windows saw added at its place."""
        last = first + len(steps["kernel"])
        if last - first > 3 or not self._fast(grad):
            return super().im2col_back(grad, shape, first=first, **steps)
        result = self.module.empty(shape, grad.dtype)
        if result.size:
            grad, after = self.module.ascontiguousarray(grad), math.prod(shape[last:])
            self._formula(COL2IM)(grad, after, *_sizes(shape[first:last], **steps), result)
        return result
