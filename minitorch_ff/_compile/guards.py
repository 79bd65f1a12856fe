"""What a function can see, and what of it must stay as it was for a program to be right.

From a function one gets to the modules, tensors, optimizers and plain values that it names:
its arguments, the variables around it, the attributes that its code reads. Each adds a
condition. Together they are the source of a function of the arguments, `holds`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from dis import get_instructions
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from minitorch_ff._functions._autocast import casting
from minitorch_ff.firefly.backend import registry
from minitorch_ff.firefly.modes import grad_enabled, inference_enabled
from minitorch_ff.firefly.promotion import Defaults
from minitorch_ff.firefly.tensor import Tensor
from minitorch_ff.nn.modules._hooks import everywhere as _everywhere
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.parameter import is_lazy
from minitorch_ff.optim.optimizer import Optimizer

PLAIN = (int, float, complex, str, bytes, bool, type(None))
OURS = __name__.partition(".")[0]
MAY_SET = {"grad", "data", "requires_grad", "_grad"}
"""Attributes that functions may set: all else that they leave outside would be lost."""

OUTSIDE = {"print", "input", "open", "exec", "eval", "globals"}
"""Built-in functions that reach outside."""

CHANGING = {"random", "time", "datetime", "os", "secrets", "uuid"}
"""Modules whose functions give something else each time."""

everywhere = _everywhere._hook_ids

HOLDS = """
def holds(args, kwargs):
    try:
        return (
            {}
        )
    except (AttributeError, LookupError, TypeError, ValueError):  # something is gone
        return False
