"""Probabilities from a model folder."""

from pathlib import Path

import numpy as np
import pytest

from mlproject.errors import InputError
from mlproject.serving.predictor import CHARACTERS_PER_TOKEN, Predictor, batches
from mlproject.training import tokens

TEXTS = ["借钱", "公司拖欠工资三个月了，该怎么办？", "车" * 300, "\x00", "🙂 emoji", "求推荐电脑"]


@pytest.fixture(scope="module")
def predictor(model_folder: Path) -> Predictor:
    return Predictor(model_folder, threads=1)


def test_rows_are_probabilities_in_the_order_of_the_texts(predictor: Predictor) -> None:
    found = predictor.predict(TEXTS)
    assert found.dtype == np.float32
    assert found.shape == (len(TEXTS), 2)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(predictor.predict(TEXTS[::-1]), found[::-1], atol=1e-5)


def test_alone_and_in_any_batch_the_answer_is_the_same(predictor: Predictor) -> None:
    alone = np.concatenate([predictor.predict([text]) for text in TEXTS])
    np.testing.assert_allclose(predictor.together(TEXTS), alone, atol=1e-5)
    np.testing.assert_allclose(predictor.predict(TEXTS * 50)[: len(TEXTS)], alone, atol=1e-5)


def test_no_texts_are_no_rows(predictor: Predictor) -> None:
    assert predictor.predict([]).shape == (0, 2)


def test_a_text_is_truncated_to_the_model_s_length(predictor: Predictor) -> None:
    (ids,) = predictor.encode(["车" * 10_000])
    assert len(ids) == predictor.manifest.max_length


def test_texts_are_cut_as_in_training() -> None:
    assert CHARACTERS_PER_TOKEN == tokens.CHARACTERS_PER_TOKEN


def test_batches_keep_to_the_budget_and_leave_nothing_out() -> None:
    lengths = [3, 50, 7, 7, 200, 1, 20]
    groups = list(batches(lengths, 60))
    assert sorted(index for group in groups for index in group) == list(range(7))
    sizes = [len(group) * max(lengths[index] for index in group) for group in groups]
    assert [size for size in sizes if size > 60] == [200]  # a text alone may be longer


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json"):
        Predictor(tmp_path, threads=1)
