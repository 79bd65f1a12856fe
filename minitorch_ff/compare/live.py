"""Both outputs as they come: in columns on a terminal, as text elsewhere."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from minitorch_ff.compare.verdict import MISSING, Comparison

MARKS = {"same": " ", "close": "≈", "apart": "≠"}

View = AbstractContextManager[Callable[[int], None]]
"""Gives, while it is open, the function that shows the pair of lines with an index."""


def choose(comparison: Comparison, silent: bool) -> View:
    """Nothing, or columns on a terminal, or text elsewhere and without rich."""
    if silent:
        return nullcontext(lambda index: None)
    if sys.stdout.isatty():
        try:
            from minitorch_ff.compare.columns import columns

            return columns(comparison)
        except ImportError:
            install = "pip install 'minitorch-ff[compare]'"
            print(f"For two columns install rich: {install}", file=sys.stderr)
    return nullcontext(functools.partial(print_row, comparison))


def print_row(comparison: Comparison, index: int) -> None:
    """Print a line that both have once, and both lines where they differ."""
    match = comparison.matches[index]
    theirs, mine = comparison.texts(index)
    if match.kind == "same":
        print(f"  {theirs}", flush=True)
        return
    size = f"   relative difference {match.size:.2g}" if match.numbers else ""
    print(f"{MARKS[match.kind]} line {index + 1}{size}")
    print(f"    PyTorch      | {MISSING if theirs is None else theirs}")
    print(f"    minitorch_ff | {MISSING if mine is None else mine}", flush=True)
