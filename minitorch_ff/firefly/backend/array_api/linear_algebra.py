"""Primitives that multiply matrices and take them apart, over stacks of them."""

from __future__ import annotations


class LinearAlgebra:
    """What cannot be done to a matrix raises `LinAlgError`."""

    def matmul(self, a, b):
        """`a @ b` for one or two dimensions each, and for stacks of matrices."""
        if a.ndim <= 2 and b.ndim <= 2:
            return self._dot(a, b)
        return self._matmul(a, b)

    # What all products of this back end go through: it may have its own.

    def _dot(self, a, b):
        """`a @ b` for up to two dimensions each: twice as fast as `matmul` for small matrices."""
        return a.dot(b)

    def _matmul(self, a, b, out=None):
        """`a @ b` for stacks of matrices."""
        return self.module.matmul(a, b, out=out)

    def svd(self, x, full):
        """`U`, the singular values falling, and `Vᵀ`."""
        if x.size:
            return self.module.linalg.svd(x, full_matrices=full)
        *batch, rows, columns = x.shape
        count = min(rows, columns)
        left, right = (rows, columns) if full else (count, count)
        return (
            self._identities(batch, rows, left, x.dtype),
            self.module.zeros((*batch, count), x.dtype),
            self._identities(batch, right, columns, x.dtype),
        )

    def _identities(self, batch, rows, columns, dtype):
        eye = self.module.eye(rows, columns, dtype=dtype)
        return self.module.array(self.module.broadcast_to(eye, (*batch, rows, columns)))

    def eigh(self, x, upper):
        """The eigenvalues, rising, and the eigenvectors; reads one triangle."""
        return self.module.linalg.eigh(x, "U" if upper else "L")

    def qr(self, x, mode):
        """`Q` and `R`; of mode "r", an empty `Q`."""
        if mode == "r":
            return self.module.empty(0, x.dtype), self.module.linalg.qr(x, "r")
        return self.module.linalg.qr(x, mode)

    def identities(self, x):
        """Identity matrices in the shape and dtype of `x`."""
        *batch, rows, columns = x.shape
        return self._identities(batch, rows, columns, x.dtype)

    def identity_mask(self, values):
        """True on the diagonal of matrices as wide as `values`."""
        return self.module.eye(values.shape[-1], dtype=bool)

    def cholesky_solve(self, b, factor, upper):
        """The `x` of `l lᵀ x = b`, from the lower triangle `l`, or the upper one `lᵀ`."""
        one = self.triangle(factor, 0, not upper)
        other = one.swapaxes(-1, -2)
        first, second = (other, one) if upper else (one, other)
        return self.solve(second, self.solve(first, b))

    def pinv(self, x, cutoff):
        """The pseudo-inverse; singular values up to `cutoff(values)` count as zero."""
        u, s, vh = self.svd(x, False)
        kept = self.module.greater(s, cutoff(s))
        safe = self.module.where(kept, s, self.constant(1, s.dtype))
        inverse = self.where_true(self.module.reciprocal(safe), kept)
        scaled = self.module.multiply(u, inverse[..., None, :])
        return self._matmul(scaled, vh).swapaxes(-1, -2)
