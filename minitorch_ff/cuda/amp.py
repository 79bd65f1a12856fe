"""`torch.cuda.amp`: mixed precision, which does not exist here."""

from __future__ import annotations

from typing import Any


class GradScaler:
    """Refused, unless it is disabled: then every method passes things through.

    Raises:
        NotImplementedError: It is enabled.
    """

    def __init__(self, device: str = "cuda", *, enabled: bool = True, **settings: Any) -> None:
        if enabled:
            raise NotImplementedError(
                "GradScaler is not supported: gradients are computed in float32; pass enabled=False"
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
