"""Transforms of whole samples: `torchvision.transforms.v2`.

A transform here takes a sample of any structure, `(image, label)` say. It changes the images,
all in the same way, and hands on the rest. Images are those of Pillow's and
`tv_tensors.Image`; in a sample without these it is the first tensor.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from minitorch_ff._checks import check
from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._functions.creation import linspace, tensor
from minitorch_ff._functions.random import (
    get_rng_state, multinomial, rand, randperm, set_rng_state,
)  # fmt: skip
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import Module
from minitorch_ff.vision.transforms import autoaugment, functional, transforms
from minitorch_ff.vision.transforms.functional import InterpolationMode, is_pil
from minitorch_ff.vision.tv_tensors import Image


def _sample(inputs: tuple[Any, ...]) -> Any:
    """What a transform was called with."""
    return inputs if len(inputs) > 1 else inputs[0]


def _mapped(function: Callable[[Any], Any], sample: Any) -> Any:
    """The sample with the function's results for what its tuples, lists and dicts hold."""
    if isinstance(sample, dict):
        return type(sample)({key: _mapped(function, part) for key, part in sample.items()})
    if isinstance(sample, tuple | list):
        parts = [_mapped(function, part) for part in sample]
        return type(sample)(*parts) if hasattr(sample, "_fields") else type(sample)(parts)
    return function(sample)


def _kind(leaf: Any) -> str:
    """Whose image it may be."""
    kinds = {"image": Image, "tensor": Tensor, "array": numpy.ndarray}
    names = [name for name, kind in kinds.items() if isinstance(leaf, kind)]
    return "pil" if is_pil(leaf) else (names or ["other"])[0]


class Transform(Module):
    """The base class: a subclass changes one image in `transform`.

    What it draws there is the same for all images of a sample; or it draws in `make_params`.

    See: [Transform](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Transform.html).
    """

    _kinds: tuple[str, ...] = ("pil", "image", "tensor")  # of leaves that are changed
    _texts: dict[str, Callable[[Any], Any]] = {}  # how settings are shown

    @staticmethod
    def _mode(value: Any) -> Any:
        """An interpolation as it was given; that is how it is shown."""
        return value

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """What `transform` gets as `params`, from the images of the sample."""
        return {}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, changed."""
        return super().forward(inpt)  # type: ignore[misc]

    def _chosen(self, leaves: list[Any]) -> list[int]:
        """The places of the leaves that are changed."""
        kinds = [_kind(leaf) for leaf in leaves]
        places = [k for k, kind in enumerate(kinds) if kind in self._kinds and kind != "tensor"]
        if "tensor" in set(self._kinds) & set(kinds) and not {"pil", "image"} & set(kinds):
            places.append(kinds.index("tensor"))
        return places

    def forward(self, *inputs: Any) -> Any:
        """The sample, with its images changed."""
        leaves: list[Any] = []
        _mapped(lambda leaf: leaves.append(leaf) or leaf, inputs)  # type: ignore[func-returns-value]
        places = self._chosen(leaves)
        params = self.make_params([leaves[place] for place in places])
        state = get_rng_state() if len(places) > 1 else None
        for place in places:
            if state is not None:
                set_rng_state(state)  # the same random numbers for all images
            out, image = self.transform(leaves[place], params), type(leaves[place]) is Image
            leaves[place] = Image(out) if image and type(out) is Tensor else out
        changed = iter(leaves)
        return _mapped(lambda _: next(changed), _sample(inputs))

    def extra_repr(self) -> str:
        """The settings that are numbers, texts or sequences of them."""
        shown = []
        for name, value in vars(self).items():
            if name[0] != "_" and name != "training":
                value = self._texts.get(name, lambda setting: setting)(value)
                if isinstance(value, bool | int | float | str | tuple | list | InterpolationMode):
                    shown.append(f"{name}={value}")
        return ", ".join(shown)


class Compose(Transform):
    """One transform after the other.

    Args:
        transforms: In their order.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.vision.transforms import v2
        >>> v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
        Compose(
              ToImage()
              ToDtype(scale=True)
        )

    See: [Compose](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Compose.html).
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        super().__init__()
        words = "Argument transforms should be a sequence of callables"
        check(isinstance(transforms, Sequence), words, TypeError)
        check(transforms, "Pass at least one transform", ValueError)
        self.transforms = transforms

    def _drawn(self) -> Sequence[Callable[..., Any]]:
        """The transforms to apply this time."""
        return self.transforms

    def forward(self, *inputs: Any) -> Any:
        """The sample, transformed."""
        for transform in self._drawn():
            out = transform(*inputs)
            inputs = out if len(inputs) > 1 else (out,)
        return _sample(inputs)

    def extra_repr(self) -> str:
        """The transforms, one per line."""
        return "\n".join([f"    {transform}" for transform in self.transforms])


