"""What PyTorch calls the classes and functions of this package, and the other way round.

A pickle refers to a class or function by its module and name. In a checkpoint these are
PyTorch's, so that whoever loads it finds its own. Most follow from the layout of the files,
which is PyTorch's; those in `known` are listed.
"""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Callable
from typing import Any

from minitorch_ff import _dtypes
from minitorch_ff._devices import device
from minitorch_ff._size import Size, size_of
from minitorch_ff._tensor import Tensor

PACKAGES = {"torch": "minitorch_ff", "torchvision": "minitorch_ff.vision"}

SPLIT = {
    "firefly.hooks": "utils.hooks",
    "nn.functional": "nn.functional",
    "nn.modules.ranking_loss": "nn.modules.loss",
    "optim.lr_scheduler": "optim.lr_scheduler",
}
"""Files and packages of ours, and the file of PyTorch's that has their names."""

known: dict[str, Any] = {}
"""By PyTorch's full name. `weights_only` finds these and no others."""

_names: dict[Any, str] = {size_of: "torch.Size"}  # which is what a size says it is made by


def named(name: str) -> Callable[[Any], Any]:
    """Give a function, or whatever else, its full name in files."""

    def file_away(found: Any) -> Any:
        known[name] = found
        _names[found] = name
        return found

    return file_away


for _found in (Tensor, Size, device):
    named(f"torch.{_found.__name__}")(_found)
for _dtype in [found for found in vars(_dtypes).values() if isinstance(found, _dtypes.dtype)]:
    named(f"torch.{_dtype.__name__}")(_dtype)


def find(module: str, name: str) -> Any:
    """What a checkpoint calls `module.name`; None if it is not PyTorch's.

    Raises:
        AttributeError: It is PyTorch's, and this package lacks it.
    """
    if f"{module}.{name}" in known:
        return known[f"{module}.{name}"]
    package, dot, rest = module.partition(".")
    if package not in PACKAGES:
        return None
    path = PACKAGES[package] + dot + rest
    while path:  # what is not in PyTorch's file is in the package around it
        try:
            return getattr(importlib.import_module(path), name)
        except (ImportError, AttributeError):
            path = path.rpartition(".")[0]
    raise AttributeError(f"the file refers to {module}.{name}, which minitorch_ff lacks")


def torch_name(obj: Any, name: str) -> tuple[str, str] | None:
    """Module and name of an object in PyTorch; None if it is not of this package.

    Raises:
        pickle.PicklingError: It would not be found again by this name.
    """
    if obj in _names:
        module, _, name = _names[obj].rpartition(".")
        return module, name
    own = getattr(obj, "__module__", None) or ""
    if own.partition(".")[0] != "minitorch_ff":
        return None
    module = own.replace("minitorch_ff", "torch", 1).replace("torch.vision", "torchvision", 1)
    for ours, theirs in SPLIT.items():
        if f"{module}.".startswith(f"torch.{ours}."):
            module = f"torch.{theirs}"
    if module.startswith("torch._"):
        module = "torch"
    if find(module, name) is not obj:
        raise pickle.PicklingError(f"Can't pickle {obj!r}: it is not found as {module}.{name}")
    return module, name
