"""Skip-gram with matrices and one-hot vectors, old manner."""
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.autograd import Variable

dtype = torch.FloatTensor

sentences = ["apple banana fruit", "banana orange fruit", "orange banana fruit",
             "dog cat animal", "cat monkey animal", "monkey dog animal"]
word_sequence = " ".join(sentences).split()
word_list = sorted(set(word_sequence))
word_dict = {w: i for i, w in enumerate(word_list)}
batch_size, embedding_size, voc_size = 20, 2, len(word_list)
print(word_dict)


def random_batch(data, size):
    random_inputs, random_labels = [], []
    random_index = np.random.choice(range(len(data)), size, replace=False)
    for i in random_index:
        random_inputs.append(np.eye(voc_size)[data[i][0]])
        random_labels.append(data[i][1])
    return np.array(random_inputs), random_labels


skip_grams = []
for i in range(1, len(word_sequence) - 1):
    target = word_dict[word_sequence[i]]
    context = [word_dict[word_sequence[i - 1]], word_dict[word_sequence[i + 1]]]
    for w in context:
        skip_grams.append([target, w])
print(len(skip_grams), skip_grams[:3])


class Word2Vec(nn.Module):
    def __init__(self):
        super(Word2Vec, self).__init__()
        self.W = nn.Parameter(-2 * torch.rand(voc_size, embedding_size) + 1).type(dtype)
        self.WT = nn.Parameter(-2 * torch.rand(embedding_size, voc_size) + 1).type(dtype)
        self.W, self.WT = nn.Parameter(self.W.data), nn.Parameter(self.WT.data)

    def forward(self, X):
        hidden_layer = torch.matmul(X, self.W)
        output_layer = torch.matmul(hidden_layer, self.WT)
        return output_layer


np.random.seed(0)
torch.manual_seed(0)
model = Word2Vec()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.01)
for epoch in range(300):
    input_batch, target_batch = random_batch(skip_grams, batch_size)
    input_batch = Variable(torch.Tensor(input_batch))
    target_batch = Variable(torch.LongTensor(target_batch))
    optimizer.zero_grad()
    output = model(input_batch)
    loss = criterion(output, target_batch)
    if (epoch + 1) % 100 == 0:
        print('Epoch:', '%04d' % (epoch + 1), 'cost =', '{:.6f}'.format(loss))
    loss.backward()
    optimizer.step()

W, WT = model.parameters()
for i, label in enumerate(word_list):
    x, y = float(W[i][0].data), float(W[i][1].data)
    print(f"{label:>8} {x:+.4f} {y:+.4f}")
sim = nn.CosineSimilarity(dim=1)
for w in ("apple", "dog"):
    s = sim(W.data[word_dict[w]].expand_as(W), W.data)
    print(w, "->", word_list[s.topk(2)[1][1]], s)
