"""Updates that look at a parameter as a whole: rows, columns, singular values.

Unlike in `updates.py`, arrays keep their shapes, and every parameter has a call of its
own.
"""

from __future__ import annotations


class MatrixUpdates:
    """One update per optimizer."""

    def adafactor_step(
        self, param, grad, group, row_var=None, col_var=None, variance=None, *, step
    ):
        """Adafactor: of the average square it keeps row and column means only.

        A vector has neither and keeps its `variance` whole.
        """
        if param.ndim == 0:  # results of the array library have to be arrays
            param, grad, variance = [a.reshape(1) for a in (param, grad, variance)]
        dtype, lr, (eps1, eps2) = param.dtype, group["lr"], group["eps"]
        if group["maximize"]:
            grad = self.neg(grad)
        share = step ** group["beta2_decay"]  # of the newest squares in the averages
        relative_step = min(lr, step**-0.5)
        step_size = max(eps2, self._root_mean_square(param)) * relative_step
        if group["weight_decay"]:
            keep = self.constant(1 - lr * group["weight_decay"], dtype)
            self.mul(param, keep, param)

        squares = self.mul(grad, grad)
        if variance is None:
            for average, axis in ((row_var, -1), (col_var, -2)):
                mean = self.module.mean(squares, axis, keepdims=True, dtype=dtype)
                self._move_towards(average, mean, share)
            overall = self.module.mean(row_var, -2, keepdims=True, dtype=dtype)
            overall = self.maximum(overall, self.constant(eps1, dtype))
            estimate = self.div(self.mul(row_var, col_var), overall)
        else:
            self._move_towards(variance, squares, share)
            estimate = variance

        estimate = self.maximum(estimate, self.constant(eps1 * eps1, dtype))
        update = self.mul(self.reciprocal(self.sqrt(estimate)), grad)
        too_long = max(1.0, self._root_mean_square(update) / group["d"])
        factor = self.module.array(step_size / too_long, dtype)
        self.sub(param, self.mul(update, factor), param)

    def muon_step(self, param, grad, group, momentum_buffer, *, adjusted_lr):
        """Muon: steps along the orthogonal matrix nearest to the momentum."""
        dtype, momentum = param.dtype, group["momentum"]
        self._move_towards(momentum_buffer, grad, 1 - momentum)
        update = momentum_buffer
        if group["nesterov"]:
            update = self.copy(grad)
            self._move_towards(update, momentum_buffer, momentum)
        update = self._orthogonalize(
            update, group["ns_coefficients"], group["ns_steps"], group["eps"]
        )
        keep = self.module.array(1 - group["lr"] * group["weight_decay"], dtype)
        self.mul(param, keep, param)
        factor = self.module.array(adjusted_lr, dtype)
        self.sub(param, self.mul(update.astype(dtype), factor), param)

    def _orthogonalize(self, x, coefficients, steps, eps):
        """Bring all singular values near one, by steps `(a + b xxᵀ + c (xxᵀ)²) x`.

        The steps run in single precision, rounded to bfloat16 where PyTorch stores one.
        """
        a, b, c = [self.constant(value, "float32") for value in coefficients]
        rounded = self._to_bfloat16
        tall = x.shape[0] > x.shape[1]
        x = rounded(x.T if tall else x)
        norm = rounded(self.sqrt(self._dot(x.reshape(-1), x.reshape(-1))))
        x = rounded(self.div(x, self.maximum(norm, self.constant(eps, "float32"))))
        for _ in range(steps):
            gram = rounded(self._dot(x, x.T))
            squared = self._dot(gram, gram)
            gram = rounded(self.add(self.mul(gram, b), self.mul(squared, c)))
            x = rounded(self.add(self.mul(x, a), self._dot(gram, x)))
        return x.T if tall else x

    def _to_bfloat16(self, x):
        """Single precision, rounded to the nearest number with eight binary digits."""
        bits = self.module.array(x, "float32").view("uint32")
        last_kept = bits >> 16 & 1  # a tie goes to the even neighbour
        return (bits + (0x7FFF + last_kept) & 0xFFFF0000).view("float32")

    def _move_towards(self, average, value, weight, out=None):
        """`average += weight (value - average)`, from the nearer end."""
        difference = self.sub(value, average, out)
        if weight < 0.5:
            share = self.constant(weight, average.dtype)
            self.add(average, self.mul(difference, share, difference), average)
        else:
            share = self.constant(1 - weight, average.dtype)
            self.sub(value, self.mul(difference, share, difference), average)

    def _root_mean_square(self, x):
        """The typical size of an element, a Python number."""
        return float(self.module.linalg.norm(x)) / x.size**0.5
