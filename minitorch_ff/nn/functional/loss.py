"""Losses: how far a prediction is from its target.

`reduction` is `"mean"`, `"sum"`, or `"none"` for the loss of every element.
"""

import warnings
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._functions._autocast import UNSAFE, casting, full, is_on_cuda
from minitorch_ff._functions.activation import log_softmax
from minitorch_ff._functions.conversion import cast
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops import loss as ops
from minitorch_ff.firefly.ops.base import (
    ON_CUDA, TYPE_NAMES, apply, check_broadcast, check_same_device,
)  # fmt: skip
from minitorch_ff.nn.functional._reduction import check_reduction, reduce, reduction_of


# ------------------------------------------------------------------ element by element


def mse_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The mean squared error, `(input - target)²`.

    Args:
        input: The prediction. Any shape.
        target: The same shape.
        size_average: Deprecated; see `reduction`.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"`, `"sum"` or `"none"`.
        weight: A factor for the loss of each element.

    Raises:
        RuntimeError: The shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
        tensor(2.)

    See: rule [`MseLoss`][minitorch_ff.firefly.ops.loss.MseLoss],
        [torch.nn.functional.mse_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html).
    """
    if casting:
        input, target, weight = full(input, target, weight)
    if input.buffer.shape != target.buffer.shape:  # asked here too: it is called at each step
        warn_of_sizes(input, target)
    if size_average is not None or reduce is not None:
        reduction = reduction_of(size_average, reduce, reduction)
    if weight is not None:
        return weighted(element_loss(ops.MseLoss, input, target, "none"), weight, reduction)
    return element_loss(ops.MseLoss, input, target, reduction)


def element_loss(
    operator: Any, input: Tensor, target: Tensor, reduction: str, **settings: Any
) -> Tensor:
    """A loss of element against element, with PyTorch's errors."""
    if reduction != "mean":  # which operators take for granted
        check_reduction(reduction)
        settings["reduction"] = reduction
    try:
        if not settings:  # in CPython a call with stars costs twice as much
            return apply(operator, input, target)
        return apply(operator, input, target, **settings)
    except (ValueError, TypeError):
        check_same_device(input, target)
        check_broadcast(input.buffer.shape, target.buffer.shape)
        raise


def weighted(values: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """Element losses, weighted; their mean is over the weights.

    Raises:
        ValueError: The weights have another shape.
    """
    if weight.buffer.shape != values.buffer.shape:
        raise ValueError("Inputs and weight must have the same size.")
    values = values * weight
    if reduction == "mean":
        return values.sum() / weight.sum()
    return reduce(values, reduction)


def warn_of_sizes(input: Tensor, target: Tensor) -> None:
    """Warn, as PyTorch does, if shapes differ: broadcasting is rarely meant here."""
    if input.buffer.shape != target.buffer.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=3,
        )


