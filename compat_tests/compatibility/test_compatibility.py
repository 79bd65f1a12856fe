"""`compatibility.json` says what is true today, and what it calls refused is refused."""

from types import SimpleNamespace

import pytest

import minitorch_ff as ff
from compat_tests.compatibility.walk import (
    FILE, NAMESPACES, OF_TORCHVISION, REFUSED, WORLDS, computed, find,
    missing_arguments, public_names, text,
)  # fmt: skip


def test_the_file_is_not_stale():
    """Run `python -m compat_tests.compatibility.write` to renew it."""
    assert FILE.read_text(encoding="utf-8") == text()


def test_every_namespace_was_walked():
    spaces = computed()["namespaces"]
    assert list(spaces) == NAMESPACES + OF_TORCHVISION
    for facts in spaces.values():
        assert facts["same"]
        assert facts["absent"] == sorted(set(facts["absent"]))
        assert not set(facts["absent"]) & set(facts["partial"])


ABSENT = ["torch", "torch.nn", "torch.Tensor", "torch.optim"]


@pytest.mark.parametrize("space", ABSENT + OF_TORCHVISION)
def test_absent_names_are_absent(space):
    namespace = find(WORLDS[space.partition(".")[0]][1], space)
    for name in computed()["namespaces"][space]["absent"]:
        with pytest.raises(AttributeError):
            getattr(namespace, name)


CALLS = {  # with the refused argument left out
    "torch.gather": lambda f, **k: f(ff.ones(2), 0, ff.tensor([0]), **k),
    "torch.Tensor.gather": lambda f, **k: f(ff.ones(2), 0, ff.tensor([0]), **k),
    "torch.nn.Embedding": lambda f, **k: f(3, 2, **k),
    "torch.nn.EmbeddingBag": lambda f, **k: f(3, 2, **k),
    "torch.nn.functional.embedding": lambda f, **k: f(ff.tensor([0]), ff.ones(3, 2), **k),
    "torch.nn.functional.embedding_bag": lambda f, **k: f(ff.tensor([[0]]), ff.ones(3, 2), **k),
}


@pytest.mark.parametrize("path", REFUSED)
def test_refused_values_are_refused(path):
    space, _, name = path.rpartition(".")
    if not hasattr(find(ff, space), name):
        pytest.skip("absent altogether")
    function = find(ff, path)
    CALLS[path](function)
    for argument, value in REFUSED[path].items():
        with pytest.raises(NotImplementedError):
            CALLS[path](function, **{argument: eval(value)})


def test_torchvision_is_judged():
    """Classes, functions and modules, with their arguments."""
    if WORLDS["torchvision"][0] is None:
        pytest.skip("torchvision is not installed")
    theirs = find(WORLDS["torchvision"][0], "torchvision.transforms")
    ours = SimpleNamespace(Resize=lambda size, max_size=None: 0, Pad=lambda **settings: 0)
    assert missing_arguments(theirs, ours, "Resize") == ["antialias", "interpolation"]
    assert missing_arguments(theirs, ours, "Pad") == []
    spaces = computed()["namespaces"]
    for space, name in (("datasets", "MNIST"), ("transforms", "Resize"), ("utils", "make_grid")):
        assert name in public_names(find(WORLDS["torchvision"][0], f"torchvision.{space}"), space)
        assert name not in spaces[f"torchvision.{space}"]["absent"]
    assert "CocoDetection" in spaces["torchvision.datasets"]["absent"]
