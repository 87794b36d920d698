"""Everything that is measured of a model, beside others. Pure but for asking the models."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mlproject.dataset.read import Example
from mlproject.dataset.text import key
from mlproject.evaluation import measure
from mlproject.evaluation.behaviour import Case
from mlproject.evaluation.measure import Metrics, Part
from mlproject.evaluation.model import Model, compared
from mlproject.evaluation.report import Behaviour, Champion, Findings
from mlproject.evaluation.slices import Slice


@dataclass(frozen=True)
class Incumbent:
    """The champion."""

    version: str
    model_sha256: str
    model: Model


def examine(
    model: Model,
    labels: Sequence[str],
    slices: Sequence[Slice],
    cases: Sequence[Case],
    learnt: Collection[Example],
    champion: Incumbent | None,
    baselines: Sequence[Model],
) -> Findings:
    """
    Args:
        labels: their names, in order.
        cases: of the behavioural suite, cleaned as the model's texts are.
        learnt: what the model was trained on.
    """
    parts = measure.parts(slices, model.answers, model.positive, model.threshold)
    others = [*([champion.model] if champion else []), *baselines]
    return Findings(
        metrics={part.name: parts[part.name]["metrics"] for part in slices if not part.kind},
        sources=_sources(slices, parts),
        parts=parts,
        labels=measure.by_label(slices, model.answers, labels, model.positive, model.threshold),
        behaviour=_behaviour(model, cases, learnt),
        comparison=_comparison(model, others, compared(slices), cases),
        champion=_champion(model, champion, slices),
    )


def _sources(slices: Sequence[Slice], parts: dict[str, Part]) -> dict[str, dict[str, Metrics]]:
    sources: dict[str, dict[str, Metrics]] = {}
    for part in slices:
        if part.kind == "source":
            sources.setdefault(part.split, {})[part.which] = parts[part.name]["metrics"]
    return sources


def _behaviour(
    model: Model, cases: Sequence[Case], learnt: Collection[Example]
) -> Behaviour | None:
    if not cases:
        return None
    keys = {key(text) for case in cases for text in case.texts}
    known = keys & {key(example.text) for example in learnt}
    return Behaviour(**model.judge(cases), learnt=len(known))


def _comparison(
    model: Model, others: Sequence[Model], slices: Sequence[Slice], cases: Sequence[Case]
) -> dict[str, dict[str, Metrics]]:
    """Each on all slices; where one was asked only samples, the model on those too."""
    result = {model.name: model.compared(slices, cases)}
    for other in others:
        if other.only:
            result[model.name] |= model.compared(other.only, ())
            result[other.name] = other.compared(other.only, ())
        else:
            result[other.name] = other.compared(slices, cases)
    return result


def _champion(model: Model, champion: Incumbent | None, slices: Sequence[Slice]) -> Champion | None:
    if champion is None:
        return None
    old = champion.model
    return Champion(
        version=champion.version,
        model_sha256=champion.model_sha256,
        metrics={part.name: old.measure(part) for part in slices if not part.kind},
        differences=measure.compare(
            slices, (model.answers, model.threshold), (old.answers, old.threshold), model.positive
        ),
    )
