"""Files made to do harm, or damaged: refused, without running, hoarding or hanging."""

import io
import threading
import pickle
import struct
import subprocess
import sys
import tarfile
import time
import tracemalloc
import zipfile

import numpy as np
import pytest
import torch

import minitorch_ff as ff
from compat_tests.checkpoints.both import archive_of, records, saved

HERE = __name__
CALLED = []


def canary(*arguments):
    """Must never be called."""
    CALLED.append(arguments)


class Victim:
    """Must never be made, or changed."""

    def __init__(self, *arguments):
        CALLED.append(arguments)

    def __setstate__(self, state):
        CALLED.append(state)


def good(**changed) -> dict[str, bytes]:
    """The records of a checkpoint of one tensor of four elements, some of them changed."""
    parts = records(saved(ff, ff.arange(4.0)))
    return parts | {
        name.replace("__", "/").replace("_pkl", ".pkl"): v for name, v in changed.items()
    }


def name(module: str, thing: str) -> bytes:
    return f"c{module}\n{thing}\n".encode()


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def numbers(values) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def storage(kind="FloatStorage", key="0", location="cpu", numel=4) -> bytes:
    parts = text("storage") + name("torch", kind) + text(key) + text(location) + number(numel)
    return b"(" + parts + b"tQ"


def tensor(memory=None, offset=0, size=(4,), stride=(1,), tail=b"\x89" + b")") -> bytes:
    """The pickle of a tensor, as a part of one."""
    memory = storage() if memory is None else memory
    arguments = memory + number(offset) + numbers(size) + numbers(stride) + tail
    return name("torch._utils", "_rebuild_tensor_v2") + b"(" + arguments + b"tR"


def program(*parts: bytes) -> dict[str, bytes]:
    """A checkpoint with this pickle."""
    return good(data_pkl=b"\x80\x02" + b"".join(parts) + b".")


LAUGHS = b")" + b"".join(b"q" + bytes([i]) + b"h" + bytes([i]) + b"\x86" for i in range(60))
"""A tuple of two of a tuple of two of …: sixty levels, 2⁶⁰ parts."""

