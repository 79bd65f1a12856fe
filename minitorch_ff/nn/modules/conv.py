"""Convolutions and transposed convolutions as layers, and lazy ones."""

import math
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn import init
from minitorch_ff.nn.modules._layer import Layer
from minitorch_ff.nn.modules.lazy import LazyModuleMixin
from minitorch_ff.nn.parameter import UninitializedParameter

PADDING_STRINGS = {"same", "valid"}
PADDING_MODES = {"zeros", "reflect", "replicate", "circular"}


class _ConvNd(Layer):
    """What all six share: settings, parameters with their first values, and the text."""

    transposed = False
    _rank: int
    """How many spatial dimensions there are."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None, *,
        output_padding: Any = 0,
    ) -> None:  # fmt: skip
        check(groups > 0, "groups must be a positive integer", ValueError)
        check(in_channels % groups == 0, "in_channels must be divisible by groups", ValueError)
        check(out_channels % groups == 0, "out_channels must be divisible by groups", ValueError)
        stride, named = self._per_dim(stride), isinstance(padding, str) and not self.transposed
        if named:
            check(padding in PADDING_STRINGS,
                f"Invalid padding string {padding!r}, should be one of {PADDING_STRINGS}",
                ValueError,
            )  # fmt: skip
            check(padding == "valid" or set(stride) == {1},
                "padding='same' is not supported for strided convolutions",
                ValueError,
            )  # fmt: skip
        check(padding_mode in PADDING_MODES,
            f"padding_mode must be one of {PADDING_MODES}, but got {padding_mode=}",
            ValueError,
        )  # fmt: skip
        super().__init__(
            in_channels=in_channels, out_channels=out_channels,
            kernel_size=self._per_dim(kernel_size), stride=stride,
            padding=padding if named else self._per_dim(padding),
            dilation=self._per_dim(dilation), output_padding=self._per_dim(output_padding),
            groups=groups, padding_mode=padding_mode,
        )  # fmt: skip
        shape = self._weight_shape(), out_channels if bias else None
        self.make_parameters(device, dtype, weight=shape[0], bias=shape[1])

    def _per_dim(self, value: Any) -> tuple[Any, ...]:
        """A setting for each spatial dimension, from one for all, or from so many."""
        return tuple(value) if hasattr(value, "__iter__") else (value,) * self._rank

    def _weight_shape(self) -> tuple[int, ...]:
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        return (first, second // self.groups, *self.kernel_size)

    def reset_parameters(self) -> None:
        """Draw new initial values for weight and bias."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        fan_in = math.prod(self.weight.shape[1:])
        if self.bias is not None and fan_in:
            bound = 1 / math.sqrt(fan_in)
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """The settings, for `repr`; most of them only if they are not the usual ones."""
        usual = {"padding": 0, "dilation": 1, "output_padding": 0}
        text = f"{self.in_channels}, {self.out_channels}"
        for name in ("kernel_size", "stride", *usual):
            value = getattr(self, name)
            if name not in usual or value != (usual[name],) * len(value):
                text += f", {name}={value}"
        for name, value in (("groups", 1), ("padding_mode", "zeros")):
            if name == "padding_mode" and self.bias is None:
                text += ", bias=False"
            if getattr(self, name) != value:
                text += f", {name}={getattr(self, name)}"
        return text


