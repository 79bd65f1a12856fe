"""MkDocs hook: a search finds what the pages say, not the folded source below it."""

FOLDED = '<details class="mkdocstrings-source"'


def on_page_content(content: str, **_) -> str:
    """Mark the source of every entry, before the search plugin reads the page."""
    return content.replace(FOLDED, f"{FOLDED} data-search-exclude")
