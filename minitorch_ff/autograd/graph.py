"""The graph's nodes, where `torch.autograd.graph` has them."""

from minitorch_ff.firefly.ops.base import Operator as Node

__all__ = ["Node"]
