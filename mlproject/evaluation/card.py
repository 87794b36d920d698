"""The model card: what it is, what it learnt from, how good it is where, and what it cannot do.

Mitchell et al. 2019, "Model Cards for Model Reporting".
"""

from collections.abc import Mapping
from typing import Any

from mlproject.evaluation import table
from mlproject.evaluation.report import Evaluation
from mlproject.task import Task

FEW = 200  # rows below which a part's figures say little


def render(
    task: Task, evaluation: Evaluation, facts: Mapping[str, Any], rows: Mapping[str, int]
) -> str:
    """Markdown. ``facts``: name -> value of the model; ``rows``: split -> texts."""
    sections = [
        f"# {task.title}",
        _what(task, facts),
        "## Data\n\n"
        + _list({f"`{split}`": f"{number:,} texts" for split, number in rows.items()}),
        "## Metrics\n\n" + _metrics(evaluation),
        "## Behaviour\n\n" + _behaviour(evaluation),
        "## Beside other models\n\n" + _block(table.comparison(evaluation["comparison"])),
        "## Limits\n\n" + _limits(task, evaluation),
    ]
    return "\n\n".join(sections) + "\n"


def _what(task: Task, facts: Mapping[str, Any]) -> str:
    wanted = f"; looked for is `{task.positive}`" if task.positive else ""
    labels = ", ".join(f"`{label}`" for label in task.labels)
    return f"A text gets one of the labels {labels}{wanted}.\n\n{_list(facts)}"


def _metrics(evaluation: Evaluation) -> str:
    return (
        "Intervals hold 95 % of 1,000 samples of the same texts. `test` is like the training data; "
        "`in_domain` are forum posts that people have read, none of which was learnt.\n\n"
        + _block(table.render(evaluation["parts"]))
    )


def _behaviour(evaluation: Evaluation) -> str:
    behaviour = evaluation["behaviour"]
    if behaviour is None:
        return "No suite."
    text = _block(table.capabilities(evaluation))
    if behaviour["learnt"]:
        text += f"\n\n{behaviour['learnt']} texts of the suite are in the training data."
    return text


def _limits(task: Task, evaluation: Evaluation) -> str:
    small = [
        name
        for name, part in evaluation["parts"].items()
        if name in evaluation["metrics"] and part["metrics"]["rows"] < FEW
    ]
    lines = [
        "It sorts texts; it gives no advice, and its probability is no measure of urgency.",
        "Texts are cut at the model's length: what stands behind is not read.",
        "It was measured on the sources above; texts of another kind may be judged worse.",
    ]
    if "in_domain" not in evaluation["metrics"]:
        lines.append("No reviewed posts were there to measure it on.")
    lines += [f"`{name}` has less than {FEW} texts: chance moves its figures." for name in small]
    if behaviour := evaluation["behaviour"]:
        weak = [
            f"`{name}` ({rate['passed']} of {rate['cases']})"
            for name, rate in behaviour["rates"].items()
            if "." in name and rate["rate"] < 0.8
        ]
        if weak:
            lines.append(f"Weak in: {', '.join(weak)}.")
    return "\n".join(f"- {line}" for line in lines)


def _list(values: Mapping[str, Any]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in values.items())


def _block(text: str) -> str:
    return f"```\n{text}\n```"
