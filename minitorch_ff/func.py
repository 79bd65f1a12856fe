"""`torch.func`: derivatives of functions, and modules as functions of their parameters.

A transform takes a function and returns another one: `grad(f)` is the gradient of `f`, and
`grad(grad(f))` its second derivative. Arguments and results may be dictionaries, lists and
tuples of tensors. All derivatives are computed backward, as everywhere in this package.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from minitorch_ff._functions.creation import ones_like, zeros_like
from minitorch_ff._functions.joining import stack
from minitorch_ff._missing import missing as _missing
from minitorch_ff._tensor import Tensor
from minitorch_ff._trees import leaves, rebuilt
from minitorch_ff.autograd import gradients
from minitorch_ff.firefly.modes import enable_grad, grad_enabled
from minitorch_ff.nn.utils._functional_call import functional_call

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp",
    "vmap",
]  # fmt: skip

__getattr__ = _missing(__name__)


def grad(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The gradient of a function, as a function of the same arguments.

    Args:
        func: Returns one element.
        argnums: By which argument, or by which ones.
        has_aux: Whether `func` returns a pair: the element, and anything else.

    Returns:
        A function that returns the gradient (a tuple for a tuple of `argnums`); with
        `has_aux` a pair of it and what else there was.

    Raises:
        RuntimeError: (When called) `func` returns something else, or there is no such
            argument.
        ValueError: (When called) the argument is no tensor.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.func import grad
        >>> grad(torch.sin)(torch.tensor(0.0))
        tensor(1.)
        >>> grad(grad(lambda x: x**3))(torch.tensor(2.0))
        tensor(12.)

    See: [torch.func.grad](https://docs.pytorch.org/docs/stable/generated/torch.func.grad.html).
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        found, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return wrapper


def grad_and_value(
    func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The gradient of a function and its value, as a function of the same arguments.

    Args:
        func: See `grad`.
        argnums: See `grad`.
        has_aux: See `grad`.

    Returns:
        A function that returns the gradient and the value (with `has_aux` the pair).

    See: [torch.func.grad_and_value](https://docs.pytorch.org/docs/stable/generated/torch.func.grad_and_value.html).
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with enable_grad():
            inner, chosen, inputs = _tracked(args, argnums)
            output = func(*inner, **kwargs)
            value = _first_of(output, has_aux, "grad_and_value(f)(*args)")
            _check_scalar(value)
            found = _derivatives([value], [ones_like(value)], inputs)
        result = rebuilt(chosen, iter(found))
        return _outside((result, output), inputs)

    return wrapper


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """A function's value, and a function that multiplies vectors with its Jacobian.

    Args:
        func: Returns tensors.
        *primals: Its arguments.
        has_aux: Whether `func` returns a pair: the tensors, and anything else.

    Returns:
        The value; the function from vectors (in the structure of the value) to one product
        per argument; with `has_aux` what else there was.

    Raises:
        RuntimeError: `func` returns something else than tensors; or (when called) the
            vectors have another structure or other shapes.

    Example:
        >>> import minitorch_ff as torch
        >>> value, product = torch.func.vjp(torch.square, torch.tensor([1.0, 2.0]))
        >>> product(torch.tensor([1.0, 10.0]))
        (tensor([ 2., 40.]),)

    See: [torch.func.vjp](https://docs.pytorch.org/docs/stable/generated/torch.func.vjp.html).
    """
    with enable_grad():
        inner, _, inputs = _tracked(primals, tuple(range(len(primals))))
        output = func(*inner)
        value = _first_of(output, has_aux, "vjp(f, *primals)")
        results = _results(value)

    def product(*cotangents: Any, retain_graph: bool = True, create_graph: Any = None) -> Any:
        given = cotangents[0] if len(cotangents) == 1 else cotangents
        vectors = _leaves(given)
        if _skeleton(given) != _skeleton(value):
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of "
                f"outputs to the function. cotangents: {_skeleton(given)}, primal output: "
                f"{_skeleton(value)}"
            )
        with enable_grad():
            found = _derivatives(results, vectors, inputs)
        return _outside(rebuilt(primals, iter(found)), inputs)

    outside = _outside(output, inputs)
    return (outside[0], product, outside[1]) if has_aux else (outside, product)


def jacrev(
    func: Callable[..., Any], argnums: Any = 0, *, has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:  # fmt: skip
    """The Jacobian of a function, as a function of the same arguments.

    Args:
        func: Returns tensors.
        argnums: By which argument, or by which ones.
        has_aux: Whether `func` returns a pair: the tensors, and anything else.
        chunk_size: Accepted; the rows are computed one by one.

    Returns:
        A function that returns, for each tensor of the value, the derivatives by each
        tensor of the argument. Shape `(*value, *argument)`.

    Raises:
        ValueError: `chunk_size` is not positive.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.func.jacrev(torch.square)(torch.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])

    See: [torch.func.jacrev](https://docs.pytorch.org/docs/stable/generated/torch.func.jacrev.html).
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with enable_grad():
            inner, chosen, inputs = _tracked(args, argnums)
            output = func(*inner, **kwargs)
            value = _first_of(output, has_aux, "vjp(f, *primals)")
            rows = [rebuilt(chosen, iter(_rows(r, inputs))) for r in _results(value)]
        jacobian = rebuilt(value, iter(rows))
        return _outside((jacobian, output[1]) if has_aux else jacobian, inputs)

    return wrapper


def hessian(func: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """All second derivatives of a function, as a function of the same arguments.

    Args:
        func: Returns tensors, most often of one element.
        argnums: By which argument, or by which ones.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.func.hessian(lambda x: x[0] * x[1] ** 2)(torch.tensor([1.0, 2.0]))
        tensor([[0., 4.],
                [4., 2.]])

    See: [torch.func.hessian](https://docs.pytorch.org/docs/stable/generated/torch.func.hessian.html).
    """
    return jacrev(jacrev(func, argnums), argnums)


def vmap(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Not there: a function of single examples is not turned into one of batches.

    Raises:
        NotImplementedError: Always; it names what to do instead.
    """
    raise NotImplementedError(
        "torch.func.vmap is not supported; write the batch dimension out, or take "
        "torch.stack([func(x) for x in batch])"
    )


def jvp(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Not there: nothing is differentiated forward.

    Raises:
        NotImplementedError: Always; it names what to use instead.
    """
    raise NotImplementedError(
        "torch.func.jvp (forward mode) is not supported; use torch.autograd.functional.jvp, "
        "which gets the same product from two backward passes"
    )


def jacfwd(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Not there: nothing is differentiated forward.

    Raises:
        NotImplementedError: Always; it names what to use instead.
    """
    raise NotImplementedError(
        "torch.func.jacfwd (forward mode) is not supported; use torch.func.jacrev, which gives "
        "the same derivatives"
    )


# ------------------------------------------------- tensors in dictionaries, lists and tuples


def _leaves(tree: Any) -> list[Any]:
    """What is in a tree, in order, but for None."""
    return [leaf for leaf in leaves(tree) if leaf is not None]


def _skeleton(tree: Any) -> str:
    """The form of a tree, a star for each leaf."""
    return str(rebuilt(tree, iter([_Star()] * len(_leaves(tree)))))


class _Star:
    def __repr__(self) -> str:
        return "*"


# --------------------------------------------------------------- inside and outside a transform


def _tracked(args: tuple[Any, ...], argnums: Any) -> tuple[list[Any], Any, list[Any]]:
    """The arguments, those to differentiate by replaced by tracked ones; these; their tensors."""
    numbers = _numbers(argnums, len(args))
    inner = list(args)
    for number in numbers:
        tracked = []
        for leaf in _leaves(args[number]):
            if not isinstance(leaf, Tensor):
                raise ValueError(f"Thing passed to transform API must be Tensor, got {type(leaf)}")
            # what an outer transform tracks stays in its history
            tracked.append(
                leaf.view_as(leaf) if leaf.requires_grad else leaf.detach().requires_grad_()
            )
        inner[number] = rebuilt(args[number], iter(tracked))
    chosen = tuple([inner[number] for number in numbers])
    return inner, chosen if isinstance(argnums, tuple) else chosen[0], _leaves(chosen)


def _numbers(argnums: Any, count: int) -> list[int]:
    """The positions of arguments, checked."""
    if not isinstance(argnums, (int, tuple)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    listed = argnums if isinstance(argnums, tuple) else (argnums,)
    if isinstance(argnums, tuple) and len(set(listed)) != len(listed):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
    for number in listed:
        if not -count <= number < count:
            raise RuntimeError(f"Got argnum={number}, but only {count} positional inputs")
    if not listed and count:
        raise RuntimeError("argnums must be non-empty")
    return [number % count for number in listed]


def _first_of(output: Any, has_aux: bool, caller: str) -> Any:
    """What is to be differentiated of a function's output."""
    if not has_aux:
        return output
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(
            f"{caller}: output of function f should be a tuple: (output, aux) if has_aux is True"
        )
    return output[0]


def _check_scalar(value: Any) -> None:
    text = "grad_and_value(f)(*args): Expected f(*args) to return a"
    if not isinstance(value, Tensor):
        raise RuntimeError(f"{text} Tensor, got {type(value)}")
    if value.dim():
        raise RuntimeError(
            f"{text} scalar Tensor, got tensor with {value.dim()} dims. Maybe you wanted to use "
            "the vjp or jacrev APIs instead?"
        )


def _results(value: Any) -> list[Any]:
    """The tensors that a function returned; nothing else may be among them."""
    for leaf in _leaves(value):
        if not isinstance(leaf, Tensor):
            raise RuntimeError(
                "vjp(f, *primals): expected f(*primals) to return only tensors, got "
                f"unsupported type {type(leaf)}"
            )
    return _leaves(value)


def _derivatives(outputs: list[Any], vectors: list[Any], inputs: list[Any]) -> list[Any]:
    """Recorded gradients of the inputs, zeros where one was not used."""
    pairs = [(o, v) for o, v in zip(outputs, vectors, strict=True) if o.requires_grad]
    found: Iterable[Any] = [None] * len(inputs)
    if pairs and inputs:
        starts, given = zip(*pairs, strict=True)
        found = gradients.grad(starts, inputs, given, True, True, allow_unused=True)
    return [zeros_like(t) if g is None else g for g, t in zip(found, inputs, strict=True)]


def _rows(result: Any, inputs: list[Any]) -> list[Any]:
    """The derivatives of one tensor by each input."""
    flat = result.reshape(-1)
    columns = [_derivatives([one], [ones_like(one)], inputs) for one in flat]
    shapes = [result.shape + t.shape for t in inputs]
    if not columns:
        return [t.new_zeros(shape) for t, shape in zip(inputs, shapes, strict=True)]
    parts = zip(zip(*columns, strict=True), shapes, strict=True)
    return [stack(column).reshape(shape) for column, shape in parts]


def _outside(tree: Any, inputs: list[Any]) -> Any:
    """Results for the caller: detached, unless something else than our inputs wants gradients."""
    ours = {id(t) for t in inputs if t.is_leaf}
    wrapped = [
        leaf
        if not isinstance(leaf, Tensor) or (grad_enabled() and _reaches(leaf, ours))
        else leaf.detach()
        for leaf in _leaves(tree)
    ]
    return rebuilt(tree, iter(wrapped))


def _reaches(result: Tensor, ours: set[int]) -> bool:
    """Whether a result was computed from a leaf that is not one of ours."""
    if result.is_leaf:
        return result.requires_grad and id(result) not in ours
    pending, seen = [result.grad_fn], set()
    while pending:
        node: Any = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            if id(node.variable) not in ours:
                return True
        else:
            pending += [following for following, _ in node.next_functions]
    return False
