"""Public names: each is listed where it is public, exists, and is documented."""

import importlib
import inspect
import pkgutil

import pytest

import minitorch_ff as ff

WITH_EXPORTS = """
minitorch_ff minitorch_ff.nn minitorch_ff.nn.functional minitorch_ff.nn.init
minitorch_ff.nn.utils minitorch_ff.optim minitorch_ff.optim.lr_scheduler
minitorch_ff.utils.data minitorch_ff.autograd minitorch_ff.autograd.functional
minitorch_ff.distributions minitorch_ff.distributions.constraints
minitorch_ff.distributions.transforms minitorch_ff.func
minitorch_ff.linalg minitorch_ff.special minitorch_ff.cuda minitorch_ff.vision.datasets
minitorch_ff.vision.io minitorch_ff.vision.transforms minitorch_ff.vision.utils minitorch_ff.compare
""".split()


@pytest.fixture(params=WITH_EXPORTS)
def module(request):
    return importlib.import_module(request.param)


def public_names(module) -> set[str]:
    """What a module defines; what a package defines or re-exports of ours."""
    origin = ff.__name__ if hasattr(module, "__path__") else module.__name__
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (getattr(value, "__module__", None) or "").startswith(origin)
    }


def test_listed_names_exist(module):
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    for name in module.__all__:
        assert hasattr(module, name), name


def test_public_names_are_listed(module):
    unlisted = sorted(public_names(module) - set(module.__all__))
    assert not unlisted


def test_public_names_are_documented(module):
    found = {name: getattr(module, name) for name in module.__all__}
    undocumented = [
        name
        for name, value in found.items()
        if (inspect.isfunction(value) or inspect.isclass(value)) and not inspect.getdoc(value)
    ]
    assert found
    assert not undocumented


def test_methods_are_documented():
    methods = {
        name: value
        for name, value in vars(ff.Tensor).items()
        if not name.startswith("_") and inspect.isfunction(value)
    }
    assert methods
    assert not [name for name, value in methods.items() if not inspect.getdoc(value)]


def test_every_module_imports():
    walked = pkgutil.walk_packages(ff.__path__, ff.__name__ + ".")
    names = [m.name for m in walked if not m.name.endswith("__main__")]
    assert names
    for name in names:
        importlib.import_module(name)
