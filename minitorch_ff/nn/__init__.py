"""`torch.nn`: layers, losses, and what they are built from."""

from minitorch_ff.nn import functional, init, parameter, utils
from minitorch_ff.nn.modules.container import (
    ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential,
)  # fmt: skip
from minitorch_ff.nn.modules.linear import Identity, Linear
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.parameter import (
    Buffer, Parameter, UninitializedBuffer, UninitializedParameter,
)  # fmt: skip
