import numpy as np
import pytest
import torch
from scipy.special import softmax

from mlproject.task import Training
from mlproject.training import linear
from mlproject.training.mixture import ngram_logits
from mlproject.training.ngrams import Ngrams
from mlproject.training.tokens import Tokens, encode, prepare
from mlproject.training.vocabulary import train

TEXTS = ["公司拖欠工资能起诉吗", "房东不退押金怎么办", "键盘手感真好", "今天天气不错"] * 6
LABELS = np.array([1, 1, 0, 0] * 6)


CPU = torch.device("cpu")
TOKENIZER = train(TEXTS, 200, 1)


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return encode(TEXTS, prepare(TOKENIZER, 32), CPU)


def blank(labels: int, *sizes: int) -> Ngrams:
    found = linear.blank(Training(ngrams=sizes), labels, TOKENIZER, CPU)
    assert found is not None
    return found


def test_the_fitted_model_tells_its_texts_apart(tokens: Tokens) -> None:
    model = linear.fit(blank(2, 1, 2), tokens, LABELS, np.ones(24), 10.0)
    found = softmax(ngram_logits(model, tokens), axis=1)
    assert np.array_equal(found.argmax(axis=1), LABELS)


def test_texts_without_a_common_n_gram_leave_the_bias_alone() -> None:
    texts = [TEXTS[0], TEXTS[2], TEXTS[3]]
    alone = encode(texts, prepare(train(texts, 200, 1, words=True), 32), CPU)
    model = linear.fit(blank(2, 3), alone, np.array([1, 0, 0]), np.ones(3), 10.0)
    assert not model.weight.any()
    assert model.bias[0] > model.bias[1]


def test_three_labels_have_a_column_each(tokens: Tokens) -> None:
    labels = np.array([0, 1, 2, 2] * 6)
    model = linear.fit(blank(3, 1, 2), tokens, labels, np.ones(24), 10.0)
    assert np.array_equal(ngram_logits(model, tokens).argmax(axis=1), labels)


def test_a_text_that_is_said_twice_has_nearly_the_same_logits(tokens: Tokens) -> None:
    model = linear.fit(blank(2, 1), tokens, LABELS, np.ones(24), 10.0)
    tokenizer = prepare(TOKENIZER, 64)
    once, twice = (
        ngram_logits(model, encode([text], tokenizer, torch.device("cpu")))
        for text in (TEXTS[0], TEXTS[0] * 2)
    )
    np.testing.assert_allclose(once, twice, atol=0.3)


def test_titles_are_seen_where_the_vocabulary_has_ends_of_lines() -> None:
    values = Training(character_ngrams=(1,), title_ngrams=(1, 2))
    words = train(TEXTS, 200, 1, words=True)
    for tokenizer, views in ((TOKENIZER, {"characters"}), (words, {"characters", "titles"})):
        found = linear.blank(values, 2, tokenizer, CPU)
        assert found is not None
        assert set(found.sizes) == views


def test_without_sizes_there_is_no_model() -> None:
    assert linear.blank(Training(), 2, TOKENIZER, CPU) is None
