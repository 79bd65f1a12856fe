"""An MLP reads handwritten digits: 1797 pictures of 8 x 8 dots."""

import sys

import numpy
from ember.batches import batches
from ember.layers import Linear, ReLU, Sequential
from ember.losses import cross_entropy
from ember.optimizers import Adam
from ember.tensor import Tensor

data = numpy.load(sys.argv[1] if len(sys.argv) > 1 else "digits.npz")
pictures = data["images"].reshape(-1, 64) / 16.0
labels = data["labels"].astype(int)
rng = numpy.random.default_rng(0)
order = rng.permutation(len(pictures))
train, held_out = order[:1437], order[1437:]

model = Sequential(Linear(64, 64, rng), ReLU(), Linear(64, 10, rng))
optimizer = Adam(model.parameters(), lr=3e-3)

for epoch in range(15):
    for inputs, targets in batches(64, rng, pictures[train], labels[train]):
        loss = cross_entropy(model(Tensor(inputs)), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        guesses = model(Tensor(pictures[held_out])).buffer.argmax(axis=1)
        right = (guesses == labels[held_out]).mean()
        print(f"epoch {epoch}: {right:.1%} of new pictures right")
