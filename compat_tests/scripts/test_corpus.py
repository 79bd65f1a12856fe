"""Scripts of many hands, run by PyTorch and by this package, print the same.

They are written for `import torch` in the manner of tutorials, courses and notebooks; each
is short, draws its numbers from a seed and reads no file but those it was given.
"""

import gzip
import importlib.util
import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from compat_tests.scripts.printed import numbers, too_far_apart, words
from compat_tests.scripts.processes import OURS, ROOT, poison, python

SCRIPTS = {
    path.stem: path for path in sorted((ROOT / "compat_tests/scripts/corpus").glob("[0-9]*"))
}
QUICK = [
    "02_broadcast_views", "04_printing", "09_linear_old_style", "12_quickstart_digits",
    "18_gan", "26_schedulers", "30_datasets_samplers", "34_train_eval_modes",
    "38_custom_functions", "39_hessians", "55_state_dicts", "61_notebook", "62_checkpoints",
    "73_dcgan_tiny",
]  # fmt: skip
MNIST = ROOT / "compat_tests/vision/mnist/MNIST/raw"
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
NEEDS = {
    "63_mnist_torchvision": "torchvision",
    "64_pandas_table": "pandas",
    "71_lenet_mnist": "torchvision",
}
KNOWN = {"03_autograd_basics": "`type(y.grad_fn)` is the operator's class, `Mul`"}


def _cases():
    """Every script; those that are not quick are marked slow."""
    for name in SCRIPTS:
        missing = name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None
        marks = [pytest.mark.skip(reason=f"needs {NEEDS[name]}")] if missing else []
        marks += [pytest.mark.xfail(reason=KNOWN[name])] if name in KNOWN else []
        marks += [] if name in QUICK else [pytest.mark.slow]
        yield pytest.param(name, marks=marks)


WAYS = {
    "torch": partial(python),
    "ours": partial(python, *OURS),
    "torch without vector kernels": partial(python, ATEN_CPU_CAPABILITY="default"),
}


class Runs:
    """What the selected scripts print; a process runs many of them."""

    def __init__(self, folder, selected):
        self.folder = folder
        (folder / "poison").mkdir()
        poison(folder / "poison")
        raw = folder / "data" / "MNIST" / "raw"
        raw.mkdir(parents=True)
        for packed in MNIST.glob("*.gz"):
            (raw / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            parts = len(selected) // 16 + 1  # PyTorch's are the slower ones
            jobs = [("ours", selected), *[("torch", selected[i::parts]) for i in range(parts)]]
            list(pool.map(lambda job: self._run(*job), jobs))
        drifting = [name for name in selected if self._is_far(name)]
        if drifting:
            self._run("torch without vector kernels", drifting)

    def printed(self, way, name):
        """What a script printed; it ended well."""
        text = self._read(way, name)
        if (self.folder / way / name / "code.txt").read_text() != "0":
            pytest.fail(f"{way}: {text}", pytrace=False)
        return text

    def _read(self, way, name):
        text = (self.folder / way / name / "printed.txt").read_text(encoding="utf-8")
        return ADDRESS.sub("0x", text)

    def _run(self, way, names):
        path = [self.folder / "poison"] if way == "ours" else []
        runner = ROOT / "compat_tests/scripts/many.py"
        scripts = [SCRIPTS[name] for name in names]
        process = WAYS[way](runner, self.folder / way, *scripts, cwd=self.folder, path=path)
        if process.returncode or process.stderr:
            pytest.fail(f"{way}: {process.stderr}", pytrace=False)

    def _is_far(self, name):
        theirs, ours = (self._read(way, name) for way in ("torch", "ours"))
        return words(ours) == words(theirs) and too_far_apart(theirs, ours, drifted=theirs)


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """All scripts that the selected tests ask for, already run."""
    selected = [
        item.callspec.params["script"]
        for item in request.session.items
        if "runs" in getattr(item, "fixturenames", ()) and item.path == request.path
        if not any(item.iter_markers("skip"))
    ]
    return Runs(tmp_path_factory.mktemp("corpus"), selected)


@pytest.mark.parametrize("script", list(_cases()))
def test_prints_what_pytorch_prints(runs, script):
    theirs, ours = runs.printed("torch", script), runs.printed("ours", script)
    assert words(ours) == words(theirs)
    assert numbers(theirs)
    if too_far_apart(theirs, ours, drifted=theirs):
        drifted = runs.printed("torch without vector kernels", script)
        assert not too_far_apart(theirs, ours, drifted)


def test_all_are_named():
    assert set(QUICK) <= set(SCRIPTS)
    assert {*NEEDS, *KNOWN} <= set(SCRIPTS)
    assert len(SCRIPTS) >= 40
