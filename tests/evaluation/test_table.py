from mlproject.evaluation.measure import Part
from mlproject.evaluation.table import capabilities, comparison, intervals, render
from tests.evaluation_fixtures import evaluation, part


def test_columns_line_up_and_gaps_are_dashes() -> None:
    measured = Part(metrics={"rows": 12_345, "f1": 0.5}, intervals={"f1": (0.45, 0.551)}, note="")
    lines = render({"test": measured, "in_domain": part(rows=2)}).splitlines()
    assert len({len(line) for line in lines}) == 1
    cells = ["12,345", "-", "-", "-", "0.500", "-", "-", "-", "0.450-0.551", "-"]
    assert lines[1].split() == ["test", *cells]


def test_where_there_is_nothing_to_find_no_share_is_shown() -> None:
    found = part(rows=5, accuracy=0.8, recall=0, f1=0, true_positives=0, false_negatives=0)
    found["intervals"] = {"f1": (0.0, 0.0)}
    line = render({"test/source/everyday": found}).splitlines()[1]
    assert line.split()[1:] == ["5", "0.800", *["-"] * 8]


def test_every_metric_has_its_interval() -> None:
    measured = Part(
        metrics={"rows": 9, "true_positives": 2, "false_negatives": 1},
        intervals={
            name: (0.1, 0.1 + place / 100)
            for place, name in enumerate(
                (
                    *("accuracy", "precision", "recall", "f1", "average_precision"),
                    *("recall_at_precision_80", "calibration_error"),
                )
            )
        },
        note="",
    )
    lines = intervals({"test": measured, "in_domain": part(rows=2)}).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split() == [
        *("part,", "95", "%", "accuracy", "precision", "recall", "f1", "ap", "r@p.80", "ece")
    ]
    assert lines[1].split() == ["test", *(f"0.100-{0.1 + place / 100:.3f}" for place in range(7))]
    assert lines[2].split() == ["in_domain", *["-"] * 7]


def test_intervals_stand_beside_the_models_too() -> None:
    found = {"f1": 0.8, "f1_low": 0.7, "f1_high": 0.9, "average_precision": 0.5}
    lines = comparison({"model": {"test": found}}).splitlines()
    assert lines[0].split()[-6:] == ["f1", "95", "%", "ap", "95", "%"]
    assert lines[1].split()[-2:] == ["0.700-0.900", "-"]


def test_models_stand_below_each_other_slice_by_slice() -> None:
    models = {
        "model": {"test": {"f1": 0.8}, "in_domain": {"f1": 0.7}, "behaviour": {"all": 0.9}},
        "keywords": {"test": {"f1": 0.4}, "behaviour": {"all": 0.6, "minimum.money": 0.5}},
        "big": {"test/sample": {"f1": 0.6, "cost_per_1000": 0.1234}},
    }
    lines = comparison(models).splitlines()
    assert [line.split("  ")[0] for line in lines if ": " in line] == [
        *("slice: model", "test: model", "test: keywords", "in_domain: model"),
        *("test/sample: big", "behaviour: model", "behaviour: keywords"),
        "big: 0.1234 per 1,000 posts",
    ]
    assert lines[-5].split() == ["share", "of", "cases", "passed", "all"]


def test_the_cases_passed_of_each_capability() -> None:
    found = evaluation()
    assert capabilities(found) == ""
    rates = {"all": {"passed": 3, "cases": 4, "rate": 0.75}}
    found["behaviour"] = {"rates": rates, "failures": [], "learnt": 0}  # type: ignore[typeddict-item]
    assert capabilities(found).splitlines()[1].split() == ["all", "3", "4", "0.750"]
