"""Distances and similarities as layers."""

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.modules._layer import Layer


class PairwiseDistance(Layer):
    """The `p`-norm of the differences of vectors.

    Args:
        p: The exponent.
        eps: Added to every difference.
        keepdim: Keep the last dimension, with size 1.

    See: [torch.nn.PairwiseDistance](https://docs.pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html).
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__(norm=p, eps=eps, keepdim=keepdim)

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Shape `(*, n)` twice to `(*)`."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Layer):
    """The cosine of the angle between vectors.

    Args:
        dim: The dimension of the vectors.
        eps: What each length is taken to be at least.

    See: [torch.nn.CosineSimilarity](https://docs.pytorch.org/docs/stable/generated/torch.nn.CosineSimilarity.html).
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__(dim=dim, eps=eps)

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Two shapes that meet, to that shape without one dimension."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
