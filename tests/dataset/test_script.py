"""Traditional Chinese read as Simplified."""

import pytest

from mlproject.dataset.clean import clean, clean_all
from mlproject.dataset.options import Cleaning
from mlproject.dataset.script import simplified

ON = Cleaning(simplified=True)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("房東不退押金，我該怎麼辦？", "房东不退押金，我该怎么办？"),
        ("頭髮、發現、皇后、後面", "头发、发现、皇后、后面"),
        ("著名的乾坤", "著名的乾坤"),
        ("房东不退押金", "房东不退押金"),
        ("deposit 🙂\ud800", "deposit 🙂\ud800"),
        ("", ""),
    ],
)
def test_characters_are_read_in_their_context(written: str, read: str) -> None:
    assert simplified(written) == read


def test_cleaning_keeps_the_script_unless_told_otherwise() -> None:
    assert clean("房東不退押金") == "房東不退押金"
    assert clean("房東不退押金", ON) == "房东不退押金"


def test_many_texts_are_read_as_each_by_itself() -> None:
    texts = ["<p>房東&nbsp;不退</p>", "房东不退", "公司沒簽 **合同**", "x" * 30_000 + "沒"]
    assert clean_all(texts, ON) == [clean(text, ON) for text in texts]


def test_a_lone_surrogate_stays_beside_what_is_read() -> None:
    assert simplified("房東\ud800沒") == "房东\ud800没"
