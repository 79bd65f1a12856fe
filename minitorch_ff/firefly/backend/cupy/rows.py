"""Kernels that work through an array row by row: softmax, cross entropy, layer norm.

A row is a block's; its threads take every 256th element, and add up in pairs. So sums come in
one order, and the same numbers come out every time.
"""

from __future__ import annotations

import math

from minitorch_ff.firefly.backend.cupy.launch import Formula, Launches, Program

TOGETHER = """
__device__ inline T all_of(T value, T* shared, bool largest) {
  __syncthreads();
  shared[threadIdx.x] = value;
  for (int half = THREADS / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) {
      T other = shared[threadIdx.x + half];
      if (!largest) shared[threadIdx.x] += other;
      else if (!(other <= shared[threadIdx.x])) shared[threadIdx.x] = other;
    }
  }
  __syncthreads();
  return shared[0];
}
"""
"""The sum, or the largest, of what the threads of a block have."""

SOFTMAX = Program(
    "softmax",
    TOGETHER
    + """
extern "C" __global__ void ff_softmax(
    const T* x, T* y, long long width, long long inner, long long mode) {
  __shared__ T shared[THREADS];
  long long row = blockIdx.x;
  long long start = row / inner * width * inner + row % inner;
  T largest = x[start], total = 0;
  for (long long i = threadIdx.x; i < width; i += THREADS) {
    T v = x[start + i * inner];
    if (!(v <= largest)) largest = v;
  }
  largest = all_of(largest, shared, true);
  T origin = mode == 2 && isinf(largest) ? T(0) : largest;
  for (long long i = threadIdx.x; i < width; i += THREADS)
    total += exp(x[start + i * inner] - origin);
  total = all_of(total, shared, false);
  if (mode == 2) {
    if (threadIdx.x == 0) y[row] = log(total) + origin;
    return;
  }
  T shift = log(total);
  for (long long i = threadIdx.x; i < width; i += THREADS) {
    long long at = start + i * inner;
    T v = x[at] - origin;
    y[at] = mode == 1 ? v - shift : exp(v) / total;
  }
}
""",
)
"""Mode 0: the softmax; 1: its logarithm; 2: the logarithm of the sum of exponentials."""

CROSS_ENTROPY = Program(
    "cross_entropy",
    TOGETHER
    + """
extern "C" __global__ void ff_cross_entropy(
    const T* x, const long long* target, const T* share, T* y, T* loss, long long width) {
  __shared__ T shared[THREADS];
  long long row = blockIdx.x;
  x += row * width;
  y += row * width;
  T largest = x[0], total = 0;
  for (long long i = threadIdx.x; i < width; i += THREADS)
    if (!(x[i] <= largest)) largest = x[i];
  largest = all_of(largest, shared, true);
  for (long long i = threadIdx.x; i < width; i += THREADS) total += y[i] = exp(x[i] - largest);
  total = all_of(total, shared, false);
  for (long long i = threadIdx.x; i < width; i += THREADS) y[i] /= total;
  if (threadIdx.x == 0) {
    T counted = share[row];
    loss[row] = counted == 0 ? T(0) : counted * (log(total) - (x[target[row]] - largest));
  }
}
""",
)

CROSS_ENTROPY_BACK = Formula(
    "cross_entropy_back",
    "T p, raw int64 target, raw T share, raw T grad, int64 width",
    "T y",
    """
    long long row = i / width;
    T counted = share[row];
    y = counted > 0 ? (p - T(i % width == target[row])) * counted * grad[0] : T(0);
    """,
)

ROW_SHARES = Formula(
    "row_shares",
    "T target, int64 ignored, raw int64 count, raw U like",
    "int64 safe, U share",
    """
    bool counts = (long long)target != ignored;
    safe = counts ? (long long)target : 0;
    share = U(counts) / U(count[0]);
    """,
)

LAYER_NORM = Program(
    "layer_norm",
    TOGETHER
    + """
extern "C" __global__ void ff_layer_norm(
    const T* x, const T* weight, const T* bias, T* y, T* scaled, T* scale,
    long long width, long long has_weight, long long has_bias, double eps) {
  __shared__ T shared[THREADS];
  x += blockIdx.x * width;
  y += blockIdx.x * width;
  scaled += blockIdx.x * width;
  T total = 0, squares = 0;
  for (long long i = threadIdx.x; i < width; i += THREADS) total += x[i];
  T mean = all_of(total, shared, false) / T(width);
  for (long long i = threadIdx.x; i < width; i += THREADS) {
    T c = x[i] - mean;
    squares += c * c;
  }
  T rstd = 1 / sqrt(all_of(squares, shared, false) / T(width) + T(eps));
  if (threadIdx.x == 0) scale[blockIdx.x] = rstd;
  for (long long i = threadIdx.x; i < width; i += THREADS) {
    T v = scaled[i] = (x[i] - mean) * rstd;
    if (has_weight) v *= weight[i];
    if (has_bias) v += bias[i];
    y[i] = v;
  }
}
""",
)

