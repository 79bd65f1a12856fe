"""`torch.compile` and `torch.compiler`: functions whose NumPy calls are recorded and replayed.

How it is done is in the package `_compile`, which is loaded when something is compiled.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from minitorch_ff.nn.modules.module import Module

__all__ = ["compile", "disable", "is_compiling", "is_dynamo_compiling", "reset"]

BACKENDS = ("inductor", "aot_eager", "cudagraphs")
"""Names of compilers of PyTorch's: all of them mean ours."""

MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")


class OptimizedModule(Module):
    """What `torch.compile` makes of a module: the module, as `_orig_mod` of another.

    What is not the wrapper's own is read from the module and set there.

    Args:
        mod: The module.
        fullgraph: See `compile`.
    """

    def __init__(self, mod: Module, fullgraph: bool = False) -> None:
        from minitorch_ff._compile.compiled import CompiledCallable

        super().__init__()
        del self.__dict__["training"]  # this, too, is the module's
        self._modules["_orig_mod"] = mod
        self.__dict__["_compiled"] = CompiledCallable(mod, fullgraph)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the module, or replay such a call."""
        return self._compiled(*args, **kwargs)

    def source(self) -> str:
        """What a call computes, in NumPy alone; see `compile`."""
        text: str = self._compiled.source()
        return text

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":
            return super().__getattr__(name)
        return getattr(self._orig_mod, name)

    def _holder(self, name: str) -> object:
        """Who has the attribute `name`, the wrapper or the module."""
        own = name in vars(self) or name in ("forward", "_orig_mod")
        return super() if own else self._orig_mod

    def __setattr__(self, name: str, value: Any) -> None:
        self._holder(name).__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._holder(name).__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._orig_mod)})

    def __len__(self) -> int:
        return len(self._orig_mod)


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | None = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
    **further: Any,
) -> Any:
    """Return a module or function that computes the same, faster from its third call on.

    The first two calls are recorded: every NumPy call that they make. From then on these are
    replayed as a flat function, without tensors, graph or Python's own work, and with memory
    that was set aside. Every result has the same bits. A whole training step can be compiled,
    with `zero_grad`, forward pass, `backward` and the optimizer's step.

    What the function can see is looked at before each replay: shapes, dtypes, strides and
    devices of arguments, tensors in variables, parameters and buffers of modules, `training`,
    the grad mode, and plain values (numbers, texts, tuples, lists, dictionaries) in arguments,
    variables and attributes that its code names. If something differs, the call is recorded
    anew; for more than eight forms the function is called as it is. Settings of optimizers are
    read each time, so rates may change; random numbers are drawn anew.

    A function is called as it is for good, after a warning, if it reads a tensor's elements
    (`item`, `if tensor:`, `print`), has results whose shapes depend on them (`x[x > 0]`), sets
    attributes or outer variables, leaves tensors in places outside, has hooks on tensors, or
    calls something that cannot be looked at.

    Args:
        model: A module or a function; None: return a decorator.
        fullgraph: Raise where the function would be called as it is.
        dynamic: Not used: every shape is recorded by itself.
        backend: `"eager"`: call the function as it is. Other names of PyTorch's mean the same
            as None.
        mode: The name of one of PyTorch's; there is one.
        options: Not used: they are about speed.
        disable: Return `model` itself.
        **further: Not used.

    Returns:
        For a module an `OptimizedModule`, whose `state_dict` has names that begin with
        `_orig_mod.`; for a function another function. `source()` of either shows what is
        replayed.

    Raises:
        RuntimeError: `mode` or `backend` is unknown, or both `mode` and `options` are given.
            From the call, with `fullgraph`: the function cannot be compiled.
        NotImplementedError: `backend` is a function: there is no graph to give it.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff import nn
        >>> torch.compile(nn.Linear(2, 3))
        OptimizedModule(
          (_orig_mod): Linear(in_features=2, out_features=3, bias=True)
        )
        >>> double = torch.compile(lambda x: torch.exp(2 * x))
        >>> for _ in range(2):
        ...     y = double(torch.ones(3))
        >>> print(double.source(), end="")
        def replay(args, kwargs):
            x0 = args[0].buffer
            multiply(x0, c1, b0)
            v3 = exp(b0)
            y0 = wrap(T0, v3)
            return y0

    See: [torch.compile](https://docs.pytorch.org/docs/stable/generated/torch.compile.html).
    """
    if mode is not None and options is not None:
        raise RuntimeError(
            "Either mode or options can be specified, but both can't be specified at the same time."
        )
    if mode is not None and mode not in MODES:
        raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(MODES)}")
    if callable(backend):
        raise NotImplementedError("torch.compile(backend=function): there is no graph to give it")
    if backend not in (None, "eager", *BACKENDS):
        raise InvalidBackend(
            f"Invalid backend: {backend!r}, see `torch._dynamo.list_backends()` for available "
            "backends."
        )
    if model is None:
        return functools.partial(compile, fullgraph=fullgraph, backend=backend, disable=disable)
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    if disable or isinstance(model, type):
        return model
    if backend == "eager":
        return _as_it_is(model)
    from minitorch_ff._compile.compiled import CompiledCallable

    if isinstance(model, Module):
        return OptimizedModule(model, fullgraph)
    return CompiledCallable(model, fullgraph)


def _as_it_is(model: Callable[..., Any]) -> Any:
    """What `backend="eager"` makes."""
    if isinstance(model, Module):
        wrapper = OptimizedModule(model)
        wrapper.__dict__["_compiled"] = model
        return wrapper

    @functools.wraps(model)
    def call(*args: Any, **kwargs: Any) -> Any:
        return model(*args, **kwargs)

    return call


class InvalidBackend(RuntimeError):  # noqa: N818 - PyTorch's name
    """What `compile` raises for the name of no compiler."""


class Unsupported(RuntimeError):  # noqa: N818 - PyTorch's name
    """What `fullgraph=True` raises where a function cannot be compiled."""


def disable(fn: Callable[..., Any] | None = None, recursive: bool = True, **reason: Any) -> Any:
    """Keep a function from being compiled.

    A compiled function that calls it is called as it is.

    Args:
        fn: The function; None: return a decorator.
        recursive: Not used: what `fn` calls is not compiled either.
        **reason: Not used.
    """
    if fn is None:
        return functools.partial(disable, recursive=recursive)
    if isinstance(fn, (type, Module)):
        return fn

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        if (recording := _recording()) is not None:
            recording.give_up("it calls a function that is not to be compiled")
        return fn(*args, **kwargs)

    return call


def _recording() -> Any:
    """The recording that runs in this thread, or None."""
    buffers = sys.modules.get("minitorch_ff._compile.buffers")
    return None if buffers is None else buffers.Active.here()


def is_compiling() -> bool:
    """Whether the caller is being compiled: whether its call is recorded."""
    return _recording() is not None


is_dynamo_compiling = is_compiling


def reset() -> None:
    """Forget what was compiled."""
    compiled = sys.modules.get("minitorch_ff._compile.compiled")
    if compiled is not None:
        compiled.reset()
