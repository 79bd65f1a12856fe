"""Writing into a tensor's memory, with the history that this gives it.

Every in-place method is its function, computed beside, then written back: `relu_` is
`in_place(relu)`. What the rule of the function needs of the old value it gets as a copy;
afterwards the tensor (and, if it is a view, its base) takes the new node.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from minitorch_ff.firefly.backend.registry import by_buffer_type, cpu, several
from minitorch_ff.firefly.hooks import hooks_of
from minitorch_ff.firefly.modes import grad_enabled, inference_enabled
from minitorch_ff.firefly.ops.base import OUTPUT, TYPE_NAMES, Operator, next_sequence
from minitorch_ff.firefly.promotion import category_of
from minitorch_ff.firefly.tensor import AccumulateGrad, Tensor, wrap

WRITING_A_LEAF = "a leaf Variable that requires grad is being used in an in-place operation."
WRITING_A_LEAFS_VIEW = (
    "a view of a leaf Variable that requires grad is being used in an in-place operation."
)
WRITING_INFERENCE = (
    "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a "
    "clone to get a normal tensor before doing inplace update.See "
    "https://github.com/pytorch/rfcs/pull/17 for more details."
)
OVERLAP = (
    "unsupported operation: more than one element of the written-to tensor refers to a "
    "single memory location. Please clone() the tensor before performing the operation."
)


def in_place(function: Callable[..., Any]) -> Callable[..., Any]:
    """The method that writes `function(self, ...)` into `self` and returns `self`."""

    @functools.wraps(function)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        if not grad_enabled():
            return write(self, function(self, *args, **kwargs))
        others = [a for a in (*args, *kwargs.values()) if isinstance(a, Tensor)]
        old = value_before(self, others)
        if old is not self:
            args = tuple([old if a is self else a for a in args])
            kwargs = {k: old if a is self else a for k, a in kwargs.items()}
        return write(self, function(old, *args, **kwargs))

    method.__name__ = function.__name__ + "_"
    method.__qualname__ = f"Tensor.{function.__name__}_"
    return method


def all_in_place(*functions: Callable[..., Any]) -> list[Callable[..., Any]]:
    """`in_place` of several functions."""
    return [in_place(function) for function in functions]


def value_before(x: Tensor, others: list[Tensor]) -> Any:
    """`x` as a rule may save it: a copy, if the write is recorded; else `x` itself.

    Raises:
        RuntimeError: `x` may not be written while recording.
    """
    view = x.view_of
    recording = x.node is not None or (view is not None and view.base.node is not None)
    recording = recording or any([t.edge() is not None for t in others])
    check_writable(x, recording)
    if not recording:
        return x
    return wrap(x.result_class, x.backend.copy(x.buffer), x.edge())


def check_writable(x: Tensor, recording: bool) -> None:
    """Refuse what PyTorch refuses to write while recording.

    Raises:
        RuntimeError: `x` is a leaf, a view of a leaf, or a view that may not be written.
    """
    if type(x.node) is AccumulateGrad:
        raise RuntimeError(WRITING_A_LEAF)
    view = x.view_of
    if view is None:
        return
    if type(view.base.node) is AccumulateGrad:
        raise RuntimeError(WRITING_A_LEAFS_VIEW)
    if view.forbidden and (recording or view.base.node is not None):
        raise RuntimeError(view.forbidden)


def write(x: Tensor, new: Tensor) -> Any:
    """Put the value of `new` into the memory of `x`, and its history in place of `x`'s.

    Raises:
        RuntimeError: Shape, dtype or memory layout do not allow it; nothing was written.
    """
    target, value = x.buffer, new.buffer
    if x.version[0] < 0 and not inference_enabled():
        raise RuntimeError(WRITING_INFERENCE)
    if value.shape != target.shape:
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape "
            f"{list(value.shape)}"
        )
    if value.dtype is not target.dtype:
        check_castable(value.dtype, target.dtype)
    if 0 in target.strides and target.size > 1:
        check_no_overlap(target)
    if several:
        several[0].follow(target)
    by_buffer_type[type(target)].copy_(target, value)
    x.version[0] += 1
    if new.node is not None:
        take_history(x, new)
    return x


def check_castable(source: Any, target: Any) -> None:
    """Refuse results of a higher category than the tensor they are written to.

    Raises:
        RuntimeError: Naming both types.
    """
    if category_of(source) > category_of(target):
        raise RuntimeError(
            f"result type {TYPE_NAMES[source.name]} can't be cast to the desired output "
            f"type {TYPE_NAMES[target.name]}"
        )


def check_no_overlap(target: Any) -> None:
    """Refuse to write memory that several elements share (an expanded tensor).

    Raises:
        RuntimeError: Some element would be written twice.
    """
    if any([s == 0 and n > 1 for s, n in zip(target.strides, target.shape, strict=True)]):
        raise RuntimeError(OVERLAP)


def take_history(x: Tensor, new: Tensor) -> None:
    """Give `x` the node of `new`; of a view, the base learns of it too."""
    node = new.node
    if isinstance(node, Operator) and node.saved:
        point_to_written(node, x)
    if new.buffer.dtype is not x.buffer.dtype:
        node = converting(node, x)
    view = x.view_of
    if view is None:
        take_node(x, node)
        return
    base = view.base
    slices = CopySlices()
    slices.saved, slices.kept, slices.hooks = (), None, None
    slices.edges = [base.node, node]
    slices.steps = view.steps
    slices.sequence = next_sequence()
    slices.shape, slices.dtype = base.buffer.shape, base.buffer.dtype
    take_node(base, slices)
    x.edge()  # at once, so that later hooks land on the new node


def point_to_written(node: Operator, x: Tensor) -> None:
    """Where the rule saved its result, that is from now on `x` at its new version."""
    is_output = [origin is not None and origin[0] == OUTPUT for origin in node.origins]
    pairs = list(zip(node.saved, is_output, strict=True))
    node.saved = tuple([x.buffer if output else saved for saved, output in pairs])
    written = (OUTPUT, x.version, x.version[0])
    origins = list(zip(node.origins, is_output, strict=True))
    node.origins = [written if output else origin for origin, output in origins]


def converting(node: Any, x: Tensor) -> Operator:
    """A node between: the gradient of `x` has another dtype than the computation had."""
    step = Convert()
    step.saved, step.kept, step.hooks = (), None, None
    step.edges = [node]
    step.sequence = next_sequence()
    step.shape, step.dtype = x.buffer.shape, x.buffer.dtype
    return step


def take_node(tensor: Tensor, node: Any) -> None:
    """Replace a tensor's node; `retain_grad` follows the tensor, other hooks stay."""
    old, tensor.node = tensor.node, node
    if old is not None and old.hooks is not None and old.hooks.retain is not None:
        hooks_of(node).retain = old.hooks.retain
        old.hooks.retain = None


