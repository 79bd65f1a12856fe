"""What optimizers do beside the update: state, groups, checkpoints, hooks."""

import copy
import importlib
import pickle
import sys
import warnings

import pytest

import minitorch_ff as ff
from compat_tests.worlds import same_error, same_in_both

# Optimizers with the settings that need most state.
SETTINGS = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "dampening": 0.2, "weight_decay": 0.1},
    "Adam": {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1},
    "AdamW": {"lr": 0.1},
    "RMSprop": {"lr": 0.1, "momentum": 0.5, "centered": True},
    "Adagrad": {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.1},
    "Adadelta": {"lr": 0.5},
    "Adamax": {"lr": 0.1},
    "NAdam": {"lr": 0.1, "momentum_decay": 0.1},
    "RAdam": {"lr": 0.1, "betas": (0.9, 0.6)},
    "ASGD": {"lr": 0.1, "t0": 2},
    "Rprop": {"lr": 0.1},
}
ALL = pytest.mark.parametrize("name", SETTINGS)
SHAPES = [(4, 3), (3,), (2, 2, 2), ()]


def parameters(torch, shapes=SHAPES, dtype=None):
    return [torch.nn.Parameter(torch.randn(s, dtype=dtype)) for s in shapes]


def new(torch, name, params, **more):
    return getattr(torch.optim, name)(params, **{**SETTINGS[name], **more})


def step(torch, optimizer, params, skip=()):
    """One step on random gradients; parameters in `skip` have none."""
    for i, p in enumerate(params):
        grad = torch.randn(p.shape, dtype=p.dtype)
        p.grad = None if i in skip else grad
    optimizer.step()
    return [p.detach().clone() for p in params]


def everything(optimizer, params):
    """Parameters and state, as they are now."""
    return copy.deepcopy([[p.detach() for p in params], optimizer.state_dict()])


@ALL
def test_gradients_come_and_go(name):
    def body(torch):
        params = parameters(torch)
        optimizer = new(torch, name, params)
        for skip in [(), (1,), (1,), (0, 2), (0, 1, 2, 3), (), (3,), ()]:
            step(torch, optimizer, params, skip)
        return everything(optimizer, params)

    same_in_both(body)


@ALL
def test_state_is_what_the_update_uses(name):
    """Whatever users do to it: write it, replace it, throw it away."""

    def body(torch):
        params = parameters(torch)
        optimizer = new(torch, name, params)
        held = []
        for number in range(6):
            step(torch, optimizer, params)
            state = optimizer.state
            if number == 1:
                held = list(state[params[0]].values())
                for value in held:
                    value.mul_(2)
            elif number == 2:
                for key, value in state[params[1]].items():
                    state[params[1]][key] = value * 3
            elif number == 3:
                state[params[2]] = {k: v.clone() for k, v in state[params[0]].items()}
                for key, value in state[params[2]].items():
                    if value.ndim:
                        shape = params[2].shape
                        state[params[2]][key] = torch.full(shape, 0.5)
            elif number == 4 and name != "Adagrad":
                del state[params[3]]
        return everything(optimizer, params), held

    same_in_both(body)


@ALL
def test_parameters_get_other_memory(name):
    def body(torch):
        params = parameters(torch)
        optimizer = new(torch, name, params)
        step(torch, optimizer, params)
        params[0].data = torch.randn(3, 4).t()
        params[1].data = torch.randn(6)[::2]
        step(torch, optimizer, params)
        params[0].data.mul_(2)
        params[1].data[1:].zero_()
        step(torch, optimizer, params)
        return everything(optimizer, params)

    same_in_both(body)


@ALL
def test_groups_change(name):
    def body(torch):
        params = parameters(torch)
        first = [{"params": params[:1], "lr": 0.05}, {"params": params[1:2]}]
        optimizer = new(torch, name, first)
        step(torch, optimizer, params[:2])
        optimizer.add_param_group({"params": params[2], "lr": 0.3})
        step(torch, optimizer, params[:3])
        optimizer.param_groups[1]["params"].append(params[3])
        for group in optimizer.param_groups:
            group["lr"] *= 0.5
        step(torch, optimizer, params)
        optimizer.param_groups[0]["params"] = [params[1]]
        optimizer.param_groups[1]["params"] = [params[0], params[3]]
        step(torch, optimizer, params)
        return everything(optimizer, params), repr(optimizer)

    same_in_both(body)


