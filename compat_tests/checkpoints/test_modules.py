"""Whole modules and optimizers in checkpoints, by PyTorch's names."""

import copy
import inspect
import io
import pickle

import pytest
import torch

import minitorch_ff as ff
from compat_tests.checkpoints.both import WAYS, WORLDS, description, records, saved
from compat_tests.conformance.outcome import seed_all
from compat_tests.conformance.transfer import to_torch
from minitorch_ff._serialization import names

CLASSES = sorted(
    name
    for name, cls in vars(ff.nn).items()
    if inspect.isclass(cls) and issubclass(cls, ff.nn.Module)
)
ARGUMENTS = {
    "AlphaDropout": (0.2,), "BatchNorm1d": (3,), "BatchNorm2d": (3,), "BatchNorm3d": (3,),
    "Bilinear": (2, 3, 4), "GroupNorm": (2, 4), "LayerNorm": (4,), "LazyLinear": (3,),
    "Linear": (3, 2), "RMSNorm": (4,), "Softmax": (1,), "LogSoftmax": (1,), "Softmin": (1,),
    "Threshold": (0.1, 2.0), "Unflatten": (1, (2, 2)),
    "Conv1d": (2, 3, 2), "Conv2d": (2, 3, 2), "Conv3d": (2, 3, 2), "ConvTranspose1d": (2, 3, 2),
    "ConvTranspose2d": (2, 3, 2), "ConvTranspose3d": (2, 3, 2), "Embedding": (5, 3),
    "EmbeddingBag": (5, 3), "RNN": (3, 2), "LSTM": (3, 2), "GRU": (3, 2), "RNNCell": (3, 2),
    "LSTMCell": (3, 2), "GRUCell": (3, 2), "MultiheadAttention": (4, 2),
    "TransformerEncoderLayer": (4, 2, 8), "TransformerDecoderLayer": (4, 2, 8),
    "Transformer": (4, 2, 1, 1, 8),
}  # fmt: skip
"""Of classes that want some; those not here and not made without are skipped."""


def made(world, name):
    """A module of the class, in its first state."""
    seed_all(0, ff)
    try:
        return getattr(world.nn, name)(*ARGUMENTS.get(name, ()))
    except TypeError:
        pytest.skip("wants arguments that no test needs")


@pytest.mark.parametrize("name", CLASSES)
def test_classes_have_pytorchs_names(name):
    cls, theirs = getattr(ff.nn, name), getattr(torch.nn, name)
    module, found = names.torch_name(cls, cls.__qualname__)
    assert (module, found) == (theirs.__module__, theirs.__qualname__)
    assert names.find(module, found) is cls


@pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True:UserWarning")
@pytest.mark.parametrize("name", CLASSES)
def test_whole_modules(name):
    expected = description(made(torch, name).state_dict(), torch) if "Lazy" not in name else None
    for saver, loader in WAYS:
        file = saved(WORLDS[saver], made(WORLDS[saver], name))
        loaded = WORLDS[loader].load(file, weights_only=False)
        assert type(loaded) is getattr(WORLDS[loader].nn, name)
        fresh = made(WORLDS[loader], name)
        assert {*vars(loaded)} | {"_hook_ids"} == {*vars(fresh)} | {"_hook_ids"}
        assert repr(loaded) == repr(fresh)
        if expected:
            assert description(loaded.state_dict(), WORLDS[loader]) == expected


def network(world):
    seed_all(0, ff)
    nn = world.nn
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.LayerNorm(8), nn.Linear(8, 4))
    model[3].weight = nn.Parameter(model[0].weight.t().contiguous())
    model.add_module("tied", nn.Linear(4, 8))
    model.tied.weight = model[0].weight
    return model.eval()


@pytest.mark.parametrize(("saver", "loader"), WAYS)
def test_a_loaded_network_computes_and_learns_the_same(saver, loader):
    model = WORLDS[loader].load(saved(WORLDS[saver], network(WORLDS[saver])), weights_only=False)
    assert model.tied.weight is model[0].weight
    fresh = network(WORLDS[loader])
    for net in (model, fresh):
        net(WORLDS[loader].ones(3, 4)).sum().backward()
    assert [p.grad.tolist() for p in model.parameters()] == [
        p.grad.tolist() for p in fresh.parameters()
    ]


@pytest.mark.parametrize(("saver", "loader"), WAYS)
def test_lazy_modules_get_their_shape_after_loading(saver, loader):
    file = saved(WORLDS[saver], WORLDS[saver].nn.LazyLinear(3))
    loaded = WORLDS[loader].load(file, weights_only=False)
    assert loaded(WORLDS[loader].ones(2, 5)).shape == (2, 3)
    assert loaded(WORLDS[loader].ones(1, 5)).shape == (1, 3)
    assert type(loaded) is WORLDS[loader].nn.Linear
    assert not loaded._forward_pre_hooks


def test_files_of_whole_modules_are_equal():
    def model(nn):
        return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 4))

    ours, theirs = (records(saved(world, model(world.nn))) for world in (ff, torch))
    assert ours["data.pkl"] == theirs["data.pkl"]


