"""Your answers. Each exercise says what to write; its test, whether it is right.

Run the tests of a step with `pytest exercises -m step1`.
"""

from ember import operator
from ember.module import Module
from ember.optimizers import Optimizer

# ------------------------------------------------------------------------- step 1


class Sigmoid(operator.Operator):
    """1.1: 1 / (1 + exp(-a)). Its slope is s · (1 - s), where s is the result."""


class Maximum(operator.Operator):
    """1.2: the larger of a and b, element by element. Of equal ones, a gets it all.

    Hint: `self.xp.greater(b, a)` is 1 where b is chosen.
    """


def calls_of(rule, *buffers):
    """1.3: the primitives that one forward and one backward pass call, by name."""
    raise NotImplementedError


# ------------------------------------------------------------------------- step 2


def power(x, n):
    """2.1: the tensor x to the power of a whole number n > 0, by products.

    Its gradient must come out right without a rule of its own.
    """
    raise NotImplementedError


def slope(function, x):
    """2.2: the derivative of a function of one number, at x, by `backward`."""
    raise NotImplementedError


def count_tensors(root):
    """2.3: from how many tensors `root` was computed, itself among them.

    Count each once, and do not use `graph.in_order`.
    """
    raise NotImplementedError


# ------------------------------------------------------------------------- step 3


class Dropout(Module):
    """3.1: in training, each element becomes 0 with probability p; others grow.

    They are divided by 1 - p: the mean stays. In evaluation nothing happens.

    Args:
        p: The probability.
        rng: Where the choice comes from.
    """

    def __init__(self, p, rng):
        self.p, self.rng = p, rng


class Residual(Module):
    """3.2: the result of another module, with its input added.

    The other module's parameters must be found under `inner.`.
    """


# ------------------------------------------------------------------------- step 4


class AdaGrad(Optimizer):
    """4.1: the gradient, over the root of the sum of all its squares so far.

    Add 1e-10 to the root.
    """


def clip(parameters, limit):
    """4.2: scale all gradients so that together they have the length `limit`.

    If it is no longer than that, change nothing. Return the length before.
    """
    raise NotImplementedError
