"""Margins as layers: constant, mirrored, replicated, circular."""

from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.modules._layer import Layer


class _PadNd(Layer):
    """Margins around the last `_dims` dimensions, filled in the way of `_mode`."""

    _shown = "padding"
    _mode = "constant"
    _dims = 1

    def __init__(self, padding: Any, **settings: Any) -> None:
        pad = (padding,) * (2 * self._dims) if isinstance(padding, int) else tuple(padding)
        super().__init__(padding=pad, **settings)

    def forward(self, input: Tensor) -> Tensor:
        """The last dimensions become longer by the margins."""
        return F.pad(input, self.padding, self._mode)


class _ConstantPadNd(_PadNd):
    """Margins of one value."""

    _shown = "padding= value="

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding, value=value)

    def forward(self, input: Tensor) -> Tensor:
        """The last dimensions become longer by the margins."""
        return F.pad(input, self.padding, "constant", self.value)


class _ZeroPadNd(_ConstantPadNd):
    """Margins of zeros."""

    _shown = "padding"

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)


class _ReflectionPadNd(_PadNd):
    """Margins that mirror the elements inside."""

    _mode = "reflect"


class _ReplicationPadNd(_PadNd):
    """Margins that repeat the edge."""

    _mode = "replicate"


class _CircularPadNd(_PadNd):
    """Margins that repeat the other side."""

    _mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        """The last dimensions become longer by the margins.

        Raises:
            ValueError: The input has not one or two dimensions more than are padded.
        """
        low, high, ndim = self._dims + 1, self._dims + 2, input.buffer.ndim
        text = f"expected {low}D or {high}D input (got {ndim}D input)"
        check(ndim in (low, high), text, ValueError)
        return super().forward(input)


class ConstantPad1d(_ConstantPadNd):
    """Margins of one value around the last dimension.

    Args:
        padding: How much on each side; or before and after.
        value: What the margins hold.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.ConstantPad1d((1, 2), 7)(torch.tensor([[1, 2]]))
        tensor([[7, 1, 2, 7, 7]])

    See: [torch.nn.ConstantPad1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad1d.html).
    """


class ConstantPad2d(_ConstantPadNd):
    """Margins of one value around the last two dimensions.

    Args:
        padding: How much on each side; or left, right, top and bottom.
        value: What the margins hold.

    See: [torch.nn.ConstantPad2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html).
    """

    _dims = 2


class ConstantPad3d(_ConstantPadNd):
    """Margins of one value around the last three dimensions.

    Args:
        padding: How much on each side; or left, right, top, bottom, front and back.
        value: What the margins hold.

    See: [torch.nn.ConstantPad3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad3d.html).
    """

    _dims = 3


class ZeroPad1d(_ZeroPadNd, ConstantPad1d):
    """Margins of zeros around the last dimension.

    Args:
        padding: How much on each side; or before and after.

    See: [torch.nn.ZeroPad1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad1d.html).
    """


class ZeroPad2d(_ZeroPadNd, ConstantPad2d):
    """Margins of zeros around the last two dimensions.

    Args:
        padding: How much on each side; or left, right, top and bottom.

    See: [torch.nn.ZeroPad2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html).
    """


class ZeroPad3d(_ZeroPadNd, ConstantPad3d):
    """Margins of zeros around the last three dimensions.

    Args:
        padding: How much on each side; or left, right, top, bottom, front and back.

    See: [torch.nn.ZeroPad3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad3d.html).
    """


class ReflectionPad1d(_ReflectionPadNd):
    """Margins that mirror the elements inside, around the last dimension.

    Args:
        padding: How much on each side; or before and after.

    See: [torch.nn.ReflectionPad1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad1d.html).
    """


class ReflectionPad2d(_ReflectionPadNd):
    """Margins that mirror the elements inside, around the last two dimensions.

    Args:
        padding: How much on each side; or left, right, top and bottom.

    See: [torch.nn.ReflectionPad2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html).
    """

    _dims = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Margins that mirror the elements inside, around the last three dimensions.

    Args:
        padding: How much on each side; or left, right, top, bottom, front and back.

    See: [torch.nn.ReflectionPad3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad3d.html).
    """

    _dims = 3


class ReplicationPad1d(_ReplicationPadNd):
    """Margins that repeat the edge, around the last dimension.

    Args:
        padding: How much on each side; or before and after.

    See: [torch.nn.ReplicationPad1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad1d.html).
    """


class ReplicationPad2d(_ReplicationPadNd):
    """Margins that repeat the edge, around the last two dimensions.

    Args:
        padding: How much on each side; or left, right, top and bottom.

    See: [torch.nn.ReplicationPad2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html).
    """

    _dims = 2


class ReplicationPad3d(_ReplicationPadNd):
    """Margins that repeat the edge, around the last three dimensions.

    Args:
        padding: How much on each side; or left, right, top, bottom, front and back.

    See: [torch.nn.ReplicationPad3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad3d.html).
    """

    _dims = 3


class CircularPad1d(_CircularPadNd):
    """Margins that repeat the other side, around the last dimension.

    Args:
        padding: How much on each side; or before and after.

    See: [torch.nn.CircularPad1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad1d.html).
    """


class CircularPad2d(_CircularPadNd):
    """Margins that repeat the other side, around the last two dimensions.

    Args:
        padding: How much on each side; or left, right, top and bottom.

    See: [torch.nn.CircularPad2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad2d.html).
    """

    _dims = 2


class CircularPad3d(_CircularPadNd):
    """Margins that repeat the other side, around the last three dimensions.

    Args:
        padding: How much on each side; or left, right, top, bottom, front and back.

    See: [torch.nn.CircularPad3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad3d.html).
    """

    _dims = 3
