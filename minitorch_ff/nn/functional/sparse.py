"""Categories as vectors: one-hot, or rows of a table."""

import warnings
from typing import Any

from minitorch_ff._checks import check, must_be_tensors
from minitorch_ff._dtypes import int64
from minitorch_ff._functions.conversion import cast
from minitorch_ff._functions.counting import bincount, searchsorted
from minitorch_ff._functions.creation import arange
from minitorch_ff._functions.ordering import unique
from minitorch_ff._functions.picking import gather
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.firefly.ops import embedding as ops
from minitorch_ff.firefly.ops.base import TYPE_NAMES, apply, check_same_device


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
    """A one at each class number, zeros elsewhere.

    Args:
        input: Class numbers, int64. Any shape.
        num_classes: How many classes; by default one more than the largest number.

    Returns:
        int64, with a dimension of the classes added at the end.

    Raises:
        RuntimeError: A number is no class, or the dtype is not int64.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.functional.one_hot(torch.tensor([0, 2]))
        tensor([[1, 0, 0],
                [0, 0, 1]])

    See: [torch.nn.functional.one_hot](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html).
    """
    numbers, xp = input.buffer, input.backend
    if numbers.dtype.name != "int64":
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not numbers.size:
        check(num_classes > 0, "Can not infer total number of classes from empty tensor.")
        return input.new_empty((*numbers.shape, num_classes))
    low, high = int(xp.amin(numbers)), int(xp.amax(numbers))
    check(low >= 0, "Class values must be non-negative.")
    if num_classes == -1:
        num_classes = high + 1
    check(num_classes >= 1, "num_classes should be positive")
    check(high < num_classes, "Class values must be smaller than num_classes.")
    classes = arange(num_classes, device=input.device)
    return cast(input.unsqueeze(-1) == classes, int64)


