"""NumPy's Mersenne Twister."""

import numpy as np
from numpy.random.bit_generator import ISeedSequence


class _NoEntropy(ISeedSequence):
    """Stands in for NumPy's own seeding: it takes long, and ours follows anyway."""

    def generate_state(self, n_words, dtype=np.uint32):
        return np.zeros(n_words, dtype)


_NO_ENTROPY = _NoEntropy()


def twister(seed: int) -> np.random.BitGenerator:
    """A new engine, seeded in PyTorch's way, which is NumPy's older one."""
    engine = np.random.MT19937(_NO_ENTROPY)  # type: ignore[arg-type]
    np.random.RandomState(engine).seed(seed)  # which seeds the engine it draws from
    return engine