@ALL
def test_checkpoints(name):
    def body(torch):
        params, others = parameters(torch), parameters(torch)
        optimizer, second = new(torch, name, params), new(torch, name, others, lr=7.0)
        for _ in range(2):
            step(torch, optimizer, params)
        second.load_state_dict(optimizer.state_dict())
        # The tensors are shared now; both optimizers go on, in turns.
        for _ in range(2):
            step(torch, optimizer, params)
            step(torch, second, others)
        return everything(optimizer, params), everything(second, others)

    same_in_both(body)


@ALL
def test_copies_and_pickles_go_on(name):
    def body(torch):
        params = parameters(torch)
        optimizer = new(torch, name, params)
        step(torch, optimizer, params)
        results = []
        for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
            twins = twin.param_groups[0]["params"]
            step(torch, twin, twins)
            results.append(everything(twin, twins))
        step(torch, optimizer, params)
        return results, everything(optimizer, params), sorted(optimizer.__getstate__())

    same_in_both(body)


@ALL
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_large_parameters(name, dtype):
    """Larger than a shared bucket takes, and than a block; contiguous and not."""

    def body(torch):
        kind = getattr(torch, dtype)
        params = parameters(torch, [(40, 1000), (5,), (300, 250), (200, 200)], kind)
        params[3].data = params[3].data.t()
        optimizer = new(torch, name, params)
        for skip in [(), (0,), ()]:
            step(torch, optimizer, params, skip)
        params[0].grad = torch.randn(1000, 40, dtype=kind).t()
        optimizer.step()
        return everything(optimizer, params)

    same_in_both(body)


@ALL
def test_odd_parameters(name):
    """Two dtypes in a group, no elements, complex elements."""

    def body(torch):
        params = parameters(torch, [(3,), (0, 2)])
        params += parameters(torch, [(2, 2)], torch.float64)
        params += parameters(torch, [(2, 3), ()], torch.complex64)
        optimizer = new(torch, name, params)
        for _ in range(3):
            step(torch, optimizer, params)
        return everything(optimizer, params)

    same_in_both(body)


@ALL
def test_a_parameter_listed_twice_is_updated_twice(name):
    def body(torch):
        params = parameters(torch)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            optimizer = new(torch, name, [*params, params[0]])
        for _ in range(3):
            step(torch, optimizer, params)
        return everything(optimizer, params), [str(w.message) for w in caught]

    same_in_both(body)


@ALL
def test_parameters_over_the_same_memory(name):
    def body(torch):
        memory = torch.randn(6)
        params = [torch.nn.Parameter(memory), torch.nn.Parameter(memory[2:4])]
        optimizer = new(torch, name, params)
        for _ in range(3):
            step(torch, optimizer, params)
        return everything(optimizer, params), memory

    same_in_both(body)


@ALL
def test_double_precision_by_default(name):
    def body(torch):
        torch.set_default_dtype(torch.float64)
        params = parameters(torch)
        optimizer = new(torch, name, params)
        step(torch, optimizer, params)
        state = optimizer.state[params[0]]
        return everything(optimizer, params), {k: str(v.dtype) for k, v in state.items()}

    same_in_both(body)


@ALL
def test_learning_rate_as_tensor(name):
    def body(torch):
        params = parameters(torch)
        optimizer = new(torch, name, params, lr=torch.tensor(0.125))
        for _ in range(2):
            step(torch, optimizer, params)
        optimizer.param_groups[0]["lr"].mul_(0.5)
        step(torch, optimizer, params)
        return everything(optimizer, params), repr(optimizer)

    same_in_both(body)


