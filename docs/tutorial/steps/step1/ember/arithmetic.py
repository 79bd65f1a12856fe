"""Operators that work on each element by itself."""

from ember.operator import NonDifferentiable, Operator


class Add(Operator):
    """a + b."""

    def forward(self, a, b):
        return self.xp.add(a, b)

    def backward(self, grad):
        return grad, grad


class Sub(Operator):
    """a - b."""

    def forward(self, a, b):
        return self.xp.sub(a, b)

    def backward(self, grad):
        return grad, self.xp.neg(grad)


class Mul(Operator):
    """a * b."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return self.xp.mul(a, b)

    def backward(self, grad):
        return self.xp.mul(grad, self.b), self.xp.mul(grad, self.a)


class Div(Operator):
    """a / b."""

    def forward(self, a, b):
        self.b = b
        self.quotient = self.xp.div(a, b)
        return self.quotient

    def backward(self, grad):
        share = self.xp.div(grad, self.b)
        return share, self.xp.neg(self.xp.mul(share, self.quotient))


class Exp(Operator):
    """e to the power of a."""

    def forward(self, a):
        self.result = self.xp.exp(a)
        return self.result

    def backward(self, grad):
        return (self.xp.mul(grad, self.result),)


class Log(Operator):
    """The natural logarithm of a."""

    def forward(self, a):
        self.a = a
        return self.xp.log(a)

    def backward(self, grad):
        return (self.xp.div(grad, self.a),)


class Tanh(Operator):
    """The hyperbolic tangent of a; its slope is 1 - tanh²."""

    def forward(self, a):
        self.result = self.xp.tanh(a)
        return self.result

    def backward(self, grad):
        curved = self.xp.mul(self.result, self.result)
        return (self.xp.sub(grad, self.xp.mul(grad, curved)),)


class ReLU(Operator):
    """a where it is positive, else 0."""

    def forward(self, a):
        self.positive = self.xp.greater(a, 0.0)
        return self.xp.mul(a, self.positive)

    def backward(self, grad):
        return (self.xp.mul(grad, self.positive),)


class Greater(NonDifferentiable):
    """1 where a > b, else 0."""

    def forward(self, a, b):
        return self.xp.greater(a, b)
