"""`Generator`: every random draw there is."""

from __future__ import annotations

from minitorch_ff.firefly.random.discrete import Discrete
from minitorch_ff.firefly.random.gamma import Gamma
from minitorch_ff.firefly.random.integers import Integers
from minitorch_ff.firefly.random.memory_order import fill, read
from minitorch_ff.firefly.random.multinomial import Multinomial
from minitorch_ff.firefly.random.permutation import Permutation


class Generator(Discrete, Gamma, Integers, Multinomial, Permutation):
    """PyTorch's CPU generator.

    A drawing method takes how many values to draw (or one parameter per value), and
    returns a flat array of them in draw order. `fill` writes such an array into another
    of any layout, `read` brings parameters into the same order. A call with wrong
    parameters raises before anything is drawn.

    Example:
        >>> from minitorch_ff.firefly.random import Generator
        >>> generator = Generator(0)
        >>> generator.randperm(10).tolist()
        [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]
        >>> generator.manual_seed(42).uniform(2)
        array([0.88226926, 0.91500396], dtype=float32)

    See: [torch.Generator](https://docs.pytorch.org/docs/stable/generated/torch.Generator.html).
    """

    fill = staticmethod(fill)
    read = staticmethod(read)