@ALL
@pytest.mark.parametrize("maximize", [False, True])
def test_differentiable_steps(name, maximize):
    """The gradient goes through the steps, to the start and to the gradients used."""
    # PyTorch overwrites what it needs for the second step of these.
    steps = 1 if name in ("Adam", "RMSprop", "Adamax", "Rprop") else 2

    def body(torch, steps=steps):
        start = torch.randn(3, dtype=torch.float64, requires_grad=True)
        grads = [torch.randn(3, dtype=torch.float64) for _ in range(steps)]
        for grad in grads:
            grad.requires_grad_()
        param = start.clone()
        flags = {"differentiable": True, "maximize": maximize}
        optimizer = new(torch, name, [param], **flags)
        for grad in grads:
            param.grad = grad
            optimizer.step()
        (param**2).sum().backward()
        return param.detach(), start.grad, [g.grad for g in grads]

    same_in_both(body, tolerance=(1e-6, 1e-6))
    _, through_two, _ = body(ff, steps=2)
    assert ff.isfinite(through_two).all()


def test_differentiable_learning_rate():
    def body(torch):
        lr = torch.tensor(0.1, requires_grad=True)
        param = torch.randn(3, requires_grad=True).clone()
        optimizer = torch.optim.SGD([param], lr=lr, differentiable=True)
        param.grad = torch.randn(3)
        optimizer.step()
        (param**2).sum().backward()
        return param.detach(), lr.grad

    same_in_both(body)


@ALL
def test_closure(name):
    def body(torch):
        params = parameters(torch, [(3,)])
        optimizer = new(torch, name, params)

        def closure():
            optimizer.zero_grad()
            loss = (params[0] ** 2).sum()
            loss.backward()
            return loss

        with torch.no_grad():
            losses = [optimizer.step(closure).item() for _ in range(3)]
        return losses, everything(optimizer, params)

    same_in_both(body)


def test_hooks():
    def body(torch):
        notes = []
        params = parameters(torch, [(2,)])
        optimizer = new(torch, "SGD", params)
        step(torch, optimizer, params)

        def note(word):
            return lambda *args: notes.append((word, len(args)))

        optimizer.register_step_pre_hook(note("before"))
        handle = optimizer.register_step_post_hook(note("after"))
        optimizer.register_state_dict_pre_hook(note("saving"))
        optimizer.register_state_dict_post_hook(note("saved"))
        optimizer.register_state_dict_post_hook(lambda o, d: {**d, "more": 1})
        optimizer.register_state_dict_post_hook(note("first"), prepend=True)
        optimizer.register_load_state_dict_pre_hook(note("loading"))
        optimizer.register_load_state_dict_post_hook(note("loaded"))
        step(torch, optimizer, params)
        handle.remove()
        step(torch, optimizer, params)
        saved = optimizer.state_dict()
        optimizer.load_state_dict(saved)
        return notes, sorted(saved)

    same_in_both(body)


def test_a_hook_may_change_the_arguments():
    def body(torch):
        params = parameters(torch, [(2,)])
        optimizer = new(torch, "SGD", params)
        optimizer.register_step_pre_hook(lambda o, a, k: ((*a, lambda: 5), k))
        return optimizer.step()

    same_in_both(body)


def test_global_hooks():
    def body(torch):
        notes = []

        def note(word):
            return lambda *args: notes.append(word)

        module = importlib.import_module(f"{torch.__name__}.optim.optimizer")
        handles = [
            module.register_optimizer_step_pre_hook(note("before")),
            module.register_optimizer_step_post_hook(note("after")),
        ]
        params = parameters(torch, [(2,)])
        optimizer = new(torch, "Adam", params)
        optimizer.register_step_pre_hook(note("own before"))
        optimizer.register_step_post_hook(note("own after"))
        step(torch, optimizer, params)
        for handle in handles:
            handle.remove()
        step(torch, optimizer, params)
        return notes

    same_in_both(body)


def test_zero_grad():
    def body(torch):
        params = parameters(torch, [(2,), (3,)])
        optimizer = new(torch, "SGD", params)
        params[0].grad = grad = torch.ones(2)
        optimizer.zero_grad(set_to_none=False)
        kept = params[0].grad is grad, params[1].grad is None
        optimizer.zero_grad()
        return grad, kept, params[0].grad is None

    same_in_both(body)


def test_names():
    def body(torch):
        model = torch.nn.Linear(2, 3)
        optimizer = torch.optim.SGD(model.named_parameters(), lr=0.1)
        other = torch.optim.SGD(model.parameters(), lr=0.2)
        saved = optimizer.state_dict()
        other.load_state_dict(saved)
        return saved, repr(optimizer), repr(other)

    same_in_both(body)


