"""From candidates to a data-set folder."""

import hashlib
import json
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from mlproject.dataset.assemble import CUT, VARIANT
from mlproject.dataset.build import Built
from mlproject.dataset.read import load
from mlproject.dataset.row import Candidate, Kind
from mlproject.errors import InputError

from .samples import Build, after, asked, labelled, mixed, other

ROWS = [asked(number) for number in range(60)] + [other(number) for number in range(60)]
SENTENCE = "我在一家公司上班三年，老板拖欠工资两个月，还说要辞退我，请问可以要求赔偿吗？"


def rows_of(built: Built) -> list[dict[str, Any]]:
    return [
        json.loads(line) | {"label": label}
        for label in built.manifest["labels"]
        for line in (built.folder / f"{label}.jsonl").read_text("utf-8").splitlines()
    ]


def split_of(built: Built) -> dict[str, str]:
    return {row["text"]: row["split"] for row in rows_of(built)}


def test_the_same_candidates_are_the_same_folder(make: Build) -> None:
    one, other_ = make(ROWS), make(ROWS)
    assert one.folder == other_.folder
    assert [path.name for path in one.folder.parent.iterdir()] == [one.folder.name]


def test_another_row_or_another_setting_is_another_folder(make: Build) -> None:
    folders = {make(ROWS).folder, make(ROWS[1:]).folder, make(ROWS, near_duplicates=0.7).folder}
    assert len(folders) == 3


def test_the_manifest_says_what_is_in_the_files(make: Build) -> None:
    built = make(ROWS)
    assert built.manifest["dataset_id"] == built.folder.name
    for name, entry in built.manifest["files"].items():
        data = (built.folder / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(data).hexdigest(), "rows": len(data.splitlines())}
    counted = sum(n for sources in built.manifest["counts"].values()
                  for cells in sources.values() for n in cells.values())  # fmt: skip
    assert (
        counted
        == len(rows_of(built))
        == built.manifest["candidates"] - sum(built.manifest["left_out"].values())
    )


def test_a_line_has_its_group_and_split(make: Build) -> None:
    for row in rows_of(make(ROWS)):
        assert list(row) == ["id", "text", "source", "split", "group", "label"]
        assert len(row["group"]) == 16


def test_of_the_same_text_the_first_is_kept_whatever_its_source_and_label(make: Build) -> None:
    again = [asked(900, SENTENCE), other(900, SENTENCE.replace("，", "，\n"), source="crawl")]
    built = make(ROWS + again)
    assert [row["id"] for row in rows_of(built) if row["id"].endswith("900")] == ["c900"]
    assert built.manifest["left_out"]["duplicate"] == 1


def test_a_near_duplicate_from_another_source_is_left_out(make: Build) -> None:
    near = [asked(900, SENTENCE), other(901, f"{SENTENCE}谢谢", source="crawl")]
    left = make(ROWS + near).manifest
    assert left["left_out"]["near_duplicate"] == 1
    assert left["label_conflicts"] == 1


def test_near_duplicates_stay_where_they_are_not_looked_for(make: Build) -> None:
    near = [asked(900, SENTENCE), asked(901, f"{SENTENCE}谢谢")]
    assert len(rows_of(make(ROWS + near, near_duplicates=None))) == len(ROWS) + 2


def test_no_group_and_no_near_duplicate_is_in_two_splits(make: Build) -> None:
    many = [*ROWS]
    for number in range(60, 200):
        many.append(other(number, author=f"s/{number % 15}", kind=Kind.TOPIC))
        many.append(other(number, f"标题{number}", author=f"s/{number % 15}",
                          kind=Kind.TOPIC | Kind.VARIANT))  # fmt: skip
    # Each is nearly the text of somebody else or of a corpus, so it would be in another split.
    near = [f"{SENTENCE}{'甲乙丙丁戊己庚辛壬癸'[number % 10] * 9}" for number in range(30)]
    for number, text in enumerate(near):
        many.append(asked(1000 + number, text))
        many.append(other(1000 + number, f"{text}谢", author=f"t/{number}", kind=Kind.TOPIC))
    built = make(many)
    splits: dict[str, set[str]] = defaultdict(set)
    for row in rows_of(built):
        splits[row["group"]].add(row["split"])
    assert {len(found) for found in splits.values()} == {1}
    assert len(splits) < len(rows_of(built)) - 100
    grams = [(row["split"], {row["text"][at : at + 3] for at in range(len(row["text"]) - 2)})
             for row in rows_of(built)]  # fmt: skip
    for (one, mine), (two, others) in combinations(grams, 2):
        assert one == two or len(mine & others) < 0.9 * len(mine | others)


def test_the_same_text_stays_in_its_split_when_data_grows(make: Build) -> None:
    first = make(ROWS)
    more = [asked(number) for number in range(200, 300)] + [other(n) for n in range(200, 300)]
    second = make(more + ROWS, after(first))
    before, now = split_of(first), split_of(second)
    assert len(now) > len(before)
    assert {text: now[text] for text in before if text in now} == {
        text: split for text, split in before.items() if text in now
    }


def test_a_near_duplicate_takes_over_the_split_of_the_text_it_stands_for(make: Build) -> None:
    """The new text comes first and is kept; the model may have learnt the old one."""
    for number in range(8):
        old, new = (
            f"{SENTENCE}{'甲乙丙丁戊己庚辛'[number] * 4}",
            f"{SENTENCE}{'甲乙丙丁戊己庚辛'[number] * 4}谢",
        )
        first = make([*ROWS, asked(900, old)])
        second = make([asked(901, new), *ROWS, asked(900, old)], after(first))
        assert split_of(second)[new] == split_of(first)[old]


