"""Run a script under PyTorch and under minitorch_ff, and show both side by side.

Exit status: 0 they are equal, 1 they part, 2 something is not there.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from minitorch_ff.compare import recording
from minitorch_ff.compare.output import as_json, as_text, choose, write_html
from minitorch_ff.compare.process import Outcome, running
from minitorch_ff.compare.verdict import DIVERGENCE, Comparison, Tolerance

HAS_TORCH = "import importlib.util as u, sys; sys.exit(u.find_spec('torch') is None)"
EQUAL, PART, CANNOT_RUN = 0, 1, 2
PAUSE = 0.02  # seconds between two looks at what the scripts have printed


def main(arguments: list[str]) -> None:
    """Read what follows `compare` on the command line, and do it."""
    parser = argparse.ArgumentParser("python -m minitorch_ff compare", description=__doc__)
    add = parser.add_argument
    add("--python", default=sys.executable, metavar="PATH", help="the Python that has PyTorch")
    add("--rtol", type=float, default=1e-4, help="relative tolerance of numbers (%(default)s)")
    add("--atol", type=float, default=1e-6, help="absolute tolerance of numbers (%(default)s)")
    add("--deep", action="store_true", help="compare modules' outputs and gradients, too")
    add("--steps", type=int, default=100, help="optimizer steps that --deep records (%(default)s)")
    add("--html", metavar="FILE", help="write a report, one self-contained page")
    add("--json", action="store_true", help="print the result as JSON, and nothing else")
    add("--record", metavar="FILE", help="run under PyTorch only, and write an .npz")
    add("--against", metavar="FILE", help="compare with a recording; PyTorch is not needed")
    add("script", metavar="SCRIPT", help="a Python file")
    add("arguments", nargs=argparse.REMAINDER, metavar="…", help="the script's own")
    sys.exit(compare(parser.parse_args(arguments)))


def compare(options: argparse.Namespace) -> int:
    """Do what the command line says; the exit status."""
    try:
        return _compare(_prepare(options), options)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:  # who reads this, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (OSError, ValueError) as error:
        print(f"compare: {error}", file=sys.stderr)
        return CANNOT_RUN


def _prepare(options: argparse.Namespace) -> Comparison:
    """Two outcomes, to be filled by processes or full already.

    Raises:
        OSError: The script, the recording or the Python cannot be read or run, or the
            report cannot be written.
        ValueError: There is no PyTorch, or what was asked for cannot be together.
    """
    source = hashlib.sha256(Path(options.script).read_bytes()).hexdigest()
    torch = Outcome("PyTorch", "torch", [options.python], options.arguments, source)
    run = [sys.executable, "-m", "minitorch_ff", "run"]
    ours = Outcome("minitorch_ff", "minitorch_ff", run, options.arguments, source)
    if options.record and (options.against or options.html or options.json):
        raise ValueError("--record runs PyTorch alone: there is nothing to compare yet")
    if options.against:
        torch = recording.load(options.against)
    elif subprocess.run([options.python, "-c", HAS_TORCH], check=False).returncode:
        raise ValueError(f"{options.python} has no PyTorch; give --python or --against")
    for file in filter(None, (options.html, options.record)):
        Path(file).touch()  # better an error now than after the training
    ours = torch if options.record else ours
    return Comparison(torch, ours, Tolerance(options.rtol, options.atol))


def _compare(comparison: Comparison, options: argparse.Namespace) -> int:
    """Run what has not run yet, show the lines until all have ended, and sum up."""
    torch, steps = comparison.torch, options.steps if options.deep else 0
    sides = [torch] if options.record else [torch, comparison.ours]
    with ExitStack() as stack:
        runs = [running(side, options.script, steps) for side in sides if side.code is None]
        readers = [stack.enter_context(run) for run in runs]
        show = (lambda match: None) if options.json else choose(comparison, stack)
        ended = False
        while not ended:
            time.sleep(PAUSE)
            ended = not any(reader.is_alive() for reader in readers)
            for match in comparison.advance(ended):
                show(match)
    if options.record:
        recording.save(torch, options.record)
        print(f"recorded {len(torch.lines)} lines, {len(torch.records or ())} tensors", flush=True)
        print(torch.errors, end="", file=sys.stderr)
        return EQUAL
    verdict = comparison.finish(options.deep)
    if options.html:
        write_html(comparison, verdict, options.html)
    print((as_json if options.json else as_text)(comparison, verdict), flush=True)
    return PART if verdict.kind == DIVERGENCE else EQUAL
