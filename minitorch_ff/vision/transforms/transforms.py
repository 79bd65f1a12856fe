"""Transforms of single images, and random ones: the classes of `torchvision.transforms`.

Each draws from PyTorch's default generator, in torchvision's order, and leaves the work to
`transforms.functional`. An image is Pillow's, or a tensor of shape `(…, C, H, W)`.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Sequence
from enum import Enum
from numbers import Number
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._dtypes import float32
from minitorch_ff._functions.creation import empty, tensor
from minitorch_ff._functions.exponential import exp, log
from minitorch_ff._functions.random import rand, randint, randperm
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import Module
from minitorch_ff.vision.transforms import functional as F
from minitorch_ff.vision.transforms.functional import NEAREST, size_pair

Range = tuple[float, float]


def uniform(low: float, high: float) -> float:
    """A random number between two."""
    return float(empty(1).uniform_(low, high).item())


def below(end: int) -> int:
    """A random whole number from 0 on."""
    return int(randint(0, end, size=(1,)).item())


def chance(p: float) -> bool:
    """True with this probability."""
    return bool(rand(1) < p)


class Transform(Module):
    """A transform: a function of `transforms.functional`, and its settings.

    Args:
        **settings: Become attributes. They are what the function gets after the image, and what
            the text shows, unless `_shown` names others; with a question mark one is left out
            where it changes nothing.
    """

    _function: Callable[..., Any]
    _shown: str | None = None
    _mode = staticmethod(F.interpolation_mode)  # how an interpolation is kept
    _between = ", "
    _text: Callable[[Any], Any] = staticmethod(
        lambda value: value.value if isinstance(value, Enum) else value
    )

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        vars(self).update(settings, _settings=list(settings))

    def forward(self, img: Any) -> Any:
        """What the function makes of the image."""
        return self._function(img, *[getattr(self, name) for name in self._settings])

    def extra_repr(self) -> str:
        """The settings."""
        shown = []
        for name in self._settings if self._shown is None else self._shown.split():
            value = getattr(self, name.rstrip("?"))
            if name[-1] != "?" or value not in (None, 0, NEAREST):
                shown.append(f"{name.rstrip('?')}={self._text(value)}")
        return self._between.join(shown)


def listing(composed: Any, *first: str) -> str:
    """The text of several transforms, one per line."""
    lines = [*first, *map(str, composed.transforms)]
    return "\n    ".join([f"{type(composed).__name__}(", *lines]) + "\n)"


class Compose:
    """One transform after the other.

    Args:
        transforms: In their order.

    Example:
        >>> from minitorch_ff.vision import transforms
        >>> transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
        Compose(
            ToTensor()
            Normalize(mean=(0.5,), std=(0.5,))
        )

    See: [Compose](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Compose.html).
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        """The image, transformed."""
        for transform in self.transforms:
            img = transform(img)
        return img

    __repr__ = listing


class ToTensor(Transform):
    """An image of Pillow's, or an array `(H, W, C)`, as floats between 0 and 1, `(C, H, W)`.

    See: [ToTensor](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ToTensor.html).
    """

    def forward(self, pic: Any) -> Tensor:
        """See `functional.to_tensor`."""
        return F.to_tensor(pic)


class PILToTensor(Transform):
    """An image of Pillow's as a tensor of the same numbers, `(C, H, W)`."""

    def forward(self, pic: Any) -> Tensor:
        """See `functional.pil_to_tensor`."""
        return F.pil_to_tensor(pic)


class ConvertImageDtype(Transform):
    """A tensor in another dtype, with white staying white.

    Args:
        dtype: 255 as bytes is 1 as floats.
    """

    _shown = ""

    def __init__(self, dtype: DType) -> None:
        super().__init__(dtype=dtype)

    def forward(self, image: Tensor) -> Tensor:
        """See `functional.convert_image_dtype`."""
        return F.convert_image_dtype(image, self.dtype)


