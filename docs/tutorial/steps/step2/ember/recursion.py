"""The chain rule as it stands in the book: short, and far too slow."""


def backward(tensor, grad):
    """Add `grad` to the tensor's gradient, and pass on what its parents get of it.

    Returns:
        How many tensors were visited.
    """
    tensor.grad = grad if tensor.grad is None else tensor.xp.add(tensor.grad, grad)
    if tensor.operator is None:
        return 1
    visits = 1
    for parent, part in zip(
        tensor.parents, tensor.operator.gradients(grad), strict=True
    ):
        if parent.requires_grad:
            visits += backward(parent, part)
    return visits
