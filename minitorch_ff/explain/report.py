"""A trace as text and as a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minitorch_ff.explain.page import framed, page

if TYPE_CHECKING:
    from minitorch_ff.explain.recorder import Entry

SHOWN = 24
"""Longer settings are cut off."""


class Report:
    """What a trace can show of itself: `print` gives the tree, times in microseconds."""

    entries: list[Entry]
    seconds: float

    def __str__(self) -> str:
        return self.text()

    def text(self, times: bool = True) -> str:
        """The tree.

        Args:
            times: Begin each line with microseconds, and the share of the whole. Without, the
                text is the same every time.
        """
        lines = []
        if times:
            lines = [self.summary(), f"{'us':>11}  {'share':>6}"]
        for depth, entry in self.walk():
            columns = ""
            if times:
                share = entry.seconds / self.seconds
                columns = f"{entry.seconds * 1e6:11.1f}  {share:6.1%}  "
            lines.append(columns + "  " * depth + line(entry))
        return "\n".join(lines)

    def walk(self) -> Iterator[tuple[int, Entry]]:
        """All entries in the order of their calls, and how deep each stands."""
        stack = [(0, entry) for entry in reversed(self.entries)]
        while stack:
            depth, entry = stack.pop()
            yield depth, entry
            stack += [(depth + 1, part) for part in reversed(entry.parts)]

    def summary(self) -> str:
        """How long it took, and how much of it in primitives."""
        primitives = [e for _, e in self.walk() if e.kind in ("primitive", "engine")]
        inside = sum(e.seconds for e in primitives) / (self.seconds or 1)
        time = f"{self.seconds * 1e6:.0f} us"
        return f"{time}, {inside:.0%} of it in {len(primitives)} calls of primitives"

    def html(self, title: str = "One step") -> str:
        """A page of its own, which loads nothing: the tree, to unfold, with bars for times."""
        tree = [dataclasses.asdict(entry) for entry in self.entries]
        data = {"summary": self.summary(), "seconds": self.seconds, "tree": tree}
        return page(title, "", data)

    def save(self, path: str | Path, title: str = "One step") -> None:
        """Write the page to a file."""
        Path(path).write_text(self.html(title), encoding="utf-8")

    def _repr_html_(self) -> str:
        return framed(self.html())


def line(entry: Entry) -> str:
    """One entry as text."""
    if entry.kind in ("primitive", "engine"):
        text = f"{entry.name}({entry.takes})"
        if entry.kind == "engine":
            text = f"then {text}"
    else:
        text = f"{entry.name}  {entry.takes}".rstrip()
    if entry.gives:
        text += f" -> {entry.gives}"
    if entry.nbytes:
        text += f"  {readable(entry.nbytes)}"
    return text


def readable(nbytes: int) -> str:
    """A number of bytes for people."""
    size, units = float(nbytes), ["B", "KiB", "MiB", "GiB"]
    while size >= 1024 and len(units) > 1:
        size, _ = size / 1024, units.pop(0)
    return f"{size:.1f} {units[0]}" if units[0] != "B" else f"{nbytes} B"


def described(value: Any) -> str:
    """A tensor or buffer as dtype and shape; a list by its first few; anything else as it is."""
    value = getattr(value, "buffer", value)
    if _is_array(value):
        return f"{value.dtype.name}[{', '.join(map(str, value.shape))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(map(str, value))}}}" if len(value) < 4 else f"{len(value)} settings"
    if isinstance(value, (list, tuple)) and not all(isinstance(v, (int, slice)) for v in value):
        some = [*map(described, value[:3])]
        return f"[{', '.join(some)}{f', … {len(value)}' if len(value) > 3 else ''}]"
    text = getattr(value, "__name__", None) or getattr(value, "name", None) or repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def size_of(value: Any) -> int:
    """The bytes of a tensor or buffer, or of all in a list."""
    value = getattr(value, "buffer", value)
    if isinstance(value, (list, tuple)):
        return sum(map(size_of, value))
    return value.nbytes if _is_array(value) else 0


def _is_array(value: Any) -> bool:
    return hasattr(value, "dtype") and hasattr(value, "shape") and hasattr(value, "nbytes")
