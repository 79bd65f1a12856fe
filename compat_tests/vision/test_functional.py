"""Functions, reprs and errors of transforms, against torchvision."""

import random
import warnings

import numpy as np
import pytest

from compat_tests.vision.reference import (
    OURS, assert_same, chw, in_both, pil, pixels, plain, same_error,
)  # fmt: skip
from compat_tests.vision.test_transforms import (
    ON_BOTH_KINDS, ON_BYTES, ON_FLOATS, ON_PIL, ON_TENSORS, V2_ONLY, V2_PIL, transform,
)  # fmt: skip

# Expressions over F, image x (RGB of Pillow's), grey g, tensor t, bytes b; M is InterpolationMode.
FUNCTIONS = """
F.hflip(x)
F.vflip(g)
F.vflip(t)
F.crop(x, -3, 4, 12, 40)
F.crop(t, -3, 4, 12, 40)
F.crop(t, 18, 20, 9, 9)
F.crop(b, 30, 30, 4, 4)
F.crop(t, 2, 3, 4, 5)
F.center_crop(t, [21, 5])
F.center_crop(x, 50)
F.resized_crop(x, 1, 2, 9, 9, [5, 6])
F.resized_crop(t, 1, 2, 9, 9, 4, M.NEAREST)
F.pad(g, [1, 2], 3)
F.pad(x, 2, (1, 2, 3))
F.pad(b, [3], 5, "constant")
F.resize(t[:1], 7)
F.resize(t[None], [40, 30])
F.resize(b, [7, 9], antialias=False)
F.resize(t, [9, 40], M.BICUBIC)
F.resize(b, 9, M.BICUBIC, antialias=False)
F.resize(t, [9, 40], M.NEAREST_EXACT)
F.pad(t, [-2, 3, 1, -4], 0.5)
F.rotate(x, 45, expand=True, fill=(1, 2, 3))
F.affine(x, 10, [2, -3], 0.8, [5, 6], M.BILINEAR, [7, 8, 9], [3, 4])
F.affine(g, -20.5, (0, 0), 2, 3)
F.adjust_brightness(x, 1.7)
F.adjust_brightness(t, 0.4)
F.adjust_brightness(b, 1.4)
F.adjust_contrast(g, 0.3)
F.adjust_contrast(t, 1.8)
F.adjust_contrast(b, 0.7)
F.adjust_contrast(t[:1], 0.7)
F.adjust_saturation(x, 2)
F.adjust_saturation(b, 0)
F.adjust_saturation(t[:1], 0.3)
F.adjust_hue(x, -0.3)
F.adjust_hue(g, 0.2)
F.rotate(t, 45, expand=True, fill=[1.0, 2.0, 3.0])
F.rotate(t, 90, expand=True)
F.rotate(b, -30.5, M.BILINEAR, center=[3, 4])
F.rotate(t[:1], 180)
F.affine(t, 10, [2, -3], 0.8, [5, 6], M.BILINEAR, [0.7, 0.8, 0.9], [3, 4])
F.affine(b, -20.5, (0, 0), 2, [3.0, 0.0])
F.affine(t[None], 0, [1, 2], 1.0, [0.0, 30.0], fill=[0.5])
F.perspective(x, [[0, 0], [25, 0], [25, 19], [0, 19]], [[2, 1], [20, 3], [22, 17], [1, 16]])
F.perspective(g, [[0, 0], [25, 0], [25, 19], [0, 19]], [[2, 1], [20, 3], [22, 17], [1, 16]], 0, 9)
F.perspective(t, [[0, 0], [25, 0], [25, 19], [0, 19]], [[2, 1], [20, 3], [22, 17], [1, 16]])
F.perspective(b, [[0, 0], [25, 0], [25, 19], [0, 19]], [[2, 1], [20, 3], [22, 17], [1, 16]], 0)
F.adjust_hue(t, 0.3)
F.adjust_hue(b, -0.2)
F.adjust_hue(t[:1], 0.3)
F.adjust_hue(t * 0 + 0.5, 0.3)
F.invert(x)
F.invert(t)
F.invert(b)
F.posterize(x, 3)
F.posterize(b, 1)
F.posterize(b, 0)
F.solarize(g, 99)
F.solarize(b, 99.5)
F.solarize(t, 0.4)
F.autocontrast(x)
F.autocontrast(t * 0.3 + 0.2)
F.autocontrast(b // 3)
F.autocontrast(t * 0 + 0.5)
F.equalize(x)
F.equalize(b)
F.equalize(b // 9)
F.equalize(b * 0 + 7)
F.equalize(b[None, :, :3, :3])
F.adjust_sharpness(x, 2)
F.adjust_sharpness(t, 0)
F.adjust_sharpness(b, 1.7)
F.adjust_sharpness(t[:1, :2], 0.3)
F.adjust_gamma(x, 2.2)
F.adjust_gamma(t, 0.5, 0.9)
F.adjust_gamma(b, 1.5)
F.rgb_to_grayscale(x, 3)
F.rgb_to_grayscale(t)
F.rgb_to_grayscale(t[:1], 3)
F.to_grayscale(g, 3)
F.gaussian_blur(t, 5)
F.gaussian_blur(b, [3, 5], [0.4, 2])
F.gaussian_blur(x, [3, 3], 0.7)
F.gaussian_blur(t, 3, [0.8])
F.erase(t, 1, 2, 3, 4, t.new_zeros(3, 1, 1))
F.erase(b, 1, 2, 3, 4, b.new_full((3, 3, 4), 9))
F.normalize(t, [0.1, 0.2, 0.3], (1, 2, 3))
F.normalize(t, 0.5, 2.0)
F.normalize(t.double(), t.new_ones(3), t.new_ones(3) * 3)
F.convert_image_dtype(b, torch.int16)
F.convert_image_dtype(b, torch.float64)
F.convert_image_dtype(b.to(torch.int32) * 8000000, torch.uint8)
F.convert_image_dtype(t, torch.int16)
F.convert_image_dtype(t.double(), torch.int32)
F.convert_image_dtype(t, torch.float16).float()
F.get_dimensions(x)
F.get_dimensions(t)
F.get_dimensions(t[0])
F.get_image_size(g)
F.get_image_size(t)
F.get_image_num_channels(b)
F.to_tensor(x)
F.to_tensor(x.convert("1"))
F.to_tensor(x.convert("F"))
F.to_tensor(x.convert("I"))
F.to_tensor(x.convert("RGBA"))
F.to_tensor(x.convert("P"))
F.to_tensor(g.convert("I").convert("I;16"))
F.to_tensor(array)
F.to_tensor(array[:, :, 0])
F.to_tensor(array.astype("float64"))
F.to_tensor(array[:, ::2])
F.pil_to_tensor(x)
F.pil_to_tensor(g)
F.pil_to_tensor(x.convert("1"))
F.pil_to_tensor(x.convert("CMYK"))
F.to_pil_image(t)
F.to_pil_image(t[0])
F.to_pil_image(b)
F.to_pil_image(b[:2])
F.to_pil_image(b, "HSV")
F.to_pil_image(torch.cat([b, b[:1]]))
F.to_pil_image(torch.cat([b, b[:1]]), "CMYK")
F.to_pil_image(b[0].to(torch.int16))
F.to_pil_image(b[0].to(torch.int32))
F.to_pil_image(t[0], "F")
F.to_pil_image(array)
F.to_pil_image(array[:, :, 1])
F.to_pil_image(array / 255)
""".strip().splitlines()
ERRORS = """
F.posterize(t, 4)
F.equalize(t)
F.solarize(t, 3.0)
F.invert(t[0])
F.invert("a")
F.adjust_sharpness(t, -1.0)
F.adjust_hue(t[:2], 0.1)
F.rotate(t, 3.0, M.BICUBIC)
F.perspective(x, [[0, 0]], [[1, 1]])
T.RandAugment()(3)
F.to_tensor("a")
F.to_tensor(array[0, 0])
F.to_tensor(t)
F.pil_to_tensor(t)
F.to_pil_image("a")
F.to_pil_image(t[0, 0])
F.to_pil_image(torch.zeros(5, 2, 2))
F.to_pil_image(t, "L")
F.to_pil_image(t[0], "RGB")
F.to_pil_image(t[:2], "RGB")
F.to_pil_image(b.long())
F.normalize(x, [0], [1])
F.normalize(b, [0], [1])
F.normalize(t[0, 0], [0], [1])
F.normalize(t[0], [0], [1])
F.normalize(t, [0], [0])
F.normalize(t, [0, 1], [1, 1])
F.normalize(t[:1], [0, 1], [1, 1])
F.normalize(t[:1], [0], [1, 1])
F.resize(t, [1, 2, 3])
F.resize("a", 3)
F.resize(t, [4, 4], max_size=3)
F.resize(x, 4, max_size=3)
F.resize(t, 4, object())
F.pad(t, "a")
F.pad(x, [1, 2, 3])
F.pad(x, 1, "x")
F.pad(x, 1, 0, "foo")
F.pad(g, 1, (1, 2))
F.pad(x, 1, (1, 2))
F.pad(t, 1, (1, 2))
F.pad("a", 1)
F.crop("a", 1, 1, 1, 1)
F.hflip("a")
F.five_crop(x, 40)
F.center_crop("a", 1)
F.adjust_brightness(t, -1)
F.adjust_saturation(torch.zeros(2, 4, 4), 1.0)
F.adjust_hue(x, 1)
F.adjust_gamma(x, -1)
F.rgb_to_grayscale(torch.zeros(2, 4, 4))
F.rgb_to_grayscale(t, 2)
F.to_grayscale(x, 2)
F.to_grayscale(t)
F.erase(x, 1, 1, 1, 1, t)
F.rotate(x, "a")
F.affine(x, "a", [1, 1], 1, [1])
F.affine(x, 1, [1], 1, [1])
F.affine(x, 1, [1, 1], -1, [1])
F.affine(x, 1, [1, 1], 1, [1, 2, 3])
F.gaussian_blur(x, [2])
F.gaussian_blur(x, 2)
F.gaussian_blur(x, 3, 0)
F.convert_image_dtype(t, torch.int32)
F.convert_image_dtype(x)
F.get_dimensions("a")
T.Resize((1, 2, 3))
T.CenterCrop((1, 2, 3))
T.Pad("a")
T.Pad((1, 2, 3))
T.Pad(1, "a")
T.Pad(1, 0, "foo")
T.Lambda(3)
T.RandomCrop(40)(x)
T.RandomCrop(40)(t)
T.RandomRotation(-1)
T.RandomRotation((1, 2, 3))
T.RandomRotation(1, center=(1, 2, 3))
T.RandomRotation(1, fill={})
T.RandomResizedCrop((1, 2, 3))
T.RandomResizedCrop(3, scale=1)
T.RandomResizedCrop(3, ratio=1)
T.RandomAffine(-1)
T.RandomAffine(1, translate=(2, 1))
T.RandomAffine(1, translate=3)
T.RandomAffine(1, scale=(-1, 1))
T.RandomAffine(1, shear=-1)
T.RandomAffine(1, shear=(1, 2, 3))
T.ColorJitter(-1)
T.ColorJitter((1,))
T.ColorJitter(hue=1)
T.ColorJitter("a")
T.ColorJitter((-1, 2))
T.RandomErasing(p=2)
T.RandomErasing(value="a")
T.RandomErasing(scale=1)
T.RandomErasing(scale=(0, 2))
T.RandomErasing(value={})
T.RandomErasing(1, value=(1, 2))(t)
T.GaussianBlur(2)
T.GaussianBlur((3, 3, 3))
T.GaussianBlur(3, -1)
T.GaussianBlur(3, (2, 1))
T.GaussianBlur(3, "a")
T.RandomChoice(3)
T.RandomChoice([T.ToTensor()], 3)
T.FiveCrop((1, 2, 3))
T.Normalize((0.5,), (0.5,))(x)
v2.Compose(3)
v2.Compose([])
v2.RandomApply([T.ToTensor()], 2)
v2.RandomChoice([T.ToTensor()], [1, 2])
v2.RandomCrop(40)(x)
""".strip().splitlines()
REPRS = """
ToPILImage("L")
Resize((32, 30), antialias=None)
RandomErasing(value=(1, 2, 3), inplace=True)
ColorJitter()
Compose([T.ToTensor(), T.Compose([T.PILToTensor(), T.RandomCrop(3)])])
""".strip().splitlines()


