"""`torch.amp`: mixed precision, which does not exist here; what is disabled works."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import ContextDecorator
from typing import Any, Self

from minitorch_ff._devices import device as _device
from minitorch_ff._dtypes import bfloat16, dtype, float16

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]


def _has_cuda() -> bool:
    from minitorch_ff import cuda  # whose `amp` stands on this module

    return cuda.is_available()


class autocast(ContextDecorator):
    """A block, or a decorated function, that computes in its tensors' own dtypes.

    Args:
        device_type: `"cpu"` or `"cuda"`.
        dtype: What operators would compute in.
        enabled: Must be False, except for `"cuda"` without a GPU, where PyTorch disables it
            with a warning.
        cache_enabled: Nothing is cast, so there is nothing to keep.

    Raises:
        NotImplementedError: It would have an effect.
        RuntimeError: There is no such kind of device.

    Example:
        >>> import minitorch_ff as torch
        >>> with torch.autocast("cpu", enabled=False):
        ...     (torch.ones(1, 2) @ torch.ones(2, 1)).dtype
        torch.float32

    See: [torch.autocast](https://docs.pytorch.org/docs/stable/amp.html#torch.autocast).
    """

    def __init__(
        self,
        device_type: str,
        dtype: dtype | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = _device(device_type).type
        self.fast_dtype = dtype or (bfloat16 if self.device == "cpu" else float16)
        if not enabled:
            return
        if self.device == "cuda" and not _has_cuda():
            warnings.warn(
                "CUDA is not available or torch_xla is imported. Disabling autocast.", stacklevel=2
            )
        else:
            raise NotImplementedError(
                f"autocast({device_type!r}) is not supported: operators compute in the dtype of "
                "their tensors; pass enabled=False, or cast the model with .to(dtype)"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        pass


def is_autocast_available(device_type: str) -> bool:
    """Whether `autocast` can have an effect: it cannot."""
    return False


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Whether operators cast their arguments: they do not."""
    return False


def custom_fwd(
    fwd: Callable[..., Any] | None = None,
    *,
    device_type: str,
    cast_inputs: dtype | None = None,
) -> Callable[..., Any]:
    """Decorate the `forward` of a `Function`: it sees its tensors as they are.

    See: [torch.amp.custom_fwd](https://docs.pytorch.org/docs/stable/amp.html#torch.amp.custom_fwd).
    """
    return (lambda forward: forward) if fwd is None else fwd


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str) -> Callable[..., Any]:
    """Decorate the `backward` of a `Function`: it sees its tensors as they are."""
    return (lambda backward: backward) if bwd is None else bwd


class GradScaler:
    """Passes everything through, as PyTorch's does when it is disabled.

    Args:
        device: Whose gradients would be scaled. `"cuda"` without a GPU disables it, with
            PyTorch's warning.
        enabled: Must be False where there is a GPU, and for other devices.
        *scale: Not used; nor are the settings of the scale by name.
        **settings: The same.

    Raises:
        NotImplementedError: It would have an effect.

    See: [torch.amp.GradScaler](https://docs.pytorch.org/docs/stable/amp.html#torch.amp.GradScaler).
    """

    def __init__(
        self, device: str = "cuda", *scale: float, enabled: bool = True, **settings: Any
    ) -> None:
        if enabled and device == "cuda" and not _has_cuda():
            warnings.warn(
                "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.",
                stacklevel=2,
            )
        elif enabled:
            raise NotImplementedError(
                "GradScaler is not supported: gradients are computed in the parameters' dtype; "
                "pass enabled=False"
            )

    def scale(self, outputs: Any) -> Any:
        """The outputs."""
        return outputs

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """The optimizer's step."""
        return optimizer.step(*args, **kwargs)

    def unscale_(self, optimizer: Any) -> None:
        """Nothing to undo."""

    def update(self, new_scale: Any = None) -> None:
        """Nothing to adapt."""

    def get_scale(self) -> float:
        """One."""
        return 1.0

    def is_enabled(self) -> bool:
        """It is not."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """Nothing to keep."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing to restore."""
