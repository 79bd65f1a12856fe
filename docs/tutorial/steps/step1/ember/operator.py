"""The operator: one computation, with the rule for its gradient."""


class Operator:
    """One use of a rule on some buffers.

    What `backward` needs, `forward` leaves in `self`.

    Args:
        xp: The primitives that the rule is carried out with.
        settings: What the rule depends on besides buffers, such as an axis.
    """

    differentiable = True

    def __init__(self, xp, **settings):
        self.xp = xp
        self.shapes = []
        for name, value in settings.items():
            setattr(self, name, value)

    def forward(self, *buffers):
        """The result."""
        raise NotImplementedError

    def backward(self, grad):
        """The gradient of each input, from that of the result."""
        raise NotImplementedError

    def __call__(self, *buffers):
        self.shapes = [buffer.shape for buffer in buffers]
        return self.forward(*buffers)

    def gradients(self, grad):
        """What `backward` gives, with broadcasting undone."""
        pairs = zip(self.backward(grad), self.shapes, strict=True)
        return [sum_to_shape(self.xp, each, shape) for each, shape in pairs]


class NonDifferentiable(Operator):
    """An operator whose result moves in steps: it has no useful gradient."""

    differentiable = False

    def backward(self, grad):
        raise RuntimeError(f"{type(self).__name__} is not differentiable")


def sum_to_shape(xp, grad, shape):
    """Undo broadcasting: add up the gradients of all copies of an element."""
    if grad.shape == tuple(shape):
        return grad
    added = len(grad.shape) - len(shape)  # axes that were put in front
    stretched = [added + axis for axis, size in enumerate(shape) if size == 1]
    grad = xp.sum(grad, axis=(*range(added), *stretched), keepdims=True)
    return xp.reshape(grad, shape)
