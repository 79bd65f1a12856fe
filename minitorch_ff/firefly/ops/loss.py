"""Losses: how far a prediction is from its target."""

from __future__ import annotations

import math

from minitorch_ff.firefly.ops.elementwise import at_once
from minitorch_ff.firefly.ops.base import HALVES, Operator, Underivable
from minitorch_ff.firefly.ops.activation import softplus


class ElementLoss(Operator):
    """A loss of element against element, then their mean, their sum, or all of them.

    A subclass gives the loss of elements (`value`) and its derivatives by the prediction
    (`slope`) and by the target (`target_slope`).
    """

    fresh = promotes = widens = True

    def forward(self, xp, x, target, *, reduction="mean", **settings):
        self.__dict__.update(settings)
        self.reduction = reduction
        self.saved = (x, target)
        values = self.value(xp, x, target)
        self.count = max(values.size, 1)
        return reduced(xp, values, reduction)

    def backward(self, xp, grad):
        x, target = self.saved_tensors
        first, second = self.edges
        return (
            None if first is None else self.pull(xp, grad, self.slope(xp, x, target)),
            None if second is None else self.pull(xp, grad, self.target_slope(xp, x, target)),
        )

    def pull(self, xp, grad, slope):
        """`grad` times a derivative; in a mean each element has a share only."""
        if self.reduction == "mean":
            grad = xp.scale(grad, 1 / self.count)
        return xp.mul(grad, slope)

    def value(self, xp, x, target):
        """The loss of each element."""
        raise NotImplementedError

    def slope(self, xp, x, target):
        """The derivative by the prediction."""
        raise NotImplementedError

    def target_slope(self, xp, x, target):
        """The derivative by the target: of a loss of the difference, the opposite."""
        return xp.neg(self.slope(xp, x, target))


def reduced(xp, values, reduction):
    """The mean or the sum of element losses, or all of them."""
    if reduction == "none":
        return values
    return xp.sum(values) if reduction == "sum" else at_once(xp, mean, values)


def mean(xp, values):
    """The mean of all elements."""
    return xp.div(xp.sum(values), xp.constant(values.size, values.dtype))


