"""From stored rows to the rows of a data set."""

from datetime import UTC, datetime, timedelta

from mlproject.dataset.assemble import CorpusText, ReviewedPost, Topic, assemble
from mlproject.dataset.split import of_group
from mlproject.dataset.text import content_hash
from mlproject.task import load

TASK = load("legal")
START = datetime(2024, 1, 1, tzinfo=UTC)


def review(number: int, label: str = "other", role: str = "training") -> ReviewedPost:
    topic = Topic("v2ex.com", number, f"标题{number}", "正文")
    return ReviewedPost(topic, label, "somebody", role, START + timedelta(days=number))


def test_the_newest_fifth_of_the_reviewed_posts_is_held_back() -> None:
    rows = assemble(TASK, [], [review(number) for number in range(10)], [])
    held = {row.id for row in rows if row.split == "in_domain"}
    assert held == {"v2ex.com-9", "v2ex.com-8"}


def test_evaluation_reviews_are_never_trained_on() -> None:
    rows = assemble(TASK, [], [review(number, role="evaluation") for number in range(4)], [])
    assert {row.split for row in rows} == {"in_domain"}


def test_a_borderline_post_is_left_out_and_is_no_negative_either() -> None:
    said = review(7, label="borderline")
    assert assemble(TASK, [], [said], [said.topic]) == []


def test_a_text_that_is_tested_on_is_not_trained_on_from_another_source() -> None:
    held = review(1, label="consultation", role="evaluation")
    copy = CorpusText("标题1\n正文", "consultation", "questions", "training")
    crawled = Topic("v2ex.com", 99, "标题1", "正文")
    rows = assemble(TASK, [copy], [held], [crawled])
    assert [(row.id, row.split) for row in rows] == [("v2ex.com-1", "in_domain")]


def test_the_title_of_a_reviewed_post_is_no_negative_of_its_own() -> None:
    held = review(1, label="consultation", role="evaluation")
    again = Topic("v2ex.com", 99, "标题1", "别的正文")
    texts = {row.text for row in assemble(TASK, [], [held], [again])}
    assert "标题1" not in texts


def test_a_title_goes_to_the_split_of_its_post() -> None:
    topics = [Topic("v2ex.com", number, f"标题{number}", "正文") for number in range(50)]
    rows = {row.id: row for row in assemble(TASK, [], [], topics)}
    assert len(rows) == 100
    for name, row in rows.items():
        assert row.split == rows[name.removesuffix("-title")].split


def test_no_group_is_in_two_splits() -> None:
    topics = [Topic("v2ex.com", number, f"标题{number % 7}", "正文") for number in range(30)]
    groups = [row.group for row in assemble(TASK, [], [], topics)]
    assert len(groups) == len(set(groups))


def test_a_corpus_text_is_split_by_its_hash() -> None:
    (row,) = assemble(TASK, [CorpusText("老板不给钱", "consultation", "q", "training")], [], [])
    assert row.split == of_group(content_hash("老板不给钱"))


def test_the_order_of_the_input_changes_nothing() -> None:
    topics = [Topic("v2ex.com", number, f"标题{number}", "正文") for number in range(20)]
    texts = [CorpusText(f"问题{number}", "consultation", "q", "training") for number in range(20)]
    assert assemble(TASK, texts, [], topics) == assemble(TASK, texts[::-1], [], topics[::-1])
