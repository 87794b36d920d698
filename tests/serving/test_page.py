"""The page as a file; the end-to-end tests drive it in a browser."""

import json
import re

from starlette.testclient import TestClient

from mlproject.serving import page
from mlproject.serving.live import LiveModel


def test_it_loads_nothing_from_elsewhere(client: TestClient) -> None:
    answer = client.get("/ui")
    assert answer.status_code == 200
    addresses = set(re.findall(r"https?://[^\s'\"]+", answer.text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_it_knows_the_task(client: TestClient) -> None:
    (setup,) = re.findall(r"const setup = (\{.*\});", client.get("/ui").text)
    values = json.loads(setup)
    assert values["labels"] == ["other", "consultation"]
    assert "借钱" in values["examples"]


def test_a_task_of_somebody_s_own_has_no_examples(live: LiveModel) -> None:
    assert live.current is not None
    manifest = live.current.manifest.model_copy(update={"task": "</script>"})
    text = page.render(manifest)
    assert '"examples": []' in text
    assert "\\u003c/script>" in text


def test_both_languages_have_the_same_words() -> None:
    words = page.FILE.read_text(encoding="utf-8").split("const WORDS = ")[1].split("};")[0]
    english, chinese = words.split("\n  zh: {")
    keys = [re.findall(r"\b(\w+): (?=[\"v({\w])", part) for part in (english, chinese)]
    assert {"classify", "empty", "unreachable", "labels"} <= set(keys[1])
    assert set(keys[0]) - {"en"} == set(keys[1])


def test_the_index_is_the_page(client: TestClient) -> None:
    answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "ui")
