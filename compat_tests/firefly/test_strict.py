"""Every operator on a back end whose memory NumPy cannot read; and one more back end.

What an operator, a function or the engine does behind the back end's back fails here: a
mixed operand, a host array as an index, a value read where none is needed.
"""

import numpy
import pytest

import minitorch_ff as ff
from compat_tests import moved, strict_backend
from compat_tests.conformance import opinfo
from compat_tests.conformance.opinfo import Options
from minitorch_ff.firefly.backend import registry
from minitorch_ff.firefly.backend.array_api import ArrayBackend

FEW, MANY = Options(max_samples=2), Options(max_samples=4)


def operators(tiers, names=None):
    found = [op for op in opinfo.ops(tiers) if names is None or op.name in names]
    return [pytest.param(op, id=opinfo.op_key(op)) for op in found]


QUICK = """
add sum amax softmax cross_entropy nn.functional.cross_entropy nn.functional.layer_norm
nn.functional.conv2d nn.functional.embedding nn.functional.batch_norm cummax index_add gather
scatter_reduce sort topk median searchsorted linalg.cholesky linalg.solve erf digamma
__getitem__ nn.functional.interpolate unfold unique diagonal logsumexp
""".split()
"""Operators that CuPy's limits and the kernels touch."""


def run(op, dtypes, options):
    if not opinfo.is_present(op, ff) or opinfo.op_key(op) in moved.ON_THE_HOST:
        pytest.skip(moved.ON_THE_HOST.get(opinfo.op_key(op), "absent"))
    if not moved.check_operator(op, "strict", options, dtypes, fine=True):
        pytest.skip("no sample has a tensor that can be moved")


@pytest.mark.parametrize("op", operators(["1", "2"], QUICK))
def test_operators(op):
    run(op, ("float32", "int64"), FEW)


@pytest.mark.slow
@pytest.mark.parametrize("op", operators(["1", "2", "3"]))
def test_operators_composed(op):
    run(op, ("float32", "int64", "bool", "bfloat16"), MANY)


@pytest.mark.slow
@pytest.mark.parametrize("op", operators(["1", "2"]))
def test_operators_with_kernels(op):
    with strict_backend.kernels():
        run(op, ("float32", "float64", "int64"), MANY)


# ------------------------------------------------------------- more than one operator


def trained(device, make_optimizer):
    """The parameters after three steps of a small classifier."""
    ff.manual_seed(0)
    model = ff.nn.Sequential(
        ff.nn.Linear(4, 8, bias=False),  # it would have a gradient of nothing but rounding
        ff.nn.BatchNorm1d(8),
        ff.nn.ReLU(),
        ff.nn.Dropout(0.2),
        ff.nn.Linear(8, 3),
    ).to(device)
    x, y = ff.randn(16, 4).to(device), (ff.arange(16) % 3).to(device)
    optimizer = make_optimizer(model.parameters())
    for _ in range(3):
        optimizer.zero_grad()
        loss = ff.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    return [*model.parameters(), *model.buffers(), loss]


OPTIMIZERS = {
    name: value
    for name, value in vars(ff.optim).items()
    if isinstance(value, type)
    and issubclass(value, ff.optim.Optimizer)
    and name not in ("Optimizer", "LBFGS", "SparseAdam", "Muon")
}


both = pytest.mark.parametrize("kernels", [False, True], ids=["composed", "kernels"])


@both
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training(name, kernels):
    def make(parameters):
        return OPTIMIZERS[name](parameters, lr=0.01)

    with strict_backend.kernels(kernels):
        results = trained("strict", make)
    for here, there in zip(trained("cpu", make), results, strict=True):
        assert there.device.type == "strict"
        numpy.testing.assert_allclose(there.cpu().detach(), here.detach(), rtol=1e-4, atol=1e-6)


SETTINGS = [
    ("SGD", {"momentum": 0.9, "dampening": 0.1, "weight_decay": 0.2}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "maximize": True}),
    ("SGD", {"weight_decay": 0.2, "maximize": True}),
    ("Adam", {"weight_decay": 0.2, "amsgrad": True, "maximize": True}),
    ("AdamW", {"weight_decay": 0.2}),
    ("AdamW", {"fused": True}),
]


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_settings_of_kernels(name, settings):
    def make(parameters):
        return OPTIMIZERS[name](parameters, lr=0.01, **settings)

    with strict_backend.kernels():
        results = trained("strict", make)
    for here, there in zip(trained("cpu", make), results, strict=True):
        numpy.testing.assert_allclose(there.cpu().detach(), here.detach(), rtol=1e-4, atol=1e-6)


