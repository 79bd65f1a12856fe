"""Losses as layers: each adds its settings to a function of `nn.functional`."""

from __future__ import annotations


from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.functional._reduction import reduction_of
from minitorch_ff.nn.modules.module import Module


class _Loss(Module):
    """What all losses share: whether to take the mean, the sum, or every element."""

    reduction: str

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.reduction = reduction_of(size_average, reduce, reduction)


class _WeightedLoss(_Loss):
    """A loss with a weight for each class or element, kept as a buffer."""

    weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class L1Loss(_Loss):
    """The mean absolute error.

    See: [torch.nn.L1Loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.L1Loss.html).
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Any shape, and the same."""
        return F.l1_loss(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    """The mean squared error.

    See: [torch.nn.MSELoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html).
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Any shape, and the same."""
        return F.mse_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """Squared error for differences below `beta`, absolute error above.

    Args:
        size_average: Deprecated; see `reduction`.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"`, `"sum"` or `"none"`.
        beta: Where the two meet.

    See: [torch.nn.SmoothL1Loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html).
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Any shape, and the same."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """Half the squared error for differences up to `delta`, linear above.

    Args:
        reduction: `"mean"`, `"sum"` or `"none"`.
        delta: Where the two meet.

    See: [torch.nn.HuberLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html).
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Any shape, and the same."""
        return F.huber_loss(input, target, self.reduction, self.delta)


class BCELoss(_WeightedLoss):
    """The cross entropy of probabilities, in nats.

    See: [torch.nn.BCELoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html).
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Probabilities of any shape, and targets of the same."""
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """The cross entropy of scores, whose sigmoid is a probability, in nats.

    Args:
        weight: A factor for each element.
        size_average: Deprecated; see `reduction`.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"`, `"sum"` or `"none"`.
        pos_weight: A factor for the positive part.

    See: [torch.nn.BCEWithLogitsLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html).
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None,
        reduce: bool | None = None, reduction: str = "mean", pos_weight: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Scores of any shape, and targets of the same."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


class NLLLoss(_WeightedLoss):
    """Minus the log-probability of the target class, in nats.

    Args:
        weight: A factor for each class.
        size_average: Deprecated; see `reduction`.
        ignore_index: Targets of this number do not count.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"`, `"sum"` or `"none"`.

    See: [torch.nn.NLLLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html).
    """

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None,
        ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Log-probabilities `(N, C, *)`, and class numbers `(N, *)`."""
        return F.nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class NLLLoss2d(NLLLoss):
    """`NLLLoss` by its old name."""


class CrossEntropyLoss(_WeightedLoss):
    """How unlikely the softmax of scores makes the target classes, in nats.

    Args:
        weight: A factor for each class.
        size_average: Deprecated; see `reduction`.
        ignore_index: Targets of this number do not count.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"`, `"sum"` or `"none"`.
        label_smoothing: How much of each target is spread over all classes.

    See: [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html).
    """

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None,
        ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Scores `(N, C, *)`, and class numbers `(N, *)` or probabilities."""
        return F.cross_entropy(
            input, target, self.weight, ignore_index=self.ignore_index,
            reduction=self.reduction, label_smoothing=self.label_smoothing,
        )  # fmt: skip


class KLDivLoss(_Loss):
    """The divergence of a distribution from one given by log-probabilities.

    Args:
        size_average: Deprecated; see `reduction`.
        reduce: Deprecated; see `reduction`.
        reduction: `"batchmean"`, `"mean"`, `"sum"` or `"none"`.
        log_target: Whether the target holds logarithms.

    See: [torch.nn.KLDivLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html).
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
        log_target: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Log-probabilities of any shape, and probabilities of the same."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class SoftMarginLoss(_Loss):
    """`ln(1 + e^(-target input))` for targets 1 and -1.

    See: [torch.nn.SoftMarginLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html).
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Any shape, and the same."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)
