"""Recording a call: everything is put in place, and all is as before afterwards.

As in `minitorch_ff.explain`, nothing in the engine knows of it. For the time of the call the
tensors that the function can see hold recording buffers, and the recording back end stands
in the registry; optimizers and schedulers run as they are, with the tensors' own buffers.
"""

from __future__ import annotations

import functools
import gc
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy

from minitorch_ff._compile.buffers import (
    Active,
    Buffer,
    backend,
    bare,
    from_package,
    library,
    read,
    truth,
    unseen,
)
from minitorch_ff._compile.ending import End, Impossible, Leaf, look_at_end
from minitorch_ff._compile.guards import Guards
from minitorch_ff._compile.recording import Recording, collect
from minitorch_ff._compile.updating import STEPPED, can_be_recorded, record
from minitorch_ff._tensor import Tensor as PublicTensor
from minitorch_ff.firefly import graph, in_place, promotion
from minitorch_ff.firefly.backend import registry
from minitorch_ff.firefly.ops.base import Operator, next_sequence
from minitorch_ff.firefly.random import Generator
from minitorch_ff.firefly.tensor import AccumulateGrad, Tensor
from minitorch_ff.optim.lr_scheduler import LRScheduler
from minitorch_ff.optim.optimizer import (
    register_optimizer_step_post_hook, register_optimizer_step_pre_hook,
)  # fmt: skip

READING = """
numpy __array__ __dlpack__ data_ptr untyped_storage storage __reduce_ex__ item tolist __bool__
__float__ __int__ __complex__ __index__ __repr__ __format__ __contains__
""".split()
"""Methods of tensors that bring elements, or memory, into Python."""

NOT_REPLAYED = {"get_state", "clone_state", "__getstate__", "__reduce__", "__setstate__"}
"""Methods of generators that read or replace the whole state."""

one_at_a_time = threading.Lock()


