"""MkDocs hook: the page of all names, made from the package's `compatibility.json`."""

import html
import json

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from sources import PACKAGE, ROOT

URI = "compatibility.md"
HEAD = """# Compatibility

What of PyTorch {version}'s public names this package has, name by name. The tests compare every name and every argument with PyTorch, write
this list, and fail when it is not true. *Same* means that the name is there with all its arguments; that it also computes the same
is what the other tests are for. *Partial* lists the arguments that are missing, or the values that are refused.

| namespace | same | partial | absent |
| --- | ---: | ---: | ---: |
{totals}

Many of the absent names are not meant for users: types of the compiler's, storage classes, helpers without documentation.

<p class="filter">
<label>Name <input id="compatibility-name" type="search" placeholder="softmax"></label>
<label>State <select id="compatibility-state"><option value="">all</option><option>same</option><option>partial</option>
<option>absent</option></select></label>
<span id="compatibility-count" role="status"></span>
</p>

<table id="compatibility">
<thead><tr><th>name</th><th>state</th><th>missing arguments, refused values</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>

<script src="../assets/compatibility.js" defer></script>
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    data = json.loads((ROOT / PACKAGE / "compatibility.json").read_text(encoding="utf-8"))
    files.append(File.generated(config, URI, content=page(data)))
    return files


def page(data: dict) -> str:
    """The page's Markdown."""
    spaces = data["namespaces"]
    totals = [total(name, facts) for name, facts in spaces.items()]
    sums = [sum(len(f[state]) for f in spaces.values()) for state in ("same", "partial", "absent")]
    totals.append("| **all** | " + " | ".join(f"**{each}**" for each in sums) + " |")
    lines = [row for name, facts in spaces.items() for row in rows(name, facts)]
    return HEAD.format(version=data["PyTorch"], totals="\n".join(totals), rows="\n".join(lines))


def total(name: str, facts: dict) -> str:
    """One line of the first table."""
    counts = " | ".join(str(len(facts[state])) for state in ("same", "partial", "absent"))
    return f"| `{name}` | {counts} |"


def rows(space: str, facts: dict) -> list[str]:
    """A namespace's rows of the second table, in the order of names."""
    notes = dict.fromkeys(facts["same"], ("same", ""))
    notes |= dict.fromkeys(facts["absent"], ("absent", ""))
    for name, missing in facts["partial"].items():
        values = [f"{key}={value}" if value else key for key, value in missing.items()]
        notes[name] = ("partial", ", ".join(values))
    return [
        f"<tr><td><code>{space}.{html.escape(name)}</code></td><td>{state}</td>"
        f"<td>{html.escape(note)}</td></tr>"
        for name, (state, note) in sorted(notes.items())
    ]
