"""Normalisation within each sample, as layers."""

from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn import init
from minitorch_ff.nn.functional.normalization import normalized_dims
from minitorch_ff.nn.modules._layer import Layer


class _Affine(Layer):
    """What normalisations share: the weight and the bias that come after them."""

    def reset_parameters(self) -> None:
        """Weight one, bias zero."""
        for name, value in self._parameters.items():
            if value is not None:
                init.constant_(value, 1.0 if name == "weight" else 0.0)


class LocalResponseNorm(Layer):
    """Divides by a power of the mean square over neighbouring channels.

    Args:
        size: How many channels are neighbours.
        alpha: The weight of the mean.
        beta: The power.
        k: What the mean is added to.

    See: [`local_response_norm`][minitorch_ff.nn.functional.normalization.local_response_norm],
        [torch.nn.LocalResponseNorm](https://docs.pytorch.org/docs/stable/generated/torch.nn.LocalResponseNorm.html).
    """

    _shown = "size alpha= beta= k="

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__(size=size, alpha=alpha, beta=beta, k=k)

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, C, *)` to the same shape."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)


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

    _shown = "normalized_shape eps= elementwise_affine= bias="

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(eps=eps, elementwise_affine=elementwise_affine)
        self.normalized_shape = normalized_dims(normalized_shape)
        shape = self.normalized_shape if elementwise_affine else None
        self.make_parameters(device, dtype, weight=shape, bias=shape if bias else None)

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(*, normalized_shape)` to the same shape."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)


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

    _shown = "normalized_shape eps= elementwise_affine="

    def __init__(
        self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(eps=eps, elementwise_affine=elementwise_affine)
        self.normalized_shape = normalized_dims(normalized_shape)
        shape = self.normalized_shape if elementwise_affine else None
        self.make_parameters(device, dtype, weight=shape)

    def forward(self, x: Tensor) -> Tensor:
        """Shape `(*, normalized_shape)` to the same shape."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)


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

    _shown = "num_groups num_channels eps= affine= bias="

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True,
        device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_groups=num_groups, num_channels=num_channels, eps=eps, affine=affine)
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        shape = num_channels if affine else None
        self.make_parameters(device, dtype, weight=shape, bias=shape if bias else None)

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, C, *)` to the same shape."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)
