"""`torch.distributed`: one process trains here."""

from minitorch_ff._missing import missing as _missing

__getattr__ = _missing(__name__)


def is_available() -> bool:
    """Whether processes can train together: they cannot.

    See: [torch.distributed.is_available](https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.is_available).
    """
    return False


def is_initialized() -> bool:
    """Whether this process trains with others: it does not."""
    return False
