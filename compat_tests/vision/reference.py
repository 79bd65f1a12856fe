"""torchvision, the reference of these tests, and images for both worlds."""

import random
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import minitorch_ff as ff
import minitorch_ff.vision as ff_vision
from compat_tests.conformance.outcome import seed_all
from compat_tests.vision.loading import load_torchvision

torchvision = load_torchvision()
if torchvision is None:
    sys.modules.pop(__name__)  # pytest keeps it half made; the next import is to skip as well
    pytest.skip(
        "torchvision, which these tests compare with, is not installed", allow_module_level=True
    )

from PIL import Image  # noqa: E402  after the question whether there is a reference

import minitorch_ff.vision.transforms.v2  # noqa: E402

OURS = SimpleNamespace(torch=ff, vision=ff_vision)
THEIRS = SimpleNamespace(torch=torch, vision=torchvision)


def pixels(height: int, width: int, channels: int, seed: int = 0) -> np.ndarray:
    """Random bytes with some structure. Shape `(H, W, C)`."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, channels))
    ramp = np.add.outer(np.arange(height) * 5, np.arange(width) * 3)[:, :, None]
    return ((noise // 2 + ramp) % 256).astype(np.uint8)


def pil(mode: str = "RGB", height: int = 20, width: int = 26, seed: int = 0):
    channels = {"L": 1, "RGB": 3, "RGBA": 4, "F": 1}[mode]
    array = pixels(height, width, channels, seed)
    image = Image.fromarray(array[:, :, 0] if channels == 1 and mode == "L" else array.squeeze())
    return image.convert(mode)


def chw(world, channels: int = 3, height: int = 20, width: int = 26, dtype: str = "float32"):
    """A tensor of one world."""
    array = np.ascontiguousarray(pixels(height, width, channels).transpose(2, 0, 1))
    if dtype != "uint8":
        array = (array / 255).astype(dtype)
    return world.torch.from_numpy(array.copy())


def in_both(body, seed: int = 0) -> tuple:
    """What `body(world)` gives in both worlds, after seeding both alike."""
    results = []
    for world in (OURS, THEIRS):
        seed_all(seed, ff)
        random.seed(seed)
        results.append(body(world))
    return tuple(results)


def plain(value):
    """Arrays for tensors and images, so that both worlds' values can be compared."""
    if isinstance(value, (ff.Tensor, torch.Tensor)):
        return (str(value.dtype), np.asarray(value.detach().numpy()))
    if isinstance(value, Image.Image):
        return (value.mode, np.asarray(value))
    if isinstance(value, (tuple, list)):
        return [plain(part) for part in value]
    return value


def assert_same(ours, theirs, atol: float = 0.0) -> None:
    """Same kinds, dtypes, shapes and values; floats to rounding, bytes to `atol`."""
    compare(plain(ours), plain(theirs), atol)


def compare(ours, theirs, atol: float) -> None:
    assert type(ours) is type(theirs)
    if isinstance(ours, list):
        assert len(ours) == len(theirs) > 0
        for our, their in zip(ours, theirs, strict=True):
            compare(our, their, atol)
    elif isinstance(ours, tuple) and isinstance(ours[1], np.ndarray):
        assert ours[0] == theirs[0]
        assert ours[1].shape == theirs[1].shape
        if ours[1].dtype.kind == "f":
            np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-5, atol=max(atol, 2e-6))
        else:
            off = np.abs(ours[1].astype(float) - theirs[1].astype(float))
            assert off.max(initial=0) <= atol
    else:
        assert ours == theirs


def raised(body, world):
    try:
        body(world)
    except Exception as error:
        return type(error).__name__, str(error)
    return None


def same_error(body, words: bool = True) -> None:
    """The body raises the same exception type, with the same words, in both worlds."""
    (ours, theirs) = in_both(lambda world: raised(body, world))
    assert theirs is not None, "torchvision raises nothing here"
    assert ours is not None, f"nothing raised; torchvision raises {theirs}"
    assert ours[0] == theirs[0], (ours, theirs)
    if words:
        clean = [text.replace("minitorch_ff.vision", "torchvision") for _, text in (ours, theirs)]
        assert clean[0] == clean[1]
