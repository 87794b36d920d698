"""Texts with small talk around them."""

from pathlib import Path

import pytest

from mlproject.dataset.assemble import CorpusText, candidates
from mlproject.dataset.options import Cleaning
from mlproject.dataset.padding import SmallTalk
from mlproject.dataset.row import Candidate, Kind
from mlproject.dataset.select import select
from mlproject.errors import InputError
from mlproject.task import load
from tests.dataset.samples import asked, nothing_before, task

TALK = SmallTalk(["今天天气不错。", "第一次发帖"], 0.25)
EVERY = SmallTalk(["今天天气不错。"], 1)


def test_about_the_wanted_share_comes_once_more() -> None:
    found = [TALK.around(asked(number)) for number in range(2_000)]
    assert 420 < sum(row is not None for row in found) < 580


def test_a_padded_text_holds_the_text_and_a_sentence_before_or_behind() -> None:
    pairs = [(row, EVERY.around(row)) for row in map(asked, range(60))]
    before = [padded for row, padded in pairs if padded and padded.text.endswith(row.text)]
    behind = [padded for row, padded in pairs if padded and padded.text.startswith(row.text)]
    assert len(before) + len(behind) == 60
    assert min(len(before), len(behind)) > 15
    assert all("今天天气不错。" in row.text for row in before + behind)
    assert 15 < sum("\n" in row.text for row in before + behind) < 45


def test_sentences_do_not_run_into_a_text_without_a_mark_at_its_end() -> None:
    texts = [EVERY.around(Candidate(str(n), "押金不退", "consultation", "q")) for n in range(20)]
    assert not any("押金不退今天" in row.text for row in texts if row)


def test_the_same_rows_are_padded_in_the_same_way_tomorrow() -> None:
    rows = [asked(number) for number in range(50)]
    assert [TALK.around(row) for row in rows] == [TALK.around(row) for row in rows]


def test_a_padded_text_stays_in_the_split_and_with_the_label_of_its_text(tmp_path: Path) -> None:
    from mlproject.dataset.columns import Columns

    wanted = task(near_duplicates=None)
    texts = [CorpusText(asked(n).text, "consultation", "q", "training") for n in range(200)]
    columns = Columns(tmp_path / "rows", wanted.labels)
    columns.fill(candidates(wanted, (), texts, (), 0, EVERY))
    splits = select(wanted, columns, nothing_before, tmp_path).splits
    assert len(columns) == 400
    assert (splits[0::2] == splits[1::2]).all()
    assert len(set(splits.tolist())) == 3
    assert (columns.labels == columns.labels[0]).all()
    assert ((columns.kinds[1::2] & Kind.VARIANT) != 0).all()


def test_texts_that_are_only_tested_on_are_not_padded() -> None:
    texts = [CorpusText("公司拖欠工资怎么办？", "consultation", "q", "evaluation")]
    assert len(list(candidates(load("legal"), (), texts, (), 0, EVERY))) == 1


@pytest.mark.parametrize("content", [b"", b"\n \n", "天气".encode("gb18030")])
def test_a_file_without_sentences_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "talk.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"padding: .*talk\.txt"):
        SmallTalk.read(path, 0.1, Cleaning())


def test_sentences_are_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_text("ＯＫ,你好!\n\n", encoding="utf-8")
    padded = SmallTalk.read(path, 1, Cleaning()).around(asked(1))
    assert padded is not None
    assert "OK，你好！" in padded.text.replace("OK,", "OK，")
