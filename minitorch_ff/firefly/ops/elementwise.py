"""What operators of one input share that work on each element by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch_ff.firefly.ops.base import Operator


class Elementwise(Operator):
    """One function of each element; a subclass gives its `value`, and by `chain` its gradient.

    Settings of the call are attributes: `self.slope`.
    """

    floats = fresh = fits = True

    saves_result = False
    """What `chain` is told: the result `y`, or the input `x`."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A setting of the call."""

    def forward(self, xp, x, **settings):
        if settings:
            self.__dict__.update(settings)
        y = self.value(xp, x)
        self.save_for_backward(y if self.saves_result else x)
        return y

    def backward(self, xp, grad):
        return (self.chain(xp, grad, *self.saved_tensors),)

    def value(self, xp, x):
        """The function of each element."""
        raise NotImplementedError

    def chain(self, xp, grad, saved):
        """`grad` times the derivative: the chain rule."""
        raise NotImplementedError
