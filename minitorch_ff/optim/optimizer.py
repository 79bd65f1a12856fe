"""What all optimizers share: parameter groups, state, checkpoints, hooks."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any, TypeAlias

from minitorch_ff._functions.typename import typename
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import enable_grad
from minitorch_ff.nn.parameter import forget_gradients
from minitorch_ff.utils.hooks import RemovableHandle

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]

ParamsT: TypeAlias = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
Closure: TypeAlias = Callable[[], Any]
Hook: TypeAlias = Callable[..., Any]
StateDict: TypeAlias = dict[str, Any]

_global_optimizer_pre_hooks: OrderedDict[int, Hook] = OrderedDict()
_global_optimizer_post_hooks: OrderedDict[int, Hook] = OrderedDict()


class _RequiredParameter:
    """The default of a setting that every parameter group must give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before every step of every optimizer.

    Args:
        hook: Returns None, or the arguments to call `step` with in place of its own.

    Returns:
        A handle whose `remove()` takes the hook away.
    """
    return _register(_global_optimizer_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after every step of every optimizer.

    Args:
        hook: Its result is not used.

    Returns:
        A handle whose `remove()` takes the hook away.
    """
    return _register(_global_optimizer_post_hooks, hook)


class Optimizer:
    """Base class of all optimizers; a subclass writes `step`.

    Parameters come in groups, each a dictionary with the list `params` and the settings
    that hold for it. What an optimizer remembers of a parameter is in
    `state[parameter]`.

    Args:
        params: The tensors to optimize, or `(name, tensor)` pairs, or dictionaries: one
            per parameter group, with the settings in which it differs from `defaults`.
        defaults: Settings of groups that do not give their own.

    Raises:
        TypeError: `params` is a tensor, or something in it is none.
        ValueError: There are no parameters, one has a history, or one is in two groups.

    Example:
        >>> import minitorch_ff as torch
        >>> class Descent(torch.optim.Optimizer):
        ...     def step(self, closure=None):
        ...         with torch.no_grad():
        ...             for group in self.param_groups:
        ...                 for p in group["params"]:
        ...                     p -= group["lr"] * p.grad
        >>> w = torch.nn.Parameter(torch.ones(2))
        >>> optimizer = Descent([w], {"lr": 0.25})
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.5000, 0.5000])

    See: [torch.optim.Optimizer](https://docs.pytorch.org/docs/stable/optim.html).
    """

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self._make_hooks()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of "
                f"Tensors or dicts, but got {typename(params)}"
            )
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def step(self, closure: Closure | None = None) -> Any:
        """Change the parameters once, by their gradients.

        Args:
            closure: Computes the loss and its gradients anew, and returns the loss.

        Returns:
            What `closure` returned, or None.

        Raises:
            NotImplementedError: The subclass has not written it.
        """
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters.

        Args:
            set_to_none: Drop them, so that a parameter the next backward pass does not
                reach has none and is not changed. Otherwise they are filled with zeros.
        """
        for group in self.param_groups:
            forget_gradients(group["params"], set_to_none)

    # ----------------------------------------------------------------------- groups

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimize further parameters, say of layers that were frozen before.

        Args:
            param_group: `params`, and the settings in which the group differs from
                `defaults`; the others are added to it.

        Raises:
            TypeError: It is no dictionary, or its `params` are a set or hold other
                things than tensors.
            ValueError: A parameter has a history, is in another group already or lacks
                a name that others have; or a required setting is missing.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = _named_apart(param_group)
        for param in params:
            if not isinstance(param, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is "
                    + typename(param)
                )
            recorded = self.defaults.get("differentiable", None)
            if not (recorded or param.is_leaf or param.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(
                    "parameter group didn't specify a value of required optimization "
                    f"parameter {name}"
                )
            param_group.setdefault(name, default)
        self._check_apart(param_group)
        self.param_groups.append(param_group)

    def _check_apart(self, param_group: dict[str, Any]) -> None:
        """Refuse parameters that are in another group; warn of one that comes twice."""
        params = {id(param) for param in param_group["params"]}
        if len(params) != len(param_group["params"]):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in "
                "future, this will cause an error; see "
                "github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=4,
            )
        named = "param_names" in param_group
        for group in self.param_groups:
            if named != ("param_names" in group):
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param "
                    f"group {'with' if named else 'without'} names to the optimizer"
                )
        for param in chain.from_iterable(group["params"] for group in self.param_groups):
            if id(param) in params:
                raise ValueError("some parameters appear in more than one parameter group")

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines += ["", f"Parameter Group {i}"] if i else [f"Parameter Group {i}"]
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])

    # ------------------------------------------------------------------ checkpoints

    def state_dict(self) -> StateDict:
        """The optimizer's state, ready to be saved.

        Returns:
            `state`, for each parameter's number what is remembered of it, and
            `param_groups`, the groups with numbers in place of parameters. Tensors are
            the optimizer's own: copy them if they must stay as they are.
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        first = 0
        for group in self.param_groups:
            packed = {name: value for name, value in group.items() if name != "params"}
            in_group = {id(p): i for i, p in enumerate(group["params"], first)}
            numbers = {**in_group, **numbers}
            packed["params"] = [numbers[id(param)] for param in group["params"]]
            first += len(group["params"])
            groups.append(packed)
        state = {
            numbers[id(key)] if isinstance(key, Tensor) else key: value
            for key, value in self.state.items()
        }
        state_dict: StateDict = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            state_dict = _unless_none(hook(self, state_dict), state_dict)
        return state_dict

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Continue from a saved state; the groups' settings become the saved ones.

        Args:
            state_dict: From `state_dict()` of an optimizer with as many groups and
                parameters. Tensors are cast to the parameters' dtype and device (not
                `step`); those that fit already are shared.

        Raises:
            ValueError: The groups, or the number of their parameters, differ.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            state_dict = _unless_none(hook(self, state_dict), state_dict)
        saved_groups = deepcopy(state_dict["param_groups"])
        if len(self.param_groups) != len(saved_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        params: dict[Any, Tensor] = {}
        for group, saved in zip(self.param_groups, saved_groups, strict=True):
            if len(group["params"]) != len(saved["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match "
                    "the size of optimizer's group"
                )
            params.update(zip(saved["params"], group["params"], strict=True))

        state: defaultdict[Any, Any] = defaultdict(dict)
        for number, value in state_dict["state"].items():
            if number in params:
                group = next(g for g in saved_groups if number in g["params"])
                state[params[number]] = _fitted(value, params[number], group)
            else:
                state[number] = value
        for group, saved in zip(self.param_groups, saved_groups, strict=True):
            saved["params"] = group["params"]
            if "param_names" in group:
                saved.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved_groups})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "_optimizer_step_pre_hooks" not in self.__dict__:
            self._make_hooks()
        self.defaults.setdefault("differentiable", False)

    # ------------------------------------------------------------------------ hooks

    def _make_hooks(self) -> None:
        """Room for hooks, and a `step` that calls them."""
        self._optimizer_step_pre_hooks: OrderedDict[int, Hook] = OrderedDict()
        self._optimizer_step_post_hooks: OrderedDict[int, Hook] = OrderedDict()
        self._optimizer_state_dict_pre_hooks: OrderedDict[int, Hook] = OrderedDict()
        self._optimizer_state_dict_post_hooks: OrderedDict[int, Hook] = OrderedDict()
        self._optimizer_load_state_dict_pre_hooks: OrderedDict[int, Hook] = OrderedDict()
        self._optimizer_load_state_dict_post_hooks: OrderedDict[int, Hook] = OrderedDict()
        cls = type(self)
        if not hasattr(cls.step, "hooked"):
            cls.step = self.profile_hook_step(cls.step)  # type: ignore[method-assign]

    @staticmethod
    def profile_hook_step(func: Callable[..., Any]) -> Callable[..., Any]:
        """A `step` that calls the optimizer's and the global hooks around itself.

        Raises:
            RuntimeError: A hook before the step returned something else than None or
                new arguments.
        """

        @functools.wraps(func)
        def step(self: Any, *args: Any, **kwargs: Any) -> Any:
            own = self._optimizer_step_pre_hooks
            after = self._optimizer_step_post_hooks
            if not (
                args or kwargs or own or after
                or _global_optimizer_pre_hooks or _global_optimizer_post_hooks
            ):  # fmt: skip
                return func(self)
            args = (self, *args)
            for hook in (*_global_optimizer_pre_hooks.values(), *own.values()):
                changed = hook(self, args, kwargs)
                if isinstance(changed, tuple) and len(changed) == 2:
                    args, kwargs = changed
                elif changed is not None:
                    text = "must return None or a tuple of (new_args, new_kwargs), but got"
                    raise RuntimeError(f"{func} {text} {changed}.")
            result = func(*args, **kwargs)
            for hook in (*after.values(), *_global_optimizer_post_hooks.values()):
                hook(self, args, kwargs)
            return result

        step.hooked = True  # type: ignore[attr-defined]
        return step

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step.

        It may return other arguments, `(args, kwargs)`, to call `step` with.
        """
        return _register(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return _register(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` before `state_dict()`; as the first if `prepend`."""
        return _register(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)`, which may return another one to use."""
        return _register(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Hook, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)`, which may return another one to load."""
        return _register(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Hook, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer)` after `load_state_dict()`."""
        return _register(self._optimizer_load_state_dict_post_hooks, hook, prepend)


