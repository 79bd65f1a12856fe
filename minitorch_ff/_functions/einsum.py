"""Einstein's summation convention: `torch.einsum`."""

from __future__ import annotations

import functools
import math
import re
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._functions import arithmetic
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.matmul import bmm

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

NOTHING_GIVEN = (
    "einsum(): must specify the equation string and at least one operand, or at least one operand "
    "and its subscripts list"
)


def einsum(*args: Any) -> Tensor:
    r"""Multiply tensors and sum over dimensions, each of them named by a letter.

    Dimensions of the same letter meet; those that the output does not name are summed.
    `"ij,jk->ik"` is the product of two matrices, $c_{ik} = \sum_j a_{ij} b_{jk}$.

    Args:
        *args: The equation and the operands: letters of each operand's dimensions, split by
            commas; `...` for dimensions that are broadcast; after `->` those of the output,
            or else all that occur once, in alphabetical order. A letter that an operand has
            twice stands for its diagonal. Or instead of an equation, after each operand a list
            of numbers (or `...`) for its dimensions, and last, if wanted, the output's.

    Raises:
        RuntimeError: The equation makes no sense, or does not fit the operands.
        ValueError: There is no operand.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.einsum("ij,j->i", torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.ones(2))
        tensor([3., 7.])

    See: [torch.einsum](https://docs.pytorch.org/docs/stable/generated/torch.einsum.html).
    """
    equation, operands = arguments(args)
    ranks = tuple([operand.buffer.ndim for operand in operands])
    labels, output, summed = parsed(equation, ranks)
    check_sizes(labels, operands)
    order = [*output, *summed]
    places = [spread(x, own, order) for x, own in zip(operands, labels, strict=True)]
    kept, result = len(output), places[0]
    if len(places) == 1:
        dims = tuple(range(len(order)))
        return result.sum(dims[kept:]) if summed else result.permute(dims)
    for i, other in enumerate(places[1:], 1):
        later = {label for own in labels[i + 1 :] for label in own}
        ready = [dim for dim in range(kept, len(order)) if order[dim] not in later]
        result = contracted(result, other, ready)
    return result.reshape(result.shape[:kept]) if summed else result


def arguments(args: Any) -> tuple[str, Any]:
    """The equation and the operands, in whichever form they were given.

    Raises:
        ValueError, TypeError: They are incomplete, or of other types.
    """
    check(len(args) >= 2, NOTHING_GIVEN, ValueError)
    if isinstance(args[0], Tensor):
        output = f"->{letters(args[-1])}" if len(args) % 2 else ""
        return ",".join(map(letters, args[1::2])) + output, args[: len(args) // 2 * 2 : 2]
    equation, operands = args[0], args[1:]
    text = "einsum(): argument 'equation' (position 1) must be str, not"
    check(isinstance(equation, str), f"{text} {type(equation).__name__}", TypeError)
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = operands[0]
    check(operands, NOTHING_GIVEN, ValueError)
    for i, operand in enumerate(operands):
        text = f"expected Tensor as element {i} in argument 1, but got {type(operand).__name__}"
        check(isinstance(operand, Tensor), text, TypeError)
    return equation, operands


def letters(numbers: Any) -> str:
    """A list of numbers as the letters of an equation."""
    text = "einsum(): subscript in subscript list is not within the valid range [0, 52)"
    for n in numbers:
        check(n is ... or 0 <= n < 52, text, ValueError)
    return "".join(["..." if n is ... else LETTERS[n] for n in numbers])


@functools.lru_cache(maxsize=512)
def parsed(equation: str, ranks: tuple[int, ...]) -> Any:
    """The labels of each operand, those of the output, and those to sum over.

    A label is a letter; the dimensions of an ellipsis are -1, -2, … from the last one.

    Raises:
        RuntimeError: The equation makes no sense, or does not fit the ranks.
    """
    left, arrow, right = equation.partition("->")
    parts = left.split(",")
    text = "einsum(): fewer operands were provided than specified in the equation"
    start, given = 0, []
    for i, part in enumerate(parts):
        again, alone = "for which an ellipsis", "that is not part of any ellipsis"
        given.append(tokens(part, start, f"operand {i} {again}", f"operand {i} {alone}"))
        start += len(part) + 1
    check(len(given) <= len(ranks), text)
    check(len(given) == len(ranks), text.replace("fewer", "more"))
    labels = [
        expanded(own, rank, i) for i, (own, rank) in enumerate(zip(given, ranks, strict=True))
    ]
    seen = [label for own in labels for label in own]
    dots = sorted({label for label in seen if isinstance(label, int)})
    named = [label for label in seen if isinstance(label, str)]
    if arrow:
        output: list[Any] = []
        again, alone = "but an ellipsis (...)", "that is not part of any ellipsis (...)"
        for label in tokens(right, len(left) + 2, f"output {again}", f"output {alone}"):
            text = f"einsum(): output subscript {label} appears more than once in the output"
            check(label not in output, text)
            text = f"output subscript {label} does not appear in the equation for any input operand"
            check(label == "..." or label in named, f"einsum(): {text}")
            output.extend(dots if label == "..." else [label])
    else:
        output = dots + sorted([label for label in named if named.count(label) == 1])
    summed = sorted({label for label in seen if label not in output}, key=str)
    return labels, output, summed


def tokens(part: str, start: int, again: str, alone: str) -> list[str]:
    """The letters of one operand or of the output, and `...`.

    Raises:
        RuntimeError: Something else stands there.
    """
    found: list[str] = []
    for match in re.finditer(r"\.\.\.|[^ ]", part):
        token = match.group()
        if token[0] == ".":
            check("..." not in found, f"einsum(): found '.' for {again} was already found")
            check(token == "...", f"einsum(): found '.' for {alone}")
        elif token not in LETTERS:
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {start + match.start()} in the "
                "equation string, subscripts must be in [a-zA-Z]"
            )
        found.append(token)
    return found