LAYER_NORM_BACK = Program(
    "layer_norm_back",
    TOGETHER
    + """
extern "C" __global__ void ff_layer_norm_back(
    const T* grad, const T* scaled, const T* scale, const T* weight, T* y,
    long long width, long long has_weight) {
  __shared__ T shared[THREADS];
  long long start = blockIdx.x * width;
  T rstd = scale[blockIdx.x], sum = 0, along = 0;
  for (long long i = threadIdx.x; i < width; i += THREADS) {
    T inner = has_weight ? grad[start + i] * weight[i] : grad[start + i];
    sum += inner;
    along += inner * scaled[start + i];
  }
  T mean = all_of(sum, shared, false) / T(width);
  T slope = all_of(along, shared, false) / T(width);
  for (long long i = threadIdx.x; i < width; i += THREADS) {
    T inner = has_weight ? grad[start + i] * weight[i] : grad[start + i];
    y[start + i] = (inner - mean - scaled[start + i] * slope) * rstd;
  }
}
""",
)


class RowKernels(Launches):
    """Primitives with a launch where a composition has five to ten."""

    def _softmax(self, x, dim, mode):
        x = self.module.ascontiguousarray(x)
        width, inner = x.shape[dim], math.prod(x.shape[dim + 1 :])
        shape = x.shape if mode < 2 else (*x.shape[:dim], 1, *x.shape[dim + 1 :])
        y = self.module.empty(shape, x.dtype)
        self._launch(SOFTMAX, x.dtype, x.size // width, x, y, width, inner, mode)
        return y

    def softmax(self, x, dim):
        """Exponentials over `dim`, scaled to add up to one."""
        return self._softmax(x, dim, 0) if x.ndim and self._fast(x) else super().softmax(x, dim)

    def log_softmax(self, x, dim):
        """The logarithm of the softmax over `dim`, without overflow."""
        return self._softmax(x, dim, 1) if x.ndim and self._fast(x) else super().log_softmax(x, dim)

    def logsumexp(self, x, dim=None, keepdim=False):
        """`log Σ exp x` without overflow; of no elements, minus infinity."""
        dims = (dim,) if isinstance(dim, int) else dim
        if dims is None or len(dims) != 1 or not self._fast(x):
            return super().logsumexp(x, dim, keepdim)
        y = self._softmax(x, dims[0], 2)
        return y if keepdim else y.reshape(*x.shape[: dims[0]], *x.shape[dims[0] + 1 :])

    def row_shares(self, x, target, ignored):
        """Targets that are classes, and the share of each row in a mean: 0 if it is ignored."""
        if not self._fast(x):
            return super().row_shares(x, target, ignored)
        count = self.module.count_nonzero(target != ignored)
        shares = self._formula(ROW_SHARES)
        return shares(target, ignored, count.astype("int64"), x)

    def cross_entropy(self, x, target, share=None):
        """The mean loss of rows of scores, and their softmax."""
        if share is None or not self._fast(x, share):
            return super().cross_entropy(x, target, share)
        x = self.module.ascontiguousarray(x)
        y, losses = self.module.empty_like(x), self.module.empty_like(share)
        rows, width = x.shape
        self._launch(CROSS_ENTROPY, x.dtype, rows, x, target, share, y, losses, width)
        return losses.sum(), y

    def cross_entropy_back(self, grad, probabilities, target, share=None):
        """`(p - t) g / n` for the one-hot targets `t`."""
        if share is None or not self._fast(probabilities, share, grad):
            return super().cross_entropy_back(grad, probabilities, target, share)
        back, width = self._formula(CROSS_ENTROPY_BACK), probabilities.shape[1]
        return back(probabilities, target, share, grad, width)

    def layer_norm(self, x, weight, bias, dims, eps):
        """Each row centred, scaled and weighted; also only scaled, and `1/√var`."""
        rows = self._rows_of(x, dims)
        if rows is None or not self._fast(x, weight, bias):
            return super().layer_norm(x, weight, bias, dims, eps)
        x, module = self.module.ascontiguousarray(x), self.module
        w, b = [x if v is None else module.ascontiguousarray(v) for v in (weight, bias)]
        y, scaled = module.empty_like(x), module.empty_like(x)
        rstd = module.empty((*x.shape[: x.ndim - len(dims)], *(1,) * len(dims)), x.dtype)
        given = x.size // rows, int(weight is not None), int(bias is not None), float(eps)
        self._launch(LAYER_NORM, x.dtype, rows, x, w, b, y, scaled, rstd, *given)
        return y, scaled, rstd

    def layer_norm_back(self, grad, scaled, rstd, weight, dims):
        """The gradient of the input."""
        rows = self._rows_of(grad, dims)
        if rows is None or not self._fast(grad, scaled, weight):
            return super().layer_norm_back(grad, scaled, rstd, weight, dims)
        grad, module = self.module.ascontiguousarray(grad), self.module
        w = grad if weight is None else module.ascontiguousarray(weight)
        y, width = module.empty_like(grad), grad.size // rows
        given = width, int(weight is not None)
        self._launch(LAYER_NORM_BACK, grad.dtype, rows, grad, scaled, rstd, w, y, *given)
        return y
