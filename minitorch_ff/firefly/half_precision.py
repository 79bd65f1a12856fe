"""Operators of half-precision numbers: computed in float32, and rounded once at the end.

float16 and bfloat16 hold too few digits for the steps between, and float16 ends at 65504. As in
PyTorch, an operator that `widens` gets its inputs in float32, in its rule as well.
"""

from __future__ import annotations

import functools

from minitorch_ff.firefly.tensor import wrap


def call_in_single(call, operator, inputs, settings):
    """`call`, which is `apply` or `apply_several`, in float32.

    None if the floating inputs are not all of one half-precision dtype.
    """
    given = [t.buffer for t in inputs]
    dtypes = {b.dtype for b in given if b is not None and b.dtype.kind in "fcV"}
    dtype = given[0].dtype
    if dtypes != {dtype} or (operator.promotes and given[1].dtype != dtype):
        return None
    out = call(operator, *[widened(t) for t in inputs], **settings)
    for tensor in [out] if call.__name__ == "apply" else out:
        if tensor.buffer.dtype.name == "float32":
            round_to(dtype, tensor)
    return out


def widened(tensor):
    """A floating tensor in float32, at the same place in the graph; any other as it is."""
    buffer = tensor.buffer
    if buffer is None or buffer.dtype.kind not in "fV":
        return tensor
    wide = wrap(tensor.result_class, tensor.backend.cast(buffer, "float32"), tensor.edge())
    wide.version = tensor.version
    return wide


def round_to(dtype, tensor):
    """Round a result, and let its operator's rule work in float32."""
    wide, tensor.buffer = tensor.buffer, tensor.backend.cast(tensor.buffer, dtype)
    node = tensor.node
    if node is None:
        return
    node.dtype = dtype
    op = getattr(node, "operator", node)  # of one output of several
    op.saved = tuple([tensor.buffer if s is wide else s for s in op.saved])
    op.fits, op.backward = False, functools.partial(backward_in_single, op)


def backward_in_single(op, xp, grad):
    """The rule, with the gradient in float32; the engine rounds what it gives."""
    if type(grad) is list:
        grad = [g if g is None else xp.cast(g, "float32") for g in grad]
    else:
        grad = xp.cast(grad, "float32")
    return type(op).backward(op, xp, grad)
