"""PyTorch's generator and ours, in step."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import torch

from minitorch_ff.firefly.random import Generator

NUMPY = {
    torch.bool: np.dtype(bool),
    torch.uint8: np.dtype(np.uint8),
    torch.int8: np.dtype(np.int8),
    torch.int16: np.dtype(np.int16),
    torch.int32: np.dtype(np.int32),
    torch.int64: np.dtype(np.int64),
    torch.uint16: np.dtype(np.uint16),
    torch.uint32: np.dtype(np.uint32),
    torch.uint64: np.dtype(np.uint64),
    torch.float16: np.dtype(np.float16),
    torch.bfloat16: np.dtype(ml_dtypes.bfloat16),
    torch.float32: np.dtype(np.float32),
    torch.float64: np.dtype(np.float64),
    torch.complex64: np.dtype(np.complex64),
    torch.complex128: np.dtype(np.complex128),
}
FLOATING = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
COMPLEX = (torch.complex64, torch.complex128)
INTEGERS = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
UNSIGNED = (torch.uint16, torch.uint32, torch.uint64)
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def as_numpy(tensor):
    """A tensor's values in its own dtype, which for bfloat16 `numpy()` refuses."""
    tensor = tensor.detach().contiguous()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


def assert_same_bits(theirs, ours):
    """Hold a tensor against an array: dtype, shape, and every bit of every number."""
    theirs = as_numpy(theirs)
    assert (theirs.dtype, theirs.shape) == (ours.dtype, ours.shape)
    if theirs.tobytes() == ours.tobytes():
        return
    # What is not a number may have other bits; nothing else may.
    wide = np.result_type(theirs.dtype, np.float64)
    theirs, ours = theirs.astype(wide), ours.astype(wide)
    np.testing.assert_array_equal(theirs, ours)
    assert (np.signbit(theirs) == np.signbit(ours))[~np.isnan(theirs)].all()


class Pair:
    """PyTorch's default generator and ours, in step."""

    def __init__(self, seed):
        torch.manual_seed(seed)
        self.ours = Generator(seed)
        self.compared = 0

    def assert_same(self, theirs, ours):
        """Hold two results, and then the two states, against each other."""
        assert_same_bits(theirs, ours)
        self.assert_in_step()
        self.compared += ours.size

    def assert_in_step(self):
        assert (torch.get_rng_state().numpy() == self.ours.state()).all()


def outcome(call):
    """The error a call raises, its type and its first line; None if it raises none."""
    try:
        call()
    except Exception as error:
        return type(error), str(error).split("\n")[0]
    return None


def assert_same_error(theirs, ours):
    """Hold two calls' errors against each other; there must be some."""
    expected = outcome(theirs)
    assert expected is not None
    assert outcome(ours) == expected


def by_name(dtype):
    """A dtype as part of a test's name."""
    return str(dtype).removeprefix("torch.")
