"""`torch.serialization`: saving and loading, and the list of what is safe to load.

See: [torch.serialization](https://docs.pytorch.org/docs/stable/notes/serialization.html).
"""

from __future__ import annotations

import importlib
import io
import os
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from types import ModuleType
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._missing import missing as _missing
from minitorch_ff._serialization import names, restricted
from minitorch_ff._serialization.archive import Archive, replacing
from minitorch_ff._serialization.pickling import Memories, unpickler, write

__all__ = [
    "add_safe_globals", "clear_safe_globals", "get_safe_globals", "load", "safe_globals", "save",
]  # fmt: skip

__getattr__ = _missing(__name__)

_safe: list[Any] = []


def save(
    obj: object, f: Any, pickle_module: ModuleType = pickle, pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True, _disable_byteorder_record: bool = False,
) -> None:  # fmt: skip
    """Write an object to a file that `load` reads, here or in PyTorch.

    Tensors are stored as they lie in memory: the whole memory, once, however many tensors look
    at it. A file given by its path is written beside the old one and takes its place when it
    is complete: a program that ends in the middle leaves the old file whole. An open file is
    written to directly.

    Args:
        obj: Tensors, modules, state dicts, and whatever `pickle` can store, nested at will.
        f: A path, or an open file with `write`.
        pickle_module: Only Python's `pickle`.
        pickle_protocol: From 2 to 5. PyTorch's safe loading reads only 2 and 3.

    Raises:
        AttributeError: `f` is neither, or the object cannot be pickled.
        RuntimeError: The folder does not exist; or two tensors of different dtypes look at the
            same memory.
        NotImplementedError: Another `pickle_module`, or the format before PyTorch 1.6, is asked
            for.

    Example:
        >>> import io
        >>> import minitorch_ff as torch
        >>> file = io.BytesIO()
        >>> torch.save({"weight": torch.ones(2), "epoch": 3}, file)
        >>> _ = file.seek(0)
        >>> torch.load(file)
        {'weight': tensor([1., 1.]), 'epoch': 3}

    See: [torch.save](https://docs.pytorch.org/docs/stable/generated/torch.save.html).
    """
    if pickle_module is not pickle:
        raise NotImplementedError("torch.save: no pickle_module but Python's own is supported")
    if not _use_new_zipfile_serialization:
        raise NotImplementedError("torch.save: only PyTorch's zip format is written")
    if _is_path(f):
        name = os.path.splitext(os.path.basename(f))[0]
        opened: Any = replacing(os.fspath(f))
    elif hasattr(f, "write"):
        opened, name = nullcontext(f), "archive"
    else:
        raise AttributeError(
            "expected 'f' to be string, path, or a file-like object with a 'write' attribute"
        )
    with opened as file:
        name = name if name.isascii() else "archive"
        write(obj, file, name, pickle_protocol, not _disable_byteorder_record)


def load(
    f: Any, map_location: Any = None, pickle_module: ModuleType | None = None, *,
    weights_only: bool | None = None, mmap: bool | None = None, **pickle_load_args: Any,
) -> Any:  # fmt: skip
    """Read what `save` wrote, here or in PyTorch.

    Args:
        f: A path, or an open file with `read` and `seek`.
        map_location: Where the tensors go: a device or its name; a dictionary of names, from
            where they were to where they shall be; or a function of the memory (on the CPU)
            and the name of its device that returns the memory where it shall be, or None for
            where it was.
        pickle_module: What to unpickle with, for `weights_only=False`.
        weights_only: Load nothing but tensors, plain containers, numbers and texts. With False
            the file is a program that is run: **it can do anything that you can**, so only for
            files whose origin you trust. Default: True, unless there is a `pickle_module`.
        mmap: Read the memories from the file when they are touched, not now. What is written
            to them stays in the process.
        **pickle_load_args: For the unpickler: `encoding`, `errors`.

    Returns:
        The object; tensors that shared memory share it again.

    Raises:
        pickle.UnpicklingError: `weights_only` refuses what the file holds.
        RuntimeError: The file is no checkpoint, or is damaged; its tensors were on a GPU, there
            is none here, and `map_location` does not say where else they go.

    See: [torch.load](https://docs.pytorch.org/docs/stable/generated/torch.load.html).
    """
    if weights_only is None:
        weights_only = pickle_module is None
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if mmap and not _is_path(f):
        raise ValueError("f must be a file path in order to use the mmap argument")
    if not _is_path(f) and not hasattr(f, "seek"):
        raise AttributeError(
            f"{type(f).__name__!r} object has no attribute 'seek'. You can only torch.load from a "
            "file that is seekable. Please pre-load the data into a buffer like io.BytesIO and try "
            "to load from it instead."
        )
    if not _is_path(f) and not hasattr(f, "readinto"):
        f = io.BytesIO(f.read())
    with open(f, "rb") if _is_path(f) else nullcontext(f) as file:
        archive = _opened(file, bool(mmap))
        memories = Memories(archive, map_location)
        data = io.BytesIO(archive.read("data.pkl").tobytes())
        options = {"encoding": "utf-8", **pickle_load_args}
        importlib.import_module("minitorch_ff.nn.parameter")  # whose names a file may have
        if weights_only:
            loaded = restricted.load(data, memories, dict(map(_with_name, _safe)), **options)
        else:
            loaded = unpickler(pickle_module or pickle, data, memories, **options).load()
        archive.finish()
        file.seek(0, os.SEEK_END)
    return loaded


