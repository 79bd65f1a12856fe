"""Convolutions and transposed convolutions over one, two or three spatial dimensions."""

from __future__ import annotations

import functools
from operator import index
from typing import Any

from minitorch_ff._checks import check, must_be_tensors
from minitorch_ff._functions._autocast import in_lower_precision
from minitorch_ff._functions._operands import C_NAMES, Tensor, type_name
from minitorch_ff._functions.shaping import squeeze, unsqueeze
from minitorch_ff.firefly.ops import convolution as ops
from minitorch_ff.firefly.ops.base import apply, check_same_device, refuse

Ints = Any
"""An int for all spatial dimensions, or a sequence of one for each."""

AXES = ("depth", "height", "width")
PLANS_KEPT = 256


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1,
    padding: Ints | str = 0, dilation: Ints = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Weighted sums over windows that move along a sequence; see `conv2d`.

    Args:
        input: Shape `(N, C, L)`, or `(C, L)`.
        weight: Shape `(O, C / groups, k)`.
        bias: Shape `(O)`.
        stride: How far a window is from the next.
        padding: How many zeros stand before the first and after the last element.
        dilation: How far the elements are apart that a window sees.
        groups: Channels are in so many groups; each makes its share of the output's channels.

    Returns:
        Shape `(N, O, (L + 2 padding - dilation (k - 1) - 1) // stride + 1)`.

    Raises:
        RuntimeError: The shapes do not fit, the dtypes differ, or a setting cannot be.

    Example:
        >>> import minitorch_ff as torch
        >>> x = torch.tensor([[[1.0, 2.0, 3.0, 4.0]]])
        >>> torch.conv1d(x, torch.ones(1, 1, 2), stride=2)
        tensor([[[3., 7.]]])

    See: rule [`Convolution`][minitorch_ff.firefly.ops.convolution.Convolution],
        [torch.nn.functional.conv1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html).
    """
    return _convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1,
    padding: Ints | str = 0, dilation: Ints = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Weighted sums over windows that move over images.

    Args:
        input: Shape `(N, C, H, W)`, or `(C, H, W)`.
        weight: Shape `(O, C / groups, kernel height, kernel width)`.
        bias: Shape `(O)`.
        stride: How far a window is from the next.
        padding: How many rows and columns of zeros stand at each edge; `"valid"` for none,
            `"same"` for as many as give the output the input's size.
        dilation: How far the elements are apart that a window sees.
        groups: Channels are in so many groups; each makes its share of the output's channels.

    Returns:
        Shape `(N, O, H', W')`, where a size is as in `conv1d`.

    Raises:
        RuntimeError: The shapes do not fit, the dtypes differ, or a setting cannot be.

    Example:
        >>> import minitorch_ff as torch
        >>> image = torch.arange(9.0).reshape(1, 1, 3, 3)
        >>> torch.conv2d(image, torch.ones(1, 1, 2, 2), torch.tensor([100.0]))
        tensor([[[[108., 112.],
                  [120., 124.]]]])

    See: rule [`Convolution`][minitorch_ff.firefly.ops.convolution.Convolution],
        [torch.nn.functional.conv2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html),
        [A guide to convolution arithmetic](https://arxiv.org/abs/1603.07285).
    """
    return _convolve(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1,
    padding: Ints | str = 0, dilation: Ints = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Weighted sums over windows that move through volumes, `(N, C, D, H, W)`; see `conv2d`.

    See: rule [`Convolution`][minitorch_ff.firefly.ops.convolution.Convolution],
        [torch.nn.functional.conv3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv3d.html).
    """
    return _convolve(3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1,
    padding: Ints = 0, output_padding: Ints = 0, groups: int = 1, dilation: Ints = 1,
) -> Tensor:  # fmt: skip
    """Each element of a sequence spread over a window, by weights; see `conv_transpose2d`.

    Args:
        input: Shape `(N, C, L)`, or `(C, L)`.
        weight: Shape `(C, O / groups, k)`.
        bias: Shape `(O)`.
        stride: How far a window is from the next.
        padding: How many elements are cut off at each end of the result.
        output_padding: How many more there are at its end; less than `stride` or `dilation`.
        groups: Channels are in so many groups; each makes its share of the output's channels.
        dilation: How far the elements of a window are apart.

    Returns:
        Shape `(N, O, (L - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1)`.

    Raises:
        RuntimeError: The shapes do not fit, the dtypes differ, or a setting cannot be.

    See: rule [`ConvolutionInput`][minitorch_ff.firefly.ops.convolution.ConvolutionInput],
        [torch.nn.functional.conv_transpose1d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html).
    """
    return _convolve(1, input, weight, bias, stride, padding, dilation, groups, output_padding)


def conv_transpose2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1,
    padding: Ints = 0, output_padding: Ints = 0, groups: int = 1, dilation: Ints = 1,
) -> Tensor:  # fmt: skip
    """Each element of an image spread over a window, by weights: makes images larger.

    It is what the gradient of `conv2d` does, in the direction from output to input.

    Args:
        input: Shape `(N, C, H, W)`, or `(C, H, W)`.
        weight: Shape `(C, O / groups, kernel height, kernel width)`.
        bias: Shape `(O)`.
        stride: How far a window is from the next.
        padding: How many rows and columns are cut off at each edge of the result.
        output_padding: How many more there are at its end; less than `stride` or `dilation`.
        groups: Channels are in so many groups; each makes its share of the output's channels.
        dilation: How far the elements of a window are apart.

    Returns:
        Shape `(N, O, H', W')`, where a size is as in `conv_transpose1d`.

    Raises:
        RuntimeError: The shapes do not fit, the dtypes differ, or a setting cannot be.

    Example:
        >>> import minitorch_ff as torch
        >>> image = torch.tensor([[[[1.0, 2.0]]]])
        >>> torch.conv_transpose2d(image, torch.ones(1, 1, 2, 2), stride=2)
        tensor([[[[1., 1., 2., 2.],
                  [1., 1., 2., 2.]]]])

    See: rule [`ConvolutionInput`][minitorch_ff.firefly.ops.convolution.ConvolutionInput],
        [torch.nn.functional.conv_transpose2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html).
    """
    return _convolve(2, input, weight, bias, stride, padding, dilation, groups, output_padding)


def conv_transpose3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Ints = 1,
    padding: Ints = 0, output_padding: Ints = 0, groups: int = 1, dilation: Ints = 1,
) -> Tensor:  # fmt: skip
    """Each element of a volume spread over a window, by weights; see `conv_transpose2d`.

    See: rule [`ConvolutionInput`][minitorch_ff.firefly.ops.convolution.ConvolutionInput],
        [torch.nn.functional.conv_transpose3d](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose3d.html).
    """
    return _convolve(3, input, weight, bias, stride, padding, dilation, groups, output_padding)


@in_lower_precision
def _convolve(
    rank: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any,
    groups: Any, *output_padding: Any,
) -> Any:  # fmt: skip
    """Any of the six: check, find the result's size, and apply one operator."""
    given = {"input": input, "weight": weight} | ({} if bias is None else {"bias": bias})
    function = f"conv{'_transpose' if output_padding else ''}{rank}d"
    must_be_tensors(function, **given)
    batched = input.buffer.ndim != rank + 1
    tensors = [input if batched else unsqueeze(input, 0), *list(given.values())[1:]]
    settings = [
        index(value) if hasattr(value, "__index__") else _hashable(value)
        for value in (groups, stride, padding, dilation, *output_padding)
    ]
    shapes = tuple([t.buffer.shape for t in tensors])
    size, steps = _plan(function, rank, shapes, *settings)
    _check_dtypes(function, *tensors)
    operator = ops.ConvolutionInput if output_padding else ops.Convolution
    result = apply(operator, *tensors, size=size, groups=groups, **steps)
    return result if batched else squeeze(result, 0)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@functools.lru_cache(PLANS_KEPT, typed=True)
def _plan(
    function: str, rank: int, shapes: Any, groups: Any, stride: Any, padding: Any, dilation: Any,
    *output_padding: Any,
) -> tuple[Any, dict[str, Any]]:  # fmt: skip
    """The result's size and the operator's settings; found and checked once for given shapes."""
    transposed, same, x, w = bool(output_padding), False, shapes[0], shapes[1]
    steps = {"stride": stride, "padding": padding, "dilation": dilation}
    if transposed:
        (steps["output_padding"],) = output_padding
    elif isinstance(padding, str):
        check(padding in ("same", "valid"), f"Invalid padding string: '{padding}'")
        same, steps["padding"] = padding == "same", 0
    text = f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {function}, but got"
    check(len(x) == rank + 2, f"{text} input of size: {list(x)}")
    check(len(w) > 2, "weight should have at least three dimensions")
    positive = _ints(function, "groups", groups, 1, 1) > (0,)
    check(positive, "non-positive groups is not supported")
    if same:
        _check_ranks(x, w)
    steps = {n: _ints(function, n, value, rank, len(w) - 2) for n, value in steps.items()}
    _check_steps(same, **steps)
    _check_shapes(transposed, groups, *shapes)
    if same:
        total = [d * (k - 1) for d, k in zip(steps["dilation"], w[2:], strict=True)]
        return x[2:], {**steps, "padding": tuple([n // 2 for n in total])}
    size = (_transposed_size if transposed else _size)(x, w, **steps)
    steps.pop("output_padding", None)
    return size, steps


def _ints(function: str, name: str, value: Any, rank: int, wanted: int) -> tuple[int, ...]:
    """A setting with one number for each spatial dimension; a single one is for all."""
    values = (value,) * rank if hasattr(value, "__index__") else value
    try:
        values = tuple(map(index, values))
    except TypeError:
        text = f"must be tuple of ints, not {type(value).__name__}"
        raise TypeError(f"{function}(): argument '{name}' {text}") from None
    text = f"expected {name} to be a single integer value or a list of {wanted} values to match"
    fits = len(values) in (1, wanted)
    check(fits, f"{text} the convolution dimensions, but got {name}={list(values)}")
    return values * wanted if len(values) == 1 else values


def _check_steps(
    same: bool, stride: Any, padding: Any, dilation: Any, output_padding: Any = (0,)
) -> None:
    """Refuse settings that no convolution has.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    strided = "padding='same' is not supported for strided convolutions"
    check(not same or set(stride) == {1}, strided)
    check(min(padding) >= 0, "negative padding is not supported")
    check(min(output_padding) >= 0, "negative output_padding is not supported")
    check(min(stride) > 0, "non-positive stride is not supported")
    check(min(dilation) > 0, "dilation should be greater than zero")


def _check_ranks(x: Any, w: Any) -> None:
    """Refuse a weight for another number of dimensions than the input has."""
    text = f"Expected {len(w)}-dimensional input for {len(w)}-dimensional weight {list(w)}, but got"
    check(len(x) == len(w), f"{text} {len(x)}-dimensional input of size {list(x)} instead")


def _check_shapes(transposed: bool, groups: int, x: Any, w: Any, bias: Any = None) -> None:
    """Refuse an input, a weight and a bias that do not go together.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    _check_ranks(x, w)
    text = f"Given groups={groups}, expected weight to be"
    end = f"at dimension 0, but got weight of size {list(w)} instead"
    check(w[0] >= groups, f"{text} at least {groups} {end}")
    end = end.replace(str(list(w)), f"[{list(w)}]")
    check(w[0] % groups == 0, f"{text} divisible by {groups} {end}")
    channels, outputs = (w[0], w[1] * groups) if transposed else (w[1] * groups, w[0])
    given = f"{'transposed=1' if transposed else f'groups={groups}'}, weight of size {list(w)}"
    text = f"Given {given}, expected input{list(x)} to have {channels} channels"
    check(x[1] == channels, f"{text}, but got {x[1]} channels instead")
    given = given if transposed else f"weight of size {list(w)}"
    text = f"Given {given}, expected bias to be 1-dimensional with {outputs} elements, but got bias"
    if bias not in (None, (outputs,)):
        raise RuntimeError(f"{text} of size {list(bias)} instead")
    text = "kernel size should be greater than zero, but got"
    check(min(w[2:]) > 0, f"{text} {by_name(kernel=w[2:])}")
    text = "Only zero batch or zero channel inputs are supported, but got input shape:"
    check(0 in x[:2] or 0 not in x, f"{text} {[*x[:2], *_image(x[2:])]}")


def _check_dtypes(function: str, *tensors: Any) -> None:
    """Refuse dtypes that differ, and booleans; of integers one spreads int64 only.

    Raises:
        RuntimeError: They differ, or the tensors lie on several devices.
        NotImplementedError: There is no such convolution.
    """
    first, transposed = tensors[0].buffer, "transpose" in function
    if type(tensors[1].buffer) is not type(first):
        kinds = [t.type() for t in tensors[:2]]
        dense = " or input should be a MKLDNN tensor and weight is a dense tensor"
        raise RuntimeError(
            f"Input type ({kinds[0]}) and weight type ({kinds[1]}) should be the same"
            + dense * (tensors[0].backend.device_type == "cpu")
        )
    check_same_device(*tensors)
    if any([t.buffer.dtype != first.dtype for t in tensors]):
        raise _dtypes_differ(transposed, *tensors)
    kernel = f"slow_{function.replace('1', '2')}{'_out' if transposed else ''}_cpu"
    refuse(first, "biu" if transposed and first.dtype.name != "int64" else "b", kernel)


def _dtypes_differ(transposed: bool, input: Any, weight: Any, bias: Any = None) -> RuntimeError:
    """The error for a weight or a bias in another dtype than the input's."""
    dtype = input.buffer.dtype
    if bias is not None and not transposed and bias.buffer.dtype != dtype:
        a, b = [C_NAMES.get(t.buffer.dtype.name, "c10::complex") for t in (input, bias)]
        return RuntimeError(f"Input type ({a}) and bias type ({b}) should be the same")
    other = bias if weight.buffer.dtype == dtype else weight
    a, b = type_name(input), type_name(other)
    if dtype.char != "f":
        return RuntimeError(f"expected scalar type {a} but found {b}")
    return RuntimeError(
        f"Input type (torch.{a}Tensor) and weight type (torch.{b}Tensor) should be the same or "
        "input should be a MKLDNN tensor and weight is a dense tensor"
    )


def _size(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> tuple[int, ...]:
    """The number of windows along each dimension."""
    padded = [n + 2 * p for n, p in zip(x[2:], padding, strict=True)]
    seen = [d * (k - 1) + 1 for d, k in zip(dilation, w[2:], strict=True)]
    text = f"({times(padded)}). Kernel size: ({times(seen)}). Kernel size can't be greater than"
    text = f"Calculated padded input size per channel: {text} actual input size"
    check(all([n >= s for n, s in zip(padded, seen, strict=True)]), text)
    return tuple([(n - m) // s + 1 for n, m, s in zip(padded, seen, stride, strict=True)])


def _transposed_size(
    x: Any, w: Any, stride: Any, padding: Any, dilation: Any, output_padding: Any
) -> tuple[int, ...]:
    """The size of what the windows cover together, less the padding."""
    each = list(zip(x[2:], w[2:], stride, padding, dilation, output_padding, strict=True))
    text = by_name(output_padding=output_padding, stride=stride, dilation=dilation)
    text = f"output padding must be smaller than either stride or dilation, but got {text}"
    check(all([more < max(s, d) for _, _, s, _, d, more in each]), text)
    size = tuple([(n - 1) * s - 2 * p + d * (k - 1) + more + 1 for n, k, s, p, d, more in each])
    text = f"({times(_image(x[2:]))}). Calculated output size per channel: ({times(_image(size))})"
    check(min(size) > 0, f"Given input size per channel: {text}. Output size is too small")
    return size


def times(sizes: Any) -> str:
    """Sizes as PyTorch's messages show them: `3 x 4`."""
    return " x ".join(map(str, sizes))


def _image(sizes: tuple[int, ...], height: int = 1) -> tuple[int, ...]:
    """A sequence counts as an image of one row in PyTorch's messages."""
    return sizes if len(sizes) > 1 else (height, *sizes)


def by_name(**settings: tuple[int, ...]) -> str:
    """Settings as PyTorch's messages show them: `stride_height: 1 stride_width: 2`.

    Args:
        **settings: One number for each spatial dimension; the width is last.
    """
    shown = []
    for name, values in settings.items():
        values = _image(values, int(name != "output_padding"))
        axes = AXES[-len(values) :]
        shown += [f"{name}_{axis}: {n}" for axis, n in zip(axes, values, strict=True)]
    return " ".join(shown)
