"""A table with categories, missing values and numbers: from pandas to tensors and back."""
import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

rng = np.random.RandomState(0)
n = 200
df = pd.DataFrame({
    "area": rng.uniform(30, 150, n).round(1),
    "rooms": rng.randint(1, 6, n),
    "town": rng.choice(["north", "south", "west"], n),
    "age": rng.uniform(0, 60, n),
})
df.loc[::17, "age"] = np.nan
df["price"] = 2.0 * df.area + 10 * df.rooms + df.town.map({"north": 0, "south": 40, "west": -20}) + rng.normal(0, 5, n)
print(df.head(3))

numeric = df[["area", "rooms", "age"]]
numeric = (numeric - numeric.mean()) / numeric.std()
features = pd.concat([numeric.fillna(0), pd.get_dummies(df[["town"]], dtype=float)], axis=1)
print(features.columns.tolist(), features.shape)


class FrameDataset(Dataset):
    def __init__(self, x, y):
        self.x = torch.tensor(x.values, dtype=torch.float32)
        self.y = torch.tensor(y.to_numpy(), dtype=torch.float32).reshape(-1, 1)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, idx):
        return self.x[idx], self.y[idx]


torch.manual_seed(0)
target = (df.price - df.price.mean()) / df.price.std()
loader = DataLoader(FrameDataset(features, target), batch_size=50, shuffle=True)
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
history = []
for epoch in range(20):
    losses = []
    for x, y in loader:
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    history.append({"epoch": epoch, "loss": np.mean(losses), "lr": optimizer.param_groups[0]["lr"]})
log = pd.DataFrame(history).set_index("epoch")
print(log.iloc[::5].round(4))
with torch.no_grad():
    df["predicted"] = model(loader.dataset.x).numpy().ravel() * df.price.std() + df.price.mean()
print(df.groupby("town")[["price", "predicted"]].mean().round(2))
print("MAE", np.abs(df.price - df.predicted).mean().round(3))
print(torch.as_tensor(df.rooms.values[:5]), torch.from_numpy(df.area.to_numpy()[:3]), torch.tensor(df.age.isna().values).sum())
print(pd.Series(model[0].bias.detach().numpy()).round(3).tolist()[:4])
