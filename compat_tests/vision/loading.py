"""torchvision, if it is installed.

Its compiled operators are made for one build of PyTorch and are missing under another;
nothing here needs them, so a missing one may be declared.
"""

import functools
import importlib
import importlib.util
from types import ModuleType

import torch


@functools.cache
def load_torchvision() -> ModuleType | None:
    """torchvision, or None."""
    if importlib.util.find_spec("torchvision") is None:
        return None
    register = torch.library.register_fake

    def register_what_exists(name, *args, **kwargs):
        if str(name).startswith("torchvision::"):
            return lambda function: function
        return register(name, *args, **kwargs)

    torch.library.register_fake = register_what_exists
    try:
        importlib.import_module("torchvision.transforms.v2")
        return importlib.import_module("torchvision")
    finally:
        torch.library.register_fake = register
