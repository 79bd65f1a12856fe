"""One process that runs one workload in one implementation, when told to.

It answers a line of JSON on its standard output for each line on its standard input: a
number of steps to run; 0 ends it.
"""

import importlib
import json
import math
import resource
import sys
import time

from compat_tests.benchmarks import by_hand, workloads

LIMIT, OURS, COMPILED = "hand", "minitorch_ff", "compiled"
WARM_UP_SECONDS, WARM_UP_STEPS = 0.1, 300


def number(loss) -> float | None:
    return None if loss is None else float(loss)


def say(**answer) -> None:
    print(json.dumps(answer), flush=True)


def prepare(implementation: str, workload: str, threads: int):
    """Build the workload, warm it up, and see that its loss goes down."""
    if implementation == LIMIT:
        step = by_hand.build(workload)
    elif implementation == COMPILED:
        step = importlib.import_module(OURS).compile(workloads.build(workload, OURS, threads))
    else:
        step = workloads.build(workload, implementation, threads)
    first = last = number(step())
    start = time.perf_counter()
    step()
    pace = max(time.perf_counter() - start, 1e-6)
    for _ in range(min(WARM_UP_STEPS, max(2, int(WARM_UP_SECONDS / pace)))):
        last = step()
    last = number(last)
    if first is not None and not (math.isfinite(last) and last < first * 1.05):
        raise ArithmeticError(f"the loss went from {first:.4g} to {last:.4g}")
    return step


def main(implementation: str, workload: str, threads: str) -> None:
    try:
        step = prepare(implementation, workload, int(threads))
    except Exception as error:  # whatever is missing: say so and leave
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:80]
        say(reason=reason)
        return
    say(ready=True)
    for line in sys.stdin:
        steps = int(line)
        if not steps:
            break
        start = time.perf_counter()
        for _ in range(steps):
            step()
        say(seconds=(time.perf_counter() - start) / steps)
    say(peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(*sys.argv[1:])
