"""`python -m minitorch_ff compare SCRIPT …`: what the command line takes."""

from __future__ import annotations

import argparse
import sys


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options, and what to do with them."""
    parser.description = (
        "Run a script twice, under PyTorch and under minitorch_ff, and show both side by side. "
        "Exit status: 0 they are equal, 1 they part, 2 something is not there."
    )
    add = parser.add_argument
    add("--python", default=sys.executable, metavar="PATH", help="the Python that has PyTorch")
    add("--rtol", type=float, default=1e-4, help="relative tolerance of numbers (%(default)s)")
    add("--atol", type=float, default=1e-6, help="absolute tolerance of numbers (%(default)s)")
    add("--deep", action="store_true", help="compare modules' outputs and gradients, too")
    add("--steps", type=int, default=100, help="optimizer steps that --deep records (%(default)s)")
    add("--in-turn", action="store_true", help="one after the other, for times that count")
    add("--html", metavar="FILE", help="write a report, one self-contained page")
    add("--json", action="store_true", help="print the result as JSON, and nothing else")
    add("--record", metavar="FILE", help="run under PyTorch only, and write a recording (.npz)")
    add("--against", metavar="FILE", help="compare with a recording; PyTorch is not needed")
    add("script", metavar="SCRIPT", help="a Python file")
    add("arguments", nargs=argparse.REMAINDER, metavar="…", help="the script's own")
    parser.set_defaults(command=_compare)


def _compare(options: argparse.Namespace) -> None:
    from minitorch_ff.compare.session import compare  # not for the help alone

    sys.exit(compare(options))
