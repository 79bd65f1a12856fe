"""What a module is made of: its parameters, buffers and submodules."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from inspect import signature
from typing import Any

from minitorch_ff._functions.typename import typename
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn.parameter import Buffer, Parameter
from minitorch_ff.utils.hooks import RemovableHandle, file_hook

Hooks = OrderedDict[int, Callable[..., Any]]

buffer_hooks: Hooks = OrderedDict()
module_hooks: Hooks = OrderedDict()
parameter_hooks: Hooks = OrderedDict()


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, buffer)` for every buffer of any module.

    Args:
        hook: May return another tensor to register instead.

    Returns:
        A handle that removes the hook.

    See: [torch.nn](https://docs.pytorch.org/docs/stable/nn.html#global-hooks-for-module).
    """
    return file_hook(buffer_hooks, hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, submodule)` for every submodule of any module.

    Args:
        hook: May return another module to register instead.

    Returns:
        A handle that removes the hook.

    See: [torch.nn](https://docs.pytorch.org/docs/stable/nn.html#global-hooks-for-module).
    """
    return file_hook(module_hooks, hook)


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, parameter)` for every parameter of any module.

    Args:
        hook: May return another parameter to register instead.

    Returns:
        A handle that removes the hook.

    See: [torch.nn](https://docs.pytorch.org/docs/stable/nn.html#global-hooks-for-module).
    """
    return file_hook(parameter_hooks, hook)


def _after_hooks(hooks: Hooks, module: Registration, name: str, value: Any) -> Any:
    """What the hooks make of a value about to be registered."""
    for hook in hooks.values():
        replaced = hook(module, name, value)
        if replaced is not None:
            value = replaced
    return value


class _Member:
    """Reads a registered name straight from the module's dictionary of its kind.

    Python asks `__getattr__` only when the ordinary lookup has failed, which costs half
    a microsecond. So the first such read leaves one of these on the class, where the
    ordinary lookup finds it in a fifth of that. The dictionaries stay the only truth,
    and an attribute of the instance goes before, as no `__set__` is defined here.
    It serves its own class only: a subclass may have attributes, or a `__getattr__`, of
    its own, so there the lookup goes on as if nothing stood here.
    """

    __slots__ = ("kind", "name", "owner")

    def __init__(self, owner: type, kind: str, name: str) -> None:
        self.owner = owner
        self.kind = kind
        self.name = name

    def __get__(self, module: Any, cls: Any = None) -> Any:
        if module is None:
            raise AttributeError(f"type object '{cls.__name__}' has no attribute '{self.name}'")
        if cls is self.owner:
            try:
                return module.__dict__[self.kind][self.name]
            except KeyError:
                pass
        return getattr(super(self.owner, module), self.name)


class Registration:
    """The part of `Module` that knows its parameters, buffers and submodules."""

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]

    def _get_name(self) -> str:
        return type(self).__name__

    # ------------------------------------------------------------------ attributes

    def __getattr__(self, name: str) -> Any:
        state = self.__dict__
        for kind in ("_parameters", "_buffers", "_modules"):
            members = state.get(kind)
            if members is not None and name in members:
                self._remember(kind, name)
                return members[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _remember(self, kind: str, name: str) -> None:
        """Make further reads of this name quick, unless the class reads otherwise."""
        cls = type(self)
        plain = cls.__getattr__ is Registration.__getattr__ and name not in cls.__dict__
        if plain and name.isidentifier():
            setattr(cls, name, _Member(cls, kind, name))

    def __setattr__(self, name: str, value: Any) -> None:
        state = self.__dict__
        parameters = state.get("_parameters")
        if isinstance(value, Parameter):
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, state, self._buffers, self._modules)
            self.register_parameter(name, value)
        elif parameters is not None and name in parameters:
            if value is not None:
                raise _unfit(value, f"as parameter '{name}'", "torch.nn.Parameter or None expected")
            self.register_parameter(name, value)
        elif isinstance(value, Registration):
            if parameters is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, state, parameters, self._buffers)
            self._modules[name] = _after_hooks(module_hooks, self, name, value)
        elif name in state.get("_modules", ()):
            if value is not None:
                raise _unfit(value, f"as child module '{name}'", "torch.nn.Module or None expected")
            self._modules[name] = _after_hooks(module_hooks, self, name, value)
        elif name in state.get("_buffers", ()) or isinstance(value, Buffer):
            self._set_buffer(name, value)
        else:
            super().__setattr__(name, value)

    def _forget(self, name: str, *places: dict[str, Any]) -> None:
        """A name stands for one thing: drop what it stood for before."""
        for place in places:
            place.pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def _set_buffer(self, name: str, value: Any) -> None:
        if not _can_be_buffer(value):
            wanted = "torch.nn.Buffer, torch.Tensor or None expected"
            raise _unfit(value, f"as buffer '{name}'", wanted)
        if isinstance(value, Buffer):
            persistent = value.persistent
        else:
            persistent = name not in self._non_persistent_buffers_set
        ours = type(self).register_buffer is Registration.register_buffer
        if ours or "persistent" in signature(self.register_buffer).parameters:
            self.register_buffer(name, value, persistent)
        elif persistent:
            self.register_buffer(name, value)
        else:
            raise RuntimeError(
                "Registering a non-persistent buffer on a Module subclass that implements "
                "register_buffer() without the persistent argument is not allowed."
            )

    def __delattr__(self, name: str) -> None:
        for members in (self._parameters, self._buffers, self._modules):
            if name in members:
                self._forget(name, members)  # type: ignore[arg-type]
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        cls = type(self)
        names = [n for n in dir(cls) if hasattr(cls, n)]  # without our `_Member`s
        for place in (self.__dict__, self._parameters, self._modules, self._buffers):
            names.extend(place)
        return sorted(name for name in names if not name[0].isdigit())

    # ---------------------------------------------------------------- registration

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name; `module.name = parameter` does the same.

        Args:
            name: Its name, without dots.
            param: The parameter. None keeps the name free for one, and is not saved.

        Raises:
            KeyError: The name is taken, empty or has a dot.
            TypeError: Not a parameter.
            ValueError: The parameter was computed from another tensor.
        """
        self._check_name("parameter", self.__dict__.get("_parameters"), name)
        if param is not None:
            if not isinstance(param, Parameter):
                wanted = "torch.nn.Parameter or None required"
                raise _unfit(param, f"object to parameter '{name}'", wanted)
            if param.grad_fn:
                raise ValueError(
                    f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must "
                    f"be created explicitly. To express '{name}' as a function of another Tensor, "
                    "compute the value in the forward() method."
                )
            param = _after_hooks(parameter_hooks, self, name, param)
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but not learned, such as a running mean.

        Args:
            name: Its name, without dots.
            tensor: The tensor. None keeps the name free for one, and is not saved.
            persistent: Whether `state_dict()` has it.

        Raises:
            KeyError: The name is taken, empty or has a dot.
            TypeError: Not a tensor.
        """
        self._check_name("buffer", self.__dict__.get("_buffers"), name)
        if not _can_be_buffer(tensor):
            raise _unfit(tensor, f"object to buffer '{name}'", "torch Tensor or None required")
        self._buffers[name] = _after_hooks(buffer_hooks, self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def _check_name(self, what: str, members: dict[str, Any] | None, name: Any) -> None:
        if members is None:
            raise AttributeError(f"cannot assign {what} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{what} name should be a string. Got {typename(name)}")
        if "." in name:
            got = f", got: {name}" if what == "module" else ""
            raise KeyError(f'{what} name can\'t contain "."{got}')
        if name == "":
            raise KeyError(f'{what} name can\'t be empty string ""')
        if hasattr(self, name) and name not in members:
            raise KeyError(f"attribute '{name}' already exists")

    def add_module(self, name: str, module: Any) -> None:
        """Add a submodule under a name; `module.name = submodule` does the same.

        Args:
            name: Its name, without dots.
            module: The submodule. None keeps the name free for one.

        Raises:
            KeyError: The name is taken, empty or has a dot.
            TypeError: Not a module.
        """
        if not (module is None or isinstance(module, Registration)):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        self._check_name("module", self._modules, name)
        self._modules[name] = _after_hooks(module_hooks, self, name, module)

    def register_module(self, name: str, module: Any) -> None:
        """Add a submodule under a name, as `add_module` does."""
        self.add_module(name, module)


def _unfit(value: Any, place: str, wanted: str) -> TypeError:
    return TypeError(f"cannot assign '{typename(value)}' {place} ({wanted})")


def _can_be_buffer(value: Any) -> bool:
    return value is None or isinstance(value, Tensor) or hasattr(value, "__torch_function__")
