"""The tensor: a buffer that remembers where it came from."""

from ember import arithmetic, graph, matrices
from ember.primitives import NUMPY


class Tensor:
    """An array with a gradient.

    Args:
        values: Numbers, nested lists of them, or a buffer.
        requires_grad: Whether `backward` shall leave a gradient in `grad`.
        operator: What computed the tensor, if anything did.
        parents: The tensors it was computed from.
        xp: The primitives that hold its buffer.
    """

    def __init__(
        self,
        values,
        requires_grad=False,
        operator=None,
        parents=(),
        xp=NUMPY,
    ):
        self.xp = xp
        self.buffer = xp.array(values)
        self.requires_grad = requires_grad
        self.operator = operator
        self.parents = parents
        self.grad = None

    @property
    def shape(self):
        return self.buffer.shape

    def item(self):
        """The only element, as a number."""
        return self.buffer.item()

    def __repr__(self):
        kind = f", from {type(self.operator).__name__}" if self.operator else ""
        return f"Tensor({self.buffer}{kind})"

    def backward(self):
        """Leave in every tensor's `grad` how that tensor moves this one."""
        if self.buffer.size != 1:
            raise RuntimeError(
                "backward starts from one number; sum the tensor first"
            )
        graph.backward(self, self.xp.broadcast_to(self.xp.array(1.0), self.shape))

    def __add__(self, other):
        return apply(arithmetic.Add, self, other)

    def __sub__(self, other):
        return apply(arithmetic.Sub, self, other)

    def __mul__(self, other):
        return apply(arithmetic.Mul, self, other)

    def __truediv__(self, other):
        return apply(arithmetic.Div, self, other)

    def __matmul__(self, other):
        return apply(matrices.MatMul, self, other)

    def __gt__(self, other):
        return apply(arithmetic.Greater, self, other)

    def __radd__(self, other):
        return apply(arithmetic.Add, other, self)

    def __rsub__(self, other):
        return apply(arithmetic.Sub, other, self)

    def __rmul__(self, other):
        return apply(arithmetic.Mul, other, self)

    def __neg__(self):
        return 0.0 - self

    @property
    def T(self):
        return apply(matrices.Transpose, self)

    def exp(self):
        return apply(arithmetic.Exp, self)

    def log(self):
        return apply(arithmetic.Log, self)

    def tanh(self):
        return apply(arithmetic.Tanh, self)

    def relu(self):
        return apply(arithmetic.ReLU, self)

    def sum(self, axis=None):
        return apply(matrices.Sum, self, axis=axis)

    def max(self, axis=None):
        return apply(matrices.Max, self, axis=axis)

    def mean(self):
        return self.sum() * (1 / self.buffer.size)


def apply(rule, *inputs, **settings):
    """Compute with an operator, and record it if a gradient may be asked for.

    Args:
        rule: The operator's class.
        inputs: Tensors and numbers, one tensor at least.
        settings: The operator's settings.
    """
    xp = next(each.xp for each in inputs if isinstance(each, Tensor))
    tensors = [
        each if isinstance(each, Tensor) else Tensor(each, xp=xp) for each in inputs
    ]
    operator = rule(xp, **settings)
    buffer = operator(*[tensor.buffer for tensor in tensors])
    if operator.differentiable and any(tensor.requires_grad for tensor in tensors):
        return Tensor(buffer, True, operator, tensors, xp)
    return Tensor(buffer, xp=xp)
