"""All parameters of a module as one vector, and back."""

from collections.abc import Iterable

from minitorch_ff._checks import check
from minitorch_ff._functions.joining import cat
from minitorch_ff._functions.typename import typename
from minitorch_ff._tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Join parameters into one vector; differentiable.

    Args:
        parameters: Tensors of any shape, all on one device.

    Returns:
        Their elements, one after the other. Shape `(number of elements,)`.

    Example:
        >>> import minitorch_ff as torch
        >>> layer = torch.nn.Linear(2, 3)
        >>> torch.nn.utils.parameters_to_vector(layer.parameters()).shape
        torch.Size([9])

    See: [torch.nn.utils.parameters_to_vector](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parameters_to_vector.html).
    """
    return cat([parameter.view(-1) for parameter in _on_one_device(parameters)])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Cut a vector into parameters, which from then on look at its memory.

    Args:
        vec: The elements of all parameters. Shape `(number of elements,)`.
        parameters: The tensors to change.

    Raises:
        TypeError: `vec` is no tensor, or the parameters are on several devices.

    See: [torch.nn.utils.vector_to_parameters](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.vector_to_parameters.html).
    """
    check(isinstance(vec, Tensor), f"expected torch.Tensor, but got: {typename(vec)}", TypeError)
    start = 0
    for parameter in _on_one_device(parameters):
        end = start + parameter.numel()
        parameter.data = vec[start:end].view_as(parameter).data
        start = end


def _on_one_device(parameters: Iterable[Tensor]) -> Iterable[Tensor]:
    device = None
    for parameter in parameters:
        if device is not None and parameter.device != device:
            raise TypeError(
                "Found two parameters on different devices, this is currently not supported."
            )
        device = parameter.device
        yield parameter
