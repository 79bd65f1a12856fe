"""Hooks: functions that users hang on the calls of modules."""

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn.modules._backward_hook import BackwardHook, hook_last_node
from minitorch_ff.nn.modules._registration import Registration
from minitorch_ff.utils.hooks import RemovableHandle

Hook = Callable[..., Any]

KEPT = (
    "_backward_pre_hooks _backward_hooks _is_full_backward_hook _forward_hooks "
    "_forward_hooks_with_kwargs _forward_hooks_always_called _forward_pre_hooks "
    "_forward_pre_hooks_with_kwargs _hook_ids _state_dict_hooks _state_dict_pre_hooks "
    "_load_state_dict_pre_hooks _load_state_dict_post_hooks"
).split()


def no_hooks() -> dict[str, Any]:
    """What a module keeps of its hooks, all empty.

    `_hook_ids` has the ids of all that belong to calls: if it is empty, a call need not
    look further.
    """
    hooks: dict[str, Any] = {name: OrderedDict() for name in KEPT}
    hooks["_is_full_backward_hook"] = None
    return hooks


# ------------------------------------------------------------------ hooks of one module


class HookRegistration(Registration):
    """The part of `Module` that takes hooks."""

    _is_full_backward_hook: bool | None

    def _add_hook(
        self, kind: str, hook: Hook, prepend: bool = False, **traits: bool
    ) -> RemovableHandle:
        """File a hook, note its id and its traits, and return the handle that undoes it."""
        hooks = self.__dict__[kind]
        notes = [self.__dict__[f"{kind}_{trait}"] for trait, given in traits.items() if given]
        notes.append(self._hook_ids)
        handle = RemovableHandle(hooks, extra_dict=notes)
        hooks[handle.id] = hook
        for note in notes:
            note[handle.id] = True
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        return handle

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before every call of this module.

        Args:
            hook: May return other arguments: a tuple, or a single value.
            prepend: Whether it is called before the hooks already there.
            with_kwargs: Whether it is called as `hook(module, args, kwargs)`; it may
                then return other arguments as a pair.

        Returns:
            A handle that removes the hook.
        """
        return self._add_hook("_forward_pre_hooks", hook, prepend, with_kwargs=with_kwargs)

    def register_forward_hook(
        self,
        hook: Hook,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after every call of this module.

        Args:
            hook: May return another output.
            prepend: Whether it is called before the hooks already there.
            with_kwargs: Whether it is called as `hook(module, args, kwargs, output)`.
            always_call: Whether it is called also when the module raised an error.

        Returns:
            A handle that removes the hook.

        Example:
            >>> import minitorch_ff as torch
            >>> layer = torch.nn.Linear(2, 3)
            >>> handle = layer.register_forward_hook(
            ...     lambda module, args, output: print(output.shape)
            ... )
            >>> _ = layer(torch.zeros(5, 2))
            torch.Size([5, 3])
            >>> handle.remove()
        """
        traits = {"with_kwargs": with_kwargs, "always_called": always_call}
        return self._add_hook("_forward_hooks", hook, prepend, **traits)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` once the gradients of the outputs are known.

        Args:
            hook: May return other gradients, a tuple.
            prepend: Whether it is called before the hooks already there.

        Returns:
            A handle that removes the hook.
        """
        return self._add_hook("_backward_pre_hooks", hook, prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` after the backward pass.

        `grad_input` has an entry for each positional argument, None for what is no
        tensor.

        Args:
            hook: May return other gradients of the inputs, a tuple.
            prepend: Whether it is called before the hooks already there.

        Returns:
            A handle that removes the hook.

        Raises:
            RuntimeError: The module has hooks of the older kind
                (`register_backward_hook`).
        """
        return self._add_backward_hook(hook, full=True, prepend=prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """The older kind of backward hook: it sees only the last operator."""
        return self._add_backward_hook(hook, full=False)

    def _add_backward_hook(self, hook: Hook, full: bool, prepend: bool = False) -> RemovableHandle:
        if self._is_full_backward_hook not in (None, full):
            where = "as a global Module hook" if self is everywhere else "on a single Module"
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks "
                f"{where}. Please use only one of them."
            )
        self._is_full_backward_hook = full
        return self._add_hook("_backward_hooks", hook, prepend)

    def _get_backward_hooks(self) -> tuple[list[Hook], list[Hook]]:
        """All backward hooks for this module: full ones, and the older kind."""
        kinds: dict[bool | None, list[Hook]] = {True: [], False: [], None: []}
        for owner in (everywhere, self):
            kinds[owner._is_full_backward_hook].extend(owner._backward_hooks.values())
        return kinds[True], kinds[False]


# ---------------------------------------------------------------- hooks of all modules

everywhere = HookRegistration()
"""Has the hooks that all modules call, before their own."""
everywhere.__dict__.update(no_hooks())


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, args)` before every call of any module.

    Args:
        hook: May return other arguments: a tuple, or a single value.

    Returns:
        A handle that removes the hook.

    See: [torch.nn](https://docs.pytorch.org/docs/stable/nn.html#global-hooks-for-module).
    """
    return everywhere.register_forward_pre_hook(hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call `hook(module, args, output)` after every call of any module.

    Args:
        hook: May return another output.
        with_kwargs: Whether it is called as `hook(module, args, kwargs, output)`.
        always_call: Whether it is called also when the module raised an error.

    Returns:
        A handle that removes the hook.

    See: [torch.nn](https://docs.pytorch.org/docs/stable/nn.html#global-hooks-for-module).
    """
    return everywhere.register_forward_hook(hook, with_kwargs=with_kwargs, always_call=always_call)


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, grad_output)` before the backward pass of any module.

    Args:
        hook: May return other gradients of the outputs, a tuple.

    Returns:
        A handle that removes the hook.

    See: [torch.nn](https://docs.pytorch.org/docs/stable/nn.html#global-hooks-for-module).
    """
    return everywhere.register_full_backward_pre_hook(hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` after any module's backward pass.

    Args:
        hook: May return other gradients of the inputs, a tuple.

    Returns:
        A handle that removes the hook.

    See: [torch.nn](https://docs.pytorch.org/docs/stable/nn.html#global-hooks-for-module).
    """
    return everywhere.register_full_backward_hook(hook)


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """The older kind of backward hook, which sees only a module's last operator.

    See: [torch.nn](https://docs.pytorch.org/docs/stable/nn.html#global-hooks-for-module).
    """
    return everywhere.register_backward_hook(hook)


# ----------------------------------------------------------------------- a hooked call


class HookedCall:
    """One call of a module that has hooks, or while all modules have some.

    Attributes:
        args, kwargs: What the module is called with; pre-hooks may change them.
        result: What the module and the hooks so far have made of it.
    """

    def __init__(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.module = module
        self.args = args
        self.kwargs = kwargs
        self.result: Any = None
        self._called: set[int] = set()

    def run(self) -> Any:
        """Call the module and all its hooks."""
        try:
            return self._run()
        except Exception:
            self._run_hooks_despite_error()
            raise

    def _run(self) -> Any:
        module = self.module
        full, older = module._get_backward_hooks()
        before = [hook for _, _, hook in self._hooks("_backward_pre_hooks")]
        self._run_pre_hooks()
        watch = None
        if full or before:
            watch = BackwardHook(module, full, before)
            self.args = watch.setup_input_hook(self.args)
        self.result = module.forward(*self.args, **self.kwargs)
        for owner, number, hook in self._hooks("_forward_hooks"):
            self._called.add(number)
            self._run_forward_hook(owner, number, hook)
        if watch is not None:
            if not isinstance(self.result, (Tensor, tuple)):
                warnings.warn(
                    "For backward hooks to be called, module output should be a "
                    f"Tensor or a tuple of Tensors but received {type(self.result)}",
                    stacklevel=4,
                )
            self.result = watch.setup_output_hook(self.result)
        if older:
            hook_last_node(module, older, self.args, self.result)
        return self.result

    def _hooks(self, kind: str) -> list[tuple[HookRegistration, int, Hook]]:
        """Those of all modules, then the module's own: owner, id and function."""
        return [
            (owner, number, hook)
            for owner in (everywhere, self.module)
            for number, hook in owner.__dict__[kind].items()
        ]

    def _run_pre_hooks(self) -> None:
        module = self.module
        for owner, number, hook in self._hooks("_forward_pre_hooks"):
            if number in owner._forward_pre_hooks_with_kwargs:
                replaced = hook(module, self.args, self.kwargs)
                if replaced is None:
                    continue
                if not (isinstance(replaced, tuple) and len(replaced) == 2):
                    raise RuntimeError(
                        "forward pre-hook must return None or a tuple of (new_args, "
                        f"new_kwargs), but got {replaced}."
                    )
                self.args, self.kwargs = replaced
            else:
                replaced = hook(module, self.args)
                if replaced is not None:
                    self.args = replaced if isinstance(replaced, tuple) else (replaced,)

    def _run_forward_hook(self, owner: HookRegistration, number: int, hook: Hook) -> None:
        kwargs = [self.kwargs] if number in owner._forward_hooks_with_kwargs else []
        replaced = hook(self.module, self.args, *kwargs, self.result)
        if replaced is not None:
            self.result = replaced

    def _run_hooks_despite_error(self) -> None:
        """Run always-called hooks that did not run; their errors are warnings."""
        for owner, number, hook in self._hooks("_forward_hooks"):
            if number in self._called or number not in owner._forward_hooks_always_called:
                continue
            try:
                self._run_forward_hook(owner, number, hook)
            except Exception as error:
                kind = "global module" if owner is everywhere else "module"
                warnings.warn(
                    f"{kind} forward hook with ``always_call=True`` raised an exception that "
                    f"was silenced as another error was raised in forward: {error}",
                    stacklevel=4,
                )
