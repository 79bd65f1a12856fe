"""Hooks on a module's backward pass: what goes in and out, seen from the forward pass.

An identity is put into the graph before the module's inputs and another one behind its
outputs. The backward pass meets the second one first: there the gradients of the
outputs are known. At the first one the gradients of the inputs are complete, and the
hooks run.
"""

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.autograd.function import Function
from minitorch_ff.firefly.hooks import hooks_of
from minitorch_ff.firefly.modes import grad_enabled
from minitorch_ff.utils.hooks import file_hook

Gradients = tuple[Tensor | None, ...]
Hooks = Sequence[Callable[..., Any]]

NO_INPUT_NEEDS_A_GRADIENT = (
    "Full backward hook is firing when gradients are computed with respect to module outputs since "
    "no inputs require gradients. See "
    "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
    "#torch.nn.Module.register_full_backward_hook for more details."
)

NOT_TENSORS = (
    "non-full backward hooks on a Module that does not {} a single Tensor or a tuple of Tensors"
)
FULL = "Please use register_full_backward_hook to get the documented behavior."


class BackwardHookFunction(Function):
    """Hands its inputs on, and shows their gradients to a function on the way back."""

    @staticmethod
    def forward(ctx: Any, see: Callable[..., Any], fill: bool, *tensors: Tensor) -> Any:
        """Note the function; `fill` makes zeros of gradients that are missing."""
        ctx.see = see
        ctx.set_materialize_grads(fill)
        ctx.mark_non_differentiable(*[t for t in tensors if not t.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> Any:
        """Let the function see the gradients, and hand on what it returns."""
        return (None, None, *ctx.see(grads))


class BackwardHook:
    """One call of a module, watched for its backward pass.

    Args:
        module: The module.
        user_hooks: Called with the module and the gradients of inputs and outputs.
        user_pre_hooks: Called with the module and the gradients of outputs.
    """

    def __init__(self, module: Any, user_hooks: Hooks, user_pre_hooks: Hooks) -> None:
        self.module = module
        self.user_hooks = user_hooks
        self.user_pre_hooks = user_pre_hooks
        self.grad_outputs: Gradients | None = None
        self.inputs_watched = False

    def setup_input_hook(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, to be handed to the module instead of `args`."""
        self.n_inputs = len(args)
        watched = _watch(args, self._see_inputs, fill=True)
        self.inputs_watched = watched is not args
        return watched

    def setup_output_hook(self, result: Any) -> Any:
        """The result, to be handed to the caller instead of `result`."""
        if isinstance(result, tuple):
            return _watch(result, self._see_outputs, fill=False)
        return _watch((result,), self._see_outputs, fill=False)[0]

    def _see_outputs(self, grads: Gradients) -> Gradients:
        for hook in self.user_pre_hooks:
            grads = _replaced(grads, hook(self.module, grads), "pre hook", "grad_output")
        if self.inputs_watched:
            self.grad_outputs = grads
            return grads
        warnings.warn(NO_INPUT_NEEDS_A_GRADIENT, stacklevel=5)
        nothing = (None,) * self.n_inputs
        for hook in self.user_hooks:
            replaced = hook(self.module, nothing, grads)
            if replaced is not None and set(replaced) != {None}:
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should "
                    "always return None or None for all gradients."
                )
        return grads

    def _see_inputs(self, grads: Gradients) -> Gradients:
        if self.grad_outputs is None:  # the walk came by another way than our outputs
            return grads
        for hook in self.user_hooks:
            replaced = hook(self.module, grads, self.grad_outputs)
            grads = _replaced(grads, replaced, "hook", "grad_input")
        self.grad_outputs = None
        return grads


def _watch(
    values: tuple[Any, ...], see: Callable[[Gradients], Gradients], fill: bool
) -> tuple[Any, ...]:
    """`values` with their tensors passed through the identity, if a gradient is wanted.

    Args:
        values: A tuple (or named tuple) of anything.
        see: Called in the backward pass with a gradient, or None, for each of `values`.
        fill: Whether a tensor that got no gradient is given zeros.
    """
    places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
    tensors = [values[i] for i in places]
    if not (grad_enabled() and any(t.requires_grad for t in tensors)):
        return values

    def see_tensors(grads: Gradients) -> Gradients:
        grad_of = dict(zip(places, grads, strict=True))
        seen = see(tuple(grad_of.get(i) for i in range(len(values))))
        return tuple(seen[i] for i in places)

    outputs = BackwardHookFunction.apply(see_tensors, fill, *tensors)
    passed = dict(zip(places, outputs, strict=True))
    watched = [passed.get(i, value) for i, value in enumerate(values)]
    return tuple(watched) if type(values) is tuple else type(values)(*watched)


def _replaced(grads: Gradients, replaced: Any, kind: str, role: str) -> Gradients:
    """What a hook made of `grads`, which must have the same number and sizes."""
    if replaced is None:
        return grads
    if len(replaced) != len(grads):
        raise RuntimeError(
            f"Backward {kind} returned an invalid number of {role}, "
            f"got {len(replaced)}, but expected {len(grads)}"
        )
    for before, after in zip(grads, replaced, strict=True):
        if before is not None and after is not None and before.shape != after.shape:
            raise RuntimeError("hook 'hook' has changed the size of value")
    return tuple(replaced)


# --------------------------------------- hooks of the older kind, on the last node only


def hook_last_node(module: Any, hooks: Hooks, args: Any, result: Any) -> None:
    """Let `register_backward_hook`'s hooks see the node that made the result.

    They see no more of the module than that node; a warning says so where it differs.
    """
    first = result
    while not isinstance(first, Tensor):
        nested = isinstance(first, dict)
        first = next(v for v in first.values() if isinstance(v, Tensor)) if nested else first[0]
    node = first.grad_fn
    if node is None:
        return
    for hook in hooks:
        file_hook(hooks_of(node).after, functools.partial(hook, module))
    problem = _incomplete_view(args, result, node)
    if problem is not None:
        warnings.warn(problem, FutureWarning, stacklevel=4)


def _incomplete_view(args: Any, result: Any, node: Any) -> str | None:
    """What a hook on `node` alone does not see of the module's gradients."""
    outputs, inputs = _tensors(result), _tensors(args)
    nodes = {t.grad_fn for t in outputs or ()} - {None}
    when = "a non-full backward hook when "
    if outputs is None:
        what, missing = NOT_TENSORS.format("return"), f"of the grad_output. {FULL}"
    elif inputs is None:
        what, missing = NOT_TENSORS.format("take as input"), f"of the grad_input. {FULL}"
    elif not nodes or (len(nodes) == 1 and node not in nodes):
        what, missing = when + "outputs are nested in python data structure", "grad_output."
    elif len(nodes) > 1:
        what = when + "outputs are generated by different autograd Nodes"
        missing = f"grad_output. {FULL}"
    elif {t.grad_fn for t in inputs} - {None} != {n for n, _ in node.next_functions}:
        what = when + "the forward contains multiple autograd Nodes"
        missing = f"grad_input. {FULL}"
    else:
        return None
    return (
        f"Using {what} is deprecated and will be removed in future versions. "
        f"This hook will be missing some {missing}"
    )


def _tensors(values: Any) -> tuple[Tensor, ...] | None:
    """The tensor or tuple of tensors as a tuple, or None if it is something else."""
    if isinstance(values, Tensor):
        return (values,)
    if isinstance(values, tuple) and all(isinstance(v, Tensor) for v in values):
        return values
    return None
