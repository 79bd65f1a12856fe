"""MkDocs hook: a page loads only what it uses, and comes without the template's indentation."""

import re

# What is in the page if it needs the file.
USED_BY = {"_mkdocstrings.css": "doc-object", "run_here.js": 'class="run-here"'}
TAG = r'<(?:link|script)\b[^>]*"[^"]*{}"[^>]*>(?:</script>)?\s*'
INDENTATION = re.compile(r"(<(pre|textarea)\b.*?</\2>)|\n\s+", re.DOTALL)


def on_post_page(output: str, **_) -> str:
    """Called by mkdocs with a finished page."""
    for name, sign in USED_BY.items():
        if sign not in output:
            output = re.sub(TAG.format(re.escape(name)), "", output)
    return INDENTATION.sub(lambda found: found[1] or "\n", output)
