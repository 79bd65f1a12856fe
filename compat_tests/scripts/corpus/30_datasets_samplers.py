import torch
from torch.utils.data import (BatchSampler, ConcatDataset, DataLoader, Dataset, IterableDataset, RandomSampler,
                              Sampler, SequentialSampler, Subset, SubsetRandomSampler, TensorDataset, random_split)

torch.manual_seed(5)


class Squares(Dataset):
    """map-style"""
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if i >= self.n:
            raise IndexError
        return {"x": torch.tensor([i, i + 0.5]), "y": i * i, "name": f"s{i}"}


for batch in DataLoader(Squares(7), batch_size=3):
    print(batch)


class Countdown(IterableDataset):
    def __init__(self, start):
        self.start = start

    def __iter__(self):
        return iter(range(self.start, 0, -1))


print(list(DataLoader(Countdown(5), batch_size=2)))
print([b.tolist() for b in DataLoader(Countdown(5), batch_size=2, drop_last=True)])


class EvenFirst(Sampler):
    def __init__(self, data):
        self.data = data

    def __iter__(self):
        n = len(self.data)
        yield from range(0, n, 2)
        yield from range(1, n, 2)

    def __len__(self):
        return len(self.data)


data = TensorDataset(torch.arange(10), torch.arange(10) ** 2)
print(data[2:4], len(data))
print([x.tolist() for x, _ in DataLoader(data, batch_size=4, sampler=EvenFirst(data))])
print([x.tolist() for x, _ in DataLoader(data, batch_size=4, shuffle=True)])
print([x.tolist() for x, _ in DataLoader(data, batch_size=4, shuffle=True)])
g = torch.Generator()
g.manual_seed(0)
print([x.tolist() for x, _ in DataLoader(data, batch_size=3, shuffle=True, generator=g)])
print(list(BatchSampler(SequentialSampler(range(7)), batch_size=3, drop_last=False)))
print(list(RandomSampler(range(6))), list(RandomSampler(range(4), replacement=True, num_samples=8)))
print([y.tolist() for _, y in DataLoader(data, sampler=SubsetRandomSampler([1, 3, 5, 7]), batch_size=2)])
a, b = random_split(range(10), [7, 3])
print(list(a), list(b), a.indices)
print([len(p) for p in random_split(range(11), [0.5, 0.3, 0.2])])
both = ConcatDataset([Subset(data, [0, 9]), data])
print(len(both), both[1], both[2], both.cumulative_sizes)
total = 0
loader = DataLoader(both, batch_sampler=BatchSampler(RandomSampler(both), 5, True))
for i, (x, y) in enumerate(loader):
    total += (x * y).sum()
print(i, total, len(loader))
it = iter(DataLoader(data, batch_size=None))
print(next(it), next(it))
try:
    DataLoader(data, shuffle=True, sampler=EvenFirst(data))
except ValueError as e:
    print("ValueError:", e)
