"""`torch.hub`: saved weights from the web. Code from there is not run."""

from __future__ import annotations

import hashlib
import os
import re
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, NoReturn

from minitorch_ff._serialization.archive import replacing
from minitorch_ff.serialization import load as _load

__all__ = [
    "download_url_to_file", "get_dir", "help", "list", "load", "load_state_dict_from_url",
    "set_dir",
]  # fmt: skip

CHUNK = 1 << 17
_folder: str | None = None


def get_dir() -> str:
    """The folder for what is fetched: `set_dir`'s, or `hub` in `$TORCH_HOME`, `~/.cache/torch`."""
    cache = os.getenv("XDG_CACHE_HOME", "~/.cache")
    home = os.path.expanduser(os.getenv("TORCH_HOME", os.path.join(cache, "torch")))
    return os.path.join(home, "hub") if _folder is None else _folder


def set_dir(d: str | os.PathLike[str]) -> None:
    """Choose the folder for what is fetched."""
    global _folder
    _folder = os.path.expanduser(d)


def download_url_to_file(
    url: str, dst: str, hash_prefix: str | None = None, progress: bool = True
) -> None:
    """Fetch a file; whoever opens `dst` meanwhile finds the old one, or none.

    Args:
        url: Where it is.
        dst: Where it goes.
        hash_prefix: How its SHA-256 checksum begins, in hexadecimal.
        progress: Without effect: nothing is shown while it comes.

    Raises:
        URLError: It cannot be fetched.
        RuntimeError: It is not what the checksum says.
    """
    digest = hashlib.sha256()
    with urllib.request.urlopen(url) as source, replacing(os.path.expanduser(dst)) as file:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            file.write(chunk)
        found = digest.hexdigest()
        if not found.startswith(hash_prefix or ""):
            raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{found}")')


def load_state_dict_from_url(
    url: str, model_dir: str | None = None, map_location: Any = None, progress: bool = True,
    check_hash: bool = False, file_name: str | None = None, weights_only: bool = True,
) -> Any:  # fmt: skip
    """Fetch saved weights, unless they are there already, and load them.

    Args:
        url: Where they are.
        model_dir: The folder for them; None: `checkpoints` in `get_dir()`.
        map_location: As in `torch.load`.
        progress: Say what is fetched.
        check_hash: The file's name ends with the beginning of its checksum, as in
            `resnet-0123abcd.pth`: check it.
        file_name: The file's name; None: the last part of the address.
        weights_only: As in `torch.load`, whose default it has here: what comes from the web
            builds nothing but tensors and plain containers, unless this is False.

    Raises:
        URLError: They cannot be fetched.
        RuntimeError: They are not what the checksum says.

    See: [torch.hub](https://docs.pytorch.org/docs/stable/hub.html).
    """
    folder = Path(model_dir or os.path.join(get_dir(), "checkpoints"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (file_name or os.path.basename(urllib.parse.urlparse(url).path))
    if not path.exists():
        if progress:
            print(f'Downloading: "{url}" to {path}')
        found = re.search(r"-([a-f0-9]+)\.", path.name) if check_hash else None
        download_url_to_file(url, str(path), found and found[1], progress)
    return _load(path, map_location=map_location, weights_only=weights_only)


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        f"torch.hub.{name} would run a repository's code, which is written for PyTorch: define the "
        "model here, and load its weights with torch.hub.load_state_dict_from_url or torch.load"
    )


def load(repo_or_dir: Any, model: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Refuse.

    Raises:
        NotImplementedError: Always.
    """
    _refuse("load")


def list(github: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Refuse.

    Raises:
        NotImplementedError: Always.
    """
    _refuse("list")


def help(github: Any, model: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Refuse.

    Raises:
        NotImplementedError: Always.
    """
    _refuse("help")
