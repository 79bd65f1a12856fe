"""A recording as a flat function: the same NumPy calls, with memory that was set aside.

What nobody uses is left out. A result that stays inside gets a buffer for good (`b3`), which
is used again as soon as it is free; what goes outside is made anew at each call (`v7`). No
call is changed or moved past another it depends on, so every bit is what it was.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy

from minitorch_ff._compile.recording import Recording, Step, Use, Value
from minitorch_ff._compile.updating import Number
from minitorch_ff.firefly.backend.numpy_backend import writable
from minitorch_ff.firefly.backend.registry import cpu

CREATING = """
array zeros ones full empty arange eye tri linspace zeros_like ones_like full_like empty_like
""".split()
"""Functions that give the same each time, if no array comes in."""

ALIKE = "add subtract multiply divide".split()
"""Functions in which a number takes the dtype of the result."""

SIMPLE = (int, float, bool, str, type(None), type(...))


class Memory:
    """Memory of another layout that begins some bytes further in an array."""

    def __init__(self, array: Any, start: int, shape: Any, strides: Any) -> None:
        interface = array.__array_interface__
        self.owner = array
        place = interface["data"][0] + start, interface["data"][1]
        self.__array_interface__ = {
            **interface, "data": place, "shape": shape, "strides": strides, "version": 3,
        }  # fmt: skip


def look(array: Any, start: int, shape: Any, strides: Any, dtype: Any) -> Any:
    """The part of an array that begins `start` bytes further, in a layout of its own."""
    if dtype != array.dtype:
        byte = writable(array).view("u1") if array.flags.c_contiguous and array.ndim else array
        return numpy.ndarray(shape, dtype, byte, start, strides)
    return numpy.asarray(Memory(array, start, shape, strides))


@dataclass(eq=False)
class Program:
    """The source of a recording, in the making.

    Args:
        recording: What is to be replayed.
        outside: The values that go outside.
        names: What names in the source mean; filled here.
        steps: Its steps, by default those of the recording.
        before_whole: Called with a step that is called as it is, before that is written.
        dropped: Expressions of what is let go first, so that its memory can be used again.

    Attributes:
        lines: The source so far.
        tensors: Names of tensors that the source makes, by the id of the recorded ones.
        used: The values that somebody uses.
    """

    recording: Recording
    outside: set[Value]
    names: dict[str, Any]
    steps: list[Step] | None = None
    before_whole: Any = None
    dropped: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    tensors: dict[int, str] = field(default_factory=dict)
    used: set[Value] = field(default_factory=set)
    _names_of: dict[Value, str] = field(default_factory=dict)
    _buffers: dict[str, Any] = field(default_factory=dict)
    _looks: dict[tuple[str, Any], str] = field(default_factory=dict)
    _free: dict[Any, list[str]] = field(default_factory=lambda: defaultdict(list))

    def write(self) -> list[str]:
        """The lines of the steps."""
        self.names["look"] = look
        checks, rest = checks_first(self.recording.steps if self.steps is None else self.steps)
        steps = self.live(checks + rest)
        self.last: dict[Value, int] = {}
        self.written: set[Value] = set()
        for number, step in enumerate(steps):
            self.written.update(step.written)
            for use in step.uses():
                self.last[use.value] = number
            for value in (*step.made, *step.written):
                self.last[value] = number
        for number, step in enumerate(steps):
            if self.dropped and step not in checks:
                self.lines.append(" = ".join([*self.dropped, "None"]))
                self.dropped = []
            self.step(step, number)
        return self.lines

    def live(self, steps: list[Step]) -> list[Step]:
        """The steps whose results somebody uses, or that have effects."""
        needed, live = set(self.outside), []
        for step in reversed(steps):
            touched = {*step.made, *step.written}
            outer = any(value.kind != "made" for value in step.written)
            if step.kind != "call" or outer or touched & needed:
                live.append(step)
                needed.update(use.value for use in step.uses())
        self.used = needed
        return live[::-1]

    # ----------------------------------------------------------------------- one step

    def step(self, step: Step, number: int) -> None:
        """Write a step."""
        short = step.name.removeprefix("numpy.")
        if short in ALIKE and step.made and (dtype := step.made[0].array.dtype).char in "fd":
            args = [numpy.array(x, dtype) if type(x) in (int, float) else x for x in step.args]
            step.args = tuple(args)  # which NumPy would do at each call
        if step.kind == "whole":
            self.before_whole(step)
            self.lines.append(f"{self.constant(step.function, 'do')}()  # {step.name}")
        elif step.kind == "check":
            name = self.constant(step.function, step.name.rpartition(".")[2])
            what = f"{name}({self.arguments(step.args)}) is not {step.notes}"
            self.lines.append(f"if {what}:\n    return AGAIN")
        elif self.folds(step, short):
            self.names[name := f"c{step.made[0].number}"] = step.made[0].array
            self._names_of[step.made[0]] = name
        elif len(step.made) == 1 and step.made[0] not in self.outside:
            self.inside(step, short, number)
        else:
            call = self.call(step, short)
            results = [self.fresh(value) for value in step.made]
            if len(results) == 1 and not step.made[0].array.ndim:
                self.names["asarray"], call = numpy.asarray, f"asarray({call})"
            self.lines.append(f"{', '.join(results)} = {call}" if results else call)
        self.release(step, number)

    def folds(self, step: Step, short: str) -> bool:
        """Whether a step gives a constant."""
        made, uses = step.made, step.uses()
        if not uses:
            same = short in CREATING and step.name[:6] == "numpy." and short[:5] != "empty"
        return (
            step.kind == "call" and len(made) == 1
            and (all(map(is_constant, uses)) if uses else same and type(step.args[0]) is not Number)
            and made[0] not in self.written and made[0] not in self.outside
        )  # fmt: skip

    def inside(self, step: Step, short: str, number: int) -> None:
        """A step whose only result stays inside: into a buffer, if the function takes one."""
        value = step.made[0]
        function = getattr(numpy, short, None)
        if isinstance(function, numpy.ufunc) and not step.settings and function.nout == 1:
            # Element by element: the result may take the place of an operand.
            arguments = self.arguments(step.args)
            self.release(step, number)
            out = "out=" if short in ("maximum", "minimum") else ""  # there the place is deprecated
            line = f"{self.function(short)}({arguments}, {out}{self.buffer(value)})"
        elif short == ".dot" and not step.settings and len(step.args) == 2:
            a, b = map(self.argument, step.args)
            line = f"{a}.dot({b}, {self.buffer(value)})"
        elif short.endswith(".reduce") and step.settings.keys() <= {"axis", "dtype", "keepdims"}:
            axis, dtype, keep = map(step.settings.get, ("axis", "dtype", "keepdims"))
            if "axis" not in step.settings:
                axis = 0
            x = self.argument(step.args[0])
            settings = f"{self.argument(axis)}, {self.argument(dtype)}"
            line = f"{self.function(short)}({x}, {settings}, {self.buffer(value)}"
            line += ", True)" if keep else ")"
        elif short in (".astype", ".copy") and len(step.args) <= 2 and not step.settings:
            x = self.argument(step.args[0])
            line = f"{self.buffer(value)}[...] = {x}"
        elif short == ".clip" and len(step.args) == 3 and not step.settings:
            x, low, high = map(self.argument, step.args)
            line = f"{x}.clip({low}, {high}, {self.buffer(value)})"
        elif short == "product":
            line = f"{self.constant(step.function, short)}({self.arguments(step.args)}, "
            line += f"{self.buffer(value)})"
        elif short == "array" and type(step.args[0]) is Number:
            line = f"{self.buffer(value)}[...] = {step.args[0].source}"
        elif short in ("empty", "empty_like"):
            self.buffer(value)
            return
        else:
            call, name = self.call(step, short), self.fresh(value)
            if not value.array.ndim:
                self.names["asarray"], call = numpy.asarray, f"asarray({call})"
            line = f"{name} = {call}"
        self.lines.append(line)

    def call(self, step: Step, short: str) -> str:
        """The source of a call as it was made."""
        settings = dict(step.settings)
        args = list(step.args)
        if short == "[]":
            return f"{self.argument(args[0])}[{self.argument(args[1])}]"
        if short == "[]=":
            place, index, new = map(self.argument, args)
            return f"{place}[{index}] = {new}"
        out = settings.get("out")
        if isinstance(out, tuple) and len(out) == 1:
            settings["out"] = out[0]
            if isinstance(getattr(numpy, short, None), numpy.ufunc) and short[:3] not in (
                "max",
                "min",
            ):
                args.append(settings.pop("out"))
        named = [f"{name}={self.argument(value)}" for name, value in settings.items()]
        if short.startswith("."):
            place, *args = args
            return (
                f"{self.argument(place)}{short}({', '.join([*map(self.argument, args), *named])})"
            )
        function = self.function(short) if step.name.startswith("numpy.") else None
        function = function or self.constant(step.function, short.rpartition(".")[2])
        return f"{function}({', '.join([*map(self.argument, args), *named])})"

    # -------------------------------------------------------------------- expressions

    def function(self, short: str) -> str:
        """The name of a function of NumPy's."""
        head, *rest = short.split(".")
        self.names[head] = getattr(numpy, head)
        return ".".join([head, *rest])

    def constant(self, value: Any, letter: str = "k") -> str:
        """A name for an object."""
        number = 0
        while self.names.setdefault(name := letter + str(number), value) is not value:
            number += 1
        return name

    def arguments(self, args: Any) -> str:
        """Several arguments."""
        return ", ".join(map(self.argument, args))

    def argument(self, value: Any) -> str:
        """The source of an argument."""
        if isinstance(value, Use):
            return self.use(value)
        if type(value) is float and (value != value or value in (numpy.inf, -numpy.inf)):
            return self.constant(value)
        if type(value) in SIMPLE or type(value) is Number:
            return "..." if value is ... else repr(value)
        if type(value) is tuple:
            return "(" + "".join([self.argument(item) + ", " for item in value]).strip() + ")"
        if type(value) is list:
            return "[" + self.arguments(value) + "]"
        if type(value) is slice:
            return f"slice({self.arguments((value.start, value.stop, value.step))})"
        return self.constant(value)

    def use(self, use: Use) -> str:
        """The source of a use: the array, or a look at a part of it."""
        name = self.place(use.value)
        if use.part is None:
            return name
        if (name, use.part) not in self._looks:
            short = f"{name}_{1 + sum(known == name for known, _ in self._looks)}"
            self._looks[name, use.part] = short
            array = self.names.get(name)
            if isinstance(array, numpy.ndarray):
                self.names[short] = look(array, *use.part)
            else:
                self.lines.append(f"{short} = {self.dynamic_look(name, use)}")
        return self._looks[name, use.part]

    def dynamic_look(self, name: str, use: Use) -> str:
        """A part of an array that is another one at each call."""
        whole = use.value.array
        start, shape, strides, dtype = use.part or (0, (), (), None)
        if start == 0 and dtype == whole.dtype:
            if (shape, strides) == (whole.T.shape, whole.T.strides):
                return f"{name}.T"
            axes = list(zip(whole.shape, whole.strides, strict=True))
            wanted = list(zip(shape, strides, strict=True))
            if sorted(axes) == sorted(wanted) and len(set(axes)) == len(axes):
                return f"{name}.transpose({tuple(map(axes.index, wanted))})"
        if dtype == whole.dtype and whole.flags.c_contiguous:
            first, size = start // whole.itemsize, math.prod(shape)
            part = whole.reshape(-1)[first : first + size]
            if part.size == size and part.reshape(shape).strides == strides:
                cut = f".reshape(-1)[{first}:{first + size}]" if size < whole.size else ""
                return f"{name}{cut}.reshape({shape})"
        return f"look({name}, {start}, {shape}, {strides}, {self.constant(dtype, 'dtype')})"

    def call_it(self, value: Value, name: str) -> None:
        """Give a value that comes from outside a name."""
        self._names_of[value] = name

    def place(self, value: Value) -> str:
        """The name of a value."""
        if value not in self._names_of:
            name = f"{'x' if value.kind == 'input' else 'w'}{value.number}"
            self._names_of[value] = name
            if value.kind == "fixed":
                self.names[name] = value.array
            elif value.kind == "input":
                self.lines.insert(0, f"{name} = {value.source}")
        return self._names_of[value]

    # -------------------------------------------------------------------------- memory

    def fresh(self, value: Value) -> str:
        """A name for a result that is made anew."""
        name = self._names_of[value] = f"v{value.number}"
        return name

    def buffer(self, value: Value) -> str:
        """A buffer for a result that stays inside."""
        array = value.array
        free = self._free[array.shape, array.strides, array.dtype]
        if free:
            name = free.pop()
        else:
            self.names[name := f"b{len(self._buffers)}"] = numpy.empty_like(array)
            if self.names[name].strides != array.strides:
                raise ValueError("a result lies in memory in an unusual way")
            self._buffers[name] = array.shape
        self._names_of[value] = name
        return name

    def release(self, step: Step, number: int) -> None:
        """Free the buffers that no later step uses."""
        for value in {use.value for use in step.uses()} | set(step.made):
            name = self._names_of.get(value, "")
            if self.last.get(value) == number and name in self._buffers and value.kind == "made":
                array = self.names[name]
                free = self._free[array.shape, array.strides, array.dtype]
                free.append(name)
                self.last[value] = -1  # once only


def is_constant(use: Use) -> bool:
    """Whether a use is of a constant of the back end's."""
    array = use.value.array
    return use.value.kind == "fixed" and not array.ndim and (
        cpu.constant(array.item(), array.dtype) is array
    )  # fmt: skip


def checks_first(steps: list[Step]) -> tuple[list[Step], list[Step]]:
    """All checks, and what they are computed from; and the other steps.

    Raises:
        ValueError: A check depends on something with an effect.
    """
    first: set[Step] = set()
    needed: set[Value] = set()
    for step in reversed(steps):
        if step.kind == "check" or needed & {*step.made, *step.written}:
            if step.kind in ("draw", "whole") or any(v.kind != "made" for v in step.written):
                raise ValueError("a check of elements comes after something with an effect")
            first.add(step)
            needed.update(use.value for use in step.uses())
    changed: list[Any] = []
    for step in steps:
        if step not in first:
            changed += [value.array for value in step.written if value.kind != "made"]
        elif any(numpy.may_share_memory(u.value.array, a) for u in step.uses() for a in changed):
            raise ValueError("a check of elements comes after they were written")
    return [s for s in steps if s in first], [s for s in steps if s not in first]
