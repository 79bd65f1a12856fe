"""Three spirals, wound into each other: a network draws the border between them.

No straight line separates them, but two hidden layers bend the plane until one does: at
least 0.97 of points that were held out get the right colour. With `--plot FILE.png`
(and matplotlib installed) the regions, the points and the learning curve become a
picture.
"""

import argparse
import math

import torch
from torch import nn

ARMS = 3


def spirals(count, noise=0.2):
    """Points, shape (3 count, 2), and the arm each belongs to, shape (3 count,)."""
    points, arms = [], []
    for arm in range(ARMS):
        radius = torch.linspace(0.1, 1, count)
        angle = 4.5 * radius + 2 * math.pi * arm / ARMS + noise * torch.randn(count)
        points.append(torch.stack([radius * angle.sin(), radius * angle.cos()], dim=1))
        arms.append(torch.full((count,), arm, dtype=torch.long))
    return torch.cat(points), torch.cat(arms)


def accuracy(model, points, arms):
    """The share of points whose arm the model finds."""
    with torch.no_grad():
        return (model(points).argmax(dim=1) == arms).float().mean().item()


def plot(path, model, points, arms, losses):
    """Write the regions with `points` on them, and the losses, to a PNG file."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.colors import ListedColormap

    strong, light = ["#0072b2", "#d55e00", "#009e73"], ["#cfe3f1", "#f8dcc8", "#c9ebdf"]
    side = torch.linspace(-1.25, 1.25, 300)
    x, y = torch.meshgrid(side, side, indexing="xy")
    with torch.no_grad():
        region = model(torch.stack([x.flatten(), y.flatten()], dim=1)).argmax(dim=1)

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    extent = (-1.25, 1.25, -1.25, 1.25)
    image = region.view(300, 300).numpy()
    left.imshow(image, extent=extent, origin="lower", cmap=ListedColormap(light))
    for arm, marker in enumerate("os^"):
        own = points[arms == arm].numpy()
        look = {"s": 22, "color": strong[arm], "marker": marker, "edgecolor": "white"}
        left.scatter(own[:, 0], own[:, 1], linewidth=0.5, **look)
    left.set(title="Regions and held-out points", xlabel="$x_1$", ylabel="$x_2$")
    right.plot(range(1, len(losses) + 1), losses, color="#333333")
    right.set(title="Training loss", xlabel="epoch", ylabel="cross-entropy")
    right.set_yscale("log")
    right.grid(alpha=0.3, which="both")
    figure.savefig(path, dpi=110)
    print("picture written")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plot", metavar="FILE.png", help="draw the result")
    options = parser.parse_args()

    torch.manual_seed(0)
    points, arms = spirals(300)
    test_points, test_arms = spirals(100)

    model = nn.Sequential(
        nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, ARMS)
    )
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-5)

    losses = []
    for epoch in range(1, 401):
        optimizer.zero_grad()
        loss = criterion(model(points), arms)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if epoch % 50 == 0:
            print(f"epoch {epoch:3d}  loss {losses[-1]:.6f}")

    if options.plot:
        plot(options.plot, model, test_points, test_arms, losses)
    print(f"training accuracy {accuracy(model, points, arms):.3f}")
    print(f"held-out accuracy {accuracy(model, test_points, test_arms):.3f}")


if __name__ == "__main__":
    main()
