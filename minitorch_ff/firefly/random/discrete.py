"""Draws that count or decide: Bernoulli, geometric and Poisson."""

from __future__ import annotations

import math

import numpy as np

from minitorch_ff.firefly.random.dtypes import (
    BOOL, FLOAT32, FLOAT64, INTEGERS, is_floating, not_implemented, require_floating,
)  # fmt: skip
from minitorch_ff.firefly.random.engine import Engine
from minitorch_ff.firefly.random.exact import INT64_MIN, cast, each, floor, log, silent


class Discrete(Engine):
    """Draws from distributions over 0 and 1, or over counts."""

    def bernoulli(self, size: int, p: float) -> np.ndarray:
        """Decide `size` times, each time yes with probability `p`.

        Args:
            size: How many decisions.
            p: The probability, in [0, 1].

        Returns:
            Shape `(size,)`, bool.

        Raises:
            RuntimeError: `p` is no probability.
        """
        if not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
        # u < p for a number u of 53 bits, as a comparison of integers; exact.
        threshold = np.uint64(math.ceil(p * 2.0**53))
        return self._in_blocks(lambda n: self.u53s(n) < threshold, size, BOOL)

    @silent
    def bernoulli_each(self, p: np.ndarray) -> np.ndarray:
        """Decide for each element of `p` with its own probability.

        The decisions are other ones than `bernoulli` makes of the same number: they
        take 24 bits each, or 53 if `p` is float64.

        Args:
            p: Probabilities in draw order. Shape `(size,)`, floating.

        Returns:
            Shape `(size,)`, bool.

        Raises:
            RuntimeError: One of them is no probability.
            NotImplementedError: `p` is not floating.
        """
        require_floating(p.dtype, "bernoulli_tensor_cpu_p_")
        if not ((p >= 0) & (p <= 1)).all():
            raise RuntimeError(
                "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  "
                "(Could this error message be improved?  If so, please report an "
                "enhancement request to PyTorch.)"
            )
        if p.dtype == FLOAT64:
            return self.unit64(p.size) < p
        return self.unit32(p.size) < p.astype(np.float32, copy=False)

    @silent
    def geometric(self, size: int, p: float, dtype: np.dtype = FLOAT32) -> np.ndarray:
        """Count the tries up to the first success.

        Args:
            size: How many counts.
            p: The probability of success in one try, in (0, 1).
            dtype: Floating or integer.

        Returns:
            Counts from 1 on. Shape `(size,)`.

        Raises:
            RuntimeError: `p` is not in (0, 1).
            NotImplementedError: The distribution does not come in this dtype.
        """
        if not 0 < p < 1:
            raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
        if size and not is_floating(dtype) and dtype.name not in INTEGERS:
            raise not_implemented("geometric_cpu", dtype)
        log_failure = math.log1p(-p)

        def draw(n):
            return cast(np.ceil(each(log, self.unit64(n)) / log_failure), dtype)

        return self._in_blocks(draw, size, dtype)

    @silent
    def poisson(self, rates: np.ndarray) -> np.ndarray:
        """Count the events of a unit of time, for each element of `rates`.

        Args:
            rates: Expected counts, in draw order. Shape `(size,)`, floating.

        Returns:
            Counts. Shape `(size,)`, the dtype of `rates`.

        Raises:
            RuntimeError: A rate is negative.
            NotImplementedError: `rates` is not floating.
        """
        require_floating(rates.dtype, "poisson_cpu")
        if not (rates >= 0).all():
            raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
        counts = map(self._poisson, rates.astype(np.float64).tolist())
        return cast(np.fromiter(counts, np.int64, rates.size), rates.dtype)

    def _poisson(self, rate: float) -> int:
        if rate >= 10:
            return self._poisson_by_rejection(rate)
        if rate == 0:
            return 0
        # Multiply uniform numbers until the product falls to e^-rate.
        limit = math.exp(-rate)
        count, product = -1, 1.0
        while product > limit:
            product *= self.unit()
            count += 1
        return count

    def _poisson_by_rejection(self, rate: float) -> int:
        """Hörmann's transformed rejection (1993), algorithm PTRS."""
        log_rate = math.log(rate)
        b = 0.931 + 2.53 * math.sqrt(rate)
        a = -0.059 + 0.02483 * b
        inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
        v_r = 0.9277 - 3.6224 / (b - 2)
        while True:
            u = self.unit() - 0.5
            v = self.unit()
            us = 0.5 - abs(u)
            count = INT64_MIN  # what C makes of dividing by us = 0, once in 2⁵³ draws
            if us:
                count = floor((2 * a / us + b) * u + rate + 0.43)
            if us >= 0.07 and v <= v_r:
                return count
            if count < 0 or (us < 0.013 and v > us):
                continue
            hat = math.log(inverse_alpha) - math.log(a / (us * us) + b)
            log_probability = -rate + count * log_rate - math.lgamma(count + 1)
            if log(v) + hat <= log_probability:
                return count

    @silent
    def binomial(self, counts: np.ndarray, chances: np.ndarray) -> np.ndarray:
        """Count the successes of tries, for each element.

        Args:
            counts: How many tries, in draw order. Shape `(size,)`, floating.
            chances: The probability of success, likewise, of the same dtype.

        Returns:
            Shape `(size,)`, the dtype of `counts`.

        Raises:
            NotImplementedError: It is not float32 or float64.
        """
        if counts.dtype not in (FLOAT32, FLOAT64):
            raise not_implemented("binomial_cpu", counts.dtype)
        drawn = map(self._binomial, counts, chances)
        return np.fromiter(drawn, counts.dtype, counts.size)

    def _binomial(self, count: np.floating, chance: np.floating) -> float:
        number = type(count)  # some steps round to the dtype of the result
        if count <= 0 or chance <= 0:
            return 0.0
        if chance >= 1:
            return float(count)
        if math.isnan(chance):
            return math.nan
        rare = chance if chance <= 0.5 else number(1.0 - float(chance))
        draw = self._binomial_by_rejection if count * rare >= 10 else self._binomial_by_gaps
        drawn = draw(count, rare)
        return drawn if chance <= 0.5 else float(count) - drawn

    def _binomial_by_gaps(self, count: np.floating, chance: np.floating) -> float:
        """Add up the gaps between successes until the tries are used up."""
        log_failure = float(np.log1p(-chance))
        tries, successes = 0.0, 0.0
        while True:
            tries += float(np.ceil(log(self.unit()) / log_failure))  # may be infinite
            if not tries <= count:
                return successes
            successes += 1

    def _binomial_by_rejection(self, count: np.floating, chance: np.floating) -> float:
        """Hörmann's transformed rejection (1993), algorithm BTRS, with a logarithm of V."""
        number = type(count)
        deviation = float(np.sqrt(count * chance * (number(1) - chance)))
        n, p = float(count), float(chance)
        b = 1.15 + 2.53 * deviation
        a = -0.0873 + 0.0248 * b + 0.01 * p
        centre = float(count * chance) + 0.5
        v_r = 0.92 - 4.2 / b
        odds = float(chance / (number(1) - chance))
        alpha = (2.83 + 5.1 / b) * deviation
        m = float(np.floor((count + number(1)) * chance))
        while True:
            u, v = self.unit() - 0.5, self.unit()
            us = 0.5 - abs(u)
            k = float(floor((2 * a / us + b) * u + centre)) if us else -1.0
            if k < 0 or k > n:
                continue
            if us >= 0.07 and v <= v_r:
                return k
            bound = (m + 0.5) * math.log((m + 1) / (odds * (n - m + 1)))
            bound += (n + 1) * math.log((n - m + 1) / (n - k + 1))
            bound += (k + 0.5) * math.log(odds * (n - k + 1) / (k + 1))
            bound += _tail(m) + _tail(n - m) - _tail(k) - _tail(n - k)
            if log(v * alpha / (a / (us * us) + b)) <= bound:
                return k


def _tail(k: float) -> float:
    """What Stirling's formula for `ln k!` leaves over."""
    if k < 10:  # from the logarithm itself: the series is too coarse
        return math.lgamma(k + 1) - (k + 0.5) * math.log(k + 1) + k + 1 - _HALF_LOG_TAU
    square = (k + 1) ** 2
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


_HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)
