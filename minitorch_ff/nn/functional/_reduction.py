"""What is done with the losses of the elements: mean, sum, or nothing."""

import warnings

from minitorch_ff._tensor import Tensor


def reduce(values: Tensor, reduction: str) -> Tensor:
    """The mean or the sum of element losses, or all of them.

    Raises:
        ValueError: `reduction` is another word.
    """
    if reduction == "mean":
        return values.mean()
    if reduction == "sum":
        return values.sum()
    check_reduction(reduction)
    return values


def check_reduction(reduction: str) -> None:
    """Refuse another word.

    Raises:
        ValueError: `reduction` is none of the three.
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")


def reduction_of(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction, or what PyTorch's two old flags stand for, with its warning."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is None or reduce:
        reduction = "mean" if size_average is None or size_average else "sum"
    else:
        reduction = "none"
    warnings.warn(
        "size_average and reduce args will be deprecated, please use "
        f"reduction='{reduction}' instead.",
        stacklevel=3,
    )
    return reduction
