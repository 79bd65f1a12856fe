"""The update primitives alone, on arrays: blocks, buckets, dtypes, right numbers."""

import numpy as np
import pytest
import torch

from minitorch_ff.firefly.backend.numpy_backend import NumpyBackend

STEPS = 7


def step(t):
    return {"step": t}


def first(t):
    return {"first": t == 1}


def momenta(t):
    mus = [0.9 * (1 - 0.5 * 0.96 ** (i * 4e-3)) for i in range(1, t + 2)]
    mu_product = float(np.prod(mus[:-1]))
    return {"step": t, "mu": mus[-2], "mu_next": mus[-1], "mu_product": mu_product}


def averaging(t):
    eta = 0.01 / (1 + 1e-4 * 0.01 * (t - 1)) ** 0.75
    return {"eta": eta, "mu": 1 / max(1, t - 3)}


# PyTorch's optimizer, its settings, the primitive, and what the primitive
# wants to know of a step.
CASES = {
    "momentum": (
        torch.optim.SGD,
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1},
        "sgd_step",
        first,
    ),
    "nesterov": (
        torch.optim.SGD,
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True},
        "sgd_step",
        first,
    ),
    "adam": (
        torch.optim.Adam,
        {"lr": 0.01, "betas": (0.9, 0.99), "weight_decay": 0.1},
        "adam_step",
        step,
    ),
    "amsgrad": (
        torch.optim.AdamW,
        {"lr": 0.01, "betas": (0.9, 0.99), "amsgrad": True},
        "adam_step",
        step,
    ),
    "rmsprop": (torch.optim.RMSprop, {"alpha": 0.9}, "rmsprop_step", lambda t: {}),
    "centered": (
        torch.optim.RMSprop,
        {"momentum": 0.5, "centered": True, "weight_decay": 0.1, "maximize": True},
        "rmsprop_step",
        lambda t: {},
    ),
    "adagrad": (
        torch.optim.Adagrad,
        {"lr": 0.1, "lr_decay": 0.5, "weight_decay": 0.1},
        "adagrad_step",
        step,
    ),
    "adadelta": (
        torch.optim.Adadelta,
        {"lr": 0.5, "weight_decay": 0.1},
        "adadelta_step",
        lambda t: {},
    ),
    "adamax": (torch.optim.Adamax, {"weight_decay": 0.1}, "adamax_step", step),
    "nadam": (torch.optim.NAdam, {"weight_decay": 0.1}, "nadam_step", momenta),
    "radam": (
        torch.optim.RAdam,
        {"weight_decay": 0.1, "decoupled_weight_decay": True},
        "radam_step",
        lambda t: {"step": t, "rectification": None},
    ),
    "asgd": (torch.optim.ASGD, {"t0": 2, "weight_decay": 0.1}, "asgd_step", averaging),
    "rprop": (torch.optim.Rprop, {}, "rprop_step", lambda t: {}),
}
# The first steps of RAdam go without the mean square; so many are compared here.
STEPS_OF = {"radam": 5}


def arrays(rng, size, dtype):
    return [rng.standard_normal(size).astype(dtype) for _ in range(STEPS)]


def group_of(case):
    """The parameter group of PyTorch's optimizer: all its settings."""
    optimizer_class, settings, *_ = CASES[case]
    return optimizer_class([torch.zeros(1)], **settings).param_groups[0]


def new_state(case, param):
    """Arrays of a state before the first step, under PyTorch's names."""
    optimizer_class, settings, *_ = CASES[case]
    theirs = torch.zeros(1)
    optimizer = optimizer_class([theirs], **settings)
    theirs.grad = torch.zeros(1)
    optimizer.step()
    names = [name for name, value in optimizer.state[theirs].items() if value.ndim]
    return {n: np.full_like(param, 0.01 if n == "step_size" else 0) for n in names}


