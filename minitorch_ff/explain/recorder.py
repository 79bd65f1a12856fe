"""Record a training step on its three levels: modules, operators, primitives.

Nothing in the engine knows of it. For the time of a trace, watched back ends stand in the
registry, the calls of modules and the rules of operators are wrapped, and optimizers have
hooks; then all is as before, and costs nothing.
"""

from __future__ import annotations

import functools
import gc
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from time import perf_counter
from types import FunctionType
from typing import Any, Self, TypeAlias

from minitorch_ff.explain.tree import Entry, Tree
from minitorch_ff.explain.values import described, size_of
from minitorch_ff.firefly import graph
from minitorch_ff.firefly.backend.registry import by_buffer_type, cpu
from minitorch_ff.firefly.backend.watched import Watched
from minitorch_ff.firefly.ops.base import Operator
from minitorch_ff.firefly.tensor import AccumulateGrad
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.optim.optimizer import (
    register_optimizer_step_post_hook, register_optimizer_step_pre_hook,
)  # fmt: skip

Around: TypeAlias = AbstractContextManager[Callable[[Any], Any]]

ARGUMENTS = {
    "module": slice(None),
    "operator": slice(1, None),  # the first is the namespace `xp`
    "rule": slice(1, None),
    "leaf": slice(1, 2),
    "backward": slice(0),
}
"""Which arguments are shown of which kind of call."""

_one_at_a_time = threading.Lock()


@dataclass(eq=False)
class Call:
    """A call that has not returned, used in a `with` statement around it.

    Attributes:
        entry: What is shown of it.
        start: Since when it runs, by the clock of the trace.
        owner: The operator, leaf, module or optimizer that it is of, or a primitive's name.
        results: What it returned, if anything.
    """

    trace: Trace
    entry: Entry
    start: float
    owner: Any
    results: list[Any] = field(default_factory=list)

    def __enter__(self) -> Callable[[Any], Any]:
        return self.results.append

    def __exit__(self, *error: object) -> None:
        self.trace._end(self)


