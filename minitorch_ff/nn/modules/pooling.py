"""Pooling as layers."""

from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.modules._layer import Layer


class _MaxPoolNd(Layer):
    """The largest element of each window; its text shows all settings but `return_indices`."""

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        return_indices: bool = False, ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        stride = kernel_size if stride is None else stride
        super().__init__(
            kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
            return_indices=return_indices, ceil_mode=ceil_mode,
        )  # fmt: skip

    _shown = "kernel_size= stride= padding= dilation= ceil_mode="


class MaxPool2d(_MaxPoolNd):
    """The largest element of each window of an image."""

    def forward(self, input: Tensor) -> Any:
        """Shape `(N, C, H, W)` or `(C, H, W)`."""
        return F.max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
            self.return_indices,
        )  # fmt: skip


class _AvgPoolNd(Layer):
    """The mean of each window."""

    _shown = "kernel_size= stride= padding="


class AvgPool2d(_AvgPoolNd):
    """The mean of each window of an image."""

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        stride = kernel_size if stride is None else stride
        super().__init__(
            kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
            count_include_pad=count_include_pad, divisor_override=divisor_override,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, C, H, W)` or `(C, H, W)`."""
        return F.avg_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad, self.divisor_override,
        )  # fmt: skip
