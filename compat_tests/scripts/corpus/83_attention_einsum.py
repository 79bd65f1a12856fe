"""Attention written with einsum, after an old blog post; positional encodings; checks of the notation."""
import torch
import torch.nn as nn

torch.manual_seed(42)


class SelfAttention(nn.Module):
    def __init__(self, embed_size, heads):
        super().__init__()
        self.embed_size = embed_size
        self.heads = heads
        self.head_dim = embed_size // heads
        assert self.head_dim * heads == embed_size, "Embed size needs to be divisible by heads"
        self.values = nn.Linear(self.head_dim, self.head_dim, bias=False)
        self.keys = nn.Linear(self.head_dim, self.head_dim, bias=False)
        self.queries = nn.Linear(self.head_dim, self.head_dim, bias=False)
        self.fc_out = nn.Linear(heads * self.head_dim, embed_size)

    def forward(self, values, keys, query, mask):
        N = query.shape[0]
        value_len, key_len, query_len = values.shape[1], keys.shape[1], query.shape[1]
        values = self.values(values.reshape(N, value_len, self.heads, self.head_dim))
        keys = self.keys(keys.reshape(N, key_len, self.heads, self.head_dim))
        queries = self.queries(query.reshape(N, query_len, self.heads, self.head_dim))
        energy = torch.einsum("nqhd,nkhd->nhqk", [queries, keys])
        if mask is not None:
            energy = energy.masked_fill(mask == 0, float("-1e20"))
        attention = torch.softmax(energy / (self.embed_size ** (1 / 2)), dim=3)
        out = torch.einsum("nhql,nlhd->nqhd", [attention, values]).reshape(N, query_len, self.heads * self.head_dim)
        return self.fc_out(out)


class TransformerBlock(nn.Module):
    def __init__(self, embed_size, heads, dropout, forward_expansion):
        super().__init__()
        self.attention = SelfAttention(embed_size, heads)
        self.norm1 = nn.LayerNorm(embed_size)
        self.norm2 = nn.LayerNorm(embed_size)
        self.feed_forward = nn.Sequential(
            nn.Linear(embed_size, forward_expansion * embed_size),
            nn.ReLU(),
            nn.Linear(forward_expansion * embed_size, embed_size),
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, value, key, query, mask):
        attention = self.attention(value, key, query, mask)
        x = self.dropout(self.norm1(attention + query))
        return self.dropout(self.norm2(self.feed_forward(x) + x))


def rotary(x):
    """rotary position embedding: pairs of features turned by an angle that grows with the position"""
    T, d = x.shape[-2:]
    freqs = 1.0 / (10000 ** (torch.arange(0, d, 2).float() / d))
    angles = torch.einsum('i,j->ij', torch.arange(T).float(), freqs)
    a, b = x[..., ::2], x[..., 1::2]
    turned = torch.stack((a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()), -1)
    return turned.flatten(-2)


model = TransformerBlock(embed_size=24, heads=3, dropout=0.1, forward_expansion=2)
print(model)
trg = torch.randn(4, 7, 24)
mask = torch.tril(torch.ones(7, 7)).expand(4, 1, 7, 7)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(31):
    x = torch.randn(4, 7, 24)
    goal = x.cumsum(1) / torch.arange(1, 8).view(1, -1, 1)  # the mean of what came so far
    loss = nn.functional.mse_loss(model(x, x, x, mask), goal)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(f"{step:3d} {loss.item():.4f}")
model.eval()
print(model(trg, trg, trg, mask)[0, 0, :4])

# rotary scores depend on distances only
q, k = torch.randn(8), torch.randn(8)
scores = rotary(q.expand(5, 8)) @ rotary(k.expand(5, 8)).T
print(torch.allclose(scores.diagonal(1), scores[0, 1].expand(4), atol=1e-5), scores.shape)

# the notation
A, B, v = torch.arange(6.).reshape(2, 3), torch.arange(12.).reshape(3, 4), torch.tensor([1., 2., 3.])
M = torch.randn(2, 5, 5, requires_grad=True)
print(torch.einsum('ij->ji', A), torch.einsum('ij->', A), torch.einsum('ij->j', A), sep='\n')
print(torch.einsum('ij,jk', A, B), torch.einsum('ij,j->i', A, v), torch.einsum('i,j->ij', v, v), sep='\n')
trace = torch.einsum('bii->b', M)
print(torch.allclose(trace, torch.stack([m.trace() for m in M])), torch.einsum('...ij->...ji', M).shape)
trace.sum().backward()
print(M.grad[1])
l, r, W = torch.randn(4, 5), torch.randn(4, 6), torch.randn(3, 5, 6)
print(torch.allclose(torch.einsum('bn,anm,bm->ba', l, W, r), nn.functional.bilinear(l, r, W), atol=1e-5))
print(torch.einsum(A, [0, 1], B, [1, 2], [2, 0]).shape, torch.einsum(M, [..., 0, 1], [..., 1, 0]).grad_fn)
try:
    torch.einsum('ij,jk->ik', A, A)
except RuntimeError as e:
    print(e)
print(torch.kron(torch.eye(2), torch.tensor([[1., 2.]])))
print(torch.cross(torch.tensor([1., 0, 0]), torch.tensor([0., 1, 0]), dim=0))
quarter_turn = torch.matrix_exp(torch.tensor([[0., -1.], [1., 0.]]) * torch.pi / 2)
print(quarter_turn.round(decimals=4) + 0)
