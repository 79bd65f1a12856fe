"""How parameters are updated together.

One call of a primitive costs about as much for three numbers as for three thousand. So
the small parameters of a group share a bucket: their state lies side by side in one
array for good, their values and gradients are copied there for the update, and the
values back. Parameters are never moved. A large parameter has a bucket of its own and
is not copied.

The tensors in `optimizer.state` are views of the buckets, so whoever reads or writes
them reads or writes what the update uses. Before every step the plan checks that it
still holds; where somebody replaced a tensor, or another set of parameters has
gradients, a new plan is made from the state as it is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.backend.registry import backend_of, several

SMALL = 32768
"""Parameters of at most so many elements share a bucket."""

State = dict[str, Any]
Names = tuple[str, ...]
Known = list[tuple[State, bool]]


class Bucket:
    """Parameters that one call of a primitive updates.

    Attributes:
        backend: Offers the primitive.
        param, grad: Values and gradients in one dimension, between `load` and `store`.
        arrays: The state that has an element for each of the parameters', by name.
        params: The parameters.
        counts: The state that is one number and the same for all parameters (`step`).
        counters: Where it is kept, a number for each parameter.
        fresh: Whether this is the first step of these parameters.
        in_graphs: Whether launches of a CUDA graph may count steps.
    """

    def __init__(self, known: list[tuple[Tensor, State]], plan: Plan, fresh: bool) -> None:
        params = [param for param, _ in known]
        self.fresh = fresh
        self.backend = backend_of(params[0].buffer)
        kept = {name: [state[name] for _, state in known] for name in plan.names}
        self.arrays = {name: _side_by_side(kept[name], params[0]) for name in plan.array_names}
        self.counters = {
            name: _side_by_side(kept[name], kept[name][0]) for name in plan.counter_names
        }
        self._counted = [t for name in plan.counter_names for t in kept[name]]
        self.in_graphs = False
        self._waits = bool(self._counted) and self._counted[0].backend.waits
        self._versions: list[int] = []
        self.counts: dict[str, float] = {}
        self.counts_agree()

        self.params = params
        self._places = self._flats = None
        if len(params) > 1 or not params[0].is_contiguous():
            buffers = [param.buffer for param in params]
            shapes, dtype = [buffer.shape for buffer in buffers], buffers[0].dtype
            values, grads = (self.backend.flat(shapes, dtype) for _ in range(2))
            self.param, self.grad = values.numbers, grads.numbers
            self._places = list(zip(params, buffers, values.parts, grads.parts, strict=True))
            if values.together:
                self._flats = values, grads, buffers
        else:
            self.param, self.grad = self.backend.numbers(params[0].buffer), None

    def counts_agree(self) -> bool:
        """Read the counts; they may have been changed for some parameters only.

        Where reading means waiting, only if somebody has written them since; in a graph that may
        have been at any time.
        """
        if self._waits and not self.in_graphs:
            versions = self._versions
            self._versions = [tensor.version[0] for tensor in self._counted]
            if versions == self._versions:
                return True
        for name, numbers in self.counters.items():
            values = numbers.tolist()
            self.counts[name] = values[0]
            if values.count(values[0]) != len(values):
                return False
        return True

    def set_count(self, name: str, value: float) -> None:
        """Write one of `counts` for all parameters, in the precision it is kept in."""
        numbers = self.counters[name]
        numbers.fill(value)
        self.counts[name] = float(numbers.dtype.type(value))

    def multiply_count(self, name: str, factor: float) -> float:
        """Multiply one of `counts` in the precision it is kept in, and return it."""
        number = self.counters[name].dtype.type
        self.set_count(name, float(number(self.counts[name]) * number(factor)))
        return self.counts[name]

    def count_step(self, captured: bool = False) -> Any:
        """Add one to the number of steps, if it is kept, and return it.

        If the step is captured, as a 0-d buffer, which has another value at each launch.
        """
        if "step" not in self.counts:
            return 0.0
        if captured:
            numbers = self.counters["step"]
            numbers += 1
            return numbers[0]
        self.set_count("step", self.counts["step"] + 1)
        return self.counts["step"]

    def load(self) -> None:
        """Bring values and gradients here."""
        if several:
            several[0].follow(self.param)
        if self._places is None:
            self.grad = self.backend.numbers(self.params[0]._grad.buffer)
        elif self._flats is not None:
            values, grads, buffers = self._flats
            values.gather(buffers)
            grads.gather([param._grad.buffer for param in self.params])
        else:
            for param, buffer, value, grad in self._places:
                value[...] = buffer
                grad[...] = param._grad.buffer

    def store(self) -> None:
        """Bring the new values back, and note that the parameters were written."""
        self.fresh = False
        if self._places is None:
            self.grad = None  # the gradient's memory is free when its owner lets go
            self.params[0].version[0] += 1
        elif self._flats is not None:
            values, _, buffers = self._flats
            values.spread(buffers)
            for param in self.params:
                param.version[0] += 1
        else:
            for param, buffer, value, _ in self._places:
                buffer[...] = value
                param.version[0] += 1


def share_memory(params: list[Tensor]) -> bool:
    """Whether elements of two parameters may lie at the same place."""
    spans = []
    for param in params:
        if param.numel():
            steps = zip(param.shape, param.stride(), strict=True)
            last = sum((length - 1) * stride for length, stride in steps)
            start = param.data_ptr()
            spans.append((start, start + last * param.element_size()))
    spans.sort()
    return any(start <= end for (_, end), (start, _) in pairwise(spans))


def _side_by_side(tensors: list[Tensor], like: Tensor) -> Any:
    """One array with the elements of all tensors, which become views of it."""
    backend, buffers = backend_of(like.buffer), [tensor.buffer for tensor in tensors]
    if len(tensors) == 1 and tensors[0].is_contiguous():
        return backend.numbers(buffers[0])
    memory = backend.flat([buffer.shape for buffer in buffers], like.buffer.dtype)
    memory.gather(buffers)
    for tensor, part in zip(tensors, memory.parts, strict=True):
        tensor.buffer = part
    return memory.numbers


class Plan:
    """Which buckets update a group, and what must not change for that to be right.

    Args:
        params: The group's parameters.
        known: The state of each, empty for those without a gradient (they are left
            alone) or if nothing is remembered of them; and whether this is its first step.
        array_names: The state that has an element for each of the parameter's.
        counter_names: The state that is a single number.

    Attributes:
        found: Each parameter with its memory (None without a gradient), its state, and what that
            holds: name, tensor and memory.
    """

    def __init__(
        self, params: list[Tensor], known: Known, array_names: Names, counter_names: Names
    ) -> None:
        self.array_names = array_names
        self.counter_names = counter_names
        self.names = *array_names, *counter_names
        together: dict[Any, list[tuple[Tensor, State]]] = {}
        for param, (state, new) in zip(params, known, strict=True):
            if param._grad is not None:
                counts = [state[name].item() for name in counter_names]
                alone = id(param) if param.buffer.size > SMALL else None
                key = (new, param.device, param.dtype, alone, *counts)
                together.setdefault(key, []).append((param, state))
        self.buckets = [Bucket(group, self, key[0]) for key, group in together.items()]
        self.found: list[tuple[Tensor, Any, State, list[tuple[str, Tensor, Any]]]] = []
        for param, (state, _) in zip(params, known, strict=True):
            entries = [(name, state[name], state[name].buffer) for name in self.names if state]
            self.found.append((param, _place(param), state, entries))

    def holds(self, params: list[Tensor], states: dict[Any, State]) -> bool:
        """Whether parameters and state are still where the buckets look for them."""
        if len(params) != len(self.found):
            return False
        for param, (known, buffer, state, entries) in zip(params, self.found, strict=True):
            if param is not known or buffer is not (None if param._grad is None else param.buffer):
                return False
            if entries and states.get(param) is not state:
                return False
            for name, tensor, part in entries:
                if state.get(name) is not tensor or tensor.buffer is not part:
                    return False
        return True

    def never_trust_counts(self) -> None:
        """A CUDA graph has steps of these parameters: read how many there were at every other."""
        for bucket in self.buckets:
            bucket.in_graphs = True


def _place(param: Tensor) -> Any:
    """The memory of a parameter that is to be updated; None without a gradient."""
    return None if param._grad is None else param.buffer
