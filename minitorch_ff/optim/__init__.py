"""Optimizers: change parameters by their gradients so that a loss falls.

`lr_scheduler` and `swa_utils` are loaded when they are first touched.

See: [torch.optim](https://docs.pytorch.org/docs/stable/optim.html).
"""

from __future__ import annotations

import importlib
from typing import Any

from minitorch_ff.optim.adadelta import Adadelta
from minitorch_ff.optim.adafactor import Adafactor
from minitorch_ff.optim.adagrad import Adagrad
from minitorch_ff.optim.adam import Adam
from minitorch_ff.optim.adamax import Adamax
from minitorch_ff.optim.adamw import AdamW
from minitorch_ff.optim.asgd import ASGD
from minitorch_ff.optim.lbfgs import LBFGS
from minitorch_ff.optim.muon import Muon
from minitorch_ff.optim.nadam import NAdam
from minitorch_ff.optim.optimizer import Optimizer
from minitorch_ff.optim.radam import RAdam
from minitorch_ff.optim.rmsprop import RMSprop
from minitorch_ff.optim.rprop import Rprop
from minitorch_ff.optim.sgd import SGD
from minitorch_ff.optim.sparse_adam import SparseAdam

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Muon",
    "NAdam", "Optimizer", "RAdam", "RMSprop", "Rprop", "SparseAdam", "lr_scheduler", "swa_utils",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a submodule at the first use of its name."""
    if name in ("lr_scheduler", "swa_utils"):
        return importlib.import_module(f"minitorch_ff.optim.{name}")
    raise AttributeError(f"module 'torch.optim' has no attribute {name!r}")
