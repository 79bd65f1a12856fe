"""`torch.utils.tensorboard`: a writer of TensorBoard's files, through `tensorboardX`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from minitorch_ff._tensor import Tensor

try:
    from tensorboardX import SummaryWriter as Writer
except ImportError as error:
    raise ImportError(
        "torch.utils.tensorboard needs tensorboardX: pip install 'minitorch-ff[tensorboard]'"
    ) from error

__all__ = ["SummaryWriter"]


def _as_array(value: Any) -> Any:
    """A tensor as an array, also in a list, tuple or dict; anything else as it is."""
    if isinstance(value, Tensor):
        return value.detach().cpu().numpy()
    if type(value) is dict:
        return {key: _as_array(item) for key, item in value.items()}
    return type(value)(map(_as_array, value)) if type(value) in (list, tuple) else value


def _taking_tensors(method: Callable[..., Any]) -> Callable[..., Any]:
    """The same method, for tensors as well as arrays."""

    @wraps(method)
    def call(self: Writer, *args: Any, **kwargs: Any) -> Any:
        return method(self, *_as_array(args), **_as_array(kwargs))

    return call


class SummaryWriter(Writer):  # type: ignore[misc]
    """Writes what TensorBoard shows: curves, histograms, pictures, texts.

    Args:
        log_dir: The folder; None: one below `runs`, with the time and the host's name.
        *settings: In PyTorch's order: `comment`, `purge_step`, `max_queue`, `flush_secs`,
            `filename_suffix`.
        **named: The same by name.

    Example:
        >>> from minitorch_ff.utils.tensorboard import SummaryWriter  # doctest: +SKIP
        >>> with SummaryWriter("runs/first") as writer:  # doctest: +SKIP
        ...     writer.add_scalar("loss", 0.5, 1)

    See: [SummaryWriter](https://docs.pytorch.org/docs/stable/tensorboard.html#torch.utils.tensorboard.writer.SummaryWriter).
    """

    def __init__(self, log_dir: str | None = None, *settings: Any, **named: Any) -> None:
        super().__init__(log_dir, *settings, **named)
        self.log_dir = self.logdir

    add_scalar = _taking_tensors(Writer.add_scalar)
    add_scalars = _taking_tensors(Writer.add_scalars)
    add_histogram = _taking_tensors(Writer.add_histogram)
    add_image = _taking_tensors(Writer.add_image)
    add_images = _taking_tensors(Writer.add_images)
    add_video = _taking_tensors(Writer.add_video)
    add_audio = _taking_tensors(Writer.add_audio)
    add_pr_curve = _taking_tensors(Writer.add_pr_curve)
    add_embedding = _taking_tensors(Writer.add_embedding)
    add_hparams = _taking_tensors(Writer.add_hparams)

    def add_graph(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse.

        Raises:
            NotImplementedError: Always: modules leave no graph that TensorBoard can read.
        """
        raise NotImplementedError("SummaryWriter.add_graph: modules leave no graph to be shown")
