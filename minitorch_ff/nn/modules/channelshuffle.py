"""Groups of channels exchanged, as a layer."""

from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn.modules._layer import Layer


class ChannelShuffle(Layer):
    """Mixes groups of channels.

    Args:
        groups: How many.

    See: [torch.nn.ChannelShuffle](https://docs.pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html).
    """

    _shown = "groups="

    def __init__(self, groups: int) -> None:
        super().__init__(groups=groups)

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, C, *)` to the same."""
        return F.channel_shuffle(input, self.groups)
