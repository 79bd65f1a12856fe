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

PADDINGS, MODES = {"same", "valid"}, {"zeros", "reflect", "replicate", "circular"}


def _check(condition: object, text: str) -> None:
    """Refuse a setting."""
    check(condition, text, ValueError)


class _ConvNd(Layer):
    """What all six share: settings, parameters with their first values, and the text."""

    transposed = False
    _rank: int
    """How many spatial dimensions there are."""

    _function: Any

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None, *,
        output_padding: Any = 0,
    ) -> None:  # fmt: skip
        named = isinstance(padding, str) and not self.transposed
        _check(groups > 0, "groups must be a positive integer")
        _check(in_channels % groups == 0, "in_channels must be divisible by groups")
        _check(out_channels % groups == 0, "out_channels must be divisible by groups")
        text = f"Invalid padding string {padding!r}, should be one of {PADDINGS}"
        _check(not named or padding in PADDINGS, text)
        text = "padding='same' is not supported for strided convolutions"
        _check(not named or padding != "same" or set(self._per_dim(stride)) == {1}, text)
        text = f"padding_mode must be one of {MODES}, but got {padding_mode=}"
        _check(padding_mode in MODES, text)
        super().__init__(in_channels=in_channels, out_channels=out_channels)
        self.kernel_size, self.stride = self._per_dim(kernel_size), self._per_dim(stride)
        self.padding = padding if named else self._per_dim(padding)
        self.dilation, self.output_padding = self._per_dim(dilation), self._per_dim(output_padding)
        self.transposed = self.transposed  # a pickle holds what the instance has
        self.groups, self.padding_mode = groups, padding_mode
        self._reversed_padding_repeated_twice = self._margins()
        shape = self._weight_shape()
        self.make_parameters(device, dtype, weight=shape, bias=out_channels if bias else None)

    def _margins(self) -> list[int] | tuple[int, ...]:
        """The padding as `F.pad` takes it: before and after the last dimension, and so on."""
        if self.padding == "valid":
            return [0, 0] * self._rank
        if self.padding == "same":
            pairs = zip(self.dilation[::-1], self.kernel_size[::-1], strict=True)
            both = [d * (k - 1) for d, k in pairs]
            return [side for n in both for side in (n // 2, n - n // 2)]
        return tuple([n for n in self.padding[::-1] for _ in range(2)])

    def _per_dim(self, value: Any) -> tuple[Any, ...]:
        """A setting for each spatial dimension, from one for all, or from so many."""
        return tuple(value) if hasattr(value, "__iter__") else (value,) * self._rank

    def _weight_shape(self) -> tuple[int, ...]:
        channels = self.out_channels, self.in_channels
        first, second = channels[::-1] if self.transposed else channels
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
        usual = {"padding": {0}, "dilation": {1}, "output_padding": {0}}
        named = [n for n, value in usual.items() if set(getattr(self, n)) != value]
        named = ["kernel_size", "stride", *named, *(["groups"] if self.groups != 1 else [])]
        parts = [f"{name}={getattr(self, name)}" for name in named]
        parts += ["bias=False"] if self.bias is None else []
        parts += [f"padding_mode={self.padding_mode}"] if self.padding_mode != "zeros" else []
        return ", ".join([f"{self.in_channels}, {self.out_channels}", *parts])


class _Conv(_ConvNd):
    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, in_channels, *)` to `(N, out_channels, *)`; `N` may be absent."""
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            margins, padding = self._reversed_padding_repeated_twice, 0
            input = F.pad(input, margins, mode=self.padding_mode)
        return self._function(input, weight, bias, self.stride, padding, self.dilation, self.groups)


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


class _ConvTransposeNd(_ConvNd):
    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
        dilation: Any = 1, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        text = f'Only "zeros" padding mode is supported for {type(self).__name__}'
        _check(padding_mode == "zeros", text)
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
        more: Any = self.output_padding
        if output_size is not None:
            more = self._output_padding(input, list(output_size))
        return self._function(
            input, self.weight, self.bias, self.stride, self.padding, more, self.groups,
            self.dilation,
        )  # fmt: skip

    def _output_padding(self, input: Tensor, wanted: list[int]) -> list[int]:
        """How much `wanted` is larger than the smallest size."""
        rank, others = self._rank, 2 if input.dim() == self._rank + 2 else 1
        wanted = wanted[others:] if len(wanted) == rank + others else wanted
        text = f"ConvTranspose{rank}D: for {input.dim()}D input, output_size must have"
        text = f"{text} {rank} or {rank + others} elements (got {len(wanted)})"
        _check(len(wanted) == rank, text)
        settings = input.shape[-rank:], self.stride, self.padding, self.dilation, self.kernel_size
        each = zip(*settings, strict=True)
        low = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in each]
        more = [n - least for n, least in zip(wanted, low, strict=True)]
        high = [n + s - 1 for n, s in zip(low, self.stride, strict=True)]
        text = f"requested an output size of {tuple(wanted)}, but valid sizes range from {low}"
        text = f"{text} to {high} (for an input of {input.shape[-rank:]})"
        _check(all([0 <= n < s for n, s in zip(more, self.stride, strict=True)]), text)
        return more


class ConvTranspose1d(_ConvTransposeNd):
    """Spreads each element of sequences over a window, by weights; see `ConvTranspose2d`.

    See: [`conv_transpose1d`][minitorch_ff._functions.convolution.conv_transpose1d],
        [torch.nn.ConvTranspose1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html).
    """

    _rank = 1
    _function = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTransposeNd):
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


class ConvTranspose3d(_ConvTransposeNd):
    """Spreads each element of volumes over a window, by weights; see `ConvTranspose2d`.

    See: [`conv_transpose3d`][minitorch_ff._functions.convolution.conv_transpose3d],
        [torch.nn.ConvTranspose3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose3d.html).
    """

    _rank = 3
    _function = staticmethod(F.conv_transpose3d)


class _LazyConvNd(LazyModuleMixin, _ConvNd):
    """A layer that learns the number of input channels from its first input.

    Args:
        out_channels: Of the output.
        *args: What the layer takes after it.
        **kwargs: The same.
    """

    def __init__(self, out_channels: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(0, 0, *args, **kwargs)
        self.out_channels = out_channels
        for name, empty in self._parameters.items():
            if empty is not None:
                unknown = UninitializedParameter(device=empty.device, dtype=empty.dtype)
                setattr(self, name, unknown)

    def reset_parameters(self) -> None:
        """Once the number of channels is known: draw initial values."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Take the number of channels from the first input."""
        if not self.has_uninitialized_params():
            return
        rank = self._rank
        text = f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to"
        text = f"{text} {type(self).__name__}, but got input of size: {input.shape}"
        check(input.dim() in (rank + 1, rank + 2), text)
        channels = input.shape[-1 - rank]
        _check(channels % self.groups == 0, "in_channels must be divisible by groups")
        self.in_channels = channels
        self.weight.materialize(self._weight_shape())
        if self.bias is not None:
            self.bias.materialize((self.out_channels,))
        self.reset_parameters()


class LazyConv1d(_LazyConvNd, Conv1d):
    """A `Conv1d` that learns the number of input channels from its first input.

    See: [torch.nn.LazyConv1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConv1d.html).
    """

    cls_to_become = Conv1d  # type: ignore[assignment]


class LazyConv2d(_LazyConvNd, Conv2d):
    """A `Conv2d` that learns the number of input channels from its first input.

    See: [torch.nn.LazyConv2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConv2d.html).
    """

    cls_to_become = Conv2d  # type: ignore[assignment]


class LazyConv3d(_LazyConvNd, Conv3d):
    """A `Conv3d` that learns the number of input channels from its first input.

    See: [torch.nn.LazyConv3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConv3d.html).
    """

    cls_to_become = Conv3d  # type: ignore[assignment]


class LazyConvTranspose1d(_LazyConvNd, ConvTranspose1d):
    """A `ConvTranspose1d` that learns the number of input channels from its first input.

    See: [torch.nn.LazyConvTranspose1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose1d.html).
    """

    cls_to_become = ConvTranspose1d  # type: ignore[assignment]


class LazyConvTranspose2d(_LazyConvNd, ConvTranspose2d):
    """A `ConvTranspose2d` that learns the number of input channels from its first input.

    See: [torch.nn.LazyConvTranspose2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose2d.html).
    """

    cls_to_become = ConvTranspose2d  # type: ignore[assignment]


class LazyConvTranspose3d(_LazyConvNd, ConvTranspose3d):
    """A `ConvTranspose3d` that learns the number of input channels from its first input.

    See: [torch.nn.LazyConvTranspose3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose3d.html).
    """

    cls_to_become = ConvTranspose3d  # type: ignore[assignment]
