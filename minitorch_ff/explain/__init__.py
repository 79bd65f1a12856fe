"""Look inside: what one training step calls on each level, and what autograd recorded."""

from minitorch_ff.explain.picture import Graph, graph
from minitorch_ff.explain.recorder import Trace, trace
from minitorch_ff.explain.tree import Entry

__all__ = ["Entry", "Graph", "Trace", "graph", "trace"]
