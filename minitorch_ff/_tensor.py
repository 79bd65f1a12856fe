"""`torch.Tensor`: the engine's tensor with everything public.

A function placed in a class body is a method, so every method that has the function's own
signature is one line here; its documentation is the function's. Where PyTorch gives the
method another signature, it is written out. The file is longer than others because it is the
one list of all methods.
"""

from __future__ import annotations

import builtins
from typing import Any

from minitorch_ff import _dtypes, _printing
from minitorch_ff._checks import check, shape_from, wrap_dim
from minitorch_ff._devices import device, device_of
from minitorch_ff._functions import (
    activation, arithmetic, arranging, comparison, complex_numbers, conversion, counting,
    creation, cumulative, decompositions, exponential, extremes, histograms, indexing,
    interchange, joining, layouts, logic, norms, ordering, picking, powers, random, reduction,
    rounding, selection, shaping, signs, special, statistics, systems, trigonometric,
)  # fmt: skip
from minitorch_ff._functions import matmul as products
from minitorch_ff._functions._operands import C_NAMES, infix_of
from minitorch_ff._size import Size, size_of
from minitorch_ff.firefly import graph
from minitorch_ff.firefly import tensor as engine
from minitorch_ff.firefly.hooks import RemovableHandle, RetainGrad, file_hook, hooks_of
from minitorch_ff.firefly.in_place import all_in_place, in_place
from minitorch_ff.firefly.modes import inference_enabled
from minitorch_ff.firefly.ops import arithmetic as ops
from minitorch_ff.firefly.ops import comparison as comparisons
from minitorch_ff.firefly.ops import logic as bits
from minitorch_ff.firefly.ops.base import TYPE_NAMES, infix, split_output
from minitorch_ff.firefly.tensor import AccumulateGrad, require_grad, wrap
from minitorch_ff.firefly.views import detached


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
        check(self.buffer.ndim, "len() of a 0-d tensor", TypeError)
        return len(self.buffer)

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.buffer.itemsize

    element_size, get_device = conversion.element_size, conversion.get_device
    resize_, resize_as_ = conversion.resize_, conversion.resize_as_

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.buffer.nbytes

    # ---------------------------------------------------------------------- memory

    stride, storage_offset = conversion.stride, conversion.storage_offset
    is_contiguous, data_ptr = layouts.is_contiguous, conversion.data_ptr
    untyped_storage, storage = conversion.untyped_storage, conversion.storage

    @property
    def _version(self) -> int:
        check(self.version[0] >= 0, "Inference tensors do not track version counter.")
        return self.version[0]

    @property
    def _base(self) -> Any:
        return self.view_of and self.view_of.base

    def _is_view(self) -> builtins.bool:
        return self.view_of is not None

    @property
    def data(self) -> Tensor:
        """The same memory, without history and with a version counter of its own."""
        out = wrap(Tensor, self.buffer[...])
        if self.is_inference():
            out.version = self.version
        return out

    @data.setter
    def data(self, other: Tensor) -> None:
        conversion.set_data(self, other)

    is_cuda = property(lambda self: self.backend.device_type == "cuda")
    is_cpu = property(lambda self: self.backend.device_type == "cpu")
    is_sparse = is_quantized = is_mps = is_meta = is_nested = is_mkldnn = property(
        lambda self: False
    )
    layout = property(lambda self: layouts.strided)

    # ------------------------------------------------- other types, other libraries

    to, type, type_as = conversion.to, conversion.type, conversion.type_as
    cpu, cuda, clone = conversion.cpu, conversion.cuda, layouts.clone
    float, double, half = conversion.float, conversion.double, conversion.half
    bfloat16, long, int = conversion.bfloat16, conversion.long, conversion.int
    short, char, byte = conversion.short, conversion.char, conversion.byte
    bool = conversion.bool
    contiguous = layouts.contiguous
    pin_memory, is_pinned = interchange.pin_memory, interchange.is_pinned
    record_stream = interchange.record_stream
    __dlpack__, __dlpack_device__ = interchange.dlpack, interchange.dlpack_device
    __cuda_array_interface__ = property(interchange.cuda_array_interface)
    numpy, item, tolist = conversion.numpy, conversion.item, conversion.tolist
    __array__, __array_wrap__ = conversion.array, conversion.wrapped_array
    __bool__, __int__ = conversion.truth, conversion.python_int
    __float__, __index__ = conversion.python_float, conversion.python_index
    __complex__ = conversion.python_complex
    __deepcopy__, __copy__ = conversion.deepcopy, conversion.shallow_copy
    __reduce_ex__ = conversion.reduce
    new_tensor, new_empty = creation.new_tensor, creation.new_empty

    def new(self, *args: Any, device: Any = None) -> Tensor:
        """A tensor of a shape or of data, of this dtype and in this place; see `torch.Tensor`."""
        return creation.legacy(Tensor, args, self.dtype, device or self.device)

    new_zeros, new_ones, new_full = creation.new_zeros, creation.new_ones, creation.new_full
    is_floating_point, is_complex = conversion.is_floating_point, conversion.is_complex
    is_signed, is_inference = conversion.is_signed, conversion.is_inference

    # ------------------------------------------------------------------- gradients

    @property
    def requires_grad(self) -> builtins.bool:
        """Whether operators on this tensor are recorded.

        A view made under `no_grad` says what its base says.
        """
        view = self.view_of
        return self.node is not None or (view is not None and view.base.node is not None)

    @requires_grad.setter
    def requires_grad(self, mode: builtins.bool) -> None:
        self.requires_grad_(mode)

    def requires_grad_(self, requires_grad: builtins.bool = True) -> Tensor:
        """Ask for the gradient of this tensor, or no longer; it must be a leaf.

        Raises:
            RuntimeError: The elements are no floating numbers, or the tensor is a result
                that depends on others.
        """
        if requires_grad:
            if self.buffer.dtype.kind not in "fcV":
                raise RuntimeError("only Tensors of floating point dtype can require gradients")
            if self.edge() is None:
                if self.version[0] < 0 and not inference_enabled():
                    raise RuntimeError(
                        "Setting requires_grad=True on inference tensor outside InferenceMode is "
                        "not allowed."
                    )
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
    def is_leaf(self) -> builtins.bool:
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
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
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

    def detach_(self) -> Tensor:
        """Forget the history of this tensor itself.

        Raises:
            RuntimeError: It is a view.
        """
        if self.view_of is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using "
                "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view "
                "is set as True, gradients are views of DDP buckets, and hence detach_() "
                "cannot be called on these gradients. To fix this error, please refer to "
                "the Optimizer.zero_grad() function in torch/optim/optimizer.py as the "
                "solution."
            )
        self.node = None
        return self

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(grad)` whenever a gradient for this tensor is computed.

        Raises:
            RuntimeError: It does not require grad.
        """
        if self.edge() is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return file_hook(hooks_of(self.node).on_gradient, hook)

    def register_post_accumulate_grad_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(tensor)` after a gradient was added to this leaf's `.grad`.

        Raises:
            RuntimeError: It does not require grad, or is no leaf.
        """
        if self.edge() is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        check(self.is_leaf, "post accumulate grad hooks cannot be registered on non-leaf tensors")
        return file_hook(hooks_of(self.node).accumulated, hook)

    def retain_grad(self) -> None:
        """Keep the gradient of this tensor in `.grad`, though it is no leaf.

        Raises:
            RuntimeError: It does not require grad.
        """
        check(self.edge() is not None, "can't retain_grad on Tensor that has requires_grad=False")
        if not self.is_leaf:
            hooks = hooks_of(self.node)
            if hooks.retain is None:
                hooks.retain = RetainGrad(self)

    @property
    def retains_grad(self) -> builtins.bool:
        """Whether the tensor is no leaf and keeps its gradient all the same."""
        hooks = None if self.is_leaf else self.node.hooks
        return hooks is not None and hooks.retain is not None

    # ------------------------------------------------------------------------ text

    def __repr__(self, *, tensor_contents: str | None = None) -> str:
        return _printing.tensor_repr(self, tensor_contents=tensor_contents)

    def __format__(self, spec: str) -> str:
        return _printing.format_tensor(self, spec)

    # -------------------------------------------------------------------- indexing

    __getitem__, __setitem__, __iter__ = indexing.getitem, indexing.setitem, indexing.iterate
    fill_, zero_ = in_place(indexing.fill), in_place(indexing.zero)
    copy_, fill_diagonal_ = in_place(indexing.copied), indexing.fill_diagonal_

    gather, take, nonzero = picking.gather, picking.take, picking.nonzero
    take_along_dim, argwhere = picking.take_along_dim, picking.argwhere
    scatter, scatter_ = picking.scatter, in_place(picking.scatter)
    scatter_add, scatter_add_ = picking.scatter_add, in_place(picking.scatter_add)
    scatter_reduce = picking.scatter_reduce
    scatter_reduce_ = in_place(picking.scatter_reduce)
    index_reduce, index_reduce_ = picking.index_reduce, in_place(picking.index_reduce)
    index_select = picking.index_select
    index_add, index_add_ = picking.index_add, in_place(picking.index_add)
    index_copy, index_copy_ = picking.index_copy, in_place(picking.index_copy)
    index_fill, index_fill_ = picking.index_fill, in_place(picking.index_fill)
    index_put, index_put_ = picking.index_put, in_place(picking.index_put)
    put, put_ = picking.put, in_place(picking.put)
    masked_select = picking.masked_select
    masked_scatter, masked_scatter_ = picking.masked_scatter, in_place(picking.masked_scatter)
    isin = picking.isin

    # --------------------------------------------------------------- random numbers

    bernoulli, multinomial = random.bernoulli, random.multinomial
    uniform_, normal_ = random.uniform_, random.normal_
    random_, bernoulli_ = random.random_, random.bernoulli_
    exponential_, cauchy_ = random.exponential_, random.cauchy_
    geometric_, log_normal_ = random.geometric_, random.log_normal_

    # -------------------------------------------------------------------- products

    matmul = __matmul__ = products.matmul
    mm, bmm, mv = products.mm, products.bmm, products.mv
    dot, vdot, inner = products.dot, products.vdot, products.inner
    outer = ger = products.outer
    kron, cross = products.kron, products.cross
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

    sum, mean, prod = reduction.sum, reduction.mean, reduction.prod
    nansum, nanmean, logsumexp = reduction.nansum, reduction.nanmean, reduction.logsumexp
    all, any, count_nonzero = reduction.all, reduction.any, reduction.count_nonzero
    trace, sum_to_size = reduction.trace, reduction.sum_to_size
    var, std = statistics.var, statistics.std
    cov, corrcoef = statistics.cov, statistics.corrcoef
    median, nanmedian, mode = statistics.median, statistics.nanmedian, statistics.mode
    quantile, nanquantile = statistics.quantile, statistics.nanquantile
    norm, dist = norms.norm, norms.dist
    renorm, renorm_ = norms.renorm, in_place(norms.renorm)
    det, logdet, slogdet = decompositions.det, decompositions.logdet, decompositions.slogdet
    inverse, pinverse = decompositions.inv, decompositions.pinv
    svd, qr = decompositions.old_svd, decompositions.old_qr
    cholesky, matrix_power = decompositions.old_cholesky, decompositions.matrix_power
    matrix_exp, cholesky_solve = decompositions.matrix_exp, systems.cholesky_solve

    # ----------------------------------------------------- order, running sums, counts

    max, min, aminmax = ordering.max, ordering.min, ordering.aminmax
    amax, amin = ordering.amax, ordering.amin
    argmax, argmin = ordering.argmax, ordering.argmin
    sort, argsort, msort = ordering.sort, ordering.argsort, ordering.msort
    topk, kthvalue = ordering.topk, ordering.kthvalue
    unique, unique_consecutive = ordering.unique, ordering.unique_consecutive
    cumsum, cumsum_ = cumulative.cumsum, in_place(cumulative.cumsum)
    cumprod, cumprod_ = cumulative.cumprod, in_place(cumulative.cumprod)
    logcumsumexp, diff = cumulative.logcumsumexp, cumulative.diff
    cummax, cummin = cumulative.cummax, cumulative.cummin
    bincount, histc = counting.bincount, counting.histc
    histogram = histograms.histogram

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
    hsplit, vsplit, dsplit = shaping.hsplit, shaping.vsplit, shaping.dsplit
    narrow_copy, select_scatter = shaping.narrow_copy, shaping.select_scatter
    slice_scatter, diagonal_scatter = shaping.slice_scatter, shaping.diagonal_scatter
    squeeze_, unsqueeze_ = shaping.becoming(shaping.squeeze), shaping.becoming(shaping.unsqueeze)
    transpose_, t_ = shaping.becoming(shaping.transpose), shaping.becoming(shaping.t)
    swapaxes_ = swapdims_ = transpose_
    repeat, repeat_interleave = arranging.repeat, arranging.repeat_interleave
    flip, fliplr, flipud = arranging.flip, arranging.fliplr, arranging.flipud
    tile, roll, rot90 = arranging.tile, arranging.roll, arranging.rot90
    diag, diagflat, diag_embed = arranging.diag, arranging.diagflat, arranging.diag_embed
    as_strided, as_strided_ = arranging.as_strided, shaping.becoming(arranging.as_strided)
    as_strided_scatter = arranging.as_strided_scatter
    tril, tril_ = arranging.tril, in_place(arranging.tril)
    triu, triu_ = arranging.triu, in_place(arranging.triu)
    broadcast_to = joining.broadcast_to
    T, mT = property(shaping.reversed_dims), property(shaping.mT)
    mH, adjoint, H = property(shaping.mH), shaping.mH, property(shaping.H)

    def view(self, *shape: Any, dtype: Any = None) -> Tensor:
        """The same elements as another shape (or as another dtype), without a copy."""
        if len(shape) == 1 and isinstance(shape[0], _dtypes.dtype):
            dtype = shape[0]
        if dtype is not None:
            return conversion.view_dtype(self, dtype)
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
    __sub__, __rsub__ = infix(ops.Sub), infix(ops.RsubNumber)
    __mul__, __rmul__ = infix(ops.Mul), infix(ops.Mul)
    __truediv__ = __div__ = infix(ops.Div)
    __rtruediv__ = __rdiv__ = arithmetic.reflected_div
    __floordiv__ = infix(ops.FloorDivide)
    __rfloordiv__ = infix(ops.FloorDivide, reflected=True)
    __mod__ = infix_of(arithmetic.remainder)
    __rmod__ = infix_of(arithmetic.remainder, reflected=True)
    __pow__, __rpow__ = infix_of(powers.pow), infix_of(powers.pow, reflected=True)
    __neg__, __pos__, __abs__ = arithmetic.neg, arithmetic.positive, signs.abs

    add, sub, mul, div = arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.div
    add_, sub_, mul_, div_ = all_in_place(add, sub, mul, div)
    multiply, subtract, divide = mul, sub, div
    multiply_, subtract_, divide_ = mul_, sub_, div_
    true_divide, floor_divide = arithmetic.true_divide, arithmetic.floor_divide
    true_divide_, floor_divide_ = all_in_place(true_divide, floor_divide)
    remainder, fmod, lerp = arithmetic.remainder, arithmetic.fmod, arithmetic.lerp
    remainder_, fmod_, lerp_ = all_in_place(remainder, fmod, lerp)
    neg = negative = arithmetic.neg
    neg_ = negative_ = in_place(arithmetic.neg)
    positive = arithmetic.positive
    addcmul, addcdiv = arithmetic.addcmul, arithmetic.addcdiv
    addcmul_, addcdiv_ = in_place(arithmetic.addcmul), in_place(arithmetic.addcdiv)
    gcd, lcm = arithmetic.gcd, arithmetic.lcm
    gcd_, lcm_ = in_place(arithmetic.gcd), in_place(arithmetic.lcm)

    pow, square, sqrt, rsqrt = powers.pow, powers.square, powers.sqrt, powers.rsqrt
    pow_, square_, sqrt_, rsqrt_ = all_in_place(pow, square, sqrt, rsqrt)
    reciprocal, hypot, ldexp = powers.reciprocal, powers.hypot, powers.ldexp
    reciprocal_, hypot_, ldexp_ = all_in_place(reciprocal, hypot, ldexp)
    float_power, float_power_ = powers.float_power, in_place(powers.float_power_of)
    abs = absolute = signs.abs
    abs_ = absolute_ = in_place(signs.abs)
    sign, sgn, copysign, heaviside = signs.sign, signs.sgn, signs.copysign, signs.heaviside
    sign_, sgn_, copysign_, heaviside_ = all_in_place(sign, sgn, copysign, heaviside)
    signbit = signs.signbit

    __iadd__, __isub__, __imul__, __itruediv__ = add_, sub_, mul_, div_
    __idiv__, __ifloordiv__, __imod__, __ipow__ = div_, floor_divide_, remainder_, pow_

    # -------------------------------------------------------------------- extremes

    maximum, minimum = extremes.maximum, extremes.minimum
    fmax, fmin, nextafter = extremes.fmax, extremes.fmin, extremes.nextafter
    clamp = clip = extremes.clamp
    clamp_ = clip_ = in_place(extremes.clamp)
    clamp_min, clamp_max = extremes.clamp_min, extremes.clamp_max
    clamp_min_, clamp_max_ = in_place(extremes.clamp_min), in_place(extremes.clamp_max)
    nan_to_num, nan_to_num_ = extremes.nan_to_num, in_place(extremes.nan_to_num)
    nextafter_ = in_place(extremes.nextafter)

    # ----------------------------------------- exponentials, angles, special functions

    exp, exp2, expm1 = exponential.exp, exponential.exp2, exponential.expm1
    exp_, exp2_, expm1_ = all_in_place(exp, exp2, expm1)
    log, log2, log10 = exponential.log, exponential.log2, exponential.log10
    log_, log2_, log10_ = all_in_place(log, log2, log10)
    log1p, logit, xlogy = exponential.log1p, exponential.logit, exponential.xlogy
    log1p_, logit_, xlogy_ = all_in_place(log1p, logit, xlogy)
    logaddexp, logaddexp2 = exponential.logaddexp, exponential.logaddexp2

    sin, cos, tan = trigonometric.sin, trigonometric.cos, trigonometric.tan
    sin_, cos_, tan_ = all_in_place(sin, cos, tan)
    asin, acos, atan = trigonometric.asin, trigonometric.acos, trigonometric.atan
    asin_, acos_, atan_ = all_in_place(asin, acos, atan)
    arcsin, arccos, arctan, arcsin_, arccos_, arctan_ = asin, acos, atan, asin_, acos_, atan_
    atan2 = arctan2 = trigonometric.atan2
    atan2_ = arctan2_ = in_place(trigonometric.atan2)
    sinh, cosh, sinc = trigonometric.sinh, trigonometric.cosh, trigonometric.sinc
    sinh_, cosh_, sinc_ = all_in_place(sinh, cosh, sinc)
    asinh, acosh, atanh = trigonometric.asinh, trigonometric.acosh, trigonometric.atanh
    asinh_, acosh_, atanh_ = all_in_place(asinh, acosh, atanh)
    arcsinh, arccosh, arctanh = asinh, acosh, atanh
    arcsinh_, arccosh_, arctanh_ = asinh_, acosh_, atanh_
    deg2rad, rad2deg = trigonometric.deg2rad, trigonometric.rad2deg
    deg2rad_, rad2deg_ = all_in_place(deg2rad, rad2deg)

    erf, erfc, erfinv, i0 = special.erf, special.erfc, special.erfinv, special.i0
    erf_, erfc_, erfinv_, i0_ = all_in_place(erf, erfc, erfinv, i0)
    lgamma, digamma = special.lgamma, special.digamma
    lgamma_, digamma_ = in_place(special.lgamma), in_place(special.digamma)

    def polygamma(self, n: Any) -> Tensor:
        """The `n`-th derivative of `digamma`; see `torch.polygamma`."""
        return special.polygamma(n, self)

    # -------------------------------------------------------- rounding, comparison, logic

    floor, ceil, round = rounding.floor, rounding.ceil, rounding.round
    floor_, ceil_, round_ = all_in_place(floor, ceil, round)
    trunc = fix = rounding.trunc
    trunc_ = fix_ = in_place(rounding.trunc)
    frac, frac_ = rounding.frac, in_place(rounding.frac)
    frexp = rounding.frexp
    real, imag = property(complex_numbers.real), property(complex_numbers.imag)
    conj = conj_physical = complex_numbers.conj
    resolve_conj, angle = complex_numbers.resolve_conj, complex_numbers.angle

    __eq__, __ne__ = infix(comparisons.Eq), infix(comparisons.Ne)
    __lt__, __le__ = infix(comparisons.Lt), infix(comparisons.Le)
    __gt__, __ge__ = infix(comparisons.Gt), infix(comparisons.Ge)
    __hash__ = object.__hash__  # by identity, though `==` compares elements
    eq, lt, le = comparison.eq, comparison.lt, comparison.le
    ne, gt, ge = comparison.ne, comparison.gt, comparison.ge
    not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge
    eq_, lt_, le_ = (in_place(comparison.as_number(name)) for name in ("eq", "lt", "le"))
    ne_, gt_, ge_ = (in_place(comparison.as_number(name)) for name in ("ne", "gt", "ge"))
    not_equal_, less_, less_equal_, greater_, greater_equal_ = ne_, lt_, le_, gt_, ge_
    isclose, allclose, equal = comparison.isclose, comparison.allclose, comparison.equal
    isnan, isinf, isfinite = comparison.isnan, comparison.isinf, comparison.isfinite
    isposinf, isneginf = comparison.isposinf, comparison.isneginf
    isreal, is_nonzero = comparison.isreal, conversion.truth

    __and__, __rand__ = infix(bits.BitwiseAnd), infix(bits.BitwiseAnd)
    __or__, __ror__ = infix(bits.BitwiseOr), infix(bits.BitwiseOr)
    __xor__, __rxor__ = infix(bits.BitwiseXor), infix(bits.BitwiseXor)
    __invert__ = logic.invert
    __lshift__ = infix(bits.BitwiseLeftShift)
    __rlshift__ = infix(bits.BitwiseLeftShift, reflected=True)
    __rshift__ = infix(bits.BitwiseRightShift)
    __rrshift__ = infix(bits.BitwiseRightShift, reflected=True)
    bitwise_and, bitwise_or = logic.bitwise_and, logic.bitwise_or
    bitwise_xor, bitwise_not = logic.bitwise_xor, logic.bitwise_not
    bitwise_and_, bitwise_or_, bitwise_xor_ = all_in_place(bitwise_and, bitwise_or, bitwise_xor)
    bitwise_left_shift, bitwise_right_shift = logic.bitwise_left_shift, logic.bitwise_right_shift
    bitwise_left_shift_, bitwise_right_shift_ = all_in_place(
        bitwise_left_shift, bitwise_right_shift
    )
    bitwise_not_ = in_place(logic.bitwise_not)
    __iand__, __ior__, __ixor__ = bitwise_and_, bitwise_or_, bitwise_xor_
    __ilshift__, __irshift__ = bitwise_left_shift_, bitwise_right_shift_
    logical_and, logical_or = logic.logical_and, logic.logical_or
    logical_xor, logical_not = logic.logical_xor, logic.logical_not
    logical_and_, logical_or_, logical_xor_ = all_in_place(logical_and, logical_or, logical_xor)
    logical_not_ = in_place(logic.logical_not)

    # ------------------------------------------------------------------- selection

    where = selection.where_method
    masked_fill, masked_fill_ = selection.masked_fill, in_place(selection.masked_fill)


engine.Tensor.result_class = Tensor
Tensor.__module__ = "torch"


def _check_grad(tensor: Tensor, grad: Any) -> None:
    """Refuse a gradient that does not fit."""
    text = "assigned grad expected to be a Tensor or None but got grad of type"
    check(isinstance(grad, Tensor), f"{text} {type(grad).__name__}", TypeError)
    check(grad is not tensor, "can't assign Variable as its own grad")
    if grad.buffer.shape != tensor.buffer.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(grad.buffer.shape)}' to a tensor of "
            f"size '{list(tensor.buffer.shape)}'. Please ensure that the gradient and the tensor "
            "are the same size"
        )
    if grad.buffer.dtype != tensor.buffer.dtype:
        given = C_NAMES.get(grad.buffer.dtype.name, grad.buffer.dtype.name)
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{given}' to a tensor with grad_dtype "
            f"'{TYPE_NAMES[tensor.buffer.dtype.name]}'. The gradient must match the tensor's "
            "grad_dtype (defaults to the tensor's dtype). You can set the tensor's grad_dtype "
            "attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with "
            "caution. Diverging the dtypes of a tensor and its gradient may break downstream "
            "systems that assume they match."
        )
