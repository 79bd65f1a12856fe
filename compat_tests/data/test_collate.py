"""Collating: the structure, dtypes and values that PyTorch makes of samples."""

from __future__ import annotations

import collections

import numpy as np
import pytest

from compat_tests.worlds import same_error, same_in_both

Point = collections.namedtuple("Point", ["x", "y"])


class Bag(dict):
    """A mapping with more than its items."""

    def __init__(self, *args, color=None):
        super().__init__(*args)
        self.color = color


class Frozen(collections.abc.Mapping):
    """A mapping that is made once."""

    def __init__(self, items):
        self.items_ = dict(items)

    def __getitem__(self, key):
        return self.items_[key]

    def __iter__(self):
        return iter(self.items_)

    def __len__(self):
        return len(self.items_)


class Stubborn(Frozen):
    """A mapping that cannot be made from items."""

    def __init__(self):
        super().__init__({"a": 1})


BATCHES = {
    "ints": [1, 2, 3],
    "bools": [True, False],
    "floats": [1.5, 2.0],
    "ints and floats": [1, 2.5],
    "floats and ints": [1.5, 2],
    "big ints": [2**40, -1],
    "text": ["a", "b"],
    "bytes": [b"a", b"b"],
    "tuples": [(1, 2.0), (3, 4.0)],
    "lists": [[1, 2.0], [3, 4.0]],
    "tuple of samples": ((1, 2), (3, 4)),
    "dicts": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}],
    "dict keys": [{"a": 1}, {"a": 2, "c": 3}],
    "ordered": [collections.OrderedDict(a=1), collections.OrderedDict(a=2)],
    "counters": [collections.Counter(a=1), collections.Counter(a=2)],
    "bags": [Bag({"a": 1}, color="red"), Bag({"a": 2})],
    "frozen": [Frozen({"a": 1}), Frozen({"a": 2})],
    "stubborn": [Stubborn(), Stubborn()],
    "points": [Point(1, 2.0), Point(3, 4.0)],
    "nested": [{"p": Point([1, 2], (3.0,)), "t": "u"}] * 2,
    "ranges": [range(3), range(3, 6)],
    "deques": [collections.deque([1, 2]), collections.deque([3, 4])],
    "empty tuples": [(), ()],
    "array float32": [np.ones(2, np.float32), np.zeros(2, np.float32)],
    "array int16": [np.ones((2, 3), np.int16)] * 3,
    "array bool": [np.array([True]), np.array([False])],
    "array 0d": [np.array(1.5), np.array(2.5)],
    "array strided": [np.arange(12.0).reshape(3, 4).T[1:], np.ones((3, 3))],
    "scalars float32": [np.float32(1), np.float32(2)],
    "scalars float64": [np.float64(1), np.float64(2)],
    "scalars int8": [np.int8(1), np.int8(2)],
    "scalars bool": [np.bool_(True), np.bool_(False)],
    "scalars text": [np.str_("a"), np.str_("b")],
    "sample": [
        (np.zeros((1, 2, 2), np.float32), 3),
        (np.ones((1, 2, 2), np.float32), 4),
    ],
}


def structure(value):
    """The classes in a result, which the comparison of values does not see."""
    name = type(value).__name__
    if isinstance(value, collections.abc.Mapping):
        extra = getattr(value, "color", None)
        return name, extra, [(key, structure(value[key])) for key in value]
    if isinstance(value, list | tuple | collections.deque):
        return name, [structure(item) for item in value]
    return name


def comparable(value):
    """What the comparison of values knows: dicts, lists, tuples, text, numbers."""
    if isinstance(value, collections.abc.Mapping):
        return {key: comparable(value[key]) for key in value}
    if isinstance(value, Point):
        return Point(*map(comparable, value))
    if isinstance(value, tuple):
        return tuple(map(comparable, value))
    if isinstance(value, list | range | collections.deque):
        return [comparable(item) for item in value]
    if isinstance(value, bytes | np.str_):
        return str(value)
    return value


@pytest.mark.parametrize("name", BATCHES)
def test_default_collate(name):
    def body(torch):
        result = torch.utils.data.default_collate(BATCHES[name])
        return structure(result), comparable(result)

    same_in_both(body)


@pytest.mark.parametrize("name", BATCHES)
def test_default_convert(name):
    def body(torch):
        result = torch.utils.data.default_convert(BATCHES[name])
        return structure(result), comparable(result)

    same_in_both(body)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool", "bfloat16"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,)])
def test_tensors(dtype, shape):
    def body(torch):
        kind = getattr(torch, dtype)
        samples = [torch.ones(shape).to(kind), torch.zeros(shape).to(kind)]
        return torch.utils.data.default_collate(samples)

    same_in_both(body)


def test_tensors_in_structures():
    def body(torch):
        samples = [{"x": torch.full((2,), float(i)), "y": (i, [torch.tensor(i)])} for i in range(3)]
        return torch.utils.data.default_collate(samples)

    same_in_both(body)


def test_gradients_flow_through():
    def body(torch):
        rows = [torch.ones(2, requires_grad=True) for _ in range(3)]
        batch = torch.utils.data.default_collate(rows)
        batch.sum().backward()
        return batch.grad_fn.name(), rows

    same_in_both(body)


def test_the_result_has_memory_of_its_own():
    def body(torch):
        array, row = np.zeros(2), torch.zeros(2)
        batch = torch.utils.data.default_collate([(array, row)])
        array[0], row[0] = 1, 1
        converted = torch.utils.data.default_convert([array])
        array[1] = 2
        return batch, converted

    same_in_both(body)


def test_functions_of_ones_own():
    def body(torch):
        collate = torch.utils.data._utils.collate.collate

        def largest(batch, *, collate_fn_map):
            return max(batch)

        numbers = {(int, float): largest}
        return (
            collate([{"a": 1}, {"a": 3}], collate_fn_map=numbers),
            collate([(True, 2.0), (True, 5.0)], collate_fn_map=numbers),
        )

    same_in_both(body)


def test_the_map_can_be_extended():
    class Word(str):
        __slots__ = ()

    def body(torch):
        functions = torch.utils.data._utils.collate.default_collate_fn_map
        functions[Word] = lambda batch, *, collate_fn_map: len(batch)
        try:
            return torch.utils.data.default_collate([Word("a"), Word("b")])
        finally:
            del functions[Word]

    same_in_both(body)


def test_a_changed_map_is_obeyed_by_the_loader():
    def body(torch):
        functions = torch.utils.data._utils.collate.default_collate_fn_map
        before = functions[torch.Tensor]
        functions[torch.Tensor] = lambda batch, *, collate_fn_map: len(batch)
        try:
            dataset = torch.utils.data.TensorDataset(torch.arange(5))
            return list(torch.utils.data.DataLoader(dataset, batch_size=2))
        finally:
            functions[torch.Tensor] = before

    same_in_both(body)


WRONG = {
    "object": lambda torch: [object()],
    "none": lambda torch: [None, None],
    "complex": lambda torch: [1j],
    "set": lambda torch: [{1}],
    "text array": lambda torch: [np.array(["a"])],
    "object array": lambda torch: [np.array([None])],
    "lengths": lambda torch: [(1, 2), (1,)],
    "keys": lambda torch: [{"a": 1}, {"b": 1}],
    "empty": lambda torch: [],
    "shapes": lambda torch: [torch.zeros(2), torch.zeros(3)],
    "nested": lambda torch: [{"a": [object()]}],
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    same_error(lambda torch: torch.utils.data.default_collate(WRONG[name](torch)))