def names(world) -> dict:
    transforms = world.vision.transforms
    return {
        "F": transforms.functional, "T": transforms, "v2": transforms.v2,
        "M": transforms.InterpolationMode, "torch": world.torch, "array": pixels(20, 26, 3),
        "x": pil("RGB"), "g": pil("L"), "t": chw(world), "b": chw(world, dtype="uint8"),
    }  # fmt: skip


@pytest.mark.parametrize("expression", FUNCTIONS)
def test_functions(expression):
    rounding = 1 if "(b" in expression and "to_" not in expression else 0
    assert_same(*in_both(lambda world: eval(expression, names(world))), rounding)


@pytest.mark.parametrize("expression", ERRORS)
def test_errors(expression):
    def body(world):
        eval(expression, names(world))

    same_error(body)


def test_a_failed_normalize_changes_nothing():
    def body(world):
        image = chw(world, 1)
        with pytest.raises(RuntimeError):
            world.vision.transforms.functional.normalize(image, [0, 1], [1, 1], inplace=True)
        return image

    assert_same(*in_both(body))


def test_statistics_that_are_tensors_are_read_each_time():
    def body(world):
        normalize = world.vision.transforms.functional.normalize
        mean, std, image = world.torch.zeros(3), world.torch.ones(3), chw(world)
        first = normalize(image, mean, std)
        mean += 1
        return first, normalize(image, mean, std)

    assert_same(*in_both(body))


