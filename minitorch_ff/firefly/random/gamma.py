"""Gamma draws, by the method of Marsaglia and Tsang (2000)."""

from __future__ import annotations

import math

import numpy as np

from minitorch_ff.firefly.random.dtypes import not_implemented
from minitorch_ff.firefly.random.exact import silent
from minitorch_ff.firefly.random.normal import Normal

# The computation is in double precision, but for two constants in single precision.
_THIRD = np.float32(1) / np.float32(3)
_SQUEEZE = float(np.float32(0.0331))


class Gamma(Normal):
    """Draws from gamma distributions."""

    @silent
    def standard_gamma(self, concentration: np.ndarray) -> np.ndarray:
        """Draw from the gamma distribution of scale 1, for each element.

        Args:
            concentration: The distributions' shape parameters, in draw order.
                Shape `(size,)`, float32 or float64.

        Returns:
            Shape `(size,)`, the dtype of `concentration`.

        Raises:
            NotImplementedError: It is another dtype.
        """
        dtype = concentration.dtype
        if dtype not in (np.float32, np.float64):
            raise not_implemented("gamma_cpu", dtype)
        smallest = np.finfo(dtype).tiny
        values = np.array([self._gamma(alpha) for alpha in concentration], dtype)
        # As in C++'s max, what is not a number becomes the smallest positive one too.
        return np.where(values > smallest, values, smallest)

    @silent
    def dirichlet(self, concentration: np.ndarray) -> np.ndarray:
        """Draw parts that add up to one, for each row: gamma draws over their sum.

        Args:
            concentration: The distributions' parameters, in draw order.
                Shape `(…, parts)`, float32 or float64.

        Returns:
            The shape and dtype of `concentration`.

        Raises:
            NotImplementedError: It is another dtype.
        """
        dtype = concentration.dtype
        if dtype not in (np.float32, np.float64):
            raise not_implemented("dirichlet", dtype)
        draws = self.standard_gamma(concentration.astype(np.float64).reshape(-1))
        draws = draws.reshape(concentration.shape)
        parts = (draws / draws.sum(-1, keepdims=True)).astype(dtype)
        below_one = np.nextafter(dtype.type(1), dtype.type(0))
        return np.clip(parts, np.finfo(dtype).tiny, below_one)

    def _gamma(self, alpha: np.floating) -> float:
        number = type(alpha)  # some steps round to the dtype of the result
        scale = 1.0
        if alpha < 1:
            if alpha == 0:
                return 0.0
            scale = float(np.float64(1 - self.unit()) ** np.float64(number(1) / alpha))
            alpha = number(alpha + number(1))
        d = float(alpha - number(_THIRD))
        c = float(1.0 / np.sqrt(np.float64(9.0 * d)))  # where d < 0, not a number
        while True:
            x, root = 0.0, 0.0
            while root <= 0:
                x = float(self.standard_normals(1)[0])
                root = 1.0 + c * x
            v = root * root * root
            u = 1 - self.unit()
            xx = x * x
            if u < 1.0 - _SQUEEZE * xx * xx:
                break
            if math.log(u) < 0.5 * xx + d * (1.0 - v + math.log(v)):
                break
        return scale * d * v
