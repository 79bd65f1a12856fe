"""Modules that hold modules: in a row, in a list, in a dictionary."""

from __future__ import annotations

import operator
import warnings
from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import chain, groupby
from typing import Any, Self

from minitorch_ff._checks import check
from minitorch_ff._functions.typename import typename
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.parameter import Parameter


__all__ = ["Container", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


class Container(Module):
    """A module made of the given modules (deprecated: subclass `Module`).

    Args:
        **kwargs: Submodules by name.
    """

    def __init__(self, **kwargs: Any) -> None:
        warnings.warn(
            "`nn.Container` is deprecated. All of its functionality is now "
            "implemented in `nn.Module`. Subclass that instead.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__()
        for name, module in kwargs.items():
            self.add_module(name, module)


def _place(index: Any, size: int) -> int:
    """The place that an index means among `size`; it may count from the end."""
    index = operator.index(index)
    check(-size <= index < size, f"index {index} is out of range", IndexError)
    return index % size


class _Numbered(Module):
    """What `Sequential` and `ModuleList` share: submodules named by number."""

    _modules: dict[str, Any]

    def _key(self, index: Any) -> str:
        """The name of the module at an index, which may count from the end."""
        return list(self._modules)[_place(index, len(self))]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __setitem__(self, idx: int, module: Module) -> None:
        setattr(self, self._key(idx), module)

    def __delitem__(self, idx: int | slice) -> None:
        places = range(len(self))[idx] if isinstance(idx, slice) else [idx]
        for name in [self._key(place) for place in places]:
            delattr(self, name)
        # The others are named by their places again.
        self._modules = {str(i): module for i, module in enumerate(self)}

    def pop(self, key: int | slice) -> Any:
        """Take a module out, or several (a slice), and return it.

        Args:
            key: Its index; may count from the end.
        """
        module = self[key]  # type: ignore[index]
        del self[key]
        return module

    def append(self, module: Module) -> Self:
        """Add a module at the end.

        Args:
            module: The module.
        """
        self.add_module(str(len(self)), module)
        return self

    def _insert(self, index: int, module: Module) -> None:
        """Move the modules from `index` on by one, and put one there."""
        for i in range(len(self), index, -1):
            self._modules[str(i)] = self._modules[str(i - 1)]
        self._modules[str(index)] = module


class Sequential(_Numbered):
    """Modules in a row: each is called with what the one before returned.

    Args:
        *args: The modules; or one `OrderedDict` of modules by name.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff import nn
        >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
        >>> model(torch.zeros(5, 4)).shape
        torch.Size([5, 2])
        >>> model[:2]
        Sequential(
          (0): Linear(in_features=4, out_features=8, bias=True)
          (1): ReLU()
        )

    See: [torch.nn.Sequential](https://docs.pytorch.org/docs/stable/generated/torch.nn.Sequential.html).
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        are_named = len(args) == 1 and isinstance(args[0], OrderedDict)
        named = args[0] if are_named else {str(i): module for i, module in enumerate(args)}
        for name, module in named.items():
            self.add_module(name, module)

    def forward(self, input: Any) -> Any:
        """Call the modules one after the other.

        Args:
            input: What the first one takes.

        Returns:
            What the last one returns.
        """
        for module in self._modules.values():
            input = module(input)
        return input

    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return type(self)(OrderedDict(list(self._modules.items())[idx]))
        return self._modules[self._key(idx)]

    def extend(self, sequential: Iterable[Module]) -> Self:
        """Add modules at the end.

        Args:
            sequential: The modules.
        """
        for module in sequential:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module at an index; those from there on move up.

        Args:
            index: Where; may count from the end.
            module: The module.

        Raises:
            IndexError: There is no such place.
        """
        check(isinstance(module, Module), f"module should be of type: {Module}", AssertionError)
        size = len(self)
        check(-size <= index <= size, f"Index out of range: {index}", IndexError)
        self._insert(index + size if index < 0 else index, module)
        return self

    def __add__(self, other: Any) -> Sequential:
        _must_be_sequential(other)
        return Sequential().extend(self).extend(other)

    def __iadd__(self, other: Any) -> Self:
        _must_be_sequential(other)
        return self.extend(list(other))

    def __mul__(self, other: Any) -> Sequential:
        _must_be_factor(self, other)
        return Sequential().extend(list(self) * other)

    __rmul__ = __mul__

    def __imul__(self, other: Any) -> Self:
        _must_be_factor(self, other)
        return self.extend(list(self) * (other - 1))


def _must_be_sequential(other: Any) -> None:
    if not isinstance(other, Sequential):
        raise ValueError(
            f"add operator supports only objects of Sequential class, but {type(other)} is given."
        )


def _must_be_factor(module: Sequential, factor: Any) -> None:
    if not isinstance(factor, int):
        raise TypeError(f"unsupported operand type(s) for *: {type(module)} and {type(factor)}")
    check(factor > 0, f"Non-positive multiplication factor {factor} for {type(module)}", ValueError)


class ModuleList(_Numbered):
    """Modules in a list. They are registered, unlike those in a Python list.

    Args:
        modules: The modules.

    Example:
        >>> from minitorch_ff import nn
        >>> nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        ModuleList(
          (0-2): 3 x Linear(in_features=4, out_features=4, bias=True)
        )

    See: [torch.nn.ModuleList](https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleList.html).
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self += modules

    def _key(self, index: Any) -> str:
        return str(_place(index, len(self)))

    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return type(self)(list(self._modules.values())[idx])
        return self._modules[self._key(idx)]

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end.

        Args:
            modules: The modules.

        Raises:
            TypeError: Not an iterable.
        """
        _must_be_iterable(modules, "ModuleList.extend", "an iterable")
        offset = len(self)
        for i, module in enumerate(modules):
            self.add_module(str(offset + i), module)
        return self

    def insert(self, index: int, module: Module) -> None:
        """Put a module at an index; those from there on move up.

        Args:
            index: Where, from 0.
            module: The module.
        """
        self._insert(index, module)

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList(chain(self, other))

    def __repr__(self) -> str:
        """Neighbours that look alike are shown once, with their number."""
        if not self._modules:
            return self._get_name() + "()"
        lines, start = [], 0
        for text, same in groupby(repr(module) for module in self):
            count = len(list(same))
            label = f"({start}):" if count == 1 else f"({start}-{start + count - 1}): {count} x"
            lines.append(f"{label} {text}".replace("\n", "\n  "))
            start += count
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


class _Named(Module):
    """What `ModuleDict` and `ParameterDict` share: members named as the user says."""

    _names: dict[str, Any]
    """The names, in order."""

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, key: object) -> bool:
        return key in self._names

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._names.keys()

    def pop(self, key: str) -> Any:
        """Take a member out and return it.

        Args:
            key: Its name.
        """
        value = self[key]  # type: ignore[index]
        del self[key]
        return value


class ModuleDict(_Named):
    """Modules in a dictionary. They are registered, unlike those in a Python one.

    Args:
        modules: A mapping of names to modules, or pairs of them.

    Example:
        >>> from minitorch_ff import nn
        >>> choices = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
        >>> choices["tanh"]
        Tanh()

    See: [torch.nn.ModuleDict](https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html).
    """

    _modules: dict[str, Any]
    _names = property(lambda self: self._modules)

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def items(self) -> ItemsView[str, Any]:
        """The names with their modules."""
        return self._modules.items()

    def values(self) -> ValuesView[Any]:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Add modules; those of the same name are replaced.

        Args:
            modules: A mapping of names to modules, or pairs of them.

        Raises:
            TypeError: Neither.
            ValueError: One of the pairs is none.
        """
        for key, module in _pairs_of(modules, "ModuleDict.update", "ModuleDict"):
            self[key] = module


class ParameterList(Module):
    """Parameters, or other values, in a list. Tensors are made parameters.

    Args:
        values: The values.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.ParameterList([torch.zeros(2, 3), torch.zeros(3)])
        ParameterList(
            (0): Parameter containing: [torch.float32 of size 2x3]
            (1): Parameter containing: [torch.float32 of size 3]
        )

    See: [torch.nn.ParameterList](https://docs.pytorch.org/docs/stable/generated/torch.nn.ParameterList.html).
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self += values

    def _key(self, index: Any) -> str:
        return str(_place(index, len(self)))

    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return type(self)().extend([self[i] for i in range(len(self))[idx]])
        return getattr(self, self._key(idx))

    def __setitem__(self, idx: int, param: Any) -> None:
        setattr(self, self._key(idx), _as_parameter(param))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __iadd__(self, parameters: Iterable[Any]) -> Self:
        return self.extend(parameters)

    def append(self, value: Any) -> Self:
        """Add a value at the end.

        Args:
            value: The value.
        """
        self._size += 1
        self[-1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add values at the end.

        Args:
            values: The values; a tensor is not taken for several.

        Raises:
            TypeError: Not an iterable.
        """
        _must_be_iterable(values, "ParameterList.extend", "an iterable", Tensor)
        for value in values:
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """One line for each value."""
        return "\n".join(f"  ({i}): {_summary(value, 'dtype')}" for i, value in enumerate(self))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """A list is not called."""
        raise RuntimeError("ParameterList should not be called.")


class ParameterDict(_Named):
    """Parameters, or other values, in a dictionary. Tensors are made parameters.

    Args:
        parameters: A mapping of names to values, or pairs of them.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.ParameterDict({"scale": torch.ones(3), "steps": 10})
        ParameterDict(
            (scale): Parameter containing: [torch.FloatTensor of size 3]
            (steps): Object of type: int
        )

    See: [torch.nn.ParameterDict](https://docs.pytorch.org/docs/stable/generated/torch.nn.ParameterDict.html).
    """

    _names = property(lambda self: self._keys)

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def _key_to_attr(self, key: Any) -> str:
        if not isinstance(key, str):
            raise TypeError(
                "Index given to ParameterDict cannot be used as a key as it is not a string (type "
                f"is '{type(key).__name__}'). Open an issue on github if you need non-string keys."
            )
        return key

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._key_to_attr(key))

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, self._key_to_attr(key), _as_parameter(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, self._key_to_attr(key))

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def copy(self) -> ParameterDict:
        """Another dictionary of the same parameters."""
        return ParameterDict(OrderedDict(self.items()))

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of a name; if there is none, `default` is put there first.

        Args:
            key: The name.
            default: The value if it is new.
        """
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Take all values out."""
        for key in list(self._keys):
            del self[key]

    def popitem(self) -> tuple[str, Any]:
        """Take the last value out and return it with its name."""
        if not self._keys:
            self._keys.popitem()  # raises the error of an empty dictionary
        key = next(reversed(self))
        return key, self.pop(key)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a name, or `default`.

        Args:
            key: The name.
            default: What to return if there is no such name.
        """
        return self[key] if key in self._keys else default

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new dictionary that has the same value for all names.

        Args:
            keys: The names.
            default: The value.
        """
        return ParameterDict([(key, default) for key in keys])

    def items(self) -> Iterable[tuple[str, Any]]:
        """The names with their values."""
        return ((key, self[key]) for key in self._keys)

    def values(self) -> Iterable[Any]:
        """The values."""
        return (self[key] for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Add values; those of the same name are replaced.

        Args:
            parameters: A mapping of names to values, or pairs of them. Of a mapping
                other than an `OrderedDict` or `ParameterDict`, the names come in sorted
                order.

        Raises:
            TypeError: Neither.
            ValueError: One of the pairs is none.
        """
        pairs = _pairs_of(parameters, "ParametersDict.update", "ParameterDict")
        plain = isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict)
        for key, value in sorted(pairs) if plain else pairs:
            self[key] = value

    def extra_repr(self) -> str:
        """One line for each value."""
        return "\n".join(f"  ({key}): {_summary(value, 'type')}" for key, value in self.items())

    def __call__(self, input: Any) -> Any:
        """A dictionary is not called."""
        raise RuntimeError("ParameterDict should not be called.")

    def __or__(self, other: ParameterDict) -> ParameterDict:
        union = self.copy()
        union.update(other)
        return union

    def __ror__(self, other: ParameterDict) -> ParameterDict:
        union = other.copy()
        union.update(self)
        return union

    def __ior__(self, other: ParameterDict) -> Self:
        self.update(other)
        return self


def _as_parameter(value: Any) -> Any:
    """`value`; a tensor that is no parameter is made one."""
    other = isinstance(value, Tensor) and not isinstance(value, Parameter)
    return Parameter(value) if other else value


def _summary(value: Any, kind: str) -> str:
    """A line about a value; of a tensor its size and its `dtype` or `type`."""
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    role = "Parameter" if isinstance(value, Parameter) else "Tensor"
    elements = value.dtype if kind == "dtype" else typename(value)
    size = "x".join(map(str, value.size()))
    where = f" ({value.device})" if value.device.type == "cuda" else ""
    return f"{role} containing: [{elements} of size {size}{where}]"


def _must_be_iterable(values: Any, caller: str, wanted: str, *refused: type) -> None:
    if not isinstance(values, Iterable) or isinstance(values, refused):
        raise TypeError(f"{caller} should be called with {wanted}, but got {type(values).__name__}")


def _pairs_of(values: Any, caller: str, owner: str) -> Iterator[tuple[Any, Any]]:
    """Names with values, from a mapping or from pairs, for `update` methods."""
    _must_be_iterable(values, caller, "an iterable of key/value pairs")
    if isinstance(values, (Mapping, ModuleDict, ParameterDict)):
        yield from values.items()
        return
    for i, pair in enumerate(values):
        element = f"{owner} update sequence element #{i}"
        if not isinstance(pair, Iterable):
            raise TypeError(f"{element} should be Iterable; is{type(pair).__name__}")
        if len(pair) != 2:  # type: ignore[arg-type]
            raise ValueError(f"{element} has length {len(pair)}; 2 is required")  # type: ignore[arg-type]
        name, value = pair
        yield name, value
