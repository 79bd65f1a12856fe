"""What a file looks like, and where it may be."""

import io
import pathlib
import pickle
import subprocess
import sys
import zipfile

import pytest
import torch

import minitorch_ff as ff
from compat_tests.checkpoints.both import (
    WAYS,
    WORLDS,
    archive_of,
    description,
    records,
    relabelled,
    saved,
)
from compat_tests.worlds import same_error, same_in_both


def everything(world):
    weight = world.arange(12.0).reshape(3, 4)
    return {
        "shared": [weight, weight.t(), weight[1], weight[:, ::2]],
        "scalar": world.tensor(2.5),
        "empty": world.empty(0, 3),
        "leaf": world.ones(2, requires_grad=True),
        "plain": (1, 2.5, True, None, "text", b"bytes", {1}, 1 + 2j),
        "types": [world.float16, world.Size([1, 2]), world.device("cpu"), world.device("cuda:1")],
    }


def placed(file) -> list[tuple[str, int]]:
    """Names of the records, and where each begins in the file."""
    data = file.getvalue() if isinstance(file, io.BytesIO) else pathlib.Path(file).read_bytes()
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
    assert all(info.compress_type == zipfile.ZIP_STORED for info in infos)
    starts = []
    for info in infos:
        header = data[info.header_offset : info.header_offset + 30]
        starts.append(info.header_offset + 30 + header[26] + 256 * header[27] + header[28])
    return [(info.filename, start) for info, start in zip(infos, starts, strict=True)]


@pytest.mark.parametrize(("saver", "loader"), WAYS)
@pytest.mark.parametrize("weights_only", [True, False])
def test_both_ways(saver, loader, weights_only):
    obj = everything(WORLDS[saver])
    loaded = WORLDS[loader].load(saved(WORLDS[saver], obj), weights_only=weights_only)
    assert description(loaded, WORLDS[loader]) == description(obj, WORLDS[saver])


def test_layout_is_pytorchs(tmp_path):
    for name in ("model.pt", "a.b.ckpt", "no_suffix", "Modèle.pt"):
        paths = [tmp_path / world.__name__ / name for world in (ff, torch)]
        for path, world in zip(paths, (ff, torch), strict=True):
            path.parent.mkdir(exist_ok=True)
            world.save(everything(world), path)
        ours, theirs = map(placed, paths)
        assert [name for name, _ in ours] == [name for name, _ in theirs]
        assert all(start % 64 == 0 for _, start in ours)
    with zipfile.ZipFile(paths[0]) as archive:
        number = archive.read("archive/.data/serialization_id")
    assert len(number) == 40
    assert number.isdigit()


@pytest.mark.parametrize("dtype", "float32 bfloat16 bool uint16 complex128".split())
def test_dtypes_have_their_storages(dtype):
    parts = [records(saved(w, w.ones(3).to(getattr(w, dtype)))) for w in (ff, torch)]
    assert parts[0]["data.pkl"] == parts[1]["data.pkl"]
    assert parts[0]["data/0"] == parts[1]["data/0"]


def test_whole_memory_is_saved_once():
    big = ff.arange(1000.0)
    parts = records(saved(ff, [big[10:20], big.detach()[5:], big.data, big]))
    assert [len(data) for name, data in parts.items() if name.startswith("data/")] == [4000]


def test_parts_of_foreign_arrays_are_saved_alone():
    array = ff.ones(1000).numpy()
    parts = records(saved(ff, ff.from_numpy(array[10:20])))
    assert len(parts["data/0"]) == 40


@pytest.mark.parametrize("kind", [str, pathlib.Path])
@pytest.mark.parametrize(("saver", "loader"), WAYS)
@pytest.mark.parametrize("mmap", [False, True])
def test_paths(tmp_path, kind, saver, loader, mmap):
    path = kind(tmp_path / "x.pt")
    obj = everything(WORLDS[saver])
    WORLDS[saver].save(obj, path)
    loaded = WORLDS[loader].load(path, mmap=mmap)
    assert description(loaded, WORLDS[loader]) == description(obj, WORLDS[saver])


def test_mapped_memory_is_written_in_the_process_only(tmp_path):
    path = tmp_path / "x.pt"
    ff.save(ff.ones(3), path)
    mapped = ff.load(path, mmap=True)
    mapped.add_(1)
    assert mapped.tolist() == [2, 2, 2]
    assert ff.load(path).tolist() == [1, 1, 1]
    again = records(saved(ff, mapped))
    assert len(again["data/0"]) == 12  # not the whole of the mapped file


