"""A tensor: a buffer, and its place in the graph."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from minitorch_ff.firefly.backend.registry import backend_of, by_buffer_type, several
from minitorch_ff.firefly.hooks import Hookable
from minitorch_ff.firefly.modes import inference_enabled, inferring


class Tensor:
    """What the engine knows of a tensor. The facade's class adds everything public.

    Attributes:
        buffer: The elements, an array of a back end; one object per tensor, never shared
            between two (a view of the same memory is another object).
        node: Where its gradient goes: an operator, one output of an operator, a leaf
            (`AccumulateGrad`), or None if no gradient is wanted.
        version: How often its memory was written: a list of one number, shared by all
            tensors over the same memory.
        view_of: How it looks at another tensor's memory (`views.View`), or None.
    """

    __slots__ = ("__weakref__", "_grad", "buffer", "node", "version", "view_of")

    result_class: type[Tensor]
    """The class of what operators make; the facade puts its own here."""

    buffer: Any
    node: Any
    version: list[int]
    view_of: Any
    _grad: Any

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The facade's methods, which the engine does not know."""

    def edge(self) -> Any:
        """The node that the gradient goes to; a view's is found anew after a write."""
        view = self.view_of
        if view is not None and view.seen_version != self.version[0]:
            view.refresh(self)
        return self.node

    @property
    def backend(self) -> Any:
        """The back end that holds the buffer, at work where that is."""
        if several:
            return backend_of(self.buffer)
        return by_buffer_type[type(self.buffer)]


Tensor.result_class = Tensor

_new = object.__new__


def wrap(cls: type[Tensor], buffer: Any, node: Any = None) -> Any:
    """A tensor of class `cls` around `buffer`, which from now on is its own."""
    tensor = _new(cls)
    tensor.buffer = buffer
    tensor.node = node
    tensor.version = Uncounted() if inferring and inference_enabled() else [0]
    tensor.view_of = None
    tensor._grad = None
    return tensor


class Uncounted(list):
    """The version of an inference tensor: it stays below zero, whatever is written."""

    def __init__(self) -> None:
        super().__init__((-1,))

    def __setitem__(self, *_: Any) -> None:
        pass


ABSENT = wrap(Tensor, None)
"""Stands for an optional input that was not given: no buffer, no gradient."""


class AccumulateGrad(Hookable):
    """Where a gradient ends: adds it to its tensor's `.grad`.

    The tensor is held weakly, so that no reference cycle exists.
    """

    __slots__ = ("__weakref__", "dtype", "hooks", "shape", "tensor")

    edges: tuple[Any, ...] = ()
    sequence = -1  # older than every operator: leaves run last
    receives = keeps = True

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = weakref.ref(tensor)
        self.shape = tensor.buffer.shape
        self.dtype = tensor.buffer.dtype
        self.hooks = None

    def receive(self, xp: Any, grad: Any, pending: Any) -> None:
        """Take the finished gradient: keep it, or add it to what is there."""
        tensor = self.tensor()
        if tensor is None:
            return
        before = tensor._grad
        if xp.records:
            tensor._grad = grad if before is None else xp.add(before, grad)
        elif before is None:
            tensor._grad = wrap(tensor.result_class, grad)
        elif before.node is None:
            xp.add_(before.buffer, grad)
            before.version[0] += 1
        else:  # made under create_graph: replaced, so that its history stays right
            tensor._grad = wrap(tensor.result_class, xp.asarray(xp.add(before.buffer, grad)))
        if self.hooks is not None:
            for hook in list(self.hooks.accumulated.values()):
                hook(tensor)
            for hook in list(self.hooks.after.values()):
                hook((), (grad if xp.records else wrap(tensor.result_class, grad[...]),))

    @property
    def variable(self) -> Tensor | None:
        """The leaf tensor."""
        return self.tensor()

    next_functions: tuple[Any, ...] = ()

    def name(self) -> str:
        """PyTorch's name of this kind of node."""
        return "torch::autograd::AccumulateGrad"


def require_grad(tensor: Tensor) -> None:
    """Make a leaf of a tensor without history."""
    if tensor.node is None:
        tensor.node = AccumulateGrad(tensor)
