"""A character-level RNN learns a few verses by heart and continues them."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim

text = """the rain in spain stays mainly in the plain.
a quick brown fox jumps over the lazy dog.
she sells sea shells by the sea shore.
how much wood would a woodchuck chuck.
""" * 4
chars = sorted(set(text))
n_chars = len(chars)
char_to_ix = {ch: i for i, ch in enumerate(chars)}
ix_to_char = dict(enumerate(chars))
print(f"{len(text)} characters, {n_chars} unique: {''.join(chars)!r}")

torch.manual_seed(42)
seq_len, batch_size, hidden_size = 24, 8, 64


class CharRNN(nn.Module):
    def __init__(self, vocab_size, hidden_size, n_layers=1):
        super().__init__()
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.encoder = nn.Embedding(vocab_size, 16)
        self.rnn = nn.RNN(16, hidden_size, n_layers, batch_first=True)
        self.decoder = nn.Linear(hidden_size, vocab_size)

    def forward(self, input, hidden):
        encoded = self.encoder(input)
        output, hidden = self.rnn(encoded, hidden)
        return self.decoder(output), hidden

    def init_hidden(self, batch_size):
        return torch.zeros(self.n_layers, batch_size, self.hidden_size)


def encode(s):
    return torch.tensor([char_to_ix[c] for c in s], dtype=torch.long)


data = encode(text)
model = CharRNN(n_chars, hidden_size)
print(model)
print(sum(p.numel() for p in model.parameters()), "parameters")
optimizer = optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()


def get_batch():
    starts = torch.randint(0, len(data) - seq_len - 1, (batch_size,))
    x = torch.stack([data[s:s + seq_len] for s in starts])
    y = torch.stack([data[s + 1:s + seq_len + 1] for s in starts])
    return x, y


def generate(prime="the ", length=60, temperature=0.5):
    model.eval()
    hidden = model.init_hidden(1)
    out = prime
    with torch.no_grad():
        for c in prime[:-1]:
            _, hidden = model(encode(c).unsqueeze(0), hidden)
        inp = encode(prime[-1]).unsqueeze(0)
        for _ in range(length):
            logits, hidden = model(inp, hidden)
            probs = F.softmax(logits[0, -1] / temperature, dim=0)
            ix = torch.multinomial(probs, 1).item()
            out += ix_to_char[ix]
            inp = torch.tensor([[ix]])
    model.train()
    return out


print(repr(generate()))
running = 0.0
for step in range(1, 121):
    x, y = get_batch()
    hidden = model.init_hidden(batch_size)
    optimizer.zero_grad()
    logits, hidden = model(x, hidden)
    loss = criterion(logits.reshape(-1, n_chars), y.reshape(-1))
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    running += loss.item()
    if step % 30 == 0:
        print(f"step {step:3d}  loss {running / 30:.3f}  grad norm {norm:.2f}")
        running = 0.0

for prime in ("she ", "a qui", "how "):
    print(repr(generate(prime, 40, 0.3)))
print("hidden state:", hidden.shape, hidden.requires_grad)
