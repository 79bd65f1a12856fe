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
"""Elements kept in all (64 MiB); then the recording ends."""


class Recorder:
    """Listens to a framework through its global hooks.

    Args:
        framework: Name of the package, imported already.
        steps: How many optimizer steps are recorded; without an optimizer, how many
            calls of each module.
    """

    def __init__(self, framework: str, steps: int) -> None:
        self.steps = steps
        self.step = 1
        self.records: list[dict[str, Any]] = []
        self.values = array("d")
        self.names: Any = WeakKeyDictionary()  # module -> path
        self.parameters: dict[int, tuple[str, str]] = {}  # id -> (path and class, name)
        self.roots = 0
        self.calls: Counter[str] = Counter()  # of each module since the last step
        self.ended = ""
        modules = importlib.import_module(framework + ".nn.modules.module")
        optimizer = importlib.import_module(framework + ".optim.optimizer")
        modules.register_module_forward_pre_hook(self.before_forward)
        modules.register_module_forward_hook(self.after_forward)
        optimizer.register_optimizer_step_pre_hook(self.before_step)

    def before_forward(self, module: Any, args: Any) -> None:
        """A module that nobody has called before it is the root of a model."""
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
                alone = (f"optimizer group {number}", f"parameter {index}")
                module, own = self.parameters.get(id(parameter), alone)
                if parameter.grad is not None:
                    self.record(module, 1, f"gradient of {own}", parameter.grad)
        self.step += 1
        self.calls.clear()

    def record(self, module: str, call: int, tensor: str, value: Any) -> None:
        """Keep a sample of the values, and the root of the mean square of all."""
        if max(self.step, call if self.step == 1 else 0) > self.steps:
            self.ended = self.ended or f"after {self.steps} steps (--steps)"
        elif len(self.values) > BUDGET:
            self.ended = self.ended or f"in step {self.step}: {BUDGET} numbers were kept"
        if self.ended:
            return
        if value.is_complex():
            self.record(module, call, tensor + ".real", value.real)
            self.record(module, call, tensor + ".imag", value.imag)
            return
        flat = value.detach().reshape(-1).double()
        stride = max(1, -(-flat.numel() // SAMPLE))
        self.values.extend(flat[::stride].tolist())
        self.records.append(
            {
                "step": self.step,
                "call": call,
                "module": module,
                "tensor": tensor,
                "shape": list(value.shape),
                "dtype": str(value.dtype),
                "stride": stride,
                "rms": flat.square().mean().sqrt().item() if flat.numel() else 0.0,
                "end": len(self.values),
            }
        )

    def finish(self, path: str) -> dict[str, Any]:
        """Write the values beside the report; return the report's part."""
        with open(path, "wb") as file:
            self.values.tofile(file)
        return {"records": self.records, "steps": self.step - 1, "ended": self.ended}


def tensors(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """All tensors in a nesting of sequences and dictionaries, and where they stand."""
    if hasattr(value, "detach"):
        yield where, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from tensors(item, f"{where}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from tensors(item, f"{where}[{index}]")
