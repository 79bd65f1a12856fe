"""The inventories say what the docstrings say: which page documents which name."""

import re

import pytest

from compat_tests.house.files import ROOT, modules

mkdocstrings = pytest.importorskip("mkdocstrings", reason="needs the extra `docs`")
LINK = re.compile(r"https://docs\.pytorch\.org/docs/[\w.]+/(generated/(torch\.[\w.]+)\.html)")


def inventory(name):
    with (ROOT / "docs" / "inventories" / f"{name}.inv").open("rb") as file:
        return mkdocstrings.Inventory.parse_sphinx(file)


def test_pytorch_pages_are_those_of_the_docstrings():
    known, compared, wrong = inventory("pytorch"), 0, []
    for path in modules():
        for page, name in LINK.findall(path.read_text(encoding="utf-8")):
            if name in known:
                compared += 1
                if known[name].uri.partition("#")[0] != page:
                    wrong.append((name, known[name].uri))
    assert wrong == []
    assert compared > 500


@pytest.mark.parametrize(
    ("name", "entry", "uri"),
    [
        ("pytorch", "torch.Tensor.add_", "generated/torch.Tensor.add_.html#torch.Tensor.add_"),
        ("pytorch", "torch.nn.init.ones_", "nn.init.html#torch.nn.init.ones_"),
        ("numpy", "numpy.ndarray", "reference/generated/numpy.ndarray.html#numpy.ndarray"),
        ("python", "pathlib.Path", "library/pathlib.html#pathlib.Path"),
    ],
)
def test_entries(name, entry, uri):
    assert inventory(name)[entry].uri == uri
