"""An unpickler for files from strangers: it makes tensors and plain containers only.

A pickle is a program for a small machine with a stack. Python's own may call any function in
it. This one knows fewer instructions, finds only listed names, calls only the functions behind
them, and holds back what would take more time or memory than the file has bytes.
"""

from __future__ import annotations

import functools
import pickle
import struct
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from typing import Any

from minitorch_ff._devices import device
from minitorch_ff._serialization import names
from minitorch_ff._size import Size

INSTRUCTIONS = """
PROTO STOP MARK POP POP_MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT
BINSTRING SHORT_BINSTRING BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES
BINBYTES8 EMPTY_LIST EMPTY_DICT EMPTY_TUPLE EMPTY_SET TUPLE TUPLE1 TUPLE2 TUPLE3 APPEND APPENDS
SETITEM SETITEMS ADDITEMS BINGET LONG_BINGET BINPUT LONG_BINPUT MEMOIZE FRAME GLOBAL STACK_GLOBAL
REDUCE NEWOBJ BUILD BINPERSID
""".split()

PARTS_OF_A_KEY = 1000
"""A key of more parts is refused: hashing a tuple that repeats itself can take forever."""


class UnsupportedGlobal(pickle.UnpicklingError):
    """The pickle names something that is on no list."""


def as_key(value: Any) -> Any:
    """A key of a dictionary, or an element of a set, if it is a small one."""
    waiting, parts = [value], 0
    while waiting:
        part = waiting.pop()
        parts += 1
        if parts > PARTS_OF_A_KEY:
            raise pickle.UnpicklingError("A key of a dictionary has too many parts")
        if isinstance(part, tuple):
            waiting += part[:PARTS_OF_A_KEY]
    return value


def as_ordered(pairs: Any = ()) -> OrderedDict[Any, Any]:
    """An ordered dictionary of pairs."""
    return OrderedDict([(as_key(key), value) for key, value in pairs])


def as_counter(counts: Any) -> Counter[Any]:
    """A counter from a dictionary."""
    return Counter(dict(counts.items()))


def as_set(items: Any = ()) -> set[Any]:
    """A set of the items of a list."""
    return {as_key(item) for item in items}


def as_bytes(text: str, encoding: str) -> bytes:
    """Bytes, which protocol 2 writes as a text of 256 characters."""
    if encoding != "latin1":
        raise pickle.UnpicklingError("Bytes are written in latin1")
    return text.encode("latin1")


PLAIN = {
    "collections.OrderedDict": as_ordered,
    "collections.Counter": as_counter,
    "builtins.set": as_set,
    "builtins.complex": complex,
    "_codecs.encode": as_bytes,
}
"""Containers and numbers, and what makes them: the same, without the traps."""

BLOCKED = ("sys", "os", "posix", "nt")


class Instructions(dict[int, Any]):
    """What to do at each instruction."""

    def __missing__(self, code: int) -> Any:
        raise pickle.UnpicklingError(f"Unsupported operand {code}")


PythonUnpickler: Any = pickle._Unpickler


