"""Grids of images, files of images, and what the package loads for them."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

import minitorch_ff as ff
from compat_tests.vision.reference import OURS, assert_same, chw, in_both, pil, same_error
from minitorch_ff.scripts.import_hook import as_torch
from minitorch_ff.vision.io import ImageReadMode, decode_image, read_image

# Expressions over U; images are i (5, 3, 6, 7), single channels g (3, 1, 6, 7).
GRIDS = """
U.make_grid(i)
U.make_grid(i, nrow=2, padding=1, pad_value=0.5)
U.make_grid(i, nrow=9, padding=0)
U.make_grid(g)
U.make_grid(g[0])
U.make_grid(g[0, 0])
U.make_grid(i[0])
U.make_grid(i[:1])
U.make_grid(list(i))
U.make_grid([g[0], g[1]], nrow=1)
U.make_grid(i * 3 - 1, normalize=True)
U.make_grid(i * 3 - 1, normalize=True, value_range=(0, 1))
U.make_grid(i * 3 - 1, normalize=True, scale_each=True)
U.make_grid(i * 0 + 2, normalize=True)
U.make_grid((i * 255).to(torch.uint8), pad_value=9)
""".strip().splitlines()


def images(world) -> dict:
    whole = chw(world, 3, 30, 7).reshape(3, 5, 6, 7)
    batch = whole.transpose(0, 1).contiguous()
    return {
        "U": world.vision.utils, "torch": world.torch,
        "i": batch, "g": chw(world, 1, 18, 7).reshape(3, 1, 6, 7),
    }  # fmt: skip


@pytest.mark.parametrize("expression", GRIDS)
def test_grids(expression):
    assert_same(*in_both(lambda world: eval(expression, images(world))))


def test_a_grid_leaves_its_images_alone():
    names = images(OURS)
    before = names["i"].clone()
    eval("U.make_grid(i, normalize=True, scale_each=True)", names)
    assert OURS.torch.equal(before, names["i"])


@pytest.mark.parametrize(
    "expression",
    ["U.make_grid(3)", "U.make_grid([1])", "U.make_grid(i, normalize=True, value_range=3)"],
)
def test_errors(expression):
    def body(world):
        eval(expression, images(world))

    same_error(body)


@pytest.mark.parametrize("expression", ["i", "i[0]", "g", "i * 2 - 0.5"])
def test_saved_images(tmp_path, expression):
    def body(world):
        path = tmp_path / f"{world.torch.__version__}.png"
        names = images(world)
        names["U"].save_image(eval(expression, names), path, nrow=2, pad_value=0.3)
        with open(tmp_path / "x.bmp", "wb") as file:
            names["U"].save_image(names["g"], file, format="bmp")
        return [np.asarray(Image.open(path)).tolist(), (tmp_path / "x.bmp").read_bytes()]

    ours, theirs = in_both(body)
    assert ours == theirs


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_read_images(tmp_path, mode):
    path = str(tmp_path / "a.png")
    image = pil(mode)
    image.save(path)
    expected = np.asarray(image).reshape(20, 26, -1).transpose(2, 0, 1)
    np.testing.assert_array_equal(read_image(path).numpy(), expected)
    grey = read_image(path, ImageReadMode.GRAY)
    np.testing.assert_array_equal(grey.numpy()[0], np.asarray(image.convert("L")))
    data = ff.from_numpy(np.fromfile(path, np.uint8))
    assert ff.equal(decode_image(data, "RGB"), read_image(path, ImageReadMode.RGB))
    assert decode_image(path, ImageReadMode.RGB_ALPHA).shape == (4, 20, 26)


def test_read_modes_are_torchvisions():
    assert_same(*in_both(lambda world: [m.name for m in world.vision.io.ImageReadMode]))


def test_orientation(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # held on its side
    pil().save(tmp_path / "a.jpg", exif=exif)
    assert read_image(str(tmp_path / "a.jpg")).shape == (3, 20, 26)
    turned = read_image(str(tmp_path / "a.jpg"), apply_exif_orientation=True)
    assert turned.shape == (3, 26, 20)


def test_images_are_tensors():
    def body(world):
        Image = world.vision.tv_tensors.Image
        grey = Image(chw(world, 1)[0])
        leaf = Image(chw(world), dtype=world.torch.float64, requires_grad=True)
        shares = chw(world)
        Image(shares).zero_()
        return [grey, leaf, leaf.requires_grad, Image(pil()), shares, (grey * 2)]

    ours, theirs = in_both(body)
    for our, their in zip(ours, theirs, strict=True):
        if isinstance(our, bool):
            assert our is their
        else:
            assert str(our.dtype) == str(their.dtype)
            np.testing.assert_array_equal(our.detach().numpy(), their.detach().numpy())


def python(program: str) -> str:
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_tensors_need_no_pillow():
    program = """
import sys
sys.modules["PIL"] = None  # as if it were not installed
import minitorch_ff as torch
from minitorch_ff.vision import datasets, io, transforms, tv_tensors, utils
from minitorch_ff.vision.transforms import v2
T = transforms
change = T.Compose([T.RandomCrop(3), T.RandomHorizontalFlip(), T.Normalize([0.5], [0.5])])
print(change(torch.ones(1, 5, 5)).shape, v2.Resize(3)(torch.ones(1, 5, 5)).shape)
utils.make_grid(torch.ones(2, 1, 3, 3))
for use in (
    lambda: datasets.FakeData(1)[0], lambda: utils.save_image(torch.ones(1, 3, 3), "x.png"),
    lambda: io.read_image("x.png"), lambda: T.ToPILImage()(torch.ones(1, 3, 3)),
):
    try:
        use()
    except ImportError as error:
        print(error)
"""
    out = python(program).splitlines()
    assert out[0] == "torch.Size([1, 3, 3]) torch.Size([1, 3, 3])"
    assert out[1:] == ["images need Pillow: pip install 'minitorch-ff[vision]'"] * 4


def test_pillow_is_imported_with_the_first_image():
    program = """
import sys
from minitorch_ff.vision import datasets, io, transforms, tv_tensors, utils
from minitorch_ff.vision.transforms import v2
print("PIL" in sys.modules)
datasets.FakeData(1)[0]
print("PIL" in sys.modules)
"""
    assert python(program).split() == ["False", "True"]


def test_torchvision_means_this_package():
    aside = {name: sys.modules[name] for name in sys.modules if name.startswith("torchvision")}
    with as_torch():
        import torchvision
        import torchvision.transforms as T
        from torchvision import datasets, utils
        from torchvision.transforms import v2
        from torchvision.transforms.functional import to_tensor

        assert torchvision.__name__ == "minitorch_ff.vision"
        assert torchvision.__version__ == "0.28.0+ff" + ff.__version__.partition("+ff")[2]
        assert T is OURS.vision.transforms
        assert (datasets, utils) == (OURS.vision.datasets, OURS.vision.utils)
        assert to_tensor is T.functional.to_tensor
        assert v2.Compose.__module__ == "minitorch_ff.vision.transforms.v2"
        with pytest.raises(ImportError, match="cannot import name 'models'"):
            from torchvision import models  # noqa: F401
        with pytest.raises(ModuleNotFoundError, match=r"No module named 'torchvision\.models'"):
            import torchvision.models
        with pytest.raises(AttributeError, match="module 'torchvision' has no attribute 'ops'"):
            torchvision.ops  # noqa: B018
    assert {name: sys.modules[name] for name in aside} == aside
    assert sys.modules["torch"] is torch
