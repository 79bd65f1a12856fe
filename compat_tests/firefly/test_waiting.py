"""A training step on a device makes the host wait for nothing, unless the script asks.

Counted on the stand-in for CuPy: everything that reads a value, and what in CuPy waits by itself.
The kernels are the real ones, compiled for the CPU.
"""

import pytest

import minitorch_ff as ff
from compat_tests import strict_backend
from minitorch_ff import nn

OPTIMIZERS = {
    "SGD": lambda p: ff.optim.SGD(p, lr=0.1),
    "SGD with momentum": lambda p: ff.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda p: ff.optim.Adam(p, lr=0.01, weight_decay=0.1),
    "fused Adam": lambda p: ff.optim.Adam(p, lr=0.01, fused=True),
    "AdamW": lambda p: ff.optim.AdamW(p, lr=0.01, amsgrad=True),
    "RMSprop": lambda p: ff.optim.RMSprop(p, lr=0.01, centered=True),
    "NAdam": lambda p: ff.optim.NAdam(p, lr=0.01),
    "Rprop": lambda p: ff.optim.Rprop(p, lr=0.01),
}


@pytest.fixture(autouse=True)
def _kernels():
    with strict_backend.kernels():
        yield


def waits_of(model, x, loss_of, make=OPTIMIZERS["SGD"]):
    """What the second and third step waited for, and the losses of the first and the last."""
    model = model.to("strict")
    optimizer = make(model.parameters())
    scheduler = ff.optim.lr_scheduler.StepLR(optimizer, 1, 0.9)
    losses = []
    for step in range(3):
        with strict_backend.waits() as reads:
            optimizer.zero_grad()
            loss = loss_of(model(x))
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            waited = list(reads) if step else []  # at first, state is made and counted
        losses.append(loss)
    return waited, losses[0].item(), losses[-1].item()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_classifier_trains_without_waiting(name):
    model = nn.Sequential(
        nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3)
    )
    x, y = ff.randn(32, 6).to("strict"), (ff.arange(32) % 3).to("strict")
    waited, first, last = waits_of(
        model, x, lambda out: nn.functional.cross_entropy(out, y), OPTIMIZERS[name]
    )
    assert waited == []
    assert last != first


def test_targets_that_are_ignored_do_not_make_it_wait():
    x, y = ff.randn(8, 3).to("strict"), ff.tensor([0, -100, 2, 1, -100, 0, 1, 2]).to("strict")
    waited, first, _ = waits_of(nn.Linear(3, 3), x, lambda out: nn.functional.cross_entropy(out, y))
    assert waited == []
    ff.manual_seed(0)
    assert first > 0


def test_words_train_without_waiting():
    class Words(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(10, 8)
            self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0)
            self.out = nn.Linear(8, 10)

        def forward(self, x):
            mask = nn.Transformer.generate_square_subsequent_mask(5).to("strict")
            return self.out(self.layer(self.table(x), src_mask=mask, is_causal=True))

    x = (ff.arange(20) % 10).reshape(4, 5).to("strict")
    waited, first, last = waits_of(
        Words(), x, lambda out: nn.functional.cross_entropy(out.reshape(-1, 10), x.reshape(-1))
    )
    assert waited == []
    assert last < first


def test_pictures_train_without_waiting():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 2)
    )
    x, y = ff.randn(6, 1, 8, 8).to("strict"), ff.randn(6, 2).to("strict")
    waited, first, last = waits_of(model, x, lambda out: nn.functional.mse_loss(out, y))
    assert waited == []
    assert last < first
