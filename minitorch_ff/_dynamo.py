"""`torch._dynamo`: what scripts touch of PyTorch's compiler."""

from types import SimpleNamespace

from minitorch_ff.compiler import BACKENDS, InvalidBackend, Unsupported
from minitorch_ff.compiler import OptimizedModule as OptimizedModule
from minitorch_ff.compiler import disable as disable
from minitorch_ff.compiler import reset as reset

config = SimpleNamespace()
"""Settings of PyTorch's compiler: any can be set, none changes a result."""

exc = SimpleNamespace(Unsupported=Unsupported, InvalidBackend=InvalidBackend)
"""Errors of the compiler."""


def list_backends() -> list[str]:
    """Names that `torch.compile` takes as its `backend`."""
    return ["eager", *BACKENDS]
