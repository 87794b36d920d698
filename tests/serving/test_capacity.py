"""How much is done at a time."""

from pathlib import Path

import pytest

from mlproject.serving.capacity import BATCH_TOKENS, Capacity, cores
from mlproject.settings import Settings


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"threads": 2}, (2, 2, 1)),
        ({"threads": 16}, (16, 4, 4)),
        ({"threads": 4, "service_sessions": 1}, (4, 1, 4)),
        ({"threads": 1}, (1, 1, 1)),
    ],
)
def test_sessions_share_the_threads(given: dict[str, int], expected: tuple[int, int, int]) -> None:
    found = Capacity.of(Settings.model_validate(given))
    assert (found.threads, found.sessions, found.narrow) == expected


def test_a_batch_holds_as_many_tokens_as_the_setting_says() -> None:
    assert Capacity.of(Settings(service_batch_tokens=77)).batch_tokens == 77
    assert Capacity.of(Settings()).batch_tokens == BATCH_TOKENS


def test_workers_share_the_cores() -> None:
    assert Capacity.of(Settings(service_workers=1000)).threads == 1


@pytest.mark.parametrize(("quota", "expected"), [("100000 100000", 1), ("10000 100000", 1)])
def test_a_container_s_quota_counts(tmp_path: Path, quota: str, expected: int) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert cores(tmp_path / "cpu.max") == expected


@pytest.mark.parametrize("quota", ["max 100000", "nonsense", None])
def test_without_a_quota_the_machine_counts(tmp_path: Path, quota: str | None) -> None:
    if quota is not None:
        (tmp_path / "cpu.max").write_text(quota)
    assert cores(tmp_path / "cpu.max") == cores(tmp_path / "nowhere") >= 1
