"""Plain gradient descent, written into the program: its step is shorter than the call of it."""

from __future__ import annotations

from typing import Any

import numpy

from minitorch_ff._compile.ending import Leaf
from minitorch_ff._compile.guards import Guards
from minitorch_ff._compile.program import Program
from minitorch_ff.optim import optimizer as hooks
from minitorch_ff.optim.sgd import SGD

LARGEST = 65536
"""Larger parameters are updated in blocks, by the optimizer itself."""

SETTINGS = "momentum", "weight_decay", "maximize", "differentiable", "fused"


def write_descent(program: Program, guards: Guards, method: Any, leaves: dict[int, Leaf]) -> bool:
    """Write `p -= lr * p.grad` for all parameters, if that is what a step does.

    Args:
        program: Where to write.
        guards: Get the conditions under which it stays so; `lr` is read at each replay.
        method: The step of an optimizer.
        leaves: All tensors, by id.

    Returns:
        Whether it was written.
    """
    optimizer = getattr(method, "__self__", None)
    if type(optimizer) is not SGD:
        return False
    name = guards.name("o", optimizer)
    guards.names.update(before=hooks._global_optimizer_pre_hooks)
    guards.names.update(after=hooks._global_optimizer_post_hooks)
    own = f"{name}._optimizer_step_pre_hooks", f"{name}._optimizer_step_post_hooks"
    conditions = [f"not {hooks}" for hooks in ("before", "after", *own)]
    groups = []
    for i in range(len(optimizer.param_groups)):
        groups.append(f"{name}.param_groups[{i}]")
        conditions.append(f"type({groups[-1]}['lr']) is float")
        conditions += [f"not {groups[-1]}[{setting!r}]" for setting in SETTINGS]
    params = [p for group in optimizer.param_groups for p in group["params"]]
    arrays = [leaves[id(param)].plain for param in params]
    if not all(eval(condition, dict(guards.names)) for condition in conditions) or not all(
        a.dtype.kind == "f" and a.itemsize > 2 and a.size <= LARGEST and a.flags.c_contiguous
        for a in arrays
    ):
        return False
    guards.conditions += conditions
    multiply, subtract = program.function("multiply"), program.function("subtract")
    known = {id(value.array): value for value in program.recording.values}
    program.names[name] = optimizer
    for group, path in zip(optimizer.param_groups, groups, strict=True):
        rates: dict[Any, str] = {}
        for param in group["params"]:
            leaf = leaves[id(param)]
            dtype = leaf.plain.dtype
            if dtype not in rates:
                rates[dtype] = program.constant(numpy.empty((), dtype), "rate")
                program.lines.append(f"{rates[dtype]}[...] = {path}['lr']")
            place = program.place(known[id(leaf.plain)])
            change = program.constant(numpy.empty_like(leaf.plain), "change")
            program.lines += [
                f"{multiply}({leaf.path}._grad.buffer, {rates[dtype]}, {change})",
                f"{subtract}({place}, {change}, {place})",
                f"{leaf.path}.version[0] += 1",
            ]
    return True
