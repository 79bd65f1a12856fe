"""The primitives once more, over tensors: what rules call when the backward is recorded.

Under `create_graph=True` a rule gets this namespace in place of a back end. A primitive that
is differentiable calls its operator, which records itself; one that gives booleans or
positions is locally constant, and gives a plain buffer in both worlds. A fused primitive is
written out in simple ones. So every rule, written once, has derivatives of every order.
"""

from __future__ import annotations

from typing import Any

from minitorch_ff.firefly.ops import (
    activation, arithmetic, complex_numbers, cumulative, decompositions, exponential, indexing,
    matmul, ordering, picking, powers, reduction, selection, shaping, signs, special, trigonometric,
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


def one(operator: Any) -> Any:
    """The primitive that an operator of one input records."""

    def primitive(self: Recorded, x: Any, **settings: Any) -> Any:
        return apply(operator, x, **settings)

    return primitive


def two(operator: Any) -> Any:
    """The primitive that an operator of two inputs records; either may be a constant."""

    def primitive(self: Recorded, a: Any, b: Any, **settings: Any) -> Any:
        return apply(operator, lift(a), lift(b), **settings)

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
    logical_not = constant("logical_not")
    sign = constant("sign")
    floor_divide = constant("floor_divide")
    trunc_divide = constant("trunc_divide")

    def constant_like(self, value: Any, x: Any) -> Any:
        """A 0-d constant to meet `x`, in its dtype."""
        return number(value, lift(x))

    def beside(self, array: Any, x: Any) -> Any:
        """A NumPy array as a (constant) buffer where `x` is."""
        x = lift(x)
        return x.backend.beside(array, x.buffer)

    # Arithmetic
    add, sub, mul, div = map(two, (arithmetic.Add, arithmetic.Sub, arithmetic.Mul, arithmetic.Div))
    add_ = add
    neg, reciprocal = one(arithmetic.Neg), one(powers.Reciprocal)
    sqrt, abs = one(powers.Sqrt), one(signs.Abs)
    power, conj = two(powers.PowTensor), one(complex_numbers.Conj)

    def pow(self, x: Any, exponent: Any) -> Any:
        """`x` to a Python number."""
        return apply(powers.Pow, x, exponent=exponent)

    def scale(self, x: Any, factor: Any) -> Any:
        """`x` times a Python number."""
        return apply(arithmetic.Scale, x, factor=factor)

    def shift(self, x: Any, amount: Any) -> Any:
        """`x` plus a Python number."""
        return apply(arithmetic.Shift, x, amount=amount)

    # Exponentials
    exp, exp2, expm1 = map(one, (exponential.Exp, exponential.Exp2, exponential.Expm1))
    log, log1p = one(exponential.Log), one(exponential.Log1p)

    # Trigonometry
    sin, cos = one(trigonometric.Sin), one(trigonometric.Cos)
    sinh, cosh = one(trigonometric.Sinh), one(trigonometric.Cosh)

    # Special functions
    erf, erfcx = one(special.Erf), one(special.SpecialErfcx)
    digamma = one(special.Digamma)

    def polygamma(self, x: Any, n: int) -> Any:
        """The `n`-th derivative of `digamma`."""
        return apply(special.Polygamma, x, n=n)

    def bessel_i(self, x: Any, order: int, scaled: bool) -> Any:
        """The modified Bessel functions."""
        return apply(special.BesselI, x, order=order, scaled=scaled)

    # Selection
    def where(self, mask: Any, a: Any, b: Any) -> Any:
        """`a` where the boolean `mask` holds, `b` elsewhere."""
        return apply(selection.Where, lift(a), lift(b), lift(mask))

    def zeros_like(self, x: Any) -> Any:
        """Zeros in the shape of `x`."""
        return lift(x.backend.zeros_like(x.buffer))

    # Activations
    tanh, sigmoid = one(activation.Tanh), one(activation.Sigmoid)

    def softmax(self, x: Any, dim: Any) -> Any:
        """Exponentials scaled to add up to one."""
        return apply(activation.Softmax, x, dim=dim)

    def where_positive(self, x: Any, condition: Any) -> Any:
        """`x` where `condition` is above zero, zero elsewhere."""
        return self.where_true(x, self.gt(condition, self.constant_like(0, condition)))

    def where_true(self, x: Any, mask: Any) -> Any:
        """`x` where the boolean buffer `mask` holds, zero elsewhere."""
        return apply(shaping.WhereTrue, x, mask=raw(mask))

    # Reductions
    def sum(self, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        """Sum over dimensions."""
        return apply(reduction.Sum, x, dim=dim, keepdim=keepdim)

    def sum_rows(self, x: Any) -> Any:
        """Column sums of a matrix."""
        return apply(reduction.Sum, x, dim=0)

    all, any, shares = constant("all"), constant("any"), constant("shares")

    def cumsum(self, x: Any, dim: int) -> Any:
        """Running sums."""
        return apply(cumulative.Cumsum, x, dim=dim)

    def cumprod(self, x: Any, dim: int) -> Any:
        """Running products."""
        return apply(cumulative.Cumprod, x, dim=dim)

    def logcumsumexp(self, x: Any, dim: int) -> Any:
        """Logarithms of running sums of exponentials."""
        return apply(cumulative.Logcumsumexp, x, dim=dim)

    # Ordering
    def take_along(self, x: Any, positions: Any, dim: int, repeated: bool = False) -> Any:
        """Elements at positions along a dimension."""
        settings = {"dim": dim, "repeated": repeated}
        return apply(ordering.TakeAlong, x, positions=raw(positions), **settings)

    def put_along(
        self, x: Any, positions: Any, dim: int, shape: Any, repeated: bool = False
    ) -> Any:
        """Zeros with elements at positions along a dimension."""
        settings = {"dim": dim, "shape": tuple(shape), "repeated": repeated}
        return apply(ordering.PutAlong, x, positions=raw(positions), **settings)

    # Shaping
    copy, contiguous = one(shaping.Clone), one(shaping.Contiguous)

    def reshape(self, x: Any, shape: Any) -> Any:
        """The elements as another shape."""
        return apply(shaping.Reshape, x, shape=tuple(shape))

    def permute(self, x: Any, dims: Any) -> Any:
        """The dimensions in another order."""
        return apply(shaping.Permute, x, dims=dims)

    def t(self, x: Any) -> Any:
        """A matrix transposed."""
        return apply(shaping.Permute, x, dims=(1, 0))

    def broadcast_to(self, x: Any, shape: Any) -> Any:
        """Elements repeated to a larger shape."""
        return apply(shaping.Expand, x, shape=tuple(shape))

    def diagonal(self, x: Any, offset: int, dim0: int, dim1: int) -> Any:
        """The elements on a diagonal."""
        return apply(shaping.Diagonal, x, offset=offset, dim0=dim0, dim1=dim1)

    def diagonal_back(self, x: Any, shape: Any, offset: int, dim0: int, dim1: int) -> Any:
        """Zeros with the elements on a diagonal."""
        where = {"offset": offset, "dim0": dim0, "dim1": dim1}
        return apply(shaping.DiagonalBack, x, shape=tuple(shape), **where)

    def unfold(self, x: Any, dim: int, size: int, step: int) -> Any:
        """Windows along a dimension."""
        return apply(shaping.Unfold, x, dim=dim, size=size, step=step)

    def unfold_back(self, x: Any, shape: Any, dim: int, size: int, step: int) -> Any:
        """Windows added up where they overlap."""
        settings = {"dim": dim, "size": size, "step": step}
        return apply(shaping.UnfoldBack, x, shape=tuple(shape), **settings)

    def flip(self, x: Any, dims: Any) -> Any:
        """The order reversed along dimensions."""
        return apply(shaping.Flip, x, dims=dims)

    def roll(self, x: Any, shifts: Any, dims: Any) -> Any:
        """Elements moved along dimensions, around the end."""
        return apply(shaping.Roll, x, shifts=shifts, dims=dims)

    def triangle(self, x: Any, diagonal: int, lower: bool) -> Any:
        """The lower or upper part of matrices."""
        return apply(shaping.Triangle, x, diagonal=diagonal, lower=lower)

    def cat(self, parts: Any, dim: int) -> Any:
        """Tensors one after the other."""
        return apply(shaping.Cat, *[lift(part) for part in parts], dim=dim)

    def stack(self, parts: Any, dim: int) -> Any:
        """Tensors side by side along a new dimension."""
        return apply(shaping.Stack, *[lift(part) for part in parts], dim=dim)

    def cast(self, x: Any, dtype: Any) -> Any:
        """The values in another dtype."""
        return apply(shaping.ToCopy, x, dtype=dtype)

    def to_device(self, x: Any, target: Any, index: Any) -> Any:
        """The values on another device."""
        return apply(shaping.ToDevice, x, target=target, index=index)

    # Indexing
    mask_except = constant("mask_except")

    def index(self, x: Any, index: Any) -> Any:
        """The elements at an index."""
        return apply(indexing.Index, x, index=index)

    def index_back(self, x: Any, index: Any, shape: Any) -> Any:
        """Zeros with the elements added at an index."""
        return apply(indexing.IndexBack, x, index=index, shape=tuple(shape))

    untouched = constant("untouched")

    def gather(self, x: Any, dim: int, index: Any) -> Any:
        """From each row the elements at given positions."""
        return apply(picking.Gather, x, dim=dim, index=index)

    def gather_back(self, x: Any, shape: Any, dim: int, index: Any) -> Any:
        """Zeros with elements added at given positions of each row."""
        return apply(picking.GatherBack, x, shape=tuple(shape), dim=dim, index=index)

    # Products
    matmul = two(matmul.MatMul)

    # Decompositions
    inverse, det = one(decompositions.Inverse), one(decompositions.Det)
    solve, identity_mask = two(decompositions.Solve), constant("identity_mask")

    def svd(self, x: Any, full: bool) -> Any:
        """Singular vectors and values."""
        return apply_several(decompositions.Svd, x, full=full)

    def linear_back(self, grad: Any, x: Any, weight: Any) -> Any:
        """The gradients of the input and the weight of a linear layer."""
        to_x = None if weight is None else self.matmul(grad, weight)
        return to_x, None if x is None else self.matmul(self.t(grad), x)

    # Losses
    def cross_entropy_back(self, grad: Any, probabilities: Any, target: Any) -> Any:
        """`(p - t) g / n` for the one-hot targets `t`."""
        rows = probabilities.shape[0]
        one_hot = probabilities.backend.one_hot(target, probabilities.buffer)
        return self.mul(self.sub(probabilities, one_hot), self.scale(grad, 1 / rows))

    # Normalisation
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


recorded = Recorded()
