"""Are two outcomes the same? If not, where do they part first?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from minitorch_ff.compare.deep import Difference, compare_records
from minitorch_ff.compare.lines import Match, Tolerance, compare_lines
from minitorch_ff.compare.outcome import Outcome

IDENTICAL, EQUAL, DIVERGENCE = "identical text", "numerically equal", "first divergence"
MISSING = "(no line)"


@dataclass
class Verdict:
    """What a comparison comes to.

    Attributes:
        kind: `identical text`, `numerically equal` or `first divergence`.
        where: `line 3`, or `the end`, where the two part first; if they do not, where
            they differ most. Empty if they do not differ in text.
        texts: PyTorch's line there, and ours; None is a line that is missing.
        numbers: The two numbers there that differ most, if numbers differ.
        size: Their relative difference; infinite where words part.
        tensor: The first recorded tensor that parts.
    """

    kind: str
    where: str = ""
    texts: tuple[str | None, str | None] = (None, None)
    numbers: tuple[str, str] | None = None
    size: float = 0.0
    tensor: Difference | None = None

    def __str__(self) -> str:
        text = f"{self.kind}: {self.where}" if self.where else self.kind
        if self.numbers:
            theirs, ours = self.numbers
            text += f", PyTorch {theirs}, minitorch_ff {ours}, "
            text += f"{'largest ' * (self.kind == EQUAL)}relative difference {self.size:.2g}"
        elif self.where:
            theirs, ours = (MISSING if line is None else line for line in self.texts)
            text += f"\n  PyTorch      | {theirs}\n  minitorch_ff | {ours}"
        if self.tensor is not None:
            text += f"\nfirst tensor that parts: {self.tensor}"
        return text


@dataclass
class Comparison:
    """Two outcomes, line by line, while they come in and after their end.

    Attributes:
        torch: PyTorch's outcome.
        ours: This package's.
        tolerance: What counts as equal.
        matches: One for each pair of lines.
        first: Index of the first pair that parts.
        deep: The recorded tensors, if any.
        notes: What a reader should know before the verdict counts.
    """

    torch: Outcome
    ours: Outcome
    tolerance: Tolerance
    matches: list[Match] = field(default_factory=list)
    first: int | None = None
    deep: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Whether both scripts have."""
        return self.torch.code is not None and self.ours.code is not None

    def advance(self) -> Iterator[int]:
        """Compare the lines that both have by now; the indices of the new pairs.

        When both have ended, lines that only one has are compared with None.
        """
        count = (max if self.ended else min)(len(self.torch.lines), len(self.ours.lines))
        for index in range(len(self.matches), count):
            self.matches.append(compare_lines(*self.texts(index), self.tolerance))
            if self.first is None and self.matches[index].kind == "apart":
                self.first = index
            yield index

    def texts(self, index: int) -> tuple[str | None, str | None]:
        """PyTorch's line and ours; None is a line that is missing."""
        theirs, mine = self.torch.lines, self.ours.lines
        return (
            theirs[index] if index < len(theirs) else None,
            mine[index] if index < len(mine) else None,
        )

    def finish(self) -> Verdict:
        """Compare what was recorded, add notes and sum up, when both have ended."""
        torch, ours = self.torch, self.ours
        self.deep = compare_records(torch, ours, self.tolerance)
        if torch.hash != ours.hash:
            self.notes.append("the recording is of another version of the script")
        if torch.arguments != ours.arguments:
            self.notes.append(f"the recording was made with the arguments {torch.arguments}")
        theirs, mine = torch.ending(), ours.ending()
        if torch.code != ours.code:
            self.notes.append(f"PyTorch ends with {theirs[-1]}, minitorch_ff with {mine[-1]}")
        limits = {side.inside.get("limit") or "" for side in (torch, ours)}
        self.notes += [f"tensors are recorded {limit}" for limit in sorted(limits) if limit]
        places: list[tuple[Match, str, Any]] = [
            (match, f"line {index + 1}", self.texts(index))
            for index, match in enumerate(self.matches)
        ]
        for texts in zip(theirs, mine, strict=False):
            places.append((compare_lines(*texts, self.tolerance), "the end", texts))
        tensor = next((difference for difference in self.deep if difference.apart), None)
        largest = max(places, key=lambda place: (place[0].size, place[0].kind != "same"))
        match, where, texts = next((p for p in places if p[0].kind == "apart"), largest)
        if match.kind == "apart":
            return Verdict(DIVERGENCE, where, texts, match.numbers, match.size, tensor)
        if tensor or match.kind == "same":
            return Verdict(DIVERGENCE if tensor else IDENTICAL, tensor=tensor)
        return Verdict(EQUAL, where, texts, match.numbers, match.size)
