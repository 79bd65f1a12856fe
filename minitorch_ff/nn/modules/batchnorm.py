"""Batch normalisation as layers, with the running mean and variance."""

from typing import Any

from minitorch_ff import _dtypes
from minitorch_ff._functions.creation import ones, tensor, zeros
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.modules.lazy import LazyModuleMixin
from minitorch_ff.nn.modules.normalization import _Affine
from minitorch_ff.nn.parameter import UninitializedBuffer, UninitializedParameter


class _NormBase(_Affine):
    """What batch and instance normalisation share: parameters, running values, settings.

    Args:
        num_features: The number of channels.
        eps: Added to the variance.
        momentum: How far the running values move at each batch; None for the plain mean.
        affine: Whether to learn a weight and a bias for each channel.
        track_running_stats: Whether to keep running values, for evaluating.
        device: Where parameters and running values are.
        dtype: Of parameters and running values.
        bias: Whether to learn a bias, if anything.
    """

    _version = 2
    _shown = "num_features eps= momentum= affine= bias= track_running_stats="

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, device: Any = None,
        dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features=num_features, eps=eps, momentum=momentum, affine=affine)
        self.track_running_stats = tracking = track_running_stats
        where = {"device": device, "dtype": dtype}
        self.register_buffer("running_mean", zeros(num_features, **where) if tracking else None)
        self.register_buffer("running_var", ones(num_features, **where) if tracking else None)
        count = tensor(0, dtype=_dtypes.int64, device=device) if tracking else None
        self.register_buffer("num_batches_tracked", count)
        shape = num_features if affine else None
        self.make_parameters(device, dtype, weight=shape, bias=shape if bias else None)

    def reset_running_stats(self) -> None:
        """Forget the running values."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Forget the running values; weight one, bias zero."""
        self.reset_running_stats()
        super().reset_parameters()

    _ranks: tuple[int, ...]
    """How many dimensions the input may have."""

    def _check_input_dim(self, input: Tensor) -> None:
        if input.buffer.ndim not in self._ranks:
            ranks = " or ".join([f"{rank}D" for rank in self._ranks])
            raise ValueError(f"expected {ranks} input (got {input.dim()}D input)")

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, *args: Any, **kwargs: Any
    ) -> None:
        version = local_metadata.get("version", None)
        key = prefix + "num_batches_tracked"
        if (version is None or version < 2) and self.track_running_stats and key not in state_dict:
            # Checkpoints from before the counter existed.
            state_dict[key] = tensor(0, dtype=_dtypes.int64)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args, **kwargs)


class _BatchNorm(_NormBase):
    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, C, *)` to the same shape."""
        self._check_input_dim(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        tracking = self.track_running_stats
        if self.training and tracking and self.num_batches_tracked is not None:
            count = self.num_batches_tracked
            count.backend.add_(count.buffer, 1)
            count.version[0] += 1
            if self.momentum is None:
                momentum = 1.0 / float(count)
        use_batch = self.training or (self.running_mean is None and self.running_var is None)
        means, variances = self.running_mean, self.running_var
        if self.training and not tracking:
            means = variances = None
        return F.batch_norm(
            input, means, variances, self.weight, self.bias, use_batch, momentum, self.eps
        )


class BatchNorm1d(_BatchNorm):
    """Normalises each channel of `(N, C)` or `(N, C, L)` over the batch.

    Args:
        num_features: The number of channels.
        eps: Added to the variance.
        momentum: How far the running values move at each batch; None for the plain mean.
        affine: Whether to learn a weight and a bias for each channel.
        track_running_stats: Whether to keep running values, for evaluating.
        device: Where parameters and running values are.
        dtype: Of parameters and running values.
        bias: Whether to learn a bias, if anything.

    See: [`batch_norm`][minitorch_ff.nn.functional.normalization.batch_norm],
        [torch.nn.BatchNorm1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html).
    """

    _ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Normalises each channel of `(N, C, H, W)` over the batch; see `BatchNorm1d`.

    See: [torch.nn.BatchNorm2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html).
    """

    _ranks = (4,)


class BatchNorm3d(_BatchNorm):
    """Normalises each channel of `(N, C, D, H, W)` over the batch; see `BatchNorm1d`.

    See: [torch.nn.BatchNorm3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm3d.html).
    """

    _ranks = (5,)


class _LazyNormBase(LazyModuleMixin, _NormBase):
    """A normalisation that learns the number of channels from its first input."""

    _ranks: Any = property(lambda self: self.cls_to_become._ranks)

    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *,
        bias: bool = True,
    ) -> None:  # fmt: skip
        where = {"device": device, "dtype": dtype}
        super().__init__(0, eps, momentum, False, False, **where)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter(**where)
            self.bias = UninitializedParameter(**where) if bias else None
        if track_running_stats:
            self.running_mean = UninitializedBuffer(**where)
            self.running_var = UninitializedBuffer(**where)
            self.num_batches_tracked = tensor(0, dtype=_dtypes.int64, device=device)

    def reset_parameters(self) -> None:
        """Once the number of channels is known: weight one, bias zero."""
        if not self.has_uninitialized_params() and self.num_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:  # type: ignore[override]
        """Take the number of channels from the first input."""
        if not self.has_uninitialized_params():
            return
        self.num_features = input.shape[1]
        for value in (self.weight, self.bias, self.running_mean, self.running_var):
            if value is not None:
                value.materialize((self.num_features,))
        self.reset_parameters()


class LazyBatchNorm1d(_LazyNormBase, _BatchNorm):
    """A `BatchNorm1d` that learns the number of channels from its first input."""

    cls_to_become = BatchNorm1d  # type: ignore[assignment]


class LazyBatchNorm2d(_LazyNormBase, _BatchNorm):
    """A `BatchNorm2d` that learns the number of channels from its first input."""

    cls_to_become = BatchNorm2d  # type: ignore[assignment]


class LazyBatchNorm3d(_LazyNormBase, _BatchNorm):
    """A `BatchNorm3d` that learns the number of channels from its first input."""

    cls_to_become = BatchNorm3d  # type: ignore[assignment]