def run(case, backend, param, grads, state):
    """Take all steps, in place."""
    group = group_of(case)
    *_, primitive, of_step = CASES[case]
    for t, grad in enumerate(grads, 1):
        before = grad.copy()
        getattr(backend, primitive)(param, grad, group, **state, **of_step(t))
        assert np.array_equal(grad, before), "the gradient is the caller's"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_numbers_are_pytorchs(case, dtype):
    rng = np.random.default_rng(0)
    param = rng.standard_normal(1000).astype(dtype)
    grads = arrays(rng, 1000, dtype)[: STEPS_OF.get(case, STEPS)]
    optimizer_class, settings, *_ = CASES[case]
    theirs = torch.nn.Parameter(torch.tensor(param))
    optimizer = optimizer_class([theirs], **settings)
    for grad in grads:
        theirs.grad = torch.tensor(grad)
        optimizer.step()

    state = new_state(case, param)
    run(case, NumpyBackend(), param, grads, state)
    # A few units in the last place; PyTorch keeps some scalars in single precision.
    singles = case in ("nadam", "asgd")
    rtol = 2e-6 if dtype == "float32" or singles else 1e-13
    assert param.dtype == dtype
    np.testing.assert_allclose(param, theirs.detach().numpy(), rtol, rtol)
    for name, array in state.items():
        assert array.dtype == dtype
        expected = optimizer.state[theirs][name].numpy()
        np.testing.assert_allclose(array, expected, rtol, rtol)


@pytest.mark.parametrize("case", CASES)
def test_blocks_change_nothing(case):
    results = []
    for block in (10**6, 7):
        rng = np.random.default_rng(1)
        backend = NumpyBackend()
        backend.update_block = block
        param, grads = rng.standard_normal(100), arrays(rng, 100, float)
        state = new_state(case, param)
        run(case, backend, param, grads, state)
        results.append([param, *state.values()])
    for whole, blocked in zip(*results, strict=True):
        assert np.array_equal(whole, blocked)


@pytest.mark.parametrize("case", CASES)
def test_neighbours_in_a_bucket_change_nothing(case):
    rng = np.random.default_rng(2)
    backend = NumpyBackend()
    shapes = [(3, 4), (), (5,), (0, 2)]
    params = [np.array(rng.standard_normal(shape)) for shape in shapes]
    grads = [[np.array(rng.standard_normal(s)) for s in shapes] for _ in range(STEPS)]

    values, slopes = backend.flat(shapes, float), backend.flat(shapes, float)
    values.gather(params)
    flat_grads = []
    for of_step in grads:
        slopes.gather(of_step)
        flat_grads.append(slopes.numbers.copy())
    run(case, backend, values.numbers, flat_grads, new_state(case, values.numbers))

    for i, (param, together) in enumerate(zip(params, values.parts, strict=True)):
        alone = backend.numbers(param)
        single = [backend.numbers(of_step[i]) for of_step in grads]
        run(case, backend, alone, single, new_state(case, alone))
        assert together.shape == param.shape
        assert np.array_equal(param, together)


def test_plain_descent_takes_parameters_of_all_layouts():
    backend = NumpyBackend()
    backend.update_block = 5
    rng = np.random.default_rng(3)
    params = [rng.standard_normal((4, 6)), rng.standard_normal((6, 4)).T, np.ones(3)]
    params.append(np.float32([[1, 2]]))
    grads = [rng.standard_normal(p.shape).astype(p.dtype) for p in params]
    expected = [p + 0.5 * (g - 0.25 * p) for p, g in zip(params, grads, strict=True)]
    group = {"lr": 0.5, "weight_decay": 0.25, "maximize": True}
    backend.plain_sgd_step(params, grads, group)
    for param, value in zip(params, expected, strict=True):
        assert param.dtype == value.dtype
        np.testing.assert_allclose(param, value, 1e-6)


def test_complex_elements_count_as_two():
    backend = NumpyBackend()
    memory = backend.flat([(2,), ()], "complex64")
    memory.gather([np.complex64([1 + 2j, 3]), np.complex64(4j)])
    assert memory.numbers.dtype == "float32"
    assert memory.numbers.tolist() == [1, 2, 3, 0, 0, 4]


def test_bfloat16_rounds_to_even():
    numbers = np.float32([1, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-20, -2.7, 0])
    expected = torch.tensor(numbers).bfloat16().float().numpy()
    assert np.array_equal(NumpyBackend()._to_bfloat16(numbers), expected)


@pytest.mark.parametrize("shape", [(8, 8), (12, 5), (5, 12)])
def test_orthogonalized_matrices_are_pytorchs(shape):
    rng = np.random.default_rng(4)
    param = torch.nn.Parameter(torch.zeros(shape))
    param.grad = torch.tensor(rng.standard_normal(shape), dtype=torch.float32)
    torch.optim.Muon([param], lr=1.0, momentum=0.0, nesterov=False).step()
    factor = max(1, shape[0] / shape[1]) ** 0.5
    ours = NumpyBackend()._orthogonalize(param.grad.numpy(), (3.4445, -4.7750, 2.0315), 5, 1e-7)
    np.testing.assert_allclose(-ours * factor, param.detach().numpy(), rtol=2e-2, atol=2e-2)
