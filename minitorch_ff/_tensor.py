"""`torch.Tensor`: the engine's tensor with everything public.

A function placed in a class body is a method, so every method that has the function's own
signature is one line here; its documentation is the function's. Where PyTorch gives the
method another signature, it is written out.
"""

from __future__ import annotations

from typing import Any

from minitorch_ff import _dtypes, _printing
from minitorch_ff._checks import shape_from, wrap_dim
from minitorch_ff._devices import device, device_of
from minitorch_ff._functions import (
    activation,
    arithmetic,
    conversion,
    creation,
    indexing,
    random,
    reduction,
    shaping,
)
from minitorch_ff._functions import matmul as products
from minitorch_ff._size import Size, size_of
from minitorch_ff.firefly import graph, tensor as engine
from minitorch_ff.firefly.hooks import RetainGrad, hooks_of
from minitorch_ff.firefly.in_place import in_place
from minitorch_ff.firefly.ops import arithmetic as ops
from minitorch_ff.firefly.ops.base import infix, split_output
from minitorch_ff.firefly.tensor import AccumulateGrad, require_grad, wrap
from minitorch_ff.firefly.views import detached
from minitorch_ff.utils.hooks import RemovableHandle


class Tensor(engine.Tensor):
    """An array of numbers that remembers how it was computed.

    See: [torch.Tensor](https://docs.pytorch.org/docs/stable/tensors.html).
    """

    __slots__ = ("__dict__",)
    __array_priority__ = 1000  # NumPy leaves `array + tensor` to us

    def __new__(cls, *args: Any, device: Any = None) -> Any:
        """PyTorch's early constructor: `Tensor(2, 3)` is a shape, `Tensor([1, 2])` data."""
        return creation.legacy(cls, args, _dtypes.get_default_dtype(), device)

    # ------------------------------------------------------------------ what it is

    @property
    def shape(self) -> Size:
        """The number of elements in each dimension."""
        return size_of(self.buffer.shape)

    @property
    def dtype(self) -> _dtypes.dtype:
        """The type of the elements."""
        return _dtypes.of(self.buffer.dtype)

    @property
    def device(self) -> device:
        """Where the memory is."""
        return device_of(self.buffer)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.buffer.ndim

    def dim(self) -> int:
        """The number of dimensions."""
        return self.buffer.ndim

    ndimension = dim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the number of elements in one dimension."""
        shape = self.buffer.shape
        return size_of(shape) if dim is None else shape[wrap_dim(dim, len(shape))]

    def numel(self) -> int:
        """The number of elements."""
        return self.buffer.size

    nelement = numel

    def __len__(self) -> int:
        if not self.buffer.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self.buffer)

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.buffer.itemsize

    element_size = conversion.element_size

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.buffer.nbytes

    # ---------------------------------------------------------------------- memory

    stride, storage_offset = conversion.stride, conversion.storage_offset
    is_contiguous, data_ptr = conversion.is_contiguous, conversion.data_ptr
    untyped_storage, storage = conversion.untyped_storage, conversion.storage

    @property
    def _version(self) -> int:
        return self.version[0]

    @property
    def _base(self) -> Any:
        return self.view_of and self.view_of.base

    def _is_view(self) -> bool:
        return self.view_of is not None

    @property
    def data(self) -> Tensor:
        """The same memory, without history and with a version counter of its own."""
        return wrap(Tensor, self.buffer[...])

    @data.setter
    def data(self, other: Tensor) -> None:
        conversion.set_data(self, other)

    is_cuda = property(lambda self: self.backend.device_type == "cuda")
    is_cpu = property(lambda self: self.backend.device_type == "cpu")
    is_sparse = is_quantized = is_mps = is_meta = is_nested = is_mkldnn = property(
        lambda self: False
    )
    layout = property(lambda self: conversion.strided)

    # ------------------------------------------------- other types, other libraries

    to, type, type_as = conversion.to, conversion.type, conversion.type_as
    cpu, cuda, clone = conversion.cpu, conversion.cuda, shaping.clone
    float, double, half = conversion.float, conversion.double, conversion.half
    bfloat16, long, int = conversion.bfloat16, conversion.long, conversion.int
    short, char, byte = conversion.short, conversion.char, conversion.byte
    bool = conversion.bool
    contiguous = conversion.contiguous
    numpy, item, tolist = conversion.numpy, conversion.item, conversion.tolist
    __array__ = conversion.array
    __bool__, __int__ = conversion.truth, conversion.python_int
    __float__, __index__ = conversion.python_float, conversion.python_index
    __complex__ = conversion.python_complex
    __deepcopy__, __copy__ = conversion.deepcopy, conversion.shallow_copy
    __reduce_ex__ = conversion.reduce
    new_tensor, new_zeros, new_ones = creation.new_tensor, creation.new_zeros, creation.new_ones
    new_empty, new_full = creation.new_empty, creation.new_full
    is_floating_point = conversion.is_floating_point
    is_complex, is_signed = conversion.is_complex, conversion.is_signed

    # ------------------------------------------------------------------- gradients

    @property
    def requires_grad(self) -> bool:
        """Whether operators on this tensor are recorded."""
        return self.edge() is not None

    @requires_grad.setter
    def requires_grad(self, mode: bool) -> None:
        self.requires_grad_(mode)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for the gradient of this tensor, or no longer; it must be a leaf.

        Raises:
            RuntimeError: The elements are no floating numbers, or the tensor is a result
                that depends on others.
        """
        if requires_grad:
            if self.buffer.dtype.kind not in "fcV":
                raise RuntimeError(
                    "only Tensors of floating point dtype can require gradients"
                )
            if self.edge() is None:
                require_grad(self)
        elif self.edge() is not None:
            if type(self.node) is not AccumulateGrad:
                raise RuntimeError(
                    "you can only change requires_grad flags of leaf variables. If you want "
                    "to use a computed variable in a subgraph that doesn't require "
                    "differentiation use var_no_grad = var.detach()."
                )
            self.node = None
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operator made this tensor."""
        node = self.edge()
        return node is None or type(node) is AccumulateGrad

    @property
    def grad_fn(self) -> Any:
        """The operator that made this tensor, or None."""
        node = self.edge()
        return None if type(node) is AccumulateGrad else node and split_output(node)[0]

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have added up here."""
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            _check_grad(self, value)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Compute the gradients of the leaves that this tensor was computed from."""
        if retain_graph is None:
            retain_graph = create_graph
        if gradient is not None or inputs is not None:
            from minitorch_ff.autograd.gradients import backward

            backward(self, gradient, retain_graph, create_graph, inputs=inputs)
        else:
            graph.backward((self,), (None,), retain_graph, create_graph)

    def detach(self) -> Tensor:
        """The same memory, without history."""
        return detached(self)

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(grad)` whenever a gradient for this tensor is computed."""
        hooks = hooks_of(self.edge()).on_gradient
        handle = RemovableHandle(hooks)
        hooks[handle.id] = hook
        return handle

    def retain_grad(self) -> None:
        """Keep the gradient of this tensor in `.grad`, though it is no leaf."""
        if not self.is_leaf:
            hooks = hooks_of(self.node)
            if hooks.retain is None:
                hooks.retain = RetainGrad(self)

    # ------------------------------------------------------------------------ text

    def __repr__(self, *, tensor_contents: str | None = None) -> str:
        return _printing.tensor_repr(self, tensor_contents=tensor_contents)

    def __format__(self, spec: str) -> str:
        return _printing.format_tensor(self, spec)

    # -------------------------------------------------------------------- indexing

    __getitem__, __setitem__, __iter__ = indexing.getitem, indexing.setitem, indexing.iterate

    fill_, zero_, copy_ = in_place(indexing.fill), in_place(indexing.zero), in_place(indexing.copied)

    # --------------------------------------------------------------- random numbers

    uniform_, normal_, random_ = random.uniform_, random.normal_, random.random_
    bernoulli, bernoulli_ = random.bernoulli, random.bernoulli_
    exponential_, cauchy_ = random.exponential_, random.cauchy_
    geometric_, log_normal_ = random.geometric_, random.log_normal_
    multinomial = random.multinomial

    # -------------------------------------------------------------------- products

    matmul, __matmul__, mm, bmm = products.matmul, products.matmul, products.mm, products.bmm
    mv, dot, vdot, inner, outer = products.mv, products.dot, products.vdot, products.inner, products.outer
    ger = outer
    addmm, addmm_ = products.addmm, in_place(products.addmm)
    addmv, addmv_ = products.addmv, in_place(products.addmv)
    addr, addr_ = products.addr, in_place(products.addr)
    addbmm, addbmm_ = products.addbmm, in_place(products.addbmm)
    baddbmm, baddbmm_ = products.baddbmm, in_place(products.baddbmm)

    def __rmatmul__(self, other: Tensor) -> Tensor:
        return other.matmul(self)

    # ----------------------------------------------------------------- activations

    relu, relu_ = activation.relu, in_place(activation.relu)
    sigmoid, sigmoid_ = activation.sigmoid, in_place(activation.sigmoid)
    tanh, tanh_ = activation.tanh, in_place(activation.tanh)
    softmax, log_softmax = activation.softmax, activation.log_softmax
    prelu, hardshrink = activation.prelu, activation.hardshrink

    # ------------------------------------------------------------------ reductions

    sum, mean = reduction.sum, reduction.mean

    # --------------------------------------------------------------------- shaping

    flatten, ravel, unflatten = shaping.flatten, shaping.ravel, shaping.unflatten
    squeeze, unsqueeze = shaping.squeeze, shaping.unsqueeze
    transpose, t, movedim = shaping.transpose, shaping.t, shaping.movedim
    swapaxes = swapdims = transpose
    moveaxis = movedim
    narrow, select, diagonal = shaping.narrow, shaping.select, shaping.diagonal
    unfold, unbind = shaping.unfold, shaping.unbind
    split, chunk, tensor_split = shaping.split, shaping.chunk, shaping.tensor_split
    split_with_sizes = shaping.split_with_sizes
    T, mT = property(shaping.reversed_dims), property(shaping.mT)

    def view(self, *shape: Any) -> Tensor:
        """The same elements as another shape (or as another dtype), without a copy."""
        if len(shape) == 1 and isinstance(shape[0], _dtypes.dtype):
            return conversion.view_dtype(self, shape[0])
        return shaping.view(self, shape_from(shape))

    def reshape(self, *shape: Any) -> Tensor:
        """The same elements as another shape; see `torch.reshape`."""
        return shaping.reshape(self, shape_from(shape))

    def permute(self, *dims: Any) -> Tensor:
        """The dimensions in another order; see `torch.permute`."""
        return shaping.permute(self, shape_from(dims))

    def expand(self, *sizes: Any) -> Tensor:
        """Dimensions of size 1 repeated, without a copy."""
        return shaping.expand(self, shape_from(sizes))

    def view_as(self, other: Tensor) -> Tensor:
        """The same elements in the shape of `other`."""
        return shaping.view(self, other.buffer.shape)

    def reshape_as(self, other: Tensor) -> Tensor:
        """The same elements in the shape of `other`, copied if need be."""
        return shaping.reshape(self, other.buffer.shape)

    def expand_as(self, other: Tensor) -> Tensor:
        """Expanded to the shape of `other`."""
        return shaping.expand(self, other.buffer.shape)

    # ------------------------------------------------------------------ arithmetic

    __add__, __radd__ = infix(ops.Add), infix(ops.Add)
    __sub__, __rsub__ = infix(ops.Sub), infix(ops.Sub, reflected=True)
    __mul__, __rmul__ = infix(ops.Mul), infix(ops.Mul)
    __truediv__, __rtruediv__ = infix(ops.Div), infix(ops.Div, reflected=True)
    __neg__ = arithmetic.neg
    __pow__ = arithmetic.pow
    add, add_ = arithmetic.add, in_place(arithmetic.add)
    sub, sub_ = arithmetic.sub, in_place(arithmetic.sub)
    mul, mul_ = arithmetic.mul, in_place(arithmetic.mul)
    div, div_ = arithmetic.div, in_place(arithmetic.div)
    neg, neg_ = arithmetic.neg, in_place(arithmetic.neg)
    pow, pow_ = arithmetic.pow, in_place(arithmetic.pow)
    __iadd__, __isub__, __imul__, __itruediv__ = add_, sub_, mul_, div_


engine.Tensor.result_class = Tensor
Tensor.__module__ = "torch"


def _check_grad(tensor: Tensor, grad: Any) -> None:
    """Refuse a gradient that does not fit."""
    if not isinstance(grad, Tensor):
        raise TypeError(
            f"assigned grad expected to be a Tensor or None but got grad of type {type(grad).__name__}"
        )
    if grad.buffer.shape != tensor.buffer.shape:
        raise RuntimeError("assigned grad has data of a different size")
