"""Losses: how wrong a model is, as one number."""

import numpy
from ember.tensor import Tensor


def mse_loss(output, target):
    """The mean of the squared differences."""
    difference = output - target
    return (difference * difference).mean()


def log_softmax(scores):
    """The logarithms of probabilities, for scores in rows.

    The largest score is taken off first: `exp` of the rest cannot overflow.
    """
    shifted = scores - scores.max(axis=1)
    return shifted - shifted.exp().sum(axis=1).log()


def cross_entropy(scores, labels):
    """Minus the mean logarithm of the probability of the right class.

    Args:
        scores: A row for each example, a column for each class.
        labels: The number of the right class of each example.
    """
    rows, classes = scores.shape
    chosen = Tensor(numpy.eye(classes)[labels])
    return (log_softmax(scores) * chosen).sum() * (-1 / rows)
