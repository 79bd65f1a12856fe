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
    numbers = input.buffer
    if numbers.dtype.name != "int64":
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not numbers.size:
        check(num_classes > 0, "Can not infer total number of classes from empty tensor.")
        return input.new_empty((*numbers.shape, num_classes))
    low, high = int(numbers.min()), int(numbers.max())
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
    _check_indices(input, "embedding")
    check_same_device(weight, input)
    if index.size and (int(index.min()) < 0 or int(index.max()) >= rows):
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


def _check_indices(input: Tensor, function: str) -> None:
    dtype = input.buffer.dtype
    if dtype.name not in ("int64", "int32"):
        kind = "CPUBoolType" if dtype.kind == "b" else f"torch.{TYPE_NAMES[dtype.name]}Tensor"
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar "
            f"types: Long, Int; but got {kind} instead (while checking arguments for {function})"
        )


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
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage "
            "`embedding_bag(weight, input, ...)` is deprecated, and should now be "
            "`embedding_bag(input, weight, ...)`.",
            stacklevel=2,
        )
        input, weight = weight, input
    rows = weight.size(0)
    input, offsets, factors = _bags(
        input, weight, offsets, mode, scale_grad_by_freq, sparse, per_sample_weights,
        include_last_offset, padding_idx,
    )  # fmt: skip
    if max_norm is not None:
        renormalise_(weight, input, max_norm, norm_type)
    bags = len(offsets) - include_last_offset
    places = arange(len(input), device=input.device)
    bag = searchsorted(offsets, places, right=True) - 1
    counts = bag < bags  # what comes after the last offset belongs to no bag
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


def _bags(
    input: Tensor, weight: Tensor, offsets: Tensor | None, mode: str, by_frequency: bool,
    sparse: bool, factors: Tensor | None, include_last_offset: bool, padding_idx: int | None,
) -> tuple[Tensor, Tensor, Tensor | None]:  # fmt: skip
    """The row numbers as a vector, where bags begin, and the factors; after all checks."""
    if factors is not None and factors.shape != input.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({factors.shape}) is not None, then it must "
            f"have the same shape as the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(
            f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}"
        )
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch "
                "of fixed length sequences. However, found offsets of type "
                f"{_class_name(offsets)}"
            )
        bags, length = input.shape
        offsets = arange(bags + include_last_offset, device=input.device) * length
        input = input.flatten()
        factors = factors if factors is None else factors.flatten()
    elif input.dim() == 1:
        check(offsets is not None, "offsets has to be a 1D Tensor but got None", ValueError)
        check(offsets.dim() == 1, "offsets has to be a 1D Tensor", ValueError)  # type: ignore[union-attr]
    else:
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}"
        )
    check(mode in ("sum", "mean", "max"), "mode has to be one of sum, mean or max", ValueError)
    if mode == "max":
        text = "max mode does not support scaling the gradient by the frequency"
        check(not by_frequency, text, ValueError)
        check(not sparse, "max mode does not support sparse weights", ValueError)
    refuse_sparse(sparse)
    if factors is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
            f"for mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
        )
    _check_numbers(input, weight, offsets, factors, include_last_offset, padding_idx)  # type: ignore[arg-type]
    return input, offsets, factors  # type: ignore[return-value]


def _class_name(value: Any) -> str:
    return f"<class 'torch.{type(value).__name__}'>"


def _check_numbers(
    input: Tensor, weight: Tensor, offsets: Tensor, factors: Tensor | None,
    include_last_offset: bool, padding_idx: int | None,
) -> None:  # fmt: skip
    """Refuse numbers, offsets and dtypes that are wrong.

    Raises:
        RuntimeError: Naming the first.
    """
    for numbers in (input, offsets):
        _check_indices(numbers, "embedding_bag")
    rows, count, ends = weight.size(0), len(input), offsets.tolist()
    if include_last_offset:
        check(ends != [], "include_last_offset: number of offset should be at least 1")
    if ends and ends[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
            f"position 0. However, got {ends[0]}"
        )
    if ends and ends[-1] > count:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {count} but got offsets[-1] of "
            f"{ends[-1]}"
        )
    check(ends == sorted(ends), "offsets must not fall")
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, -{rows} through {rows - 1}, "
            f"but got {padding_idx}"
        )
    kind = TYPE_NAMES[weight.buffer.dtype.name]
    if not weight.is_floating_point():
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: "
            f"Half, BFloat16, Float, Double; but got torch.{kind}Tensor instead (while checking "
            "arguments for embedding_bag)"
        )
    if factors is not None and factors.dtype != weight.dtype:
        other = TYPE_NAMES[factors.buffer.dtype.name]
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument "
            f"#1 'per_sample_weights'; but type torch.{kind}Tensor does not equal torch.{other}"
            "Tensor (while checking arguments for embedding_bag)"
        )
    for place, number in enumerate(input.tolist()):
        if not 0 <= number < rows:
            raise RuntimeError(
                f"Index {place} of input takes value {number} which is not in the valid range "
                f"[0, {rows})"
            )
