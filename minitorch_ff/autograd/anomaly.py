"""Anomaly detection: a backward pass that stops at the first not-a-number."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch_ff.firefly import graph


class set_detect_anomaly:
    """Switch anomaly detection on or off: at once when called, until the block ends.

    Args:
        mode: Whether a gradient with a not-a-number in it raises.
        check_nan: Must be True: finding them is all that the mode does here.

    See: [torch.autograd.set_detect_anomaly](https://docs.pytorch.org/docs/stable/autograd.html#anomaly-detection).
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.before = graph.anomaly_mode.get()
        graph.anomaly_mode.set(mode and check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: Any) -> None:
        graph.anomaly_mode.set(self.before)


class detect_anomaly(set_detect_anomaly):
    """Anomaly detection for a block; see `set_detect_anomaly`.

    See: [torch.autograd.detect_anomaly](https://docs.pytorch.org/docs/stable/autograd.html#anomaly-detection).
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should "
            "only be enabled for debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self.before = graph.anomaly_mode.get()
        graph.anomaly_mode.set(self.check_nan)
