"""Noise in the shape of images, to try a program with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_ff._dtypes import int64
from minitorch_ff._functions.random import fork_rng, manual_seed, randint, randn
from minitorch_ff.vision.datasets.vision import VisionDataset
from minitorch_ff.vision.transforms.functional import to_pil_image

__all__ = ["FakeData"]


class FakeData(VisionDataset):
    """Noise in the shape of images, the same at every visit.

    Args:
        size: How many images.
        image_size: The shape of one, `(C, H, W)`.
        num_classes: How many classes.
        transform: Called with an image of Pillow's.
        target_transform: Called with a class, an int.
        random_offset: Other numbers give other images.

    See: [torchvision.datasets.FakeData](https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.FakeData.html).
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(None, transform=transform, target_transform=target_transform)
        self.size, self.image_size = size, image_size
        self.num_classes, self.random_offset = num_classes, random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """An image and its class, transformed; no random number of others is used up."""
        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range")
        with fork_rng():
            manual_seed(index + self.random_offset)
            image = to_pil_image(randn(*self.image_size))
            target = randint(0, self.num_classes, size=(1,), dtype=int64)[0]
        image, target = self._transformed(image, target)
        return image, target.item()

    def __len__(self) -> int:
        return self.size
