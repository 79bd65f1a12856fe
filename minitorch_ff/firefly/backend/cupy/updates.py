"""Kernels of optimizers: one launch for a bucket, one for the copies into it.

Where an array of pointers is wanted, it is passed by value, as an argument of the kernel: a copy
to the device would cost more than the update.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

from minitorch_ff.firefly.backend.array_api.updates import Flat
from minitorch_ff.firefly.backend.cupy.launch import Formula, Launches, Program, blocks_for

TABLE = 64
"""So many arrays one launch takes."""

TABLE_TYPE = numpy.dtype(
    [("a", "u8", TABLE), ("b", "u8", TABLE), ("end", "i8", TABLE), ("count", "i8")]
)

FIND = f"""
struct Table {{
  unsigned long long a[{TABLE}], b[{TABLE}];
  long long end[{TABLE}], count;
}};
__device__ inline int which(const Table& table, long long at) {{
  int low = 0, high = (int)table.count - 1;
  while (low < high) {{
    int middle = (low + high) / 2;
    if (at < table.end[middle]) high = middle;
    else low = middle + 1;
  }}
  return low;
}}
"""

COPY_ALL = Program(
    "copy_all",
    FIND
    + """
extern "C" __global__ void ff_copy_all(
    const Table table, T* flat, long long first, long long size, long long back) {
  long long at = blockIdx.x * (long long)THREADS + threadIdx.x;
  if (at >= size) return;
  int i = which(table, at);
  T* array = (T*)table.a[i];
  long long place = at - (i ? table.end[i - 1] : 0);
  if (back) array[place] = flat[first + at];
  else flat[first + at] = array[place];
}
""",
)

DESCEND_ALL = Program(
    "descend_all",
    FIND
    + """
