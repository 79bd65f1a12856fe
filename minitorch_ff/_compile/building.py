"""From a recording to a function: its steps, and all else that the call has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from minitorch_ff._compile.ending import Grads, Impossible, Rule
from minitorch_ff._compile.nodes import compiled_node, ran
from minitorch_ff._compile.program import Program
from minitorch_ff._compile.recording import Use, Value
from minitorch_ff._compile.session import Session
from minitorch_ff.firefly.tensor import AccumulateGrad, Tensor, wrap

AGAIN = object()
"""What a replay gives when a check fails: nothing has happened, the function is to be called."""

WARNINGS_OFF = "minitorch_ff.firefly.replay"
"""As what module a program runs: one in which NumPy's warnings are off, as in the engine."""


@dataclass(eq=False)
class Replay:
    """A program and when it may be used.

    Attributes:
        holds: Whether it is right for these arguments, now.
        run: It: gives what the function would return, or `AGAIN`.
        source: The source of `run`.
    """

    holds: Callable[[Any, Any], bool]
    run: Callable[[Any, Any], Any]
    source: str
    guards: list[str]


@dataclass(eq=False)
class Builder:
    """Puts a program together.

    Args:
        session: The recorded call.
    """

    session: Session
    names: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)  # gradients, by the leaf's path

    def build(self) -> Replay:
        """The function that takes the place of the call.

        Raises:
            Impossible: There is something that a program cannot do.
        """
        session = self.session
        guards, end, recording = session.guards, session.end, session.recording
        self.names.update(
            guards.names, __name__=WARNINGS_OFF, wrap=wrap, ran=ran, AGAIN=AGAIN, node=compiled_node
        )
        outside = {use.value for use in end.outputs.values()}
        for grads in (end.grads, *end.wholes.values()):
            outside |= {use.value for _, _, use in grads if use is not None}
        kept: list[Value] = []
        source_of_rule: list[str] = []
        if end.rule is not None:
            kept = self.rule(end.rule, source_of_rule)
            outside |= {value for value in kept if value.kind == "made"}
        try:
            program = Program(recording, outside, self.names)
            program.before_whole = lambda step: self.put_grads(program, end.wholes[step])
            if not end.wholes:  # nothing looks at the gradients from before
                replaced = [leaf for leaf, *_ in end.grads if leaf.entry is not None]
                program.dropped = [f"{leaf.path}._grad" for leaf in replaced]
            lines = program.write()
        except ValueError as error:
            raise Impossible(str(error)) from None
        lines += self.epilogue(program, kept)
        self.check_entry_grads(program)
        text = ["def replay(args, kwargs):", *indented(lines)]
        source = "\n".join([*source_of_rule, *text])
        exec(compile("\n".join(text), "<compiled>", "exec"), self.names)
        return Replay(guards.compiled(), self.names["replay"], source + "\n", guards.conditions)

    def rule(self, rule: Rule, source: list[str]) -> list[Value]:
        """Write the backward pass; the values that it needs are returned."""
        results = {use.value for _, use in rule.edges if use is not None}
        names: dict[str, Any] = dict(self.names)
        inner = {value for step in rule.steps for value in step.made}
        tangents = set(rule.tangents)
        program = Program(self.session.recording, results, names, steps=rule.steps)
        kept: list[Value] = []

        def place(value: Value) -> None:
            if value not in inner and value not in tangents and value not in kept:
                if value.kind == "fixed" and self.leaf_of(value) is None:
                    return
                kept.append(value)

        uses = [use for step in program.live(rule.steps) for use in step.uses()]
        for needed in (*uses, *[use for _, use in rule.edges if use is not None]):
            place(needed.value)
        for i, value in enumerate(rule.tangents):
            program.call_it(value, f"g{i}")
        for i, value in enumerate(kept):
            program.call_it(value, f"s{i}")
        lines = program.write()
        given = [f"g{i}" for i in range(len(rule.tangents))]
        saved = [f"s{i}" for i in range(len(kept))]
        head = [f"{', '.join(names)}, = {what}" for names, what in
                ((given, "grads"), (saved, "kept")) if names]  # fmt: skip
        parts = ["None" if use is None else program.use(use) for _, use in rule.edges]
        lines = [*head, *lines, f"return ({', '.join(parts)},)"]
        names["lock"] = threading.Lock()
        text = ["def rule(grads, kept):", *indented(["with lock:  # the buffers are one thread's"]),
                *indented(indented(lines))]  # fmt: skip
        exec(compile("\n".join(text), "<compiled>", "exec"), names)
        self.names["rule"] = names["rule"]
        source += [*text, "", ""]
        return kept

    def leaf_of(self, value: Value) -> Any:
        """The tensor outside that holds a value, or None."""
        for leaf in self.session.leaves.values():
            if leaf.plain is value.array:
                return leaf
        return None

    def put_grads(self, program: Program, grads: Grads) -> None:
        """Give leaves their gradients."""
        for leaf, grad, use in grads:
            if self.given.get(leaf.path, leaf.entry) is grad:
                continue
            self.given[leaf.path] = grad
            name = "None" if use is None else self.tensor(program, grad, use)
            program.lines.append(f"{leaf.path}._grad = {name}")

    def tensor(self, program: Program, tensor: Any, use: Use) -> str:
        """The name of a new tensor, made when it is first asked for."""
        known: dict[int, str] = program.tensors
        if id(tensor) not in known:
            name = known[id(tensor)] = f"y{len(known)}"
            cls = program.constant(type(tensor), "T")
            program.lines.append(f"{name} = wrap({cls}, {program.use(use)})")
            if tensor.version[0]:
                program.lines.append(f"{name}.version[0] = {tensor.version[0]}")
        return known[id(tensor)]

    def epilogue(self, program: Program, kept: list[Value]) -> list[str]:
        """What follows the steps: gradients, versions, results."""
        end = self.session.end
        start = len(program.lines)
        self.put_grads(program, end.grads)
        for leaf in self.session.leaves.values():
            if self.given.get(leaf.path, leaf.entry) is not leaf.tensor._grad:
                raise Impossible("a tensor gets back the gradient that it had")
        for path, times in end.writes:
            program.lines.append(f"{path}.version[0] += {times}")
        text = self.output(program, self.session.result)
        if end.rule is not None:
            arrays = [program.place(value) for value in kept]
            saved = [leaf.path for leaf in map(self.leaf_of, kept) if leaf is not None]
            edges = [f"{leaf.path}.edge()" for leaf, _ in end.rule.edges]
            outputs = [program.tensors[id(tensor)] for tensor in end.live]
            tuples = [f"({''.join([a + ', ' for a in part])})" for part in
                      (arrays, edges, saved, outputs)]  # fmt: skip
            strides = tuple([value.array.strides for value in end.rule.tangents])
            program.lines.append(f"node(rule, {strides}, {', '.join(tuples)})")
        program.lines.append(f"return {text}")
        lines = program.lines[start:]
        del program.lines[start:]
        return lines

    def output(self, program: Program, value: Any) -> str:
        """The source of what is returned."""
        leaves, end = self.session.leaves, self.session.end
        if isinstance(value, Tensor):
            if id(value) in leaves:
                return leaves[id(value)].path
            use = end.outputs[id(value)]
            new = id(value) not in program.tensors
            name = self.tensor(program, value, use)
            if new and value.node is not None and not any(value is t for t in end.live):
                edges = program.constant(tuple(value.node.edges), "edges")
                title = repr(value.node.name())
                program.lines.append(f"{name}.node = ran({title}, {edges}, {program.use(use)})")
            return name
        if type(value) is tuple or hasattr(value, "_fields"):
            items = "".join([self.output(program, item) + ", " for item in value])
            kind = "" if type(value) is tuple else program.constant(type(value), "T")
            return f"{kind}({items})"
        if type(value) is list:
            return "[" + ", ".join([self.output(program, item) for item in value]) + "]"
        if type(value) is dict:
            items = ", ".join(
                [f"{program.argument(k)}: {self.output(program, v)}" for k, v in value.items()]
            )
            return "{" + items + "}"
        if isinstance(value, (int, float, str, bool, type(None))):
            return program.argument(value)
        raise Impossible(f"it returns a {type(value).__name__}")

    def check_entry_grads(self, program: Program) -> None:
        """Ask that leaves have a gradient, or none, as before; one that is used must be alike."""
        session = self.session
        used = {v.source for v in program.used if v.kind == "input"}
        for leaf in session.leaves.values():
            if type(leaf.tensor.node) is not AccumulateGrad and leaf.entry is None:
                continue
            path = f"{leaf.path}._grad"
            there = "is None" if leaf.entry is None else "is not None"
            session.guards.conditions.append(f"{path} {there}")
            if f"{path}.buffer" in used:
                buffer = leaf.entry.buffer
                session.guards.conditions += [
                    f"{path}.buffer.shape == {buffer.shape}",
                    f"{path}.buffer.strides == {buffer.strides}",
                    f"{path}.buffer.dtype is {session.guards.name('k', buffer.dtype)}",
                    f"{path}.node is None",
                ]


def indented(lines: list[str]) -> list[str]:
    """Lines four spaces further to the right."""
    return ["    " + part for line in lines for part in line.split("\n")]
