"""Layers of weighted sums: `Linear`, `Bilinear`, `Identity`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from minitorch_ff._functions.creation import empty
from minitorch_ff.nn import functional, init
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.parameter import Parameter

if TYPE_CHECKING:
    from minitorch_ff._tensor import Tensor


class Identity(Module):
    """Returns its input; takes, and ignores, any arguments when it is made.

    See: [torch.nn.Identity](https://docs.pytorch.org/docs/stable/generated/torch.nn.Identity.html).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """The input."""
        return input


class Linear(Module):
    r"""Weighted sums of the features, plus a bias: $y = x W^\top + b$.

    Args:
        in_features: Size of each input row.
        out_features: Size of each output row.
        bias: Whether to add a bias.
        device: Where the parameters are.
        dtype: Of the parameters.

    Attributes:
        weight: Shape `(out_features, in_features)`, from
            $U(-\sqrt{1/\text{in}}, \sqrt{1/\text{in}})$ at first.
        bias: Shape `(out_features)`, from the same distribution, or None.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.Linear(20, 30)
        Linear(in_features=20, out_features=30, bias=True)

    See: [`linear`][minitorch_ff.nn.functional.linear.linear],
        [torch.nn.Linear](https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html).
    """

    weight: Tensor

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(
            empty((out_features, in_features), device=device, dtype=dtype)
        )
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values for weight and bias."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(*, in_features)` to `(*, out_features)`."""
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes, for `repr`."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )
