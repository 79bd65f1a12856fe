"""Modules: parts of a model that know their parameters by name."""

import numpy
from ember.tensor import Tensor


class Parameter(Tensor):
    """A tensor that training changes."""

    def __init__(self, values):
        super().__init__(values, requires_grad=True)


class Module:
    """A part of a model; attributes that are parameters or modules are its own."""

    training = True

    def forward(self, *inputs):
        """The result; each kind of module has its own."""
        raise NotImplementedError

    def __call__(self, *inputs):
        return self.forward(*inputs)

    def children(self):
        """The modules among the attributes, by name."""
        return {
            name: part
            for name, part in vars(self).items()
            if isinstance(part, Module)
        }

    def named_parameters(self, prefix=""):
        """All parameters, those of the parts too, by names such as `0.weight`."""
        found = {
            prefix + name: part
            for name, part in vars(self).items()
            if isinstance(part, Parameter)
        }
        for name, child in self.children().items():
            found.update(child.named_parameters(f"{prefix}{name}."))
        return found

    def parameters(self):
        return list(self.named_parameters().values())

    def train(self, mode=True):
        """Tell the module and its parts whether they are being trained."""
        self.training = mode
        for child in self.children().values():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def state_dict(self):
        """A copy of what training has found, by name."""
        return {
            name: part.buffer.copy()
            for name, part in self.named_parameters().items()
        }

    def load_state_dict(self, state):
        """Take over what `state_dict` gave.

        Raises:
            KeyError: The names are not the same.
            ValueError: A shape is not the same. Nothing has been changed then.
        """
        own = self.named_parameters()
        if own.keys() != state.keys():
            raise KeyError(f"names differ: {sorted(own.keys() ^ state.keys())}")
        for name, part in own.items():
            if part.shape != numpy.shape(state[name]):
                raise ValueError(
                    f"{name} has shape {part.shape}, not {numpy.shape(state[name])}"
                )
        for name, part in own.items():
            part.buffer = part.xp.array(state[name]).copy()
