"""Data sets of images, transforms, grids of pictures: what `torchvision` is to PyTorch.

    from torchvision import datasets, transforms      # python -m minitorch_ff run script.py
    from minitorch_ff.vision import datasets, transforms

Images are those of Pillow (`pip install "minitorch-ff[vision]"`), or tensors of shape
`(…, C, H, W)`; Pillow is imported when the first image is made. Models are not here.
"""

from __future__ import annotations

import importlib
from typing import Any

from minitorch_ff._missing import absent
from minitorch_ff._version import __version__ as _own_version

__version__ = f"0.28.0+ff{_own_version}"
_SUBMODULES = ["datasets", "io", "transforms", "tv_tensors", "utils"]


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"minitorch_ff.vision.{name}")
    raise AttributeError(absent("torchvision", name, __dir__()))


def __dir__() -> list[str]:
    return sorted({*globals(), *_SUBMODULES})
