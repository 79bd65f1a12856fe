"""The older place of `torch.func.functional_call`."""

import warnings
from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.utils._functional_call import call_with

__all__ = ["functional_call"]


def functional_call(
    module: Module,
    parameters_and_buffers: dict[str, Tensor],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters and buffers than its own (deprecated).

    Args:
        module: The module.
        parameters_and_buffers: Tensors by path.
        args: A positional argument of the module, or a tuple of them.
        kwargs: Its keyword arguments.
        tie_weights: Whether a tensor given for one path of a shared parameter stands
            for all.
        strict: Whether every parameter and buffer must be given, and nothing else.

    Returns:
        What the module returns.

    See: [torch.func.functional_call](https://docs.pytorch.org/docs/stable/generated/torch.func.functional_call.html).
    """
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 "
        "and will be removed in a future version of PyTorch. Please use "
        "`torch.func.functional_call` instead which is a drop-in replacement.",
        FutureWarning,
        stacklevel=2,
    )
    return call_with(module, parameters_and_buffers, args, kwargs, tie_weights, strict)
