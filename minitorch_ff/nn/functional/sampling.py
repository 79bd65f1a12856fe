"""Pictures and volumes read at any places: `grid_sample`, and `affine_grid` to say where."""

import itertools
import math
import warnings
from collections.abc import Sequence
from typing import Any

from minitorch_ff._checks import check, must_be_tensors
from minitorch_ff._dtypes import int64
from minitorch_ff._functions.creation import linspace
from minitorch_ff._functions.joining import meshgrid, stack
from minitorch_ff._functions.matmul import matmul
from minitorch_ff._functions.selection import where
from minitorch_ff._functions.shaping import named
from minitorch_ff._functions._operands import type_name
from minitorch_ff._functions._autocast import casts, full, widest
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops.base import apply, refuse
from minitorch_ff.firefly.ops.resampling import GridSampler
from minitorch_ff.nn.functional.resizing import cubic_weights

MODES = "bilinear", "nearest", "bicubic"
PADDING_MODES = "zeros", "border", "reflection"
CHANGED = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since "
    "1.3.0. Please specify align_corners=True if the old behavior is desired. See the "
    "documentation of grid_sample for details."
)

UNIT_SIZE = (
    "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when "
    "align_corners=True. This is not an intended use case of affine_grid. See the documentation "
    "of affine_grid for details."
)


