"""From stored rows to candidates."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mlproject.dataset.assemble import CorpusText, ReviewedPost, Topic, candidates
from mlproject.dataset.row import Candidate, Kind
from mlproject.task import Task, load

TASK = load("legal")
START = datetime(2024, 1, 1, tzinfo=UTC)


def review(number: int, label: str = "other", role: str = "training") -> ReviewedPost:
    topic = Topic("v2ex.com", number, f"标题{number}", "正文")
    return ReviewedPost(topic, label, "somebody", role, START + timedelta(days=number))


def assembled(
    reviews: Sequence[ReviewedPost] = (),
    texts: Sequence[CorpusText] = (),
    topics: Sequence[Topic] = (),
    task: Task = TASK,
    number: int | None = None,
) -> list[Candidate]:
    count = len(topics) if number is None else number
    return list(candidates(task, reviews, texts, topics, count))


def test_a_borderline_post_is_left_out_and_is_no_negative_either() -> None:
    said = review(7, label="borderline")
    assert assembled([said], topics=[said.topic]) == []


def test_an_evaluation_post_is_marked() -> None:
    (row,) = assembled([review(1, role="evaluation")])
    assert row.kind == Kind.REVIEWED | Kind.EVALUATION


def test_a_post_labelled_by_its_id_is_marked() -> None:
    said = replace(review(1), reviewer="topic-labels")
    assert [row.kind for row in assembled([said])] == [Kind.REVIEWED | Kind.LABELLED]


def test_the_title_of_a_reviewed_post_is_no_negative_of_its_own() -> None:
    again = Topic("v2ex.com", 99, "标题1", "别的正文")
    texts = {row.text for row in assembled([review(1, label="consultation")], topics=[again])}
    assert "标题1" not in texts


def test_a_post_comes_with_its_title_and_a_cut_as_long_as_a_wanted_text() -> None:
    wanted = CorpusText("公司不给我结算工资怎么办呢？", "consultation", "q", "training")
    post = Topic(
        "v2ex.com", 5, "新买的键盘", "手感不错。声音也好听。就是价格贵了一点点，还要等。", "me"
    )
    whole, title, cut = assembled(texts=[wanted], topics=[post])[1:]
    assert whole.text.startswith("新买的键盘\n手感不错")
    assert (title.text, title.source) == ("新买的键盘", "v2ex.com-title")
    assert (cut.text, cut.source) == ("新买的键盘\n手感不错。", "v2ex.com-cut")
    assert {row.author for row in (whole, title, cut)} == {"v2ex.com/me"}
    assert title.kind == Kind.TOPIC | Kind.VARIANT
    assert cut.kind == Kind.TOPIC | Kind.VARIANT | Kind.CUT


def test_titles_and_cuts_can_be_turned_off() -> None:
    assert TASK.topics is not None
    rule = TASK.topics.model_copy(update={"titles": False, "cuts": False})
    task = TASK.model_copy(update={"topics": rule})
    post = Topic("v2ex.com", 5, "标题", "正文" * 50)
    assert len(assembled(topics=[post], task=task)) == 1


def test_a_sample_of_topics_is_part_of_every_larger_sample() -> None:
    assert TASK.topics is not None
    topics = [Topic("v2ex.com", number, f"标题{number}", "") for number in range(3000)]
    chosen = []
    for most in (200, 1000):
        rule = TASK.topics.model_copy(update={"max_rows": most})
        task = TASK.model_copy(update={"topics": rule})
        chosen.append({row.id for row in assembled(topics=topics, task=task)})
    assert chosen[0] < chosen[1]
    assert 200 <= len(chosen[0]) < 600


def test_a_text_without_anything_readable_is_no_candidate() -> None:
    assert assembled(texts=[CorpusText(" \u200b\n", "other", "q", "training")]) == []
