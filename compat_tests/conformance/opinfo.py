"""PyTorch's own test databases: the one file that reaches for them.

`op_db`, `module_db` and `optim_db` belong to PyTorch's private test suite, so they may
change with any release; the `test` extra pins the release.
"""

import dataclasses
import itertools
import random
from collections.abc import Callable, Iterator

import torch
from torch.testing._internal import common_utils
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.common_modules import ModuleErrorEnum, module_db
from torch.testing._internal.common_optimizers import OptimizerErrorEnum, optim_db
from torch.testing._internal.opinfo import core

from compat_tests.conformance import scope
from compat_tests.conformance.callables import is_testing_function, rebind, resolve
from compat_tests.conformance.extra_modules import (
    extra_module_cases,
    extra_module_names,
)
from compat_tests.conformance.outcome import seed_all, seed_of

SAMPLES_READ = 2000  # of one operator and dtype, before some are picked
TOLERANCE_TESTS = {
    None, "TestCommon", "TestUnaryUfuncs", "TestBinaryUfuncs", "TestReductions",
}  # fmt: skip
TOLERANCE_LIMIT = 1e-2
CTC_LOSS = "nn.functional.ctc_loss"
# Their bad inputs are complex, are for other devices, or meet a method of a C type, whose
# words are Python's.
WITHOUT_USABLE_ERRORS = """
add sub mul div|no_rounding_mode div|trunc_rounding div|floor_rounding true_divide
floor_divide median where T __radd__ __rdiv__ __rmul__ __rand__ __ror__ __rxor__ __rmod__
__rpow__ __rsub__ HuberLoss
""".split()

# Before every sample PyTorch looks for a test class of its own among the callers, and seeds
# every kind of device: nine tenths of the time, for the same samples.
common_utils.extract_test_fn = core.extract_test_fn = lambda: None
common_utils.set_rng_seed = lambda seed=None: seed_all(common_utils.SEED if seed is None else seed)


@dataclasses.dataclass
class Options:
    """How much is compared, and how strictly."""

    seed: int = 0
    dtypes: tuple[str, ...] = ("float32", "float64", "int64", "bool")
    exact_random: bool = False  # random results: their values, not only their shapes
    second_order: bool = False  # second-order gradients in place of first-order ones
    gradients: bool = True
    reference_inputs: bool = False  # the larger sets of samples
    max_samples: int = 40  # per operator and dtype
    max_variant_samples: int = 8  # per further variant: method, in-place, …
    max_failures: int = 6  # kept for the report, per name
    variants: Callable[[str], bool] = lambda name: True


# ---------------------------------------------------------------------- operators


def op_key(op) -> str:
    """`add`, or `std_mean|unbiased` where several entries share a name."""
    variant = op.variant_test_name
    return f"{op.name}|{variant}" if variant else op.name


def ops(tiers) -> list:
    return [op for op in op_db if scope.op_tier(op_key(op)) in tiers]


def is_present(op, impl) -> bool:
    if resolve(impl, op.name) is not None:
        return True
    name = op.name.split(".")[-1]
    if is_testing_function(op.op) or name.startswith("__"):
        return hasattr(impl.Tensor, name) or hasattr(impl.Tensor, name + "_")
    return False


@dataclasses.dataclass
class Variant:
    """One way to call an operator; `call` is None where the implementation lacks it."""

    call: Callable | None
    inplace: bool = False


def variants(op, impl) -> dict[str, Variant]:
    """Function, method, in-place method, operators, aliases."""

    def method(f):
        if is_testing_function(f):
            return rebind(f, impl) if is_present(op, impl) else None
        return _method(f.__name__, impl)

    if is_testing_function(op.op):
        function = rebind(op.op, impl) if is_present(op, impl) else None
    else:
        function = resolve(impl, op.name)
    found = {"function": Variant(function)}
    if op.method_variant is not None:
        found["method"] = Variant(method(op.method_variant))
    if op.inplace_variant is not None:
        found["inplace"] = Variant(method(op.inplace_variant), inplace=True)
    if op.operator_variant is not None:
        found["operator"] = Variant(_operator(op.operator_variant, impl))
    if op.inplace_operator_variant is not None:
        operator = _operator(op.inplace_operator_variant, impl)
        found["inplace_operator"] = Variant(operator, inplace=True)
    for alias in op.aliases:
        found["alias:" + alias.name] = Variant(resolve(impl, alias.name))
        if alias.method_variant is not None and "." not in alias.name:
            found["alias_method:" + alias.name] = Variant(_method(alias.name, impl))
    return found


def _method(name: str, impl) -> Callable | None:
    if not hasattr(impl.Tensor, name):
        return None
    return lambda x, *args, **kwargs: getattr(x, name)(*args, **kwargs)


def _operator(f, impl) -> Callable | None:
    """`operator.iadd` serves where Tensor has `__iadd__`, or `__add__` at least."""
    name = f"__{f.__name__.strip('_')}__"
    plain = name.replace("__i", "__", 1)
    return f if hasattr(impl.Tensor, name) or hasattr(impl.Tensor, plain) else None


def tolerance(op, dtype: torch.dtype) -> tuple[float, float]:
    """(relative, absolute): the widest that PyTorch's own tests give on CPU."""
    rtol = atol = 0.0
    for decorator in op.decorators or ():
        if getattr(decorator, "device_type", None) not in (None, "cpu"):
            continue
        if getattr(decorator, "cls_name", None) not in TOLERANCE_TESTS:
            continue
        for override in getattr(decorator, "decorators", [decorator]):
            name = type(override).__name__
            if name not in ("toleranceOverride", "precisionOverride"):
                continue
            given = override.d.get(dtype)
            if isinstance(given, (int, float)):
                atol = max(atol, given)
            elif given is not None:
                rtol, atol = max(rtol, given.rtol), max(atol, given.atol)
    return min(rtol, TOLERANCE_LIMIT), min(atol, TOLERANCE_LIMIT)


