"""Optimizers: how gradients change parameters."""


class Optimizer:
    """Moves parameters against their gradients.

    Args:
        parameters: What to change.
        lr: The learning rate: how far to move.
    """

    def __init__(self, parameters, lr):
        self.parameters = list(parameters)
        self.lr = lr

    def zero_grad(self):
        """Forget the gradients: `backward` adds to what it finds."""
        for parameter in self.parameters:
            parameter.grad = None

    def step(self):
        """Change every parameter that has a gradient."""
        for number, parameter in enumerate(self.parameters):
            if parameter.grad is not None:
                change = self.change(number, parameter.grad)
                parameter.buffer = parameter.buffer - self.lr * change

    def change(self, number, grad):
        """What is taken off parameter `number`, but for the learning rate."""
        raise NotImplementedError


class SGD(Optimizer):
    """Straight down; with momentum, like a ball that keeps some of its speed.

    Args:
        parameters: What to change.
        lr: The learning rate.
        momentum: How much of the speed is kept, from 0 to 1.
    """

    def __init__(self, parameters, lr, momentum=0.0):
        super().__init__(parameters, lr)
        self.momentum = momentum
        self.speeds = {}

    def change(self, number, grad):
        if number in self.speeds:
            grad = grad + self.momentum * self.speeds[number]
        self.speeds[number] = grad
        return grad


class Adam(Optimizer):
    """Steps of about the same size for every element (Kingma and Ba, 2014).

    Args:
        parameters: What to change.
        lr: The learning rate.
        betas: How slowly the two averages follow.
        eps: Keeps the division from exploding.
    """

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(parameters, lr)
        self.betas, self.eps = betas, eps
        self.averages = {}

    def change(self, number, grad):
        fast, slow = self.betas
        count, mean, square = self.averages.get(number, (0, 0.0, 0.0))
        count += 1
        mean = fast * mean + (1 - fast) * grad
        square = slow * square + (1 - slow) * grad * grad
        self.averages[number] = count, mean, square
        # Both averages started at 0; early on they are too small by a known factor.
        mean = mean / (1 - fast**count)
        square = square / (1 - slow**count)
        return mean / (square**0.5 + self.eps)