class RandomApply(Compose):
    """All of several transforms, or none.

    Args:
        transforms: In their order.
        p: The probability of all.
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]], p: float = 0.5) -> None:
        super().__init__(transforms)
        words = "`p` should be a floating point value in the interval [0.0, 1.0]."
        check(0.0 <= p <= 1.0, words, ValueError)
        self.p = p

    def _drawn(self) -> Sequence[Callable[..., Any]]:
        return [] if rand(1) >= self.p else self.transforms


class RandomOrder(Compose):
    """Several transforms in a random order.

    Args:
        transforms: Which.
    """

    extra_repr = Transform.extra_repr

    def _drawn(self) -> Sequence[Callable[..., Any]]:
        return [self.transforms[k] for k in randperm(len(self.transforms)).tolist()]


class RandomChoice(RandomOrder):
    """One of several transforms.

    Args:
        transforms: Which.
        p: Their probabilities, or weights; None: all the same.
    """

    def __init__(
        self, transforms: Sequence[Callable[..., Any]], p: list[float] | None = None
    ) -> None:
        super().__init__(transforms)
        weights, count = p or [1] * len(transforms), len(transforms)
        words = f"Length of p doesn't match the number of transforms: {len(weights)} != {count}"
        check(len(weights) == count, words, ValueError)
        self.p = [weight / sum(weights) for weight in weights]

    def _drawn(self) -> Sequence[Callable[..., Any]]:
        return [self.transforms[int(multinomial(tensor(self.p), 1))]]


class ToImage(Transform):
    """Images of Pillow's, arrays `(H, W, C)` and tensors as `tv_tensors.Image`, `(C, H, W)`.

    See: [ToImage](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ToImage.html).
    """

    _kinds = ("pil", "image", "tensor", "array")

    def transform(self, inpt: Any, params: dict[str, Any]) -> Image:
        """The image, with the same numbers."""
        if isinstance(inpt, numpy.ndarray):
            inpt = numpy.ascontiguousarray(functional.planes(inpt))
        return Image(inpt)


class ToPureTensor(Transform):
    """Images of `tv_tensors` as plain tensors."""

    def forward(self, *inputs: Any) -> Any:
        """The sample, with plain tensors."""
        return _mapped(lambda x: x[...] if isinstance(x, Image) else x, _sample(inputs))


class ToDtype(Transform):
    """Images in another dtype; those of Pillow's stay as they are.

    Args:
        dtype: Which.
        scale: Let white stay white: 255 as bytes is 1 as floats.

    See: [ToDtype](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ToDtype.html).
    """

    _kinds = ("image", "tensor")

    def __init__(self, dtype: DType, scale: bool = False) -> None:
        super().__init__()
        if not isinstance(dtype, DType):
            raise NotImplementedError(f"ToDtype: dtype must be a torch.dtype, got {type(dtype)}")
        self.dtype, self.scale = dtype, scale

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, in the dtype."""
        convert = functional.convert_image_dtype if self.scale else Tensor.to
        return convert(inpt, self.dtype)


class ToTensor(Transform, transforms.ToTensor):
    """Images as floats between 0 and 1; torchvision advises `ToImage` and `ToDtype`."""

    _kinds = ("pil", "array")

    def __init__(self) -> None:
        words = "The transform `ToTensor()` is deprecated and will be removed in a future release. "
        words += "Instead, please use `v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, "
        words += "scale=True)])`.Output is equivalent up to float precision."
        warnings.warn(words, stacklevel=2)
        super().__init__()


class Lambda(Transform, transforms.Lambda):
    """A function of each thing in the sample as a transform.

    Args:
        lambd: Takes what has one of the types.
        *types: By default, anything.
    """

    def __init__(self, lambd: Callable[..., Any], *types: type) -> None:
        super().__init__(lambd)
        self.types = types or (object,)

    def forward(self, *inputs: Any) -> Any:
        """The sample, with what the function makes of it."""
        types, lambd = self.types, self.lambd
        return _mapped(lambda x: lambd(x) if isinstance(x, types) else x, _sample(inputs))

    def extra_repr(self) -> str:
        """The function's name and the types."""
        name = getattr(self.lambd, "__name__", None)
        return f"{name or ''}, types={[kind.__name__ for kind in self.types]}".removeprefix(", ")


class ConvertImageDtype(Transform, transforms.ConvertImageDtype):
    """Tensors in another dtype, with white staying white."""


class PILToTensor(Transform, transforms.PILToTensor):
    """Images of Pillow's as tensors of the same numbers, `(C, H, W)`."""

    _kinds = ("pil",)


class ToPILImage(Transform, transforms.ToPILImage):
    """Tensors and arrays as images of Pillow's; see `transforms.ToPILImage`."""

    _kinds = ("image", "tensor", "array")


