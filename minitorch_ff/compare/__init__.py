"""One script in two worlds: run it under PyTorch and here, and see where they part.

`python -m minitorch_ff compare script.py` is the command; `side_by_side` compares a
function in a notebook.
"""

from minitorch_ff.compare.worlds import Table, side_by_side

__all__ = ["Table", "side_by_side"]