def embedding(
    input: Tensor, weight: Tensor, padding_idx: int | None = None, max_norm: float | None = None,
    norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Tensor:  # fmt: skip
    """The rows of a table at the places that `input` names.

    Args:
        input: Row numbers, int64 or int32. Any shape.
        weight: The table, shape `(num_embeddings, embedding_dim)`.
        padding_idx: A row that gets no gradient.
        max_norm: Rows that are used and have a larger norm are scaled down to it, in place.
        norm_type: Which norm that is.
        scale_grad_by_freq: Divide the gradient of a row by how often it occurs in `input`.
        sparse: Only False: gradients are dense.

    Returns:
        Shape `(*, embedding_dim)`.

    Raises:
        IndexError: There is no such row.
        NotImplementedError: `sparse` is True.
        RuntimeError: The dtype of `input` or the shape of `weight` is wrong.

    Example:
        >>> import minitorch_ff as torch
        >>> table = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
        >>> torch.nn.functional.embedding(torch.tensor([2, 0]), table)
        tensor([[5., 6.],
                [1., 2.]])

    See: rule [`Embedding`][minitorch_ff.firefly.ops.embedding.Embedding],
        [torch.nn.functional.embedding](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html).
    """
    must_be_tensors("embedding", weight=weight, indices=input)
    refuse_sparse(sparse)
    index, table = input.buffer, weight.buffer
    rows = len(table) if table.ndim else 0
    if padding_idx is not None:
        inside = -rows <= padding_idx < rows
        check(inside, "Padding_idx must be within num_embeddings", AssertionError)
        padding_idx %= rows
    check(table.ndim == 2, "'weight' must be 2-D")
    check_type(input, "indices", "embedding")
    check_same_device(weight, input, method="_index_select self index")
    if not weight.backend.all_between(index, 0, rows):
        raise IndexError("index out of range in self")
    if max_norm is not None:
        renormalise_(weight, input, max_norm, norm_type)
    share = None
    if weight.requires_grad and (padding_idx is not None or scale_grad_by_freq):
        share = shares(input, rows, padding_idx, scale_grad_by_freq).to(weight.dtype).buffer
    return apply(ops.Embedding, weight, index=index, share=share)  # type: ignore[no-any-return]


def refuse_sparse(sparse: bool) -> None:
    """Refuse gradients that hold only some rows.

    Raises:
        NotImplementedError: They are asked for.
    """
    if sparse:
        raise NotImplementedError(
            "sparse=True: sparse gradients are not supported; use sparse=False, whose dense "
            "gradient has the same values, and Adam in place of SparseAdam"
        )


KINDS = {
    "indices": ("Long, Int", ("int64", "int32")),
    "weight": ("Half, BFloat16, Float, Double", ("float16", "bfloat16", "float32", "float64")),
}
"""What PyTorch's checks call the dtypes that an argument may have, and the dtypes."""


def tensor_type(tensor: Tensor) -> str:
    """What PyTorch's messages call a tensor of this dtype."""
    name = TYPE_NAMES[tensor.buffer.dtype.name]
    return "CPUBoolType" if name == "Bool" else f"torch.{name}Tensor"


def check_type(tensor: Tensor, argument: str, function: str) -> None:
    """Refuse other dtypes than those of `KINDS`.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    names, allowed = KINDS[argument]
    text = (
        f"Expected tensor for argument #1 '{argument}' to have one of the following scalar types: "
        f"{names}; but got {tensor_type(tensor)} instead (while checking arguments for {function})"
    )
    check(tensor.buffer.dtype.name in allowed, text)


@no_grad()
def renormalise_(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are used down to a norm of at most `max_norm`."""
    used = unique(input)
    weight[used] = weight[used].renorm(norm_type, 0, max_norm)


def shares(input: Tensor, rows: int, padding_idx: int | None, by_frequency: bool) -> Tensor:
    """How much each place counts in its row's gradient, with a last dimension of size 1."""
    if by_frequency:
        share = 1 / bincount(input.flatten(), minlength=rows)[input]
        if padding_idx is not None:
            share = share.masked_fill(input == padding_idx, 0)
    else:
        share = input != padding_idx
    return share.unsqueeze(-1)


def embedding_bag(
    input: Tensor, weight: Tensor, offsets: Tensor | None = None, max_norm: float | None = None,
    norm_type: float = 2, scale_grad_by_freq: bool = False, mode: str = "mean",
    sparse: bool = False, per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Tensor:  # fmt: skip
    """Sums, means or maxima of the table's rows, over bags of row numbers.

    Args:
        input: Row numbers, int64 or int32: a bag in each row, or a vector of all.
        weight: The table, shape `(num_embeddings, embedding_dim)`.
        offsets: Where each bag begins in the vector.
        max_norm: Rows that are used and have a larger norm are scaled down to it, in place.
        norm_type: Which norm that is.
        scale_grad_by_freq: Divide the gradient of a row by how often it occurs in `input`.
        mode: `"sum"`, `"mean"` or `"max"`; an empty bag gives zeros.
        sparse: Only False: gradients are dense.
        per_sample_weights: A factor for each number, in the shape of `input`; for sums only.
        include_last_offset: Whether `offsets` has the end of the last bag as well.
        padding_idx: A number that does not count.

    Returns:
        Shape `(bags, embedding_dim)`.

    Raises:
        NotImplementedError: `sparse` is True, or weights are given for means or maxima.
        RuntimeError: A number, offset, dtype or shape is wrong.
        ValueError: A number of dimensions, or the mode is wrong.

    Example:
        >>> import minitorch_ff as torch
        >>> table = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
        >>> torch.nn.functional.embedding_bag(torch.tensor([[0, 1], [2, 2]]), table)
        tensor([[2., 3.],
                [5., 6.]])

    See: rules [`Embedding`][minitorch_ff.firefly.ops.embedding.Embedding] and
        [`AddRows`][minitorch_ff.firefly.ops.embedding.AddRows],
        [torch.nn.functional.embedding_bag](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding_bag.html).
    """
    if weight.dtype == int64 and input.is_floating_point():
        warnings.warn(SWAPPED, stacklevel=2)
        input, weight = weight, input
    factors: Tensor | None = per_sample_weights
    begins: Any = offsets
    _check_bags(input, weight, offsets, mode, scale_grad_by_freq, sparse, factors)
    rows = len(weight)
    if input.dim() == 2:
        bags, length = input.shape
        begins = arange(bags + include_last_offset, device=input.device) * length
        input, factors = input.flatten(), factors if factors is None else factors.flatten()
    _check_numbers(input, weight, begins, factors, include_last_offset, padding_idx)
    if max_norm is not None:
        renormalise_(weight, input, max_norm, norm_type)
    bags = len(begins) - include_last_offset
    places = arange(len(input), device=input.device)
    bag = searchsorted(begins, places, right=True) - 1
    counts = (bag >= 0) & (bag < bags)  # what comes after the last offset belongs to no bag
    if padding_idx is not None:
        counts = counts & (input != padding_idx % rows)
    if not counts.all():
        input, bag = input[counts], bag[counts]
        factors = factors if factors is None else factors[counts]
    sizes = bincount(bag, minlength=bags)
    if mode == "max":
        out = _largest(input, weight, bag, sizes)
    else:
        share = None
        if scale_grad_by_freq:
            share = shares(input, rows, None, True).to(weight.dtype).buffer
        found = apply(ops.Embedding, weight, index=input.buffer, share=share)
        found = found if factors is None else found * factors.unsqueeze(-1)
        out = apply(ops.AddRows, found, index=bag.buffer, rows=bags)
        if mode == "mean":
            out = out / sizes.clamp(min=1).unsqueeze(-1)
    if out.node is not None:
        out.node.called = "EmbeddingBag"  # PyTorch's is one operator
    return out  # type: ignore[no-any-return]


def _largest(input: Tensor, weight: Tensor, bag: Tensor, sizes: Tensor) -> Tensor:
    """For each bag and column, the largest element (the first of several) of the bag's rows."""
    width = max(int(sizes.max()) if len(sizes) else 0, 1)
    begins = sizes.cumsum(0) - sizes
    place = arange(len(input), device=input.device) - begins[bag]
    padded = input.new_zeros(len(sizes), width).index_put((bag, place), input)
    missing = arange(width, device=input.device) >= sizes.unsqueeze(1)
    values = weight.detach()[padded].masked_fill(missing.unsqueeze(-1), -float("inf"))
    winner = gather(padded, 1, values.argmax(1))
    return gather(weight, 0, winner).masked_fill((sizes == 0).unsqueeze(-1), 0)


SWAPPED = (
    "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, "
    "input, ...)` is deprecated, and should now be `embedding_bag(input, weight, ...)`."
)
MATRIX = (
    "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed "
    "length sequences. However, found offsets of type"
)
FREQUENT = "max mode does not support scaling the gradient by the frequency"


def _check_bags(
    input: Tensor, weight: Tensor, offsets: Any, mode: str, by_frequency: bool, sparse: bool,
    factors: Tensor | None,
) -> None:  # fmt: skip
    """Refuse what does not go together, in PyTorch's order.

    Raises:
        ValueError, NotImplementedError: Naming the first.
    """
    if factors is not None:
        shapes = f"({factors.shape}) is not None, then it must have the same shape as the input"
        text = f"embedding_bag: If per_sample_weights {shapes} ({input.shape})"
        check(factors.shape == input.shape, text, ValueError)
    rank, of = input.dim(), "but got Tensor of dimension"
    check(weight.dim() == 2, f"weight has to be a 2D Tensor, {of} {weight.dim()}", ValueError)
    check(rank in (1, 2), f"input has to be 1D or 2D Tensor, {of} {rank}", ValueError)
    if rank == 2:
        kind = f"<class 'torch.{type(offsets).__name__}'>"
        check(offsets is None, f"{MATRIX} {kind}", ValueError)
    else:
        check(offsets is not None, "offsets has to be a 1D Tensor but got None", ValueError)
        check(offsets.dim() == 1, "offsets has to be a 1D Tensor", ValueError)
    check(mode in ("sum", "mean", "max"), "mode has to be one of sum, mean or max", ValueError)
    if mode == "max":
        check(not by_frequency, FREQUENT, ValueError)
        check(not sparse, "max mode does not support sparse weights", ValueError)
    refuse_sparse(sparse)
    text = (
        "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
        f"for mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
    )
    check(factors is None or mode == "sum", text, NotImplementedError)


def _check_numbers(
    input: Tensor, weight: Tensor, offsets: Any, factors: Tensor | None,
    include_last_offset: bool, padding_idx: int | None,
) -> None:  # fmt: skip
    """Refuse numbers, offsets and dtypes that are wrong.

    Raises:
        RuntimeError: Naming the first.
    """
    for numbers in (input, offsets):
        check_type(numbers, "indices", "embedding_bag")
    rows, count, ends = len(weight), len(input), offsets.tolist()
    if include_last_offset:
        check(ends != [], "include_last_offset: number of offset should be at least 1")
    if ends:
        text = (
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from"
        )
        check(ends[0] == 0, f"{text} position 0. However, got {ends[0]}")
        text = f"offsets[-1] can not be greater than input's length {count} but got offsets[-1] of"
        check(ends[-1] <= count, f"{text} {ends[-1]}")
    check(ends == sorted(ends), "offsets must not fall")
    if padding_idx is not None:
        text = f"within the number of embeddings, -{rows} through {rows - 1}, but got {padding_idx}"
        check(-rows <= padding_idx < rows, f"padding_idx must be {text}")
    check_type(weight, "weight", "embedding_bag")
    if factors is not None:
        text = (
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument "
            f"#1 'per_sample_weights'; but type {tensor_type(weight)} does not equal "
            f"{tensor_type(factors)} (while checking arguments for embedding_bag)"
        )
        check(factors.dtype == weight.dtype, text)
    outside = ((input < 0) | (input >= rows)).nonzero().flatten().tolist()
    if outside:
        place = f"Index {outside[0]} of input takes value {int(input[outside[0]])}"
        raise RuntimeError(f"{place} which is not in the valid range [0, {rows})")
