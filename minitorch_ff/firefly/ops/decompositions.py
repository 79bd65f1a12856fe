"""Matrices taken apart: singular values, eigenvalues, QR and Cholesky factors.

The rules are those of M. Giles, "Collected matrix derivative results for forward and
reverse mode algorithmic differentiation" (2008), over stacks of matrices.
"""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import Operator, SeveralOutputs
from minitorch_ff.firefly.ops.elementwise import OfOne
from minitorch_ff.firefly.ops.linear_maps import total
from minitorch_ff.firefly.ops.matmul import transposed
from minitorch_ff.firefly.ops.reduction import product_of_others


def product(xp, *factors):
    """Several matrices multiplied, from the left."""
    result = factors[0]
    for factor in factors[1:]:
        result = xp.matmul(result, factor)
    return result


def rows_of(xp, x):
    """Vectors as matrices of one row, to scale columns with."""
    return xp.reshape(x, (*x.shape[:-1], 1, x.shape[-1]))


def columns_of(xp, x):
    """Vectors as matrices of one column, to scale rows with."""
    return xp.reshape(x, (*x.shape, 1))


def inverse_gaps(xp, values):
    """`1 / (vⱼ - vᵢ)` off the diagonal, zero on it."""
    gaps = xp.sub(rows_of(xp, values), columns_of(xp, values))
    diagonal = xp.identity_mask(values)
    safe = xp.where(diagonal, xp.constant_like(1, values), gaps)
    return xp.where_true(xp.reciprocal(safe), xp.logical_not(diagonal))


def mirrored(xp, x):
    """Symmetric matrices with the lower triangles of these."""
    return xp.add(xp.triangle(x, 0, True), transposed(xp, xp.triangle(x, -1, True)))


class Svd(SeveralOutputs):
    """`A = U diag(S) Vᵀ` with orthonormal columns in `U` and `V`, `S` falling."""

    fresh = True
    called = "LinalgSvd"

    def forward(self, xp, x, *, full=False):
        self.full = full
        u, s, vh = xp.svd(x, full)
        self.save_for_backward(u, s, vh)
        return u, s, vh

    def backward(self, xp, grads):
        to_u, to_s, to_vh = grads
        u, s, vh = self.saved_tensors
        if self.full:  # vectors beyond the singular values have no say
            columns = (..., slice(0, s.shape[-1]))
            rows = (*columns, slice(None))
            u, vh = xp.index(u, columns), xp.index(vh, rows)
            to_u = None if to_u is None else xp.index(to_u, columns)
            to_vh = None if to_vh is None else xp.index(to_vh, rows)
        if to_s is not None:
            to_s = product(xp, xp.mul(u, rows_of(xp, to_s)), vh)
        if to_u is not None:
            to_u = xp.matmul(self.side(xp, to_u, u, s), vh)
        if to_vh is not None:
            part = self.side(xp, transposed(xp, to_vh), transposed(xp, vh), s)
            to_vh = xp.matmul(u, transposed(xp, part))
        return (total(xp, to_s, to_u, to_vh),)

    @staticmethod
    def side(xp, grad, u, s):
        """What the gradient of one side's vectors `u` gives, before the other side."""
        squares = xp.mul(s, s)
        inner = xp.matmul(transposed(xp, u), grad)
        skew = xp.mul(xp.sub(inner, transposed(xp, inner)), inverse_gaps(xp, squares))
        part = xp.matmul(u, xp.mul(skew, rows_of(xp, s)))
        if u.shape[-2] > u.shape[-1]:  # what lies outside the space of the vectors
            outside = xp.sub(grad, xp.matmul(u, inner))
            part = xp.add(part, xp.div(outside, rows_of(xp, s)))
        return part


