"""The chain rule in order: every tensor once, after all that depend on it."""


def in_order(root):
    """All tensors behind `root`: each after its parents, `root` last.

    No function calls itself here, so a chain may be as long as memory allows.
    """
    order, seen, waiting = [], set(), [(root, False)]
    while waiting:
        tensor, parents_done = waiting.pop()
        if parents_done:
            order.append(tensor)
        elif id(tensor) not in seen:
            seen.add(id(tensor))
            waiting.append((tensor, True))
            waiting += [
                (parent, False) for parent in tensor.parents if parent.requires_grad
            ]
    return order


def backward(root, grad):
    """Leave a gradient in every tensor that `root` was computed from.

    Returns:
        How many tensors were visited.
    """
    order = in_order(root)
    arrived = {id(root): grad}
    for tensor in reversed(order):
        grad = arrived.pop(id(tensor))
        tensor.grad = (
            grad if tensor.grad is None else tensor.xp.add(tensor.grad, grad)
        )
        if tensor.operator is None:
            continue
        for parent, part in zip(
            tensor.parents, tensor.operator.gradients(grad), strict=True
        ):
            if parent.requires_grad:
                earlier = arrived.get(id(parent))
                arrived[id(parent)] = (
                    part if earlier is None else tensor.xp.add(earlier, part)
                )
    return len(order)
