"""The page in Chromium: what people see, on a phone too."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mlproject.settings import Settings
from tests.serving.conftest import Site

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
