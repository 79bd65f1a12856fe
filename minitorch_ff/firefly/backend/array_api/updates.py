"""The optimizers' updates, as primitives: what one step does to a parameter.

Every update here treats each element alone, so it does not matter whether `param` is
one large parameter or many small ones side by side (`Flat`). All arrays of a call have
one dimension, the same length and the same real dtype, and are written in place; only
`grad` is left as it is. `group` holds the settings by their public names, as Python
numbers: bias corrections and the like are computed in double precision, then become
constants of the parameter's dtype.

Arrays are named as in the optimizers' states; the formulas are in the optimizers'
docstrings, and the order of operations is PyTorch's.
"""

from __future__ import annotations

from math import prod

from minitorch_ff.firefly.backend.array_api.half_updates import Half
from minitorch_ff.firefly.backend.array_api.matrix_updates import MatrixUpdates


class Flat:
    """Arrays side by side in one, each also seen in its own shape.

    Attributes:
        parts: For each array its place, in the array's own shape.
        numbers: All elements in one dimension; a complex one counts as two real ones.
    """

    __slots__ = ("numbers", "parts")

    def __init__(self, whole, shapes):
        self.numbers = whole.view(whole.real.dtype)
        self.parts = []
        start = 0
        for shape in shapes:
            end = start + prod(shape)
            self.parts.append(whole[start:end].reshape(shape))
            start = end

    together = False
    """Whether moving all at once costs less than moving one after the other."""

    def gather(self, arrays):
        """Copy every array to its place."""
        for part, array in zip(self.parts, arrays, strict=True):
            part[...] = array


