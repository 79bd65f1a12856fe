"""One comparison from the command line to the exit status."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path
from queue import Queue

from minitorch_ff.compare.lines import Tolerance
from minitorch_ff.compare.live import choose
from minitorch_ff.compare.outcome import Outcome
from minitorch_ff.compare.process import Process
from minitorch_ff.compare.summary import as_json, as_text, write_html
from minitorch_ff.compare.verdict import DIVERGENCE, Comparison

HAS_TORCH = "import importlib.util as u, sys; sys.exit(u.find_spec('torch') is None)"
EQUAL, PART, CANNOT_RUN, INTERRUPTED = 0, 1, 2, 130


def compare(options: argparse.Namespace) -> int:
    """Do what the command line says; the exit status."""
    try:
        torch, ours = _sides(options)
    except (OSError, ValueError) as error:
        print(f"compare: {error}", file=sys.stderr)
        return CANNOT_RUN
    comparison = Comparison(torch, ours, Tolerance(options.rtol, options.atol))
    try:
        _run(options, comparison)
    except KeyboardInterrupt:
        return INTERRUPTED
    if options.record:
        torch.save(options.record)
        print(f"recorded {len(torch.lines)} lines, {len(torch.records)} tensors")
        print(torch.errors, end="", file=sys.stderr)
        return EQUAL
    for side in (torch, ours):
        if options.deep and not side.records:
            comparison.notes.append(f"{side.name}: no tensors were recorded")
    verdict = comparison.finish()
    if options.html:
        write_html(comparison, verdict, options.html)
    print((as_json if options.json else as_text)(comparison, verdict))
    return PART if verdict.kind == DIVERGENCE else EQUAL


def _sides(options: argparse.Namespace) -> tuple[Outcome, Outcome]:
    """Two outcomes, to be filled by processes or full already.

    Raises:
        OSError: The script, the recording or the Python cannot be read or run, or the
            report cannot be written.
        ValueError: There is no PyTorch, or what was asked for cannot be together.
    """
    source = hashlib.sha256(Path(options.script).read_bytes()).hexdigest()
    torch = Outcome("PyTorch", options.arguments, source)
    ours = Outcome("minitorch_ff", options.arguments, source)
    if options.record:
        if options.against or options.html or options.json:
            raise ValueError("--record runs PyTorch alone: there is nothing to compare yet")
        ours = torch
    if options.against:
        torch = Outcome.load(options.against)
    elif subprocess.run([options.python, "-c", HAS_TORCH], check=False).returncode:
        raise ValueError(f"{options.python} has no PyTorch; give --python or --against")
    for file in filter(None, (options.html, options.record)):
        Path(file).touch()  # better an error now than after the training
    return torch, ours


def _run(options: argparse.Namespace, comparison: Comparison) -> None:
    """Start what has not run yet, and show the lines until all have ended."""
    events: Queue[None] = Queue()
    script = [options.script, *options.arguments]
    sides = [("torch", comparison.torch, [options.python, *script])]
    if comparison.ours is not comparison.torch:
        run = [sys.executable, "-m", "minitorch_ff", "run", *script]
        sides.append(("minitorch_ff", comparison.ours, run))
    processes: list[Process] = []
    for framework, outcome, command in sides:
        if outcome.code is None:
            after = processes[0] if processes and options.in_turn else None
            order = {"framework": framework, "steps": options.steps if options.deep else 0}
            processes.append(Process(command, order, outcome, events, after))
    try:
        with choose(comparison, silent=options.json) as show:
            for process in processes:
                process.start()
            ended = False
            while not ended:
                events.get()
                ended = comparison.ended  # before the last lines are taken
                for index in comparison.advance():
                    show(index)
    finally:
        for process in reversed(processes):
            process.stop()
