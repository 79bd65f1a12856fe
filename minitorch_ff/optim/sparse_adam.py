"""Adam for sparse gradients, which this package does not have."""

from __future__ import annotations

from typing import Any

from minitorch_ff.optim.optimizer import Optimizer

__all__ = ["SparseAdam"]


class SparseAdam(Optimizer):
    """Not supported, as sparse tensors are not; `Adam` is for dense gradients.

    Raises:
        NotImplementedError: Always.

    See: [torch.optim.SparseAdam](https://docs.pytorch.org/docs/stable/generated/torch.optim.SparseAdam.html).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            "torch.optim.SparseAdam is not supported: there are no sparse gradients "
            "here. Use torch.optim.Adam, and nn.Embedding with sparse=False"
        )
