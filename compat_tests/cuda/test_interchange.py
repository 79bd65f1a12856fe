"""Memory shared with other libraries: DLPack and the CUDA array interface."""

import numpy
import pytest
import torch

import minitorch_ff as ff
from compat_tests import cuda_standin
from minitorch_ff.utils import dlpack

DTYPES = """
float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool complex64 complex128
""".split()


@pytest.mark.parametrize("name", DTYPES)
def test_pytorch_and_back(name):
    x = ff.arange(6).reshape(2, 3).to(getattr(ff, name))
    theirs = torch.from_dlpack(x)
    assert str(theirs.dtype) == str(x.dtype)
    assert theirs.data_ptr() == x.data_ptr()
    ours = ff.from_dlpack(theirs)
    assert ours.data_ptr() == x.data_ptr()
    assert ours.dtype == x.dtype
    ours[0, 0] = 1
    assert x[0, 0].item() == theirs[0, 0].item() == 1


def test_views_keep_their_strides():
    x = ff.arange(12.0).reshape(3, 4)
    for view in (x.t(), x[1:], x[:, ::2], x[0], x.expand(2, 3, 4), ff.tensor(3.0), x[:0]):
        theirs = torch.from_dlpack(view)
        assert tuple(theirs.shape) == tuple(view.shape)
        if view.numel():
            assert theirs.stride() == view.stride()
        assert theirs.tolist() == view.tolist()
        assert ff.from_dlpack(theirs).tolist() == view.tolist()


def test_numpy_and_back():
    array = numpy.arange(4.0)
    x = ff.from_dlpack(array)
    assert x.data_ptr() == array.ctypes.data
    x[0] = 7
    assert array[0] == 7
    seen = numpy.from_dlpack(x)
    assert seen.ctypes.data == x.data_ptr()
    assert numpy.from_dlpack(x, copy=True).ctypes.data != x.data_ptr()


def test_read_only_arrays_are_taken():
    array = numpy.arange(3.0)
    array.flags.writeable = False
    for world in (torch, ff):
        assert world.from_dlpack(array).tolist() == [0, 1, 2]


@pytest.mark.parametrize("version", [None, (1, 0)])
def test_capsules(version):
    for giver, taker in ((torch, ff), (ff, torch), (ff, ff)):
        x = giver.arange(3.0)
        capsule = x.__dlpack__(max_version=version)
        y = taker.from_dlpack(capsule)
        assert y.data_ptr() == x.data_ptr()
        with pytest.raises(RuntimeError, match="can be consumed only once"):
            ff.from_dlpack(capsule)


def test_memory_outlives_the_giver():
    y = ff.from_dlpack(torch.arange(1000.0) + 1)
    z = torch.from_dlpack(ff.arange(1000.0) + 1)
    assert y.sum().item() == z.sum().item() == 500500


def test_modules_names():
    assert dlpack.from_dlpack is ff.from_dlpack
    assert dlpack.to_dlpack is ff.to_dlpack
    ours = {kind.name: kind.value for kind in dlpack.DLDeviceType}
    assert ours == {kind.name: kind.value for kind in torch.utils.dlpack.DLDeviceType}
    assert ff.ones(1).__dlpack_device__() == torch.ones(1).__dlpack_device__()
    assert repr(ff.ones(1).__dlpack_device__()) == repr(torch.ones(1).__dlpack_device__())


CALLS = """
w.from_dlpack(3)
w.from_dlpack("a")
w.from_dlpack(None)
w.from_dlpack(w.zeros(2, requires_grad=True))
w.to_dlpack(3)
w.zeros(2).__dlpack__(stream=1)
w.zeros(2).__dlpack__(stream="a")
w.zeros(2).__dlpack__(dl_device=(2, 0), copy=False)
w.zeros(2).__cuda_array_interface__
w.zeros(2, requires_grad=True).__cuda_array_interface__
hasattr(w.zeros(2), "__cuda_array_interface__")
w.zeros(2, dtype=w.int64).__cuda_array_interface__
w.from_dlpack(w.zeros(2), copy=True)
w.from_dlpack(w.zeros(2), copy=False)
w.from_dlpack(w.zeros(2), device="cpu")
w.from_dlpack(w.to_dlpack(w.zeros(2, requires_grad=True)))
w.from_dlpack(w.zeros(2)).requires_grad
""".strip().splitlines()


def answer(call, w):
    try:
        return repr(eval(call, {"w": w}))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("call", CALLS)
def test_answers_are_pytorchs(call):
    assert answer(call, ff) == answer(call, torch)


def test_on_a_gpu():
    """What is said of memory on a GPU; taking it there needs CuPy and a GPU."""
    with cuda_standin.present():
        x = ff.arange(6.0, device="cuda").reshape(2, 3)
        assert x.__dlpack_device__() == (2, 0)
        assert ff.ones(1, device="cuda:1").__dlpack_device__() == (2, 1)
        told = x.__cuda_array_interface__
        assert told == {
            "typestr": "<f4", "shape": (2, 3), "strides": None, "data": (x.data_ptr(), False),
            "version": 2,
        }  # fmt: skip
        assert x.t().__cuda_array_interface__["strides"] == (4, 12)
        assert x[:0].__cuda_array_interface__["data"] == (0, False)
        with pytest.raises(RuntimeError, match="on Variable that requires grad"):
            x.requires_grad_().__cuda_array_interface__  # noqa: B018
        host = x.detach().__dlpack__(dl_device=(1, 0))
        assert torch.from_dlpack(host).tolist() == [[0, 1, 2], [3, 4, 5]]
        with pytest.raises(
            ValueError, match=r"cannot move \(i.e. copy=False\) tensor from cuda:0 to"
        ):
            x.detach().__dlpack__(dl_device=(1, 0), copy=False)
