"""Operators of half-precision numbers: computed in float32, and rounded once at the end.

float16 and bfloat16 hold too few digits for the steps between, and float16 ends at 65504. As in
PyTorch, an operator that `widens` gets its inputs in float32, in its rule as well.
"""

from __future__ import annotations

import functools

from minitorch_ff.firefly.backend.registry import by_buffer_type
from minitorch_ff.firefly.modes import grad_enabled
from minitorch_ff.firefly.ops import base
from minitorch_ff.firefly.tensor import wrap


def half_dtype(buffers):
    """The half-precision dtype of the floating buffers, if all have one; else None."""
    dtypes = {b.dtype for b in buffers if b is not None and b.dtype.kind in "fcV"}
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    return dtype if dtype is not None and dtype.itemsize == 2 else None


def apply_in_single(operator, inputs, settings, several=False):
    """`apply` (or `apply_several`) in float32; None if the inputs are not all of one half."""
    given = [t.buffer for t in inputs]
    dtype = half_dtype(given)
    if dtype is None or (operator.promotes and given[0].dtype != given[1].dtype):
        return None
    xp = by_buffer_type[type(given[0])]
    buffers = [xp.cast(b, "float32") if b is not None and b.dtype == dtype else b for b in given]
    op = operator()
    op.saved, op.kept = (), None
    recording = operator.differentiable and grad_enabled()
    op.edges = [t.edge() if recording else None for t in inputs]
    results = op.forward(xp, *buffers, **settings)
    results = results if several else [results]
    rounded = [xp.asarray(r) for r in results]
    rounded = [xp.cast(r, dtype) if r.dtype.name == "float32" else r for r in rounded]
    tensors = [wrap(inputs[0].result_class, buffer) for buffer in rounded]
    if any([edge is not None for edge in op.edges]):
        finish(op, inputs, buffers, results, tensors, several)
    return tensors if several else tensors[0]


def finish(op, inputs, buffers, results, tensors, several):
    """Make the operator a node whose rule gets its gradient in float32, too."""
    op.hooks, op.sequence, op.fits = None, base.next_sequence(), False
    op.backward = functools.partial(backward_in_single, op)
    pairs = [(r, t.buffer) for r, t in zip(results, tensors, strict=True)]
    op.saved = tuple([next((b for r, b in pairs if r is s), s) for s in op.saved])
    if several:
        base.note_outputs(op, tensors)
        if op.saved:
            op.link_several(inputs, buffers, tensors)
        return
    (tensor,) = tensors
    tensor.node, op.shape, op.dtype = op, tensor.buffer.shape, tensor.buffer.dtype
    if op.saved:
        op.link(inputs, buffers, tensor.buffer, tensor)


def backward_in_single(op, xp, grad):
    """The rule, with the gradient in float32; the engine rounds what it gives."""
    grads = grad if type(grad) is list else [grad]
    wide = [g if g is None else xp.cast(g, "float32") for g in grads]
    return type(op).backward(op, xp, wide if type(grad) is list else wide[0])
