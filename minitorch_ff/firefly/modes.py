"""Whether operators record themselves for the backward pass.

The mode belongs to the thread (a `ContextVar`; a new thread starts with recording on), and
reading it costs 20 ns, which matters: every operator call asks.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

_grad_mode: ContextVar[bool] = ContextVar("grad_mode", default=True)
_inference_mode: ContextVar[bool] = ContextVar("inference_mode", default=False)

grad_enabled: Callable[[], bool] = _grad_mode.get
set_grad_mode: Callable[[bool], Any] = _grad_mode.set
inference_enabled: Callable[[], bool] = _inference_mode.get

inferring: list[bool] = []
"""One item for each `inference_mode` block that some thread is in: while there is none,
making a tensor need not ask for the mode."""

Function = TypeVar("Function", bound=Callable[..., Any])


class Mode:
    """A context manager that also decorates functions, as PyTorch's grad modes do."""

    def __enter__(self) -> None:
        raise NotImplementedError

    def __exit__(self, *error: object) -> None:
        raise NotImplementedError

    def clone(self) -> Mode:
        """A fresh object with the same settings: each call of a decorated function."""
        return type(self)()

    def __call__(self, function: Function) -> Function:
        if inspect.isgeneratorfunction(function):
            return self._wrap_generator(function)  # type: ignore[return-value]

        @functools.wraps(function)
        def inside_mode(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return inside_mode  # type: ignore[return-value]

    def _wrap_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A generator runs in the mode only while it runs, not while it waits."""

        @functools.wraps(function)
        def inside_mode(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            try:
                with self.clone():
                    item = next(generator)
                while True:
                    try:
                        sent = yield item
                    except GeneratorExit:
                        with self.clone():
                            generator.close()
                        raise
                    except BaseException as error:
                        with self.clone():
                            item = generator.throw(error)
                    else:
                        with self.clone():
                            item = generator.send(sent)
            except StopIteration as stop:
                return stop.value

        return inside_mode


class no_grad(Mode):
    """Compute without recording: results do not require gradients."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        self = super().__new__(cls)
        return self if function is None else self(function)

    def __enter__(self) -> None:
        self.before = grad_enabled()
        set_grad_mode(False)

    def __exit__(self, *error: object) -> None:
        set_grad_mode(self.before)


class enable_grad(Mode):
    """Record again, inside a `no_grad` block."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        self = super().__new__(cls)
        return self if function is None else self(function)

    def __enter__(self) -> None:
        self.before = grad_enabled()
        set_grad_mode(not inference_enabled())  # there, nothing is recorded

    def __exit__(self, *error: object) -> None:
        set_grad_mode(self.before)


class set_grad_enabled(Mode):
    """Switch recording on or off: at once when called, until the block ends."""

    def __init__(self, mode: bool) -> None:
        self.before = grad_enabled()
        self.mode = mode
        set_grad_mode(mode)

    def __call__(self, function: Function) -> Function:
        set_grad_mode(self.before)  # a decorator changes nothing until the call
        return super().__call__(function)

    def __enter__(self) -> None:
        set_grad_mode(self.mode)

    def __exit__(self, *error: object) -> None:
        set_grad_mode(self.before)

    def __str__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    __repr__ = __str__

    def clone(self) -> set_grad_enabled:
        return type(self)(self.mode)


class inference_mode(Mode):
    """Compute without recording, and without counting versions."""

    def __new__(cls, mode: Any = True) -> Any:
        if isinstance(mode, bool):
            return super().__new__(cls)
        return cls()(mode)

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        self.before = grad_enabled(), inference_enabled()
        set_grad_mode(not self.mode)
        _inference_mode.set(self.mode)
        inferring.append(self.mode)

    def __exit__(self, *error: object) -> None:
        inferring.pop()
        grad, inference = self.before
        set_grad_mode(grad)
        _inference_mode.set(inference)

    def clone(self) -> inference_mode:
        return type(self)(self.mode)
