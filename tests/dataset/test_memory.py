"""The memory that a data set takes hardly grows with its rows."""

import subprocess
import sys
from pathlib import Path

BUILD = """
import random, resource, sys
import sklearn.ensemble, sklearn.metrics  # loaded at the end: more would go unseen until then
from pathlib import Path
from mlproject.dataset.assemble import CorpusText, Topic, candidates
from mlproject.dataset.build import build
from tests.dataset.samples import nothing_before, task
number, home = int(sys.argv[1]), Path(sys.argv[2])
choose = random.Random(1)
words = [chr(code) for code in range(0x4E00, 0x5E00)]
def text(size): return "".join(choose.choices(words, k=size))
topics = (Topic("s", place, text(20), text(300), f"a{place % 997}") for place in range(number))
asked = (CorpusText(text(40), "consultation", "q", "training") for _ in range(number // 5))
rule = task(**{"near_duplicates": 0.8})
rule = rule.model_copy(update={"topics": rule.topics.model_copy(update={"max_rows": number})})
built = build(rule, candidates(rule, (), asked, topics, number), nothing_before, home)
print(built.manifest["candidates"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def peak(folder: Path, topics: int) -> tuple[int, int]:
    """Rows and bytes."""
    run = [sys.executable, "-c", BUILD, str(topics), str(folder)]
    done = subprocess.run(run, capture_output=True, check=True, text=True)
    rows, size = done.stdout.split()
    return int(rows), int(size)


def test_a_row_more_takes_less_than_its_text(tmp_path: Path) -> None:
    (few, before), (many, after) = (peak(tmp_path / str(n), n) for n in (6_000, 18_000))
    assert many > few + 30_000
    assert after - before < 150 * (many - few)  # their texts have 500 bytes and more
