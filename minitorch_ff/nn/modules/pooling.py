"""Pooling as layers: the largest element, the mean or a norm of each window.

Signals are `(N, C, L)`, images `(N, C, H, W)`, volumes `(N, C, D, H, W)`; all without the batch
as well. What is said of images holds for the others.
"""

from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.functional.pooling import as_tuple
from minitorch_ff.nn.modules._layer import Layer


class _MaxPoolNd(Layer):
    _shown = "kernel_size= stride= padding= dilation= ceil_mode="
    _function: Any

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        return_indices: bool = False, ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            kernel_size=kernel_size, stride=kernel_size if stride is None else stride,
            padding=padding, dilation=dilation, return_indices=return_indices, ceil_mode=ceil_mode,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Any:
        """The largest elements, and their positions if `return_indices` is set."""
        where = self.kernel_size, self.stride, self.padding, self.dilation
        return self._function(input, *where, self.ceil_mode, self.return_indices)


class MaxPool1d(_MaxPoolNd):
    """The largest element of each window of a signal; see `MaxPool2d`.

    See: [torch.nn.MaxPool1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html).
    """

    _function = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPoolNd):
    """The largest element of each window of an image.

    Args:
        kernel_size: The windows' height and width in pixels, or one int for both.
        stride: How far apart windows begin; by default as far as they are large.
        padding: How many pixels before and behind the image windows may reach.
        dilation: How far apart the pixels of a window are.
        return_indices: Give also where each was found, as `MaxUnpool2d` wants it.
        ceil_mode: Also take a last window that reaches further over the end.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.MaxPool2d(2)
        MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)

    See: [`max_pool2d`][minitorch_ff.nn.functional.pooling.max_pool2d],
        [torch.nn.MaxPool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html).
    """

    _function = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPoolNd):
    """The largest element of each window of a volume; see `MaxPool2d`.

    See: [torch.nn.MaxPool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool3d.html).
    """

    _function = staticmethod(F.max_pool3d)


class _MaxUnpoolNd(Layer):
    _shown = "kernel_size= stride= padding="
    _function: Any
    _rank: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__(
            kernel_size=as_tuple(kernel_size, self._rank),
            stride=as_tuple(kernel_size if stride is None else stride, self._rank),
            padding=as_tuple(padding, self._rank),
        )

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        """Zeros, with each element of `input` at its position."""
        where = self.kernel_size, self.stride, self.padding
        return self._function(input, indices, *where, output_size)


class MaxUnpool1d(_MaxUnpoolNd):
    """Puts the largest elements of a signal back to where they were; see `MaxUnpool2d`.

    See: [torch.nn.MaxUnpool1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool1d.html).
    """

    _function, _rank = staticmethod(F.max_unpool1d), 1


class MaxUnpool2d(_MaxUnpoolNd):
    """Puts the largest elements of an image back to where they were, zeros elsewhere.

    Args:
        kernel_size: As it was in `MaxPool2d`.
        stride: As it was.
        padding: As it was.

    See: [`max_unpool2d`][minitorch_ff.nn.functional.adaptive.max_unpool2d],
        [torch.nn.MaxUnpool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html).
    """

    _function, _rank = staticmethod(F.max_unpool2d), 2


class MaxUnpool3d(_MaxUnpoolNd):
    """Puts the largest elements of a volume back to where they were; see `MaxUnpool2d`.

    See: [torch.nn.MaxUnpool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool3d.html).
    """

    _function, _rank = staticmethod(F.max_unpool3d), 3


class AvgPool1d(Layer):
    """The mean of each window of a signal; see `AvgPool2d`.

    See: [torch.nn.AvgPool1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html).
    """

    _shown = "kernel_size= stride= padding="

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(
            kernel_size=as_tuple(kernel_size, 1),
            stride=as_tuple(kernel_size if stride is None else stride, 1),
            padding=as_tuple(padding, 1), ceil_mode=ceil_mode, count_include_pad=count_include_pad,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        where = self.kernel_size, self.stride, self.padding
        return F.avg_pool1d(input, *where, self.ceil_mode, self.count_include_pad)


class _AvgPoolNd(Layer):
    _shown = "kernel_size= stride= padding="
    _function: Any

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            kernel_size=kernel_size, stride=kernel_size if stride is None else stride,
            padding=padding, ceil_mode=ceil_mode, count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        where = self.kernel_size, self.stride, self.padding, self.ceil_mode
        return self._function(input, *where, self.count_include_pad, self.divisor_override)


class AvgPool2d(_AvgPoolNd):
    """The mean of each window of an image.

    Args:
        kernel_size: The windows' height and width in pixels, or one int for both.
        stride: How far apart windows begin; by default as far as they are large.
        padding: How many zeros to think of before and behind the image.
        ceil_mode: Also take a last window that reaches further over the end.
        count_include_pad: Whether these zeros count as elements.
        divisor_override: Divide the sums by this, not by the number of elements.

    See: [`avg_pool2d`][minitorch_ff.nn.functional.pooling.avg_pool2d],
        [torch.nn.AvgPool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html).
    """

    _function = staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPoolNd):
    """The mean of each window of a volume; see `AvgPool2d`.

    See: [torch.nn.AvgPool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool3d.html).
    """

    _function = staticmethod(F.avg_pool3d)


