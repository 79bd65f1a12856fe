"""Losses of label sequences, and distances within a set: corners the databases leave out."""

import random

import pytest
import torch

import minitorch_ff as ff
from compat_tests.worlds import same_in_both


@pytest.mark.parametrize("seed", range(30))
def test_targets_of_all_lengths(seed):
    draw = random.Random(seed)
    steps, batch, labels = draw.randint(1, 12), draw.randint(1, 4), draw.randint(2, 6)
    blank, longest = draw.randrange(labels), draw.randint(0, 5)
    counts = [draw.randint(0, longest) for _ in range(batch)]
    spans = [draw.randint(draw.random() > 0.2, steps) for _ in range(batch)]
    width = longest or 1
    rows = [[draw.choice([c for c in range(labels) if c != blank]) for _ in range(width)]] * batch
    if draw.random() < 0.5:  # one behind the other
        rows = [row[i] for row, count in zip(rows, counts, strict=True) for i in range(count)]
    how = blank, draw.choice(["mean", "sum", "none"]), draw.random() < 0.5

    def body(torch):
        scores = torch.randn(steps, batch, labels).log_softmax(2).requires_grad_()
        targets = torch.tensor(rows, dtype=torch.long)
        lengths = torch.tensor(spans), torch.tensor(counts)
        loss = torch.nn.functional.ctc_loss(scores, targets, *lengths, *how)
        loss.sum().backward()
        return loss, loss.grad_fn.name(), scores, torch.nn.CTCLoss(*how)(scores, targets, *lengths)

    same_in_both(body, tolerance=(1e-4, 1e-5))


def test_a_single_sequence_and_lengths_that_are_lists():
    def body(torch):
        scores = torch.randn(6, 2, 4).log_softmax(2)
        loss, targets = torch.nn.functional.ctc_loss, torch.tensor([[1, 2, 2], [3, 1, 0]])
        one = scores[:, 0], targets[0], torch.tensor(6), torch.tensor(3)
        return loss(*one), loss(*one, reduction="none"), loss(scores, targets, [6, 5], [3, 2])

    same_in_both(body)


def test_no_gradient_of_the_gradient():
    def body(torch):
        scores = torch.randn(6, 1, 4).log_softmax(2).requires_grad_()
        where = torch.tensor([[1, 2]]), torch.tensor([6]), torch.tensor([2])
        loss = torch.nn.functional.ctc_loss(scores, *where)
        (grad,) = torch.autograd.grad(loss, scores, create_graph=True)
        with pytest.raises(RuntimeError) as raised:
            grad.sum().backward()
        return grad.detach(), str(raised.value)

    same_in_both(body, tolerance=(1e-4, 1e-5))


def test_sizes_that_do_not_fit():
    def body(torch):
        scores, said = torch.randn(6, 2, 4).log_softmax(2), []
        targets, spans, counts = torch.ones(2, 3).long(), torch.tensor([6, 5]), torch.tensor([3, 2])
        for scores_, *rest in (
            (scores, targets, spans, counts, 4),
            (scores, targets, spans + 1, counts),
            (scores, targets, spans[:1], counts),
            (scores, targets, spans, counts[:1]),
            (scores.half(), targets, spans, counts),
            (scores, targets, spans, counts, 0, "average"),
        ):
            with pytest.raises((RuntimeError, ValueError)) as raised:
                torch.nn.functional.ctc_loss(scores_, *rest)
            said.append(f"{raised.type.__name__}: {raised.value}")
        return said

    same_in_both(body)


@pytest.mark.parametrize("p", [0, 1, 1.5, 2, 3, float("inf")])
@pytest.mark.parametrize("shape", [(4, 3), (1, 3), (0, 3), (4, 0)])
def test_distances_of_rows(shape, p):
    def body(torch):
        x = torch.randn(shape)
        x[1:2] = x[2:3]  # two rows without a distance
        x.requires_grad_()
        y = torch.pdist(x, p)
        if y.numel() and x.numel():  # otherwise PyTorch's backward divides by zero, and dies
            y.square().sum().backward()
        return y.detach(), x

    same_in_both(body)


def test_distances_of_what_is_no_matrix():
    for world in (torch, ff):
        with pytest.raises(RuntimeError, match="pdist only supports 2D tensors, got: 1D"):
            world.pdist(world.ones(3))
        with pytest.raises(RuntimeError, match="pdist only supports non-negative p values"):
            world.pdist(world.ones(3, 3), -1)
