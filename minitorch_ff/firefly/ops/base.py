"""What an operator is, and what happens when one is called.

An operator's instance is the graph's node: it is made by the call, holds what its rule
needs, and points (`edges`) to the nodes its inputs came from. The rule is written once, over
the namespace `xp`: a back end in an ordinary backward pass, `recorded` when the backward
pass is itself recorded. That is why the same rule gives derivatives of every order.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from typing import Any

from minitorch_ff.firefly.backend.registry import by_buffer_type, cpu, several
from minitorch_ff.firefly.hooks import Hookable
from minitorch_ff.firefly.modes import grad_enabled
from minitorch_ff.firefly.promotion import Defaults, lone_number, number, promoted
from minitorch_ff.firefly.tensor import AccumulateGrad, Tensor, wrap

OUTPUT = -1
"""Where a saved buffer came from, if it is no input: the operator's own result."""

FREED = ("freed",)
FREED_TEXT = (
    "Trying to backward through the graph a second time (or directly access saved tensors "
    "after they have already been freed). Saved intermediate values of the graph are freed "
    "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
    "backward through the graph a second time or if you need to access saved tensors after "
    "calling backward."
)

SAVING_INFERENCE = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
    "inference mode in computation tracked by autograd. To work around this, you can make a "
    "clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
    "`torch.inference_mode()`."
)

TYPE_NAMES = {
    "float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16",
    "int64": "Long", "int32": "Int", "int16": "Short", "int8": "Char", "uint8": "Byte",
    "bool": "Bool", "complex64": "ComplexFloat", "complex128": "ComplexDouble",
}  # fmt: skip
"""What PyTorch's messages call a dtype."""

HALVES: tuple[str, ...] = ("float16", "bfloat16")
"""The floating dtypes of two bytes."""

next_sequence = itertools.count().__next__


