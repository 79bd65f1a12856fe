"""Bad inputs: does the implementation raise PyTorch's exception with its words?"""

import functools
import re
import warnings

import torch

from compat_tests.conformance import opinfo, scope
from compat_tests.conformance.callables import resolve
from compat_tests.conformance.opinfo import Options
from compat_tests.conformance.outcome import (
    SAMPLE_SECONDS,
    Mismatch,
    Skip,
    Timeout,
    short,
    time_limit,
)
from compat_tests.conformance.record import Record
from compat_tests.conformance.transfer import Transfer, describe

GENERATION_SECONDS = 60
FAILURES_KEPT = 8


def outcome(call, expected=None) -> tuple[str, str] | None:
    """(type name, text) of what a call raises, or None.

    A warning counts as raised only where one is expected.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if isinstance(expected, type) and issubclass(expected, Warning):
                warnings.simplefilter("error")
            call()
    except (Skip, Mismatch):
        raise
    except Exception as error:
        return type(error).__name__, str(error)
    return None


def measure_op_errors(op, impl, options: Options) -> Record:
    key = opinfo.op_key(op)
    present = opinfo.is_present(op, impl)
    record = _record("op", key, scope.op_tier(key), present, options)
    theirs = opinfo.variants(op, torch)["function"].call
    ours = opinfo.variants(op, impl)["function"].call
    try:
        with time_limit(GENERATION_SECONDS):
            bad_inputs = opinfo.op_errors(op, options)
    except (Exception, Timeout) as error:
        record.skip("generation raises " + short(error, 60))
        return record
    for bad in bad_inputs:
        is_number = not isinstance(bad.sample_input.input, torch.Tensor)
        if op.name.startswith("__") and is_number:
            record.skip("message of a C method descriptor")
            continue
        raised = functools.partial(_op_outcome, bad=bad)
        where = describe(bad.sample_input)
        _compare(record, where, bad, raised, (torch, theirs), (impl, ours))
    return record


def measure_module_errors(entry, impl, options: Options) -> Record:
    name = opinfo.module_name(entry)
    ours = resolve(impl, "nn." + name)
    tier = scope.module_tier(name)
    record = _record("module", name, tier, ours is not None, options)
    for training, at_construction, bad in opinfo.module_errors(entry):
        raised = functools.partial(
            _module_outcome, bad=bad, at_construction=at_construction, training=training
        )
        given = bad.module_error_input.constructor_input
        where = f"args={given.args} kwargs={given.kwargs}"[:200]
        _compare(record, where, bad, raised, (torch, entry.module_cls), (impl, ours))
    return record


def measure_optimizer_errors(entry, impl, options: Options) -> Record:
    ours = resolve(impl, "optim." + entry.name)
    tier = scope.optim_tier(entry.name)
    record = _record("optim", entry.name, tier, ours is not None, options)
    for at_construction, bad in opinfo.optimizer_errors(entry):
        raised = functools.partial(_optimizer_outcome, bad=bad, at_construction=at_construction)
        where = bad.optimizer_error_input.desc
        _compare(record, where, bad, raised, (torch, entry.optim_cls), (impl, ours))
    return record


def _op_outcome(impl, call, bad):
    move, sample = Transfer(impl), bad.sample_input
    input, args, kwargs = move(sample.input), move(sample.args), move(sample.kwargs)
    return outcome(lambda: call(input, *args, **kwargs), bad.error_type)


def _module_outcome(impl, cls, bad, at_construction: bool, training: bool):
    move = Transfer(impl)
    given = bad.module_error_input.constructor_input
    args, kwargs = move(given.args), move(given.kwargs)
    if at_construction:
        return outcome(lambda: cls(*args, **kwargs), bad.error_type)
    module = cls(*args, **kwargs).train(training)
    given = bad.module_error_input.forward_input
    args, kwargs = move(given.args), move(given.kwargs)
    return outcome(lambda: module(*args, **kwargs), bad.error_type)


def _optimizer_outcome(impl, cls, bad, at_construction: bool):
    move, given = Transfer(impl), bad.optimizer_error_input
    parameter = torch.nn.Parameter(torch.ones(2, 3))
    params = move([parameter] if given.params is None else given.params)
    kwargs = move(given.kwargs)
    if at_construction:
        return outcome(lambda: cls(params, **kwargs), bad.error_type)
    optimizer = cls(params, **kwargs)
    return outcome(lambda: optimizer.step(), bad.error_type)


def _record(kind: str, name: str, tier: str, present: bool, options: Options) -> Record:
    record = Record(f"{kind}:{name}", tier, present, "errors")
    record.max_failures = max(FAILURES_KEPT, options.max_failures)
    return record


def _compare(record: Record, where: str, bad, raised, theirs, ours) -> None:
    """Judge one bad input; `passed` counts the right type with the right words.

    Args:
        record: Counts.
        where: The input in one line, for the report.
        bad: Has `error_regex`, the words that PyTorch's tests look for.
        raised: Gives the outcome of an (implementation, callable).
        theirs: PyTorch's pair.
        ours: The implementation's; its callable is None where it is missing.
    """
    pattern = bad.error_regex or ""
    try:
        with time_limit(SAMPLE_SECONDS):
            expected = raised(*theirs)
        if expected is None or not re.search(pattern, expected[1], re.DOTALL):
            raise Skip("torch does not raise as its database says, in this form")
        got = _our_outcome(raised, ours)
    except Skip as skip:
        record.skip(str(skip))
        return
    except Timeout:
        record.skip("timeout")
        return
    tally = record.tally
    tally["tried"] += 1
    if got:
        same_type = got[0] == expected[0]
        same_words = bool(re.search(pattern, got[1], re.DOTALL))
        tally["raised"] += 1
        tally["type_ok"] += same_type
        tally["message_ok"] += same_words
        tally["text_equal"] += got[1] == expected[1]
        if same_type and same_words:
            tally["passed"] += 1
            return
    record.stages["error"] += 1
    if len(record.failures) < record.max_failures:
        found = ": ".join(got)[:200] if got else "no error"
        message = f"{found}; expected {': '.join(expected)[:200]}"
        record.failures.append({"stage": "error", "at": where, "message": message})


def _our_outcome(raised, ours) -> tuple[str, str] | None:
    if ours[1] is None:
        return None
    try:
        with time_limit(SAMPLE_SECONDS):
            return raised(*ours)
    except Skip:
        raise
    except Exception as error:
        return type(error).__name__, f"before the call: {error}"
