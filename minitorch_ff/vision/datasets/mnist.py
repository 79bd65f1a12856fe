"""MNIST, and data sets in its format: grey images of 28 × 28 pixels, ten classes."""

from __future__ import annotations

import os
import warnings
from typing import Any

from minitorch_ff._dtypes import uint8
from minitorch_ff._functions.creation import frombuffer
from minitorch_ff._tensor import Tensor
from minitorch_ff.vision.datasets.utils import check_integrity, download_and_extract_archive
from minitorch_ff.vision.datasets.vision import DownloadedDataset

__all__ = ["KMNIST", "MNIST", "FashionMNIST"]

DIGITS = "zero one two three four five six seven eight nine".split()
CLOTHES = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot"


def _old_name(old: str, new: str) -> property:
    """An attribute that warns and gives another."""

    def read(dataset: Any) -> Any:
        warnings.warn(f"{old} has been renamed {new}", stacklevel=2)
        return getattr(dataset, new)

    return property(read, doc=f"An old name of `{new}`.")


class MNIST(DownloadedDataset):
    """Handwritten digits: 60 000 images to learn from, 10 000 to test with.

    Args:
        root: The folder that holds `MNIST/raw/train-images-idx3-ubyte` and so on.
        train: The training images, or the test images.
        transform: Called with an image, an `L` image of Pillow's.
        target_transform: Called with a class, an int.
        download: Fetch what is missing from the first mirror that answers.

    Attributes:
        data: The images, bytes. Shape `(N, 28, 28)`.
        targets: Their classes, int64. Shape `(N,)`.

    Raises:
        RuntimeError: The files are not there, or no mirror has them.

    Example:
        >>> from minitorch_ff.vision import datasets, transforms
        >>> digits = datasets.MNIST("data", transform=transforms.ToTensor())  # doctest: +SKIP
        >>> image, digit = digits[0]  # doctest: +SKIP

    See: Y. LeCun, C. Cortes, C. Burges, the MNIST database;
        [torchvision.datasets.MNIST](https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.MNIST.html).
    """

    mirrors = [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ]
    resources = [
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ]
    classes = [f"{digit} - {name}" for digit, name in enumerate(DIGITS)]

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """An image and its class, transformed."""
        from minitorch_ff.vision._pillow import image_of

        return self._transformed(image_of(self.data.buffer[index]), int(self.targets.buffer[index]))

    train_data, test_data = _old_name("train_data", "data"), _old_name("test_data", "data")
    train_labels = _old_name("train_labels", "targets")
    test_labels = _old_name("test_labels", "targets")

    @property
    def raw_folder(self) -> str:
        """The folder of the files, as they were published."""
        return os.path.join(self.root, type(self).__name__, "raw")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """From the name of a class to its number."""
        return {name: number for number, name in enumerate(self.classes)}

    def _raw(self, name: str) -> str:
        """The path of an unpacked file."""
        return os.path.join(self.raw_folder, name.removesuffix(".gz"))

    def _check_exists(self) -> bool:
        return all([check_integrity(self._raw(name)) for name, _ in self.resources])

    def _load(self) -> None:
        part = "train" if self.train else "t10k"
        self.data = read_image_file(self._raw(f"{part}-images-idx3-ubyte"))
        self.targets = read_label_file(self._raw(f"{part}-labels-idx1-ubyte"))

    def download(self) -> None:
        """Fetch and unpack what is not there.

        Raises:
            RuntimeError: No mirror has a file; the text has what each of them answered.
        """
        if self._check_exists():
            return
        for name, md5 in self.resources:
            errors = []
            for mirror in self.mirrors:
                try:
                    download_and_extract_archive(mirror + name, self.raw_folder, md5=md5)
                    break
                except OSError as error:
                    errors.append(f"Tried {mirror}, got:\n{error}\n")
            else:
                raise RuntimeError(f"Error downloading {name}:\n{''.join(errors)}")


class FashionMNIST(MNIST):
    """Pieces of clothing, in the format and number of `MNIST`'s digits.

    See: H. Xiao, K. Rasul, R. Vollgraf, [Fashion-MNIST](https://arxiv.org/abs/1708.07747), 2017;
        [torchvision.datasets.FashionMNIST](https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.FashionMNIST.html).
    """

    mirrors = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]
    resources = [
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ]
    classes = CLOTHES.split(",")


class KMNIST(MNIST):
    """Handwritten Japanese characters, in the format and number of `MNIST`'s digits.

    See: T. Clanuwat et al., [Deep Learning for Classical Japanese
        Literature](https://arxiv.org/abs/1812.01718), 2018;
        [torchvision.datasets.KMNIST](https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.KMNIST.html).
    """

    mirrors = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
    resources = [
        ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    ]
    classes = "o ki su tsu na ha ma ya re wo".split()


def read_image_file(path: str) -> Tensor:
    """Bytes from a file in the IDX format. Shape as the file says, `(N, H, W)`.

    Raises:
        ValueError: The file holds something else.
    """
    with open(path, "rb") as file:
        data = bytearray(file.read())
    # Two zeros, the type (8: bytes), the number of dimensions; then each as a big-endian int.
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path} is no IDX file of bytes")
    start = 4 + 4 * data[3]
    shape = [int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4)]
    return frombuffer(data, dtype=uint8, offset=start).reshape(shape)


def read_label_file(path: str) -> Tensor:
    """Classes from a file in the IDX format, as int64. Shape `(N,)`."""
    return read_image_file(path).long()
