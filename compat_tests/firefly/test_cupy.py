"""What can be said of the CUDA back end with CuPy installed, and no GPU.

Every kernel is compiled to machine code by NVRTC, for two generations of GPUs; the list of what
CuPy offers is the one that the stand-in obeys. Skipped where CuPy, or its compiler, is missing.
"""

import importlib
import pathlib
import subprocess
import sys

import numpy
import pytest

import minitorch_ff as ff
from compat_tests import cupy_surface
from compat_tests.cuda_on_cpu import parameter
from minitorch_ff.firefly.backend.cupy import launch, make
from minitorch_ff.firefly.backend.cupy.backend import CupyBackend
from minitorch_ff.firefly.backend.cupy.launch import C_TYPES, PREAMBLE, Formula, Program
from minitorch_ff.firefly.backend.cupy.several import SeveralGpus
from minitorch_ff.firefly.backend.cupy_runtime import CupyRuntime

FOLDER = pathlib.Path(launch.__file__).parent
architectures = pytest.mark.parametrize(
    "architecture", ["80", pytest.param("90", marks=pytest.mark.slow)]
)


@pytest.fixture(scope="module")
def cupy():
    return pytest.importorskip("cupy")


@pytest.fixture(scope="module")
def compile(cupy):
    """Machine code from a source, by NVRTC."""
    nvrtc = pytest.importorskip("cupy_backends.cuda.libs.nvrtc")
    compiler = importlib.import_module("cupy.cuda.compiler")
    try:
        nvrtc.getVersion()
    except Exception as error:  # whatever CuPy raises without the library
        pytest.skip(f"NVRTC is missing: {error}")
    headers = pathlib.Path(cupy.__file__).parent / "_core" / "include"
    toolkit = pathlib.Path(cupy.__file__).parents[1] / "nvidia" / "cuda_runtime" / "include"
    options = ("-std=c++17", f"-I{headers}", f"-I{toolkit}")

    def compiled(source, architecture):
        program = compiler._NVRTCProgram(source, "kernel.cu", method="cubin")
        return program.compile((*options, f"-arch=sm_{architecture}"))[0]

    return compiled


def written(kind):
    """All formulas, or programs, in the back end's files."""
    for path in sorted(FOLDER.glob("*.py")):
        module = importlib.import_module(f"minitorch_ff.firefly.backend.cupy.{path.stem}")
        for name, value in vars(module).items():
            if type(value) is kind:
                yield pytest.param(value, id=f"{path.stem}.{name}")


FORMULAS, PROGRAMS = list(written(Formula)), list(written(Program))


def test_there_are_kernels():
    assert len(FORMULAS) >= 8
    assert len(PROGRAMS) >= 8


@architectures
@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_compile(program, architecture, compile):
    for dtype in ("float", "double"):
        source = f"typedef {dtype} T;\n{PREAMBLE}{program.source}"
        assert compile(source, architecture).startswith(b"\x7fELF")


@architectures
@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_compile(formula, architecture, compile):
    """Inside what CuPy puts around an operation: a loop, with references into its arrays."""
    types = {**C_TYPES, "int8": "signed char", "bool": "bool"}
    for dtype in ("float", "double"):
        arguments, places = [], []
        for constant, text in ((True, formula.inputs), (False, formula.outputs)):
            for raw, kind, name in [parameter(part) for part in text.split(",")]:
                kind = dtype if kind in ("T", "U") else types[kind]
                kind = f"const {kind}" if constant else kind
                arguments.append(f"CArray<{kind}, 1, true, true> {'' if raw else '_raw_'}{name}")
                if not raw:
                    places.append(f"{kind} &{name} = _raw_{name}[_ind.get()];")
        lines = [
            "#include <cupy/carray.cuh>",
            f"typedef {dtype} T; typedef {dtype} U;",
            PREAMBLE,
            f'extern "C" __global__ void ff_{formula.name}(',
            f"{', '.join(arguments)}, CIndexer<1, true> _ind) {{",
            "CUPY_FOR(i, _ind.size()) { _ind.set(i);",
            *places,
            f"{formula.operation}; }} }}",
        ]
        assert compile("\n".join(lines), architecture).startswith(b"\x7fELF")


def test_the_surface_is_that_of_the_installed_version(cupy):
    committed = cupy_surface.written()
    if committed["cupy"] != cupy.__version__:
        pytest.skip(f"the list is of CuPy {committed['cupy']}, here is {cupy.__version__}")
    assert cupy_surface.read_from(cupy) == committed


def test_without_a_gpu_it_says_what_is_missing():
    if ff.cuda.is_available():
        pytest.skip("there is a GPU")
    for call in (
        lambda: ff.zeros(1, device="cuda"),
        ff.zeros(1).cuda,
        lambda: ff.ones(2).to("cuda"),
    ):
        with pytest.raises(AssertionError, match=r"^Torch not compiled with CUDA enabled.*CuPy"):
            call()


@pytest.mark.parametrize("count", [1, 2])
def test_the_back_end_is_made_for_as_many_gpus(cupy, count, monkeypatch):
    monkeypatch.setattr(cupy.cuda.runtime, "getDeviceCount", lambda: count)
    monkeypatch.setattr(CupyBackend, "buffer_type", None, raising=False)
    backend = make()
    assert type(backend) is (SeveralGpus if count > 1 else CupyBackend)
    assert backend.buffer_type is cupy.ndarray
    assert getattr(backend, "devices", 1) == count
    if count > 1:
        assert backend.follow(numpy.ones(1)) is None


def test_marks_for_a_profiler_are_cupys(cupy):
    """They work, and do nothing, without a GPU."""
    marks = CupyRuntime.nvtx(None)
    marks.RangePush("a"), marks.RangePop(), marks.Mark("b")
    marks.RangeEnd(marks.RangeStart("c", 0))


def test_cupy_is_imported_for_a_cuda_device_only():
    code = "import sys, minitorch_ff.nn, minitorch_ff.optim; print('cupy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
