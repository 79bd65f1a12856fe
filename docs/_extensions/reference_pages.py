"""MkDocs hook: makes the pages of the reference from the modules that exist.

A family has one page: its functions, and the operators behind them. A package has a page
of its own, with links to what it takes over from elsewhere. So a new module is documented
by being there.
"""

import ast

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from sources import (
    PACKAGE,
    defined,
    exists,
    exported,
    handed_on,
    modules,
    public_functions,
)

TENSOR, FUNCTIONS, OPERATORS = "_tensor", "_functions", "firefly.ops"
TITLES = {
    "_dtypes": "dtypes", "_devices": "devices", "_settings": "settings",
    "_printing": "printing", "_legacy": "types of old scripts",
}  # fmt: skip
NAMESPACES = """
linalg special random func serialization amp compiler hub multiprocessing
""".split()
PACKAGES = """
autograd cuda nn nn.modules nn.functional nn.utils optim optim.lr_scheduler utils utils.data
distributions signal vision vision.datasets vision.transforms
firefly firefly.backend firefly.backend.array_api firefly.random scripts compare explain
""".split()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages into the navigation."""
    for entry in config.nav:
        if "Reference" in entry:
            entry["Reference"] = navigation()
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages themselves."""
    for module, text in pages().items():
        files.append(File.generated(config, uri_of(module), content=text))
    return files


def navigation() -> list[dict]:
    """Tensor; functions by family; single modules; packages with their modules."""
    entries: list[dict] = [{"Tensor": uri_of(TENSOR)}]
    entries.append({"Functions": links(modules(FUNCTIONS))})
    entries += [{title(m): uri_of(m)} for m in single_modules()]
    for package in filter(exists, PACKAGES):
        entries.append({package: [uri_of(package), *links(modules(package))]})
    return [*entries, {OPERATORS: links(lone_operators())}]


def links(names: list[str]) -> list[dict]:
    """Entries of the navigation for modules."""
    return [{title(name): uri_of(name)} for name in names]


def pages() -> dict[str, str]:
    """Markdown by module."""
    texts = {TENSOR: page(TENSOR, show(TENSOR))}
    for module in modules(FUNCTIONS):
        texts[module] = family_page(module)
    for package in filter(exists, PACKAGES):
        for module in modules(package):
            texts[module] = page(module, show(module))
        texts[package] = namespace_page(package)
    for module in single_modules():
        texts[module] = namespace_page(module)
    for module in lone_operators():
        texts[module] = page(module, show(module, defined(module, ast.ClassDef)))
    return texts


def single_modules() -> list[str]:
    """Modules of the facade that stand alone."""
    return [m for m in (*TITLES, *NAMESPACES) if exists(m)]


def lone_operators() -> list[str]:
    """Modules of operators without functions of the same family."""
    families = {title(m) for m in modules(FUNCTIONS)}
    return [m for m in modules(OPERATORS) if title(m) not in families]


def family_page(module: str) -> str:
    """Functions, then the operators of the same family."""
    body = show(module, sorted(public_functions()[module]))
    operators = f"{OPERATORS}.{title(module)}"
    if exists(operators):
        shown = show(operators, defined(operators, ast.ClassDef), level=3)
        body += f"\n## Operators {{ #{PACKAGE}.{operators} }}\n\n{shown}"
    return page(module, body)


def namespace_page(module: str) -> str:
    """What a module says and defines, and links to what it takes over.

    What it takes from a module without a page is shown here.
    """
    links, members = set(), defined(module)
    for name, origin, original in handed_on(module):
        if has_page(origin):
            links.add(f"[`{name}`][{PACKAGE}.{origin}.{original}]")
        elif name in exported(module):
            members.append(name)
    body = show(module, members)
    if links:
        body += f"\n## Also here\n\n{', '.join(sorted(links))}\n"
    return page(module, body)


def has_page(module: str) -> bool:
    """Whether a module is not private to the package around it."""
    private = module.removeprefix(FUNCTIONS + ".").startswith("_") or "._" in module
    return module in (TENSOR, *TITLES) or not private


def page(module: str, body: str) -> str:
    """A page's Markdown; the module's name leads to its title.

    A search shows functions first and the engine last.
    """
    boost = 2 if "_functions" in module or "functional" in module else 1
    if module.startswith("firefly"):
        boost = 0.1
    heading = f"# {title(module)} {{ #{PACKAGE}.{module} }}"
    return f"---\nsearch:\n  boost: {boost}\n---\n\n{heading}\n\n{body}"


def show(module: str, members: list[str] | None = None, level: int = 2) -> str:
    """What makes mkdocstrings show a module, or only some of its members.

    Args:
        module: Its dotted name below the package.
        members: Their names; all by default.
        level: Of their headings.
    """
    lines = [f"::: {PACKAGE}.{module}", "    options:", f"      heading_level: {level}"]
    if members is not None:
        lines.append(f"      members: {members or False}")
    return "\n".join(lines) + "\n"


def title(module: str) -> str:
    """`reduction`, `optim.lr_scheduler`: without what the section says already."""
    if module == TENSOR:
        return "Tensor"
    if module in PACKAGES:
        return module
    return TITLES.get(module, module.split(".")[-1])


def uri_of(module: str) -> str:
    """The page of a module: `reference/reduction.md`, `reference/torch.linalg.md`."""
    if module == TENSOR:
        return "reference/tensor.md"
    if module in NAMESPACES:
        return f"reference/torch.{module}.md"
    return f"reference/{module.removeprefix(FUNCTIONS + '.').lstrip('_')}.md"
