"""minitorch_ff: PyTorch's API in readable Python.

Every public name of `torch` that this package has is listed here, family by family. The
submodules (`nn`, `optim`, …) are loaded when they are first touched: importing the package
costs little more than importing NumPy.
"""

from __future__ import annotations

import importlib as _importlib
import math as _math
from typing import Any as _Any

from minitorch_ff._devices import (
    AcceleratorError, device, get_default_device, set_default_device,
)  # fmt: skip
from minitorch_ff._dtypes import (
    bfloat16, bool, cdouble, cfloat, complex64, complex128, double, dtype, finfo, float, float16,
    float32, float64, get_default_dtype, half, iinfo, int, int8, int16, int32, int64, long,
    set_default_dtype, short, uint8, uint16, uint32, uint64,
)  # fmt: skip
from minitorch_ff._functions.activation import (
    celu, hardshrink, log_softmax, prelu, relu, selu, sigmoid, softmax, tanh, threshold,
)  # fmt: skip
from minitorch_ff._functions.arithmetic import (
    add, addcdiv, addcmul, div, divide, floor_divide, fmod, gcd, lcm, lerp, mul, multiply, neg,
    negative, positive, remainder, rsub, sub, subtract, true_divide,
)  # fmt: skip
from minitorch_ff._functions.arranging import (
    as_strided, as_strided_scatter, diag, diag_embed, diagflat, flip, fliplr, flipud,
    repeat_interleave, roll, rot90, tile, tril, tril_indices, triu, triu_indices,
)  # fmt: skip
from minitorch_ff._functions.comparison import (
    allclose, eq, equal, ge, greater, greater_equal, gt, isclose, isfinite, isinf, isnan,
    isneginf, isposinf, isreal, le, less, less_equal, lt, ne, not_equal,
)  # fmt: skip
from minitorch_ff._functions.complex_numbers import (
    angle, conj, conj_physical, imag, real, resolve_conj,
)  # fmt: skip
from minitorch_ff._functions.conversion import (
    UntypedStorage, is_complex, is_floating_point, is_inference,
)  # fmt: skip
from minitorch_ff._functions.conversion import truth as is_nonzero
from minitorch_ff._functions.convolution import (
    conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d,
)  # fmt: skip
from minitorch_ff._functions.counting import bincount, bucketize, histc, searchsorted
from minitorch_ff._functions.creation import (
    arange, as_tensor, asarray, empty, empty_like, empty_strided, eye, from_numpy, frombuffer,
    full, full_like, linspace, logspace, ones, ones_like, scalar_tensor, tensor, zeros,
    zeros_like,
)  # fmt: skip
from minitorch_ff._functions.creation import range_ as range
from minitorch_ff._functions.cumulative import (
    cummax, cummin, cumprod, cumsum, cumulative_trapezoid, diff, gradient, logcumsumexp,
    trapezoid, trapz,
)  # fmt: skip
from minitorch_ff._functions.decompositions import det, logdet, matrix_exp, matrix_power, slogdet
from minitorch_ff._functions.decompositions import inv as inverse
from minitorch_ff._functions.decompositions import old_cholesky as cholesky
from minitorch_ff._functions.decompositions import old_qr as qr
from minitorch_ff._functions.decompositions import old_svd as svd
from minitorch_ff._functions.decompositions import pinv as pinverse
from minitorch_ff._functions.einsum import einsum
from minitorch_ff._functions.exponential import (
    exp, exp2, expm1, log, log1p, log2, log10, logaddexp, logaddexp2, logit, xlogy,
)  # fmt: skip
from minitorch_ff._functions.extremes import (
    clamp, clamp_max, clamp_min, clip, fmax, fmin, maximum, minimum, nan_to_num, nextafter,
)  # fmt: skip
from minitorch_ff._functions.histograms import histogram, histogramdd
from minitorch_ff._functions.indexing import fill
from minitorch_ff._functions.interchange import from_dlpack, to_dlpack
from minitorch_ff._functions.joining import (
    atleast_1d, atleast_2d, atleast_3d, block_diag, broadcast_shapes, broadcast_tensors,
    broadcast_to, cartesian_prod, cat, column_stack, combinations, concat, concatenate, dstack,
    hstack, meshgrid, row_stack, stack, vstack,
)  # fmt: skip
from minitorch_ff._functions.layouts import (
    channels_last, channels_last_3d, clone, contiguous_format, layout, memory_format,
    preserve_format, strided,
)  # fmt: skip
from minitorch_ff._functions.logic import (
    bitwise_and, bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift, bitwise_xor,
    logical_and, logical_not, logical_or, logical_xor,
)  # fmt: skip
from minitorch_ff._functions.matmul import (
    addbmm, addmm, addmv, addr, baddbmm, bmm, cross, dot, inner, kron, matmul, mm, mv, outer,
    tensordot, vdot,
)  # fmt: skip
from minitorch_ff._functions.norms import cdist, dist, norm, renorm
from minitorch_ff._functions.ordering import (
    amax, amin, aminmax, argmax, argmin, argsort, kthvalue, max, min, msort, sort, topk, unique,
    unique_consecutive,
)  # fmt: skip
from minitorch_ff._functions.padding import constant_pad_nd
from minitorch_ff._functions.picking import (
    argwhere, gather, index_add, index_copy, index_fill, index_put, index_reduce, index_select,
    isin, masked_scatter, masked_select, nonzero, put, scatter, scatter_add, scatter_reduce,
    take, take_along_dim, unravel_index,
)  # fmt: skip
from minitorch_ff._functions.pixels import channel_shuffle, pixel_shuffle, pixel_unshuffle
from minitorch_ff._functions.powers import (
    float_power, hypot, ldexp, pow, reciprocal, rsqrt, sqrt, square,
)  # fmt: skip
from minitorch_ff._functions.random import (
    Generator, bernoulli, binomial, default_generator, get_rng_state, initial_seed, manual_seed,
    multinomial, normal, poisson, rand, rand_like, randint, randint_like, randn, randn_like,
    randperm, seed, set_rng_state,
)  # fmt: skip
from minitorch_ff._functions.reduction import (
    all, any, count_nonzero, logsumexp, mean, nanmean, nansum, prod, sum, trace,
)  # fmt: skip
from minitorch_ff._functions.rounding import ceil, fix, floor, frac, frexp, round, trunc
from minitorch_ff._functions.selection import masked_fill, where
from minitorch_ff._functions.shaping import (
    chunk, diagonal, diagonal_scatter, dsplit, flatten, hsplit, movedim, narrow, narrow_copy,
    permute, ravel, reshape, select, select_scatter, slice_scatter, split, split_with_sizes,
    squeeze, t, tensor_split, transpose, unbind, unflatten, unsqueeze, vsplit,
)  # fmt: skip
from minitorch_ff._functions.shaping import mH as adjoint
from minitorch_ff._functions.signs import abs, absolute, copysign, heaviside, sgn, sign, signbit
from minitorch_ff._functions.special import digamma, erf, erfc, erfinv, i0, lgamma, polygamma
from minitorch_ff._functions.statistics import (
    corrcoef, cov, median, mode, nanmedian, nanquantile, quantile, std, std_mean, var, var_mean,
)  # fmt: skip
from minitorch_ff._functions.systems import cholesky_solve, vander
from minitorch_ff._functions.trigonometric import (
    acos, acosh, arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, asin, asinh, atan,
    atan2, atanh, cos, cosh, deg2rad, rad2deg, sin, sinc, sinh, tan,
)  # fmt: skip
from minitorch_ff._functions.typename import typename
from minitorch_ff._functions.types import can_cast, promote_types, result_type
from minitorch_ff._legacy import (
    BFloat16Tensor, BoolTensor, ByteTensor, CharTensor, DoubleTensor, FloatTensor, HalfTensor,
    IntTensor, LongTensor, ShortTensor,
)  # fmt: skip
from minitorch_ff._missing import absent as _absent
from minitorch_ff._printing import set_printoptions
from minitorch_ff._settings import (
    are_deterministic_algorithms_enabled, get_float32_matmul_precision, get_num_interop_threads,
    get_num_threads, is_deterministic_algorithms_warn_only_enabled, is_tensor, numel,
    set_default_tensor_type, set_float32_matmul_precision, set_num_interop_threads,
    set_num_threads, use_deterministic_algorithms,
)  # fmt: skip
from minitorch_ff._size import Size
from minitorch_ff._tensor import Tensor
from minitorch_ff._functions.out import FUNCTIONS as _FUNCTIONS_WITH_OUT
from minitorch_ff._functions.out import accept_out as _accept_out
from minitorch_ff._version import __version__ as _own_version
from minitorch_ff.firefly.backend.cupy_runtime import OutOfMemoryError
from minitorch_ff.firefly.modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from minitorch_ff.firefly.modes import grad_enabled as is_grad_enabled
from minitorch_ff.firefly.modes import inference_enabled as is_inference_mode_enabled

