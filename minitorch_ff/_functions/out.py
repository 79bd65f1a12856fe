"""`out=`: functions of `torch` that write their result into a tensor they are given.

A method does not take it, nor does the graph record such a call, so the functions
themselves know nothing of it: each is wrapped once, where its namespace is made.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from minitorch_ff import _dtypes, return_types
from minitorch_ff._functions._operands import C_NAMES, Tensor
from minitorch_ff._functions.conversion import resize_
from minitorch_ff._functions.indexing import copied
from minitorch_ff._functions.types import can_cast
from minitorch_ff.firefly.in_place import in_place
from minitorch_ff.firefly.modes import grad_enabled, no_grad
from minitorch_ff.firefly.ops.base import TYPE_NAMES, check_same_device

FUNCTIONS = """
" abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr all amax amin aminmax angle
any arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort asin asinh
atan atan2 atanh baddbmm bernoulli bitwise_and bitwise_left_shift bitwise_not bitwise_or
bitwise_right_shift bitwise_xor bmm bucketize cat ceil cholesky cholesky_solve clamp clamp_max
clamp_min clip column_stack concat concatenate conj_physical copysign cos cosh cross cummax cummin
cumprod cumsum deg2rad diag diff digamma div divide dot dstack empty eq erf erfc erfinv exp exp2
expm1 eye fix float_power floor floor_divide fmax fmin fmod frac frexp full gather gcd ge ger
greater greater_equal gt hardshrink heaviside histc histogram hstack hypot i0 index_add index_copy
index_reduce index_select inner inverse isin isneginf isposinf kron kthvalue lcm ldexp le lerp
less less_equal lgamma linspace log log10 log1p log2 log_softmax logaddexp logaddexp2 logcumsumexp
logical_and logical_not logical_or logical_xor logit logspace logsumexp lt masked_select matmul
matrix_power max maximum mean median min minimum mm mode msort mul multinomial multiply mv
nan_to_num nanmean nanmedian nanquantile nansum narrow_copy ne neg negative nextafter nonzero norm
normal not_equal ones outer polygamma pow prod qr quantile rad2deg rand randint randn randperm
range reciprocal remainder renorm round row_stack rsqrt scatter scatter_add scatter_reduce
searchsorted sgn sigmoid sign signbit sin sinc sinh slice_scatter slogdet softmax sort sqrt square
stack std sub subtract sum svd take take_along_dim tan tanh tensordot threshold topk tril triu
true_divide trunc var vdot vstack where xlogy zeros
"""
"""Of `torch`, those that take `out`."""

# Their values are computed in the dtype of `out`.
_FILLS = frozenset("""
arange empty eye full linspace logspace normal ones rand randint randn randperm range zeros
""".split())  # fmt: skip

_DRAWS = frozenset({"bernoulli", "multinomial"})  # which say nothing of shape or dtype
_SUMS = frozenset("cumprod cumsum prod sum".split())  # what they sum is cast to it first

_SAME = "Expected out tensor to have dtype {wanted}, but got {given} instead"
_SCALAR_TYPE = "{name}(): self and result must have the same scalar type"
_RESULT = "result dtype {Given} does not match input dtype {Wanted}"
_SCALARS = "expected scalar_type {Wanted} but found {Given}"
_MATCH = (
    "Expected the dtype for input and out to match, but got {Wanted} for input's dtype and "
    "{Given} for out's dtype."
)
_QUANTILE = "quantile() out tensor must be same dtype as the input tensor"
_FOUND = "Found dtype {Given} but expected {Wanted}"
# Functions whose result is never cast, and what each says.
_UNCAST = dict.fromkeys("""
addmm addmv argmax argmin argsort baddbmm bmm cholesky cross det diag eigvalsh gather index_add
index_copy index_reduce inv inverse isin log_softmax matmul mm msort norm renorm scatter scatter_add
scatter_reduce slice_scatter softmax solve svdvals take_along_dim tril triu vector_norm
""".split(), _SAME)  # fmt: skip
_UNCAST |= dict.fromkeys("""
abs bitwise_not ceil conj_physical floor frac neg round sgn sign trunc
""".split(), _FOUND)  # fmt: skip
_UNCAST |= {
    "masked_select": _SCALAR_TYPE, "index_select": _SCALAR_TYPE, "quantile": _QUANTILE,
    "nanquantile": _QUANTILE, "dot": _RESULT, "vdot": _RESULT, "cummax": _SCALARS,
    "cummin": _SCALARS, "diff": _SCALARS, "logcumsumexp": _SCALARS, "amax": _MATCH, "amin": _MATCH,
    "frexp": "torch.frexp() expects mantissa to have dtype {wanted} but got {given}",
    "kthvalue": "output values must be of same type as input",
    "mode": "expected scalar type '{Wanted}' but got '{Given}' for values output",
    "multinomial": "multinomial expects {Wanted} tensor out, got: {Given}",
    "nan_to_num": "nan_to_num: dtype of out: {Given} should be same as input: {Wanted}",
    "nonzero": "nonzero: Expected out tensor to have scalar type {Wanted} but got scalar "
    "type{Given}",
    "take": "take(): self and out expected to have the same dtype, but got self.dtype = {Wanted} "
    "and out.dtype = {Given}",
    "where": "Expected out type to be {Wanted} but got {Given}",
}  # fmt: skip

_APART = frozenset("gather kthvalue masked_select take cat concat concatenate".split())
_SHARED = "unsupported operation: {} to a single memory location. Please clone() the tensor before "
_SHARED += "performing the operation."
_JOINING = frozenset(
    "cat column_stack concat concatenate dstack hstack row_stack stack vstack".split()
)

_write = in_place(copied)


def accept_out(namespace: dict[str, Any], names: str, prefix: str = "") -> None:
    """Wrap functions of a namespace so that they take `out=`.

    Args:
        namespace: The globals of a module, changed here.
        names: The functions, with spaces between; those that are absent are passed over.
        prefix: What PyTorch's messages put before their names.
    """
    for name in names.split():
        if name in namespace:
            namespace[name] = _with_out(namespace[name], name, prefix + name)


def _with_out(function: Callable[..., Any], name: str, full: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, out: Any = None, **options: Any) -> Any:
        if out is None:
            return function(*args, **options)
        outs = list(out) if isinstance(out, (tuple, list)) else [out]
        _refuse_other_than_tensors(full, outs)
        if grad_enabled() and any([each.requires_grad for each in _tensors((outs, args, options))]):
            raise RuntimeError(
                f"{full}(): functions with out=... arguments don't support automatic "
                "differentiation, but one of the arguments requires grad."
            )
        if name == "multinomial":  # asked before anything is drawn
            _check(name, _UNCAST[name], outs[0].long(), outs[0])
        filled = name in _FILLS and not (name == "normal" and _tensors(args))
        if filled:
            _fill_in_dtype(outs[0].dtype, options)
        elif name in _SUMS:
            options.setdefault("dtype", outs[0].dtype)
        with no_grad():
            result = function(*args, **options)
            kind: Any = type(result)
            many = isinstance(result, tuple)
            results = list(result) if many else [result]
            if len(results) != len(outs):
                text = f"{full}() received an invalid combination of arguments"
                raise TypeError(f"{text}: out must be {len(results)} tensors")
            for each, target in zip(results, outs, strict=True):
                _refuse_shared(target, _tensors((args, options)) if name in _APART else [])
                _check(name, _UNCAST.get(name, _SAME if many else ""), each, target)
            for each, target in zip(results, outs, strict=True):
                _fill(target, each, not filled and name not in _DRAWS)
        return _named(kind)(outs) if many else out

    return call


def _refuse_other_than_tensors(name: str, outs: list[Any]) -> None:
    for each in outs:
        if not isinstance(each, Tensor):
            given = type(each).__name__
            raise TypeError(f"{name}(): argument 'out' must be Tensor, not {given}")


def _tensors(value: Any) -> list[Any]:
    """The tensors among arguments, and in lists among them."""
    if isinstance(value, Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value
    if not isinstance(value, (tuple, list, dict)):
        return []
    return [each for part in parts for each in _tensors(part)]


def _refuse_shared(out: Tensor, inputs: list[Any]) -> None:
    """Refuse a tensor whose elements share memory, among them or with an input."""
    if 0 in out.buffer.strides and out.buffer.size > 1:
        raise RuntimeError(_SHARED.format("more than one element of the written-to tensor refers"))
    first, last = _span(out)
    for each in inputs:
        start, stop = _span(each)
        if each.buffer.size and start < last and first < stop:
            words = "some elements of the input tensor and the written-to tensor refer"
            raise RuntimeError(_SHARED.format(words))


def _span(x: Tensor) -> tuple[int, int]:
    """Where the memory of a tensor begins and ends."""
    sizes = zip(x.buffer.shape, x.buffer.strides, strict=True)
    start = x.data_ptr()
    return start, start + x.buffer.itemsize + sum([(n - 1) * step for n, step in sizes])


def _fill_in_dtype(dtype: Any, options: dict[str, Any]) -> None:
    asked = options.setdefault("dtype", dtype)
    if asked is not None and asked is not dtype:
        raise RuntimeError(
            f"dtype {TYPE_NAMES[asked.numpy.name]} does not match dtype of out parameter "
            f"({TYPE_NAMES[dtype.numpy.name]})"
        )


def _check(name: str, words: str, result: Tensor, out: Tensor) -> None:
    """Refuse a dtype that the result may not be written in.

    Args:
        name: The function.
        words: What it says of any other dtype; empty where it casts.
        result: What is to be written.
        out: Where to.

    Raises:
        RuntimeError: In the words of the function, of which there are many.
        TypeError: In joining.
    """
    check_same_device(result, out)
    wanted, given = result.buffer.dtype, out.buffer.dtype
    if wanted == given:
        return
    names = {"Wanted": TYPE_NAMES[wanted.name], "Given": TYPE_NAMES[given.name]}
    if words:
        plain = {"wanted": C_NAMES[wanted.name], "given": C_NAMES[given.name]}
        raise RuntimeError(words.format(name=name, **names, **plain))
    if can_cast(_dtypes.of(wanted), _dtypes.of(given)) or wanted.name == "bool" or name in _DRAWS:
        return
    if name in _JOINING:
        text = f"torch.cat(): input types can't be cast to the desired output type {names['Given']}"
        raise TypeError(text)
    text = f"result type {names['Wanted']} can't be cast to the desired output type"
    raise RuntimeError(f"{text} {names['Given']}")


def _fill(out: Tensor, result: Tensor, warned: bool) -> None:
    """Write a result, in its own shape."""
    shape, had = result.buffer.shape, out.buffer.shape
    if had != shape:
        if out.buffer.size and warned:
            warnings.warn(
                "An output with one or more elements was resized since it had shape "
                f"{list(had)}, which does not match the required output shape {list(shape)}. "
                "This behavior is deprecated, and in a future PyTorch release outputs will not "
                "be resized unless they have zero elements. You can explicitly reuse an out "
                "tensor t by resizing it, inplace, to zero elements with t.resize_(0).",
                stacklevel=3,
            )
        resize_(out, shape)
    _write(out, result)


@functools.cache
def _named(kind: Any) -> Any:
    """The class of the results: `max_out` for what `max` returns."""
    fields = getattr(kind, "fields", None)
    return return_types.named(f"{kind.__name__}_out", *fields) if fields else kind
