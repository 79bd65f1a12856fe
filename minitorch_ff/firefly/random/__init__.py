"""Random numbers: PyTorch's CPU generator, reproduced bit for bit.

Everything random in the package, but on a GPU, comes from a `Generator`. After the same
seed it gives the numbers PyTorch gives, so the code follows PyTorch's kernels step by step:
how many words each distribution takes, in which order, and where results are rounded.

    engine          the Mersenne Twister, its state as bytes, raw words and unit values
    exact           arithmetic that rounds as compiled C++ does
    box_muller      uniform values to normal ones, over groups of sixteen
    normal, continuous, discrete, integers, gamma, permutation, multinomial
                    the distributions, each a mixin of `Generator`
    pathwise        how gamma and Dirichlet draws move with their parameters
    bounds          which bounds an integer draw may have, and in which dtype
    dtypes          names, limits and precision
    memory_order    which element of an array gets which value
    generator       `Generator`, all of it together
    philox          CUDA's generator, which draws on a GPU by itself

Other devices get copies of what the host draws.
"""

from minitorch_ff.firefly.random.engine import DEFAULT_SEED
from minitorch_ff.firefly.random.generator import Generator

__all__ = ["DEFAULT_SEED", "Generator", "default_generator"]

default_generator = Generator()
"""The generator of every draw that names none. Unpredictable until `manual_seed`."""
default_generator.seed()
