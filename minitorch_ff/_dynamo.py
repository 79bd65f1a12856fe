"""`torch._dynamo`: what scripts touch of PyTorch's compiler."""

from types import SimpleNamespace

from minitorch_ff.compiler import OptimizedModule as OptimizedModule
from minitorch_ff.compiler import disable as disable
from minitorch_ff.compiler import reset as reset

config = SimpleNamespace()
"""Settings of a compiler that does not exist: any can be set, none changes a result."""
