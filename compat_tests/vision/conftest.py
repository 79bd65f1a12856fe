"""A folder with a part of MNIST, unpacked as it is after a download."""

import gzip
import pathlib
import shutil

import pytest

PACKED = pathlib.Path(__file__).parent / "mnist" / "MNIST" / "raw"


@pytest.fixture(scope="session")
def mnist_root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for packed in sorted(PACKED.glob("*.gz")):
        with gzip.open(packed) as source, open(raw / packed.stem, "wb") as target:
            shutil.copyfileobj(source, target)
    return root
