"""`torch.autograd`: gradients by name, custom operators, and checks of them."""

from minitorch_ff._missing import missing as _missing
from minitorch_ff.autograd import functional, grad_mode, graph
from minitorch_ff.autograd.anomaly import detect_anomaly, set_detect_anomaly
from minitorch_ff.autograd.function import Function
from minitorch_ff.autograd.grad_mode import (
    enable_grad, inference_mode, no_grad, set_grad_enabled,
)  # fmt: skip
from minitorch_ff.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from minitorch_ff.autograd.gradients import backward, grad
from minitorch_ff.autograd.variable import Variable

__all__ = [
    "Function", "GradcheckError", "Variable", "backward", "detect_anomaly", "enable_grad",
    "functional", "grad", "grad_mode", "gradcheck", "gradgradcheck", "graph", "inference_mode",
    "no_grad", "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip

__getattr__ = _missing(__name__)
