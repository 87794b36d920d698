from pathlib import Path

from mlproject.evaluation.slices import of
from mlproject.evaluation.worst import errors
from tests.evaluation.models import examples, told


def test_wrong_answers_the_surest_first(tmp_path: Path) -> None:
    model = told(tmp_path, "model", {"a": 0.9, "b": 0.6, "c": 0.4, "d": 0.9})
    splits = {
        "validation": examples({"z": 1}),
        "test": examples({"a": 1, "b": 0}),
        "in_domain": examples({"c": 1, "d": 0}),
    }
    table = errors(of(splits), model.answers, ("no", "yes"), 1, 0.5)
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    assert [row["text"] for row in rows] == ["d", "b", "c"]
    assert rows[0] == {
        **{"split": "in_domain", "id": "forum-d", "source": "forum"},
        **{"label": "no", "given": "yes", "probability_of_label": 0.1, "text": "d"},
    }


def test_the_threshold_decides_what_is_wrong(tmp_path: Path) -> None:
    model = told(tmp_path, "model", {"a": 0.6})
    table = errors(of({"test": examples({"a": 1})}), model.answers, ("no", "yes"), 1, 0.7)
    assert len(table["data"]) == 1


def test_fifty_at_most_and_cut(tmp_path: Path) -> None:
    model = told(tmp_path, "model", {})
    texts = {f"{row} " + "字" * 500: 1 for row in range(60)}
    table = errors(of({"test": examples(texts)}), model.answers, ("no", "yes"), 1, 0.5)
    assert len(table["data"]) == 50
    assert {len(row[-1]) for row in table["data"]} == {400}
