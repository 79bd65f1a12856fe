"""Wrong calls of optimizers: PyTorch's exceptions with PyTorch's words."""

import pytest
import torch as pytorch

import minitorch_ff as ff
from compat_tests.worlds import same_error

NAMES = (
    "SGD Adam AdamW RMSprop Adagrad Adadelta Adamax NAdam RAdam ASGD Rprop LBFGS Adafactor Muon"
).split()
CAPTURABLE = [n for n in NAMES[1:11] if n != "Adagrad"]

SETTINGS = [
    {"lr": -0.5},
    {"eps": -1.0},
    {"betas": (1.0, 0.5)},
    {"betas": (0.5, -0.1)},
    {"weight_decay": -1},
    {"momentum": -1},
    {"alpha": -1.0},
    {"lr_decay": -0.5},
    {"initial_accumulator_value": -1.0},
    {"rho": 1.5},
    {"rho": -0.5},
    {"etas": (1.5, 0.5)},
    {"momentum_decay": -1.0},
    {"nesterov": True},
    {"nesterov": True, "momentum": 0.5, "dampening": 0.5},
    {"beta2_decay": 0.5},
    {"d": 0.5},
    {"eps": (-1.0, 1.0)},
    {"eps": (1.0, -1.0)},
    {"adjust_lr_fn": "unknown"},
    {"fused": True, "foreach": True},
    {"fused": True, "differentiable": True},
    {"unknown": 1},
]


def param(torch, *shape):
    return torch.nn.Parameter(torch.ones(*(shape or (2, 2))))


def error_in_pytorch(name, settings):
    try:
        getattr(pytorch.optim, name)([param(pytorch)], **settings)
    except Exception as error:
        return error
    return None


CASES = [(n, s) for n in NAMES for s in SETTINGS if error_in_pytorch(n, s)]


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_settings(name, settings):
    # Where Python itself complains of a type or an argument, its words are no contract.
    words = not isinstance(error_in_pytorch(name, settings), TypeError)
    same_error(lambda torch: new(torch, name, **settings), words)


def new(torch, name, **settings):
    return getattr(torch.optim, name)([param(torch)], **settings)


@pytest.mark.parametrize("name", NAMES)
def test_learning_rate_of_several_elements(name):
    same_error(lambda torch: new(torch, name, lr=torch.ones(2)))


@pytest.mark.parametrize(
    "params",
    [
        lambda torch: param(torch),
        lambda torch: torch.ones(2, dtype=torch.int64),
        lambda torch: [],
        lambda torch: [1],
        lambda torch: [[param(torch)]],
        lambda torch: ["a"],
        lambda torch: {"params": [param(torch)]},
        lambda torch: [{"params": {param(torch)}}],
        lambda torch: [{"parameters": [param(torch)]}],
        lambda torch: [param(torch) * 2],
        lambda torch: [("a", param(torch)), param(torch)],
        lambda torch: [param(torch), {"params": []}],
        lambda torch: None,
    ],
)
def test_parameters(params):
    same_error(lambda torch: torch.optim.SGD(params(torch), lr=0.1))


def test_a_group_is_a_dictionary():
    def body(torch):
        torch.optim.SGD([{"params": []}, param(torch)], lr=0.1)

    same_error(body, words=False)  # the text has the class of the parameter


def test_groups():
    def in_two_groups(torch):
        p = param(torch)
        torch.optim.SGD([{"params": [p]}, {"params": [p]}], lr=0.1)

    def names_in_one_group(torch):
        groups = [{"params": [("a", param(torch))]}, {"params": [param(torch)]}]
        torch.optim.SGD(groups, lr=0.1)

    def no_names_in_the_other(torch):
        groups = [{"params": [param(torch)]}, {"params": [("a", param(torch))]}]
        torch.optim.SGD(groups, lr=0.1)

    def two_for_lbfgs(torch):
        torch.optim.LBFGS([{"params": [param(torch)]}, {"params": [param(torch)]}])

    def vector_for_muon(torch):
        torch.optim.Muon([param(torch, 3)])

    for body in (
        in_two_groups,
        names_in_one_group,
        no_names_in_the_other,
        two_for_lbfgs,
        vector_for_muon,
    ):
        same_error(body)