class Eigh(SeveralOutputs):
    """`A = Q diag(v) Qᵀ` of symmetric matrices, the eigenvalues `v` rising."""

    fresh = True
    called = "LinalgEigh"

    def forward(self, xp, x, *, upper=False):
        values, vectors = xp.eigh(x, upper)
        self.save_for_backward(values, vectors)
        return values, vectors

    def backward(self, xp, grads):
        to_values, to_vectors = grads
        values, vectors = self.saved_tensors
        back = transposed(xp, vectors)
        if to_values is not None:
            to_values = product(xp, xp.mul(vectors, rows_of(xp, to_values)), back)
        if to_vectors is not None:
            inner = xp.mul(xp.matmul(back, to_vectors), inverse_gaps(xp, values))
            inner = xp.scale(xp.add(inner, transposed(xp, inner)), 0.5)
            to_vectors = product(xp, vectors, inner, back)
        return (total(xp, to_values, to_vectors),)


class Qr(SeveralOutputs):
    """`A = Q R` with orthonormal columns in `Q`, `R` an upper triangle."""

    fresh = True
    called = "LinalgQr"

    def forward(self, xp, x, *, mode):
        self.mode = mode
        q, r = xp.qr(x, mode)
        self.save_for_backward(q, r)
        return q, r

    def backward(self, xp, grads):
        to_q, to_r = grads
        q, r = self.saved_tensors
        if self.mode == "r":
            raise RuntimeError(
                "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. "
                "Please use linalg.qr(A, mode='reduced') if you are going to require gradients "
                "through linalg.qr."
            )
        rows, columns = q.shape[-1], r.shape[-1]
        if self.mode == "complete" and q.shape[-2] > columns:
            raise RuntimeError(
                "The QR decomposition is not differentiable when mode='complete' and nrows > ncols."
            )
        if rows < columns:
            return (self.wide(xp, to_q, to_r, q, r),)
        return (self.tall(xp, to_q, to_r, q, r),)

    @staticmethod
    def tall(xp, to_q, to_r, q, r):
        """The gradient if `R` is square."""
        from_q = None if to_q is None else xp.neg(xp.matmul(transposed(xp, to_q), q))
        from_r = None if to_r is None else xp.matmul(r, transposed(xp, to_r))
        inner = mirrored(xp, total(xp, from_r, from_q))
        whole = total(xp, xp.matmul(q, inner), to_q)
        return transposed(xp, xp.solve(r, transposed(xp, whole)))

    @classmethod
    def wide(cls, xp, to_q, to_r, q, r):
        """The gradient if the first columns alone decide `Q`."""
        rows = q.shape[-1]
        left, right = (..., slice(0, rows)), (..., slice(rows, None))
        to_left = None
        if to_r is not None:
            to_left, to_right = xp.index(to_r, left), xp.index(to_r, right)
            back = xp.matmul(q, to_right)
            to_more = product(xp, q, xp.index(r, right), transposed(xp, to_right))
            to_q = total(xp, to_q, to_more)
        else:
            back = xp.scale(xp.index(r, right), 0)
        first = cls.tall(xp, to_q, to_left, q, xp.index(r, left))
        return xp.cat([first, back], q.ndim - 1)


class Cholesky(OfOne):
    """`A = L Lᵀ` of symmetric positive matrices, `L` a lower triangle."""

    called = "LinalgCholeskyEx"
    saves = "y"

    def chain(self, xp, grad, y):
        y = transposed(xp, y)
        inner = mirrored(xp, xp.matmul(y, grad))
        back = xp.solve(y, transposed(xp, xp.solve(y, inner)))
        return xp.scale(back, 0.5)


class Inverse(OfOne):
    """`A⁻¹`; the gradient is `-Yᵀ G Yᵀ`."""

    called = "LinalgInvEx"
    saves = "y"

    def chain(self, xp, grad, y):
        y = transposed(xp, y)
        return xp.neg(product(xp, y, grad, y))


