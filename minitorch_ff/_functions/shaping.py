"""Other arrangements of the same elements: `torch.reshape`, `torch.transpose`, and so on.

All of these share memory with their input where its layout allows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any

from minitorch_ff._checks import check, must_be_tensor, shape_from, wrap_dim, wrap_dims
from minitorch_ff._functions._operands import Tensor, invalid_combination, type_name
from minitorch_ff._functions.layouts import clone
from minitorch_ff.firefly.ops import shaping as ops
from minitorch_ff.firefly.ops.indexing import Index
from minitorch_ff.firefly.views import apply_view, apply_views

Shape = Sequence[int]


# --------------------------------------------------------------------------- other shapes


def reshape(input: Tensor, shape: Shape) -> Tensor:
    """Arrange the elements, in row-major order, as `shape`; a view where possible.

    Args:
        input: Any shape.
        shape: The new one; a single -1 stands for what is left.

    Raises:
        RuntimeError: The number of elements differs.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.reshape(torch.arange(4), (2, -1))
        tensor([[0, 1],
                [2, 3]])

    See: rule [`Reshape`][minitorch_ff.firefly.ops.shaping.Reshape],
        [torch.reshape](https://docs.pytorch.org/docs/stable/generated/torch.reshape.html).
    """
    shape = _full_shape(input, shape_from((shape,)))
    out = apply_view(ops.Reshape, input, shape=shape)
    if out.view_of is None and out.node is not None:
        out.node.called = "UnsafeView"
    return out


def view(input: Tensor, shape: Shape) -> Tensor:
    """The same elements as `shape`, always without a copy.

    Raises:
        RuntimeError: The number of elements differs, or the layout does not allow it.
    """
    shape = _full_shape(input, shape)
    out = apply_view(ops.Reshape, input, shape=shape)
    if out.view_of is None and input.buffer.size:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
    return out


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Merge the dimensions from `start_dim` to `end_dim` into one.

    Raises:
        IndexError: There is no such dimension.
        RuntimeError: `start_dim` comes after `end_dim`.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.flatten(torch.zeros(2, 3, 4), start_dim=1).shape
        torch.Size([2, 12])

    See: [torch.flatten](https://docs.pytorch.org/docs/stable/generated/torch.flatten.html).
    """
    shape = input.buffer.shape
    start, end = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    check(start <= end, "flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(input, (1,))
    if start == end:
        return input
    return reshape(input, shape[:start] + (math.prod(shape[start : end + 1]),) + shape[end + 1 :])


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension.

    See: [torch.ravel](https://docs.pytorch.org/docs/stable/generated/torch.ravel.html).
    """
    return reshape(input, (-1,))


def unflatten(input: Tensor, dim: int, sizes: Shape) -> Tensor:
    """Split one dimension into several.

    Args:
        input: Any shape.
        dim: The dimension to split.
        sizes: What it becomes; a single -1 stands for what is left.

    Raises:
        RuntimeError: The sizes do not multiply to the dimension's.

    See: [torch.unflatten](https://docs.pytorch.org/docs/stable/generated/torch.unflatten.html).
    """
    shape = input.buffer.shape
    dim = wrap_dim(dim, len(shape))
    sizes = tuple(sizes)
    check(sizes, "unflatten: sizes must be non-empty")
    known = math.prod([n for n in sizes if n != -1])
    fits = known == shape[dim] if -1 not in sizes else known and shape[dim] % known == 0
    text = f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim"
    check(fits, f"{text} {dim} ({shape[dim]}) in the input tensor")
    if -1 in sizes:
        sizes = tuple([shape[dim] // known if n == -1 else n for n in sizes])
    return apply_view(ops.Reshape, input, shape=shape[:dim] + sizes + shape[dim + 1 :])


def squeeze(input: Tensor, dim: int | tuple[int, ...] | None = None) -> Tensor:
    """Remove dimensions of size 1: all of them, or those of `dim` that have it.

    Raises:
        IndexError: There is no such dimension.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.squeeze(torch.zeros(1, 3, 1)).shape
        torch.Size([3])

    See: [torch.squeeze](https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html).
    """
    shape = input.buffer.shape
    if dim is None:
        kept = tuple([n for n in shape if n != 1])
        return apply_view(ops.Reshape, input, shape=kept, called="Squeeze")
    dims = wrap_dims((dim,) if isinstance(dim, int) else dim, len(shape))
    kept = tuple([n for i, n in enumerate(shape) if n != 1 or i not in dims])
    variant = 1 if isinstance(dim, int) else 2
    return apply_view(ops.Reshape, input, shape=kept, called="Squeeze", variant=variant)


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Add a dimension of size 1 at `dim`.

    Raises:
        IndexError: There is no such place.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.unsqueeze(torch.zeros(3), 1).shape
        torch.Size([3, 1])

    See: [torch.unsqueeze](https://docs.pytorch.org/docs/stable/generated/torch.unsqueeze.html).
    """
    shape = input.buffer.shape
    dim = wrap_dim(dim, len(shape) + 1)
    shape = shape[:dim] + (1,) + shape[dim:]
    return apply_view(ops.Reshape, input, shape=shape, called="Unsqueeze")


# ---------------------------------------------------------------------------- other orders


def permute(input: Tensor, dims: Shape) -> Tensor:
    """The dimensions in the order `dims`.

    Raises:
        RuntimeError: `dims` has another length, or names a dimension twice.
        IndexError: There is no such dimension.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.permute(torch.zeros(2, 3, 4), (2, 0, 1)).shape
        torch.Size([4, 2, 3])

    See: rule [`Permute`][minitorch_ff.firefly.ops.shaping.Permute],
        [torch.permute](https://docs.pytorch.org/docs/stable/generated/torch.permute.html).
    """
    ndim = input.buffer.ndim
    if len(dims) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {ndim} is not "
            f"equal to len(dims) = {len(dims)}"
        )
    wrapped = tuple([wrap_dim(dim, ndim) for dim in dims])
    if len(set(wrapped)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return apply_view(ops.Permute, input, dims=wrapped)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Exchange two dimensions.

    Raises:
        IndexError: There is no such dimension.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.transpose(torch.tensor([[1, 2], [3, 4]]), 0, 1)
        tensor([[1, 3],
                [2, 4]])

    See: rule [`Permute`][minitorch_ff.firefly.ops.shaping.Permute],
        [torch.transpose](https://docs.pytorch.org/docs/stable/generated/torch.transpose.html).
    """
    ndim = input.buffer.ndim
    dim0, dim1 = wrap_dim(dim0, ndim), wrap_dim(dim1, ndim)
    dims = list(range(ndim))
    if ndim:
        dims[dim0], dims[dim1] = dims[dim1], dims[dim0]
    return apply_view(ops.Permute, input, dims=tuple(dims), called="Transpose")


def t(input: Tensor) -> Tensor:
    """A matrix transposed; vectors and numbers as they are.

    Raises:
        RuntimeError: `input` has more than two dimensions.

    See: [torch.t](https://docs.pytorch.org/docs/stable/generated/torch.t.html).
    """
    ndim = input.buffer.ndim
    check(ndim <= 2, f"t() expects a tensor with <= 2 dimensions, but self is {ndim}D")
    return apply_view(ops.Permute, input, dims=tuple(range(ndim))[::-1], called="T")


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Move dimensions to other places; the others keep their order.

    Raises:
        RuntimeError: The two lists differ in length, or name a dimension twice.

    See: [torch.movedim](https://docs.pytorch.org/docs/stable/generated/torch.movedim.html).
    """
    ndim = input.buffer.ndim
    sources = (source,) if isinstance(source, int) else tuple(source)
    places = (destination,) if isinstance(destination, int) else tuple(destination)
    text = f"movedim: Invalid source or destination dims: source ({list(sources)} dims) should"
    more = f"contain the same number of dims as destination ({list(places)} dims)"
    check(len(sources) == len(places), f"{text} {more}")
    wrapped = [[wrap_dim(dim, ndim) for dim in dims] for dims in (sources, places)]
    for name, dims, given in zip(
        ("source", "destination"), wrapped, (sources, places), strict=True
    ):
        check(len(set(dims)) == len(dims), f"movedim: repeated dim in `{name}` ({list(given)})")
    moved = dict(zip(wrapped[1], wrapped[0], strict=True))
    rest = iter([dim for dim in range(ndim) if dim not in wrapped[0]])
    order = [moved[place] if place in moved else next(rest) for place in range(ndim)]
    return apply_view(ops.Permute, input, dims=tuple(order))


def mT(input: Tensor) -> Tensor:
    """The last two dimensions exchanged."""
    ndim = input.buffer.ndim
    text = "tensor.mT is only supported on matrices or batches of matrices."
    check(ndim >= 2, f"{text} Got {ndim}-D tensor.")
    return transpose(input, -2, -1)


def mH(input: Tensor) -> Tensor:
    """The last two dimensions exchanged, and complex numbers conjugated."""
    return mT(input.conj() if input.is_complex() else input)


def H(input: Tensor) -> Tensor:
    """A matrix transposed, and complex numbers conjugated."""
    ndim = input.buffer.ndim
    text = f"tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor."
    hint = " For batches of matrices, consider using tensor.mH" if ndim > 2 else ""
    check(ndim == 2, text + hint)
    return mH(input)


def reversed_dims(input: Tensor) -> Tensor:
    """All dimensions in reverse order: `x.T`."""
    return apply_view(ops.Permute, input, dims=tuple(range(input.buffer.ndim))[::-1])


# ---------------------------------------------------------------------- parts and windows


def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """`length` positions of a dimension, from `start` on.

    Raises:
        IndexError: There is no such dimension or start.
        RuntimeError: The part reaches beyond the end, or `length` is negative.

    See: [torch.narrow](https://docs.pytorch.org/docs/stable/generated/torch.narrow.html).
    """
    shape = input.buffer.shape
    check(shape, "narrow() cannot be applied to a 0-dim tensor.")
    check(length >= 0, "narrow(): length must be non-negative.")
    dim = wrap_dim(dim, len(shape))
    if isinstance(start, Tensor) and (start.buffer.ndim or start.buffer.dtype.kind not in "iu"):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    start = int(start)
    size = shape[dim]
    if not -size <= start <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    start = start + size if start < 0 else start
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    index = (*(slice(None),) * dim, slice(start, start + length))
    return apply_view(Index, input, index=index)


def narrow_copy(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """What `narrow` gives, in memory of its own.

    See: [torch.narrow_copy](https://docs.pytorch.org/docs/stable/generated/torch.narrow_copy.html).
    """
    text = "Expected dim < static_cast<int64_t>(self_sizes.size()) to be true, but got false."
    shape = input.buffer.shape
    check(dim < max(len(shape), 1), text)
    if length < 0 and shape:
        text = f"start ({start}) + length ({length}) exceeds dimension size ({shape[dim]})."
        raise RuntimeError(text)
    return named(clone(narrow(input, dim, start, length)), "NarrowCopy")


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """One position of a dimension; the dimension goes.

    Raises:
        IndexError: There is no such dimension or position.

    See: [torch.select](https://docs.pytorch.org/docs/stable/generated/torch.select.html).
    """
    shape = input.buffer.shape
    check(shape, "select() cannot be applied to a 0-dim tensor.", IndexError)
    dim = wrap_dim(dim, len(shape))
    index = int(index)
    if not -shape[dim] <= index < shape[dim]:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(shape)} at "
            f"dimension {dim}"
        )
    return apply_view(Index, input, index=(*(slice(None),) * dim, index))


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The elements whose positions in two dimensions differ by `offset`.

    Raises:
        RuntimeError: The two dimensions are the same.

    See: rule [`Diagonal`][minitorch_ff.firefly.ops.shaping.Diagonal],
        [torch.diagonal](https://docs.pytorch.org/docs/stable/generated/torch.diagonal.html).
    """
    ndim = input.buffer.ndim
    first, second = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    check(first != second, f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return apply_view(ops.Diagonal, input, offset=offset, dim0=first, dim1=second)


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Windows of `size` elements, `step` apart, along a dimension, as a last dimension.

    Raises:
        RuntimeError: A window is larger than the dimension, or `step` is not positive.

    See: rule [`Unfold`][minitorch_ff.firefly.ops.shaping.Unfold],
        [torch.Tensor.unfold](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.unfold.html).
    """
    shape = input.buffer.shape
    dim = wrap_dim(dimension, len(shape))
    limit = shape[dim] if shape else 1
    check(size >= 0, f"size is {size} but must be >= 0")
    text = f"maximum size for tensor at dimension {dim} is {limit} but size is {size}"
    check(size <= limit, text)
    check(step > 0, f"step is {step} but must be > 0")
    if not shape:
        return apply_view(ops.Reshape, input, shape=(1,)) if size else input.new_empty((0,))
    return apply_view(ops.Unfold, input, dim=dim, size=size, step=step)


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """All positions of a dimension, each as a tensor without it.

    Raises:
        IndexError: There is no such dimension.

    See: rule [`Split`][minitorch_ff.firefly.ops.shaping.Split],
        [torch.unbind](https://docs.pytorch.org/docs/stable/generated/torch.unbind.html).
    """
    shape = input.buffer.shape
    check(shape, "Dimension specified as 0 but tensor has no dimensions", IndexError)
    dim = wrap_dim(dim, len(shape))
    return _parts(input, dim, list(range(shape[dim])))


def split(
    tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Consecutive parts along a dimension.

    Args:
        tensor: At least one dimension.
        split_size_or_sections: The size of every part (the last may be smaller), or the
            sizes of all parts.
        dim: The dimension to split.

    Raises:
        RuntimeError: A size is negative, or the sizes do not add up to the dimension's.

    See: rule [`Split`][minitorch_ff.firefly.ops.shaping.Split],
        [torch.split](https://docs.pytorch.org/docs/stable/generated/torch.split.html).
    """
    must_be_tensor(tensor, "split", "tensor", 1)
    shape = tensor.buffer.shape
    check(shape, "split expects at least a 1-dimensional tensor")
    if not isinstance(split_size_or_sections, int):
        return split_with_sizes(tensor, split_size_or_sections, dim)
    size = split_size_or_sections
    dim = wrap_dim(dim, len(shape))
    total = shape[dim]
    check(size >= 0, f"split expects split_size be non-negative, but got split_size={size}")
    text = "split_size can only be 0 if dimension size is 0, but got dimension size of"
    check(size or not total, f"{text} {total}")
    starts = range(0, total, size) if size and total else range(1)
    return _parts(tensor, dim, [slice(s, min(s + size, total)) for s in starts])


def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive parts of the given sizes along a dimension; see `split`."""
    shape = input.buffer.shape
    dim = wrap_dim(dim, len(shape))
    sizes = [int(n) for n in split_sizes]
    expects, got = "split_with_sizes expects split_sizes", f"but got split_sizes={sizes}"
    check(min(sizes, default=0) >= 0, f"{expects} have only non-negative entries, {got}")
    exactly = f"{shape[dim]} (input tensor's size at dimension {dim})"
    check(sum(sizes) == shape[dim], f"{expects} to sum exactly to {exactly}, {got}")
    parts = [slice(end - n, end) for n, end in zip(sizes, accumulate(sizes), strict=True)]
    return _parts(input, dim, parts, ops.SplitWithSizes)


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` consecutive parts of equal size along a dimension.

    Raises:
        RuntimeError: `chunks` is not positive.

    See: [torch.chunk](https://docs.pytorch.org/docs/stable/generated/torch.chunk.html).
    """
    shape = input.buffer.shape
    check(shape, "chunk expects at least a 1-dimensional tensor")
    check(chunks > 0, f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    size = shape[wrap_dim(dim, len(shape))]
    if size == 0:
        return split_with_sizes(input, [0] * chunks, dim)
    return split(input, -(-size // chunks), dim)


def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts along a dimension: so many of nearly equal size, or cut at given positions.

    Raises:
        RuntimeError: The number of sections is not positive.

    See: [torch.tensor_split](https://docs.pytorch.org/docs/stable/generated/torch.tensor_split.html).
    """
    shape = input.buffer.shape
    text = "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
    check(shape, text)
    dim = wrap_dim(dim, len(shape))
    if hasattr(indices_or_sections, "tolist"):
        indices_or_sections = indices_or_sections.tolist()
    size = shape[dim]
    if isinstance(indices_or_sections, int):
        n = indices_or_sections
        check(n > 0, f"number of sections must be larger than 0, got {n}")
        small, larger = divmod(size, n)
        cuts = [i * small + min(i, larger) for i in range(n + 1)]
    else:
        cuts = [0, *indices_or_sections, size]
    parts = [slice(a, b) for a, b in pairwise(cuts)]
    before = (slice(None),) * dim
    return tuple([apply_view(Index, input, index=(*before, part)) for part in parts])


def hsplit(input: Tensor, *indices_or_sections: Any) -> tuple[Tensor, ...]:
    """`tensor_split` by columns: dimension 1, or 0 of a vector.

    Raises:
        RuntimeError: `input` is 0-d, or cannot be split into so many equal parts.

    See: [torch.hsplit](https://docs.pytorch.org/docs/stable/generated/torch.hsplit.html).
    """
    dim = 1 if input.buffer.ndim > 1 else 0
    return _split_along(input, dim, indices_or_sections, "hsplit", 1)


def vsplit(input: Tensor, *indices_or_sections: Any) -> tuple[Tensor, ...]:
    """`tensor_split` by rows: dimension 0 of a matrix or more.

    Raises:
        RuntimeError: `input` is no matrix, or cannot be split into so many equal parts.

    See: [torch.vsplit](https://docs.pytorch.org/docs/stable/generated/torch.vsplit.html).
    """
    return _split_along(input, 0, indices_or_sections, "vsplit", 2)


def dsplit(input: Tensor, *indices_or_sections: Any) -> tuple[Tensor, ...]:
    """`tensor_split` by depth: dimension 2.

    Raises:
        RuntimeError: There is no such dimension, or it cannot be split into so many equal parts.

    See: [torch.dsplit](https://docs.pytorch.org/docs/stable/generated/torch.dsplit.html).
    """
    return _split_along(input, 2, indices_or_sections, "dsplit", 3)


def _split_along(input: Tensor, dim: int, given: Any, name: str, least: int) -> tuple[Tensor, ...]:
    """Equal parts, or parts cut at given positions, of a tensor of enough dimensions."""
    shape = input.buffer.shape
    text = f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with"
    check(len(shape) >= least, f"{text} {len(shape)} dimensions!")
    cuts = given[0] if len(given) == 1 else given
    cuts = cuts.tolist() if isinstance(cuts, Tensor) else cuts
    if not isinstance(cuts, (int, tuple, list)):
        raise invalid_combination(name, input, cuts)
    if isinstance(cuts, int):
        text = f"torch.{name} attempted to split along dimension {dim}, but the size of the"
        more = f"dimension {shape[dim]} is not divisible by the split_size {cuts}!"
        check(cuts and shape[dim] % cuts == 0, f"{text} {more}")
    return tensor_split(input, cuts, dim)


def _parts(
    input: Tensor, dim: int, parts: list[Any], operator: type[ops.Split] = ops.Split
) -> tuple[Tensor, ...]:
    """Several views of one tensor, made by one operator."""
    if not parts:
        return ()
    before = (slice(None),) * dim
    steps = [{"index": (*before, part)} for part in parts]
    return apply_views(operator, input, steps, Index, dim=dim, parts=parts)


# ----------------------------------------------------------- copies with another part


def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy of `input` with `src` in the place of `select(input, dim, index)`.

    Raises:
        IndexError: There is no such dimension or position.
        RuntimeError: `src` has another shape.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.select_scatter(torch.zeros(2, 2), torch.ones(2), 0, 1)
        tensor([[0., 0.],
                [1., 1.]])

    See: [torch.select_scatter](https://docs.pytorch.org/docs/stable/generated/torch.select_scatter.html).
    """
    return _with_part(input, src, "SelectScatter", select, dim, index)


def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Tensor:
    """A copy of `input` with `src` in the place of `start:end:step` along `dim`.

    Raises:
        IndexError: There is no such dimension.
        RuntimeError: `src` has another shape, or `step` is not positive.

    See: [torch.slice_scatter](https://docs.pytorch.org/docs/stable/generated/torch.slice_scatter.html).
    """
    check(step > 0, "slice step must be positive")
    index = (*(slice(None),) * wrap_dim(dim, input.buffer.ndim), slice(start, end, step))
    return _with_part(input, src, "SliceScatter", lambda x: apply_view(Index, x, index=index))


def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """A copy of `input` with `src` in the place of `diagonal(input, offset, dim1, dim2)`.

    Raises:
        IndexError: There is no such dimension.
        RuntimeError: `src` has another shape, or the two dimensions are the same.

    See: [torch.diagonal_scatter](https://docs.pytorch.org/docs/stable/generated/torch.diagonal_scatter.html).
    """
    return _with_part(input, src, "DiagonalScatter", diagonal, offset, dim1, dim2)


def _with_part(
    input: Tensor, src: Tensor, called: str, view: Callable[..., Tensor], *args: Any
) -> Tensor:
    """A copy in which a view was written."""
    out = clone(input)
    part = view(out, *args)
    text = "expected src to have a size equal to the slice of self. src size ="
    sizes = f"{list(src.shape)}, slice size = {list(part.shape)}"
    check(src.shape == part.shape, f"{text} {sizes}")
    part.copy_(src)
    return named(out, called)


def named(out: Tensor, called: str) -> Tensor:
    """`out`, its node named after the function that made it."""
    if out.node is not None:
        out.node.called = called
    return out


# -------------------------------------------------------------------------- more elements


def expand(input: Tensor, shape: Shape) -> Tensor:
    """Repeat dimensions of size 1 (and add leading ones) without a copy.

    Args:
        input: Any shape.
        shape: The larger shape; -1 keeps a dimension's size.

    Raises:
        RuntimeError: A dimension has another size than 1 and than asked for.

    See: rule [`Expand`][minitorch_ff.firefly.ops.shaping.Expand],
        [torch.Tensor.expand](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.expand.html).
    """
    old = input.buffer.shape
    lead = len(shape) - len(old)
    if lead < 0:
        raise RuntimeError(
            f"expand(torch.{type_name(input)}Tensor{{{list(old)}}}, size={list(shape)}): the "
            f"number of sizes provided ({len(shape)}) must be greater or equal to the number of "
            f"dimensions in the tensor ({len(old)})"
        )
    new = []
    for i, n in enumerate(shape):
        before = old[i - lead] if i >= lead else None
        if n == -1:
            if before is None:
                raise RuntimeError(
                    f"The expanded size of the tensor ({n}) isn't allowed in a leading, "
                    f"non-existing dimension {i}"
                )
            n = before
        elif before is not None and before not in (1, n):
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size "
                f"({before}) at non-singleton dimension {i}.  Target sizes: {list(shape)}.  "
                f"Tensor sizes: {list(old)}"
            )
        new.append(n)
    return apply_view(ops.Expand, input, shape=tuple(new))


def _full_shape(input: Tensor, shape: Shape) -> tuple[int, ...]:
    """`shape` with its -1 filled in.

    Raises:
        RuntimeError: The number of elements differs.
    """
    shape = tuple(shape)
    size = input.buffer.size
    if -1 not in shape:
        if math.prod(shape) != size or any([n < 0 for n in shape]):
            raise _wrong_shape(shape, size)
        return shape
    known = math.prod([n for n in shape if n != -1])
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if known == 0 and size == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the "
            "unspecified dimension size -1 can be any value and is ambiguous"
        )
    if known <= 0 or size % known:
        raise _wrong_shape(shape, size)
    return tuple([size // known if n == -1 else n for n in shape])


def _wrong_shape(shape: Shape, size: int) -> RuntimeError:
    for n in shape:
        if n < -1:
            return RuntimeError(f"invalid shape dimension {n}")
    return RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")


def becoming(view: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The method that makes a tensor what `view(self, ...)` would be."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        new = view(self, *args, **kwargs)
        if new is not self:
            self.buffer, self.version = new.buffer, new.version
            self.version[0] += 1
            if new.node is not None:
                self.node = new.node
            if self.view_of is not None:
                self.view_of = new.view_of
        return self

    method.__name__ = view.__name__ + "_"
    method.__doc__ = f"`{view.__name__}`, in place: the tensor itself gets the new shape."
    return method
