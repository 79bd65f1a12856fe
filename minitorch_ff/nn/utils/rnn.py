"""Sequences of several lengths: padded to one length, or packed without padding."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from minitorch_ff import _dtypes
from minitorch_ff._checks import check
from minitorch_ff._functions.creation import arange, as_tensor, empty_like
from minitorch_ff._functions.joining import cat, stack
from minitorch_ff._functions.ordering import sort
from minitorch_ff._functions.shaping import transpose, unbind
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops.base import apply, check_broadcast
from minitorch_ff.firefly.ops.embedding import Embedding

__all__ = [
    "PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence",
    "pad_packed_sequence", "pad_sequence", "unpack_sequence", "unpad_sequence",
]  # fmt: skip

SORTED = (
    "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can "
    "pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this "
    "requirement if you do not need ONNX exportability."
)
TOO_SHORT = (
    "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
)
BY_HAND = (
    "batch_sizes should always be on CPU. Instances of PackedSequence should never be created "
    "manually. They should be instantiated by functions like pack_sequence and "
    "pack_padded_sequences in nn.utils.rnn. "
    "https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence"
)


class _Fields(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Fields):
    """Sequences of several lengths without padding: all first elements, then all second ones, ….

    Args:
        data: The elements, shape `(sum of lengths, *)`.
        batch_sizes: How many sequences each step has, falling; int64, on the CPU.
        sorted_indices: Which sequence comes first, second, …, when sorted by length; or None.
        unsorted_indices: The other way round.

    Raises:
        ValueError: `batch_sizes` are not on the CPU.

    See: [torch.nn.utils.rnn.PackedSequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html).
    """

    def __new__(
        cls, data: Any, batch_sizes: Tensor | None = None, sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:  # fmt: skip
        """See the class."""
        if batch_sizes is None:
            if not isinstance(data, (list, tuple)) or len(data) != 2:
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        check(batch_sizes.device.type == "cpu", BY_HAND, ValueError)  # type: ignore[union-attr]
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)  # type: ignore[arg-type]

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """With the data in another dtype or on another device; see `Tensor.to`."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        kwargs = {"device": data.device, "non_blocking": kwargs.get("non_blocking", False)}
        order, back = [t if t is None else t.to(**kwargs) for t in self[2:]]
        return type(self)(data, self.batch_sizes, order, back)

    def cuda(self, *args: Any, **kwargs: Any) -> Self:
        """On a GPU."""
        return self.to("cuda" if not args else args[0], **kwargs)

    def cpu(self, *args: Any, **kwargs: Any) -> Self:
        """On the CPU."""
        return self.to("cpu", *args, **kwargs)

    def double(self) -> Self:
        """In float64."""
        return self.to(dtype=_dtypes.float64)

    def float(self) -> Self:
        """In float32."""
        return self.to(dtype=_dtypes.float32)

    def half(self) -> Self:
        """In float16."""
        return self.to(dtype=_dtypes.float16)

    def long(self) -> Self:
        """In int64."""
        return self.to(dtype=_dtypes.int64)

    def int(self) -> Self:
        """In int32."""
        return self.to(dtype=_dtypes.int32)

    def short(self) -> Self:
        """In int16."""
        return self.to(dtype=_dtypes.int16)

    def char(self) -> Self:
        """In int8."""
        return self.to(dtype=_dtypes.int8)

    def byte(self) -> Self:
        """In uint8."""
        return self.to(dtype=_dtypes.uint8)

    @property
    def is_cuda(self) -> bool:
        """Whether the data is on a GPU."""
        return self.data.is_cuda


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """Where each number stands in a permutation; None stays.

    See: `torch.nn.utils.rnn.invert_permutation`.
    """
    if permutation is None:
        return None
    places = arange(permutation.numel(), device=permutation.device, dtype=permutation.dtype)
    return empty_like(permutation).scatter_(0, permutation.long(), places)


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack padded sequences: leave the padding out.

    Args:
        input: Shape `(steps, batch, *)`, with `batch_first` `(batch, steps, *)`.
        lengths: Of each sequence, at least 1: a list, or a tensor on the CPU.
        batch_first: Whether the batch comes first.
        enforce_sorted: Whether lengths must fall; otherwise sequences are sorted here, and the
            results of a layer put back into their order. Those of equal length keep their order;
            PyTorch may change it for more than 16, and then dropout draws for another sequence.

    Raises:
        RuntimeError: Lengths are not sorted, too small or too large, or of another number.

    Example:
        >>> import minitorch_ff as torch
        >>> x = torch.tensor([[1, 2, 3], [4, 0, 0]])
        >>> packed = torch.nn.utils.rnn.pack_padded_sequence(x, [3, 1], batch_first=True)
        >>> packed.data, packed.batch_sizes
        (tensor([1, 4, 2, 3]), tensor([2, 1, 1]))

    See: [torch.nn.utils.rnn.pack_padded_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html).
    """
    lengths = as_tensor(lengths, dtype=_dtypes.int64)
    rank, kind = lengths.dim(), lengths.device.type
    text = f"'lengths' argument should be a 1D CPU int64 tensor, but got {rank}D {kind} Long tensor"
    check(rank == 1 and kind == "cpu", text)
    order = None
    if not enforce_sorted:
        lengths, order = sort(lengths, descending=True)
        order = order.to(input.device)
        input = input.index_select(0 if batch_first else 1, order)
    if batch_first:
        input = transpose(input, 0, 1)
    steps, batch = input.size(0), input.size(1)
    check(input.numel() > 0, "Cannot pack empty tensors.")
    numbers = lengths.tolist()
    text = "Expected `len(lengths)` to be equal to batch_size, but got"
    check(len(numbers) == batch, f"{text} {len(numbers)} (batch_size={batch})")
    check(min(numbers) > 0, TOO_SHORT)
    check(numbers == sorted(numbers, reverse=True), SORTED)
    text = f"Expected lengths of at most {steps}, the number of steps, but got {numbers[0]}"
    check(numbers[0] <= steps, text)
    filled = arange(numbers[0]).unsqueeze(1) < lengths
    data = _rows(input.flatten(0, 1), filled.flatten().nonzero().flatten())
    return PackedSequence(data, filled.sum(1), order)


def _rows(x: Tensor, index: Tensor) -> Tensor:
    """Some of the rows, each at most once."""
    result = apply(Embedding, x, index=index.to(x.device).buffer)
    if result.node is not None:
        result.node.called = "PackPaddedSequence"
    return result  # type: ignore[no-any-return]


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Put the padding back: the opposite of `pack_padded_sequence`.

    Args:
        sequence: The packed sequences.
        batch_first: Whether the batch comes first in the result.
        padding_value: What follows the end of a sequence.
        total_length: How many steps the result has, at least as many as the longest sequence.

    Returns:
        The padded sequences, shape `(steps, batch, *)` or `(batch, steps, *)`, and their lengths.

    Raises:
        ValueError: `total_length` is too small.

    See: [torch.nn.utils.rnn.pad_packed_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_packed_sequence.html).
    """
    data, batch_sizes, _, back = sequence
    steps, batch = len(batch_sizes), int(batch_sizes[0])
    longest = steps if total_length is None else total_length
    text = "Expected total_length to be at least the length of the longest sequence in input, but"
    got = f"got total_length={total_length} and max sequence length being {steps}"
    check(longest >= steps, f"{text} {got}", ValueError)
    filled = arange(batch) < batch_sizes.unsqueeze(1)
    lengths = filled.sum(0)
    places = filled.flatten().nonzero().flatten().to(data.device)
    padded = data.new_full((longest * batch, *data.shape[1:]), padding_value)
    padded = padded.index_put((places,), data).unflatten(0, (longest, batch))
    if back is not None:
        padded, lengths = padded.index_select(1, back), lengths[back.cpu()]
    return transpose(padded, 0, 1) if batch_first else padded, lengths


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:  # fmt: skip
    """Stack sequences of several lengths, the shorter ones padded.

    Args:
        sequences: Tensors of shape `(length, *)`.
        batch_first: Whether the batch comes first in the result.
        padding_value: What stands in the place of missing elements.
        padding_side: `"right"`, after a sequence, or `"left"`, before it.

    Returns:
        Shape `(longest, batch, *)`, or `(batch, longest, *)`.

    Raises:
        RuntimeError: There are no sequences, or they differ in more than their lengths.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.utils.rnn.pad_sequence([torch.ones(3), torch.ones(1)], batch_first=True)
        tensor([[1., 1., 1.],
                [1., 0., 0.]])

    See: [torch.nn.utils.rnn.pad_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_sequence.html).
    """
    text = "pad_sequence: Expected iterable for input sequences, but got arg of type:"
    check(isinstance(sequences, (Tensor, Iterable)), f"{text} {type(sequences)}")
    parts = list(unbind(sequences) if isinstance(sequences, Tensor) else sequences)
    check(len(parts) > 0, "received an empty list of sequences")
    text = f"Expected padding_side to be one of left or right, but got {padding_side}."
    check(padding_side in ("left", "right"), text)
    longest = max([len(part) for part in parts])
    padded = []
    for part in parts:
        check_broadcast(tuple(parts[0].shape), (len(parts[0]), *part.shape[1:]))
        part = part.to(parts[0].dtype)
        if len(part) < longest:
            rest = part.new_full((longest - len(part), *part.shape[1:]), padding_value)
            part = cat([rest, part] if padding_side == "left" else [part, rest])
        padded.append(part)
    return stack(padded, 0 if batch_first else 1)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """Take padded sequences apart, each in its own length.

    Args:
        padded_sequences: Shape `(longest, batch, *)`, or `(batch, longest, *)`.
        lengths: Of each sequence.
        batch_first: Whether the batch comes first.

    See: [torch.nn.utils.rnn.unpad_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpad_sequence.html).
    """
    if not batch_first:
        padded_sequences = transpose(padded_sequences, 0, 1)
    pairs = zip(unbind(padded_sequences), lengths.tolist(), strict=True)
    return [sequence[:length] for sequence, length in pairs]


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of several lengths.

    Args:
        sequences: Tensors of shape `(length, *)`.
        enforce_sorted: Whether lengths must fall; see `pack_padded_sequence`.

    Raises:
        RuntimeError: Lengths are not sorted, or a sequence is empty.

    See: [torch.nn.utils.rnn.pack_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_sequence.html).
    """
    lengths = [len(sequence) for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a packed one, each in its own length: the opposite of `pack_sequence`.

    See: [torch.nn.utils.rnn.unpack_sequence](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpack_sequence.html).
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
