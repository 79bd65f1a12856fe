"""Watches a script from inside its process, which it leaves as it found it.

Python imports a module of this name before the script, if it finds one. `compare` puts
this folder on the path of both processes and an order into their environment. Both are
taken back before the script starts, so that neither it nor a process that it starts can
see them. At the script's end a report is written: the time of the framework's import,
the environment, and, if asked for, what the recorder saw.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import platform
import sys
import time
from collections import Counter
from typing import Any
from weakref import WeakKeyDictionary

ORDER = "MINITORCH_FF_COMPARE"
FOLDER = os.path.dirname(os.path.abspath(__file__))
SAMPLE = 256  # elements kept of a tensor: all of a small one, evenly spaced ones of a larger


class Recorder:
    """Listens to a framework through its global hooks.

    Args:
        framework: Name of a package that has been imported.
        steps: How many optimizer steps are recorded, and in each of them, or without
            an optimizer, how many calls of each module.
        seen: Where to put the `records`, and the `limit` that left some out.
    """

    def __init__(self, framework: str, steps: int, seen: dict[str, Any]) -> None:
        self.steps, self.step, self.roots = steps, 1, 0
        self.seen, self.records = seen, seen.setdefault("records", [])
        self.names: Any = WeakKeyDictionary()  # module -> `net.2 (Linear)`
        self.parameters: dict[int, tuple[str, str]] = {}  # id -> (module's name, own name)
        self.calls: Counter[str] = Counter()  # of each module since the last step
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
        self.record(name, self.calls[name], "output", output)

    def before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Record the gradients that an optimizer is about to use."""
        for number, group in enumerate(optimizer.param_groups):
            for index, parameter in enumerate(group["params"]):
                alone = (f"parameter group {number}", f"parameter {index}")
                module, own = self.parameters.get(id(parameter), alone)
                self.record(module, 1, f"gradient of {own}", parameter.grad)
        self.step += 1
        self.calls.clear()

    def record(self, module: str, call: int, where: str, value: Any) -> None:
        """Record all tensors in a nesting of sequences and dictionaries."""
        if isinstance(value, (dict, list, tuple)):
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                self.record(module, call, f"{where}[{key!r}]", item)
        elif not hasattr(value, "detach"):
            return
        elif max(self.step, call) > self.steps:
            self.seen["limit"] = f"recorded for {self.steps} steps, and calls in a step (--steps)"
        elif value.is_complex():
            self.record(module, call, where + ".real", value.real)
            self.record(module, call, where + ".imag", value.imag)
        else:
            try:
                self.records.append({"key": (self.step, call, module, where), **sample(value)})
            except RuntimeError:  # sparse, or without values, as inside of vmap
                self.seen["limit"] = "recorded without the tensors whose values cannot be read"


def sample(tensor: Any) -> dict[str, Any]:
    """Some of the values, and after them the root of the mean square of all."""
    flat = tensor.detach().cpu().reshape(-1).double()
    stride = -(-flat.numel() // SAMPLE) or 1
    values = [*flat[::stride].tolist(), flat.square().mean().sqrt().item()]
    return {"kind": f"{tensor.dtype} {list(tensor.shape)}", "stride": stride, "values": values}


class Watch:
    """Times one import, and starts the recorder when it is done.

    Args:
        framework: Name of the package to watch.
        steps: How many steps to record; 0 records none.
        file: The file to write.
    """

    def __init__(self, framework: str, steps: int, file: str) -> None:
        self.framework, self.steps, self.file = framework, steps, file
        self.seen: dict[str, Any] = {}
        sys.path.remove(FOLDER)
        _, _, path = os.environ.pop("PYTHONPATH").partition(os.pathsep)
        if path:
            os.environ["PYTHONPATH"] = path
        sys.meta_path.insert(0, self)
        atexit.register(self.report)
        os.register_at_fork(after_in_child=lambda: atexit.unregister(self.report))

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """Let the other finders find the framework; time its loading."""
        if fullname != self.framework:
            return None
        others = (finder.find_spec(fullname, path) for finder in sys.meta_path if finder != self)
        spec: Any = next(filter(None, others), None)
        if spec is not None:
            loader = spec.loader
            loader.exec_module = lambda module: self.load(loader, module)
        return spec

    def load(self, loader: Any, module: Any) -> None:
        """Load the framework as its own loader does."""
        del loader.exec_module
        sys.meta_path.remove(self)
        started = time.perf_counter()
        loader.exec_module(module)
        self.seen["import"] = time.perf_counter() - started
        if self.steps:
            Recorder(self.framework, self.steps, self.seen)

    def report(self) -> None:
        """Write what was seen."""
        environment = {"python": platform.python_version(), "platform": platform.platform()}
        if module := sys.modules.get(self.framework):
            environment |= {self.framework: module.__version__, "threads": module.get_num_threads()}
        with open(self.file, "w", encoding="utf-8") as file:
            json.dump({**self.seen, "environment": environment}, file)


if ORDER in os.environ:
    Watch(*json.loads(os.environ.pop(ORDER)))
    this = sys.modules.pop(__name__)
    if importlib.util.find_spec(__name__):  # the user's own
        importlib.import_module(__name__)
    sys.modules.setdefault(__name__, this)  # where Python looks for what it is importing
