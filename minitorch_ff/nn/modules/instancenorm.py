"""Instance normalisation as layers: each channel of each sample by itself."""

import warnings
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.modules.batchnorm import _LazyNormBase, _NormBase


class _InstanceNorm(_NormBase):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = False, track_running_stats: bool = False, device: Any = None,
        dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        settings = eps, momentum, affine, track_running_stats
        super().__init__(num_features, *settings, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, C, *)` or `(C, *)` to the same shape."""
        self._check_input_dim(input)
        dim = input.dim() - self._ranks[0]
        channels, wanted = input.size(dim), self.num_features
        text = f"expected input's size at dim={dim} to match num_features ({wanted}), but got"
        check(channels == wanted or not self.affine, f"{text}: {channels}.", ValueError)
        if channels != wanted:
            text = f"input's size at dim={dim} does not match num_features. You can silence this"
            end = "warning by not passing in num_features, which is not used because affine=False"
            warnings.warn(f"{text} {end}", stacklevel=2)
        own = self.training or not self.track_running_stats
        running = self.running_mean, self.running_var
        momentum = 0.0 if self.momentum is None else self.momentum
        settings = *running, self.weight, self.bias, own, momentum, self.eps
        if dim:
            return F.instance_norm(input, *settings)
        return F.instance_norm(input.unsqueeze(0), *settings).squeeze(0)


class InstanceNorm1d(_InstanceNorm):
    """Normalises each channel of each sample of `(N, C, L)` or `(C, L)`.

    Args:
        num_features: The number of channels.
        eps: Added to the variance.
        momentum: How far the running values move at each batch.
        affine: Whether to learn a weight and a bias for each channel.
        track_running_stats: Whether to keep running values, for evaluating.
        device: Where parameters and running values are.
        dtype: Of parameters and running values.
        bias: Whether to learn a bias, if anything.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.InstanceNorm1d(3).state_dict()
        OrderedDict()

    See: [`instance_norm`][minitorch_ff.nn.functional.normalization.instance_norm],
        [torch.nn.InstanceNorm1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html).
    """

    _ranks = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Normalises each channel of each image of `(N, C, H, W)`; see `InstanceNorm1d`.

    See: [torch.nn.InstanceNorm2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html).
    """

    _ranks = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Normalises each channel of each volume of `(N, C, D, H, W)`; see `InstanceNorm1d`.

    See: [torch.nn.InstanceNorm3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm3d.html).
    """

    _ranks = (4, 5)


class LazyInstanceNorm1d(_LazyNormBase, _InstanceNorm):
    """An `InstanceNorm1d` that learns the number of channels from its first input."""

    cls_to_become = InstanceNorm1d  # type: ignore[assignment]


class LazyInstanceNorm2d(_LazyNormBase, _InstanceNorm):
    """An `InstanceNorm2d` that learns the number of channels from its first input."""

    cls_to_become = InstanceNorm2d  # type: ignore[assignment]


class LazyInstanceNorm3d(_LazyNormBase, _InstanceNorm):
    """An `InstanceNorm3d` that learns the number of channels from its first input."""

    cls_to_become = InstanceNorm3d  # type: ignore[assignment]