class Operator(Hookable):
    """One call of an operator, and the node it leaves in the graph.

    Attributes:
        edges: A node (or None) for each input.
        saved: Buffers that the rule needs; inputs and results only.
        origins: For each of them where it came from: the input's number (or `OUTPUT`), the
            version counter of its memory, and the version when it was saved.
        kept: An intermediate for the plain backward; a recorded one recomputes it.
        hooks: Functions hung on this node, or None.
        sequence: Counts calls: an operator is newer than all it depends on.
        shape, dtype: Of the result, which its gradient must have.

    A rule keeps further settings (shapes, masks, indices) as plain attributes.
    """

    __slots__ = (
        "__dict__", "__weakref__",
        "dtype", "edges", "hooks", "kept", "origins", "saved", "sequence", "shape",
    )  # fmt: skip

    edges: Any
    saved: Any
    origins: Any
    kept: Any
    hooks: Any
    sequence: Any
    shape: Any
    dtype: Any

    differentiable = True
    fresh = False
    """A promise: each result of `backward` is a new buffer that nobody else holds."""

    promotes = False
    """Its two inputs are brought to one dtype first."""

    floats = False
    """Integers and booleans are brought to the default floating dtype first (two inputs
    if it `promotes` as well)."""

    number = staticmethod(number)
    promote = staticmethod(promoted)
    """How a Python number becomes an operand, and how two dtypes meet; an operator that
    refuses some operands says so here."""

    takes_numbers = False
    """Both operands may be Python numbers."""

    called = ""
    """What PyTorch calls it in the node's name, if not by the class's name."""

    variant = 0
    """The end of the node's name: PyTorch numbers the forms of a function."""

    kernel = ""
    """PyTorch's name of its inner loop, if not the function's with "_cpu"."""

    receives = False
    """Leaves and single outputs take their gradient; an operator runs its rule."""

    fits = False
    """A further promise: they have the shapes and dtypes of the inputs."""

    keeps = False
    """A leaf keeps the buffer it is given."""

    widens = False
    """Of half-precision numbers it is computed in float32; see `half_precision.py`."""

    rounds: tuple[str, ...] = ()
    """But in these dtypes its rule rounds after each step, as PyTorch's does."""

    rounds_forward: tuple[str, ...] = ()
    """In these its `forward` does so."""

    def forward(self, xp, *buffers, **settings):
        """Compute the result from buffers."""
        raise NotImplementedError

    def backward(self, xp, grad):
        """A gradient (or None) for each input, from the gradient of the result."""
        raise NotImplementedError

    # ------------------------------------------------------------- for rules

    @property
    def needs_input_grad(self):
        """For each input, whether anybody wants its gradient."""
        return tuple([edge is not None for edge in self.edges])

    def save_for_backward(self, *buffers):
        """Keep inputs or results for the rule; None keeps a place.

        Where a call counts, rules write to `saved` themselves.
        """
        self.saved = buffers

    def save_for_each_other(self, a, b):
        """Keep each operand only if the other one's gradient is wanted."""
        edge_a, edge_b = self.edges
        self.saved = (None if edge_b is None else a, None if edge_a is None else b)

    @property
    def saved_tensors(self):
        """What was saved: buffers in a plain backward, tensors in a recorded one.

        Raises:
            RuntimeError: The graph was freed, or a saved buffer was changed since.
        """
        saved = self.saved
        if saved is FREED:
            raise RuntimeError(FREED_TEXT)
        for origin in self.origins:
            if origin is not None:
                _, version, expected = origin
                if version[0] != expected:
                    self._complain(origin)
        if not grad_enabled():
            return saved
        return [
            None if origin is None else self._rejoin(buffer, origin)
            for buffer, origin in zip(saved, self.origins, strict=True)
        ]

    def recall(self, xp):
        """What forward kept; None in a recorded backward, which must compute it again."""
        if self.saved is FREED:
            raise RuntimeError(FREED_TEXT)
        return None if xp.records else self.kept

    # -------------------------------------------------------- for the engine

    def link(self, inputs, buffers, result, tensor):
        """Note where each saved buffer came from, and its version now."""
        origins: list[Any] = []
        for saved in self.saved:
            if saved is None:
                origins.append(None)
            elif saved is result:
                origins.append((OUTPUT, tensor.version, 0))
                if result is not tensor.buffer:  # NumPy's scalar became a 0-d buffer
                    self.saved = tuple([tensor.buffer if s is result else s for s in self.saved])
            else:
                i = 0
                try:
                    while buffers[i] is not saved:
                        i += 1
                except IndexError:
                    kind = type(self).__name__
                    raise RuntimeError(f"{kind} may save its inputs and results only") from None
                version = inputs[i].version
                if version[0] < 0:
                    raise RuntimeError(SAVING_INFERENCE)
                origins.append((i, version, version[0]))
        self.origins = origins

    def _rejoin(self, buffer, origin):
        """A saved buffer as a tensor in its old place in the graph."""
        number, version, _ = origin
        tensor = wrap(Tensor.result_class, buffer)
        tensor.node = self.edges[number] if number >= 0 else self.output_node(number)
        tensor.version = version
        return tensor

    def output_node(self, number):
        """Where the gradient of a saved result goes."""
        return self

    def _complain(self, origin):
        """Report that a saved tensor was changed in place."""
        number, version, expected = origin
        buffer = self.saved[self.origins.index(origin)]
        raise changed(buffer, version[0], expected, self if number < 0 else self.edges[number])

    # ------------------------------------------------------------- for users

    def name(self):
        """PyTorch's name of this kind of node."""
        return f"{self.called or type(self).__name__}Backward{self.variant}"

    @property
    def next_functions(self):
        """For each input the node its gradient goes to, and which output of it."""
        return tuple([split_output(edge) for edge in self.edges])

    @property
    def metadata(self):
        """A dictionary for whatever the user wants to note here."""
        return self.__dict__.setdefault("_metadata", {})

    def __repr__(self):
        return f"<{self.name().rpartition('::')[2]} object at {id(self):#x}>"


