"""`torch.nn.functional`: what layers compute, as functions without state."""

from minitorch_ff.nn.functional.activation import (
    celu, celu_, elu, elu_, gelu, glu, hardshrink, hardsigmoid, hardswish, hardtanh, hardtanh_,
    leaky_relu, leaky_relu_, log_softmax, logsigmoid, mish, prelu, relu, relu6, relu_, selu,
    selu_, sigmoid, silu, softmax, softmin, softplus, softshrink, softsign, tanh, tanhshrink,
    threshold, threshold_,
)  # fmt: skip
from minitorch_ff.nn.functional.linear import linear
