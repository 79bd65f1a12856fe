"""The loops that docstrings show do what the primitives do."""

import inspect
import textwrap

import pytest

import minitorch_ff as ff

STEPS = 7
BETAS = {"betas": (0.8, 0.9)}

# optimizer: settings, arrays that the loop keeps (with the state they are), numbers
CASES = {
    "SGD": (
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.2, "weight_decay": 0.1},
        {"buffers": "momentum_buffer"},
        {},
    ),
    "Adam": (
        dict(lr=0.1, weight_decay=0.1, **BETAS),
        {"exp_avgs": "exp_avg", "exp_avg_sqs": "exp_avg_sq"},
        {},
    ),
    "AdamW": (
        dict(lr=0.1, weight_decay=0.1, **BETAS),
        {"exp_avgs": "exp_avg", "exp_avg_sqs": "exp_avg_sq"},
        {},
    ),
    "RMSprop": (
        {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1},
        {"square_avgs": "square_avg", "momentum_buffers": "momentum_buffer"},
        {},
    ),
    "Adagrad": ({"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1}, {"sums": "sum"}, {}),
    "Adadelta": (
        {"lr": 10.0, "weight_decay": 0.1},
        {"square_avgs": "square_avg", "acc_deltas": "acc_delta"},
        {},
    ),
    "Adamax": (
        dict(lr=0.1, weight_decay=0.1, **BETAS),
        {"exp_avgs": "exp_avg", "exp_infs": "exp_inf"},
        {},
    ),
    "NAdam": (
        dict(lr=0.1, weight_decay=0.1, **BETAS),
        {"exp_avgs": "exp_avg", "exp_avg_sqs": "exp_avg_sq"},
        {"mu_product": 1.0},
    ),
    "RAdam": (
        dict(lr=0.1, weight_decay=0.1, **BETAS),
        {"exp_avgs": "exp_avg", "exp_avg_sqs": "exp_avg_sq"},
        {},
    ),
    "ASGD": (
        {"lr": 0.1, "t0": 3, "weight_decay": 0.1},
        {"averages": "ax"},
        {"eta": 0.1, "mu": 1.0},
    ),
    "Rprop": (
        {"lr": 0.1, "step_sizes": (1e-3, 0.2)},
        {"prevs": "prev", "step_sizes": "step_size"},
        {"etaminus": 0.5, "etaplus": 1.2} | {"step_size_min": 1e-3, "step_size_max": 0.2},
    ),
    "Adafactor": (
        {"lr": 0.1, "weight_decay": 0.1, "eps": (1e-6, 1e-3)},
        {"row_vars": "row_var", "col_vars": "col_var"},
        {"eps1": 1e-6, "eps2": 1e-3},
    ),
    "Muon": (
        {"lr": 0.1, "weight_decay": 0.1},
        {"momentum_buffers": "momentum_buffer"},
        dict(zip("abc", (3.4445, -4.7750, 2.0315), strict=True)),
    ),
}
# In single precision PyTorch keeps some numbers of the state, and bfloat16 is rough.
TOLERANCES = {"NAdam": 1e-6, "ASGD": 1e-6, "Muon": 2e-2}


def loop_of(optimizer_class):
    """The code that follows the words "As a loop", up to the next paragraph."""
    text = inspect.getdoc(optimizer_class).split("As a loop", 1)[1]
    paragraphs = text.split("\n\n")
    return textwrap.dedent(paragraphs[1].strip("\n"))


def settings_of(optimizer):
    """The group's settings by name, as the loop uses them."""
    group = dict(optimizer.param_groups[0])
    del group["params"]
    if "betas" in group:
        group["beta1"], group["beta2"] = group.pop("betas")
    return group


@pytest.mark.parametrize("name", CASES)
def test_loop_and_primitive_agree(name):
    settings, arrays, numbers = CASES[name]
    optimizer_class = getattr(ff.optim, name)
    shapes = [(4, 3), (2, 5)]
    values = [ff.randn(shape, dtype=ff.float64) for shape in shapes]
    params = [ff.nn.Parameter(value.clone()) for value in values]
    optimizer = optimizer_class(params, **settings)

    by_hand = [ff.nn.Parameter(value.clone()) for value in values]
    scope = {**settings_of(optimizer), **numbers, "params": by_hand}
    code = compile(loop_of(optimizer_class), name, "exec")
    tolerance = TOLERANCES.get(name, 1e-12)
    for t in range(1, STEPS + 1):
        for p, q in zip(params, by_hand, strict=True):
            p.grad = ff.randn(p.shape, dtype=ff.float64)
            q.grad = p.grad.clone()
        optimizer.step()
        if t == 1:
            states = [optimizer.state[p] for p in params]
            for loop_name, state_name in arrays.items():
                scope[loop_name] = [
                    ff.full_like(state[state_name], 0.1)
                    if state_name == "step_size"
                    else ff.zeros_like(state[state_name])
                    for state in states
                ]
        with ff.no_grad():
            scope["t"] = t
            exec(code, scope)  # what it assigns stays for the next step
        for p, q in zip(params, by_hand, strict=True):
            assert ff.allclose(p, q, rtol=tolerance, atol=tolerance), (name, t)
    for loop_name, state_name in arrays.items():
        for p, array in zip(params, scope[loop_name], strict=True):
            state = optimizer.state[p][state_name]
            assert ff.allclose(state, array, rtol=tolerance, atol=tolerance)