def changed(buffer, version, expected, source):
    """The error for a saved buffer that was written since; `source` is its node, or None."""
    kind = f"torch.{TYPE_NAMES[buffer.dtype.name]}Tensor"
    if buffer.dtype.kind == "b":
        kind = "CPUBoolType"  # PyTorch's one exception
    what = f"[{kind} {list(buffer.shape)}]"
    if source is not None and not isinstance(source, AccumulateGrad):
        output = source.number if isinstance(source, Output) else 0
        what += f", which is output {output} of {source.name().split('Backward')[0]},"
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an "
        f"inplace operation: {what} is at version {version}; expected version "
        f"{expected} instead. Hint: enable anomaly detection to find the operation that "
        "failed to compute its gradient, with torch.autograd.set_detect_anomaly(True, "
        "check_nan=False)."
    )


class NonDifferentiable(Operator):
    """An operator without a gradient: comparisons, positions, rounding to integers."""

    differentiable = False

    def backward(self, xp, grad):
        """There is none.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError(f"{type(self).__name__} is not differentiable")


class Stepwise(Operator):
    """An operator that is constant between its jumps: the gradient is zero."""

    fresh = True

    def backward(self, xp, grad):
        """Zeros."""
        return tuple([xp.zeros_like(grad) for _ in self.edges])


class Underivable(Operator):
    """An operator that PyTorch records, but has no gradient for."""

    aten = ""
    """What the message calls it, if not the function's name."""

    def backward(self, xp, grad):
        """There is none.

        Raises:
            RuntimeError: Always.
        """
        name = self.aten or function_name(type(self))
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    def name(self):
        return "torch::autograd::NotImplemented"


class Output:
    """One output of an operator that has several: hands its gradient to the operator."""

    __slots__ = (
        "__weakref__", "dtype", "edges", "hooks", "number", "operator", "sequence", "shape",
    )  # fmt: skip

    receives, keeps = True, False

    def __init__(self, operator, number):
        self.operator = operator
        self.number = number
        self.edges = (operator,)
        self.hooks = None
        self.sequence = next_sequence()
        self.shape, self.dtype = operator.outputs[number]

    def receive(self, xp, grad, pending):
        """File the gradient in the operator's list, one place for each output."""
        slots = pending[self.operator]
        if slots is None:
            slots = pending[self.operator] = [None] * len(self.operator.outputs)
        so_far = slots[self.number]
        slots[self.number] = grad if so_far is None else xp.add(so_far, grad)

    def name(self):
        """The operator's name."""
        return self.operator.name()


def split_output(node):
    """A node as PyTorch shows it: the operator, and which of its outputs."""
    if isinstance(node, Output):
        return node.operator, node.number
    return node, 0


