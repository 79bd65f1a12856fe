"""firefly: the engine under the facade.

Two levels: **operators** compute and differentiate (`ops`), and are built only from
**primitives**, which exist once per back end (`backend`). Around them stand the tensor
(`tensor`), memory sharing and in-place writes (`views`), the backward pass (`graph`), the
primitives once more over tensors (`recorded`), and random numbers (`random`). Nothing here
knows the `torch`-like facade.
"""
