"""Who may import whom: read from the files, nothing is imported.

The package is a stack. A module imports what lies below it, and its own layer.
"""

import pytest

from compat_tests.house.files import PACKAGE, imports, module_name, modules

# From the bottom up. A module belongs to the layer with the longest fitting name.
LAYERS = [
    ("firefly.backend", "firefly.random"),
    ("firefly",),
    (
        "_dtypes",
        "_devices",
        "_size",
        "_checks",
        "_version",
        "_trees",
        "_missing",
        "return_types",
        "scripts.import_hook",
        "utils.hooks",
    ),
    ("_printing",),
    ("_functions",),
    ("_tensor",),
    ("_legacy", "_settings"),
    ("amp", "backends", "cuda", "distributed", "linalg", "random", "special"),
    ("accelerator",),
    ("_serialization", "serialization"),
    ("autograd",),
    ("nn.functional",),
    ("nn",),
    ("optim", "utils"),
    ("_compile", "compiler", "cuda.graphed", "distributions", "hub", "multiprocessing"),
    ("_dynamo",),
    ("vision",),
    ("",),
]
MAY_USE_NUMPY = (  # the back ends, the generator, and the facade's borders
    "_compile",
    "firefly.backend",
    "firefly.random",
    "_dtypes",
    "_printing",
    "_functions.conversion",
    "_functions.creation",
    "_functions.indexing",
    "_functions.interchange",
    "_functions.random",
    "_serialization.archive",
    "compare.recording",
    "compare.verdict",
    "compare.worlds",
    "utils.data._utils.collate",
    "utils.data._utils.worker",
    "vision._pillow",
    "vision.datasets.cifar",
    "vision.transforms.functional",
    "vision.transforms.v2",
)
MAY_IMPORT_PYTORCH = {"compare.worlds"}  # calls a function in both worlds
# Inside a function, at the time of the call: a method that stands for a higher layer.
UPWARDS = {
    ("_tensor", "autograd.gradients.backward"),  # Tensor.backward is autograd.backward
    ("cuda", "cuda.graphed.make_graphed_callables"),
    ("nn.modules.module", "compiler.compile"),  # Module.compile compiles its forward
}
ARRAY_LIBRARIES = {"numpy", "cupy", "cupyx"}
FILES = [pytest.param(path, id=module_name(path) or "__init__") for path in modules()]


def is_below(name: str, package: str) -> bool:
    return not package or name == package or name.startswith(package + ".")


def layer_of(name: str) -> int:
    fits = [
        (len(package), level)
        for level, packages in enumerate(LAYERS)
        for package in packages
        if is_below(name, package)
    ]
    return max(fits)[1]


def own(imported: str) -> str | None:
    """An imported name below the package; None for other packages."""
    package = PACKAGE.name
    return imported.removeprefix(package).lstrip(".") if is_below(imported, package) else None


def test_files_are_found():
    assert len(FILES) > 10


@pytest.mark.parametrize("path", FILES)
def test_imports_point_downwards(path):
    name = module_name(path)
    upwards = [
        f"line {line}: {imported}"
        for line, imported in imports(path)
        if own(imported) is not None
        and layer_of(own(imported)) > layer_of(name)
        and (name, own(imported)) not in UPWARDS
    ]
    assert not upwards


@pytest.mark.parametrize("path", FILES)
def test_only_borders_use_an_array_library(path):
    name = module_name(path)
    used = {imported.split(".")[0] for _, imported in imports(path, typing_only=True)}
    allowed = any(is_below(name, package) for package in MAY_USE_NUMPY)
    assert allowed or not used & ARRAY_LIBRARIES


@pytest.mark.parametrize("path", FILES)
def test_nothing_imports_pytorch(path):
    used = {imported.split(".")[0] for _, imported in imports(path, typing_only=True)}
    assert module_name(path) in MAY_IMPORT_PYTORCH or not used & {"torch", "torchvision"}


def test_operators_know_only_operators():
    """No back end, no tensor: the namespace arrives as `xp`."""
    ops = [path for path in modules() if is_below(module_name(path), "firefly.ops")]
    rules = [path for path in ops if path.stem not in ("base", "__init__")]
    assert rules
    for path in rules:
        for line, imported in imports(path):
            name = own(imported)
            below = ("firefly.ops", "firefly.promotion")
            known = name is None or any(is_below(name, b) for b in below)
            assert known, f"{path.name}, line {line}: {imported}"
