"""`backward` and `grad`: a walk over the graph, by name."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minitorch_ff._functions.creation import zeros_like
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly import graph

if TYPE_CHECKING:
    Tensors = Tensor | Sequence[Tensor]


def listed(tensors: Any) -> tuple[Any, ...]:
    """One tensor, or several, as a tuple."""
    return (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)


def backward(
    tensors: Tensors, grad_tensors: Any = None, retain_graph: bool | None = None,
    create_graph: bool = False, grad_variables: Any = None, inputs: Tensors | None = None,
) -> None:  # fmt: skip
    """Add the gradients of the leaves that `tensors` were computed from to their `.grad`.

    Args:
        tensors: Where to start.
        grad_tensors: The gradient of each of them; None for a single element.
        retain_graph: Keep what the rules saved, for another pass; by default as
            `create_graph`.
        create_graph: Record the pass itself, for derivatives of higher order.
        grad_variables: PyTorch's old name of `grad_tensors`.
        inputs: Stop at these tensors; by default at all leaves.

    Raises:
        RuntimeError: A tensor has no history, a shape does not fit, or the graph was freed.

    See: rules in [`graph`][minitorch_ff.firefly.graph],
        [torch.autograd.backward](https://docs.pytorch.org/docs/stable/generated/torch.autograd.backward.html).
    """
    if grad_variables is not None:
        warnings.warn(
            "`grad_variables` is deprecated. Use `grad_tensors` instead.",
            FutureWarning,
            stacklevel=2,
        )
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to "
                "`backward()`. Please only use `grad_tensors`."
            )
        grad_tensors = grad_variables
    outputs = listed(tensors)
    given = matching(outputs, grad_tensors)
    wanted = None if inputs is None else listed(inputs)
    if wanted is not None and not wanted:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    keep = create_graph if retain_graph is None else retain_graph
    graph.backward(outputs, given, keep, create_graph, wanted)


def grad(
    outputs: Tensors, inputs: Tensors, grad_outputs: Any = None, retain_graph: bool | None = None,
    create_graph: bool = False, only_inputs: bool = True, allow_unused: bool | None = None,
    is_grads_batched: bool = False, materialize_grads: bool = False,
) -> tuple[Any, ...]:  # fmt: skip
    """The gradients of `outputs` by `inputs`, returned instead of added up.

    Args:
        outputs: Where to start.
        inputs: The tensors to differentiate by.
        grad_outputs: The gradient of each output; None for a single element.
        retain_graph: Keep what the rules saved; by default as `create_graph`.
        create_graph: Record the pass itself, for derivatives of higher order.
        only_inputs: Must be True: PyTorch has given up the other case as well.
        allow_unused: Give None for inputs that were not used.
        is_grads_batched: Must be False.
        materialize_grads: Give zeros for inputs that were not used.

    Returns:
        A gradient for each input, in its shape.

    Raises:
        RuntimeError: An input was not used, or does not require grad.

    Example:
        >>> import minitorch_ff as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> torch.autograd.grad(x**2, x)
        (tensor(6.),)

    See: [torch.autograd.grad](https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html).
    """
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To "
            "accumulate gradient for other parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    if is_grads_batched:
        raise NotImplementedError(
            "torch.autograd.grad(is_grads_batched=True) is not supported; call grad once for "
            "each gradient"
        )
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but "
            "got: allow_unused=False."
        )
    allow_unused = materialize_grads if allow_unused is None else allow_unused
    starts, targets = listed(outputs), listed(inputs)
    if not targets:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    given = matching(starts, grad_outputs)
    for target in targets:
        if target.edge() is None:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    keep = create_graph if retain_graph is None else retain_graph
    found = graph.backward(starts, given, keep, create_graph, targets, accumulate=False)
    if materialize_grads:
        found = [zeros_like(t) if g is None else g for t, g in zip(targets, found, strict=True)]
    for i, part in enumerate(found):
        if part is None and not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the "
                "graph. Set allow_unused=True if this is the desired behavior."
            )
    return tuple(found)


def matching(outputs: tuple[Any, ...], gradients: Any) -> tuple[Any, ...]:
    """A gradient (or None) for each output, checked.

    Raises:
        RuntimeError: There are too few or too many, or a shape differs.
        TypeError: One is no tensor.
    """
    if gradients is None:
        return (None,) * len(outputs)
    given = listed(gradients)
    if len(given) < len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(given)} gradients")
    given = given[: len(outputs)]
    for i, (output, gradient) in enumerate(zip(outputs, given, strict=True)):
        if gradient is None:
            continue
        if not isinstance(gradient, Tensor):
            name = type(gradient).__name__
            raise TypeError(f"gradients can be either Tensors or None, but got {name}")
        if gradient.buffer.shape != output.buffer.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{i}] has a shape of {gradient.shape} and "
                f"output[{i}] has a shape of {output.shape}."
            )
    return given
