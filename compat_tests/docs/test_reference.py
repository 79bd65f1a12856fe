"""Every public name stands in the reference, on the page of the module that defines it."""

import importlib
import inspect
import re
import sys

import pytest

from compat_tests.house.files import ROOT

NAMESPACES = """
amp autograd compiler cuda distributions func hub linalg multiprocessing nn nn.attention
nn.functional nn.init nn.utils nn.utils.parametrize nn.utils.parametrizations nn.utils.rnn optim
optim.lr_scheduler random serialization signal.windows special utils.data vision.datasets
vision.transforms vision.transforms.functional vision.transforms.v2 vision.utils
""".split()
# Made in a loop; their page says what they are.
LEGACY = "minitorch_ff._legacy"
# They are functions and a class that PyTorch calls otherwise: aliases of private names.
ALIASES = {"LinAlgError", "clip_grads_with_norm_", "get_total_norm"}
DIRECTIVE = re.compile(r"^::: (\S+)\n((?:    .*\n)*)", re.MULTILINE)


@pytest.fixture(scope="module")
def shown():
    """(module, name) of everything that the generated pages show."""
    folder = str(ROOT / "docs" / "_extensions")
    sys.path.insert(0, folder)
    try:
        pages = importlib.import_module("reference_pages")
        sources = importlib.import_module("sources")
        texts = pages.pages().values()
    finally:
        sys.path.remove(folder)
    found = set()
    for text in texts:
        for module, options in DIRECTIVE.findall(text):
            chosen = re.search(r"members: (.*)", options)
            names = sources.defined(module.partition(".")[2]) if chosen is None else eval(chosen[1])
            found |= {(module, name) for name in names or ()}
    return found


@pytest.mark.parametrize("namespace", ["", *NAMESPACES])
def test_public_names_are_in_the_reference(namespace, shown):
    module = importlib.import_module(f"minitorch_ff.{namespace}".rstrip("."))
    listed = getattr(module, "__all__", None) or [
        name for name, value in vars(module).items()
        if name[0] != "_" and getattr(value, "__module__", "") == module.__name__
    ]  # fmt: skip
    missing = []
    for name in listed:
        value = inspect.unwrap(getattr(module, name))
        home = getattr(value, "__module__", "") or ""
        of_ours = inspect.isfunction(value) or inspect.isclass(value)
        if not of_ours or not home.startswith("minitorch_ff") or name in ALIASES or home == LEGACY:
            continue
        if (home, value.__name__) not in shown and (module.__name__, name) not in shown:
            missing.append(f"{name} ({home}.{value.__name__})")
    assert missing == []