def test_normalize_is_differentiable():
    def body(world):
        image = chw(world).requires_grad_()
        out = world.vision.transforms.functional.normalize(image, [0.5] * 3, [0.25] * 3)
        (out * out).sum().backward()
        return image.grad

    assert_same(*in_both(body))


@pytest.mark.parametrize(
    ("v2", "expression"),
    [(False, e) for e in ON_BOTH_KINDS + ON_PIL + ON_TENSORS + ON_BYTES + ON_FLOATS + REPRS]
    + [(True, e) for e in V2_PIL + ON_TENSORS + ON_FLOATS + V2_ONLY + REPRS[:-2]],
)
@pytest.mark.filterwarnings("ignore:The transform `ToTensor:UserWarning")
def test_reprs(expression, v2):
    if expression.startswith("Lambda"):
        pytest.skip("the function's address is in it")
    ours, theirs = in_both(lambda world: repr(transform(world, expression, v2)))
    assert ours == theirs


@pytest.mark.parametrize("expression", ["F.resize(t, 9, M.BOX)", "F.resize(b, 9, M.LANCZOS)"])
def test_what_tensors_cannot_do_is_said(expression):
    with pytest.raises(NotImplementedError, match="of a tensor is not supported"):
        eval(expression, names(OURS))


@pytest.mark.parametrize(
    "expression",
    [
        "T.RandomResizedCrop(3, scale=(1, 0.1))",
        "T.RandomErasing(ratio=(1, 0.1))",
        "v2.ToTensor()",
    ],
)
def test_warnings(expression):
    def body(world):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            eval(expression, names(world))
        return [(str(warning.message), warning.category) for warning in caught]

    ours, theirs = in_both(body)
    assert ours == theirs
    assert len(ours) == 1


