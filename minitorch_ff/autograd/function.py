"""`Function`: operators of the user's own."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import grad_enabled, no_grad
from minitorch_ff.firefly.ops.base import (
    FREED, FREED_TEXT, SAVING_INFERENCE, Operator, Output, SeveralOutputs, changed,
    next_sequence,
)  # fmt: skip
from minitorch_ff.firefly.tensor import wrap


class Function:
    """An operator of your own: `forward` computes, `backward` gives the gradients.

    Both are static methods. `forward(ctx, *args)` may save tensors for backward with
    `ctx.save_for_backward`, and anything else as attributes of `ctx`;
    `backward(ctx, *grads)` returns a gradient (or None) for each argument of `forward`.
    `forward` may also come without `ctx`, beside a `setup_context(ctx, inputs, output)`.
    Call it by `apply`.

    Example:
        >>> import minitorch_ff as torch
        >>> class Square(torch.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x * x
        ...
        ...     @staticmethod
        ...     def backward(ctx, grad):
        ...         (x,) = ctx.saved_tensors
        ...         return 2 * x * grad
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> Square.apply(x).backward()
        >>> x.grad
        tensor(6.)

    See: [torch.autograd.Function](https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.Function).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result.

        Raises:
            NotImplementedError: A subclass must define it.
        """
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """A gradient (or None) for each argument of `forward`.

        Raises:
            NotImplementedError: A subclass must define it, if gradients are asked for.
        """
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    vjp = backward

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call the operator, and record it if a gradient may be asked for."""
        node_class = _node_class(cls)
        ctx = node_class()
        ctx.saved, ctx.kept, ctx.hooks = (), None, None
        inputs = [a for a in args if isinstance(a, Tensor)]
        recording = grad_enabled()
        edges = [t.edge() if recording else None for t in inputs]
        recording = any([edge is not None for edge in edges])
        ctx.needs = tuple([isinstance(a, Tensor) and recording and a.requires_grad for a in args])
        ctx.edges = edges
        with no_grad():
            if _has_own_setup(cls):
                result = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, result)  # type: ignore[attr-defined]
            else:
                result = cls.forward(ctx, *args, **kwargs)
        several = isinstance(result, (tuple, list))
        outputs = list(result) if several else [result]
        return ctx.record(args, outputs, several, recording)


def _has_own_setup(cls: type[Function]) -> bool:
    return any("setup_context" in c.__dict__ for c in cls.__mro__ if c is not Function)


_node_classes: dict[type, Any] = {}


def _node_class(cls: type[Function]) -> Any:
    """The class of the graph nodes of a `Function`, made at its first call."""
    node_class = _node_classes.get(cls)
    if node_class is None:
        name = f"{cls.__name__}Backward"
        node_class = _node_classes[cls] = type(name, (FunctionNode,), {"function": cls})
    return node_class


