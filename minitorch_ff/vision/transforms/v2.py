"""Transforms of whole samples: `torchvision.transforms.v2`.

A transform here takes a sample of any structure, `(image, label)` say. It changes the images,
all in the same way, and hands on the rest. Images are those of Pillow's and
`tv_tensors.Image`; in a sample without these it is the first tensor.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy

from minitorch_ff._checks import check
from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._functions.creation import tensor
from minitorch_ff._functions.random import (
    get_rng_state, multinomial, rand, randperm, set_rng_state,
)  # fmt: skip
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import Module
from minitorch_ff.vision.transforms import functional, transforms
from minitorch_ff.vision.transforms.functional import InterpolationMode, is_pil
from minitorch_ff.vision.tv_tensors import Image


def _leaves(sample: Any) -> Iterator[Any]:
    """What the sample's tuples, lists and dicts hold."""
    if isinstance(sample, tuple | list | dict):
        for part in sample.values() if isinstance(sample, dict) else sample:
            yield from _leaves(part)
    else:
        yield sample


def _rebuilt(sample: Any, leaves: Iterator[Any]) -> Any:
    """The sample with other leaves, in the same order."""
    if isinstance(sample, dict):
        return type(sample)({key: _rebuilt(part, leaves) for key, part in sample.items()})
    if isinstance(sample, tuple | list):
        parts = [_rebuilt(part, leaves) for part in sample]
        return type(sample)(*parts) if hasattr(sample, "_fields") else type(sample)(parts)
    return next(leaves)


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
        sample = inputs if len(inputs) > 1 else inputs[0]
        leaves = list(_leaves(sample))
        places = self._chosen(leaves)
        params, state = self.make_params([leaves[place] for place in places]), None
        for place in places:
            if state is not None:
                set_rng_state(state)  # the same random numbers for all images
            elif len(places) > 1:
                state = get_rng_state()
            out, image = self.transform(leaves[place], params), type(leaves[place]) is Image
            leaves[place] = Image(out) if image and type(out) is Tensor else out
        return _rebuilt(sample, iter(leaves))

    def extra_repr(self) -> str:
        """The settings that are numbers, texts or sequences of them."""
        shown = []
        for name, value in vars(self).items():
            if name[0] != "_" and name != "training":
                value = self._texts.get(name, lambda setting: setting)(value)
                if isinstance(value, bool | int | float | str | tuple | list | InterpolationMode):
                    shown.append(f"{name}={value}")
        return ", ".join(shown)


def _sequence(values: Any) -> Any:
    """Tuples as lists."""
    return list(values) if isinstance(values, tuple) else values


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
        return inputs if len(inputs) > 1 else inputs[0]

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
            array = inpt if inpt.ndim == 2 else inpt.transpose(2, 0, 1)
            inpt = numpy.ascontiguousarray(array)
        return Image(inpt)


class ToPureTensor(Transform):
    """Images of `tv_tensors` as plain tensors."""

    def forward(self, *inputs: Any) -> Any:
        """The sample, with plain tensors."""
        sample = inputs if len(inputs) > 1 else inputs[0]
        plain = [leaf[...] if isinstance(leaf, Image) else leaf for leaf in _leaves(sample)]
        return _rebuilt(sample, iter(plain))


class ToDtype(Transform):
    """Images in another dtype.

    Args:
        dtype: Which.
        scale: Let white stay white: 255 as bytes is 1 as floats.

    See: [ToDtype](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ToDtype.html).
    """

    def __init__(self, dtype: DType, scale: bool = False) -> None:
        super().__init__()
        if not isinstance(dtype, DType):
            raise NotImplementedError(f"ToDtype: dtype must be a torch.dtype, got {type(dtype)}")
        self.dtype, self.scale = dtype, scale

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, in the dtype; one of Pillow's as it is."""
        if not isinstance(inpt, Tensor):
            return inpt
        dtype = self.dtype
        return functional.convert_image_dtype(inpt, dtype) if self.scale else inpt.to(dtype)


class ToTensor(Transform, transforms.ToTensor):
    """Images as floats between 0 and 1; torchvision advises `ToImage` and `ToDtype`."""

    _kinds = ("pil", "array")

    def __init__(self) -> None:
        warnings.warn(
            "The transform `ToTensor()` is deprecated and will be removed in a future release. "
            "Instead, please use `v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, "
            "scale=True)])`.Output is equivalent up to float precision.",
            stacklevel=2,
        )
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
        sample = inputs if len(inputs) > 1 else inputs[0]
        made = [self.lambd(x) if isinstance(x, self.types) else x for x in _leaves(sample)]
        return _rebuilt(sample, iter(made))

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

    _texts = {"padding": _sequence}


class RandomCrop(Transform, transforms.RandomCrop):
    """A part of images, at a random place; see `transforms.RandomCrop`."""

    _texts = {"padding": lambda sides: sides and _all_sides(sides)}

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Draw a place only where there is a choice."""
        height, width = output_size
        _, rows, columns = functional.get_dimensions(img)
        words = f"Required crop size {(height, width)} is larger than input image size "
        check(rows >= height and columns >= width, f"{words}{(rows, columns)}.", ValueError)
        top = transforms.below(rows - height + 1) if rows > height else 0
        return top, transforms.below(columns - width + 1) if columns > width else 0, height, width


def _all_sides(padding: Any) -> list[int]:
    """Pixels left, right, above and below."""
    left, top, right, bottom = functional.padding_sides(padding)
    return [left, right, top, bottom]


class RandomHorizontalFlip(Transform, transforms.RandomHorizontalFlip):
    """Images with left and right exchanged, or as they are, with probability `p`."""


class RandomVerticalFlip(Transform, transforms.RandomVerticalFlip):
    """Images upside down, or as they are, with probability `p`."""


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

    _texts = {"value": lambda value: _numbers(value)}


def _numbers(value: Any) -> list[float] | None:
    """A colour per channel; none of noise."""
    return None if value == "random" else [float(part) for part in functional.as_list(value)]


class GaussianBlur(Transform, transforms.GaussianBlur):
    """Images out of focus; see `transforms.GaussianBlur`."""

    _texts = {"sigma": list}
