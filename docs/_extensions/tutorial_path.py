"""Makes the packages of the tutorial's steps importable for the code on its pages."""

import pathlib
import sys

STEPS = pathlib.Path(__file__).parents[1] / "tutorial" / "steps"


def on_startup(**_):
    """Called by mkdocs."""
    sys.path[:0] = [str(folder) for folder in sorted(STEPS.glob("step*"))]
