"""Datasets for workers, who import this file in their own process."""

import os

import minitorch_ff as ff
from minitorch_ff.utils.data import IterableDataset, get_worker_info


class Acting:
    """Four samples; the third does something first."""

    def __init__(self, act):
        self.act = act

    def __len__(self):
        return 4

    def __getitem__(self, index):
        if index == 2:
            self.act()
        return index


class Squares:
    def __len__(self):
        return 7

    def __getitem__(self, index):
        return ff.full((2,), index * index), os.getpid(), get_worker_info().id


class Endless(IterableDataset):
    def __iter__(self):
        while True:
            yield bytes(100_000)
