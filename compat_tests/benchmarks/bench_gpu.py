"""Times a GPU's work against PyTorch's: sweeps of operators, and training steps.

    python -m compat_tests.benchmarks.bench_gpu [--impls torch,minitorch_ff]
        [--workloads tiny,digits,matmul,elementwise] [--repeat R] [--json OUT]

The workloads are those of `bench_mlp`, made on the GPU by `set_default_device`. Each is timed
by CUDA events, in rounds that the implementations take in turns; eagerly, and as a CUDA graph
that is launched again. A ratio is the median of the rounds' paired ratios, ours to PyTorch's.
Where something cannot be timed the table says why. Without a GPU it says so, and times nothing.
"""

import argparse
import dataclasses
import importlib
import json
import statistics

from compat_tests.benchmarks import networks, workloads

REFERENCE, OURS = "torch", "minitorch_ff"
MATMUL = [128, 512, 2048, 4096]
ELEMENTWISE = [10**4, 10**6, 10**8]
TRAINED = [*workloads.MLPS, *networks.NETWORKS]
WARM_UP, ROUND = 5, 0.05
"""Steps before a capture or a timing; seconds that a round shall take."""


@dataclasses.dataclass
class Cell:
    """What was measured of one implementation in one case, in one way."""

    reason: str = ""
    rounds: list[float] = dataclasses.field(default_factory=list)
    """Seconds per step."""


def missing(module: str) -> str:
    """Why an implementation cannot compute on a GPU here; empty if it can."""
    try:
        torch = importlib.import_module(module)
        torch.zeros(1, device="cuda")
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return ""


def cases(names: list[str]) -> dict[str, object]:
    """Functions of a torch-like module and whether it is for a graph that give `step()`."""
    found = {}
    for name in names:
        if name == "matmul":
            found |= {f"matmul {n}": matmul(n) for n in MATMUL}
        elif name == "elementwise":
            found |= {f"elementwise {n:.0e}": elementwise(n) for n in ELEMENTWISE}
        else:
            found[name] = trained(name)
    return found


def matmul(n: int):
    def build(torch, graphed):
        a, b = torch.randn(n, n), torch.randn(n, n)
        return lambda: a @ b

    return build


def elementwise(n: int):
    def build(torch, graphed):
        x, y = torch.randn(n), torch.randn(n)
        return lambda: torch.relu(x * y + x)

    return build


def trained(name: str):
    def build(torch, graphed):
        nn, optim = (importlib.import_module(f"{torch.__name__}.{m}") for m in ("nn", "optim"))
        what = workloads.MLPS.get(name) or networks.NETWORKS[name]
        if graphed and what.optimizer.startswith("Adam"):  # whose counter the graph moves on
            what = dataclasses.replace(what, settings={**what.settings, "capturable": True})
        train = workloads.train if name in workloads.MLPS else networks.train
        return train(what, torch, nn, optim)

    return build


def built(torch, build, graphed: bool):
    """The step of a case on the GPU; as a graph's launch, if wanted."""
    before = torch.get_default_device()
    torch.set_default_device("cuda")
    try:
        torch.manual_seed(0)
        step = build(torch, graphed)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UP):
                step()
        torch.cuda.current_stream().wait_stream(side)
        if not graphed:
            return step
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        return graph.replay
    finally:
        torch.set_default_device(before)


def seconds(torch, step, count: int) -> float:
    """Per step, by CUDA's clock."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(count):
        step()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / 1000 / count


def measure(modules: list[str], build, graphed: bool, repeat: int) -> dict[str, Cell]:
    """Time a case in all implementations, taking turns."""
    cells, steps = {module: Cell() for module in modules}, {}
    for module in modules:
        torch = importlib.import_module(module)
        try:
            step = built(torch, build, graphed)
            pace = max(seconds(torch, step, 2), 1e-6)
        except Exception as error:  # what cannot be captured, or is too large
            cells[module].reason = f"{type(error).__name__}: {error}".splitlines()[0]
        else:
            steps[module] = torch, step, max(1, int(ROUND / pace))
    for _ in range(repeat):
        for module, (torch, step, count) in steps.items():
            cells[module].rounds.append(seconds(torch, step, count))
    return cells


def ratio(cells: dict[str, Cell]) -> float | None:
    """Ours to PyTorch's; None if one of them was not measured."""
    pairs = [cells[m].rounds if m in cells else [] for m in (OURS, REFERENCE)]
    if not all(pairs):
        return None
    return statistics.median(a / b for a, b in zip(*pairs, strict=True))


def row(name: str, way: str, cells: dict[str, Cell]) -> str:
    """A line of the table."""
    parts = []
    for cell in cells.values():
        value = f"{1e6 * statistics.median(cell.rounds):.1f} µs" if cell.rounds else "-"
        parts.append(f"{value:>14}")
    found = ratio(cells)
    parts.append(f"{found:>8.2f}" if found else f"{'-':>8}")
    reasons = [f"{module}: {cell.reason[:80]}" for module, cell in cells.items() if cell.reason]
    return f"{name:20}{way:8}{''.join(parts)}  {'; '.join(reasons)}".rstrip()


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 0, or 1 without a GPU."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--impls", default=f"{REFERENCE},{OURS}")
    parser.add_argument("--workloads", default=",".join(["matmul", "elementwise", *TRAINED]))
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--json")
    options = parser.parse_args(arguments)
    modules = []
    for module in options.impls.split(","):
        reason = missing(module)
        if reason:
            print(f"{module}: no GPU ({reason})")
        else:
            modules.append(module)
    if not modules:
        print("no GPU: nothing was measured")
        return 1
    print(f"{'':28}{''.join(f'{module:>14}' for module in modules)}{'ratio':>8}")
    results = []
    for name, build in cases(options.workloads.split(",")).items():
        for way in ("eager", "graph"):
            cells = measure(modules, build, way == "graph", options.repeat)
            print(row(name, way, cells), flush=True)
            told = {module: dataclasses.asdict(cell) for module, cell in cells.items()}
            results.append({"case": name, "way": way, "ratio": ratio(cells), "cells": told})
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
