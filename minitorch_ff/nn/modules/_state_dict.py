"""Saving a module's state into a dictionary, and loading it back."""

import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.nn.modules._traversal import Traversal
from minitorch_ff.nn.parameter import Parameter, is_lazy
from minitorch_ff.utils.hooks import RemovableHandle, file_hook

EXTRA_STATE = "_extra_state"
"""The key, behind the module's prefix, of what `get_extra_state` returns."""

MUST_RETURN_NOTHING = (
    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
    "values, if incompatible_keys need to be modified, it should be done inplace."
)
NEVER_CALLED = (
    "Reached a code path in Module.{}() that should never be called. Please file an issue at "
    "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml to report this bug."
)


class _IncompatibleKeys(NamedTuple):
    """What did not match when a state was loaded.

    Attributes:
        missing_keys: The module has them, the state has not.
        unexpected_keys: The state has them, the module has not.
    """

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        missing, unexpected = self
        if not (missing or unexpected):
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={missing!r}, unexpected_keys={unexpected!r})"


class StateDict(Traversal):
    """The part of `Module` that saves and loads."""

    _version: int = 1
    """Counts changes of what a class saves; filed in the state's `_metadata`."""

    # ---------------------------------------------------------------------- saving

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> Any:
        """All parameters and persistent buffers, by path, detached but not copied.

        Args:
            *args: The same three by position (deprecated).
            destination: A dictionary to fill. Default: a new one.
            prefix: Put before every path.
            keep_vars: Whether the tensors stay attached to the graph.

        Returns:
            The dictionary. Its `_metadata` has the version of every module.

        Example:
            >>> import minitorch_ff as torch
            >>> list(torch.nn.Linear(2, 3).state_dict())
            ['weight', 'bias']
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to "
                "https://pytorch.org/docs/main/generated/torch.nn.Module.html"
                "#torch.nn.Module.state_dict for details.",
                FutureWarning,
                stacklevel=2,
            )
            by_position = dict(zip(("destination", "prefix", "keep_vars"), args, strict=False))
            destination = by_position["destination"] if destination is None else destination
            prefix = prefix or by_position.get("prefix", "")
            keep_vars = keep_vars or by_position.get("keep_vars", False)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(
                    destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        for hook in self._state_dict_hooks.values():
            replaced = hook(self, destination, prefix, local_metadata)
            if replaced is None:
                continue
            if getattr(hook, "_from_public_api", False):
                raise RuntimeError("state_dict post-hook must return None")
            destination = replaced
        return destination

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Put this module's own state into `destination`."""
        for name, tensor in self._saved_tensors():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not StateDict.get_extra_state:
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def _saved_tensors(self) -> list[tuple[str, Tensor]]:
        """This module's own parameters and persistent buffers."""
        hidden = self._non_persistent_buffers_set
        members: list[tuple[str, Any]] = list(self._parameters.items())
        members += [item for item in self._buffers.items() if item[0] not in hidden]
        return [(name, tensor) for name, tensor in members if tensor is not None]

    def get_extra_state(self) -> Any:
        """Override this to save more than tensors; `state_dict()` calls it.

        Returns:
            Anything that can be pickled.
        """
        raise RuntimeError(NEVER_CALLED.format("get_extra_state"))

    def set_extra_state(self, state: Any) -> None:
        """Override this together with `get_extra_state`; `load_state_dict()` calls it.

        Args:
            state: What `get_extra_state` returned.
        """
        raise RuntimeError(NEVER_CALLED.format("set_extra_state"))

    # --------------------------------------------------------------------- loading

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copy saved values into the parameters and buffers.

        Args:
            state_dict: What `state_dict()` returned.
            strict: Whether keys that do not match are an error.
            assign: Take the given tensors themselves, with their dtype and device,
                instead of copying into those that are there.

        Returns:
            The keys that did not match.

        Raises:
            RuntimeError: Keys (if `strict`) or shapes do not match; all are listed.
                What fits has been loaded by then, as in PyTorch.
            TypeError: `state_dict` is no mapping.

        Example:
            >>> import minitorch_ff as torch
            >>> layer = torch.nn.Linear(2, 1)
            >>> layer.load_state_dict(torch.nn.Linear(2, 1).state_dict())
            <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        metadata = getattr(state_dict, "_metadata", None)
        keys = _IncompatibleKeys([], [])
        problems: list[str] = []

        def load(module: StateDict, state_dict: Any, prefix: str) -> None:
            local_metadata = (metadata or {}).get(prefix[:-1], {})
            if assign:
                local_metadata["assign_to_params_buffers"] = True
            module._load_from_state_dict(state_dict, prefix, local_metadata, True, *keys, problems)
            for name, child in module._modules.items():
                if child is not None:
                    below = f"{prefix}{name}."
                    load(child, {k: v for k, v in state_dict.items() if k.startswith(below)}, below)
            for hook in module._load_state_dict_post_hooks.values():
                if hook(module, keys) is not None:
                    raise AssertionError(MUST_RETURN_NOTHING)

        copied: Any = OrderedDict(state_dict)  # hooks may change it
        if metadata is not None:
            copied._metadata = metadata
        load(self, copied, "")
        if strict:
            for what, names in zip(("Unexpected", "Missing"), reversed(keys), strict=True):
                if names:
                    listed = ", ".join(f'"{name}"' for name in names)
                    problems.insert(0, f"{what} key(s) in state_dict: {listed}. ")
        if problems:
            heading = f"Error(s) in loading state_dict for {type(self).__name__}:"
            raise RuntimeError("\n\t".join([heading, *problems]))
        return keys

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load this module's own state; a class that saves otherwise overrides this.

        Args:
            state_dict: The saved state of this module and those below it.
            prefix: What all its keys begin with.
            local_metadata: What was saved of this module in `_metadata`.
            strict: Whether to list keys that do not match.
            missing_keys: Where to add keys that the state has not.
            unexpected_keys: Where to add keys that this module has not.
            error_msgs: Where to add everything else that goes wrong.
        """
        lists = missing_keys, unexpected_keys, error_msgs
        for hook, with_module in self._load_state_dict_pre_hooks.values():
            owner = [self] if with_module else []
            hook(*owner, state_dict, prefix, local_metadata, strict, *lists)
        assign = local_metadata.get("assign_to_params_buffers", False)
        own = dict(self._saved_tensors())
        for name, tensor in own.items():
            key = prefix + name
            if key in state_dict:
                problem = self._load_tensor(name, tensor, key, state_dict[key], assign)
                if problem is not None:
                    error_msgs.append(problem)
            elif strict:
                missing_keys.append(key)
        extra = prefix + EXTRA_STATE
        if type(self).set_extra_state is not StateDict.set_extra_state:
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        if strict:
            known = own.keys() | {EXTRA_STATE}
            for key in state_dict:
                name, dot, _ = key.removeprefix(prefix).partition(".")
                if key.startswith(prefix) and name not in (self._modules if dot else known):
                    unexpected_keys.append(key)

    def _load_tensor(
        self, name: str, tensor: Tensor, key: str, saved: Any, assign: bool
    ) -> str | None:
        """Load one parameter or buffer.

        Returns:
            What went wrong, or None.
        """
        if not (isinstance(saved, Tensor) or hasattr(saved, "__torch_function__")):
            return (
                f'While copying the parameter named "{key}", '
                "expected torch.Tensor or Tensor-like object from checkpoint but "
                f"received {type(saved)}"
            )
        if not is_lazy(tensor):
            if tensor.shape == () and saved.shape == (1,):
                saved = saved[0]  # numbers were saved as one-element vectors once
            if saved.shape != tensor.shape:
                return (
                    f"size mismatch for {key}: copying a param with shape {saved.shape} from "
                    f"checkpoint, the shape in current model is {tensor.shape}."
                )
        try:
            with no_grad():
                if assign:
                    setattr(self, name, _in_place_of(tensor, saved))
                else:
                    tensor.copy_(saved)
        except Exception as error:
            return (
                f'While copying the parameter named "{key}", '
                f"whose dimensions in the model are {tensor.size()} and whose dimensions in the "
                f"checkpoint are {saved.size()}, an exception occurred : {error.args}."
            )
        return None

    # ----------------------------------------------------------------------- hooks

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before the state is saved."""
        return file_hook(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after saving.

        Args:
            hook: May change the dictionary; must return None.
        """
        hook._from_public_api = True  # type: ignore[attr-defined]
        return file_hook(self._state_dict_hooks, hook)

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The same for a hook that may return another dictionary."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that "
                "was previously registered via register_state_dict_post_hook"
            )
        return file_hook(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call a hook before this module's own state is loaded.

        Args:
            hook: Called with the module and the arguments of `_load_from_state_dict`:
                state_dict, prefix, local_metadata, strict, missing_keys,
                unexpected_keys and error_msgs. It may change the dictionary and the
                lists.
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        """The same, for a hook that is not given the module unless asked for."""
        return file_hook(self._load_state_dict_pre_hooks, (hook, with_module))  # type: ignore[arg-type]

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after the state was loaded.

        Args:
            hook: May change the two lists of keys; must return None.
        """
        return file_hook(self._load_state_dict_post_hooks, hook)


def _in_place_of(tensor: Tensor, saved: Any) -> Any:
    """`saved`, made a parameter if `tensor` is one, with its `requires_grad`."""
    if not isinstance(tensor, Parameter):
        return saved
    if isinstance(saved, Parameter):
        return saved.requires_grad_(tensor.requires_grad)
    return Parameter(saved, tensor.requires_grad)
