"""The settings of parameter groups: from constructors, checked, as plain numbers."""

from __future__ import annotations

from typing import Any

from minitorch_ff._tensor import Tensor

Group = dict[str, Any]


def settings_of(names: str, constructor: dict[str, Any]) -> Group:
    """The named settings among a constructor's `locals()`, in the order that groups show."""
    return {name: constructor[name] for name in names.split()}


def check_settings(**settings: Any) -> None:
    """Refuse settings below zero, betas outside [0, 1), and a tensor of many as `lr`.

    Raises:
        ValueError: Naming the first such setting, in the order given.
    """
    words = {"lr": "learning rate", "eps": "epsilon value"}
    if "lr" in settings:
        check_one_rate(settings["lr"])
    for name, value in settings.items():
        if name == "betas":
            for i in (0, 1):
                if not 0.0 <= value[i] < 1.0:
                    raise ValueError(f"Invalid beta parameter at index {i}: {value[i]}")
        elif not value >= 0.0:
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


def with_numbers(group: Group) -> Group:
    """The group with numbers in place of tensors among its settings."""
    betas = group.get("betas", (0, 0))
    settings = group["lr"], group.get("weight_decay"), *betas
    if Tensor not in map(type, settings):
        return group
    plain = {name: number(value) for name, value in group.items()}
    return {**plain, "betas": tuple(map(number, betas))}
