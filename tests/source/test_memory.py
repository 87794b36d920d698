"""Importing takes no more memory for more rows."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.corpus_file import write

READ = """
import resource, sys
from pathlib import Path
from mlproject.source.corpus import read
from mlproject.task import Corpus
path = Path(sys.argv[1])
corpus = Corpus(name="c", file=path.name, fields={"text": "content"}, label="a", licence="MIT")
rows = sum(1 for _ in read(corpus, path))
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def peak(path: Path, rows: int) -> int:
    write(path, rows, ["押金不退，怎么办？" * 20])
    run = [sys.executable, "-c", READ, str(path)]
    found = subprocess.run(run, capture_output=True, check=True, text=True).stdout.split()
    assert int(found[0]) == rows
    return int(found[1])


@pytest.mark.parametrize("form", ["jsonl.gz", "json", "csv", "parquet"])
def test_ten_times_the_rows_take_the_same_memory(tmp_path: Path, form: str) -> None:
    few, many = (peak(tmp_path / f"{rows}.{form}", rows) for rows in (6_000, 60_000))
    assert many < few + 20_000_000  # the larger file holds 33 MB of text
