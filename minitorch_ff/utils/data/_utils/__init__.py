"""The parts of a data loader, under the names that PyTorch has for their modules."""

from minitorch_ff.utils.data._utils import collate as collate
from minitorch_ff.utils.data._utils import fetch as fetch
from minitorch_ff.utils.data._utils import worker as worker
