"""Every transform on images of both kinds, from the same seed, against torchvision."""

import pytest

from compat_tests.vision.reference import (
    assert_same,
    chw,
    in_both,
    pil,
)

PIL_MODES = ["L", "RGB"]

# Each is an expression over the namespace T of classes; M is its InterpolationMode.
ON_BOTH_KINDS = """
Resize(12)
Resize((33, 17))
Resize([9])
Resize(12, max_size=14)
Resize((9, 40), interpolation=M.NEAREST)
Resize(31, interpolation=M.BILINEAR, antialias=False)
CenterCrop(11)
CenterCrop((40, 7))
Pad(3)
Pad((1, 4), fill=7)
Pad((1, 2, 3, 4), padding_mode="edge")
Pad((5, 3, 0, 1), padding_mode="reflect")
Pad((5, 3), padding_mode="symmetric")
RandomCrop(16)
RandomCrop(20, padding=4)
RandomCrop((30, 12), pad_if_needed=True, fill=9)
RandomCrop((20, 26), padding=(1, 2), padding_mode="reflect")
RandomHorizontalFlip()
RandomHorizontalFlip(1.0)
RandomVerticalFlip(0.7)
RandomResizedCrop(14)
RandomResizedCrop((9, 30), scale=(0.3, 0.9), ratio=(0.5, 2.0))
RandomResizedCrop(8, scale=(3.0, 4.0))
RandomResizedCrop(8, scale=(3.0, 4.0), ratio=(2.0, 3.0))
ColorJitter(0.4)
ColorJitter(contrast=0.5)
ColorJitter(saturation=(0.1, 1.9))
ColorJitter(0.3, 0.4, 0.5)
Grayscale()
Grayscale(3)
RandomGrayscale(0.6)
GaussianBlur(3)
GaussianBlur((5, 7), 1.3)
FiveCrop(7)
TenCrop((6, 9))
TenCrop(8, vertical_flip=True)
RandomInvert(0.6)
RandomAdjustSharpness(0.2, 0.8)
RandomAdjustSharpness(3.5)
RandomAutocontrast(0.7)
RandomSolarize(0.6, 0.7)
RandomPerspective()
RandomPerspective(0.3, 1.0, M.NEAREST, 0.5)
RandomRotation(30)
RandomRotation((10, 50), expand=True, interpolation=M.BILINEAR, fill=0.2)
RandomRotation(90, center=(2, 3))
RandomAffine(20)
RandomAffine((-10, 20), (0.1, 0.3), (0.6, 1.5), 10, M.BILINEAR, 0.4)
RandomAffine(0, shear=(-5, 5, -10, 10), center=(3, 4))
ColorJitter(hue=0.3)
ColorJitter(0.2, 0.3, 0.4, 0.1)
RandomApply([T.RandomCrop(9), T.RandomHorizontalFlip()], 0.5)
RandomOrder([T.RandomCrop(18), T.Pad(2), T.RandomVerticalFlip()])
RandomChoice([T.RandomCrop(9), T.CenterCrop(9)], [0.3, 0.7])
RandomChoice([T.RandomCrop(9), T.CenterCrop(9), T.Pad(1)])
""".strip().splitlines()
ON_PIL = """
ToTensor()
PILToTensor()
RandomRotation((10, 50), expand=True, interpolation=M.BILINEAR, fill=3)
RandomAffine((-10, 20), (0.1, 0.3), (0.6, 1.5), 10, M.BILINEAR, 4)
Resize(12, interpolation=M.BICUBIC)
Resize((50, 60), interpolation=M.LANCZOS)
Resize(9, interpolation=M.BOX)
Resize(9, 0)
Lambda(lambda image: image.size)
""".strip().splitlines()
ON_TENSORS = """
ToPILImage()
ConvertImageDtype(torch.float64)
ConvertImageDtype(torch.uint8)
ConvertImageDtype(torch.int16)
Resize((9, 40), interpolation=M.NEAREST_EXACT)
RandomErasing(1.0)
RandomErasing(1.0, value="random")
RandomErasing(0.5, scale=(0.2, 0.3), ratio=(1, 2), value=3)
RandomErasing(1.0, scale=(0.9, 1.0), ratio=(9, 9.5))
""".strip().splitlines()
ON_BYTES = """
RandomPosterize(3)
RandomPosterize(8, 0.9)
RandomSolarize(100)
RandomEqualize(0.8)
RandAugment()
RandAugment(4, 30, interpolation=M.BILINEAR, fill=7)
RandAugment(3, 2, 9, fill=[200])
TrivialAugmentWide()
TrivialAugmentWide(13, M.BILINEAR, 50)
AutoAugment()
AutoAugment(T.AutoAugmentPolicy.CIFAR10, M.BILINEAR)
AutoAugment(T.AutoAugmentPolicy.SVHN, fill=99)
""".strip().splitlines()
ON_FLOATS = """
Normalize((0.5,), (0.25,))
Normalize([0.5], [0.25], inplace=True)
""".strip().splitlines()
V2_ONLY = """
Compose([T.ToImage(), T.ToDtype(torch.float32, scale=True)])
Compose([T.ToImage(), T.Resize(9), T.ToDtype(torch.uint8, scale=True), T.ToPureTensor()])
""".strip().splitlines()