class Solve(Operator):
    """The `X` of `A X = B`; the gradient of `B` is `H = A⁻ᵀ G`, of `A` is `-H Xᵀ`."""

    fresh = True
    called = "LinalgSolveEx"

    def forward(self, xp, a, b):
        y = xp.solve(a, b)
        self.save_for_backward(a, y)
        return y

    def backward(self, xp, grad):
        a, y = self.saved_tensors
        to_b = xp.solve(transposed(xp, a), grad)
        if not self.needs_input_grad[0]:
            return None, to_b
        return xp.neg(xp.matmul(to_b, transposed(xp, y))), to_b


class CholeskySolve(Operator):
    """The `X` of `L Lᵀ X = B`; the gradient of `B` is `H = (L Lᵀ)⁻¹ G`.

    That of `L` is `-(H Xᵀ + X Hᵀ) L`, in both triangles.
    """

    fresh = True

    def forward(self, xp, b, factor, *, upper):
        self.upper = upper
        y = xp.cholesky_solve(b, factor, upper)
        self.save_for_backward(factor, y)
        return y

    def backward(self, xp, grad):
        factor, y = self.saved_tensors
        to_b = xp.cholesky_solve(grad, factor, self.upper)
        inner = xp.matmul(to_b, transposed(xp, y))
        inner = xp.neg(xp.add(inner, transposed(xp, inner)))
        return to_b, xp.matmul(factor, inner) if self.upper else xp.matmul(inner, factor)


class Det(OfOne):
    """The determinant; the gradient is `g y A⁻ᵀ`, the cofactors times `g`."""

    called = "LinalgDet"
    saves = "xy"

    def chain(self, xp, grad, x, y):
        if x.shape[-1] == 1:
            return xp.copy(xp.reshape(grad, x.shape))
        if xp.all(xp.ne(y, xp.constant_like(0, y))):
            factor = xp.reshape(xp.mul(grad, y), (*y.shape, 1, 1))
            return xp.mul(transposed(xp, xp.inverse(x)), factor)
        # A = U S Vᵀ: the cofactors are det(U Vᵀ) U (product of the other s) Vᵀ.
        u, s, vh = xp.svd(x, False)
        sign = xp.det(xp.matmul(u, vh))
        others = product_of_others(xp, s, s.ndim - 1)
        factor = xp.reshape(xp.mul(grad, sign), (*y.shape, 1, 1))
        return xp.mul(product(xp, xp.mul(u, rows_of(xp, others)), vh), factor)


class Slogdet(SeveralOutputs):
    """The sign and the logarithm of the determinant, whose gradient is `g A⁻ᵀ`."""

    fresh = True
    called = "LinalgSlogdet"

    def forward(self, xp, x):
        self.save_for_backward(x)
        return xp.slogdet(x)

    def backward(self, xp, grads):
        (x,) = self.saved_tensors
        to_log = grads[1]
        if to_log is None:
            return (xp.scale(x, 0),)
        factor = xp.reshape(to_log, (*to_log.shape, 1, 1))
        return (xp.mul(transposed(xp, xp.inverse(x)), factor),)


class Pinv(Operator):
    """The pseudo-inverse `Y`: `A Y` and `Y A` are projections, `Y A Y = Y`.

    The gradient is that of the inverse, `-Yᵀ G Yᵀ`, and what leaves the two
    projections:
    `(1 - A Y) Gᵀ Y Yᵀ + Yᵀ Y Gᵀ (1 - Y A)` (Golub and Pereyra, 1973).
    """

    fresh = True
    called = "LinalgPinv"

    def forward(self, xp, x, *, cutoff, hermitian=False):
        y = xp.pinv(mirrored(xp, x) if hermitian else x, cutoff)
        self.save_for_backward(x, y)
        return y

    def backward(self, xp, grad):
        x, y = self.saved_tensors
        yt, gt = transposed(xp, y), transposed(xp, grad)
        inner = xp.neg(product(xp, yt, grad, yt))
        left, right = product(xp, gt, y, yt), product(xp, yt, y, gt)
        left = xp.sub(left, product(xp, x, y, left))
        return (total(xp, inner, left, xp.sub(right, product(xp, right, y, x))),)
