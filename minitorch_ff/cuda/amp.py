"""`torch.cuda.amp`: the older names of `torch.amp`."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch_ff import amp
from minitorch_ff._dtypes import dtype


def _deprecated(name: str) -> None:
    warnings.warn(
        f"`torch.cuda.amp.{name}(args...)` is deprecated. "
        f"Please use `torch.amp.{name}('cuda', args...)` instead.",
        FutureWarning,
        stacklevel=3,
    )


class autocast(amp.autocast):
    """`torch.amp.autocast("cuda", …)`, with PyTorch's warning that this name is old."""

    def __init__(
        self,
        enabled: bool = True,
        dtype: dtype | None = None,
        cache_enabled: bool = True,
    ) -> None:
        _deprecated("autocast")
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`torch.amp.GradScaler("cuda", …)`, with PyTorch's warning that this name is old."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _deprecated("GradScaler")
        super().__init__("cuda", *args, **kwargs)