def transform(world, expression: str, v2: bool = False):
    """The transform of one world."""
    transforms = world.vision.transforms
    names = {"M": transforms.InterpolationMode, "torch": world.torch}
    T = transforms.v2 if v2 else transforms
    return eval(f"T.{expression}", names | {"T": T})


def applied(expression: str, image, v2: bool = False, times: int = 3, atol: float = 0.0) -> None:
    """Apply it several times, so that its random numbers must agree all along."""

    def body(world):
        change = transform(world, expression, v2)
        results = [change(image(world)) for _ in range(times)]
        return [*results, world.torch.rand(1)]  # as many numbers were used

    assert_same(*in_both(body), atol)


@pytest.mark.parametrize("mode", PIL_MODES)
@pytest.mark.parametrize("expression", ON_BOTH_KINDS + ON_PIL)
def test_on_pillow(expression, mode):
    applied(expression, lambda world: pil(mode))


@pytest.mark.parametrize(("channels", "dtype"), [(1, "float32"), (3, "float32"), (3, "uint8")])
@pytest.mark.parametrize("expression", ON_BOTH_KINDS + ON_TENSORS)
def test_on_tensors(expression, channels, dtype):
    # Bytes are rounded from floats that were added in another order.
    rounding = 1 if dtype == "uint8" else 0
    applied(expression, lambda world: chw(world, channels, dtype=dtype), atol=rounding)


@pytest.mark.parametrize("expression", ON_FLOATS)
@pytest.mark.parametrize("channels", [1, 3])
def test_on_floats(expression, channels):
    applied(expression, lambda world: chw(world, channels))


@pytest.mark.parametrize("expression", ON_BYTES)
def test_on_bytes(expression):
    """So often that most changes come; of tensors some are rounded twice, one after the other."""
    applied(expression, lambda world: pil("RGB"), times=25)
    applied(expression, lambda world: chw(world, dtype="uint8"), times=25, atol=2)


V2_BYTES = [e for e in ON_BYTES if not e.startswith("AutoAugment")]


@pytest.mark.parametrize("expression", V2_BYTES)
def test_v2_on_bytes(expression):
    applied(expression, lambda world: pil("RGB"), v2=True, times=25)
    applied(expression, lambda world: chw(world, dtype="uint8"), v2=True, times=25, atol=2)


V2_PIL = [e for e in ON_BOTH_KINDS + ON_PIL if not e.startswith(("FiveCrop", "TenCrop", "Lambda"))]
V2_TENSORS = [
    e for e in ON_BOTH_KINDS + ON_TENSORS if not e.startswith(("FiveCrop", "TenCrop"))
] + ON_FLOATS


@pytest.mark.filterwarnings("ignore:The transform `ToTensor:UserWarning")
@pytest.mark.parametrize("expression", V2_PIL + V2_ONLY)
def test_v2_on_pillow(expression):
    applied(expression, lambda world: pil("RGB"), v2=True, atol=1)


@pytest.mark.parametrize("expression", V2_TENSORS + V2_ONLY)
def test_v2_on_tensors(expression):
    applied(expression, lambda world: chw(world), v2=True)