nn = ff.nn
MODULES = {
    "Linear": (lambda: nn.Linear(4, 3), (2, 4)),
    "Conv1d": (lambda: nn.Conv1d(4, 2, 3, stride=2, padding=1, dilation=2), (2, 4, 9)),
    "Conv2d": (lambda: nn.Conv2d(4, 6, 3, groups=2), (2, 4, 5, 6)),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(4, 2, 3, stride=2), (2, 4, 3, 3)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(4), (3, 4, 5, 2)),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), (3, 4, 5)),
    "LayerNorm": (lambda: nn.LayerNorm((5, 2)), (3, 5, 2)),
    "RMSNorm": (lambda: nn.RMSNorm(4), (3, 4)),
    "MaxPool2d": (lambda: nn.MaxPool2d(2, 1), (2, 3, 4, 5)),
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d(2), (2, 3, 4, 5)),
    "LSTM": (lambda: nn.LSTM(4, 3, 2, bidirectional=True), (5, 2, 4)),
    "GRU": (lambda: nn.GRU(4, 3), (5, 2, 4)),
    "RNN": (lambda: nn.RNN(4, 3, nonlinearity="relu"), (5, 2, 4)),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(4, 2, 8, 0.0), (5, 2, 4)),
    "TransformerDecoderLayer": (
        lambda: OnItself(nn.TransformerDecoderLayer(4, 2, 8, 0.0)), (5, 2, 4),
    ),
    "Upsample": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), (1, 2, 3, 4)),
    "Softmax2d": (lambda: nn.Softmax2d(), (2, 3, 4, 5)),
    "Bilinear": (lambda: OnItself(nn.Bilinear(3, 3, 2)), (4, 3)),
    "Fold": (lambda: nn.Sequential(nn.Unfold(2), nn.Fold((3, 4), 2)), (1, 2, 3, 4)),
    "weight norm": (
        lambda: nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)), (2, 4),
    ),
}  # fmt: skip


