"""Writes the inventories of PyTorch and NumPy: which page documents which name.

    python docs/inventories/make.py

needs both installed; building the site needs only the files. Sphinx writes such a file for
every site it builds; these two can be made from the names alone, because a name's page is
called after it. `python.inv` is the one that Python's documentation comes with (3.11).
"""

import importlib
import inspect
import json
import pathlib

import numpy
from mkdocstrings import Inventory

FOLDER = pathlib.Path(__file__).parent
NAMES = FOLDER.parents[1] / "minitorch_ff" / "compatibility.json"
# Namespaces of PyTorch whose names share a page.
SHARED_PAGES = {
    "torch.amp": "amp.html",
    "torch.distributions": "distributions.html",
    "torch.nn.init": "nn.init.html",
    "torch.special": "special.html",
    "torch.utils.data": "data.html",
}
# Names that are documented elsewhere than their namespace says.
SINGLE = {
    "torch.Tensor": "tensors.html",
    "torch.Size": "size.html",
    "torch.autocast": "amp.html",
    "torch.autograd.Function": "autograd.html",
    "torch.device": "tensor_attributes.html",
    "torch.dtype": "tensor_attributes.html",
    "torch.finfo": "type_info.html",
    "torch.iinfo": "type_info.html",
    "torch.layout": "tensor_attributes.html",
    "torch.memory_format": "tensor_attributes.html",
    "torch.optim.Optimizer": "optim.html",
}


def of_pytorch() -> Inventory:
    """The names of `compatibility.json` that PyTorch documents."""
    data = json.loads(NAMES.read_text(encoding="utf-8"))
    inventory = Inventory(project="PyTorch", version=data["PyTorch"])
    for space, facts in data["namespaces"].items():
        if not space.startswith("torch."):
            space = "torch" if space == "torch" else ""
        if not space:
            continue
        home = find(space)
        for name in {*facts["same"], *facts["partial"], *facts["absent"]}:
            value = getattr(home, name, None)
            full = f"{space}.{name}"
            if full in SINGLE or space in SHARED_PAGES:
                anchor = qualified(full, value) if space == "torch.distributions" else full
                add(inventory, full, value, f"{SINGLE.get(full) or SHARED_PAGES[space]}#{anchor}")
            elif value is not None and is_documented(name, value):
                add(inventory, full, value, f"generated/{full}.html#{full}")
    return inventory


def of_numpy() -> Inventory:
    """Functions, types and methods of arrays with a page of their own."""
    inventory = Inventory(project="NumPy", version=numpy.__version__)
    homes = {"numpy": numpy, "numpy.linalg": numpy.linalg, "numpy.ndarray": numpy.ndarray}
    for space, home in homes.items():
        for name in getattr(home, "__all__", None) or dir(home):
            value = getattr(home, name)
            scalar = isinstance(value, type) and issubclass(value, numpy.generic)
            if is_documented(name, value) and not scalar:
                full = f"{space}.{name}"
                add(inventory, full, value, f"reference/generated/{full}.html#{full}")
    for name in ("Generator", "MT19937"):
        full = f"numpy.random.{name}"
        page = "generator" if name == "Generator" else "bit_generators/mt19937"
        add(inventory, full, type, f"reference/random/{page}.html#{full}")
    return inventory


def find(path: str):
    """The module or class of a dotted name."""
    if path == "torch.Tensor":
        return importlib.import_module("torch").Tensor
    return importlib.import_module(path)


def qualified(full: str, value: object) -> str:
    """A class by the module that defines it: `torch.distributions.normal.Normal`."""
    return f"{value.__module__}.{value.__qualname__}" if inspect.isclass(value) else full


def is_documented(name: str, value: object) -> bool:
    """Whether a public name says what it is."""
    return not name.startswith("_") and not inspect.ismodule(value) and bool(value.__doc__)


def add(inventory: Inventory, name: str, value: object, uri: str) -> None:
    """Register a name as a class or a function."""
    inventory.register(name, "py", "class" if inspect.isclass(value) else "function", uri)


if __name__ == "__main__":
    for file, made in (("pytorch.inv", of_pytorch()), ("numpy.inv", of_numpy())):
        (FOLDER / file).write_bytes(made.format_sphinx())
        print(file, len(made), "names")