def test_a_failed_group_leaves_the_optimizer_as_it_was():
    p, q = param(ff), param(ff)
    optimizer = ff.optim.SGD([p], lr=0.1)
    with pytest.raises(ValueError, match="more than one parameter group"):
        optimizer.add_param_group({"params": [p, q]})
    assert len(optimizer.param_groups) == 1


def test_required_settings():
    def body(torch):
        module = __import__(f"{torch.__name__}.optim.optimizer", fromlist=["required"])
        torch.optim.Optimizer([param(torch)], {"lr": module.required})

    same_error(body)


def test_step_is_for_subclasses():
    def body(torch):
        torch.optim.Optimizer([param(torch)], {}).step()

    same_error(body)


@pytest.mark.parametrize(
    "saved",
    [
        {"state": {}, "param_groups": []},
        {"state": {}, "param_groups": [{"params": [0, 1]}]},
        {"state": {}},
    ],
)
def test_loading(saved):
    def body(torch):
        new(torch, "SGD", lr=0.1).load_state_dict(saved)

    same_error(body)


@pytest.mark.parametrize("name", CAPTURABLE)
def test_capturable_on_the_cpu(name):
    def body(torch):
        p = param(torch)
        optimizer = getattr(torch.optim, name)([p], capturable=True)
        p.grad = torch.ones(2, 2)
        optimizer.step()

    # Adadelta leaves one device out of its list.
    same_error(body, words=name != "Adadelta")


def test_adam_wants_numbers_with_foreach():
    def betas(torch):
        tensors = torch.tensor(0.9), torch.tensor(0.99)
        new(torch, "Adam", betas=tensors, foreach=True)

    def one_tensor(torch):
        new(torch, "Adam", betas=(0.9, torch.tensor(0.99)))

    def many_elements(torch):
        new(torch, "Adam", betas=(torch.tensor(0.9), torch.tensor([0.9, 0.9])))

    def lr(torch):
        new(torch, "Adam", lr=torch.tensor(0.1), foreach=True)

    def later(torch):
        p = param(torch)
        optimizer = torch.optim.Adam([p], foreach=True)
        optimizer.param_groups[0]["lr"] = torch.tensor(0.1)
        p.grad = torch.ones(2, 2)
        optimizer.step()

    for body in (betas, one_tensor, lr, later):
        same_error(body)
    same_error(many_elements, words=False)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adagrad"])
def test_fused_wants_real_parameters(name):
    def body(torch):
        p = torch.nn.Parameter(torch.ones(2, dtype=torch.complex64))
        optimizer = getattr(torch.optim, name)([p], fused=True)
        p.grad = torch.ones(2, dtype=torch.complex64)
        optimizer.step()

    same_error(body)


@pytest.mark.parametrize("name", ["Adafactor", "Muon"])
def test_no_complex_parameters(name):
    def body(torch):
        p = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.complex64))
        optimizer = getattr(torch.optim, name)([p])
        p.grad = torch.ones(2, 2, dtype=torch.complex64)
        optimizer.step()

    same_error(body)


def test_muon_wants_few_steps_and_three_coefficients():
    def body(torch, **settings):
        p = param(torch)
        optimizer = torch.optim.Muon([p], **settings)
        p.grad = torch.ones(2, 2)
        optimizer.step()

    same_error(lambda torch: body(torch, ns_steps=100))
    same_error(lambda torch: body(torch, ns_coefficients=(1.0, 2.0)))


def test_lbfgs_knows_one_line_search():
    def body(torch):
        p = param(torch)
        optimizer = torch.optim.LBFGS([p], line_search_fn="golden")

        def closure():
            optimizer.zero_grad()
            loss = (p * p).sum()
            loss.backward()
            return loss

        optimizer.step(closure)

    same_error(body)


def test_hooks_before_a_step_return_arguments_or_nothing():
    def body(torch):
        optimizer = new(torch, "SGD", lr=0.1)
        optimizer.register_step_pre_hook(lambda *args: 3)
        optimizer.step()

    same_error(body, words=False)  # the text has the function's address


def test_sparse_adam_names_what_to_use():
    with pytest.raises(NotImplementedError, match="Adam"):
        ff.optim.SparseAdam([param(ff)])


def from_optim(name):
    return getattr(ff.optim, name)


def test_names_we_lack():
    with pytest.raises(AttributeError, match="no attribute 'Lion'"):
        from_optim("Lion")