def note(module, *arguments):
    """A hook that a pickle can name."""
    module.seen = getattr(module, "seen", 0) + 1


def test_hooks_are_loaded_and_called():
    for world in (ff, torch):
        model = world.nn.ReLU()
        model.register_forward_hook(note)
        file = saved(world, model)
        for loader in (ff, torch):
            file.seek(0)
            loaded = loader.load(file, weights_only=False)
            loaded(loader.ones(1))
            assert loaded.seen == 1


def test_pickle_and_copy_of_modules_and_tensors():
    model = network(ff)
    expected = description(model.state_dict(), ff)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert description(twin.state_dict(), ff)[1][0] == expected[1][0]
        assert twin(ff.ones(1, 4)).tolist() == model(ff.ones(1, 4)).tolist()
    parameter = model[0].weight
    parameter.note = [1]
    for twin in (copy.deepcopy(parameter), pickle.loads(pickle.dumps(parameter))):
        assert type(twin) is ff.nn.Parameter
        assert twin.tolist() == parameter.tolist()
    assert pickle.loads(pickle.dumps(parameter)).note == [1]
    assert pickle.loads(pickle.dumps(ff.ones(2)[1:])).tolist() == [1]
    for value in (ff.device("cpu"), ff.device("cuda:1"), ff.float16, ff.Size([1])):
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.deepcopy(value) == value


@pytest.mark.parametrize(("saver", "loader"), WAYS)
def test_parameters_and_buffers_with_attributes(saver, loader):
    def parts(world):
        parameter = world.nn.Parameter(world.ones(2), requires_grad=False)
        parameter.note = {"x": 1}
        return [parameter, world.nn.Buffer(world.zeros(1)), world.nn.UninitializedParameter]

    first, buffer, _ = obj = parts(WORLDS[saver])
    loaded = WORLDS[loader].load(saved(WORLDS[saver], obj[:2]))
    assert description(loaded, WORLDS[loader]) == description([first, buffer], WORLDS[saver])
    lazy = saved(WORLDS[saver], obj[2]())
    assert WORLDS[loader].nn.parameter.is_lazy(WORLDS[loader].load(lazy, weights_only=False))


def test_what_we_lack_is_named():
    file = saved(torch, torch.distributions.VonMises(torch.zeros(1), torch.ones(1)))
    with pytest.raises(AttributeError, match="which minitorch_ff lacks"):
        ff.load(file, weights_only=False)


def test_what_cannot_be_found_again_is_not_saved():
    class Local(ff.nn.Module):
        pass

    with pytest.raises((AttributeError, pickle.PicklingError), match="Can't pickle"):
        ff.save(Local(), io.BytesIO())


# -------------------------------------------------------------------------- optimizers

OPTIMIZERS = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "nesterov": True}, "Adam": {"amsgrad": True},
    "AdamW": {}, "Adagrad": {}, "Adadelta": {}, "Adamax": {}, "NAdam": {}, "RAdam": {},
    "RMSprop": {"momentum": 0.5, "centered": True}, "Rprop": {}, "ASGD": {}, "Adafactor": {},
    "LBFGS": {"max_iter": 2},
}  # fmt: skip


class Training:
    """A model, its optimizer and its schedule."""

    def __init__(self, world, name):
        seed_all(1, ff)
        self.world = world
        self.model = world.nn.Linear(3, 2)
        self.optimizer = getattr(world.optim, name)(self.model.parameters(), **OPTIMIZERS[name])
        schedulers = world.optim.lr_scheduler
        self.schedule = schedulers.MultiStepLR(self.optimizer, milestones=[1, 3], gamma=0.5)

    def step(self):
        def loss():
            self.optimizer.zero_grad()
            inputs = self.world.arange(12.0).reshape(4, 3) / 10
            value = (self.model(inputs) ** 2).mean()
            value.backward()
            return value

        self.optimizer.step(loss)
        self.schedule.step()

    def state(self):
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def resume(self, file):
        state = self.world.load(file)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(("saver", "loader"), WAYS)
def test_training_goes_on_from_a_file(name, saver, loader):
    begun, resumed = Training(WORLDS[saver], name), Training(WORLDS[loader], name)
    for _ in range(2):
        begun.step()
    resumed.resume(saved(WORLDS[saver], begun.state()))
    for training in (begun, resumed):
        for _ in range(2):
            training.step()
    for ours, theirs in zip(begun.model.parameters(), resumed.model.parameters(), strict=True):
        torch.testing.assert_close(_numbers(ours), _numbers(theirs))


def _numbers(tensor):
    return to_torch(tensor.detach(), ff) if isinstance(tensor, ff.Tensor) else tensor.detach()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_states_are_memories_of_their_own(name):
    kept = []
    for world in (ff, torch):
        training = Training(world, name)
        training.step()
        parts = records(saved(world, training.optimizer.state_dict()))
        kept.append(sorted(len(data) for key, data in parts.items() if key.startswith("data/")))
    assert kept[0] == kept[1]
