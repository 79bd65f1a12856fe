"""Workers are processes: how they start, fail and end."""

import contextlib
import gc
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import minitorch_ff as ff
from compat_tests.data.datasets import Acting, Endless, Squares
from compat_tests.scripts.processes import OURS, PLAIN, python
from minitorch_ff.utils.data import DataLoader

# That this process has threads does no harm here.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*multi-threaded.*fork:DeprecationWarning",
    "ignore:This DataLoader will create",
)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_start_methods(method):
    loader = DataLoader(Squares(), 2, num_workers=2, multiprocessing_context=method)
    batches = list(loader)
    assert [batch[0][:, 0].tolist() for batch in batches] == [[0, 1], [4, 9], [16, 25], [36]]
    assert [batch[2][0].item() for batch in batches] == [0, 1, 0, 1]
    pids = {pid for batch in batches for pid in batch[1].tolist()}
    assert len(pids) == 2
    assert os.getpid() not in pids
    assert all(batch[0].dtype is ff.int64 for batch in batches)


DEATHS = """
import os, signal, sys, time, torch

class Acting:
    def __len__(self):
        return 4
    def __getitem__(self, index):
        if index == 2:
            time.sleep(0.5)
            {}
        return index

try:
    # No tensors: PyTorch would ask the worker for their memory, which has died by then.
    settings = dict(batch_size=None, num_workers=1, timeout={})
    print(list(torch.utils.data.DataLoader(Acting(), **settings)))
except RuntimeError as error:
    print(error, "|", error.__cause__)
sys.stdout.flush()
os._exit(0)  # PyTorch would go on complaining
"""
ENDS = {
    "exits": ("os._exit(3)", 0),
    "is killed": ("os.kill(os.getpid(), signal.SIGKILL)", 0),
    "stops": ("raise StopIteration", 0),  # it only ends the loop
    "takes too long": ("time.sleep(4)", 1),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_worker_that(tmp_path, end):
    (tmp_path / "script.py").write_text(DEATHS.format(*ENDS[end]))
    ours = python(*OURS, "script.py", cwd=tmp_path).stdout
    for _ in range(5):  # PyTorch may stumble over its signal handler first
        theirs = python(*PLAIN, "script.py", cwd=tmp_path).stdout
        if without_pids(ours) == without_pids(theirs):
            break
    assert ours
    assert without_pids(ours) == without_pids(theirs)


def without_pids(text):
    return re.sub(r"(pid\S* )[0-9]+", r"\1#", text)


def test_a_batch_that_cannot_be_sent():
    batches = iter(DataLoader([1, lambda: 2], num_workers=1, batch_size=None))
    assert next(batches) == 1
    with pytest.raises(Exception, match="in DataLoader worker process 0"):
        next(batches)


def test_a_context_of_ones_own():
    context = multiprocessing.get_context("fork")
    assert len(list(DataLoader(Squares(), num_workers=1, multiprocessing_context=context))) == 7


def test_out_of_order():
    """The worker that is ready first is not waited for."""
    slow = Acting(lambda: time.sleep(1.0))
    in_turn = [b.item() for b in DataLoader(slow, num_workers=2)]
    ready = [b.item() for b in DataLoader(slow, num_workers=2, in_order=False)]
    assert in_turn == [0, 1, 2, 3]
    assert sorted(ready) == in_turn
    assert ready.index(3) < ready.index(2)


def test_large_tasks_and_batches_do_not_block_each_other():
    order = [list(range(200_000))] * 6
    loader = DataLoader(range(200_000), batch_sampler=order, num_workers=1, timeout=60)
    assert [len(batch) for batch in loader] == [200_000] * 6


def test_persistent_workers_survive_an_early_end():
    loader = DataLoader(Squares(), num_workers=2, persistent_workers=True)
    pids = set()
    for _ in range(3):
        for batch in loader:
            pids.add(batch[1].item())
            break
    assert [batch[0][0, 0].item() for batch in loader] == [i * i for i in range(7)]
    assert len(pids) == 1


def children():
    gc.collect()
    return multiprocessing.active_children()


def test_an_early_break_leaves_nobody():
    before = len(children())
    started = time.monotonic()
    for _ in DataLoader(Endless(), batch_size=None, num_workers=2):
        break
    del _
    assert len(children()) == before
    assert time.monotonic() - started < 5


SCRIPT = """
import os, signal, sys, time, torch

class Slow(torch.utils.data.Dataset):
    def __len__(self):
        return 100
    def __getitem__(self, index):
        if index in (4, 5):  # one for each worker
            print("ready\\n", end="", flush=True)  # in one piece: two processes write
        time.sleep(0.05)
        return torch.tensor(index)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have set it aside
    loader = torch.utils.data.DataLoader(Slow(), num_workers=2, multiprocessing_context={!r})
    print(*[worker.item() for worker in loader])
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_interrupted(tmp_path, method, blow):
    """Ctrl-C, and a main process that is killed: no worker stays, none complains."""
    (tmp_path / "script.py").write_text(SCRIPT.format(method))
    command = [sys.executable, "-m", "minitorch_ff", "run", "script.py"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert [process.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
        if blow is signal.SIGINT:
            os.killpg(process.pid, blow)
        else:
            process.send_signal(blow)
        error = process.communicate(timeout=60)[1]  # ends when the last writer has
    assert process.returncode == -blow
    assert error.count("Traceback") == (blow is signal.SIGINT)
    assert error == "" or error.endswith("KeyboardInterrupt\n")
    with contextlib.suppress(ProcessLookupError):
        for _ in range(100):  # the last of the group may still be on its way out
            os.killpg(process.pid, 0)
            time.sleep(0.1)
        pytest.fail("a worker is still there")


def open_things():
    gc.collect()
    files = len(os.listdir("/proc/self/fd"))
    return len(multiprocessing.active_children()), files, sorted(os.listdir("/dev/shm"))


def fail():
    raise ValueError("third")


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts what Linux tells")
def test_a_hundred_rounds_leave_nothing():
    before = None
    for turn in range(101):
        kept = DataLoader(Squares(), num_workers=2, persistent_workers=turn % 2 == 0)
        for batch in kept:
            if turn % 3 == 0 and batch[0][0, 0] > 3:
                break
        with pytest.raises(ValueError, match="third"):
            list(DataLoader(Acting(fail), num_workers=2))
        if turn % 10 == 0:
            with pytest.raises(RuntimeError, match="exited unexpectedly"):
                list(DataLoader(Acting(lambda: os._exit(1)), num_workers=2))
        del kept, batch
        if turn == 0:  # the first opens what the process keeps
            before = open_things()
    assert open_things() == before
