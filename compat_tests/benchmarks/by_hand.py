"""The limit: the same workloads in NumPy without autograd.

Everything is allocated once, fused by hand and written in place: what a framework on
NumPy could at best reach, not what anybody would want to maintain.
"""

import math

import numpy as np

from compat_tests.benchmarks.workloads import (
    BATCH,
    COLUMNS,
    MLPS,
    RAW_POINTS,
    RAW_RATE,
    ROWS,
    Mlp,
    data_for,
)

f4 = np.float32
add, sub, mul, dot, total = np.add, np.subtract, np.multiply, np.dot, np.add.reduce
ZERO, ONE = f4(0), f4(1)
BLOCK = 1 << 15  # elements that stay in the second cache
BETA1, BETA2, ADAM_EPS = 0.9, 0.999, 1e-8
NORM_MOMENTUM, NORM_EPS = f4(0.1), f4(1e-5)


def build(name: str):
    """The workload's `step`."""
    if name == "raw_loop":
        return raw_loop()
    if name == "dataloader":
        return dataloader()
    return Network(MLPS[name]).step


def raw_loop():
    x = np.linspace(-math.pi, math.pi, RAW_POINTS, dtype="f4")
    y = np.sin(x)
    powers = np.stack([np.ones_like(x), x, x * x, x * x * x])  # loss = |w powers - y|²
    weights = np.random.default_rng(0).standard_normal(4).astype("f4")
    residual, grad = np.empty_like(x), np.empty_like(weights)
    rate = f4(2 * RAW_RATE)

    def step():
        dot(weights, powers, residual)
        sub(residual, y, residual)
        loss = residual.dot(residual)
        dot(powers, residual, grad)
        mul(grad, rate, grad)
        sub(weights, grad, weights)
        return loss

    return step


def dataloader():
    rng = np.random.default_rng(0)
    rows, labels = rng.random((ROWS, COLUMNS), dtype="f4"), rng.integers(0, 10, ROWS)
    order, at = rng.permutation(ROWS), 0

    def step():
        nonlocal order, at
        if at >= ROWS:
            order, at = rng.permutation(ROWS), 0
        chosen = order[at : at + BATCH]
        at += BATCH
        rows.take(chosen, 0)
        labels.take(chosen)

    return step


class Layer:
    """A linear layer with what follows it, and every buffer they need."""

    def __init__(self, weight, bias, weight_grad, bias_grad, batch: int) -> None:
        self.weight, self.bias = weight, bias
        self.weight_grad, self.bias_grad = weight_grad, bias_grad
        self.weight_t = weight.T
        shape = (batch, len(bias))
        self.output, self.grad = np.empty(shape, "f4"), np.empty(shape, "f4")
        self.mask, self.bits = np.empty(shape, bool), np.empty(shape, "u2")
        self.norm: BatchNorm | None = None


class BatchNorm:
    """Batch normalisation of a layer's output, in place."""

    def __init__(self, scale, shift, scale_grad, shift_grad, batch: int) -> None:
        self.scale, self.shift = scale, shift
        self.scale_grad, self.shift_grad = scale_grad, shift_grad
        width = len(scale)
        self.normalized = np.empty((batch, width), "f4")
        self.inverse_std = np.empty(width, "f4")
        self.mean, self.variance = np.zeros(width, "f4"), np.ones(width, "f4")
        self.per_row, self.unbias = f4(1 / batch), f4(batch / (batch - 1))

    def forward(self, z, scratch) -> None:
        mean = total(z, 0)
        mean *= self.per_row
        sub(z, mean, self.normalized)
        mul(self.normalized, self.normalized, scratch)
        variance = total(scratch, 0)
        variance *= self.per_row
        self.mean += NORM_MOMENTUM * (mean - self.mean)
        self.variance += NORM_MOMENTUM * (variance * self.unbias - self.variance)
        np.divide(ONE, np.sqrt(variance + NORM_EPS), self.inverse_std)
        mul(self.normalized, self.inverse_std, self.normalized)
        mul(self.normalized, self.scale, z)
        add(z, self.shift, z)

    def backward(self, grad, scratch) -> None:
        total(grad, 0, out=self.shift_grad)
        mul(grad, self.normalized, scratch)
        total(scratch, 0, out=self.scale_grad)
        mul(self.normalized, self.scale_grad * self.per_row, scratch)
        sub(grad, scratch, grad)
        sub(grad, self.shift_grad * self.per_row, grad)
        mul(grad, self.scale * self.inverse_std, grad)


