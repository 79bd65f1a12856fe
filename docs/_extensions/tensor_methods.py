"""Griffe extension: shows the methods that `Tensor` takes over from functions.

In the class body, `relu = activation.relu` makes a method of a function and
`relu_ = in_place(activation.relu)` its in-place twin. Griffe sees two attributes; here
they become functions, with the signature and the documentation of the original.
"""

import ast
from collections.abc import Iterator

import griffe

IN_PLACE, ALL_IN_PLACE = "in_place", "all_in_place"


class TensorMethods(griffe.Extension):
    """Replaces the aliases in the body of `minitorch_ff._tensor.Tensor`."""

    def on_package(self, *, pkg: griffe.Module, **_) -> None:
        """Called when the whole package has been read."""
        if pkg.name != "minitorch_ff" or "_tensor" not in pkg.members:
            return
        tensor = pkg["_tensor.Tensor"]
        # What the functions call `Tensor`: their signatures link to this class.
        pkg["_functions._operands"].members["Tensor"].resolve_target()
        for name, value, line in assignments(tensor):
            twin = is_call(value, IN_PLACE)
            target = value.args[0] if twin else value
            function = find(target, tensor)
            if function is not None:
                tensor.set_member(name, as_method(name, function, line, twin))


def assignments(tensor: griffe.Class) -> Iterator[tuple[str, ast.expr, int]]:
    """(name, value, line) of `a = b = x`, `a, b = x, y` and `a, b = all_in_place(x, y)`."""
    source = tensor.filepath.read_text(encoding="utf-8")
    classes = [n for n in ast.parse(source).body if isinstance(n, ast.ClassDef)]
    body = next(c.body for c in classes if c.name == tensor.name)
    for node in body:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(target.elts, node.value.elts, strict=True)
            elif isinstance(target, ast.Tuple) and is_call(node.value, ALL_IN_PLACE):
                twins = [
                    ast.Call(ast.Name(IN_PLACE), [function], []) for function in node.value.args
                ]
                pairs = zip(target.elts, twins, strict=True)
            else:
                pairs = [(target, node.value)]
            for name, value in pairs:
                if isinstance(name, ast.Name) and not name.id.startswith("_"):
                    yield name.id, value, node.lineno


def is_call(value: ast.expr, function: str) -> bool:
    """Whether an expression calls a function of this name."""
    return isinstance(value, ast.Call) and ast.unparse(value.func) == function


def find(value: ast.expr, tensor: griffe.Class) -> griffe.Function | None:
    """The function that `module.name`, or a method's name, stands for."""
    dotted = ast.unparse(value)
    own = tensor.members.get(dotted)
    if own is not None:
        return own if own.is_function else None
    first, _, rest = dotted.partition(".")
    module = tensor.parent.members.get(first)
    if module is None or not module.is_alias:
        return None
    try:
        found = tensor.package[module.target_path.partition(".")[2]]
        found = found[rest] if rest else found
        return found.final_target if found.is_alias else found
    except (KeyError, griffe.AliasResolutionError):
        return None


def as_method(
    name: str, function: griffe.Function, line: int, twin: bool
) -> griffe.Function | None:
    """A copy whose first parameter is `self`."""
    if not function.is_function:
        return function
    parameters = list(function.parameters)
    first = griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)
    method = griffe.Function(
        name,
        lineno=line,
        endlineno=line,
        parameters=griffe.Parameters(first, *parameters[1:]),
        returns=function.returns,
    )
    if function.docstring is not None:
        method.docstring = griffe.Docstring(
            text_for(function, twin),
            lineno=function.docstring.lineno,
            parent=method,
            parser=function.docstring.parser,
            parser_options=function.docstring.parser_options,
        )
    return method


def text_for(function: griffe.Function, twin: bool) -> str:
    """The first paragraph, and where the rest is."""
    text = function.docstring.value
    summary = text.split("\n\n")[0]
    link = f"See [`{function.name}`][{function.path}]."
    if twin:
        summary += " In place: the result is written into the tensor's own memory."
    return f"{summary}\n\n{link}"
