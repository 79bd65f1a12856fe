"""Distances and similarities between vectors."""

from minitorch_ff._checks import check, floating
from minitorch_ff._functions._autocast import in_float32_on_cuda
from minitorch_ff._functions.arranging import triu_indices
from minitorch_ff._functions.joining import broadcast_tensors
from minitorch_ff._tensor import Tensor


@in_float32_on_cuda
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    r"""The cosine of the angle between vectors: $x_1 \cdot x_2 / (|x_1| |x_2|)$.

    Args:
        x1: Any shape, floating.
        x2: A shape that broadcasts with it.
        dim: The dimension of the vectors.
        eps: What each length is taken to be at least.

    Returns:
        Numbers between -1 and 1, without dimension `dim`.

    See: [torch.nn.functional.cosine_similarity](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html).
    """
    x1, x2 = broadcast_tensors(floating(x1), floating(x2))
    # Each length is held above eps; where it is, no gradient flows through it.
    lengths = [x.norm(2, dim, keepdim=True) for x in (x1, x2)]
    units = [x / length.clamp_min(eps) for x, length in zip((x1, x2), lengths, strict=True)]
    return (units[0] * units[1]).sum(dim)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The `p`-norm of the differences of vectors.

    Args:
        x1: Shape `(*, n)`.
        x2: A shape that broadcasts with it.
        p: The exponent.
        eps: Added to every difference.
        keepdim: Keep the last dimension, with size 1.

    See: [torch.nn.functional.pairwise_distance](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html).
    """
    return (x1 - x2 + eps).norm(p, -1, keepdim)


@in_float32_on_cuda
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The distance of each row to each row below it.

    Args:
        input: Shape `(N, M)`, floating.
        p: Which norm measures the distance.

    Returns:
        Distances, first those of the first row. Shape `(N (N - 1) / 2)`.

    Raises:
        RuntimeError: There are other dimensions, or `p` is negative.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.functional.pdist(torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
        tensor([5.0000, 1.0000, 4.2426])

    See: [torch.nn.functional.pdist](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pdist.html).
    """
    check(input.dim() == 2, f"pdist only supports 2D tensors, got: {input.dim()}D")
    check(input.is_floating_point(), "pdist only supports floating-point dtypes")
    check(p >= 0, "pdist only supports non-negative p values")
    first, second = triu_indices(len(input), len(input), 1, device=input.device)
    difference = input[first] - input[second]
    out = difference.norm(p, 1) if difference.numel() else difference.sum(1)
    if out.node is not None:
        out.node.called = "Pdist"  # PyTorch's is one operator
    return out