class Normalize(Transform, transforms.Normalize):
    """Each channel shifted and scaled by its own numbers; see `transforms.Normalize`."""

    _texts = {"mean": list, "std": list}


class Resize(Transform, transforms.Resize):
    """Images in another size; see `transforms.Resize`."""

    _texts = {"size": functional.as_list}


class CenterCrop(Transform, transforms.CenterCrop):
    """The middle of images; see `transforms.CenterCrop`."""


class Pad(Transform, transforms.Pad):
    """Images with a border; see `transforms.Pad`."""

    _texts = {"padding": lambda sides: list(sides) if isinstance(sides, tuple) else sides}


class RandomCrop(Transform, transforms.RandomCrop):
    """A part of images, at a random place; see `transforms.RandomCrop`."""

    _texts = {"padding": lambda sides: sides and _all_sides(sides)}

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Draw a place only where there is a choice."""
        spare = transforms.spare_pixels(img, output_size, end=".")
        top, left = [transforms.below(most + 1) if most else 0 for most in spare]
        return top, left, *output_size


def _all_sides(padding: Any) -> list[int]:
    """Pixels left, right, above and below."""
    left, top, right, bottom = functional.padding_sides(padding)
    return [left, right, top, bottom]


class RandomHorizontalFlip(Transform, transforms.RandomHorizontalFlip):
    """Images with left and right exchanged, or as they are, with probability `p`."""


class RandomVerticalFlip(Transform, transforms.RandomVerticalFlip):
    """Images upside down, or as they are, with probability `p`."""


class RandomInvert(Transform, transforms.RandomInvert):
    """The negative of images, or the images, with probability `p`."""


class RandomAutocontrast(Transform, transforms.RandomAutocontrast):
    """Images from black to white in each channel, or as they are; see `transforms`."""


class RandomEqualize(Transform, transforms.RandomEqualize):
    """Images with all values about equally frequent, or as they are; see `transforms`."""


class RandomPosterize(Transform, transforms.RandomPosterize):
    """Images with few bits in each channel, or as they are; see `transforms`."""


class RandomSolarize(Transform, transforms.RandomSolarize):
    """The negative of what is bright in images, or they as they are; see `transforms`."""


class RandomAdjustSharpness(Transform, transforms.RandomAdjustSharpness):
    """Images softer or sharper, or as they are; see `transforms`."""


class RandomPerspective(Transform, transforms.RandomPerspective):
    """Images as they look from a random place, or as they are; see `transforms`."""


class _Augment(Transform, autoaugment.Augment):
    """Draws a sign otherwise than in `transforms`, and rounds thresholds otherwise."""

    def _is_negative(self) -> bool:
        return bool(rand(()) <= 0.5)

    def _space(self, bins: int, img: Any) -> autoaugment.Space:
        thresholds = linspace(1.0, 0.0, bins).double() * 255
        return super()._space(bins, img) | {"Solarize": (thresholds, False)}


class RandAugment(_Augment, autoaugment.RandAugment):
    """Some changes by chance, one after the other; see `transforms.RandAugment`."""


class TrivialAugmentWide(_Augment, autoaugment.TrivialAugmentWide):
    """One change by chance, of a strength by chance; see `transforms.TrivialAugmentWide`."""


class RandomResizedCrop(Transform, transforms.RandomResizedCrop):
    """A random part of images in a fixed size; see `transforms.RandomResizedCrop`."""


class RandomRotation(Transform, transforms.RandomRotation):
    """Images turned by a random angle; see `transforms.RandomRotation`."""


class RandomAffine(Transform, transforms.RandomAffine):
    """Images turned, moved, scaled and sheared at random; see `transforms.RandomAffine`."""


class ColorJitter(Transform, transforms.ColorJitter):
    """Images with their colours changed at random; see `transforms.ColorJitter`."""


class Grayscale(Transform, transforms.Grayscale):
    """Colours as grey; see `transforms.Grayscale`."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image in grey, of a grey tensor too with as many channels as are wanted."""
        grey = super().transform(inpt, params)
        wide = isinstance(grey, Tensor) and grey.size(-3) < self.num_output_channels
        return grey.expand(*grey.shape[:-3], 3, *grey.shape[-2:]) if wide else grey


class RandomGrayscale(Transform, transforms.RandomGrayscale):
    """Colours as grey, or as they are, with probability `p`."""


class RandomErasing(Transform, transforms.RandomErasing):
    """Images with a random rectangle erased; see `transforms.RandomErasing`."""

    _texts = {"value": lambda value: None if value == "random" else transforms.numbers(value)}


class GaussianBlur(Transform, transforms.GaussianBlur):
    """Images out of focus; see `transforms.GaussianBlur`."""

    _texts = {"sigma": list}
