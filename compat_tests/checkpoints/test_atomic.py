"""A save that is interrupted leaves the file of before."""

import errno
import os
import random
import signal
import stat
import subprocess
import sys
import time

import pytest

import minitorch_ff as ff

FEW = 4
TRIES = [pytest.param(i, marks=pytest.mark.slow) if i >= FEW else i for i in range(50)]
SAVING = """
import sys
import minitorch_ff as ff
big = [ff.full((100_000,), float(i)) for i in range(20)]
print("ready", flush=True)
count = 1
while True:
    ff.save({"count": count, "parts": [count * part for part in big]}, sys.argv[1])
    count += 1
"""


class Unpicklable:
    def __reduce__(self):
        raise ZeroDivisionError


@pytest.mark.parametrize("attempt", TRIES)
def test_a_killed_save(attempt, tmp_path):
    path = tmp_path / "x.pt"
    ff.save({"count": 0, "parts": [ff.zeros(1)]}, path)
    with subprocess.Popen(
        [sys.executable, "-c", SAVING, path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(random.Random(attempt).uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
    state = ff.load(path)
    for number, part in enumerate(state["parts"]):
        assert part.unique().tolist() == [state["count"] * number]
    others = [name for name in os.listdir(tmp_path) if name != "x.pt"]
    assert len(others) <= 1
    assert all(name.startswith(".x.pt.") for name in others)


def test_the_killing_comes_in_the_middle(tmp_path):
    """Of many kills some hit a save, or the test above shows nothing."""
    program = "import os, signal, minitorch_ff as ff\n" + (
        "class Killer:\n"
        "    def __reduce__(self):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "import sys; ff.save([ff.ones(9), Killer()], sys.argv[1])\n"
    )
    path = tmp_path / "x.pt"
    ff.save(1, path)
    run = subprocess.run([sys.executable, "-c", program, path])
    assert run.returncode == -signal.SIGKILL
    assert ff.load(path) == 1
    assert len(os.listdir(tmp_path)) == 2


@pytest.mark.parametrize("existing", [False, True])
def test_an_exception_leaves_no_trace(tmp_path, existing):
    path = tmp_path / "x.pt"
    if existing:
        ff.save("before", path)
    with pytest.raises(ZeroDivisionError):
        ff.save([ff.ones(3), Unpicklable()], path)
    assert os.listdir(tmp_path) == (["x.pt"] if existing else [])
    if existing:
        assert ff.load(path) == "before"


LIMITED = """
import resource, sys
import minitorch_ff as ff
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    ff.save([ff.ones(1000, 1000), ff.ones(3)], sys.argv[1])
except OSError as error:
    sys.exit(error.errno)
"""


@pytest.mark.parametrize("size", [0, 100, 3_999_999, 4_000_700])
def test_a_full_disk_leaves_no_trace(tmp_path, size):
    """The system ends the writing at once, in the middle, and only when the file is closed."""
    path = tmp_path / "x.pt"
    ff.save("before", path)
    run = subprocess.run([sys.executable, "-c", LIMITED, path, str(size)], capture_output=True)
    assert run.returncode == errno.EFBIG, run.stderr
    assert os.listdir(tmp_path) == ["x.pt"]
    assert ff.load(path) == "before"


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.mark.parametrize("mask", [0o022, 0o077, 0])
def test_permissions_are_those_of_open(tmp_path, mask):
    before = os.umask(mask)
    try:
        ff.save(1, tmp_path / "ours")
        (tmp_path / "plain").write_bytes(b"")
    finally:
        os.umask(before)
    assert mode(tmp_path / "ours") == mode(tmp_path / "plain")


def test_permissions_of_an_existing_file_stay(tmp_path):
    path = tmp_path / "x.pt"
    path.write_bytes(b"")
    path.chmod(0o640)
    ff.save(1, path)
    assert mode(path) == 0o640


def test_links_stay_links(tmp_path):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "real.pt", tmp_path / "link.pt"
    for present in (False, True):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        ff.save(present, link)
        assert link.is_symlink()
        assert ff.load(target) is present
    assert os.listdir(tmp_path / "folder") == ["real.pt"]


def test_what_is_no_file_is_written_directly(tmp_path):
    ff.save(ff.ones(2), "/dev/null")
    assert not os.path.isfile("/dev/null")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        ff.save(ff.ones(2), pipe)
        received, _ = reader.communicate()
    (tmp_path / "x.pt").write_bytes(received)
    assert ff.load(tmp_path / "x.pt").tolist() == [1, 1]
    with pytest.raises(IsADirectoryError):
        ff.save(1, tmp_path)


def test_a_name_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ff.save(1, "x.pt")
    assert ff.load("x.pt") == 1
    assert os.listdir() == ["x.pt"]


def test_names_as_long_as_they_may_be(tmp_path):
    path = tmp_path / ("ü" * 120 + ".pt")
    ff.save(1, path)
    assert ff.load(path) == 1
