"""What a call has changed: seen right after it, while its tensors still hold recording buffers.

A program has to leave the same: results, gradients, versions. If a result can still be
differentiated, its backward pass is recorded here as well, by a trial of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy

from minitorch_ff._compile.buffers import bare
from minitorch_ff._compile.recording import Recording, Step, Use, Value, collect
from minitorch_ff.firefly import graph
from minitorch_ff.firefly.tensor import AccumulateGrad, Tensor, wrap


class Impossible(Exception):  # noqa: N818 - nothing went wrong
    """A recording cannot be made a program; the text says why."""


@dataclass(eq=False)
class Leaf:
    """A tensor that a function can see.

    Attributes:
        tensor: It.
        path: How a program finds it.
        plain: Its own buffer.
        buffer: The one that records, in its place.
        entry, entry_version: Its gradient before the call, and that one's version.
        version: Its own version before, and what whole calls have added since.
    """

    tensor: Any
    path: str
    plain: Any
    buffer: Any
    entry: Any
    entry_version: int
    version: int


@dataclass(eq=False)
class Rule:
    """The backward pass of what a call returned.

    Attributes:
        tangents: The gradients of the results, inputs of the pass.
        steps: What it does.
        edges: Where its results go: the leaf or argument behind each, and the use.
    """

    tangents: list[Value]
    steps: list[Step]
    edges: list[tuple[Leaf, Use | None]]


Grads = list[tuple[Leaf, Any, Use | None]]


@dataclass(eq=False)
class End:
    """What is different after a call.

    Attributes:
        grads: Leaves that have no gradient now, or another one: it, and the use that it holds.
        writes: Expressions of tensors that were written, and how often.
        outputs: The returned tensors that the call made, by id: the use of each.
        live: Those among them that can be differentiated.
        wholes: For each step that is called as it is, gradients that it looks at.
    """

    grads: Grads = field(default_factory=list)
    writes: list[tuple[str, int]] = field(default_factory=list)
    outputs: dict[int, Use] = field(default_factory=dict)
    live: list[Any] = field(default_factory=list)
    wholes: dict[Step, Grads] = field(default_factory=dict)
    rule: Rule | None = None


def look_at_end(recording: Recording, leaves: dict[int, Leaf], result: Any, first_node: int) -> End:
    """See what a call has changed.

    Args:
        recording: What it did.
        leaves: The tensors it could see, by id.
        result: What it returned.
        first_node: Nodes with a sequence number from here on are its.

    Raises:
        Impossible: It changed something that a program cannot change.
    """
    end = End()
    for leaf in leaves.values():
        tensor, grad = leaf.tensor, leaf.tensor._grad
        if tensor.buffer is not leaf.buffer:
            raise Impossible("it gives a tensor other memory")
        if grad is None or grad is not leaf.entry:
            end.grads.append((leaf, grad, _use_of(recording, grad)))
        elif grad is not None and grad.version[0] != leaf.entry_version:
            end.writes.append((f"{leaf.path}._grad", grad.version[0] - leaf.entry_version))
        if tensor.version[0] != leaf.version:
            end.writes.append((leaf.path, tensor.version[0] - leaf.version))
    outputs: list[Any] = []
    collect(Tensor, result, outputs)
    for tensor in outputs:
        if id(tensor) in leaves:
            continue
        if type(tensor.node) is AccumulateGrad:
            raise Impossible("it returns a new leaf")
        end.outputs[id(tensor)] = _use_of(recording, tensor)  # type: ignore[assignment]
        if tensor.node is not None and tensor.node not in recording.ran:
            end.live.append(tensor)
    for step in recording.steps:
        if step.kind == "whole":
            end.wholes[step] = [
                (leaves[id(param)], grad, use) for param, grad, use in step.notes
                if grad is not leaves[id(param)].entry
            ]  # fmt: skip
    if end.live:
        end.rule = trial(recording, leaves, end.live, first_node)
    return end


def _use_of(recording: Recording, tensor: Any) -> Use | None:
    """The use that a new tensor holds."""
    if tensor is None:
        return None
    use = recording.find(tensor.buffer)
    if use is None or use.value.kind != "made":
        raise Impossible("it leaves a tensor that looks at memory outside")
    return use


class _At:
    """Stands for a tensor whose gradient a backward pass computes."""

    def __init__(self, node: Any) -> None:
        self.edge = lambda: node


def trial(recording: Recording, leaves: dict[int, Leaf], live: list[Any], first_node: int) -> Rule:
    """Record the backward pass from `live` to what was there before the call.

    Raises:
        Impossible: Somebody would notice.
    """
    behind = {leaf.tensor.edge(): leaf for leaf in leaves.values() if leaf.tensor.node is not None}
    ends: list[Any] = []
    pending: dict[Any, Any] = {}
    for tensor in live:
        graph.reach(tensor.node, pending)
    for node in pending:
        if node.sequence < first_node:
            if node in behind:
                ends.append(node)
        elif node.hooks is not None or type(node).__module__.endswith("autograd.function"):
            raise Impossible("its backward pass has hooks or functions of its own")
    if not {edge for node in pending if node.sequence >= first_node for edge in node.edges
            if edge is not None and edge.sequence < first_node} <= set(ends):  # fmt: skip
        raise Impossible("its result depends on a tensor it cannot see")
    ends.sort(key=lambda node: list(behind).index(node))
    start, tangents, grads = len(recording.steps), [], []
    for i, tensor in enumerate(live):
        array = numpy.ones_like(bare(tensor.buffer))  # a gradient mostly lies as its tensor
        grads.append(wrap(Tensor.result_class, recording.watch(array, "input", f"g[{i}]")))
        tangents.append(recording.values[-1])
    found = graph.backward(
        live, grads, retain_graph=True, inputs=[_At(node) for node in ends], accumulate=False  # type: ignore[misc]
    )  # fmt: skip
    steps = recording.steps[start:]
    del recording.steps[start:]
    uses = [None if grad is None else recording.find(grad.buffer) for grad in found]
    edges = zip([behind[node] for node in ends], without_copies(uses, steps), strict=True)
    return Rule(tangents, steps, list(edges))


def without_copies(uses: list[Use | None], steps: list[Step]) -> list[Use | None]:
    """Results that are copies, as what they were copied from, if nobody else has that."""
    made = {value for step in steps for value in step.made}
    copies = {step.made[0]: step for step in steps if step.name == "numpy.array" and step.uses()}
    taken: set[Value] = set()
    shorter = []
    for use in uses:
        step = copies.get(use.value) if use is not None else None
        first = step.uses()[0] if step is not None else None
        if first is not None and first.part is None and first.value in made - taken:
            taken.add(first.value)
            use = first
        shorter.append(use)
    return shorter
