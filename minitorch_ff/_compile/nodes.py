"""The nodes that a program leaves in the graph, in the place of those that it did without."""

from __future__ import annotations

from typing import Any

from minitorch_ff.firefly.ops.base import (
    FREED, FREED_TEXT, Operator, Output, SeveralOutputs, next_sequence,
)  # fmt: skip

NO_DOUBLE_BACKWARD = "torch.compile with aot_autograd does not currently support double backward"


class Ran(Operator):
    """Stands for a node whose backward pass was part of the program: it cannot run again."""

    title: str

    def backward(self, xp: Any, grad: Any) -> Any:
        """There is nothing left to compute with.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError(FREED_TEXT)

    def name(self) -> Any:
        return self.title


def ran(title: str, edges: Any, buffer: Any) -> Ran:
    """Such a node, for a tensor around `buffer`."""
    node = Ran()
    node.saved, node.kept, node.hooks = FREED, None, None
    node.title, node.edges, node.sequence = title, edges, next_sequence()
    node.shape, node.dtype = buffer.shape, buffer.dtype
    return node


class CompiledFunction(SeveralOutputs):
    """The node of a program's results: its rule is a program too."""

    fresh = fits = True
    outputs: Any
    strides: Any
    rule: Any

    def backward(self, xp: Any, grads: Any) -> Any:
        """Run the rule.

        Raises:
            RuntimeError: The graph was freed, something was changed in place since, or the
                backward pass is itself recorded.
        """
        if xp.records:
            raise RuntimeError(NO_DOUBLE_BACKWARD)
        if self.kept is None:
            raise RuntimeError(FREED_TEXT)
        _ = self.saved_tensors  # their versions are looked at
        for i, (shape, dtype) in enumerate(self.outputs):
            if grads[i] is None:
                grads[i] = xp.zeros(shape, dtype)
            if grads[i].strides != self.strides[i]:  # it is computed from one that lies so
                grads[i] = laid_out(grads[i], self.strides[i])
        return self.rule(grads, self.kept)


def laid_out(array: Any, strides: Any) -> Any:
    """A copy of an array that lies in memory in another order of its dimensions."""
    order = sorted(range(len(strides)), key=lambda dim: -strides[dim])
    copied = array.transpose(order).copy()
    return copied.transpose(sorted(range(len(strides)), key=order.__getitem__))


def compiled_node(
    rule: Any, strides: Any, kept: Any, edges: Any, saved: Any, outputs: Any
) -> CompiledFunction:
    """Such a node.

    Args:
        rule: The program.
        strides: In which the gradients of the outputs lie there.
        kept: The arrays that it needs.
        edges: Where its results go.
        saved: Tensors from outside among them.
        outputs: The tensors that were computed, which get their nodes here.
    """
    node = CompiledFunction()
    node.hooks, node.kept, node.rule, node.edges = None, kept, rule, edges
    node.strides = strides
    node.saved = tuple([tensor.buffer for tensor in saved])
    node.origins = [(i, tensor.version, tensor.version[0]) for i, tensor in enumerate(saved)]
    node.sequence = next_sequence()
    node.outputs = [(tensor.buffer.shape, tensor.buffer.dtype) for tensor in outputs]
    for i, tensor in enumerate(outputs):
        tensor.node = Output(node, i)
    return node
