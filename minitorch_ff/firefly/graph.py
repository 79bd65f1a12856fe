"""The backward pass: one walk over the graph, newest node first.

Every node runs once, when its gradient is complete. What reaches a node from several
consumers is added up on the way. Nothing recurses, so depth is not limited; nothing is
stored on the nodes, so threads may walk one graph together.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from operator import attrgetter
from typing import Any

from minitorch_ff.firefly.backend.registry import backend_of, by_buffer_type, cpu, several
from minitorch_ff.firefly.hooks import Hooks
from minitorch_ff.firefly.modes import grad_enabled, set_grad_mode
from minitorch_ff.firefly.ops.base import FREED, TYPE_NAMES
from minitorch_ff.firefly.recorded import recorded
from minitorch_ff.firefly.tensor import Tensor, wrap

anomaly_mode: ContextVar[bool] = ContextVar("anomaly_mode", default=False)
"""Whether a rule that gives a not-a-number raises."""

_by_sequence = attrgetter("sequence")

UNWANTED = object()
"""Stands for the gradient of a node that leads to none of the asked-for tensors."""


def backward(
    tensors: Sequence[Tensor],
    gradients: Sequence[Tensor | None],
    retain_graph: bool = False,
    create_graph: bool = False,
    inputs: Sequence[Tensor] | None = None,
    accumulate: bool = True,
) -> list[Any]:
    """Send gradients from `tensors` to the leaves they were computed from.

    Args:
        tensors: Where to start.
        gradients: The gradient of each; None stands for one, of a single element.
        retain_graph: Keep what the rules saved, for another walk.
        create_graph: Record the walk itself, so that its results can be differentiated.
        inputs: Stop at these tensors; by default at all leaves.
        accumulate: Add the gradients of `inputs` to their `.grad`.

    Returns:
        The gradient of each of `inputs`, None where it was not reached.

    Raises:
        RuntimeError: A tensor has no history, or has several elements and no gradient.
    """
    pending: dict[Any, Any] = {}  # node -> its gradient so far
    for i, (tensor, gradient) in enumerate(zip(tensors, gradients, strict=True)):
        node = tensor.edge()
        if node is None:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn"
            )
        grad = first_gradient(tensor, gradient, create_graph)
        reach(node, pending)
        if pending[node] is not None:  # where another of `tensors` has put one
            grad = (recorded if create_graph else tensor.backend).add(pending[node], grad)
        elif node.keeps and not create_graph:
            grad = tensor.backend.copy(grad)
        pending[node] = grad
    order = sorted(pending, key=_by_sequence, reverse=True)
    targets: list[Any] = []
    if inputs is not None:
        targets = [tensor.edge() for tensor in inputs]
        order = leading_to(targets, order, pending)
    before = grad_enabled()
    set_grad_mode(create_graph)
    try:
        wanted = set(targets) if targets else ()
        captured = walk(order, pending, wanted, retain_graph, create_graph)
    finally:
        set_grad_mode(before)
    if inputs is None:
        return []
    results = [captured.get(node) for node in targets]
    if accumulate:
        for tensor, part in zip(inputs, results, strict=True):
            if part is not None:
                tensor._grad = part if tensor._grad is None else tensor._grad + part
    return results


def walk(
    order: list[Any], pending: dict[Any, Any], targets: Any, retain_graph: bool, record: bool
) -> dict[Any, Any]:
    """Run all nodes, newest first; the gradients that reach `targets` are returned.

    In a plain walk gradients are buffers and `xp` is the back end that holds them; in one
    that records itself they are tensors, and `xp` is `recorded`.
    """
    summed: set[Any] = set()
    captured: dict[Any, Any] = {}
    xp: Any = recorded
    buffer_type: Any = None
    anomaly = anomaly_mode.get()
    for node in order:
        grad = pending[node]
        if grad is None:
            continue
        pending[node] = None  # its memory is free as soon as the rule has used it
        if several:
            several[0].follow(grad)
        if not record and type(grad) is not buffer_type:
            buffer_type, xp, grad = namespace_of(grad)
        hooks = node.hooks
        if hooks is not None:
            grad = call_hooks(node, xp, grad)
            if grad is None:
                continue
            if several:  # a hook may have worked elsewhere
                several[0].follow(grad)
        if targets and node in targets:
            captured[node] = grad if record else wrap(Tensor.result_class, xp.copy(grad))
            if all([edge is None or pending[edge] is UNWANTED for edge in node.edges]):
                continue
        if node.receives:
            node.receive(xp, grad, pending)
            continue
        parts = node.backward(xp, grad)
        if anomaly:
            refuse_nan(node, parts)
        if hooks is not None and hooks.after:
            parts = call_hooks_after(hooks, parts, grad, record)
        hand_on(xp, node, parts, pending, summed)
        if not retain_graph:
            if node.saved:
                node.saved = FREED
            node.kept = None
    return captured


def hand_on(xp: Any, node: Any, parts: Any, pending: dict[Any, Any], summed: set[Any]) -> None:
    """Give each of a node's inputs its gradient; several that meet at one are added up.

    The first is kept as it is, the second makes a new sum, further ones are added to that in
    place. A leaf keeps what it gets, so it gets a buffer that nobody else holds: one of a rule
    that promises `fresh` ones, or a copy.
    """
    record, fits = xp.records, node.fits
    for target, part in zip(node.edges, parts):  # noqa: B905 - a rule may give fewer
        if target is None or part is None:
            continue
        so_far = pending[target]
        if so_far is UNWANTED:
            continue
        if several:
            several[0].follow(part)
        if not fits:
            buffer = part.buffer if record else part
            if buffer.dtype is not target.dtype or buffer.shape != target.shape:
                part = fit(xp, part, target)
            elif so_far is None and not node.fresh and target.keeps and not record:
                part = xp.copy(part)
        if so_far is None:
            pending[target] = part
        elif target in summed and not record:
            pending[target] = xp.add_(so_far, part)
        else:
            pending[target] = xp.add(so_far, part)
            summed.add(target)


def refuse_nan(node: Any, parts: Any) -> None:
    """Under anomaly detection: stop where a rule gives a not-a-number.

    Raises:
        RuntimeError: Naming the operator, and which of its gradients.
    """
    for i, part in enumerate(parts):
        buffer = getattr(part, "buffer", part)
        if part is not None and bool((buffer != buffer).any()):
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")


def first_gradient(tensor: Tensor, gradient: Tensor | None, record: bool) -> Any:
    """The gradient to start with, as the walk has its gradients: one, if none is given."""
    if gradient is not None:
        return gradient if record else gradient.buffer
    buffer = tensor.buffer
    if buffer.size != 1:
        raise RuntimeError("grad can be implicitly created only for scalar outputs")
    one = backend_of(buffer).constant(1, buffer.dtype)
    if buffer.ndim:
        one = one.reshape(buffer.shape)
    return wrap(tensor.result_class, one) if record else one


def reach(start: Any, pending: dict[Any, Any]) -> None:
    """Enter a node, and all those that its gradient is handed on to."""
    if start in pending:
        return
    pending[start] = None
    stack = [start]
    while stack:
        for node in stack.pop().edges:
            if node is not None and node not in pending:
                pending[node] = None
                if not node.keeps:  # a leaf hands nothing on
                    stack.append(node)


def leading_to(targets: list[Any], order: list[Any], pending: dict[Any, Any]) -> list[Any]:
    """The nodes of `order` from which one of `targets` can be reached; the others are marked."""
    needed = set(targets)
    for node in reversed(order):
        if node not in needed:
            if needed.isdisjoint(node.edges):
                pending[node] = UNWANTED
            else:
                needed.add(node)
    return [node for node in order if node in needed]


def namespace_of(grad: Any) -> tuple[type, Any, Any]:
    """The buffer type and the back end of a gradient, or of the first in a list."""
    if type(grad) is list:
        first = next(g for g in grad if g is not None)
        return list, namespace_of(first)[1], grad
    backend = by_buffer_type.get(type(grad), cpu)  # what is no buffer is a NumPy scalar
    return backend.buffer_type, backend, backend.asarray(grad)


def fit(xp: Any, grad: Any, target: Any) -> Any:
    """Undo broadcasting: sum over the dimensions that were added or stretched.

    The dtype becomes the target's as well.
    """
    shape = target.shape
    if grad.shape != shape:
        grad = sum_to(xp, grad, shape)
    dtype = grad.buffer.dtype if xp.records else grad.dtype
    return grad if dtype == target.dtype else xp.cast(grad, target.dtype)


def sum_to(xp: Any, grad: Any, shape: tuple[int, ...]) -> Any:
    """Sum `grad` to a shape that broadcasts to its own."""
    if not shape:
        return xp.sum(grad)
    lead = len(grad.shape) - len(shape)
    if lead == 1 and len(shape) == 1 and grad.shape[1] == shape[0]:
        return xp.sum_rows(grad)
    dims = tuple(range(lead))
    dims += tuple([lead + i for i, n in enumerate(shape) if n == 1 != grad.shape[lead + i]])
    if dims:
        grad = xp.sum(grad, dims, len(dims) != lead)
    return grad if grad.shape == shape else xp.reshape(grad, shape)


def call_hooks(node: Any, xp: Any, grad: Any) -> Any:
    """Let hooks see, and perhaps replace, the gradient of a node (or the list of several)."""
    hooks, record = node.hooks, xp.records
    several = type(grad) is list
    tensors = as_tensors(grad if several else [grad], record)
    for hook in list(hooks.on_gradient.values()):
        tensors[0] = replaced_by(hook, hook(tensors[0]), tensors[0])
    if hooks.retain is not None:
        hooks.retain(tensors[0])
    for hook in list(hooks.before.values()):
        tensors = all_replaced_by(hook, hook(tuple(tensors)), tensors)
    result = as_parts(tensors, record)
    if several:
        return result
    # What a leaf keeps must be its own; hooks may have put the gradient away.
    return xp.copy(result[0]) if node.keeps and not record else result[0]


def call_hooks_after(hooks: Hooks, parts: Any, grad: Any, record: bool) -> Any:
    """Let hooks see what a node made of what it was given, and perhaps replace it."""
    made = as_tensors(parts, record)
    given = tuple(as_tensors(grad if isinstance(grad, (tuple, list)) else [grad], record))
    for hook in list(hooks.after.values()):
        made = all_replaced_by(hook, hook(tuple(made), given), made)
    return as_parts(made, record)


def all_replaced_by(hook: Any, results: Any, before: list[Any]) -> list[Any]:
    """What a hook gave for several gradients, or these if it gave None.

    Raises:
        TypeError, RuntimeError: Type, number, sizes or dtypes are wrong.
    """
    if results is None:
        return before
    if not isinstance(results, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(results).__name__}'")
    if len(results) != len(before):
        raise RuntimeError(
            f"hook '{hook_name(hook)}' has returned an incorrect number of values (got "
            f"{len(results)}, but expected {len(before)})"
        )
    pairs = zip(results, before, strict=True)
    return [None if new is None else replaced_by(hook, new, old) for new, old in pairs]


def replaced_by(hook: Any, result: Any, before: Any) -> Any:
    """What a hook gave for a gradient, or that if it gave None.

    Raises:
        TypeError: It is no tensor.
        RuntimeError: Its size or dtype is another one, or there was no gradient.
    """
    if result is None:
        return before
    if not isinstance(result, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(result).__name__}'")
    if before is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if result.buffer.shape != before.buffer.shape:
        raise RuntimeError(f"hook '{hook_name(hook)}' has changed the size of value")
    if result.buffer.dtype != before.buffer.dtype:
        old, new = [TYPE_NAMES[t.buffer.dtype.name] for t in (before, result)]
        raise RuntimeError(
            f"hook '{hook_name(hook)}' has changed the type of value (was torch.{old}Tensor "
            f"got torch.{new}Tensor)"
        )
    return result


def hook_name(hook: Any) -> str:
    """How messages call a hook."""
    return getattr(hook, "__name__", "<unknown>")


def as_tensors(parts: Any, record: bool) -> list[Any]:
    """Gradients as tensors, which they are in a walk that records itself."""
    cls = Tensor.result_class
    return [part if record or part is None else wrap(cls, part) for part in parts]


def as_parts(tensors: Any, record: bool) -> list[Any]:
    """The other way round: tensors as the walk has its gradients."""
    return [t if record or t is None else t.buffer for t in tensors]
