"""Bounds: numbers and tensors, not-a-number, ties, what does not fit."""

import pytest

from compat_tests.ops.expressions import listed, same_complaint, same_text
from compat_tests.worlds import same_in_both


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        torch.clamp(w, 0, 1); torch.clamp(w, v, v)
        torch.clamp(w, min=v); torch.clamp(w, max=v); torch.clamp(w, 2, 1)
        torch.clamp(i, 1.5); torch.clamp(i, x); torch.clamp(u8, 0, 255)
        torch.clamp(b, 0, 1); torch.clamp(x, nan, 1)
        torch.clamp(x, 1, torch.tensor(2)); torch.clamp(x, torch.tensor([nan, 1.0]))
        torch.clamp_min(w, 1); torch.clamp_min(w, v); torch.clamp_max(w, 1)
        torch.clamp_max(w, v); torch.clamp_min(u8, -1); torch.clamp(b, b)
        torch.clip(w, 0, 1); torch.maximum(w, v); torch.fmax(w, v)
        torch.nan_to_num(w)
        torch.nan_to_num(torch.tensor([nan, inf, -inf]), posinf=1e300)
        torch.nan_to_num(i, 3)
        torch.nan_to_num(torch.tensor([nan, inf, -inf]).half(), 1, 2, 3)
        """
    ),
)
def test_text(expression):
    same_text(expression)


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        torch.clamp(x); torch.clamp(u8, -1, 300)
        torch.clamp(h, 1e6); torch.clamp(x, -1e300); torch.clamp_min(b, True)
        torch.clamp(b, b, b); torch.clamp(b, True, True); torch.maximum(x, 1)
        torch.maximum(x, three); torch.clamp(x, three)
        """
    ),
)
def test_errors(expression):
    same_complaint(expression)


@pytest.mark.parametrize("expression", ["torch.clamp(x, x, 2)", "torch.clamp(x, 'a')"])
def test_error_types(expression):
    same_complaint(expression, words=False)


@pytest.mark.parametrize("name", ["maximum", "minimum", "fmax", "fmin", "clamp_min"])
def test_gradients_of_ties_and_of_nan(name):
    def body(torch):
        nan = float("nan")
        x = torch.tensor([0.0, -0.0, 1.0, -1.0, nan, 2.0, nan], requires_grad=True)
        y = torch.tensor([1.0, -1.0, -1.0, nan, 1.0, 2.0, nan], requires_grad=True)
        getattr(torch, name)(x, y).sum().backward()
        return x, y

    same_in_both(body)


def test_gradients_where_bounds_cross():
    def body(torch):
        x = torch.tensor([1.0, 2, 3, float("nan"), 1, 5, 3, 2], requires_grad=True)
        low = torch.tensor([2.0, 2, 3, 1, 3, 3, 3, 3], requires_grad=True)
        high = torch.tensor([3.0, 4, 3, 2, 2, 2, 2, 2], requires_grad=True)
        torch.clamp(x, low, high).sum().backward()
        return x, low, high

    same_in_both(body)


@pytest.mark.parametrize("size", [5, 5000])
def test_clamp_of_few_and_of_many(size):
    def body(torch):
        x = torch.linspace(-3, 3, size, requires_grad=True)
        y = torch.clamp(x, -1, 1.5) + torch.relu(x) + x.clamp(min=0.25)
        y.sum().backward()
        return x, y

    same_in_both(body)
