from mlproject.evaluation.table import render


def test_columns_line_up_and_gaps_are_dashes() -> None:
    lines = render({"test": {"rows": 12_345, "f1": 0.5}, "in_domain": {"rows": 2}}).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1].split() == ["test", "12,345", "-", "-", "-", "0.500", "-"]