class Convert(Operator):
    """The same values in another dtype; the engine converts the gradient back."""

    __slots__ = ()

    def backward(self, xp, grad):
        return (grad,)

    def name(self):
        return "ToCopyBackward0"


class CopySlices(Operator):
    """The base after a write through a view: its inputs are the old base and the new part.

    The gradient is zero for the old base where the view lies, and the view of the
    gradient for the new part.
    """

    def backward(self, xp, grad):
        part = grad
        for operator, settings in self.steps:
            part = forward_alone(operator, xp, part, settings)
        if self.edges[0] is None:
            return None, part
        # By positions, not through memory: the base's own layout does not matter.
        size = math.prod(self.shape)
        where = cpu.arange(size).reshape(self.shape)
        for operator, settings in self.steps:
            where = forward_alone(operator, cpu, where, settings)
        outside = cpu.ones(size, bool)
        outside[where.reshape(-1)] = False
        mask = xp.beside(outside.reshape(self.shape), grad)
        return xp.where_true(grad, mask), part

    def name(self):
        return f"{self.called}Backward0" if self.called else "torch::autograd::CopySlices"


def forward_alone(operator: type[Operator], xp: Any, x: Any, settings: dict[str, Any]) -> Any:
    """Run an operator's forward without a graph around it."""
    op = operator()
    op.saved, op.kept, op.edges = (), None, (None,)
    return op.forward(xp, x, **settings)
