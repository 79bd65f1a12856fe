"""PyTorch's API in readable Python."""
from minitorch_ff._tensor import Tensor
from minitorch_ff._functions.creation import tensor, from_numpy
from minitorch_ff._dtypes import *
