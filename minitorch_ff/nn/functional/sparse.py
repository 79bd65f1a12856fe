"""Categories as vectors."""

from minitorch_ff._checks import check
from minitorch_ff._dtypes import int64
from minitorch_ff._functions.conversion import cast
from minitorch_ff._functions.creation import arange
from minitorch_ff._tensor import Tensor


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