PICKLES = {
    # calls
    "reduce os.system": [name("posix", "system"), text("touch canary"), b"\x85R"],
    "reduce os.system by its other name": [name("os", "system"), text("touch canary"), b"\x85R"],
    "reduce eval": [name("__builtin__", "eval"), text("canary()"), b"\x85R"],
    "reduce exec": [name("builtins", "exec"), text("canary()"), b"\x85R"],
    "reduce import": [name("builtins", "__import__"), text("antigravity"), b"\x85R"],
    "reduce getattr": [name("builtins", "getattr"), name("torch", "Tensor"), text("x"), b"\x86R"],
    "reduce a function of the test": [name(HERE, "canary"), b")R"],
    "a function without a call": [name(HERE, "canary")],
    "inst": [b"(i" + HERE.encode() + b"\ncanary\n"],
    "obj": [b"(", name(HERE, "canary"), b"o"],
    "newobj": [name(HERE, "Victim"), b")\x81"],
    "newobj_ex": [name(HERE, "Victim"), b")}\x92"],
    "ext1": [b"\x82\x01"],
    "stack_global": [text("posix"), text("system"), b"\x93"],
    "dotted name": [name("torch", "Tensor.__init__.__globals__")],
    "dotted way out": [name("torch", "os.system"), text("touch canary"), b"\x85R"],
    "module of ours": [name("minitorch_ff.scripts.run", "run_script"), text("x.py"), b"\x85R"],
    "function of ours by PyTorch's name": [name("torch", "zeros"), number(10**12), b"\x85R"],
    "legacy constructor": [name("torch", "Tensor"), number(10**12), b"\x85R"],
    "newobj of a tensor": [name("torch", "Tensor"), number(10**12), b"\x85\x81"],
    "call of a dtype": [name("torch", "float32"), b")R"],
    "call of a storage type": [name("torch", "FloatStorage"), number(10**12), b"\x85R"],
    "call of a list": [b"])R"],
    "call of a tensor": [tensor(), b")R"],
    # allowed names, other uses
    "build a class": [name("torch", "Size"), b"N}", text("numel"), b"Ns\x86b"],
    "build a function": [name("torch._utils", "_rebuild_tensor_v2"), b"}", text("x"), b"Nsb"],
    "build a function's defaults": [
        name("torch._utils", "_rebuild_tensor_v2"), b"N}", text("__defaults__"), b")s\x86b",
    ],
    "build a dtype": [name("torch", "float32"), b"N}", text("itemsize"), b"K\x01s\x86b"],
    "build a tensor": [tensor(), b"}", text("buffer"), b"Nsb"],
    "build OrderedDict itself": [name("collections", "OrderedDict"), b"}", text("x"), b"Nsb"],
    "build nothing": [b"}b"],
    "append to a tensor": [tensor(), b"Na"],
    "set an item of a tensor": [tensor(), b"K\x00K\x00s"],
    "set an item of a list": [b"]K\x00K\x00s"],
    "odd number of items": [b"}(K\x00u"],
    "bytes of a codec": [name("_codecs", "encode"), text("x"), text("rot13"), b"\x86R"],
    "long bytearray": [name("__builtin__", "bytearray"), number(10**12), b"\x85R"],
    "type of no tensor": [
        name("torch._tensor", "_rebuild_from_type_v2"), b"(", name("torch", "zeros"), b"N)}tR",
    ],
    "rebuild by a class": [
        name("torch._tensor", "_rebuild_from_type_v2"), b"(", name("torch", "Tensor"),
        name("torch", "Tensor"), number(10**12), b"\x85}tR",
    ],
    "parameter of a number": [
        name("torch._utils", "_rebuild_parameter"), b"(K\x01\x88NtR",
    ],
    "sparse tensor": [name("torch._utils", "_rebuild_sparse_tensor"), b")R"],
    # storages
    "persistent id of a number": [b"K\x01Q"],
    "persistent id of nothing": [b"Q"],
    "persistent text id": [b"Px\n"],
    "short persistent id": [text("storage"), b"\x85Q"],
    "persistent id of other types": [b"(", text("storage"), b"NNNNtQ"],
    "persistent laughs": [LAUGHS, b"Q"],
    "dtype for storage type": [tensor(storage("float32"))],
    "unknown storage type": [tensor(storage("QInt8Storage"))],
    "path up": [tensor(storage(key="../../../etc/passwd"))],
    "absolute path": [tensor(storage(key="/etc/passwd"))],
    "another record": [tensor(storage(key="../version"))],
    "empty key": [tensor(storage(key=""))],
    "missing record": [tensor(storage(key="7"))],
    "too few elements": [tensor(storage(numel=3))],
    "too many elements": [tensor(storage(numel=5))],
    "negative elements": [tensor(storage(numel=-4))],
    "very many elements": [tensor(storage(numel=2**200))],
    "other dtype, other size": [tensor(storage("DoubleStorage"))],
    "no device": [tensor(storage(location="cpu:x"))],
    "device far away": [tensor(storage(location="cuda:99999999999999999999"))],
    # shapes
    "negative size": [tensor(size=(-1,))],
    "negative stride": [tensor(stride=(-1,))],
    "negative offset": [tensor(offset=-1)],
    "offset beyond": [tensor(offset=1)],
    "offset far beyond": [tensor(offset=2**62)],
    "size beyond": [tensor(size=(5,))],
    "stride beyond": [tensor(stride=(2,))],
    "size that overflows": [tensor(size=(2**40, 2**40), stride=(0, 0))],
    "stride that overflows": [tensor(size=(2,), stride=(2**63,))],
    "huge size": [tensor(size=(2**70,), stride=(0,))],
    "more strides than sizes": [tensor(stride=(1, 1))],
    "too many dimensions": [tensor(size=(1,) * 200, stride=(1,) * 200)],
    "size of texts": [tensor(memory=storage() + number(0) + b"(" + text("x") + b"t" + b"0")],
    "memory of a tensor": [tensor(memory=tensor(size=(2,), stride=(2,)))],
    "memory of a number": [tensor(memory=b"K\x01")],
    "gradient of integers": [
        tensor(storage("IntStorage"), tail=b"\x88" + b")"),
    ],
    # the machine itself
    "only marks": [b"(" * 10],
    "unknown instruction": [b"\xff"],
    "text instruction": [b"I12\n"],
    "protocol of the future": [b"\x80\x63N"],
    "unset memo": [b"h\x05"],
    "long text": [b"X" + struct.pack("<I", 2**32 - 1) + b"x"],
    "very long text": [b"\x8d" + struct.pack("<Q", 2**62) + b"x"],
    "very long bytes": [b"\x8e" + struct.pack("<Q", 2**62) + b"x"],
    "bytearray of a length": [b"\x96" + struct.pack("<Q", 2**40) + b"x"],
    "long integer": [b"\x8b" + struct.pack("<i", 2**31 - 1) + b"x"],
    "negative length": [b"\x8b" + struct.pack("<i", -1)],
    "text that is not UTF-8": [b"X" + struct.pack("<I", 1) + b"\xff"],
    "key that hashes for ever": [b"}", LAUGHS, b"Ns"],
    "element that hashes for ever": [name("__builtin__", "set"), b"]", LAUGHS, b"a\x85R"],
    "element of a new set": [b"\x8f(", LAUGHS, b"\x90"],
    "ordered key that hashes for ever": [
        name("collections", "OrderedDict"), b"](]", LAUGHS, b"aNae\x85R",
    ],
    "call of laughs": [LAUGHS, b")R"],
    "keys that cannot be": [b"}]Ns"],
    "too deep a key": [b"})", b"\x85" * 100_000, b"Ns"],
}  # fmt: skip
SETS_OF_RECORDS = {
    "no pickle": lambda: {k: v for k, v in good().items() if k != "data.pkl"},
    "no version": lambda: {k: v for k, v in good().items() if k != "version"},
    "no memory": lambda: {k: v for k, v in good().items() if k != "data/0"},
    "short memory": lambda: good(data__0=b"\0" * 12),
    "long memory": lambda: good(data__0=b"\0" * 20),
    "empty memory": lambda: good(data__0=b""),
    "version 0": lambda: good(version=b"0\n"),
    "version 99": lambda: good(version=b"99\n"),
    "version of words": lambda: good(version=b"three"),
    "long version": lambda: good(version=b"9" * 100_000),
    "negative version": lambda: good(version=b"-3"),
    "unknown order of bytes": lambda: good(byteorder=b"middle"),
    "no order of bytes": lambda: good(byteorder=b"\xff"),
    "empty pickle": lambda: good(data_pkl=b""),
    "TorchScript": lambda: good() | {"constants.pkl": b"\x80\x02)."},
}