def expanded(own: list[str], rank: int, i: int) -> list[Any]:
    """An operand's labels, one for each dimension.

    Raises:
        RuntimeError: There are more or fewer than dimensions.
    """
    named = len(own) - ("..." in own)
    text = f"einsum(): the number of subscripts in the equation ({named})"
    if "..." not in own:
        end = f"the number of dimensions ({rank}) for operand {i}"
        check(named == rank, f"{text} does not match {end} and no ellipsis was given")
        return own
    check(named <= rank, f"{text} is more than the number of dimensions ({rank}) for operand {i}")
    place = own.index("...")
    return [*own[:place], *range(named - rank, 0), *own[place + 1 :]]


def check_sizes(labels: Any, operands: Any) -> None:
    """Refuse dimensions of one label that do not meet.

    Raises:
        RuntimeError: Naming the label and the operand.
    """
    sizes: dict[Any, int] = {}
    for i, (own, operand) in enumerate(zip(labels, operands, strict=True)):
        mine: dict[Any, int] = {}
        for label, n in zip(own, operand.buffer.shape, strict=True):
            before = mine.setdefault(label, n)
            if n != before:
                raise RuntimeError(
                    f"einsum(): subscript {label} is repeated for operand {i} but the sizes don't "
                    f"match, {n} != {before}"
                )
        for label, n in mine.items():
            before = sizes.get(label, 1)
            if n != before and 1 not in (n, before):
                raise does_not_meet(label, i, n, before, own)
            sizes[label] = before if n == 1 else n


def does_not_meet(label: Any, operand: int, size: int, before: int, own: Any) -> RuntimeError:
    """The error for a size that does not go with that of earlier operands."""
    text = f"subscript {label} has size {size} for operand {operand} which does not broadcast with"
    if isinstance(label, str):
        return RuntimeError(f"einsum(): {text} previously seen size {before}")
    dim = label + sum([isinstance(x, int) for x in own])
    return RuntimeError(
        f"einsum(): dimension {dim} covered by ellipsis in operand {operand}has size {size} which "
        f"does not broadcast with previously seen ellipsis with size {before} for the respective "
        "dimension"
    )


def spread(operand: Tensor, own: Any, order: list[Any]) -> Tensor:
    """An operand with a dimension for each label in order, of size 1 if it has none."""
    own = list(own)
    for label in dict.fromkeys(own):
        while own.count(label) > 1:  # the diagonal, which comes last
            first = own.index(label)
            second = own.index(label, first + 1)
            operand = operand.diagonal(0, first, second)
            own = [*own[:first], *own[first + 1 : second], *own[second + 1 :], label]
    operand = in_order(operand, [own.index(label) for label in order if label in own])
    for place, label in enumerate(order):
        if label not in own:
            operand = operand.unsqueeze(place)
    return operand


def contracted(a: Tensor, b: Tensor, summed: list[int]) -> Tensor:
    """The product of two tensors of one rank, summed over dimensions that stay with size 1."""
    for dim in summed:  # what only one of them has is summed first
        if a.shape[dim] != 1 and b.shape[dim] == 1:
            a = a.sum(dim, keepdim=True)
        elif b.shape[dim] != 1 and a.shape[dim] == 1:
            b = b.sum(dim, keepdim=True)
    if all([a.shape[dim] == 1 for dim in summed]):
        return arithmetic.mul(a, b)
    free = [dim for dim in range(a.ndim) if dim not in summed]
    both = [dim for dim in free if 1 not in (a.shape[dim], b.shape[dim])]
    left = [dim for dim in free if dim not in both and b.shape[dim] == 1]
    right = [dim for dim in free if dim not in both and dim not in left]
    rows = grouped(a, [both, left, [*summed, *right]])
    columns = grouped(b, [both, summed, [*right, *left]])
    sizes = [a.shape[dim] for dim in (*both, *left)] + [b.shape[dim] for dim in right]
    product = bmm(rows, columns).reshape(sizes + [1] * len(summed))
    places = [*both, *left, *right, *summed]
    return in_order(product, sorted(range(len(places)), key=places.__getitem__))


def grouped(x: Tensor, groups: list[list[int]]) -> Tensor:
    """Each group of dimensions as one."""
    sizes = [math.prod([x.shape[dim] for dim in group]) for group in groups]
    return in_order(x, [dim for group in groups for dim in group]).reshape(sizes)


def in_order(x: Tensor, dims: list[int]) -> Tensor:
    """The dimensions permuted, if they are not in order already."""
    return x if dims == sorted(dims) else x.permute(dims)
