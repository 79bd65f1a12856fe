"""Images in folders, one folder per class."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff.vision.datasets.vision import VisionDataset

__all__ = ["DatasetFolder", "ImageFolder", "default_loader", "has_file_allowed_extension"]

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def has_file_allowed_extension(filename: str, extensions: str | tuple[str, ...]) -> bool:
    """Whether a name ends in one of the extensions, in small letters or capitals."""
    return filename.lower().endswith(
        extensions if isinstance(extensions, str) else tuple(extensions)
    )


def default_loader(path: str) -> Any:
    """The file as an `RGB` image of Pillow's."""
    from minitorch_ff.vision._pillow import Image

    with open(path, "rb") as file:
        return Image.open(file).convert("RGB")


class DatasetFolder(VisionDataset):
    """Samples in files, one folder per class: `root/cat/….ext`, `root/dog/nested/….ext`.

    Args:
        root: The folder of folders.
        loader: Makes a sample of a path.
        extensions: Of the files to take; not together with `is_valid_file`.
        transform: Called with a sample.
        target_transform: Called with a class, an int.
        is_valid_file: Says of a path whether to take the file.
        allow_empty: A folder may have no file to take.

    Attributes:
        classes: The names of the folders, sorted.
        class_to_idx: From the name of a class to its number.
        samples: Pairs of path and class, sorted.
        targets: The classes of the samples.

    Raises:
        FileNotFoundError: There is no folder, or one has no file to take.
        ValueError: Not one of `extensions` and `is_valid_file` is given.

    See: [torchvision.datasets.DatasetFolder](https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.DatasetFolder.html).
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        loader: Callable[[str], Any],
        extensions: tuple[str, ...] | None = None,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.loader, self.extensions = loader, extensions
        self.classes, self.class_to_idx = self.find_classes(self.root)
        self.samples = self.make_dataset(
            self.root, self.class_to_idx, extensions, is_valid_file, allow_empty
        )
        self.targets = [target for _, target in self.samples]

    @staticmethod
    def make_dataset(
        directory: Any,
        class_to_idx: dict[str, int],
        extensions: tuple[str, ...] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> list[tuple[str, int]]:
        """Pairs of path and class, for the classes named; the arguments are the class's."""
        words = "Both extensions and is_valid_file cannot be None or not None at the same time"
        check((extensions is None) != (is_valid_file is None), words, ValueError)
        wanted = is_valid_file or (lambda path: has_file_allowed_extension(path, extensions or ()))
        samples: list[tuple[str, int]] = []
        empty = []
        for name in sorted(class_to_idx):
            walked = sorted(os.walk(os.path.join(directory, name), followlinks=True))
            paths = [
                os.path.join(where, file) for where, _, files in walked for file in sorted(files)
            ]
            valid = [(path, class_to_idx[name]) for path in paths if wanted(path)]
            samples += valid
            empty += [] if valid else [name]
        if empty and not allow_empty:
            text = f"Found no valid file for the classes {', '.join(empty)}. "
            if extensions is not None:
                named = extensions if isinstance(extensions, str) else ", ".join(extensions)
                text += f"Supported extensions are: {named}"
            raise FileNotFoundError(text)
        return samples

    def find_classes(self, directory: Any) -> tuple[list[str], dict[str, int]]:
        """The names of the folders in `directory`, and their numbers."""
        classes = sorted([entry.name for entry in os.scandir(directory) if entry.is_dir()])
        check(classes, f"Couldn't find any class folder in {directory}.", FileNotFoundError)
        return classes, {name: number for number, name in enumerate(classes)}

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """A sample and its class, transformed."""
        path, target = self.samples[index]
        return self._transformed(self.loader(path), target)

    def __len__(self) -> int:
        return len(self.samples)


class ImageFolder(DatasetFolder):
    """Images in folders, one folder per class: `root/cat/….png`, `root/dog/nested/….jpg`.

    Args:
        root: The folder of folders.
        transform: Called with an image.
        target_transform: Called with a class, an int.
        loader: Makes an image of a path; by default an `RGB` image of Pillow's.
        is_valid_file: Says of a path whether to take the file; None goes by its extension.
        allow_empty: A folder may have no image.

    Attributes:
        imgs: Pairs of path and class, sorted; the others are `DatasetFolder`'s.

    Raises:
        FileNotFoundError: There is no folder, or one has no image.

    See: [torchvision.datasets.ImageFolder](https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html).
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        extensions = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(
            root, loader, extensions, transform, target_transform, is_valid_file, allow_empty
        )
        self.imgs = self.samples
