"""The page in Chromium: what people see, on a phone too."""

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mlproject.serving.app import create
from mlproject.serving.inference import Inference
from mlproject.serving.live import LiveModel
from mlproject.settings import Settings
from tests.model_fixtures import free_port

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


class Site:
    """The application on a port, with the settings of a test."""

    def __init__(self, live: LiveModel, inference: Inference) -> None:
        self._live = live
        self._inference = inference
        self._servers: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(self, settings: Settings) -> str:
        port = free_port()
        app = create(self._live, self._inference, settings)
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        self._servers.append((server, thread))
        return f"http://127.0.0.1:{port}/ui"

    def stop(self) -> None:
        while self._servers:
            server, thread = self._servers.pop()
            server.should_exit = True
            thread.join(20)


@pytest.fixture
def site(live: LiveModel, inference: Inference) -> Iterator[Site]:
    found = Site(live, inference)
    yield found
    found.stop()


def open_page(browser: Browser, url: str, language: str = "en") -> Page:
    page = browser.new_page(viewport=PHONE, locale=language)  # type: ignore[arg-type]
    page.set_default_timeout(20_000)
    page.goto(url)
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
