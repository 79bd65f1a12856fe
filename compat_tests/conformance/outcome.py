"""What can come of comparing one sample, and small helpers of every comparison."""

import contextlib
import random
import signal
import zlib
from collections.abc import Iterator

import numpy as np
import torch

SAMPLE_SECONDS = 10  # one sample may take this long


class Skip(Exception):
    """This sample says nothing about the implementation; the message says why."""


class Mismatch(Exception):
    """The implementation differs from PyTorch at a `stage` (forward, dtype, …)."""

    def __init__(self, stage: str, message: str) -> None:
        super().__init__(message)
        self.stage, self.message = stage, message


class Timeout(BaseException):
    """Derived from BaseException so that no code under test can swallow it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `Timeout` in the body after so many seconds."""

    def ring(*_):
        raise Timeout

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def seed_of(*parts) -> int:
    """A seed made from names: the same in every process and every run."""
    return zlib.crc32("/".join(map(str, parts)).encode()) & 0x7FFFFFFF


def seed_all(seed: int, impl=None) -> None:
    random.seed(seed)
    np.random.seed(seed & 0xFFFFFFFF)
    # Not torch.manual_seed, which prepares each kind of device and takes a millisecond.
    torch.default_generator.manual_seed(seed)
    if impl is not None and impl is not torch:
        impl.manual_seed(seed)


def dtype_name(dtype) -> str:
    return str(dtype).split(".")[-1].replace("'>", "")


def short(error: BaseException, length: int = 300) -> str:
    """The error's type and text on one line."""
    text = f"{type(error).__name__}: {error}".replace("\n", " ")
    return text if len(text) <= length else text[:length] + "..."
