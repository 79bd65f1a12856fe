"""Record a training step on its three levels: modules, operators, primitives.

Nothing in the engine knows of it. For the time of a trace, watched back ends stand in the
registry, the rules of all operators are wrapped, and modules and optimizers have hooks;
then all is as before, and costs nothing.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from types import FunctionType
from typing import Any, Self

from minitorch_ff.explain.report import Report, described, size_of
from minitorch_ff.firefly import graph
from minitorch_ff.firefly.backend.registry import by_buffer_type, cpu
from minitorch_ff.firefly.backend.watched import Watched
from minitorch_ff.firefly.ops.base import Operator
from minitorch_ff.firefly.tensor import AccumulateGrad
from minitorch_ff.nn.modules.module import (
    Module, register_module_forward_hook, register_module_forward_pre_hook,
)  # fmt: skip
from minitorch_ff.optim.optimizer import (
    Optimizer, register_optimizer_step_post_hook, register_optimizer_step_pre_hook,
)  # fmt: skip

_one_at_a_time = threading.Lock()


@dataclass(eq=False)
class Entry:
    """One call, and the calls inside it.

    Attributes:
        kind: `module`, `operator`, `primitive`, `backward` (a whole pass), `rule` (an operator's
            gradient), `leaf` (a gradient that arrives) or `optimizer`.
        name: A module's path and class, an operator's class, PyTorch's name of a graph node.
        takes, gives: Dtypes and shapes, as `float32[64, 10]`; of a rule's results, with the
            name of the parameter that they are for.
        nbytes: Size of the results.
        seconds: How long it took, the recording left out.
        recorded: Whether a gradient may be asked for something computed inside.
        parts: The calls inside.
    """

    kind: str
    name: str
    takes: str = ""
    gives: str = ""
    nbytes: int = 0
    seconds: float = 0.0
    recorded: bool = False
    parts: list[Entry] = field(default_factory=list)


@dataclass
class _Open:
    """A call that has not returned: since when, and the operator or leaf that it is of."""

    entry: Entry
    start: float
    owner: Any


class Trace(Report):
    """What ran inside a `with` block, as a tree: see `trace`.

    Attributes:
        entries: The outermost calls, in their order.
        seconds: How long the block took, the recording left out.
    """

    def __init__(self, from_first_gradient: bool = False) -> None:
        """Record everything, or from the first outermost call that computes with gradients."""
        self.entries: list[Entry] = []
        self.seconds = 0.0
        self._waiting = from_first_gradient
        self._thread: int | None = None  # while recording
        self._open: list[_Open] = []
        self._optimizers: list[Optimizer] = []
        self._paths: dict[int, str] = {}
        self._names: dict[int, str] = {}
        self._start = self._lost = 0.0
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("a trace is being recorded already; traces do not nest")
        self.__init__(self._waiting)  # type: ignore[misc]
        with ExitStack() as undo:
            undo.callback(_one_at_a_time.release)
            self._put_in_place(undo)
            self._undo = undo.pop_all()
        self._thread = threading.get_ident()
        self._start = perf_counter()
        return self

    def __exit__(self, *error: object) -> None:
        while self._open:
            self._end(self._open[-1].entry, [])
        self.seconds = perf_counter() - self._lost - self._start
        self._thread = None
        self._undo.close()
        self._optimizers.clear()

    # ------------------------------------------------------------------ being in place

    def _put_in_place(self, undo: ExitStack) -> None:
        """Put everything where it sees the calls; `undo` takes it away again."""

        def replace(owner: Any, name: str, new: Any) -> None:
            undo.callback(setattr, owner, name, vars(owner)[name])
            setattr(owner, name, new)

        undo.callback(lambda: [_choose_backends(o) for o in self._optimizers])
        for kind, backend in list(by_buffer_type.items()):
            by_buffer_type[kind] = watched = Watched(backend, self._primitive)
            undo.callback(_put_back, kind, watched)
        replace(graph, "cpu", by_buffer_type[cpu.buffer_type])
        replace(graph, "walk", self._watched(graph.walk, "backward"))
        replace(AccumulateGrad, "receive", self._watched(AccumulateGrad.receive, "leaf"))
        for cls in _with_subclasses(Operator):
            for name, kind in (("forward", "operator"), ("backward", "rule")):
                rule = vars(cls).get(name)
                if isinstance(rule, FunctionType):
                    replace(cls, name, self._watched(rule, kind))
        for handle in (
            register_module_forward_pre_hook(self._enter_module),
            register_module_forward_hook(self._leave_module, always_call=True),
            register_optimizer_step_pre_hook(self._enter_step),
            register_optimizer_step_post_hook(self._leave_step),
        ):
            undo.callback(handle.remove)

    def _watched(self, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        """A rule, a leaf's `receive` or the walk through the graph, recorded."""

        @functools.wraps(function)
        def call(owner: Any, *args: Any, **settings: Any) -> Any:
            around = self._open[-1] if self._open else None
            if around and around.owner is owner and around.entry.kind == kind:
                return function(owner, *args, **settings)  # a rule that calls its base class's
            takes = () if kind == "backward" else (*args[1:], *settings.values())
            with self._recording(kind, owner, takes[:1] if kind == "leaf" else takes) as see:
                result = function(owner, *args, **settings)
                if kind in ("operator", "rule"):
                    see(result)
            return result

        return call

    def _primitive(self, name: str, arguments: tuple[Any, ...]) -> Any:
        return self._recording("primitive", name, arguments)

    def _enter_module(self, module: Module, args: tuple[Any, ...]) -> None:
        if threading.get_ident() == self._thread:
            if not any(call.entry.kind == "module" for call in self._open):
                self._paths.update((id(m), path) for path, m in module.named_modules())
                self._names.update((id(p), path) for path, p in module.named_parameters())
            self._begin("module", module, args)

    def _leave_module(self, module: Module, args: Any, result: Any) -> None:
        self._leave(module, [result])

    def _enter_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        self._optimizers.append(optimizer)
        if threading.get_ident() == self._thread:
            _choose_backends(optimizer)
            self._begin("optimizer", optimizer, ())

    def _leave_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        self._leave(optimizer, [])

    def _leave(self, owner: Any, results: list[Any]) -> None:
        """End the innermost open call of a module or optimizer."""
        if threading.get_ident() == self._thread:
            for call in reversed(self._open):
                if call.owner is owner:
                    self._end(call.entry, results)
                    return

    # ---------------------------------------------------------------------- recording

    @contextmanager
    def _recording(
        self, kind: str, owner: Any, takes: tuple[Any, ...]
    ) -> Iterator[Callable[[Any], Any]]:
        """Around a call; it gives the function to call with the result."""
        results: list[Any] = []
        if threading.get_ident() != self._thread:
            yield results.append
            return
        entry = self._begin(kind, owner, takes)
        try:
            yield results.append
        finally:
            self._end(entry, results)

    def _begin(self, kind: str, owner: Any, takes: tuple[Any, ...]) -> Entry:
        """Open an entry. The clock of the trace stands still meanwhile."""
        now = perf_counter()
        entry = Entry(kind, self._name(kind, owner), ", ".join(map(described, takes)))
        siblings = self.entries
        if self._open:
            siblings = self._open[-1].entry.parts
        if kind == "primitive" and siblings and self._is_engine(owner, siblings[-1]):
            entry.kind, siblings = "engine", siblings[-1].parts
        siblings.append(entry)
        self._open.append(_Open(entry, now - self._lost, owner))
        self._lost += perf_counter() - now
        return entry

    def _end(self, entry: Entry, results: list[Any]) -> None:
        """Close an entry, and what a raised error has left open inside it."""
        now = perf_counter()
        while True:
            call = self._open.pop()
            call.entry.seconds += now - self._lost - call.start
            if call.entry is entry:
                break
        self._describe(call, results)
        siblings = self.entries
        if self._open:
            around = self._open[-1].entry
            around.recorded |= entry.recorded
            siblings = around.parts
        elif self._waiting and not entry.recorded:
            self.entries.pop()
        elif self._waiting:
            self._waiting = False
            self._start = call.start
        if entry.kind == "engine":
            siblings[-1].seconds += entry.seconds
        self._lost += perf_counter() - now

    def _is_engine(self, name: str, before: Entry) -> bool:
        """Whether a primitive is the engine's, on what the call before it gave."""
        return before.kind in ("rule", "leaf") or (name, before.kind) == ("asarray", "operator")

    def _describe(self, call: _Open, results: list[Any]) -> None:
        entry, owner = call.entry, call.owner
        if entry.kind == "operator":
            entry.recorded = any([edge is not None for edge in owner.edges])
        for result in results:
            entry.nbytes = size_of(result)
            if entry.kind == "rule":
                pairs = zip(owner.edges, result, strict=False)
                gradients = [self._gradient(e, part) for e, part in pairs if part is not None]
                entry.gives = ", ".join(gradients)
            elif result is not None:
                entry.gives = described(result)

    def _gradient(self, edge: Any, part: Any) -> str:
        """A gradient, and the name of the parameter that it is for."""
        leaf = isinstance(edge, AccumulateGrad)
        name = self._names.get(id(edge.variable)) if leaf else None
        return f"{name}: {described(part)}" if name else described(part)

    def _name(self, kind: str, owner: Any) -> str:
        if kind in ("primitive", "backward"):
            return kind if kind == "backward" else f"xp.{owner}"
        if kind == "rule":
            return owner.name()
        if kind == "leaf":
            return self._names.get(id(owner.variable), "a leaf") + ".grad"
        cls = type(owner).__name__
        path = self._paths.get(id(owner)) if kind == "module" else None
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
        ...     layer(x).sum().backward()
        >>> print(step.text(times=False))
        Linear  float32[4, 3] -> float32[4, 2]  32 B
        ...
    """
    return Trace()


def _with_subclasses(cls: type) -> set[type]:
    """A class, and all below it."""
    return {cls}.union(*map(_with_subclasses, cls.__subclasses__()))


def _put_back(kind: type, watched: Watched) -> None:
    """Take a watched back end out of the registry, if it is still there."""
    if by_buffer_type.get(kind) is watched:
        by_buffer_type[kind] = watched.backend


def _choose_backends(optimizer: Optimizer) -> None:
    """Let an optimizer's buckets, which keep their back end, use the one in the registry."""
    for plan in getattr(optimizer, "_plans", {}).values():
        for bucket in plan.buckets if plan else ():
            bucket.backend = by_buffer_type[bucket.backend.buffer_type]
