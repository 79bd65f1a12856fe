"""`python -m minitorch_ff run script.py` is `python script.py`, but for its torch."""

import multiprocessing
import re
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


# --------------------------------------------------------- modules, code, processes

MODULE = """
    import sys
    from neighbour import VALUE
    print(sys.argv, sys.path[0], __name__, __spec__.name, __package__, __file__, VALUE)
    print(sorted(set(globals()) - {"__annotations__"}))

    def divide(x):
        return 1 / x

    if "fail" in sys.argv:
        divide(0)
"""
NAMED = {
    "module": ["-m", "script", "-h", "--", "-m", "x"],
    "module that fails": ["-m", "script", "fail"],
    "package": ["-m", "package", "a"],
    "package without a main": ["-m", "empty"],
    "no module": ["-m", "nowhere.at.all"],
    "code": ["-c", "import sys; print(sys.argv, repr(sys.path[0]), __name__)", "-h", "b"],
    "names of code": ["-c", "print(sorted(set(globals()) - {'__annotations__'}), __spec__)"],
    "code that fails": ["-c", "import sys\nprint(1)\nsys.exit('gone')"],
    "code with an error": ["-c", "x = 1\n1 / 0"],
    "no code": ["-c", "x ==="],
}


@pytest.mark.parametrize("name", NAMED)
def test_modules_and_code_as_by_python_itself(place, name):
    write(place, MODULE)
    for package, main in (("package", "import sys; print(sys.argv, __spec__)"), ("empty", "")):
        (place / "scripts" / package).mkdir()
        (place / "scripts" / package / "__init__.py").write_text("")
        if main:
            (place / "scripts" / package / "__main__.py").write_text(main)
    theirs = python(*PLAIN, *NAMED[name], cwd=place / "scripts")
    ours = python(*OURS, *NAMED[name], cwd=place / "scripts")
    assert theirs.stdout or theirs.stderr
    assert without_addresses(outcome(ours)) == without_addresses(outcome(theirs))


def without_addresses(result):
    return [re.sub("0x[0-9a-f]+", "0x", part) if isinstance(part, str) else part for part in result]


def test_usage(place):
    for arguments in ([], ["-m"], ["-c"]):
        process = python(*OURS, *arguments, cwd=place)
        assert process.returncode == 2
        assert "usage: " in process.stderr


PROCESSES = """
    import multiprocessing
    import subprocess
    import sys
    import torch
    from torch.utils.data import DataLoader, Dataset

    class Numbers(Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            import torch.nn.functional as F
            return F.relu(torch.tensor(index - 1.0)), "minitorch_ff" in torch.__name__

    def show(tensor):
        import torch.nn as nn
        print("child", nn.__name__, tensor, flush=True)

    if __name__ == "__main__":
        code = "import torch.nn.functional as F, torch; print(F.__name__, torch.__name__)"
        subprocess.run([sys.executable, "-c", code], check=True)
        subprocess.run([sys.executable, *sys.argv[1:]], check=True)
        for method in multiprocessing.get_all_start_methods():
            context = multiprocessing.get_context(method)
            process = context.Process(target=show, args=(torch.ones(2),))
            process.start()
            process.join()
            print(method, process.exitcode, flush=True)
            loader = DataLoader(Numbers(), num_workers=2, multiprocessing_context=method)
            print([(batch.item(), ours.item()) for batch, ours in loader], flush=True)
"""


def test_processes_that_a_script_starts_see_the_same_torch(place):
    nested = """
        import subprocess, sys
        from torch.nn import Linear
        print(Linear.__module__, flush=True)
        code = "import torchvision"
        print(subprocess.run([sys.executable, "-c", code], capture_output=True).returncode)
        code = "import minitorch_ff, torch; print(torch is minitorch_ff)"
        subprocess.run([sys.executable, "-c", code])
    """
    write(place, nested, "nested.py")
    script = write(place, PROCESSES)
    # The package is found where the first process found it, wherever that is.
    arguments = [*OURS, script, "../scripts/nested.py"]
    process = python(*arguments, cwd=place / "here", path=[place / "poison"])
    assert process.stderr == ""
    lines = process.stdout.splitlines()
    assert lines[:2] == [
        "minitorch_ff.nn.functional minitorch_ff", "minitorch_ff.nn.modules.linear",
    ]  # fmt: skip
    assert lines[3] == "True"
    batches = "[(0.0, True), (0.0, True), (1.0, True), (2.0, True)]"
    methods = multiprocessing.get_all_start_methods()
    assert lines[4:] == [
        line
        for method in methods
        for line in ("child minitorch_ff.nn tensor([1., 1.])", f"{method} 0", batches)
    ]


MISSING = {
    "import torch; torch.never": "module 'torch' has no attribute 'never'",
    "import torch.nn as nn; nn.Never": "has no attribute 'Never'",
    "from torch import never": "cannot import name 'never' from 'minitorch_ff'",
    "import torch.never": "No module named 'torch.never' (minitorch_ff",
    "import torch.nn.never.more": "No module named 'torch.nn.never' (minitorch_ff",
    "from torchvision.never import x": "No module named 'torchvision",
    "import torch.jit": "modules run as they are written",
    "import torch.linal": "the nearest name it has is 'linalg'",
    "import torch; torch.utils.dat": "the nearest name it has is 'data'",
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
