"""`torch.compile` and `torch.compiler`: nothing is compiled, all computes the same."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minitorch_ff.nn.modules.module import Module

__all__ = ["compile", "disable", "is_compiling", "is_dynamo_compiling", "reset"]

MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")


class OptimizedModule(Module):
    """What `torch.compile` makes of a module: the module, as `_orig_mod` of another.

    What is not the wrapper's own is read from the module and set there.
    """

    def __init__(self, mod: Module) -> None:
        super().__init__()
        self._modules["_orig_mod"] = mod

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the module."""
        return self._orig_mod(*args, **kwargs)

    @property
    def training(self) -> bool:  # type: ignore[override]
        """Whether the module trains."""
        return self._orig_mod.training

    @training.setter
    def training(self, mode: bool) -> None:
        self._orig_mod.training = mode

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":
            return super().__getattr__(name)
        return getattr(self._orig_mod, name)

    def _holder(self, name: str) -> object:
        """Who has the attribute `name`, the wrapper or the module."""
        own = name in vars(self) or name in ("training", "forward", "_orig_mod")
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
    """Return a module or function that computes the same; nothing is compiled.

    All settings are about speed, and cannot change a result.

    Args:
        model: A module or a function; None: return a decorator.
        fullgraph: Not used.
        dynamic: Not used.
        backend: The name of one.
        mode: The name of one of PyTorch's.
        options: Not used.
        disable: Return `model` itself.
        **further: Not used.

    Returns:
        For a module an `OptimizedModule`, whose `state_dict` has names that begin with
        `_orig_mod.`; for a function another function.

    Raises:
        RuntimeError: `mode` is unknown, or both `mode` and `options` are given.
        NotImplementedError: `backend` is a function: there is no graph to give it.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff import nn
        >>> torch.compile(nn.Linear(2, 3))
        OptimizedModule(
          (_orig_mod): Linear(in_features=2, out_features=3, bias=True)
        )

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
    if model is None:
        return functools.partial(compile, disable=disable)
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    if disable or isinstance(model, type):
        return model
    if isinstance(model, Module):
        return OptimizedModule(model)

    @functools.wraps(model)
    def call(*args: Any, **kwargs: Any) -> Any:
        return model(*args, **kwargs)

    return call


def disable(fn: Callable[..., Any] | None = None, recursive: bool = True, **reason: Any) -> Any:
    """Keep a function from being compiled: return it, or a decorator if there is none yet."""
    return (lambda function: function) if fn is None else fn


def is_compiling() -> bool:
    """Whether the caller is being compiled: it is not."""
    return False


is_dynamo_compiling = is_compiling


def reset() -> None:
    """Forget what was compiled: nothing."""
