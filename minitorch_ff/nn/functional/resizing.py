"""Pictures, signals and volumes in another size: `interpolate`.

Every mode works along one dimension after the other. There each new element is a sum of a few
old ones, its taps, with weights that only depend on the two sizes.
"""

import functools
import math
import warnings
from collections.abc import Callable
from operator import index
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._dtypes import float32, float64, int64
from minitorch_ff._functions._autocast import casting, full_on_cuda
from minitorch_ff._functions.creation import arange, full
from minitorch_ff._functions.selection import where
from minitorch_ff._functions.trigonometric import sinc
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops.base import apply, refuse
from minitorch_ff.firefly.ops.resampling import Resample
from minitorch_ff.nn.functional.adaptive import (
    adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d,
)  # fmt: skip

ANY_RANK = "nearest", "nearest-exact", "area"
RANKS = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5, "lanczos": 4}
"""How many dimensions the other modes take."""

POOLS: Any = adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
SMALL = 128
"""Up to this height plus width PyTorch takes nearest elements in another loop."""

Taps = list[tuple[Tensor, ...]]
"""Positions, and their weights (or nothing, if all are one)."""

WRONG_LENGTH = (
    "Input and {0} must have the same number of spatial dimensions, but got input with spatial "
    "dimensions of {1} and {2} {3}. Please provide input tensor in (N, C, d1, d2, ...,dK) format "
    "and {4} in ({5}1, {5}2, ...,{5}K) format."
)
WRONG_RANK = (
    "Input Error: Only 3D, 4D and 5D input Tensors supported (got {}D) for the modes: nearest | "
    "linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {})"
)


