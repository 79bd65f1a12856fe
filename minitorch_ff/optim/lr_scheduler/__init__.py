"""Learning rate schedules, as `torch.optim.lr_scheduler`.

`base` has what all share; `factor`, `cosine`, `cyclic` and `plateau` the schedules;
`combined` those made of others.
"""

from minitorch_ff.optim.lr_scheduler.base import (
    EPOCH_DEPRECATION_WARNING as EPOCH_DEPRECATION_WARNING,
)  # fmt: skip
from minitorch_ff.optim.lr_scheduler.base import LRScheduler
from minitorch_ff.optim.lr_scheduler.base import _LRScheduler as _LRScheduler
from minitorch_ff.optim.lr_scheduler.combined import ChainedScheduler, SequentialLR
from minitorch_ff.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from minitorch_ff.optim.lr_scheduler.cyclic import CyclicLR, OneCycleLR
from minitorch_ff.optim.lr_scheduler.factor import (
    ConstantLR, ExponentialLR, LambdaLR, LinearLR, MultiplicativeLR, MultiStepLR, PolynomialLR,
    StepLR,
)  # fmt: skip
from minitorch_ff.optim.lr_scheduler.plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts",
    "CyclicLR", "ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR",
    "MultiplicativeLR", "OneCycleLR", "PolynomialLR", "ReduceLROnPlateau", "SequentialLR",
    "StepLR",
]  # fmt: skip
