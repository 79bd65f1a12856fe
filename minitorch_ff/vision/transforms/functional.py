"""One image in, one image out: `torchvision.transforms.functional`.

An image is Pillow's, or a tensor of shape `(…, C, H, W)`. Both kinds stay what they are,
unless a function's name says otherwise. What only Pillow can do here raises
`NotImplementedError` for a tensor. The file is longer than others, as torchvision has all of
this in one module; each function stands for itself.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from numbers import Number
from types import ModuleType
from typing import Any, TypeAlias

import numpy

from minitorch_ff import _dtypes
from minitorch_ff._checks import check
from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._dtypes import float32, float64, uint8
from minitorch_ff._functions.arithmetic import div
from minitorch_ff._functions.counting import bincount
from minitorch_ff._functions.creation import arange, as_tensor, from_numpy, tensor
from minitorch_ff._functions.decompositions import solve
from minitorch_ff._functions.extremes import minimum
from minitorch_ff._functions.joining import stack
from minitorch_ff._functions.padding import constant_pad_nd
from minitorch_ff._functions.rounding import round as rounded
from minitorch_ff._functions.selection import where
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import inference_mode
from minitorch_ff.firefly.tensor import wrap
from minitorch_ff.nn.functional.resizing import interpolate

Image: TypeAlias = Any


class InterpolationMode(Enum):
    """How pixels between pixels are found."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


BILINEAR, NEAREST = InterpolationMode.BILINEAR, InterpolationMode.NEAREST

RESIZING = NEAREST, InterpolationMode.NEAREST_EXACT, BILINEAR, InterpolationMode.BICUBIC
PILLOW_NUMBERS = "NEAREST LANCZOS BILINEAR BICUBIC BOX HAMMING".split()
BYTES = numpy.dtype(numpy.uint8)
DIMENSIONS = "pic should be 2/3 dimensional. Got {} dimensions."


def interpolation_mode(value: Any) -> InterpolationMode:
    """A mode, or one by its name or Pillow's number.

    Raises:
        TypeError: It is none.
    """
    if isinstance(value, str | InterpolationMode):
        return InterpolationMode(value)
    if isinstance(value, int):
        return InterpolationMode[PILLOW_NUMBERS[value]]
    words = "Argument interpolation should be a InterpolationMode or a corresponding Pillow integer"
    raise TypeError(f"{words} constant")


def is_pil(image: Any) -> bool:
    """Whether it is an image of Pillow's; asking does not import Pillow."""
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(image, pillow.Image)


def _pillow(image: Any) -> ModuleType:
    """Pillow, for an image of its own."""
    if not is_pil(image):
        raise TypeError(f"img should be PIL Image. Got {type(image)}")
    from minitorch_ff.vision import _pillow

    return _pillow


def _check_tensor(image: Any) -> None:
    """Refuse an image of Pillow's, and what is none."""
    if not isinstance(image, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(image)}")
    check(image.ndim >= 2, "Tensor is not a torch image.", TypeError)


def as_list(values: Any) -> list[Any]:
    """One number or several, in a list."""
    return list(values) if isinstance(values, tuple | list) else [values]


def _bound(dtype: DType) -> int:
    """White."""
    return 1 if dtype.is_floating_point else _dtypes.iinfo(dtype).max


def get_dimensions(img: Any) -> list[int]:
    """Channels, height and width.

    Raises:
        TypeError: It is no image.
    """
    if isinstance(img, Tensor):
        _check_tensor(img)
        return [1 if img.ndim == 2 else img.size(-3), img.size(-2), img.size(-1)]
    check(is_pil(img), f"Unexpected type {type(img)}", TypeError)
    return [len(img.getbands()), img.height, img.width]


def get_image_size(img: Any) -> list[int]:
    """Width and height."""
    return get_dimensions(img)[:0:-1]


def get_image_num_channels(img: Any) -> int:
    """Channels."""
    return get_dimensions(img)[0]


# ------------------------------------------------------------------------- between kinds


def to_tensor(pic: Any) -> Tensor:
    """An image of Pillow's, or an array `(H, W)` or `(H, W, C)`, as a tensor `(C, H, W)`.

    Bytes become floats between 0 and 1; other numbers stay what they are.

    Raises:
        TypeError: It is neither.
        ValueError: An array has other dimensions.

    Example:
        >>> import numpy
        >>> from minitorch_ff.vision.transforms.functional import to_tensor
        >>> to_tensor(numpy.array([[0, 51, 255]], "uint8"))
        tensor([[[0.0000, 0.2000, 1.0000]]])

    See: [to_tensor](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.to_tensor.html).
    """
    if is_pil(pic):
        array, mode = _pillow(pic).array_of(pic), pic.mode
        if mode == "1":
            array = array * numpy.uint8(255)
        elif mode == "I;16":
            array = array.astype(numpy.int16)
    elif isinstance(pic, numpy.ndarray):
        check(pic.ndim in (2, 3), DIMENSIONS.format(pic.ndim), ValueError)
        array = pic
    else:
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    array = planes(array)
    if array.dtype != BYTES:
        return from_numpy(numpy.ascontiguousarray(array))
    out = array.astype(_dtypes.get_default_dtype().numpy, order="C")
    return wrap(Tensor, numpy.divide(out, 255, out=out))


