"""Operators that combine many elements: products of matrices, and sums."""

from ember.operator import NonDifferentiable, Operator


class MatMul(Operator):
    """a @ b, for matrices or stacks of them."""

    def forward(self, a, b):
        if len(a.shape) < 2 or len(b.shape) < 2:
            raise ValueError(
                f"MatMul needs matrices, not shapes {a.shape} and {b.shape}"
            )
        self.a, self.b = a, b
        return self.xp.matmul(a, b)

    def backward(self, grad):
        a, b, xp = self.a, self.b, self.xp
        return xp.matmul(grad, xp.swap_last_axes(b)), xp.matmul(
            xp.swap_last_axes(a), grad
        )


class Transpose(Operator):
    """Rows become columns."""

    def forward(self, a):
        return self.xp.swap_last_axes(a)

    def backward(self, grad):
        return (self.xp.swap_last_axes(grad),)


class Sum(Operator):
    """The sum along an axis, which stays with size 1; of everything without one."""

    axis = None

    def forward(self, a):
        self.shape = a.shape
        return self.xp.sum(a, axis=self.axis, keepdims=True)

    def backward(self, grad):
        return (self.xp.broadcast_to(grad, self.shape),)


class Max(NonDifferentiable):
    """The largest element along an axis, which stays with size 1."""

    axis = None

    def forward(self, a):
        return self.xp.max(a, axis=self.axis, keepdims=True)