ger = outer
e, inf, nan, pi, newaxis = _math.e, _math.inf, _math.nan, _math.pi, None
__version__ = f"2.13.0+ff{_own_version}"
moveaxis = movedim
swapaxes = swapdims = transpose

# Some in-place methods are functions as well.
fill_, zero_, relu_, sigmoid_, tanh_ = (
    Tensor.fill_, Tensor.zero_, Tensor.relu_, Tensor.sigmoid_, Tensor.tanh_,
)  # fmt: skip

_accept_out(globals(), _FUNCTIONS_WITH_OUT)

__all__ = [
    "AcceleratorError", "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor",
    "DoubleTensor", "FloatTensor", "Generator", "GradScaler", "HalfTensor", "IntTensor",
    "LongTensor", "OutOfMemoryError", "ShortTensor", "Size",
    "Tensor", "UntypedStorage", "__version__", "abs", "absolute", "acos", "acosh", "add",
    "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "adjoint", "all", "allclose",
    "amax", "amin", "aminmax", "angle", "any", "arange", "arccos", "arccosh", "arcsin", "arcsinh",
    "arctan", "arctan2", "arctanh", "are_deterministic_algorithms_enabled", "argmax", "argmin",
    "argsort", "argwhere", "as_strided", "as_strided_scatter", "as_tensor", "as_torch", "asarray",
    "asin", "asinh", "atan", "atan2", "atanh", "atleast_1d", "atleast_2d", "atleast_3d",
    "autocast", "baddbmm", "bernoulli", "bfloat16", "bincount", "binomial", "bitwise_and",
    "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "block_diag", "bmm", "bool", "broadcast_shapes", "broadcast_tensors", "broadcast_to",
    "bucketize", "can_cast", "cartesian_prod", "cat", "cdist", "cdouble", "ceil", "celu",
    "cfloat", "channel_shuffle", "channels_last", "channels_last_3d", "cholesky",
    "cholesky_solve", "chunk", "clamp", "clamp_max", "clamp_min", "clip", "clone", "column_stack",
    "combinations", "compile", "complex128", "complex64", "concat", "concatenate", "conj",
    "conj_physical", "constant_pad_nd", "contiguous_format", "conv1d", "conv2d", "conv3d",
    "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "copysign", "corrcoef", "cos",
    "cosh", "count_nonzero", "cov", "cross", "cummax", "cummin", "cumprod", "cumsum",
    "cumulative_trapezoid", "default_generator", "deg2rad", "det", "device", "diag", "diag_embed",
    "diagflat", "diagonal", "diagonal_scatter", "diff", "digamma", "dist", "div", "divide", "dot",
    "double", "dsplit", "dstack", "dtype", "einsum", "empty", "empty_like", "empty_strided",
    "enable_grad", "eq", "equal", "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "eye", "fill",
    "fill_", "finfo", "fix", "flatten", "flip", "fliplr", "flipud", "float", "float16", "float32",
    "float64", "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frac", "frexp",
    "from_dlpack", "from_numpy", "frombuffer", "full", "full_like", "gather", "gcd", "ge", "ger",
    "get_autocast_dtype", "get_default_device", "get_default_dtype",
    "get_float32_matmul_precision", "get_num_interop_threads", "get_num_threads", "get_rng_state",
    "gradient", "greater", "greater_equal", "gt", "half", "hardshrink", "heaviside", "histc",
    "histogram", "histogramdd", "hsplit", "hstack", "hypot", "i0", "iinfo", "imag", "index_add",
    "index_copy", "index_fill", "index_put", "index_reduce", "index_select", "inference_mode",
    "initial_seed", "inner", "install", "int", "int16", "int32", "int64", "int8", "inverse",
    "is_autocast_enabled", "is_complex", "is_deterministic_algorithms_warn_only_enabled",
    "is_floating_point", "is_grad_enabled", "is_inference", "is_inference_mode_enabled",
    "is_nonzero", "is_tensor", "isclose", "isfinite", "isin", "isinf", "isnan", "isneginf",
    "isposinf", "isreal", "kron", "kthvalue", "layout", "lcm", "ldexp", "le", "lerp", "less",
    "less_equal", "lgamma", "linspace", "load", "log", "log10", "log1p", "log2", "log_softmax",
    "logaddexp", "logaddexp2", "logcumsumexp", "logdet", "logical_and", "logical_not",
    "logical_or", "logical_xor", "logit", "logspace", "logsumexp", "long", "lt", "manual_seed",
    "masked_fill", "masked_scatter", "masked_select", "matmul", "matrix_exp", "matrix_power",
    "max", "maximum", "mean", "median", "memory_format", "meshgrid", "min", "minimum", "mm",
    "mode", "moveaxis", "movedim", "msort", "mul", "multinomial", "multiply", "mv", "nan_to_num",
    "nanmean", "nanmedian", "nanquantile", "nansum", "narrow", "narrow_copy", "ne", "neg",
    "negative", "nextafter", "no_grad", "nonzero", "norm", "normal", "not_equal", "numel", "ones",
    "ones_like", "outer", "permute", "pinverse", "pixel_shuffle", "pixel_unshuffle", "poisson",
    "polygamma", "positive", "pow", "prelu", "preserve_format", "prod", "promote_types", "put",
    "qr", "quantile", "rad2deg", "rand", "rand_like", "randint", "randint_like", "randn",
    "randn_like", "randperm", "range", "ravel", "real", "reciprocal", "relu", "relu_",
    "remainder", "renorm", "repeat_interleave", "reshape", "resolve_conj", "result_type", "roll",
    "rot90", "round", "row_stack", "rsqrt", "rsub", "save", "scalar_tensor", "scatter",
    "scatter_add", "scatter_reduce", "searchsorted", "seed", "select", "select_scatter", "selu",
    "set_default_device", "set_default_dtype", "set_default_tensor_type",
    "set_float32_matmul_precision", "set_grad_enabled", "set_num_interop_threads",
    "set_num_threads", "set_printoptions", "set_rng_state", "sgn", "short", "sigmoid", "sigmoid_",
    "sign", "signbit", "sin", "sinc", "sinh", "slice_scatter", "slogdet", "softmax", "sort",
    "split", "split_with_sizes", "sqrt", "square", "squeeze", "stack", "std", "std_mean",
    "strided", "sub", "subtract", "sum", "svd", "swapaxes", "swapdims", "t", "take",
    "take_along_dim", "tan", "tanh", "tanh_", "tensor", "tensor_split", "tensordot", "threshold",
    "tile", "to_dlpack", "topk", "trace", "transpose", "trapezoid", "trapz", "tril",
    "tril_indices", "triu",
    "triu_indices", "true_divide", "trunc", "typename", "uint16", "uint32", "uint64", "uint8",
    "unbind", "unflatten", "unique", "unique_consecutive", "unravel_index", "unsqueeze",
    "use_deterministic_algorithms", "vander", "var", "var_mean", "vdot", "vsplit", "vstack",
    "where", "xlogy", "zero_", "zeros", "zeros_like",
]  # fmt: skip

