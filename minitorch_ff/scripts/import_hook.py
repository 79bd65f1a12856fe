"""`import torch` means this package.

Python asks the finders in `sys.meta_path`, in their order, where a module comes from.
The one here stands first and answers for every name of PyTorch's: `torch.nn` is the
module `minitorch_ff.nn`, the same object and no copy of it, so that a class or a
setting reached by one name is the one reached by the other.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NoReturn

__all__ = ["as_torch", "install"]

# Vision first: read backwards, the longer name has to be tried before its beginning.
PACKAGES = {"torchvision": "minitorch_ff.vision", "torch": "minitorch_ff"}


def install() -> None:
    """Make `import torch`, from now on and in the whole process, import this package.

    PyTorch need not be there; if it is, it stays out. Calling this twice does no harm.

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
    sys.meta_path.insert(0, TorchFinder())


@contextmanager
def as_torch() -> Iterator[None]:
    """Inside the `with` block, `import torch` imports this package.

    Modules of PyTorch's that are loaded already are put aside for the time of the
    block. It holds for the whole process, so other threads should not import meanwhile;
    and what the block imports keeps this package as its `torch` after it.

    Example:
        >>> from minitorch_ff.scripts.import_hook import as_torch
        >>> with as_torch():
        ...     import torch
        >>> torch.__name__
        'minitorch_ff'
    """
    aside = _forget_torch()
    finder = TorchFinder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        finder.remove()
        _forget_torch()
        sys.modules.update(aside)


class TorchFinder(MetaPathFinder, Loader):
    """Finds PyTorch's modules in this package."""

    def __init__(self) -> None:
        self._told: list[ModuleType] = []

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
            raise ModuleNotFoundError(message, name=fullname)
        return ModuleSpec(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        """Put this package's module where Python had put a new, empty one."""
        name = module.__name__
        sys.modules[name] = importlib.import_module(_our_name(name) or name)
        self._tell_what_is_missing()

    def remove(self) -> None:
        """Undo what this finder did to Python's imports and to our modules."""
        sys.meta_path.remove(self)
        for module in self._told:
            del module.__getattr__
        self._told.clear()

    def _tell_what_is_missing(self) -> None:
        """Let the modules of this package name what they lack as PyTorch's.

        `__getattr__` is called only for a name that a module lacks. Modules that have
        one of their own speak for themselves.
        """
        for name, module in list(sys.modules.items()):
            theirs = _torch_name(name)
            if theirs is not None and "__getattr__" not in vars(module):
                module.__getattr__ = _lacks(theirs)  # type: ignore[method-assign]
                self._told.append(module)


def _lacks(module: str) -> Callable[[str], NoReturn]:
    def __getattr__(name: str) -> NoReturn:  # noqa: N807
        raise AttributeError(
            f"module '{module}' has no attribute '{name}' "
            f"(minitorch_ff does not have {module}.{name})"
        )

    return __getattr__


def _our_name(torch_name: str) -> str | None:
    """`torch.nn` is `minitorch_ff.nn`; what is not PyTorch's has no name here."""
    package, dot, rest = torch_name.partition(".")
    return PACKAGES[package] + dot + rest if package in PACKAGES else None


def _torch_name(our_name: str) -> str | None:
    """`minitorch_ff.nn` is `torch.nn`; private modules have no name there."""
    for theirs, ours in PACKAGES.items():
        if our_name == ours or our_name.startswith(ours + "."):
            rest = our_name.removeprefix(ours)
            private = rest.startswith((".firefly", ".scripts")) or "._" in rest
            return None if private else theirs + rest
    return None


def _forget_torch() -> dict[str, ModuleType]:
    """Take PyTorch's modules, whoever stands for them, out of Python's list."""
    names = [name for name in sys.modules if _our_name(name)]
    return {name: sys.modules.pop(name) for name in names}
