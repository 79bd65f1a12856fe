"""The benchmark runs, and a training step records no more operators than it needs."""

import subprocess
import sys

import pytest

import minitorch_ff
from compat_tests.benchmarks import by_hand, workloads
from compat_tests.benchmarks.bench_mlp import COMPILED_TARGETS, TARGETS
from compat_tests.benchmarks.workloads import MLPS, WORKLOADS
from compat_tests.house.files import ROOT

# Digits: three linear layers, two ReLUs, one cross entropy. LeNet: two convolutions, three
# linear layers, four ReLUs, two poolings, one view, one cross entropy.
NODES = {"tiny": 4, "course_sgd": 4, "course_adam": 4, "digits": 6, "lenet": 13}


def recorded_nodes(loss) -> int:
    """Operators behind a loss, without the leaves."""
    seen, todo = set(), [loss.grad_fn]
    while todo:
        node = todo.pop()
        if node is not None and node not in seen and "Accumulate" not in node.name():
            seen.add(node)
            todo += [inner for inner, _ in node.next_functions]
    return len(seen)


@pytest.mark.parametrize("name", NODES)
def test_a_step_records_few_operators(name):
    step = workloads.build(name, "minitorch_ff", threads=1)
    assert recorded_nodes(step()) == NODES[name]


@pytest.mark.parametrize("name", [name for name in MLPS if name != "wide"])
def test_hand_written_steps_learn(name):
    step = by_hand.build(name)
    losses = [float(step()) for _ in range(20)]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", ["tiny", "course_adam"])
def test_compiled_steps_are_replayed(name):
    step = workloads.build(name, "minitorch_ff", threads=1)
    compiled = minitorch_ff.compile(workloads.build(name, "minitorch_ff", threads=1))
    assert [float(step().detach()) for _ in range(5)] == [
        float(compiled().detach()) for _ in range(5)
    ]
    assert compiled.replays


def test_every_workload_has_a_target():
    assert set(TARGETS) == set(WORKLOADS)
    assert set(COMPILED_TARGETS) < set(WORKLOADS)


@pytest.mark.slow
def test_the_table_is_printed():
    command = [sys.executable, "-m", "compat_tests.benchmarks.bench_mlp"]
    options = ["--workloads", "tiny", "--repeat", "3", "--turn", "0.005"]
    settings = {"capture_output": True, "text": True, "check": True, "timeout": 300}
    done = subprocess.run(command + options, cwd=ROOT, **settings)
    rows = [line.split() for line in done.stdout.splitlines() if line[:5] == "tiny "]
    assert [row[1] for row in rows] == ["torch", "minitorch_ff", "compiled", "hand"]
    assert "n/a" not in done.stdout