def test_old_checkpoints():
    """Settings and counts in the form of PyTorch's first releases."""

    def body(torch):
        params = parameters(torch, [(2,)])
        optimizer = torch.optim.Adam(params, lr=0.1)
        zeros = torch.zeros(2)
        state = {"step": 3, "exp_avg": zeros.clone(), "exp_avg_sq": zeros.clone()}
        group = {"lr": 0.1, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0}
        optimizer.load_state_dict({"state": {0: state}, "param_groups": [{**group, "params": [0]}]})
        step(torch, optimizer, params)
        return everything(optimizer, params), repr(optimizer)

    same_in_both(body)


def test_loading_casts_to_the_parameter():
    def body(torch):
        double = parameters(torch, [(2,)], torch.float64)
        optimizer = torch.optim.Adam(double, lr=0.1)
        step(torch, optimizer, double)
        single = parameters(torch, [(2,)])
        other = torch.optim.Adam(single, lr=0.1)
        other.load_state_dict(optimizer.state_dict())
        step(torch, other, single)
        return everything(other, single)

    same_in_both(body)


def test_a_step_counts_as_a_write():
    def body(torch):
        params = parameters(torch, [(2,)])
        optimizer = new(torch, "SGD", params)
        loss = (params[0] ** 3).sum()
        params[0].grad = torch.ones(2)
        optimizer.step()
        loss.backward()

    same_error(body)


def test_gradients_are_not_kept_alive():
    param = ff.nn.Parameter(ff.zeros(100_000))
    optimizer = ff.optim.Adam([param])
    param.grad = ff.ones(100_000)
    memory = param.grad.numpy()
    before = sys.getrefcount(memory)
    optimizer.step()
    assert sys.getrefcount(memory) == before


def test_muon_and_adafactor_take_tensor_learning_rates():
    def body(torch):
        results = []
        for name in ("Muon", "Adafactor"):
            params = parameters(torch, [(4, 3), (3, 5)])
            optimizer = getattr(torch.optim, name)(params, lr=torch.tensor(0.125))
            for _ in range(2):
                step(torch, optimizer, params)
            results.append(everything(optimizer, params))
        return results

    same_in_both(body, tolerance=(2e-2, 2e-3))


@pytest.mark.parametrize("line_search", [None, "strong_wolfe"])
@pytest.mark.parametrize("start", [0, 1])
def test_lbfgs(line_search, start):
    """Rosenbrock's valley, from two places, with the whole state."""

    def body(torch):
        place = [[-1.0, 1.5], [0.5, -0.5]][start]
        xs = [torch.nn.Parameter(torch.tensor(x, dtype=torch.float64)) for x in place]
        optimizer = torch.optim.LBFGS(
            xs, lr=0.5 if line_search else 0.001, line_search_fn=line_search
        )

        def closure():
            optimizer.zero_grad()
            loss = (1 - xs[0]) ** 2 + 100 * (xs[1] - xs[0] ** 2) ** 2
            loss.backward()
            return loss

        losses = [optimizer.step(closure).item() for _ in range(3)]
        return losses, everything(optimizer, xs)

    same_in_both(body, tolerance=(1e-6, 1e-8))


def test_a_tensor_that_keeps_its_gradient_can_be_optimized():
    def body(torch):
        x = torch.randn(3, requires_grad=True)
        y = x * 2
        y.retain_grad()
        optimizer = torch.optim.SGD([y], lr=0.1)
        (y**2).sum().backward()
        optimizer.step()
        return y.detach(), y.retains_grad, x.retains_grad

    same_in_both(body)


@ALL
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_low_precision(name, dtype):
    def body(torch):
        params = parameters(torch)
        for p in params:
            p.data = p.data.to(getattr(torch, dtype))
        eps = {"eps": 0.1} if name in ("Adam", "AdamW", "RMSprop", "Adamax") else {}
        optimizer = new(torch, name, params, **eps)
        for _ in range(3):
            for p in params:
                p.grad = torch.randn(p.shape).to(p.dtype)
            optimizer.step()
        return everything(optimizer, params)

    same_in_both(body, tolerance=(4e-2, 4e-2))
