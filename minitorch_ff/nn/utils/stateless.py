"""Calling a module with other parameters than its own."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn.modules.module import Module

__all__ = ["functional_call"]

Tensors = dict[str, Tensor]

_MISSING: Any = object()


def functional_call(
    module: Module,
    parameters_and_buffers: Tensors,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """The older place of `torch.func.functional_call`, which takes the same arguments.

    See: [torch.func.functional_call](https://docs.pytorch.org/docs/stable/generated/torch.func.functional_call.html).
    """
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 "
        "and will be removed in a future version of PyTorch. "
        "Please use `torch.func.functional_call` instead which is a drop-in replacement.",
        FutureWarning,
        stacklevel=2,
    )
    return call_with(
        module,
        parameters_and_buffers,
        args,
        kwargs,
        tie_weights=tie_weights,
        strict=strict,
    )


def func_functional_call(
    module: Module,
    parameter_and_buffer_dicts: Tensors | Sequence[Tensors],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters and buffers than its own.

    Args:
        module: The module.
        parameter_and_buffer_dicts: Tensors by path, or several such dictionaries. What a path
            is not given for stays the module's own.
        args: A positional argument of the module, or a tuple of them.
        kwargs: Its keyword arguments.
        tie_weights: Whether a tensor given for one path of a shared parameter stands for all.
        strict: Whether every parameter and buffer must be given, and nothing else.

    Returns:
        What the module returns; gradients reach the given tensors.

    Raises:
        RuntimeError: Paths are missing or unknown, and `strict`.
        ValueError: Several tensors for one parameter.

    Example:
        >>> import minitorch_ff as torch
        >>> layer = torch.nn.Linear(1, 1, bias=False)
        >>> weight = torch.tensor([[3.0]], requires_grad=True)
        >>> torch.func.functional_call(layer, {"weight": weight}, torch.tensor([2.0]))
        tensor([6.], grad_fn=<SqueezeBackward4>)

    See: [torch.func.functional_call](https://docs.pytorch.org/docs/stable/generated/torch.func.functional_call.html).
    """
    given = parameter_and_buffer_dicts
    if isinstance(given, Sequence):
        given = _joined(given)
    elif not isinstance(given, dict):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, "
            f"but got {type(given)}"
        )
    return call_with(
        module, given, args, kwargs, tie_weights=tie_weights, strict=strict
    )


def _joined(dicts: Sequence[Tensors]) -> Tensors:
    """Several dictionaries as one."""
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError(
            "Expected all elements of parameter_and_buffer_dicts to be dictionaries"
        )
    paths = [path for d in dicts for path in d]
    repeated = [path for path in dict.fromkeys(paths) if paths.count(path) > 1]
    if repeated:
        raise ValueError(
            f"{repeated} appeared in multiple dictionaries; behavior of functional call is "
            "ambiguous"
        )
    return {path: tensor for d in dicts for path, tensor in d.items()}


def call_with(
    module: Module,
    tensors: Tensors,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Put tensors into a module, call it, and put the module's own back."""
    if args is None:
        args = ()
    elif not isinstance(args, tuple):
        args = (args,)
    wanted = _for_all_names(module, tensors) if tie_weights else tensors
    if strict:
        _must_match(module, wanted)
    with _replaced(module, wanted) as after_call:
        result = module(*args, **(kwargs or {}))
        after_call.extend(tensors)
    return result


def _own_tensors(module: Module) -> Iterator[tuple[str, Tensor]]:
    """All parameters and buffers; a shared one under each of its names."""
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)
