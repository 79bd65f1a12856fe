"""Hooks: functions that users hang on the calls of modules."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn.modules._registration import Registration
from minitorch_ff.utils.hooks import RemovableHandle

Hook = Callable[..., Any]
Hooks = OrderedDict[int, Hook]
Marks = OrderedDict[int, bool]

TWO_KINDS = (
    "Cannot use both regular backward hooks and full backward hooks {}. "
    "Please use only one of them."
)


class _Everywhere:
    """The hooks that all modules call, before their own."""

    def __init__(self) -> None:
        self.forward_pre: Hooks = OrderedDict()
        self.forward: Hooks = OrderedDict()
        self.forward_with_kwargs: Marks = OrderedDict()
        self.forward_always: Marks = OrderedDict()
        self.backward_pre: Hooks = OrderedDict()
        self.backward: Hooks = OrderedDict()
        self.backward_is_full: bool | None = None
        self.ids: Marks = OrderedDict()


everywhere = _Everywhere()


def _add(
    hooks: Hooks, hook: Hook, ids: Marks, *marks: tuple[Marks, bool], prepend: bool = False
) -> RemovableHandle:
    """File a hook, mark its id where told to, and return the handle that undoes it.

    Args:
        hooks: Where to file it.
        hook: The hook.
        ids: The ids of all hooks of one owner: empty, and a call need not look further.
        *marks: Dictionaries of ids with a trait, and whether this hook has it.
        prepend: Whether it goes before those already there.
    """
    handle = RemovableHandle(hooks, extra_dict=[ids, *[mark for mark, _ in marks]])
    hooks[handle.id] = hook
    ids[handle.id] = True
    for mark, applies in marks:
        if applies:
            mark[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


# ---------------------------------------------------------------- hooks of all modules


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, args)` before every call of any module.

    Args:
        hook: May return other arguments: a tuple, or a single value.

    Returns:
        A handle that removes the hook.

    See: [torch.nn](https://docs.pytorch.org/docs/stable/nn.html#global-hooks-for-module).
    """
    return _add(everywhere.forward_pre, hook, everywhere.ids)


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
    marks = (everywhere.forward_with_kwargs, with_kwargs), (everywhere.forward_always, always_call)
    return _add(everywhere.forward, hook, everywhere.ids, *marks)


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, grad_output)` before the backward pass of any module.

    Args:
        hook: May return other gradients of the outputs, a tuple.

    Returns:
        A handle that removes the hook.

    See: [torch.nn](https://docs.pytorch.org/docs/stable/nn.html#global-hooks-for-module).
    """
    return _add(everywhere.backward_pre, hook, everywhere.ids)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` after any module's backward pass.

    Args:
        hook: May return other gradients of the inputs, a tuple.

    Returns:
        A handle that removes the hook.

    See: [torch.nn](https://docs.pytorch.org/docs/stable/nn.html#global-hooks-for-module).
    """
    return _add_backward_hook_everywhere(hook, full=True)


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """The older kind of backward hook, which sees only a module's last operator.

    See: [torch.nn](https://docs.pytorch.org/docs/stable/nn.html#global-hooks-for-module).
    """
    return _add_backward_hook_everywhere(hook, full=False)


def _add_backward_hook_everywhere(hook: Hook, full: bool) -> RemovableHandle:
    if everywhere.backward_is_full not in (None, full):
        raise RuntimeError(TWO_KINDS.format("as a global Module hook"))
    everywhere.backward_is_full = full
    return _add(everywhere.backward, hook, everywhere.ids)


# ------------------------------------------------------------------ hooks of one module


class HookRegistration(Registration):
    """The part of `Module` that takes hooks."""

    _forward_pre_hooks: Hooks
    _forward_pre_hooks_with_kwargs: Marks
    _forward_hooks: Hooks
    _forward_hooks_with_kwargs: Marks
    _forward_hooks_always_called: Marks
    _backward_pre_hooks: Hooks
    _backward_hooks: Hooks
    _is_full_backward_hook: bool | None
    _hook_ids: Marks
    """The ids of all the hooks above."""

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
        mark = self._forward_pre_hooks_with_kwargs, with_kwargs
        return _add(self._forward_pre_hooks, hook, self._hook_ids, mark, prepend=prepend)

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
        kwargs_mark = self._forward_hooks_with_kwargs, with_kwargs
        always_mark = self._forward_hooks_always_called, always_call
        marks = kwargs_mark, always_mark
        return _add(self._forward_hooks, hook, self._hook_ids, *marks, prepend=prepend)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` once the gradients of the outputs are known.

        Args:
            hook: May return other gradients, a tuple.
            prepend: Whether it is called before the hooks already there.

        Returns:
            A handle that removes the hook.
        """
        return _add(self._backward_pre_hooks, hook, self._hook_ids, prepend=prepend)

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
            raise RuntimeError(TWO_KINDS.format("on a single Module"))
        self._is_full_backward_hook = full
        return _add(self._backward_hooks, hook, self._hook_ids, prepend=prepend)

    def _get_backward_hooks(self) -> tuple[list[Hook], list[Hook]]:
        """All backward hooks for this module: full ones, and the older kind."""
        kinds: dict[bool | None, list[Hook]] = {True: [], False: [], None: []}
        kinds[everywhere.backward_is_full].extend(everywhere.backward.values())
        kinds[self._is_full_backward_hook].extend(self._backward_hooks.values())
        return kinds[True], kinds[False]


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
        before = [*everywhere.backward_pre.values(), *module._backward_pre_hooks.values()]
        self._run_pre_hooks()
        watch = None
        if full or before:
            # Imported here, as it needs `autograd`: few programs come this way.
            from minitorch_ff.nn.modules._backward_hook import BackwardHook

            watch = BackwardHook(module, full, before)
            self.args = watch.setup_input_hook(self.args)
        self.result = module.forward(*self.args, **self.kwargs)
        self._run_forward_hooks()
        if watch is not None:
            if not isinstance(self.result, (Tensor, tuple)):
                warnings.warn(
                    "For backward hooks to be called, module output should be a "
                    f"Tensor or a tuple of Tensors but received {type(self.result)}",
                    stacklevel=4,
                )
            self.result = watch.setup_output_hook(self.result)
        if older:
            from minitorch_ff.nn.modules._backward_hook import hook_last_node

            hook_last_node(module, older, self.args, self.result)
        return self.result

    def _run_pre_hooks(self) -> None:
        module = self.module
        own = module._forward_pre_hooks.items()
        for number, hook in [*everywhere.forward_pre.items(), *own]:
            if number in module._forward_pre_hooks_with_kwargs:
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
                    single = not isinstance(replaced, tuple)
                    self.args = (replaced,) if single else replaced

    def _run_forward_hooks(self) -> None:
        own = self.module._forward_hooks.items()
        for number, hook in [*everywhere.forward.items(), *own]:
            self._called.add(number)
            self._run_forward_hook(number, hook)

    def _run_forward_hook(self, number: int, hook: Hook) -> None:
        module = self.module
        if number in module._forward_hooks_with_kwargs or number in everywhere.forward_with_kwargs:
            replaced = hook(module, self.args, self.kwargs, self.result)
        else:
            replaced = hook(module, self.args, self.result)
        if replaced is not None:
            self.result = replaced

    def _run_hooks_despite_error(self) -> None:
        """Run always-called hooks that did not run; their errors are warnings."""
        module = self.module
        own = module._forward_hooks_always_called
        for hooks, marks, kind in (
            (everywhere.forward, everywhere.forward_always, "global module"),
            (module._forward_hooks, own, "module"),
        ):
            for number in [n for n in hooks if n in marks and n not in self._called]:
                try:
                    self._run_forward_hook(number, hooks[number])
                except Exception as error:
                    warnings.warn(
                        f"{kind} forward hook with ``always_call=True`` raised an exception that "
                        f"was silenced as another error was raised in forward: {error}",
                        stacklevel=4,
                    )
