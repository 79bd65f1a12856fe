"""What CuPy offers under NumPy's names: writes `cupy_surface.json`, which the stand-in obeys.

    python -m compat_tests.cupy_surface

needs CuPy, not a GPU. The list says for every function its parameters, for every ufunc the
dtypes it has a loop for, and for every method of arrays its parameters: an argument that CuPy
does not know is refused by the stand-in as well.
"""

import importlib
import inspect
import json
import pathlib
import re

import numpy

PATH = pathlib.Path(__file__).with_suffix(".json")
SUBMODULES = ("linalg", "lib.stride_tricks")
SPECIAL = ("digamma erf erfc erfcx erfinv gammaln i0 i0e i1 i1e log_ndtr ndtr ndtri zeta").split()
"""What the back end takes from `cupyx.scipy.special`."""


def written() -> dict:
    """The committed list."""
    return json.loads(PATH.read_text(encoding="utf-8"))


def read_from(cupy) -> dict:
    """The list, from a CuPy that is installed."""
    surface = {"cupy": cupy.__version__, "functions": {}, "ufuncs": {}, "others": []}
    for prefix in ("", *SUBMODULES):
        for name, ours, theirs in _both(cupy, prefix):
            if isinstance(theirs, cupy.ufunc):
                surface["ufuncs"][name] = {"types": theirs.types, "at": theirs._scatter_op}
            elif callable(theirs) and not isinstance(theirs, type):
                surface["functions"][name] = _parameters(theirs)
            elif type(ours) is type(theirs) or isinstance(theirs, type):
                surface["others"].append(name)
    # Not a ufunc by name, but one inside.
    loops = importlib.import_module("cupy._sorting.search")._where_ufunc.types
    surface["ufuncs"]["where"] = {"types": loops, "at": None}
    special = importlib.import_module("cupyx.scipy.special")
    for name in SPECIAL:
        surface["ufuncs"][f"special.{name}"] = {"types": getattr(special, name).types, "at": None}
    surface["attributes"] = []
    surface["methods"] = {}
    for name in sorted({*dir(numpy.ndarray), "get"} & set(dir(cupy.ndarray))):
        if name.startswith("_"):
            continue
        method = getattr(cupy.ndarray, name)
        if callable(method):
            surface["methods"][name] = _parameters(method)
        else:
            surface["attributes"].append(name)
    return surface


def _both(cupy, prefix):
    """(name, NumPy's, CuPy's) of all that both have in a module."""
    ours, theirs = numpy, cupy
    for part in filter(None, prefix.split(".")):
        ours, theirs = getattr(ours, part), getattr(theirs, part)
    for name in sorted(set(dir(ours)) & set(dir(theirs))):
        if not name.startswith("_") and not inspect.ismodule(getattr(theirs, name)):
            yield f"{prefix}.{name}".lstrip("."), getattr(ours, name), getattr(theirs, name)


def _parameters(function) -> str | None:
    """Names of the parameters as in a signature, without defaults; None if it is not known."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
        parts, starred = [], False
        for p in parameters:
            if p.kind is p.VAR_POSITIONAL:
                starred = True
            if p.kind is p.KEYWORD_ONLY and not starred:
                parts.append("*")
                starred = True
            mark = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
            optional = "" if p.default is p.empty or mark else "=None"
            parts.append(f"{mark}{p.name}{optional}")
    except ValueError:  # compiled: the text begins with the signature
        match = re.match(r"[\w.]+\((.*?)\)", (function.__doc__ or "").splitlines()[0])
        if match is None:
            return None
        parts = []
        for part in match[1].split(", "):
            name, _, default = part.partition("=")
            parts.append(name.split()[-1] + ("=None" if default else ""))
    return ", ".join(part for part in parts if part not in ("self", "/"))


def main() -> None:
    import cupy

    text = json.dumps(read_from(cupy), indent=1, sort_keys=True)
    # One line for each list: diffs are by name.
    text = re.sub(r"\[\n\s+([^\]]*?)\n\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text)
    PATH.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
