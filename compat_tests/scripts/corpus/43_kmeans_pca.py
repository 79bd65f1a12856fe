import torch
from sklearn.datasets import make_blobs, load_iris

torch.manual_seed(0)

# ---- k-means ----
X, labels = make_blobs(n_samples=300, centers=4, n_features=3, cluster_std=0.8, random_state=3)
X = torch.tensor(X)
print(X.dtype, X.shape)


def kmeans(X, k, iters=20):
    centers = X[torch.randperm(len(X))[:k]].clone()
    for it in range(iters):
        d = torch.cdist(X, centers)
        assign = d.argmin(dim=1)
        new = torch.stack([X[assign == j].mean(0) if (assign == j).any() else centers[j] for j in range(k)])
        shift = (new - centers).norm()
        centers = new
        inertia = (X - centers[assign]).pow(2).sum()
        print(f"iter {it}: inertia {inertia:.3f} shift {shift:.4f}")
        if shift < 1e-6:
            break
    return centers, assign


centers, assign = kmeans(X, 4)
print(centers[centers[:, 0].argsort()])
print(torch.unique(assign, return_counts=True)[1].sort().values)
onehot = torch.nn.functional.one_hot(assign, 4).double()
print("by scatter:", torch.zeros(4, 3, dtype=X.dtype).index_add_(0, assign, X) / onehot.sum(0)[:, None] - centers < 1e-9)

# ---- PCA ----
data, target = load_iris(return_X_y=True)
A = torch.from_numpy(data)
A = A - A.mean(dim=0)
cov = A.T @ A / (len(A) - 1)
print(torch.allclose(cov, torch.cov(A.T)))
values, vectors = torch.linalg.eigh(cov)
values, vectors = values.flip(0), vectors.flip(1)
vectors = vectors * torch.sign(vectors[vectors.abs().argmax(0), torch.arange(4)])
print("explained", (values / values.sum()))
print(vectors)
U, S, Vh = torch.linalg.svd(A, full_matrices=False)
print(torch.allclose(S ** 2 / (len(A) - 1), values), U.shape, S.shape, Vh.shape)
Z = A @ vectors[:, :2]
for c in range(3):
    print(c, Z[target == c].mean(0), Z[target == c].std(0))
recon = Z @ vectors[:, :2].T
print("lost:", ((A - recon) ** 2).sum().item() / (A ** 2).sum().item())
print(torch.corrcoef(A.T))
# nearest neighbours
d = torch.cdist(Z, Z)
d.diagonal().fill_(float("inf"))
t = torch.tensor(target)
print("1-nn accuracy", (t[d.argmin(1)] == t).double().mean())
