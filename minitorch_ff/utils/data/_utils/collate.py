"""Samples put together into a batch."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any, TypeAlias

import numpy

from minitorch_ff._dtypes import float64
from minitorch_ff._functions.creation import as_tensor, tensor
from minitorch_ff._functions.joining import stack
from minitorch_ff._tensor import Tensor

CollateFunctions: TypeAlias = "dict[type | tuple[type, ...], Callable[..., Any]]"

# What NumPy calls bytes, text and objects: no numbers, so no tensors.
np_str_obj_array_pattern = re.compile(r"[SaUO]")

default_collate_err_msg_format = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
)


def _like(template: Any, items: Any) -> Any:
    """`items` in a collection of the template's class, if it lets itself be filled."""
    if isinstance(template, tuple):
        return type(template)(*items) if hasattr(template, "_fields") else items
    try:
        if not isinstance(template, MutableMapping | MutableSequence):
            return type(template)(items)
        filled = copy.copy(template)  # it may carry more than its items
        if isinstance(filled, MutableMapping):
            filled.update(items)
        else:
            for index, item in enumerate(items):
                filled[index] = item
        return filled
    except TypeError:
        return items


def default_convert(data: Any) -> Any:
    """Turn NumPy arrays, wherever they are in `data`, into tensors.

    It is what a `DataLoader` without batches does with a sample.

    Args:
        data: Anything. Lists, tuples and mappings are looked into.

    Returns:
        The same structure; a plain tuple becomes a list.

    Example:
        >>> import numpy
        >>> from minitorch_ff.utils.data import default_convert
        >>> default_convert({"x": numpy.ones(2), "y": 3})
        {'x': tensor([1., 1.], dtype=torch.float64), 'y': 3}

    See: [default_convert](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.default_convert).
    """
    kind = type(data)
    if isinstance(data, Tensor):
        return data
    if kind.__module__ == "numpy" and kind.__name__ not in ("str_", "string_"):
        is_array = kind.__name__ == "ndarray"
        if is_array and np_str_obj_array_pattern.search(data.dtype.str):
            return data
        return as_tensor(data)
    if isinstance(data, Mapping):
        return _like(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, str | bytes) or not isinstance(data, Sequence):
        return data
    return _like(data, [default_convert(item) for item in data])


def collate(batch: Any, *, collate_fn_map: CollateFunctions | None = None) -> Any:
    """Put samples together, each kind of value with the function given for it.

    Args:
        batch: A sequence of samples of the same structure.
        collate_fn_map: From a class, or a tuple of classes, to a function of a batch of
            such values, which also takes this mapping as `collate_fn_map`. Mappings and
            sequences without a function are looked into.

    Returns:
        The structure of one sample, with a collated batch in each place; a plain tuple
        becomes a list.

    Raises:
        RuntimeError: Samples that are sequences differ in length.
        TypeError: There is no function for a value.

    See: [collate](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data._utils.collate.collate).
    """
    elem = batch[0]
    known = collate_fn_map or {}
    of_base = (function for kind, function in known.items() if isinstance(elem, kind))
    function = known.get(type(elem)) or next(of_base, None)
    if function is not None:
        return function(batch, collate_fn_map=collate_fn_map)
    together = functools.partial(collate, collate_fn_map=collate_fn_map)
    if isinstance(elem, Mapping):
        columns = {key: [sample[key] for sample in batch] for key in elem}
        return _like(elem, {key: together(column) for key, column in columns.items()})
    if not isinstance(elem, Sequence):
        raise TypeError(default_collate_err_msg_format.format(type(elem)))
    is_namedtuple = isinstance(elem, tuple) and hasattr(elem, "_fields")
    if not is_namedtuple and any(len(sample) != len(elem) for sample in batch):
        raise RuntimeError("each element in list of batch should be of equal size")
    return _like(elem, list(map(together, zip(*batch, strict=False))))


def collate_tensor_fn(batch: Any, *, collate_fn_map: CollateFunctions | None = None) -> Tensor:
    """Stack tensors of one shape."""
    return stack(batch, 0)


def collate_numpy_array_fn(batch: Any, *, collate_fn_map: CollateFunctions | None = None) -> Any:
    """Turn arrays of numbers into tensors and collate those."""
    dtype = batch[0].dtype
    if np_str_obj_array_pattern.search(dtype.str):
        raise TypeError(default_collate_err_msg_format.format(dtype))
    return collate([as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(
    batch: Any, *, collate_fn_map: CollateFunctions | None = None
) -> Tensor:
    """Put NumPy's numbers into a tensor of their dtype."""
    return as_tensor(batch)


def collate_float_fn(batch: Any, *, collate_fn_map: CollateFunctions | None = None) -> Tensor:
    """Put floats into a tensor of float64, which is what a Python float is."""
    return tensor(batch, dtype=float64)


def collate_int_fn(batch: Any, *, collate_fn_map: CollateFunctions | None = None) -> Tensor:
    """Put ints or bools into a tensor."""
    return tensor(batch)


def collate_str_fn(batch: Any, *, collate_fn_map: CollateFunctions | None = None) -> Any:
    """Leave text as it is."""
    return batch


default_collate_fn_map: CollateFunctions = {
    Tensor: collate_tensor_fn,
    numpy.ndarray: collate_numpy_array_fn,
    (numpy.bool_, numpy.number, numpy.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}
"""What `default_collate` does with each kind of value; a script may change it."""


def default_collate(batch: Any) -> Any:
    """Put samples together: tensors are stacked, numbers become tensors.

    Args:
        batch: A sequence of samples of the same structure: tensors, NumPy arrays and
            numbers, ints, floats, text, and lists, tuples and mappings of these.

    Returns:
        The structure of one sample, with one more dimension at the front of each
        tensor; a plain tuple becomes a list.

    Raises:
        TypeError: A sample holds something else.
        RuntimeError: Samples differ in shape or in length.

    Example:
        >>> from minitorch_ff.utils.data import default_collate
        >>> default_collate([(1, "a"), (2, "b")])
        [tensor([1, 2]), ('a', 'b')]

    See: [default_collate](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.default_collate).
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def stacks_tensors() -> bool:
    """Whether `default_collate` still treats tensors as it does from the start."""
    return default_collate_fn_map.get(Tensor) is collate_tensor_fn
