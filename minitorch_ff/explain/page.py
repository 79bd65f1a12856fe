"""Pages and pictures of one file: everything is inside, nothing is loaded from elsewhere."""

from __future__ import annotations

import html
import json
import re
from importlib.resources import files
from typing import Any


def page(title: str, body: str, data: Any = None) -> str:
    """The template with a title, a body of HTML, and data for its script.

    The data are JSON in which no `<` stands, so that nothing in them ends the script.
    """
    encoded = json.dumps(data, ensure_ascii=False).replace("<", r"\u003c")
    return filled("page.html", title=html.escape(title), body=body, data=encoded)


def filled(template: str, **parts: Any) -> str:
    """A template of this package, with `[[name]]` replaced by what `parts` has for it."""
    text = files("minitorch_ff.explain").joinpath(template).read_text(encoding="utf-8")
    return re.sub(r"\[\[(\w+)\]\]", lambda match: str(parts[match[1]]), text)


def framed(document: str) -> str:
    """A page as part of another one, such as a notebook."""
    source = html.escape(document, quote=True)
    return f'<iframe style="width:100%;height:32rem;border:0" srcdoc="{source}"></iframe>'
