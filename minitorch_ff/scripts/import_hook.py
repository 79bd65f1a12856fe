"""`import torch` means this package.

Python asks the finders in `sys.meta_path`, in their order, where a module comes from.
The one here stands first and answers for every name of PyTorch's: `torch.nn` is the
module `minitorch_ff.nn`, the same object and no copy of it, so that a class or a
setting reached by one name is the one reached by the other.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from minitorch_ff._missing import nearest

__all__ = ["as_torch", "install"]

PACKAGES = {"torch": "minitorch_ff", "torchvision": "minitorch_ff.vision"}
FOR_CHILDREN = str(Path(__file__).with_name("path"))
"""Where processes that are started look first: a `torch` there leads to this package."""


def install() -> None:
    """Make `import torch`, from now on and in the whole process, import this package.

    PyTorch need not be there; if it is, it stays out. Calling this twice does no harm.
    Python processes that this one starts, by `subprocess` or `multiprocessing`, find this
    package as well, because `PYTHONPATH` tells them; those that ignore it (`python -I`)
    find what is installed.

    Raises:
        ImportError: PyTorch itself is imported already, and what was made with it would
            meet what is made with this package.

    Example:
        >>> from minitorch_ff.scripts.import_hook import install
        >>> install()  # doctest: +SKIP
        >>> import torch  # doctest: +SKIP
    """
    if any(isinstance(finder, TorchFinder) for finder in sys.meta_path):
        return
    if any(_our_name(name) for name in sys.modules):
        raise ImportError("PyTorch is already imported; call install() before that")
    _begin()


@contextmanager
def as_torch() -> Iterator[None]:
    """Inside the `with` block, `import torch` imports this package.

    Modules of PyTorch's that are loaded already are put aside for the time of the
    block. It holds for the whole process and for those that it starts meanwhile, so other
    threads should not import; and what the block imports keeps this package as its
    `torch` after it.

    Example:
        >>> from minitorch_ff.scripts.import_hook import as_torch
        >>> with as_torch():
        ...     import torch
        >>> torch.__name__
        'minitorch_ff'
    """
    aside = _forget_torch()
    inherited = os.environ.get("PYTHONPATH")
    finder = _begin()
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.path.remove(FOR_CHILDREN)
        os.environ.pop("PYTHONPATH", None)
        if inherited is not None:
            os.environ["PYTHONPATH"] = inherited
        _forget_torch()
        sys.modules.update(aside)


def _begin() -> TorchFinder:
    """Let this process, and those that it starts, find PyTorch's modules here."""
    sys.path.insert(1, FOR_CHILDREN)  # a spawned process takes over this list
    further = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([FOR_CHILDREN, *([further] if further else [])])
    finder = TorchFinder()
    sys.meta_path.insert(0, finder)
    return finder


class TorchFinder(MetaPathFinder):
    """Finds PyTorch's modules in this package."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Answer for `fullname` if it is PyTorch's; else Python asks the next finder.

        Raises:
            ModuleNotFoundError: It is PyTorch's and this package lacks it. No other
                finder is asked: it could come up with PyTorch itself.
        """
        ours = _our_name(fullname)
        if ours is None:
            return None
        if importlib.util.find_spec(ours) is None:
            message = f"No module named '{fullname}' (minitorch_ff does not have it)"
            beside = [module.name for module in pkgutil.iter_modules(path)]
            near = nearest(fullname, beside)
            raise ModuleNotFoundError(f"{message}; {near}" if near else message, name=fullname)
        return ModuleSpec(fullname, Alias(ours))


class Alias(Loader):
    """Loads a module that is there already, under a second name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def exec_module(self, module: ModuleType) -> None:
        """Put the module called `name` where Python had put a new, empty one."""
        sys.modules[module.__name__] = importlib.import_module(self.name)


def _our_name(torch_name: str) -> str | None:
    """`torch.nn` is `minitorch_ff.nn`; what is not PyTorch's has no name here."""
    package, dot, rest = torch_name.partition(".")
    return PACKAGES[package] + dot + rest if package in PACKAGES else None


def _forget_torch() -> dict[str, ModuleType]:
    """Take PyTorch's modules, whoever stands for them, out of Python's list."""
    names = [name for name in sys.modules if _our_name(name)]
    return {name: sys.modules.pop(name) for name in names}
