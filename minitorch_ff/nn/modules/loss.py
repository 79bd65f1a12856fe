"""Losses as layers: each adds its settings to a function of `nn.functional`."""

from collections.abc import Callable
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.functional._reduction import reduction_of
from minitorch_ff.nn.modules.distance import PairwiseDistance
from minitorch_ff.nn.modules.module import Module


class _Loss(Module):
    """What all losses share: whether to take the mean, the sum, or every element."""

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.reduction = reduction_of(size_average, reduce, reduction)


class _WeightedLoss(_Loss):
    """A loss with a weight for each class or element, kept as a buffer."""

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


# --------------------------------------------------------------- compare and rank


class _MarginLoss(_Loss):
    """A loss with a margin."""

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = margin


class HingeEmbeddingLoss(_MarginLoss):
    """`x` for target 1, `max(0, margin - x)` for target -1.

    See: [torch.nn.HingeEmbeddingLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.HingeEmbeddingLoss.html).
    """

    def __init__(
        self, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(margin, size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Any shape, and the same."""
        return F.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class MarginRankingLoss(_MarginLoss):
    """`max(0, -target (x1 - x2) + margin)` for targets 1 and -1.

    See: [torch.nn.MarginRankingLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html).
    """

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Three tensors of one shape."""
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_MarginLoss):
    """One minus the cosine for target 1, `max(0, cosine - margin)` for target -1.

    See: [torch.nn.CosineEmbeddingLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html).
    """

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Shapes `(N, D)` twice and `(N)`, or `(D)` twice and `()`."""
        return F.cosine_embedding_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class MultiLabelMarginLoss(_Loss):
    """How far other classes' scores come within one of every target's.

    See: [torch.nn.MultiLabelMarginLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiLabelMarginLoss.html).
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Scores `(N, C)` or `(C)`, and class numbers of the same shape."""
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """Binary cross entropy of the scores, its mean over the classes.

    See: [torch.nn.MultiLabelSoftMarginLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiLabelSoftMarginLoss.html).
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Scores `(N, C)`, and targets of the same shape."""
        return F.multilabel_soft_margin_loss(
            input, target, weight=self.weight, reduction=self.reduction
        )


class MultiMarginLoss(_WeightedLoss):
    """How far other classes' scores come within a margin of the target's.

    Args:
        p: The exponent, 1 or 2.
        margin: The margin.
        weight: A factor for each class.
        size_average: Deprecated; see `reduction`.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"`, `"sum"` or `"none"`.

    Raises:
        ValueError: `p` or the weights do not fit.

    See: [torch.nn.MultiMarginLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html).
    """

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
        size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        check(p in (1, 2), "only p == 1 and p == 2 supported", ValueError)
        if weight is not None and weight.dim() != 1:
            raise ValueError(
                "MultiMarginLoss: expected weight to be None or 1D tensor, got "
                f"{weight.dim()}D instead"
            )
        self.p, self.margin = p, margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Scores `(N, C)`, and class numbers `(N)`."""
        settings = self.p, self.margin, self.weight
        return F.multi_margin_loss(input, target, *settings, reduction=self.reduction)


def _must_be_positive(margin: float, name: str) -> None:
    if margin <= 0:
        raise ValueError(f"{name}: expected margin to be greater than 0, got {margin} instead")


class TripletMarginLoss(_Loss):
    """How much closer than `margin` the negative is, compared with the positive.

    Args:
        margin: The margin.
        p: The norm of the distances.
        eps: Added to every difference.
        swap: Also compare positive and negative.
        size_average: Deprecated; see `reduction`.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"`, `"sum"` or `"none"`.

    Raises:
        ValueError: `margin` is not positive.

    See: [torch.nn.TripletMarginLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html).
    """

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False,
        size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        _must_be_positive(margin, "TripletMarginLoss")
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Three tensors of shape `(N, D)` or `(D)`."""
        return F.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap,
            reduction=self.reduction,
        )  # fmt: skip


class TripletMarginWithDistanceLoss(_Loss):
    """`TripletMarginLoss` with a distance of one's own.

    Args:
        distance_function: Takes two tensors; the pairwise distance by default.
        margin: The margin.
        swap: Also compare positive and negative.
        reduction: `"mean"`, `"sum"` or `"none"`.

    Raises:
        ValueError: `margin` is not positive.

    See: [torch.nn.TripletMarginWithDistanceLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.TripletMarginWithDistanceLoss.html).
    """

    def __init__(
        self, *, distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0, swap: bool = False, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(reduction=reduction)
        _must_be_positive(margin, "TripletMarginWithDistanceLoss")
        self.distance_function = distance_function or PairwiseDistance()
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Three tensors that the distance takes."""
        return F.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function,
            margin=self.margin, swap=self.swap, reduction=self.reduction,
        )  # fmt: skip


class PoissonNLLLoss(_Loss):
    """Minus the log-probability of counts under Poisson distributions.

    Args:
        log_input: Whether the input holds logarithms.
        full: Also add Stirling's approximation.
        size_average: Deprecated; see `reduction`.
        eps: Keeps the logarithm finite.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"`, `"sum"` or `"none"`.

    See: [torch.nn.PoissonNLLLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html).
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, size_average: bool | None = None,
        eps: float = 1e-8, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """Any shape, and the same."""
        return F.poisson_nll_loss(
            log_input, target, self.log_input, self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(_Loss):
    """Minus the log-probability of targets under normal distributions.

    Args:
        full: Also add the constant part.
        eps: What a variance is taken to be at least.
        reduction: `"mean"`, `"sum"` or `"none"`.

    See: [torch.nn.GaussianNLLLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html).
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """Means, targets and variances of one shape."""
        return F.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)


class CTCLoss(_Loss):
    """How improbable label sequences are, whatever their alignment.

    Args:
        blank: The number of the blank among the labels.
        reduction: `"mean"` of losses over target lengths, `"sum"` or `"none"`.
        zero_infinity: A target that is too long for its input gives 0, not infinity.

    See: [`ctc_loss`][minitorch_ff.nn.functional.ctc.ctc_loss],
        [torch.nn.CTCLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html).
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(
        self, log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any
    ) -> Tensor:
        """Shapes `(T, N, C)`, `(N, S)`, `(N)` and `(N)`."""
        how = self.blank, self.reduction, self.zero_infinity
        return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, *how)
