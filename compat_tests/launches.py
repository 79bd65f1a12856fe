"""What a stand-in for a GPU launches; and what becomes of it while a CUDA graph is captured.

Whatever computes is `launched`. In a capture each launch is noted with the arrays it was given;
`repeat` does them again, into the memory that the results had. Numbers are then the old ones,
and what the host did in between is not done: as in a graph. (What is captured is done once, too,
so that results can be looked at.)
"""

import functools
import threading

REFUSED = {"dot", "einsum", "inner", "matmul", "tensordot", "vdot"}
"""What CuPy leaves to cuBLAS, if it is of floating numbers."""


def no_tape():
    """Nothing is captured."""


current_tape = no_tape
"""Gives the list in which launches are noted now, or None; a stand-in puts its own here."""


class Running(threading.local):
    inside = False


running = Running()


def launched(function):
    """The function, whose calls are launches; what it calls itself is part of it."""

    @functools.wraps(function)
    def launch(*args, **settings):
        tape = None if running.inside else current_tape()
        if tape is None:
            return function(*args, **settings)
        running.inside = True
        try:
            result = function(*args, **settings)
        finally:
            running.inside = False
        tape.append((function, args, settings, result))
        return result

    return launch


def check(name, arrays):
    """Refuse what CuPy refuses in a capture."""
    if running.inside and current_tape() is not None and name in REFUSED:
        if all(array.dtype.kind in "fcV" for array in arrays):
            raise NotImplementedError(
                "calling cuBLAS API during stream capture is currently unsupported"
            )


def check_wait(what):
    """Refuse to wait for what is not done."""
    if current_tape() is not None:
        raise RuntimeError(
            f"cudaErrorStreamCaptureUnsupported: operation not permitted when stream is capturing "
            f"({what})"
        )


def repeat(tape):
    """Do noted launches again."""
    for function, args, settings, result in tape:
        again = function(*args, **settings)
        for old, new in zip(arrays_of(result), arrays_of(again), strict=True):
            old._host[...] = new._host


def arrays_of(value):
    """The arrays of a result."""
    if isinstance(value, (tuple, list)):
        return [array for part in value for array in arrays_of(part)]
    return [value] if hasattr(value, "_host") else []