def l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The mean absolute error, `|input - target|`.

    See: [torch.nn.functional.l1_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html).
    """
    if casting:
        input, target, weight = full(input, target, weight)
    warn_of_sizes(input, target)
    reduction = reduction_of(size_average, reduce, reduction)
    values = (input - target).abs()
    if weight is not None:
        return weighted(values, weight, reduction)
    return _reduce(values, reduction)


_reduce = reduce  # the functions of this file have an argument of that name


def smooth_l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", beta: float = 1.0,
) -> Tensor:  # fmt: skip
    """Squared error for differences below `beta`, absolute error above.

    Raises:
        RuntimeError: `beta` is negative.

    See: rule [`SmoothL1Loss`][minitorch_ff.firefly.ops.loss.SmoothL1Loss],
        [torch.nn.functional.smooth_l1_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html).
    """
    if casting:
        input, target = full(input, target)
    warn_of_sizes(input, target)
    reduction = reduction_of(size_average, reduce, reduction)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    return element_loss(ops.SmoothL1Loss, input, target, reduction, beta=beta)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Half the squared error for differences up to `delta`, linear above.

    Raises:
        RuntimeError: `delta` is not positive.

    See: rule [`HuberLoss`][minitorch_ff.firefly.ops.loss.HuberLoss],
        [torch.nn.functional.huber_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.huber_loss.html).
    """
    if casting:
        input, target, weight = full(input, target, weight)
    warn_of_sizes(input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is not None:
        values = element_loss(ops.HuberLoss, input, target, "none", delta=delta)
        return weighted(values, weight, reduction)
    return element_loss(ops.HuberLoss, input, target, reduction, delta=delta)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """The cross entropy of probabilities against targets between 0 and 1, in nats.

    Args:
        input: Probabilities. Any shape.
        target: The same shape.
        weight: A factor for each element, broadcast to the shape.
        size_average: Deprecated; see `reduction`.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"`, `"sum"` or `"none"`.

    Raises:
        ValueError: The shapes differ.
        RuntimeError: An element of `input` is not between 0 and 1.

    See: rule [`BinaryCrossEntropy`][minitorch_ff.firefly.ops.loss.BinaryCrossEntropy],
        [torch.nn.functional.binary_cross_entropy](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html).
    """
    if casting:
        check(not is_on_cuda(input), UNSAFE)
        input, target, weight = full(input, target, weight)
    reduction = reduction_of(size_average, reduce, reduction)
    if input.buffer.shape != target.buffer.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size."
        )
    if input.buffer.dtype != target.buffer.dtype:
        first, second = (TYPE_NAMES[t.buffer.dtype.name] for t in (input, target))
        raise RuntimeError(f"Found dtype {second} but expected {first}")
    low, high = input.detach().aminmax() if input.buffer.size else (0, 0)
    if not (low >= 0 and high <= 1):
        raise RuntimeError("all elements of input should be between 0 and 1")
    if weight is None:
        return element_loss(ops.BinaryCrossEntropy, input, target, reduction)
    values = element_loss(ops.BinaryCrossEntropy, input, target, "none")
    return _reduce(values * weight.expand(input.buffer.shape), reduction)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The cross entropy of scores, whose sigmoid is a probability, in nats.

    Args:
        input: Scores. Any shape.
        target: The same shape, between 0 and 1.
        weight: A factor for each element, broadcast to the shape.
        size_average: Deprecated; see `reduction`.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"`, `"sum"` or `"none"`.
        pos_weight: A factor for the positive part, broadcast to the shape.

    Raises:
        ValueError: The shapes differ.

    See: rule
        [`BinaryCrossEntropyWithLogits`][minitorch_ff.firefly.ops.loss.BinaryCrossEntropyWithLogits],
        [torch.nn.functional.binary_cross_entropy_with_logits](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html).
    """
    if casting:
        input, target, weight, pos_weight = full(input, target, weight, pos_weight)
    reduction = reduction_of(size_average, reduce, reduction)
    if target.buffer.shape != input.buffer.shape:
        raise ValueError(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        )
    if target.buffer.dtype != input.buffer.dtype:
        target = cast(target, input.dtype)
    settings = {"weight": _buffer(weight), "pos_weight": _buffer(pos_weight)}
    return element_loss(ops.BinaryCrossEntropyWithLogits, input, target, reduction, **settings)


def _buffer(tensor: Tensor | None) -> Any:
    return None if tensor is None else tensor.buffer


def soft_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """`ln(1 + e^(-target input))` for targets 1 and -1.

    See: rule [`SoftMarginLoss`][minitorch_ff.firefly.ops.loss.SoftMarginLoss],
        [torch.nn.functional.soft_margin_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.soft_margin_loss.html).
    """
    if casting:
        input, target = full(input, target)
    reduction = reduction_of(size_average, reduce, reduction)
    return element_loss(ops.SoftMarginLoss, input, target, reduction)


def kl_div(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", log_target: bool = False,
) -> Tensor:  # fmt: skip
    """The divergence of a distribution `target` from one given by log-probabilities.

    Args:
        input: Log-probabilities. Any shape.
        target: Probabilities, or log-probabilities with `log_target`.
        size_average: Deprecated; see `reduction`.
        reduce: Deprecated; see `reduction`.
        reduction: `"batchmean"` (the mathematical mean), `"mean"`, `"sum"` or `"none"`.
        log_target: Whether `target` holds logarithms.

    See: [torch.nn.functional.kl_div](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html).
    """
    if casting:
        input, target = full(input, target)
    if size_average is None and reduce is None and reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support "
            "size.'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next "
            "major release.",
            stacklevel=2,
        )
    reduction = reduction_of(size_average, reduce, reduction)
    if log_target:
        values = target.exp() * (target - input)
    else:
        product = target * input  # first, as in PyTorch: it decides how gradients are added
        values = target.xlogy(target) - product
    if reduction == "batchmean":
        total = values.sum()
        return total / input.shape[0] if input.buffer.ndim else total
    return _reduce(values, reduction)


# ------------------------------------------------------------------------------ classes


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """How unlikely the softmax of scores makes the target classes, in nats.

    Args:
        input: Scores. Shape `(C)`, `(N, C)` or `(N, C, *)`.
        target: Class numbers (shape `(N)`, `(N, *)`), or probabilities of all classes (the
            shape of `input`).
        weight: A factor for each class. Shape `(C)`.
        size_average: Deprecated; see `reduction`.
        ignore_index: Targets of this number do not count.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"` (over the weights), `"sum"` or `"none"`.
        label_smoothing: How much of each target is spread over all classes, 0 to 1.

    Raises:
        IndexError: A target is no class.
        ValueError: The batch sizes differ.
        RuntimeError: The shapes do not fit, or `label_smoothing` is out of range.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.functional.cross_entropy(torch.zeros(1, 4), torch.tensor([2]))
        tensor(1.3863)

    See: rules [`CrossEntropy`][minitorch_ff.firefly.ops.loss.CrossEntropy],
        [`NllLoss`][minitorch_ff.firefly.ops.loss.NllLoss],
        [torch.nn.functional.cross_entropy](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html).
    """
    if casting:
        input, target, weight = full(input, target, weight)
    if size_average is not None or reduce is not None:
        reduction = reduction_of(size_average, reduce, reduction)
    x, classes = input.buffer, target.buffer
    if type(x) is not type(classes):
        check_same_device(input, target, method=ON_CUDA["NllLoss"])
    plain = weight is None and reduction == "mean" and not label_smoothing and ignore_index < 0
    plain = plain and x.dtype.itemsize > 2  # the logarithms of half precision are rounded
    rows = x.ndim == 2 and classes.ndim == 1 and x.shape[0] == classes.shape[0] != 0
    numbers = plain and rows and classes.dtype.kind == "i"
    xp = input.backend
    if numbers and xp.waits:  # what is ignored is not known here, and must not be asked for
        safe, share = xp.row_shares(x, classes, ignore_index)
        if xp.all_between(safe, 0, x.shape[1]):
            return apply(ops.CrossEntropy, input, target=safe, share=share)
    elif numbers and xp.all_between(classes, 0, x.shape[1]):
        return apply(ops.CrossEntropy, input, target=classes)
    class_dim = 1 if x.ndim > 1 else 0
    if x.shape == classes.shape:
        if classes.dtype.kind in "iub":
            raise RuntimeError(
                "Expected floating point type for target with class probabilities, got "
                f"{TYPE_NAMES[classes.dtype.name]}"
            )
        check(ignore_index < 0, "ignore_index is not supported for floating point target")
        return _with_probabilities(input, target, weight, reduction, label_smoothing)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if x.ndim < 1 or (x.ndim > 1 and classes.ndim != x.ndim - 1):
        check_class_targets(input, target)
    log_probabilities = log_softmax(input, class_dim)
    loss = nll_loss(log_probabilities, target, weight, None, ignore_index, None, reduction)
    if not label_smoothing:
        return loss
    smooth = _smooth_part(log_probabilities, target, weight, ignore_index, reduction)
    share = label_smoothing / x.shape[class_dim]
    return (1 - label_smoothing) * loss + share * smooth


def _with_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float
) -> Tensor:
    """Cross entropy against probabilities of all classes."""
    class_dim = 1 if input.buffer.ndim > 1 else 0
    classes = input.buffer.shape[class_dim]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    values = log_softmax(input, class_dim) * target
    total = -_by_class(weight, values).sum(class_dim)
    if reduction == "mean":
        return total.sum() / max(input.buffer.size // classes, 1)
    return _reduce(total, reduction)


def _smooth_part(
    log_probabilities: Tensor, target: Tensor, weight: Tensor | None, ignore: int, reduction: str
) -> Tensor:
    """What label smoothing adds: the loss against all classes alike."""
    class_dim = 1 if log_probabilities.buffer.ndim > 1 else 0
    values = -_by_class(weight, log_probabilities).sum(class_dim)
    ignored = target == ignore
    values = values.masked_fill(ignored, 0.0)
    if reduction != "mean":
        return _reduce(values, reduction)
    if weight is None:
        return values.sum() / (~ignored).sum()
    weights = weight[target.masked_fill(ignored, 0)].masked_fill(ignored, 0.0)
    return values.sum() / weights.sum()


def _by_class(weight: Tensor | None, values: Tensor) -> Tensor:
    """`values` times the weights of their classes, along dimension 1 if there is one."""
    if weight is None:
        return values
    ndim = values.buffer.ndim
    return values * (weight if ndim < 2 else weight.reshape((1, -1) + (1,) * (ndim - 2)))


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Minus the log-probability of the target class, in nats.

    Args:
        input: Log-probabilities. Shape `(C)`, `(N, C)` or `(N, C, *)`.
        target: Class numbers. Shape `()`, `(N)` or `(N, *)`.
        weight: A factor for each class. Shape `(C)`.
        size_average: Deprecated; see `reduction`.
        ignore_index: Targets of this number do not count.
        reduce: Deprecated; see `reduction`.
        reduction: `"mean"` (over the weights), `"sum"` or `"none"`.

    Raises:
        IndexError: A target is no class.
        ValueError: The batch sizes differ.
        RuntimeError: The shapes do not fit.

    See: rule [`NllLoss`][minitorch_ff.firefly.ops.loss.NllLoss],
        [torch.nn.functional.nll_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html).
    """
    if casting:
        input, target, weight = full(input, target, weight)
    reduction = reduction_of(size_average, reduce, reduction)
    check_reduction(reduction)
    check_class_targets(input, target)
    xp, x = input.backend, input.buffer
    class_dim = 1 if x.ndim > 1 else 0
    classes = x.shape[class_dim]
    numbers = target.buffer.reshape(-1)
    counted = xp.ne(numbers, xp.constant_like(ignore_index, numbers))
    safe = xp.where_true(numbers, counted)
    if not xp.all_between(safe, 0, classes):
        wrong = next(n for n in numbers.tolist() if n != ignore_index and not 0 <= n < classes)
        raise IndexError(f"Target {wrong} is out of bounds.")
    if weight is None:
        weights = xp.cast(counted, x.dtype)
    else:
        check_class_weight(weight, input, classes)
        weights = xp.where_true(weight.buffer[safe], counted)
    rows = input.movedim(class_dim, -1).reshape(-1, classes) if x.ndim != 2 else input
    called = "NllLoss" if x.ndim < 3 else "NllLoss2D"
    settings = {"weight": weights, "reduction": reduction, "called": called}
    loss = apply(ops.NllLoss, rows, target=safe, **settings)
    return loss.reshape(target.buffer.shape) if reduction == "none" else loss