def pil_to_tensor(pic: Any) -> Tensor:
    """An image of Pillow's as a tensor of the same numbers. Shape `(C, H, W)`.

    Raises:
        TypeError: It is none of Pillow's.
    """
    check(is_pil(pic), f"pic should be PIL Image. Got {type(pic)}", TypeError)
    return from_numpy(planes(_pillow(pic).array_of(pic)).copy())


def planes(array: Any) -> Any:
    """Pixels channel by channel: `(H, W)` or `(H, W, C)` as `(C, H, W)`."""
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


# What each number of channels can mean; the first is what it means if nothing is said.
MODES = {2: ["LA"], 3: ["RGB", "YCbCr", "HSV"], 4: ["RGBA", "CMYK", "RGBX"]}
GREY_MODES = {"uint8": "L", "int16": "I;16", "int32": "I", "float32": "F"}


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor `(C, H, W)` or an array `(H, W, C)` as an image of Pillow's.

    Args:
        pic: The pixels; `(H, W)` is one channel. Floats are between 0 and 1.
        mode: Pillow's name of what the channels mean; None goes by their number.

    Raises:
        TypeError: It is neither, or Pillow has no such numbers.
        ValueError: The dimensions, or the channels, are none of an image, or do not fit
            the mode.

    See: [to_pil_image](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.to_pil_image.html).
    """
    words = f"pic should be Tensor or ndarray. Got {type(pic)}."
    check(isinstance(pic, Tensor | numpy.ndarray), words, TypeError)
    check(pic.ndim in (2, 3), DIMENSIONS.format(pic.ndim), ValueError)
    array: Any = pic
    if isinstance(pic, Tensor):
        array = pic.detach().cpu().numpy()
        array = array if array.ndim == 2 else array.transpose(1, 2, 0)
    height, width, channels = (*array.shape, 1)[:3]
    check(channels <= 4, f"pic should not have > 4 channels. Got {channels} channels.", ValueError)
    if array.dtype.kind == "f" and mode != "F":
        array = (array * 255).astype(numpy.uint8)
    if channels == 1:
        expected = GREY_MODES.get(array.dtype.name)
        words = f"Incorrect mode ({mode}) supplied for input type {numpy.dtype}. Should be "
        check(mode in (None, expected), f"{words}{expected}", ValueError)
        mode = expected
    else:
        words = f"Only modes {MODES[channels]} are supported for {channels}D inputs"
        check(mode in (None, *MODES[channels]), words, ValueError)
        mode = MODES[channels][0] if mode is None and array.dtype == BYTES else mode
    if mode is None:
        raise TypeError(f"Input type {array.dtype} is not supported")
    from minitorch_ff.vision._pillow import Image

    return Image.frombytes(mode, (width, height), array.tobytes())


def convert_image_dtype(image: Tensor, dtype: DType = float32) -> Tensor:
    """Another dtype, with white staying white: 255 as bytes, 1 as floats.

    Raises:
        RuntimeError: Whole numbers of the dtype have more digits than the floats.
        TypeError: It is no tensor.

    See: [convert_image_dtype](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.convert_image_dtype.html).
    """
    check(isinstance(image, Tensor), "Input img should be Tensor Image", TypeError)
    source = image.dtype
    white, new_white = _bound(source), _bound(dtype)
    if source is dtype or (source.is_floating_point and dtype.is_floating_point):
        return image.to(dtype)
    if dtype.is_floating_point:
        return image.to(dtype) / white
    if source.is_floating_point:
        unsafe = dtype.itemsize > 4 or (dtype.itemsize == 4 and source is float32)
        check(not unsafe, f"The cast from {source} to {dtype} cannot be performed safely.")
        return image.mul(new_white + 1.0 - 1e-3).to(dtype)
    if white > new_white:
        return div(image, (white + 1) // (new_white + 1), rounding_mode="floor").to(dtype)
    return image.to(dtype) * ((new_white + 1) // (white + 1))


# ------------------------------------------------------------------------------- geometry


def resized_size(height: int, width: int, size: Any, max_size: int | None) -> tuple[int, int]:
    """Height and width after `resize`.

    Raises:
        ValueError: `size` or `max_size` ask for no size, or for two.
    """
    sizes = as_list(size)
    words = "Size must be an int or a 1 or 2 element tuple/list, not a {} element tuple/list"
    check(len(sizes) in (1, 2), words.format(len(sizes)), ValueError)
    if len(sizes) == 2:
        words = "max_size should only be passed if size specifies the length of the smaller edge, "
        words += "i.e. size should be an int or a sequence of length 1 in torchscript mode."
        check(max_size is None, words, ValueError)
        return sizes[0], sizes[1]
    short, long = sorted([height, width])
    new_short, new_long = sizes[0], int(sizes[0] * long / short)
    if max_size is not None:
        words = f"max_size = {max_size} must be strictly greater than the requested size for the "
        check(max_size > new_short, f"{words}smaller edge size = {sizes}", ValueError)
        if new_long > max_size:
            new_short, new_long = int(max_size * new_short / new_long), max_size
    return (new_long, new_short) if width <= height else (new_short, new_long)


def resize(
    img: Image, size: Any, interpolation: Any = BILINEAR, max_size: int | None = None,
    antialias: bool | None = True,
) -> Image:  # fmt: skip
    """The image in another size.

    Args:
        img: Pillow's, or a tensor `(…, C, H, W)`.
        size: Height and width in pixels, or the length of the shorter side.
        interpolation: A mode, or Pillow's number of one. A tensor takes nearest, nearest-exact,
            bilinear and bicubic.
        max_size: The longer side is made no longer than this.
        antialias: Let each new pixel be an average of all old ones in its place. Pillow
            always does.

    Raises:
        ValueError: `size` and `max_size` ask for no size.
        NotImplementedError: The mode is none for tensors.
        TypeError: It is no image, or no mode.

    See: [resize](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.resize.html).
    """
    mode = interpolation_mode(interpolation)
    _, height, width = get_dimensions(img)
    rows, columns = resized_size(height, width, size, max_size)
    if (rows, columns) == (height, width):
        return img
    if not isinstance(img, Tensor):
        return img.resize((columns, rows), _resample(img, mode))
    words = f"{mode.value} interpolation of a tensor is not supported; give it Pillow's image"
    check(mode in RESIZING, words, NotImplementedError)
    smooth = bool(antialias) and not mode.value.startswith("nearest")
    pixels = _floats(img).reshape(-1, 1, height, width)
    out = interpolate(pixels, (rows, columns), mode=mode.value, antialias=smooth)
    return _as(img, out.reshape(*img.shape[:-2], rows, columns))


def _floats(img: Tensor) -> Tensor:
    """Pixels to compute with."""
    return img if img.is_floating_point() else img.to(float32)


def _as(img: Tensor, pixels: Tensor) -> Tensor:
    """Computed pixels in the dtype of the image they come from."""
    if img.is_floating_point():
        return pixels
    return rounded(pixels).clamp(0, _bound(img.dtype)).to(img.dtype)


def _resample(img: Any, mode: InterpolationMode) -> Any:
    """Pillow's own name of a mode."""
    return _pillow(img).Image.Resampling[mode.name.removesuffix("_EXACT")]


