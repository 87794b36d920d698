"""A model in int8 under many requests: each text has the label that it has alone."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mlproject.serving.answers import results
from mlproject.serving.inference import Inference
from mlproject.serving.job import prepared
from mlproject.serving.live import LiveModel
from mlproject.serving.predictor import Predictor
from tests.model_fixtures import CALLS, OTHERS, MakeModel
from tests.serving.conftest import TWO

TEXTS = [text * times for times in (1, 2, 3, 5, 9) for text in (*CALLS, *OTHERS)]


@pytest.fixture(scope="module")
def folder(make_model: MakeModel) -> Path:
    return make_model(seed=3, form="int8_static")


@pytest.fixture
def inference(folder: Path, tmp_path: Path) -> Iterator[Inference]:
    live = LiveModel(TWO, tmp_path)
    live.begin(folder, "legal-classifier", "1")
    found = Inference(live, TWO, max_texts=100_000)
    yield found
    found.close()


def test_the_label_is_the_same_alone_and_in_any_batch(inference: Inference, folder: Path) -> None:
    predictor = Predictor(folder, 1)
    manifest = predictor.manifest
    assert manifest.conversion is not None
    assert manifest.conversion.served.startswith("int8_static")
    alone = {
        text: manifest.label_of(tuple(predictor.predict(prepared([text], manifest))[0].tolist()))
        for text in TEXTS
    }
    chance = random.Random(0)
    asked = [chance.choices(TEXTS, k=chance.choice((1, 2, 7, 40))) for _ in range(60)]

    async def ask() -> list[list[str]]:
        answers = await asyncio.gather(*(inference.classify(texts) for texts in asked))
        return [[row["label"] for row in results(answer)] for answer in answers]

    assert asyncio.run(ask()) == [[alone[text] for text in texts] for texts in asked]


def test_its_static_scales_know_no_neighbours(folder: Path) -> None:
    predictor = Predictor(folder, 1)
    alone = np.concatenate([predictor.predict([text]) for text in TEXTS])
    np.testing.assert_allclose(predictor.together(TEXTS), alone, atol=1e-5)