class OnItself(nn.Module):
    """Calls a module of two inputs with one."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module(x, x)


def learned(name, device):
    """Output, and the gradients of input and parameters."""
    ff.manual_seed(0)
    make, shape = MODULES[name]
    module = make().to(device)
    x = ff.randn(shape).to(device).requires_grad_()
    y = module(x)
    y = y[0] if isinstance(y, tuple) else y
    (y * y).sum().backward()
    return [y.detach(), x.grad, *[p.grad for p in module.parameters()]]


@both
@pytest.mark.parametrize("name", MODULES)
def test_modules(name, kernels):
    with strict_backend.kernels(kernels):
        results = learned(name, "strict")
    for here, there in zip(learned(name, "cpu"), results, strict=True):
        assert there.device.type == "strict"
        numpy.testing.assert_allclose(there.cpu(), here, rtol=2e-4, atol=1e-5)


def test_gradients_return_to_their_device():
    x = ff.tensor([1.0, 2.0, 3.0], requires_grad=True)
    there = x.to("strict")
    ((there * there).sum().cpu() + (x * 3).sum() + (there * 2).cpu().sum()).backward()
    assert x.grad.device.type == "cpu"
    assert x.grad.tolist() == [7.0, 9.0, 11.0]


def test_second_gradients_cross_devices():
    x = ff.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (first,) = ff.autograd.grad((x.to("strict") ** 3).sum() + x.sum(), x, create_graph=True)
    (second,) = ff.autograd.grad((first.to("strict") ** 2).sum(), x)
    assert first.tolist() == [4.0, 13.0, 28.0]
    assert second.tolist() == [48.0, 312.0, 1008.0]


@pytest.mark.parametrize("make", [ff.optim.SGD, ff.optim.Adam, ff.optim.Adadelta])
def test_one_optimizer_updates_several_devices(make):
    ends = []
    for devices in (("cpu", "cpu"), ("strict", "cpu")):
        params = [ff.ones(3, device=device, requires_grad=True) for device in devices]
        optimizer = make(params, lr=0.1)
        for _ in range(2):
            optimizer.zero_grad()
            sum((p.cpu() ** 2).sum() for p in params).backward()
            optimizer.step()
        assert tuple(p.device.type for p in params) == devices
        ends.append([p.tolist() for p in params])
    assert ends[0] == ends[1]


def test_gradients_are_checked_where_they_are():
    x = ff.tensor([[0.5, 2.0], [1.0, -1.0]], dtype=ff.float64, device="strict", requires_grad=True)
    assert ff.autograd.gradcheck(ff.sin, x)
    assert ff.autograd.gradgradcheck(lambda x: (x.exp() @ x).sum(0), x)
    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        ff.autograd.gradcheck(lambda x: x * x.detach(), x)


def test_a_number_from_the_cpu_meets_any_device():
    x = ff.tensor([1.0, 2.0], device="strict")
    factor = ff.tensor(3.0, requires_grad=True)
    for product in (x * factor, factor * x, ff.mul(x, factor), ff.mul(factor, x)):
        assert product.device.type == "strict"
        product.sum().backward()
    assert factor.grad.device.type == "cpu"
    assert factor.grad.item() == 12.0


def test_devices_do_not_mix():
    x, here = ff.zeros(2, device="strict"), ff.zeros(2)
    text = "Expected all tensors to be on the same device"
    with pytest.raises(RuntimeError, match=text):
        x + here
    with pytest.raises(RuntimeError, match=text):
        ff.mul(here, x)
    with pytest.raises(RuntimeError, match=text):
        here == x


def test_indices_may_come_from_the_host():
    x = ff.arange(6, device="strict").reshape(3, 2)
    assert x[ff.tensor([2, 0])].cpu().tolist() == [[4, 5], [0, 1]]
    assert x[[0, 2], [True, False]].cpu().tolist() == [0, 4]
    x[ff.tensor([1])] = ff.tensor([[7, 8]])
    x[0] = ff.tensor(9)
    assert x.cpu().tolist() == [[9, 9], [7, 8], [4, 5]]
    with pytest.raises(RuntimeError, match="indices should be either on cpu or on the same"):
        x.cpu()[ff.tensor([1], device="strict")]


def test_results_are_where_the_inputs_are():
    """And not on the default device."""
    x = ff.tensor([0, 3, 0, 5])
    with ff.device("strict"):
        for result in (x.nonzero(), *x.nonzero(as_tuple=True), ff.argwhere(x), ff.isin(x, x[:2])):
            assert result.device.type == "cpu"


def test_numpy_cannot_read_it():
    x = ff.zeros(2, device="strict")
    with pytest.raises(TypeError, match="Implicit conversion"):
        numpy.asarray(x.buffer)
    with pytest.raises(TypeError, match="Unsupported type"):
        x.buffer + numpy.ones(2)
    with pytest.raises(TypeError):
        numpy.ones(2) + x.buffer
    with pytest.raises(TypeError):
        numpy.exp(x.buffer)
    with pytest.raises(TypeError, match="Unsupported type"):
        x.buffer[numpy.array([0])]
    with pytest.raises(TypeError, match="can't convert strict:0 device type tensor to numpy"):
        x.numpy()


def test_views_are_views():
    x = ff.zeros(3, 4, device="strict")
    for view in (x[1], x.t(), x.reshape(12), x.view(2, 6), x.diagonal(), x.unfold(0, 1, 1)):
        assert view._base is x
        view.add_(1)
    assert x.cpu().sum().item() == 4 + 12 + 12 + 12 + 3 + 12


# ------------------------------------------------------------------ a further back end


class Counted(numpy.ndarray):
    """The arrays of a back end of our own."""


class CountingModule:
    """NumPy, which counts how often it is called."""

    def __init__(self):
        self.calls = 0

    def __getattr__(self, name):
        found = getattr(numpy, name)
        if isinstance(found, type) or not callable(found):
            return found
        return self._counted(found)

    def _counted(self, function):
        def call(*args, **kwargs):
            self.calls += 1
            result = function(*args, **kwargs)
            is_array = isinstance(result, (numpy.ndarray, numpy.generic))
            return numpy.asarray(result).view(Counted) if is_array else result

        if isinstance(function, numpy.ufunc):
            call.reduce, call.at = self._counted(function.reduce), function.at
        return call


class CountedBackend(ArrayBackend):
    device_type = "counted"
    buffer_type = Counted

    def __init__(self):
        super().__init__(CountingModule())

    def device_index(self, x):
        return None

    def to_numpy(self, x):
        return numpy.array(x)

    def from_numpy(self, x, index=None):
        return numpy.array(x).view(Counted)


def test_a_further_back_end():
    """A class of arrays and a back end are all it takes: no operator knows of it."""
    with pytest.raises(RuntimeError, match="Expected one of"):
        ff.zeros(2, device="counted")
    registry.register("counted", CountedBackend)
    try:
        parts = zip(
            trained("cpu", lambda p: ff.optim.Adam(p, lr=0.01)),
            trained("counted", lambda p: ff.optim.Adam(p, lr=0.01)),
            strict=True,
        )
        for here, there in parts:
            assert str(there.device) == "counted"
            assert type(there.buffer) is Counted
            numpy.testing.assert_allclose(there.cpu().detach(), here.detach(), rtol=1e-5)
        assert registry.backend_for("counted").module.calls > 0
    finally:
        registry.forget("counted")
    assert "counted" not in registry.known_devices()