def apply(operator, x, *others, **settings):  # noqa: C901 - a call in between would cost
    """Call an operator: compute, and record if a gradient may be asked for.

    Calls with few inputs and no settings are written out: most are, and in CPython a call with
    stars costs twice as much.

    Args:
        operator: The operator's class.
        x: The first input, a tensor.
        *others: Further ones (`ABSENT` for an optional one that was not given).
        **settings: Everything else that `forward` wants.

    Returns:
        The result, a tensor of the first input's `result_class`.
    """
    if several:
        go_to(operator, (x, *others))
    op = operator()
    op.saved = ()
    op.kept = None
    edge = None
    inputs: Any
    buffers: Any
    if not others:
        try:
            buffer = x.buffer
        except AttributeError:
            raise not_a_tensor(operator, "input", 1, x) from None
        if operator.widens and buffer.dtype.itemsize == 2:
            wide = in_single(apply, operator, (x,), settings)
            if wide is not None:
                return wide
        if operator.floats and buffer.dtype.kind in "iub":
            buffer = buffer.astype(Defaults.floating)
        if operator.differentiable and grad_enabled():
            edge = x.node if x.view_of is None else x.edge()
        op.edges = (edge,)
        xp = by_buffer_type[type(buffer)]
        result = op.forward(xp, buffer, **settings) if settings else op.forward(xp, buffer)
        inputs, buffers = (x,), (buffer,)
    else:
        inputs = (x, *others)
        a = x.buffer
        buffers = [a]
        if operator.differentiable and grad_enabled():
            edge = x.node if x.view_of is None else x.edge()
            op.edges = edges = [edge]
            for t in others:  # often parameters: CPython is quickest if a line sees one class
                buffers.append(t.buffer)
                node = t.node if t.view_of is None else t.edge()
                if node is not None:
                    edge = node
                edges.append(node)
        else:
            op.edges = (None,) * len(inputs)
            for t in others:
                buffers.append(t.buffer)
        if operator.widens and a.dtype.itemsize == 2:
            wide = in_single(apply, operator, inputs, settings)
            if wide is not None:
                return wide
        if operator.promotes:
            a, b = buffers
            if a.dtype is not b.dtype or (operator.floats and a.dtype.kind in "iub"):
                a, b = buffers = operator.promote(a, b, operator.floats)
        xp = by_buffer_type[type(a)]
        try:
            if settings or len(buffers) > 3:
                result = op.forward(xp, *buffers, **settings)
            elif len(buffers) == 2:
                result = op.forward(xp, a, buffers[1])
            else:
                result = op.forward(xp, a, buffers[1], buffers[2])
        except TypeError:  # an array library does not take another one's arrays
            check_inputs_meet(operator, inputs)
            raise
    buffer = result if type(result) in by_buffer_type else xp.asarray(result)
    if edge is None:
        return wrap(x.result_class, buffer)
    op.hooks = None
    op.sequence = next_sequence()
    op.shape = buffer.shape
    op.dtype = buffer.dtype
    tensor = wrap(x.result_class, buffer, op)
    if op.saved:
        op.link(inputs, buffers, result, tensor)
    return tensor


def go_to(operator, inputs):
    """Where there are several GPUs: work on the one that holds the inputs.

    Raises:
        RuntimeError: They are on several of them.
    """
    if len({several[0].follow(t) for t in inputs} - {None}) > 1:
        check_same_device(*inputs, method=ON_CUDA.get(operator.__name__))


def in_single(call, operator, inputs, settings):
    """The call in float32, if the inputs are half-precision numbers; else None."""
    from minitorch_ff.firefly.half_precision import call_in_single  # only where there are any

    return call_in_single(call, operator, inputs, settings)


def apply_several(operator, *inputs, **settings):
    """Call an operator that returns several buffers; see `apply`.

    Floating results are differentiable, unless the class lists which in `differentiable_outputs`.
    The rule receives a list: a gradient for each output, None where none came.
    """
    x = inputs[0]
    if operator.widens and x.buffer.dtype.itemsize == 2:
        wide = in_single(apply_several, operator, inputs, settings)
        if wide is not None:
            return wide
    if several:
        go_to(operator, inputs)
    op = operator()
    op.saved = ()
    op.kept = None
    buffers = [t.buffer for t in inputs]
    if operator.differentiable and grad_enabled():
        op.edges = [t.edge() for t in inputs]
    else:
        op.edges = (None,) * len(inputs)
    recording = any([edge is not None for edge in op.edges])
    xp = by_buffer_type[type(buffers[0])]
    try:
        results = [xp.asarray(r) for r in op.forward(xp, *buffers, **settings)]
    except TypeError:
        check_same_device(*inputs)
        raise
    tensors = [wrap(x.result_class, buffer) for buffer in results]
    if recording:
        op.hooks = None
        op.sequence = next_sequence()
        op.outputs = [(buffer.shape, buffer.dtype) for buffer in results]
        for i, tensor in enumerate(tensors):
            if tensor.buffer.dtype.kind in "fcV" and i in op.differentiable_outputs:
                tensor.node = Output(op, i)
        if op.saved:
            op.link_several(inputs, buffers, tensors)
    return tensors


