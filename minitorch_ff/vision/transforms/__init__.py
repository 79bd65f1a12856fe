"""What is done to an image before it is learned from: `torchvision.transforms`."""

from __future__ import annotations

from minitorch_ff.vision.transforms import functional
from minitorch_ff.vision.transforms.functional import InterpolationMode
from minitorch_ff.vision.transforms.transforms import (
    CenterCrop, ColorJitter, Compose, ConvertImageDtype, FiveCrop, GaussianBlur, Grayscale,
    Lambda, Normalize, Pad, PILToTensor, RandomAffine, RandomApply, RandomChoice, RandomCrop,
    RandomErasing, RandomGrayscale, RandomHorizontalFlip, RandomOrder, RandomResizedCrop,
    RandomRotation, RandomVerticalFlip, Resize, TenCrop, ToPILImage, ToTensor,
)  # fmt: skip

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "FiveCrop", "GaussianBlur",
    "Grayscale", "InterpolationMode", "Lambda", "Normalize", "PILToTensor", "Pad",
    "RandomAffine", "RandomApply", "RandomChoice", "RandomCrop", "RandomErasing",
    "RandomGrayscale", "RandomHorizontalFlip", "RandomOrder", "RandomResizedCrop",
    "RandomRotation", "RandomVerticalFlip", "Resize", "TenCrop", "ToPILImage", "ToTensor",
    "functional",
]  # fmt: skip
