"""The grad modes, where `torch.autograd.grad_mode` has them."""

from minitorch_ff.firefly.modes import (
    enable_grad, inference_mode, no_grad, set_grad_enabled,
)  # fmt: skip

__all__ = ["enable_grad", "inference_mode", "no_grad", "set_grad_enabled"]
