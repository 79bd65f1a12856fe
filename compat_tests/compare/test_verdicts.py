"""Scripts that are equal and scripts that part get the verdict they deserve."""

import os
import signal
import subprocess
import sys

import pytest

from compat_tests.compare.commands import COMPARE, compare, compare_json, training, write
from compat_tests.scripts.processes import ROOT, python

MLP = """
    import torch
    import torch.nn.functional as F
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(1)
    images, labels = torch.rand(512, 1, 28, 28), torch.randint(0, 10, (512,))
    loader = DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Dropout(0.2),
                          nn.Linear(64, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    print(model)
    for epoch in range(2):
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch} loss {loss.item():.5f}")
    print(model[1].weight[:3, :4])
"""


def test_an_example_is_equal():
    arguments = ("--deep", "--steps", "5", "examples/05_digits_mlp.py")
    result = compare_json(*arguments, cwd=ROOT, status=0)
    assert result["verdict"]["kind"] in ("identical text", "numerically equal")
    assert result["first"] is None
    assert len(result["deep"]) == 5 * 11  # five modules, six parameters
    assert len(result["matches"]) == len(result["ours"]["lines"]) > 10
    for side, version in ((result["torch"], "torch"), (result["ours"], "minitorch_ff")):
        assert side["code"] == 0
        assert 0 < side["inside"]["import"] < side["seconds"]
        assert side["inside"]["environment"][version].startswith("2.13.0")
        assert side["inside"]["environment"]["threads"] == 1
        assert 2**24 < side["memory"] < 2**32
        assert sorted(side["times"]) == side["times"]
        assert len(side["times"]) == len(side["lines"])


@pytest.mark.slow
def test_a_network_on_random_images_is_equal(tmp_path):
    result = compare_json(write(tmp_path, MLP), cwd=tmp_path, status=0)
    assert result["verdict"]["kind"] in ("identical text", "numerically equal")


@pytest.mark.slow
def test_a_planted_divergence_is_found(tmp_path):
    done = compare(training(tmp_path, planted=True), cwd=tmp_path, status=1)
    assert "first divergence: line 4, PyTorch 2.3001" in done.stdout
    assert "≠ line 4   relative difference 0." in done.stdout
    assert "≠ line 3" not in done.stdout
    assert done.stdout.startswith("  step 0 loss")
    assert "peak memory" in done.stdout


CASES = [
    ("", 0, "identical text", ""),
    ("print('größe ✓ 数 \\U0001f600')", 0, "identical text", ""),
    ("print(0.1 + 1e-6 * ours)", 0, "numerically equal", "line 1"),
    ("print('a\\nb', ' ' * ours, 'c')", 0, "numerically equal", "line 2"),
    ("print(*range(3 + ours), sep='\\n')", 1, "first divergence", "line 4"),
    ("print('a' + 'b' * ours)", 1, "first divergence", "line 1"),
    ("sys.exit(2 * ours)", 1, "first divergence", "the end"),
    ("1 / 0", 0, "identical text", ""),
    ("print(1); 1 / (1 - ours)", 1, "first divergence", "the end"),
    ("raise ValueError('ours' if ours else 'theirs')", 1, "first divergence", "the end"),
]
RARE = [
    ("print('no end of line', end='')", 0, "identical text", ""),
    ("print(*range(4 - ours), sep='\\n')", 1, "first divergence", "line 4"),
    ("sys.exit(3)", 0, "identical text", ""),
    ("raise ValueError(0.5 + 1e-6 * ours)", 0, "numerically equal", "the end"),
    ("os.kill(os.getpid(), 9 if ours else 15)", 1, "first divergence", "the end"),
    ("os._exit(0)", 0, "identical text", ""),
    ("if x ===", 0, "identical text", ""),
]


@pytest.mark.parametrize(
    ("source", "status", "kind", "where"),
    [*CASES, *(pytest.param(*case, marks=pytest.mark.slow) for case in RARE)],
)
def test_endings_and_outputs(tmp_path, source, status, kind, where):
    """`ours` is 1 here, 0 under PyTorch, which need not be imported for this."""
    head = "import os, sys; ours = int('minitorch_ff' in sys.modules)\n"
    result = compare_json(write(tmp_path, head + source), cwd=tmp_path, status=status)
    assert (result["verdict"]["kind"], result["verdict"]["where"]) == (kind, where)
    codes = {result["torch"]["code"], result["ours"]["code"]}
    assert any("PyTorch ends with" in note for note in result["notes"]) == (len(codes) == 2)