@casts(cpu=full, cuda=widest)
def grid_sample(
    input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:  # fmt: skip
    """Elements of pictures or volumes at the places that a grid names.

    Args:
        input: Shape `(N, C, H, W)` or `(N, C, D, H, W)`, floating.
        grid: For each element of the result the place it is taken from, in its last dimension:
            x, y (and z), each from -1 to 1. Shape `(N, *, 2)` or `(N, *, 3)`, the input's
            dtype.
        mode: `"bilinear"`, weighted by the distance; `"nearest"`; or `"bicubic"`, of pictures.
        padding_mode: What is outside: `"zeros"`; `"border"`, the edge; or `"reflection"`, the
            elements inside mirrored at the edge.
        align_corners: -1 and 1 are the middles of the first and the last element, and not their
            outer edges (the default).

    Returns:
        Shape `(N, C, *)`, the input's dtype.

    Raises:
        ValueError: There is no such mode.
        RuntimeError: The shapes or dtypes do not go together.

    Example:
        >>> import minitorch_ff as torch
        >>> picture = torch.tensor([[[[0.0, 4.0]]]])
        >>> grid = torch.tensor([[[[0.0, 0.0], [0.5, 0.0]]]])
        >>> torch.nn.functional.grid_sample(picture, grid, align_corners=False)
        tensor([[[[2., 4.]]]])

    See: rule [`GridSampler`][minitorch_ff.firefly.ops.resampling.GridSampler],
        [torch.nn.functional.grid_sample](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.grid_sample.html),
        Jaderberg et al., Spatial transformer networks (2015).
    """
    text = "nn.functional.grid_sample(): expected"
    more = f"mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
    check(mode in MODES, f"{text} {more}", ValueError)
    more = f"padding_mode to be 'zeros', 'border', or 'reflection', but got: '{padding_mode}'"
    check(padding_mode in PADDING_MODES, f"{text} {more}", ValueError)
    if align_corners is None:
        warnings.warn(CHANGED, stacklevel=2)
    must_be_tensors("grid_sampler", input=input, grid=grid)
    _check_grid(input, grid, mode)
    sizes = input.shape[2:]
    taps = [
        _taps(grid[..., -i].flatten(1), size, mode, padding_mode, bool(align_corners))
        for i, size in enumerate(sizes, 1 - len(sizes))
    ]
    places, weights = [], []
    for corner in itertools.product(*taps):
        place, inside, weight = corner[0]
        for size, (next_place, next_inside, next_weight) in zip(sizes[1:], corner[1:], strict=True):
            place, inside = place * size + next_place, inside & next_inside
            weight = weight * next_weight
        place = where(inside, place, math.prod(sizes)).unsqueeze(1)
        places.append(place.expand((-1, input.shape[1], -1)).buffer)
        weights.append(weight.unsqueeze(1))
    return apply(GridSampler, input, *weights, places=places, out=grid.shape[1:-1])


def _check_grid(input: Tensor, grid: Tensor, mode: str) -> None:
    """Refuse a grid that does not go with the input."""
    shape, other, n = list(input.shape), list(grid.shape), input.ndim - 2
    text = "grid_sampler(): expected"
    both = f"got input with sizes {shape} and grid with sizes {other}"
    check(shape[:1] == other[:1], f"{text} grid and input to have same batch size, but {both}")
    more = f"grid to have size {n} in last dimension, but got grid with sizes {other}"
    check(other[-1] == n, f"{text} {more}")
    more = f"4D or 5D input and grid with same number of dimensions, but {both}"
    check(n in (2, 3) and len(other) == n + 2, f"{text} {more}")
    more = "input to have non-empty spatial dimensions, but input has sizes"
    empty = shape.index(0, 2) if 0 in shape[2:] else 0
    check(not empty, f"{text} {more} {shape} with dimension {empty} being empty")
    text = "grid_sampler(): bicubic interpolation only supports 4D input"
    check(mode != "bicubic" or n == 2, text)
    refuse(input.buffer, "biuc", f"grid_sampler_{n}d_cpu_kernel_impl")
    text = f"expected scalar type {type_name(input)} but found {type_name(grid)}"
    check(input.dtype == grid.dtype, text)


def _taps(
    places: Tensor, size: int, mode: str, padding_mode: str, align_corners: bool
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Along one dimension: positions, whether they are inside, and their weights."""
    places = (places + 1) * ((size - 1) / 2) if align_corners else (places + 1) * (size / 2) - 0.5
    if mode != "bicubic":
        places = _brought_in(places, size, padding_mode, align_corners)
    low = places.detach().round() if mode == "nearest" else places.detach().floor()
    if mode == "nearest":
        taps = [(low, 1 + 0 * (places - low).nan_to_num())]  # has a gradient, of zeros
    elif mode == "bilinear":
        taps = [(low, low + 1 - places), (low + 1, places - low)]
    else:
        taps = [
            (
                _brought_in(low + k, size, padding_mode, align_corners),
                cubic_weights((places - low - k).abs(), -0.75),
            )
            for k in range(-1, 3)
        ]
    found = [(place, (place >= 0) & (place < size), weight) for place, weight in taps]
    return [(where(inside, place, 0).to(int64), inside, weight) for place, inside, weight in found]


def _brought_in(places: Tensor, size: int, padding_mode: str, align_corners: bool) -> Tensor:
    """Places outside moved to the edge, or mirrored there; no gradient flows through the edge."""
    if padding_mode == "zeros":
        return places
    if padding_mode == "reflection":
        start, turn = (0.0, 2 * (size - 1)) if align_corners else (-0.5, 2 * size)
        turned = (places - start).abs() % (turn or 1)
        places = turned.minimum(turn - turned) + start
    edge = places.detach().nan_to_num().clamp(0, size - 1)
    return where((places > 0) & (places < size - 1), places, edge)


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The grid for `grid_sample` that maps pictures or volumes by affine matrices.

    Args:
        theta: A matrix for each sample, from places in the result to places in the input, both
            from -1 to 1. Shape `(N, 2, 3)` or `(N, 3, 4)`, floating.
        size: Of the result: `(N, C, H, W)` or `(N, C, D, H, W)`.
        align_corners: As in `grid_sample`.

    Returns:
        Shape `(N, H, W, 2)` or `(N, D, H, W, 3)`, the dtype of `theta`.

    Raises:
        ValueError: A size is not positive, or `theta` is not floating or of another shape.
        NotImplementedError: `size` has another length.

    Example:
        >>> import minitorch_ff as torch
        >>> mirror = torch.tensor([[[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
        >>> torch.nn.functional.affine_grid(mirror, (1, 1, 1, 2), align_corners=False)
        tensor([[[[ 0.5000,  0.0000],
                  [-0.5000,  0.0000]]]])

    See: [torch.nn.functional.affine_grid](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.affine_grid.html).
    """
    size = tuple(size)
    if align_corners is None:
        warnings.warn(CHANGED, stacklevel=2)
    text = f"Expected theta to have floating point type, but got {theta.dtype}"
    check(theta.is_floating_point(), text, ValueError)
    n = len(size) - 2
    text = "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms,"
    check(n in (2, 3), f"{text} respectively. Got size {size}.", NotImplementedError)
    text = f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {size}."
    check(theta.shape[1:] == (n, n + 1), f"{text} Got {theta.shape}.", ValueError)
    if align_corners and min(size[2:]) == 1:
        warnings.warn(UNIT_SIZE, stacklevel=2)
    check(min(size) > 0, f"Expected non-zero, positive output size. Got {size}", ValueError)
    text = "Expected size for first two dimensions of batch2 tensor to be:"
    check(len(theta) == size[0], f"{text} [{size[0]}, {n + 1}] but got: [{len(theta)}, {n + 1}].")
    ends = [float(m > 1) if align_corners else (m - 1) / m for m in size[2:]]
    options: Any = {"dtype": theta.dtype, "device": theta.device}
    lines = [linspace(-end, end, m, **options) for end, m in zip(ends, size[2:], strict=True)]
    axes = meshgrid(*lines, indexing="ij")[::-1]
    base = stack([*axes, axes[0].new_ones(size[2:])], -1)
    matrices = theta.transpose(1, 2).reshape((size[0],) + (1,) * (n - 1) + (n + 1, n))
    return named(matmul(base, matrices), "AffineGridGenerator")