_SUBMODULES = frozenset({
    "_dynamo", "accelerator", "amp", "autograd", "backends", "compare", "compiler", "cuda",
    "distributed", "distributions", "explain", "func", "hub", "linalg", "multiprocessing", "nn",
    "optim", "random", "return_types", "serialization", "signal", "special", "utils",
})  # fmt: skip
"""Loaded when first touched."""


_ELSEWHERE = dict.fromkeys((
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "alpha_dropout", "avg_pool1d", "batch_norm",
    "bilinear", "binary_cross_entropy_with_logits",
    "cosine_embedding_loss", "cosine_similarity", "dropout", "feature_alpha_dropout",
    "group_norm", "hinge_embedding_loss", "instance_norm", "kl_div", "layer_norm",
    "margin_ranking_loss", "max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool3d",
    "pairwise_distance", "pdist", "poisson_nll_loss", "rms_norm",
    "triplet_margin_loss",
), "nn.functional")  # fmt: skip
_ELSEWHERE |= dict.fromkeys((
    "gru", "gru_cell", "lstm", "lstm_cell", "rnn_relu", "rnn_relu_cell", "rnn_tanh",
    "rnn_tanh_cell",
), "nn.functional.recurrence")  # fmt: skip
_ELSEWHERE |= {
    "GradScaler": "amp", "autocast": "amp", "get_autocast_dtype": "amp",
    "is_autocast_enabled": "amp", "compile": "compiler",
    "load": "serialization", "save": "serialization",
    "as_torch": "scripts.import_hook", "install": "scripts.import_hook",
}  # fmt: skip
"""Names of submodules that `torch` has as well."""

