"""Losses that compare, rank and separate: margins, triplets, and two distributions."""

import math
from collections.abc import Callable

from minitorch_ff._checks import check
from minitorch_ff._functions._autocast import in_float32
from minitorch_ff._functions.extremes import maximum, minimum
from minitorch_ff._functions.selection import where
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops.base import TYPE_NAMES
from minitorch_ff.nn.functional._reduction import check_reduction, reduction_of
from minitorch_ff.nn.functional._reduction import reduce as reduced
from minitorch_ff.nn.functional.activation import logsigmoid
from minitorch_ff.nn.functional.distance import pairwise_distance


@in_float32
def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """`x` for target 1, `max(0, margin - x)` for target -1.

    See: [torch.nn.functional.hinge_embedding_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hinge_embedding_loss.html).
    """
    reduction = reduction_of(size_average, reduce, reduction)
    apart = where(target != 1, (margin - input).clamp_min(0), 0)
    close = where(target != -1, input, 0)
    return reduced(apart + close, reduction)


@in_float32
def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """`max(0, -target (x1 - x2) + margin)` for targets 1 and -1.

    Raises:
        RuntimeError: The inputs differ in the number of dimensions.

    See: [torch.nn.functional.margin_ranking_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.margin_ranking_loss.html).
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    values = (-target * (input1 - input2) + float(margin)).clamp_min(0)
    return reduced(values, reduction)


@in_float32
def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """One minus the cosine for target 1, `max(0, cosine - margin)` for target -1.

    Raises:
        RuntimeError: The shapes do not fit.

    See: [torch.nn.functional.cosine_embedding_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cosine_embedding_loss.html).
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check(target.dim() in (0, 1), "0D or 1D target tensor expected, multi-target not supported")
    if input1.dim() != target.dim() + 1:
        raise RuntimeError(
            f"{target.dim()}D target tensor expects {target.dim() + 1}D input tensors, but found "
            f"inputs with sizes {list(input1.shape)} and {list(input2.shape)}."
        )
    # As PyTorch's formula has it: epsilon is added to the squared lengths.
    dim = target.dim()
    product = (input1 * input2).sum(dim)
    first = (input1 * input1).sum(dim) + 1e-12
    second = (input2 * input2).sum(dim) + 1e-12
    cosine = product / (first * second).sqrt()
    close = where(target == 1, 1 - cosine, 0)
    apart = where(target == -1, (cosine - margin).clamp_min(0), 0)
    return reduced(close + apart, reduction)


def check_class_scores(input: Tensor) -> None:
    """Refuse scores without classes.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    if input.dim() > 2 or (input.dim() and not input.shape[-1]):
        raise RuntimeError(
            "Expected non-empty vector or matrix with optional 0-dim batch size, but got: "
            f"{list(input.shape)}"
        )


def check_class_numbers(target: Tensor) -> None:
    """Refuse targets that are no class numbers.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    if target.is_floating_point():
        found = TYPE_NAMES[target.buffer.dtype.name]
        raise RuntimeError(f"expected scalar type Long but found {found}")