def broadcast(a, b):
    """The shape in which two shapes meet."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    lead = len(longer) - len(shorter)
    pairs = zip(longer[lead:], shorter, strict=True)
    return tuple(longer[:lead]) + tuple([n if m == 1 else m for n, m in pairs])


class MseLoss(ElementLoss):
    """`(x - t)²`; its mean is the loss that small trainings spend their time in."""

    rounds = rounds_forward = HALVES

    def forward(self, xp, x, target, *, reduction="mean"):
        self.reduction = reduction
        self.saved = (x, target)
        if reduction == "mean" and x.dtype.itemsize > 2:
            value, difference = xp.squared_error(x, target)
        else:
            difference = xp.sub(x, target)
            value = reduced(xp, xp.mul(difference, difference), reduction)
        self.kept = difference
        self.factor = 2 / max(difference.size, 1) if reduction == "mean" else 2.0
        return value

    def backward(self, xp, grad):
        x, target = self.saved_tensors
        difference = self.recall(xp)
        if difference is None:
            difference = xp.sub(x, target)
        if self.dtype.itemsize > 2:
            to_x = xp.mul(difference, xp.scale(grad, self.factor))
        else:
            to_x = share_first(xp, grad, difference, self.factor)
        return to_x, None if self.edges[1] is None else xp.neg(to_x)


def share_first(xp, grad, slope, share):
    """The product of three, in the order in which PyTorch rounds it."""
    return xp.mul(xp.mul(slope, xp.constant_like(share, slope)), grad)


class SmoothL1Loss(ElementLoss):
    """`d² / 2 beta` where `|d| < beta`, `|d| - beta / 2` elsewhere, with `d = x - t`."""

    rounds_forward = HALVES[:1]

    def value(self, xp, x, target):
        distance = xp.abs(xp.sub(x, target))
        beta = xp.constant_like(self.beta, distance)
        square = xp.div(xp.scale(xp.mul(distance, distance), 0.5), beta)
        return xp.where(xp.lt(distance, beta), square, xp.sub(distance, xp.scale(beta, 0.5)))

    def slope(self, xp, x, target):
        difference = xp.sub(x, target)
        near = xp.lt(xp.abs(difference), xp.constant_like(self.beta, difference))
        return xp.where(near, xp.scale(difference, 1 / self.beta), xp.sign(difference))


class HuberLoss(ElementLoss):
    """`d² / 2` where `|d| <= delta`, `delta (|d| - delta / 2)` elsewhere."""

    rounds, rounds_forward = HALVES, HALVES[1:]

    def value(self, xp, x, target):
        distance = xp.abs(xp.sub(x, target))
        delta = xp.constant_like(self.delta, distance)
        square = xp.scale(xp.mul(distance, distance), 0.5)
        linear = xp.mul(xp.sub(distance, xp.scale(delta, 0.5)), delta)
        return xp.where(xp.le(distance, delta), square, linear)

    def slope(self, xp, x, target):
        difference = xp.sub(x, target)
        delta = xp.constant_like(self.delta, difference)
        near = xp.le(xp.abs(difference), delta)
        return xp.where(near, difference, xp.mul(delta, xp.sign(difference)))

    def pull(self, xp, grad, slope):
        return share_first(xp, grad, slope, 1 / self.count if self.reduction == "mean" else 1)


class SoftMarginLoss(ElementLoss):
    """`ln(1 + e^(-t x))` for targets 1 and -1."""

    def value(self, xp, x, target):
        return xp.log1p(xp.exp(xp.neg(xp.mul(target, x))))

    def slope(self, xp, x, target):
        return xp.neg(xp.mul(target, xp.sigmoid(xp.neg(xp.mul(target, x)))))

    def target_slope(self, xp, x, target):
        return xp.neg(xp.mul(x, xp.sigmoid(xp.neg(xp.mul(target, x)))))


class BinaryCrossEntropy(ElementLoss):
    """`-(t ln x + (1 - t) ln(1 - x))` of probabilities, each logarithm at least -100.

    The slope is `(x - t) / x (1 - x)`, the denominator at least 1e-12.
    """

    rounds = rounds_forward = HALVES

    def value(self, xp, x, target):
        one, least = xp.constant_like(1, x), xp.constant_like(-100, x)
        log_x = xp.maximum(xp.log(x), least)
        log_rest = xp.maximum(xp.log1p(xp.neg(x)), least)
        return xp.sub(xp.mul(xp.sub(target, one), log_rest), xp.mul(target, log_x))

    def backward(self, xp, grad):
        x, target = self.saved_tensors
        first, second = self.edges
        to_x = to_target = None
        if first is not None:
            spread = xp.mul(xp.sub(xp.constant_like(1, x), x), x)
            least = xp.constant_like(1e-12, x)
            spread = xp.where(xp.gt(spread, least), spread, least)
            to_x = self.shared(xp, xp.div(xp.mul(grad, xp.sub(x, target)), spread))
        if second is not None:
            odds = xp.div(x, xp.sub(xp.constant_like(1, x), x))
            to_target = self.shared(xp, xp.neg(xp.mul(grad, xp.log(odds))))
        return to_x, to_target

    def shared(self, xp, grad):
        """The share of each element in a mean."""
        return xp.scale(grad, 1 / self.count) if self.reduction == "mean" else grad


class BinaryCrossEntropyWithLogits(Operator):
    """Binary cross entropy of a score's sigmoid: `(1 - t) x - w ln σ(x)`.

    `w` is 1, or `1 + (pos_weight - 1) t`. The gradient is `g (w σ(x) - pos_weight t)`.
    """

    fresh = widens = True
    rounds = rounds_forward = HALVES

    def forward(self, xp, x, target, *, weight, pos_weight, reduction="mean"):
        self.weight, self.pos_weight, self.reduction = weight, pos_weight, reduction
        self.saved = (x, target)
        one, logs = xp.constant_like(1, x), at_once(xp, log_sigmoid, x)
        if pos_weight is not None:
            logs = xp.mul(xp.shift(xp.mul(xp.sub(pos_weight, one), target), 1), logs)
        values = xp.sub(xp.mul(xp.sub(one, target), x), logs)
        if weight is not None:
            values = xp.mul(values, weight)
        return reduced(xp, xp.asarray(values), reduction)

    def backward(self, xp, grad):
        x, target = self.saved_tensors
        slope, tilted = xp.sigmoid(x), target
        if self.pos_weight is not None:
            tilted = xp.mul(target, self.pos_weight)
            slope = xp.mul(xp.sub(xp.shift(tilted, 1), target), slope)
        to_x, to_target = xp.sub(slope, tilted), None
        if self.edges[1] is not None:
            to_target = xp.neg(x)
            if self.pos_weight is not None:
                tilted = xp.mul(at_once(xp, log_sigmoid, x), self.pos_weight)
                to_target = xp.sub(at_once(xp, log_sigmoid, xp.neg(x)), tilted)
            to_target = self.pull(xp, grad, to_target)
        return self.pull(xp, grad, to_x), to_target

    def pull(self, xp, grad, slope):
        """`grad` times a derivative, weighted and shared."""
        grad = xp.mul(slope, grad)
        if self.weight is not None:
            grad = xp.mul(grad, self.weight)
        size = max(math.prod(grad.shape), 1)
        return xp.div(grad, xp.constant_like(size, grad)) if self.reduction == "mean" else grad


def log_sigmoid(xp, x):
    """The logarithm of the sigmoid, without overflow."""
    return xp.neg(softplus(xp, xp.neg(x)))


class CrossEntropy(Operator):
    """Mean negative log-softmax at the target class, of rows of scores.

    With the softmax `p` and the one-hot target `t` the gradient is `(p - t) g / n`; or a row
    has its `share` of the mean in the place of `1 / n`.
    """

    fresh = widens = True
    called = "NllLoss"

    def forward(self, xp, x, *, target, share=None):
        self.target, self.share = target, share
        self.saved = (x,)
        value, self.kept = xp.cross_entropy(x, target, share)
        return value

    def backward(self, xp, grad):
        (x,) = self.saved_tensors
        probabilities = self.recall(xp)
        if probabilities is None:
            probabilities = xp.softmax(x, 1)
        return (xp.cross_entropy_back(grad, probabilities, self.target, self.share),)


class NllLoss(Operator):
    """`-w x` at the target class of each row of log-probabilities.

    Rows with `weight` 0 do not count; the mean is over the weights. The gradient is `-w g`
    at the target class.
    """

    fresh = widens = True
    rounds = rounds_forward = HALVES

    def forward(self, xp, x, *, target, weight, reduction, called="NllLoss"):
        self.input_shape = x.shape
        self.where = xp.positions(len(target)), target
        self.weight, self.reduction, self.called = weight, reduction, called
        values = xp.neg(xp.mul(xp.index(x, self.where), weight))
        if reduction == "none":
            return values
        total = xp.rounded_sum if x.dtype.itemsize == 2 else xp.sum
        if reduction == "sum":
            return total(values)
        self.total = total(weight)
        return xp.div(total(values), self.total)

    def backward(self, xp, grad):
        at_target = xp.neg(xp.mul(grad, self.weight))
        if self.reduction == "mean":
            at_target = xp.div(at_target, self.total)
        counted = xp.ne(self.weight, xp.constant_like(0, self.weight))
        at_target = xp.where_true(at_target, counted)  # if none is, the total is zero
        return (xp.index_back(at_target, self.where, self.input_shape),)


class CtcLoss(Operator):
    """How improbable label sequences are; the rule is a primitive, which has no gradient."""

    fresh = True

    def forward(self, xp, log_probs, *, zero, **where):
        self.where = where
        self.saved = (log_probs,)
        loss, alpha = xp.ctc_loss(log_probs, **where)
        self.kept = {"alpha": alpha, "loss": loss, "zero": zero}
        return loss

    def backward(self, xp, grad):
        (log_probs,) = self.saved_tensors
        return (xp.ctc_loss_back(grad, log_probs, **self.kept, **self.where),)


class CtcLossBack(Underivable):
    """Its gradient, while the backward pass is recorded."""

    aten = "_ctc_loss_backward"

    def forward(self, xp, grad, log_probs, **where):
        return xp.ctc_loss_back(grad, log_probs, **where)