def file_of(parts, **options) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        for record, data in parts.items():
            archive.writestr(f"archive/{record}", data)
    return file.getvalue()


def bomb():
    return file_of(good(data__0=b"\0" * 50_000_000), compression=zipfile.ZIP_DEFLATED)


def twice():
    file = io.BytesIO(file_of(good()))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr("archive/data/0", b"\0" * 16)
    return file.getvalue()


def patched(find: bytes, replace: bytes, which: int = -1):
    """A good file with some bytes changed, at the last place they are found or another."""
    data = file_of(good())
    at = [i for i in range(len(data)) if data.startswith(find, i)][which]
    return data[:at] + replace + data[at + len(find) :]


def central(record: str, offset: int, value: bytes) -> bytes:
    """A good file whose list of records says something else of one of them."""
    data = bytearray(file_of(good()))
    at = data.rindex(f"archive/{record}".encode()) - 46 + offset
    data[at : at + len(value)] = value
    return bytes(data)


def overlapping():
    """Two records that begin at the same place."""
    data = bytearray(file_of(good() | {"data/1": b"\0" * 16}))
    first = data.rindex(b"archive/data/0") - 46
    second = data.rindex(b"archive/data/1") - 46
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    return bytes(data)


def tar():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    return file.getvalue()


def old():
    return saved(torch, torch.ones(2), _use_new_zipfile_serialization=False).getvalue()


