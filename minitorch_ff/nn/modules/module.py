"""`nn.Module`: the base class of all layers, losses and models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from minitorch_ff.nn.modules._conversion import Conversion
from minitorch_ff.nn.modules._hooks import (
    HookedCall, HookRegistration, everywhere, no_hooks, register_module_backward_hook,
    register_module_forward_hook, register_module_forward_pre_hook,
    register_module_full_backward_hook, register_module_full_backward_pre_hook,
)  # fmt: skip
from minitorch_ff.nn.modules._registration import (
    register_module_buffer_registration_hook, register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)  # fmt: skip
from minitorch_ff.nn.modules._state_dict import StateDict, _IncompatibleKeys
from minitorch_ff.nn.parameter import forget_gradients


__all__ = [
    "Module", "_IncompatibleKeys", "register_module_backward_hook",
    "register_module_buffer_registration_hook", "register_module_forward_hook",
    "register_module_forward_pre_hook", "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook", "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]  # fmt: skip

_hooks_everywhere = everywhere._hook_ids


def _no_forward(self: Module, *input: Any) -> None:
    """Compute the output; every subclass defines this."""
    raise NotImplementedError(
        f'Module [{type(self).__name__}] is missing the required "forward" function'
    )


class Module(HookRegistration, StateDict, Conversion):
    """The base class of all layers, losses and models.

    A subclass makes its parameters and submodules in `__init__` (after
    `super().__init__()`) and computes in `forward`. What is assigned to an attribute is
    found again: a `Parameter` in `parameters()`, a `Module` in `children()`, and both in
    `state_dict()`.

    The class is put together from parts, one file each: what belongs to a module
    (`_registration`), walking the tree (`_traversal`), dtypes and devices
    (`_conversion`), hooks (`_hooks`), saving and loading (`_state_dict`).

    Attributes:
        training: Whether the module is being trained (dropout is on) or evaluated.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff import nn
        >>> class Doubled(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.linear = nn.Linear(2, 3)
        ...
        ...     def forward(self, x):
        ...         return 2 * self.linear(x)
        >>> model = Doubled()
        >>> model(torch.zeros(5, 2)).shape
        torch.Size([5, 3])
        >>> model
        Doubled(
          (linear): Linear(in_features=2, out_features=3, bias=True)
        )

    See: [torch.nn.Module](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html).
    """

    dump_patches: bool = False
    call_super_init: bool = False
    """Whether `__init__` calls the next class's, with its arguments."""

    forward: Callable[..., Any] = _no_forward
    _compiled_call_impl: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            name = type(self).__name__
            if kwargs:
                raise TypeError(
                    f"{name}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{name}.__init__() takes 1 positional argument but {len(args) + 1} were given"
                )
        # Straight into the dictionary: `__setattr__` looks for parameters and modules.
        self.__dict__.update(training=True, _parameters={}, _buffers={})
        self.__dict__.update(_non_persistent_buffers_set=set(), **no_hooks())
        self.__dict__["_modules"] = {}
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # ------------------------------------------------------------------------ calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call `forward`, and the hooks if there are any."""
        if self._hook_ids or _hooks_everywhere:
            return HookedCall(self, args, kwargs).run()
        if not kwargs:  # in CPython a call with stars costs twice as much
            if len(args) == 1:
                return self.forward(args[0])
            if len(args) == 2:
                return self.forward(args[0], args[1])
        return self.forward(*args, **kwargs)

    _call_impl = __call__

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compile `forward` in place, by `torch.compile`: calls compute the same, faster.

        Unlike the module that `torch.compile` returns, this one keeps its class and the names in
        its `state_dict`. Copies of it, and what is saved of it, are not compiled.

        Args:
            *args: None.
            **kwargs: What `torch.compile` takes.

        Raises:
            RuntimeError: As `torch.compile` does.

        Example:
            >>> import minitorch_ff as torch
            >>> layer = torch.nn.Linear(2, 3)
            >>> layer.compile()
            >>> layer(torch.zeros(5, 2)).shape
            torch.Size([5, 3])

        See: [torch.nn.Module.compile](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.compile).
        """
        from minitorch_ff.compiler import compile

        self._compiled_call_impl = self.forward = compile(self.forward, *args, **kwargs)

    # -------------------------------------------------------------------- whole modules

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` with every module below this one, then with this one.

        Args:
            fn: Often sets initial values.

        Returns:
            This module.

        Example:
            >>> from minitorch_ff import nn
            >>> def zero_bias(module):
            ...     if isinstance(module, nn.Linear):
            ...         nn.init.zeros_(module.bias)
            >>> model = nn.Sequential(nn.Linear(2, 2), nn.ReLU()).apply(zero_bias)
            >>> model[0].bias
            Parameter containing:
            tensor([0., 0.], requires_grad=True)
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all below it to training, or with False to evaluation.

        Dropout and batch normalization, for instance, compute differently then.

        Args:
            mode: Whether to train.

        Returns:
            This module.
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Switch this module and all below it to evaluation, as `train(False)` does."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Ask for the gradients of all parameters, or no longer (to freeze them).

        Args:
            requires_grad: Whether gradients are wanted.

        Returns:
            This module.
        """
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters.

        Args:
            set_to_none: Whether `.grad` becomes None; otherwise it is filled with
                zeros.
        """
        forget_gradients(self.parameters(), set_to_none)

    # --------------------------------------------------------------- text and copying

    def extra_repr(self) -> str:
        """What `repr` shows of the module itself: override it to list settings."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        own = extra.split("\n") if extra else []
        children = [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]
        if not children and len(own) <= 1:
            return f"{self._get_name()}({extra})"
        lines = "\n  ".join(own + children)
        return f"{self._get_name()}(\n  {lines}\n)"

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        compiled = state.pop("_compiled_call_impl", None)
        if compiled is not None and state.get("forward") is compiled:
            del state["forward"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A state saved by an older class may lack dictionaries that came later.
        self.__dict__.update(_non_persistent_buffers_set=set(), **no_hooks())
        self.__dict__.update(state)
        if "_hook_ids" not in state:  # a checkpoint's, which has what PyTorch's have
            for kind in ("forward_pre", "forward", "backward_pre", "backward"):
                self._hook_ids.update(dict.fromkeys(getattr(self, f"_{kind}_hooks"), True))
            for number, wrapped in self._load_state_dict_pre_hooks.items():
                self._load_state_dict_pre_hooks[number] = wrapped.hook, wrapped.with_module


def indented(text: str) -> str:
    """`text` with two spaces before all lines but the first and empty ones."""
    first, *others = text.split("\n")
    return "\n".join([first, *("  " + line if line.strip() else "" for line in others)])
