"""Parametrizations: a parameter computed from others, each time it is read.

`register_parametrization(module, "weight", f)` turns `module.weight` into a property:
the parameter moves to `module.parametrizations.weight.original`, and reading
`module.weight` gives `f(original)`. Assigning to it calls `f.right_inverse`, where `f`
has one.
"""

import contextlib
import copy
from collections.abc import Iterator, Sequence
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.nn.modules.container import ModuleDict, ModuleList
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.parameter import Parameter

__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization",
    "remove_parametrizations", "type_before_parametrizations",
]  # fmt: skip

TENSORS = "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...)."
NO_PICKLING = (
    "Serialization of parametrized modules is only supported through state_dict(). "
    "See:\nhttps://pytorch.org/tutorials/beginner/saving_loading_models.html"
    "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
)


class _Cache:
    """The values read so far, while caching is on."""

    depth = 0
    values: dict[tuple[int, str], Tensor] = {}  # noqa: RUF012 - one for all, on purpose


@contextlib.contextmanager
def cached() -> Iterator[None]:
    """While this is open, compute every parametrized tensor only at its first read.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.nn.utils import parametrize
        >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2))
        >>> with parametrize.cached():
        ...     layer.weight is layer.weight
        True

    See: [torch.nn.utils.parametrize.cached](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.cached.html).
    """
    _Cache.depth += 1
    try:
        yield
    finally:
        _Cache.depth -= 1
        if _Cache.depth == 0:
            _Cache.values.clear()


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, first to last, and what it is computed from.

    Args:
        modules: The parametrizations.
        original: The tensor before.
        unsafe: Whether they may change its shape or dtype; nothing is checked then.

    Attributes:
        original: What the first parametrization takes; if it takes several tensors,
            they are `original0`, `original1`, ….

    See: [torch.nn.utils.parametrize.ParametrizationList](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.ParametrizationList.html).
    """

    original: Tensor
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        check(len(modules) > 0, "ParametrizationList requires one or more modules.", ValueError)
        super().__init__(modules)
        self.unsafe = unsafe
        before = {"dtype": original.dtype, "shape": original.shape}
        start = self._start_of(original)
        self.is_tensor = isinstance(start, Tensor)
        self.ntensors = 1 if self.is_tensor else len(start)
        if self.is_tensor:
            self._keep_one(original, start)
        else:
            for i, part in enumerate(start):
                self._keep(i, part, original)
        if not unsafe:
            text = (
                "Registering a parametrization may not change the {} of the tensor, unless "
                "`unsafe` flag is enabled.\nunparametrized {}: {}\nparametrized {}: {}"
            )
            _must_be_same(text, before, _the_tensor(self()))

    @no_grad()
    def _start_of(self, original: Tensor) -> Any:
        """What the first parametrization must be given to get `original` in the end."""
        start: Any = original
        for module in reversed(list(self)):
            if hasattr(module, "right_inverse"):
                with contextlib.suppress(NotImplementedError):
                    start = module.right_inverse(start)
        if not isinstance(start, (Tensor, Sequence)):
            raise ValueError(f"{TENSORS} Got {type(start).__name__}")
        return start

    def _keep_one(self, original: Tensor, start: Tensor) -> None:
        text = (
            "When `right_inverse` outputs one tensor, it may not change the {}.\n"
            "original.{}: {}\nright_inverse(original).{}: {}"
        )
        _must_be_same(text, {"dtype": original.dtype, "device": original.device}, start)
        original.data = start
        _register(self, "original", original)

    def _keep(self, i: int, part: Any, original: Tensor) -> None:
        if not isinstance(part, Tensor):
            kind = type(part).__name__
            raise ValueError(f"{TENSORS} Got element {i} of the sequence with type {kind}.")
        if isinstance(original, Parameter):
            part = Parameter(part, original.requires_grad)
        part.requires_grad_(original.requires_grad)
        _register(self, f"original{i}", part)

    @no_grad()
    def right_inverse(self, value: Any) -> None:
        """Set the originals so that the parametrized tensor becomes `value`.

        Args:
            value: What an assignment to the tensor gives.

        Raises:
            RuntimeError: One of the parametrizations has no `right_inverse`.
            ValueError: The originals would change their number or dtype.
        """
        for module in reversed(list(self)):
            if not hasattr(module, "right_inverse"):
                raise RuntimeError(
                    f"parametrization {type(module).__name__} does not implement right_inverse."
                )
            value = module.right_inverse(value)
        if self.is_tensor:
            if not isinstance(value, Tensor):
                raise ValueError(
                    f"`right_inverse` should return a tensor. Got {type(value).__name__}"
                )
            _replace(self, "original", value, "The tensor")
            return
        sequence = "'right_inverse' must return a sequence of tensors"
        check(isinstance(value, Sequence), f"{sequence}. Got {type(value).__name__}.", ValueError)
        if len(value) != self.ntensors:
            raise ValueError(
                f"{sequence} of length {self.ntensors}. Got a sequence of length {len(value)}."
            )
        for i, part in enumerate(value):
            if not isinstance(part, Tensor):
                raise ValueError(
                    f"{sequence} or reference-type opaques. "
                    f"Got element {i} of type {type(part).__name__}."
                )
            _replace(self, f"original{i}", part, f"Tensor {i}")

    def forward(self) -> Any:
        """The parametrized tensor."""
        first, *others = self
        numbers = [""] if self.is_tensor else range(self.ntensors)
        value = first(*[getattr(self, f"original{i}") for i in numbers])
        for parametrization in others:
            value = parametrization(value)
        return value


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Compute a parameter or buffer of a module by a function, each time it is read.

    Args:
        module: The module.
        tensor_name: The name of the parameter or buffer.
        parametrization: The function; its parameters become the module's. If it has a
            method `right_inverse`, that gives the first value and serves assignments. A
            second one on the same tensor takes the value of the first.
        unsafe: Whether it may change shape or dtype; nothing is checked then.

    Returns:
        The module, its class replaced by a subclass.

    Raises:
        ValueError: There is no such tensor, or shape or dtype would change.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff import nn
        >>> class Symmetric(nn.Module):
        ...     def forward(self, x):
        ...         return x.triu() + x.triu(1).T
        >>> layer = nn.Linear(3, 3)
        >>> parametrize = nn.utils.parametrize
        >>> _ = parametrize.register_parametrization(layer, "weight", Symmetric())
        >>> torch.equal(layer.weight, layer.weight.T)
        True

    See: [torch.nn.utils.parametrize.register_parametrization](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.register_parametrization.html).
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_further(module, tensor_name, parametrization)
        existing = module.parametrizations[tensor_name]
        existing.append(parametrization)
        existing.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        original = getattr(module, tensor_name)
        parametrizations = ParametrizationList([parametrization], original, unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _give_own_class(module)
            module.parametrizations = ModuleDict()
        setattr(type(module), tensor_name, _property_of(tensor_name))
        module.parametrizations[tensor_name] = parametrizations
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a "
            f"parametrized element with name '{tensor_name}'"
        )
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has a parametrized tensor, or that one.

    Args:
        module: The module.
        tensor_name: The tensor's name; None for any.

    See: [torch.nn.utils.parametrize.is_parametrized](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.is_parametrized.html).
    """
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Make a parametrized tensor an ordinary one again.

    Args:
        module: The module.
        tensor_name: The tensor's name.
        leave_parametrized: Whether it keeps the value it is computed to; otherwise it
            becomes what it was computed from.

    Returns:
        The module.

    Raises:
        ValueError: It is not parametrized; or it is computed from several tensors, and
            shall not keep its value.

    See: [torch.nn.utils.parametrize.remove_parametrizations](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.remove_parametrizations.html).
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations = module.parametrizations[tensor_name]
    if parametrizations.is_tensor:
        original = parametrizations.original
        if leave_parametrized:
            with no_grad():
                original.data = getattr(module, tensor_name)
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class of a module as it was before its tensors were parametrized.

    Args:
        module: The module.

    See: [torch.nn.utils.parametrize.type_before_parametrizations](https://docs.pytorch.org/docs/stable/nn.html#utilities).
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _the_tensor(value: Any) -> Tensor:
    if not isinstance(value, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(value).__name__}.")
    return value


def _replace(module: Module, name: str, value: Tensor, called: str) -> None:
    """Give a parameter or buffer another value, which must have its dtype."""
    original = getattr(module, name)
    if value.dtype != original.dtype:
        raise ValueError(
            f"{called} returned by `right_inverse` has dtype {value.dtype} "
            f"while `{name}` has dtype {original.dtype}"
        )
    original.data = value


def _must_be_same(text: str, before: dict[str, Any], after: Tensor) -> None:
    """Refuse a tensor of another dtype, say; `text` has places for the details."""
    for what, wanted in before.items():
        found = getattr(after, what)
        if found != wanted:
            raise ValueError(text.format(what, what, wanted, what, found))


def _check_further(module: Module, name: str, parametrization: Any) -> None:
    """Refuse a further parametrization that changes the shape or dtype."""
    value = getattr(module, name)
    result = _the_tensor(parametrization(value))
    kind = {"dtype": value.dtype, "shape": value.shape}
    text = (
        "Registering a parametrization may not change the {} of the tensor, unless the `unsafe` "
        f"flag is enabled.\nmodule.{name}.{{}}: {{}}\nparametrization(module.{name}).{{}}: {{}}"
    )
    _must_be_same(text, kind, result)
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        inverse = parametrization.right_inverse(result)
    except NotImplementedError:
        return
    if not isinstance(inverse, Tensor):
        raise ValueError(
            f"parametrization.right_inverse must return a tensor. Got: {type(inverse).__name__}"
        )
    text = (
        "The tensor returned by parametrization.right_inverse must have the same {} as "
        f"module.{name}, unless the `unsafe` flag is enabled.\n"
        f"module.{name}.{{}}: {{}}\nreturned {{}}: {{}}"
    )
    _must_be_same(text, kind, inverse)


def _give_own_class(module: Module) -> None:
    """Give a module a class of its own, on which properties can be put."""
    cls = type(module)
    namespace: dict[str, Any] = {"__getstate__": _no_pickling}
    if not hasattr(cls, "__deepcopy__"):
        namespace["__deepcopy__"] = _deepcopy
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), namespace)


def _no_pickling(self: Module) -> Any:
    raise RuntimeError(NO_PICKLING)


def _deepcopy(self: Module, memo: dict[int, Any]) -> Any:
    """Copy the state only: the class is the module's own, but two may share it."""
    if id(self) in memo:
        return memo[id(self)]
    replica = memo[id(self)] = self.__new__(type(self))
    replica.__dict__ = copy.deepcopy(self.__dict__, memo)
    return replica


def _property_of(name: str) -> property:
    """The property that stands for a parametrized tensor."""

    def get(self: Module) -> Any:
        parametrization = self.parametrizations[name]
        if not _Cache.depth:
            return parametrization()
        key = id(self), name
        if key not in _Cache.values:
            _Cache.values[key] = parametrization()
        return _Cache.values[key]

    def set_original(self: Module, value: Any) -> None:
        self.parametrizations[name].right_inverse(value)

    return property(get, set_original)
