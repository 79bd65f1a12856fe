"""Pooling as layers: the largest element, the mean or a norm of each window.

Signals are `(N, C, L)`, images `(N, C, H, W)`, volumes `(N, C, D, H, W)`; all without the batch
as well. What is said of images holds for the others.
"""

from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.functional.pooling import as_tuple
from minitorch_ff.nn.modules._layer import Layer


class _Pooling(Layer):
    """A layer that hands its settings, by their names, to a function."""

    _function: Any
    _rank = 0
    _settings = ""

    def __init_subclass__(cls, function: Any = None, rank: int = 0) -> None:
        if function is not None:
            cls._function, cls._rank = staticmethod(function), rank

    def forward(self, input: Tensor) -> Any:
        """What the function gives; see there."""
        settings = {name: getattr(self, name) for name in self._settings.split()}
        return self._function(input, **settings)


class _MaxPoolNd(_Pooling):
    _settings = "kernel_size stride padding dilation ceil_mode return_indices"
    _shown = "kernel_size= stride= padding= dilation= ceil_mode="

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        return_indices: bool = False, ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        stride = kernel_size if stride is None else stride
        super().__init__(kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
        self.return_indices, self.ceil_mode = return_indices, ceil_mode


class MaxPool1d(_MaxPoolNd, function=F.max_pool1d):
    """The largest element of each window of a signal; see `MaxPool2d`.

    See: [torch.nn.MaxPool1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html).
    """


class MaxPool2d(_MaxPoolNd, function=F.max_pool2d):
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


class MaxPool3d(_MaxPoolNd, function=F.max_pool3d):
    """The largest element of each window of a volume; see `MaxPool2d`.

    See: [torch.nn.MaxPool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool3d.html).
    """


class _MaxUnpoolNd(_Pooling):
    _shown = "kernel_size= stride= padding="

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        stride = kernel_size if stride is None else stride
        named = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
        super().__init__(**{name: as_tuple(value, self._rank) for name, value in named.items()})

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:  # type: ignore[override]
        """Zeros, with each element of `input` at its position."""
        where = self.kernel_size, self.stride, self.padding
        return self._function(input, indices, *where, output_size)


class MaxUnpool1d(_MaxUnpoolNd, function=F.max_unpool1d, rank=1):
    """Puts the largest elements of a signal back to where they were; see `MaxUnpool2d`.

    See: [torch.nn.MaxUnpool1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool1d.html).
    """


class MaxUnpool2d(_MaxUnpoolNd, function=F.max_unpool2d, rank=2):
    """Puts the largest elements of an image back to where they were, zeros elsewhere.

    Args:
        kernel_size: As it was in `MaxPool2d`.
        stride: As it was.
        padding: As it was.

    See: [`max_unpool2d`][minitorch_ff.nn.functional.adaptive.max_unpool2d],
        [torch.nn.MaxUnpool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html).
    """


class MaxUnpool3d(_MaxUnpoolNd, function=F.max_unpool3d, rank=3):
    """Puts the largest elements of a volume back to where they were; see `MaxUnpool2d`.

    See: [torch.nn.MaxUnpool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool3d.html).
    """


class _AvgPoolNd(_Pooling):
    _settings = "kernel_size stride padding ceil_mode count_include_pad divisor_override"
    _shown = "kernel_size= stride= padding="

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        stride = kernel_size if stride is None else stride
        super().__init__(kernel_size=kernel_size, stride=stride, padding=padding)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.divisor_override = divisor_override


class AvgPool1d(_AvgPoolNd, function=F.avg_pool1d):
    """The mean of each window of a signal; see `AvgPool2d`.

    See: [torch.nn.AvgPool1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html).
    """

    _settings = "kernel_size stride padding ceil_mode count_include_pad"

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        stride = kernel_size if stride is None else stride
        kernel_size, stride, padding = [as_tuple(v, 1) for v in (kernel_size, stride, padding)]
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        del self.divisor_override


class AvgPool2d(_AvgPoolNd, function=F.avg_pool2d):
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


class AvgPool3d(_AvgPoolNd, function=F.avg_pool3d):
    """The mean of each window of a volume; see `AvgPool2d`.

    See: [torch.nn.AvgPool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool3d.html).
    """


class _LPPoolNd(_Pooling):
    _shown = "norm_type= kernel_size= stride= ceil_mode="

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__(norm_type=norm_type, kernel_size=kernel_size, stride=stride)
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        """The norms."""
        where = self.kernel_size, self.stride, self.ceil_mode
        return self._function(input, float(self.norm_type), *where)


class LPPool1d(_LPPoolNd, function=F.lp_pool1d):
    """The `p`-norm of each window of a signal; see `LPPool2d`.

    See: [torch.nn.LPPool1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool1d.html).
    """


class LPPool2d(_LPPoolNd, function=F.lp_pool2d):
    """The `p`-norm of each window of an image.

    Args:
        norm_type: `p`, not 0.
        kernel_size: The windows' height and width in pixels, or one int for both.
        stride: How far apart windows begin; by default as far as they are large.
        ceil_mode: Also take a last window that reaches over the end.

    See: [`lp_pool2d`][minitorch_ff.nn.functional.pooling.lp_pool2d],
        [torch.nn.LPPool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html).
    """


class LPPool3d(_LPPoolNd, function=F.lp_pool3d):
    """The `p`-norm of each window of a volume; see `LPPool2d`.

    See: [torch.nn.LPPool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool3d.html).
    """


class _AdaptiveAvgPoolNd(_Pooling):
    _settings, _shown = "output_size", "output_size="

    def __init__(self, output_size: Any) -> None:
        super().__init__(output_size=output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd, function=F.adaptive_avg_pool1d):
    """The mean of each window of a signal, as many as are wanted; see `AdaptiveAvgPool2d`.

    See: [torch.nn.AdaptiveAvgPool1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html).
    """


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd, function=F.adaptive_avg_pool2d):
    """The mean of each window of an image, as many as are wanted: they share it evenly.

    Args:
        output_size: Height and width of the result, or one int for both; None for the input's.

    See: [`adaptive_avg_pool2d`][minitorch_ff.nn.functional.adaptive.adaptive_avg_pool2d],
        [torch.nn.AdaptiveAvgPool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html).
    """


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd, function=F.adaptive_avg_pool3d):
    """The mean of each window of a volume, as many as are wanted; see `AdaptiveAvgPool2d`.

    See: [torch.nn.AdaptiveAvgPool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool3d.html).
    """


