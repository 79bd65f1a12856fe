"""Data sets of images, in files as `torchvision.datasets` keeps them."""

from __future__ import annotations

from minitorch_ff.vision.datasets import utils
from minitorch_ff.vision.datasets.cifar import CIFAR10, CIFAR100
from minitorch_ff.vision.datasets.fakedata import FakeData
from minitorch_ff.vision.datasets.folder import DatasetFolder, ImageFolder
from minitorch_ff.vision.datasets.mnist import KMNIST, MNIST, FashionMNIST
from minitorch_ff.vision.datasets.vision import VisionDataset

__all__ = [
    "CIFAR10", "CIFAR100", "DatasetFolder", "FakeData", "FashionMNIST", "ImageFolder", "KMNIST",
    "MNIST", "VisionDataset", "utils",
]  # fmt: skip
