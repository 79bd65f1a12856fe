"""Every example, run by PyTorch and by this package in both ways, prints the same."""

import ast
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from compat_tests.scripts.printed import numbers, too_far_apart, words
from compat_tests.scripts.processes import OURS, PLAIN, ROOT, poison, python
from compat_tests.scripts.rewriting import with_our_imports, with_torch_imports

EXAMPLES = {path.stem: path for path in sorted((ROOT / "examples").glob("[0-9][0-9]_*.py"))}
ARGUMENTS = {"06_spirals": ["--plot", "picture.png"]}
PROMISES = {  # what the docstring says of the last number that is printed
    "00_changed_import": lambda radius: abs(radius - 2) < 0.05,
    "01_regression": lambda loss: loss < 0.03,
    "02_polynomial": lambda error: error < 10,
    "03_linear_regression": lambda difference: difference < 0.001,
    "04_logistic_regression": lambda accuracy: accuracy >= 0.9,
    "05_digits_mlp": lambda accuracy: accuracy >= 0.95,
    "06_spirals": lambda accuracy: accuracy >= 0.97,
    "07_custom_function": lambda off: off < 0.1,
    "08_physics_informed": lambda error: error < 0.01,
    "09_early_stopping": lambda error: error < 0.02,
    "10_autoencoder": lambda explained: explained >= 0.75,
}


class Runs:
    """Processes of examples, several at a time, each way of each example once."""

    WAYS = ("torch", "run", "changed imports")

    def __init__(self, folder):
        self.folder = folder
        self.poison = poison(folder)
        self.pool = ThreadPoolExecutor(os.cpu_count())
        self.started = {}

    def start(self, example, way):
        """Begin to run an example, unless it was begun."""
        if (example, way) not in self.started:
            job = self.pool.submit(self._run, example, way)
            self.started[example, way] = job
        return self.started[example, way]

    def folder_of(self, example, way):
        """Where an example runs in one way; the data it reads are there."""
        folder = self.folder / example / way.replace(" ", "_")
        if not folder.exists():
            folder.mkdir(parents=True)
            (folder / "data").symlink_to(ROOT / "examples" / "data")
        return folder

    def output(self, example, way):
        """What an example printed; it ended well and complained of nothing."""
        process = self.start(example, way).result()
        if process.returncode or process.stderr or not process.stdout:
            pytest.fail(f"code {process.returncode}\n{process.stderr}", pytrace=False)
        return process.stdout

    def _run(self, example, way):
        source = with_torch_imports(EXAMPLES[example].read_text(encoding="utf-8"))
        run = partial(python, path=[self.poison])
        if way == "run":
            run = partial(run, *OURS)
        elif way == "changed imports":
            source = with_our_imports(source)
            run = partial(run, *PLAIN)
        elif way == "torch":
            run = partial(python, *PLAIN)
        elif way == "torch without vector kernels":
            run = partial(python, *PLAIN, ATEN_CPU_CAPABILITY="default")
        folder = self.folder_of(example, way)
        script = folder / f"{example}.py"
        script.write_text(source, encoding="utf-8")
        return run(script, *ARGUMENTS.get(example, ()), cwd=folder)


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """All runs that the selected tests will ask for, under way."""
    runs = Runs(tmp_path_factory.mktemp("examples"))
    for item in request.session.items:
        parameters = getattr(item, "callspec", None) and item.callspec.params
        if parameters and "example" in parameters and "runs" in item.fixturenames:
            for way in Runs.WAYS:
                runs.start(parameters["example"], way)
    yield runs
    runs.pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("way", Runs.WAYS[1:])
@pytest.mark.parametrize("example", EXAMPLES)
def test_prints_what_pytorch_prints(runs, example, way):
    theirs, ours = runs.output(example, "torch"), runs.output(example, way)
    assert words(ours) == words(theirs)
    assert numbers(theirs)
    if too_far_apart(theirs, ours, drifted=theirs):
        drifted = runs.output(example, "torch without vector kernels")
        assert not too_far_apart(theirs, ours, drifted)


@pytest.mark.parametrize("way", Runs.WAYS)
@pytest.mark.parametrize("example", EXAMPLES)
def test_keeps_its_promise(runs, example, way):
    promised = float(numbers(runs.output(example, way))[-1])
    assert PROMISES[example](promised)


@pytest.mark.parametrize("way", Runs.WAYS)
@pytest.mark.parametrize("example", ["06_spirals"])
def test_draws_a_picture(runs, example, way):
    runs.output(example, way)
    picture = runs.folder_of(example, way) / "picture.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("example", EXAMPLES)
def test_is_short_and_says_what_it_shows(example):
    source = EXAMPLES[example].read_text(encoding="utf-8")
    assert len(source.splitlines()) < 150
    assert ast.get_docstring(ast.parse(source))
    assert example in PROMISES
