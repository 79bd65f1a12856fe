"""The pickle of a checkpoint: written, and read again, in full trust."""

from __future__ import annotations

import io
import pickle
import sys
from collections import OrderedDict
from types import FunctionType, ModuleType
from typing import Any

from minitorch_ff._devices import as_device, device_of
from minitorch_ff._functions import conversion
from minitorch_ff._functions.conversion import UntypedStorage
from minitorch_ff._serialization import names
from minitorch_ff._serialization.archive import Archive, Writer
from minitorch_ff._serialization.tensors import UNTYPED, Memory, StorageType, reduce_tensor
from minitorch_ff.cuda import device_count, is_available
from minitorch_ff.firefly.backend.registry import backend_of


PythonPickler: Any = pickle._Pickler


@names.named("torch.nn.modules.module._WrappedHook")
class WrappedHook:
    """What PyTorch keeps of a hook that is called before a module's state is loaded."""

    def __init__(self, hook: Any, with_module: bool, module: Any) -> None:
        self.__dict__.update(hook=hook, with_module=with_module)
        if with_module:
            self.module = module


class Pickler(PythonPickler):  # type: ignore[misc]
    """Writes the pickle, by PyTorch's names, and collects the memories that it refers to.

    It is Python's own pickler in Python: the one in C would not let names be changed.
    """

    def __init__(self, file: Any, protocol: int) -> None:
        super().__init__(file, protocol)
        self.pre_hooks: dict[int, Any] = {}
        self.memories: dict[tuple[int, int], tuple[str, UntypedStorage]] = {}

    def persistent_id(self, obj: Any) -> Any:
        """What stands for a memory: its dtype, number, device and number of elements."""
        if not isinstance(obj, UntypedStorage):
            return None
        kind = getattr(obj, "kind", UNTYPED)
        place = obj.data_ptr(), obj.nbytes()
        key, first = self.memories.setdefault(place, (str(len(self.memories)), obj))
        if obj.nbytes() and getattr(first, "kind", UNTYPED).dtype is not kind.dtype:
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different "
                "types"
            )
        numel = obj.nbytes() // kind.dtype.itemsize
        return "storage", kind, key, sys.intern(str(device_of(obj.buffer))), numel

    def reducer_override(self, obj: Any) -> Any:
        """How tensors, modules and names are written, where Python's way is another."""
        if isinstance(obj, (type, FunctionType)):
            ours = names.torch_name(obj, obj.__qualname__)
            return NotImplemented if ours is None else obj.__qualname__  # for `save_global`
        if getattr(type(obj), "__reduce_ex__", None) is conversion.reduce:
            return reduce_tensor(obj)
        if id(obj) in self.pre_hooks:
            module = self.pre_hooks[id(obj)]
            hooks = [(n, WrappedHook(hook, wants, module)) for n, (hook, wants) in obj.items()]
            return OrderedDict, (), None, None, iter(hooks)
        if "_hook_ids" in getattr(obj, "__dict__", ()):  # a module; PyTorch's have none
            self.pre_hooks[id(obj._load_state_dict_pre_hooks)] = obj
            made = obj.__reduce_ex__(self.proto)
            if len(made) > 2 and isinstance(made[2], dict):
                state = {name: value for name, value in made[2].items() if name != "_hook_ids"}
                made = (*made[:2], state, *made[3:])
            return made
        return NotImplemented

    def save_global(self, obj: Any, name: Any = None) -> None:
        """Write the name of a class, a function or a constant."""
        found = names.torch_name(obj, name or getattr(obj, "__qualname__", ""))
        if found is None:
            super().save_global(obj, name)
        else:
            self.write(pickle.GLOBAL + "{}\n{}\n".format(*found).encode())
            self.memoize(obj)