"""

MANY = 4096
"""So many values in a list are looked at."""


@dataclass(eq=False)
class Guards:
    """The conditions of a recording, and the tensors that were found.

    Attributes:
        names: What the conditions' sources mean by their names.
        conditions: Sources of expressions in `args`, `kwargs` and `names`.
        tensors: All tensors by their id, each with how it is found: an expression in
            `args` and `kwargs`, or a name.
        arguments: Ids of those that are arguments.
        read: Names in all the code that was found.
        reason: Why the function cannot be compiled, or "".
        not_now: Whether this call cannot, but later ones may.
    """

    names: dict[str, Any] = field(default_factory=dict)
    conditions: list[str] = field(default_factory=list)
    tensors: dict[int, tuple[Any, str]] = field(default_factory=dict)
    arguments: set[int] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    reason: str = ""
    not_now: bool = False
    _seen: dict[Any, Any] = field(default_factory=dict)

    # --------------------------------------------------------------------- for callers

    def look_at_call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Find everything that a call can see."""
        self.names.update(same=same, grad_enabled=grad_enabled)
        self.names.update(backends=registry.by_buffer_type, array=registry.cpu.buffer_type)
        self.names.update(cpu=registry.cpu, Defaults=Defaults, everywhere=everywhere)
        self.names["casting"] = casting
        self.conditions += [
            "backends[array] is cpu",  # nobody watches it
            f"Defaults.floating is {self.name('k', Defaults.floating)}",
            "not everywhere", "not casting",
            f"len(args) == {len(args)}", f"grad_enabled() is {grad_enabled()}",
            f"kwargs.keys() == {self.name('k', kwargs.keys())}" if kwargs else "not kwargs",
        ]  # fmt: skip
        self.not_now = bool(inference_enabled() or casting or everywhere)
        names = self.read
        for i, value in enumerate(args):
            self.argument(value, f"args[{i}]", names)
        for key, value in kwargs.items():
            self.argument(value, f"kwargs[{key!r}]", names)
        self.look_at(function, names)

    def compiled(self) -> Callable[[Any, Any], bool]:
        """The conditions as a function of the arguments."""
        conditions = "\n            and ".join(dict.fromkeys(self.conditions))
        exec(HOLDS.format(conditions), self.names)
        holds: Callable[[Any, Any], bool] = self.names["holds"]
        return holds

    def name(self, letter: str, value: Any) -> str:
        """A name for an object, the same each time."""
        known = f"{letter}{id(value)}"
        if known not in self._seen:
            self._seen[known] = name = f"{letter}{len(self.names)}"
            self.names[name] = value
        return str(self._seen[known])

    # ---------------------------------------------------------------------- conditions

    def argument(self, value: Any, path: str, names: set[str]) -> None:
        """Look at an argument, found at `path`: a tensor may be another one each time."""
        if isinstance(value, Tensor):
            if id(value) in self.tensors:  # it comes in twice
                self.conditions.append(f"{path} is {self.tensors[id(value)][1]}")
                return
            buffer, kind = value.buffer, self.name("k", type(value))
            self.arguments.add(id(value))
            self.tensors[id(value)] = value, path
            self.conditions += [
                f"type({path}) is {kind}",
                f"{path}.buffer.shape == {buffer.shape}",
                f"{path}.buffer.dtype is {self.name('k', buffer.dtype)}",
                f"{path}.buffer.strides == {buffer.strides}",
                f"type({path}.node) is {self.name('k', type(value.node))}",
                f"{path}.view_of is None" if value.view_of is None else "True",
            ]
        elif type(value) in (tuple, list):
            self.conditions.append(f"len({path}) == {len(value)}")
            for i, item in enumerate(value):
                self.argument(item, f"{path}[{i}]", names)
        elif type(value) is dict:
            self.conditions.append(f"{path}.keys() == {self.name('k', set(value))}")
            for key, item in value.items():
                self.argument(item, f"{path}[{key!r}]", names)
        else:
            self.stays(value, path, names)

    def stays(self, value: Any, path: str, names: set[str]) -> None:
        """Ask that what is found at `path` stays as it is, and look at it."""
        if value is None or value is True or value is False:
            self.conditions.append(f"{path} is {value}")
        elif isinstance(value, PLAIN):
            kept = self.name("k", value)
            self.conditions.append(f"({path} is {kept} or same({path}, {kept}))")
        elif type(value) in (tuple, list) and len(value) <= MANY:
            self.conditions.append(f"len({path}) == {len(value)}")
            for i, item in enumerate(value):
                self.stays(item, f"{path}[{i}]", names)
        elif type(value) is dict and len(value) <= MANY:
            self.conditions.append(f"{path}.keys() == {self.name('k', set(value))}")
            for key, item in value.items():
                self.stays(item, f"{path}[{self.name('k', key)}]", names)
        else:
            self.conditions.append(f"{path} is {self.name('o', value)}")
            self.look_at(value, names)

    def look_at(self, value: Any, names: set[str]) -> None:
        """Look at an object whose identity is certain; `names` are attributes that code reads."""
        if id(value) in self._seen or isinstance(value, PLAIN):
            return
        self._seen[id(value)] = value
        if isinstance(value, Tensor):
            self.look_at_tensor(value)
        elif isinstance(value, Module):
            self.look_at_module(value, names)
        elif isinstance(value, Optimizer):
            groups = [group["params"] for group in value.param_groups]
            name, step = self.name("o", value), self.name("o", vars(value).get("step"))
            self.conditions.append(f"vars({name}).get('step') is {step}")  # schedulers mark it
            path = f"{name}.param_groups"
            self.conditions.append(f"len({path}) == {len(groups)}")
            for i, params in enumerate(groups):
                self.conditions.append(f"len({path}[{i}]['params']) == {len(params)}")
                for param in params:
                    self.look_at(param, names)
        elif isinstance(value, FunctionType):
            self.look_at_function(value, names)
        elif isinstance(value, MethodType):
            self.look_at(value.__self__, names)
            self.look_at(value.__func__, names)
        elif isinstance(value, ModuleType):
            if value.__name__.partition(".")[0] in CHANGING:
                self.reason = self.reason or f"it uses the module {value.__name__}"
        elif type(value).__module__.startswith(f"{OURS}.distributions."):
            self.look_at_attributes(value, set(vars(value)))
        elif isinstance(value, (type, BuiltinFunctionType)) or _is_ours(type(value)):
            pass
        elif hasattr(value, "__dict__") and not _is_standard(type(value)):
            self.look_at_attributes(value, names)
            self.look_at_methods(type(value), names)
        elif _state_unseen(value):
            kind = type(value).__name__
            self.reason = self.reason or f"it uses a {kind}, whose state is not looked at"

    def look_at_tensor(self, tensor: Any) -> None:
        """A tensor that is the same at each call."""
        if is_lazy(tensor):
            self.not_now = True
            return
        name = self.name("t", tensor)
        self.tensors[id(tensor)] = tensor, name
        self.conditions += [
            f"{name}.buffer is {self.name('b', tensor.buffer)}",
            f"{name}.node is {self.name('n', tensor.node)}",
        ]
        if tensor.node is not None:
            self.conditions.append(f"{self.name('n', tensor.node)}.hooks is None")
            if tensor.node.hooks is not None:
                self.reason = self.reason or "a tensor has hooks"

    def look_at_module(self, module: Any, names: set[str]) -> None:
        """A module: its parameters, its children, and the settings that its code reads."""
        read = self.look_at_methods(type(module), names)
        inside = self.name("d", vars(module))
        for kind in ("_parameters", "_buffers", "_modules"):
            entries = vars(module).get(kind, {})
            if entries:
                self.conditions.append(f"len({inside}[{kind!r}]) == {len(entries)}")
            for name, entry in entries.items():
                kept = "None" if entry is None else self.name("o", entry)
                self.conditions.append(f"{inside}[{kind!r}][{name!r}] is {kept}")
                self.look_at(entry, read)
        hooks = vars(module).get("_hook_ids", {})
        self.conditions.append(
            f"{inside}['_hook_ids'] == {self.name('k', dict(hooks))}" if hooks
            else f"not {inside}['_hook_ids']"
        )  # fmt: skip
        for kind in ("_forward_hooks", "_forward_pre_hooks"):
            for hook in vars(module).get(kind, {}).values():
                self.look_at(hook, read)
        own = {name for name in vars(module) if not name.startswith("_")}
        self.look_at_attributes(module, (read & own) | {"training"})

    def look_at_attributes(self, value: Any, names: set[str]) -> None:
        """Those attributes of an object that code reads."""
        inside = self.name("d", vars(value))
        for name, attribute in sorted(vars(value).items()):
            if name in names:
                self.stays(attribute, f"{inside}[{name!r}]", names)

    def look_at_methods(self, cls: type, names: set[str]) -> set[str]:
        """What the methods of a class read that code names; returned with `names`."""
        read, before = {*names, "forward", "__call__"}, None
        while read != before:
            before = set(read)
            for name in before:
                method = getattr(cls, name, None)
                if isinstance(method, property):
                    method = method.fget
                if isinstance(method, FunctionType):
                    read |= names_in(method.__code__)
                    if not _is_ours(method):
                        self.look_at_function(method, read)
        return read

    def look_at_function(self, function: Any, names: set[str]) -> None:
        """A function: the variables around it, and what its code would leave outside."""
        if id(function.__code__) in self._seen or _is_ours(function):
            return
        self._seen[id(function.__code__)] = function
        if _is_standard(function):
            return
        code = function.__code__
        self.read |= names_in(code)
        read = names | self.read
        self.reason = self.reason or leaves_outside(code)
        variables = function.__globals__
        for name in sorted(names_in(code) & variables.keys()):
            self.stays(variables[name], f"{self.name('g', variables)}[{name!r}]", read)
        for cell in function.__closure__ or ():
            self.stays(cell.cell_contents, f"{self.name('c', cell)}.cell_contents", read)
        for value in (function.__defaults__ or ()) + tuple(
            (function.__kwdefaults__ or {}).values()
        ):
            self.look_at(value, read)