def padding_sides(padding: Any, fill: Any = 0, padding_mode: str = "constant") -> tuple[int, ...]:
    """Pixels to add left, above, right and below, from 1, 2 or 4 numbers.

    Raises:
        TypeError: `padding` or `fill` are no numbers.
        ValueError: There are other than 1, 2 or 4, or there is no such mode.
    """
    numbers = (Number, tuple, list)
    check(isinstance(padding, numbers), "Got inappropriate padding arg", TypeError)
    check(isinstance(fill, numbers), "Got inappropriate fill arg", TypeError)
    words = "Padding mode should be either constant, edge, reflect or symmetric"
    check(padding_mode in ("constant", "edge", "reflect", "symmetric"), words, ValueError)
    sides = as_list(padding)
    words = "Padding must be an int or a 1, 2, or 4 element tuple, not a {} element tuple"
    check(len(sides) in (1, 2, 4), words.format(len(sides)), ValueError)
    return tuple(sides * (4 // len(sides)))


def pad(img: Image, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Image:
    """The image with a border around it.

    Args:
        img: Pillow's, or a tensor `(…, C, H, W)`.
        padding: Pixels on all sides; `(left and right, above and below)`; or `(left, above,
            right, below)`.
        fill: The colour of the border: a number, or for Pillow one per channel.
        padding_mode: `constant`; `edge`, the outermost pixels; `reflect`, the image mirrored
            at the outermost pixels; `symmetric`, mirrored at its edge.

    Raises:
        TypeError: `padding` or `fill` are no numbers.
        ValueError: They are too many or too few, or there is no such mode.

    See: [pad](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.pad.html).
    """
    left, top, right, bottom = sides = padding_sides(padding, fill, padding_mode)
    if not isinstance(img, Tensor):
        pillow = _pillow(img)
        if padding_mode == "constant":
            return pillow.ImageOps.expand(img, sides, _fill(img, fill))
        return to_pil_image(pad(pil_to_tensor(img), padding, 0, padding_mode), img.mode)
    _check_tensor(img)
    height, width = img.shape[-2:]
    if padding_mode != "constant":
        down = _border(height, top, bottom, padding_mode)
        return img[..., down, :][..., _border(width, left, right, padding_mode)]
    check(isinstance(fill, Number), "Got inappropriate fill arg", TypeError)
    return constant_pad_nd(img, (left, right, top, bottom), fill)


def _border(size: int, before: int, after: int, mode: str) -> list[int]:
    """Which pixel stands in each place of a line with a border."""
    places = range(-before, size + after)
    if mode == "edge":
        return [min(max(place, 0), size - 1) for place in places]
    if mode == "symmetric":
        return [min(place % (2 * size), (-1 - place) % (2 * size)) for place in places]
    words = "Padding size should be less than the corresponding input dimension, but got: padding "
    check(max(before, after) < size, f"{words}({before}, {after}) for {size} pixels")
    return [min(abs(place), 2 * (size - 1) - place) for place in places]


def _fill(img: Any, fill: Any) -> Any:
    """A colour as Pillow wants it for this image."""
    bands = len(img.getbands())
    colour = as_list(fill or 0)
    words = "The number of elements in 'fill' does not match the number of channels of the image "
    check(len(colour) in (1, bands), f"{words}({len(colour)} != {bands})", ValueError)
    if img.mode != "F":
        colour = [int(value) for value in colour]
    colour *= bands // len(colour)
    return tuple(colour) if bands > 1 else colour[0]


def crop(img: Image, top: int, left: int, height: int, width: int) -> Image:
    """A part of the image; what lies outside of it is black.

    Args:
        img: Pillow's, or a tensor `(…, C, H, W)`.
        top: The part's first row.
        left: Its first column.
        height: Its rows.
        width: Its columns.
    """
    bottom, right = top + height, left + width
    if not isinstance(img, Tensor):
        _pillow(img)
        return img.crop((left, top, right, bottom))
    _, rows, columns = get_dimensions(img)
    part = img[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if left >= 0 and top >= 0 and right <= columns and bottom <= rows:
        return part
    before = [min(max(-left, 0), width), min(max(-top, 0), height)]
    after = [min(max(right - columns, 0), width), min(max(bottom - rows, 0), height)]
    return pad(part, before + after)


def size_pair(size: Any, words: str = "Please provide only two dimensions (h, w) for size.") -> Any:
    """Height and width, from one number or two.

    Raises:
        ValueError: There are more; with these words.
    """
    if isinstance(size, Number):
        return int(size), int(size)  # type: ignore[call-overload]
    if len(size) == 1:
        return size[0], size[0]
    check(len(size) == 2, words, ValueError)
    return size


def center_crop(img: Image, output_size: Any) -> Image:
    """The middle of the image, with a black border where it is too small."""
    height, width = size_pair(output_size)
    _, rows, columns = get_dimensions(img)
    # What to leave out above and to the left; a negative number adds black pixels there.
    sides = (rows - height, columns - width)
    top, left = [round(spare / 2) if spare > 0 else -(-spare // 2) for spare in sides]
    return crop(img, top, left, height, width)


def resized_crop(
    img: Image, top: int, left: int, height: int, width: int, size: Any,
    interpolation: Any = BILINEAR, antialias: bool | None = True,
) -> Image:  # fmt: skip
    """A part of the image in another size: `crop`, then `resize`."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def hflip(img: Image) -> Image:
    """The image with left and right exchanged."""
    return img.flip(-1) if isinstance(img, Tensor) else _pillow(img).ImageOps.mirror(img)


def vflip(img: Image) -> Image:
    """The image upside down."""
    return img.flip(-2) if isinstance(img, Tensor) else _pillow(img).ImageOps.flip(img)


def five_crop(img: Image, size: Any) -> tuple[Image, ...]:
    """The four corners and the middle: top left, top right, bottom left, bottom right.

    Raises:
        ValueError: The image is too small, or `size` has more than two numbers.
    """
    height, width = size_pair(size)
    _, rows, columns = get_dimensions(img)
    words = f"Requested crop size {(height, width)} is bigger than input size {(rows, columns)}"
    check(width <= columns and height <= rows, words, ValueError)
    corners = [(top, left) for top in (0, rows - height) for left in (0, columns - width)]
    parts = [crop(img, top, left, height, width) for top, left in corners]
    return (*parts, center_crop(img, [height, width]))


def ten_crop(img: Image, size: Any, vertical_flip: bool = False) -> tuple[Image, ...]:
    """`five_crop` of the image, and of the image mirrored or upside down."""
    flipped = vflip(img) if vertical_flip else hflip(img)
    return five_crop(img, size) + five_crop(flipped, size)


def rotate(
    img: Image, angle: float, interpolation: Any = NEAREST, expand: bool = False,
    center: Sequence[float] | None = None, fill: Any = None,
) -> Image:  # fmt: skip
    """The image turned against the clock.

    Args:
        img: Pillow's, or a tensor.
        angle: In degrees.
        interpolation: A mode, or Pillow's number of one.
        expand: Make the image large enough to hold all of it.
        center: The point that stays, in pixels from the left and from above; None: the middle.
        fill: The colour of what comes from outside.

    Raises:
        TypeError: The angle is no number.

    See: [rotate](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.rotate.html).
    """
    check(isinstance(angle, int | float), "Argument angle should be int or float", TypeError)
    mode = interpolation_mode(interpolation)
    if not isinstance(img, Tensor):
        fill = _fill(img, fill)
        return img.rotate(angle, _resample(img, mode), expand, center, fillcolor=fill)
    _, rows, columns = get_dimensions(img)
    middle = [0.0, 0.0]  # the whole turns about the image's
    if center is not None and not expand:
        middle = [center[0] - columns / 2, center[1] - rows / 2]
    matrix = _inverse_matrix(middle, -angle, (0.0, 0.0), 1.0, (0.0, 0.0))
    if expand:
        turn = tensor(matrix, dtype=float32).reshape(2, 3)[:, :2]
        corners = tensor([[x, y] for x in (-0.5, 0.5) for y in (-0.5, 0.5)])
        reach = corners * tensor([columns, rows]) @ turn.T + tensor([columns, rows]) / 2
        low, high = [(edge / 1e-4).trunc() * 1e-4 for edge in (reach.amin(0), reach.amax(0))]
        columns, rows = map(int, (high.ceil() - low.floor()).tolist())
    return _warped(img, matrix, (rows, columns), mode, fill)


def affine(
    img: Image, angle: float, translate: Sequence[float], scale: float, shear: Any,
    interpolation: Any = NEAREST, fill: Any = None, center: Sequence[float] | None = None,
) -> Image:  # fmt: skip
    """The image turned, moved, scaled and sheared.

    Args:
        img: Pillow's, or a tensor.
        angle: In degrees, with the clock.
        translate: Pixels to the right and down.
        scale: More than 1 enlarges.
        shear: The slant along x in degrees, or along x and y.
        interpolation: A mode, or Pillow's number of one.
        fill: The colour of what comes from outside.
        center: The point that stays, in pixels from the left and from above; None: the middle.

    Raises:
        TypeError: An argument is no number, or no sequence of them.
        ValueError: There are too many or too few, or the scale is not positive.

    See: [affine](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.affine.html).
    """
    check(isinstance(angle, int | float), "Argument angle should be int or float", TypeError)
    check(len(translate) == 2, "Argument translate should be a sequence of length 2", ValueError)
    check(scale > 0.0, "Argument scale should be positive", ValueError)
    slant, words = as_list(shear), "Shear should be a sequence containing two values. Got "
    check(len(slant) in (1, 2), f"{words}{shear}", ValueError)
    mode, (_, height, width) = interpolation_mode(interpolation), get_dimensions(img)
    middle = [width * 0.5, height * 0.5]
    if isinstance(img, Tensor):  # counts from the middle
        center = middle if center is None else center
        middle = [place - half for place, half in zip(center, middle, strict=True)]
    elif center is not None:
        middle = list(center)
    matrix = _inverse_matrix(middle, angle, translate, scale, (*slant, 0.0)[:2])
    if isinstance(img, Tensor):
        return _warped(img, matrix, (height, width), mode, fill)
    kind, how = _pillow(img).Image.Transform.AFFINE, _resample(img, mode)
    return img.transform((width, height), kind, matrix, how, fillcolor=_fill(img, fill))


def _inverse_matrix(center: Any, angle: float, move: Any, scale: float, shear: Any) -> list[float]:
    """The two rows that lead from a new pixel to its old place."""
    turn, (x, y) = math.radians(angle), [math.radians(slant) for slant in shear]
    # Turning after shearing, as a matrix (a b, c d) of determinant 1.
    a = math.cos(turn - y) / math.cos(y)
    b = -a * math.tan(x) - math.sin(turn)
    c = math.sin(turn - y) / math.cos(y)
    d = -c * math.tan(x) + math.cos(turn)
    right, down = [-center[k] - move[k] for k in (0, 1)]
    matrix = []
    for p, q, middle in ((d, -b, center[0]), (-c, a, center[1])):
        p, q = p / scale, q / scale
        matrix += [p, q, p * right + q * down + middle]
    return matrix


def _warped(img: Tensor, matrix: Any, size: tuple[int, int], mode: Any, fill: Any) -> Tensor:
    """A tensor in a new size, each pixel from where a matrix leads, all from the middle."""
    rows, columns = [arange(side, dtype=float32) + (0.5 - side / 2) for side in size]
    places = []
    for row, side in ((matrix[:3], img.shape[-1]), (matrix[3:], img.shape[-2])):
        x, y, shift = tensor(row, dtype=float32) / (side / 2)  # in PyTorch's order of rounding
        places.append((columns * x + rows[:, None] * y + shift + 1) * (side / 2) - 0.5)
    return _sampled(img, places, mode, fill)


def _sampled(img: Tensor, places: Any, mode: Any, fill: Any) -> Tensor:
    """A tensor's pixels at places (x and y) between them, `fill` outside."""
    words = f"Interpolation mode '{mode.value}' is unsupported with Tensor input"
    check(mode in (NEAREST, BILINEAR), words, ValueError)
    (x, y), (rows, columns) = places, img.shape[-2:]
    if mode is NEAREST:
        corners = [(rounded(x), rounded(y), 1.0)]
    else:
        left, top, right, down = x.floor(), y.floor(), x - x.floor(), y - y.floor()
        corners = [(left, top, (1 - right) * (1 - down)), (left + 1, top, right * (1 - down))]
        corners += [(left, top + 1, (1 - right) * down), (left + 1, top + 1, right * down)]
    total: Any = 0.0
    pixels, cover = _floats(img).flatten(-2), 0.0
    for column, row, weight in corners:
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        place = row.clamp(0, rows - 1) * columns + column.clamp(0, columns - 1)
        total = total + pixels[..., place.long()] * (weight * inside)
        cover = cover + weight * inside
    if fill is not None:
        colours = tensor(as_list(fill), dtype=float32).reshape(-1, 1, 1)
        total = total * cover + (1 - cover) * colours
    return _as(img, total)


def perspective(
    img: Image, startpoints: Any, endpoints: Any, interpolation: Any = BILINEAR, fill: Any = None
) -> Image:
    """The image as it looks from elsewhere.

    Args:
        img: Pillow's, or a tensor.
        startpoints: The four corners, `[x, y]` in pixels: top left, top right, bottom right,
            bottom left.
        endpoints: Where they come to be.
        interpolation: A mode, or Pillow's number of one.
        fill: The colour of what comes from outside.

    Raises:
        ValueError: There are other than four points.

    See: [perspective](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.perspective.html).
    """
    words = f"Please provide exactly four corners, got {len(startpoints)} startpoints and "
    words += f"{len(endpoints)} endpoints."
    check(len(startpoints) == len(endpoints) == 4, words, ValueError)
    # For each point two lines of A · coefficients = B: where it comes from is a quotient.
    lines, places = [], []
    for (u, v), (x, y) in zip(startpoints, endpoints, strict=True):
        lines += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        places += [u, v]
    solved = solve(tensor(lines, dtype=float64), tensor(places, dtype=float64))
    mode, matrix = interpolation_mode(interpolation), solved.to(float32).tolist()
    if not isinstance(img, Tensor):
        kind, how = _pillow(img).Image.Transform.PERSPECTIVE, _resample(img, mode)
        return img.transform(img.size, kind, matrix, how, fillcolor=_fill(img, fill))
    rows, columns = [arange(side, dtype=float32) + 0.5 for side in img.shape[-2:]]
    numbers, places = tensor(matrix, dtype=float32), []
    below = columns * numbers[6] + rows[:, None] * numbers[7] + 1
    for (x, y, shift), side in zip((numbers[:3], numbers[3:6]), img.shape[:-3:-1], strict=True):
        above = columns * (x / (side / 2)) + rows[:, None] * (y / (side / 2)) + shift / (side / 2)
        places.append((above / below - 1 + 1) * (side / 2) - 0.5)  # as PyTorch rounds
    return _sampled(img, places, mode, fill)


def gaussian_blur(img: Image, kernel_size: Any, sigma: Any = None) -> Image:
    """The image out of focus: each pixel an average around it, weighted by a bell curve.

    Args:
        img: Pillow's, or a tensor `(…, C, H, W)`.
        kernel_size: Pixels to average over, odd; or one number for x and one for y.
        sigma: The width of the curve in pixels, or one for x and one for y; None goes by
            the kernel's size.

    Raises:
        ValueError: A size is not odd, a width not positive, or there are too many.

    See: [gaussian_blur](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.gaussian_blur.html).
    """
    sizes = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
    words = f"If kernel_size is a sequence its length should be 2. Got {len(sizes)}"
    check(len(sizes) == 2, words, ValueError)
    words = f"kernel_size should have odd and positive integers. Got {sizes}"
    check(all([size % 2 and size > 0 for size in sizes]), words, ValueError)
    if sigma is None:
        sigma = [size * 0.15 + 0.35 for size in sizes]
    sigmas = [float(width) for width in as_list(sigma)]
    words = f"If sigma is a sequence, its length should be 2. Got {sigma}"
    check(len(sigmas) < 3, words, ValueError)
    sigmas *= 2 // len(sigmas)
    check(min(sigmas) > 0.0, f"sigma should have positive values. Got {sigmas}", ValueError)
    if not isinstance(img, Tensor):
        _pillow(img)
        return to_pil_image(gaussian_blur(pil_to_tensor(img), sizes, sigmas), img.mode)
    pixels = pad(_floats(img), [size // 2 for size in sizes], 0, "reflect")
    for dim, size, width in zip((-1, -2), sizes, sigmas, strict=True):
        steps = [(k - size // 2) / width for k in range(size)]
        bell = [math.exp(-0.5 * step * step) for step in steps]
        length = pixels.size(dim) - size + 1
        shifted = [pixels.narrow(dim, k, length) for k in range(size)]
        pixels = sum([part * (w / sum(bell)) for part, w in zip(shifted, bell, strict=True)])
    return _as(img, pixels)


# --------------------------------------------------------------------------------- values


def normalize(tensor: Tensor, mean: Any, std: Any, inplace: bool = False) -> Tensor:
    """Subtract a mean and divide by a standard deviation, each channel by its own.

    Args:
        tensor: Floating point. Shape `(…, C, H, W)`.
        mean: One number per channel.
        std: One number per channel.
        inplace: Overwrite `tensor`.

    Raises:
        TypeError: It is no tensor of floats.
        ValueError: It is no image, or a deviation is zero.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.vision.transforms.functional import normalize
        >>> normalize(torch.ones(1, 1, 2), [0.5], [0.25])
        tensor([[[2., 2.]]])

    See: [normalize](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.normalize.html).
    """
    _check_tensor(tensor)
    dtype = tensor.dtype
    if not dtype.is_floating_point:
        raise TypeError(f"Input tensor should be a float tensor. Got {dtype}.")
    if tensor.ndim < 3:
        words = "Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() ="
        raise ValueError(f"{words} {tensor.size()}")
    mean, std = [tuple(values) if isinstance(values, list) else values for values in (mean, std)]
    fixed = isinstance(mean, tuple) and isinstance(std, tuple)
    columns = _columns if fixed else _columns.__wrapped__
    mean, std = columns(mean, std, dtype, tensor.device)
    if inplace or not {len(mean), len(std)} <= {1, tensor.shape[-3]}:  # refused there
        return (tensor if inplace else tensor.clone()).sub_(mean).div_(std)
    if tensor.edge() is not None:
        return (tensor - mean) / std
    xp = tensor.backend  # the same, without a record: it is called for each image
    return wrap(Tensor, xp.div(xp.sub(tensor.buffer, mean.buffer), std.buffer))


@functools.lru_cache
@inference_mode(False)
def _columns(mean: Any, std: Any, dtype: DType, device: Any) -> tuple[Tensor, Tensor]:
    """Numbers per channel as tensors, kept for the next image. Shape `(C, 1, 1)`."""
    mean, std = [as_tensor(x, dtype=dtype, device=device).reshape(-1, 1, 1) for x in (mean, std)]
    words = f"std evaluated to zero after conversion to {dtype}, leading to division by zero."
    check(std.all(), words, ValueError)
    return mean, std


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Tensor, inplace: bool = False) -> Tensor:
    """A tensor's pixels from row `i` and column `j` on, `h` rows and `w` columns, set to `v`."""
    _check_tensor(img)
    out = img if inplace else img.clone()
    out[..., i : i + h, j : j + w] = v
    return out


GREY_CHANNELS = "num_output_channels should be either 1 or 3"


def rgb_to_grayscale(img: Image, num_output_channels: int = 1) -> Image:
    """Colours as grey, in 1 or 3 channels; a tensor that is grey stays as it is.

    Raises:
        ValueError: Other channels are wanted.
        TypeError: A tensor has other than 1 or 3 channels.
    """
    if not isinstance(img, Tensor):
        return to_grayscale(img, num_output_channels)
    check(num_output_channels in (1, 3), GREY_CHANNELS, ValueError)
    channels = get_image_num_channels(img)
    words = f"Input image tensor permitted channel values are [1, 3], but found {channels}"
    check(channels in (1, 3), words, TypeError)
    if channels == 1:
        return img.clone()
    red, green, blue = img.unbind(-3)
    grey = (0.2989 * red + 0.587 * green + 0.114 * blue).to(img.dtype).unsqueeze(-3)
    return grey.expand(img.shape) if num_output_channels == 3 else grey


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """An image of Pillow's as grey, in 1 or 3 channels.

    Raises:
        ValueError: Other channels are wanted.
        TypeError: It is none of Pillow's.
    """
    check(is_pil(img), "Input should be PIL Image", TypeError)
    check(num_output_channels in (1, 3), GREY_CHANNELS, ValueError)
    grey = img.convert("L")
    return _pillow(img).Image.merge("RGB", [grey] * 3) if num_output_channels == 3 else grey


def _enhanced(img: Image, name: str, factor: float, dull: Callable[[Tensor], Any]) -> Image:
    """The image, and with what weight is missing to 1 a dull one; `name` is Pillow's."""
    if not isinstance(img, Tensor):
        return getattr(_pillow(img).ImageEnhance, name)(img).enhance(factor)
    word = "saturation" if name == "Color" else name.lower()
    check(factor >= 0, f"{word}_factor ({factor}) is not non-negative.", ValueError)
    mixed = factor * img + (1.0 - factor) * dull(img)
    return mixed.clamp(0, _bound(img.dtype)).to(img.dtype)


def _mean_grey(img: Tensor) -> Tensor:
    """One grey for the whole image. Shape `(…, 1, 1, 1)`."""
    return _floats(rgb_to_grayscale(img)).mean(dim=(-3, -2, -1), keepdim=True)


def adjust_brightness(img: Image, brightness_factor: float) -> Image:
    """The image darker (0 is black), as it is (1), or brighter.

    Raises:
        ValueError: The factor is negative.
    """
    return _enhanced(img, "Brightness", brightness_factor, lambda _: 0.0)


def adjust_contrast(img: Image, contrast_factor: float) -> Image:
    """The image with less contrast (0 is grey), as it is (1), or with more.

    Raises:
        ValueError: The factor is negative.
    """
    return _enhanced(img, "Contrast", contrast_factor, _mean_grey)


def adjust_saturation(img: Image, saturation_factor: float) -> Image:
    """The image with less colour (0 is grey), as it is (1), or with more.

    Raises:
        ValueError: The factor is negative.
    """
    return _enhanced(img, "Color", saturation_factor, rgb_to_grayscale)


def adjust_hue(img: Image, hue_factor: float) -> Image:
    """The image with its colours moved around their circle.

    Args:
        img: Pillow's, or a tensor.
        hue_factor: How far, in whole turns; from -0.5 to 0.5.

    Raises:
        ValueError: The factor is outside.
    """
    words = f"hue_factor ({hue_factor}) is not in [-0.5, 0.5]."
    check(-0.5 <= hue_factor <= 0.5, words, ValueError)
    if isinstance(img, Tensor):
        return _tensor_hue(img, hue_factor)
    pillow, mode = _pillow(img), img.mode
    if mode in ("L", "1", "I", "F"):
        return img
    hue, saturation, value = img.convert("HSV").split()
    hue = hue.point([(k + int(hue_factor * 255)) % 256 for k in range(256)])
    return pillow.Image.merge("HSV", (hue, saturation, value)).convert(mode)


def _tensor_hue(img: Tensor, turn: float) -> Tensor:
    """A tensor's colours moved around their circle, of which red, green and blue are thirds."""
    channels = get_image_num_channels(img)
    words = f"Input image tensor permitted channel values are [1, 3], but found {channels}"
    check(channels in (1, 3), words, TypeError)
    if channels == 1:
        return img
    floats = convert_image_dtype(img) if not img.is_floating_point() else img
    red, green, blue = floats.unbind(-3)
    value, chroma = floats.amax(-3), floats.amax(-3) - floats.amin(-3)
    some = where(chroma == 0, 1.0, chroma)
    sixths = where(value == blue, (red - green) / some + 4, 0.0)
    sixths = where(value == green, (blue - red) / some + 2, sixths)
    sixths = where(value == red, (green - blue) / some, sixths)
    sixths = (sixths / 6 + 1 + turn) % 1 * 6
    near = [((k + sixths) % 6) for k in (5, 3, 1)]  # how far the three are
    parts = [value - chroma * minimum(k, 4 - k).clamp(0, 1) for k in near]
    return convert_image_dtype(stack(parts, -3), img.dtype)


def _tones(name: str, img: Image, change: Callable[..., Tensor], *settings: Any) -> Image:
    """An image with its tones changed: by Pillow's function of a name, or by ours for tensors."""
    if not isinstance(img, Tensor):
        return getattr(_pillow(img).ImageOps, name)(img, *settings)
    words = f"Input image tensor should have at least 3 dimensions, but found {img.ndim}"
    check(img.ndim >= 3, words, TypeError)
    words = f"Only torch.uint8 image tensors are supported, but found {img.dtype}"
    check(name not in ("posterize", "equalize") or img.dtype is uint8, words, TypeError)
    return change(img, *settings)


def invert(img: Image) -> Image:
    """The negative: white becomes black."""
    return _tones("invert", img, lambda img: _bound(img.dtype) - img)


def posterize(img: Image, bits: int) -> Image:
    """Bytes with only so many bits left in each channel.

    Raises:
        TypeError: A tensor has other numbers than bytes.
    """
    return _tones("posterize", img, lambda img, bits: img & (256 - 2 ** (8 - bits)), bits)


def solarize(img: Image, threshold: float) -> Image:
    """The negative of what is at least as bright as the threshold.

    Raises:
        TypeError: The threshold is brighter than white.
    """

    def change(img: Tensor, threshold: float) -> Tensor:
        white = _bound(img.dtype)
        check(threshold <= white, "Threshold should be less than bound of img.", TypeError)
        return where(img >= threshold, white - img, img)

    return _tones("solarize", img, change, threshold)


def autocontrast(img: Image) -> Image:
    """Each channel stretched: its darkest value becomes black, its brightest white."""

    def change(img: Tensor) -> Tensor:
        white, pixels = _bound(img.dtype), _floats(img)
        low, high = pixels.amin((-2, -1), keepdim=True), pixels.amax((-2, -1), keepdim=True)
        flat = low == high
        scale = where(flat, 1.0, white / where(flat, 1.0, high - low))
        return ((pixels - where(flat, 0.0, low)) * scale).clamp(0, white).to(img.dtype)

    return _tones("autocontrast", img, change)


def equalize(img: Image) -> Image:
    """Bytes with all values about equally frequent in each channel.

    Raises:
        TypeError: A tensor has other numbers than bytes.
    """

    def channel(plane: Tensor) -> Tensor:
        counts = bincount(plane.flatten(), minlength=256)
        step = (plane.numel() - int(counts[plane.max().long()])) // 255  # but the brightest
        if not step:
            return plane
        table = (counts.cumsum(0) - counts + step // 2) // step
        return table.clamp(0, 255).to(uint8)[plane.long()]

    def change(img: Tensor) -> Tensor:
        planes = img.reshape(-1, *img.shape[-2:])
        return stack([channel(plane) for plane in planes]).reshape(img.shape)

    return _tones("equalize", img, change)


def adjust_sharpness(img: Image, sharpness_factor: float) -> Image:
    """The image softer (0 is blurred), as it is (1), or sharper.

    Raises:
        ValueError: The factor is negative.
    """
    return _enhanced(img, "Sharpness", sharpness_factor, _softened)


def _softened(img: Tensor) -> Tensor:
    """Inside of the border, an average of each pixel, five times, and its neighbours."""
    (rows, columns), pixels, soft = img.shape[-2:], _floats(img), img.clone()
    if rows > 2 and columns > 2:
        around = [(i, j) for i in range(3) for j in range(3)]
        total = 4 * pixels[..., 1:-1, 1:-1]
        for i, j in around:
            total = total + pixels[..., i : rows - 2 + i, j : columns - 2 + j]
        soft[..., 1:-1, 1:-1] = _as(img, total / 13)
    return soft


def adjust_gamma(img: Image, gamma: float, gain: float = 1) -> Image:
    """Each value, between 0 and 1, to the power of `gamma`, times `gain`.

    Raises:
        ValueError: `gamma` is negative.
    """
    check(gamma >= 0, "Gamma should be a non-negative real number", ValueError)
    if isinstance(img, Tensor):
        floats = img if img.is_floating_point() else convert_image_dtype(img)
        return convert_image_dtype((gain * floats**gamma).clamp(0, 1), img.dtype)
    _pillow(img)
    curve = [int((255 + 1 - 1e-3) * gain * (k / 255.0) ** gamma) for k in range(256)]
    return img.convert("RGB").point(curve * 3).convert(img.mode)
