import torch


def rosenbrock(p):
    x, y = p
    return (1 - x) ** 2 + 100 * (y - x ** 2) ** 2


def himmelblau(p):
    x, y = p[0], p[1]
    return (x ** 2 + y - 11) ** 2 + (x + y ** 2 - 7) ** 2


def minimise(f, start, make, steps):
    p = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    opt = make([p])
    path = [p.detach().clone()]
    calls = 0

    def closure():
        nonlocal calls
        calls += 1
        opt.zero_grad()
        loss = f(p)
        loss.backward()
        return loss

    for i in range(steps):
        loss = opt.step(closure)
        path.append(p.detach().clone())
    return p, f(p).item(), calls, torch.stack(path)


for f, start in ((rosenbrock, [-1.2, 1.0]), (himmelblau, [0.0, 0.0])):
    print(f.__name__)
    for name, make, steps in (
        ("SGD", lambda ps: torch.optim.SGD(ps, lr=1e-3), 200),
        ("momentum", lambda ps: torch.optim.SGD(ps, lr=1e-3, momentum=0.9), 200),
        ("Adam", lambda ps: torch.optim.Adam(ps, lr=0.05), 200),
        ("RMSprop", lambda ps: torch.optim.RMSprop(ps, lr=0.01), 200),
        ("LBFGS", lambda ps: torch.optim.LBFGS(ps, lr=1.0, line_search_fn="strong_wolfe"), 8),
        ("LBFGS plain", lambda ps: torch.optim.LBFGS(ps, lr=0.1, max_iter=10), 4),
    ):
        p, value, calls, path = minimise(f, start, make, steps)
        print(f"  {name:<12} {calls:4d} calls  f = {value:.6e}  at ({p[0]:.6f}, {p[1]:.6f})  length {path.diff(dim=0).norm(dim=1).sum():.4f}")
print(p, p.grad)
