"""What the parts of a graph are written with."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Nodes(Protocol):
    """What of the graph is needed; ``node`` and ``constant`` return names."""

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str: ...

    def constant(self, name: str, value: NDArray[np.generic]) -> str: ...

    def parameter(self, name: str) -> str: ...
