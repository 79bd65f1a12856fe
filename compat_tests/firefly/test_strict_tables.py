"""PyTorch's databases of modules and optimizers, on a back end whose memory NumPy cannot read.

Results, gradients of inputs and parameters, buffers, and what an optimizer makes of parameters,
before and after a reload of its state: all as on the CPU. `test_strict.py` has the operators.
"""

import pytest

from compat_tests import moved, strict_backend
from compat_tests.conformance import opinfo, schedulers
from compat_tests.conformance.opinfo import Options

FEW, MANY = Options(max_samples=4), Options(max_samples=16)
CONTAINERS = {"ModuleList", "ModuleDict", "ParameterList", "ParameterDict"}
"""They are not called."""

QUICK = """
Linear Bilinear Conv2d ConvTranspose1d BatchNorm2d InstanceNorm1d LayerNorm GroupNorm RMSNorm LSTM
GRU RNNCell Embedding EmbeddingBag MultiheadAttention TransformerEncoderLayer CrossEntropyLoss
NLLLoss BCEWithLogitsLoss GaussianNLLLoss CosineEmbeddingLoss MaxPool2d LPPool1d
AdaptiveAvgPool2d FractionalMaxPool2d Dropout RReLU GELU Softmax Upsample Fold PixelShuffle
LazyLinear LazyBatchNorm1d AdaptiveLogSoftmaxWithLoss
""".split()

both = pytest.mark.parametrize("kernels", [False, True], ids=["composed", "kernels"])


def modules(names=None):
    return [
        pytest.param(entry, id=name) for entry in moved.modules(["1", "2", "3"], fine=True)
        if (name := opinfo.module_name(entry)) not in CONTAINERS and name in (names or {name})
    ]  # fmt: skip


def by_name(entries):
    return [pytest.param(entry, id=entry.name) for entry in entries]


@pytest.mark.parametrize("entry", modules(QUICK))
def test_modules(entry):
    assert moved.check_module(entry, "strict", FEW, fine=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")  # of settings that are deprecated
@both
@pytest.mark.parametrize("entry", modules())
def test_all_modules(entry, kernels):
    with strict_backend.kernels(kernels):
        assert moved.check_module(entry, "strict", MANY, fine=True)


@pytest.mark.parametrize("entry", by_name(opinfo.optimizers(["1", "2", "3"])))
def test_optimizers(entry):
    most = 1 if entry.name == "LBFGS" else 3
    assert moved.check_optimizer(entry, "strict", fine=True, most=most)


@pytest.mark.slow
@both
@pytest.mark.parametrize("entry", by_name(opinfo.optimizers(["1", "2", "3"])))
def test_optimizers_in_all_settings(entry, kernels):
    with strict_backend.kernels(kernels):
        assert moved.check_optimizer(entry, "strict", fine=True)


@pytest.mark.parametrize("case", by_name(schedulers.CASES))
def test_schedulers(case):
    moved.check_scheduler(case, "strict")
