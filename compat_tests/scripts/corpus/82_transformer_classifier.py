"""nn.TransformerEncoder on sequences of two kinds, padded to one length; then a seq2seq nn.Transformer."""
import math
import torch
from torch import nn, optim
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
vocab, d_model, max_len, pad = 12, 16, 10, 0


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.1, max_len=50):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(1, max_len, d_model)
        pe[0, :, 0::2] = torch.sin(position * div_term)
        pe[0, :, 1::2] = torch.cos(position * div_term)
        self.register_buffer('pe', pe)

    def forward(self, x):
        return self.dropout(x + self.pe[:, :x.size(1)])


class Classifier(nn.Module):
    def __init__(self, nhead=4, nlayers=2, nclass=2):
        super().__init__()
        self.embed = nn.Linear(vocab, d_model, bias=False)
        self.pos = PositionalEncoding(d_model)
        layer = nn.TransformerEncoderLayer(d_model, nhead, dim_feedforward=32, activation='gelu', batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, nlayers)
        self.head = nn.Linear(d_model, nclass)

    def forward(self, tokens):
        mask = tokens == pad
        x = self.embed(F.one_hot(tokens, vocab).float()) * math.sqrt(d_model)
        x = self.encoder(self.pos(x), src_key_padding_mask=mask)
        keep = (~mask).unsqueeze(-1)
        x = (x * keep).sum(1) / keep.sum(1)
        return self.head(x)


def make(n):
    lengths = torch.randint(4, max_len + 1, (n,))
    tokens = torch.randint(2, vocab, (n, max_len))
    labels = torch.randint(0, 2, (n,))
    rows = torch.arange(n)
    where = (torch.rand(n) * lengths).long()
    tokens[rows[labels == 1], where[labels == 1]] = 1  # class 1 has a marker somewhere
    tokens[torch.arange(max_len)[None] >= lengths[:, None]] = pad
    return TensorDataset(tokens, labels)


train_set, test_set = make(256), make(64)
loader = DataLoader(train_set, batch_size=32, shuffle=True)
model = Classifier()
print(model)
print(sum(p.numel() for p in model.parameters() if p.requires_grad), 'parameters')
criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
optimizer = optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(3):
    model.train()
    total = 0
    for tokens, labels in loader:
        optimizer.zero_grad()
        loss = criterion(model(tokens), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        total += loss.item() * len(labels)
    model.eval()
    with torch.no_grad():
        tokens, labels = test_set.tensors
        out = model(tokens)
    print(f"epoch {epoch + 1}: loss {total / len(train_set):.4f}, test loss {criterion(out, labels):.3f}")

with torch.no_grad():
    tokens = test_set.tensors[0][:3]
    x = model.pos(model.embed(F.one_hot(tokens, vocab).float()))
    encoded = model.encoder(x, src_key_padding_mask=tokens == pad)
    print(encoded.shape, encoded[tokens == pad].abs().sum())  # padding comes out as zeros
    attended, weights = model.encoder.layers[0].self_attn(x, x, x, key_padding_mask=tokens == pad)
    print(weights[0, 0].sum(), weights[tokens.eq(pad).unsqueeze(1).expand_as(weights)].max())

# sequence to sequence: reverse a sequence
torch.manual_seed(1)
seq = nn.Transformer(d_model=16, nhead=2, num_encoder_layers=1, num_decoder_layers=2, dim_feedforward=32,
                     dropout=0.0, norm_first=True, batch_first=False)
embed, head = nn.Linear(vocab, 16), nn.Linear(16, vocab)
params = [*seq.parameters(), *embed.parameters(), *head.parameters()]
optimizer = torch.optim.SGD(params, lr=0.05, momentum=0.9)
for step in range(21):
    src = torch.randint(2, vocab, (6, 8))
    tgt = torch.cat([torch.ones(1, 8, dtype=torch.long), src.flip(0)])
    tgt_mask = nn.Transformer.generate_square_subsequent_mask(len(tgt) - 1)
    hot = lambda t: embed(F.one_hot(t, vocab).float())
    out = head(seq(hot(src), hot(tgt[:-1]), tgt_mask=tgt_mask))
    loss = F.cross_entropy(out.reshape(-1, vocab), tgt[1:].reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 5 == 0:
        print(step, round(loss.item(), 4))
print(tgt_mask)
print([name for name, _ in seq.decoder.layers[0].named_parameters()])
print(loss)
