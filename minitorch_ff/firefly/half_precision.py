"""Operators of half-precision numbers: computed in float32, and rounded once at the end.

float16 and bfloat16 hold too few digits for the steps between, and float16 ends at 65504. As in
PyTorch, an operator that `widens` gets its inputs in float32, in its rule as well. But some of
PyTorch's rules, and a few functions, are put together from several kernels, or have kernels that
round as they go. Those are marked `rounds` and `rounds_forward`, and get the namespace `Steps`.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from minitorch_ff.firefly.ops.base import FREED, apply
from minitorch_ff.firefly.ops.shaping import ToCopy
from minitorch_ff.firefly.tensor import wrap


stays_wide: Any = None
"""Says of an operator and its first input whether the result is left in float32: never, if None."""


def call_in_single(call, operator, inputs, settings):
    """`call`, which is `apply` or `apply_several`, in float32.

    None if the floating inputs are not all of one half-precision dtype.
    """
    given = [t.buffer for t in inputs]
    dtypes = {b.dtype for b in given if b is not None and b.dtype.kind in "fcV"}
    dtype = given[0].dtype
    if dtypes != {dtype} or (operator.promotes and given[1].dtype != dtype):
        return None
    if stays_wide is not None and stays_wide(operator, inputs[0]):
        return call(operator, *[in_float32(t) for t in inputs], **settings)
    if dtype.name in operator.rounds_forward:
        return call(in_steps(operator, dtype), *inputs, **settings)
    wide = [widened(t) for t in inputs]
    out = call(operator, *wide, **settings)
    halves = {id(w.buffer): t.buffer for w, t in zip(wide, inputs, strict=True)}
    for tensor in [out] if call.__name__ == "apply" else out:
        if tensor.buffer.dtype.name == "float32":
            round_to(dtype, tensor, halves)
    return out


def in_float32(tensor):
    """A floating tensor cast to float32, and its gradient back; any other as it is."""
    buffer = tensor.buffer
    if buffer is None or buffer.dtype.kind not in "fV":
        return tensor
    return apply(ToCopy, tensor, dtype="float32")


def widened(tensor):
    """A floating tensor in float32, at the same place in the graph; any other as it is."""
    buffer = tensor.buffer
    if buffer is None or buffer.dtype.kind not in "fV":
        return tensor
    wide = wrap(tensor.result_class, tensor.backend.cast(buffer, "float32"), tensor.edge())
    wide.version = tensor.version
    return wide


def round_to(dtype, tensor, halves):
    """Round a result, and let its operator's rule work in float32, or round as it goes."""
    wide, tensor.buffer = tensor.buffer, tensor.backend.cast(tensor.buffer, dtype)
    node = tensor.node
    if node is None:
        return
    node.dtype = dtype
    op = getattr(node, "operator", node)  # of one output of several
    known = {id(wide): tensor.buffer}
    if dtype.name in op.rounds:
        known.update(halves)
        op.kept = None  # it was not rounded
    op.saved = tuple([known.get(id(s), s) for s in op.saved])
    op.fits = False
    op.backward = functools.partial(backward, op, type(op), dtype)


def backward(op, operator, dtype, xp, grad):
    """The rule of `operator`: in float32, or in steps; recorded ones round anyway."""
    if dtype.name in operator.rounds:
        return operator.backward(op, xp if xp.records else Steps(xp, dtype), grad)
    if type(grad) is list:
        grad = [g if g is None else xp.cast(g, "float32") for g in grad]
    else:
        grad = xp.cast(grad, "float32")
    if not xp.records and op.saved is not FREED:
        op.saved = tuple(Steps(xp, dtype).wide(list(op.saved)))
    return operator.backward(op, xp, grad)


@functools.cache
def in_steps(operator, dtype):
    """The operator, whose `forward` rounds at each step."""

    def forward(self, xp, *buffers, **settings):
        return operator.forward(self, Steps(xp, dtype), *buffers, **settings)

    def rule(self, xp, grad):
        return backward(self, operator, dtype, xp, grad)

    own = {"forward": forward, "backward": rule, "widens": False, "fits": False}
    own |= {name: getattr(operator, name, "") for name in ("__doc__", "__module__", "primitive")}
    return type(operator.__name__, (operator,), own)


