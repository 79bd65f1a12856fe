"""What of PyTorch's and torchvision's public names this package has: compared one by one."""

import ast
import importlib.util
import inspect
import json
import pathlib
import pkgutil
import types

import torch

import minitorch_ff as ff
import minitorch_ff.vision
from compat_tests.house.files import PACKAGE
from compat_tests.vision.loading import load_torchvision

FILE = PACKAGE / "compatibility.json"
NAMESPACES = """
torch torch.Tensor torch.amp torch.autograd torch.cuda torch.distributions torch.func
torch.linalg torch.nn torch.nn.functional torch.nn.init torch.nn.utils torch.optim
torch.optim.lr_scheduler torch.special torch.utils.data
""".split()
OF_TORCHVISION = """
torchvision.datasets torchvision.io torchvision.transforms torchvision.transforms.functional
torchvision.transforms.v2 torchvision.tv_tensors torchvision.utils
""".split()
WORLDS = {"torch": (torch, ff), "torchvision": (load_torchvision(), ff.vision)}
# Arguments that are there, and a value of theirs that is refused. A test tries each.
REFUSED = {
    "torch.gather": {"sparse_grad": "True"},
    "torch.Tensor.gather": {"sparse_grad": "True"},
    "torch.nn.Embedding": {"sparse": "True"},
    "torch.nn.EmbeddingBag": {"sparse": "True"},
    "torch.nn.functional.embedding": {"sparse": "True"},
    "torch.nn.functional.embedding_bag": {"sparse": "True"},
}
STUBS = pathlib.Path(torch.__file__).parent / "_C"
# Where names come from that a script may use on anything, tensors aside.
COMMON = """
argparse array ast asyncio base64 bisect builtins calendar collections collections.abc
concurrent.futures configparser contextlib copy csv ctypes dataclasses datetime decimal difflib
email.message enum fractions functools gc glob gzip hashlib heapq hmac html http.client importlib
inspect io itertools json logging math multiprocessing multiprocessing.shared_memory mmap numbers
operator os pathlib pickle platform pprint queue random re secrets select shelve shutil signal
socket sqlite3 statistics string struct subprocess sys tarfile tempfile textwrap threading time
timeit traceback types typing unittest unittest.mock urllib.parse urllib.request uuid warnings
weakref xml.etree.ElementTree zipfile zlib
matplotlib.axes matplotlib.figure matplotlib.pyplot numpy numpy.linalg numpy.random pandas
PIL.Image sklearn.base sklearn.pipeline tqdm torch.nn torch.optim torch.utils.data
""".split()


def computed() -> dict:
    """What the file should say; of torchvision, where it is not installed, what it does say."""
    spaces = {space: compare(space) for space in NAMESPACES}
    said = json.loads(FILE.read_text(encoding="utf-8"))
    version = said.get("torchvision", "")
    if WORLDS["torchvision"][0] is None:
        spaces |= {space: said["namespaces"][space] for space in OF_TORCHVISION}
    else:
        spaces |= {space: compare(space) for space in OF_TORCHVISION}
        version = WORLDS["torchvision"][0].__version__.partition("+")[0]
    methods = spaces["torch.Tensor"]["absent"]
    known = {name for module in COMMON for name in names_in(importlib.import_module(module))}
    spaces["torch.Tensor"]["only tensors"] = sorted(set(methods) - known)
    versions = {"PyTorch": torch.__version__.partition("+")[0], "torchvision": version}
    return {**versions, "namespaces": spaces}


def names_in(module: types.ModuleType) -> set[str]:
    """The names of a module, and of the classes in it; tensors do not count."""
    classes = [value for value in vars(module).values() if inspect.isclass(value)]
    owners = [c for c in classes if not issubclass(c, torch.Tensor)]
    return {name for owner in (module, *owners) for name in dir(owner)}


def text() -> str:
    """The file's text: one line for each list."""
    data = computed()
    versions = [f'"{name}": "{data[name]}", ' for name in ("PyTorch", "torchvision")]
    lines = [f'{{{"".join(versions)}"namespaces": {{']
    for space, facts in data["namespaces"].items():
        inner = ",\n".join(f'  "{key}": {json.dumps(value)}' for key, value in facts.items())
        lines.append(f'"{space}": {{\n{inner}\n}},')
    lines[-1] = lines[-1].rstrip(",")
    return "\n".join([*lines, "}}", ""])