_CALLED = {"adaptive_max_pool1d": "adaptive_max_pool1d_with_indices"}
"""What they are called there, if not the same."""
_METHODS = frozenset("""
    abs_ acos_ acosh_ addmv_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ as_strided_ asin_
    asinh_ atan_ atanh_ ceil_ clamp_ clamp_max_ clamp_min_ clip_ cos_ cosh_ deg2rad_ detach detach_
    erf_ erfc_ exp2_ exp_ expm1_ fix_ floor_ frac_ gcd_ get_device i0_ index_put_ is_signed lcm_
    ldexp_ log10_ log1p_ log2_ log_ logit_ nan_to_num_ neg_ negative_ rad2deg_ reciprocal_
    resize_as_ round_ rsqrt_ sin_ sinc_ sinh_ sqrt_ square_ tan_ trunc_ xlogy_
""".split())  # fmt: skip
"""Methods that are functions of `torch` as well."""


def __getattr__(name: str) -> _Any:
    if name in _SUBMODULES:
        return _importlib.import_module(f"minitorch_ff.{name}")
    if name in _ELSEWHERE:
        module = _importlib.import_module(f"minitorch_ff.{_ELSEWHERE[name]}")
        return getattr(module, _CALLED.get(name, name))
        return getattr(_importlib.import_module(f"minitorch_ff.{_ELSEWHERE[name]}"), name)
    if name in _METHODS:
        return getattr(Tensor, name)
    raise AttributeError(_absent("torch", name, __dir__()))


def __dir__() -> list[str]:
    return sorted({*globals(), *_SUBMODULES, *_ELSEWHERE, *_METHODS})
