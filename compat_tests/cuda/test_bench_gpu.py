"""The benchmark of GPUs: it says that there is none; its logic, on a stand-in."""

import json

import pytest
import torch

import minitorch_ff as ff
from compat_tests import cuda_standin
from compat_tests.benchmarks import bench_gpu
from compat_tests.benchmarks.bench_gpu import Cell
from compat_tests.cuda_on_cpu import has_compiler


@pytest.mark.skipif(ff.cuda.is_available() or torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_nothing_is_measured(capsys):
    assert bench_gpu.main(["--workloads", "matmul"]) == 1
    said = capsys.readouterr().out
    assert said.endswith("no GPU: nothing was measured\n")
    assert "torch: no GPU (AssertionError: Torch not compiled with CUDA enabled)" in said


def test_the_table(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(bench_gpu, "ROUND", 1e-4)
    monkeypatch.setattr(bench_gpu, "MATMUL", [8])
    monkeypatch.setattr(cuda_standin.StandInBackend, "has_kernels", has_compiler())
    out = tmp_path / "out.json"
    with cuda_standin.present():
        names = "matmul,tiny,course_adam"
        options = ["--impls", "minitorch_ff", "--workloads", names, "--repeat", "2"]
        assert bench_gpu.main([*options, "--json", str(out)]) == 0
        assert ff.get_default_device() == ff.device("cpu")
    rows = json.loads(out.read_text())
    assert [(row["case"], row["way"]) for row in rows] == [
        (case, way) for case in ("matmul 8", "tiny", "course_adam") for way in ("eager", "graph")
    ]
    for row in rows:
        cell = row["cells"]["minitorch_ff"]
        assert (len(cell["rounds"]) == 2) != bool(cell["reason"])
        assert not cell["reason"] or (row["way"] == "graph" and not has_compiler())
    assert "µs" in capsys.readouterr().out


def test_ratios_are_of_paired_rounds():
    cells = {"torch": Cell(rounds=[1.0, 2.0, 4.0]), "minitorch_ff": Cell(rounds=[2.0, 6.0, 4.0])}
    assert bench_gpu.ratio(cells) == 2.0
    assert "2.00" in bench_gpu.row("a", "eager", cells)
    cells["torch"] = Cell(reason="it fell over")
    assert bench_gpu.ratio(cells) is None
    assert bench_gpu.row("a", "eager", cells).endswith("torch: it fell over")


def test_every_workload_is_known():
    found = bench_gpu.cases(["matmul", "elementwise", *bench_gpu.TRAINED])
    assert len(found) == len(bench_gpu.MATMUL) + len(bench_gpu.ELEMENTWISE) + len(bench_gpu.TRAINED)
