"""Random changes of many kinds: `RandAugment`, `TrivialAugmentWide` and `AutoAugment`."""

from __future__ import annotations

import math
from enum import Enum
from importlib import resources
from typing import Any

from minitorch_ff._functions.creation import arange, linspace
from minitorch_ff._functions.random import rand, randint
from minitorch_ff._tensor import Tensor
from minitorch_ff.vision.transforms import functional as F
from minitorch_ff.vision.transforms.transforms import Transform, below

Space = dict[str, tuple[Any, bool]]
"""Kinds of changes: for each its strengths (None: it has none), and whether they have a sign."""


def _moved(img: Any, x: float, y: float, slant: Any, how: dict[str, Any]) -> Any:
    degrees = [math.degrees(math.atan(part)) for part in slant]
    center = [0, 0] if any(slant) else None
    return F.affine(img, 0.0, [int(x), int(y)], 1.0, degrees, center=center, **how)


CHANGES = {  # name -> the change of an image by a strength
    "Identity": lambda img, m, how: img,
    "ShearX": lambda img, m, how: _moved(img, 0, 0, [m, 0.0], how),
    "ShearY": lambda img, m, how: _moved(img, 0, 0, [0.0, m], how),
    "TranslateX": lambda img, m, how: _moved(img, m, 0, [0.0, 0.0], how),
    "TranslateY": lambda img, m, how: _moved(img, 0, m, [0.0, 0.0], how),
    "Rotate": lambda img, m, how: F.rotate(img, m, **how),
    "Brightness": lambda img, m, how: F.adjust_brightness(img, 1.0 + m),
    "Color": lambda img, m, how: F.adjust_saturation(img, 1.0 + m),
    "Contrast": lambda img, m, how: F.adjust_contrast(img, 1.0 + m),
    "Sharpness": lambda img, m, how: F.adjust_sharpness(img, 1.0 + m),
    "Posterize": lambda img, m, how: F.posterize(img, int(m)),
    "Solarize": lambda img, m, how: F.solarize(img, m),
    "AutoContrast": lambda img, m, how: F.autocontrast(img),
    "Equalize": lambda img, m, how: F.equalize(img),
    "Invert": lambda img, m, how: F.invert(img),
}


class Augment(Transform):
    """The base class: what strengths there are, and one change."""

    _text = staticmethod(str)
    _strongest = 0.3, 30.0, 0.9, 4  # shear, degrees, colour, bits less

    def _space(self, bins: int, img: Any) -> Space:
        """The changes of an image."""
        shear, turn, colour, bits = self._strongest
        _, rows, columns = F.get_dimensions(img)
        signed = {"ShearX": shear, "ShearY": shear, "Rotate": turn}
        signed |= {"TranslateX": 150 / 331 * columns, "TranslateY": 150 / 331 * rows}
        signed |= dict.fromkeys(("Brightness", "Color", "Contrast", "Sharpness"), colour)
        space: Space = {n: (linspace(0.0, most, bins), True) for n, most in signed.items()}
        space["Posterize"] = 8 - (arange(bins) / ((bins - 1) / bits)).round().int(), False
        space["Solarize"] = linspace(255.0, 0.0, bins), False
        return {name: space.get(name, (None, False)) for name in CHANGES}

    def _is_negative(self) -> bool:
        """Draw a sign."""
        return bool(below(2))

    def _changed(self, img: Any, name: str, strength: float) -> Any:
        fill = self.fill
        if isinstance(img, Tensor) and isinstance(fill, int | float):
            fill = [float(fill)] * F.get_image_num_channels(img)
        return CHANGES[name](img, strength, {"interpolation": self.interpolation, "fill": fill})

    def _randomly(self, img: Any, bins: int, place: int | None) -> Any:
        """One change by chance, of a strength in its place, or by chance."""
        space = self._space(bins, img)
        del space["Invert"]
        name = list(space)[below(len(space))]
        strengths, signed = space[name]
        if strengths is None:
            return self._changed(img, name, 0.0)
        strength = float(strengths[below(bins) if place is None else place])
        if signed and self._is_negative():
            strength = -strength
        return self._changed(img, name, strength)


