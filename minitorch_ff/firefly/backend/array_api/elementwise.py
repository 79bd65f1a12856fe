"""Primitives that treat every element alone."""

from __future__ import annotations

import math

FEW = 1 << 10
"""Up to so many elements, float64 costs no more than the call."""


class Elementwise:
    """Arithmetic, exponentials, trigonometry, rounding, comparison, logic, bits."""

    def pow(self, x, exponent):
        """`x` to a Python number: small powers by multiplication, which is faster."""
        multiply = self.module.multiply
        if exponent == 2:
            return multiply(x, x)
        if exponent == 3:
            return multiply(multiply(x, x), x)
        if exponent == 1:
            return self.module.positive(x)
        if exponent == 0.5:
            return self.module.sqrt(x)
        if exponent == -1 and x.dtype.kind == "f":
            return self.module.reciprocal(x)
        if exponent == 4:
            square = multiply(x, x)
            return multiply(square, square)
        return self.module.power(x, self.constant(exponent, x.dtype))

    def integer_power(self, a, b):
        """Integers to the power of integers; a negative power keeps 1 and -1 only."""
        module = self.module
        if b.dtype.kind == "u" or not self._perhaps_any(b < 0):
            return module.power(a, b)
        sign = module.where(b & 1, a, 1)  # what 1 and -1 give
        inverse = module.where(module.abs(a) == 1, sign, 0)
        return module.where(b < 0, inverse, module.power(a, module.maximum(b, 0)))

    def _perhaps_any(self, mask):
        """Whether some element is true; a device that would have to wait may just say yes."""
        return bool(mask.any())

    def scale(self, x, factor):
        """`x` times a Python number, in `x`'s dtype."""
        return self.module.multiply(x, self.constant(factor, x.dtype))

    def add_scaled(self, a, b, factor):
        """`a + factor b`; few float32 numbers are rounded once, as PyTorch rounds them."""
        module, factor, shape = self.module, a.dtype.type(factor), a.shape
        if a.dtype.itemsize == 2 and a.shape == b.shape:  # and two vectors of 16 halves
            y = module.add(a, module.multiply(b, factor)).reshape(-1)
            whole = y.size // 32 * 32
            a, b = [x.reshape(-1)[:whole].astype("float32") for x in (a, b)]
            y[:whole] = module.add(a, module.multiply(b, factor, dtype="float32"))
            return y.reshape(shape)
        if a.dtype.char != "f" or max(a.size, b.size) > FEW:
            return module.add(a, module.multiply(b, factor))
        product = module.multiply(b, factor, dtype="float64")  # exact
        return module.add(product, a).astype("float32")

    def shift(self, x, amount):
        """`x` plus a Python number, in `x`'s dtype."""
        return self.module.add(x, self.constant(amount, x.dtype))

    def positive_part(self, x):
        """`x` where it is positive, zero elsewhere; not-a-number stays."""
        return self.module.maximum(x, self.constant(0, x.dtype))

    def where_nonzero(self, x, condition):
        """`x` where `condition` is not zero, zero elsewhere."""
        return self.module.multiply(
            x, self.module.not_equal(condition, self.constant(0, condition.dtype))
        )

    def sign(self, x):
        """-1, 0 or 1, in `x`'s dtype; 0 for not-a-number."""
        zero = self.constant(0, x.dtype)
        positive, negative = self.module.greater(x, zero), self.module.less(x, zero)
        difference = self.module.subtract(positive.view("i1"), negative.view("i1"))
        return difference.astype(x.dtype)

    def log10(self, x):
        """The logarithm to base 10; whole for powers of 10, as float32 alone is not."""
        if x.dtype.char == "f":
            return self.module.log10(x.astype("float64")).astype("float32")
        return self.module.log10(x)

    def sinc(self, x):
        """`sin(πx) / (πx)`, and 1 at 0."""
        if x.dtype.itemsize == 2:
            return self.sinc(x.astype("float32")).astype(x.dtype)
        angle = self.module.multiply(x, self.constant(math.pi, x.dtype))
        ratio = self.module.true_divide(self.module.sin(angle), angle)
        return self.module.where(x == 0, self.constant(1, x.dtype), ratio)

    def nan_to_num(self, x, nan, above, below):
        """Numbers in the place of not-a-number, of +infinity and of -infinity."""
        y = self.where(x != x, self.constant(nan, x.dtype), x)
        for infinity, number in ((math.inf, above), (-math.inf, below)):
            mask = x == self.constant(infinity, x.dtype)
            y = self.where(mask, self.constant(number, x.dtype), y)
        return y

    def where(self, mask, a, b):
        """`a` where the boolean `mask` holds, `b` elsewhere."""
        return self.module.where(mask, a, b)

    def where_true(self, x, mask):
        """`x` where the boolean `mask` holds, zero elsewhere (infinities included)."""
        return self.module.where(mask, x, self.constant(0, x.dtype))

    def remainder(self, a, b):
        """What is left of `a`, with the sign of `b`; a zero keeps the sign of `a`."""
        if a.dtype.kind in "iub":
            return self.module.remainder(a, b)
        rest = self.module.fmod(a, b)
        zero = self.constant(0, rest.dtype)
        wrong = ((rest < zero) != (b < zero)) & (rest != zero)
        return self.where(wrong, self.module.add(rest, b), rest)

    def trunc_divide(self, a, b):
        """`a / b`, rounded towards zero, in the operands' dtype."""
        if a.dtype.kind in "iu":
            quotient = self.module.abs(a) // self.module.abs(b)
            return quotient * (self.module.sign(a) * self.module.sign(b))
        return self.module.trunc(self.module.true_divide(a, b))

    def clip(self, x, low, high):
        """`x` held between two Python numbers; either may be None."""
        if x.dtype.kind == "f":  # one pass, vectorized: `maximum` by a scalar is not
            low = self.constant(-math.inf if low is None else low, x.dtype)
            high = self.constant(math.inf if high is None else high, x.dtype)
            return x.clip(low, high)
        if low is not None:
            x = self.module.maximum(x, self.constant(low, x.dtype))
        if high is not None:
            x = self.module.minimum(x, self.constant(high, x.dtype))
        return x

    def cast(self, x, dtype):
        """`x` in another dtype, always in new memory."""
        return self.module.asarray(x).astype(dtype)

    def copy(self, x):
        """`x` in new memory of its own, in the same layout."""
        return self.module.array(x, copy=True)

    # The primitives whose name ends in `_` write into their first operand.

    def add_(self, x, y):
        """Add `y` to `x`, into `x` itself, unless it is a scalar without memory."""
        return self.module.add(x, y, x) if type(x) is self.buffer_type else x + y

    def copy_(self, x, y):
        """Write `y`, broadcast and cast, into `x`."""
        x[...] = y
