"""Records every module's output and every parameter's gradient, in either framework.

It knows nothing but the public hooks and the tensors' methods, which both have.
"""

from __future__ import annotations

import importlib
from array import array
from collections import Counter
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

SAMPLE = 1024
"""Elements kept of a tensor: all of a small one, evenly spaced ones of a larger."""
BUDGET = 8 * 2**20
"""Elements kept in all (64 MiB)."""


class Recorder:
    """Listens to a framework through its global hooks.

    Args:
        steps: How many optimizer steps are recorded, and in each of them, or without
            an optimizer, how many calls of each module.
    """

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.step = 1
        self.records: list[dict[str, Any]] = []
        self.samples = array("d")
        self.names: Any = WeakKeyDictionary()  # module -> `net.2 (Linear)`
        self.parameters: dict[int, tuple[str, str]] = {}  # id -> (module's name, own name)
        self.roots = 0
        self.calls: Counter[str] = Counter()  # of each module since the last step
        self.limit = ""

    def listen(self, framework: str) -> None:
        """Hang the hooks into a package that has been imported."""
        modules = importlib.import_module(framework + ".nn.modules.module")
        optimizer = importlib.import_module(framework + ".optim.optimizer")
        modules.register_module_forward_pre_hook(self.before_forward)
        modules.register_module_forward_hook(self.after_forward)
        optimizer.register_optimizer_step_pre_hook(self.before_step)

    def before_forward(self, module: Any, args: Any) -> None:
        """A module that is called and has no name yet is the root of a model."""
        if module in self.names:
            return
        self.roots += 1
        prefix = "" if self.roots == 1 else f"model{self.roots}."
        for path, child in module.named_modules():
            name, kind = (prefix + path).rstrip("."), type(child).__name__
            self.names[child] = f"{name} ({kind})" if name else kind
            for own, parameter in child.named_parameters(recurse=False):
                self.parameters[id(parameter)] = (self.names[child], own)

    def after_forward(self, module: Any, args: Any, output: Any) -> None:
        """Record what a module returned."""
        name = self.names[module]
        self.calls[name] += 1
        for where, tensor in tensors(output, "output"):
            self.record(name, self.calls[name], where, tensor)

    def before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Record the gradients that an optimizer is about to use."""
        for number, group in enumerate(optimizer.param_groups):
            for index, parameter in enumerate(group["params"]):
                alone = (f"parameter group {number}", f"parameter {index}")
                module, own = self.parameters.get(id(parameter), alone)
                if parameter.grad is not None:
                    self.record(module, 1, f"gradient of {own}", parameter.grad)
        self.step += 1
        self.calls.clear()

    def record(self, module: str, call: int, tensor: str, value: Any) -> None:
        """Keep a sample of the values, and the root of the mean square of all."""
        if max(self.step, call) > self.steps:
            self.limit = f"for {self.steps} steps, and calls in a step (--steps)"
            return
        if len(self.samples) > BUDGET:
            self.limit = f"until there were {BUDGET} numbers, in step {self.step}"
            return
        if value.is_complex():
            self.record(module, call, tensor + ".real", value.real)
            self.record(module, call, tensor + ".imag", value.imag)
            return
        try:
            flat = value.detach().cpu().reshape(-1).double()
            stride = max(1, -(-flat.numel() // SAMPLE))
            sample = flat[::stride].tolist()
            rms = flat.square().mean().sqrt().item() if sample else 0.0
        except RuntimeError:  # sparse, or without values, as inside of vmap
            self.limit = "except those whose values cannot be read"
            return
        self.samples.extend(sample)
        record: dict[str, Any] = {"step": self.step, "call": call, "module": module}
        record |= {"tensor": tensor, "kind": f"{value.dtype} {list(value.shape)}"}
        record |= {"stride": stride, "end": len(self.samples), "rms": rms}
        self.records.append(record)

    def finish(self, path: str) -> dict[str, Any]:
        """Write the samples beside the report; return the report's part."""
        with open(path, "wb") as file:
            self.samples.tofile(file)
        return {"records": self.records, "limit": self.limit}


def tensors(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """All tensors in a nesting of sequences and dictionaries, and where they stand."""
    if hasattr(value, "detach"):
        yield where, value
    elif isinstance(value, (dict, list, tuple)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from tensors(item, f"{where}[{key!r}]")
