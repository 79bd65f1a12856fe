"""`torch.cuda` where there is no GPU: what PyTorch's build without CUDA answers."""

import warnings

import pytest
import torch

import minitorch_ff as ff
from minitorch_ff._devices import NO_CUDA

pytestmark = pytest.mark.skipif(
    torch.cuda.is_available() or ff.cuda.is_available(), reason="there is a GPU"
)

SAME = """
w.cuda.is_available()
w.cuda.device_count()
w.cuda.is_initialized()
w.cuda.current_device()
w.cuda.set_device(-1)
w.cuda.set_device("cpu")
w.cuda.device("cpu")
w.cuda.device(0).__enter__()
w.cuda.device_of(w.zeros(2)).__enter__()
w.cuda.get_device_name()
w.cuda.get_device_capability()
w.cuda.get_device_properties()
w.cuda.get_device_properties(0)
w.cuda.can_device_access_peer(0, 1)
w.cuda.get_arch_list()
w.cuda.is_bf16_supported()
w.cuda.is_tf32_supported()
w.cuda.has_half
w.cuda.default_generators
w.cuda.init()
w.cuda.ipc_collect()
w.cuda.synchronize()
w.cuda.memory_allocated()
w.cuda.memory_allocated(0)
w.cuda.max_memory_allocated()
w.cuda.memory_reserved()
w.cuda.max_memory_reserved()
w.cuda.memory_stats()
w.cuda.memory_summary()
w.cuda.nvtx.range_push("a")
w.cuda.nvtx.range_pop()
w.cuda.nvtx.mark("a")
w.cuda.nvtx.range("a {}", 1).__enter__()
w.cuda.empty_cache()
w.cuda.mem_get_info()
w.cuda.Event()
w.cuda.Event(enable_timing=True)
w.cuda.Stream()
w.cuda.stream(None).__enter__()
w.cuda.set_stream(None)
w.cuda.current_stream()
w.cuda.default_stream()
w.cuda.CUDAGraph()
w.cuda.graph(None)
w.cuda.graph_pool_handle()
w.cuda.is_current_stream_capturing()
w.cuda.manual_seed(1)
w.cuda.manual_seed_all(1)
w.cuda.seed()
w.cuda.seed_all()
w.cuda.initial_seed()
w.cuda.get_rng_state()
w.cuda.get_rng_state_all()
w.cuda.set_rng_state(w.get_rng_state())
w.cuda.set_rng_state_all([])
w.cuda.OutOfMemoryError
w.cuda.OutOfMemoryError is w.OutOfMemoryError
w.AcceleratorError.__mro__[1]
w.random.fork_rng(devices=[0]).__enter__()
w.zeros(2).cuda()
w.zeros(2).cuda(0)
w.zeros(2).cuda(-1)
w.zeros(2).cuda("cpu")
w.zeros(2).cuda("cuda:1")
w.zeros(2).cuda(1.5)
w.zeros(2).to("cuda")
w.zeros(2).to("cuda", non_blocking=True)
w.zeros(2).to(0)
w.zeros(2, device="cuda")
w.tensor([1.0], device="cuda:99")
w.rand(2, device="cuda")
w.nn.Linear(1, 1).cuda()
w.nn.Linear(1, 1).to("cuda")
w.device("cuda:-1")
w.device("cuda", -1)
w.device(0)
w.device(-1)
w.zeros(2).pin_memory()
w.zeros(2).is_pinned()
w.zeros(2, pin_memory=True)
w.tensor([1.0], pin_memory=True)
w.rand(2, pin_memory=True)
w.arange(2, pin_memory=True)
w.randperm(2, pin_memory=True)
w.zeros_like(w.zeros(2), pin_memory=True)
w.zeros(2).new_zeros(2, pin_memory=True)
w.zeros(2).record_stream(3)
w.accelerator.is_available()
w.accelerator.device_count()
w.accelerator.current_accelerator()
w.accelerator.current_device_index()
w.accelerator.synchronize()
w.Generator().get_offset()
w.Generator().set_offset(4)
""".strip().splitlines()

# Where this PyTorch stumbles over its own missing parts, or says more than it means.
SAYS_WHAT_IS_MISSING = """
w.cuda.set_device(0)
w.cuda.reset_peak_memory_stats()
w.Generator(device="cuda")
w.asarray(w.zeros(2), device="cuda")
""".strip().splitlines()


def answer(call, w):
    """What a call returns or raises, as text; and its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = repr(eval(call, {"w": w})).replace("minitorch_ff.", "torch.")
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
    return found, [str(warning.message) for warning in caught]


@pytest.mark.parametrize("call", SAME)
def test_answers(call):
    ours, theirs = answer(call, ff), answer(call, torch)
    if theirs[0].endswith(NO_CUDA):
        start, _, hint = ours[0].partition(": minitorch_ff")
        ours = (start if hint else ours[0].partition(": CuPy")[0], ours[1])
    assert ours == theirs


@pytest.mark.parametrize("call", SAYS_WHAT_IS_MISSING)
def test_what_is_missing_is_said(call):
    assert answer(call, ff)[0].startswith(f"AssertionError: {NO_CUDA}: ")
    assert "Error" in answer(call, torch)[0]


def test_a_refused_move_changes_nothing():
    model = ff.nn.Linear(2, 2)
    before = {name: (value, value.clone()) for name, value in model.state_dict().items()}
    with pytest.raises(AssertionError, match=NO_CUDA):
        model.cuda()
    for name, value in model.state_dict().items():
        assert value.data_ptr() == before[name][0].data_ptr()
        assert ff.equal(value, before[name][1])


def test_default_device_may_be_one_that_is_missing():
    ff.set_default_device("cuda")
    try:
        with pytest.raises(AssertionError, match=NO_CUDA):
            ff.zeros(1)
    finally:
        ff.set_default_device(None)