def compare(space: str) -> dict:
    """Which names of a namespace are the same, which are partial, which absent."""
    theirs, ours = [find(world, space) for world in WORLDS[space.partition(".")[0]]]
    absent, partial, same = [], {}, []
    for name in public_names(theirs, space):
        if not has(ours, name):
            absent.append(name)
            continue
        lacking = dict.fromkeys(missing_arguments(theirs, ours, name), "")
        lacking |= REFUSED.get(f"{space}.{name}", {})
        if lacking:
            partial[name] = lacking
        else:
            same.append(name)
    return {"same": same, "partial": partial, "absent": absent}


def find(world, space: str):
    """A namespace of PyTorch's or torchvision's in one of the worlds."""
    _, *names = space.split(".")
    value = world
    for name in names:
        if isinstance(value, types.ModuleType) and not hasattr(value, name):
            importlib.import_module(f"{value.__name__}.{name}")
        value = getattr(value, name)
    return value


def has(namespace, name: str) -> bool:
    """Whether a name is there, or can be imported from there."""
    if hasattr(namespace, name):
        return True
    return hasattr(namespace, "__path__") and bool(
        importlib.util.find_spec(f"{namespace.__name__}.{name}")
    )


def public_names(namespace, space: str) -> list[str]:
    """What a namespace offers on purpose, sorted; not what it imports for its own use."""
    listed = set(getattr(namespace, "__all__", ()))
    names = {
        name
        for name in dir(namespace)
        if name in listed or belongs(getattr(namespace, name), name, space)
    }
    # Which modules are loaded depends on what was imported before; which there are does not.
    modules = pkgutil.iter_modules(getattr(namespace, "__path__", ()))
    return sorted(name for name in names.union(m.name for m in modules) if name[0] != "_")


def belongs(value, name: str, space: str) -> bool:
    """Whether an unlisted name is a part of its namespace."""
    if inspect.ismodule(value):
        return False
    if space == "torch.Tensor":
        return True
    if isinstance(value, (torch.dtype, torch.layout, torch.memory_format)):
        return space == "torch"
    home = getattr(value, "__module__", None) or ""
    own = inspect.isclass(value) or callable(value)
    elsewhere = space != "torch" and getattr(torch, name, None) is value and inspect.isclass(value)
    return own and not elsewhere and (not home or home.startswith("torch"))


def missing_arguments(theirs, ours, name: str) -> list[str]:
    """The keywords that PyTorch's function takes and ours does not."""
    wanted = their_keywords(theirs, name) if hasattr(theirs, name) else None
    had = keywords(getattr(ours, name, None))
    if wanted is None or had is None:
        return []
    return sorted(wanted - had)


def keywords(value) -> set[str] | None:
    """What can be given by name; None where that is not known, or anything can."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (ValueError, TypeError):
        return None
    if not callable(value) or any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found = {p.name for p in parameters if p.kind in named and p.name[0] != "_"}
    found |= set(getattr(value, "__kwdefaults__", None) or {})  # `out`, of a wrapped function
    return found - {"self"}


def their_keywords(namespace, name: str) -> set[str] | None:
    """The same for PyTorch's functions; those written in C++ have stubs."""
    found = STUBBED.get((namespace is torch.Tensor, name))
    value = getattr(namespace, name)
    written_in_python = hasattr(value, "__code__") or inspect.isclass(value)
    return keywords(value) if written_in_python or found is None else found


def stubbed() -> dict[tuple[bool, str], set[str]]:
    """(whether it is a method, its name): all keywords of all overloads."""
    functions: dict[tuple[bool, str], set[str]] = {}
    for file in ("_VariableFunctions.pyi", "_nn.pyi", "__init__.pyi"):
        tree = ast.parse((STUBS / file).read_text(encoding="utf-8"))
        bodies = [(False, tree.body)] if file != "__init__.pyi" else []
        bodies += [
            (True, node.body)
            for node in tree.body
            if isinstance(node, ast.ClassDef) and node.name == "TensorBase"
        ]
        for method, body in bodies:
            for node in body:
                if isinstance(node, ast.FunctionDef):
                    arguments = node.args.args + node.args.kwonlyargs
                    names = {a.arg for a in arguments} - {"self", "__"}
                    functions.setdefault((method, node.name), set()).update(
                        name for name in names if name[0] != "_"
                    )
    return functions


STUBBED = stubbed()
