"""The MLflow registry as the steps change it: versions with their files, and aliases."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlproject.errors import InputError, TryLaterError
from mlproject.packaging.manifest import NAME, Manifest, read
from mlproject.packaging.prune import prune
from mlproject.packaging.release import CHAMPION, REPORTS, Releases
from mlproject.settings import Settings
from mlproject.task import Task


def champion_folder(task: Task, settings: Settings) -> tuple[str, Path] | None:
    """Version and folder of the champion, fetched and checked; None when there is none.

    Raises:
        TryLaterError: MLflow does not answer.
        InputError: the champion's files are not what was registered.
    """
    releases = Releases.of_environment()
    release = releases.by_alias(task.registered_model, CHAMPION)
    if release is None:
        return None
    folder = releases.fetch(release, cache(settings))
    prune(cache(settings), release.name, (folder,))
    return release.version, folder


def cache(settings: Settings) -> Path:
    """Where versions that were fetched from the registry are kept."""
    return settings.home.resolve() / "registry"


class Registry:
    """MLflow's client, with errors of this project."""

    def __init__(self) -> None:
        Releases.of_environment()  # says what is wrong with the address
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
        from mlflow import MlflowClient

        self._client = MlflowClient(os.environ["MLFLOW_TRACKING_URI"])

    def register(self, task: Task, folder: Path, report: Path, gate: Path) -> str:
        """The version of the model folder: a new one, or the one that has the same model.

        Its files and reports become artifacts of the training's run; reports and tags of a
        version that is there already are brought up to date.

        Raises:
            InputError: the reports are not of this model, or its run is unknown to MLflow.
            TryLaterError: MLflow does not answer.
        """
        manifest = read(folder)
        reports = dict(zip(REPORTS, (_json(report), _json(gate)), strict=True))
        for name, values in reports.items():
            if values.get("model_sha256") != manifest.model_sha256:
                raise InputError(f"{name} is not a report of {folder.name}: evaluate it again")
        tags = _tags(manifest, reports["gate.json"])
        with _mlflow():
            known = self._same(task.registered_model, manifest.model_sha256)
            self._log(manifest, folder, reports, with_model=known is None)
            if known is not None:
                for key, value in tags.items():
                    self._client.set_model_version_tag(task.registered_model, known, key, value)
                return known
            return self._create(task, manifest, tags)

    def point(self, name: str, alias: str, version: str) -> None:
        """Set one alias."""
        with _mlflow():
            self._client.set_registered_model_alias(name, alias, version)

    def _same(self, name: str, model_sha256: str) -> str | None:
        found = self._client.search_model_versions(f"name = '{name}'", max_results=1000)
        versions = [v.version for v in found if v.tags.get("model_sha256") == model_sha256]
        return str(versions[0]) if versions else None

    def _log(
        self, manifest: Manifest, folder: Path, reports: dict[str, Any], with_model: bool
    ) -> None:
        place = _place(manifest)
        if with_model:
            for name in (*manifest.files, NAME):
                self._client.log_artifact(manifest.run_id, str(folder / name), place)
        for name, values in reports.items():
            self._client.log_dict(manifest.run_id, values, f"{place}/{name}")

    def _create(self, task: Task, manifest: Manifest, tags: dict[str, str]) -> str:
        name = task.registered_model
        if not self._client.search_registered_models(f"name = '{name}'"):
            self._client.create_registered_model(name, description=task.title)
        run = self._client.get_run(manifest.run_id)
        version = self._client.create_model_version(
            name,
            source=f"{run.info.artifact_uri}/{_place(manifest)}",
            run_id=manifest.run_id,
            tags=tags,
            description=_description(manifest, tags),
        )
        return str(version.version)


def _place(manifest: Manifest) -> str:
    return f"model/{manifest.model_sha256[:16]}"


def _tags(manifest: Manifest, gate: dict[str, Any]) -> dict[str, str]:
    if not isinstance(gate.get("passed"), bool):
        raise InputError("gate.json: passed must be true or false; give the file that gate wrote")
    return {
        "task": manifest.task,
        "base_model": manifest.base_model,
        "dataset_id": manifest.dataset_id,
        "model_sha256": manifest.model_sha256,
        "tokenizer_sha256": manifest.files["tokenizer.json"],
        "gate_passed": str(gate["passed"]).lower(),
    }


def _description(manifest: Manifest, tags: dict[str, str]) -> str:
    verdict = "passed" if tags["gate_passed"] == "true" else "did not pass"
    return (
        f"{manifest.base_model} on data set {manifest.dataset_id}, labels "
        f"{', '.join(manifest.labels)}; {verdict} the gate; {_form(manifest)} differs from PyTorch "
        f"by at most {_difference(manifest):.1e} on {manifest.parity.texts} texts."
    )


def _form(manifest: Manifest) -> str:
    return "fp32" if manifest.conversion is None else manifest.conversion.served


def _difference(manifest: Manifest) -> float:
    found = manifest.conversion and manifest.conversion.rows[manifest.conversion.served].fidelity
    return found.max_difference if found else manifest.parity.max_difference


def _json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as JSON: {error}") from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: must be a JSON object")
    return values


@contextmanager
def _mlflow() -> Iterator[None]:
    """MLflow's errors as this project's."""
    from mlflow.exceptions import MlflowException
    from requests import RequestException

    try:
        yield
    except RequestException as error:
        raise TryLaterError(f"MLflow does not answer ({type(error).__name__})") from None
    except MlflowException as error:
        line = " ".join(str(error).split())[:300]
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise InputError(f"MLflow refuses: {line}") from None
        raise TryLaterError(f"MLflow fails: {line}") from None
