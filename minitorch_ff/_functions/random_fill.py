"""The methods that overwrite a tensor's memory with random numbers: `x.uniform_()`.

Each fills its tensor in the order in which the elements lie in memory, as PyTorch does.
"""

from __future__ import annotations

from typing import Any

from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.random import (
    Draw, draw_into, drawing, int64, matched, number, refuse_complex, stream,
)  # fmt: skip
from minitorch_ff.firefly.in_place import check_no_overlap, check_writable, write
from minitorch_ff.firefly.modes import grad_enabled
from minitorch_ff.firefly.ops.base import apply
from minitorch_ff.firefly.ops.indexing import Overwrite
from minitorch_ff.firefly.random.memory_order import fill, read


def _overwritten(
    self: Tensor, draw: Draw, called: str, *others: Tensor, variant: int = 0
) -> Tensor:
    """Overwrite a tensor with draws.

    Args:
        self: The tensor.
        draw: Called once; see `drawing`.
        called: The name of the node, if this is recorded.
        *others: Tensors the draw depends on; they get a gradient of zeros.
        variant: The number of the node's name.
    """
    buffer = self.buffer
    if 0 in buffer.strides and buffer.size > 1:
        check_no_overlap(buffer)
    if grad_enabled():
        inputs = (self, *others)
        recorded = any([t.edge() is not None for t in inputs])
        check_writable(self, recorded)
        if recorded:
            host = self.backend.to_numpy(buffer).copy(order="K")
            fill(host, draw(host.size, host.dtype, buffer.flags.c_contiguous))
            value = self.backend.beside(host, buffer)
            settings = {"value": value, "called": called, "variant": variant}
            return write(self, apply(Overwrite, *inputs, **settings))
    draw_into(self, draw)
    self.version[0] += 1
    return self


def uniform_(
    self: Tensor, from_: float = 0.0, /, to: float = 1.0, *, generator: Any = None, **named: Any,
) -> Tensor:  # fmt: skip
    """Overwrite with numbers spread evenly over [from, to).

    See: [torch.Tensor.uniform_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html).
    """
    low, high = number(named.pop("from", from_)), number(to)
    _no_more(named, "uniform_")
    return _overwritten(self, drawing(generator, "uniform", low, high), "Uniform")


def _no_more(named: dict[str, Any], function: str) -> None:
    """Refuse what is left of the keyword arguments."""
    for name in named:
        raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
    """Overwrite with numbers from a normal distribution.

    See: [torch.Tensor.normal_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.normal_.html).
    """
    draw = drawing(generator, "normal", number(mean), number(std))
    return _overwritten(self, draw, "Normal")


def random_(self: Tensor, *bounds: Any, generator: Any = None, **named: Any) -> Tensor:
    """Overwrite with integers.

    Args:
        self: Any dtype that is not complex.
        *bounds: None, for all integers of the dtype that are not negative; or `to`, for
            [0, to); or `from, to`, for [from, to), where `to` may be None.
        generator: Where to draw from.
        **named: `from` and `to` by their names.

    Raises:
        RuntimeError: The range is empty, or does not fit the dtype.

    See: [torch.Tensor.random_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.random_.html).
    """
    values = matched("random_", ("from", "to"), bounds, named)
    _no_more(named, "random_")
    if not values:
        return _overwritten(self, drawing(generator, "random_"), "Random", variant=2)
    low, high = int64(values.get("from", 0), "random_", "from"), values["to"]
    if high is not None or "from" not in values:
        high = int64(high, "random_", "to")
    draw = drawing(generator, "randint", low, high)
    return _overwritten(self, draw, "Random", variant=int("from" not in values))


def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Any = None) -> Tensor:
    """Overwrite with ones of probability `p`, else zeros.

    Args:
        self: Any dtype that is not complex.
        p: One probability, or a tensor of them that can be expanded to `self`.
        generator: Where to draw from.

    Raises:
        RuntimeError: A probability is not between 0 and 1.

    See: [torch.Tensor.bernoulli_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.bernoulli_.html).
    """
    source = stream(generator)
    if isinstance(p, Tensor):
        refuse_complex(self.buffer.dtype, "bernoulli_tensor_cpu_self_")
        each = p.expand(self.buffer.shape)
        chances = read(each.backend.to_numpy(each.buffer), self.buffer)
        return _overwritten(
            self, lambda *_: source.bernoulli_each(chances), "Bernoulli", each, variant=1
        )
    refuse_complex(self.buffer.dtype, "bernoulli_scalar_cpu_")
    chance = number(p)
    return _overwritten(self, lambda n, t, _: source.bernoulli(n, chance), "Bernoulli", variant=2)


def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Any = None) -> Tensor:
    """Overwrite with waiting times of rate `lambd`.

    See: [torch.Tensor.exponential_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html).
    """
    return _overwritten(self, drawing(generator, "exponential", number(lambd)), "Exponential")


def cauchy_(
    self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Any = None,
) -> Tensor:  # fmt: skip
    """Overwrite with draws from a Cauchy distribution.

    See: [torch.Tensor.cauchy_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.cauchy_.html).
    """
    draw = drawing(generator, "cauchy", number(median), number(sigma))
    return _overwritten(self, draw, "Cauchy")


def geometric_(self: Tensor, p: float, *, generator: Any = None) -> Tensor:
    """Overwrite with the number of tries until the first success of probability `p`.

    See: [torch.Tensor.geometric_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.geometric_.html).
    """
    return _overwritten(self, drawing(generator, "geometric", number(p)), "Geometric")


def log_normal_(
    self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Any = None,
) -> Tensor:  # fmt: skip
    """Overwrite with numbers whose logarithm has a normal distribution.

    See: [torch.Tensor.log_normal_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.log_normal_.html).
    """
    draw = drawing(generator, "log_normal", number(mean), number(std))
    return _overwritten(self, draw, "LogNormal")
