"""Margins of several kinds: `pad`."""

from collections.abc import Sequence
from typing import Any

from minitorch_ff._checks import check, must_be_tensor
from minitorch_ff._functions.creation import arange
from minitorch_ff._functions.padding import constant_pad_nd, margins
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops.base import apply, refuse
from minitorch_ff.firefly.ops.resampling import Resample

UNSUPPORTED = """Padding size {} is not supported for {}D input tensor.
Supported combinations for non-constant padding:
  - 2D or 3D input: padding size = 2 (pads last dimension)
  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)
  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"""


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Add margins, or cut margins off.

    Args:
        input: Any shape; but for `"constant"` one or two dimensions more than are padded.
        pad: How much before and after the last dimension, then the one before it, and so on;
            a negative number cuts off.
        mode: What the margins hold: `"constant"`, one value; `"reflect"`, the elements inside
            mirrored at the edge; `"replicate"`, the edge; `"circular"`, the other side.
        value: The constant, by default 0.

    Returns:
        The input's dtype, always in new memory.

    Raises:
        NotImplementedError: There is no such mode, or it does not pad so many dimensions.
        RuntimeError: The margins are larger than the mode can fill, or leave nothing.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.functional.pad(torch.arange(3).reshape(1, 3), (2, 1), mode="reflect")
        tensor([[2, 1, 0, 1, 2, 1]])

    See: rule [`Resample`][minitorch_ff.firefly.ops.resampling.Resample],
        [torch.nn.functional.pad](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pad.html).
    """
    must_be_tensor(input, "pad", "input", 1)
    x, padded = input.buffer, len(pad) // 2
    check(len(pad) % 2 == 0, "Padding length must be divisible by 2")
    text = "Padding length should be less than or equal to two times the input dimension but got"
    more = f"padding length {len(pad)} and input of dimension {x.ndim}"
    check(padded <= x.ndim, f"{text} {more}")
    if mode == "constant":
        return constant_pad_nd(input, pad, 0 if value is None else value)
    check(not value, f'Padding mode "{mode}" doesn\'t take in value argument')
    known = mode in ("reflect", "replicate", "circular")
    check(known, f"Unrecognised padding mode {mode}", NotImplementedError)
    supported = 1 <= padded <= 3 and x.ndim - padded in (1, 2)
    check(supported, UNSUPPORTED.format(len(pad), x.ndim), NotImplementedError)
    pairs, name = margins(pad, x.ndim), mode
    if mode == "circular":
        _check_circular(x.shape, pairs)
    else:
        name = "reflection" if mode == "reflect" else "replication"
        refuse(x, "b", f"{name}_pad{padded}d")
        _check_mirrored(x.shape, pairs, padded, mode)
        name = f"{name.title()}Pad{padded}D"
    steps = []
    for dim in range(x.ndim - padded, x.ndim):
        places = _positions(x.shape[dim], *pairs[dim], mode, input.device)
        steps.append((dim, [(places.buffer,)]))
    return apply(Resample, input, steps=steps, mode=name)


def _positions(n: int, before: int, after: int, mode: str, device: Any) -> Tensor:
    """Where in a dimension of size `n` each element of the padded one comes from."""
    if mode == "circular":  # what is cut off does not come back
        start, n = max(-before, 0), n + min(before, 0) + min(after, 0)
        return arange(-max(before, 0), n + max(after, 0), device=device) % max(n, 1) + start
    places = arange(-before, n + after, device=device)
    if mode == "replicate":
        return places.clamp(0, n - 1)
    return n - 1 - (n - 1 - places.abs()).abs()


def _check_circular(shape: tuple[int, ...], pairs: list[tuple[int, int]]) -> None:
    """Refuse margins wider than what they repeat."""
    for n, (before, after) in zip(shape, pairs, strict=True):
        left = n + min(before, 0) + min(after, 0)
        fits = max(before, after) <= (n if left > 0 else 0)
        empty = left < 0 or n + before + after < 0
        check(fits or empty, "Padding value causes wrapping around more than once.")
        check(not empty, "Negative padding value is resulting in an empty dimension")


def _check_mirrored(
    shape: tuple[int, ...], pairs: list[tuple[int, int]], padded: int, mode: str
) -> None:
    """Refuse inputs without elements, and margins that cannot be filled."""
    sizes, new = list(shape), [n + sum(pair) for n, pair in zip(shape, pairs, strict=True)]
    text = f"Expected {padded + 1}D or {padded + 2}D (batch mode) tensor with possibly 0 batch size"
    more = f"and other non-zero dimensions for input, but got: {sizes}"
    check(all(shape[-padded - 1 :]), f"{text} {more}")
    for i, (n, pair) in enumerate(zip(shape[::-1], pairs[::-1], strict=True)):
        text = "Padding size should be less than the corresponding input dimension, but got:"
        more = f"padding {pair} at dimension {len(shape) - 1 - i} of input {sizes}"
        fits = mode == "replicate" or max(pair) < max(n, 1)
        check(fits, f"Argument #{4 + 2 * i}: {text} {more}")
    text = f"input (W: {shape[-1]}) is too small. Calculated output W: {new[-1]}"
    check(padded > 1 or new[-1] >= 1, text)
    text = f"Trying to create tensor with negative dimension {min(new)}: {new}"
    check(min(new) >= 0, text)