class GroupOptimizer(Optimizer):
    """An optimizer that takes one group after the other.

    A subclass writes `_step_group`, or `_update_one` if it treats each parameter alone.
    """

    def step(self, closure: Closure | None = None) -> Any:
        """Change the parameters once, by their gradients.

        Args:
            closure: Computes the loss and its gradients anew, and returns the loss.

        Returns:
            What `closure` returned, or None.

        Raises:
            RuntimeError: The parameters or flags are none that this optimizer supports.
            ValueError: So are settings that were changed in a group.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for place, group in enumerate(self.param_groups):
            self._step_group(place, group)
        return loss

    def _step_group(self, place: int, group: dict[str, Any]) -> None:
        """Update a group, the one at this place in the list: one parameter after the other."""
        for param in group["params"]:
            if param.grad is not None:
                if param.is_complex():
                    name = type(self).__name__
                    raise RuntimeError(f"{name} does not support complex parameters")
                self._update_one(param, param.grad, group)
                param.version[0] += 1

    def _update_one(self, param: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        """Update one parameter; the caller notes that it was written."""
        raise NotImplementedError


def _register(hooks: OrderedDict[int, Hook], hook: Hook, prepend: bool = False) -> RemovableHandle:
    """File a hook, last or first."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def _unless_none(value: Any, default: Any) -> Any:
    """`value`, or `default` in place of None."""
    return default if value is None else value