def test_get_params():
    def body(world):
        T, image = world.vision.transforms, pil()
        return [
            T.RandomCrop.get_params(image, (4, 5)),
            T.RandomResizedCrop.get_params(image, (0.1, 1), [0.5, 2]),
            T.RandomRotation.get_params([-3, 9]),
            T.RandomAffine.get_params((-3, 9), (0.1, 0.2), (1, 2), (1, 2, 3, 4), (30, 20)),
            T.ColorJitter.get_params((0.5, 1.5), None, (1, 2), (-0.1, 0.1)),
            T.GaussianBlur.get_params(0.5, 3),
            T.RandomErasing.get_params(chw(world), (0.1, 0.2), (1, 2)),
        ]

    assert_same(*in_both(body))


def test_v2_changes_all_images_of_a_sample_alike():
    def body(world):
        v2, tv = world.vision.transforms.v2, world.vision.tv_tensors
        change = v2.Compose([v2.RandomCrop(9), v2.RandomHorizontalFlip(), v2.ColorJitter(0.5)])
        label, image = world.torch.arange(3), chw(world)
        one, other = tv.Image(image), tv.Image(image)
        results = [
            change({"image": one, "other": [other], "label": label})["other"][0],
            change(one, label)[0],
            change(image, label),
            change(pil(), label),
            change((pil(seed=1), pil(seed=2), 7)),
        ]
        results = [as_pure(world, part) for part in results]
        return [*results, world.torch.rand(1)]

    assert_same(*in_both(body))