class FunctionNode(SeveralOutputs):
    """The `ctx` of a custom function: what it saved, and its node in the graph."""

    function: type[Function]
    materializing = True
    dirty: tuple[Any, ...] = ()
    constant_outputs: tuple[Any, ...] = ()
    needs: tuple[bool, ...]

    # ------------------------------------------------------------- for `forward`

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for `backward`.

        Raises:
            TypeError: Something is neither a tensor nor None.
        """
        for i, tensor in enumerate(tensors):
            if tensor is not None and not isinstance(tensor, Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {i} is of type "
                    f"{type(tensor).__name__}"
                )
        self.to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Forward-mode differentiation does not exist here: nothing is kept."""

    def mark_dirty(self, *tensors: Any) -> None:
        """Tell that `forward` wrote into these inputs."""
        self.dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Tell that these results have no gradient."""
        self.constant_outputs = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros (not None) for results nobody used."""
        self.materializing = value

    to_save: tuple[Any, ...] = ()

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each argument of `forward`, whether its gradient is wanted."""
        return self.needs

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` kept.

        Raises:
            RuntimeError: The graph was freed, or a kept tensor was changed since.
        """
        if self.saved is FREED:
            raise RuntimeError(FREED_TEXT)
        return tuple([k.restore(self) if isinstance(k, _Saved) else k for k in self.saved])

    # ------------------------------------------------------------ for the engine

    def record(self, args: Any, outputs: list[Any], several: bool, recording: bool) -> Any:
        """Give the results their place in the graph."""
        tensors = [self._result(o, args) if isinstance(o, Tensor) else o for o in outputs]
        if recording:
            self.sequence = next_sequence()
            self.arguments = [isinstance(a, Tensor) for a in args]
            shown = [t if isinstance(t, Tensor) else None for t in tensors]
            self.outputs = [None if t is None else (t.buffer.shape, t.buffer.dtype) for t in shown]
            constant = [id(t) for t in self.constant_outputs]
            for i, (tensor, original) in enumerate(zip(shown, outputs, strict=True)):
                if tensor is None or id(original) in constant:
                    continue
                if tensor.buffer.dtype.kind in "fcV":
                    tensor.node = Output(self, i)
            self.home: Any = next((t.backend for t in shown if t is not None), None)
            saved = [None if t is None else _Saved(t, outputs, tensors) for t in self.to_save]
            self.saved = tuple(saved)
        else:
            self.saved = tuple(self.to_save)
        self.to_save = ()
        return tuple(tensors) if several else tensors[0]

    def _result(self, output: Any, args: Any) -> Any:
        """A result as a tensor of its own: never an input itself, unless it was written."""
        if any([output is t for t in self.dirty]):
            output.version[0] += 1
            return output
        if any([output is a for a in args]) or output.node is not None:
            fresh = wrap(Tensor, output.buffer[...])
            fresh.version = output.version
            return fresh
        return output

    def backward(self, xp: Any, grads: Any) -> Any:
        """Call the user's `backward`, with tensors."""
        tensors = []
        for grad, kind in zip(grads, self.outputs, strict=True):
            if grad is not None:
                tensors.append(grad if isinstance(grad, Tensor) else wrap(Tensor, grad))
            elif self.materializing and kind is not None:
                tensors.append(wrap(Tensor, self.home.zeros(*kind)))
            else:
                tensors.append(None)
        function = self.function
        own = function.backward if function.backward is not Function.backward else function.vjp
        parts = own(self, *tensors)
        parts = self._checked(parts if isinstance(parts, tuple) else (parts,))
        return [p if p is None or xp.records else p.buffer for p in parts]

    def _checked(self, parts: tuple[Any, ...]) -> list[Any]:
        """The gradients of the tensor arguments, one for each edge.

        Raises:
            RuntimeError: Their number, or a shape, is wrong.
        """
        expected = len(self.arguments)
        name = type(self).__name__
        if len(parts) < expected or any([p is not None for p in parts[expected:]]):
            raise RuntimeError(
                f"function {name} returned an incorrect number of gradients (expected "
                f"{expected}, got {len(parts)})"
            )
        pairs = zip(parts, self.arguments, strict=False)
        kept = [part for part, is_tensor in pairs if is_tensor]
        for i, (part, edge) in enumerate(zip(kept, self.edges, strict=True)):
            if part is None or edge is None:
                continue
            if not isinstance(part, Tensor):
                raise RuntimeError(f"expected Variable or None (got {type(part).__name__})")
            if not _can_sum_to(part.buffer.shape, edge.shape):
                raise RuntimeError(
                    f"Function {name} returned an invalid gradient at index {i} - got "
                    f"{list(part.buffer.shape)} but expected shape compatible with "
                    f"{list(edge.shape)}"
                )
        return kept

    def name(self) -> str:
        """The function's name."""
        return type(self).__name__


def _can_sum_to(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    if len(target) > len(shape):
        return False
    return all([n in (1, m) for n, m in zip(reversed(target), reversed(shape), strict=False)])


class _Saved:
    """A tensor kept for backward: its memory, version, and place in the graph.

    An input, or a tensor from elsewhere, is kept as it is. A result is not, as that would be a
    cycle: its `number` among the results is.
    """

    def __init__(self, tensor: Any, outputs: Any, tensors: Any) -> None:
        """Keep `tensor`; `tensors` are the `outputs` in their place in the graph."""
        if tensor.version[0] < 0:
            raise RuntimeError(SAVING_INFERENCE)
        self.buffer, self.tensor, self.version = tensor.buffer, tensor, tensor.version
        for i, output in enumerate(outputs):
            if output is tensor:
                self.number, self.tensor, self.version = i, None, tensors[i].version
        self.expected = self.version[0]

    def restore(self, node: FunctionNode) -> Any:
        """The tensor, if nobody wrote it."""
        if self.version[0] != self.expected:
            source = node if self.tensor is None else self.tensor.node
            raise changed(self.buffer, self.version[0], self.expected, source)
        if self.tensor is not None:
            return self.tensor
        tensor = wrap(Tensor, self.buffer, Output(node, self.number))
        tensor.version = self.version
        return tensor


def once_differentiable(function: Any) -> Any:
    """Decorate a `backward` whose result shall not be differentiated again.

    See: [once_differentiable](https://docs.pytorch.org/docs/stable/autograd.html).
    """

    def backward(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            return function(ctx, *grads)

    return backward


FunctionCtx = FunctionNode
BackwardCFunction = Operator
