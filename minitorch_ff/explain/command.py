"""`python -m minitorch_ff explain SCRIPT …`: one training step of a script, explained."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
from collections.abc import Sequence
from typing import Any

from minitorch_ff.explain.recorder import Trace
from minitorch_ff.optim.optimizer import register_optimizer_step_post_hook
from minitorch_ff.scripts.run import run_script


def main(arguments: list[str]) -> None:
    """The command `explain`: read its arguments, run the script, show the step."""
    parser = argparse.ArgumentParser(
        prog="python -m minitorch_ff explain",
        description="Run a script written for PyTorch up to the end of a training step, and show "
        "what that step called: modules, operators, primitives, with times. Then the script is "
        "stopped; what it prints goes to the standard error.",
    )
    add = parser.add_argument
    add("--step", type=int, default=1, metavar="N", help="which step, counted from 1 (%(default)s)")
    add("--html", metavar="FILE", help="write a page, too: the tree with bars for times")
    add("--no-times", action="store_true", help="leave them out: the same text every time")
    add("script", metavar="SCRIPT", help="a Python file")
    add("arguments", nargs=argparse.REMAINDER, metavar="…", help="the script's own")
    options = parser.parse_args(arguments)
    step = record_step(options.script, options.arguments, options.step)
    print(step.text(times=not options.no_times))
    if options.html:
        step.save(options.html, f"{options.script}, step {options.step}")


class _StepEnded(BaseException):
    """Leaves the script; a `BaseException`, so that no `except Exception` keeps it in."""


def record_step(script: str, arguments: Sequence[str] = (), step: int = 1) -> Trace:
    """Run a script as `run` does until a training step has ended, and return the step's trace.

    A step ends when an optimizer's `step` has returned. It begins after the one before, with the
    first outermost call (of a module or an operator) that computes something with gradients; so
    neither what makes the model nor what loads the data is in it.

    Args:
        script: Path of a Python file.
        arguments: What the script finds in `sys.argv` after its own name.
        step: Which step, counted from one.

    Raises:
        SystemExit: The script makes fewer steps, or cannot be read.
    """
    trace = Trace(from_first_gradient=True)
    thread, show_error, done = threading.get_ident(), sys.excepthook, 0
    with contextlib.redirect_stdout(sys.stderr), contextlib.ExitStack() as recording:

        def after_step(*_: Any) -> None:
            nonlocal done
            if threading.get_ident() == thread:
                done += 1
                if done == step:
                    recording.close()
                    raise _StepEnded
                if done == step - 1:
                    recording.enter_context(trace)

        if step == 1:
            recording.enter_context(trace)
        recording.callback(register_optimizer_step_post_hook(after_step).remove)
        try:
            run_script(script, arguments)
        except _StepEnded:
            sys.excepthook = show_error
        except SystemExit as end:
            if end.code:
                raise
    if done < step:
        sys.exit(
            f"{script} has made {done} training steps, each ended by an optimizer's step(); there "
            f"is no step {step}. minitorch_ff.explain.trace() shows what any block of code calls"
        )
    return trace