def gradient_dtypes(op) -> set:
    return op.supported_backward_dtypes("cpu") if op.supports_autograd else set()


def has_gradient(op) -> bool:
    return torch.float32 in gradient_dtypes(op) and torch.float32 in op.dtypes


def has_second_gradient(op) -> bool:
    # The database says that ctc_loss has one, but PyTorch's CPU kernel has none.
    return has_gradient(op) and op.supports_gradgrad and op.name != CTC_LOSS


def samples(op, dtype: torch.dtype, requires_grad: bool, options: Options) -> list:
    """(number, sample): the first one, and a fixed random choice of the others."""
    seed_all(seed_of(options.seed, op_key(op), dtype))
    make = op.reference_inputs if options.reference_inputs else op.sample_inputs
    with recorded_constructors():
        made = make("cpu", dtype, requires_grad=requires_grad)
        made = list(itertools.islice(iter(made), SAMPLES_READ))
    seed = seed_of(options.seed, op_key(op), dtype, "pick")
    return pick(made, options.max_samples, seed)


def pick(made: list, limit: int, seed: int) -> list:
    if len(made) <= limit:
        return list(enumerate(made))
    chosen = random.Random(seed).sample(range(1, len(made)), limit - 1)
    return [(i, made[i]) for i in sorted({0, *chosen})]


def op_errors(op, options: Options) -> list:
    """Bad inputs, with the type and a pattern of the text that PyTorch raises."""
    seed_all(seed_of(options.seed, op_key(op), "err"))
    return list(itertools.islice(iter(op.error_inputs("cpu")), 200))


def ops_with_errors(tiers) -> list:
    return [
        op
        for op in ops(tiers)
        if op.error_inputs_func is not None and op_key(op) not in WITHOUT_USABLE_ERRORS
    ]


# ------------------------------------------------------------------------ modules


def modules(tiers) -> list:
    """The database's entries, then the names of our own list of further modules."""
    entries = [m for m in module_db if scope.module_tier(module_name(m)) in tiers]
    return entries + [n for n in extra_module_names() if scope.module_tier(n) in tiers]


def module_name(entry) -> str:
    return entry if isinstance(entry, str) else entry.module_cls.__name__


def module_samples(entry, dtype: torch.dtype, training: bool, options: Options) -> list:
    """(number, sample); a sample has constructor_input, forward_input and desc."""
    name = module_name(entry)
    if isinstance(entry, str):
        seed_all(seed_of(options.seed, name, dtype))
        with recorded_constructors():
            return list(enumerate(extra_module_cases(name, dtype)))
    # The database names a module by its path below `torch`: nn.Linear.
    seed_all(seed_of(options.seed, entry.name, dtype, training))
    settings = {"device": "cpu", "dtype": dtype, "training": training}
    with recorded_constructors():
        made = list(entry.module_inputs_func(entry, requires_grad=True, **settings))
    limit = max(4, options.max_samples // 2)
    return pick(made, limit, seed_of(options.seed, entry.name, "pick"))


def modules_with_errors(tiers) -> list:
    return [
        m
        for m in module_db
        if scope.module_tier(module_name(m)) in tiers
        and m.module_error_inputs_func is not None
        and module_name(m) not in WITHOUT_USABLE_ERRORS
    ]


def module_errors(entry) -> Iterator[tuple]:
    """(training, fails at construction, bad input)"""
    for training in (True, False):
        seed_all(1)
        settings = {"device": "cpu", "dtype": torch.float32, "requires_grad": False}
        make = entry.module_error_inputs_func
        for bad in make(entry, training=training, **settings):
            yield training, bad.error_on is ModuleErrorEnum.CONSTRUCTION_ERROR, bad


class recorded_constructors:
    """Inside, every new `torch.nn.Module` remembers what it was built with.

    Some samples hold modules (an encoder its layer), which are built again on the
    implementation's side.
    """

    active = False

    def __enter__(self) -> None:
        recorded_constructors.active = True

    def __exit__(self, *_) -> None:
        recorded_constructors.active = False


def _new_module(cls, *args, **kwargs):
    module = object.__new__(cls)
    if recorded_constructors.active:
        vars(module)["_built_with"] = (args, kwargs)
    return module


torch.nn.Module.__new__ = staticmethod(_new_module)


# --------------------------------------------------------------------- optimizers


def optimizers(tiers) -> list:
    return [o for o in optim_db if scope.optim_tier(o.name) in tiers]


def optimizer_flags(entry) -> list[dict]:
    """No flag, then those that choose an implementation, where it has them."""
    flags: list[dict] = [{}]
    if "foreach" in entry.supported_impls:
        flags += [{"foreach": True}, {"foreach": False}]
    if "cpu" in entry.supports_fused_on:
        flags += [{"fused": True}]
    return flags


def optimizer_settings(entry, dtype: torch.dtype) -> list[tuple[str, dict]]:
    """(description, keyword arguments)"""
    made = entry.optim_inputs_func(device="cpu", dtype=dtype)
    return [(m.desc, m.kwargs) for m in made]


def optimizer_errors(entry) -> Iterator[tuple]:
    """(fails at construction, bad input)"""
    seed_all(1)
    for bad in entry.optim_error_inputs_func(device="cpu", dtype=torch.float32):
        yield bad.error_on is OptimizerErrorEnum.CONSTRUCTION_ERROR, bad


def optimizers_with_errors(tiers) -> list:
    return [o for o in optimizers(tiers) if o.optim_error_inputs_func is not None]
