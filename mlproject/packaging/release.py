"""Versions in the MLflow registry, read over its REST API.

MLflow's own client takes seconds and 130 MB to import; what serves a model asks the registry every
few seconds and needs none of it.
"""

import json
import logging
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from mlproject.errors import InputError, TryLaterError
from mlproject.packaging.manifest import NAME, parse, read

log = logging.getLogger(__name__)

CHAMPION = "champion"  # served
CHALLENGER = "challenger"  # the latest candidate
PREVIOUS = "previous"  # the champion before

TIMEOUT = (3.0, 30.0)  # seconds: to connect, between two bytes
CHUNK = 1 << 20
REPORTS = ("evaluation.json", "gate.json")
MISSING = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"})


@dataclass(frozen=True)
class Release:
    """One version of a registered model."""

    name: str
    version: str
    run_id: str
    source: str  # where its files are: mlflow-artifacts:/…
    model_sha256: str
    created: float  # Unix seconds
    tags: tuple[tuple[str, str], ...]


class Releases:
    """The registry behind ``MLFLOW_TRACKING_URI``."""

    def __init__(self, uri: str) -> None:
        self._uri = uri.rstrip("/")
        self._session = requests.Session()
        retry = Retry(total=2, backoff_factor=0.2, status_forcelist=(502, 503, 504))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))
        token = os.environ.get("MLFLOW_TRACKING_TOKEN")
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"
        elif os.environ.get("MLFLOW_TRACKING_USERNAME"):
            self._session.auth = (
                os.environ["MLFLOW_TRACKING_USERNAME"],
                os.environ.get("MLFLOW_TRACKING_PASSWORD", ""),
            )

    @classmethod
    def of_environment(cls) -> "Releases":
        """
        Raises:
            InputError: MLFLOW_TRACKING_URI is not the address of a server.
        """
        uri = os.environ.get("MLFLOW_TRACKING_URI", "")
        if not uri.startswith(("http://", "https://")):
            raise InputError(f"MLFLOW_TRACKING_URI {uri!r}: give the server's address, http://…")
        return cls(uri)

    def by_alias(self, name: str, alias: str) -> Release | None:
        """The version that the alias names; None when there is no such model or alias."""
        return self._version("registered-models/alias", name=name, alias=alias)

    def by_version(self, name: str, version: str) -> Release:
        """
        Raises:
            InputError: there is no such version.
        """
        release = self._version("model-versions/get", name=name, version=version)
        if release is None:
            raise InputError(f"version {version!r} of {name!r} is not in the registry")
        return release

    def report(self, release: Release, file: str) -> dict[str, Any]:
        """A JSON file of the version: ``evaluation.json``, ``gate.json`` or its manifest.

        Raises:
            InputError: what the registry holds is no JSON object.
        """
        with self._open(release, file) as answer:
            try:
                values = json.loads(answer.content)
            except requests.RequestException as error:
                raise self._unreachable(error) from None
            except ValueError:
                values = None
        if not isinstance(values, dict):
            raise InputError(
                f"{release.name} {release.version}: its {file} in the registry is damaged (no JSON "
                "object); register the model again"
            )
        return values

    def fetch(self, release: Release, cache: Path) -> Path:
        """Every file of the version in a folder of ``cache``, hashes checked; fetched once.

        Raises:
            InputError: what the registry holds is not the model that was registered.
        """
        target = cache / f"{release.name}-{release.version}-{release.model_sha256[:16]}"
        if target.is_dir():
            try:
                read(target)
                os.utime(target)  # so that what was used last is known
                return target
            except InputError:
                log.warning("%s is damaged and fetched again", target.name)
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".partial-") as partial:
            folder = Path(partial) / "model"
            folder.mkdir()
            self._download(release, folder)
            if read(folder).model_sha256 != release.model_sha256:
                raise InputError(
                    f"{release.name} {release.version}: its files are not of the model "
                    f"{release.model_sha256[:16]} that was registered"
                )
            _put(folder, target)
        return target

    def _download(self, release: Release, folder: Path) -> None:
        manifest = self.report(release, NAME)
        files = parse(manifest, f"{release.name} {release.version}").files
        for name in (*files, *REPORTS, NAME):
            if Path(name).name != name:
                raise InputError(f"{release.name} {release.version}: bad file name {name!r}")
            with (folder / name).open("wb") as file, self._open(release, name) as answer:
                try:
                    for chunk in answer.iter_content(CHUNK):
                        file.write(chunk)
                except requests.RequestException as error:
                    raise self._unreachable(error) from None

    def _version(self, route: str, **query: str) -> Release | None:
        values = self._get(f"api/2.0/mlflow/{route}", query)
        if values is None:
            return None
        version = values.json()["model_version"]
        tags = {tag["key"]: tag["value"] for tag in version.get("tags", ())}
        return Release(
            name=version["name"],
            version=str(version["version"]),
            run_id=version.get("run_id", ""),
            source=version["source"],
            model_sha256=tags.get("model_sha256", ""),
            created=int(version["creation_timestamp"]) / 1000,
            tags=tuple(sorted(tags.items())),
        )

    def _open(self, release: Release, file: str) -> requests.Response:
        parts = urlsplit(release.source)
        if parts.scheme != "mlflow-artifacts":
            raise InputError(
                f"{release.name} {release.version}: its files are at {parts.scheme}:, not behind "
                "the MLflow server; start it with --artifacts-destination"
            )
        path = quote(f"{parts.path.strip('/')}/{file}")
        answer = self._get(f"api/2.0/mlflow-artifacts/artifacts/{path}", {}, stream=True)
        if answer is None:
            raise InputError(f"{release.name} {release.version}: {file} is not in the registry")
        return answer

    def _get(
        self, path: str, query: dict[str, str], stream: bool = False
    ) -> requests.Response | None:
        try:
            answer = self._session.get(
                f"{self._uri}/{path}", params=query, timeout=TIMEOUT, stream=stream
            )
        except requests.RequestException as error:
            raise self._unreachable(error) from None
        if answer.ok:
            return answer
        with answer:
            if answer.status_code in (401, 403):
                raise InputError(
                    f"MLflow at {self._uri} answers {answer.status_code}: check its user, "
                    "password and --allowed-hosts"
                )
            if answer.status_code == 404 or _code(answer) in MISSING:
                return None
            raise TryLaterError(f"MLflow at {self._uri} answers {answer.status_code}")

    def _unreachable(self, error: requests.RequestException) -> TryLaterError:
        return TryLaterError(f"MLflow at {self._uri} does not answer ({type(error).__name__})")


def _put(folder: Path, target: Path) -> None:
    """Rename; another process that was faster has put the same there."""
    if target.is_dir():
        with suppress(InputError):
            read(target)
            return
        with suppress(FileNotFoundError):
            target.rename(folder.with_name("damaged"))
    try:
        folder.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def _code(answer: requests.Response) -> str:
    try:
        return str(answer.json().get("error_code", ""))
    except ValueError:
        return ""
