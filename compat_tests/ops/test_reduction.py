"""What the databases leave out of reductions and orders: text, names, corners."""

import copy
import math
import pickle

import pytest

from compat_tests.worlds import same_in_both


def test_named_results_print_and_unpack():
    def body(torch):
        x = torch.tensor([[1.0, 5.0, 2.0], [7.0, 0.0, 7.0]], requires_grad=True)
        out = torch.max(x, 1)
        values, _ = out
        return (
            repr(out),
            values,
            repr(x.sort(descending=True)),
            out.values,
            out[1],
            len(out),
        )

    same_in_both(body)


def test_named_results_are_tuples():
    import minitorch_ff as ff

    out = ff.tensor([1.0, 2.0]).topk(1)
    assert isinstance(out, tuple)
    assert isinstance(out, ff.return_types.topk)
    again = pickle.loads(pickle.dumps(tuple(copy.copy(out))))
    assert again[1].item() == 1


def test_numpy_names():
    def body(torch):
        x = torch.arange(6.0).reshape(2, 3)
        return (
            x.sum(axis=1, keepdims=True),
            x.max(axis=0),
            x.std(axis=1),
            x.argmax(axis=1),
        )

    same_in_both(body)


@pytest.mark.parametrize("zeros", [[], [1], [0, 2]])
@pytest.mark.parametrize("function", ["prod", "cumprod"])
def test_products_with_zeros(function, zeros):
    def body(torch):
        x = torch.tensor([2.0, 3.0, 5.0, 7.0], dtype=torch.float64)
        x[zeros] = 0
        x.requires_grad_()
        y = getattr(torch, function)(x, 0)
        (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        (second,) = torch.autograd.grad((first * first).sum(), x)
        return y, first, second

    same_in_both(body)


def test_equal_elements_share_the_gradient():
    def body(torch):
        grads = []
        for function in (torch.max, torch.amin, torch.median, lambda x: x.max(0)[0]):
            x = torch.tensor([3.0, 1.0, 3.0, 1.0], requires_grad=True)
            function(x).backward()
            grads.append(x.grad)
        return grads

    same_in_both(body)


def test_changed_indices_are_noticed():
    def body(torch):
        x = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
        values, indices = x.sort()
        indices.zero_()
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            values.sum().backward()
        return indices

    same_in_both(body)


def test_not_a_number_in_order():
    def body(torch):
        x = torch.tensor([[2.0, math.nan, 1.0], [0.0, 3.0, -1.0]])
        return (
            x.sort(1),
            x.sort(1, descending=True),
            x.median(1),
            x.nanmedian(1),
            x.max(1),
            x.cummax(1),
            x.amin(1),
            x.quantile(0.5, 1),
            x.nanquantile(0.5, 1),
            x.nansum(),
        )

    same_in_both(body)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # 0 / 0 is not-a-number
def test_zero_dimensions_and_nothing():
    def body(torch):
        x, empty = torch.tensor(3.0), torch.ones(0, 2)
        return (
            x.sum(0), x.max(0), x.sort(), x.cumsum(0), x.topk(1), x.prod(0), x.mode(),
            empty.sum(0), empty.prod(), empty.mean(), empty.max(1), empty.logsumexp(0),
            empty.all(), empty.any(0), empty.norm(), empty.cumsum(0), empty.sort(0),
        )  # fmt: skip

    same_in_both(body)


def test_node_names():
    def body(torch):
        x = torch.rand(3, 3, requires_grad=True)
        results = (
            x.sum(), x.sum(0), x.mean(), x.max(), x.max(0)[0], x.prod(), x.prod(0),
            x.var(), x.std(0), torch.var_mean(x)[0], x.norm(), x.logsumexp(0),
            x.cumsum(0), x.sort()[0], x.topk(1)[0], x.median(), x.median(0)[0],
            x.mode()[0], x.kthvalue(1)[0], x.nansum(), x.amax(), x.aminmax()[0],
            x.cummax(0)[0], x.logcumsumexp(0), x.cumprod(0), x.trace(), x.unique(),
            torch.linalg.det(x), torch.linalg.svd(x)[1], torch.linalg.inv(x),
        )  # fmt: skip
        return [result.grad_fn.name() for result in results]

    same_in_both(body)


BAD_CALLS = {
    "max of nothing": lambda torch: torch.max(torch.ones(0)),
    "max of an empty dimension": lambda torch: torch.ones(2, 0).max(1),
    "argmax of booleans": lambda torch: torch.ones(2).bool().argmax(),
    "mean of integers": lambda torch: torch.arange(3).mean(),
    "variance of integers": lambda torch: torch.arange(3).var(),
    "norm of integers": lambda torch: torch.arange(3).norm(),
    "no such dimension": lambda torch: torch.ones(2, 3).sum(2),
    "a dimension twice": lambda torch: torch.ones(2, 3).amax((0, 0)),
    "too many of the largest": lambda torch: torch.ones(2).topk(3),
    "no such rank": lambda torch: torch.ones(2).kthvalue(3),
    "a part above one": lambda torch: torch.ones(2).quantile(1.5),
    "no matrix": lambda torch: torch.ones(2).trace(),
    "no square matrix": lambda torch: torch.linalg.inv(torch.ones(2, 3)),
    "no inverse": lambda torch: torch.linalg.inv(torch.zeros(2, 2)),
    "not positive": lambda torch: torch.linalg.cholesky(-torch.eye(2)),
    "no tensor": lambda torch: torch.sum(3),
}


@pytest.mark.parametrize("call", BAD_CALLS.values(), ids=BAD_CALLS)
def test_errors(call):
    def body(torch):
        with pytest.raises((RuntimeError, IndexError, TypeError)) as caught:
            call(torch)
        kind = next(c for c in type(caught.value).__mro__ if c.__module__ == "builtins")
        return kind.__name__, str(caught.value)

    same_in_both(body)


def test_losses_of_nothing():
    def body(torch):
        F, nothing = torch.nn.functional, torch.zeros(0, 3)
        losses = F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, F.soft_margin_loss
        return [loss(nothing, nothing) for loss in losses]

    same_in_both(body)


def test_losses_of_ignored_targets_alone():
    def body(torch):
        x = torch.tensor([[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]], requires_grad=True)
        loss = torch.nn.functional.cross_entropy(x, torch.tensor([1, 1]), ignore_index=1)
        loss.backward()
        return loss, x.grad

    same_in_both(body)
