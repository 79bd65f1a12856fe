"""`torch.Size`: the same text, results and errors as PyTorch's."""

from __future__ import annotations

import copy
import operator
import pickle

import numpy
import pytest
import torch

from minitorch_ff._size import Size, size_of


class FromIndex:
    """Counts as the integer 5."""

    def __index__(self):
        return 5


class BadIndex:
    def __index__(self):
        raise ValueError("no number")


class Named(tuple):
    __slots__ = ()


NAMES = {
    "BadIndex": BadIndex,
    "FromIndex": FromIndex,
    "Named": Named,
    "copy": copy,
    "numpy": numpy,
    "operator": operator,
    "torch": torch,
}

# Each is computed for `Size` and for `torch.Size`, with `s` the shape [2, 3].
EXPRESSIONS = """
Size(); Size([]); Size((4,)); Size(range(3)); Size(i for i in (1, 2)); Size({1: 2})
Size([True]); Size([-1]); Size([numpy.int64(3)]); Size([FromIndex()]); Size("")
Size(numpy.array([1, 2])); Size(s); Size(torch.tensor([1, 2])); Size([torch.tensor(3)])
Size([1.5]); Size(["a"]); Size("ab"); Size([None]); Size([1, 2j]); Size([BadIndex()])
Size([torch.tensor(3.0)]); Size([torch.tensor([3, 4])]); Size([FromIndex])
Size(3); Size(1.5); Size(2, 3); Size([1], [2])
s; str(s); f"{s}"; "%s %s" % s; repr(Size([1])); len(s); bool(Size()); list(s); tuple(s)
type(s); type(tuple(s)); type(s[0]); isinstance(s, tuple); Size.__name__
s[0]; s[-1]; s[5]; s["a"]; s[None]; s[True]; s[1.0]; s[numpy.int64(1)]
s[FromIndex()]; s[:1]; s[::-1]; s[1:1]; s[-1:]
s + s; s + (1,); s + (); (1,) + s; () + s; s + Named((1,)); Named((1,)) + s
s + (True,); s + (FromIndex(),); (FromIndex(),) + s
s + ("a",); ("a",) + s; s + (1.5,); s + [1]; [1] + s; s + 1; s + "a"; s + None
s + numpy.array([1, 2]); numpy.array([1, 2]) + s; s.__radd__((1,)); s.__radd__({})
sum([s, s], ()); sum([(1,), s], Size()); operator.iadd(s, (1,)); operator.imul(s, 2)
s * 2; 2 * s; s * 0; s * -1; s * True; s * numpy.int64(2); s * numpy.array([1, 2])
s * 1.5; 1.5 * s; s * None
s == (2, 3); (2, 3) == s; s == [2, 3]; s != (2, 3); s < (3,); s == s[:]
hash(s) == hash((2, 3)); s in {(2, 3): 1}; (2, 3) in {s: 1}; 3 in s; max(s); sorted(s)
s.count(2); s.index(3); s.index(9); [*s, 1]; tuple(reversed(s))
s.numel(); Size([]).numel(); Size([0, 5]).numel(); Size([-2, 5]).numel()
Size([numpy.int64(3)]).numel(); copy.copy(s); copy.deepcopy(s)
"""
CASES = EXPRESSIONS.strip().replace("\n", "; ").split("; ")


def outcome(expression, size_class):
    """The type and the text of a value, or of the error."""
    names = {**NAMES, "Size": size_class, "s": size_class([2, 3])}
    try:
        value = eval(expression, names)
    except Exception as error:
        return type(error), str(error)
    return type(value).__name__, repr(value)


@pytest.mark.parametrize("expression", CASES)
def test_same_as_torch(expression):
    assert outcome(expression, Size) == outcome(expression, torch.Size)


def test_the_internal_maker_gives_the_same():
    sizes = [size_of((2, 3)), size_of(()), size_of((2, 3))]
    assert sizes == [Size([2, 3]), Size(), Size([2, 3])]
    assert all(type(size) is Size for size in sizes)


def test_the_internal_maker_forgets():
    for length in range(5000):
        assert size_of((length,)) == (length,)
    assert repr(size_of((7, 8))) == "torch.Size([7, 8])"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles(protocol):
    restored = pickle.loads(pickle.dumps(Size([2, 3]), protocol))
    assert type(restored) is Size
    assert restored == (2, 3)


def test_has_no_attributes():
    with pytest.raises(AttributeError):
        Size([1]).other = 1
