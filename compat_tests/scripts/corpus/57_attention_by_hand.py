"""A one-block transformer with matrix products and masks only, on a copying task."""
import math
import torch
import torch.nn as nn
from torch.nn import functional as F

torch.manual_seed(1337)
vocab_size, block_size, n_embd, n_head, batch_size = 8, 9, 24, 3, 16


class Head(nn.Module):
    """one head of self-attention"""

    def __init__(self, head_size):
        super().__init__()
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
        self.register_buffer('tril', torch.tril(torch.ones(block_size, block_size)))

    def forward(self, x):
        B, T, C = x.shape
        k, q = self.key(x), self.query(x)
        wei = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
        wei = wei.masked_fill(self.tril[:T, :T] == 0, float('-inf'))
        wei = F.softmax(wei, dim=-1)
        self.weights = wei.detach()
        return wei @ self.value(x)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleList([Head(n_embd // n_head) for _ in range(n_head)])
        self.proj = nn.Linear(n_embd, n_embd)
        self.ffwd = nn.Sequential(nn.Linear(n_embd, 2 * n_embd), nn.ReLU(), nn.Linear(2 * n_embd, n_embd))
        self.ln1, self.ln2 = nn.LayerNorm(n_embd), nn.LayerNorm(n_embd)

    def forward(self, x):
        h = self.ln1(x)
        x = x + self.proj(torch.cat([head(h) for head in self.heads], dim=-1))
        return x + self.ffwd(self.ln2(x))


def positions(T, d):
    pe = torch.zeros(T, d)
    position = torch.arange(0, T).unsqueeze(1)
    div_term = torch.exp(torch.arange(0, d, 2) * -(math.log(10000.0) / d))
    pe[:, 0::2] = torch.sin(position * div_term)
    pe[:, 1::2] = torch.cos(position * div_term)
    return pe


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Linear(vocab_size, n_embd, bias=False)  # a one-hot row picks a column
        self.register_buffer("pe", positions(block_size, n_embd))
        self.block = Block()
        self.lm_head = nn.Linear(n_embd, vocab_size)

    def forward(self, idx, targets=None):
        B, T = idx.shape
        x = self.token(F.one_hot(idx, vocab_size).float()) + self.pe[:T]
        logits = self.lm_head(self.block(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.view(B * T, vocab_size), targets.view(B * T))

    @torch.no_grad()
    def generate(self, idx, max_new_tokens):
        for _ in range(max_new_tokens):
            logits, _ = self(idx[:, -block_size:])
            probs = F.softmax(logits[:, -1, :], dim=-1)
            idx = torch.cat((idx, torch.multinomial(probs, num_samples=1)), dim=1)
        return idx


def get_batch():
    start = torch.randint(vocab_size, (batch_size, 1))
    seq = (start + torch.arange(block_size + 1) * 3) % vocab_size
    return seq[:, :-1].contiguous(), seq[:, 1:].contiguous()


model = Model()
print(sum(p.numel() for p in model.parameters()), 'parameters')
print(positions(4, 6))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for it in range(41):
    xb, yb = get_batch()
    logits, loss = model(xb, yb)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if it % 10 == 0:
        print(f"step {it}: loss {loss.item():.4f}")
model.eval()
print(model.generate(torch.zeros((1, 1), dtype=torch.long), 8))
print(model.block.heads[0].weights[0, :3, :3], model.block.heads[0].weights.sum(-1).mean())
print(model)
