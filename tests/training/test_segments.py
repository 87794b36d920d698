"""Title and body as two segments, from the task's setting to the trained network."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mlproject.errors import InputError
from mlproject.training import characters, folder
from mlproject.training.origin import Origin
from mlproject.training.plan import Plan
from mlproject.training.tracking import LogTracker
from mlproject.training.train import train

MakePlan = Callable[..., Plan]


def test_a_training_with_segments_tells_bodies_from_titles(make_plan: MakePlan, home: Path) -> None:
    what = make_plan(segments=True, epochs=1, ngrams=[])
    rows = [
        replace(row, text=f"{row.text[:6]}\n{row.text}") for row in what.dataset.splits["train"]
    ]
    splits = {**what.dataset.splits, "train": rows}
    what = replace(what, dataset=replace(what.dataset, splits=splits))
    path, _ = train(what, home, 1, LogTracker())
    trained = folder.load(path)
    line = trained.tokenizer.token_to_id(characters.LINE)
    assert trained.model.config.segment_line == line
    ids = torch.tensor([trained.tokenizer.encode(rows[0].text).ids])
    assert line in ids[0]
    with_segments = trained.model(ids, torch.ones_like(ids))
    trained.model.config.segment_line = None
    assert not torch.allclose(trained.model(ids, torch.ones_like(ids)), with_segments)


def test_a_vocabulary_without_lines_is_refused(
    make_plan: MakePlan, home: Path, tmp_path: Path
) -> None:
    made, _ = train(make_plan(epochs=1), home, 1, LogTracker())
    file = tmp_path / "vocab.txt"
    pieces = folder.tokenizer(made).get_vocab()
    file.write_text("\n".join(piece for piece in pieces if piece != "\n"), encoding="utf-8")
    what = replace(make_plan(segments=True), origin=Origin("tiny", vocabulary=str(file)))
    with pytest.raises(InputError, match=r"segments true: .* keeps no end of a line"):
        train(what, home, 1, LogTracker())