def test_v2_draws_once_for_a_sample():
    """A transform of one's own may draw in `make_params`; `Lambda` draws for each leaf."""

    def body(world):
        v2, torch = world.vision.transforms.v2, world.torch

        class Shift(v2.Transform):
            def make_params(self, flat_inputs):
                return {"shift": torch.rand(1), "leaves": len(flat_inputs)}

            def transform(self, inpt, params):
                return v2.functional.hflip(inpt) + params["shift"] * params["leaves"]

        noise = v2.Lambda(lambda x: x + torch.rand(1))
        return [*Shift()(chw(world), 7), *noise(chw(world), 7), repr(Shift())]

    assert_same(*in_both(body))


@pytest.mark.filterwarnings("ignore:The transform `ToTensor:UserWarning")
@pytest.mark.parametrize("name", ["ToTensor", "PILToTensor", "ToPILImage", "ToImage"])
def test_v2_hands_on_what_it_does_not_change(name):
    def body(world):
        change = getattr(world.vision.transforms.v2, name)()
        samples = [chw(world), pil(), pixels(4, 5, 3), (pil(), chw(world)), (chw(world), 3)]
        return [[kind_of(part) for part in _parts(change(sample))] for sample in samples]

    ours, theirs = in_both(body)
    assert ours == theirs


def _parts(value):
    return value if isinstance(value, tuple) else (value,)


def kind_of(value) -> tuple:
    shape = getattr(value, "shape", None) or getattr(value, "size", None)
    return type(value).__name__, shape if shape is None else tuple(shape)


def test_statistics_kept_in_inference_mode_can_be_differentiated_later():
    normalize, torch = OURS.vision.transforms.functional.normalize, OURS.torch
    with torch.inference_mode():
        normalize(torch.ones(1, 2, 2), (0.123,), (0.321,))
    x = torch.ones(1, 2, 2, requires_grad=True)
    normalize(x, (0.123,), (0.321,)).sum().backward()
    assert torch.allclose(x.grad, torch.full((1, 2, 2), 1 / 0.321))


def as_pure(world, value):
    return world.vision.transforms.v2.ToPureTensor()(value)


def test_v2_kinds():
    def body(world):
        v2, tv = world.vision.transforms.v2, world.vision.tv_tensors
        image = v2.ToImage()(pil())
        kinds = [
            type(image) is tv.Image,
            type(v2.Resize(9)(image)) is tv.Image,
            type(v2.ToPureTensor()(image)) is world.torch.Tensor,
            type(v2.ToDtype(world.torch.float32)(image)) is tv.Image,
            type(image + 1) is world.torch.Tensor,
        ]
        values = [v2.ToImage()(pixels(5, 6, 3)), v2.ToImage()(pil("L")), v2.ToImage()(chw(world))]
        values += [v2.Lambda(lambda part: part * 2, int)([1, 2.5, "a"])]
        values += [v2.Grayscale(3)(chw(world, 1)), v2.ToPILImage()(image)]
        return [*kinds, *values]

    ours, theirs = in_both(body)
    assert all(kind is True for kind in ours[:5] + theirs[:5])
    for our, their in zip(ours[5:], theirs[5:], strict=True):
        _same_pixels(plain(our), plain(their))


def _same_pixels(our, their):
    if isinstance(our, tuple):
        np.testing.assert_array_equal(our[1], their[1])
    assert type(our) is type(their)


def test_python_random_decides_order():
    """As torchvision: not PyTorch's generator."""
    random.seed(3)
    state = random.getstate()

    def body(world):
        T = world.vision.transforms
        T.RandomOrder([T.CenterCrop(3), T.Pad(1)])(pil())
        return random.getstate() != state, world.torch.initial_seed()

    ours, theirs = in_both(body)
    assert ours == theirs
    assert ours[0]
