"""Whole derivatives of functions: Jacobians, Hessians, and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_ff._functions.creation import zeros_like
from minitorch_ff._functions.joining import stack
from minitorch_ff._tensor import Tensor
from minitorch_ff.autograd.gradients import grad, listed
from minitorch_ff.firefly.modes import enable_grad


NOT_DIFFERENTIABLE = (
    "Output {} of the user-provided function does not require gradients. The outputs must be "
    "computed in a differentiable manner from the input when running in strict mode."
)
INDEPENDENT = (
    "The output of the user-provided function is independent of input {}. This is not allowed "
    "in strict mode."
)
CONSTANT_GRADIENT = (
    "While computing the hessian, found that the jacobian of the user-provided function with "
    "respect to input {} is independent of the input. This is not allowed in strict mode. You "
    "should ensure that your function is twice differentiable and that the jacobian depends on "
    "the inputs (this would be violated by a linear function for example)."
)


def _tensors(values: Any, what: str, name: str) -> tuple[Any, ...]:
    """One tensor, or several, as a tuple.

    Raises:
        TypeError: There is something else, said in terms of `what` and the function's `name`.
    """
    text = f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the "
    if not isinstance(values, (Tensor, tuple)):
        raise TypeError(f"{text}given {what} has type {type(values)}.")
    for i, value in enumerate(listed(values)):
        if not isinstance(value, Tensor):
            raise TypeError(f"{text}value at index {i} has type {type(value)}.")
    return listed(values)


def _prepared(inputs: Any, create_graph: bool, name: str) -> tuple[Any, ...]:
    """The inputs as tensors to differentiate by."""
    return tuple(
        [
            t.view_as(t) if create_graph and t.requires_grad else t.detach().requires_grad_()
            for t in _tensors(inputs, "inputs", name)
        ]
    )


def _results(outputs: Any, strict: bool, name: str) -> tuple[Any, ...]:
    """What the user's function returned; in strict mode it must depend on the inputs."""
    results = _tensors(outputs, "outputs of the user-provided function", name)
    for i, result in enumerate(results):
        if strict and not result.requires_grad:
            raise RuntimeError(NOT_DIFFERENTIABLE.format(i))
    return results


def _finished(parts: tuple[Any, ...], create_graph: bool, given: Any) -> Any:
    """Tensors to be returned: detached if not recorded, and one if one was given."""
    parts = parts if create_graph else tuple([p.detach() for p in parts])
    return parts[0] if isinstance(given, Tensor) else parts


def _gradients(
    outputs: Any, inputs: Any, directions: Any, create_graph: bool, independent: str = ""
) -> tuple[Any, ...]:
    """Gradients; where an input was not used zeros, or an error if there is a text for it."""
    pairs = [(o, d) for o, d in zip(outputs, directions, strict=True) if o.requires_grad]
    found: tuple[Any, ...] = (None,) * len(inputs)
    if pairs:
        starts, given = zip(*pairs, strict=True)
        found = grad(starts, inputs, given, True, create_graph, allow_unused=True)
    if independent and None in found:
        raise RuntimeError(independent.format([g is None for g in found].index(True)))
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
        given = _prepared(inputs, create_graph, "vjp")
        outputs = func(*given)
        results = _results(outputs, strict, "vjp")
        directions = _direction(v, results, "vjp", "user-provided function returns")
        independent = INDEPENDENT if strict else ""
        product = _gradients(results, given, directions, create_graph, independent)
    result = _finished(results, create_graph, outputs)
    return result, _finished(product, create_graph, inputs)


