"""Tensors that look at another tensor's memory.

A view knows its base and the steps that lead from the base to it. When the memory was
written since, the view's place in the graph is stale: replaying the steps on the base gives
the fresh one. Nothing is registered at the base, so views cost nothing when they are gone.
"""

from __future__ import annotations

from typing import Any

from minitorch_ff.firefly.modes import enable_grad, grad_enabled, inference_enabled
from minitorch_ff.firefly.ops.base import Operator, apply, apply_several
from minitorch_ff.firefly.tensor import AccumulateGrad, Tensor, wrap

Steps = tuple[tuple[type[Operator], dict[str, Any]], ...]

WRITTEN = "is being modified inplace"
WRITTEN_ELSEWHERE = "its base or another view of its base has been modified inplace"
"""How the next three go on when not the view itself was written."""

MADE_UNDER_NO_GRAD = (
    "A view was created in no_grad mode and is being modified inplace with grad mode "
    "enabled. Given that this use case is ambiguous and error-prone, it is forbidden. You "
    "can clarify your code by moving both the view and the inplace either both inside the "
    "no_grad block (if you don't want the inplace to be tracked) or both outside (if you "
    "want the inplace to be tracked)."
)
MADE_UNDER_INFERENCE = (
    "A view was created in inference mode and is being modified inplace in normal mode. Given "
    "that this use case is ambiguous and error-prone, it is forbidden. You can clarify your "
    "code by moving both the view and the inplace either both inside the inference_mode block "
    "(if you don't want the inplace to be tracked) or both outside (if you want the inplace to "
    "be tracked)."
)
SEVERAL = (
    "This view is the output of a function that returns multiple views. Such functions do not "
    "allow the output views to be modified inplace. You should replace the inplace operation "
    "by an out-of-place one."
)
ONE_OF_SEVERAL = "Output {} of {} is a view and is being modified inplace. " + SEVERAL
ONE_OF_SEVERAL_UNRECORDED = (
    "A view was created in no_grad mode and is being modified inplace with grad mode enabled. "
    + SEVERAL
)


class View:
    """How a tensor looks at another one's memory.

    Attributes:
        base: The tensor that owns the memory; itself no view.
        steps: The operators, with their settings, that lead from `base` to the view.
        seen_version: The version of the memory when the view's node was found.
        forbidden: Why the view may not be written while recording, or None.
    """

    __slots__ = ("base", "forbidden", "seen_version", "steps")

    def __init__(self, base: Tensor, steps: Steps, version: int, forbidden: str | None):
        self.base = base
        self.steps = steps
        self.seen_version = version
        self.forbidden = forbidden

    def refresh(self, tensor: Tensor) -> None:
        """Give `tensor` its new place in the graph, after the memory was written.

        Raises:
            RuntimeError: The view was made where its place could not be known.
        """
        if type(tensor.node) is AccumulateGrad or self.base.node is None:
            self.seen_version = tensor.version[0]
            return
        if self.forbidden is not None:
            raise RuntimeError(self.forbidden.replace(WRITTEN, WRITTEN_ELSEWHERE))
        self.seen_version = tensor.version[0]
        with enable_grad():
            replayed = self.base
            for operator, settings in self.steps:
                replayed = apply(operator, replayed, **settings)
        tensor.node = replayed.node


def apply_view(operator: type[Operator], x: Tensor, **settings: Any) -> Any:
    """Call an operator whose result may share the memory of `x`; then it is a view."""
    out = apply(operator, x, **settings)
    if x.backend.is_view(out.buffer, x.buffer):
        mark_view(out, x, ((operator, settings),), None)
    return out


def apply_views(
    operator: Any,
    x: Tensor,
    looks: list[dict[str, Any]],
    step: type[Operator],
    **settings: Any,
) -> tuple[Any, ...]:
    """Call an operator that returns several views of `x` (`split`, `unbind`).

    Args:
        operator: A `SeveralOutputs` operator.
        x: The tensor to look at.
        looks: For each output the settings with which `step` alone gives it.
        step: The operator of one part.
        **settings: What `operator` wants.
    """
    outs = apply_several(operator, x, **settings)
    for i, (out, look) in enumerate(zip(outs, looks, strict=True)):
        forbidden = ONE_OF_SEVERAL_UNRECORDED
        if out.node is not None:
            forbidden = ONE_OF_SEVERAL.format(i, out.node.name().split("Backward")[0])
        mark_view(out, x, ((step, look),), forbidden)
    return tuple(outs)


def mark_view(out: Tensor, x: Tensor, steps: Steps, forbidden: str | None) -> None:
    """Note that `out` looks at the memory of `x`, `steps` away."""
    version = out.version = x.version
    before = x.view_of
    if forbidden is None and not grad_enabled():
        forbidden = MADE_UNDER_INFERENCE if inference_enabled() else MADE_UNDER_NO_GRAD
    if before is None:
        out.view_of = View(x, steps, version[0], forbidden)
    else:
        forbidden = before.forbidden or forbidden
        out.view_of = View(before.base, before.steps + steps, version[0], forbidden)


def detached(x: Tensor) -> Any:
    """The same memory and version counter, without history."""
    out = wrap(x.result_class, x.buffer[...])
    out.version = x.version
    return out