extern "C" __global__ void ff_descend_all(
    const Table table, long long size, double rate, double decay, long long climb) {
  long long at = blockIdx.x * (long long)THREADS + threadIdx.x;
  if (at >= size) return;
  int i = which(table, at);
  long long place = at - (i ? table.end[i - 1] : 0);
  T* param = (T*)table.a[i] + place;
  T grad = ((const T*)table.b[i])[place];
  if (climb) grad = -grad;
  if (decay != 0) grad += *param * T(decay);
  *param -= grad * T(rate);
}
""",
)

SGD = Formula(
    "sgd",
    "T grad, T rate, T decay, T inertia, T share, bool climb, bool first, bool nesterov",
    "T param, T buffer",
    """
    T g = climb ? -grad : grad;
    if (decay != 0) g += param * decay;
    buffer = first ? g : buffer * inertia + g * share;
    param -= (nesterov ? g + buffer * inertia : buffer) * rate;
    """,
)

ADAM = Formula(
    "adam",
    "T grad, T step_size, T tiny, T move, T keep, T fresh, T decay, T shrink, bool climb, bool ams",
    "T param, T mean, T square, T largest",
    """
    T g = climb ? -grad : grad;
    param *= shrink;
    if (decay != 0) g += param * decay;
    mean += (g - mean) * move;
    square = square * keep + g * fresh * g;
    T usual = square;
    if (ams) usual = largest = usual < largest ? largest : usual;
    param -= mean / (sqrt(usual) + tiny) * step_size;
    """,
)


ADAM_SIZES = Formula(
    "adam_sizes",
    "T step, float64 lr, float64 beta1, float64 beta2, float64 eps",
    "float64 step_size, float64 tiny",
    """
    double correction = sqrt(1 - pow(beta2, (double)step));
    step_size = lr * correction / (1 - pow(beta1, (double)step));
    tiny = eps * correction;
    """,
)


class CupyFlat(Flat):
    """Arrays side by side, copied there and back in a launch for every few."""

    __slots__ = ("backend",)
    backend: Any
    together = True

    def gather(self, arrays):
        """Copy every array to its place."""
        self.backend._copy_all(self, arrays, False)

    def spread(self, arrays):
        """Copy everything back to the arrays."""
        self.backend._copy_all(self, arrays, True)


class UpdateKernels(Launches):
    """The optimizers that most trainings use."""

    update_block = 1 << 62  # a GPU has no cache to stay in

    def flat(self, shapes, dtype):
        """Memory for arrays of these shapes, side by side."""
        flat = CupyFlat(self.module.empty(sum(map(math.prod, shapes)), dtype), shapes)
        flat.backend = self
        return flat

    def _copy_all(self, flat, arrays, back):
        """Between arrays and their places; one by one where a kernel cannot."""
        pairs = [(p, a) for p, a in zip(flat.parts, arrays, strict=True) if p.size]
        if not all([a.flags.c_contiguous and self._fast(a, p) for p, a in pairs]):
            for part, array in pairs:
                target, source = (array, part) if back else (part, array)
                target[...] = source
            return
        first = 0
        for table, size in self._tables(pairs):
            given = table, flat.numbers, first, size, int(back)
            self._launch(COPY_ALL, flat.numbers.dtype, blocks_for(size), *given)
            first += size

    def _tables(self, pairs):
        """For every few pairs of arrays where they are, and how many elements they have."""
        for start in range(0, len(pairs), TABLE):
            table, size = numpy.zeros((), TABLE_TYPE), 0
            some = pairs[start : start + TABLE]
            for i, (b, a) in enumerate(some):
                size += a.size
                table["a"][i], table["b"][i], table["end"][i] = a.data.ptr, b.data.ptr, size
            table["count"] = len(some)
            yield table, size

    def plain_sgd_step(self, params, grads, group):
        """Gradient descent without state, over a list of parameters in their shapes."""
        pairs = [(g, p) for p, g in zip(params, grads, strict=True) if p.size]
        whole = all([p.flags.c_contiguous and g.flags.c_contiguous for g, p in pairs])
        if not pairs or not whole or not self._fast(*[a for pair in pairs for a in pair]):
            super().plain_sgd_step(params, grads, group)
            return
        for table, size in self._tables(pairs):
            numbers = float(group["lr"]), float(group["weight_decay"]), int(group["maximize"])
            dtype = params[0].dtype
            self._launch(DESCEND_ALL, dtype, blocks_for(size), table, size, *numbers)

    def sgd_step(self, param, grad, group, momentum_buffer, *, first):
        """Gradient descent; at the `first` step the momentum buffer is the gradient."""
        if not self._fast(param, grad, momentum_buffer):
            super().sgd_step(param, grad, group, momentum_buffer, first=first)
            return
        numbers = self._all_like(
            param, group["lr"], group["weight_decay"], group["momentum"], 1 - group["dampening"]
        )
        flags = bool(group["maximize"]), bool(first), bool(group["nesterov"])
        self._formula(SGD)(grad, *numbers, *flags, param, momentum_buffer)

    def adam_step(self, param, grad, group, exp_avg, exp_avg_sq, max_exp_avg_sq=None, *, step):
        """Adam; AdamW with `decoupled_weight_decay`, AMSGrad with `max_exp_avg_sq`."""
        if not self._fast(param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq):
            averages = exp_avg, exp_avg_sq, max_exp_avg_sq
            super().adam_step(param, grad, group, *averages, step=step)
            return
        (beta1, beta2), lr, decay = group["betas"], group["lr"], group["weight_decay"]
        if isinstance(step, self.buffer_type):  # in a capture
            sizes = self._formula(ADAM_SIZES)(step, lr, beta1, beta2, group["eps"])
        else:
            correction = (1 - beta2**step) ** 0.5
            sizes = lr * correction / (1 - beta1**step), group["eps"] * correction
        decoupled = group.get("decoupled_weight_decay")
        numbers = self._all_like(
            param,
            *sizes,
            1 - beta1,
            beta2,
            1 - beta2,
            0 if decoupled else decay,
            1 - lr * decay if decoupled else 1,
        )
        largest = exp_avg_sq if max_exp_avg_sq is None else max_exp_avg_sq
        flags = bool(group["maximize"]), max_exp_avg_sq is not None
        self._formula(ADAM)(grad, *numbers, *flags, param, exp_avg, exp_avg_sq, largest)
