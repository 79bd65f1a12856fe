"""Updates of half-precision parameters: PyTorch's steps, each computed in float32 and rounded.

SGD, Adam and AdamW have them; the other updates compute in half precision all the way. Factors
of `add` are rounded as well, as PyTorch has it.
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
        grad, mean = self.grad, exp_avg.astype("float32")
        if beta1 > 0.5:
            mean = self.keep(exp_avg, mean + (1 - beta1) * (grad - mean))
        else:  # from the nearer end
            mean = self.keep(exp_avg, grad - beta1 * (grad - mean))
        square = self.round(exp_avg_sq.astype("float32") * beta2)
        square = self.keep(exp_avg_sq, square + (1 - beta2) * grad * grad)
        if max_exp_avg_sq is not None:
            square = self.keep(max_exp_avg_sq, square.clip(max_exp_avg_sq.astype("float32")))
        root = self.round(self.round(self.sqrt(square)) / (1 - beta2**step) ** 0.5)
        denominator = self.round(root + self.number(group["eps"]))
        rate = group["lr"] / (1 - beta1**step)
        self.param[...] = self.value - rate * mean / denominator
