"""`python -m minitorch_ff COMMAND …`: the command line, and nothing else."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, TypeAlias

from minitorch_ff.scripts.run import run_script

if TYPE_CHECKING:  # argparse has no public name for what holds the commands
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(
        prog="python -m minitorch_ff",
        description="A PyTorch-compatible framework in readable Python.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    add_run(commands)
    add_explain(commands)
    options = parser.parse_args()
    options.command(options)


def add_run(commands: Commands) -> None:
    """Add `run SCRIPT …`, which runs a script with this package as its `torch`."""
    parser = commands.add_parser(
        "run",
        help="run a script written for PyTorch as it is",
        description="Run a script written for PyTorch as it is: in it, `import torch` "
        "means minitorch_ff. What follows the script's name belongs to the script.",
    )
    parser.add_argument("script", metavar="SCRIPT", help="a Python file")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="…", help="the script's own")
    parser.set_defaults(command=lambda options: run_script(options.script, options.arguments))


def add_explain(commands: Commands) -> None:
    """Add `explain SCRIPT …`; what it takes is loaded when it is asked for."""
    parser = commands.add_parser("explain", help="show what one training step calls, as a tree")
    if sys.argv[1:2] == ["explain"]:
        from minitorch_ff.explain.command import add_options

        add_options(parser)


if __name__ == "__main__":
    main()
