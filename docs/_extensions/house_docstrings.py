"""Griffe extension: reads the parts of our docstrings that Google's style lacks.

`Example:` holds a session that the tests run, `See:` closes with links. Left alone,
both would become boxes of plain text. Names of PyTorch's and NumPy's lead to their pages, and
formulas that follow one another are kept apart.
"""

import re

import griffe
from inventories import with_links

EXAMPLE = re.compile(r"^Example:$", re.MULTILINE)
SEE = re.compile(r"^See: (.+(?:\n[ \t]+\S.*)*)", re.MULTILINE)
FORMULAS = re.compile(r"\$\$\n(?=\$\$)")


class HouseDocstrings(griffe.Extension):
    """Rewrites every docstring as it is read."""

    def on_object(self, *, obj: griffe.Object, **_) -> None:
        """Called for each module, class, function and attribute."""
        if obj.docstring is not None:
            text = EXAMPLE.sub("Examples:", obj.docstring.value)
            text = FORMULAS.sub("$$\n\n", text)
            obj.docstring.value = with_links(SEE.sub(see_paragraph, text))


def see_paragraph(match: re.Match) -> str:
    """The links on one line, so that none is taken for an indented block."""
    return f"**See:** {' '.join(match[1].split())}"
