"""`torch.utils.dlpack`: memory shared with other array libraries."""

from minitorch_ff._functions.interchange import DLDeviceType, from_dlpack, to_dlpack

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]
