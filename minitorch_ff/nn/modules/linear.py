"""Layers of weighted sums: `Linear`, `Bilinear`, `Identity`, and a lazy `Linear`."""

import math
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional, init
from minitorch_ff.nn.modules._layer import Layer
from minitorch_ff.nn.modules.lazy import LazyModuleMixin
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.parameter import UninitializedParameter


class Identity(Module):
    """Returns its input; takes, and ignores, any arguments when it is made.

    See: [torch.nn.Identity](https://docs.pytorch.org/docs/stable/generated/torch.nn.Identity.html).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """The input."""
        return input


class Linear(Layer):
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

    _shown = "in_features= out_features= bias="

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(in_features=in_features, out_features=out_features)
        shapes = {"weight": (out_features, in_features), "bias": out_features if bias else None}
        self.make_parameters(device, dtype, **shapes)

    def reset_parameters(self) -> None:
        """Draw new initial values for weight and bias."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(*, in_features)` to `(*, out_features)`."""
        members: Any = self._parameters
        try:
            weight, bias = members["weight"], members["bias"]
        except KeyError:  # something else computes them
            weight, bias = self.weight, self.bias
        return functional.linear(input, weight, bias)


class NonDynamicallyQuantizableLinear(Linear):
    """A `Linear` under the name that PyTorch gives to the last one of an attention."""


class Bilinear(Layer):
    r"""Weighted sums of all products of two features: $y_k = x_1^\top W_k x_2 + b_k$.

    Args:
        in1_features: Size of each row of the first input.
        in2_features: Size of each row of the second input.
        out_features: Size of each output row.
        bias: Whether to add a bias.
        device: Where the parameters are.
        dtype: Of the parameters.

    See: [torch.nn.Bilinear](https://docs.pytorch.org/docs/stable/generated/torch.nn.Bilinear.html).
    """

    _shown = "in1_features= in2_features= out_features= bias="

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(in1_features=in1_features, in2_features=in2_features)
        check(in1_features > 0, f"in1_features must be > 0, but got {in1_features}", ValueError)
        self.out_features = out_features
        shape = out_features, in1_features, in2_features
        self.make_parameters(device, dtype, weight=shape, bias=out_features if bias else None)

    def reset_parameters(self) -> None:
        """Draw new initial values for weight and bias."""
        bound = 1 / math.sqrt(self.weight.size(1))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """Shapes `(*, in1)` and `(*, in2)` to `(*, out)`."""
        return functional.bilinear(input1, input2, self.weight, self.bias)


class LazyLinear(LazyModuleMixin, Linear):
    """A `Linear` that learns the size of its input rows from its first input.

    Args:
        out_features: Size of each output row.
        bias: Whether to add a bias.
        device: Where the parameters are.
        dtype: Of the parameters.

    See: [torch.nn.LazyLinear](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyLinear.html).
    """

    cls_to_become = Linear  # type: ignore[assignment]

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(0, 0, False)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Once the sizes are known: draw initial values."""
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:  # type: ignore[override]
        """Take the size of the input rows from the first input."""
        if not self.has_uninitialized_params():
            return
        self.in_features = input.shape[-1]
        self.weight.materialize((self.out_features, self.in_features))
        if self.bias is not None:
            self.bias.materialize((self.out_features,))
        self.reset_parameters()
