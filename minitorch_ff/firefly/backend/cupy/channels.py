"""Kernels for batch normalisation: a channel is a block's.

They are for channels of moderate size, where launches cost the most. A few enormous channels
would leave most of a GPU idle: those are composed, of reductions that use all of it.
"""

from __future__ import annotations

import math

from minitorch_ff.firefly.backend.cupy.launch import Launches, Program
from minitorch_ff.firefly.backend.cupy.rows import TOGETHER

LARGE = 1 << 16
"""Elements of a channel from which on it is composed."""

PLACE = """
__device__ inline long long place_of(long long i, long long channels, long long inner) {
  return (i / inner * channels + blockIdx.x) * inner + i % inner;
}
"""
"""Where the i-th element of a block's channel lies."""

BATCH_NORM = Program(
    "batch_norm",
    TOGETHER
    + PLACE
    + """
extern "C" __global__ void ff_batch_norm(
    const T* x, const T* weight, const T* bias, T* y, T* centred, T* scale, T* means, T* variances,
    long long count, long long channels, long long inner, long long has_weight,
    long long has_bias, double eps) {
  __shared__ T shared[THREADS];
  int channel = blockIdx.x;
  T total = 0, squares = 0;
  for (long long i = threadIdx.x; i < count; i += THREADS) total += x[place_of(i, channels, inner)];
  T mean = all_of(total, shared, false) / T(count);
  for (long long i = threadIdx.x; i < count; i += THREADS) {
    long long at = place_of(i, channels, inner);
    T c = centred[at] = x[at] - mean;
    squares += c * c;
  }
  T variance = all_of(squares, shared, false) / T(count);
  T rstd = 1 / sqrt(variance + T(eps));
  T factor = has_weight ? rstd * weight[channel] : rstd, shift = has_bias ? bias[channel] : T(0);
  if (threadIdx.x == 0) {
    scale[channel] = rstd;
    means[channel] = mean;
    variances[channel] = variance;
  }
  for (long long i = threadIdx.x; i < count; i += THREADS) {
    long long at = place_of(i, channels, inner);
    y[at] = centred[at] * factor + shift;
  }
}
""",
)

BATCH_NORM_BACK = Program(
    "batch_norm_back",
    TOGETHER
    + PLACE
    + """
extern "C" __global__ void ff_batch_norm_back(
    const T* grad, const T* centred, const T* scale, const T* weight, T* to_x, T* to_weight,
    T* to_bias, long long count, long long channels, long long inner, long long has_weight) {
  __shared__ T shared[THREADS];
  int channel = blockIdx.x;
  T rstd = scale[channel], sum = 0, along = 0;
  for (long long i = threadIdx.x; i < count; i += THREADS) {
    long long at = place_of(i, channels, inner);
    sum += grad[at];
    along += grad[at] * centred[at];
  }
  sum = all_of(sum, shared, false);
  along = all_of(along, shared, false) * rstd;
  if (threadIdx.x == 0) {
    to_weight[channel] = along;
    to_bias[channel] = sum;
  }
  T factor = has_weight ? rstd * weight[channel] : rstd;
  T mean = sum / T(count), slope = along * rstd / T(count);
  for (long long i = threadIdx.x; i < count; i += THREADS) {
    long long at = place_of(i, channels, inner);
    to_x[at] = (grad[at] - mean - centred[at] * slope) * factor;
  }
}
""",
)


class ChannelKernels(Launches):
    """Batch normalisation in a launch forward, and one back."""

    def _channels(self, x):
        """How many there are, elements of each, and how many lie together; or None."""
        count = x.size // max(x.shape[1], 1)
        return (x.shape[1], count, math.prod(x.shape[2:])) if count <= LARGE else None

    def batch_norm(self, x, weight, bias, dims, eps):
        """The normalised and weighted input; also the centred one, `1/√var`, mean, var."""
        sizes = self._channels(x)
        if sizes is None or not self._fast(x, weight, bias):
            return super().batch_norm(x, weight, bias, dims, eps)
        x, module, (channels, count, inner) = self.module.ascontiguousarray(x), self.module, sizes
        y, centred = module.empty_like(x), module.empty_like(x)
        shape = (channels,) if x.ndim == 2 else (1, channels, *(1,) * (x.ndim - 2))
        rstd, mean, variance = [module.empty(shape, x.dtype) for _ in range(3)]
        w, b = [x if v is None else module.ascontiguousarray(v) for v in (weight, bias)]
        arrays = x, w, b, y, centred, rstd, mean, variance
        flags = int(weight is not None), int(bias is not None)
        given = count, channels, inner, *flags, float(eps)
        self._launch(BATCH_NORM, x.dtype, channels, *arrays, *given)
        return y, centred, rstd, mean, variance

    def batch_norm_back(self, grad, centred, rstd, weight, dims):
        """The gradients of input, weight and bias."""
        sizes = self._channels(centred)
        if sizes is None or not self._fast(grad, centred, weight):
            return super().batch_norm_back(grad, centred, rstd, weight, dims)
        module, (channels, count, inner) = self.module, sizes
        grad, centred = module.ascontiguousarray(grad), module.ascontiguousarray(centred)
        to_x = module.empty_like(grad)
        to_weight, to_bias = [module.empty(channels, grad.dtype) for _ in range(2)]
        w = grad if weight is None else module.ascontiguousarray(weight)
        arrays = grad, centred, rstd, w, to_x, to_weight, to_bias
        given = count, channels, inner, int(weight is not None)
        self._launch(BATCH_NORM_BACK, grad.dtype, channels, *arrays, *given)
        return to_x, to_weight, to_bias
