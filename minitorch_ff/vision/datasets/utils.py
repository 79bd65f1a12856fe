"""Files from the net: fetched, resumed, checked and unpacked."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import shutil
import sys
import tarfile
import urllib.error
import urllib.request
import zipfile
from typing import Any, TypeAlias

__all__ = [
    "calculate_md5", "check_integrity", "check_md5", "download_and_extract_archive",
    "download_url", "extract_archive",
]  # fmt: skip

Path: TypeAlias = str | os.PathLike[str]

CHUNK = 1 << 18
OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
TAR = (".tar", ".tgz", ".tbz", ".tbz2", ".tar.gz", ".tar.bz2", ".tar.xz")


def calculate_md5(fpath: Path, chunk_size: int = 1024 * 1024) -> str:
    """The MD5 checksum of a file, in hexadecimal; it finds damage, not malice."""
    md5 = hashlib.md5(usedforsecurity=False)
    with open(fpath, "rb") as file:
        while chunk := file.read(chunk_size):
            md5.update(chunk)
    return md5.hexdigest()


def check_md5(fpath: Path, md5: str, **kwargs: Any) -> bool:
    """Whether a file has this MD5 checksum."""
    return md5 == calculate_md5(fpath, **kwargs)


def check_integrity(fpath: Path, md5: str | None = None) -> bool:
    """Whether a file is there, with this MD5 checksum if there is one."""
    return os.path.isfile(fpath) and (md5 is None or check_md5(fpath, md5))


def download_url(
    url: str,
    root: Path,
    filename: Path | None = None,
    md5: str | None = None,
    max_redirect_hops: int = 3,
) -> None:
    """Fetch a file, unless it is there already.

    What has come is kept in `filename.part`: the next call goes on from there. The file gets
    its name when it is complete and its checksum is right.

    Args:
        url: Where it is.
        root: The folder for it; made if need be.
        filename: Its name; None takes the last part of the address.
        md5: Its checksum, in hexadecimal.
        max_redirect_hops: Redirections to follow; more are refused.

    Raises:
        URLError: It cannot be fetched: no connection, or the server refuses.
        RuntimeError: It is not what the checksum says.
    """
    path = os.path.join(os.path.expanduser(root), filename or os.path.basename(url))
    if check_integrity(path, md5):
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    part = f"{path}.part"
    _fetch(url, part, max_redirect_hops)
    if not check_integrity(part, md5):
        os.remove(part)
        raise RuntimeError("File not found or corrupted.")
    os.replace(part, path)


def _fetch(url: str, part: str, max_redirect_hops: int) -> None:
    """Append to `part` what it lacks."""
    done = os.path.getsize(part) if os.path.exists(part) else 0
    headers = {"User-Agent": "minitorch_ff"} | ({"Range": f"bytes={done}-"} if done else {})
    redirects = urllib.request.HTTPRedirectHandler()
    redirects.max_redirections = max_redirect_hops  # type: ignore[misc]
    opener = urllib.request.build_opener(redirects)
    try:
        response = opener.open(urllib.request.Request(url, headers=headers), timeout=60)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and error.headers.get("Content-Range") == f"bytes */{done}":
            return  # there is no more
        raise
    with response, open(part, "ab") as file:
        if response.status != 206:  # the server sends all of it
            file.truncate(0)
            done = 0
        total = done + int(response.headers.get("Content-Length") or 0)
        while chunk := response.read(CHUNK):
            file.write(chunk)
            done += len(chunk)
            share = f"{done / (total or done):4.0%} of {total or done:,} bytes"
            print(f"\r{share}", end="", file=sys.stderr)
        print(file=sys.stderr)
    if done < total:
        raise urllib.error.URLError(f"{url}: the connection ended after {done} of {total} bytes")


def extract_archive(
    from_path: Path, to_path: Path | None = None, remove_finished: bool = False
) -> Path:
    """Unpack a tar or zip archive, or a single compressed file. Nothing lands outside.

    Args:
        from_path: The archive.
        to_path: The folder for what is in it; None takes the archive's own.
        remove_finished: Delete the archive afterwards.

    Returns:
        The folder; of a single file its path.

    Raises:
        RuntimeError: The name's end is that of no known archive.
        tarfile.FilterError: The archive names a place outside of `to_path`.
    """
    name = os.path.basename(from_path)
    stem, suffix = os.path.splitext(name)
    out = to_path = os.path.dirname(from_path) if to_path is None else to_path
    if name.endswith(TAR):
        with tarfile.open(from_path) as archive:
            archive.extractall(to_path, filter="data")
    elif suffix == ".zip":
        with zipfile.ZipFile(from_path) as packed:
            packed.extractall(to_path)  # drops what leads out of the folder
    elif suffix in OPENERS:
        out = os.path.join(to_path, stem)
        with OPENERS[suffix](from_path) as source, open(f"{out}.part", "wb") as target:
            shutil.copyfileobj(source, target)
        os.replace(f"{out}.part", out)
    else:
        known = "', '".join(sorted({*TAR, *OPENERS, ".zip"}))
        words = f"Unknown compression or archive type: '{suffix}'.\n"
        raise RuntimeError(f"{words}Known types: '{known}'.")
    if remove_finished:
        os.remove(from_path)
    return out


def download_and_extract_archive(
    url: str,
    download_root: Path,
    extract_root: Path | None = None,
    filename: Path | None = None,
    md5: str | None = None,
    remove_finished: bool = False,
) -> None:
    """Fetch an archive, as `download_url` does, and unpack it, as `extract_archive` does."""
    root = os.path.expanduser(download_root)
    name = filename or os.path.basename(url)
    download_url(url, root, name, md5)
    extract_archive(os.path.join(root, name), extract_root or root, remove_finished)
