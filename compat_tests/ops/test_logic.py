"""Bits: shifts that leave the type, numbers on either side, what has no bits."""

import pytest

from compat_tests.ops.expressions import listed, same_complaint, same_text


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        ~b; ~i; ~u8; b & 1; b & i; 1 & i; b | True; 1 | b; b ^ b
        1 ^ i; u8 & i; i << 1; 1 << u8; i << torch.tensor([-1, 70]); i >> 70
        i >> -1; i32 << 40; b << 1; b >> 1; i.__rlshift__(2); i.__rrshift__(1)
        torch.bitwise_and(1, i); torch.bitwise_left_shift(i, 1)
        torch.logical_and(w, v); torch.logical_xor(i, x); torch.logical_not(i)
        x.clone().logical_and_(d); i.clone().__ilshift__(2); i.clone().__iand__(1)
        """
    ),
)
def test_text(expression):
    same_text(expression)


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        ~x; i & 1.0; i & x; x & 'a'; x << 1; i << 1.0; i << x
        b << b; torch.bitwise_not(x); torch.logical_or(x, 1)
        torch.logical_and(x, three); x.clone().bitwise_and_(1)
        """
    ),
)
def test_errors(expression):
    same_complaint(expression)