def _named_apart(param_group: dict[str, Any]) -> list[Any]:
    """Make `params` a list of tensors; names they came with go to `param_names`."""
    params = param_group["params"]
    if isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering of "
            "tensors in sets will change between runs. Please use a list instead."
        )
    params = [params] if isinstance(params, Tensor) else list(params)
    names = [param[0] for param in params if isinstance(param, tuple)]
    if names:
        if len(names) != len(params):
            raise ValueError(
                "all optimizer params should be with/without names. Some param names are missing"
            )
        param_group["param_names"] = names
        params = [param[1] for param in params]
    param_group["params"] = params
    return params


def _fitted(value: Any, param: Tensor, group: dict[str, Any], key: Any = None) -> Any:
    """Saved state with its tensors in the dtype and on the device of the parameter."""
    if isinstance(value, Tensor):
        if key == "step":  # a count: in single precision, wherever it was made
            if group.get("capturable") or group.get("fused"):
                return value.float().to(param.device)
            return value
        if param.is_floating_point():
            return value.to(dtype=param.dtype, device=param.device)
        return value.to(device=param.device)
    if isinstance(value, dict):
        return {name: _fitted(v, param, group, name) for name, v in value.items()}
    if isinstance(value, Iterable):
        return type(value)(_fitted(v, param, group) for v in value)  # type: ignore[call-arg]
    return value
