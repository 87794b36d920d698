"""The errors that a model was surest of. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlproject.evaluation.answers import Answers
from mlproject.evaluation.metrics import decide
from mlproject.evaluation.slices import Slice

MOST = 50
SHOWN = 400  # characters of a text
COLUMNS = ("split", "id", "source", "label", "given", "probability_of_label", "text")


def errors(
    slices: Sequence[Slice],
    answers: Answers,
    names: Sequence[str],
    positive: int | None,
    threshold: float,
) -> dict[str, Any]:
    """The 50 wrong answers with the lowest probability of the right label, as a table.

    ``{"columns": […], "data": [[…], …]}``, which is how MLflow keeps tables. Of the splits but
    ``validation``, which the threshold was chosen on.
    """
    rows: list[list[Any]] = []
    for part in slices:
        if part.kind or part.split == "validation":
            continue
        found = answers.of(part.texts)
        chosen = decide(found, positive, threshold)
        right = found[np.arange(len(found)), part.labels]
        rows += [
            [
                *(part.split, example.id, example.source),
                *(names[example.label], names[int(chosen[row])], round(float(right[row]), 4)),
                example.text[:SHOWN],
            ]
            for row, example in enumerate(part.examples)
            if chosen[row] != example.label
        ]
    place = COLUMNS.index("probability_of_label")
    rows.sort(key=lambda row: row[place])
    return {"columns": list(COLUMNS), "data": rows[:MOST]}
