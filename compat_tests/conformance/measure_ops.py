"""All samples of one operator, in every variant and dtype."""

import torch

from compat_tests.conformance import opinfo, scope
from compat_tests.conformance.gradients import compare_gradients
from compat_tests.conformance.opinfo import Options
from compat_tests.conformance.ops import Case, Comparison
from compat_tests.conformance.outcome import (
    Mismatch,
    Timeout,
    seed_of,
    short,
    time_limit,
)
from compat_tests.conformance.record import Record, count
from compat_tests.conformance.transfer import describe

ALIAS_SAMPLES = 3
GENERATION_SECONDS = 60


def measure_op(op, impl, options: Options) -> Record:
    """Compare an operator of PyTorch's database with the implementation's."""
    key = opinfo.op_key(op)
    record = Record(key, scope.op_tier(key), opinfo.is_present(op, impl), "op")
    record.max_failures = options.max_failures
    theirs, ours = opinfo.variants(op, torch), opinfo.variants(op, impl)
    for name in options.dtypes:
        dtype = getattr(torch, name)
        if dtype not in op.dtypes:
            continue
        differentiable = dtype in opinfo.gradient_dtypes(op) and dtype.is_floating_point
        samples = _samples(op, dtype, differentiable, options, record)
        for variant, their_variant in theirs.items():
            if samples and their_variant.call and options.variants(variant):
                both = their_variant, ours[variant]
                chosen = _choose(samples, variant, name, options)
                _measure_variant(op, impl, options, record, variant, both, name, chosen)
    return record


def _samples(op, dtype, differentiable: bool, options: Options, record: Record) -> list:
    try:
        with time_limit(GENERATION_SECONDS):
            return opinfo.samples(op, dtype, differentiable, options)
    except Timeout:
        record.skip("sample generation timed out")
    except Exception as error:
        record.skip("sample generation raises: " + short(error, 80))
    return []


def _choose(samples: list, variant: str, dtype: str, options: Options) -> list:
    """All samples for the function; fewer, evenly spread, for the other variants."""
    if variant == "function":
        return samples
    is_alias = variant.startswith("alias")
    limit = ALIAS_SAMPLES if is_alias else options.max_variant_samples
    chosen = samples[:: max(1, len(samples) // limit)][:limit]
    return chosen[: max(2, limit // 2)] if dtype in ("int64", "bool") else chosen


def _measure_variant(op, impl, options, record, variant, both, dtype, samples) -> None:
    theirs, ours = both
    differentiable = op.supports_autograd and options.gradients
    differentiable &= getattr(torch, dtype) in opinfo.gradient_dtypes(op)
    if theirs.inplace and op.supports_inplace_autograd is False:
        differentiable = False
    tolerance = opinfo.tolerance(op, getattr(torch, dtype))
    for number, sample in samples:
        is_tensor = isinstance(sample.input, torch.Tensor)
        if theirs.inplace and (sample.broadcasts_input or not is_tensor):
            continue
        if record.out_of_time:
            break
        seed = seed_of(options.seed, record.name, dtype, number)
        case = Case(op, impl, theirs, ours, sample, differentiable, seed, tolerance)

        def compare(case=case):
            if case.ours.call is None:
                raise Mismatch("missing", f"{variant} variant is absent")
            comparison = Comparison(case, options, record.tally)
            exact = comparison.forward(note_layout=variant == "function")
            compare_gradients(comparison, exact)
            record.notes.update(comparison.notes)

        where = {"variant": variant, "dtype": dtype, "sample": number}
        passed = record.attempt(compare, **where, at=describe(sample))
        if passed is not None:
            count(record.by_variant, variant, passed)
            count(record.by_dtype, dtype, passed)
