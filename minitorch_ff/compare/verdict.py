"""Are two outcomes the same? If not, where do they part first?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from minitorch_ff.compare.deep import Difference, compare_records
from minitorch_ff.compare.lines import Match, Tolerance, compare_lines, compare_texts
from minitorch_ff.compare.outcome import Outcome

IDENTICAL, EQUAL, DIVERGENCE = "identical text", "numerically equal", "first divergence"


@dataclass
class Verdict:
    """What a comparison comes to.

    Attributes:
        kind: `identical text`, `numerically equal` or `first divergence`.
        where: The line, as `line 3`, or `the end`; where they part first, or where they
            differ most. Empty if they do not differ in text.
        texts: PyTorch's line there, and ours; None is a line that is missing.
        numbers: The two numbers there that differ most, if numbers differ.
        size: The largest relative difference of two numbers that agree in the whole
            run, or of those that part first.
        tensor: The first recorded tensor that parts.
    """

    kind: str
    where: str = ""
    texts: tuple[str | None, str | None] = (None, None)
    numbers: tuple[str, str] | None = None
    size: float = 0.0
    tensor: Difference | None = None

    def __str__(self) -> str:
        text = self.kind
        if self.where:
            text += f": {self.where}"
        if self.numbers:
            theirs, ours = self.numbers
            text += f", PyTorch {theirs}, minitorch_ff {ours}, relative difference {self.size:.2g}"
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
        deep: The recorded tensors, if any.
        notes: What a reader should know before the verdict counts.
    """

    torch: Outcome
    ours: Outcome
    tolerance: Tolerance
    matches: list[Match] = field(default_factory=list)
    deep: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    verdict: Verdict | None = None

    @property
    def ended(self) -> bool:
        """Whether both have ended and every line is compared."""
        longest = max(len(self.torch.lines), len(self.ours.lines))
        return self._both_ended() and len(self.matches) == longest

    def _both_ended(self) -> bool:
        return self.torch.code is not None and self.ours.code is not None

    def advance(self) -> Iterator[int]:
        """Compare the lines that both have by now; the indices of the new pairs.

        When both have ended, lines that only one has are compared with None.
        """
        theirs, mine = self.torch.lines, self.ours.lines
        count = (max if self._both_ended() else min)(len(theirs), len(mine))
        for index in range(len(self.matches), count):
            self.matches.append(compare_lines(*self.texts(index), self.tolerance))
            yield index

    def texts(self, index: int) -> tuple[str | None, str | None]:
        """PyTorch's line and ours; None is a line that is missing."""
        theirs, mine = (
            side.lines[index] if index < len(side.lines) else None
            for side in (self.torch, self.ours)
        )
        return theirs, mine

    def finish(self) -> Verdict:
        """Sum up, when both have ended."""
        self.deep = compare_records(self.torch, self.ours, self.tolerance)
        self.verdict = self._verdict()
        if self.torch.hash != self.ours.hash:
            self.notes.append("the recording is of another version of the script")
        if self.torch.arguments != self.ours.arguments:
            self.notes.append(f"the recording was made with the arguments {self.torch.arguments}")
        for side, other in ((self.torch, self.ours), (self.ours, self.torch)):
            if side.inside.get("ended"):
                self.notes.append(f"{side.name}: the recording ended {side.inside['ended']}")
            if other.records and not side.records:
                self.notes.append(f"{side.name}: no tensors were recorded")
        return self.verdict

    def _verdict(self) -> Verdict:
        tensor = next((difference for difference in self.deep if difference.apart), None)
        places = [(m, f"line {i + 1}", self.texts(i)) for i, m in enumerate(self.matches)]
        ends = self.torch.ending(), self.ours.ending()
        for match, *texts in zip(compare_texts(*ends, self.tolerance), *ends, strict=False):
            places.append((match, "the end", (texts[0], texts[1])))
        largest = max(places, key=lambda place: place[0].size)
        match, where, texts = next((p for p in places if p[0].kind == "apart"), largest)
        details = (where, texts, match.numbers, match.size, tensor)
        if match.kind == "apart":
            return Verdict(DIVERGENCE, *details)
        if all(place[0].kind == "same" for place in places):
            return Verdict(DIVERGENCE if tensor else IDENTICAL, tensor=tensor)
        return Verdict(DIVERGENCE if tensor else EQUAL, *details)