def look(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Guards:
    """The guards of a call.

    It is looked at again until all names in its code are known: an object that is found early
    may have attributes that are read late.
    """
    read: set[str] = set()
    while True:
        guards = Guards(read=set(read))
        guards.look_at_call(function, args, kwargs)
        if guards.read == read or guards.reason:
            return guards
        read = guards.read


def same(a: Any, b: Any) -> bool:
    """Whether two plain values are the same, types and the signs of zeros included."""
    return type(a) is type(b) and (a == b or a != a) and repr(a) == repr(b)


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code object, and those of the functions that it makes."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def names_in(code: CodeType) -> set[str]:
    """Globals and attributes that code names."""
    return {name for part in codes(code) for name in part.co_names}


def leaves_outside(code: CodeType) -> str:
    """What code would do that a replay would not, or ""."""
    for part in codes(code):
        for step in get_instructions(part):
            name = step.argval
            if step.opname == "STORE_ATTR" and name not in MAY_SET:
                return f"it sets the attribute {name!r}"
            if step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                return f"it sets the global variable {name!r}"
            if step.opname == "STORE_DEREF" and name in code.co_freevars:
                return f"it sets the variable {name!r} around it"
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and name in OUTSIDE:
                return f"it calls {name}()"
    return ""


def _top(thing: Any) -> str:
    return str(getattr(thing, "__module__", None)).partition(".")[0]


def _is_ours(thing: Any) -> bool:
    return _top(thing) == OURS


def _is_standard(thing: Any) -> bool:
    return _top(thing) in sys.stdlib_module_names


def _state_unseen(value: Any) -> bool:
    """Whether an object can change in a way that is not looked at."""
    return not isinstance(value, (range, frozenset, slice, type(...)))
