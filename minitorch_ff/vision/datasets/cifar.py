"""CIFAR-10 and CIFAR-100: small photographs in colour, 32 × 32 pixels."""

from __future__ import annotations

import os
import pickle
from typing import Any

import numpy

from minitorch_ff.vision.datasets.utils import check_integrity, download_and_extract_archive
from minitorch_ff.vision.datasets.vision import DownloadedDataset

__all__ = ["CIFAR10", "CIFAR100"]


class CIFAR10(DownloadedDataset):
    """Photographs of ten things: 50 000 to learn from, 10 000 to test with.

    Args:
        root: The folder that holds `cifar-10-batches-py`.
        train: The training images, or the test images.
        transform: Called with an image, an `RGB` image of Pillow's.
        target_transform: Called with a class, an int.
        download: Fetch and unpack the archive, if it is not there.

    Attributes:
        data: The images, an array of bytes. Shape `(N, 32, 32, 3)`.
        targets: Their classes, a list of ints.
        classes: The names of the classes.
        class_to_idx: From the name of a class to its number.

    Raises:
        RuntimeError: A file is missing, or is not what its MD5 checksum says.

    See: A. Krizhevsky, [Learning Multiple Layers of Features from Tiny
        Images](https://www.cs.toronto.edu/~kriz/cifar.html), 2009;
        [torchvision.datasets.CIFAR10](https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.CIFAR10.html).
    """

    base_folder = "cifar-10-batches-py"
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename = "cifar-10-python.tar.gz"
    tgz_md5 = "c58f30108f718f92721af3b95e74349a"
    train_list = [
        ["data_batch_1", "c99cafc152244af753f735de768cd75f"],
        ["data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"],
        ["data_batch_3", "54ebc095f3ab1f0389bbae665268c751"],
        ["data_batch_4", "634d18415352ddfa80567beed471001a"],
        ["data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"],
    ]
    test_list = [["test_batch", "40351d587109b95175f43aff81a1287e"]]
    meta = {
        "filename": "batches.meta",
        "key": "label_names",
        "md5": "5ff9c542aee3614f3951f8cda6e48888",
    }

    _absent = "Dataset not found or corrupted."

    def _load(self) -> None:
        listed = self.train_list if self.train else self.test_list
        batches = [self._read(name) for name, _ in listed]
        rows = numpy.concatenate([batch["data"] for batch in batches])
        self.data = rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        labels = "labels" if "labels" in batches[0] else "fine_labels"
        self.targets = [label for batch in batches for label in batch[labels]]
        self.classes = self._read(self.meta["filename"])[self.meta["key"]]
        self.class_to_idx = {name: number for number, name in enumerate(self.classes)}

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """An image and its class, transformed."""
        from minitorch_ff.vision._pillow import image_of

        return self._transformed(image_of(self.data[index]), self.targets[index])

    def _path(self, name: str) -> str:
        return os.path.join(self.root, self.base_folder, name)

    def _read(self, name: str) -> Any:
        """A file's content; its checksum has vouched for it."""
        with open(self._path(name), "rb") as file:
            return pickle.load(file, encoding="latin1")

    def _check_exists(self) -> bool:
        files = [*self.train_list, *self.test_list, [self.meta["filename"], self.meta["md5"]]]
        return all([check_integrity(self._path(name), md5) for name, md5 in files])

    def download(self) -> None:
        """Fetch and unpack the archive, unless its files are there."""
        if not self._check_exists():
            download_and_extract_archive(self.url, self.root, None, self.filename, self.tgz_md5)


class CIFAR100(CIFAR10):
    """Photographs of a hundred things, in the format of `CIFAR10`.

    See: [torchvision.datasets.CIFAR100](https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.CIFAR100.html).
    """

    base_folder = "cifar-100-python"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename = "cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list = [["train", "16019d7e3df5f24257cddd939b257f8d"]]
    test_list = [["test", "f0ef6b0ae62326f3e7ffdfab6717acfc"]]
    meta = {
        "filename": "meta",
        "key": "fine_label_names",
        "md5": "7973b15100ade9c7d40fb424638fde48",
    }