def _is_path(f: Any) -> bool:
    return isinstance(f, (str, os.PathLike))


def _opened(file: Any, mapped: bool) -> Archive:
    """The archive in a file, if it is a checkpoint's."""
    start = file.read(512)
    check(start, "the file is empty", EOFError)
    if start.startswith(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.") or start[257:262] == b"ustar":
        raise RuntimeError(
            "The file is a checkpoint of PyTorch before 1.6, or in its format, which minitorch_ff "
            "does not read. Save it in today's format with PyTorch: "
            "torch.save(torch.load(path, weights_only=False), path)"
        )
    if not start.startswith(b"PK\x03\x04"):
        raise RuntimeError(
            "The file is no checkpoint: it does not begin as a zip archive. (Files called "
            ".safetensors are read with safetensors.torch.)"
        )
    archive = Archive(file, mapped)
    version = archive.read("version").tobytes().strip()
    if not version.isdigit() or not 1 <= int(version[:20]) <= 10:
        raise RuntimeError(
            f"Attempted to read a PyTorch file with version {version.decode(errors='replace'):.20}"
            ", but the supported versions for reading are 1 to 10."
        )
    if "constants.pkl" in archive:
        raise RuntimeError("The file is a TorchScript archive, which minitorch_ff does not read")
    return archive


# ------------------------------------------------------------------------ what is safe


def add_safe_globals(safe_globals: Sequence[Any]) -> None:
    """Let `load` with `weights_only=True` make and call these as well.

    Args:
        safe_globals: Classes and functions; or pairs of one and its full name in the file.

    See: [torch.serialization.add_safe_globals](https://docs.pytorch.org/docs/stable/notes/serialization.html).
    """
    _safe.extend(safe for safe in safe_globals if safe not in _safe)


def get_safe_globals() -> list[Any]:
    """What `add_safe_globals` was given.

    See: [torch.serialization.get_safe_globals](https://docs.pytorch.org/docs/stable/notes/serialization.html).
    """
    return list(_safe)


def clear_safe_globals() -> None:
    """Forget what `add_safe_globals` was given.

    See: [torch.serialization.clear_safe_globals](https://docs.pytorch.org/docs/stable/notes/serialization.html).
    """
    _safe.clear()


@contextmanager
def safe_globals(safe_globals: Sequence[Any]) -> Iterator[None]:
    """Inside the block, these are safe as after `add_safe_globals`.

    See: [torch.serialization.safe_globals](https://docs.pytorch.org/docs/stable/notes/serialization.html).
    """
    before = list(_safe)
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        _safe[:] = before


def _with_name(safe: Any) -> tuple[str, Any]:
    """Full name in a file, and the object."""
    if isinstance(safe, tuple):
        return safe[1], safe[0]
    ours = names.torch_name(safe, safe.__qualname__)
    return ".".join(ours or (safe.__module__, safe.__qualname__)), safe
