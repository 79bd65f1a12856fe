"""Channels and pixels exchanged: `torch.pixel_shuffle`, `torch.channel_shuffle`."""

from __future__ import annotations

from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.shaping import named


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Make pictures `r` times larger: each pixel's channels become `r` x `r` pixels.

    Args:
        input: Shape `(*, C r², H, W)`.
        upscale_factor: `r`.

    Returns:
        Shape `(*, C, H r, W r)`.

    Raises:
        RuntimeError: The channels are not a multiple of `r²`.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.pixel_shuffle(torch.arange(4).reshape(4, 1, 1), 2)
        tensor([[[0, 1],
                 [2, 3]]])

    See: [torch.nn.functional.pixel_shuffle](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pixel_shuffle.html),
        Shi et al., Real-time single image and video super-resolution (2016).
    """
    r = upscale_factor
    channels, height, width = _picture(input, r, "pixel_shuffle", "upscale_factor")[-3:]
    text = "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of"
    more = f"upscale_factor, but input.size(-3)={channels} is not divisible by {r * r}"
    check(channels % (r * r) == 0, f"{text} {more}")
    channels //= r * r
    split, shape = (channels, r, r, height, width), (channels, height * r, width * r)
    return _moved(input, split, (0, 3, 1, 4, 2), shape, "PixelShuffle")


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Make pictures `r` times smaller: `r` x `r` pixels become channels of one.

    Args:
        input: Shape `(*, C, H r, W r)`.
        downscale_factor: `r`.

    Returns:
        Shape `(*, C r², H, W)`.

    Raises:
        RuntimeError: Height or width are not a multiple of `r`.

    See: [torch.nn.functional.pixel_unshuffle](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html).
    """
    r = downscale_factor
    channels, height, width = _picture(input, r, "pixel_unshuffle", "downscale_factor")[-3:]
    for name, n, dim in (("height", height, -2), ("width", width, -1)):
        text = f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but"
        check(n % r == 0, f"{text} input.size({dim})={n} is not divisible by {r}")
    split = channels, height // r, r, width // r, r
    shape = channels * r * r, height // r, width // r
    return _moved(input, split, (0, 2, 4, 1, 3), shape, "PixelUnshuffle")


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Mix groups of channels: the first of each group, then the second of each, and so on.

    Args:
        input: Shape `(N, C, *)`.
        groups: How many; `C` is a multiple of it.

    Raises:
        RuntimeError: `C` is not a multiple of `groups`, or there is nothing beside channels.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.channel_shuffle(torch.arange(4).reshape(1, 4, 1), 2).flatten()
        tensor([0, 2, 1, 3])

    See: [torch.nn.ChannelShuffle](https://docs.pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html),
        Zhang et al., ShuffleNet (2018).
    """
    shape = input.buffer.shape
    text = f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(shape)}"
    check(len(shape) > 2, text)
    text = "Number of groups to divide channels in must be positive. Value of groups:"
    check(groups > 0, f"{text}{groups}")
    text = f"Number of channels must be divisible by groups. Got {shape[1]} channels and"
    check(shape[1] % groups == 0, f"{text} {groups} groups.")
    split, order = (groups, shape[1] // groups, *shape[2:]), (1, 0, *range(2, len(shape)))
    return _moved(input, split, order, shape[1:], "ChannelShuffle")


def _picture(input: Tensor, factor: int, function: str, argument: str) -> tuple[int, ...]:
    """The shape of pictures, for functions that make them larger or smaller."""
    ndim = input.buffer.ndim
    text = f"{function} expects input to have at least 3 dimensions, but got input with {ndim}"
    check(ndim >= 3, f"{text} dimension(s)")
    check(factor > 0, f"{function} expects a positive {argument}, but got {factor}")
    return input.buffer.shape  # type: ignore[no-any-return]


def _moved(input: Tensor, split: Any, order: Any, shape: Any, called: str) -> Tensor:
    """The last dimensions split, put in another order and merged, in memory of their own."""
    lead = input.buffer.shape[: input.buffer.ndim - len(shape)]
    dims = (*range(len(lead)), *[len(lead) + dim for dim in order])
    out = input.reshape((*lead, *split)).permute(dims).reshape((*lead, *shape))
    return named(out if out.view_of is None else out.clone(), called)