def write(obj: Any, file: Any, name: str, protocol: int, byteorder: bool) -> None:
    """Write a checkpoint, whose records begin with `name`."""
    data = io.BytesIO()
    pickler = Pickler(data, protocol)
    pickler.dump(obj)
    archive = Writer(file, name)
    archive.write("data.pkl", data.getbuffer())
    archive.write(".format_version", b"1")
    archive.write(".storage_alignment", b"64")
    if byteorder:
        archive.write("byteorder", sys.byteorder.encode())
    for key, storage in pickler.memories.values():
        archive.write(f"data/{key}", backend_of(storage.buffer).to_numpy(storage.buffer))
    archive.write("version", b"3\n")
    archive.close()


class Memories:
    """Reads the memories that a pickle refers to, each once, and puts them on their device.

    Args:
        archive: Where they are records.
        map_location: As in `load`.

    Raises:
        ValueError: The order of bytes is not known.
    """

    def __init__(self, archive: Archive, map_location: Any) -> None:
        self.archive = archive
        self.map_location = map_location
        self.read: dict[str, UntypedStorage] = {}
        order = bytes(archive.read("byteorder")) if "byteorder" in archive else b"little"
        if order not in (b"little", b"big"):
            raise ValueError(f"Unknown endianness type: {order.decode(errors='replace')}")
        self.foreign = order.decode() != sys.byteorder

    def __call__(self, saved: Any) -> Any:
        """The memory that a pickle calls `saved`.

        Raises:
            pickle.UnpicklingError: It is no name of one.
            RuntimeError: It has not the number of elements that it is said to have.
        """
        kinds = (str, StorageType, str, str, int)
        if type(saved) is not tuple or tuple(map(type, saved)) != kinds or not saved[2].isalnum():
            raise pickle.UnpicklingError(f"A {type(saved).__name__} is no reference to a storage")
        _, kind, key, location, numel = saved
        size, itemsize = self.archive.size(f"data/{key}"), kind.dtype.itemsize
        if size != numel * itemsize:
            raise RuntimeError(
                f"record size ({size} bytes) does not match expected size ({numel * itemsize} "
                f"bytes = {numel} elements * {itemsize} bytes/element) for dtype {kind.dtype}"
            )
        if key not in self.read:
            buffer = self.archive.read(f"data/{key}")
            if self.foreign:
                part = itemsize // 2 if kind.dtype.is_complex else itemsize
                buffer = buffer.view(f"u{part}").byteswap().view("u1")
            self.read[key] = self._placed(UntypedStorage(buffer), location)
        return Memory(self.read[key].buffer, kind)

    def _placed(self, storage: UntypedStorage, location: str) -> UntypedStorage:
        """The memory where `map_location` wants it, or else where it was saved from."""
        wanted = self.map_location
        if callable(wanted):
            mapped = wanted(storage, location)
            if mapped is not None:
                return mapped  # type: ignore[no-any-return]
        elif isinstance(wanted, dict):
            location = wanted.get(location, location)
        elif wanted is not None:
            location = str(wanted)
        if location.startswith("cuda") and not is_available():
            raise RuntimeError(
                "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() "
                "is False. If you are running on a CPU-only machine, please use torch.load with "
                "map_location=torch.device('cpu') to map your storages to the CPU."
            )
        if location != "cpu" and not location.startswith("cuda"):
            raise RuntimeError(
                "don't know how to restore data location of torch.storage.UntypedStorage "
                f"(tagged with {location})"
            )
        if location.startswith("cuda") and (as_device(location).index or 0) >= device_count():
            raise RuntimeError(
                f"Attempting to deserialize object on CUDA device {as_device(location).index} but "
                f"torch.cuda.device_count() is {device_count()}. Please use torch.load with "
                "map_location to map your storages to an existing device."
            )
        return storage.to(location)


def unpickler(pickle_module: ModuleType, data: Any, memories: Memories, **options: Any) -> Any:
    """An unpickler that does whatever the pickle says."""

    class Unpickler(pickle_module.Unpickler):  # type: ignore[misc, name-defined]
        persistent_load = staticmethod(memories)

        def find_class(self, module: str, name: str) -> Any:
            found = names.find(module, name)
            return super().find_class(module, name) if found is None else found

    return Unpickler(data, **options)
