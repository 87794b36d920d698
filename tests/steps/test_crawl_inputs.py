"""What the crawl step takes."""

import pytest
from pydantic import ValidationError

from mlproject.steps.crawl import Inputs


def test_without_inputs_it_looks_for_new_topics() -> None:
    inputs = Inputs.model_validate({})
    assert (inputs.mode, inputs.nodes, inputs.ids, inputs.max_requests) == (
        "new",
        "all",
        None,
        None,
    )


def test_null_is_as_good_as_nothing_given() -> None:
    inputs = Inputs.model_validate(
        {"mode": "backfill", "nodes": None, "ids": None, "max_requests": None}
    )
    assert inputs.nodes is None


def test_takes_nodes_and_ids_as_json_gives_them() -> None:
    inputs = Inputs.model_validate({"nodes": ["qna", "v2ex-dev"], "ids": [1, 9]})
    assert (inputs.nodes, inputs.ids) == (("qna", "v2ex-dev"), (1, 9))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mode": "old"}, "mode"),
        ({"mode": "ids"}, "mode ids needs ids"),
        ({"ids": [9, 1]}, "the first is beyond the last"),
        ({"ids": [0, 1]}, "greater than or equal to 1"),
        ({"ids": [1]}, "ids"),
        ({"nodes": []}, "nodes is empty"),
        ({"nodes": ["../token"]}, "nodes"),
        ({"nodes": ["."]}, "nodes"),
        ({"max_requests": 0}, "max_requests"),
        ({"node": "qna"}, "node"),
    ],
)
def test_what_does_not_fit_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Inputs.model_validate(values)
