"""Layers that change shapes: `Flatten` and `Unflatten`."""

from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn.modules._layer import Layer


class Flatten(Layer):
    """Merges dimensions into one; by default all but the first.

    Args:
        start_dim: The first to merge.
        end_dim: The last to merge.

    See: [torch.nn.Flatten](https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html).
    """

    _shown = "start_dim= end_dim="

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__(start_dim=start_dim, end_dim=end_dim)

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, *)` to `(N, product)`."""
        return input.flatten(self.start_dim, self.end_dim)


class Unflatten(Layer):
    """Splits one dimension into several.

    Args:
        dim: The dimension to split.
        unflattened_size: What it becomes.

    Raises:
        TypeError: The sizes are no ints.

    See: [torch.nn.Unflatten](https://docs.pytorch.org/docs/stable/generated/torch.nn.Unflatten.html).
    """

    _shown = "dim= unflattened_size="

    def __init__(self, dim: Any, unflattened_size: Any) -> None:
        super().__init__(dim=dim, unflattened_size=unflattened_size)
        if isinstance(dim, str):
            raise NotImplementedError(
                "Unflatten of named dimensions is not supported; give the dimension's number"
            )
        if not isinstance(unflattened_size, (tuple, list)):
            raise TypeError(
                "unflattened_size must be a tuple of ints, but found type "
                f"{type(unflattened_size).__name__}"
            )
        for i, size in enumerate(unflattened_size):
            if not isinstance(size, int):
                raise TypeError(
                    "unflattened_size must be tuple of ints, but found element of type "
                    f"{type(size).__name__} at pos {i}"
                )

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(*, n, *)` to `(*, sizes, *)`."""
        return input.unflatten(self.dim, self.unflattened_size)
