"""What data sets of images have in common."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff.utils.data import Dataset

__all__ = ["DownloadedDataset", "StandardTransform", "VisionDataset"]


class VisionDataset(Dataset[Any]):
    """A data set with a place on disk, and with transforms for its samples.

    Args:
        root: The folder it is in.
        transforms: Takes an image and its target and returns both.
        transform: Takes an image; not together with `transforms`.
        target_transform: Takes a target; not together with `transforms`.

    Raises:
        ValueError: Both kinds of transforms are given.

    See: [VisionDataset](https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.VisionDataset.html).
    """

    _repr_indent = 4

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        transforms: Callable[..., Any] | None = None,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
    ) -> None:
        self.root = os.path.expanduser(root) if isinstance(root, str) else root
        separate = transform is not None or target_transform is not None
        words = "Only transforms or transform/target_transform can be passed as argument"
        check(transforms is None or not separate, words, ValueError)
        self.transform, self.target_transform = transform, target_transform
        self.transforms = StandardTransform(transform, target_transform) if separate else transforms

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def _transformed(self, image: Any, target: Any) -> tuple[Any, Any]:
        """A sample as the two separate transforms change it."""
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def __repr__(self) -> str:
        body = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            body.append(f"Root location: {self.root}")
        body += self.extra_repr().splitlines()
        if self.transforms is not None:
            body.append(repr(self.transforms))
        lines = [" " * self._repr_indent + line for line in body]
        return "\n".join([f"Dataset {type(self).__name__}", *lines])

    def extra_repr(self) -> str:
        """More lines for the text of this data set."""
        return ""


class StandardTransform:
    """One transform for the image, one for the target.

    Args:
        transform: For the image, or None.
        target_transform: For the target, or None.
    """

    def __init__(self, transform: Any = None, target_transform: Any = None) -> None:
        self.transform, self.target_transform = transform, target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        """Both, transformed."""
        return VisionDataset._transformed(self, input, target)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        body = [type(self).__name__]
        named = {"Transform: ": self.transform, "Target transform: ": self.target_transform}
        for head, transform in named.items():
            if transform is not None:
                body.append(head + repr(transform).replace("\n", "\n" + " " * len(head)))
        return "\n".join(body)


class DownloadedDataset(VisionDataset):
    """A data set of published files, with a part to learn from and one to test with.

    Args:
        root: The folder that holds the data set's own.
        train: The training images, or the test images.
        transform: Called with an image of Pillow's.
        target_transform: Called with a class, an int.
        download: Fetch what is missing.

    Raises:
        RuntimeError: The files are not there.
    """

    _absent = "Dataset not found."
    data: Any
    root: str | os.PathLike[str]
    _check_exists: Callable[[], bool]  # whether all files are there
    _load: Callable[[], None]  # reads them
    download: Callable[[], None]
    """Fetch and unpack what is not there."""

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        check(self._check_exists(), f"{self._absent} You can use download=True to download it")
        self._load()

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """Which part it is."""
        return f"Split: {'Train' if self.train is True else 'Test'}"
