"""An optimizer's step, recorded as the primitives that it calls.

From one step to the next its number changes, and whatever a scheduler changes. So the
settings are recorded as `Number`s: what an update computes from them is computed anew at each
replay, and what it decides by them is a condition.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from minitorch_ff import optim
from minitorch_ff._compile.buffers import Buffer, RecordingBackend, library
from minitorch_ff._compile.guards import Guards
from minitorch_ff._compile.recording import Recording
from minitorch_ff.firefly.backend.registry import cpu
from minitorch_ff.optim import optimizer as hooks
from minitorch_ff.optim._buckets import Bucket, Plan

RECORDED = {
    optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad, optim.Adadelta, optim.Adamax,
}  # fmt: skip
"""Optimizers whose updates compute with settings and the number of the step alone."""

BLOCK = cpu.update_block

PLAIN = (float, int, bool, str, type(None), tuple, list)
"""Settings of other types, such as tensors, may change unseen."""

STEPPED = SimpleNamespace(param_groups=[])
"""What a step is called with when it is recorded already: there is nothing left to update."""


class Number(float):
    """A number that an update computes with, and the source of an expression for it."""

    source: str
    guards: Guards
    __hash__ = None  # type: ignore[assignment]  # no constant, and none that is kept

    def __repr__(self) -> str:
        return self.source

    def __bool__(self) -> bool:
        return bool(self != 0.0)


def number(value: float, source: str, guards: Guards) -> Number:
    """A value and its source."""
    made = Number(value)
    made.source, made.guards = source, guards
    return made


def _operator(name: str, sign: str) -> Any:
    function = getattr(float, name)

    def method(self: Number, other: Any) -> Any:
        sides = [self.source, repr(other)]
        source = f" {sign} ".join(sides[::-1] if name[2] == "r" else sides)
        value = function(self, other)
        if isinstance(value, bool):  # something depends on it
            self.guards.conditions.append(f"({source}) is {value}")
            return value
        return number(value, f"({source})", self.guards)

    return method


for _name, _sign in {
    "add": "+", "radd": "+", "sub": "-", "rsub": "-", "mul": "*", "rmul": "*", "truediv": "/",
    "rtruediv": "/", "pow": "**", "rpow": "**", "eq": "==", "ne": "!=", "lt": "<", "gt": ">",
}.items():  # fmt: skip
    setattr(Number, f"__{_name}__", _operator(f"__{_name}__", _sign))


def can_be_recorded(optimizer: Any, recording: Recording) -> bool:
    """Whether a step can be recorded; if not, replays call it as it is."""
    groups = optimizer.param_groups
    settings = [value for group in groups for value in (*group.values(), *group.get("betas", ()))]
    flags = "differentiable", "fused", "capturable"
    return (
        type(optimizer) in RECORDED
        and list(map(len, hooks_of(optimizer))) == [1, 1, 0, 0]  # the recorder's own
        and not any(step.kind == "whole" for step in recording.steps)  # may change settings
        and not any(group.get(flag) for group in groups for flag in flags)
        and all(type(value) in PLAIN for value in settings)
        and all(_is_usual(param) for group in groups for param in group["params"])
    )


def hooks_of(optimizer: Any) -> list[Any]:
    """All who are told of its steps."""
    own = optimizer._optimizer_step_pre_hooks, optimizer._optimizer_step_post_hooks
    return [hooks._global_optimizer_pre_hooks, hooks._global_optimizer_post_hooks, *own]


def _is_usual(param: Any) -> bool:
    buffer, grad = param.buffer, param._grad
    return (
        buffer.dtype.char in "fd"
        and buffer.flags.c_contiguous
        and (grad is None or grad.buffer.dtype is buffer.dtype)
        and (buffer.size < 2 * BLOCK or cpu._threads == 1)  # else threads share the work
    )


def record(optimizer: Any, plans: list[Plan], guards: Guards) -> None:
    """Make a step while it is recorded, under the conditions that make it the same one again."""
    guards.conditions += [f"not {guards.name('h', known)}" for known in hooks_of(optimizer)]
    name = guards.name("o", optimizer)
    for i, (group, plan) in enumerate(zip(optimizer.param_groups, plans, strict=True)):
        path = guards.name("group", group)
        guards.conditions.append(f"{name}.param_groups[{i}] is {path}")
        settings = {
            key: _setting(value, f"{path}[{key!r}]", guards)
            for key, value in group.items() if not key.startswith("param")
        }  # fmt: skip
        _plan_holds(plan, f"{path}['params']", f"{name}.state", guards)
        for bucket in plan.buckets:
            step = _count(bucket, guards)
            for first, params in chunks(bucket.params):
                _update(optimizer, bucket, first, params, settings, step)
            bucket.fresh = False
            for param in bucket.params:
                param.version[0] += 1


def _setting(value: Any, path: str, guards: Guards) -> Any:
    """A setting as a `Number`; what is none must stay as it is."""
    if type(value) in (tuple, list):
        guards.conditions.append(f"len({path}) == {len(value)}")
        return tuple([_setting(v, f"{path}[{i}]", guards) for i, v in enumerate(value)])
    if type(value) is not float:
        guards.stays(value, path, set())
        return value
    guards.conditions.append(f"type({path}) is float")
    return number(value, path, guards)


def _plan_holds(plan: Plan, params: str, state: str, guards: Guards) -> None:
    """Conditions that what the plan's `holds` looks at is as it was."""
    name, conditions = guards.name, guards.conditions
    for i, (param, _, values, entries) in enumerate(plan.found):
        conditions.append(f"{params}[{i}] is {name('t', param)}")
        if entries:
            conditions.append(f"{state}.get({name('t', param)}) is {name('s', values)}")
        for key, tensor, part in entries:
            conditions.append(f"{name('s', values)}[{key!r}] is {name('t', tensor)}")
            conditions.append(f"{name('t', tensor)}.buffer is {name('b', part)}")
        if param.buffer.size >= 2 * BLOCK:
            conditions.append("cpu._threads == 1")


