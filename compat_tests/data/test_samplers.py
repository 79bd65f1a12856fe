"""Samplers: the same indices from the same seed, and the same state afterwards."""

from __future__ import annotations

import pytest

from compat_tests.worlds import same_error, same_in_both

SAMPLERS = {
    "sequential": lambda data, g: data.SequentialSampler(range(7)),
    "random": lambda data, g: data.RandomSampler(range(100), generator=g),
    "random fewer": lambda data, g: data.RandomSampler(range(10), num_samples=4, generator=g),
    "random more": lambda data, g: data.RandomSampler(range(10), num_samples=34, generator=g),
    "random twice": lambda data, g: data.RandomSampler(range(10), num_samples=20, generator=g),
    "replacement": lambda data, g: data.RandomSampler(range(10), replacement=True, generator=g),
    "replacement more": lambda data, g: data.RandomSampler(
        range(1000), replacement=True, num_samples=77, generator=g
    ),
    "replacement 64": lambda data, g: data.RandomSampler(
        range(1000), replacement=True, num_samples=64, generator=g
    ),
    "subset": lambda data, g: data.SubsetRandomSampler([3, 1, 4, 1, 5], generator=g),
    "weighted": lambda data, g: data.WeightedRandomSampler(
        [0.1, 0.9, 0.4, 0.7, 3.0, 0.6], 25, generator=g
    ),
    "weighted once": lambda data, g: data.WeightedRandomSampler(
        [0.9, 0.4, 0.05, 0.2, 0.3, 0.1], 5, replacement=False, generator=g
    ),
    "batches": lambda data, g: data.BatchSampler(
        data.RandomSampler(range(10), generator=g), 4, False
    ),
    "full batches": lambda data, g: data.BatchSampler(
        data.RandomSampler(range(10), generator=g), 4, drop_last=True
    ),
    "exact batches": lambda data, g: data.BatchSampler(
        data.RandomSampler(range(8), generator=g), 4, drop_last=True
    ),
    "batches of text": lambda data, g: data.BatchSampler("abcde", 2, False),
}


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("name", SAMPLERS)
def test_indices_and_state(name, explicit):
    def body(torch):
        torch.manual_seed(11)
        generator = torch.Generator().manual_seed(7) if explicit else None
        sampler = SAMPLERS[name](torch.utils.data, generator)
        passes = []
        for _ in range(3):
            passes.append(list(sampler))
            passes.append(torch.rand(2, generator=generator))
        return passes, len(sampler), torch.rand(1)

    same_in_both(body)


@pytest.mark.parametrize("taken", [0, 1, 4, 9, 10])
def test_a_pass_that_stops_early(taken):
    def body(torch):
        generator = torch.Generator().manual_seed(7)
        indices = iter(torch.utils.data.RandomSampler(range(10), generator=generator))
        return [next(indices) for _ in range(taken)], torch.rand(2, generator=generator)

    same_in_both(body)


def test_random_sampler_of_a_growing_source():
    def body(torch):
        source = [1, 2, 3]
        sampler = torch.utils.data.RandomSampler(source)
        first = list(sampler), len(sampler)
        source += [4, 5]
        return first, list(sampler), len(sampler), sampler.num_samples

    same_in_both(body)


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("size", [1, 2, 10, 11, 12, 13])
def test_distributed(size, drop_last, shuffle):
    def body(torch):
        parts = []
        for rank in range(3):
            if drop_last and size < 3:
                continue
            sampler = torch.utils.data.DistributedSampler(
                range(size), 3, rank, shuffle=shuffle, seed=4, drop_last=drop_last
            )
            for epoch in range(2):
                sampler.set_epoch(epoch)
                parts.append((list(sampler), len(sampler), sampler.total_size))
        return parts, torch.rand(1)

    same_in_both(body)


WRONG = {
    "abstract": lambda torch: iter(torch.utils.data.Sampler()),
    "abstract with source": lambda torch: torch.utils.data.Sampler([1]),
    "no length": lambda torch: len(torch.utils.data.Sampler()),
    "replacement": lambda torch: torch.utils.data.RandomSampler([1], replacement=1),
    "no samples": lambda torch: torch.utils.data.RandomSampler([1], num_samples=0),
    "half a sample": lambda torch: torch.utils.data.RandomSampler([1], num_samples=0.5),
    "empty": lambda torch: torch.utils.data.RandomSampler([]),
    "weights count": lambda torch: torch.utils.data.WeightedRandomSampler([1, 2], 0),
    "weights bool": lambda torch: torch.utils.data.WeightedRandomSampler([1, 2], True),
    "weights replacement": lambda torch: torch.utils.data.WeightedRandomSampler([1, 2], 1, 3),
    "weights shape": lambda torch: torch.utils.data.WeightedRandomSampler([[1, 2]], 1),
    "batch size": lambda torch: torch.utils.data.BatchSampler([1], 0, False),
    "batch size bool": lambda torch: torch.utils.data.BatchSampler([1], True, False),
    "batch size float": lambda torch: torch.utils.data.BatchSampler([1], 2.5, False),
    "drop last": lambda torch: torch.utils.data.BatchSampler([1], 2, 1),
    "batch length": lambda torch: len(torch.utils.data.BatchSampler(iter([1]), 2, False)),
    "rank": lambda torch: torch.utils.data.DistributedSampler([1], 3, 3),
    "negative rank": lambda torch: torch.utils.data.DistributedSampler([1], 3, -1),
    "no group": lambda torch: torch.utils.data.DistributedSampler([1]),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    same_error(WRONG[name])


def test_module_names():
    def body(torch):
        from importlib import import_module

        package = torch.utils.data.__name__
        found = []
        for module, names in {
            "sampler": "Sampler RandomSampler SubsetRandomSampler BatchSampler",
            "dataset": "Dataset TensorDataset Subset ConcatDataset random_split",
            "dataloader": "DataLoader default_collate default_convert get_worker_info",
            "distributed": "DistributedSampler",
            "_utils.collate": "default_collate default_convert collate",
        }.items():
            loaded = import_module(f"{package}.{module}")
            found += [(module, name, hasattr(loaded, name)) for name in names.split()]
        return found

    same_in_both(body)
