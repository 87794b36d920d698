"""Bentos: the service, its model and its requirements as one thing that is served.

Stored in ``BENTOML_HOME``; ``MLPROJECT_HOME/bentos`` unless it is set.
"""

import hashlib
import logging
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from mlproject.errors import InputError
from mlproject.packaging.manifest import read
from mlproject.packaging.release import Release
from mlproject.settings import PACKAGE, Settings
from mlproject.task import Task

if TYPE_CHECKING:
    from bentoml import Bento

log = logging.getLogger(__name__)

BENTOFILE = PACKAGE.parent / "bentofile.yaml"
RELEASE = "release.yaml"


def store(settings: Settings) -> Path:
    """Where Bentos are."""
    return Path(os.environ.get("BENTOML_HOME") or settings.home / "bentos").resolve()


def use_store(settings: Settings) -> Path:
    """Point BentoML at the store; before its first use in a process."""
    home = store(settings)
    os.environ["BENTOML_HOME"] = str(home)
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    home.mkdir(parents=True, exist_ok=True)
    return home


def built(name: str, version: str, settings: Settings) -> str | None:
    """The tag of that version's Bento, if it is in the store."""
    folder = store(settings) / "bentos" / name / version
    return f"{name}:{version}" if (folder / "bento.yaml").is_file() else None


def stored(name: str, settings: Settings) -> list["Bento"]:
    """The model's Bentos, newest first."""
    use_store(settings)
    import bentoml

    found = [bento for bento in bentoml.list() if bento.tag.name == name]
    return sorted(found, key=lambda bento: bento.creation_time, reverse=True)


def read_release(path: Path) -> tuple[str, str]:
    """Registered name and version of a Bento's model."""
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    return str(facts["name"]), str(facts["version"])


def build(task: Task, release: Release, folder: Path, gate_passed: bool, settings: Settings) -> str:
    """Tag of the version's Bento. It is built again only when the model or the code changed.

    Raises:
        InputError: the requirements are missing.
    """
    use_store(settings)
    import bentoml

    recipe = yaml.safe_load(BENTOFILE.read_text(encoding="utf-8"))
    requirements = BENTOFILE.parent / recipe["python"]["requirements_txt"]
    if not requirements.is_file():
        raise InputError(f"{requirements} is missing: compile it from requirements/serve.in")
    labels = {
        "version": release.version,
        "gate": "passed" if gate_passed else "failed",
        "dataset": read(folder).dataset_id,
        "task": task.name,
        "model": release.model_sha256[:16],
        "code": _code_hash(requirements),
    }
    tag = f"{task.registered_model}:{release.version}"
    known = built(task.registered_model, release.version, settings)
    if known is not None and bentoml.get(tag).info.labels == labels:
        return tag
    if known is not None:
        bentoml.delete(tag)
    _put_model(tag, release, folder)
    with tempfile.TemporaryDirectory() as context:
        _stage(Path(context), requirements)
        bentoml.bentos.build(
            **recipe,
            name=task.registered_model,
            version=release.version,
            labels=labels,
            models=[tag],
            build_ctx=context,
        )
    log.info("built %s", tag)
    return tag


def _put_model(tag: str, release: Release, folder: Path) -> None:
    import bentoml
    from bentoml.exceptions import NotFound

    with suppress(NotFound):
        bentoml.models.delete(tag)
    with bentoml.models.create(tag, labels={"model": release.model_sha256[:16]}) as model:
        target = Path(model.path)
        for file in folder.iterdir():
            shutil.copyfile(file, target / file.name)
        facts = {"name": release.name, "version": release.version, "created": release.created}
        (target / RELEASE).write_text(yaml.safe_dump(facts), encoding="utf-8")


def _stage(context: Path, requirements: Path) -> None:
    """Copy what may go into a Bento, so that BentoML does not walk environments and state."""
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(PACKAGE, context / PACKAGE.name, ignore=ignored)
    (context / "requirements").mkdir()
    shutil.copyfile(requirements, context / "requirements" / requirements.name)


def _code_hash(requirements: Path) -> str:
    digest = hashlib.sha256(BENTOFILE.read_bytes() + requirements.read_bytes())
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in (".py", ".yaml", ".html") and path.is_file():
            digest.update(str(path.relative_to(PACKAGE)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]
