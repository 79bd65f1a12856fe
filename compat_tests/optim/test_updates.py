"""The update primitives alone, on arrays: blocks, buckets, dtypes, right numbers."""

import numpy as np
import pytest
import torch

from minitorch_ff.firefly.backend.numpy_backend import NumpyBackend

STEPS = 7
ADAM = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8, "maximize": False}
ADAM_DECAY = {**ADAM, "weight_decay": 0.1, "decoupled_weight_decay": False}
ADAMW = {**ADAM, "weight_decay": 0.1, "decoupled_weight_decay": True}


def momenta(step):
    mus = [0.9 * (1 - 0.5 * 0.96 ** (i * 4e-3)) for i in range(1, step + 2)]
    return {
        "mu": mus[-2],
        "mu_next": mus[-1],
        "mu_product": float(np.prod(mus[:-1])),
    }


def averaging(step):
    eta = 0.01 / (1 + 1e-4 * 0.01 * (step - 1)) ** 0.75 if step > 1 else 0.01
    return {"eta": eta, "mu": 1 / max(1, step - 1 - 2)}


# name: (primitive, arrays of the state, settings, PyTorch's optimizer); a callable
# among the settings is called with the number of the step
SGD = {
    "lr": 0.1,
    "momentum": 0.9,
    "dampening": 0.3,
    "weight_decay": 0.1,
    "nesterov": False,
}
CASES = {
    "sgd": (
        "sgd_step",
        ["momentum_buffer"],
        {**SGD, "maximize": False, "first": lambda t: t == 1},
        (torch.optim.SGD, SGD),
    ),
    "sgd_nesterov": (
        "sgd_step",
        ["momentum_buffer"],
        {
            **SGD,
            "dampening": 0,
            "nesterov": True,
            "maximize": True,
            "first": lambda t: t == 1,
        },
        (
            torch.optim.SGD,
            {**SGD, "dampening": 0, "nesterov": True, "maximize": True},
        ),
    ),
    "adam": (
        "adam_step",
        ["exp_avg", "exp_avg_sq"],
        {**ADAM_DECAY, "step": int},
        (torch.optim.Adam, {"lr": 0.01, "betas": (0.9, 0.99), "weight_decay": 0.1}),
    ),
    "amsgrad": (
        "adam_step",
        ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"],
        {**ADAMW, "step": int},
        (
            torch.optim.AdamW,
            {"lr": 0.01, "betas": (0.9, 0.99), "weight_decay": 0.1, "amsgrad": True},
        ),
    ),
    "rmsprop": (
        "rmsprop_step",
        ["square_avg"],
        {
            "lr": 0.01,
            "alpha": 0.9,
            "eps": 1e-8,
            "weight_decay": 0,
            "momentum": 0,
            "maximize": False,
        },
        (torch.optim.RMSprop, {"lr": 0.01, "alpha": 0.9}),
    ),
    "rmsprop_centered": (
        "rmsprop_step",
        ["square_avg", "momentum_buffer", "grad_avg"],
        {
            "lr": 0.01,
            "alpha": 0.9,
            "eps": 1e-8,
            "weight_decay": 0.1,
            "momentum": 0.5,
            "maximize": True,
        },
        (
            torch.optim.RMSprop,
            {
                "lr": 0.01,
                "alpha": 0.9,
                "weight_decay": 0.1,
                "momentum": 0.5,
                "centered": True,
                "maximize": True,
            },
        ),
    ),
    "adagrad": (
        "adagrad_step",
        ["sum"],
        {
            "lr": 0.1,
            "lr_decay": 0.5,
            "eps": 1e-10,
            "weight_decay": 0.1,
            "maximize": False,
            "step": int,
        },
        (torch.optim.Adagrad, {"lr": 0.1, "lr_decay": 0.5, "weight_decay": 0.1}),
    ),
    "adadelta": (
        "adadelta_step",
        ["square_avg", "acc_delta"],
        {"lr": 0.5, "rho": 0.9, "eps": 1e-6, "weight_decay": 0.1, "maximize": False},
        (torch.optim.Adadelta, {"lr": 0.5, "weight_decay": 0.1}),
    ),
    "adamax": (
        "adamax_step",
        ["exp_avg", "exp_inf"],
        {**ADAM, "weight_decay": 0.1, "step": int},
        (torch.optim.Adamax, {"lr": 0.01, "betas": (0.9, 0.99), "weight_decay": 0.1}),
    ),
    "nadam": (
        "nadam_step",
        ["exp_avg", "exp_avg_sq"],
        {**ADAM_DECAY, "step": int, "momenta": momenta},
        (torch.optim.NAdam, {"lr": 0.01, "betas": (0.9, 0.99), "weight_decay": 0.1}),
    ),
    "radam": (
        "radam_step",
        ["exp_avg", "exp_avg_sq"],
        {**ADAMW, "step": int, "rectification": lambda t: None},
        (
            torch.optim.RAdam,
            {
                "lr": 0.01,
                "betas": (0.9, 0.99),
                "weight_decay": 0.1,
                "decoupled_weight_decay": True,
            },
        ),
    ),
    "asgd": (
        "asgd_step",
        ["ax"],
        {"lambd": 1e-4, "weight_decay": 0.1, "maximize": False, "averaging": averaging},
        (torch.optim.ASGD, {"lr": 0.01, "t0": 2, "weight_decay": 0.1}),
    ),
    "rprop": (
        "rprop_step",
        ["prev", "step_size"],
        {
            "etaminus": 0.5,
            "etaplus": 1.2,
            "step_size_min": 1e-6,
            "step_size_max": 50,
            "maximize": False,
        },
        (torch.optim.Rprop, {"lr": 0.01}),
    ),
}
# The first steps of RAdam go without the mean square; so many are compared here.
STEPS_OF = {"radam": 5}