class Trace(Tree):
    """What ran inside a `with` block, as a tree: see `trace`. Used again, it goes on."""

    def __init__(self, from_first_gradient: bool = False) -> None:
        """Record everything, or from the first outermost call that computes with gradients."""
        super().__init__()
        self._waiting = from_first_gradient
        self._thread: int | None = None  # while recording
        self._open: list[Call] = []
        self._used: list[Any] = []  # the outermost modules, and optimizers
        self._names: dict[int, str] = {}  # of their modules and parameters, by id
        self._start = self._lost = 0.0
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("a trace is being recorded already; traces do not nest")
        with ExitStack() as undo:
            undo.callback(_one_at_a_time.release)
            self._put_in_place(undo)
            self._undo = undo.pop_all()
        gc.collect()  # now, and not in the middle
        self._thread = threading.get_ident()
        self._lost, self._start = 0.0, perf_counter()
        return self

    def __exit__(self, *error: object) -> None:
        while self._open:
            self._end(self._open[-1])
        self.seconds += perf_counter() - self._lost - self._start
        self._thread = None
        self._undo.close()
        for used in self._used:
            _choose_backends(used)
        self._used.clear()
        self._names.clear()

    # ------------------------------------------------------------------ being in place

    def _put_in_place(self, undo: ExitStack) -> None:
        """Put everything where it sees the calls; `undo` takes it away again."""

        def replace(owner: Any, name: str, new: Any) -> None:
            undo.callback(setattr, owner, name, vars(owner)[name])
            setattr(owner, name, new)

        for buffer_type, backend in list(by_buffer_type.items()):
            watched = Watched(backend, functools.partial(self._around, "primitive"))
            by_buffer_type[buffer_type] = watched
            undo.callback(_put_back, buffer_type, watched)
        replace(graph, "cpu", by_buffer_type[cpu.buffer_type])
        replace(graph, "walk", self._watched("backward", graph.walk))
        replace(AccumulateGrad, "receive", self._watched("leaf", AccumulateGrad.receive))
        replace(Module, "__call__", self._watched("module", Module.__call__))
        for cls in _with_subclasses(Operator):
            for kind, name in (("operator", "forward"), ("rule", "backward")):
                if isinstance(vars(cls).get(name), FunctionType):
                    replace(cls, name, self._watched(kind, vars(cls)[name]))
        undo.callback(register_optimizer_step_pre_hook(self._enter_step).remove)
        undo.callback(register_optimizer_step_post_hook(self._leave_step).remove)

    def _watched(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function, recorded: its first argument is what it belongs to."""
        shown = ARGUMENTS[kind]

        @functools.wraps(function)
        def call(owner: Any, *args: Any, **settings: Any) -> Any:
            with self._around(kind, owner, (*args, *settings.values())[shown]) as see:
                result = function(owner, *args, **settings)
                see(result)
            return result

        return call

    def _enter_step(self, optimizer: Any, *_: Any) -> None:
        self._used.append(optimizer)
        if threading.get_ident() == self._thread:
            _choose_backends(optimizer)
            self._begin("optimizer", optimizer, ())

    def _leave_step(self, optimizer: Any, *_: Any) -> None:
        calls = [call for call in self._open if call.owner is optimizer]
        if calls and threading.get_ident() == self._thread:
            self._end(calls[-1])

    # ---------------------------------------------------------------------- recording

    def _around(self, kind: str, owner: Any, takes: tuple[Any, ...]) -> Around:
        """What to put around a call: it gives the function to call with the result."""
        if threading.get_ident() != self._thread:
            return nullcontext([].append)
        if self._open and self._open[-1].owner is owner and self._open[-1].entry.kind == kind:
            return nullcontext([].append)  # a rule calls its base class's
        return self._begin(kind, owner, takes)

    def _begin(self, kind: str, owner: Any, takes: tuple[Any, ...]) -> Call:
        """Open an entry. The clock of the trace stands still meanwhile."""
        now = perf_counter()
        if kind == "module" and not any([call.entry.kind == kind for call in self._open]):
            self._used.append(owner)
            self._names.update((id(m), path) for path, m in owner.named_modules())
            self._names.update((id(p), path) for path, p in owner.named_parameters())
        entry = Entry(kind, self._name(kind, owner), ", ".join(map(described, takes)))
        siblings = self._open[-1].entry.parts if self._open else self.entries
        if kind == "primitive" and siblings:
            before = siblings[-1]
            if before.kind in ("rule", "leaf") or (owner, before.kind) == ("asarray", "operator"):
                entry.kind, siblings = "engine", before.parts  # works on what that call gave
        siblings.append(entry)
        call = Call(self, entry, now - self._lost, owner)
        self._open.append(call)
        self._lost += perf_counter() - now
        return call

    def _end(self, call: Call) -> None:
        """Close an entry, and what a raised error has left open inside it."""
        now, inner = perf_counter(), None
        while inner is not call:
            inner = self._open.pop()
            inner.entry.seconds += now - self._lost - inner.start
        entry, siblings = call.entry, self.entries
        self._describe(entry, call.owner, call.results)
        if self._open:
            around = self._open[-1].entry
            around.recorded |= entry.recorded
            siblings = around.parts
        elif self._waiting:
            self._waiting = not (entry.recorded or entry.kind == "optimizer")
            self._start = call.start
            if self._waiting:
                siblings.pop()
        if entry.kind == "engine":
            siblings[-1].seconds += entry.seconds
        self._lost += perf_counter() - now

    def _describe(self, entry: Entry, owner: Any, results: list[Any]) -> None:
        """Note what a call gave; of a rule, for which parameters."""
        if entry.kind == "operator":
            entry.recorded = any([edge is not None for edge in owner.edges])
        for result in results if entry.kind != "backward" else ():
            entry.nbytes = size_of(result)
            entry.gives = "" if result is None else described(result)
            if entry.kind == "rule":
                names = [self._names.get(id(getattr(e, "variable", None))) for e in owner.edges]
                pairs = [p for p in zip(names, result, strict=False) if p[1] is not None]
                entry.gives = ", ".join((f"{n}: " if n else "") + described(g) for n, g in pairs)

    def _name(self, kind: str, owner: Any) -> str:
        if kind == "primitive":
            return f"xp.{owner}"
        if kind == "backward":
            return kind
        if kind == "rule":
            return str(owner.name())
        if kind == "leaf":
            return self._names.get(id(owner.variable), "a leaf") + ".grad"
        cls = type(owner).__name__
        path = self._names.get(id(owner)) if kind == "module" else None
        return f"{cls}.step" if kind == "optimizer" else f"{path} ({cls})" if path else cls


def trace() -> Trace:
    """Record what runs inside a `with` block: modules, operators, primitives, and their times.

    Only calls of the block's own thread are seen; other threads compute as before. Calls of
    an optimizer's `step`, backward passes and the rules inside them are part of the tree.

    Returns:
        The trace: `print` shows it, a notebook too, `save` writes it as a page.

    Raises:
        RuntimeError: (in the `with` statement) Another trace is being recorded.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff import explain
        >>> layer, x = torch.nn.Linear(3, 2), torch.ones(4, 3)
        >>> with explain.trace() as step:
        ...     y = layer(x).relu()
        >>> print(step.text(times=False))
        Linear  float32[4, 3] -> float32[4, 2]  32 B
          Linear  float32[4, 3], float32[2, 3], float32[2] -> float32[4, 2]  32 B
            xp.linear(float32[4, 3], float32[2, 3], float32[2]) -> float32[4, 2]  32 B
        Relu  float32[4, 2] -> float32[4, 2]  32 B
          xp.positive_part(float32[4, 2]) -> float32[4, 2]  32 B
    """
    return Trace()


def _with_subclasses(cls: type) -> set[type]:
    """A class, and all below it."""
    return {cls}.union(*map(_with_subclasses, cls.__subclasses__()))


def _put_back(buffer_type: type, watched: Watched) -> None:
    """Take a watched back end out of the registry, if it is still there."""
    if by_buffer_type.get(buffer_type) is watched:
        by_buffer_type[buffer_type] = watched.backend


def _choose_backends(optimizer: Any) -> None:
    """Let an optimizer's buckets, which keep their back end, use the one in the registry."""
    for plan in getattr(optimizer, "_plans", {}).values():
        for bucket in plan.buckets if plan else ():
            bucket.backend = by_buffer_type[bucket.backend.buffer_type]