def interpolate(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:  # fmt: skip
    r"""A signal, picture or volume in another size.

    An element at place $i$ of the result is taken from place $(i + \frac12) s - \frac12$ of the
    input, $s$ being the old size divided by the new one.

    Args:
        input: Shape `(N, C, L)`, `(N, C, H, W)` or `(N, C, D, H, W)`, floating; uint8 for the
            nearest modes.
        size: The new size, or one for each of the dimensions after the channels.
        scale_factor: In its place: how many times larger, or one number for each dimension.
        mode: `"nearest"`, `"nearest-exact"` (which rounds as Pillow does); `"linear"` of a
            signal, `"bilinear"` of a picture, `"trilinear"` of a volume: weighted by the
            distance; `"bicubic"` of a picture: a cubic through 4 x 4 elements; `"area"`: the
            average; with `antialias` also `"lanczos"`, of a picture.
        align_corners: The first and last elements stay in place: $i (n - 1) / (m - 1)$ for
            sizes $n$ and $m$.
        recompute_scale_factor: $s$ is the ratio of the two sizes, not `1 / scale_factor`.
        antialias: Of a picture made smaller each new element is an average of all old ones in
            its place: bilinear, bicubic and lanczos.

    Returns:
        Shape `(N, C, *size)`, the input's dtype.

    Raises:
        ValueError: Neither or both of `size` and `scale_factor` are given, they are of another
            length, or an option does not go with the mode.
        NotImplementedError: The mode is not for so many dimensions, or not for the dtype.
        RuntimeError: A size is not positive.

    Example:
        >>> import minitorch_ff as torch
        >>> x = torch.tensor([[[0.0, 4.0]]])
        >>> torch.nn.functional.interpolate(x, scale_factor=2, mode="linear")
        tensor([[[0., 1., 3., 4.]]])

    See: rule [`Resample`][minitorch_ff.firefly.ops.resampling.Resample],
        [torch.nn.functional.interpolate](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html),
        Keys, Cubic convolution interpolation (1981).
    """
    if casting and mode != "area":
        (input,) = full_on_cuda(input)
    x = input.buffer
    text = "align_corners option can only be set with the interpolating modes: linear | bilinear"
    allowed = align_corners is None or mode not in ANY_RANK
    check(allowed, f"{text} | bicubic | trilinear", ValueError)
    old = x.shape[2:]
    size, scales = _sizes(old, size, scale_factor, recompute_scale_factor)
    _check_mode(x, mode, align_corners, antialias)
    if mode == "area":
        return POOLS[len(old) - 1](input, size)
    _check_sizes(x.shape, size)
    if x.dtype.kind == "u" and not mode.startswith("nearest"):
        raise NotImplementedError(f"interpolate: {mode} of uint8 is not supported; cast to float")
    refuse(x, "bic", "compute_index_ranges_weights" if antialias else "compute_indices_weights")
    dtype = float64 if input.dtype == float64 else float32
    small = len(old) == 2 and sum(size) <= SMALL
    steps = []
    for dim, (n, m, scale) in enumerate(zip(old, size, scales, strict=True), 2):
        how = mode, bool(align_corners), antialias, small, dtype
        steps.append((dim, _taps(n, m, scale, *how, input.device)))
    steps = [step for step in steps[::-1] if step[1]]  # the last dimension is slow to walk
    name = mode.title().replace("-", "")
    return apply(Resample, input, steps=steps, mode=f"Upsample{name}{len(old)}D{'Aa' * antialias}")


def _sizes(old: Any, size: Any, scale_factor: Any, recompute: bool | None) -> Any:
    """The new sizes, and the scale factors to go by (None: by the sizes)."""
    both = size is not None and scale_factor is not None
    check(not both, "only one of size or scale_factor should be defined", ValueError)
    wanted = size if scale_factor is None else scale_factor
    check(wanted is not None, "either size or scale_factor should be defined", ValueError)
    values = list(wanted) if isinstance(wanted, (list, tuple)) else [wanted] * len(old)
    names = "scale_factor", list(old), "scale_factor of shape", wanted, "scale_factor", "s"
    if scale_factor is None:
        names = "output", list(old), "output size of", wanted, "output size", "o"
    check(len(values) == len(old), WRONG_LENGTH.format(*names), ValueError)
    if scale_factor is None:
        text = "recompute_scale_factor is not meaningful with an explicit size."
        check(not recompute, text, ValueError)
        return [index(value) for value in values], [None] * len(old)
    new = [
        (math.floor if recompute else int)(1.0 * n * s) for n, s in zip(old, values, strict=True)
    ]
    return new, [None] * len(old) if recompute else values


def _check_mode(x: Any, mode: str, align_corners: bool | None, antialias: bool) -> None:
    """Refuse modes that are not for so many dimensions, or not with these options."""
    text = "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a"
    allowed = not antialias or (mode in FILTERS and x.ndim == 4)
    check(allowed, f"{text} 4-D tensor as input", ValueError)
    rank = x.ndim if mode in ANY_RANK else RANKS.get(mode)
    text = f"Got {x.ndim}D input, but {mode} mode needs {rank}D input"
    if not rank or not 3 <= x.ndim <= 5 or (x.ndim != rank and mode in ("bicubic", "lanczos")):
        text = WRONG_RANK.format(x.ndim, mode)
    check(x.ndim == rank and 3 <= rank <= 5, text, NotImplementedError)
    if mode == "lanczos":
        check(antialias, "Lanczos mode requires antialias=True", ValueError)
        check(not align_corners, "Lanczos mode does not support align_corners=True", ValueError)


def _check_sizes(shape: Any, size: Any) -> None:
    """Refuse sizes of nothing."""
    texts = [
        ", ".join([f"{c}: {n}" for c, n in zip("DHW"[-len(size) :], sizes, strict=True)])
        for sizes in (shape[2:], size)
    ]
    text = "Input and output sizes should be greater than 0, but got input ("
    link = ") and output (" if len(size) == 1 else ") output ("
    check(min(*shape[2:], *size) > 0, f"{text}{link.join(texts)})")
    text = f"Non-empty {len(shape)}D data tensor expected but got a tensor with sizes {list(shape)}"
    check(shape[1], text)


# ------------------------------------------------------------------ taps along a dimension


@functools.lru_cache(256)
def _taps(
    n: int, m: int, scale: float | None, mode: str, align_corners: bool, antialias: bool,
    small: bool, dtype: DType, device: Any,
) -> Any:  # fmt: skip
    """The taps that make `m` elements of `n`, as buffers; nothing if they are the same."""
    if m == n and not mode.startswith("nearest") and (antialias or mode != "bicubic"):
        return []
    if align_corners:
        step = (n - 1) / (m - 1) if m > 1 else 0.0
    elif mode == "nearest" and small and m in (n, 2 * n):
        step = n / m  # whatever the scale factor
    else:
        step = 1 / scale if scale else n / m
    if mode.startswith("nearest"):
        taps = _nearest(n, m, step, mode, dtype, small)
    elif antialias:
        taps = _antialias(n, m, step, mode, dtype)
    else:
        places = _places(m, step, 0.0 if align_corners else 0.5, dtype).to(dtype)
        taps = _cubic(n, places) if mode == "bicubic" else _linear(n, places)
    return [[part.to(device).buffer for part in tap] for tap in taps]


def _places(m: int, step: float, half: float, dtype: DType) -> Tensor:
    """Where in the old line the new elements are: exact products of a rounded step."""
    return (arange(m, dtype=float64) + half) * full((), step, dtype=dtype).to(float64) - half


def _nearest(n: int, m: int, step: float, mode: str, dtype: DType, small: bool) -> Taps:
    """The element to the left, or (exact) the nearer one, in the rounding of either loop."""
    half = 0.5 if mode == "nearest-exact" else 0.0
    places = _places(m, step, half, float32 if small else dtype)
    places = places + half if small else places.to(dtype).clamp(min=0) + half
    return [(places.to(float32).floor().clamp(max=n - 1).to(int64),)]


def _linear(n: int, places: Tensor) -> Taps:
    """The elements on both sides, the nearer one with more weight."""
    low = places.clamp(min=0).floor().clamp(max=n - 1)
    weight, left = (places - low).clamp(0, 1), low.to(int64)
    return [(left, 1 - weight), ((left + 1).clamp(max=n - 1), weight)]


def _cubic(n: int, places: Tensor) -> Taps:
    """Two elements on either side, weighted by cubics of their distance."""
    low = places.floor()
    weight, left = (places - low).clamp(0, 1), low.to(int64)
    return [
        ((left + k).clamp(0, n - 1), cubic_weights((weight - k).abs(), -0.75)) for k in range(-1, 3)
    ]


def cubic_weights(distance: Tensor, a: float) -> Tensor:
    """Keys's two cubics of the distance, 0 to 2; they have the slope `a` at 1."""
    near = ((a + 2) * distance - (a + 3)) * distance * distance + 1
    far = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    return where(distance < 1, near, where(distance < 2, far, 0))


FILTERS: dict[str, tuple[int, Callable[[Tensor], Tensor]]] = {
    "bilinear": (1, lambda d: (1 - d).clamp(min=0)),
    "bicubic": (2, lambda d: cubic_weights(d, -0.5)),
    "lanczos": (3, lambda d: where(d < 3, sinc(d) * sinc(d / 3), 0)),
}
"""How far each reaches to either side, and its weights by the distance."""


def _antialias(n: int, m: int, step: float, mode: str, dtype: DType) -> Taps:
    """All elements that a new one covers, weighted by their distance from its middle."""
    reach, weigh = FILTERS[mode]
    wide = max(step, 1.0)
    middle = (arange(m, dtype=float64) + 0.5) * step
    first = (middle - reach * wide + 0.5).to(int64).clamp(min=0)
    last = (middle + reach * wide + 0.5).to(int64).clamp(max=n) - 1
    places = [first + k for k in range(int((last - first).max()) + 1)]
    weights = [where(at <= last, weigh((at + 0.5 - middle).abs() / wide), 0) for at in places]
    total = sum(weights[1:], start=weights[0])
    taps = zip(places, weights, strict=True)
    return [(place.minimum(last), (weight / total).to(dtype)) for place, weight in taps]


# ------------------------------------------------------------------------------ older names


def _deprecated(name: str) -> None:
    text = f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead."
    warnings.warn(text, stacklevel=3)


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:  # fmt: skip
    """The older name of `interpolate`.

    See: [torch.nn.functional.upsample](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.upsample.html).
    """
    _deprecated("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with the nearest elements.

    See: [torch.nn.functional.upsample_nearest](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.upsample_nearest.html).
    """
    _deprecated("upsample_nearest")
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate`, bilinear, with the corners in place.

    See: [torch.nn.functional.upsample_bilinear](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.upsample_bilinear.html).
    """
    _deprecated("upsample_bilinear")
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)