FILES = {
    "empty": lambda: b"",
    "not a zip": lambda: b"hello world" * 100,
    "only the beginning of a zip": lambda: b"PK\x03\x04",
    "a bare pickle": lambda: pickle.dumps([1]),
    "an old format": old,
    "an older format": tar,
    "empty archive": lambda: b"PK\x03\x04" + b"\0" * 30 + b"PK\x05\x06" + b"\0" * 18,
    "zip bomb": bomb,
    "duplicate names": twice,
    "overlapping records": overlapping,
    "cut to a half": lambda: (data := file_of(good()))[: len(data) // 2],
    "cut in the list of records": lambda: file_of(good())[:-60],
    "cut by one byte": lambda: file_of(good())[:-1],
    "cut at the front": lambda: file_of(good())[100:],
    "changed memory": lambda: patched(np.arange(4.0, dtype="f4").tobytes(), b"\1" * 16),
    "changed pickle": lambda: patched(b"_rebuild_tensor_v2", b"_rebuild_tensor_v3", 0),
    "larger than the file": lambda: central("data/0", 20, struct.pack("<II", 10**9, 10**9)),
    "larger unpacked": lambda: central("data/0", 24, struct.pack("<I", 10**9)),
    "smaller": lambda: central("data/0", 20, struct.pack("<II", 4, 4)),
    "begins beyond the file": lambda: central("data/0", 42, struct.pack("<I", 10**9)),
    "begins elsewhere": lambda: central("data/0", 42, struct.pack("<I", 3)),
    "another sum": lambda: central("data/0", 16, b"\1\2\3\4"),
    "encrypted": lambda: central("data/0", 8, b"\1\0"),
    "long name": lambda: central("data/0", 28, b"\xff\xff"),
}
SEEDS = [pytest.param(s, marks=pytest.mark.slow) if s >= 30 else s for s in range(1000)]
REFUSALS = (RuntimeError, pickle.UnpicklingError, EOFError, ValueError)


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Fails if what runs in between calls anything, takes long, or takes much memory."""
    monkeypatch.chdir(tmp_path)
    CALLED.clear()
    defaults = ff.ones(1).sum.__defaults__
    begun = time.perf_counter()
    tracemalloc.start()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not CALLED
    assert not (tmp_path / "canary").exists()
    assert peak < 60e6
    assert time.perf_counter() - begun < 10
    assert ff.float32.itemsize == 4
    assert ff.Size([2, 3]).numel() == 6
    assert ff.ones(1).sum.__defaults__ == defaults
    file = saved(ff, {"a": ff.arange(4.0)})
    assert ff.load(file)["a"].tolist() == [0, 1, 2, 3]


def refused(file):
    with pytest.raises(REFUSALS) as error:
        ff.load(file)
    words = str(error.value)
    assert words
    assert len(words) < 5000
    return words


@pytest.mark.parametrize("kind", PICKLES)
def test_pickles(kind, watched):
    refused(archive_of(program(*PICKLES[kind])))


@pytest.mark.parametrize("kind", SETS_OF_RECORDS)
def test_records(kind, watched):
    refused(archive_of(SETS_OF_RECORDS[kind]()))


@pytest.mark.parametrize("kind", FILES)
def test_files(kind, watched, tmp_path):
    data = FILES[kind]()
    words = refused(io.BytesIO(data))
    assert "before 1.6" in words or "old" not in kind
    path = tmp_path / "x.pt"
    path.write_bytes(data)
    refused(path)


@pytest.mark.parametrize("kind", ["cut to a half", "larger than the file", "overlapping records"])
def test_mapped_files(kind, watched, tmp_path):
    path = tmp_path / "x.pt"
    path.write_bytes(FILES[kind]())
    with pytest.raises(REFUSALS):
        ff.load(path, mmap=True)


def test_the_good_file_is_good():
    assert ff.load(archive_of(good())).tolist() == [0, 1, 2, 3]
    assert ff.load(archive_of(program(tensor()))).tolist() == [0, 1, 2, 3]
    assert ff.load(io.BytesIO(file_of(good()))).tolist() == [0, 1, 2, 3]


def test_every_cut_of_a_file(watched):
    data = saved(ff, {"a": ff.arange(4.0), "b": [1, "x"]}).getvalue()
    for length in range(0, len(data), 7):
        refused(io.BytesIO(data[:length]))


def test_every_cut_of_a_pickle(watched):
    data = good()["data.pkl"]
    for length in range(0, len(data) - 1, 3):
        refused(archive_of(good(data_pkl=data[:length])))


@pytest.mark.parametrize("seed", SEEDS)
def test_changed_bytes(seed, watched):
    """Any byte may change: what is loaded then is made of plain things all the same."""
    rng = np.random.default_rng(seed)
    data = bytearray(good()["data.pkl"])
    for _ in range(rng.integers(1, 5)):
        data[rng.integers(len(data))] = rng.integers(256)
    try:
        loaded = ff.load(archive_of(good(data_pkl=bytes(data))))
    except REFUSALS:
        return
    plain = (ff.Tensor, int, float, str, bytes, bool, type(None), tuple, list, dict, ff.Size)
    assert isinstance(loaded, (*plain, ff.dtype, ff.device)) or callable(loaded)


def test_what_is_deep_but_harmless(watched):
    loaded = ff.load(
        archive_of(program(b"]" + b"".join(b"]" for _ in range(50_000)) + b"a" * 50_000))
    )
    assert len(loaded) == 1
    huge_memo = program(b"K\x05r" + struct.pack("<I", 2**32 - 1))
    assert ff.load(archive_of(huge_memo)) == 5
    long_frame = program(b"\x95" + struct.pack("<Q", 2**62) + b"K\x05")
    assert ff.load(archive_of(long_frame)) == 5


@pytest.mark.slow
def test_memory_of_a_process_is_bounded(tmp_path):
    """The whole set once more where no more than a little memory can be had."""
    program_text = (
        "import resource\n"
        "import minitorch_ff as ff\n"
        "from compat_tests.checkpoints import test_hostile as t\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 300_000_000,) * 2)\n"
        "for parts in t.PICKLES.values():\n"
        "    try:\n"
        "        ff.load(t.archive_of(t.program(*parts)))\n"
        "    except t.REFUSALS:\n"
        "        continue\n"
        "    raise SystemExit('loaded')\n"
    )
    run = subprocess.run([sys.executable, "-c", program_text], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_paths_that_are_no_files(tmp_path):
    with pytest.raises(FileNotFoundError):
        ff.load(tmp_path / "missing.pt")
    with pytest.raises(IsADirectoryError):
        ff.load(tmp_path)


@pytest.mark.parametrize("threads", [True, False])
def test_a_changed_byte_of_a_large_record(threads, monkeypatch):
    """It is looked for while the next record is being read, or at once without threads."""
    if not threads:
        monkeypatch.setattr(threading.Thread, "start", cannot_start)
    file = io.BytesIO()
    torch.save([torch.ones(1 << 19), torch.zeros(3)], file)
    whole = file.getvalue()
    assert ff.load(io.BytesIO(whole))[0].sum() == 1 << 19
    place = whole.index(torch.ones(64).numpy().tobytes()) + 100
    broken = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    with pytest.raises(RuntimeError, match="these are not the bytes written"):
        ff.load(io.BytesIO(broken))


def cannot_start(thread):
    raise RuntimeError("can't start new thread")