class _Conv(_ConvNd):
    _function: Any

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, in_channels, *)` to `(N, out_channels, *)`; `N` may be absent."""
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._margins(), mode=self.padding_mode)
            padding = 0
        return self._function(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def _margins(self) -> list[int]:
        """The padding as `F.pad` takes it: before and after the last dimension, and so on."""
        margins = []
        for i in reversed(range(self._rank)):
            if self.padding == "same":
                both = self.dilation[i] * (self.kernel_size[i] - 1)
            else:
                both = 0 if self.padding == "valid" else 2 * self.padding[i]
            margins += [both // 2, both - both // 2]
        return margins


class Conv1d(_Conv):
    """Weighted sums over windows that move along sequences `(N, C, L)`; see `Conv2d`.

    See: [`conv1d`][minitorch_ff._functions.convolution.conv1d],
        [torch.nn.Conv1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv1d.html).
    """

    _rank = 1
    _function = staticmethod(F.conv1d)


class Conv2d(_Conv):
    r"""Weighted sums over windows that move over images `(N, C, H, W)`.

    Args:
        in_channels: Of the input.
        out_channels: Of the output.
        kernel_size: Of a window; one number, or one for each spatial dimension, as all below.
        stride: How far a window is from the next.
        padding: How much is added at each edge; `"valid"` for nothing, `"same"` for as much as
            gives the output the input's size.
        dilation: How far the elements are apart that a window sees.
        groups: Channels are in so many groups; each makes its share of the output's channels.
        bias: Whether to add a bias.
        padding_mode: What is added: `"zeros"`, or the elements inside, mirrored at the edge
            (`"reflect"`), the edge (`"replicate"`), or the other side (`"circular"`).
        device: Where the parameters are.
        dtype: Of the parameters.

    Attributes:
        weight: Shape `(out_channels, in_channels / groups, *kernel_size)`, from $U(-b, b)$ at
            first, with $b = \sqrt{1 / n}$ where $n$ is the number of weights of an output.
        bias: Shape `(out_channels)`, from the same distribution, or None.

    Example:
        >>> import minitorch_ff as torch
        >>> layer = torch.nn.Conv2d(3, 8, 5, padding=2)
        >>> layer
        Conv2d(3, 8, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))
        >>> layer(torch.zeros(1, 3, 28, 28)).shape
        torch.Size([1, 8, 28, 28])

    See: [`conv2d`][minitorch_ff._functions.convolution.conv2d],
        [torch.nn.Conv2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html).
    """

    _rank = 2
    _function = staticmethod(F.conv2d)


class Conv3d(_Conv):
    """Weighted sums over windows that move through volumes `(N, C, D, H, W)`; see `Conv2d`.

    See: [`conv3d`][minitorch_ff._functions.convolution.conv3d],
        [torch.nn.Conv3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv3d.html).
    """

    _rank = 3
    _function = staticmethod(F.conv3d)


class _ConvTranspose(_ConvNd):
    transposed = True
    _function: Any

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
        dilation: Any = 1, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        text = f'Only "zeros" padding mode is supported for {type(self).__name__}'
        check(padding_mode == "zeros", text, ValueError)
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias,
            padding_mode, device, dtype, output_padding=output_padding,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """Shape `(N, in_channels, *)` to `(N, out_channels, *)`; `N` may be absent.

        Args:
            input: What to spread.
            output_size: One of the sizes that give the input's in a convolution.

        Raises:
            ValueError: It is none of them.
        """
        padding = self.output_padding
        if output_size is not None:
            padding = self._output_padding(input, list(output_size))
        return self._function(
            input, self.weight, self.bias, self.stride, self.padding, padding, self.groups,
            self.dilation,
        )  # fmt: skip

    def _output_padding(self, input: Tensor, wanted: list[int]) -> list[int]:
        """How much `wanted` is larger than the smallest size."""
        rank = self._rank
        others = 2 if input.dim() == rank + 2 else 1
        if len(wanted) == rank + others:
            wanted = wanted[others:]
        check(len(wanted) == rank,
            f"ConvTranspose{rank}D: for {input.dim()}D input, output_size must have {rank} or "
            f"{rank + others} elements (got {len(wanted)})",
            ValueError,
        )  # fmt: skip
        settings = input.shape[-rank:], self.stride, self.padding, self.dilation, self.kernel_size
        smallest = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in zip(*settings, strict=True)
        ]
        largest = [n + s - 1 for n, s in zip(smallest, self.stride, strict=True)]
        sizes = list(zip(smallest, wanted, largest, strict=True))
        check(all([low <= n <= high for low, n, high in sizes]),
            f"requested an output size of {tuple(wanted)}, but valid sizes range from {smallest} "
            f"to {largest} (for an input of {input.shape[-rank:]})",
            ValueError,
        )  # fmt: skip
        return [n - low for low, n, _ in sizes]


class ConvTranspose1d(_ConvTranspose):
    """Spreads each element of sequences over a window, by weights; see `ConvTranspose2d`.

    See: [`conv_transpose1d`][minitorch_ff._functions.convolution.conv_transpose1d],
        [torch.nn.ConvTranspose1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html).
    """

    _rank = 1
    _function = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTranspose):
    r"""Spreads each element of images over a window, by weights: makes images larger.

    Args:
        in_channels: Of the input.
        out_channels: Of the output.
        kernel_size: Of a window; one number, or one for each spatial dimension, as all below.
        stride: How far a window is from the next.
        padding: How much is cut off at each edge.
        output_padding: How much larger the result is at its end; less than `stride` or `dilation`.
        groups: Channels are in so many groups; each makes its share of the output's channels.
        bias: Whether to add a bias.
        dilation: How far the elements of a window are apart.
        padding_mode: `"zeros"`.
        device: Where the parameters are.
        dtype: Of the parameters.

    Attributes:
        weight: Shape `(in_channels, out_channels / groups, *kernel_size)`, from $U(-b, b)$ at
            first, with $b = \sqrt{1 / n}$ where $n$ is the number of weights of an input.
        bias: Shape `(out_channels)`, from the same distribution, or None.

    Example:
        >>> import minitorch_ff as torch
        >>> layer = torch.nn.ConvTranspose2d(8, 3, 4, stride=2, padding=1)
        >>> layer(torch.zeros(1, 8, 7, 7)).shape
        torch.Size([1, 3, 14, 14])

    See: [`conv_transpose2d`][minitorch_ff._functions.convolution.conv_transpose2d],
        [torch.nn.ConvTranspose2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html).
    """

    _rank = 2
    _function = staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_ConvTranspose):
    """Spreads each element of volumes over a window, by weights; see `ConvTranspose2d`.

    See: [`conv_transpose3d`][minitorch_ff._functions.convolution.conv_transpose3d],
        [torch.nn.ConvTranspose3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose3d.html).
    """

    _rank = 3
    _function = staticmethod(F.conv_transpose3d)


class _LazyConvNd(LazyModuleMixin, _ConvNd):
    """A layer that learns the number of input channels from its first input."""

    def _postpone(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        """Put parameters without a shape in the place of the empty ones."""
        self.out_channels = out_channels
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Once the number of channels is known: draw initial values."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Take the number of channels from the first input."""
        if not self.has_uninitialized_params():
            return
        rank = self._rank
        check(input.dim() in (rank + 1, rank + 2),
            f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to "
            f"{type(self).__name__}, but got input of size: {input.shape}",
        )  # fmt: skip
        self.in_channels = input.shape[-1 - rank]
        fits = self.in_channels % self.groups == 0
        check(fits, "in_channels must be divisible by groups", ValueError)
        self.weight.materialize(self._weight_shape())
        if self.bias is not None:
            self.bias.materialize((self.out_channels,))
        self.reset_parameters()


class _LazyConv(_LazyConvNd, _Conv):
    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype
        )
        self._postpone(out_channels, bias, device, dtype)


class _LazyConvTranspose(_LazyConvNd, _ConvTranspose):
    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation,
            padding_mode, device, dtype,
        )  # fmt: skip
        self._postpone(out_channels, bias, device, dtype)


class LazyConv1d(_LazyConv, Conv1d):
    """A `Conv1d` that learns the number of input channels from its first input.

    See: [torch.nn.LazyConv1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConv1d.html).
    """

    cls_to_become = Conv1d  # type: ignore[assignment]


class LazyConv2d(_LazyConv, Conv2d):
    """A `Conv2d` that learns the number of input channels from its first input.

    See: [torch.nn.LazyConv2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConv2d.html).
    """

    cls_to_become = Conv2d  # type: ignore[assignment]


class LazyConv3d(_LazyConv, Conv3d):
    """A `Conv3d` that learns the number of input channels from its first input.

    See: [torch.nn.LazyConv3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConv3d.html).
    """

    cls_to_become = Conv3d  # type: ignore[assignment]


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A `ConvTranspose1d` that learns the number of input channels from its first input.

    See: [torch.nn.LazyConvTranspose1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose1d.html).
    """

    cls_to_become = ConvTranspose1d  # type: ignore[assignment]


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A `ConvTranspose2d` that learns the number of input channels from its first input.

    See: [torch.nn.LazyConvTranspose2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose2d.html).
    """

    cls_to_become = ConvTranspose2d  # type: ignore[assignment]


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A `ConvTranspose3d` that learns the number of input channels from its first input.

    See: [torch.nn.LazyConvTranspose3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose3d.html).
    """

    cls_to_become = ConvTranspose3d  # type: ignore[assignment]
