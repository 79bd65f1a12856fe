"""The settings of parameter groups: from constructors, checked, as plain numbers."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff._tensor import Tensor

Group = dict[str, Any]

_NO_SETTINGS = ("self", "params", "__class__")


def settings_of(names: str, constructor: dict[str, Any]) -> Group:
    """The named settings among a constructor's `locals()`, in the order that groups show."""
    return {name: constructor[name] for name in names.split()}


def all_settings(constructor: dict[str, Any], first: str = "") -> Group:
    """All settings among a constructor's `locals()`; in its order, but for the `first`.

    The constructor calls this before it makes variables of its own.
    """
    others = {name: value for name, value in constructor.items() if name not in _NO_SETTINGS}
    return {**settings_of(first, constructor), **others}


def check_settings(**settings: Any) -> None:
    """Refuse settings below zero, betas outside [0, 1), `rho` above 1, a tensor of many `lr`s.

    Raises:
        ValueError: Naming the first such setting, in the order given.
    """
    words = {"lr": "learning rate", "eps": "epsilon value"}
    most = {"rho": 1.0}
    if "lr" in settings:
        check_one_rate(settings["lr"])
    for name, value in settings.items():
        if name == "betas":
            for i in (0, 1):
                if not 0.0 <= value[i] < 1.0:
                    raise ValueError(f"Invalid beta parameter at index {i}: {value[i]}")
        elif not 0.0 <= value <= most.get(name, math.inf):
            raise ValueError(f"Invalid {words.get(name, f'{name} value')}: {value}")


def check_one_rate(lr: Any) -> None:
    """Refuse a tensor of many learning rates."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")


def should_be(wanted: str, is_so: Any, name: str, value: Any) -> None:
    """Refuse a setting in the words of the newer optimizers, unless it is as wanted."""
    if not is_so:
        raise ValueError(f"{name} should be {wanted} but is: {value}")


def number(setting: Any) -> Any:
    """A setting as a Python number; a learning rate, say, may be a tensor."""
    return setting.item() if isinstance(setting, Tensor) else setting


def on_device(setting: Any) -> Any:
    """The same, but a tensor on a GPU becomes a buffer."""
    if not (isinstance(setting, Tensor) and setting.is_cuda):
        return number(setting)
    return setting.buffer.reshape(()).astype("float64")


def with_numbers(group: Group, captured: bool = False) -> Group:
    """The group with numbers in place of tensors among its settings.

    While a CUDA graph is captured, what is on the GPU stays there, as 0-d buffers in float64.
    """
    betas = group.get("betas", ())
    if Tensor not in map(type, (group["lr"], group.get("weight_decay"), *betas)):
        return group
    plain_number = on_device if captured else number
    plain = {name: plain_number(value) for name, value in group.items()}
    return {**plain, "betas": tuple(map(plain_number, betas))}