class Network:
    """An MLP whose parameters, and whose gradients, are one flat array each."""

    def __init__(self, mlp: Mlp) -> None:
        self.mlp = mlp
        self.rng = np.random.default_rng(0)
        self.x, self.y = data_for(mlp)
        self._lay_out()
        self.rows, self.per_row = np.arange(mlp.batch), f4(1 / mlp.batch)
        if mlp.loss == "ce":
            self.hot = np.zeros((mlp.batch, mlp.sizes[-1]), "f4")
            self.hot[self.rows, self.y] = self.per_row
        self.mse_scale = f4(2 / (mlp.batch * mlp.sizes[-1]))
        self.keep_below = int((1 - mlp.dropout) * 65536)
        self.keep_scale = f4(1 / (1 - mlp.dropout))
        self.steps = 0

    def _lay_out(self) -> None:
        """Make the layers as views of the flat parameters and gradients."""
        mlp, last = self.mlp, len(self.mlp.sizes) - 2
        pairs = list(zip(mlp.sizes, mlp.sizes[1:], strict=False))
        count = sum(m * n + n for m, n in pairs)
        if mlp.batchnorm:
            count += sum(2 * n for n in mlp.sizes[1:-1])
        flat, flat_grad = np.empty(count, "f4"), np.empty(count, "f4")
        at = 0

        def take(*shape):
            nonlocal at
            span = slice(at, at + math.prod(shape))
            at = span.stop
            return flat[span].reshape(shape), flat_grad[span].reshape(shape)

        self.layers: list[Layer] = []
        for i, (m, n) in enumerate(pairs):
            (weight, weight_grad), (bias, bias_grad) = take(n, m), take(n)
            bound = m**-0.5
            weight[:] = self.rng.uniform(-bound, bound, weight.shape)
            bias[:] = self.rng.uniform(-bound, bound, n)
            layer = Layer(weight, bias, weight_grad, bias_grad, mlp.batch)
            if mlp.batchnorm and i < last:
                (scale, scale_grad), (shift, shift_grad) = take(n), take(n)
                scale[:], shift[:] = 1, 0
                layer.norm = BatchNorm(scale, shift, scale_grad, shift_grad, mlp.batch)
            self.layers.append(layer)
        first, second = np.zeros(count, "f4"), np.zeros(count, "f4")
        scratch = np.empty(min(count, BLOCK), "f4")
        self.blocks = [
            (
                flat[i : i + BLOCK],
                flat_grad[i : i + BLOCK],
                first[i : i + BLOCK],
                second[i : i + BLOCK],
                scratch[: min(BLOCK, count - i)],
            )
            for i in range(0, count, BLOCK)
        ]

    def step(self):
        self.inputs: list = []
        h = self.x
        for layer in self.layers:
            self.inputs.append(h)
            h = self.forward(layer, h)
        loss, grad = self.loss(self.layers[-1])
        for i in range(len(self.layers) - 1, -1, -1):
            layer = self.layers[i]
            if layer is not self.layers[-1]:
                self.activation_backward(layer, grad)
            dot(grad.T, self.inputs[i], layer.weight_grad)
            total(grad, 0, out=layer.bias_grad)
            if i:
                grad = dot(grad, layer.weight, self.layers[i - 1].grad)
        getattr(self, "update_" + self.mlp.optimizer.lower())()
        return loss

    def forward(self, layer: Layer, h):
        z = layer.output
        dot(h, layer.weight_t, z)
        add(z, layer.bias, z)
        if layer is self.layers[-1]:
            return z
        if layer.norm:
            layer.norm.forward(z, layer.grad)
        if self.mlp.activation == "tanh":
            return np.tanh(z, z)
        np.maximum(z, ZERO, out=z)
        if self.mlp.dropout:  # raw words, and one mask for both gradients
            words = np.frombuffer(self.rng.bytes(layer.bits.nbytes), "u2")
            layer.bits[...] = words.reshape(layer.bits.shape)
            np.less(layer.bits, self.keep_below, layer.mask)
            mul(z, self.keep_scale, z)
            mul(z, layer.mask, z)
        return z

    def loss(self, last: Layer):
        """The loss, and its gradient in the last layer's buffer."""
        z, grad = last.output, last.grad
        if self.mlp.loss == "mse":
            sub(z, self.y, grad)
            flat = grad.reshape(-1)
            value = flat.dot(flat) / flat.size
            mul(grad, self.mse_scale, grad)
            return value, grad
        sub(z, np.maximum.reduce(z, 1, keepdims=True), z)
        np.exp(z, grad)
        sums = total(grad, 1, keepdims=True)
        value = (total(np.log(sums), None) - total(z[self.rows, self.y], None)) / len(z)
        np.divide(self.per_row, sums, sums)
        mul(grad, sums, grad)
        sub(grad, self.hot, grad)
        return value, grad

    def activation_backward(self, layer: Layer, grad) -> None:
        z = layer.output
        if self.mlp.activation == "tanh":
            mul(z, z, z)
            sub(ONE, z, z)
            mul(grad, z, grad)
        else:
            np.greater(z, ZERO, layer.mask)
            mul(grad, layer.mask, grad)
            if self.mlp.dropout:
                mul(grad, self.keep_scale, grad)
        if layer.norm:
            layer.norm.backward(grad, z)

    def update_sgd(self) -> None:
        rate = f4(self.mlp.settings["lr"])
        momentum = f4(self.mlp.settings.get("momentum", 0))
        for p, g, velocity, _, scratch in self.blocks:
            if momentum:
                mul(velocity, momentum, velocity)
                add(velocity, g, velocity)
                mul(velocity, rate, scratch)
                sub(p, scratch, p)
            else:
                mul(g, rate, g)
                sub(p, g, p)

    def update_adam(self) -> None:
        self.steps += 1
        rate = f4(self.mlp.settings["lr"] / (1 - BETA1**self.steps))
        unbias = f4(1 / math.sqrt(1 - BETA2**self.steps))
        for p, g, first, second, scratch in self.blocks:
            sub(g, first, scratch)
            mul(scratch, f4(1 - BETA1), scratch)
            add(first, scratch, first)
            mul(g, g, g)
            sub(g, second, g)
            mul(g, f4(1 - BETA2), g)
            add(second, g, second)
            np.sqrt(second, scratch)
            mul(scratch, unbias, scratch)
            add(scratch, f4(ADAM_EPS), scratch)
            np.divide(first, scratch, scratch)
            mul(scratch, rate, scratch)
            sub(p, scratch, p)
