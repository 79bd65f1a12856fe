"""What a person sees at a terminal, and what Ctrl-C does."""

import os
import pty
import re
import signal
import subprocess
import sys
import time

import pytest

from compat_tests.compare.commands import COMPARE, write
from compat_tests.scripts.processes import ROOT


def at_terminal(*arguments, cwd, path=()) -> str:
    """What the command writes to a terminal of 120 columns, without colours."""
    terminal, other = pty.openpty()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, [*path, ROOT])),
        "TERM": "xterm-256color",
        "COLUMNS": "120",
    }
    command = [sys.executable, *COMPARE, *map(str, arguments)]
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, stdin=other, stdout=other, stderr=other
    )
    os.close(other)
    text = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        text += part
    os.close(terminal)
    assert process.wait() in (0, 1)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.decode()).replace("\r", "")


def test_two_columns(tmp_path):
    source = """
        import sys
        for step in range(6):
            part = 0.05 * (step >= 3 and "minitorch_ff" in sys.modules)
            print(f"step {step} loss {1 / (step + 1) + part:.6f}")
    """
    shown = at_terminal(write(tmp_path, source), cwd=tmp_path)
    assert re.search(r"step 0 loss \d\.\d+ +step 0 loss \d\.\d+", shown)
    assert re.search(r"step 3 loss \d\.\d+ +≠ +step 3 loss \d\.\d+", shown)
    assert shown.count("first divergence, line 4: relative difference 0.") == 1
    assert re.search(r"PyTorch: \d lines, \d+ s … +minitorch_ff: \d lines", shown)
    assert "first divergence: line 4" in shown


def test_without_rich_the_extra_is_named(tmp_path):
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    write(nowhere, "raise ImportError('no rich here')", "rich.py")
    shown = at_terminal(write(tmp_path, "print('text')"), cwd=tmp_path, path=[nowhere])
    assert "pip install 'minitorch-ff[compare]'" in shown
    assert "\n  text\n" in shown


def test_interrupt_ends_both(tmp_path):
    """Also one that does not listen; nothing is left behind."""
    script = write(
        tmp_path,
        """
        import os, signal, time
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        open(f"{os.getpid()}.pid", "w").close()
        print("ready")
        time.sleep(120)
        """,
    )
    command = [sys.executable, *COMPARE, str(script)]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        # A shell's background job, as this may be one, ignores the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("*.pid"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    started = [int(path.stem) for path in tmp_path.glob("*.pid")]
    assert len(started) == 2
    for number in started:
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)
