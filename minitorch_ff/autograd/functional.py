"""Whole derivatives of functions: Jacobians, Hessians, and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_ff._functions.creation import zeros_like
from minitorch_ff._functions.joining import stack
from minitorch_ff._functions.shaping import clone
from minitorch_ff._tensor import Tensor
from minitorch_ff.autograd.gradients import grad, listed
from minitorch_ff.firefly.modes import enable_grad


def _prepared(inputs: Any, create_graph: bool) -> tuple[Any, ...]:
    """The inputs as tensors to differentiate by."""
    result = []
    for i, tensor in enumerate(listed(inputs)):
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"The inputs given to the function must be either a Tensor or a tuple of "
                f"Tensors but the value at index {i} has type {type(tensor)}."
            )
        if create_graph and tensor.requires_grad:
            result.append(tensor.view_as(tensor))
        else:
            result.append(tensor.detach().requires_grad_())
    return tuple(result)


def _finished(parts: Any, create_graph: bool) -> Any:
    return parts if create_graph else tuple([p.detach() for p in parts])


def _alike(given: Any, parts: tuple[Any, ...]) -> Any:
    """One tensor for one, a tuple for several."""
    return parts[0] if isinstance(given, Tensor) else parts


def _gradients(
    outputs: Any, inputs: Any, directions: Any, create_graph: bool, strict: bool
) -> tuple[Any, ...]:
    """Gradients, zeros where an input was not used."""
    outputs, directions = listed(outputs), listed(directions)
    pairs = [(o, d) for o, d in zip(outputs, directions, strict=True) if o.requires_grad]
    if not pairs:
        if strict:
            raise RuntimeError(
                "The output of the user-provided function is independent of the input. This is "
                "not allowed in strict mode."
            )
        return tuple([zeros_like(t) for t in inputs])
    starts, given = zip(*pairs, strict=True)
    found = grad(starts, inputs, given, True, create_graph, allow_unused=True)
    if strict and any([g is None for g in found]):
        raise RuntimeError(
            "The output of the user-provided function is independent of an input. This is not "
            "allowed in strict mode."
        )
    return tuple([zeros_like(t) if g is None else g for g, t in zip(found, inputs, strict=True)])


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """A function's result, and the product of a vector with its Jacobian.

    Args:
        func: Takes the inputs, returns a tensor or several.
        inputs: A tensor or several.
        v: The vector, in the shape of the result; may be left out for a single element.
        create_graph: Make the product differentiable.
        strict: Raise if an input was not used.

    See: [torch.autograd.functional.vjp](https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.vjp.html).
    """
    with enable_grad():
        given = _prepared(inputs, create_graph)
        outputs = func(*given)
        directions = _direction(v, outputs)
        product = _gradients(outputs, given, directions, create_graph, strict)
    result = _finished(listed(outputs), create_graph)
    return _alike(outputs, result), _alike(inputs, _finished(product, create_graph))


def _direction(v: Any, outputs: Any) -> tuple[Any, ...]:
    if v is not None:
        vectors = listed(v)
        for vector, output in zip(vectors, listed(outputs), strict=True):
            if vector.shape != output.shape:
                raise RuntimeError(
                    f"v has invalid size: should be {output.shape} but got {vector.shape}."
                )
        return vectors
    outputs = listed(outputs)
    if len(outputs) != 1 or outputs[0].numel() != 1:
        raise RuntimeError(
            "The vector v can only be None if the user-provided function returns a single "
            "Tensor with a single element."
        )
    return tuple([zeros_like(outputs[0]) + 1])


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """A function's result, and the product of its Jacobian with a vector.

    It takes two backward passes: the vector-Jacobian product is linear in its vector, so
    its own derivative by that vector is the product wanted.

    Args:
        func: Takes the inputs, returns a tensor or several.
        inputs: A tensor or several.
        v: The vector, in the shape of the inputs; may be left out for a single element.
        create_graph: Make the product differentiable.
        strict: Raise if an input was not used.

    See: [torch.autograd.functional.jvp](https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.jvp.html).
    """
    with enable_grad():
        given = _prepared(inputs, create_graph)
        vectors = _direction(v, given)
        outputs = func(*given)
        results = listed(outputs)
        dummies = tuple([zeros_like(t).requires_grad_() for t in results])
        products = _gradients(results, given, dummies, True, strict)
        forward = _gradients(products, dummies, vectors, create_graph, strict)
    found = [_finished(parts, create_graph) for parts in (results, forward)]
    return _alike(outputs, found[0]), _alike(outputs, found[1])


def jacobian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """All derivatives of a function's results by its inputs.

    Args:
        func: Takes the inputs, returns a tensor or several.
        inputs: A tensor or several.
        create_graph: Make the Jacobian differentiable.
        strict: Raise if an input was not used.
        vectorize: Accepted; the numbers are the same either way.
        strategy: `"reverse-mode"`.

    Returns:
        For one result and one input a tensor of shape `(*result, *input)`; for several
        (nested) tuples of them.

    Raises:
        NotImplementedError: Another strategy is asked for.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.autograd.functional.jacobian(lambda x: x**2, torch.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])

    See: [torch.autograd.functional.jacobian](https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.jacobian.html).
    """
    if strategy != "reverse-mode":
        raise NotImplementedError(
            f"jacobian(strategy={strategy!r}) is not supported; use 'reverse-mode'"
        )
    with enable_grad():
        given = _prepared(inputs, create_graph)
        outputs = func(*given)
        rows = tuple([_rows(output, given, create_graph, strict) for output in listed(outputs)])
    rows = tuple([_alike(inputs, _finished(row, create_graph)) for row in rows])
    return _alike(outputs, rows)


def _rows(output: Tensor, inputs: Any, create_graph: bool, strict: bool) -> tuple[Any, ...]:
    """The derivatives of one result by each input."""
    flat = output.reshape(-1)
    if not flat.numel():
        return tuple([zeros_like(t).expand(output.shape + t.shape) for t in inputs])
    columns = []
    for j in range(flat.numel()):
        one = zeros_like(flat[j]) + 1
        columns.append(_gradients(flat[j], inputs, one, create_graph, strict))
    stacked = [stack(parts) for parts in zip(*columns, strict=True)]
    return tuple([p.reshape(output.shape + t.shape) for p, t in zip(stacked, inputs, strict=True)])


def hessian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """All second derivatives of a function that returns a single element.

    See: [torch.autograd.functional.hessian](https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.hessian.html).
    """

    def gradient(*given: Any) -> Any:
        value = func(*given)
        _single(value)
        parts = jacobian(lambda *x: _single(func(*x)), given, create_graph=True, strict=strict)
        return tuple([clone(p).reshape(t.shape) for p, t in zip(parts, given, strict=True)])

    settings = create_graph, strict, vectorize, outer_jacobian_strategy
    matrix = jacobian(gradient, listed(inputs), *settings)
    return matrix[0][0] if isinstance(inputs, Tensor) else matrix


def _single(value: Any) -> Tensor:
    if not isinstance(value, Tensor) or value.numel() != 1:
        raise RuntimeError(
            "The Tensor returned by the function given to hessian should contain a single element"
        )
    return value.reshape(())


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """A function's (single) result, and the product of a vector with its Hessian.

    See: [torch.autograd.functional.vhp](https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.vhp.html).
    """
    with enable_grad():
        given = _prepared(inputs, create_graph)
        vectors = _direction(v, given)
        output = func(*given)
        first = _gradients(output, given, zeros_like(output) + 1, True, strict)
        product = _gradients(first, given, vectors, create_graph, strict)
    result = output if create_graph else output.detach()
    return result, _alike(inputs, _finished(product, create_graph))


hvp = vhp  # a Hessian is symmetric

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]