def _count(bucket: Bucket, guards: Guards) -> Any:
    """Count a step, if steps are counted, and give its number."""
    numbers = bucket.counters.get("step")
    if numbers is None:
        return 0.0
    name = guards.name("count", numbers)
    guards.conditions.append(f"len(set({name}.tolist())) == 1")
    counted = numbers.view(Buffer)
    library.add(counted, cpu.constant(1, numbers.dtype), counted)
    return number(numbers.item(0), f"{name}.item(0)", guards)


def chunks(params: list[Any]) -> list[tuple[int, list[Any]]]:
    """Neighbours that fit into a block together, and at which element the first begins."""
    found: list[tuple[int, list[Any]]] = []
    start = room = 0
    for param in params:
        size = param.buffer.size
        if size > room:
            found.append((start, []))
            room = BLOCK
        found[-1][1].append(param)
        start, room = start + size, room - size
    return found


def _update(
    optimizer: Any, bucket: Bucket, first: int, params: list[Any], settings: Any, step: Any
) -> None:
    """Update some parameters of a bucket, those from the element `first` on."""
    places = [param.buffer.reshape(-1) for param in params]
    values, grad = places[0], params[0]._grad.buffer.reshape(-1)
    if len(params) > 1:
        values = side_by_side([param.buffer for param in params])
        grad = side_by_side([param._grad.buffer for param in params])
    backend: Any = RecordingBackend()
    backend.constant = library.array
    for name in ("mul", "sub") if len(params) > 1 else ():
        setattr(backend, name, in_parts(getattr(backend, name), values, places))
    arrays = {k: v[first : first + values.size].view(Buffer) for k, v in bucket.arrays.items()}
    if type(optimizer) is optim.SGD and not arrays:
        backend.flat_sgd_step(values, grad, settings)
    else:
        part = SimpleNamespace(backend=backend, param=values, grad=grad, arrays=arrays)
        part.fresh = bucket.fresh
        optimizer._update(part, settings, step)


def side_by_side(arrays: list[Any]) -> Any:
    """One array in one dimension with the elements of several."""
    whole = library.empty(sum([array.size for array in arrays]), arrays[0].dtype)
    start = 0
    for array in arrays:
        whole[start : start + array.size].reshape(array.shape)[...] = array
        start += array.size
    return whole


def in_parts(function: Any, whole: Any, places: list[Any]) -> Any:
    """A function that writes into `whole`, and into the arrays whose elements are there, too.

    If it is the last to look at them there, the program leaves `whole` out.
    """

    def called(a: Any, b: Any, out: Any = None) -> Any:
        start = 0
        for place in places if out is whole else ():
            end = start + place.size
            function(place, b[start:end] if b.ndim else b, place)
            start = end
        return function(a, b, out)

    return called
