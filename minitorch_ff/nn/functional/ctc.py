"""The loss of label sequences that need not be aligned with the input."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff import _dtypes
from minitorch_ff._checks import check
from minitorch_ff._functions.creation import arange, as_tensor, full, zeros
from minitorch_ff._functions._autocast import in_float32_on_cpu
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops.base import apply, not_implemented
from minitorch_ff.firefly.ops.loss import CtcLoss
from minitorch_ff.nn.functional._reduction import check_reduction, reduce


@in_float32_on_cpu
def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: int = 0,
    reduction: str = "mean", zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    r"""How improbable label sequences are, whatever their alignment: connectionist classification.

    Each step emits one label or a blank; equal neighbours count once, then blanks are dropped.
    The loss is $-\ln \sum p$ over all ways to emit the target so. Its gradient is that of the
    scores in front of the log-softmax, as PyTorch has it.

    Args:
        log_probs: Logarithms of probabilities, from `log_softmax`. Shape `(T, N, C)` or `(T, C)`.
        targets: Labels, none of them the blank. Shape `(N, S)`, or all behind one another.
        input_lengths: How many of the `T` steps count. Shape `(N)`.
        target_lengths: How many labels each target has. Shape `(N)`.
        blank: The number of the blank among the `C` labels.
        reduction: `"mean"` of losses over target lengths, `"sum"` or `"none"`.
        zero_infinity: A target that is too long for its input gives 0, not infinity.

    Returns:
        The loss in nats: a 0-d tensor, or shape `(N)` for `"none"`.

    Raises:
        RuntimeError: Sizes or lengths do not fit.

    Example:
        >>> import minitorch_ff as torch
        >>> log_probs = torch.full((2, 1, 2), 0.5).log()
        >>> target, length = torch.tensor([[1]]), torch.tensor([1])
        >>> torch.nn.functional.ctc_loss(log_probs, target, 2 * length, length)
        tensor(0.2877)

    See: rule [`CtcLoss`][minitorch_ff.firefly.ops.loss.CtcLoss],
        [torch.nn.functional.ctc_loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.ctc_loss.html),
        Graves et al., Connectionist Temporal Classification (2006).
    """
    check_reduction(reduction)
    spans, counts = [
        as_tensor(lengths, dtype=_dtypes.int64, device=log_probs.device).reshape(-1)
        for lengths in (input_lengths, target_lengths)
    ]
    if log_probs.dim() == 2:
        whole = log_probs.unsqueeze(1), targets.reshape(1, -1), spans, counts
        loss = ctc_loss(*whole, blank, reduction, zero_infinity)
        return loss.squeeze(0) if reduction == "none" else loss
    steps, batch, labels = log_probs.shape
    if log_probs.buffer.dtype.name not in ("float32", "float64"):
        raise not_implemented("ctc_loss_cpu", log_probs.buffer.dtype)
    check(0 <= blank < labels, "blank must be in label range")
    check(len(spans) == batch, "input_lengths must be of size batch_size")
    check(len(counts) == batch, "target_lengths must be of size batch_size")
    most = max(spans.tolist(), default=0)
    text = f"Expected input_lengths to have value at most {steps}, but got value {most}"
    check(most <= steps, f"{text} (while checking arguments for ctc_loss_allocate_outputs)")
    longest = max(counts.tolist(), default=0)
    within = arange(longest, device=log_probs.device)
    if targets.dim() == 1:
        starts = (counts.cumsum(0) - counts)[:, None]
        targets = targets[(starts + within).clamp_max(max(len(targets) - 1, 0))]
    targets = targets[:, :longest].to(_dtypes.int64)
    targets = targets.where(within < counts[:, None], blank)  # type: ignore[attr-defined]
    size = batch, 2 * longest + 1
    states = full(size, blank, dtype=_dtypes.int64, device=log_probs.device)
    states[:, 1::2] = targets
    skips = zeros(size, dtype=_dtypes.bool, device=log_probs.device)
    skips[:, 3::2] = targets[:, 1:] != targets[:, :-1]
    where = {"labels": states.buffer, "skips": skips.buffer, "lengths": spans.buffer}
    loss = apply(CtcLoss, log_probs, **where, ends=2 * counts.buffer, zero=zero_infinity)
    if zero_infinity:
        loss = loss.where(loss != math.inf, 0)
    return reduce(loss / counts.clamp_min(1) if reduction == "mean" else loss, reduction)
