"""Dropout as layers: at work while training, without effect while evaluating."""

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.modules._layer import Layer


class _Dropout(Layer):
    """What the dropout layers share.

    Raises:
        ValueError: `p` is not in [0, 1].
    """

    _shown = "p= inplace="

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__(p=p, inplace=inplace)
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


class Dropout(_Dropout):
    """Zeroes elements with probability `p` and scales the others by `1 / (1 - p)`.

    Args:
        p: The probability.
        inplace: Whether to write into the input.

    See: [torch.nn.Dropout](https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """Zeroes whole channels of `(N, C, L)` or `(C, L)`.

    See: [torch.nn.Dropout1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """A shape to the same shape."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """Zeroes whole channels of `(N, C, H, W)`.

    See: [torch.nn.Dropout2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """A shape to the same shape."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """Zeroes whole channels of `(N, C, D, H, W)` or `(C, D, H, W)`.

    See: [torch.nn.Dropout3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout3d.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """A shape to the same shape."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """Dropout that keeps mean and variance of self-normalising activations.

    See: [torch.nn.AlphaDropout](https://docs.pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels.

    See: [torch.nn.FeatureAlphaDropout](https://docs.pytorch.org/docs/stable/generated/torch.nn.FeatureAlphaDropout.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """A shape to the same shape."""
        return F.feature_alpha_dropout(input, self.p, self.training)