class _LPPoolNd(Layer):
    _shown = "norm_type= kernel_size= stride= ceil_mode="
    _function: Any

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__(
            norm_type=norm_type, kernel_size=kernel_size, stride=stride, ceil_mode=ceil_mode
        )

    def forward(self, input: Tensor) -> Tensor:
        """The norms."""
        where = self.kernel_size, self.stride, self.ceil_mode
        return self._function(input, float(self.norm_type), *where)


class LPPool1d(_LPPoolNd):
    """The `p`-norm of each window of a signal; see `LPPool2d`.

    See: [torch.nn.LPPool1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool1d.html).
    """

    _function = staticmethod(F.lp_pool1d)


class LPPool2d(_LPPoolNd):
    """The `p`-norm of each window of an image.

    Args:
        norm_type: `p`, not 0.
        kernel_size: The windows' height and width in pixels, or one int for both.
        stride: How far apart windows begin; by default as far as they are large.
        ceil_mode: Also take a last window that reaches over the end.

    See: [`lp_pool2d`][minitorch_ff.nn.functional.pooling.lp_pool2d],
        [torch.nn.LPPool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html).
    """

    _function = staticmethod(F.lp_pool2d)


class LPPool3d(_LPPoolNd):
    """The `p`-norm of each window of a volume; see `LPPool2d`.

    See: [torch.nn.LPPool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool3d.html).
    """

    _function = staticmethod(F.lp_pool3d)


class _AdaptiveAvgPoolNd(Layer):
    _shown = "output_size="
    _function: Any

    def __init__(self, output_size: Any) -> None:
        super().__init__(output_size=output_size)

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return self._function(input, self.output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean of each window of a signal, as many as are wanted; see `AdaptiveAvgPool2d`.

    See: [torch.nn.AdaptiveAvgPool1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html).
    """

    _function = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean of each window of an image, as many as are wanted: they share it evenly.

    Args:
        output_size: Height and width of the result, or one int for both; None for the input's.

    See: [`adaptive_avg_pool2d`][minitorch_ff.nn.functional.adaptive.adaptive_avg_pool2d],
        [torch.nn.AdaptiveAvgPool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html).
    """

    _function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean of each window of a volume, as many as are wanted; see `AdaptiveAvgPool2d`.

    See: [torch.nn.AdaptiveAvgPool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool3d.html).
    """

    _function = staticmethod(F.adaptive_avg_pool3d)


class _AdaptiveMaxPoolNd(Layer):
    _shown = "output_size="
    _function: Any

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size=output_size, return_indices=return_indices)

    def forward(self, input: Tensor) -> Any:
        """The largest elements, and their positions if `return_indices` is set."""
        return self._function(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The largest element of each window of a signal; see `AdaptiveMaxPool2d`.

    See: [torch.nn.AdaptiveMaxPool1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool1d.html).
    """

    _function = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The largest element of each window of an image, as many as are wanted.

    Args:
        output_size: Height and width of the result, or one int for both; None for the input's.
        return_indices: Give also where each was found, as `MaxUnpool2d` wants it.

    See: [`adaptive_max_pool2d`][minitorch_ff.nn.functional.adaptive.adaptive_max_pool2d],
        [torch.nn.AdaptiveMaxPool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html).
    """

    _function = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The largest element of each window of a volume; see `AdaptiveMaxPool2d`.

    See: [torch.nn.AdaptiveMaxPool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool3d.html).
    """

    _function = staticmethod(F.adaptive_max_pool3d)


class _FractionalMaxPoolNd(Layer):
    _function: Any
    _rank: int

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,
        return_indices: bool = False, _random_samples: Tensor | None = None,
    ) -> None:  # fmt: skip
        size, ratio = [
            None if value is None else as_tuple(value, self._rank)
            for value in (output_size, output_ratio)
        ]
        super().__init__(
            kernel_size=as_tuple(kernel_size, self._rank), return_indices=return_indices,
            output_size=size, output_ratio=ratio,
        )  # fmt: skip
        self.register_buffer("_random_samples", _random_samples)
        if size is None and ratio is None:
            raise ValueError(
                f"{type(self).__name__} requires specifying either an output size, or a pooling "
                "ratio"
            )
        if size is not None and ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if ratio is not None and not all(0 < r < 1 for r in ratio[: self._rank]):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def forward(self, input: Tensor) -> Any:
        """The largest elements, and their positions if `return_indices` is set."""
        sizes = self.kernel_size, self.output_size, self.output_ratio
        return self._function(input, *sizes, self.return_indices, self._random_samples)


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The largest element of each window of an image, where windows begin at random places.

    Args:
        kernel_size: The windows' height and width in pixels, or one int for both.
        output_size: Height and width of the result, or one int for both.
        output_ratio: Or how large they are as a share of the input's, between 0 and 1.
        return_indices: Give also where each was found, as `MaxUnpool2d` wants it.
        _random_samples: The random numbers; by default each call draws new ones.

    Raises:
        ValueError: Neither size nor ratio is given, or both are, or the ratio is impossible.

    See: [`fractional_max_pool2d`][minitorch_ff.nn.functional.adaptive.fractional_max_pool2d],
        [torch.nn.FractionalMaxPool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool2d.html).
    """

    _function, _rank = staticmethod(F.fractional_max_pool2d), 2


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The same for a volume; see `FractionalMaxPool2d`.

    See: [torch.nn.FractionalMaxPool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool3d.html).
    """

    _function, _rank = staticmethod(F.fractional_max_pool3d), 3
