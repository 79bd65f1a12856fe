"""`python -m minitorch_ff COMMAND …`: the command line, and nothing else."""

from __future__ import annotations

import argparse
import importlib
import sys

# Each command: the module whose `main(arguments)` does it, and what it is for. The module
# is imported when its command is used.
COMMANDS = {
    "run": ("minitorch_ff.scripts.run", "run a script written for PyTorch as it is"),
    "check": ("minitorch_ff.scripts.check", "list what a script needs of PyTorch and we lack"),
    "explain": ("minitorch_ff.explain.command", "show what one training step calls, as a tree"),
}


def main() -> None:
    """Read the command's name and leave the rest of the line to the command."""
    parser = argparse.ArgumentParser(
        prog="python -m minitorch_ff",
        description="A PyTorch-compatible framework in readable Python.",
        epilog="\n".join(f"{name:8} {purpose}" for name, (_, purpose) in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", metavar="COMMAND", choices=COMMANDS, help="one of these:")
    command = parser.parse_args(sys.argv[1:2]).command
    importlib.import_module(COMMANDS[command][0]).main(sys.argv[2:])


if __name__ == "__main__":
    main()
