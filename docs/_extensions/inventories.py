"""Names that PyTorch and NumPy document, from the inventories that lie in `docs/inventories`."""

import functools
import re

from mkdocstrings import Inventory
from sources import ROOT

FOLDER = ROOT / "docs" / "inventories"
NAME = re.compile(r"(?<![\[`\w])`((?:torch|numpy)\.[\w.]+)`(?![\]`\w])")


@functools.cache
def known() -> frozenset[str]:
    """All names of both."""
    names: set[str] = set()
    for file in ("pytorch.inv", "numpy.inv"):
        with (FOLDER / file).open("rb") as stream:
            names |= set(Inventory.parse_sphinx(stream))
    return frozenset(names)


def with_links(text: str) -> str:
    """A docstring in which names that are documented elsewhere lead there."""
    return "\n".join(
        line if line.lstrip().startswith((">>>", "...")) else NAME.sub(link, line)
        for line in text.split("\n")
    )


def link(match: re.Match) -> str:
    """The name as a reference, if there is a page for it."""
    return f"[{match[0]}][{match[1]}]" if match[1] in known() else match[0]