class Session:
    """The recording of one call.

    Attributes:
        recording: What the call did.
        guards: What it could see.
        leaves: Those tensors, by id.
        result: What it returned.
        end: What it has changed.
    """

    def __init__(self, guards: Guards, fullgraph: bool) -> None:
        self.guards = guards
        self.recording = Recording(fullgraph)
        self.leaves: dict[int, Leaf] = {}
        self.result: Any = None
        self.end = End()
        self._whole = 0  # how many calls that are replayed as they are, are open

    def run(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call the function, and record what it does."""
        with ExitStack() as undo:
            undo.enter_context(one_at_a_time)
            undo.callback(self._clean)
            Active.thread, Active.recording = threading.get_ident(), self.recording
            undo.callback(setattr, Active, "recording", None)
            undo.callback(self._take_back)
            self._give_buffers()
            self._put_in_place(undo)
            first_node = next_sequence()
            self.result = function(*args, **kwargs)
            if not self.recording.reason:
                try:
                    self.end = look_at_end(self.recording, self.leaves, self.result, first_node)
                except Impossible as error:
                    self.recording.give_up(str(error))
            return self.result

    # ------------------------------------------------------------------ being in place

    def _give_buffers(self) -> None:
        """Let all tensors, and their gradients, hold buffers that record."""
        watch = self.recording.watch
        for key, (tensor, path) in self.guards.tensors.items():
            plain, entry = tensor.buffer, tensor._grad
            kind = "input" if key in self.guards.arguments else "fixed"
            tensor.buffer = watch(plain, kind, f"{path}.buffer")
            versions = 0 if entry is None else entry.version[0], tensor.version[0]
            self.leaves[key] = Leaf(tensor, path, plain, tensor.buffer, entry, *versions)
        self._gradients: list[tuple[Any, Any, Any]] = []
        for leaf in list(self.leaves.values()):
            grad = leaf.entry
            if grad is not None and id(grad) not in self.leaves and type(grad.buffer) is not Buffer:
                plain = grad.buffer
                grad.buffer = watch(plain, "input", f"{leaf.path}._grad.buffer")
                self._gradients.append((grad, plain, grad.buffer))

    def _take_back(self) -> None:
        """Let all tensors have their own buffers again."""
        held = [(leaf.tensor, leaf.plain, leaf.buffer) for leaf in self.leaves.values()]
        for tensor, plain, buffer in held + self._gradients:
            if tensor.buffer is buffer:
                tensor.buffer = plain
            elif tensor.buffer is not plain:
                self.recording.reason = self.recording.reason or "it gives a tensor other memory"
                tensor.buffer = bare(tensor.buffer)

    def _give_again(self) -> None:
        """Put the buffers in place once more, after a call that was not recorded."""
        held = [(leaf.tensor, leaf.plain, leaf.buffer) for leaf in self.leaves.values()]
        for tensor, plain, buffer in held + self._gradients:
            if tensor.buffer is plain:
                tensor.buffer = buffer

    def _put_in_place(self, undo: ExitStack) -> None:
        """Put everything where it sees the calls; `undo` takes it away again."""

        def replace(owner: Any, name: str, new: Any) -> None:
            undo.callback(setattr, owner, name, vars(owner)[name])
            setattr(owner, name, new)

        undo.callback(_register, registry.cpu)
        _register(backend)
        for name, module in list(sys.modules.items()):
            if name.startswith("minitorch_ff.") and ".random" not in name and module is not None:
                for alias in ("numpy", "np"):
                    if vars(module).get(alias) is numpy and "_compile" not in name:
                        replace(module, alias, library)
        for cls in Generator.__mro__[:-1]:
            for name, method in list(vars(cls).items()):
                if isinstance(method, FunctionType) and not name.startswith("_"):
                    replace(cls, name, self._drawing(name, method))
        for name in READING:
            owner = next((cls for cls in PublicTensor.__mro__ if name in vars(cls)), object)
            if owner is not object:
                replace(owner, name, _reading(name, vars(owner)[name]))
        replace(AccumulateGrad, "receive", self._receiving(AccumulateGrad.receive))
        replace(graph, "walk", self._walking(graph.walk))
        for cls in _with_subclasses(LRScheduler):
            if isinstance(vars(cls).get("step"), FunctionType):
                replace(cls, "step", self._scheduling(vars(cls)["step"]))
        undo.callback(register_optimizer_step_pre_hook(self._enter_step).remove)
        undo.callback(register_optimizer_step_post_hook(self._leave_step).remove)

    def _here(self) -> bool:
        return Active.here() is self.recording

    def _drawing(self, name: str, method: Any) -> Any:
        """A generator's method, called again at each replay."""

        @functools.wraps(method)
        def draw(generator: Any, *args: Any, **settings: Any) -> Any:
            if not self._here():
                return method(generator, *args, **settings)
            bound = Bound(method, generator)
            if name in NOT_REPLAYED:
                read(f"a generator's {name}")
            # What it calls in turn belongs to it.
            result = unseen(bound)(*bare(args), **bare(settings))
            note = self.recording.note
            given = note(f"generator.{name}", bound, args, settings, result, [], "draw")
            return result if result is generator else given

        return draw

    def _receiving(self, receive: Any) -> Any:
        """A leaf's `receive`, which tells of it."""

        @functools.wraps(receive)
        def received(node: Any, xp: Any, grad: Any, pending: Any) -> None:
            if self._here() and id(node.tensor()) not in self.leaves:
                self.recording.give_up("it computes the gradient of a tensor it cannot see")
            if node.hooks is not None and self._here():
                self.recording.give_up("a tensor has hooks")
            receive(node, xp, grad, pending)

        return received

    def _walking(self, walk: Any) -> Any:
        """The backward pass, which tells of its nodes."""

        @functools.wraps(walk)
        def walked(order: Any, *args: Any) -> Any:
            if self._here():
                self.recording.ran.update(order)
                if any(getattr(node, "hooks", None) is not None for node in order):
                    self.recording.give_up("a tensor has hooks")
            return walk(order, *args)

        return walked

    def _scheduling(self, step: Any) -> Any:
        """A scheduler's step, called as it is at each replay."""

        @functools.wraps(step)
        def scheduled(scheduler: Any, *args: Any, **settings: Any) -> Any:
            if not self._here() or self._whole:
                return step(scheduler, *args, **settings)
            name = f"{type(scheduler).__name__}.step()"
            self._enter(name, Bound(step, scheduler), [], bool(args or settings))
            try:
                return step(scheduler, *args, **settings)
            finally:
                self._leave()

        return scheduled

    def _enter_step(self, optimizer: Any, args: Any, kwargs: Any) -> Any:
        """Before a step of an optimizer: record what it does, or that it is called as it is."""
        if self._here() and not self._whole:
            params = [p for group in optimizer.param_groups for p in group["params"]]
            if any(id(param) not in self.leaves for param in params):
                self.recording.give_up("an optimizer has a parameter it cannot see")
            has_arguments = len(args) > 1 or bool(kwargs)
            if not has_arguments and can_be_recorded(optimizer, self.recording):
                self._pause(params)
                plans = [optimizer._plan(*place) for place in enumerate(optimizer.param_groups)]
                self._resume()
                if None not in plans:
                    record(optimizer, plans, self.guards)
                    return (STEPPED,), {}
            name = f"{type(optimizer).__name__}.step()"
            self._enter(name, optimizer.step, params, has_arguments)
        return None

    def _leave_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if Active.recording is None and self._whole:
            self._leave()

    def _enter(self, name: str, method: Any, params: list[Any], has_arguments: bool) -> None:
        """Before a call that replays make as it is: let tensors have their own buffers."""
        if has_arguments:
            self.recording.give_up("step() has arguments")
        self.recording.call_whole(name, method, params)
        self._whole += 1
        self._pause(params)
        self._before = {key: leaf.tensor.version[0] for key, leaf in self.leaves.items()}

    def _leave(self) -> None:
        self._whole -= 1
        for key, leaf in self.leaves.items():
            leaf.version += leaf.tensor.version[0] - self._before[key]
        self._resume()

    def _pause(self, params: list[Any]) -> None:
        """Record nothing for a while: let tensors, and these ones' gradients, be as they are."""
        Active.recording = None
        for param in params:
            grad = param._grad
            if grad is not None and type(grad.buffer) is Buffer:
                known = [(g, plain, buffer) for g, plain, buffer in self._gradients if g is grad]
                if not known:
                    self._gradients.append((grad, bare(grad.buffer), grad.buffer))
        self._take_back()
        _register(registry.cpu)

    def _resume(self) -> None:
        self._give_again()
        _register(backend)
        Active.recording = self.recording

    # ------------------------------------------------------------------------ cleaning

    def _clean(self) -> None:
        """Leave no recording buffer behind; a tensor that nobody should have is noted."""
        for key in [key for key in promotion._numbers if key[3] is Buffer]:
            del promotion._numbers[key]
        expected = set(self.leaves)
        for leaf in self.leaves.values():
            expected.add(id(leaf.tensor._grad))
        outputs: list[Any] = []
        collect(Tensor, self.result, outputs)
        for tensor in outputs:
            expected.add(id(tensor))
            if tensor.view_of is not None:
                expected.add(id(tensor.view_of.base))
        gc.collect()
        for thing in gc.get_objects():
            cls = type(thing)
            if issubclass(cls, Tensor):
                if type(thing.buffer) is Buffer:
                    thing.buffer = bare(thing.buffer)
                    if id(thing) not in expected:
                        self.recording.reason = (
                            self.recording.reason or "it leaves a tensor outside"
                        )
            elif issubclass(cls, Operator):
                for name in ("saved", "kept"):
                    if getattr(thing, name, None) is not None:
                        setattr(thing, name, bare(getattr(thing, name)))
                for name, value in list(vars(thing).items()):
                    thing.__dict__[name] = bare(value)


def _register(cpu: Any) -> None:
    """Choose the back end of the CPU."""
    registry.by_buffer_type[numpy.ndarray] = registry.by_buffer_type[Buffer] = cpu
    registry._by_device["cpu"] = in_place.cpu = cpu  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Bound:
    """A method of an object, by what both are and not by when it was asked for."""

    method: Any
    owner: Any

    def __call__(self, *args: Any, **settings: Any) -> Any:
        return self.method(self.owner, *args, **settings)


def _reading(name: str, method: Any) -> Any:
    @functools.wraps(method)
    def reads(*args: Any, **settings: Any) -> Any:
        if name == "__bool__" and from_package():
            return truth(args[0].buffer)
        read(f"Tensor.{name}")
        return bare(method(*args, **settings))

    return reads


def _with_subclasses(cls: type) -> set[type]:
    return {cls}.union(*map(_with_subclasses, cls.__subclasses__()))
