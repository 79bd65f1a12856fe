"""The primitives once more, over tensors: what rules call when the backward is recorded.

Under `create_graph=True` a rule gets this namespace in place of a back end. A primitive that
is differentiable calls its operator, which records itself; one that gives booleans or
positions is locally constant, and gives a plain buffer in both worlds. A fused primitive is
written out in simple ones. So every rule, written once, has derivatives of every order.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff.firefly.backend.array_api.normalization import Normalization
from minitorch_ff.firefly.ops import (
    activation, arithmetic, complex_numbers, convolution, cumulative, decompositions, embedding,
    exponential, indexing, loss, matmul, picking, pooling, powers, recurrence, reduction,
    resampling, selection, shaping, signs, special, trigonometric,
)  # fmt: skip
from minitorch_ff.firefly.ops.base import apply, apply_several
from minitorch_ff.firefly.promotion import number
from minitorch_ff.firefly.tensor import Tensor, wrap


def lift(x: Any) -> Any:
    """A buffer as a tensor without history; a tensor as it is."""
    return x if isinstance(x, Tensor) else wrap(Tensor.result_class, x)


def raw(x: Any) -> Any:
    """The buffer of a tensor; anything else as it is."""
    return x.buffer if isinstance(x, Tensor) else x


def twin(operator: Any, *names: str) -> Any:
    """The primitive that an operator of one input records.

    Args:
        operator: The operator's class.
        *names: Its settings, in the order of the primitive's arguments.
    """

    def primitive(self: Recorded, x: Any, *values: Any, **settings: Any) -> Any:
        for name, value in zip(names, values, strict=False):
            settings[name] = raw(value)
        return apply(operator, x, **settings)

    return primitive


def two(operator: Any) -> Any:
    """The primitive that an operator of two inputs records; either may be a constant."""

    def primitive(self: Recorded, a: Any, b: Any, **settings: Any) -> Any:
        return apply(operator, lift(a), lift(b), **settings)

    return primitive


def many(operator: Any) -> Any:
    """The primitive that an operator of many inputs records; some may be constants."""

    def primitive(self: Recorded, parts: Any, dim: int) -> Any:
        return apply(operator, *[lift(part) for part in parts], dim=dim)

    return primitive


def constant(name: str) -> Any:
    """A primitive whose result does not change under a small change of its inputs."""

    def primitive(self: Recorded, x: Any, *others: Any, **settings: Any) -> Any:
        backend = lift(x).backend
        function = getattr(backend, name)
        others = tuple([raw(other) for other in others])
        return backend.asarray(function(raw(x), *others, **settings))

    return primitive


class Recorded:
    """The namespace of a backward pass that is itself recorded."""

    records = True

    # Constants
    eq, ne, lt, le, gt, ge = map(constant, ("eq", "ne", "lt", "le", "gt", "ge"))
    isnan, isinf, isfinite = map(constant, ("isnan", "isinf", "isfinite"))
    logical_and, logical_or = constant("logical_and"), constant("logical_or")
    logical_not, sign = constant("logical_not"), constant("sign")
    floor_divide, trunc_divide = constant("floor_divide"), constant("trunc_divide")
    all, any, shares = constant("all"), constant("any"), constant("shares")
    mask_except, untouched = constant("mask_except"), constant("untouched")
    identity_mask = constant("identity_mask")

    def constant_like(self, value: Any, x: Any) -> Any:
        """A 0-d constant to meet `x`, in its dtype."""
        return number(value, lift(x))

    def beside(self, array: Any, x: Any) -> Any:
        """A NumPy array as a (constant) buffer where `x` is."""
        x = lift(x)
        return x.backend.beside(array, x.buffer)

    def zeros_like(self, x: Any) -> Any:
        """Zeros in the shape of `x`."""
        return lift(x.backend.zeros_like(x.buffer))

    # Arithmetic
    add, sub, mul, div = map(two, (arithmetic.Add, arithmetic.Sub, arithmetic.Mul, arithmetic.Div))
    add_ = add
    neg, reciprocal = twin(arithmetic.Neg), twin(powers.Reciprocal)
    rsqrt = twin(powers.Rsqrt)
    scale, shift = twin(arithmetic.Scale, "factor"), twin(arithmetic.Shift, "amount")
    sqrt, abs, conj = twin(powers.Sqrt), twin(signs.Abs), twin(complex_numbers.Conj)
    pow, power = twin(powers.Pow, "exponent"), two(powers.PowTensor)

    # Functions of each element
    exp, exp2, expm1 = map(twin, (exponential.Exp, exponential.Exp2, exponential.Expm1))
    log, log1p = twin(exponential.Log), twin(exponential.Log1p)
    sin, cos = twin(trigonometric.Sin), twin(trigonometric.Cos)
    sinh, cosh = twin(trigonometric.Sinh), twin(trigonometric.Cosh)
    erf, erfcx = twin(special.Erf), twin(special.SpecialErfcx)
    digamma, polygamma = twin(special.Digamma), twin(special.Polygamma, "n")
    bessel_i = twin(special.BesselI, "order", "scaled")
    tanh, sigmoid = twin(activation.Tanh), twin(activation.Sigmoid)

    def normal_cdf(self, x: Any) -> Any:
        """The normal distribution function: `(1 + erf(x / √2)) / 2`."""
        return self.scale(self.shift(self.erf(self.scale(x, math.sqrt(0.5))), 1), 0.5)

    # Selection
    positive_part = twin(activation.Relu)
    where_true = twin(shaping.WhereTrue, "mask")

    def where(self, mask: Any, a: Any, b: Any) -> Any:
        """`a` where the boolean `mask` holds, `b` elsewhere."""
        return apply(selection.Where, lift(a), lift(b), lift(mask))

    def where_nonzero(self, x: Any, condition: Any) -> Any:
        """`x` where `condition` is not zero, zero elsewhere."""
        return self.where_true(x, self.ne(condition, self.constant_like(0, condition)))

    # Along dimensions
    sum, softmax = twin(reduction.Sum, "dim", "keepdim"), twin(activation.Softmax, "dim")
    cumsum, cumprod = twin(cumulative.Cumsum, "dim"), twin(cumulative.Cumprod, "dim")
    logcumsumexp = twin(cumulative.Logcumsumexp, "dim")

    def sum_rows(self, x: Any) -> Any:
        """Column sums of a matrix."""
        return self.sum(x, 0)

    # Shaping
    copy, contiguous = twin(shaping.Clone), twin(shaping.Contiguous, "order")
    cast, to_device = twin(shaping.ToCopy, "dtype"), twin(shaping.ToDevice, "target", "index")
    reshape, broadcast_to = twin(shaping.Reshape, "shape"), twin(shaping.Expand, "shape")
    permute, flip = twin(shaping.Permute, "dims"), twin(shaping.Flip, "dims")
    roll = twin(shaping.Roll, "shifts", "dims")
    triangle = twin(shaping.Triangle, "diagonal", "lower")
    diagonal = twin(shaping.Diagonal, "offset", "dim0", "dim1")
    diagonal_back = twin(shaping.DiagonalBack, "shape", "offset", "dim0", "dim1")
    unfold = twin(shaping.Unfold, "dim", "size", "step")
    unfold_back = twin(shaping.UnfoldBack, "shape", "dim", "size", "step")
    as_strided = twin(shaping.AsStrided, "layout", "own")
    cat, stack = many(shaping.Cat), many(shaping.Stack)

    def t(self, x: Any) -> Any:
        """A matrix transposed."""
        return self.permute(x, (1, 0))

    # Elements by position
    index = twin(indexing.Index, "index")
    index_back = twin(indexing.IndexBack, "index", "shape")
    gather = twin(picking.Gather, "dim", "index", "repeated")
    gather_back = twin(picking.GatherBack, "shape", "dim", "index", "repeated")
    take_rows = twin(embedding.Embedding, "index")
    add_rows = twin(embedding.AddRows, "index", "rows")

    window_sum = twin(pooling.WindowSum, "dim", "window", "winners")
    window_sum_back = twin(pooling.WindowSumBack, "shape", "dim", "window", "winners")

    # Padding and resizing
    pad = twin(resampling.ConstantPadNd, "margins", "value")
    resample_back = twin(resampling.ResampleBack, "shape", "steps")

    def resample(self, x: Any, steps: Any) -> Any:
        """Weighted sums of elements along some dimensions."""
        return apply(resampling.Resample, x, steps=steps, mode="Resample")

    def scatter_reduce(
        self, x: Any, dim: Any, index: Any, source: Any, reduce: str, include_self: bool
    ) -> Any:
        """What falls on one place, reduced to one."""
        settings = {"dim": dim, "index": index, "reduce": reduce, "include_self": include_self}
        return apply(picking.ScatterReduce, x, source, **settings)

    # Matrices
    matmul, solve = two(matmul.MatMul), two(decompositions.Solve)

    def cholesky_solve(self, b: Any, factor: Any, upper: bool) -> Any:
        """The solution from a triangular factor."""
        return apply(decompositions.CholeskySolve, b, factor, upper=upper)

    inverse, det = twin(decompositions.Inverse), twin(decompositions.Det)

    def svd(self, x: Any, full: bool) -> Any:
        """Singular vectors and values."""
        return apply_several(decompositions.Svd, x, full=full)

    def linear_back(self, grad: Any, x: Any, weight: Any) -> Any:
        """The gradients of the input and the weight of a linear layer."""
        to_x = None if weight is None else self.matmul(grad, weight)
        return to_x, None if x is None else self.matmul(self.t(grad), x)

    # Convolutions
    conv, conv_input = two(convolution.Convolution), two(convolution.ConvolutionInput)
    conv_weight = two(convolution.ConvolutionWeight)
    im2col, im2col_back = twin(convolution.Im2col), twin(convolution.Im2colBack)

    # Losses
    def cross_entropy_back(
        self, grad: Any, probabilities: Any, target: Any, share: Any = None
    ) -> Any:
        """`(p - t) g / n` for the one-hot targets `t`, or with the shares in place of `1 / n`."""
        rows = probabilities.shape[0]
        one_hot = probabilities.backend.one_hot(target, probabilities.buffer)
        if share is not None:
            backend = probabilities.backend
            share = backend.where_true(share, backend.gt(share, backend.constant_like(0, share)))
            share = self.mul(grad, lift(backend.reshape(share, (rows, 1))))
            return self.mul(self.sub(probabilities, one_hot), share)
        return self.mul(self.sub(probabilities, one_hot), self.scale(grad, 1 / rows))

    def ctc_loss_back(self, grad: Any, log_probs: Any, **where: Any) -> Any:
        """The gradient of a loss of label sequences, which has none itself."""
        return apply(loss.CtcLossBack, lift(grad), log_probs, **where)

    # Normalisation
    layer_norm_back = Normalization.layer_norm_back

    def batch_norm_back(self, grad: Any, centred: Any, rstd: Any, weight: Any, dims: Any) -> Any:
        """The gradients of input, weight and bias of a batch normalisation."""
        count = centred.shape[0]
        for dim in dims[1:]:
            count *= centred.shape[dim]
        scaled = self.mul(centred, rstd)
        to_bias = self.sum(grad, dims, True)
        to_weight = self.sum(self.mul(grad, scaled), dims, True)
        to_x = self.sub(grad, self.scale(to_bias, 1 / count))
        to_x = self.mul(self.sub(to_x, self.mul(scaled, self.scale(to_weight, 1 / count))), rstd)
        if weight is not None:
            to_x = self.mul(to_x, self.reshape(weight, rstd.shape))
        return to_x, self.reshape(to_weight, (-1,)), self.reshape(to_bias, (-1,))

    # Recurrence
    def recurrence_back(
        self, grads: Any, kept: Any, inputs: Any, needed: Any, **settings: Any
    ) -> Any:
        """The gradients of a recurrent layer, whose steps are taken once more, one by one."""
        from minitorch_ff.firefly.graph import backward  # which is built on this file

        # Twins of the inputs, so that this walk ends there, and does not pass through.
        inputs = [t if t is None else self.reshape(t, t.shape) for t in inputs]
        outputs = recurrence.by_steps(self, *inputs, **settings)
        pairs = [(y, g) for y, g in zip(outputs, grads, strict=True) if g is not None and y.node]
        targets = [t for t in inputs if t is not None and t.node is not None]
        ends, grads = [y for y, _ in pairs], [g for _, g in pairs]
        found = iter(backward(ends, grads, True, True, targets, accumulate=False))
        return [None if t is None or t.node is None else next(found) for t in inputs]


recorded = Recorded()
