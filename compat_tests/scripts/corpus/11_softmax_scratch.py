# %% [markdown]
# # Softmax regression from scratch
# Minibatches of handwritten digits, no nn, no optim.

# %%
import torch
from sklearn.datasets import load_digits

digits = load_digits()
X = torch.tensor(digits.data, dtype=torch.float32) / 16
y = torch.tensor(digits.target)
print(X.shape, y.shape, y[:10])

# %%
num_inputs, num_outputs, batch_size = 64, 10, 100
torch.manual_seed(0)
W = torch.normal(0, 0.01, size=(num_inputs, num_outputs), requires_grad=True)
b = torch.zeros(num_outputs, requires_grad=True)


# %%
def softmax(X):
    X_exp = torch.exp(X)
    partition = X_exp.sum(1, keepdim=True)
    return X_exp / partition


X_ = torch.normal(0, 1, (2, 5))
X_prob = softmax(X_)
X_prob, X_prob.sum(1)
print(X_prob, X_prob.sum(1))


# %%
def net(X):
    return softmax(torch.matmul(X.reshape((-1, W.shape[0])), W) + b)


def cross_entropy(y_hat, y):
    return -torch.log(y_hat[range(len(y_hat)), y])


def accuracy(y_hat, y):
    """The number of correct predictions."""
    if len(y_hat.shape) > 1 and y_hat.shape[1] > 1:
        y_hat = y_hat.argmax(axis=1)
    cmp = y_hat.type(y.dtype) == y
    return float(cmp.type(y.dtype).sum())


class Accumulator:
    """For accumulating sums over `n` variables."""

    def __init__(self, n):
        self.data = [0.0] * n

    def add(self, *args):
        self.data = [a + float(b) for a, b in zip(self.data, args)]

    def __getitem__(self, idx):
        return self.data[idx]


def sgd(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()


# %%
train, test = slice(0, 1500), slice(1500, None)
for epoch in range(5):
    metric = Accumulator(3)
    order = torch.randperm(1500)
    for i in range(0, 1500, batch_size):
        idx = order[i:i + batch_size]
        y_hat = net(X[train][idx])
        l = cross_entropy(y_hat, y[train][idx])
        l.sum().backward()
        sgd([W, b], 0.1, batch_size)
        metric.add(l.sum(), accuracy(y_hat, y[train][idx]), y[idx].numel())
    test_acc = accuracy(net(X[test]), y[test]) / len(y[test])
    print(f"epoch {epoch + 1}, loss {metric[0] / metric[2]:.4f}, "
          f"train acc {metric[1] / metric[2]:.3f}, test acc {test_acc:.3f}")

# %%
confusion = torch.zeros(10, 10, dtype=torch.int64)
pred = net(X[test]).argmax(1)
for t, p in zip(y[test], pred):
    confusion[t, p] += 1
print(confusion)
print(b)
