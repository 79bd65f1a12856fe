"""Several tensors into one: `torch.cat`, `torch.stack`, …, and made to meet."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any

from minitorch_ff._checks import check, wrap_dim
from minitorch_ff._dtypes import int64, of
from minitorch_ff._functions import shaping
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.conversion import cast
from minitorch_ff._functions.creation import tensor
from minitorch_ff._size import Size, size_of
from minitorch_ff.firefly.ops import shaping as ops
from minitorch_ff.firefly.ops.base import apply, check_broadcast, check_same_device
from minitorch_ff.firefly.ops.loss import broadcast
from minitorch_ff.firefly.promotion import promote_types

Tensors = Sequence[Tensor]


def checked(tensors: Any, function: str) -> list[Any]:
    """A list of tensors, in the dtype that they meet in.

    Raises:
        TypeError: An element is no tensor.
        RuntimeError: The list is empty, or the devices differ.
    """
    if isinstance(tensors, Tensor):
        raise TypeError(
            f"{function}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor"
        )
    parts = list(tensors)
    for i, part in enumerate(parts):
        if not isinstance(part, Tensor):
            raise TypeError(
                f"expected Tensor as element {i} in argument 0, but got {type(part).__name__}"
            )
    if not parts and function == "cat":
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    if not parts:
        raise RuntimeError(f"{function} expects a non-empty TensorList")
    dtypes = [part.buffer.dtype for part in parts]
    if any([dtype is not dtypes[0] for dtype in dtypes]):
        common = of(functools.reduce(promote_types, dtypes))
        parts = [cast(part, common) for part in parts]
    check_same_device(*parts, method="cat tensors")
    return parts


def cat(tensors: Tensors, dim: int = 0) -> Tensor:
    """Put tensors one after the other along a dimension.

    Args:
        tensors: Equal in all other dimensions; empty one-dimensional ones do not count.
        dim: The dimension along which they are joined.

    Raises:
        RuntimeError: The list is empty, or the shapes do not fit.
        IndexError: There is no such dimension.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.cat((torch.zeros(1, 2), torch.ones(1, 2)))
        tensor([[0., 0.],
                [1., 1.]])

    See: rule [`Cat`][minitorch_ff.firefly.ops.shaping.Cat],
        [torch.cat](https://docs.pytorch.org/docs/stable/generated/torch.cat.html).
    """
    parts = checked(tensors, "cat")
    for i, part in enumerate(parts):
        if not part.buffer.ndim:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    kept = [part for part in parts if part.buffer.shape != (0,)] or parts[:1]
    shape = kept[0].buffer.shape
    dim = wrap_dim(dim, len(shape))
    for i, part in enumerate(kept[1:], 1):
        other = part.buffer.shape
        if len(other) != len(shape):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(shape)} and {len(other)}"
            )
        for j, (n, m) in enumerate(zip(shape, other, strict=True)):
            if n != m and j != dim:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {n} "
                    f"but got size {m} for tensor number {i} in the list."
                )
    return apply(ops.Cat, *kept, dim=dim)


concat = concatenate = cat


def stack(tensors: Tensors, dim: int = 0) -> Tensor:
    """Put tensors of one shape side by side along a new dimension.

    Args:
        tensors: All of one shape.
        dim: Where the new dimension goes.

    Raises:
        RuntimeError: The list is empty, or the shapes differ.
        IndexError: There is no such place.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.stack((torch.tensor([1, 2]), torch.tensor([3, 4])), dim=1)
        tensor([[1, 3],
                [2, 4]])

    See: rule [`Stack`][minitorch_ff.firefly.ops.shaping.Stack],
        [torch.stack](https://docs.pytorch.org/docs/stable/generated/torch.stack.html).
    """
    parts = checked(tensors, "stack")
    shape = parts[0].buffer.shape
    dim = wrap_dim(dim, len(shape) + 1)
    for i, part in enumerate(parts):
        if part.buffer.shape != shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 "
                f"and {list(part.buffer.shape)} at entry {i}"
            )
    return apply(ops.Stack, *parts, dim=dim)


def at_least(ndim: int, tensor: Tensor) -> Tensor:
    """The tensor with so many dimensions at least, as `atleast_1d` and its kin add them."""
    missing = ndim - tensor.buffer.ndim
    if ndim == 3 and missing in (1, 2):  # the last dimension is the depth
        tensor = tensor.unsqueeze(-1)
        missing -= 1
    for _ in range(missing):
        tensor = tensor.unsqueeze(0)
    return tensor


def _each_at_least(ndim: int, tensors: tuple[Any, ...]) -> Any:
    if len(tensors) == 1:
        if isinstance(tensors[0], Tensor):
            return at_least(ndim, tensors[0])  # type: ignore[arg-type]
        tensors = tuple(tensors[0])
    return tuple([at_least(ndim, tensor) for tensor in tensors])


def atleast_1d(*tensors: Any) -> Any:
    """Each tensor with one dimension at least.

    See: [torch.atleast_1d](https://docs.pytorch.org/docs/stable/generated/torch.atleast_1d.html).
    """
    return _each_at_least(1, tensors)


def atleast_2d(*tensors: Any) -> Any:
    """Each tensor with two dimensions at least.

    See: [torch.atleast_2d](https://docs.pytorch.org/docs/stable/generated/torch.atleast_2d.html).
    """
    return _each_at_least(2, tensors)


def atleast_3d(*tensors: Any) -> Any:
    """Each tensor with three dimensions at least.

    See: [torch.atleast_3d](https://docs.pytorch.org/docs/stable/generated/torch.atleast_3d.html).
    """
    return _each_at_least(3, tensors)


def hstack(tensors: Tensors) -> Tensor:
    """Join side by side: along the second dimension, of vectors along the only one.

    See: [torch.hstack](https://docs.pytorch.org/docs/stable/generated/torch.hstack.html).
    """
    parts = [at_least(1, part) for part in checked(tensors, "hstack")]
    return cat(parts, 0 if parts[0].buffer.ndim == 1 else 1)


def vstack(tensors: Tensors) -> Tensor:
    """Join one below the other: along the first dimension; vectors count as rows.

    See: [torch.vstack](https://docs.pytorch.org/docs/stable/generated/torch.vstack.html).
    """
    return cat([at_least(2, part) for part in checked(tensors, "vstack")], 0)


row_stack = vstack


def dstack(tensors: Tensors) -> Tensor:
    """Join in depth: along the third dimension.

    See: [torch.dstack](https://docs.pytorch.org/docs/stable/generated/torch.dstack.html).
    """
    return cat([at_least(3, part) for part in checked(tensors, "dstack")], 2)


def column_stack(tensors: Tensors) -> Tensor:
    """Join side by side; vectors count as columns.

    See: [torch.column_stack](https://docs.pytorch.org/docs/stable/generated/torch.column_stack.html).
    """
    parts = [
        part.reshape(part.numel(), 1) if part.buffer.ndim <= 1 else part
        for part in checked(tensors, "column_stack")
    ]
    return cat(parts, 1)


def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along the diagonal of a larger one, zeros elsewhere.

    See: [torch.block_diag](https://docs.pytorch.org/docs/stable/generated/torch.block_diag.html).
    """
    blocks = [at_least(2, part) for part in checked(tensors, "block_diag")]
    width = sum([block.shape[1] for block in blocks])
    rows, before = [], 0
    for block in blocks:
        height, n = block.shape
        left = block.new_zeros(height, before)
        right = block.new_zeros(height, width - before - n)
        rows.append(cat((left, block, right), 1))
        before += n
    return cat(rows, 0)


# ---------------------------------------------------------------------- made to meet


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape in which shapes meet.

    Raises:
        RuntimeError: They do not.

    See: [torch.broadcast_shapes](https://docs.pytorch.org/docs/stable/generated/torch.broadcast_shapes.html).
    """
    given = [(shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes]
    length = max([len(shape) for shape in given], default=0)
    result = [1] * length
    for shape in given:
        for i, n in enumerate(shape[::-1], 1):
            check(n >= 0, f"Trying to create tensor with negative dimension ({n}): ({n})")
            meets = 1 in (n, result[-i]) or n == result[-i]
            check(meets, "Shape mismatch: objects cannot be broadcast to a single shape")
            result[-i] = result[-i] if n == 1 else n
    return size_of(tuple(result))


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Tensors expanded to the shape in which they meet, without copies.

    Raises:
        RuntimeError: They do not meet.

    See: [torch.broadcast_tensors](https://docs.pytorch.org/docs/stable/generated/torch.broadcast_tensors.html).
    """
    if len(tensors) == 1 and not isinstance(tensors[0], Tensor):
        tensors = tuple(tensors[0])
    shape: tuple[int, ...] = ()
    for t in tensors:
        shape = meet(shape, t.buffer.shape)
    return tuple([shaping.expand(t, shape) for t in tensors])


def meet(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The shape in which two shapes meet, with PyTorch's words if they do not."""
    check_broadcast(a, b)
    return broadcast(a, b)


def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """Expanded to a larger shape, without a copy.

    See: [torch.broadcast_to](https://docs.pytorch.org/docs/stable/generated/torch.broadcast_to.html).
    """
    return shaping.expand(input, tuple(size))


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Coordinates of a grid: each vector spread along a dimension of its own.

    Args:
        *tensors: Vectors (or numbers), or one list of them.
        indexing: `"ij"` (matrix order) or `"xy"` (the first two dimensions exchanged).

    Raises:
        RuntimeError: A tensor has two dimensions or more, or the dtypes differ.

    See: [torch.meshgrid](https://docs.pytorch.org/docs/stable/generated/torch.meshgrid.html).
    """
    if len(tensors) == 1 and not isinstance(tensors[0], Tensor):
        tensors = tuple(tensors[0])
    check(tensors, "meshgrid expects a non-empty TensorList")
    for vector in tensors:
        if vector.buffer.ndim > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {vector!r}"
            )
        if vector.buffer.dtype != tensors[0].buffer.dtype:
            raise RuntimeError("torch.meshgrid expects all tensors to have the same dtype")
    text = 'torch.meshgrid: indexing must be one of "xy" or "ij", but received:'
    check(indexing in (None, "ij", "xy"), f"{text} {indexing}")
    shape = tuple([vector.numel() for vector in tensors])
    grids = []
    for i, vector in enumerate(tensors):
        along = (1,) * i + (-1,) + (1,) * (len(tensors) - 1 - i)
        grids.append(vector.reshape(along).expand(shape))
    if indexing == "xy" and len(tensors) >= 2:
        grids = [grid.transpose(0, 1) for grid in grids]
    return tuple(grids)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations of one element from each vector, as rows.

    See: [torch.cartesian_prod](https://docs.pytorch.org/docs/stable/generated/torch.cartesian_prod.html).
    """
    for vector in tensors:
        shape = list(vector.buffer.shape)
        check(len(shape) == 1, f"Expect a 1D vector, but got shape {shape}")
    if len(tensors) == 1:
        return tensors[0]
    grids = meshgrid(*tensors, indexing="ij")
    return stack([grid.flatten() for grid in grids], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All combinations of `r` elements of a vector, as rows.

    See: [torch.combinations](https://docs.pytorch.org/docs/stable/generated/torch.combinations.html).
    """
    check(input.buffer.ndim == 1, f"Expect a 1D vector, but got shape {list(input.buffer.shape)}")
    check(r >= 0, f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty((0,))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(input.numel()), r))
    positions = tensor(rows, dtype=int64, device=input.device)
    return input[positions.reshape(-1, r)]
