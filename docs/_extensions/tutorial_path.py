"""Makes the tutorial's packages, and the modules beside this one, importable for the pages."""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent
STEPS = HERE.parent / "tutorial" / "steps"


def on_startup(**_):
    """Called by mkdocs."""
    sys.path[:0] = [str(folder) for folder in sorted(STEPS.glob("step*"))]
    sys.path.append(str(HERE))
