"""A recording stands for PyTorch where PyTorch is not installed."""

import json

import numpy
import pytest

from compat_tests.compare.commands import compare, compare_json, training, write
from compat_tests.scripts.processes import poison
from minitorch_ff.compare import recording


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A script, and the recording of its run under PyTorch."""
    folder = tmp_path_factory.mktemp("recorded")
    script = training(folder, planted=False)
    done = compare("--record", "trace.npz", "--deep", script, cwd=folder, status=0)
    assert "  step 5 loss" in done.stdout
    assert "recorded 6 lines, 48 tensors" in done.stdout
    return script, folder / "trace.npz"


def test_against_a_recording_without_pytorch(recorded, tmp_path):
    script, trace = recorded
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    arguments = ("--deep", "--against", trace, script)
    result = compare_json(*arguments, cwd=tmp_path, status=0, path=[poison(nowhere)])
    assert len(result["deep"]) == 48
    assert result["torch"]["inside"]["environment"]["torch"].startswith("2.13.0")
    assert len(result["torch"]["times"]) == 6
    assert not result["notes"]


def test_another_version_of_the_script_is_named(recorded, tmp_path):
    _, trace = recorded
    planted = training(tmp_path, planted=True)
    result = compare_json("--deep", "--against", trace, planted, "x", cwd=tmp_path, status=1)
    assert result["verdict"]["tensor"]["step"] == 4
    assert any("another version of the script" in note for note in result["notes"])
    assert any("with the arguments []" in note for note in result["notes"])


@pytest.mark.slow
def test_a_recording_without_tensors_has_none_to_compare(tmp_path):
    script = training(tmp_path, planted=False)
    compare("--record", "trace.npz", script, cwd=tmp_path, status=0)
    result = compare_json("--deep", "--against", "trace.npz", script, cwd=tmp_path, status=0)
    assert result["notes"] == ["PyTorch: no tensors were recorded"]
    assert not result["deep"]


def test_numpy_reads_it(recorded):
    """Without this package, and without pickles."""
    with numpy.load(recorded[1]) as arrays:
        assert {array.dtype.kind for array in arrays.values()} == set("Ufi")
        facts, values, counts = json.loads(str(arrays["json"])), arrays["values"], arrays["counts"]
    assert [line[:11] for line in facts["lines"]] == [f"step {n} loss" for n in range(6)]
    assert len(facts["records"]) == len(counts) == 48
    assert facts["records"][0]["key"] == [1, 1, "0 (Linear)", "output"]
    assert counts.sum() == len(values)
    assert counts[0] == 32 * 8 + 1  # all elements, and their root of the mean square
    root = numpy.sqrt(numpy.square(values[: 32 * 8]).mean())
    assert values[32 * 8] == pytest.approx(root)


class Nasty:
    """Leaves a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_pickles_are_refused(recorded, tmp_path):
    with numpy.load(recorded[1]) as arrays:
        parts = dict(arrays)
    parts["values"] = numpy.array([Nasty(str(tmp_path / "traces"))], dtype=object)
    numpy.savez(tmp_path / "nasty.npz", **parts)
    with pytest.raises(ValueError, match="is no recording"):
        recording.load(tmp_path / "nasty.npz")
    assert not (tmp_path / "traces").exists()


def test_a_recording_that_was_cut_off(recorded, tmp_path):
    content = recorded[1].read_bytes()
    for length in (0, 10, len(content) // 2, len(content) - 1):
        (tmp_path / "cut.npz").write_bytes(content[:length])
        with pytest.raises(ValueError, match="is no recording"):
            recording.load(tmp_path / "cut.npz")


def test_what_is_no_recording(tmp_path):
    script = write(tmp_path, "print(1)")
    compare("--against", "absent.json", script, cwd=tmp_path, status=2)
    write(tmp_path, "text", "text.json")
    compare("--against", "text.json", script, cwd=tmp_path, status=2)
    numpy.savez(tmp_path / "other.npz", x=numpy.ones(1))
    other = compare("--against", "other.npz", script, cwd=tmp_path, status=2)
    assert "is no recording" in other.stderr
    for option in (("--html", "page.html"), ("--json",), ("--against", "trace.npz")):
        both = compare("--record", "trace.npz", *option, script, cwd=tmp_path, status=2)
        assert "--record runs PyTorch alone" in both.stderr