class SeveralOutputs(Operator):
    """An operator whose `forward` returns several buffers."""

    __slots__ = ("outputs",)

    differentiable_outputs: Any = range(1 << 30)
    """Numbers of the outputs that have a gradient."""

    def output_node(self, number):
        """A further node for the saved result: it files its gradient like the first."""
        return Output(self, OUTPUT - number)

    def link_several(self, inputs, buffers, tensors):
        """Note where each saved buffer came from: an input, or one of the results."""
        known = [(id(t.buffer), OUTPUT - i, t.version) for i, t in enumerate(tensors)]
        given = enumerate(zip(buffers, inputs, strict=True))
        known += [(id(b), i, t.version) for i, (b, t) in given if b is not None]
        origins = []
        for saved in self.saved:
            found = [(n, version, version[0]) for key, n, version in known if key == id(saved)]
            if saved is not None and not found:
                raise RuntimeError(f"{type(self).__name__} may save its inputs and results only")
            if found and found[-1][2] < 0:
                raise RuntimeError(SAVING_INFERENCE)
            origins.append(found[-1] if found else None)
        self.origins = origins


def binary(operator, a, b):
    """An operator of two operands, either of which may be a Python number.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or the devices differ.
        TypeError: An operand is neither tensor nor number.
    """
    try:
        if not isinstance(b, Tensor):
            b = operator.number(b, a)
        elif not isinstance(a, Tensor):
            a = operator.number(a, b)
        return apply(operator, a, b)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if operator.takes_numbers:
            with contextlib.suppress(TypeError):
                return apply(operator, lone_number(a), lone_number(b))
        return second_try(operator, a, b, error)


def of_tensors(operator, a, b):
    """An operator of two operands that must be tensors.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or the devices differ.
        TypeError: An operand is no tensor.
    """
    try:
        return apply(operator, a, b)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return second_try(operator, a, b, error)


def infix(operator, reflected=False):
    """The method behind an infix sign: `Tensor.__add__` is `infix(Add)`.

    It leaves what is neither tensor nor number to the other operand's class.
    """

    def method(self, other):
        if not isinstance(other, Tensor):
            try:
                other = operator.number(other, self)
            except TypeError:
                return NotImplemented
        try:
            return apply(operator, self, other)
        except (ValueError, TypeError, KeyError) as error:
            return second_try(operator, self, other, error)

    def reflected_method(self, other):
        try:
            other = operator.number(other, self)
        except TypeError:
            return NotImplemented
        try:
            return apply(operator, other, self)
        except (ValueError, TypeError, KeyError) as error:
            return second_try(operator, other, self, error)

    return reflected_method if reflected else method


def second_try(operator, a, b, error):
    """Once more with a 0-d tensor from the CPU moved to the other operand's device.

    Raises:
        RuntimeError, TypeError: There is none; see `complaint`.
    """
    from minitorch_ff.firefly.ops.shaping import ToDevice  # which is built on this file

    if isinstance(a, Tensor) and isinstance(b, Tensor) and a.backend is not b.backend:
        for number, like in ((a, b), (b, a)):
            if number.buffer.ndim == 0 and number.backend.device_type == "cpu":
                where = {"target": like.backend, "index": like.backend.device_index(like.buffer)}
                moved = apply(ToDevice, number, **where)
                return apply(operator, *[moved if t is number else t for t in (a, b)])
    raise complaint(operator, a, b, error) from None


