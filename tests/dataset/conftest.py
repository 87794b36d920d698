"""A data set made of a few candidates."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mlproject.dataset.build import Built, build
from mlproject.dataset.row import Candidate

from .samples import Build, nothing_before, task


@pytest.fixture
def make(tmp_path: Path) -> Build:
    def make(rows: Iterable[Candidate], before: Any = nothing_before, **dataset: Any) -> Built:
        return build(task(**dataset), rows, before, tmp_path / "datasets")

    return make
