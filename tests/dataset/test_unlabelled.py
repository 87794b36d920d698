"""What is left out of training is still language: ``unlabelled.jsonl``."""

import hashlib
import json
from typing import Any

import pytest

from mlproject.dataset.build import Built
from mlproject.dataset.read import load, unlabelled
from mlproject.dataset.row import Kind
from mlproject.errors import InputError
from tests.dataset.samples import Build, asked, labelled, mixed, other

VARIANT = Kind.TOPIC | Kind.VARIANT
BALANCE: dict[str, Any] = {"per_class": 40}


def posts(number: int) -> list[Any]:
    """So many unread posts of a few authors, each with its title and its cut."""
    found = []
    for place in range(number):
        author = f"s/{place % 17}"
        text = f"第{place}个帖子{chr(0x4E00 + place * 7) * 3}\n{chr(0x5E00 + place * 3) * 30}"
        title, _, _ = text.partition("\n")
        found.append(other(place, text, author=author, kind=Kind.TOPIC))
        found.append(other(place, title, author=author, kind=VARIANT))
        found.append(other(place, text[:20], author=author, kind=VARIANT | Kind.CUT))
    return found


def rows(built: Built) -> list[dict[str, Any]]:
    text = (built.folder / "unlabelled.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def built(make: Build) -> Built:
    asks = [asked(number) for number in range(60)]
    return make([*asks, *posts(200)], near_duplicates=None, balance=BALANCE)


def test_what_balance_leaves_out_is_there_without_cuts(built: Built) -> None:
    texts = {row["text"] for row in rows(built)}
    labels = [row.text for split in load(built.folder).splits.values() for row in split]
    assert not texts & set(labels)
    assert len(texts) > 100
    assert any("\n" in text for text in texts)
    assert any("\n" not in text for text in texts)
    assert not {row.text for row in posts(200) if row.kind & Kind.CUT} & texts


def test_no_author_of_an_evaluation_split_is_there(make: Build) -> None:
    held = [
        other(900 + n, f"留作检验{n}", author=f"s/{n}", kind=Kind.REVIEWED | Kind.EVALUATION)
        for n in range(5)
    ]
    asks = [asked(number) for number in range(60)]
    found = make([*held, *asks, *posts(200)], near_duplicates=None, balance=BALANCE)
    by_text = {row.text: row.author for row in posts(200)}
    authors = {by_text[row["text"]] for row in rows(found) if row["text"] in by_text}
    assert len(authors) > 5
    assert not authors & {f"s/{n}" for n in range(5)}


def test_no_near_duplicate_of_what_is_tested_on_is_there(make: Build) -> None:
    said = "房东说好退押金却一拖再拖，到今天也没有退给我，电话不接微信不回，这种情况怎么办"
    held = asked(900, said, kind=Kind.REVIEWED | Kind.EVALUATION)
    near = [other(901, f"{said}呢"), other(902, said)]
    found = make([held, *near, *mixed(100)], balance={"per_class": 20})
    assert not [row for row in rows(found) if said in row["text"]]


def test_suspects_are_there_for_their_text(make: Build) -> None:
    said = "公司拖欠工资起诉赔偿"
    wrong = [labelled("wrong", n + 200, "other", said, kind=Kind.TOPIC) for n in range(8)]
    found = make(mixed(150) + wrong, near_duplicates=None, noise={"examine": 1000})
    assert len(rows(found)) == found.manifest["left_out"]["suspect"] > 0


def test_the_manifest_has_its_hash_and_the_reader_checks_it(built: Built) -> None:
    data = (built.folder / "unlabelled.jsonl").read_bytes()
    assert built.manifest["unlabelled"] == {
        "sha256": hashlib.sha256(data).hexdigest(),
        "rows": len(data.splitlines()),
    }
    dataset = load(built.folder)
    assert unlabelled(dataset) == [row["text"] for row in rows(built)]
    (built.folder / "unlabelled.jsonl").write_bytes(data + b"{}\n")
    with pytest.raises(InputError, match=r"unlabelled\.jsonl: sha256"):
        unlabelled(dataset)


def test_other_texts_left_out_are_another_data_set(make: Build) -> None:
    asks = [asked(number) for number in range(60)]
    one, two = (
        make([*asks, *posts(number)], near_duplicates=None, balance=BALANCE)
        for number in (200, 240)
    )
    assert one.folder != two.folder


def test_where_nothing_is_left_out_there_is_no_file(make: Build) -> None:
    found = make(mixed(30), near_duplicates=None)
    assert found.manifest["unlabelled"] is None
    assert not (found.folder / "unlabelled.jsonl").exists()
    assert unlabelled(load(found.folder)) == []
