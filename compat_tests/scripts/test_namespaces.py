"""The small namespaces of `torch` that scripts touch: amp, compile, benchmark, and so on."""

import copy
import functools
import hashlib
import importlib
import warnings

import pytest
import torch as pytorch

import minitorch_ff as ff
from compat_tests.scripts.processes import OURS, PLAIN, python
from compat_tests.worlds import same_error, same_in_both

# ------------------------------------------------------------------- mixed precision


def warned(call):
    """What a call returns, and the warnings it gave."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call()
    return result, [(w.category.__name__, str(w.message)) for w in caught]


def test_a_scaler_without_cuda():
    def body(torch):
        model = torch.nn.Linear(2, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scaler, words = warned(lambda: torch.amp.GradScaler("cuda"))
        assert words
        loss = model(torch.ones(1, 2)).sum()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
        scaler.load_state_dict(scaler.state_dict())
        return words, scaler.get_scale(), scaler.is_enabled(), scaler.state_dict(), model.weight

    same_in_both(body)


@pytest.mark.parametrize("name", ["GradScaler", "autocast"])
@pytest.mark.parametrize("enabled", [True, False])
def test_the_old_names(name, enabled):
    def body(torch):
        return warned(lambda: getattr(torch.cuda.amp, name)(enabled=enabled))[1]

    same_in_both(body)


def test_autocast_that_changes_nothing():
    def body(torch):
        x = torch.ones(2, 2)

        @torch.autocast("cpu", enabled=False)
        def product(x):
            return x @ x, torch.is_autocast_enabled()

        with torch.amp.autocast("cpu", dtype=torch.bfloat16, enabled=False):
            inside = x @ x
        block, words = warned(lambda: torch.autocast(device_type="cuda", dtype=torch.float16))
        with block:
            after = x @ x
        return product(x), product.__name__, inside, words, after

    same_in_both(body)


@pytest.mark.parametrize("device", [5, "xyz"])
def test_autocast_for_what_is_no_device(device):
    same_error(lambda torch: torch.autocast(device), words=device == 5)


def test_functions_under_autocast():
    def body(torch):
        class Square(torch.autograd.Function):
            @staticmethod
            @torch.amp.custom_fwd(device_type="cuda")
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            @torch.amp.custom_bwd(device_type="cuda")
            def backward(ctx, grad):
                return 2 * ctx.saved_tensors[0] * grad

        x = torch.tensor([3.0], requires_grad=True)
        y = Square.apply(x)
        y.sum().backward()
        return x, y.detach()

    same_in_both(body)


# ------------------------------------------------------------------------- compile


def compiled(torch, module):
    """PyTorch's own compiler needs a C++ compiler; `eager` does without."""
    return torch.compile(module, backend="eager")


def test_a_compiled_module():
    def body(torch):
        module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
        wrapped = compiled(torch, module)
        x = torch.ones(1, 2)
        y = wrapped(x)
        y.sum().backward()
        wrapped.eval()
        facts = [
            repr(wrapped), list(wrapped.state_dict()), [n for n, _ in wrapped.named_parameters()],
            [n for n, _ in wrapped.named_modules()], wrapped.training, module[0].training,
            type(wrapped).__name__, isinstance(wrapped, torch.nn.Sequential), len(wrapped),
            wrapped._orig_mod is module, torch.equal(y, module(x)),
        ]  # fmt: skip
        wrapped.train()
        wrapped.load_state_dict(wrapped.state_dict())
        module.load_state_dict(
            {k.removeprefix("_orig_mod."): v for k, v in wrapped.state_dict().items()}
        )
        other = copy.deepcopy(wrapped)
        return facts, module[0].weight, module.training, list(other.state_dict())

    same_in_both(body)