class ToPILImage(Transform):
    """A tensor `(C, H, W)` or an array `(H, W, C)` as an image of Pillow's.

    Args:
        mode: Pillow's name of what the channels mean; None goes by their number.
    """

    _shown = "mode?"

    def __init__(self, mode: str | None = None) -> None:
        super().__init__(mode=mode)

    def forward(self, pic: Any) -> Any:
        """See `functional.to_pil_image`."""
        return F.to_pil_image(pic, self.mode)


class Normalize(Transform):
    """Subtract a mean and divide by a standard deviation, each channel by its own.

    Args:
        mean: One number per channel.
        std: One number per channel.
        inplace: Overwrite the tensor.

    See: [Normalize](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Normalize.html).
    """

    _shown = "mean std"

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        super().__init__(mean=mean, std=std, inplace=inplace)

    def forward(self, tensor: Tensor) -> Tensor:
        """See `functional.normalize`."""
        return F.normalize(tensor, self.mean, self.std, self.inplace)


class Resize(Transform):
    """The image in another size.

    Args:
        size: Height and width in pixels, or the length of the shorter side.
        interpolation: How pixels between pixels are found.
        max_size: The longer side is made no longer than this.
        antialias: Let each new pixel be an average of all old ones in its place.

    See: [Resize](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Resize.html).
    """

    _function = staticmethod(F.resize)

    def __init__(
        self, size: Any, interpolation: Any = "bilinear", max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:  # fmt: skip
        words = "If size is a sequence, it should have 1 or 2 values"
        check(not isinstance(size, Sequence) or len(size) in (1, 2), words, ValueError)
        mode = self._mode(interpolation)
        super().__init__(size=size, interpolation=mode, max_size=max_size, antialias=antialias)


class CenterCrop(Transform):
    """The middle of the image, with a black border where it is too small.

    Args:
        size: Height and width in pixels, or one number for both.
    """

    _function = staticmethod(F.center_crop)

    def __init__(self, size: Any) -> None:
        super().__init__(size=size_pair(size))


class Pad(Transform):
    """The image with a border around it.

    Args:
        padding: Pixels on all sides; two numbers, or four, as in `functional.pad`.
        fill: The colour of the border.
        padding_mode: `constant`, `edge`, `reflect` or `symmetric`.
    """

    _function = staticmethod(F.pad)

    def __init__(self, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> None:
        F.padding_sides(padding, fill, padding_mode)
        super().__init__(padding=padding, fill=fill, padding_mode=padding_mode)


class Lambda(Transform):
    """A function as a transform.

    Args:
        lambd: Takes an image.
    """

    _shown = ""

    def __init__(self, lambd: Callable[..., Any]) -> None:
        words = f"Argument lambd should be callable, got {type(lambd).__name__!r}"
        check(callable(lambd), words, TypeError)
        super().__init__(lambd=lambd)

    def forward(self, img: Any) -> Any:
        """What the function makes of it."""
        return self.lambd(img)


class RandomApply(Transform):
    """All of several transforms, or none.

    Args:
        transforms: In their order.
        p: The probability of all.
    """

    def __init__(self, transforms: Any, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.transforms = transforms  # perhaps a ModuleList

    def forward(self, img: Any) -> Any:
        """The image, transformed or not."""
        return img if self.p < rand(1) else Compose(self.transforms)(img)

    def __repr__(self) -> str:
        return listing(self, f"p={self.p}")


class RandomOrder(Transform):
    """Several transforms in a random order.

    The order is drawn from Python's `random`, as in torchvision.

    Args:
        transforms: Which.
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        words = "Argument transforms should be a sequence"
        check(isinstance(transforms, Sequence), words, TypeError)
        super().__init__(transforms=transforms)

    def forward(self, img: Any) -> Any:
        """The image, transformed."""
        order = list(range(len(self.transforms)))
        random.shuffle(order)
        return Compose([self.transforms[k] for k in order])(img)

    def __repr__(self) -> str:
        return listing(self)


class RandomChoice(RandomOrder):
    """One of several transforms.

    It is drawn from Python's `random`, as in torchvision.

    Args:
        transforms: Which.
        p: Their probabilities, or weights; None: all the same.
    """

    def __init__(
        self, transforms: Sequence[Callable[..., Any]], p: Sequence[float] | None = None
    ) -> None:
        super().__init__(transforms)
        check(isinstance(p, Sequence | None), "Argument p should be a sequence", TypeError)
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image, transformed."""
        return random.choices(self.transforms, weights=self.p)[0](img)

    def __repr__(self) -> str:
        return f"{listing(self)}(p={self.p})"


class RandomCrop(Transform):
    """A part of the image, at a random place.

    Args:
        size: Height and width in pixels, or one number for both.
        padding: A border to add first, as in `functional.pad`; None adds none.
        pad_if_needed: Add one where the image is smaller than the part.
        fill: The colour of the border.
        padding_mode: `constant`, `edge`, `reflect` or `symmetric`.

    See: [RandomCrop](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomCrop.html).
    """

    _shown = "size padding"

    def __init__(
        self, size: Any, padding: Any = None, pad_if_needed: bool = False, fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:  # fmt: skip
        super().__init__(size=tuple(size_pair(size)), padding=padding)
        self.pad_if_needed, self.fill, self.padding_mode = pad_if_needed, fill, padding_mode

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Draw the first row and the first column; these, and height and width."""
        spare = spare_pixels(img, output_size)
        top, left = [below(most + 1) for most in spare] if any(spare) else spare
        return top, left, *output_size

    def forward(self, img: Any) -> Any:
        """A part of it."""
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        _, rows, columns = F.get_dimensions(img)
        lacking = [max(self.size[1] - columns, 0), max(self.size[0] - rows, 0)]
        if self.pad_if_needed and any(lacking):
            img = F.pad(img, lacking, self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))


def spare_pixels(img: Any, size: tuple[int, int], end: str = "") -> tuple[int, int]:
    """Rows and columns that the image has more than the size.

    Raises:
        ValueError: It has fewer; `end` closes the text.
    """
    height, width = size
    _, rows, columns = F.get_dimensions(img)
    words = f"Required crop size {(height, width)} is larger than input image size "
    check(rows >= height and columns >= width, f"{words}{(rows, columns)}{end}", ValueError)
    return rows - height, columns - width


class RandomHorizontalFlip(Transform):
    """The image with left and right exchanged, or as it is.

    Args:
        p: The probability of a change.
    """

    _function: Callable[..., Any] = staticmethod(F.hflip)

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p=p)

    def forward(self, img: Any) -> Any:
        """The image, changed or not."""
        settings = [getattr(self, name) for name in self._settings if name != "p"]
        return self._function(img, *settings) if chance(self.p) else img


class RandomInvert(RandomHorizontalFlip):
    """The negative of the image, or the image.

    Args:
        p: The probability of a change.
    """

    _function = staticmethod(F.invert)


class RandomAutocontrast(RandomHorizontalFlip):
    """The image from black to white in each channel, or as it is.

    Args:
        p: The probability of a change.
    """

    _function = staticmethod(F.autocontrast)


class RandomEqualize(RandomHorizontalFlip):
    """The image with all values about equally frequent, or as it is.

    Args:
        p: The probability of a change.
    """

    _function = staticmethod(F.equalize)


class RandomPosterize(RandomHorizontalFlip):
    """The image with few bits in each channel, or as it is.

    Args:
        bits: How many.
        p: The probability of a change.
    """

    _function = staticmethod(F.posterize)
    _shown, _between = "bits p", ","

    def __init__(self, bits: int, p: float = 0.5) -> None:
        Transform.__init__(self, p=p, bits=bits)


class RandomSolarize(RandomHorizontalFlip):
    """The negative of what is bright in the image, or the image as it is.

    Args:
        threshold: The darkest value that is changed.
        p: The probability of a change.
    """

    _function = staticmethod(F.solarize)
    _shown, _between = "threshold p", ","

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        Transform.__init__(self, p=p, threshold=threshold)


class RandomAdjustSharpness(RandomHorizontalFlip):
    """The image softer or sharper, or as it is.

    Args:
        sharpness_factor: 0 is blurred, 1 changes nothing, more is sharper.
        p: The probability of a change.
    """

    _function = staticmethod(F.adjust_sharpness)
    _shown, _between = "sharpness_factor p", ","

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        Transform.__init__(self, p=p, sharpness_factor=sharpness_factor)


class RandomPerspective(Transform):
    """The image as it looks from a random place, or as it is.

    Args:
        distortion_scale: How far its corners move in, at most: 1 is to the middle.
        p: The probability of a change.
        interpolation: How pixels between pixels are found.
        fill: The colour of what comes from outside.

    See: [RandomPerspective](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomPerspective.html).
    """

    _shown = "p"

    def __init__(
        self, distortion_scale: float = 0.5, p: float = 0.5, interpolation: Any = "bilinear",
        fill: Any = 0,
    ) -> None:  # fmt: skip
        mode = self._mode(interpolation)
        super().__init__(p=p, distortion_scale=distortion_scale, interpolation=mode, fill=fill)

    @staticmethod
    def get_params(width: int, height: int, distortion_scale: float) -> Any:
        """Draw where the corners go; where they are, and that."""
        reach = [int(distortion_scale * (side // 2)) + 1 for side in (width, height)]
        corners = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]

        def moved(edge: int, most: int) -> int:
            return below(most) if edge == 0 else edge - most + 1 + below(most)

        return corners, [[moved(x, reach[0]), moved(y, reach[1])] for x, y in corners]

    def forward(self, img: Any) -> Any:
        """The image, changed or not."""
        if not chance(self.p):
            return img
        width, height = F.get_image_size(img)
        start, end = self.get_params(width, height, self.distortion_scale)
        return F.perspective(img, start, end, self.interpolation, self.fill)


class RandomVerticalFlip(RandomHorizontalFlip):
    """The image upside down, or as it is.

    Args:
        p: The probability of a change.
    """

    _function = staticmethod(F.vflip)


class RandomResizedCrop(Transform):
    """A part of the image, of random size, shape and place, in a fixed size.

    Args:
        size: Height and width in pixels, or one number for both.
        scale: The part's area, from and to, as a share of the image's.
        ratio: Its width over its height, from and to.
        interpolation: How pixels between pixels are found.
        antialias: Let each new pixel be an average of all old ones in its place.

    See: [RandomResizedCrop](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomResizedCrop.html).
    """

    def __init__(
        self, size: Any, scale: Range = (0.08, 1.0), ratio: Range = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = "bilinear", antialias: bool | None = True,
    ) -> None:  # fmt: skip
        check_ranges(scale, ratio)
        super().__init__(size=size_pair(size), scale=scale, ratio=ratio)
        self.interpolation, self.antialias = self._mode(interpolation), antialias

    @staticmethod
    def get_params(img: Any, scale: Any, ratio: Any) -> tuple[int, int, int, int]:
        """Draw the part: first row and column, height and width."""
        _, rows, columns = F.get_dimensions(img)
        for _ in range(10):
            width, height = draw_sides(rows * columns, scale, ratio)
            if 0 < width <= columns and 0 < height <= rows:
                return below(rows - height + 1), below(columns - width + 1), height, width
        # The largest part in the middle whose shape is allowed.
        height = min(rows, round(columns / min(ratio)))
        width = min(columns, round(rows * max(ratio)))
        return (rows - height) // 2, (columns - width) // 2, height, width

    def forward(self, img: Any) -> Any:
        """A part of it, in the size."""
        part = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, *part, self.size, self.interpolation, self.antialias)

    def extra_repr(self) -> str:
        """The settings."""
        scale, ratio = [tuple([round(x, 4) for x in limits]) for limits in (self.scale, self.ratio)]
        return (
            f"size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias}"
        )


def check_ranges(scale: Any, ratio: Any) -> None:
    """Refuse what are no limits of area and shape.

    Raises:
        TypeError: They are no sequences.
    """
    for name, limits in (("Scale", scale), ("Ratio", ratio)):
        check(isinstance(limits, Sequence), f"{name} should be a sequence", TypeError)
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)


def draw_sides(area: float, scale: Range, ratio: Range) -> tuple[int, int]:
    """Draw a share of an area, and the shape of it; the longer side comes first if over 1."""
    lengths = log(tensor(ratio))
    share = area * uniform(*scale)
    shape = exp(empty(1).uniform_(lengths[0].item(), lengths[1].item())).item()
    return round(math.sqrt(share * shape)), round(math.sqrt(share / shape))


class RandomRotation(Transform):
    """The image turned by a random angle.

    Args:
        degrees: From and to, against the clock; one number for as much in both directions.
        interpolation: How pixels between pixels are found.
        expand: Make the image large enough to hold all of it.
        center: The point that stays, in pixels from the left and from above; None: the middle.
        fill: The colour of what comes from outside.

    See: [RandomRotation](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomRotation.html).
    """

    _shown = "degrees interpolation expand center? fill"

    def __init__(
        self, degrees: Any, interpolation: Any = "nearest", expand: bool = False,
        center: Any = None, fill: Any = 0,
    ) -> None:  # fmt: skip
        super().__init__(degrees=angles("degrees", degrees, (2,)))
        self.interpolation, self.expand = self._mode(interpolation), expand
        self.fill, self.center = colour(fill), checked("center", center, (2,))

    @staticmethod
    def get_params(degrees: Any) -> float:
        """Draw the angle."""
        return uniform(float(degrees[0]), float(degrees[1]))

    def forward(self, img: Any) -> Any:
        """The image, turned."""
        angle = self.get_params(self.degrees)
        return F.rotate(img, angle, self.interpolation, self.expand, self.center, self.fill)


def checked(name: str, values: Any, lengths: tuple[int, ...]) -> Any:
    """A sequence of one of these lengths, or None.

    Raises:
        TypeError: It is no sequence.
        ValueError: It has another length.
    """
    words = f"{name} should be a sequence of length {' or '.join(map(str, lengths))}."
    check(isinstance(values, Sequence | None), words, TypeError)
    check(values is None or len(values) in lengths, words, ValueError)
    return values


def angles(name: str, degrees: Any, lengths: tuple[int, ...]) -> list[float]:
    """From and to, in degrees; one number means as much in both directions."""
    if isinstance(degrees, Number):
        words = f"If {name} is a single number, it must be positive."
        check(degrees >= 0, words, ValueError)  # type: ignore[operator]
        degrees = [-degrees, degrees]  # type: ignore[operator]
    return [float(angle) for angle in checked(name, degrees, lengths)]


def colour(fill: Any) -> Any:
    """A number or several; None is black."""
    words = "Fill should be either a sequence or a number."
    check(isinstance(fill, Sequence | Number | None), words, TypeError)
    return 0 if fill is None else fill


class RandomAffine(Transform):
    """The image turned, moved, scaled and sheared at random.

    Args:
        degrees: Angles from and to, with the clock; one number for as much in both directions.
        translate: How far at most, as shares of width and height; None: not at all.
        scale: From and to; more than 1 enlarges. None: not at all.
        shear: The slant along x in degrees: from and to, or one number for as much in both
            directions; four numbers, along x and along y. None: not at all.
        interpolation: How pixels between pixels are found.
        fill: The colour of what comes from outside.
        center: The point that stays, in pixels from the left and from above; None: the middle.

    See: [RandomAffine](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomAffine.html).
    """

    _shown = "degrees translate? scale? shear? interpolation? fill? center?"

    def __init__(
        self, degrees: Any, translate: Any = None, scale: Any = None, shear: Any = None,
        interpolation: Any = "nearest", fill: Any = 0, center: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(degrees=angles("degrees", degrees, (2,)))
        self.translate = checked("translate", translate, (2,))
        inside = all([0.0 <= share <= 1.0 for share in translate or ()])
        check(inside, "translation values should be between 0 and 1", ValueError)
        self.scale = checked("scale", scale, (2,))
        check(min(scale or (1,)) > 0, "scale values should be positive", ValueError)
        self.shear = shear if shear is None else angles("shear", shear, (2, 4))
        self.interpolation, self.fill = self._mode(interpolation), colour(fill)
        self.center = checked("center", center, (2,))

    @staticmethod
    def get_params(
        degrees: Any, translate: Any, scale_ranges: Any, shears: Any, img_size: Any
    ) -> tuple[float, tuple[int, int], float, Range]:
        """Draw angle, shift to the right and down, scale, and slant along x and y."""
        angle = uniform(float(degrees[0]), float(degrees[1]))
        right = down = 0
        if translate is not None:
            reach = [float(share * side) for share, side in zip(translate, img_size, strict=True)]
            right, down = [round(uniform(-most, most)) for most in reach]
        scale = 1.0 if scale_ranges is None else uniform(*scale_ranges)
        slants = [uniform(*shears[k : k + 2]) for k in range(0, len(shears or ()), 2)]
        return angle, (right, down), scale, (*slants, 0.0, 0.0)[:2]  # type: ignore[return-value]

    def forward(self, img: Any) -> Any:
        """The image, changed."""
        size = F.get_image_size(img)
        drawn = self.get_params(self.degrees, self.translate, self.scale, self.shear, size)
        return F.affine(img, *drawn, self.interpolation, self.fill, self.center)


class ColorJitter(Transform):
    """Brightness, contrast, saturation and hue changed at random, in a random order.

    Args:
        brightness: Factors from and to; one number `x` means from `1 - x` to `1 + x`.
        contrast: Likewise.
        saturation: Likewise.
        hue: Shares of the circle of colours, from and to, within -0.5 and 0.5; one number `x`
            means from `-x` to `x`.

    See: [ColorJitter](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ColorJitter.html).
    """

    def __init__(
        self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0
    ) -> None:
        factors = {"brightness": brightness, "contrast": contrast, "saturation": saturation}
        limits = {name: _range(name, factors[name]) for name in factors}
        super().__init__(**limits, hue=_range("hue", hue, 0, (-0.5, 0.5)))

    @staticmethod
    def get_params(brightness: Any, contrast: Any, saturation: Any, hue: Any) -> tuple[Any, ...]:
        """Draw the order, and the factor of each; None where nothing changes."""
        order = randperm(4)
        limits = (brightness, contrast, saturation, hue)
        return order, *[None if each is None else uniform(*each) for each in limits]

    def forward(self, img: Any) -> Any:
        """The image, changed."""
        limits = (self.brightness, self.contrast, self.saturation, self.hue)
        order, *factors = self.get_params(*limits)
        changes = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
        for k in order.tolist():
            if factors[k] is not None:
                img = changes[k](img, factors[k])
        return img


def _range(name: str, value: Any, center: float = 1, bound: Range = (0, math.inf)) -> Range | None:
    """From and to; None where nothing changes."""
    if isinstance(value, Number):
        words = f"If {name} is a single number, it must be non negative."
        check(value >= 0, words, ValueError)  # type: ignore[operator]
        low, high = center - float(value), center + float(value)  # type: ignore[arg-type]
        low = max(low, 0.0) if center else low
    elif isinstance(value, tuple | list) and len(value) == 2:
        low, high = map(float, value)
    else:
        raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
    words = f"{name} values should be between {bound}, but got {[low, high]}."
    check(bound[0] <= low <= high <= bound[1], words, ValueError)
    return None if low == high == center else (low, high)


class Grayscale(Transform):
    """Colours as grey.

    Args:
        num_output_channels: 1 or 3.
    """

    _function = staticmethod(F.rgb_to_grayscale)

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__(num_output_channels=num_output_channels)


class RandomGrayscale(RandomHorizontalFlip):
    """Colours as grey, in as many channels, or the image as it is.

    Args:
        p: The probability of a change.
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p)

    @staticmethod
    def _function(img: Any) -> Any:
        return F.rgb_to_grayscale(img, F.get_image_num_channels(img))


def numbers(value: Any) -> list[float]:
    """One number or several, as floats in a list."""
    return [float(part) for part in F.as_list(value)]


class RandomErasing(Transform):
    """A tensor with a random rectangle erased, or as it is.

    Args:
        p: The probability of a change.
        scale: The rectangle's area, from and to, as a share of the image's.
        ratio: Its height over its width, from and to.
        value: Its colour: a number, or one per channel, or `"random"` for noise.
        inplace: Overwrite the tensor.

    See: Z. Zhong et al., [Random Erasing](https://arxiv.org/abs/1708.04896), 2017;
        [RandomErasing](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomErasing.html).
    """

    def __init__(
        self, p: float = 0.5, scale: Range = (0.02, 0.33), ratio: Range = (0.3, 3.3),
        value: Any = 0, inplace: bool = False,
    ) -> None:  # fmt: skip
        words = "Argument value should be either a number or str or a sequence"
        check(isinstance(value, Number | str | tuple | list), words, TypeError)
        words = "If value is str, it should be 'random'"
        check(not isinstance(value, str) or value == "random", words, ValueError)
        check_ranges(scale, ratio)
        check(scale[0] >= 0 and scale[1] <= 1, "Scale should be between 0 and 1", ValueError)
        check(0 <= p <= 1, "Random erasing probability should be between 0 and 1", ValueError)
        super().__init__(p=p, scale=scale, ratio=ratio, value=value, inplace=inplace)

    @staticmethod
    def get_params(img: Tensor, scale: Any, ratio: Any, value: Any = None) -> tuple[Any, ...]:
        """Draw the rectangle: first row and column, height and width, and its content."""
        channels, rows, columns = img.shape[-3:]
        for _ in range(10):
            height, width = draw_sides(rows * columns, scale, ratio)
            if height < rows and width < columns:
                if value is None:
                    content = empty([channels, height, width], dtype=float32).normal_()
                else:
                    content = tensor(value)[:, None, None]
                top, left = below(rows - height + 1), below(columns - width + 1)
                return top, left, height, width, content
        return 0, 0, rows, columns, img

    def forward(self, img: Tensor) -> Tensor:
        """The tensor, changed or not."""
        if not chance(self.p):
            return img
        value = None if isinstance(self.value, str) else numbers(self.value)
        words = "If value is a sequence, it should have either a single value or "
        words += f"{img.shape[-3]} (number of input channels)"
        check(value is None or len(value) in (1, img.shape[-3]), words, ValueError)
        i, j, h, w, v = self.get_params(img, self.scale, self.ratio, value)
        return F.erase(img, i, j, h, w, v, self.inplace)


class GaussianBlur(Transform):
    """The image out of focus, by a random width.

    Args:
        kernel_size: Pixels to average over, odd; or one number for x and one for y.
        sigma: The width of the bell curve in pixels; or from and to.

    See: [GaussianBlur](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.GaussianBlur.html).
    """

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0)) -> None:
        sizes = size_pair(kernel_size, "Kernel size should be a tuple/list of two integers")
        words = "Kernel size value should be an odd and positive number."
        check(all([size > 0 and size % 2 for size in sizes]), words, ValueError)
        single, limits = isinstance(sigma, Number), F.as_list(sigma)
        words = "sigma should be a single number or a list/tuple with length 2."
        check(single or (not isinstance(sigma, str) and len(limits) == 2), words, ValueError)
        words = "If sigma is a single number, it must be positive."
        check(not single or sigma > 0, words, ValueError)
        words = "sigma values should be positive and of the form (min, max)."
        check(0.0 < limits[0] <= limits[-1], words, ValueError)
        super().__init__(kernel_size=sizes, sigma=(sigma, sigma) if single else sigma)

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """Draw the width."""
        return uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        """See `functional.gaussian_blur`."""
        width = self.get_params(self.sigma[0], self.sigma[1])
        return F.gaussian_blur(img, self.kernel_size, [width, width])


class FiveCrop(Transform):
    """The four corners and the middle, as a tuple.

    Args:
        size: Height and width in pixels, or one number for both.
    """

    _function = staticmethod(F.five_crop)

    def __init__(self, size: Any) -> None:
        super().__init__(size=size_pair(size))


class TenCrop(Transform):
    """`FiveCrop` of the image, and of the image mirrored.

    Args:
        size: Height and width in pixels, or one number for both.
        vertical_flip: Mirror it upside down.
    """

    _function = staticmethod(F.ten_crop)

    def __init__(self, size: Any, vertical_flip: bool = False) -> None:
        super().__init__(size=size_pair(size), vertical_flip=vertical_flip)
