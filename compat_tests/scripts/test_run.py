"""`python -m minitorch_ff run script.py` is `python script.py`, but for its torch."""

import signal

import pytest

from compat_tests.scripts.processes import OURS, PLAIN, poison, python

# What Python gives to any script. Each is run by itself and through `run`; what it
# writes and how it ends has to be the same, to the byte.
SCRIPTS = {
    "identity": '''
        """What the script is about."""
        import os, sys
        print(sys.argv, __name__, __file__, __doc__, os.getcwd())
        print(sys.path[0], sys.modules["__main__"].__file__)
        print(__spec__, __package__, __cached__, type(__loader__).__name__)
        print(type(__builtins__).__name__, sorted(set(globals()) - {"__annotations__"}))
    ''',
    "exit with a number": "import sys; print('so far'); sys.exit(3)",
    "exit with a text": "import sys; sys.exit('this went wrong')",
    "exit without a word": "print(1); raise SystemExit",
    "exit at once": "import os; os._exit(4)",
    "exception": """
        def divide(x):
            return 1 / x

        if __name__ == "__main__":
            divide(0)
    """,
    "exception with a cause": """
        try:
            {}["key"]
        except KeyError as error:
            raise RuntimeError("no key") from error
    """,
    "exception group": "raise ExceptionGroup('two', [ValueError(1), TypeError(2)])",
    "not even a program": "print('never')\\nif x ===",
    "interrupted": """
        import os, signal, time
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(10)
    """,
    "its own exception hook": """
        import sys, traceback
        def hook(kind, error, tb):
            print("caught", kind.__name__, error, len(traceback.extract_tb(tb)))
        sys.excepthook = hook
        raise ValueError("mine")
    """,
    "exception in a thread": """
        import threading
        thread = threading.Thread(target=lambda: 1 / 0, name="worker")
        thread.start()
        thread.join()
        print("went on")
    """,
    "at exit": """
        import atexit, sys
        atexit.register(lambda: print("last", sys.modules["__main__"].value))
        value = 5
        raise ValueError("but first")
    """,
    "input": "name = input(); import sys; print(name, '|', sys.stdin.read())",
    "pickle": """
        import pickle
        from dataclasses import dataclass

        @dataclass
        class Point:
            x: int

        text = pickle.dumps(Point(3))
        print(b"__main__" in text, pickle.loads(text))
    """,
    "neighbour": "import neighbour; print(neighbour.VALUE)",
    "warning": "import warnings; warnings.warn('careful', DeprecationWarning)",
}


@pytest.fixture
def place(tmp_path):
    """A folder to run in, a folder with scripts, and one that keeps PyTorch out."""
    for name in ("here", "scripts", "poison"):
        (tmp_path / name).mkdir()
    (tmp_path / "scripts" / "neighbour.py").write_text("VALUE = 12\n")
    poison(tmp_path / "poison")
    return tmp_path


def write(place, text, name="script.py"):
    """The script's path as its user types it: relative to where it runs."""
    lines = text.strip("\n").splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    source = "\n".join(line[indent:] for line in lines)
    (place / "scripts" / name).write_text(source + "\n", encoding="utf-8")
    return f"../scripts/{name}"


def run_ours(place, text):
    """The finished process of a script with ours as its torch; PyTorch kept out."""
    script = write(place, text)
    return python(*OURS, script, cwd=place / "here", path=[place / "poison"])


def outcome(process):
    return process.returncode, process.stdout, process.stderr


@pytest.mark.parametrize("name", SCRIPTS)
def test_as_by_python_itself(place, name):
    script = write(place, SCRIPTS[name])
    arguments = [script, "one", "-h", "--help", "--", "-x", "two words"]
    options = {"cwd": place / "here", "stdin": "Ada\nand more"}
    theirs = python(*PLAIN, *arguments, **options)
    ours = python(*OURS, *arguments, **options)
    assert theirs.returncode or theirs.stdout or theirs.stderr
    assert outcome(ours) == outcome(theirs)


def test_the_interrupted_script_died_of_it(place):
    process = run_ours(place, SCRIPTS["interrupted"])
    assert process.returncode == -signal.SIGINT
    assert process.stderr.strip().endswith("KeyboardInterrupt")


def test_source_encoding(place):
    source = "# coding: latin-1\nprint(ascii('\xe9'))\n".encode("latin-1")
    (place / "scripts" / "old.py").write_bytes(source)
    process = python(*OURS, "../scripts/old.py", cwd=place / "here")
    assert outcome(process) == (0, "'\\xe9'\n", "")