def test_attributes_of_a_compiled_module():
    def body(torch):
        class Scaled(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.factor = 3
                self.weight = torch.nn.Parameter(torch.ones(2))

            def forward(self, x):
                return self.factor * self.weight * x

            def doubled(self):
                return 2 * self.factor

        module = Scaled()
        wrapped = compiled(torch, module)
        seen = []
        wrapped.register_forward_hook(lambda m, args, out: seen.append(type(m).__name__))
        wrapped.factor = 5
        y = wrapped(torch.ones(2))
        return (
            seen,
            module.factor,
            wrapped.doubled(),
            y.detach(),
            wrapped.weight.detach(),
            [hasattr(wrapped, name) for name in ("factor", "nothing", "forward")],
        )

    same_in_both(body)


def test_compiled_functions():
    def body(torch):
        @torch.compile
        def plain(x):
            """What it does."""
            return x + 1

        @torch.compile(mode="reduce-overhead", fullgraph=True, dynamic=False)
        def settings(x):
            return x

        torch._dynamo.config.suppress_errors = True
        same = torch.nn.Linear(1, 1)
        return (
            plain.__name__, plain.__doc__, settings.__name__, callable(settings),
            torch.compile(same, disable=True) is same, torch.compiler.is_compiling(),
            torch.compile(torch.nn.Linear) is torch.nn.Linear,
        )  # fmt: skip

    same_in_both(body)
    assert ff.compile(lambda x: x + 1)(ff.ones(1)).item() == 2


@pytest.mark.parametrize("settings", [{"mode": "default", "options": {}}, {"mode": "fast"}])
def test_settings_of_the_compiler(settings):
    same_error(lambda torch: torch.compile(lambda x: x, **settings))


def test_compiling_what_cannot_be_called():
    same_error(lambda torch: torch.compile(3))
    with pytest.raises(NotImplementedError, match="no graph"):
        ff.compile(lambda x: x, backend=lambda graph, inputs: graph)


# ----------------------------------------------------------------------- benchmark

TIMES = [
    [0.25], [1.0, 1.1, 0.9], [1e-7, 1.5e-7, 3e-7, 2e-7], [1e-3] * 5, [70.0, 71.0, 80.0],
    [2e-4, 2.1e-4, 2.05e-4, 2e-4], [1e-8, 1e-8], [1.0, 1.2, 1.4, 1.5],
]  # fmt: skip
TASKS = [
    {"stmt": "x + y", "setup": "pass"},
    {"stmt": "x + y", "setup": "x = 1"},
    {"stmt": "a\nb", "setup": "c\nd", "num_threads": 4},
    {"stmt": "x", "setup": "pass", "label": "L", "sub_label": "S", "description": "D"},
    {"stmt": "x", "setup": "pass", "label": "L", "description": "D"},
    {"stmt": "x", "setup": "y", "sub_label": "S"},
    {"stmt": "a\nb", "setup": "y", "sub_label": "S"},
    {"stmt": "a\nb", "setup": "y", "label": "L"},
]


def measured(torch, times, task):
    """The report of a measurement, without the object's address."""
    module = importlib.import_module(f"{torch.__name__}.utils.benchmark")
    measurement = module.Measurement(10, times, module.TaskSpec(**task))
    first, *lines = repr(measurement).splitlines()
    facts = [measurement.median, measurement.mean, measurement.iqr, measurement.has_warnings]
    return first.split(" at ")[0], lines, measurement.title, facts


@pytest.mark.parametrize("times", TIMES, ids=str)
def test_reports_of_times(times):
    same_in_both(lambda torch: measured(torch, times, TASKS[0]))


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_reports_of_tasks(task):
    same_in_both(lambda torch: measured(torch, [0.5, 0.5], task))


PLACES = [  # label, row, column, threads, times: as they come in
    ("mul", "1x1", "torch", 1, [1.234e-5]), ("mul", "1x1", "np", 1, [2.5e-5]),
    ("mul", "64x64", "torch", 1, [1.2e-3]), ("mul", "64x64", "np", 1, [3.4567e-3]),
    ("add", "1x1", "torch", 1, [1.2e-6]), ("mul", "1x1", "torch", 4, [9e-6]),
    ("l", "a", "d", 1, [1e-5, 1e-5, 1.3e-5, 2e-5, 1e-5]), ("l", "a", "e", 1, [1.08e-5]),
    ("l", "b", "d", 1, [1e-5, 1.05e-5, 1.02e-5]), ("l", "c", "e", 1, [4e-5]),
    ("n", "b", "d1", 4, [1.0]), ("n", "a", "a wide one", 1, [2.0, 2.5]), ("n", "b", "d", 1, [5.0]),
    ("n", "b", "d", 1, [3.0]), (None, None, "dd", 1, [1e-5]), (None, "x", "dd", 1, [3.3e-5]),
]  # fmt: skip
STEPS = [
    "", "colorize()", "colorize(rowwise=True)", "highlight_warnings()",
    "trim_significant_figures()", "colorize() highlight_warnings() trim_significant_figures()",
]  # fmt: skip


@pytest.mark.parametrize("steps", STEPS)
def test_tables_of_measurements(steps):
    def body(torch):
        module = importlib.import_module(f"{torch.__name__}.utils.benchmark")
        results = [
            module.Measurement(
                1, times, module.TaskSpec("x + y", "pass", "", label, row, column, None, threads)
            )
            for label, row, column, threads, times in PLACES
        ]
        table = module.Compare(results[:9])
        table.extend_results(results[9:])
        for step in steps.split():
            eval(f"table.{step}", {"table": table})
        return str(table).splitlines(), [result.significant_figures for result in results]

    same_in_both(body)
    same_error(
        lambda torch: importlib.import_module(f"{torch.__name__}.utils.benchmark").Compare([3])
    )


def test_a_timer():
    from minitorch_ff.utils.benchmark import Timer

    threads = ff.get_num_threads()
    count = []
    timer = Timer("count.append(torch.get_num_threads())", globals={"count": count}, num_threads=2)
    once = timer.timeit(50)
    assert (once.number_per_run, len(once.times)) == (50, 1)
    assert set(count) <= {1, 2}  # as many as there are
    assert ff.get_num_threads() == threads
    many = Timer("time.sleep(0.002)", "import time").blocked_autorange(min_run_time=0.05)
    assert many.number_per_run * len(many.times) >= 5
    assert 0.002 <= many.median < 0.1
    with pytest.raises(NotImplementedError, match="Python"):
        Timer("1", language="c++")


# ---------------------------------------------------------------- what writes and starts

SPAWN = """
import sys
import torch
import torch.multiprocessing as mp

def work(rank, factor):
    if factor < 0:
        raise ValueError("negative")
    print(rank, factor * torch.ones(1), flush=True)

def exits(rank):
    sys.exit(3)

if __name__ == "__main__":
    mp.set_start_method("spawn")
    mp.spawn(work, args=(2,), nprocs=1, join=True)
    queue = mp.get_context("fork").Queue()
    queue.put(torch.ones(1))
    print(queue.get(), mp.current_process().name)
    for function, args in ((work, (-1,)), (exits, ())):
        try:
            mp.spawn(function, args)
        except Exception as error:
            print(type(error).__name__, str(error).splitlines()[-1])
"""


def test_spawn(tmp_path):
    (tmp_path / "script.py").write_text(SPAWN)
    theirs, ours = (python(*way, "script.py", cwd=tmp_path) for way in (PLAIN, OURS))
    assert theirs.stdout.count("\n") == 4
    assert (ours.returncode, ours.stdout) == (0, theirs.stdout)


def test_tensorboard(tmp_path):
    """What was written is read back by TensorBoard itself."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from minitorch_ff.utils.tensorboard import SummaryWriter

    with SummaryWriter(log_dir=str(tmp_path)) as writer:
        for step in range(3):
            writer.add_scalar("loss", ff.tensor(0.5 * step, requires_grad=True), step)
        writer.add_scalar("plain", 1.5, global_step=0)
        writer.add_histogram("weights", ff.arange(10.0), 0)
        writer.add_image("picture", ff.rand(3, 4, 5), 0)
        writer.add_text("note", "a word", 0)
        writer.add_hparams({"rate": 0.1}, {"accuracy": ff.tensor(0.9)}, name="run")
        with pytest.raises(NotImplementedError, match="add_graph"):
            writer.add_graph(ff.nn.Linear(1, 1))
        assert writer.log_dir == str(tmp_path)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(0, 0.0), (1, 0.5), (2, 1.0)]
    assert events.Scalars("plain")[0].value == 1.5
    (histogram,) = events.Histograms("weights")
    assert (histogram.histogram_value.num, histogram.histogram_value.sum) == (10, 45)
    (image,) = events.Images("picture")
    assert (image.width, image.height) == (5, 4)
    assert image.encoded_image_string.startswith(b"\x89PNG")


def test_distributed_says_no():
    assert not ff.distributed.is_available()
    assert not ff.distributed.is_initialized()
    with pytest.raises(AttributeError, match="one process trains here"):
        importlib.import_module("minitorch_ff.distributed").init_process_group()


@pytest.mark.parametrize("name", ["jit", "fx", "profiler", "onnx"])
def test_absent_namespaces_say_what_to_do(name):
    assert hasattr(pytorch, name) or importlib.import_module(f"torch.{name}")
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'.*; [a-z]"):
        getattr(ff, name)
    assert not hasattr(ff, name)
    assert functools.reduce(getattr, ["utils", "data"], ff) is ff.utils.data


# ----------------------------------------------------------------------------- hub


@pytest.mark.parametrize("name", ["load", "list", "help"])
def test_repositories_are_refused(name):
    with pytest.raises(NotImplementedError, match=r"torch\.hub\.load_state_dict_from_url or"):
        getattr(ff.hub, name)("pytorch/vision", "resnet18", pretrained=True)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Where files are fetched to in both worlds, and weights with their address."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    content = tmp_path / "weights.pth"
    pytorch.save({"w": pytorch.arange(3.0)}, content)
    digest = hashlib.sha256(content.read_bytes()).hexdigest()
    named = content.rename(tmp_path / f"weights-{digest[:8]}.pth")
    wrong = tmp_path / "weights-12345678.pth"
    wrong.write_bytes(named.read_bytes())
    return named.as_uri(), wrong.as_uri()


def test_weights_are_fetched_once(hub, tmp_path, capsys):
    (right, _), seen = hub, []
    for world in (ff, pytorch):
        folder = tmp_path / world.__name__
        for _ in range(2):
            state = world.hub.load_state_dict_from_url(right, str(folder), check_hash=True)
            seen.append(state["w"].tolist())
        assert [path.name for path in folder.iterdir()] == [right.rpartition("/")[2]]
        assert world.hub.get_dir() == str(tmp_path / "home" / "hub")
    assert seen == [[0, 1, 2]] * 4
    lines = [line for line in capsys.readouterr().out.splitlines() if "Downloading" in line]
    assert lines[0] == lines[1].replace(str(tmp_path / "torch"), str(tmp_path / "minitorch_ff"))
    assert len(lines) == 2


def test_wrong_weights_leave_nothing(hub, tmp_path):
    _, wrong = hub

    def body(torch):
        folder = str(tmp_path / "folder")
        torch.hub.load_state_dict_from_url(wrong, folder, progress=False, check_hash=True)

    same_error(body)
    assert list((tmp_path / "folder").iterdir()) == []
    (tmp_path / "there.pth").write_text("old")
    with pytest.raises(RuntimeError, match="invalid hash value"):
        ff.hub.download_url_to_file(wrong, str(tmp_path / "there.pth"), "12345678")
    assert (tmp_path / "there.pth").read_text() == "old"


def test_the_folder_can_be_chosen(hub, tmp_path, monkeypatch):
    monkeypatch.setattr("minitorch_ff.hub._folder", None)
    ff.hub.set_dir(tmp_path / "mine")
    ff.hub.load_state_dict_from_url(hub[0], progress=False, file_name="w.pth")
    assert (tmp_path / "mine" / "checkpoints" / "w.pth").exists()
