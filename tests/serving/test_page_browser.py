"""The page in Chromium: what people see, on a phone too."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mlproject.serving.inference import Inference
from mlproject.serving.live import LiveModel
from mlproject.settings import Settings
from tests.serving.conftest import TWO, Site

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PHONE = {"width": 360, "height": 740}
TEXT = "公司拖欠工资三个月了，老板一直说没钱，我该怎么办？"
KEY = "a key of twenty characters"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield found
        found.close()


def open_page(browser: Browser, url: str, language: str = "en") -> Page:
    page = browser.new_page(viewport=PHONE, locale=language)  # type: ignore[arg-type]
    page.set_default_timeout(20_000)
    page.goto(f"{url}/ui")
    return page


def test_it_answers_and_shows_the_words_that_mattered(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    page = open_page(browser, site.start(Settings()))
    page.get_by_role("textbox").fill(TEXT)
    page.get_by_role("button", name="Classify").click()
    expect(page.locator("#why mark").first).to_be_visible()
    assert page.locator("#why > div").inner_text() == TEXT
    expect(page.locator("#version")).to_contain_text("model version 3")
    page.screenshot(path=tmp_path / "phone.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_it_speaks_chinese(browser: Browser, site: Site) -> None:
    page = open_page(browser, site.start(Settings()), "zh-CN")
    page.get_by_role("button", name="判断").click()
    expect(page.get_by_role("alert")).to_have_text("请先输入文字。")
    page.get_by_role("textbox").fill("长" * 500)
    page.get_by_role("button", name="判断").click()
    expect(page.locator("#short")).to_contain_text("只读了开头部分")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#short")).to_contain_text("Only its beginning")


def test_it_asks_for_a_key_where_one_is_needed(browser: Browser, site: Site) -> None:
    page = open_page(browser, site.start(Settings(service_keys=KEY)))
    page.get_by_role("textbox", name="Text").fill(TEXT)
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_role("alert")).to_contain_text("asks for an API key")
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Classify").click()
    expect(page.locator("#answer")).to_be_visible()


def test_it_says_what_went_wrong(browser: Browser, site: Site) -> None:
    page = open_page(browser, site.start(Settings()))
    page.get_by_role("textbox").fill("字" * 400_000)
    page.get_by_role("textbox").evaluate("(box, text) => { box.value = text; }", "字" * 400_000)
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_role("alert")).to_contain_text("too long")
    site.stop()
    page.get_by_role("textbox").fill(TEXT)
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")


def test_an_example_fills_the_box_and_is_answered(browser: Browser, site: Site) -> None:
    page = open_page(browser, site.start(Settings()))
    example = page.locator("#examples button").first
    text = example.get_attribute("title")
    assert text
    example.click()
    expect(page.get_by_role("textbox")).to_have_value(text)
    expect(page.locator("#answer h2")).to_be_visible()


def test_every_label_has_a_bar_as_long_as_its_probability(browser: Browser, site: Site) -> None:
    url = site.start(Settings())
    body = {"texts": [TEXT]}
    (result,) = requests.post(f"{url}/classify", json=body, timeout=20).json()["results"]
    page = open_page(browser, url)
    page.get_by_role("textbox").fill(TEXT)
    page.get_by_role("button", name="Classify").click()
    expect(page.locator(".bar")).to_have_count(2)
    shown = page.locator(".bar dt span:last-child").all_inner_texts()
    values = sorted(result["probabilities"].values(), reverse=True)
    assert shown == [f"{100 * value:.1f} %" for value in values]
    widths = [
        bar.evaluate("bar => parseFloat(bar.style.width)") for bar in page.locator(".bar i").all()
    ]
    assert widths == pytest.approx([max(1, 100 * value) for value in values], abs=0.1)


def test_the_word_that_decides_is_marked_most(browser: Browser, site: Site) -> None:
    page = open_page(browser, site.start(Settings()))
    page.get_by_role("textbox").fill(TEXT)
    page.get_by_role("button", name="Classify").click()
    expect(page.locator("#why mark").first).to_be_visible()
    marks = [
        (mark.inner_text(), abs(float(re.sub(r"[^0-9.]", "", str(mark.get_attribute("title"))))))
        for mark in page.locator("#why mark").all()
    ]
    words = page.evaluate("text => pieces(text)", TEXT)
    without = [TEXT.replace(word, "", 1) for word in words]
    assert "".join(words) == TEXT
    answers = site.ask([TEXT, *without])
    label = answers[0]["label"]
    full, *less = [answer["probabilities"][label] for answer in answers]
    moved = {word: 100 * abs(full - each) for word, each in zip(words, less, strict=True)}
    word, most = max(marks, key=lambda mark: mark[1])
    assert word == max(moved, key=lambda word: moved[word])
    assert most == pytest.approx(max(moved.values()), abs=0.06)


def test_it_says_when_to_come_again(browser: Browser, site: Site, live: LiveModel) -> None:
    crowded = Inference(live, TWO, max_texts=1)
    page = open_page(browser, site.start(Settings(), crowded))
    crowded.submit([TEXT] * 20_000, wait=True)
    page.get_by_role("textbox").fill(TEXT)
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_role("alert")).to_contain_text("The service is busy. Try again in ")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("alert")).to_contain_text("服务繁忙，请在")
    crowded.close()


def test_a_text_that_nobody_sees_is_no_text(browser: Browser, site: Site) -> None:
    page = open_page(browser, site.start(Settings()))
    page.get_by_role("textbox").fill("\u200b\u200d")
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_role("alert")).to_have_text("Type a text first.")