class RandAugment(Augment):
    """Some changes by chance, one after the other, all of the same strength.

    Args:
        num_ops: How many.
        magnitude: How strong, a number below `num_magnitude_bins`.
        num_magnitude_bins: How many strengths there are.
        interpolation: How pixels between pixels are found.
        fill: The colour of what comes from outside; None is black.

    See: E. Cubuk et al., [RandAugment](https://arxiv.org/abs/1909.13719), 2019;
        [RandAugment](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandAugment.html).
    """

    def __init__(
        self, num_ops: int = 2, magnitude: int = 9, num_magnitude_bins: int = 31,
        interpolation: Any = "nearest", fill: Any = None,
    ) -> None:  # fmt: skip
        numbers = {"num_ops": num_ops, "magnitude": magnitude}
        numbers["num_magnitude_bins"] = num_magnitude_bins
        super().__init__(**numbers, interpolation=self._mode(interpolation), fill=fill)

    def forward(self, img: Any) -> Any:
        """The image, changed."""
        for _ in range(self.num_ops):
            img = self._randomly(img, self.num_magnitude_bins, self.magnitude)
        return img


class TrivialAugmentWide(Augment):
    """One change by chance, of a strength by chance.

    Args:
        num_magnitude_bins: How many strengths there are.
        interpolation: How pixels between pixels are found.
        fill: The colour of what comes from outside; None is black.

    See: S. Müller, F. Hutter, [TrivialAugment](https://arxiv.org/abs/2103.10158), 2021;
        [TrivialAugmentWide](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.TrivialAugmentWide.html).
    """

    _strongest = 0.99, 135.0, 0.99, 6

    def __init__(
        self, num_magnitude_bins: int = 31, interpolation: Any = "nearest", fill: Any = None
    ) -> None:
        mode = self._mode(interpolation)
        super().__init__(num_magnitude_bins=num_magnitude_bins, interpolation=mode, fill=fill)

    def _space(self, bins: int, img: Any) -> Space:
        wide = (linspace(0.0, 32.0, bins), True)
        return super()._space(bins, img) | {"TranslateX": wide, "TranslateY": wide}

    def forward(self, img: Any) -> Any:
        """The image, changed."""
        return self._randomly(img, self.num_magnitude_bins, None)


class AutoAugmentPolicy(Enum):
    """The data sets whose best policies are known."""

    IMAGENET = "imagenet"
    CIFAR10 = "cifar10"
    SVHN = "svhn"


def policies(data_set: str) -> list[Any]:
    """A data set's pairs of changes: for each its name, probability and place of strength."""
    text = resources.files("minitorch_ff.vision.transforms").joinpath("policies.txt").read_text()
    lines = text.partition(f"[{data_set}]\n")[2].partition("\n\n")[0].splitlines()
    pairs = [[change.split() for change in line.split(",")] for line in lines]
    return [[(name, float(p), *map(int, place)) for name, p, *place in pair] for pair in pairs]


class AutoAugment(Augment):
    """One of 25 pairs of changes, which were found to help with a data set.

    Args:
        policy: The data set.
        interpolation: How pixels between pixels are found.
        fill: The colour of what comes from outside; None is black.

    See: E. Cubuk et al., [AutoAugment](https://arxiv.org/abs/1805.09501), 2019;
        [AutoAugment](https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.AutoAugment.html).
    """

    _shown = "policy fill"

    def __init__(
        self, policy: AutoAugmentPolicy = AutoAugmentPolicy.IMAGENET,
        interpolation: Any = "nearest", fill: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(policy=policy, interpolation=self._mode(interpolation), fill=fill)
        self._policies = policies(policy.value)

    def forward(self, img: Any) -> Any:
        """The image, changed."""
        space, pair = self._space(10, img), self._policies[below(len(self._policies))]
        chances, signs = rand(2), randint(2, (2,))
        for (name, p, *place), drawn, sign in zip(pair, chances, signs, strict=True):
            if drawn <= p:
                strengths, signed = space[name]
                strength = float(strengths[place[0]]) if place else 0.0
                img = self._changed(img, name, -strength if signed and sign == 0 else strength)
        return img