@pytest.mark.parametrize(("saver", "loader"), WAYS)
def test_open_files(tmp_path, saver, loader):
    path = tmp_path / "x.pt"
    with open(path, "wb") as file:
        file.write(b"before")
        WORLDS[saver].save(WORLDS[saver].ones(2), file)
        end = file.tell()
    assert end == path.stat().st_size > 6
    with open(path, "rb") as file:
        file.seek(6)
        assert WORLDS[loader].load(file).tolist() == [1, 1]
        assert file.tell() == end or loader == "torch"


class OnlyWrites:
    def __init__(self):
        self.parts = []

    def write(self, data):
        self.parts.append(bytes(data))
        return len(data)

    def flush(self):
        pass


def test_a_file_that_only_writes():
    for world in (ff, torch):
        file = OnlyWrites()
        world.save(world.ones(2), file)
        assert ff.load(io.BytesIO(b"".join(file.parts))).tolist() == [1, 1]


class OnlyReads:
    def __init__(self, file):
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


def test_a_file_that_cannot_read_into_memory():
    file = saved(torch, everything(torch))
    loaded = ff.load(OnlyReads(file))
    assert description(loaded, ff) == description(everything(torch), torch)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("saver", WORLDS)
def test_protocols(protocol, saver):
    world = WORLDS[saver]
    obj = everything(world)
    for weights_only in (True, False):
        file = saved(world, obj, pickle_protocol=protocol)
        loaded = ff.load(file, weights_only=weights_only)
        assert description(loaded, ff) == description(obj, world)
    file = saved(ff, everything(ff), pickle_protocol=protocol)
    loaded = torch.load(file, weights_only=False)
    assert description(loaded, torch) == description(everything(ff), ff)


def test_byteorder_record_can_be_left_out():
    file = saved(ff, ff.ones(2), _disable_byteorder_record=True)
    assert torch.load(file).tolist() == [1, 1]
    file.seek(0)
    assert ff.load(file).tolist() == [1, 1]
    assert "byteorder" not in records(file)


def test_what_is_not_supported_says_so():
    with pytest.raises(NotImplementedError, match="zip format"):
        ff.save([], io.BytesIO(), _use_new_zipfile_serialization=False)
    with pytest.raises(NotImplementedError, match="pickle_module"):
        ff.save([], io.BytesIO(), pickle_module=torch)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.save([], 5),
        lambda t: t.save([], "/nonexistent/folder/x.pt"),
        lambda t: t.load("/nonexistent/x.pt"),
        lambda t: t.load(5),
        lambda t: t.load(relabelled("cpu"), mmap=True),
        lambda t: t.load(relabelled("cpu"), pickle_module=pickle, weights_only=True),
        lambda t: t.load(relabelled("cuda:0")),
        lambda t: t.load(relabelled("cuda")),
        lambda t: t.load(relabelled("cuda:0"), map_location="cuda:1"),
        lambda t: t.load(relabelled("cuda:0"), map_location={"cuda:1": "cpu"}),
        lambda t: t.load(relabelled("cuda:0"), map_location=lambda memory, where: None),
        lambda t: t.load(relabelled("elsewhere")),
        lambda t: t.load(relabelled("cpu"), map_location="elsewhere"),
        lambda t: t.save([x := t.ones(4), x.view(t.int32)], io.BytesIO()),
    ],
)
def test_errors_are_pytorchs(call):
    same_error(call)


@pytest.mark.parametrize("seen", ["cpu", "cuda:0"])
@pytest.mark.parametrize(
    "to",
    [
        lambda t: "cpu",
        lambda t: t.device("cpu"),
        lambda t: {"cuda:0": "cpu", "cpu": "cpu"},
        lambda t: lambda storage, location: storage,
        lambda t: lambda storage, location: storage.cpu(),
        lambda t: lambda storage, location: storage if storage.nbytes() == 8 else None,
    ],
)
def test_map_location(seen, to):
    same_in_both(lambda t: t.load(relabelled(seen), map_location=to(t)))


def test_map_location_is_told_where_from():
    asked = []
    ff.load(relabelled("cuda:3"), map_location=lambda memory, where: asked.append(where) or memory)
    assert asked == ["cuda:3"]


