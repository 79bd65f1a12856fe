"""Arithmetic beyond the databases: Python numbers, booleans, zeros, nodes, memory."""

import pytest

from compat_tests.ops.expressions import listed, same_complaint, same_text
from compat_tests.worlds import same_in_both


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        u8 + 300; u8 - 300; u8 + (-1); u8 * 256; i8 + 200
        i8 - 200; i + 2**63; u8 == 300; u8 < 300; i8 < 1000; x * 1e300; h * 1e6
        x + inf; b + 5; b * 300; b + True; 1 / i; 5 - i; 1 // i; 7 % i; 7.5 // x
        -7 % i; 2**i; 2.0**i; i**2.0; (-2) ** i.abs(); b**2; b**True
        i ** torch.tensor([-1, -1]); torch.tensor([1, -1]) ** i; x * 1j; i / 0
        x // 0; x % 0; x % -inf; torch.tensor([-4.0, 0.0]) % 2
        torch.tensor([0.0, 4.0]) % -2; -u8; +x is x; torch.add(x, x, alpha=2)
        torch.add(x, 2, alpha=2); torch.add(b, b, alpha=2)
        torch.add(x, i, alpha=2.5); torch.add(h, x, alpha=2); torch.add(x, s.double(), alpha=2)
        torch.sub(x, d, alpha=2); torch.sub(x, x, alpha=inf); x.clone().add_(d, alpha=2)
        torch.add(i, x, alpha=2.5); torch.sub(i, 2, alpha=3)
        torch.rsub(x, x, alpha=3); torch.add(2, x, alpha=3); torch.mul(2, x)
        torch.addcmul(i, i, i, value=2.5); torch.addcmul(x, d, x)
        torch.addcmul(i, b, b, value=True); torch.addcdiv(d, x, i)
        torch.lerp(x, x, True); torch.lerp(x, x + 1, s.double()); torch.gcd(i, i32)
        x.clone().floor_divide_(2); x.clone().__imod__(2); x.clone().__ipow__(2)
        torch.positive(x) is x; x.__rdiv__(2); x.__rmod__(x); x.__rsub__(x)
        """
    ),
)
def test_numbers_and_dtypes(expression):
    same_text(expression)


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        w + 1; w - 1; 1 - w; w - v; w * 2; w / 2; 1 / w; w // 2
        w % 2; w % v; 2 % w; w ** 2; w ** v; 2 ** v; torch.rsub(w, v)
        torch.fmod(w, 2); torch.fmod(w, v); -w; w.square()
        torch.div(w, v, rounding_mode='floor')
        torch.div(w, 2, rounding_mode='trunc'); torch.lerp(w, v, 0.5)
        torch.lerp(w, v, v); torch.addcmul(w, v, v); w.float_power(v)
        torch.addcdiv(w, v, v, value=2); torch.float_power(w, 2)
        """
    ),
)
def test_node_names(expression):
    same_text(expression)


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        b - b; b - 1; b - True; i - True; x - b; True - x; 5 - b
        b.clone().sub_(b); torch.sub(b, b, alpha=2); -b; +b; i // 0; i % 0
        i // torch.tensor([0, 1]); b // b; b % b; torch.fmod(i, 0)
        torch.div(i, 0, rounding_mode='trunc')
        torch.div(b, b, rounding_mode='floor'); torch.div(x, 2, rounding_mode='x')
        i ** -1; b ** b; torch.pow(u8, 300); i + 2**70; x + 2**70; x + 'a'; x ** 'a'
        'a' ** x; x // 'a'; x % None; x + three; torch.mul(x, three); x * [1, 2]
        torch.add(i, i, alpha=2.0); torch.add(i, 2, alpha=2.5)
        torch.add(x, x, alpha=2**70); torch.add(x, three, alpha=2)
        torch.sub(x, x, alpha=True); torch.add(x, 'a'); torch.add(x, None)
        torch.mul('a', x); torch.abs(b); torch.exp(2); torch.lerp(i, i, 0.5)
        torch.lerp(x, d, 0.5); torch.lerp(x, x, d); torch.lerp(x, x, 1e300)
        torch.lerp(x, three, 0.5); torch.addcdiv(i, i, i); torch.addcdiv(x, i, i)
        torch.addcmul(x, x, 2); torch.addcmul(x, x, three); torch.addcmul(b, b, b)
        torch.addcmul(i, i, i, value=1e30); torch.gcd(x, x); torch.gcd(b, b)
        torch.hypot(i, i); i.clone().add_(1.5); i.clone().div_(2); b.clone().add_(1)
        x.clone().add_(torch.ones(3, 2)); i.clone().exp_(); w.add_(1)
        x.clone().float_power_(2); torch.floor_divide(w, v).sum().backward()
        (2 % w).sum().backward()
        """
    ),
)
def test_errors(expression):
    same_complaint(expression)


def test_both_operands_are_one_tensor():
    def body(torch):
        x = torch.tensor([2.0, 3.0], requires_grad=True)
        (x * x - x.detach() * x + x / x + torch.maximum(x, x)).sum().backward()
        return x

    same_in_both(body)


def test_in_place_through_a_view():
    def body(torch):
        x = torch.arange(6.0, requires_grad=True)
        y = x.sin()
        y.view(2, 3)[1].mul_(2).clamp_(max=0.5)
        y[::2].lerp_(torch.ones(3), 0.25)
        y.pow(2).sum().backward()
        return x, y

    same_in_both(body)


def test_an_operand_changed_after_use_is_refused():
    def body(torch):
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        factor = torch.tensor([3.0, 4.0])
        y = x * factor
        factor.add_(1)
        try:
            y.sum().backward()
        except RuntimeError as error:
            return str(error)

    same_in_both(body)


def test_gradients_return_in_their_own_dtype():
    def body(torch):
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
        z = torch.tensor(2.0, dtype=torch.float16, requires_grad=True)
        (x * y + z * x - y / z).sum().backward()
        return x, y, z

    same_in_both(body, (1e-3, 1e-3))
