"""`torch.func.functional_call`: calling a module with other parameters than its own."""

from collections.abc import Iterator, Sequence
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn.modules.module import Module

__all__ = ["functional_call"]

Tensors = dict[str, Tensor]

_MISSING: Any = object()


def functional_call(
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
        parameter_and_buffer_dicts: Tensors by path, or several such dictionaries. What
            no tensor is given for stays the module's own. A buffer that the module
            replaces during the call is replaced in the dictionary.
        args: A positional argument of the module, or a tuple of them.
        kwargs: Its keyword arguments.
        tie_weights: Whether a tensor given for one path of a shared parameter stands
            for all.
        strict: Whether every parameter and buffer must be given, and nothing else.

    Returns:
        What the module returns; gradients reach the given tensors.

    Raises:
        RuntimeError: Paths are missing or unknown, and `strict`.
        ValueError: Several tensors for one parameter.

    Example:
        >>> import minitorch_ff as torch
        >>> layer = torch.nn.Linear(2, 1, bias=False)
        >>> weight = torch.tensor([[3.0, 4.0]])
        >>> torch.func.functional_call(layer, {"weight": weight}, torch.ones(1, 2))
        tensor([[7.]])

    See: [torch.func.functional_call](https://docs.pytorch.org/docs/stable/generated/torch.func.functional_call.html).
    """
    given = parameter_and_buffer_dicts
    if isinstance(given, Sequence):
        given = _joined(given)
    elif not isinstance(given, dict):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of "
            f"dicts, but got {type(given)}"
        )
    return call_with(module, given, args, kwargs, tie_weights, strict)


def call_with(
    module: Module, tensors: Tensors, args: Any, kwargs: Any, tie_weights: bool, strict: bool
) -> Any:
    """Put tensors into a module, call it, and put the module's own back."""
    if not isinstance(args, tuple):
        args = () if args is None else (args,)
    wanted = _under_all_names(module, tensors) if tie_weights else tensors
    if strict:
        _must_match(module, wanted)
    originals: Tensors = {}
    try:
        for path, tensor in wanted.items():
            originals[path] = _swap(module, path, tensor)
        return module(*args, **(kwargs or {}))
    finally:
        for path, original in originals.items():
            after_call = _swap(module, path, original)
            if path in tensors and after_call is not _MISSING:
                tensors[path] = after_call


def _joined(dicts: Sequence[Tensors]) -> Tensors:
    """Several dictionaries as one."""
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    paths = [path for d in dicts for path in d]
    repeated = [path for path in dict.fromkeys(paths) if paths.count(path) > 1]
    if repeated:
        raise ValueError(
            f"{repeated} appeared in multiple dictionaries; behavior of functional "
            "call is ambiguous"
        )
    return {path: tensor for d in dicts for path, tensor in d.items()}


def _own_tensors(module: Module) -> Iterator[tuple[str, Tensor]]:
    """All parameters and buffers; a shared one comes under each of its names."""
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)


def _under_all_names(module: Module, tensors: Tensors) -> Tensors:
    """`tensors`, those given for a shared parameter under all its names."""
    names_of: dict[int, list[str]] = {}
    for name, own in _own_tensors(module):
        names_of.setdefault(id(own), []).append(name)
    complete = dict(tensors)
    for names in names_of.values():
        given = [name for name in names if name in tensors]
        if len(names) == 1 or not given:
            continue
        if len({id(tensors[name]) for name in given}) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which "
                "are tied. Consider using tie_weights=False"
            )
        complete.update(dict.fromkeys(names, tensors[given[0]]))
    return complete


def _must_match(module: Module, tensors: Tensors) -> None:
    """Refuse tensors that are not exactly those of the module."""
    own = dict(_own_tensors(module))
    unexpected, missing = tensors.keys() - own.keys(), own.keys() - tensors.keys()
    lines = [f"Error(s) in reparametrizing for {module._get_name()}:"]
    for what, paths in (("Unexpected", unexpected), ("Missing", missing)):
        if paths:
            lines.append(f"{what} key(s): {', '.join(map(repr, sorted(paths)))}.")
    if len(lines) > 1:
        raise RuntimeError("\n\t".join(lines))


def _swap(module: Module, path: str, tensor: Any) -> Any:
    """Put a tensor (or nothing: `_MISSING`) at a path, and return what was there."""
    prefix, _, name = path.rpartition(".")
    owner = _submodule(module, prefix)
    if not (tensor is None or tensor is _MISSING or isinstance(tensor, Tensor)):
        raise TypeError(f"{tensor} is not an instance of torch.Tensor")
    check(name != "", 'tensor name can\'t be empty string ""', KeyError)
    members: Any = owner._parameters if name in owner._parameters else owner._buffers
    if name not in members:
        return _swap_attribute(owner, name, tensor)
    before = members[name]
    if tensor is _MISSING:
        del members[name]
    else:
        members[name] = tensor
    return before


def _swap_attribute(owner: Module, name: str, tensor: Any) -> Any:
    before = getattr(owner, name, _MISSING)
    if not (before is None or before is _MISSING or isinstance(before, Tensor)):
        raise TypeError(f"attribute `{name}`: {before} is not an instance of torch.Tensor")
    if tensor is not _MISSING:
        setattr(owner, name, tensor)
    elif before is not _MISSING:
        delattr(owner, name)
    return before


def _submodule(module: Module, path: str) -> Module:
    for name in path.split(".") if path else ():
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        module = getattr(module, name)
        if not isinstance(module, Module):
            raise TypeError(f"submodule `{path}`: {module} is not an instance of torch.nn.Module")
    return module