@pytest.mark.parametrize("typed", ["link.py", "./plain.py", "{place}/here/plain.py"])
def test_script_is_found_by_any_path(place, typed):
    source = write(place, "import neighbour; print(neighbour.VALUE, __file__)")
    (place / "here" / "link.py").symlink_to(place / "here" / source)
    (place / "here" / "plain.py").write_text("import sys; print(sys.path[0], __file__)")
    typed = typed.format(place=place)
    theirs = python(*PLAIN, typed, cwd=place / "here")
    ours = python(*OURS, typed, cwd=place / "here")
    assert theirs.stdout
    assert outcome(ours) == outcome(theirs)


def test_no_such_script(place):
    theirs = python(*PLAIN, "nowhere.py", cwd=place)
    ours = python(*OURS, "nowhere.py", cwd=place)
    assert ours.returncode == theirs.returncode == 2
    assert ours.stderr.split(": ", 1)[-1] in theirs.stderr


def test_no_such_command(place):
    process = python("-m", "minitorch_ff", "walk", "script.py", cwd=place)
    assert process.returncode == 2
    assert "invalid choice: 'walk'" in process.stderr


# ------------------------------------------------------------------ what torch is

IMPORTS = """
    import importlib
    import sys
    import threading

    import torch
    import torch.nn as nn
    import torch.nn.functional as F
    import torch.optim as optim
    from torch import autograd, nn as also_nn, tensor
    from torch.autograd import Variable
    from torch.nn.modules.linear import Linear
    from torch.optim import lr_scheduler
    from torch.optim.lr_scheduler import StepLR
    from torch.utils.data import DataLoader, TensorDataset
    from torch.utils.data.dataset import Dataset

    print(torch is sys.modules["torch"], torch.nn is nn, nn is also_nn)
    print(nn.functional is F, torch.optim is optim, optim.lr_scheduler is lr_scheduler)
    print(torch.utils.data.DataLoader is DataLoader, nn.Linear is Linear)
    print(issubclass(TensorDataset, Dataset), lr_scheduler.StepLR is StepLR)
    print(importlib.import_module("torch.nn.functional") is F)
    print(importlib.util.find_spec("torch.nn") is not None)
    print(isinstance(tensor(1.0), torch.Tensor), torch.autograd is autograd)
    print(isinstance(Variable(torch.ones(2)), torch.Tensor))

    def elsewhere():
        import torch.nn.init
        print(torch.nn.init is nn.init, torch.is_grad_enabled())

    with torch.no_grad():  # a thread has a grad mode of its own
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        print(torch.is_grad_enabled())
    model = nn.Sequential(Linear(2, 3), nn.ReLU())
    print(model, torch.manual_seed(0) is not None, torch.rand(2))
"""


def test_imports_resolve_as_in_pytorch(place):
    theirs = python(*PLAIN, write(place, IMPORTS), cwd=place / "here")
    ours = run_ours(place, IMPORTS)
    assert theirs.returncode == 0
    assert theirs.stdout.count("True") > 10
    assert outcome(ours) == outcome(theirs)


def test_modules_are_this_package_s_own(place):
    process = run_ours(
        place,
        """
        import minitorch_ff, minitorch_ff.nn.functional
        import torch.nn.functional
        print(torch is minitorch_ff)
        print(torch.nn.functional is minitorch_ff.nn.functional)
        print(torch.nn.functional.__name__, torch.nn.__spec__.name)
        """,
    )
    expected = "True\nTrue\nminitorch_ff.nn.functional minitorch_ff.nn\n"
    assert outcome(process) == (0, expected, "")


MISSING = {
    "import torch; torch.never": "module 'torch' has no attribute 'never'",
    "import torch.nn as nn; nn.Never": "has no attribute 'Never'",
    "from torch import never": "cannot import name 'never' from 'minitorch_ff'",
    "import torch.never": "No module named 'torch.never' (minitorch_ff",
    "import torch.nn.never.more": "No module named 'torch.nn.never' (minitorch_ff",
    "from torchvision.never import x": "No module named 'torchvision",
}


@pytest.mark.parametrize("source", MISSING)
def test_missing_name_says_so(place, source):
    process = run_ours(place, source)
    assert process.returncode == 1
    lines = process.stderr.splitlines()
    assert MISSING[source] in lines[-1]
    assert "minitorch_ff" in lines[-1]
    assert lines[0].startswith("Traceback")
    assert lines[1].endswith('script.py", line 1, in <module>')


def test_missing_name_can_be_asked_for(place):
    process = run_ours(
        place,
        """
        import torch
        print(hasattr(torch, "never"), getattr(torch, "never", 5), hasattr(torch, "nn"))
        try:
            import torch.never
        except ImportError as error:
            print(error.name)
        """,
    )
    assert outcome(process) == (0, "False 5 True\ntorch.never\n", "")
