"""Downloads, from a server on this machine: whole, interrupted, damaged, refused."""

import gzip
import hashlib
import io
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from compat_tests.vision.conftest import PACKED
from compat_tests.vision.reference import OURS, THEIRS, in_both, same_error
from minitorch_ff.vision.datasets import MNIST
from minitorch_ff.vision.datasets.utils import (
    calculate_md5, check_integrity, check_md5, download_and_extract_archive, download_url,
    extract_archive,
)  # fmt: skip


class Files(BaseHTTPRequestHandler):
    """Serves `server.files`, with ranges; breaks off once after `server.breaks` bytes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.asked.append((self.path, self.headers.get("Range")))
        data = server.files.get(self.path)
        if data is None:
            self.send_error(404)
            return
        start, wanted = 0, self.headers.get("Range")
        if wanted and server.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        part = data[start:]
        if server.breaks is not None:
            part, server.breaks = part[: server.breaks], None
            self.close_connection = True
        self.wfile.write(part)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    server.daemon_threads = False  # closing it waits for its connections
    server.files, server.asked, server.breaks, server.ranges = {}, [], None, True
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


DATA = bytes(range(256)) * 5000
MD5 = hashlib.md5(DATA).hexdigest()


def test_a_file(server, tmp_path, capfd):
    server.files["/a/file.bin"] = DATA
    download_url(f"{server.url}/a/file.bin", tmp_path / "new", md5=MD5)
    assert (tmp_path / "new" / "file.bin").read_bytes() == DATA
    shown = capfd.readouterr()
    assert "100%" in shown.err
    assert shown.out == ""
    download_url(f"{server.url}/a/file.bin", tmp_path / "new", md5=MD5)  # it is there
    assert len(server.asked) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file.bin"]


@pytest.mark.parametrize("ranges", [True, False])
def test_an_interruption(server, tmp_path, ranges):
    server.files["/file.bin"], server.breaks, server.ranges = DATA, 300_000, ranges
    with pytest.raises(OSError, match="300000 of 1280000 bytes"):
        download_url(f"{server.url}/file.bin", tmp_path, md5=MD5)
    assert [path.name for path in tmp_path.iterdir()] == ["file.bin.part"]
    download_url(f"{server.url}/file.bin", tmp_path, md5=MD5)
    assert (tmp_path / "file.bin").read_bytes() == DATA
    assert server.asked[1] == ("/file.bin", "bytes=300000-")
    assert [path.name for path in tmp_path.iterdir()] == ["file.bin"]


def test_a_part_that_is_whole(server, tmp_path):
    server.files["/file.bin"] = DATA
    (tmp_path / "file.bin.part").write_bytes(DATA)
    download_url(f"{server.url}/file.bin", tmp_path, md5=MD5)
    assert (tmp_path / "file.bin").read_bytes() == DATA


def test_a_part_of_something_else(server, tmp_path):
    server.files["/file.bin"] = DATA
    (tmp_path / "file.bin.part").write_bytes(DATA[::-1][:1000])
    with pytest.raises(RuntimeError, match=r"File not found or corrupted\."):
        download_url(f"{server.url}/file.bin", tmp_path, md5=MD5)
    assert not list(tmp_path.iterdir())
    download_url(f"{server.url}/file.bin", tmp_path, md5=MD5)
    assert (tmp_path / "file.bin").read_bytes() == DATA


def test_damage_keeps_an_older_file(server, tmp_path):
    server.files["/file.bin"] = DATA[:-1] + b"?"
    (tmp_path / "file.bin").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="corrupted"):
        download_url(f"{server.url}/file.bin", tmp_path, md5=MD5)
    assert (tmp_path / "file.bin").read_bytes() == b"old"


def publish(server, monkeypatch, mirrors) -> None:
    """Let MNIST's files be those of the tests, on this server."""
    resources = []
    for path in sorted(PACKED.glob("*.gz")):
        server.files[f"/second/{path.name}"] = path.read_bytes()
        resources.append((path.name, calculate_md5(path)))
    monkeypatch.setattr(MNIST, "resources", resources)
    monkeypatch.setattr(MNIST, "mirrors", mirrors)


