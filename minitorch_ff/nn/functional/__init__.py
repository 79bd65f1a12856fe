"""`torch.nn.functional`: what layers compute, as functions without state."""

from minitorch_ff.nn.functional.linear import linear