class Steps:
    """The primitives of a back end, each computed in float32 and rounded."""

    records = False

    def __init__(self, xp, dtype):
        self.xp, self.dtype = xp, dtype

    def __getattr__(self, name):
        primitive = getattr(self.xp, name)
        if name.endswith("_"):  # it writes into its operand
            return primitive
        return functools.partial(self.step, primitive)

    def at_once(self, function, *operands):
        """What a function of the namespace and of buffers gives, rounded only at its end."""
        return self.step(functools.partial(function, self.xp), *operands)

    def step(self, function, *operands, **settings):
        """What a function of buffers gives, rounded."""
        return self.rounded(function(*[self.wide(x) for x in operands], **settings))

    def wide(self, x):
        """A buffer of half-precision numbers, or each of a list, in float32."""
        if type(x) is list:
            return [self.wide(part) for part in x]
        is_half = getattr(x, "dtype", None) == self.dtype
        return self.xp.cast(x, "float32") if is_half else x

    def rounded(self, x):
        """A float32 buffer rounded; anything else as it is."""
        is_wide = getattr(getattr(x, "dtype", None), "name", "") == "float32"
        return self.xp.cast(x, self.dtype) if is_wide else x

    def rounded_sum(self, x):
        """As it is: it takes half-precision numbers."""
        return self.xp.rounded_sum(x)

    def trunc_divide(self, a, b):
        """As it is: the quotient is rounded before it is cut."""
        return self.xp.trunc_divide(a, b)

    def rsqrt(self, x):
        """What is left of the last two vectors of 16 takes two steps."""
        y = self.xp.asarray(self.step(self.xp.rsqrt, x)).reshape(-1)
        left = y.size // 32 * 32
        y[left:] = self.reciprocal(self.sqrt(x.reshape(-1)[left:]))
        return y.reshape(x.shape)

    def erf(self, x):
        """The rough one."""
        return self.step(self.xp.rough_erf, x)

    def normal_cdf(self, x):
        """By the rough one, and left in float32."""
        xp = self.xp
        y = xp.rough_erf(xp.scale(self.wide(x), math.sqrt(0.5)))
        return xp.scale(xp.shift(y, 1), 0.5)

    def sinh(self, x, function="sinh"):
        """In vectors infinite where the exponential is."""
        y = self.xp.exp(self.xp.abs(self.wide(x)))
        return self.step(getattr(self.xp, function), self.astray(x, 2, y, 64))

    def cosh(self, x):
        """There too."""
        return self.sinh(x, "cosh")

    def fmod(self, a, b, rest="fmod"):
        """In vectors not-a-number where the quotient is beyond 2¹²⁸, the end of float32."""
        # 2¹²⁸ itself is not: 0.999 is nearer to 1 than two such quotients are to each other.
        quotient = self.xp.div(self.xp.scale(self.wide(a), 0.999), self.wide(b))
        return self.step(getattr(self.xp, rest), a, self.astray(b, 0, quotient, 32))

    def remainder(self, a, b):
        """There too."""
        return self.fmod(a, b, "remainder")

    def astray(self, x, factor, y, lanes):
        """`x` times a number where `y` is infinite, in whole vectors of PyTorch's CPU."""
        x, infinite = self.wide(x), self.xp.asarray(self.xp.isinf(y)).reshape(-1)
        infinite[y.size // lanes * lanes if self.xp.device_type == "cpu" else 0 :] = False
        return self.xp.where(infinite.reshape(y.shape), self.xp.scale(x, factor), x)

    def pow(self, x, exponent):
        """In bfloat16 the square in a cube is rounded."""
        if exponent == -0.5:
            return self.rsqrt(x)
        if exponent == 3 and self.dtype.name == "bfloat16":
            return self.mul(self.mul(x, x), x)
        return self.step(self.xp.pow, x, exponent)

    def log_softmax(self, x, dim):
        """Along the last dimension the sum of the exponentials and its logarithm are rounded."""
        if dim != x.ndim - 1 or not x.size:
            return self.step(self.xp.log_softmax, x, dim)
        x, xp = self.wide(x), self.xp
        shifted = xp.sub(x, xp.largest(x, dim))
        total = self.log(self.rounded(xp.sum(xp.exp(shifted), dim, True)))
        return self.rounded(xp.sub(shifted, self.wide(total)))

    def batch_norm(self, x, weight, bias, dims, eps):
        """The mean and one over the root of the variance are rounded, and so kept."""
        x, xp = self.wide(x), self.xp
        _, _, rstd, mean, variance = xp.batch_norm(x, None, None, dims, eps)
        if self.dtype.name == "bfloat16":  # so is the sum of squares, and the variance
            count = x.size // max(x.shape[1], 1)
            squares = self.wide(self.rounded(xp.scale(variance, count)))
            variance = xp.scale(squares, 1 / max(count, 1))
            rstd = xp.rsqrt(xp.shift(self.wide(self.rounded(variance)), eps))
        center, rstd = self.wide([self.rounded(mean), self.rounded(rstd)])
        factor = rstd if weight is None else xp.mul(rstd, xp.per_channel(self.wide(weight), x))
        offset = xp.neg(xp.mul(center, factor))
        if bias is not None:
            offset = xp.add(offset, xp.per_channel(self.wide(bias), x))
        y = self.rounded(xp.add(xp.mul(x, factor), offset))
        return y, xp.sub(x, center), rstd, mean, variance
