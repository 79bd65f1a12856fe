"""Batches: the data in small shuffled portions."""


def batches(size, rng, *arrays):
    """Go once through arrays of the same length, in a new order.

    Args:
        size: Rows of each portion; the last one may be shorter.
        rng: Where the order comes from.
        arrays: Whose rows belong together.

    Yields:
        A tuple with a portion of each array.
    """
    order = rng.permutation(len(arrays[0]))
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        yield tuple(array[chosen] for array in arrays)
