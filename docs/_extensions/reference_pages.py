"""MkDocs hook: makes the pages of the reference from the modules that exist.

A family has one page: its functions, and the operators behind them. So a new module is
documented by being there.
"""

import ast
import functools
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
        uri_of(module): page(title, block(module))
        for title, module in SINGLE_PAGES.items()
        if exists(module)
    }
    for _, folder in SECTIONS:
        for module in modules(folder):
            texts[uri_of(module)] = page(page_title(module), block(module))
    for module in modules("_functions"):
        functions = block(module, sorted(public_functions()[module]))
        operators = f"{OPERATORS}/{page_title(module)}".replace("/", ".")
        if exists(operators):
            functions += "\n## Operators\n\n" + operator_block(operators)
        texts[uri_of(module)] = page(page_title(module), functions)
    for module in lone_operators():
        texts[uri_of(module)] = page(page_title(module), operator_block(module))
    return texts


def page(title: str, body: str) -> str:
    """A page's Markdown."""
    return f"# {title}\n\n{body}"


def block(module: str, members: list[str] | None = None) -> str:
    """What makes mkdocstrings show a module, or only some of its members."""
    lines = [f"::: {PACKAGE}.{module}"]
    if members is not None:
        lines += ["    options:", f"      members: {members}"]
    return "\n".join(lines) + "\n"


def operator_block(module: str) -> str:
    """The operators of a module, without its helpers."""
    tree = ast.parse(source_of(module).read_text(encoding="utf-8"))
    return block(module, [n.name for n in tree.body if isinstance(n, ast.ClassDef)])


@functools.cache
def public_functions() -> dict[str, set[str]]:
    """By module of functions: the names that the facade makes public.

    They are imported by name, or used as `family.name`, outside `_functions`.
    """
    found: dict[str, set[str]] = {module: set() for module in modules("_functions")}
    for path in (ROOT / PACKAGE).rglob("*.py"):
        if path.parent.name == "_functions" or "firefly" in path.parts:
            continue
        families = {}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                origin = (node.module or "").removeprefix(PACKAGE + ".")
                for name in node.names:
                    if origin == "_functions":
                        families[name.asname or name.name] = f"{origin}.{name.name}"
                    elif origin in found:
                        found[origin].add(name.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.get(families.get(node.value.id, ""), set()).add(node.attr)
    return found


def modules(folder: str) -> list[str]:
    """Dotted names of a folder's public modules."""
    names = sorted(path.stem for path in (ROOT / PACKAGE / folder).glob("*.py"))
    dotted = folder.replace("/", ".")
    return [f"{dotted}.{name}" for name in names if name[0] != "_"]


def lone_operators() -> list[str]:
    """Operator modules without functions of the same family."""
    families = {name.split(".")[-1] for name in modules("_functions")}
    return [m for m in modules(OPERATORS) if m.split(".")[-1] not in families]


def source_of(module: str) -> pathlib.Path:
    """The file of a module or package."""
    path = ROOT / PACKAGE / module.replace(".", "/")
    file = path.with_name(path.name + ".py")
    return file if file.exists() else path / "__init__.py"


def exists(module: str) -> bool:
    """Whether there is such a module or package."""
    return source_of(module).exists()


def uri_of(module: str) -> str:
    """The page of a module: `reference/reduction.md`."""
    return f"reference/{module.replace('_functions.', '').lstrip('_')}.md"


def page_title(module: str) -> str:
    """The last part of the module's name."""
    return module.split(".")[-1].lstrip("_")
