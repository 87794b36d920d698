"""The main job on a slice of the real data, where that folder is beside the project."""

import gzip
import itertools
import json
import re
import shutil
from collections.abc import Iterator

import pytest
import requests

from tests.end_to_end.stack_under_test import REPOSITORY, StackUnderTest

DATA = REPOSITORY.parent / "shared" / "data"
SLICES = {
    "legal_questions.jsonl.gz": 3000,
    "hard_negatives.jsonl.gz": 4000,
    "v2ex_topics.jsonl.gz": 6000,
}
TOPICS = 2000
EPOCHS = 2  # not the ten that so few texts would be read: a minute each
CONSULTATIONS = (
    "我的车在小区停车位上被撞肇事车跑了，物业说监控坏了，我该怎么办？",
    "公司拖欠工资三个月不发，我该怎么要回来？",
)

pytestmark = [
    pytest.mark.skipif(
        not DATA.is_dir(),
        reason=f"the real data is not at {DATA}: pass DATA=FOLDER to make demo instead",
    ),
    pytest.mark.timeout(1200),  # the first test waits for the whole demo
]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StackUnderTest, str]]:
    folder = tmp_path_factory.mktemp("data")
    for name, rows in SLICES.items():
        with gzip.open(DATA / name, "rb") as whole, gzip.open(folder / name, "wb", 1) as part:
            part.writelines(itertools.islice(whole, rows))
    for name in ("labelled_posts.jsonl", "labelled_posts_train.jsonl"):
        shutil.copy(DATA / name, folder / name)
    stack = StackUnderTest(tmp_path_factory.mktemp("real"))
    try:
        given = ["--data", str(folder), "--topics", str(TOPICS), "--epochs", str(EPOCHS)]
        done = stack.order("demo", *given)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        yield stack, done.stdout
    finally:
        stack.order("purge")


def test_the_metrics_on_the_labelled_posts_are_printed(real: tuple[StackUnderTest, str]) -> None:
    assert re.search(r"in_domain: labelled-posts +(\d\.\d{3} +){4}\d\.\d{3}", real[1])


def test_the_topics_of_the_stand_in_were_crawled(real: tuple[StackUnderTest, str]) -> None:
    # At a full ten minutes the scheduled crawl takes its part of them.
    found = real[0].home.glob("steps/crawl_v2ex/*/crawl/result.json")
    crawled = [json.loads(path.read_text()) for path in found]
    # Those that the reviews brought along are changed by the crawl, which knows their nodes.
    assert sum(one["topics_new"] + one["topics_changed"] for one in crawled) == TOPICS
    assert all(one["done"] for one in crawled)


def test_consultations_are_answered_1_and_borrowing_money_0(
    real: tuple[StackUnderTest, str],
) -> None:
    answers = {}
    for text in (*CONSULTATIONS, "借钱"):
        url = real[0].address("SERVICE") + "/predict"
        answers[text] = requests.post(url, json={"content": text}, timeout=10).json()["is_lawer"]
    assert answers == {CONSULTATIONS[0]: 1, CONSULTATIONS[1]: 1, "借钱": 0}
