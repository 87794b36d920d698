"""What people do: retrain from Airflow's page, read the run in MLflow, ask the page."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect, sync_playwright

from tests.end_to_end.stack_under_test import StackUnderTest

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MINUTE = 60_000  # milliseconds
SEED = "21"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en")
        page.set_default_timeout(MINUTE / 2)
        yield page
        browser.close()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots go; SCREENSHOTS of the caller, to keep them."""
    kept = os.environ.get("SCREENSHOTS")
    return Path(kept) if kept else tmp_path_factory.mktemp("screenshots")


def submitted_run(stack: StackUnderTest) -> str:
    """Where MLflow has the run that was submitted: the one with its seed."""
    base = stack.address("MLFLOW") + "/api/2.0/mlflow"
    experiment = requests.get(
        f"{base}/experiments/get-by-name", params={"experiment_name": "legal"}, timeout=10
    ).json()["experiment"]["experiment_id"]
    found = requests.post(
        f"{base}/runs/search",
        json={"experiment_ids": [experiment], "filter": f"params.seed = '{SEED}'"},
        timeout=10,
    ).json()["runs"]
    assert len(found) == 1
    return f"{experiment}/runs/{found[0]['info']['run_id']}"


def test_retrain_is_filled_in_submitted_and_succeeds(
    page: Page, stack: StackUnderTest, seen: Path
) -> None:
    page.goto(stack.address("AIRFLOW"))
    page.locator("input[name=username]").fill("admin")
    page.locator("input[name=password]").fill(stack.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/$"))

    page.goto(stack.address("AIRFLOW") + "/dags/retrain")
    page.get_by_role("button", name="Trigger").first.click()
    page.get_by_role("button", name="Model", exact=True).click()
    page.locator("#element_base_model").fill("tiny")
    page.get_by_role("button", name="Training", exact=True).click()
    page.locator("input[name=element_seed]").fill(SEED)
    page.locator("input[name=element_seed]").blur()
    page.screenshot(path=seen / "airflow-form.png")
    page.get_by_role("dialog").get_by_role("button", name="Trigger").last.click()

    page.wait_for_url(re.compile(r"/dags/retrain/runs/"), timeout=MINUTE)
    # The run and its eight tasks.
    expect(page.get_by_text("Success", exact=True)).to_have_count(9, timeout=8 * MINUTE)
    page.screenshot(path=seen / "airflow-run.png")


def test_the_run_is_in_mlflow_with_its_metrics(
    page: Page, stack: StackUnderTest, seen: Path
) -> None:
    page.goto(f"{stack.address('MLFLOW')}/#/experiments/{submitted_run(stack)}")
    for metric in ("test.f1", "in_domain.f1", "validation.f1"):
        page.get_by_placeholder("Search metrics").fill(metric)  # of some hundreds
        expect(page.get_by_text(metric, exact=True)).to_be_visible(timeout=MINUTE)
    expect(page.get_by_text("legal-classifier")).to_be_visible()
    page.get_by_role("button", name="Model training").click()
    page.goto(f"{stack.address('MLFLOW')}/#/experiments/{submitted_run(stack)}/model-metrics")
    page.get_by_role("button", name="Close").click()  # the assistant beside the run
    page.get_by_placeholder("Search metric charts").fill("train_loss")
    expect(page.get_by_text("train_loss", exact=True).first).to_be_visible(timeout=MINUTE)
    expect(page.locator("canvas, svg.main-svg").first).to_be_visible(timeout=MINUTE)
    page.screenshot(path=seen / "mlflow-run.png")


def test_the_page_answers(page: Page, stack: StackUnderTest, seen: Path) -> None:
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url))
    page.goto(stack.address("SERVICE") + "/ui")
    page.get_by_role("textbox").fill("公司拖欠工资三个月了，老板一直说没钱，我该怎么办？")
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_text("consultation").first).to_be_visible()
    page.screenshot(path=seen / "page.png")
    assert {url.split("/")[2] for url in outside} == {f"127.0.0.1:{stack.ports['SERVICE']}"}