@pytest.mark.gpu
def test_a_gpus_tensor_returns_there():
    x = ff.arange(6.0, device="cuda").reshape(2, 3)
    file = saved(ff, [x, x.t()])
    loaded = ff.load(file)
    assert [t.device.type for t in loaded] == ["cuda", "cuda"]
    loaded[1][0, 0] = 7
    assert loaded[0].tolist() == [[7, 1, 2], [3, 4, 5]]
    file.seek(0)
    assert ff.load(file, map_location="cpu")[1].tolist() == x.t().tolist()


def test_other_modules_for_pickling():
    file = saved(torch, {"a": torch.ones(2)})
    assert ff.load(file, pickle_module=pickle)["a"].tolist() == [1, 1]


def test_lazy_tensors_of_pytorch_become_plain():
    x = torch.tensor([1 + 2j, 3 - 4j])
    for lazy in (x.conj(), x.conj().imag):
        loaded = ff.load(saved(torch, lazy))
        assert loaded.tolist() == lazy.tolist()


@pytest.mark.parametrize("dtype", "float32 int16 bool complex64 bfloat16 float64".split())
def test_files_of_big_endian_machines(dtype):
    x = torch.tensor([1, 0, 3]).to(getattr(torch, dtype))
    parts = records(saved(torch, x))
    parts["byteorder"] = b"big"
    width = x.itemsize // (2 if x.is_complex() else 1)
    data = parts["data/0"]
    words = [data[i : i + width][::-1] for i in range(0, len(data), width)]
    parts["data/0"] = b"".join(words)
    assert ff.load(archive_of(parts)).tolist() == x.tolist()
    assert torch.load(archive_of(parts)).tolist() == x.tolist()


def test_importing_the_package_loads_none_of_this():
    program = (
        "import sys, minitorch_ff; "
        "print([m for m in sys.modules if m == 'zipfile' or m.endswith('serialization')]); "
        "minitorch_ff.save; print('minitorch_ff.serialization' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout == "[]\nTrue\n", run.stderr


def test_hooks_of_tensors_are_not_saved_which_is_said():
    said = []
    for world in (ff, torch):
        x = world.ones(2, requires_grad=True)
        x.register_hook(abs)
        parameter = world.nn.Parameter(x.detach())
        parameter.register_hook(abs)
        with pytest.warns(UserWarning, match="will not be serialized") as warned:
            world.save([x, parameter], io.BytesIO())
        said.append([str(warning.message) for warning in warned])
    assert said[0] == said[1]


def test_types_functions_and_constants():
    obj = [type(None), int, len, io.BytesIO, ..., NotImplemented, test_paths, None]
    for saver, loader in WAYS:
        file = saved(WORLDS[saver], obj)
        assert WORLDS[loader].load(file, weights_only=False) == obj


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
@pytest.mark.parametrize(("saver", "loader"), WAYS)
def test_memories_themselves(saver, loader):
    x = WORLDS[saver].arange(4, dtype=WORLDS[saver].uint8)
    memory, tensor = WORLDS[loader].load(saved(WORLDS[saver], [x.untyped_storage(), x[1:]]))
    memory = memory.untyped()
    assert [memory[i] for i in range(memory.nbytes())] == [0, 1, 2, 3]
    assert tensor.untyped_storage().data_ptr() == memory.data_ptr()


def test_offsets_and_memories_of_detached_views():
    def numbers(torch):
        x = torch.arange(12.0).reshape(3, 4)
        views = [x[1:].detach(), x.t()[2].data, torch.nn.Parameter(x[2]), x.view(-1)[5:]]
        memory = x.untyped_storage()
        return [
            (v.storage_offset(), v.stride(), v.untyped_storage().nbytes(),
             v.untyped_storage().data_ptr() == memory.data_ptr())
            for v in views
        ]  # fmt: skip

    assert numbers(ff) == numbers(torch)


def test_memories_that_are_files(tmp_path):
    def read(torch):
        path = tmp_path / "bytes"
        path.write_bytes(bytes(range(8)))
        memory = torch.UntypedStorage.from_file(str(path), False, 8)
        return [len(memory), memory[3], len(memory[2:5]), memory[2:5].nbytes()]

    assert read(ff) == read(torch)


def test_views_as_another_dtype_by_name():
    same_in_both(lambda t: t.arange(4.0).view(dtype=t.int32))
