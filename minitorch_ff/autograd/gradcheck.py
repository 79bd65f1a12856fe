"""Gradients checked against differences: of first order, and of second."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from minitorch_ff._functions.creation import empty, zeros
from minitorch_ff._tensor import Tensor
from minitorch_ff.autograd.gradients import grad, listed


class GradcheckError(RuntimeError):
    """A gradient differs from the differences, or cannot be checked."""


def gradcheck(
    func: Callable[..., Any], inputs: Any, *, eps: float = 1e-6, atol: float = 1e-5,
    rtol: float = 1e-3, raise_exception: bool = True, nondet_tol: float = 0.0,
    check_undefined_grad: bool = True, check_grad_dtypes: bool = False, fast_mode: bool = False,
) -> bool:  # fmt: skip
    """Compare the gradients of a function with central differences.

    Args:
        func: Takes the inputs, returns a tensor or several.
        inputs: Tensors (float64 is advised); those that require grad are checked.
        eps: The step of the differences.
        atol: How far gradient and difference may be apart.
        rtol: The same, relative to the difference.
        raise_exception: Raise if they are; otherwise return False.
        nondet_tol: How far two backward passes may be apart.
        check_undefined_grad: Also check that missing gradients count as zeros.
        check_grad_dtypes: Also check that gradients have the inputs' dtypes.
        fast_mode: Compare in a random direction only; here the full check is made anyway.

    Returns:
        Whether all gradients agree.

    Raises:
        GradcheckError: They do not, or there is nothing to check.

    Example:
        >>> import minitorch_ff as torch
        >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
        >>> torch.autograd.gradcheck(torch.exp, (x,))
        True

    See: [torch.autograd.gradcheck](https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html).
    """
    try:
        _check(func, listed(inputs), eps, atol, rtol, nondet_tol, check_grad_dtypes)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _check(
    func: Any, inputs: tuple[Any, ...], eps: float, atol: float, rtol: float, nondet_tol: float,
    check_dtypes: bool,
) -> None:  # fmt: skip
    checked = [t for t in inputs if isinstance(t, Tensor) and t.requires_grad]
    if not checked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of "
            "them have requires_grad=True."
        )
    for i, tensor in enumerate(checked):
        if tensor.buffer.dtype.itemsize < 8:
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or "
                "complex. This check will likely fail if all the inputs are not of double "
                "precision floating point or complex. ",
                stacklevel=3,
            )
    outputs = [t for t in listed(func(*inputs)) if isinstance(t, Tensor)]
    constant = not any([t.requires_grad for t in outputs])
    for i, tensor in enumerate(checked):
        numerical = _numerical(func, inputs, tensor, eps)
        if constant and any([v != 0 for jacobian in numerical for v in _flat(jacobian)]):
            raise GradcheckError(f"Numerical gradient for function expected to be zero (input {i})")
        for j, output in enumerate(outputs):
            if not output.requires_grad:
                continue
            analytical = _analytical(output, tensor, check_dtypes)
            again = _analytical(output, tensor, check_dtypes)
            if not _close(analytical, again, nondet_tol, 0.0):
                raise GradcheckError(
                    "Backward is not reentrant, i.e., running backward with same input and "
                    "grad_output multiple times gives different values, although analytical "
                    f"gradient matches numerical gradient.The tolerance for nondeterminism was "
                    f"{nondet_tol}."
                )
            if not _close(analytical, numerical[j], atol, rtol):
                raise GradcheckError(
                    f"Jacobian mismatch for output {j} with respect to input {i},\n"
                    f"numerical:{numerical[j]}\nanalytical:{analytical}\n"
                )


def _flat(tensor: Tensor) -> list[float]:
    return tensor.detach().reshape(-1).tolist()  # type: ignore[no-any-return]


def _close(a: Tensor, b: Tensor, atol: float, rtol: float) -> bool:
    pairs = zip(_flat(a), _flat(b), strict=True)
    return all([x == y or abs(x - y) <= atol + rtol * abs(y) for x, y in pairs])


def _numerical(func: Any, inputs: Any, tensor: Tensor, eps: float) -> list[Tensor]:
    """The Jacobians of all outputs by one input, from central differences."""
    columns: list[list[list[float]]] = []
    data = tensor.data  # to change it is no step back for what `func` saved before
    values = data.reshape(-1)
    for k in range(values.numel()):
        before = values[k].item()
        results: list[list[list[float]]] = []
        for value in (before + eps, before - eps, before):
            values[k] = value
            data.copy_(values.reshape(tensor.shape))  # `values` may be a copy
            if len(results) < 2:
                outputs = listed(func(*inputs))
                results.append([_flat(o) for o in outputs if isinstance(o, Tensor)])
        pairs = zip(*results, strict=True)
        columns.append(
            [[(a - b) / (2 * eps) for a, b in zip(*pair, strict=True)] for pair in pairs]
        )
    return [tensor.new_tensor(list(rows)) for rows in zip(*columns, strict=True)]


def _analytical(output: Tensor, tensor: Tensor, check_dtypes: bool) -> Tensor:
    """The Jacobian of one output by one input, from backward passes."""
    size = output.numel()
    jacobian = zeros(tensor.numel(), size, dtype=tensor.dtype, device=tensor.device)
    for j in range(size):
        direction = zeros(size, dtype=output.dtype, device=output.device)
        direction[j] = 1
        (part,) = grad(
            output, tensor, direction.reshape(output.shape), retain_graph=True, allow_unused=True
        )
        if part is not None:
            if check_dtypes and part.dtype is not tensor.dtype:
                raise GradcheckError("Gradient has dtype mismatch")
            jacobian[:, j] = part.reshape(-1)
    return jacobian


def gradgradcheck(
    func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, *, eps: float = 1e-6,
    atol: float = 1e-5, rtol: float = 1e-3, gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True, nondet_tol: float = 0.0, check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False, fast_mode: bool = False,
) -> bool:  # fmt: skip
    """Compare the gradients of a function's gradients with central differences.

    Args:
        func: Takes the inputs, returns a tensor or several.
        inputs: Tensors (float64 is advised); those that require grad are checked.
        grad_outputs: Where the first backward pass starts; random numbers by default.
        eps: The step of the differences.
        atol: How far gradient and difference may be apart.
        rtol: The same, relative to the difference.
        gen_non_contig_grad_outputs: Must be False.
        raise_exception: Raise if they are; otherwise return False.
        nondet_tol: How far two backward passes may be apart.
        check_undefined_grad: Also check that missing gradients count as zeros.
        check_grad_dtypes: Also check that gradients have the inputs' dtypes.
        fast_mode: As for `gradcheck`.

    Returns:
        Whether all second gradients agree.

    Raises:
        GradcheckError: They do not.

    See: [torch.autograd.gradgradcheck](https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradgradcheck.html).
    """
    if gen_non_contig_grad_outputs:
        raise NotImplementedError("gradgradcheck(gen_non_contig_grad_outputs=True)")
    given = listed(inputs)
    if grad_outputs is None:
        outputs = [t for t in listed(func(*given)) if isinstance(t, Tensor) and t.requires_grad]
        empties = [empty(t.shape, dtype=t.dtype, device=t.device) for t in outputs]
        starts = tuple([e.uniform_(-1, 1).requires_grad_() for e in empties])
    else:
        starts = listed(grad_outputs)
    count = len(starts)

    def first_order(*args: Any) -> Any:
        values, directions = args[:-count], args[-count:]
        outputs = [t for t in listed(func(*values)) if isinstance(t, Tensor) and t.requires_grad]
        wanted = [t for t in values if isinstance(t, Tensor) and t.requires_grad]
        parts = grad(outputs, wanted, directions, create_graph=True, allow_unused=True)
        return tuple([p for p in parts if p is not None])

    return gradcheck(
        first_order, (*given, *starts), eps=eps, atol=atol, rtol=rtol,
        raise_exception=raise_exception, nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
    )  # fmt: skip
