"""What is done to an image before it is learned from: `torchvision.transforms`."""

from __future__ import annotations

from minitorch_ff.vision.transforms import functional
from minitorch_ff.vision.transforms.autoaugment import (
    AutoAugment, AutoAugmentPolicy, RandAugment, TrivialAugmentWide,
)  # fmt: skip
from minitorch_ff.vision.transforms.functional import InterpolationMode
from minitorch_ff.vision.transforms.transforms import (
    CenterCrop, ColorJitter, Compose, ConvertImageDtype, FiveCrop,
    GaussianBlur, Grayscale, Lambda, Normalize, Pad, PILToTensor, RandomAdjustSharpness,
    RandomAffine, RandomApply, RandomAutocontrast, RandomChoice, RandomCrop, RandomEqualize,
    RandomErasing, RandomGrayscale, RandomHorizontalFlip, RandomInvert, RandomOrder,
    RandomPerspective, RandomPosterize, RandomResizedCrop, RandomRotation, RandomSolarize,
    RandomVerticalFlip, Resize, TenCrop, ToPILImage, ToTensor,
)  # fmt: skip

__all__ = [
    "AutoAugment", "AutoAugmentPolicy", "CenterCrop", "ColorJitter", "Compose",
    "ConvertImageDtype", "FiveCrop", "GaussianBlur", "Grayscale",
    "InterpolationMode", "Lambda", "Normalize", "PILToTensor", "Pad", "RandAugment",
    "RandomAdjustSharpness", "RandomAffine", "RandomApply", "RandomAutocontrast",
    "RandomChoice", "RandomCrop", "RandomEqualize", "RandomErasing", "RandomGrayscale",
    "RandomHorizontalFlip", "RandomInvert", "RandomOrder", "RandomPerspective",
    "RandomPosterize", "RandomResizedCrop", "RandomRotation", "RandomSolarize",
    "RandomVerticalFlip", "Resize", "TenCrop", "ToPILImage", "ToTensor", "TrivialAugmentWide",
    "functional",
]  # fmt: skip
