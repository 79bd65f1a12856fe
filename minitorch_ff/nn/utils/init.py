"""Making a module without drawing random numbers for it."""

import inspect
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._functions.random import fork_rng
from minitorch_ff.nn.modules.module import Module

__all__ = ["skip_init"]


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Any:
    """Make a module whose parameters have no particular values yet.

    The random numbers that follow are the same as without the module.

    Args:
        module_cls: The module's class; its `__init__` takes `device`.
        *args: The arguments of the class.
        **kwargs: The same.

    Raises:
        RuntimeError: No module class, or one that takes no `device`.

    See: [torch.nn.utils.skip_init](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.skip_init.html).
    """
    check(issubclass(module_cls, Module), f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    with fork_rng():
        return module_cls(*args, **kwargs)
