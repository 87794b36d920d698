"""The verbs ``promote`` and ``rollback`` on a real MLflow server and a real Postgres."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from mlproject.errors import InputError
from mlproject.settings import Settings
from mlproject.steps import promote, register, rollback
from mlproject.store.connection import connect
from tests.model_fixtures import MakeModel, MlflowServer


class Candidates:
    """Versions of one registered model, and the moves of its champion."""

    def __init__(
        self,
        server: MlflowServer,
        settings: Settings,
        own_task: tuple[str, str],
        make_model: MakeModel,
        reports: Callable[[Path, bool], tuple[Path, Path]],
    ) -> None:
        self.client = MlflowClient(server.url)
        self.server, self.settings, self.reports = server, settings, reports
        self.task, self.name = own_task
        self.make_model = make_model

    def register(self, seed: int, passed: bool = True) -> str:
        folder = self.make_model(seed=seed, run_id=self.server.run())
        report, gate = self.reports(folder, passed)
        inputs = register.Inputs(task=self.task, model=folder, report=report, gate=gate)
        return str(register.run(inputs, self.settings)["version"])

    def promote(self, version: str, **more: str) -> dict[str, Any]:
        inputs = promote.Inputs(task=self.task, version=version, **more)
        return promote.run(inputs, self.settings)

    def rollback(self, version: str | None = None, **more: str) -> dict[str, Any]:
        inputs = rollback.Inputs(task=self.task, version=version, **more)
        return rollback.run(inputs, self.settings)

    def aliases(self) -> dict[str, str]:
        return dict(self.client.get_registered_model(self.name).aliases)

    def rows(self) -> list[tuple[Any, ...]]:
        with connect(self.settings) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT version, previous, action, by, reason, gate->>'passed' "
                "FROM deployment WHERE model = %s ORDER BY id",
                (self.name,),
            )
            return list(cursor.fetchall())


@pytest.fixture
def candidates(
    tracking: MlflowServer,
    database: Settings,
    own_task: tuple[str, str],
    make_model: MakeModel,
    reports: Callable[[Path, bool], tuple[Path, Path]],
) -> Candidates:
    return Candidates(tracking, database, own_task, make_model, reports)


def test_a_passed_version_becomes_the_champion(candidates: Candidates) -> None:
    version = candidates.register(1)
    assert candidates.promote(version) == {"champion": "1", "previous": None, "changed": True}
    assert candidates.aliases() == {"challenger": "1", "champion": "1"}
    row = ("1", None, "promote", "gate", "promote of version 1", "true")
    assert candidates.rows() == [row]


def test_the_champion_is_not_promoted_twice(candidates: Candidates) -> None:
    version = candidates.register(1)
    candidates.promote(version)
    assert candidates.promote(version) == {"champion": "1", "previous": None, "changed": False}
    assert len(candidates.rows()) == 1


def test_the_champion_before_is_kept_as_previous(candidates: Candidates) -> None:
    for seed in (1, 2):
        result = candidates.promote(candidates.register(seed), reason="better")
    assert result == {"champion": "2", "previous": "1", "changed": True}
    assert candidates.aliases() == {"challenger": "2", "champion": "2", "previous": "1"}
    assert candidates.rows()[1] == ("2", "1", "promote", "gate", "better", "true")


def test_the_gate_holds_a_version_back(candidates: Candidates) -> None:
    candidates.promote(candidates.register(1))
    version = candidates.register(2, passed=False)
    with pytest.raises(InputError, match=r"f1 0\.4 is below 0\.6"):
        candidates.promote(version)
    assert candidates.aliases() == {"challenger": "2", "champion": "1"}
    assert len(candidates.rows()) == 1


@pytest.mark.parametrize("nobody", ["", "  "])
def test_nobody_cannot_approve(candidates: Candidates, nobody: str) -> None:
    version = candidates.register(1, passed=False)
    with pytest.raises(InputError):
        candidates.promote(version, approved_by=nobody)


def test_a_named_person_can_approve(candidates: Candidates) -> None:
    version = candidates.register(1, passed=False)
    candidates.promote(version, approved_by="A. Reviewer", reason="seen by hand")
    row = ("1", None, "promote", "A. Reviewer", "seen by hand", "false")
    assert candidates.rows() == [row]


def test_a_rollback_goes_to_the_one_before(candidates: Candidates) -> None:
    for seed in (1, 2):
        candidates.promote(candidates.register(seed))
    result = candidates.rollback(by="A. Engineer", reason="too many alarms")
    assert result == {"champion": "1", "previous": "2", "changed": True}
    assert candidates.rows()[-1] == ("1", "2", "rollback", "A. Engineer", "too many alarms", "true")


def test_a_rollback_to_what_a_person_approved_needs_no_second_approval(
    candidates: Candidates,
) -> None:
    candidates.promote(candidates.register(1, passed=False), approved_by="A. Reviewer")
    candidates.promote(candidates.register(2))
    assert candidates.rollback()["champion"] == "1"


def test_a_rollback_does_not_walk_around_the_gate(candidates: Candidates) -> None:
    candidates.promote(candidates.register(1))
    version = candidates.register(2, passed=False)
    with pytest.raises(InputError, match="did not pass"):
        candidates.rollback(version)
    assert candidates.aliases()["champion"] == "1"


def test_without_a_version_before_there_is_no_rollback(candidates: Candidates) -> None:
    candidates.promote(candidates.register(1))
    with pytest.raises(InputError, match="previous"):
        candidates.rollback()


def test_a_damaged_gate_report_ends_with_2(candidates: Candidates, tmp_path: Path) -> None:
    candidates.promote(candidates.register(1))
    version = candidates.register(2)
    found = candidates.client.get_model_version(candidates.name, version)
    (tmp_path / "gate.json").write_text('{"passed": tr')
    place = str(found.source).split("/artifacts/", 1)[1]
    candidates.client.log_artifact(found.run_id, str(tmp_path / "gate.json"), place)
    with pytest.raises(InputError, match=r"gate\.json in the registry is damaged") as caught:
        candidates.promote(version)
    assert caught.value.exit_code == 2
    assert candidates.aliases()["champion"] == "1"


def test_an_unknown_version_is_refused(candidates: Candidates) -> None:
    candidates.register(1)
    with pytest.raises(InputError, match="'9'"):
        candidates.promote("9")