@in_float32
def multi_margin_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """How far other classes' scores come within a margin of the target's.

    Args:
        input: Scores. Shape `(C)` or `(N, C)`.
        target: Class numbers. Shape `()` or `(N)`.
        p: The exponent, 1 or 2.
        margin: The margin.
        weight: A factor for each class.
        size_average: Deprecated; see `reduction`.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"`, `"sum"` or `"none"`.

    Raises:
        ValueError: `p` or the weights do not fit.

    See: [torch.nn.functional.multi_margin_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multi_margin_loss.html).
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_reduction(reduction)
    check(p in (1, 2), "only p == 1 and p == 2 supported", ValueError)
    check(weight is None or weight.dim() == 1, "weight must be one-dimensional", ValueError)
    rows = input if input.dim() == 2 else input.reshape(1, -1)
    classes = rows.shape[1]
    numbers = target.reshape(-1)
    check_class_scores(input)
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(
            f"inconsistent weight size, expected {classes} but got {list(weight.shape)}"
        )
    if numbers.numel() != rows.shape[0] or target.dim() > 1:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of "
            f"input samples (batch size). Expected target size [{rows.shape[0]}], but got "
            f"{list(target.shape)}. Input has shape {list(input.shape)}."
        )
    check_class_numbers(target)
    chosen = numbers.reshape(-1, 1)
    short = (margin - rows.gather(1, chosen) + rows).clamp_min(0)
    values = short if p == 1 else short * short
    if weight is not None:
        values = values * weight[numbers].reshape(-1, 1)
    values = values.scatter(1, chosen, 0.0).sum(1) / classes
    if reduction == "none":
        return values if input.dim() == 2 else values.reshape(target.shape)
    return reduced(values, reduction)


@in_float32
def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """How far other classes' scores come within one of every target's.

    The targets of a row are class numbers, up to the first -1.

    See: [torch.nn.functional.multilabel_margin_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_margin_loss.html).
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_reduction(reduction)
    check_class_scores(input)
    if target.shape != input.shape:
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}"
        )
    check_class_numbers(target)
    rows = input.reshape(1, -1) if input.dim() < 2 else input
    numbers = target.reshape(rows.shape)
    valid = (numbers < 0).cumsum(1) == 0
    safe = where(valid, numbers, 0)
    is_target = rows.new_zeros(rows.shape).scatter_add(1, safe, valid.to(rows.dtype)) > 0
    at_targets = rows.gather(1, safe)
    short = (1 - at_targets.unsqueeze(2) + rows.unsqueeze(1)).clamp_min(0)
    counted = valid.unsqueeze(2) & ~is_target.unsqueeze(1)
    values = where(counted, short, 0).sum((1, 2)) / rows.shape[1]
    if reduction == "none":
        return values if input.dim() == 2 else values.reshape(())
    return reduced(values, reduction)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Binary cross entropy of the scores, its mean over the classes.

    See: [torch.nn.functional.multilabel_soft_margin_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_soft_margin_loss.html).
    """
    reduction = reduction_of(size_average, reduce, reduction)
    values = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        values = values * weight
    return reduced(values.sum(-1) / input.size(-1), reduction)


@in_float32
def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2,
    eps: float = 1e-6, swap: bool = False, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """How much closer than `margin` the negative is, compared with the positive.

    Raises:
        ValueError: `margin` is not positive.
        RuntimeError: The inputs differ in the number of dimensions.

    See: [torch.nn.functional.triplet_margin_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_loss.html),
        Balntas et al., Learning shallow convolutional feature descriptors (2016).
    """
    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=lambda a, b: pairwise_distance(a, b, p, eps),
        margin=margin, swap=swap, reduction=reduction_of(size_average, reduce, reduction),
    )  # fmt: skip


def triplet_margin_with_distance_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None, margin: float = 1.0,
    swap: bool = False, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """`triplet_margin_loss` with a distance of one's own.

    See: [torch.nn.functional.triplet_margin_with_distance_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_with_distance_loss.html).
    """
    check_reduction(reduction)
    check(not margin <= 0, f"margin must be greater than 0, got {margin}", ValueError)
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number "
            f"of dimensions, but got: anchor {anchor.dim()}D, positive {positive.dim()}D, and "
            f"negative {negative.dim()}D inputs"
        )
    distance = distance_function or pairwise_distance
    close, apart = distance(anchor, positive), distance(anchor, negative)
    if swap:
        apart = minimum(apart, distance(positive, negative))
    return reduced((margin + close - apart).clamp_min(0), reduction)


@in_float32
def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False,
    size_average: bool | None = None, eps: float = 1e-8, reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Minus the log-probability of counts under Poisson distributions.

    Args:
        input: The expected counts, or their logarithms with `log_input`.
        target: The counts.
        log_input: Whether `input` holds logarithms.
        full: Also add Stirling's approximation of `ln target!`.
        size_average: Deprecated; see `reduction`.
        eps: Keeps the logarithm finite, without `log_input`.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"`, `"sum"` or `"none"`.

    Raises:
        ValueError: `reduction` is another word.

    See: [torch.nn.functional.poisson_nll_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.poisson_nll_loss.html).
    """
    reduction = reduction_of(size_average, reduce, reduction)
    check_reduction(reduction)
    if log_input:
        values = input.exp() - target * input
    else:
        values = input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        values = values + where(target <= 1, 0, stirling)
    return reduced(values, reduction)


def _differ_in_one_of_size_1(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two shapes are the same but for one dimension, which `other` has at size 1."""
    if len(shape) != len(other):
        return False
    return [m for n, m in zip(shape, other, strict=True) if n != m] == [1]


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Minus the log-probability of targets under normal distributions.

    Args:
        input: The means.
        target: The targets.
        var: The variances: of the same shape, without the last dimension, with size 1 in
            one dimension, or one number.
        full: Also add `ln(2 pi) / 2`.
        eps: What a variance is taken to be at least.
        reduction: `"mean"`, `"sum"` or `"none"`.

    Raises:
        ValueError: A variance is negative, or of another shape.

    See: [torch.nn.functional.gaussian_nll_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gaussian_nll_loss.html).
    """
    given = input.new_full(input.shape, var) if isinstance(var, (int, float)) else var
    check(not (given.detach() < 0).any(), "var has negative entry/entries", ValueError)
    if given.shape != input.shape:
        if given.shape == input.shape[:-1]:
            given = given.unsqueeze(-1)
        elif not _differ_in_one_of_size_1(input.shape, given.shape):
            raise ValueError("var is of incorrect size")
    check(reduction in ("mean", "sum", "none"), f"{reduction} is not valid", ValueError)
    # Held above eps in value only: the gradient passes as if it were not.
    held = given + (maximum(given, given.new_full((), eps)) - given).detach()
    values = 0.5 * (held.log() + (input - target) ** 2 / held)
    if full:
        values = values + 0.5 * math.log(2 * math.pi)
    return reduced(values, reduction)
