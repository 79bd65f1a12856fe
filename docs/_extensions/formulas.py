"""MkDocs hook: turns formulas into MathML, which browsers draw without a script."""

import html
import re

from latex2mathml.converter import convert

# What the arithmatex extension leaves of `$$ … $$` and `$ … $`.
FORMULA = re.compile(
    r'<(?P<tag>div|span) class="arithmatex">\s*'
    r"\\(?P<open>[\[(])(?P<tex>.*?)\\[\])]\s*</(?P=tag)>",
    re.DOTALL,
)


def on_page_content(content: str, **_) -> str:
    """Replace every formula of a finished page."""
    return FORMULA.sub(as_mathml, content)


def as_mathml(match: re.Match) -> str:
    """The formula of one match, on a line of its own where it stood on one."""
    display = "block" if match["open"] == "[" else "inline"
    return convert(html.unescape(match["tex"]).strip(), display=display)