def test_a_text_whose_author_becomes_known_does_not_change_its_split(make: Build) -> None:
    texts = [other(number) for number in range(400, 460)]
    first = make(ROWS + texts)
    told = [Candidate(row.id, row.text, row.label, row.source, "s/one") for row in texts]
    second = make(ROWS + told, after(first))
    before, now = split_of(first), split_of(second)
    assert all(now[text] == before[text] for text in now)
    assert len({now[row.text] for row in told if row.text in now}) == 1
    assert second.manifest["left_out"]["moved"] > 0


def test_a_text_that_is_tested_on_is_not_trained_on_from_another_source(make: Build) -> None:
    held = asked(900, SENTENCE, kind=Kind.REVIEWED | Kind.EVALUATION)
    copies = [asked(901, SENTENCE), other(902, f"{SENTENCE}！")]
    rows = rows_of(make([held, *ROWS, *copies]))
    assert [(row["id"], row["split"]) for row in rows if SENTENCE in row["text"]] == [
        ("c900", "in_domain")
    ]


def test_a_row_says_that_somebody_has_read_it(make: Build) -> None:
    built = make([asked(900, SENTENCE, kind=Kind.REVIEWED), *ROWS])
    examples = [row for split in load(built.folder).splits.values() for row in split]
    assert [row.id for row in examples if row.reviewed] == ["c900"]


def test_a_label_without_texts_stops_the_export(make: Build) -> None:
    with pytest.raises(InputError, match="'other' has no texts"):
        make([asked(1)])


def test_only_what_is_new_is_to_be_recorded(make: Build) -> None:
    first = make(ROWS)
    assert len(first.keys) == len(rows_of(first))
    assert len(make(ROWS, after(first)).keys) == 0


def test_nothing_is_left_behind_by_an_export_that_fails(make: Build, tmp_path: Path) -> None:
    def broken() -> Any:
        yield ROWS[0]
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        make(broken())
    assert list((tmp_path / "datasets").iterdir()) == []


def test_an_unread_post_under_the_wrong_label_is_listed_and_left_out(make: Build) -> None:
    said = "公司拖欠工资起诉赔偿"
    wrong = [labelled("wrong", n + 200, "other", said, kind=Kind.TOPIC) for n in range(8)]
    built = make(mixed(150) + wrong, near_duplicates=None, noise={"examine": 1000})
    lines = (built.folder / "suspects.jsonl").read_text("utf-8").splitlines()
    listed = [json.loads(line) for line in lines]
    found = {row["id"] for row in listed}
    in_training = {row["id"] for row in rows_of(built) if row["id"].startswith("wrong")}
    assert {row["suggested"] for row in listed if row["id"].startswith("wrong")} == {"consultation"}
    assert len([name for name in found if name.startswith("wrong")]) >= 4
    assert not found & in_training
    assert (
        built.manifest["left_out"]["suspect"] == len(listed) == built.manifest["noise"]["suspects"]
    )


def test_the_title_and_the_cut_of_a_suspect_are_left_out_with_it(make: Build) -> None:
    rows = mixed(150)
    for number in range(8):
        said = "公司拖欠工资起诉赔偿"
        post = labelled("wrong", number + 200, "other", said, kind=Kind.TOPIC, author=f"a{number}")
        rows += [
            post,
            post._replace(id=f"{post.id}-title", text=f"推荐键盘{number}", kind=VARIANT),
            post._replace(id=f"{post.id}-cut", text=f"显示器手感{number}", kind=CUT),
        ]
    built = make(rows, near_duplicates=None, noise={"examine": 1000})
    lines = (built.folder / "suspects.jsonl").read_text("utf-8").splitlines()
    posts = {row["id"] for row in map(json.loads, lines) if row["left_out"]}
    in_training = {row["id"] for row in rows_of(built)}
    assert len([name for name in posts if name.startswith("wrong")]) >= 4
    assert not in_training & {f"{name}-{variant}" for name in posts for variant in ("title", "cut")}
    left_out = {row.id for row in rows} - in_training
    assert built.manifest["left_out"]["suspect"] == len(left_out)


@pytest.mark.parametrize("kind", [Kind.REVIEWED, Kind.WHOLE], ids=["review", "corpus"])
def test_what_somebody_has_labelled_is_never_left_out_as_a_suspect(make: Build, kind: Kind) -> None:
    read = [labelled("read", n + 200, "other", "公司拖欠工资起诉赔偿", kind=kind) for n in range(8)]
    built = make(read + mixed(150), near_duplicates=None, noise={"examine": 1000})
    assert len([row for row in rows_of(built) if row["id"].startswith("read")]) == 8


def test_length_and_punctuation_are_judged(make: Build) -> None:
    many = [asked(n, f"{chr(0x4E00 + n * 5)}{chr(0x5000 + n)}怎么办？") for n in range(300)]
    many += [
        other(n, "".join(chr(0x6000 + (n * 13 + k * 7) % 900) for k in range(40)))
        for n in range(300)
    ]
    built = make(many)
    biases = built.manifest["biases"]
    for name in ("length", "punctuation"):
        assert biases[name]["roc_auc"] > 0.95
    tested = [row["label"] for row in rows_of(built) if row["split"] == "test"]
    assert biases["length"]["chance"] == round(tested.count("consultation") / len(tested), 4)
