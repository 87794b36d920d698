"""Batches of many requests: each gets its own answer, from one version."""

import asyncio
import json
import time
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer

from mlproject.packaging.manifest import MODEL, NAME, TOKENIZER, sha256
from mlproject.serving.inference import Inference
from mlproject.serving.job import Answer, Job
from mlproject.serving.live import LiveModel
from mlproject.serving.predictor import Predictor
from mlproject.serving.request import Refusal
from tests.model_fixtures import CALLS, OTHERS, MakeModel
from tests.serving.conftest import TWO

TEXTS = [text * times for times in (1, 3, 9) for text in (*CALLS, *OTHERS)]


def test_many_requests_at_once_get_what_each_gets_alone(
    inference: Inference, model_folder: Path
) -> None:
    async def ask() -> list[float]:
        some = [TEXTS[at : at + 1 + at % 4] for at in range(len(TEXTS))] * 4
        answers = await asyncio.gather(*(inference.classify(texts) for texts in some))
        return [
            np.abs(answer.probabilities - alone(texts)).max()
            for answer, texts in zip(answers, some, strict=True)
        ]

    predictor = Predictor(model_folder, 1)
    known = {text: predictor.predict([text])[0] for text in TEXTS}

    def alone(texts: list[str]) -> NDArray[np.float32]:
        return np.stack([known[text] for text in texts])

    assert max(asyncio.run(ask())) < 1e-5


def test_texts_of_one_request_spread_over_batches_keep_their_order(
    inference: Inference, model_folder: Path
) -> None:
    texts = (TEXTS * 13)[:256]
    answer = inference.submit(texts).result(60)
    np.testing.assert_allclose(
        answer.probabilities, Predictor(model_folder, 1).predict(texts), atol=1e-5
    )


def test_a_request_that_spans_a_swap_is_answered_by_one_version(
    live: LiveModel, inference: Inference, make_model: MakeModel
) -> None:
    old = live.current
    assert old is not None
    folder = make_model(seed=5)
    texts = (TEXTS * 13)[:256]
    futures = [inference.submit(texts, wait=True) for _ in range(4)]
    live.begin(folder, "legal-classifier", "4")
    futures.append(inference.submit(texts, wait=True))
    answers = [future.result(60) for future in futures]
    assert [answer.served.version for answer in answers] == ["3"] * 4 + ["4"]
    for answer in answers:
        predictor = answer.served.predictor
        np.testing.assert_allclose(answer.probabilities, predictor.predict(texts), atol=1e-5)


def test_a_full_queue_is_said_with_when_to_come_again(live: LiveModel) -> None:
    inference = Inference(live, TWO, max_texts=300)
    try:
        first = inference.submit(TEXTS * 100, wait=True)
        with pytest.raises(Refusal) as refused:
            inference.submit(TEXTS)
        assert refused.value.status == 429
        assert int(refused.value.headers["Retry-After"]) >= 1
        first.result(120)
        inference.submit(TEXTS).result(60)
    finally:
        inference.close()


def test_a_large_request_is_taken_while_half_of_the_queue_is_free(live: LiveModel) -> None:
    """All of it would never fit beside others, who would always come before it."""
    inference = Inference(live, TWO, max_texts=20)
    with inference._work:  # nothing is worked on meanwhile
        inference._pending = 10
    assert len(inference.submit((TEXTS * 13)[:256]).result(60).probabilities) == 256
    with inference._work:
        inference._pending = 11
    with pytest.raises(Refusal) as refused:
        inference.submit((TEXTS * 13)[:256])
    inference.close()
    assert refused.value.status == 429
    assert refused.value.headers["Retry-After"] == "1"


def test_a_request_that_nobody_waits_for_is_not_tokenised(live: LiveModel) -> None:
    assert live.current is not None
    inference = Inference(live, TWO)
    future: Future[Answer] = Future()
    job = Job(live.current, TEXTS, future)
    future.cancel()
    inference._pending = len(TEXTS)
    assert inference._tokenize(job) == ([], False)
    inference.close()
    assert inference._pending == 0
    assert len(inference._queue) == 0


def test_a_request_that_nobody_waits_for_costs_no_batch(inference: Inference) -> None:
    inference.submit(TEXTS * 20, wait=True)
    forgotten = inference.submit(TEXTS * 400, wait=True)
    assert forgotten.cancel()
    started = time.perf_counter()
    inference.submit(TEXTS[:1], wait=True).result(60)
    spent = time.perf_counter() - started
    started = time.perf_counter()
    inference.submit(TEXTS * 400, wait=True).result(300)
    assert spent < time.perf_counter() - started


def test_one_text_that_breaks_the_model_costs_no_other_its_answer(
    make_model: MakeModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    live = LiveModel(TWO, tmp_path)
    live.begin(broken_vocabulary(make_model(seed=7)), "legal-classifier", "9")
    inference = Inference(live, TWO)
    try:
        futures = [inference.submit([text]) for text in (*TEXTS, "坏☠词", *TEXTS)]
        refused = futures.pop(len(TEXTS)).exception(60)
        assert isinstance(refused, Refusal)
        assert refused.status == 500
        assert all(future.result(60).served.version == "9" for future in futures)
        assert "☠" not in caplog.text
    finally:
        inference.close()


def broken_vocabulary(folder: Path) -> Path:
    """A model whose tokenizer knows a sign that its embeddings do not have."""
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.add_tokens(["☠"])
    tokenizer.save(str(folder / TOKENIZER))
    manifest = json.loads((folder / NAME).read_text())
    manifest["files"] = {name: sha256(folder / name) for name in (MODEL, TOKENIZER)}
    (folder / NAME).write_text(json.dumps(manifest))
    return folder


def test_closing_answers_what_waits(live: LiveModel) -> None:
    inference = Inference(live, TWO)
    futures = [inference.submit(TEXTS * 20, wait=True) for _ in range(20)]
    inference.close()
    refused = [future.exception(5) for future in futures]
    assert all(isinstance(each, Refusal) for each in refused if each)
    assert any(refused)
    assert not [each for each in inference._threads if each.is_alive()]
