"""An MLP learns a linear function through noise."""

import numpy
from ember.batches import batches
from ember.layers import Linear, ReLU, Sequential
from ember.losses import mse_loss
from ember.optimizers import SGD
from ember.tensor import Tensor

rng = numpy.random.default_rng(0)
x = rng.normal(size=(1024, 10))
y = x @ rng.normal(size=(10, 1)) + 0.1 * rng.normal(size=(1024, 1))

model = Sequential(Linear(10, 32, rng), ReLU(), Linear(32, 1, rng))
optimizer = SGD(model.parameters(), lr=0.05)

for epoch in range(15):
    total = 0.0
    for inputs, targets in batches(64, rng, x, y):
        loss = mse_loss(model(Tensor(inputs)), Tensor(targets))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(inputs)
    if epoch % 2 == 0:
        print(f"epoch {epoch}: loss {total / len(x):.4f}")