class Updates(MatrixUpdates):
    """One update per optimizer."""

    update_block = 65536
    """So many elements are updated at a time: what is touched stays in the cache."""

    def flat(self, shapes, dtype):
        """Memory for arrays of these shapes, side by side."""
        return Flat(self.module.empty(sum(map(prod, shapes)), dtype), shapes)

    def numbers(self, array):
        """All numbers in one dimension, two per complex one; a view if possible."""
        return array.reshape(-1).view(array.real.dtype)

    # ------------------------------------------------------------------ the updates

    def plain_sgd_step(self, params, grads, group):
        """Gradient descent without state, over a list of parameters in their shapes."""
        dtype = rate = half = None
        sub, mul, block = self.sub, self.mul, self.update_block
        changed = group["weight_decay"] or group["maximize"]
        for param, grad in zip(params, grads, strict=True):
            if param.dtype is not dtype:
                dtype = param.dtype
                half = dtype.itemsize == 2
                rate = self.constant(group["lr"], dtype)
            if half:
                Half(self, param, grad, group).sgd(group)
            elif param.size <= block or not param.flags.c_contiguous:
                g = self._direction(param, grad, group, None) if changed else grad
                sub(param, mul(g, rate), param)
            else:
                self.flat_sgd_step(param.reshape(-1), grad.reshape(-1), group)

    def flat_sgd_step(self, param, grad, group):
        """The same for one large parameter."""
        rate = self.constant(group["lr"], param.dtype)
        for p, g, s, t in self._blocks(param, grad):
            g = self._direction(p, g, group, s)
            self.sub(p, self.mul(g, rate, t), p)

    def sgd_step(self, param, grad, group, momentum_buffer, *, first):
        """Gradient descent; at the `first` step the momentum buffer is the gradient."""
        if param.dtype.itemsize == 2:
            return Half(self, param, grad, group).sgd(group, momentum_buffer, first)
        rate = self.constant(group["lr"], param.dtype)
        inertia = self.constant(group["momentum"], param.dtype)
        damped = 1 - group["dampening"]
        for p, g, buffer, s, t in self._blocks(param, grad, momentum_buffer):
            g = self._direction(p, g, group, s)
            if first:
                buffer[...] = g
            else:
                self.mul(buffer, inertia, buffer)
                share = g if damped == 1 else self.mul(g, self._like(p, damped), t)
                self.add(buffer, share, buffer)
            if group["nesterov"]:
                g = self.add(g, self.mul(buffer, inertia, t), t)
            else:
                g = buffer
            self.sub(p, self.mul(g, rate, t), p)

    def adam_step(self, param, grad, group, exp_avg, exp_avg_sq, max_exp_avg_sq=None, *, step):
        """Adam; AdamW with `decoupled_weight_decay`, AMSGrad with `max_exp_avg_sq`."""
        if param.dtype.itemsize == 2:
            half = Half(self, param, grad, group)
            return half.adam(group, exp_avg, exp_avg_sq, max_exp_avg_sq, step)
        beta1, beta2 = group["betas"]
        # Both corrections in one factor, as at the end of section 2 of the paper.
        correction = (1 - beta2**step) ** 0.5
        step_size = self._like(param, group["lr"] * correction / (1 - beta1**step))
        tiny = self._like(param, group["eps"] * correction)
        changed = group["weight_decay"] or group["maximize"]
        for p, g, m, v, v_max, s, t in self._blocks(
            param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq
        ):
            g = self._direction(p, g, group, s) if changed else g
            self._move_towards(m, g, 1 - beta1, t)
            self._average_square(v, g, beta2, t)
            if v_max is not None:
                v = self.maximum(v_max, v, out=v_max)
            denominator = self.add(self.sqrt(v, t), tiny, t)
            change = self.div(m, denominator, t)
            self.sub(p, self.mul(change, step_size, t), p)

    def rmsprop_step(self, param, grad, group, square_avg, momentum_buffer=None, grad_avg=None):
        """RMSprop; centered with `grad_avg`, with momentum given its buffer."""
        rate, tiny = self._all_like(param, group["lr"], group["eps"])
        for p, g, v, buffer, mean, s, t in self._blocks(
            param, grad, square_avg, momentum_buffer, grad_avg
        ):
            g = self._direction(p, g, group, s)
            self._average_square(v, g, group["alpha"], t)
            if mean is not None:
                self._move_towards(mean, g, 1 - group["alpha"], t)
                v = self.sub(v, self.mul(mean, mean, t), t)
            denominator = self.add(self.sqrt(v, t), tiny, t)
            if buffer is None:
                self._subtract_ratio(p, g, denominator, rate, t)
            else:
                self.mul(buffer, self._like(p, group["momentum"]), buffer)
                self.add(buffer, self.div(g, denominator, t), buffer)
                self.sub(p, self.mul(buffer, rate, t), p)

    def adagrad_step(self, param, grad, group, sum, *, step):
        """Adagrad: divides by the root of the sum of all squared gradients so far."""
        rate = group["lr"] / (1 + (step - 1) * group["lr_decay"])
        rate, tiny = self._all_like(param, rate, group["eps"])
        for p, g, total, s, t in self._blocks(param, grad, sum):
            g = self._direction(p, g, group, s)
            self.add(total, self.mul(g, g, t), total)
            denominator = self.add(self.sqrt(total, t), tiny, t)
            self._subtract_ratio(p, g, denominator, rate, t)

    def adadelta_step(self, param, grad, group, square_avg, acc_delta):
        """Adadelta: scales the gradient by past changes against past gradients."""
        rate, tiny = self._all_like(param, group["lr"], group["eps"])
        for p, g, v, u, s, t in self._blocks(param, grad, square_avg, acc_delta):
            g = self._direction(p, g, group, s)
            self._average_square(v, g, group["rho"], t)
            root = self.add(v, tiny)
            self.sqrt(root, root)
            delta = self.sqrt(self.add(u, tiny, t), t)
            self.mul(self.div(delta, root, delta), g, delta)
            self._average_square(u, delta, group["rho"], s)
            self.sub(p, self.mul(delta, rate, s), p)

    def adamax_step(self, param, grad, group, exp_avg, exp_inf, *, step):
        """Adamax: Adam with a decaying maximum in place of the average square."""
        beta1, beta2 = group["betas"]
        step_size = group["lr"] / (1 - beta1**step)
        step_size, decay, tiny = self._all_like(param, step_size, beta2, group["eps"])
        for p, g, m, u, s, t in self._blocks(param, grad, exp_avg, exp_inf):
            g = self._direction(p, g, group, s)
            self._move_towards(m, g, 1 - beta1, t)
            magnitude = self.add(self.abs(g, t), tiny, t)
            self.maximum(self.mul(u, decay, u), magnitude, out=u)
            self._subtract_ratio(p, m, u, step_size, s)

    def nadam_step(self, param, grad, group, exp_avg, exp_avg_sq, *, step, mu, mu_next, mu_product):
        """NAdam: Adam with Nesterov's look ahead; `mu` weighs the gradient itself."""
        lr, (beta1, beta2) = group["lr"], group["betas"]
        grad_size, momentum_size, correction, tiny = self._all_like(
            param,
            lr * (1 - mu) / (1 - mu_product),
            lr * mu_next / (1 - mu_product * mu_next),
            1 - beta2**step,
            group["eps"],
        )
        for p, g, m, v, s, t in self._blocks(param, grad, exp_avg, exp_avg_sq):
            g = self._direction(p, g, group, s)
            self._move_towards(m, g, 1 - beta1, t)
            self._average_square(v, g, beta2, t)
            denominator = self.sqrt(self.div(v, correction, t), t)
            self.add(denominator, tiny, denominator)
            self._subtract_ratio(p, g, denominator, grad_size, s)
            self._subtract_ratio(p, m, denominator, momentum_size, s)

    def radam_step(self, param, grad, group, exp_avg, exp_avg_sq, *, step, rectification):
        """RAdam: Adam that divides only once the mean square can be trusted."""
        beta1, beta2 = group["betas"]
        bias, rate, tiny = self._all_like(param, 1 - beta1**step, group["lr"], group["eps"])
        for p, g, m, v, s, t in self._blocks(param, grad, exp_avg, exp_avg_sq):
            g = self._direction(p, g, group, s)
            self._move_towards(m, g, 1 - beta1, t)
            self._average_square(v, g, beta2, t)
            update = self.mul(self.div(m, bias, s), rate, s)
            if rectification is not None:
                denominator = self.add(self.sqrt(v, t), tiny, t)
                root = self._like(p, (1 - beta2**step) ** 0.5)
                self.mul(update, self.div(root, denominator, t), update)
                self.mul(update, self._like(p, rectification), update)
            self.sub(p, update, p)

    def asgd_step(self, param, grad, group, ax, *, eta, mu):
        """Averaged SGD: steps of size `eta`; `mu` is the new place's share in `ax`."""
        keep, rate = self._all_like(param, 1 - group["lambd"] * eta, eta)
        for p, g, average, s, t in self._blocks(param, grad, ax):
            g = self._direction(p, g, group, s)
            self.mul(p, keep, p)
            self.sub(p, self.mul(g, rate, t), p)
            if mu == 1:
                average[...] = p
            else:
                difference = self.sub(p, average, t)
                self.mul(difference, self._like(p, mu), difference)
                self.add(average, difference, average)

    def rprop_step(self, param, grad, group, prev, step_size):
        """Rprop: step sizes grow while the gradient keeps its sign, else shrink."""
        etaminus, etaplus = group["etas"]
        zero, shortest, longest = self._all_like(param, 0, *group["step_sizes"])
        for p, g, previous, size, s, t in self._blocks(param, grad, prev, step_size):
            g = self.neg(g, s) if group["maximize"] else g
            agreement = self.mul(g, previous, t)
            same, turned = self.gt(agreement, zero), self.lt(agreement, zero)
            factor = self.where(same, self._like(p, etaplus), self._like(p, 1))
            self.mul(size, self.where(turned, self._like(p, etaminus), factor), size)
            self.maximum(size, shortest, out=size)
            self.minimum(size, longest, out=size)
            previous[...] = self.where(turned, zero, g)
            self.sub(p, self.mul(self.module.sign(previous, t), size, t), p)

    # ------------------------------------------------------------- what they share

    def _like(self, param, value):
        """A number that may change at every step, in the parameter's dtype."""
        return self.module.array(value, param.dtype)

    def _all_like(self, param, *values):
        """Several such numbers."""
        array, dtype = self.module.array, param.dtype
        return [array(value, dtype) for value in values]

    def _blocks(self, *arrays):
        """The arrays block by block, each time with two of scratch; None stays None."""
        param, size = arrays[0], arrays[0].size
        empty, block = self.module.empty, self.update_block
        if size <= block:
            return ((*arrays, empty(size, param.dtype), empty(size, param.dtype)),)
        scratch = empty((2, block), param.dtype)
        blocks = []
        for start in range(0, size, block):
            parts = [None if a is None else a[start : start + block] for a in arrays]
            blocks.append((*parts, *scratch[:, : size - start]))
        return blocks

    def _direction(self, param, grad, group, out):
        """The gradient, negated to climb, with the pull of weight decay to zero.

        Decoupled weight decay shrinks the parameter instead, now.
        """
        weight_decay = group["weight_decay"]
        if weight_decay and group.get("decoupled_weight_decay"):
            self.mul(param, self._like(param, 1 - group["lr"] * weight_decay), param)
        elif weight_decay:
            pull = self.mul(param, self.constant(weight_decay, param.dtype), out)
            follow = self.sub if group["maximize"] else self.add
            return follow(pull, grad, out)
        return self.neg(grad, out) if group["maximize"] else grad

    def _average_square(self, average, value, beta, scratch):
        """`average = beta average + (1 - beta) value²`."""
        dtype = average.dtype
        self.mul(average, self.constant(beta, dtype), average)
        square = self.mul(value, self.constant(1 - beta, dtype), scratch)
        self.add(average, self.mul(square, value, square), average)

    def _subtract_ratio(self, param, numerator, denominator, factor, out):
        """`param -= numerator / denominator * factor`."""
        change = self.div(numerator, denominator, out)
        self.sub(param, self.mul(change, factor, change), param)