class _AdaptiveMaxPoolNd(_Pooling):
    _settings, _shown = "output_size return_indices", "output_size="

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size=output_size, return_indices=return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd, function=F.adaptive_max_pool1d):
    """The largest element of each window of a signal; see `AdaptiveMaxPool2d`.

    See: [torch.nn.AdaptiveMaxPool1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool1d.html).
    """


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd, function=F.adaptive_max_pool2d):
    """The largest element of each window of an image, as many as are wanted.

    Args:
        output_size: Height and width of the result, or one int for both; None for the input's.
        return_indices: Give also where each was found, as `MaxUnpool2d` wants it.

    See: [`adaptive_max_pool2d`][minitorch_ff.nn.functional.adaptive.adaptive_max_pool2d],
        [torch.nn.AdaptiveMaxPool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html).
    """


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd, function=F.adaptive_max_pool3d):
    """The largest element of each window of a volume; see `AdaptiveMaxPool2d`.

    See: [torch.nn.AdaptiveMaxPool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool3d.html).
    """


class _FractionalMaxPoolNd(_Pooling):
    _settings = "kernel_size output_size output_ratio return_indices _random_samples"

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,
        return_indices: bool = False, _random_samples: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size=as_tuple(kernel_size, self._rank))
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        given = output_size, output_ratio
        self.output_size, self.output_ratio = [
            None if value is None else as_tuple(value, self._rank) for value in given
        ]
        text = "requires specifying either an output size, or a pooling ratio"
        check(given != (None, None), f"{type(self).__name__} {text}", ValueError)
        text = "only one of output_size and output_ratio may be specified"
        check(None in given, text, ValueError)
        text = f"output_ratio must be between 0 and 1 (got {output_ratio})"
        check(all(0 < r < 1 for r in self.output_ratio or ()), text, ValueError)


class FractionalMaxPool2d(_FractionalMaxPoolNd, function=F.fractional_max_pool2d, rank=2):
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


class FractionalMaxPool3d(_FractionalMaxPoolNd, function=F.fractional_max_pool3d, rank=3):
    """The same for a volume; see `FractionalMaxPool2d`.

    See: [torch.nn.FractionalMaxPool3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.FractionalMaxPool3d.html).
    """
