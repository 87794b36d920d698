from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from mlproject.errors import InputError, TryLaterError
from mlproject.evaluation.baselines.endpoint import Endpoint
from mlproject.evaluation.baselines.language_model import LanguageModel
from tests.evaluation.chat_server import KEY, Chat, serving

LABELS = ("other", "consultation")


@pytest.fixture
def chat() -> Iterator[Chat]:
    with serving(Chat()) as running:
        yield running


def model(chat: Chat, folder: Path, prompt: str = "sort", key: str = KEY) -> LanguageModel:
    endpoint = Endpoint(
        url=chat.url,
        key=SecretStr(key),
        model="large",
        input_price=2.0,
        output_price=8.0,
        timeout=10,
        backoff=0.01,
    )
    return LanguageModel(endpoint, prompt, LABELS, folder)


def test_labels_and_how_sure_become_probabilities(chat: Chat, tmp_path: Path) -> None:
    chat.answers = {
        "a": '{"label": "consultation", "probability": 0.8}',
        "b": 'Well: {"label": "other"} is what I think.',
    }
    found = model(chat, tmp_path).predict(["a", "b", "c"])
    assert found[:, 1].tolist() == pytest.approx([0.8, 0.0, 0.1])
    assert found.sum(axis=1).tolist() == pytest.approx([1, 1, 1])


def test_what_is_sent(chat: Chat, tmp_path: Path) -> None:
    model(chat, tmp_path, prompt="sort these").predict(["押金" * 10_000])
    (request,) = chat.asked
    assert (request["model"], request["temperature"]) == ("large", 0)
    assert request["messages"][0] == {"role": "system", "content": "sort these"}
    assert len(request["messages"][1]["content"]) == 4_000


def test_a_text_is_paid_for_once(chat: Chat, tmp_path: Path) -> None:
    model(chat, tmp_path).predict(["a", "b", "a"])
    model(chat, tmp_path).predict(["b", "c"])
    assert sorted(chat.texts()) == ["a", "b", "c"]
    model(chat, tmp_path, prompt="another").predict(["a"])
    assert chat.texts().count("a") == 2


def test_an_answer_that_was_cut_short_on_disk_is_asked_again(chat: Chat, tmp_path: Path) -> None:
    model(chat, tmp_path).predict(["a"])
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text()[:-9])
    model(chat, tmp_path).predict(["a", "b"])
    model(chat, tmp_path).predict(["a", "b"])
    assert sorted(chat.texts()) == ["a", "a", "b"]


@pytest.mark.parametrize(
    "content",
    [
        *("no idea", '{"label": "maybe"}', '{"label": 1', ""),
        *(f'{{"label": "other", "probability": {value}}}' for value in ("NaN", "Infinity")),
    ],
)
def test_an_answer_that_cannot_be_read_is_undecided_and_counted(
    chat: Chat, tmp_path: Path, content: str
) -> None:
    chat.otherwise = content
    asked = model(chat, tmp_path)
    assert asked.predict(["a"]).tolist() == [[0.5, 0.5]]
    assert asked.usage(["a"])["unreadable"] == 1


def test_the_price_of_a_thousand_texts(chat: Chat, tmp_path: Path) -> None:
    asked = model(chat, tmp_path)
    asked.predict(["a", "b"])
    usage = asked.usage(["a", "b"])
    assert (usage["input_tokens"], usage["output_tokens"]) == (200, 20)
    assert usage["cost_per_1000"] == pytest.approx(1_000 * (100 * 2 + 10 * 8) / 1e6)


def test_a_busy_server_is_asked_again(chat: Chat, tmp_path: Path) -> None:
    chat.faults = [429, 503, 429]
    assert model(chat, tmp_path).predict(["a"])[0, 1] == pytest.approx(0.1)


def test_a_server_that_stays_busy_is_tried_later(chat: Chat, tmp_path: Path) -> None:
    chat.faults = [429] * 6
    with pytest.raises(TryLaterError, match="answers 429"):
        model(chat, tmp_path).predict(["a"])


def test_a_wrong_key_is_a_wrong_input_and_stays_secret(chat: Chat, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="answers 401") as caught:
        model(chat, tmp_path, key="secret-and-wrong").predict(["a"])
    assert "secret-and-wrong" not in str(caught.value)


@pytest.mark.parametrize("body", [{}, {"choices": []}, [], {"choices": [{"message": 3}]}])
def test_what_is_no_completion_is_tried_later(chat: Chat, tmp_path: Path, body: object) -> None:
    chat.body = body
    with pytest.raises(TryLaterError, match="no chat completion"):
        model(chat, tmp_path).predict(["a"])


def test_no_server_is_tried_later(tmp_path: Path) -> None:
    chat = Chat(url="http://127.0.0.1:9/v1")
    with pytest.raises(TryLaterError, match="does not answer"):
        model(chat, tmp_path).predict(["a"])


def test_a_text_that_is_refused_is_undecided_and_counted_apart(chat: Chat, tmp_path: Path) -> None:
    chat.refusals = {"bad": "blocked by the content filter"}
    asked = model(chat, tmp_path)
    found = asked.predict(["bad a", "b", "bad c"])
    assert found[:, 1].tolist() == pytest.approx([0.5, 0.1, 0.5])
    usage = asked.usage(["bad a", "b", "bad c"])
    assert (usage["refused"], usage["unreadable"]) == (2, 0)
    again = model(chat, tmp_path)
    assert again.predict(["bad a", "b"]).tolist() == found[:2].tolist()
    assert len(chat.asked) == 3


@pytest.mark.parametrize("texts", [["bad"], ["bad a", "bad b", "bad c", "good"]])
def test_where_the_first_texts_are_all_refused_the_input_is_wrong(
    chat: Chat, tmp_path: Path, texts: list[str]
) -> None:
    chat.refusals = {"bad": "no such\nmodel: large"}
    with pytest.raises(InputError, match=r"answers 400 \(no such model: large\): check"):
        model(chat, tmp_path).predict(texts)
    assert len(chat.asked) == min(len(texts), 3)
    assert not list(tmp_path.iterdir())


def test_parameters_that_a_server_does_not_know_are_left_out(chat: Chat, tmp_path: Path) -> None:
    chat.unknown = ("max_tokens", "temperature")
    found = model(chat, tmp_path).predict(["a", "b", "c"])
    assert found[:, 1].tolist() == pytest.approx([0.1, 0.1, 0.1])
    assert chat.asked[-1]["max_completion_tokens"] == 200
    assert not {"max_tokens", "temperature"} & set(chat.asked[-1])
    assert len(chat.asked) == 5  # once without each of them


def test_what_a_server_says_of_a_key_does_not_show_it(chat: Chat, tmp_path: Path) -> None:
    chat.refusals = {"a": f"the key {KEY} may not ask this"}
    with pytest.raises(InputError, match="the key … may not ask this") as caught:
        model(chat, tmp_path).predict(["a"])
    assert KEY not in str(caught.value)
