"""A GRU encoder and a GRU decoder with teacher forcing learn to reverse numbers."""
import random

import torch
import torch.nn as nn
import torch.optim as optim

SEED = 7
random.seed(SEED)
torch.manual_seed(SEED)

PAD, SOS, EOS = 0, 1, 2
VOCAB = 3 + 5  # the digits 0 to 4
LENGTH = 4


def make_batch(size):
    src = torch.randint(3, VOCAB, (size, LENGTH))
    trg = torch.cat([torch.full((size, 1), SOS), src.flip(1), torch.full((size, 1), EOS)], dim=1)
    return src, trg


class Encoder(nn.Module):
    def __init__(self, emb_dim, hid_dim):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, emb_dim, padding_idx=PAD)
        self.rnn = nn.GRU(emb_dim, hid_dim, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(hid_dim * 2, hid_dim)

    def forward(self, src):
        outputs, hidden = self.rnn(self.embedding(src))
        return outputs, torch.tanh(self.fc(torch.cat((hidden[-2], hidden[-1]), dim=1)))


class Decoder(nn.Module):
    def __init__(self, emb_dim, hid_dim):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, emb_dim, padding_idx=PAD)
        self.cell = nn.GRUCell(emb_dim, hid_dim)
        self.out = nn.Linear(hid_dim, VOCAB)

    def forward(self, token, hidden):
        hidden = self.cell(self.embedding(token), hidden)
        return self.out(hidden), hidden


class Seq2Seq(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, src, trg, teacher_forcing_ratio=0.5):
        _, hidden = self.encoder(src)
        token = trg[:, 0]
        outputs = []
        for t in range(1, trg.size(1)):
            output, hidden = self.decoder(token, hidden)
            outputs.append(output)
            teacher_force = random.random() < teacher_forcing_ratio
            token = trg[:, t] if teacher_force else output.argmax(1)
        return torch.stack(outputs, dim=1)

    @torch.no_grad()
    def translate(self, src):
        self.eval()
        _, hidden = self.encoder(src)
        token = torch.full((src.size(0),), SOS)
        result = []
        for _ in range(LENGTH):
            output, hidden = self.decoder(token, hidden)
            token = output.argmax(1)
            result.append(token)
        self.train()
        return torch.stack(result, dim=1)


model = Seq2Seq(Encoder(16, 48), Decoder(16, 48))
print(model)
print(f"The model has {sum(p.numel() for p in model.parameters() if p.requires_grad):,} parameters")
optimizer = optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss(ignore_index=PAD)

test_src, test_trg = make_batch(200)
for step in range(1, 151):
    src, trg = make_batch(64)
    optimizer.zero_grad()
    output = model(src, trg, 0.9)
    loss = criterion(output.reshape(-1, VOCAB), trg[:, 1:].reshape(-1))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
    optimizer.step()
    if step in (1, 10, 25, 50):
        print(f"step {step:3d} | loss {loss.item():.3f}")

prediction = model.translate(test_src)
accuracy = (prediction == test_trg[:, 1:-1]).float().mean().item()
print("digits right, at least 90 %:", accuracy > 0.9)
print("padding stays zero:", model.encoder.embedding.weight[PAD].abs().sum().item())
