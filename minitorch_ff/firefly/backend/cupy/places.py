"""Kernels for elements by position: added up in one order, searched for, checked.

An atomic addition takes what comes first, so that sums of floating numbers change from run to
run. Here positions are sorted, so that all that goes to one place lies side by side, and one
thread adds it up from first to last: as PyTorch does for embeddings and for `index_put_`.
"""

from __future__ import annotations

from minitorch_ff.firefly.backend.cupy.launch import C_TYPES, Formula, Launches, Program, blocks_for

REDUCED = {"add": 0, "multiply": 1, "maximum": 2, "minimum": 3}

REDUCE_RUNS = Program(
    "reduce_runs",
    """
extern "C" __global__ void ff_reduce_runs(
    T* result, const long long* keys, const long long* order, const T* values,
    long long count, long long width, long long how) {
  long long at = blockIdx.x * (long long)THREADS + threadIdx.x;
  long long i = at / width, column = at % width;
  if (i >= count || (i && keys[i] == keys[i - 1])) return;
  T* place = result + keys[i] * width + column;
  T total = *place;
  for (long long j = i; j < count && keys[j] == keys[i]; ++j) {
    T value = values[order[j] * width + column];
    if (how == 0) total += value;
    else if (how == 1) total *= value;
    else if (how == 2) total = value > total || value != value ? value : total;
    else total = value < total || value != value ? value : total;
  }
  *place = total;
}
""",
)

CHECK = Formula(
    "check_between",
    "T x, int64 low, int64 high",
    "int8 inside",
    """
    inside = (long long)x >= low && (long long)x < high;
    if (!inside) refuse("index out of bounds");
    """,
)

SEARCHSORTED = Formula(
    "searchsorted",
    "T value, raw T bounds, int64 size, int64 each, bool right",
    "int64 place",
    """
    long long start = each ? i / each * size : 0, low = 0, high = size;
    while (low < high) {
      long long middle = (low + high) / 2;
      T bound = bounds[start + middle];
      bool below = right ? !(value < bound || (bound != bound && value == value))
                         : bound < value || (value != value && bound == bound);
      if (below) low = middle + 1;
      else high = middle;
    }
    place = low;
    """,
)


class PlaceKernels(Launches):
    """Reductions at positions, and searches."""

    def _reduce_runs(self, name, result, keys, order, values):
        """Reduce rows of `values`, in order, into the rows of `result` that sorted keys name."""
        if not self.has_kernels or result.dtype.name not in C_TYPES:
            super()._reduce_runs(name, result, keys, order, values)
            return
        count, width = len(keys), values.shape[1]
        arrays = result, keys, order, values
        blocks = blocks_for(count * width)
        self._launch(REDUCE_RUNS, result.dtype, blocks, *arrays, count, width, REDUCED[name])

    def all_between(self, x, low, high):
        """Yes: the device checks by itself, and stops with an error if that was wrong."""
        if not self.has_kernels:
            return super().all_between(x, low, high)
        if x.size:
            self._formula(CHECK)(x, low, high)
        return True

    def searchsorted(self, boundaries, values, right):
        """Where each value belongs in sorted boundaries, or in its own row of them."""
        if not self.has_kernels or boundaries.dtype.char not in "fdlib":
            return super().searchsorted(boundaries, values, right)
        if not boundaries.size or not values.size:
            return self.module.zeros(values.shape, "int64")
        each = values.shape[-1] if boundaries.ndim > 1 else 0
        search, size = self._formula(SEARCHSORTED), boundaries.shape[-1]
        return search(values, self.module.ascontiguousarray(boundaries), size, each, bool(right))
