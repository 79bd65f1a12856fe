"""Windows of images as columns, and back, as layers."""

from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.modules._layer import Layer


class Fold(Layer):
    """Puts windows, each a column, back in their places, and adds where they overlap.

    Args:
        output_size: Height and width of the images.
        kernel_size: Height and width of a window.
        dilation: How far the elements of a window are apart.
        padding: How many rows and columns are cut off at each edge.
        stride: How far a window is from the next.

    See: [`fold`][minitorch_ff.nn.functional.folding.fold],
        [torch.nn.Fold](https://docs.pytorch.org/docs/stable/generated/torch.nn.Fold.html).
    """

    _shown = "output_size= kernel_size= dilation= padding= stride="

    def __init__(
        self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
        stride: Any = 1,
    ) -> None:  # fmt: skip
        super().__init__(
            output_size=output_size, kernel_size=kernel_size, dilation=dilation, padding=padding,
            stride=stride,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, C kernel elements, windows)` to `(N, C, *output_size)`."""
        return F.fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )


class Unfold(Layer):
    """Makes each window of images a column.

    Args:
        kernel_size: Height and width of a window.
        dilation: How far the elements are apart that a window sees.
        padding: How many rows and columns of zeros stand at each edge.
        stride: How far a window is from the next.

    See: [`unfold`][minitorch_ff.nn.functional.folding.unfold],
        [torch.nn.Unfold](https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html).
    """

    _shown = "kernel_size= dilation= padding= stride="

    def __init__(
        self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__(kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, C, H, W)` to `(N, C kernel elements, windows)`."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)
