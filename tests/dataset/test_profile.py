"""The page of a data set."""

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from mlproject.dataset.profile import charts, cloud, page
from mlproject.dataset.profile.sample import sample
from mlproject.dataset.profile.words import frequencies, grams, telling, words
from mlproject.dataset.row import Candidate

from .samples import Build, mixed

VOID = {"meta", "img", "br", "rect"}


class Balanced(HTMLParser):
    """Raises where a tag is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID - {"rect"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def folder(make: Build) -> Path:
    rows = mixed(80)
    return make(rows, near_duplicates=None, noise={"examine": 500}, profile=True).folder


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(folder: Path) -> None:
    text = (folder / page.NAME).read_text("utf-8")
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert re.findall(r'(?:src|href)="(?!data:)', text) == []
    assert "<script" not in text
    assert len(re.findall('src="data:image/png;base64,', text)) == 2


@pytest.mark.parametrize(
    "heading",
    ["Rows by label and split", "Rows by source and split", "Length in characters", "Left out",
     "What gives the label away", "Label noise", "Words", "Example rows: other"],
)  # fmt: skip
def test_every_part_is_there(folder: Path, heading: str) -> None:
    assert f"<h2>{heading}</h2>" in (folder / page.NAME).read_text("utf-8")


def test_each_label_has_its_word_cloud_beside_the_page(folder: Path) -> None:
    for label in ("other", "consultation"):
        assert (folder / f"cloud-{label}.png").read_bytes().startswith(b"\x89PNG")


def test_texts_cannot_put_markup_into_the_page(make: Build) -> None:
    nasty = Candidate("x", '押金不退"><svg onload=1>', "other", "<i>s</i>")
    folder = make([nasty, *mixed(30)], near_duplicates=None, profile=True).folder
    text = (folder / page.NAME).read_text("utf-8")
    assert "<i>s" not in text
    assert "<svg onload" not in text
    assert "&lt;i&gt;s&lt;/i&gt;" in text


def test_the_same_data_set_has_the_same_page(folder: Path) -> None:
    before = (folder / page.NAME).read_bytes()
    page.write(folder)
    assert (folder / page.NAME).read_bytes() == before


def test_a_small_label_is_read_whole_and_a_few_rows_are_shown(folder: Path) -> None:
    found = sample(folder, "other")
    lines = (folder / "other.jsonl").read_text("utf-8").splitlines()
    assert len(found.lengths) == len(found.rows) == len(lines)
    assert len(found.examples) == 6


def test_words_are_those_of_jieba_without_marks() -> None:
    assert words("公司拖欠工资，怎么办？[网址]") == ["公司", "拖欠工资", "", "怎么办", "", ""]


def test_the_telling_n_grams_of_a_label_are_its_own() -> None:
    asked, others = ["工资，拖欠"] * 20 + ["天气"] * 5, ["键盘不错"] * 20 + ["天气"] * 5
    found = telling({"a": grams(asked), "b": grams(others)}, {"a": 25, "b": 25})
    assert found["a"][0][0] in ("工资", "拖欠")
    assert found["b"][0][0] in ("键盘", "不错", "键盘 不错")
    assert "天气" not in {gram for gram, z, _ in found["a"] if z > 1}


def test_stop_words_and_single_characters_are_not_in_the_cloud() -> None:
    assert frequencies(["我们的公司", "公司"]) == Counter({"公司": 2})


def test_a_font_with_chinese_characters_is_found() -> None:
    assert Path(cloud.font()).is_file()


def test_two_chinese_words_look_different_in_the_cloud() -> None:
    """Without a fitting font every character would be the same box."""
    assert cloud.draw({"押金": 5}, "a") != cloud.draw({"工资": 5}, "a")


@pytest.fixture
def no_system_font(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A machine whose font folder is empty."""
    folder, config = tmp_path / "fonts", tmp_path / "fonts.conf"
    folder.mkdir()
    config.write_text(f"<fontconfig><dir>{folder}</dir></fontconfig>", "utf-8")
    monkeypatch.setenv("FONTCONFIG_FILE", str(config))
    monkeypatch.delenv("WORDCLOUD_FONT", raising=False)
    monkeypatch.setattr(cloud, "FILES", ())
    cloud.font.cache_clear()
    yield
    cloud.font.cache_clear()


@pytest.mark.usefixtures("no_system_font")
def test_without_a_system_font_the_one_of_a_package_is_taken() -> None:
    assert "site-packages" in cloud.font()
    assert cloud.draw({"押金": 5}, "a") != cloud.draw({"这们": 5}, "a") != b""


@pytest.mark.usefixtures("no_system_font")
def test_the_font_of_the_package_has_every_character_of_gb_2312() -> None:
    font = ImageFont.truetype(cloud.font(), 24)
    box = bytes(font.getmask("\U0010ffff"))
    rows, cells = range(0xB0, 0xF8), range(0xA1, 0xFF)
    signs = (bytes([row, cell]).decode("gb2312", "ignore") for row in rows for cell in cells)
    assert [sign for sign in signs if sign and bytes(font.getmask(sign)) == box] == []


@pytest.mark.usefixtures("no_system_font")
def test_without_any_font_the_page_says_that_it_has_no_clouds(
    make: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud, "PACKAGES", ())
    folder = make(mixed(40), near_duplicates=None, profile=True).folder
    text = (folder / page.NAME).read_text("utf-8")
    assert "No word clouds: no font with Chinese characters here." in text
    assert "<img" not in text
    assert list(folder.glob("cloud-*")) == []


def test_a_histogram_of_equal_lengths_can_be_drawn() -> None:
    assert "<svg" in charts.histogram(
        {"a": np.array([5, 5], np.int32), "b": np.array([], np.int32)}
    )