def complaint(operator, a, b, error):
    """The error that says in PyTorch's words why two operands do not go together."""
    if not isinstance(a, Tensor):
        return not_a_tensor(operator, "input", 1, a)
    if not isinstance(b, Tensor):
        return not_a_tensor(operator, "other", 2, b)
    check_same_device(a, b)
    check_broadcast(a.buffer.shape, b.buffer.shape)
    if not operator.promotes:
        return error
    first, _ = operator.promote(a.buffer, b.buffer, operator.floats)
    if isinstance(error, TypeError):  # the array library has no loop for this dtype
        kernel = operator.kernel or function_name(operator) + "_cpu"
        return not_implemented(kernel, first.dtype)
    return error


def not_a_tensor(operator, argument, position, value):
    """The error for an operand that is no tensor."""
    return TypeError(
        f"{function_name(operator)}(): argument '{argument}' (position {position}) must "
        f"be Tensor, not {type(value).__name__}"
    )


def not_implemented(kernel, dtype):
    """The error for a dtype that an operator does not have."""
    name = TYPE_NAMES[dtype.name]
    return NotImplementedError(f"\"{kernel}\" not implemented for '{name}'")


def refuse(x, kinds, kernel):
    """Refuse dtypes that an operator does not have, by the letters of their kinds.

    Raises:
        NotImplementedError: In the words of PyTorch's kernel.
    """
    if x.dtype.kind in kinds:
        raise not_implemented(kernel, x.dtype)


def function_name(operator):
    """The function that an operator stands behind: for `BitwiseAnd`, `bitwise_and`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operator.__name__).lower()


ON_CUDA = {
    "Linear": "addmm mat1 mat2 self",
    "MatMul": "mm self mat2",
    "CrossEntropy": "nll_loss_forward self target weight",
    "NllLoss": "nll_loss_forward self target weight",
}
"""PyTorch's CUDA kernel that checks an operator's devices, and its names for the inputs."""


def check_inputs_meet(operator, inputs):
    """Refuse inputs of several devices; where dtypes are promoted, `second_try` comes first.

    Raises:
        RuntimeError: See `check_same_device`.
    """
    if not operator.promotes:
        check_same_device(*inputs, method=ON_CUDA.get(operator.__name__))


def check_same_device(*tensors, method=None):
    """Refuse tensors of several devices.

    Args:
        *tensors: Them; an input that was not given has no buffer.
        method: PyTorch's kernel and its names for them, if it tells which one is elsewhere.

    Raises:
        RuntimeError: Naming the first two devices.
    """
    for tensor in tensors:
        if type(tensor.buffer) is not cpu.buffer_type:
            break
    else:
        return
    first = tensors[0]
    for place, other in enumerate(tensors[1:], 1):
        b = other.buffer
        if b is None:
            continue
        here, there = device_name(first), device_name(other)
        if here == there:
            continue
        if method is None:
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two "
                f"devices, {here} and {there}!"
            )
        kernel, *names = method.split()
        if kernel == "mm" and b.ndim == 3:
            kernel = "bmm"
        if kernel == "addmm" and device_name(tensors[-1]) == there:  # it compares with the bias
            place, here, there = 0, there, here
        raise RuntimeError(
            "Expected all tensors to be on the same device, but got "
            f"{names[min(place, len(names) - 1)]} is on {there}, different from other tensors on "
            f"{here} (when checking argument in method wrapper_CUDA_{kernel})"
        )


def device_name(tensor):
    """The device as PyTorch's messages show it: `cpu`, `cuda:0`."""
    index = tensor.backend.device_index(tensor.buffer)
    kind = tensor.backend.device_type
    return kind if index is None else f"{kind}:{index}"


def check_broadcast(a, b):
    """Refuse two shapes that cannot be broadcast.

    Raises:
        RuntimeError: Naming the last dimension that differs.
    """
    dims = max(len(a), len(b))
    for i in range(1, min(len(a), len(b)) + 1):
        if a[-i] != b[-i] and a[-i] != 1 and b[-i] != 1:
            raise RuntimeError(
                f"The size of tensor a ({a[-i]}) must match the size of tensor b ({b[-i]}) "
                f"at non-singleton dimension {dims - i}"
            )
