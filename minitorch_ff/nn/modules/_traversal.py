"""Walking the tree of modules: everything in it by name, or one member by its path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from minitorch_ff._checks import check
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn.modules._registration import Registration
from minitorch_ff.nn.parameter import Parameter

if TYPE_CHECKING:
    from minitorch_ff.nn.modules.module import Module


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


class Traversal(Registration):
    """The part of `Module` that walks the tree below it."""

    # ---------------------------------------------------------------- one, by path

    def get_submodule(self, target: str) -> Module:
        """The submodule at a path.

        Args:
            target: Names joined by dots, such as `"encoder.layers.0"`; "" is this
                module.

        Raises:
            AttributeError: There is none.
        """
        module: Any = self
        for name in target.split(".") if target else ():
            module = _child(module, name)
        found: Module = module
        return found

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module at a path, in the place of the one that is there.

        Args:
            target: Names joined by dots; all but the last must exist.
            module: The new submodule.
            strict: Whether the last must exist, too.

        Raises:
            AttributeError: The path does not exist, or leads to something else.
            ValueError: The path is empty, or `module` is no module.
        """
        check(target != "", "Cannot set the submodule without a target name!", ValueError)
        if not isinstance(module, Registration):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            _child(parent, name)
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path, such as `"encoder.0.weight"`.

        Raises:
            AttributeError: There is none.
        """
        path, _, name = target.rpartition(".")
        parameter = _attribute(self.get_submodule(path), name)
        check(isinstance(parameter, Parameter), f"`{name}` is not an nn.Parameter", AttributeError)
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a path, such as `"encoder.1.running_mean"`.

        Raises:
            AttributeError: There is none.
        """
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        buffer: Tensor = _attribute(module, name)
        check(name in module._buffers, f"`{name}` is not a buffer", AttributeError)
        return buffer

    # -------------------------------------------------------------------- all of them

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once: what an optimizer is given.

        Args:
            recurse: Whether those of submodules come too.
        """
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their paths.

        Args:
            prefix: Put before every path.
            recurse: Whether those of submodules come too.
            remove_duplicate: Give a shared parameter once, under its first name.

        Example:
            >>> import minitorch_ff as torch
            >>> [name for name, _ in torch.nn.Linear(2, 3).named_parameters()]
            ['weight', 'bias']
        """
        return self._named_members(
            lambda m: m._parameters.items(), prefix, recurse, remove_duplicate
        )

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers, each once.

        Args:
            recurse: Whether those of submodules come too.
        """
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers with their paths; arguments as in `named_parameters`."""
        return self._named_members(lambda m: m._buffers.items(), prefix, recurse, remove_duplicate)

    def _named_members(
        self,
        get_members_fn: Callable[[Module], Iterable[tuple[str, Any]]],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:
        """The members of one kind, found by `get_members_fn` in every module."""
        modules: Iterable[tuple[str, Any]] = [(prefix, self)]
        if recurse:
            modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        seen = set()
        for path, module in modules:
            for name, member in get_members_fn(module):
                if member is None or id(member) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(member))
                yield _joined(path, name), member

    def children(self) -> Iterator[Module]:
        """The modules directly below this one, each once."""
        return (module for _, module in self.named_children())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below this one with their names."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below it.

        Args:
            remove_duplicate: Give a shared module once.
        """
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """This module and all below it with their paths; its own is the prefix.

        Args:
            memo: Modules that were given already; the walk adds to it.
            prefix: Put before every path.
            remove_duplicate: Give a shared module once, under its first name.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                path = _joined(prefix, name)
                yield from module.named_modules(memo, path, remove_duplicate)


def _attribute(module: Registration, name: str) -> Any:
    check(hasattr(module, name), f"{module._get_name()} has no attribute `{name}`", AttributeError)
    return getattr(module, name)


def _child(module: Registration, name: str) -> Any:
    child = _attribute(module, name)
    check(isinstance(child, Registration), f"`{name}` is not an nn.Module", AttributeError)
    return child