def test_errors_are_shown_after_the_output(tmp_path):
    script = write(tmp_path, "import sys; print('out'); sys.stderr.write('careful\\n')")
    shown = compare(script, cwd=tmp_path, status=0).stdout
    assert shown.index("out") < shown.index("stderr of PyTorch\ncareful")
    assert "stderr of minitorch_ff\ncareful" in shown


def test_a_reader_that_has_seen_enough(tmp_path):
    """As `| head`: it ends at once, and without a word."""
    script = write(tmp_path, "import time; print('x' * 2**17); time.sleep(60)")
    with subprocess.Popen(
        [sys.executable, *COMPARE, script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout.read(4) == b"  xx"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 128 + signal.SIGPIPE


def test_the_tolerance_is_an_option(tmp_path):
    script = write(tmp_path, "import sys; print(1.0 + 0.01 * ('minitorch_ff' in sys.modules))")
    compare(script, cwd=tmp_path, status=1)
    compare("--rtol", "0.1", script, cwd=tmp_path, status=0)
    compare("--rtol", "0", "--atol", "0.1", script, cwd=tmp_path, status=0)


@pytest.mark.slow
def test_a_script_finds_what_it_finds_without(tmp_path):
    """Arguments, folders, environment, modules: nothing shows that it is watched."""
    source = """
        import os, sys, subprocess
        print(sys.argv, __file__, os.getcwd(), sys.path, sys.orig_argv)
        print(sorted(os.environ.items()))
        print(hash("text"), sys.stdin.read(), sys.flags)
        print(sorted(name for name in sys.modules if "compare" in name or "record" in name))
        print(subprocess.run([sys.executable, "-c", "import sys; print(sys.path)"],
                             capture_output=True, text=True).stdout)
        import torch
        print(type(sys.meta_path[0]).__name__, torch.__spec__.loader.__class__)
    """
    script = write(tmp_path, source)
    setting = {"PYTHONUNBUFFERED": "1", "PYTHONHASHSEED": "0"}
    plain = python(script.name, "--deep", "-x", "1", cwd=tmp_path, **setting).stdout
    watched = compare_json("--deep", script.name, "--deep", "-x", "1", cwd=tmp_path, status=1)
    assert watched["torch"]["lines"] == plain.splitlines()


def test_the_users_own_sitecustomize_runs(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    write(own, "import sys; sys.mine = 'my own'", "sitecustomize.py")
    script = write(tmp_path, "import sitecustomize, sys; print(sys.mine, sitecustomize.__file__)")
    result = compare_json(script, cwd=tmp_path, status=0, path=[own])
    assert result["torch"]["lines"] == [f"my own {own / 'sitecustomize.py'}"]


def test_what_cannot_be_run(tmp_path):
    script = write(tmp_path, "print(1)")
    assert "No such file" in compare("absent.py", cwd=tmp_path, status=2).stderr
    absent = compare("--python", tmp_path / "python", script, cwd=tmp_path, status=2)
    assert "No such file" in absent.stderr
    nowhere = compare("--html", "absent/page.html", script, cwd=tmp_path, status=2)
    assert "No such file" in nowhere.stderr
    bare = write(tmp_path, "#!/bin/sh\nexit 1\n", "bare")
    bare.chmod(0o755)
    assert "has no PyTorch" in compare("--python", bare, script, cwd=tmp_path, status=2).stderr


def test_another_python_runs_pytorch(tmp_path):
    other = write(tmp_path, f'#!/bin/sh\nOTHER=1 exec "{sys.executable}" "$@"\n', "other")
    other.chmod(0o755)
    script = write(tmp_path, "import os; print(os.environ.get('OTHER'))")
    result = compare_json("--python", other, script, cwd=tmp_path, status=1)
    assert result["torch"]["lines"] == ["1"]
