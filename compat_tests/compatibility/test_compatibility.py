"""`compatibility.json` says what is true today, and what it calls refused is refused."""

import pytest

import minitorch_ff as ff
from compat_tests.compatibility.walk import FILE, NAMESPACES, REFUSED, computed, find, text


def test_the_file_is_not_stale():
    """Run `python -m compat_tests.compatibility.write` to renew it."""
    assert FILE.read_text(encoding="utf-8") == text()


def test_every_namespace_was_walked():
    spaces = computed()["namespaces"]
    assert list(spaces) == NAMESPACES
    for facts in spaces.values():
        assert facts["same"]
        assert facts["absent"] == sorted(set(facts["absent"]))
        assert not set(facts["absent"]) & set(facts["partial"])


@pytest.mark.parametrize("space", ["torch", "torch.nn", "torch.Tensor", "torch.optim"])
def test_absent_names_are_absent(space):
    namespace = find(ff, space)
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
