"""One call of a function, written down as the NumPy calls that it made.

A recording is a list of steps. Arrays appear in it as uses of values: a value is an array
that a step made, that the caller gave, or that was there before; a use says which part of it
is looked at. Views need no step: they are uses of the same value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy

from minitorch_ff._compile.buffers import Anchor, Buffer, address, bare
from minitorch_ff.compiler import Unsupported


@dataclass(eq=False)
class Value:
    """An array.

    Attributes:
        number: Counts the values of a recording.
        array: What it was when recorded.
        kind: "made" by a step, "input" (another array at each call) or "fixed".
        source: How a program finds an input.
    """

    number: int
    array: Any
    kind: str
    source: str = ""


@dataclass(frozen=True)
class Use:
    """A value, or the part of it that begins some bytes further and has this layout."""

    value: Value
    part: tuple[int, tuple[int, ...], tuple[int, ...], Any] | None = None

    def key(self) -> tuple[Any, ...]:
        """What two recordings have in common."""
        return "use", self.value.number, self.part


@dataclass(eq=False)
class Step:
    """A call that was made.

    Attributes:
        name: How the source writes the function.
        function: It.
        args, settings: Its arguments, with uses in the place of arrays.
        made: The values that it made, one for each array in its result.
        written: The values that it wrote into.
        kind: "call"; "check" of what must hold for a replay to be right; "draw" of random
            numbers; or "whole", something that is called at each replay as it is.
        notes: Of a check, what it gave; of a whole call, gradients that it looks at.
    """

    name: str
    function: Any
    args: Any
    settings: dict[str, Any]
    made: list[Value]
    written: list[Value]
    kind: str = "call"
    notes: Any = None

    def uses(self) -> list[Use]:
        """All uses among the arguments."""
        found: list[Use] = []
        collect(Use, (self.args, self.settings), found)
        return found

    def key(self) -> tuple[Any, ...]:
        """What two recordings have in common."""
        made = [(v.number, v.array.shape, v.array.strides, v.array.dtype) for v in self.made]
        whole = self.function if self.kind in ("whole", "draw") else None
        return self.name, whole, _key(self.args), _key(self.settings), made, self.kind


def collect(kind: type, value: Any, found: list[Any]) -> None:
    """All of a kind in nested tuples, lists, dictionaries and slices."""
    if isinstance(value, kind):
        found.append(value)
    elif isinstance(value, slice):
        collect(kind, (value.start, value.stop, value.step), found)
    elif isinstance(value, (tuple, list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            collect(kind, item, found)


def _key(value: Any) -> Any:
    """An argument in a form that can be compared; numbers differ where their texts do."""
    if isinstance(value, Use):
        return value.key()
    if isinstance(value, (tuple, list)):
        return type(value), [_key(item) for item in value]
    if isinstance(value, dict):
        return [(name, _key(item)) for name, item in value.items()]
    if isinstance(value, slice):
        return slice, _key((value.start, value.stop, value.step))
    return type(value), repr(value)


@dataclass(eq=False)
class Recording:
    """What a call did.

    Attributes:
        fullgraph: Raise where the function cannot be compiled.
        steps: What was called, in order.
        reason: Why the function cannot be compiled, or "".
        ran: Nodes whose rule a backward pass has run.
    """

    fullgraph: bool = False
    steps: list[Step] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    reason: str = ""
    ran: set[Any] = field(default_factory=set)
    _known: dict[int, Value] = field(default_factory=dict)  # by the array's id
    _anchors: list[Any] = field(default_factory=list)

    def give_up(self, reason: str) -> None:
        """Note why the function cannot be compiled; the first reason counts.

        Raises:
            Unsupported: It must be.
        """
        self.reason = self.reason or reason
        if self.fullgraph:
            raise Unsupported(f"torch.compile(fullgraph=True): {reason}")

    def add_value(self, array: Any, kind: str, source: str = "") -> Value:
        """A further value."""
        value = Value(len(self.values), array, kind, source)
        self.values.append(value)
        self._known[id(array)] = value
        return value

    def watch(self, array: Any, kind: str, source: str = "") -> Any:
        """A further value, as a buffer that notes what is done with it."""
        value = self.add_value(array, kind, source)
        anchor = array.view(Anchor)
        self._known[id(anchor)] = value
        self._anchors.append(anchor)
        return anchor.view(Buffer)

    def find(self, array: Any) -> Use | None:
        """The known value that an array is, or looks at."""
        known, base = None, array
        while known is None and isinstance(base, numpy.ndarray):
            known = self._known.get(id(base))
            base = base.base
        if known is None:
            return None
        whole = known.array
        start = address(array) - address(whole)
        part = start, array.shape, array.strides, array.dtype
        return Use(known, None if part == (0, whole.shape, whole.strides, whole.dtype) else part)

    def use(self, array: Any) -> Use:
        """The use of an array; one that was never seen is a value that was there before."""
        known = self.find(array)
        if known is not None:
            return known
        owner = array
        while isinstance(owner.base, numpy.ndarray):
            owner = owner.base
        self.add_value(owner, "fixed")
        return self.use(array)

    def abstract(self, argument: Any) -> Any:
        """An argument with uses in the place of arrays."""
        if isinstance(argument, numpy.ndarray):
            return self.use(argument)
        if type(argument) in (tuple, list):
            return type(argument)([self.abstract(item) for item in argument])
        if type(argument) is dict:
            return {name: self.abstract(item) for name, item in argument.items()}
        if type(argument) is slice:
            parts = (argument.start, argument.stop, argument.step)
            return slice(*[self.abstract(part) for part in parts])
        return argument

    def note(
        self, name: str, function: Any, args: Any, settings: Any, result: Any, written: Any,
        kind: str = "call",
    ) -> Any:  # fmt: skip
        """Add a call, and return its result with buffers that go on recording."""
        args, settings = self.abstract(tuple(args)), self.abstract(dict(settings))
        targets = [self.use(array).value for array in written]
        made: list[Value] = []
        given = self._watched(result, made)
        if made or targets or kind != "call":
            self.steps.append(Step(name, function, args, settings, made, targets, kind))
        return given

    def _watched(self, result: Any, made: list[Value]) -> Any:
        if isinstance(result, numpy.generic):
            result = numpy.asarray(result)
        if isinstance(result, numpy.ndarray):
            if self.find(result) is not None:
                return result.view(Buffer)
            buffer = self.watch(bare(result), "made")
            made.append(self.values[-1])
            return buffer
        if isinstance(result, (tuple, list)):
            items = [self._watched(item, made) for item in result]
            return type(result)(*items) if hasattr(result, "_fields") else type(result)(items)
        return result

    def check(self, function: Any, args: Any, result: Any) -> None:
        """Note a check: a replay is right if it gives the same."""
        name = "check." + function.__name__
        self.steps.append(
            Step(name, function, self.abstract(args), {}, [], [], "check", result)
        )  # fmt: skip

    def call_whole(self, name: str, function: Any, grads: list[Any]) -> None:
        """Note something that replays call as it is; it looks at these leaves' gradients."""
        notes = []
        for leaf in grads:
            grad = leaf._grad
            notes.append((leaf, grad, None if grad is None else self.find(grad.buffer)))
        self.steps.append(Step(name, function, (), {}, [], [], "whole", notes))

    def key(self) -> list[Any]:
        """Equal for two recordings that can be replayed by one program."""
        return [step.key() for step in self.steps]

    def fixed(self) -> list[Any]:
        """The arrays that were there before, in order."""
        return [value.array for value in self.values if value.kind == "fixed"]
