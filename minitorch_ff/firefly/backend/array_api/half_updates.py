"""Updates of half-precision parameters: PyTorch's steps, each computed in float32 and rounded.

The optimizers that most scripts use; a number that is added or multiplied into a sum is rounded
too, as PyTorch has it. Others compute in half precision all the way.
"""

from __future__ import annotations


class Half:
    """The parameter and its gradient in float32, after weight decay."""

    def __init__(self, xp, param, grad, group):
        self.param, self.dtype, self.sqrt = param, param.dtype, xp.module.sqrt
        self.value, self.grad = param.astype("float32"), grad.astype("float32")
        self.rate = self.number(group["lr"])
        decay = group["weight_decay"]
        if group["maximize"]:
            self.grad = -self.grad
        if decay and group.get("decoupled_weight_decay"):
            self.value = self.round(self.value * (1 - group["lr"] * decay))
        elif decay:
            self.grad = self.round(self.grad + self.value * self.number(decay))

    def round(self, x):
        """To half precision and back."""
        return x.astype(self.dtype).astype("float32")

    def number(self, x):
        """A Python number, rounded."""
        return float(self.dtype.type(x))

    def keep(self, state, value):
        """Write a rounded value into an array of the state; also return it."""
        state[...] = value
        return state.astype("float32")

    def average_square(self, state, beta):
        """`state = beta state + (1 - beta) grad²`."""
        scaled = self.round(state.astype("float32") * beta)
        return self.keep(state, scaled + (1 - beta) * self.grad * self.grad)

    def move(self, state, share):
        """`state += share (grad - state)`."""
        state32 = state.astype("float32")
        if share < 0.5:
            return self.keep(state, state32 + share * (self.grad - state32))
        return self.keep(state, self.grad - (self.grad - state32) * (1 - share))

    def root(self, x, group, divisor=1.0):
        """`√x / divisor + eps`."""
        root = self.round(self.round(self.sqrt(x)) / divisor)
        return self.round(root + self.number(group["eps"]))

    def sgd(self, group, buffer=None, first=True):
        """Gradient descent, with momentum where there is a buffer."""
        change, momentum = self.grad, group["momentum"]
        if buffer is not None:
            if not first:
                share = self.number(1 - group["dampening"])
                change = self.round(buffer.astype("float32") * momentum) + share * change
            change = self.keep(buffer, change)
            if group["nesterov"]:
                change = self.round(self.grad + self.number(momentum) * change)
        self.param[...] = self.value - self.rate * change

    def adam(self, group, exp_avg, exp_avg_sq, max_exp_avg_sq, step):
        """Adam and AdamW."""
        beta1, beta2 = group["betas"]
        mean, square = self.move(exp_avg, 1 - beta1), self.average_square(exp_avg_sq, beta2)
        if max_exp_avg_sq is not None:
            square = self.keep(max_exp_avg_sq, square.clip(max_exp_avg_sq.astype("float32")))
        denominator = self.root(square, group, (1 - beta2**step) ** 0.5)
        rate = group["lr"] / (1 - beta1**step)
        self.param[...] = self.value - rate * mean / denominator

    def rmsprop(self, group, square_avg, buffer, grad_avg):
        """RMSprop, with momentum or centered where there are arrays for it."""
        square = self.average_square(square_avg, group["alpha"])
        if grad_avg is not None:
            mean = self.move(grad_avg, 1 - group["alpha"])
            square = self.round(square - mean * mean)
        denominator = self.root(square, group)
        if buffer is None:
            self.param[...] = self.value - group["lr"] * self.grad / denominator
            return
        kept = self.round(buffer.astype("float32") * group["momentum"])
        self.param[...] = self.value - self.rate * self.keep(buffer, kept + self.grad / denominator)

    def adagrad(self, group, total, rate):
        """Adagrad."""
        square = self.keep(total, total.astype("float32") + self.grad * self.grad)
        self.param[...] = self.value - rate * self.grad / self.root(square, group)
