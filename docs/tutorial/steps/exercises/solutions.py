"""One way to solve each exercise. Look after you have tried."""

import numpy
from ember import operator
from ember.ledger import Ledger
from ember.module import Module
from ember.optimizers import Optimizer
from ember.primitives import NUMPY
from ember.tensor import Tensor


class Sigmoid(operator.Operator):
    """1.1."""

    def forward(self, a):
        xp = self.xp
        self.result = xp.div(1.0, xp.add(1.0, xp.exp(xp.neg(a))))
        return self.result

    def backward(self, grad):
        slope = self.xp.mul(self.result, self.xp.sub(1.0, self.result))
        return (self.xp.mul(grad, slope),)


class Maximum(operator.Operator):
    """1.2."""

    def forward(self, a, b):
        xp = self.xp
        self.takes_b = xp.greater(b, a)
        return xp.add(xp.mul(b, self.takes_b), xp.mul(a, xp.sub(1.0, self.takes_b)))

    def backward(self, grad):
        to_b = self.xp.mul(grad, self.takes_b)
        return self.xp.sub(grad, to_b), to_b


def calls_of(rule, *buffers):
    """1.3."""
    ledger = Ledger(NUMPY)
    use = rule(ledger)
    use.gradients(numpy.ones_like(use(*buffers)))
    return ledger.calls


def power(x, n):
    """2.1."""
    result = x
    for _ in range(n - 1):
        result = result * x
    return result


def slope(function, x):
    """2.2."""
    place = Tensor(x, requires_grad=True)
    function(place).backward()
    return place.grad.item()


def count_tensors(root):
    """2.3."""
    seen, waiting = {}, [root]
    while waiting:
        tensor = waiting.pop()
        if id(tensor) not in seen:
            seen[id(tensor)] = tensor
            waiting.extend(tensor.parents)
    return len(seen)


class Dropout(Module):
    """3.1."""

    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        if not self.training:
            return x
        kept = self.rng.random(x.shape) >= self.p
        return x * Tensor(kept / (1 - self.p))


class Residual(Module):
    """3.2."""

    def __init__(self, inner):
        self.inner = inner

    def forward(self, x):
        return self.inner(x) + x


class AdaGrad(Optimizer):
    """4.1."""

    def __init__(self, parameters, lr):
        super().__init__(parameters, lr)
        self.squares = {}

    def change(self, number, grad):
        self.squares[number] = self.squares.get(number, 0.0) + grad * grad
        return grad / (self.squares[number] ** 0.5 + 1e-10)


def clip(parameters, limit):
    """4.2."""
    grads = [p.grad for p in parameters if p.grad is not None]
    length = sum((grad**2).sum() for grad in grads) ** 0.5
    if length > limit:
        for p in parameters:
            if p.grad is not None:
                p.grad = p.grad * (limit / length)
    return length