class WeightsUnpickler(PythonUnpickler):  # type: ignore[misc]
    """Python's unpickler in Python, with fewer instructions.

    Args:
        data: The pickle, a file.
        memories: Reads the tensors' memories.
        safe: What the user allows besides, by its full name in the file.
        **options: `encoding` and `errors`, for the strings of Python 2.
    """

    def __init__(self, data: Any, memories: Any, safe: dict[str, Any], **options: Any) -> None:
        super().__init__(data, **options)
        self.persistent_load = memories
        self.safe = safe
        # By identity: comparing and hashing are work that a file must not give us.
        makers = [f for name, f in names.known.items() if "._rebuild" in name]
        self.callable = {id(f) for f in (*makers, *PLAIN.values(), *safe.values(), Size, device)}

    def find_class(self, module: str, name: str) -> Any:
        """An object that is listed by this name."""
        modern = IMPORT_MAPPING.get(module, module), name  # protocol 2 is Python 2's
        module, name = NAME_MAPPING.get((module, name), modern)
        full = f"{module}.{name}"
        for listed in (self.safe, PLAIN, names.known):
            if full in listed:
                return listed[full]
        if module in BLOCKED:
            raise pickle.UnpicklingError(
                f"Trying to load unsupported GLOBAL {full} whose module {module} is blocked."
            )
        raise UnsupportedGlobal(full.removeprefix("builtins."))

    def load_append(self) -> None:
        """Add one item to a list."""
        item = self.stack.pop()
        list.append(self.stack[-1], item)

    def load_appends(self) -> None:
        """Add items to a list."""
        items = self.pop_mark()
        list.extend(self.stack[-1], items)

    def load_additems(self) -> None:
        """Add items to a set."""
        items = self.pop_mark()
        set.update(self.stack[-1], as_set(items))

    def load_setitem(self) -> None:
        """Add an item to a dictionary."""
        value, key = self.stack.pop(), self.stack.pop()
        self._set_items([key, value])

    def load_setitems(self) -> None:
        """Add items to a dictionary."""
        self._set_items(self.pop_mark())

    def _set_items(self, items: list[Any]) -> None:
        dictionary = self.stack[-1]
        if not isinstance(dictionary, dict):
            raise pickle.UnpicklingError(f"A {type(dictionary).__name__} is no dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            dictionary[as_key(key)] = value

    def _pop_call(self) -> tuple[Any, Any]:
        """A listed function, or class, and its arguments."""
        arguments, function = self.stack.pop(), self.stack.pop()
        if id(function) not in self.callable:
            raise pickle.UnpicklingError(f"This {type(function).__name__} may not be called")
        return function, arguments

    def load_reduce(self) -> None:
        """Call a function."""
        function, arguments = self._pop_call()
        self.stack.append(function(*arguments))

    def load_newobj(self) -> None:
        """Make an object of a class."""
        cls, arguments = self._pop_call()
        make = functools.partial(cls.__new__, cls) if isinstance(cls, type) else cls
        self.stack.append(make(*arguments))

    def load_build(self) -> None:
        """Give an object its attributes."""
        kind = type(self.stack[-2])
        if kind is OrderedDict:  # a state dict's `_metadata`
            state = self.stack.pop()
            self.stack[-1].__dict__.update(state)
        elif any([kind is safe for safe in self.safe.values()]):
            super().load_build()
        else:
            raise pickle.UnpicklingError(f"A {kind.__name__} is not given attributes")

    # The table of the base class has its own functions, not these methods.
    dispatch = Instructions()
    for _name in INSTRUCTIONS:
        _code = getattr(pickle, _name)[0]
        dispatch[_code] = vars().get(f"load_{_name.lower()}", PythonUnpickler.dispatch[_code])


DAMAGED = (
    pickle.UnpicklingError, ArithmeticError, AttributeError, EOFError, LookupError, TypeError,
    ValueError, struct.error,
)  # fmt: skip
"""What stumbling over a pickle raises."""
FAILED = (
    "Weights only load failed. {}\n\nCheck the documentation of torch.load to learn more about "
    "types accepted by default with weights_only "
    "https://pytorch.org/docs/stable/generated/torch.load.html."
)
REFUSED = FAILED.format(
    "This file can still be loaded, to do so you have two options, \033[1mdo those steps only if "
    "you trust the source of the checkpoint\033[0m. \n\t(1) In PyTorch 2.6, we changed the default "
    "value of the `weights_only` argument in `torch.load` from `False` to `True`. Re-running "
    "`torch.load` with `weights_only` set to `False` will likely succeed, but it can result in "
    "arbitrary code execution. Do it only if you got the file from a trusted source.\n\t(2) "
    "Alternatively, to load with `weights_only=True` please check the recommended steps in the "
    "following error message.\n\tWeightsUnpickler error: Unsupported global: GLOBAL {0} was not an "
    "allowed global by default. Please use `torch.serialization.add_safe_globals([{0}])` or the "
    "`torch.serialization.safe_globals([{0}])` context manager to allowlist this global if you "
    "trust this class/function."
)
BROKEN = FAILED.format(
    "WeightsUnpickler error: {}. This is no checkpoint of weights: it is damaged, or meant to harm."
)


def load(data: Any, memories: Any, safe: dict[str, Any], **options: Any) -> Any:
    """What a pickle makes, if it makes tensors and plain containers.

    Raises:
        pickle.UnpicklingError: It is no such pickle.
    """
    try:
        return WeightsUnpickler(data, memories, safe, **options).load()
    except UnsupportedGlobal as error:
        raise pickle.UnpicklingError(REFUSED.format(error)) from None
    except DAMAGED as error:
        raise pickle.UnpicklingError(BROKEN.format(error or type(error).__name__)) from error
