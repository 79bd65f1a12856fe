"""Skip-gram word embeddings with negative sampling, on a tiny text."""
import torch
import torch.nn as nn
import torch.nn.functional as F

corpus = """the king rules the land . the queen rules the land . the king wears a crown .
the queen wears a crown . a man walks the dog . a woman walks the dog . the dog chases the cat .
the cat chases the mouse . a man drives a car . a woman drives a car . the king loves the queen .
the man loves the woman . the mouse eats cheese . the dog eats meat .""".split()
torch.manual_seed(0)

counts = {}
for word in corpus:
    counts[word] = counts.get(word, 0) + 1
vocab = sorted(counts, key=lambda w: (-counts[w], w))
word_to_idx = {w: i for i, w in enumerate(vocab)}
print(f"{len(corpus)} tokens, {len(vocab)} words: {vocab[:8]}")

window = 2
pairs = []
for i, word in enumerate(corpus):
    for j in range(max(0, i - window), min(len(corpus), i + window + 1)):
        if i != j:
            pairs.append((word_to_idx[word], word_to_idx[corpus[j]]))
pairs = torch.tensor(pairs)
print("pairs:", pairs.shape)

freq = torch.tensor([counts[w] for w in vocab], dtype=torch.float)
noise_dist = freq ** 0.75 / (freq ** 0.75).sum()


class SkipGram(nn.Module):
    def __init__(self, vocab_size, dim):
        super().__init__()
        self.in_embed = nn.Embedding(vocab_size, dim)
        self.out_embed = nn.Embedding(vocab_size, dim)
        self.in_embed.weight.data.uniform_(-0.5 / dim, 0.5 / dim)
        self.out_embed.weight.data.zero_()

    def forward(self, center, context, negative):
        v = self.in_embed(center)                                 # (B, D)
        u = self.out_embed(context)                               # (B, D)
        n = self.out_embed(negative)                              # (B, K, D)
        positive_loss = F.logsigmoid((v * u).sum(1))
        negative_loss = F.logsigmoid(-torch.bmm(n, v.unsqueeze(2)).squeeze(2)).sum(1)
        return -(positive_loss + negative_loss).mean()


model = SkipGram(len(vocab), 16)
print(model)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(1, 21):
    total = 0.0
    for idx in torch.randperm(len(pairs)).split(64):
        center, context = pairs[idx].t()
        negative = torch.multinomial(noise_dist, len(idx) * 5, replacement=True).view(-1, 5)
        loss = model(center, context, negative)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx)
    if epoch % 5 == 0:
        print(f"epoch {epoch:2d}  loss {total / len(pairs):.4f}")

vectors = F.normalize(model.in_embed.weight.detach(), dim=1)
similarity = vectors @ vectors.t()
for word in ["king", "man", "dog"]:
    values, indices = similarity[word_to_idx[word]].topk(3)
    print(word, [(vocab[i], round(v, 2)) for v, i in zip(values.tolist(), indices.tolist())])

# Continuous bag of words: the mean of a context's vectors, by an EmbeddingBag.
bag = nn.EmbeddingBag.from_pretrained(model.in_embed.weight.detach().clone(), mode="mean", freeze=False)
out = nn.Linear(16, len(vocab))
contexts, targets = [], []
for i in range(window, len(corpus) - window):
    contexts.append([word_to_idx[corpus[j]] for j in range(i - window, i + window + 1) if j != i])
    targets.append(word_to_idx[corpus[i]])
contexts, targets = torch.tensor(contexts), torch.tensor(targets)
optimizer = torch.optim.SGD([*bag.parameters(), *out.parameters()], lr=0.5)
for step in range(41):
    loss = F.cross_entropy(out(bag(contexts)), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 0:
        print(f"cbow {step:2d}  loss {loss.item():.4f}")
flat, offsets = contexts[:2].flatten(), torch.tensor([0, 4])
print(torch.allclose(bag(flat, offsets), bag(contexts[:2])))
frozen = nn.Embedding.from_pretrained(model.in_embed.weight.data, padding_idx=0)
print(frozen, frozen.weight.requires_grad)
