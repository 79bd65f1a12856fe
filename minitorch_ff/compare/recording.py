"""A recording: what a script did under PyTorch, in a file `….npz`.

`numpy.load` reads it: `json` is a text with everything but the numbers of the recorded tensors;
these are in `values`, one tensor's after the other's, and `counts` says how many each has.
"""

from __future__ import annotations

import json
import zipfile
import zlib

import numpy

from minitorch_ff.compare.process import Outcome

UNREADABLE = (
    ValueError, TypeError, KeyError, IndexError, EOFError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def save(outcome: Outcome, path: str) -> None:
    """Write a recording.

    Args:
        outcome: Of a script that has ended.
        path: The file, which is replaced.

    Raises:
        OSError: It cannot be written.
    """
    records = outcome.records or []
    numbers = [record["values"] for record in records]
    bare = [{k: v for k, v in record.items() if k != "values"} for record in records]
    facts = {**vars(outcome), "records": None if outcome.records is None else bare}
    with open(path, "wb") as file:
        numpy.savez_compressed(
            file,
            json=numpy.array(json.dumps(facts)),
            values=numpy.array([number for values in numbers for number in values], "float64"),
            counts=numpy.array([len(values) for values in numbers], "int64"),
        )


def load(path: str) -> Outcome:
    """Read a recording. Nothing in it is run: it holds numbers and a text, no pickles.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds something else.
    """
    try:
        with open(path, "rb") as file, numpy.load(file, allow_pickle=False) as arrays:
            outcome = Outcome(**json.loads(str(arrays["json"])))
            values, counts = arrays["values"], arrays["counts"]
        ends = numpy.cumsum(counts)
        for record, start, end in zip(outcome.records or (), ends - counts, ends, strict=True):
            record["values"] = values[start:end].tolist()
    except UNREADABLE as error:
        raise ValueError(f"{path} is no recording of compare --record") from error
    return outcome
