"""Layers: the modules that models are made of."""

import numpy
from ember.module import Module, Parameter


class Linear(Module):
    """x @ weight.T + bias.

    Args:
        inputs: Columns of x.
        outputs: Columns of the result.
        rng: Where the first values come from, uniform within ±1/√inputs.
    """

    def __init__(self, inputs, outputs, rng):
        bound = 1 / numpy.sqrt(inputs)
        self.weight = Parameter(rng.uniform(-bound, bound, (outputs, inputs)))
        self.bias = Parameter(rng.uniform(-bound, bound, outputs))

    def forward(self, x):
        return x @ self.weight.T + self.bias


class Tanh(Module):
    """The hyperbolic tangent."""

    def forward(self, x):
        return x.tanh()


class ReLU(Module):
    """What is negative becomes 0."""

    def forward(self, x):
        return x.relu()


class Sequential(Module):
    """Modules one after another; their names are their numbers."""

    def __init__(self, *modules):
        for number, module in enumerate(modules):
            setattr(self, str(number), module)

    def forward(self, x):
        for module in self.children().values():
            x = module(x)
        return x
