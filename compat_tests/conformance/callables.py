"""Finding a PyTorch name in the implementation, and moving Python functions over to it.

PyTorch's databases hold Python functions written against `torch` (an operator given as
a lambda, a function that picks the differentiable outputs). `rebind` makes the same
function with `torch` meaning the implementation.
"""

import functools
import importlib
import sys
import types

import torch

from compat_tests.conformance import transfer
from compat_tests.conformance.outcome import Mismatch, Skip

TESTING = ("torch.testing", "torch._refs", "compat_tests")


def resolve(impl, dotted: str):
    """`impl.a.b.c`, importing submodules where needed; None when absent."""
    dotted = dotted.removeprefix("torch.")
    if dotted.startswith("__") and "." not in dotted:
        return getattr(impl.Tensor, dotted, None)
    found, path = impl, impl.__name__
    for part in dotted.split("."):
        path += "." + part
        try:
            found = getattr(found, part)
        except AttributeError:
            try:
                found = importlib.import_module(path)
            except ImportError:
                return None
    return found


def is_testing_function(f) -> bool:
    """Whether `f` is the databases' own Python code, not PyTorch's public function."""
    if isinstance(f, functools.partial):
        return True
    module = getattr(f, "__module__", None) or ""
    return isinstance(f, types.FunctionType) and module.startswith(TESTING)


def rebind(f, impl, _done: dict | None = None):
    """The same Python function, with `torch` meaning the implementation."""
    done = {} if _done is None else _done
    if isinstance(f, functools.partial):
        move = transfer.Transfer(impl)
        keywords = {k: move(v) for k, v in f.keywords.items()}
        return functools.partial(rebind(f.func, impl, done), *[move(a) for a in f.args], **keywords)
    if is_testing_function(f):
        return done[id(f)] if id(f) in done else _rebuild(f, impl, done)
    module = getattr(f, "__module__", None) or ""
    if module.startswith("torch") and getattr(f, "__name__", ""):
        return counterpart(f, impl)
    return f


def _rebuild(f: types.FunctionType, impl, done: dict) -> types.FunctionType:
    names = _globals_for(f, impl)
    closure = f.__closure__ and tuple(types.CellType() for _ in f.__closure__)
    new = types.FunctionType(f.__code__, names, f.__name__, f.__defaults__, closure)
    new.__kwdefaults__ = f.__kwdefaults__
    done[id(f)] = new
    for name in _names_used(f.__code__):
        if name in names and name not in names["_rebound"]:
            names["_rebound"].add(name)
            names[name] = _rebind_value(names[name], impl, done)
    for cell, old in zip(new.__closure__ or (), f.__closure__ or (), strict=True):
        try:
            value = old.cell_contents
        except ValueError:  # an empty cell
            continue
        if isinstance(value, torch.dtype):
            value = transfer.Transfer(impl)(value)
        elif callable(value) and not isinstance(value, type):
            value = rebind(value, impl, done)
        cell.cell_contents = value
    return new


@functools.cache
def _globals_of(module_name: str, impl) -> dict:
    names = dict(vars(sys.modules[module_name]))
    replaced = {
        id(torch): impl,
        id(torch.nn): resolve(impl, "nn"),
        id(torch.nn.functional): resolve(impl, "nn.functional"),
    }
    for name, value in names.items():
        names[name] = replaced.get(id(value), value)
    # The database seeds inside some operators; the comparison has already done so.
    names["wrapper_set_seed"] = lambda op, *args, **kwargs: op(*args, **kwargs)
    names["_rebound"] = {"wrapper_set_seed"}
    return names


def _globals_for(f: types.FunctionType, impl) -> dict:
    return _globals_of(f.__globals__["__name__"], impl)


def _names_used(code: types.CodeType):
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names_used(constant)


def _rebind_value(value, impl, done: dict):
    if not callable(value) or isinstance(value, type):
        return value
    try:
        return rebind(value, impl, done)
    except Skip:
        return value


def counterpart(f, impl):
    """The implementation's function of the same name as one of PyTorch's."""
    if impl is torch:
        return f
    name = f.__name__
    for space in ("nn.functional", "", "linalg", "special"):
        theirs = resolve(torch, space) if space else torch
        if getattr(theirs, name, None) is f:
            ours = resolve(impl, space) if space else impl
            if ours is None or not hasattr(ours, name):
                text = f"function argument torch.{space}.{name} is absent"
                raise Mismatch("missing", text)
            return getattr(ours, name)
    for prefix in ("linalg_", "special_", "fft_"):
        if name.startswith(prefix):
            found = resolve(impl, name.replace("_", ".", 1))
            if found is not None:
                return found
    raise Skip(f"callable argument {name}")
