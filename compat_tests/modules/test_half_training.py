"""Modules, optimizers, texts and files of half-precision numbers, against PyTorch."""

import io

import numpy
import pytest
import torch

import minitorch_ff as ff
from compat_tests.ops import halves

pytest.importorskip("ml_dtypes")

DTYPES = ["float16", "bfloat16"]


def copied(module, theirs):
    """A module of ours with the parameters of PyTorch's, in the same dtype."""
    for ours, parameter in zip(module.parameters(), theirs.parameters(), strict=True):
        ours.data = halves.in_world(ff, parameter.detach())
    for ours, buffer in zip(module.buffers(), theirs.buffers(), strict=True):
        ours.data = halves.in_world(ff, buffer)
    return module


MODULES = {
    "Linear": lambda nn: nn.Linear(12, 6),
    "LayerNorm": lambda nn: nn.LayerNorm(12),
    "BatchNorm1d": lambda nn: nn.BatchNorm1d(12),
    "BatchNorm1d eval": lambda nn: nn.BatchNorm1d(12).eval(),
    "GELU": lambda nn: nn.GELU(),
    "GELU tanh": lambda nn: nn.GELU(approximate="tanh"),
    "SiLU": lambda nn: nn.SiLU(),
    "Tanh": lambda nn: nn.Tanh(),
    "Sigmoid": lambda nn: nn.Sigmoid(),
    "ELU": lambda nn: nn.ELU(),
    "Softplus": lambda nn: nn.Softplus(),
    "PReLU": lambda nn: nn.PReLU(),
    "Softmax": lambda nn: nn.Softmax(1),
    "LogSoftmax": lambda nn: nn.LogSoftmax(1),
}
SUMMED_IN_HALF = ["LayerNorm"]
"""PyTorch adds up these modules' parameter gradients row by row, and rounds each sum."""


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", MODULES)
def test_modules(name, dtype):
    torch.manual_seed(0)
    x, upstream = torch.randn(8, 12), None
    dtype = halves.DTYPES[dtype]
    theirs = MODULES[name](torch.nn).to(dtype)
    ours = copied(MODULES[name](ff.nn).to(getattr(ff, str(dtype)[6:])), theirs)
    found = []
    for world, module in ((ff, ours), (torch, theirs)):
        leaf = halves.in_world(world, x.to(dtype)).requires_grad_()
        y = module(leaf)
        if upstream is None:
            upstream = torch.randn(tuple(y.shape)).to(dtype)
        y.backward(halves.in_world(world, upstream))
        tensors = [y.detach(), leaf.grad, *module.buffers()]
        if name not in SUMMED_IN_HALF:
            tensors += [p.grad for p in module.parameters()]
        found.append([halves.as_torch(t) for t in tensors])
    for mine, other in zip(*found, strict=True):
        assert mine.dtype == other.dtype
        if other.is_floating_point():
            assert halves.furthest(mine, other) <= 1
        else:
            assert torch.equal(mine, other)


LOSSES = {
    "MSELoss": lambda nn: nn.MSELoss(),
    "L1Loss": lambda nn: nn.L1Loss(),
    "SmoothL1Loss": lambda nn: nn.SmoothL1Loss(beta=0.7),
    "HuberLoss": lambda nn: nn.HuberLoss(delta=0.7),
    "BCELoss": lambda nn: nn.BCELoss(),
    "BCEWithLogitsLoss": lambda nn: nn.BCEWithLogitsLoss(),
    "KLDivLoss": lambda nn: nn.KLDivLoss(reduction="batchmean"),
    "CrossEntropyLoss": lambda nn: nn.CrossEntropyLoss(),
    "CrossEntropyLoss smooth": lambda nn: nn.CrossEntropyLoss(label_smoothing=0.1),
    "NLLLoss": lambda nn: nn.NLLLoss(),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, dtype):
    torch.manual_seed(0)
    dtype = halves.DTYPES[dtype]
    x, target = torch.rand(16, 10).to(dtype), torch.rand(16, 10).to(dtype)
    if name.startswith(("Cross", "NLL")):
        target = torch.randint(10, (16,))
    found = []
    for world in (ff, torch):
        leaf = halves.in_world(world, x).requires_grad_()
        loss = LOSSES[name](world.nn)(leaf, halves.in_world(world, target))
        loss.backward()
        found.append([halves.as_torch(t) for t in (loss.detach(), leaf.grad)])
    for mine, other in zip(*found, strict=True):
        assert mine.dtype == other.dtype == dtype
        assert halves.furthest(mine, other) <= 1


OPTIMIZERS = {
    "SGD": {"lr": 0.1},
    "SGD momentum": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    "SGD nesterov": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    "Adam": {"lr": 0.01, "eps": 1e-4},
    "Adam weight_decay": {"lr": 0.01, "eps": 1e-4, "weight_decay": 0.1},
    "AdamW": {"lr": 0.01, "eps": 1e-4},
    "Adam amsgrad": {"lr": 0.01, "eps": 1e-4, "amsgrad": True, "betas": (0.4, 0.99)},
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_step(name, dtype):
    """Every step starts from PyTorch's parameters and state, so that steps do not add up."""
    dtype = halves.DTYPES[dtype]
    torch.manual_seed(0)
    start = torch.randn(64, 10).to(dtype)
    theirs, mine = start.clone().requires_grad_(), halves.in_world(ff, start).requires_grad_()
    kind, settings = name.split()[0], OPTIMIZERS[name]
    ours = getattr(ff.optim, kind)([mine], **settings)
    reference = getattr(torch.optim, kind)([theirs], **settings)
    for _ in range(4):
        theirs.grad = torch.randn(64, 10).to(dtype)
        mine.grad = halves.in_world(ff, theirs.grad)
        reference.step()
        ours.step()
        assert halves.furthest(halves.as_torch(mine), theirs.detach()) <= 1
        mine.data = halves.in_world(ff, theirs.detach())
        for key, value in reference.state[theirs].items():
            if isinstance(value, torch.Tensor):
                part = halves.as_torch(ours.state[mine][key])
                assert part.dtype == value.dtype
                if value.dtype == dtype:
                    assert halves.furthest(part, value) <= 1
                ours.state[mine][key].copy_(halves.in_world(ff, value))


@pytest.mark.parametrize("dtype", DTYPES)
def test_texts(dtype):
    numbers = torch.cat([halves.random_numbers(halves.DTYPES[dtype], 5, 40), torch.ones(2)])
    for x in (numbers.to(halves.DTYPES[dtype]), torch.randn(3, 4).to(halves.DTYPES[dtype])):
        for y in (x, x[:1], x[0], x.flatten()[:3]):
            assert repr(halves.in_world(ff, y)) == repr(y)


@pytest.mark.parametrize("dtype", DTYPES)
def test_checkpoints(dtype):
    """Files go both ways with every bit."""
    x = halves.random_numbers(halves.DTYPES[dtype], 6, 1000)
    x = torch.where(x.isnan(), 0, x)
    for saving, loading in ((torch, ff), (ff, torch)):
        file = io.BytesIO()
        saving.save({"weight": halves.in_world(saving, x)}, file)
        file.seek(0)
        found = halves.as_torch(loading.load(file)["weight"])
        assert numpy.array_equal(found.view(torch.int16).numpy(), x.view(torch.int16).numpy())
