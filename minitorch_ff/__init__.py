"""minitorch_ff: PyTorch's API in readable Python.

Every public name of `torch` that this package has is listed here, family by family. The
submodules (`nn`, `optim`, …) are loaded when they are first touched: importing the package
costs little more than importing NumPy.
"""

from __future__ import annotations

import importlib as _importlib
from typing import Any as _Any

from minitorch_ff._devices import device, get_default_device, set_default_device
from minitorch_ff._dtypes import (
    bfloat16, bool, cdouble, cfloat, complex64, complex128, double, dtype, finfo, float,
    float16, float32, float64, get_default_dtype, half, iinfo, int, int8, int16, int32, int64,
    long, set_default_dtype, short, uint8, uint16, uint32, uint64,
)  # fmt: skip
from minitorch_ff._functions.activation import (
    celu, hardshrink, log_softmax, prelu, relu, selu, sigmoid, softmax, tanh, threshold,
)  # fmt: skip
from minitorch_ff._functions.arithmetic import add, div, mul, neg, pow, sub
from minitorch_ff._functions.conversion import (
    channels_last, channels_last_3d, contiguous_format, is_complex, is_floating_point, layout,
    memory_format, preserve_format, strided,
)  # fmt: skip
from minitorch_ff._functions.creation import (
    arange, as_tensor, asarray, empty, empty_like, empty_strided, eye, from_numpy, frombuffer,
    full, full_like, linspace, logspace, ones, ones_like, scalar_tensor, tensor, zeros,
    zeros_like,
)  # fmt: skip
from minitorch_ff._functions.creation import range_ as range
from minitorch_ff._functions.matmul import (
    addbmm, addmm, addmv, addr, baddbmm, bmm, dot, inner, matmul, mm, mv, outer, tensordot, vdot,
)  # fmt: skip
from minitorch_ff._functions.indexing import fill
from minitorch_ff._functions.random import (
    Generator, bernoulli, default_generator, get_rng_state, initial_seed, manual_seed,
    multinomial, normal, poisson, rand, rand_like, randint, randint_like, randn, randn_like,
    randperm, seed, set_rng_state,
)  # fmt: skip
from minitorch_ff._functions.reduction import mean, sum
from minitorch_ff._functions.shaping import (
    chunk, clone, diagonal, flatten, movedim, narrow, permute, ravel, reshape, select, split,
    split_with_sizes, squeeze, t, tensor_split, transpose, unbind, unflatten, unsqueeze,
)  # fmt: skip
from minitorch_ff._legacy import (
    BFloat16Tensor, BoolTensor, ByteTensor, CharTensor, DoubleTensor, FloatTensor, HalfTensor,
    IntTensor, LongTensor, ShortTensor,
)  # fmt: skip
from minitorch_ff._printing import set_printoptions
from minitorch_ff._size import Size
from minitorch_ff._tensor import Tensor
from minitorch_ff._version import __version__
from minitorch_ff.firefly.modes import (
    enable_grad, inference_mode, no_grad, set_grad_enabled,
)  # fmt: skip
from minitorch_ff.firefly.modes import grad_enabled as is_grad_enabled
from minitorch_ff.firefly.modes import inference_enabled as is_inference_mode_enabled

ger = outer
moveaxis = movedim
swapaxes = swapdims = transpose

_SUBMODULES = frozenset({
    "autograd", "backends", "cuda", "func", "nn", "optim", "random", "utils",
})  # fmt: skip
"""Loaded when first touched."""


def __getattr__(name: str) -> _Any:
    if name in _SUBMODULES:
        return _importlib.import_module(f"minitorch_ff.{name}")
    raise AttributeError(
        f"module 'torch' has no attribute '{name}' (or minitorch_ff does not have it yet)"
    )


def __dir__() -> list[str]:
    return sorted({*globals(), *_SUBMODULES})