def arrays(rng, size, dtype):
    return [rng.standard_normal(size).astype(dtype) for _ in range(STEPS)]


def new_state(names, param):
    start = {"step_size": 0.01}
    return {name: np.full_like(param, start.get(name, 0)) for name in names}


def run(case, backend, param, grads, state):
    """Take all steps, in place."""
    name, _, settings, _ = CASES[case]
    for step, grad in enumerate(grads, 1):
        now = {}
        for key, value in settings.items():
            value = value(step) if callable(value) else value
            now |= value if isinstance(value, dict) else {key: value}
        before = grad.copy()
        getattr(backend, name)(param, grad, **state, **now)
        assert np.array_equal(grad, before), "the gradient is the caller's"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_numbers_are_pytorchs(case, dtype):
    rng = np.random.default_rng(0)
    param = rng.standard_normal(1000).astype(dtype)
    grads = arrays(rng, 1000, dtype)[: STEPS_OF.get(case, STEPS)]
    _, names, _, (optimizer_class, settings) = CASES[case]
    theirs = torch.nn.Parameter(torch.tensor(param))
    optimizer = optimizer_class([theirs], **settings)
    for grad in grads:
        theirs.grad = torch.tensor(grad)
        optimizer.step()

    state = new_state(names, param)
    run(case, NumpyBackend(), param, grads, state)
    # A few units in the last place; PyTorch keeps some scalars in single precision.
    singles = case in ("nadam", "asgd")
    rtol = 2e-6 if dtype == "float32" or singles else 1e-13
    assert param.dtype == dtype
    np.testing.assert_allclose(param, theirs.detach().numpy(), rtol, rtol)
    for name, array in state.items():
        assert array.dtype == dtype
        np.testing.assert_allclose(
            array, optimizer.state[theirs][name].numpy(), rtol, rtol
        )


@pytest.mark.parametrize("case", CASES)
def test_blocks_change_nothing(case):
    results = []
    for block in (10**6, 7):
        rng = np.random.default_rng(1)
        backend = NumpyBackend()
        backend.update_block = block
        param, grads = rng.standard_normal(100), arrays(rng, 100, float)
        state = new_state(CASES[case][1], param)
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
    state = new_state(CASES[case][1], values.numbers)
    flat_grads = []
    for of_step in grads:
        slopes.gather(of_step)
        flat_grads.append(slopes.numbers.copy())
    run(case, backend, values.numbers, flat_grads, state)

    for i, param in enumerate(params):
        alone = backend.numbers(param)
        single = [backend.numbers(of_step[i]) for of_step in grads]
        run(case, backend, alone, single, new_state(CASES[case][1], alone))
    apart = [np.empty(shape) for shape in shapes]
    values.scatter(apart)
    for param, together in zip(params, apart, strict=True):
        assert np.array_equal(param, together)


def test_plain_descent_takes_parameters_of_all_layouts():
    backend = NumpyBackend()
    backend.update_block = 5
    rng = np.random.default_rng(3)
    params = [rng.standard_normal((4, 6)), rng.standard_normal((6, 4)).T, np.ones(3)]
    params.append(np.float32([[1, 2]]))
    grads = [rng.standard_normal(p.shape).astype(p.dtype) for p in params]
    expected = [p + 0.5 * (g - 0.25 * p) for p, g in zip(params, grads, strict=True)]
    backend.plain_sgd_step(params, grads, lr=0.5, weight_decay=0.25, maximize=True)
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
    ours = NumpyBackend()._orthogonalize(
        param.grad.numpy(), (3.4445, -4.7750, 2.0315), 5, 1e-7
    )
    np.testing.assert_allclose(
        -ours * factor, param.detach().numpy(), rtol=2e-2, atol=2e-2
    )
