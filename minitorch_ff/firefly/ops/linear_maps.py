"""What linear operators share: their gradients need no input, only the settings of the call."""

from __future__ import annotations

from minitorch_ff.firefly.ops.elementwise import OfPrimitive


class HandsOn(OfPrimitive):
    """What changes no element, or by a constant: the gradient is handed on."""

    def backward(self, xp, grad):
        return (grad,)


class OwnGradient(OfPrimitive):
    """What does to the gradient just what it did to `x`."""

    fresh = True

    def forward(self, xp, x, **settings):
        self.settings = settings
        return super().forward(xp, x, **settings)

    def backward(self, xp, grad):
        return (getattr(xp, self.primitive)(grad, **self.settings),)


class Pick(OfPrimitive):
    """Some of the elements, perhaps repeatedly; `xp.<primitive>_back` puts their gradient back."""

    fresh = True

    def forward(self, xp, x, **place):
        self.input_shape, self.place = x.shape, place
        return super().forward(xp, x, **place)

    def backward(self, xp, grad):
        put_back = getattr(xp, f"{self.primitive}_back")
        return (put_back(grad, shape=self.input_shape, **self.place),)


class PutBack(OfPrimitive):
    """The other way round: zeros of some shape, with elements added at the places of a `Pick`."""

    def forward(self, xp, grad, *, shape, **place):
        self.place = place
        return super().forward(xp, grad, shape=shape, **place)

    def backward(self, xp, grad):
        return (getattr(xp, self.primitive.removesuffix("_back"))(grad, **self.place),)


def total(xp, *parts):
    """The sum of gradients, None for those that did not come; None if none did."""
    result = None
    for part in parts:
        if part is not None:
            result = part if result is None else xp.add(result, part)
    return result
