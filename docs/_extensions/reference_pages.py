"""MkDocs hook: makes the pages of the reference from the modules that exist.

A family has one page: its functions, and the operators behind them. So a new module is
documented by being there.
"""

import pathlib

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = pathlib.Path(__file__).parents[2]
PACKAGE = "minitorch_ff"
# Section of the reference, folder below the package.
SECTIONS = [
    ("Functions", "_functions"),
    ("nn", "nn/modules"),
    ("nn.functional", "nn/functional"),
    ("nn.utils", "nn/utils"),
    ("optim", "optim"),
    ("optim.lr_scheduler", "optim/lr_scheduler"),
    ("utils.data", "utils/data"),
    ("autograd", "autograd"),
    ("vision", "vision"),
    ("scripts", "scripts"),
    ("firefly", "firefly"),
    ("firefly.backend", "firefly/backend"),
    ("firefly.backend.array_api", "firefly/backend/array_api"),
]
SINGLE_PAGES = {  # page: module
    "Tensor": "_tensor",
    "dtypes": "_dtypes",
    "devices": "_devices",
    "printing": "_printing",
    "saving": "_serialization",
    "linalg": "linalg",
    "special": "special",
    "cuda": "cuda",
    "random": "random",
    "nn.init": "nn.init",
    "nn.parameter": "nn.parameter",
}
OPERATORS = "firefly/ops"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages into the navigation."""
    for entry in config.nav:
        if "Reference" in entry:
            entry["Reference"] = [
                {title: uri} if uri else {title: inner}
                for title, uri, inner in navigation()
            ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages themselves."""
    for uri, text in pages().items():
        files.append(File.generated(config, uri, content=text))
    return files


def navigation() -> list[tuple[str, str, list]]:
    """Triples of a title, a page or nothing, and the pages of the section."""
    entries = [
        (title, uri_of(module), [])
        for title, module in SINGLE_PAGES.items()
        if exists(module)
    ]
    for title, folder in SECTIONS:
        inner = [{page_title(m): uri_of(m)} for m in modules(folder)]
        if inner:
            entries.append((title, "", inner))
    rules = [{m.split(".")[-1]: uri_of(m)} for m in lone_operators()]
    if rules:
        entries.append(("firefly.ops", "", rules))
    return entries


def pages() -> dict[str, str]:
    """Markdown by page."""
    texts = {
        uri_of(module): page(title, [module])
        for title, module in SINGLE_PAGES.items()
        if exists(module)
    }
    for _, folder in SECTIONS:
        for module in modules(folder):
            shown = [module]
            family = module.split(".")[-1]
            operators = f"{OPERATORS}/{family}".replace("/", ".")
            if folder == "_functions" and exists(operators):
                shown.append(operators)
            texts[uri_of(module)] = page(page_title(module), shown)
    for module in lone_operators():
        texts[uri_of(module)] = page(page_title(module), [module])
    return texts


def page(title: str, shown: list[str]) -> str:
    """A page's Markdown: the first module, then its operators."""
    parts = [f"# {title}"]
    for number, module in enumerate(shown):
        if number:
            parts.append("## Operators")
        parts.append(f"::: {PACKAGE}.{module}")
    return "\n\n".join(parts) + "\n"


def modules(folder: str) -> list[str]:
    """Dotted names of a folder's public modules."""
    names = sorted(path.stem for path in (ROOT / PACKAGE / folder).glob("*.py"))
    dotted = folder.replace("/", ".")
    return [f"{dotted}.{name}" for name in names if name[0] != "_"]


def lone_operators() -> list[str]:
    """Operator modules without functions of the same family."""
    families = {name.split(".")[-1] for name in modules("_functions")}
    return [m for m in modules(OPERATORS) if m.split(".")[-1] not in families]


def exists(module: str) -> bool:
    """Whether there is such a module or package."""
    path = ROOT / PACKAGE / module.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def uri_of(module: str) -> str:
    """The page of a module: `reference/reduction.md`."""
    return f"reference/{module.replace('_functions.', '').lstrip('_')}.md"


def page_title(module: str) -> str:
    """The last part of the module's name."""
    return module.split(".")[-1].lstrip("_")