def _direction(
    v: Any,
    tensors: tuple[Any, ...],
    name: str,
    place: str = "input to the user-provided function is",
) -> tuple[Any, ...]:
    """The vector, checked against the tensors it has to match."""
    if v is None:
        if len(tensors) != 1 or tensors[0].numel() != 1:
            raise RuntimeError(
                f"The vector v can only be None if the {place} a single Tensor with a single "
                "element."
            )
        return (zeros_like(tensors[0]) + 1,)
    vectors = _tensors(v, "v", name)
    if len(vectors) != len(tensors):
        if len(tensors) == 1:
            raise RuntimeError("The given v should contain a single Tensor.")
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(tensors)} but got {len(vectors)}."
        )
    for vector, tensor in zip(vectors, tensors, strict=True):
        if vector.shape != tensor.shape:
            raise RuntimeError(
                f"v has invalid size: should be {tensor.shape} but got {vector.shape}."
            )
    return vectors


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
        given = _prepared(inputs, create_graph, "jvp")
        vectors = _direction(v, given, "jvp")
        outputs = func(*given)
        results = _results(outputs, strict, "jvp")
        dummies = tuple([zeros_like(t).requires_grad_() for t in results])
        products = _gradients(results, given, dummies, True, INDEPENDENT if strict else "")
        forward = _gradients(products, dummies, vectors, create_graph)
    result = _finished(results, create_graph, outputs)
    return result, _finished(forward, create_graph, outputs)


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
        given = _prepared(inputs, create_graph, "jacobian")
        outputs = func(*given)
        results = _results(outputs, strict, "jacobian")
        independent = INDEPENDENT.replace("The output", "Output {}") if strict else ""
        rows = []
        for i, result in enumerate(results):
            row = _rows(result, given, create_graph, independent.replace("{}", str(i), 1))
            rows.append(_finished(row, create_graph, inputs))
    return rows[0] if isinstance(outputs, Tensor) else tuple(rows)


def _rows(output: Tensor, inputs: Any, create_graph: bool, independent: str) -> tuple[Any, ...]:
    """The derivatives of one result by each input."""
    flat = output.reshape(-1)
    if not flat.numel():
        return tuple([zeros_like(t).expand(output.shape + t.shape) for t in inputs])
    columns = []
    for j in range(flat.numel()):
        one = zeros_like(flat[j]) + 1
        columns.append(_gradients((flat[j],), inputs, (one,), create_graph, independent))
    stacked = [stack(parts) for parts in zip(*columns, strict=True)]
    return tuple([p.reshape(output.shape + t.shape) for p, t in zip(stacked, inputs, strict=True)])


def hessian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """All second derivatives of a function that returns a single element.

    See: [torch.autograd.functional.hessian](https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.hessian.html).
    """
    if outer_jacobian_strategy != "reverse-mode":
        raise NotImplementedError(
            f"hessian(outer_jacobian_strategy={outer_jacobian_strategy!r}) is not supported; use "
            "'reverse-mode'"
        )
    with enable_grad():
        given = _prepared(inputs, create_graph, "hessian")
        _, first = _value_and_gradients(func, given, strict, "hessian")
        rows = [_rows(part, given, create_graph, "") for part in first]
    rows = [_finished(row, create_graph, inputs) for row in rows]
    return rows[0] if isinstance(inputs, Tensor) else tuple(rows)


def _value_and_gradients(
    func: Callable[..., Any], given: tuple[Any, ...], strict: bool, name: str
) -> tuple[Any, tuple[Any, ...]]:
    """The single element that a function returns, and its recorded gradients.

    Raises:
        RuntimeError: It returns more; or, in strict mode, a gradient is a constant.
    """
    results = _results(func(*given), strict, name)
    if len(results) != 1:
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    (value,) = results
    if value.numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {name} should contain a single element"
        )
    one = zeros_like(value) + 1
    parts = _gradients(results, given, (one,), True, INDEPENDENT if strict else "")
    for i, part in enumerate(parts):
        if strict and not part.requires_grad:
            raise RuntimeError(CONSTANT_GRADIENT.format(i))
    return value, parts


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """A function's (single) result, and the product of a vector with its Hessian.

    See: [torch.autograd.functional.vhp](https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.vhp.html).
    """
    return _hessian_product(func, inputs, v, create_graph, strict, "vhp")


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """A function's (single) result, and the product of its Hessian with a vector.

    A Hessian is symmetric: it is the same as `vhp`.

    See: [torch.autograd.functional.hvp](https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.hvp.html).
    """
    return _hessian_product(func, inputs, v, create_graph, strict, "hvp")


def _hessian_product(
    func: Callable[..., Any], inputs: Any, v: Any, create_graph: bool, strict: bool, name: str
) -> tuple[Any, Any]:
    with enable_grad():
        given = _prepared(inputs, create_graph, name)
        vectors = _direction(v, given, name)
        value, first = _value_and_gradients(func, given, strict, name)
        product = _gradients(first, given, vectors, create_graph, INDEPENDENT if strict else "")
    result = value if create_graph else value.detach()
    return result, _finished(product, create_graph, inputs)


__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]
