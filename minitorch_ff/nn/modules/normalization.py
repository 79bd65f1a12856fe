"""Normalisation within each sample, as layers."""

from __future__ import annotations

from typing import Any

from minitorch_ff._functions.creation import empty
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn import init
from minitorch_ff.nn.functional.normalization import normalized_dims
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.parameter import Parameter


class _Affine(Module):
    """What normalisations share: the weight and the bias that come after them."""

    weight: Any
    bias: Any

    def register_affine(self, shape: Any, wanted: dict[str, bool], device: Any, dtype: Any) -> None:
        """Register the parameters by name, each of one shape, or None if it is not wanted."""
        for name, learned in wanted.items():
            value = Parameter(empty(shape, device=device, dtype=dtype)) if learned else None
            self.register_parameter(name, value)

    def reset_parameters(self) -> None:
        """Weight one, bias zero."""
        for name, value in self._parameters.items():
            if value is not None:
                init.constant_(value, 1.0 if name == "weight" else 0.0)


class LayerNorm(_Affine):
    """Normalises each sample over its last dimensions.

    Args:
        normalized_shape: The sizes of these dimensions.
        eps: Added to the variance.
        elementwise_affine: Whether to learn a weight and a bias for each element.
        bias: Whether to learn a bias.
        device: Where the parameters are.
        dtype: Of the parameters.

    See: [`layer_norm`][minitorch_ff.nn.functional.normalization.layer_norm],
        [torch.nn.LayerNorm](https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html).
    """

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.normalized_shape = normalized_dims(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        wanted = {"weight": elementwise_affine, "bias": elementwise_affine and bias}
        self.register_affine(self.normalized_shape, wanted, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(*, normalized_shape)` to the same shape."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings, for `repr`."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(_Affine):
    """Divides each sample by the root of its mean square, over its last dimensions.

    Args:
        normalized_shape: The sizes of these dimensions.
        eps: Added to the mean square; by default the dtype's epsilon.
        elementwise_affine: Whether to learn a weight for each element.
        device: Where the parameters are.
        dtype: Of the parameters.

    See: [`rms_norm`][minitorch_ff.nn.functional.normalization.rms_norm],
        [torch.nn.RMSNorm](https://docs.pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html).
    """

    def __init__(
        self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.normalized_shape = normalized_dims(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.register_affine(self.normalized_shape, {"weight": elementwise_affine}, device, dtype)
        self.reset_parameters()

    def forward(self, x: Tensor) -> Tensor:
        """Shape `(*, normalized_shape)` to the same shape."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The settings, for `repr`."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(_Affine):
    """Normalises groups of channels of each sample.

    Args:
        num_groups: How many groups.
        num_channels: How many channels; a multiple of it.
        eps: Added to the variance.
        affine: Whether to learn a weight and a bias for each channel.
        device: Where the parameters are.
        dtype: Of the parameters.
        bias: Whether to learn a bias, if anything.

    Raises:
        ValueError: The number of channels is no multiple.

    See: [`group_norm`][minitorch_ff.nn.functional.normalization.group_norm],
        [torch.nn.GroupNorm](https://docs.pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html).
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True,
        device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        wanted = {"weight": affine, "bias": affine and bias}
        self.register_affine(num_channels, wanted, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, C, *)` to the same shape."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings, for `repr`."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )
