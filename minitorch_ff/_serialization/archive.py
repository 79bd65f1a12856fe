"""The zip archive: records in a file, and a file that is replaced as a whole."""

from __future__ import annotations

import mmap
import os
import secrets
import stat
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import numpy

ALIGNMENT = 64
"""Bytes: every record begins at a multiple, so that a mapped file can be computed with."""

LARGE = 1 << 20
"""A record of so many bytes is held against its checksum while the next one is being read."""

LOCAL_HEADER = struct.Struct("<4s22xHH")
"""What stands before a record: a mark; after more, the lengths of its name and padding."""


@contextmanager
def replacing(path: str) -> Iterator[Any]:
    """A file to write that takes the place of `path` when the block has ended well.

    It is written beside the old one and renamed when it is whole, so whoever opens `path`, at
    whatever moment the program ends, finds the old file or the new one. When the disk itself
    has it is left to the system, as in PyTorch: waiting for it takes as long as writing.
    """
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "wb") as file:  # a pipe, say: nothing to replace; a folder: an error
            yield file
        return
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {os.path.dirname(path)} does not exist.")
    beside = os.path.join(folder, f".{name[:100]}.{secrets.token_hex(8)}.tmp")
    try:
        with open(beside, "xb") as file:  # with the permissions of any new file
            if os.path.exists(target):
                os.chmod(beside, stat.S_IMODE(os.stat(target).st_mode))
            yield file
        os.replace(beside, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(beside)
        raise


class Writer:
    """Writes an archive record by record, as PyTorch lays it out."""

    def __init__(self, file: Any, name: str) -> None:
        # Without `seek` and `tell`: what a file holds already is no part of the archive.
        flush = getattr(file, "flush", lambda: None)
        self.file = zipfile.ZipFile(SimpleNamespace(write=file.write, flush=flush), "w")
        self.name = name
        self._sum = 0

    def write(self, record: str, data: Any) -> None:
        """Add a record of bytes, uncompressed, at an aligned place."""
        info = zipfile.ZipInfo(f"{self.name}/{record}")
        data = memoryview(data)
        large = data.nbytes * 1.05 > zipfile.ZIP64_LIMIT  # then `zipfile` adds 20 bytes
        fields = 30 + len(info.filename.encode()) + 4 + 20 * large
        padding = -(self.file.start_dir + fields) % ALIGNMENT
        info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
        self.file.writestr(info, data)
        self._sum = zlib.crc32(record.encode(), self._sum ^ info.CRC)

    def close(self) -> None:
        """Add the record that tells archives apart, and the list of records."""
        self.write(".data/serialization_id", f"{self._sum:040}".encode())
        self.file.close()


class Archive:
    """Reads an archive record by record.

    Nothing in the file is believed: sizes are held against the file's own, and a record that
    is compressed, or shares bytes with another, is refused. So what is read is never more
    than what is there.

    Args:
        file: Open for reading, and able to `seek`.
        mapped: Whether records are looked at in the file, through memory that is read when it
            is touched, and not copied.

    Raises:
        RuntimeError: It is no such archive.
    """

    def __init__(self, file: Any, mapped: bool = False) -> None:
        self.file = file
        self._checks: list[Check] = []
        self.map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) if mapped else None
        try:
            directory = zipfile.ZipFile(file)
            infos = sorted(directory.infolist(), key=lambda info: info.header_offset)
            self.places = {info.filename: (info, self._start_of(info)) for info in infos}
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
            raise broken(f"failed reading zip archive: {error}") from error
        ends = [info.header_offset for info in infos[1:]] + [directory.start_dir]
        for info, end in zip(infos, ends, strict=True):
            start = self.places[info.filename][1]
            if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
                raise RuntimeError(
                    f"The record {info.filename} is compressed or encrypted, which those of a "
                    "checkpoint never are; unpack the archive and pack it again with zip -0"
                )
            if info.compress_size != info.file_size or start + info.file_size > end:
                raise broken(f"{info.filename} shares its place or its name with another record")
        self.name = infos[0].filename.split("/")[0] if infos else ""

    def _start_of(self, info: zipfile.ZipInfo) -> int:
        """Where a record's own bytes begin, behind its header."""
        self.file.seek(info.header_offset)
        mark, name, padding = LOCAL_HEADER.unpack(self.file.read(LOCAL_HEADER.size))
        if mark != b"PK\x03\x04" or self.file.read(name) != info.orig_filename.encode():
            raise zipfile.BadZipFile(f"no record {info.filename} where it should be")
        return info.header_offset + LOCAL_HEADER.size + name + padding

    def __contains__(self, record: str) -> bool:
        return f"{self.name}/{record}" in self.places

    def size(self, record: str) -> int:
        """Bytes of a record.

        Raises:
            RuntimeError: There is none of this name.
        """
        if record not in self:
            raise broken(f"failed locating file {record}: file not found")
        return self.places[f"{self.name}/{record}"][0].file_size

    def read(self, record: str) -> numpy.ndarray:
        """The bytes of a record, an array of uint8.

        Raises:
            RuntimeError: There is none of this name, or its bytes are not those written.
        """
        size = self.size(record)
        info, start = self.places[f"{self.name}/{record}"]
        if self.map is not None:
            return numpy.frombuffer(self.map, numpy.uint8, size, start)
        data = numpy.empty(size, numpy.uint8)
        self.file.seek(start)
        if self.file.readinto(data.data) < size:
            raise damaged(record)
        check = Check(record, data, info.CRC)
        if size >= LARGE:
            with suppress(RuntimeError):  # there are no threads
                check.start()
                self._checks.append(check)
                return data
        check.run()
        if not check.right:
            raise damaged(record)
        return data

    def finish(self) -> None:
        """Wait for the checks of large records.

        Raises:
            RuntimeError: The bytes of one are not those written.
        """
        for check in self._checks:
            check.join()
            if not check.right:
                raise damaged(check.record)


class Check(threading.Thread):
    """Whether the bytes of a record are those written, found out beside other work."""

    def __init__(self, record: str, data: numpy.ndarray, written: int) -> None:
        super().__init__(daemon=True)
        self.record, self.data, self.written = record, data, written
        self.right = False

    def run(self) -> None:
        """Compute the checksum; Python's other threads go on meanwhile."""
        self.right = zlib.crc32(self.data.data) == self.written


def damaged(record: str) -> RuntimeError:
    """The error of a record whose bytes have changed."""
    return broken(f"failed reading file {record}: these are not the bytes written")


def broken(what: str) -> RuntimeError:
    """The error of a file that was a checkpoint once."""
    return RuntimeError(
        f"PytorchStreamReader {what}. The file was cut off, or changed after it was saved."
    )
