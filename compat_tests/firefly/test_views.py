"""Views, writes in place, and version counters, without PyTorch beside."""

import pytest

import minitorch_ff as ff
from minitorch_ff.firefly.views import View


def leaf(*values):
    return ff.tensor([float(v) for v in values], requires_grad=True)


VIEWS = {
    "index": lambda x: x[1],
    "slice": lambda x: x[1:],
    "stepped": lambda x: x[:, ::2],
    "none": lambda x: x[None],
    "t": lambda x: x.t(),
    "transpose": lambda x: x.transpose(0, 1),
    "permute": lambda x: x.permute(1, 0),
    "view": lambda x: x.view(12),
    "reshape": lambda x: x.reshape(2, 6),
    "flatten": lambda x: x.flatten(),
    "expand": lambda x: x[:, :1].expand(3, 5),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "unbind": lambda x: x.unbind(0)[1],
    "split": lambda x: x.split(2, 1)[1],
    "chunk": lambda x: x.chunk(2, 1)[0],
    "unsqueeze": lambda x: x.unsqueeze(1),
    "squeeze": lambda x: x[:1].squeeze(0),
    "diagonal": lambda x: x.diagonal(),
    "unfold": lambda x: x.unfold(1, 2, 1),
    "detach": lambda x: x.detach(),
    "movedim": lambda x: x.movedim(0, 1),
    "select": lambda x: x.select(1, 2),
}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("recorded", [True, False])
def test_views_share_memory_and_version(name, recorded):
    x = ff.zeros(3, 4, requires_grad=recorded) * 1
    view = VIEWS[name](x)
    before = view._version
    with ff.no_grad():
        x.fill_(7.0)
    assert (view == 7).all()
    assert view._version == x._version == before + 1
    if name != "detach":
        assert view._is_view()
        assert view._base is x
        assert view.requires_grad is recorded


def test_a_view_of_a_view_has_the_first_base():
    x = ff.zeros(3, 4)
    view = x.t()[1:].reshape(3, 3)[0]
    assert view._base is x
    assert isinstance(view.view_of, View)
    assert len(view.view_of.steps) == 4


def test_copies_are_no_views():
    x = ff.zeros(3, 4)
    for copy in (x.clone(), x + 0, x[[0, 1]], x.t().contiguous(), x.t().reshape(12)):
        assert not copy._is_view()
        copy.fill_(1.0)
    assert (x == 0).all()


def test_a_write_through_a_view_reaches_the_gradient():
    x = leaf(1, 2, 3)
    y = x * 2
    y[1:].mul_(10)
    assert y.tolist() == [2.0, 40.0, 60.0]
    (y * y).sum().backward()
    assert x.grad.tolist() == [8.0, 1600.0, 2400.0]


def test_a_write_to_the_base_reaches_older_views():
    x = leaf(1, 2, 3)
    y = x * 2
    view = y[1:]
    node = view.grad_fn
    y.mul_(10)
    assert view.grad_fn is not node
    view.sum().backward()
    assert x.grad.tolist() == [0.0, 20.0, 20.0]


def test_a_constant_written_over_has_no_gradient():
    x = leaf(1, 2, 3)
    y = x * 2
    y[0] = 5.0
    y[1:2] = leaf(9)
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 2.0]


def test_memory_filled_in_a_loop():
    x = leaf(2)
    out = ff.zeros(4)
    for i in range(4):
        out[i] = x[0] ** i
    assert out.requires_grad
    out.sum().backward()
    assert x.grad.tolist() == [0.0 + 1.0 + 4.0 + 12.0]


def test_versions_count_writes():
    x = ff.zeros(3)
    assert x._version == 0
    x.add_(1)
    x[0] = 2
    x += 1
    assert x._version == 3
    assert x.detach()._version == 3
    assert x.data._version == 0
    x.data.add_(1)
    assert x._version == 3


def test_a_changed_saved_tensor_is_found():
    x = leaf(1, 2)
    y = x.exp()
    y.add_(1)
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0 instead"):
        y.sum().backward()
    assert x.grad is None


def test_a_change_through_a_view_is_found():
    x = leaf(1, 2)
    y = x * 2
    z = y * y
    y[:1].zero_()
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0 instead"):
        z.sum().backward()


def test_a_change_of_what_nobody_saved_is_fine():
    x = leaf(1, 2)
    y = x + 1
    z = y + 1
    y.zero_()
    z.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_failed_write_changes_nothing():
    x = ff.zeros(2, dtype=ff.int64)
    view = x[:1]
    with pytest.raises(RuntimeError, match="can't be cast"):
        x.add_(1.5)
    with pytest.raises(RuntimeError, match="doesn't match the broadcast shape"):
        view.add_(ff.ones(3, dtype=ff.int64))
    assert x.tolist() == [0, 0]
    assert x._version == 0
    y = leaf(1, 2)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        y.mul_(2)
    with pytest.raises(RuntimeError, match="a view of a leaf Variable"):
        y[:1].mul_(2)
    assert y.tolist() == [1.0, 2.0]
    assert y.is_leaf


def test_in_place_returns_the_tensor_itself():
    x = leaf(1, 2) * 1
    assert x.mul_(2) is x
    view = x[:1]
    assert view.relu_() is view
    same = x
    same += 1
    assert same is x


def test_an_operand_may_be_the_target():
    x = leaf(2, 3)
    y = x * 1
    y.mul_(y)
    y.add_(y)
    y[0] = y[1]
    y.sum().backward()
    assert y.tolist() == [18.0, 18.0]
    assert x.grad.tolist() == [0.0, 24.0]


def test_overlapping_memory_is_not_written():
    x = ff.zeros(1).expand(3)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        x.add_(1)