def test_mnist_from_the_second_mirror(server, tmp_path, monkeypatch):
    publish(server, monkeypatch, [f"{server.url}/first/", f"{server.url}/second/"])
    dataset = MNIST(tmp_path, download=True)
    assert len(dataset) == 2000
    assert len(MNIST(tmp_path, train=False, download=True)) == 500
    assert len(server.asked) == 8  # four files, each asked for twice
    assert len(list((tmp_path / "MNIST" / "raw").iterdir())) == 8


def test_mnist_goes_on_after_an_interruption(server, tmp_path, monkeypatch):
    publish(server, monkeypatch, [f"{server.url}/second/"])
    server.breaks = 50_000
    with pytest.raises(RuntimeError, match="connection ended after 50000 of"):
        MNIST(tmp_path, download=True)
    assert len(MNIST(tmp_path, download=True)) == 2000
    assert server.asked[1][1] == "bytes=50000-"


def test_mnist_without_a_server(tmp_path, monkeypatch):
    """Both worlds say what each mirror answered."""
    for world in (OURS, THEIRS):
        closed = ["http://127.0.0.1:9/", "http://127.0.0.1:9/other/"]
        monkeypatch.setattr(world.vision.datasets.MNIST, "mirrors", closed)

    def body(world):
        world.vision.datasets.MNIST(tmp_path, download=True)

    same_error(body)


def archive_of(kind: str, names: list[str]) -> bytes:
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as archive:
            for name in names:
                archive.writestr(name, name)
    else:
        mode = {"tar": "w", "tar.gz": "w:gz", "tgz": "w:gz", "tar.xz": "w:xz"}[kind]
        with tarfile.open(fileobj=out, mode=mode) as archive:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = len(name)
                archive.addfile(info, io.BytesIO(name.encode()))
    return out.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tgz", "tar.xz"])
def test_archives(server, tmp_path, kind):
    server.files[f"/a.{kind}"] = archive_of(kind, ["one", "folder/two"])
    url = f"{server.url}/a.{kind}"
    download_and_extract_archive(url, tmp_path / "in", tmp_path / "out", remove_finished=True)
    assert (tmp_path / "out" / "folder" / "two").read_text() == "folder/two"
    assert not list((tmp_path / "in").iterdir())


def test_single_files(tmp_path):
    path = tmp_path / "numbers.gz"
    path.write_bytes(gzip.compress(DATA))
    assert extract_archive(path) == str(tmp_path / "numbers")
    assert (tmp_path / "numbers").read_bytes() == DATA


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil-of-minitorch"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_nothing_lands_outside(tmp_path, kind, name):
    path, inside = tmp_path / f"a.{kind}", tmp_path / "deep" / "out"
    path.write_bytes(archive_of(kind, [name]))
    if kind == "tar" and not name.startswith("/"):
        with pytest.raises(tarfile.FilterError):
            extract_archive(path, inside)
    else:
        extract_archive(path, inside)
    outside = [p for p in tmp_path.rglob("*") if p.is_file() and inside not in p.parents]
    assert outside == [path]


def test_unknown_archives(tmp_path):
    (tmp_path / "a.rar").write_bytes(b"")
    with pytest.raises(RuntimeError, match=r"Unknown compression or archive type: '\.rar'"):
        extract_archive(tmp_path / "a.rar")


def test_checksums(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)

    def body(world):
        utils = world.vision.datasets.utils
        return [
            utils.calculate_md5(path), utils.check_md5(path, MD5), utils.check_integrity(path),
            utils.check_integrity(path, "0"), utils.check_integrity(tmp_path / "never"),
        ]  # fmt: skip

    ours, theirs = in_both(body)
    assert ours == theirs == [MD5, True, True, False, False]
    assert check_md5(path, MD5, chunk_size=7)
    assert check_integrity(path, MD5)
