"""A trace as text and as a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minitorch_ff.explain.page import framed, page
from minitorch_ff.explain.values import readable


@dataclass(eq=False)
class Entry:
    """One call, and the calls inside it.

    Attributes:
        kind: `module`, `operator`, `primitive`, `backward` (a whole pass), `rule` (an operator's
            gradient), `leaf` (a gradient that arrives), `optimizer`, or `engine`: a primitive
            that the engine calls on a gradient, as the rule before it gave it.
        name: A module's path and class, an operator's class, PyTorch's name of a graph node.
        takes: Dtypes and shapes, as `float32[64, 10]`, and settings.
        gives: The same of what it returned; of a rule, with the parameters' names.
        nbytes: Size of the results.
        seconds: How long it took, without the recording.
        recorded: Whether a gradient may be asked for something computed inside.
        parts: The calls inside.
    """

    kind: str
    name: str
    takes: str = ""
    gives: str = ""
    nbytes: int = 0
    seconds: float = 0.0
    recorded: bool = False
    parts: list[Entry] = field(default_factory=list)

    def words(self) -> tuple[str, str]:
        """What a line says: who is called, with what."""
        text = f"  {self.takes}" if self.takes else ""
        if self.kind in ("primitive", "engine"):
            text = f"({self.takes})"
        text += f" -> {self.gives}" if self.gives else ""
        text += f"  {readable(self.nbytes)}" if self.nbytes else ""
        return ("then " if self.kind == "engine" else "") + self.name, text

    def for_page(self) -> dict[str, Any]:
        """What the page's script needs."""
        name, text = self.words()
        parts = [part.for_page() for part in self.parts]
        line = {"kind": self.kind, "name": name, "text": text, "seconds": self.seconds}
        return line | {"parts": parts}


class Tree:
    """Calls within calls: `print` shows them, times in microseconds.

    Attributes:
        entries: The outermost calls, in their order.
        seconds: How long all took, without the recording.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.seconds = 0.0

    def walk(self) -> Iterator[tuple[int, Entry]]:
        """All entries in the order of their calls, and how deep each stands."""
        stack = [(0, entry) for entry in reversed(self.entries)]
        while stack:
            depth, entry = stack.pop()
            yield depth, entry
            stack += [(depth + 1, part) for part in reversed(entry.parts)]

    def text(self, times: bool = True) -> str:
        """The tree, a line for each call.

        Args:
            times: Begin each line with microseconds, and the share of the whole. Without, the
                text is the same every time.
        """
        lines = [self.summary(), f"{'us':>11}  {'share':>6}"] if times else []
        for depth, entry in self.walk():
            share = entry.seconds / (self.seconds or 1)
            columns = f"{entry.seconds * 1e6:11.1f}  {share:6.1%}  " if times else ""
            lines.append(columns + "  " * depth + "".join(entry.words()))
        return "\n".join(lines)

    __str__ = text

    def summary(self) -> str:
        """How long it took, and how much of it in primitives."""
        inside = [e.seconds for _, e in self.walk() if e.kind in ("primitive", "engine")]
        share = sum(inside) / (self.seconds or 1)
        return f"{self.seconds * 1e6:.0f} us, {share:.0%} in {len(inside)} calls of primitives"

    def html(self, title: str = "One step") -> str:
        """A page of its own, which loads nothing: the tree, to unfold, with bars for times."""
        tree = [entry.for_page() for entry in self.entries]
        return page(title, "", {"summary": self.summary(), "seconds": self.seconds, "tree": tree})

    def save(self, path: str | Path, title: str = "One step") -> None:
        """Write the page to a file."""
        Path(path).write_text(self.html(title), encoding="utf-8")

    def _repr_html_(self) -> str:
        return framed(self.html())