def check_class_targets(input: Tensor, target: Tensor) -> None:
    """Refuse class numbers that do not fit the scores.

    Raises:
        ValueError: The batch sizes differ.
        RuntimeError: The shapes do not fit, or the numbers are no integers.
    """
    x, numbers = input.buffer, target.buffer
    check_same_device(input, target, method=ON_CUDA["NllLoss"])
    if x.ndim < 1:
        raise ValueError(f"Expected 1 or more dimensions (got {x.ndim})")
    if x.ndim != 1 and x.shape[0] != numbers.shape[:1][0] if numbers.ndim else x.ndim != 1:
        given = numbers.shape[0] if numbers.ndim else 0
        raise ValueError(
            f"Expected input batch_size ({x.shape[0]}) to match target batch_size ({given})."
        )
    if x.ndim <= 2 and numbers.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    expected = x.shape[:1] + x.shape[2:] if x.ndim > 1 else ()
    if x.ndim > 2 and numbers.shape != expected:
        raise RuntimeError(f"Expected target size {list(expected)}, got {list(numbers.shape)}")
    if numbers.dtype.kind not in "iu":
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {TYPE_NAMES[numbers.dtype.name]}"
        )


def check_class_weight(weight: Tensor, input: Tensor, classes: int) -> None:
    """Refuse class weights that do not fit.

    Raises:
        RuntimeError: Their number or dtype is another.
    """
    if weight.buffer.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes "
            f"but got weight tensor of shape: {list(weight.buffer.shape)}"
        )
    if weight.buffer.dtype != input.buffer.dtype:
        first, second = (TYPE_NAMES[t.buffer.dtype.name] for t in (input, weight))
        raise RuntimeError(f"expected scalar type {first} but found {second}")
