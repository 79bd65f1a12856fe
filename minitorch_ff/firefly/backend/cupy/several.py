"""Several GPUs.

CUDA computes on the *current* GPU of a thread. CuPy's arrays of another one are refused there,
or are read through the bus and leave their result on the wrong side. So here the current GPU
follows the tensors: whoever is about to compute asks for the back end of a buffer
(`registry.backend_of`, `Tensor.backend`, `apply`, the backward pass), and that makes the
buffer's GPU current. The one that a script chooses, `torch.cuda.current_device()`, is a number
which the runtime keeps apart; it says where new tensors go.
"""

from __future__ import annotations

from typing import Any

from minitorch_ff.firefly.backend.cupy.backend import CupyBackend


class SeveralGpus(CupyBackend):
    """The primitives of several GPUs; constants are kept for each."""

    def __init__(self, cupy: Any, cupyx: Any) -> None:
        self._cuda = cupy.cuda
        self.devices = int(cupy.cuda.runtime.getDeviceCount())
        super().__init__(cupy, cupyx)

    def _kept(self, maker):
        """What makes buffers, and keeps them where it made them."""
        makers = [super(SeveralGpus, self)._kept(maker) for _ in range(self.devices)]
        return lambda *args: makers[self._cuda.runtime.getDevice()](*args)

    def from_numpy(self, x, index=None):
        """A copy of the array on a GPU, to which the work goes."""
        if index is not None:
            self.use(index)
        return super().from_numpy(x)

    def to_device(self, x, target, index):
        """A copy on another back end's device; to another GPU, without the host.

        The copy waits for what is being done to `x`, and what is done to it next for the copy.
        """
        if target is not self:
            return super().to_device(x, target, index)
        self.use(self.device_index(x))
        x = x if x.flags.c_contiguous else self.copy(x)
        source = self.module.cuda.get_current_stream()
        is_there = source.record()
        self.use(index)
        here = self.module.cuda.get_current_stream()
        here.wait_event(is_there)
        copy = x.copy()  # CuPy's goes to the current GPU
        source.wait_event(here.record())
        return copy

    def use(self, index):
        """Let the work of this thread go to a GPU from now on."""
        if index != self._cuda.runtime.getDevice():
            self._cuda.Device(index).use()

    def follow(self, value):
        """Let it go to the GPU of a buffer, of a tensor's, or of the first in a list.

        Returns:
            The GPU's number; None, and nothing changes, if the buffer is on no GPU.
        """
        if type(value) is list:
            value = next((part for part in value if part is not None), None)
        buffer = getattr(value, "buffer", value)
        if type(buffer) is not self.buffer_type:
            return None
        index = self.device_index(buffer)
        self.use(index)
        return index
