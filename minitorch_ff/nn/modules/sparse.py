"""Tables of learned vectors: `Embedding`, and sums of its rows, `EmbeddingBag`."""

from typing import Any, ClassVar, Self

from minitorch_ff._checks import check
from minitorch_ff._functions.creation import empty
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn import init
from minitorch_ff.nn.functional.sparse import refuse_sparse
from minitorch_ff.nn.modules._layer import Layer
from minitorch_ff.nn.parameter import Parameter


class _Table(Layer):
    """What both share: the table, and the settings of a look-up."""

    _usual: ClassVar[dict[str, Any]]
    """Further settings that the text shows, if they are not these."""

    _outside = ""

    def __init__(
        self, shape: tuple[int, int], weight: Tensor | None, freeze: bool, device: Any,
        dtype: Any, **settings: Any,
    ) -> None:  # fmt: skip
        rows, columns = shape
        padding = settings["padding_idx"]
        if padding is not None:
            check(-rows <= padding < rows, self._outside, AssertionError)
            settings["padding_idx"] = padding % rows
        refuse_sparse(settings["sparse"])
        super().__init__(num_embeddings=rows, embedding_dim=columns, **settings)
        if weight is None:
            self.weight = Parameter(empty(shape, device=device, dtype=dtype), not freeze)
            self.reset_parameters()
        else:
            text = "Shape of weight does not match num_embeddings and embedding_dim"
            check(tuple(weight.shape) == (rows, columns), text, AssertionError)
            self.weight = Parameter(weight, not freeze)

    def reset_parameters(self) -> None:
        """Draw new values from the standard normal distribution; padding is zero."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.detach()[self.padding_idx] = 0

    def extra_repr(self) -> str:
        """The settings, for `repr`; those with a usual value are left out."""
        shown = [
            f"{name}={getattr(self, name)!r}"
            for name, usual in self._usual.items()
            if getattr(self, name) != usual
        ]
        return ", ".join([str(self.num_embeddings), str(self.embedding_dim), *shown])

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, *args: Any, **kwargs: Any
    ) -> Self:
        """A layer around a table that is there already.

        Args:
            embeddings: The table, shape `(num_embeddings, embedding_dim)`.
            freeze: Whether it is left as it is in training.
            *args: Further settings, as of the class from its third on.
            **kwargs: The same by name.
        """
        text = "Embeddings parameter is expected to be 2-dimensional"
        check(embeddings.dim() == 2, text, AssertionError)
        layer = cls(*embeddings.shape, *args, _weight=embeddings, **kwargs)
        layer.weight.requires_grad_(not freeze)
        return layer


class Embedding(_Table):
    """A table of vectors, looked up by number.

    Args:
        num_embeddings: The number of vectors.
        embedding_dim: The size of each.
        padding_idx: A number whose vector is zero at first and gets no gradient.
        max_norm: Vectors that are used and longer than this are scaled down to it, in place.
        norm_type: Which norm that is.
        scale_grad_by_freq: Divide gradients by how often a number occurs in the batch.
        sparse: Only False: gradients are dense.
        _weight: The table, if there is one already.
        _freeze: Whether it is left as it is in training.
        device: Where the table is.
        dtype: Of the table.

    Raises:
        AssertionError: `padding_idx` or the shape of `_weight` does not fit.
        NotImplementedError: `sparse` is True.

    Example:
        >>> import minitorch_ff as torch
        >>> embedding = torch.nn.Embedding(10, 3)
        >>> embedding(torch.tensor([[1, 2, 4], [4, 3, 2]])).shape
        torch.Size([2, 3, 3])

    See: [`embedding`][minitorch_ff.nn.functional.sparse.embedding],
        [torch.nn.Embedding](https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html).
    """

    _usual: ClassVar[dict[str, Any]] = {
        "padding_idx": None, "max_norm": None, "norm_type": 2, "scale_grad_by_freq": False,
    }  # fmt: skip
    _outside = "Padding_idx must be within num_embeddings"

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
        max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
        sparse: bool = False, _weight: Tensor | None = None, _freeze: bool = False,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            (num_embeddings, embedding_dim), _weight, _freeze, device, dtype,
            padding_idx=padding_idx, max_norm=max_norm, norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq, sparse=sparse,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """Numbers of any shape `(*)` to vectors, `(*, embedding_dim)`."""
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
            self.scale_grad_by_freq, self.sparse,
        )  # fmt: skip


class EmbeddingBag(_Table):
    """Sums, means or maxima of a table's vectors over bags of numbers.

    Args:
        num_embeddings: The number of vectors.
        embedding_dim: The size of each.
        max_norm: Vectors that are used and longer than this are scaled down to it, in place.
        norm_type: Which norm that is.
        scale_grad_by_freq: Divide gradients by how often a number occurs in the batch.
        mode: `"sum"`, `"mean"` or `"max"`.
        sparse: Only False: gradients are dense.
        _weight: The table, if there is one already.
        include_last_offset: Whether offsets have the end of the last bag as well.
        padding_idx: A number that does not count.
        device: Where the table is.
        dtype: Of the table.

    Raises:
        AssertionError: `padding_idx` or the shape of `_weight` does not fit.
        NotImplementedError: `sparse` is True.

    See: [`embedding_bag`][minitorch_ff.nn.functional.sparse.embedding_bag],
        [torch.nn.EmbeddingBag](https://docs.pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html).
    """

    _usual: ClassVar[dict[str, Any]] = {
        "max_norm": None, "norm_type": 2, "scale_grad_by_freq": False, "mode": None,
        "padding_idx": None,
    }  # fmt: skip
    _outside = "padding_idx must be within num_embeddings"

    def __init__(
        self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
        sparse: bool = False, _weight: Tensor | None = None, include_last_offset: bool = False,
        padding_idx: int | None = None, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            (num_embeddings, embedding_dim), _weight, False, device, dtype, max_norm=max_norm,
            norm_type=norm_type, scale_grad_by_freq=scale_grad_by_freq, mode=mode, sparse=sparse,
            include_last_offset=include_last_offset, padding_idx=padding_idx,
        )  # fmt: skip

    def forward(
        self, input: Tensor, offsets: Tensor | None = None,
        per_sample_weights: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """Bags of numbers to vectors, shape `(bags, embedding_dim)`; see `embedding_bag`."""
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq,
            self.mode, self.sparse, per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip
