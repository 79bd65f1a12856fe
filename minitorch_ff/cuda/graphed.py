"""Callables whose forward and backward work are CUDA graphs.

Between two launches of graphs lies the rest of a training step, in Python: so a network can be
captured in part.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minitorch_ff._checks import must
from minitorch_ff._functions._autocast import state
from minitorch_ff._tensor import Tensor
from minitorch_ff._trees import leaves, rebuilt
from minitorch_ff.autograd import grad as gradients
from minitorch_ff.autograd.function import Function, once_differentiable
from minitorch_ff.cuda._device import synchronize
from minitorch_ff.cuda.graphs import CUDAGraph, graph, graph_pool_handle
from minitorch_ff.cuda.streams import Stream, current_stream, stream
from minitorch_ff.nn.modules.module import Module

__all__ = ["make_graphed_callables"]

HOOKS = (
    "Modules must not have hooks registered at the time they are passed. However, registering "
    "hooks on modules after passing them through make_graphed_callables is allowed."
)
BUFFERS = (
    "In any :class:`~torch.nn.Module` passed to :func:`~make_graphed_callables`, only parameters "
    "may be trainable. All buffers must have ``requires_grad=False``."
)
NOT_TENSORS = (
    "In the beta API, sample_args for each callable must contain only Tensors. Other types are "
    "not allowed."
)


def make_graphed_callables(
    callables: Any,
    sample_args: tuple[Any, ...],
    num_warmup_iters: int = 3,
    allow_unused_input: bool = False,
    pool: Any = None,
) -> Any:
    """Capture callables; what is returned launches their graphs, inside autograd.

    Every call writes its results into the same memory: what is to be kept has to be copied. A
    module launches graphs only in the mode, training or not, in which it was captured.

    Args:
        callables: A module or a function of tensors; or a tuple of them, in the order in which
            they will run.
        sample_args: A tuple of arguments; or one for each of several callables. Shapes, dtypes
            and `requires_grad` are those of later arguments.
        num_warmup_iters: How often each runs before it is captured.
        allow_unused_input: Whether an argument or a parameter may have no gradient.
        pool: See `CUDAGraph.capture_begin`.

    Returns:
        The modules themselves, and functions in the place of functions: one, or a tuple.

    Raises:
        RuntimeError: There is no GPU or no CuPy; or the block is one of `autocast` that caches.
        AssertionError: A module has hooks, or a buffer that wants gradients; or an argument is no
            tensor.

    See: [torch.cuda.make_graphed_callables](https://docs.pytorch.org/docs/stable/generated/torch.cuda.make_graphed_callables.html).
    """
    if "cuda" in state.dtypes and state.caching:
        raise RuntimeError(
            "make_graphed_callables does not support the autocast caching. Please set "
            "`cache_enabled=False`."
        )
    several = isinstance(callables, tuple)
    every, samples = (callables, sample_args) if several else ((callables,), (sample_args,))
    captures = [Captured(f, args) for f, args in zip(every, samples, strict=True)]
    graphs = [(CUDAGraph(), CUDAGraph()) for _ in captures]
    pool = graph_pool_handle() if pool is None else pool

    synchronize()
    side = Stream()
    side.wait_stream(current_stream())
    with stream(side):
        for captured in captures:
            for _ in range(num_warmup_iters):
                captured.run_forward()
                captured.run_backward(allow_unused_input)
    current_stream().wait_stream(side)
    synchronize()

    for captured, (forward, _) in zip(captures, graphs, strict=True):
        with graph(forward, pool=pool):
            captured.run_forward()
    for captured, (_, backward) in zip(captures[::-1], graphs[::-1], strict=True):
        with graph(backward, pool=pool):
            captured.run_backward(allow_unused_input)
    found = tuple(
        [captured.launching(*pair) for captured, pair in zip(captures, graphs, strict=True)]
    )
    return found if several else found[0]


class Captured:
    """A callable, and the tensors that its graphs read and write.

    Args:
        function: A module, or a function of tensors.
        args: Its arguments.
    """

    def __init__(self, function: Any, args: tuple[Any, ...]) -> None:
        self.function, self.args = function, args
        self.parameters: tuple[Tensor, ...] = ()
        if isinstance(function, Module):
            hooks = function._backward_hooks, function._forward_hooks, function._forward_pre_hooks
            must(not any(hooks), HOOKS)
            must(not any([buffer.requires_grad for buffer in function.buffers()]), BUFFERS)
            self.parameters = tuple(function.parameters())
        self.given = leaves(args)
        must(all([isinstance(arg, Tensor) for arg in self.given]), NOT_TENSORS)
        self.inputs = (*self.given, *self.parameters)

    def run_forward(self) -> None:
        """Compute the results."""
        self.result = self.function(*self.args)
        self.outputs = leaves(self.result)

    def run_backward(self, allow_unused: bool) -> None:
        """Compute the gradients of what wants any."""
        places = [o.new_empty(o.shape) if o.requires_grad else None for o in self.outputs]
        self.grad_outputs = places  # filled by whoever launches
        wanted = [x for x in self.inputs if x.requires_grad]
        found: Any = iter(())
        if wanted and any([o.requires_grad for o in self.outputs]):
            found = iter(gradients(
                [o for o in self.outputs if o.requires_grad], wanted,
                [g for g in self.grad_outputs if g is not None], allow_unused=allow_unused,
            ))  # fmt: skip
        self.grads = [next(found, None) if x.requires_grad else None for x in self.inputs]

    def launching(self, forward: CUDAGraph, backward: CUDAGraph) -> Any:
        """What stands for the callable from now on."""
        launch = self._function(forward, backward)

        def graphed(*args: Any) -> Any:
            results = launch.apply(*leaves(args), *self.parameters)
            return rebuilt(self.result, iter(results))

        if not isinstance(self.function, Module):
            return graphed
        module, original, training = self.function, self.function.forward, self.function.training

        @functools.wraps(original)
        def chosen(*args: Any, **kwargs: Any) -> Any:
            now: Callable[..., Any] = graphed if module.training == training else original
            return now(*args, **kwargs)

        module.forward = chosen  # type: ignore[method-assign]
        return module

    def _function(self, forward_graph: CUDAGraph, backward_graph: CUDAGraph) -> type[Function]:
        """Both graphs as one operator."""

        class Graphed(Function):
            @staticmethod
            def forward(ctx: Any, *inputs: Any) -> Any:
                for place, value in zip(self.given, inputs, strict=False):
                    if place.data_ptr() != value.data_ptr():
                        place.detach().copy_(value)
                forward_graph.replay()
                results = [output.detach() for output in self.outputs]
                both = zip(self.outputs, results, strict=True)
                ctx.mark_non_differentiable(*[r for o, r in both if not o.requires_grad])
                return tuple(results)

            @staticmethod
            @once_differentiable
            def backward(ctx: Any, *grads: Any) -> Any:
                for place, value in zip(self.grad_outputs, grads, strict=True):
                    if place is not None and place.data_ptr() != value.data_ptr():
                        place.copy_(value)
                backward_graph.replay()
                return tuple([None if grad is None else grad.detach() for grad in self.grads])

        return Graphed
