"""Measures how far a torch-like module behaves as PyTorch does.

    python -m compat_tests.conformance.measure [--impl minitorch_ff] [--what ops,errors]
        [--only REGEX] [--tiers 1,2] [--rng exact] [--gradgrad] [--json OUT]
        [--diff OLD.json] [--list-failures N] [--fail-under PERCENT]

PyTorch's own databases of operators, modules, optimizers and bad inputs are run through
both. `--impl torch` is the self check of the instrument: everything must pass.

What a pass means. An operator's sample: the structure of the result, shapes, dtypes,
values, `requires_grad`, and every input's gradient for one random cotangent; in all
variants (method, in-place, alias) and dtypes. See `compare.py` for tolerances. Factors
of decompositions may differ in sign (note `gauge`), sorting may choose another of equal
elements (`tie`), a missing gradient counts as zero. Strides and shared memory are only
noted. An error: the exception's type, and the words that PyTorch's tests look for.
"""

import argparse
import json
import re
import sys
import time
import warnings

import torch

from compat_tests.conformance import opinfo, pool, report, schedulers, scope
from compat_tests.conformance.errors import (
    measure_module_errors,
    measure_op_errors,
    measure_optimizer_errors,
)
from compat_tests.conformance.measure_ops import measure_op
from compat_tests.conformance.modules import measure_module
from compat_tests.conformance.optimizers import measure_optimizer
from compat_tests.conformance.schedulers import measure_scheduler

PARTS = ("ops", "modules", "optims", "errors")


def tasks(parts: list[str], tiers: list[str]) -> list[pool.Task]:
    """Everything that can be measured of these parts and tiers."""
    subjects = {
        "ops": [(measure_op, opinfo.ops(tiers))],
        "modules": [(measure_module, opinfo.modules(tiers))],
        "optims": [
            (measure_optimizer, opinfo.optimizers(tiers)),
            (measure_scheduler, schedulers.CASES),
        ],
        "errors": [
            (measure_op_errors, opinfo.ops_with_errors(tiers)),
            (measure_module_errors, opinfo.modules_with_errors(tiers)),
            (measure_optimizer_errors, opinfo.optimizers_with_errors(tiers)),
        ],
    }
    return [
        pool.Task(part, measure, subject, *_name_and_tier(measure, subject))
        for part in parts
        for measure, found in subjects[part]
        for subject in found
    ]


def _name_and_tier(measure, subject) -> tuple[str, str]:
    if measure in (measure_op, measure_op_errors):
        key = opinfo.op_key(subject)
        return key, scope.op_tier(key)
    if measure in (measure_module, measure_module_errors):
        name = opinfo.module_name(subject)
        return name, scope.module_tier(name)
    if measure is measure_scheduler:
        return subject.name, scope.scheduler_tier(subject.name)
    return subject.name, scope.optim_tier(subject.name)


def arguments() -> argparse.Namespace:
    def words(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    defaults = opinfo.Options()
    add = parser.add_argument
    add("--impl", default="minitorch_ff")
    add("--what", type=words, default=list(PARTS))
    add("--only", type=re.compile, metavar="REGEX")
    add("--tiers", type=words, default=["1", "2", "3"])
    add("--seed", type=int, default=0)
    add("--dtype", type=words, default=defaults.dtypes)
    add("--rng", choices=("shape", "exact"), default="shape")
    add("--gradgrad", action="store_true")
    add("--reference-inputs", action="store_true")
    add("--max-samples", type=int, default=defaults.max_samples)
    add("--max-variant-samples", type=int, default=defaults.max_variant_samples)
    add("--max-fails", type=int, default=defaults.max_failures)
    add("--jobs", type=int, default=2)
    add("--memory-mb", type=int, default=1500)
    add("--json")
    add("--diff", metavar="OLD.json")
    add("--list-failures", type=int, default=0, metavar="N")
    add("--fail-under", type=float, metavar="PERCENT")
    return parser.parse_args()


def main() -> int:
    """Measure, print the report; 1 when too few samples of operators pass."""
    given, started = arguments(), time.monotonic()
    warnings.filterwarnings("ignore")
    impl = pool.load(given.impl)
    torch.set_num_threads(1)
    if hasattr(impl, "set_num_threads"):
        impl.set_num_threads(1)
    options = opinfo.Options(
        seed=given.seed,
        dtypes=tuple(given.dtype),
        exact_random=given.rng == "exact",
        second_order=given.gradgrad,
        reference_inputs=given.reference_inputs,
        max_samples=given.max_samples,
        max_variant_samples=given.max_variant_samples,
        max_failures=given.max_fails,
    )
    parts = list(PARTS) if given.what == ["all"] else given.what
    chosen = tasks(parts, given.tiers)
    if given.only:
        chosen = [t for t in chosen if given.only.search(t.name)]
    if not chosen:
        print("nothing selected")
        return 2
    records = pool.run(chosen, impl, options, given.jobs, given.memory_mb)
    version = getattr(impl, "__version__", "")  # not every package says it
    versions = f"{impl.__name__} {version}  against torch {torch.__version__}"
    print(versions, f"seed {given.seed}", f"rng {given.rng}", sep="  ")
    summary = report.print_report(records, given.list_failures)
    print(f"\n{time.monotonic() - started:.0f} s, {given.jobs} jobs")
    if given.json:
        found = {"summary": summary, "records": report.as_data(records)}
        with open(given.json, "w") as file:
            json.dump(found, file, indent=0, default=str)
    if given.diff:
        with open(given.diff) as file:
            report.print_changes(json.load(file)["records"], records)
    if given.fail_under is not None:
        ops = [r for r in records if r.kind == "op"]
        rate = report.total(ops, "passed") / max(1, report.total(ops, "tried"))
        return int(100 * rate < given.fail_under)
    return 0


if __name__ == "__main__":
    sys.exit(main())
