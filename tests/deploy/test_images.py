import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.images import entrypoint, health
from tests.deploy.rendered_compose import REPOSITORY, Rendered

IMAGES = sorted((REPOSITORY / "deploy" / "images").glob("*.Dockerfile"))
COPY = re.compile(r"^COPY (?!--from)(.+) \S+$", re.MULTILINE)


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.stem)
def test_what_an_image_copies_is_in_the_build(path: Path) -> None:
    kept = [
        line[1:]
        for line in (REPOSITORY / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    sources = [source for match in COPY.findall(path.read_text()) for source in match.split()]

    assert sources
    for source in sources:
        assert (REPOSITORY / source).exists(), source
        assert any(Path(source).is_relative_to(part) for part in kept), source


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.stem)
def test_an_image_runs_as_a_user_of_its_own(path: Path) -> None:
    last_stage = path.read_text().rpartition("\nFROM ")[2]

    assert re.search(r"^USER 10001:10001$", last_stage, re.MULTILINE)
    assert "useradd --uid 10001" in last_stage


def test_the_images_build_with_the_uv_of_the_environments() -> None:
    from deploy.environments import UV_VERSION

    for path in IMAGES:
        assert f"uv=={UV_VERSION}\n" in path.read_text()


def test_volumes_are_mounted_on_folders_that_the_user_owns(rendered: Rendered) -> None:
    for name, service in rendered.services.items():
        if "build" not in service:
            continue
        made = (REPOSITORY / service["build"]["dockerfile"]).read_text().split("install -d")[1]
        for volume in service.get("volumes") or []:
            parts = volume if isinstance(volume, dict) else _parse(volume)
            if parts["type"] == "volume":
                assert re.search(rf"{parts['target']}(\s|$)", made), f"{name}: {parts['target']}"


def _parse(volume: str) -> dict[str, str]:
    source, target, _ = volume.split(":")
    return {"type": "bind" if source.startswith("/") else "volume", "target": target}


def test_the_scripts_of_commands_exist(rendered: Rendered) -> None:
    named = {
        part
        for service in rendered.services.values()
        for part in [
            *(service.get("command") or []),
            *service.get("healthcheck", {"test": []})["test"],
        ]
        if part.startswith("deploy/")
    }

    assert len(named) >= 4
    assert all((REPOSITORY / name).is_file() for name in named)


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "deploy").rglob("*.sh")), ids=lambda p: p.stem
)
def test_a_shell_script_can_be_parsed(path: Path) -> None:
    done = subprocess.run(["sh", "-n", str(path)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def start(folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    return subprocess.run(
        [sys.executable, entrypoint.__file__, sys.executable, "-c", show],
        env={"SECRETS_FOLDER": str(folder), "PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_entry_point_fills_in_secrets(tmp_path: Path) -> None:
    (tmp_path / "postgres_airflow").write_text("p-w_1\n")

    done = start(tmp_path, URL="postgresql://airflow:{secret:postgres_airflow}@postgres/airflow")

    assert json.loads(done.stdout)["URL"] == "postgresql://airflow:p-w_1@postgres/airflow"


def test_the_entry_point_names_a_secret_that_is_missing(tmp_path: Path) -> None:
    done = start(tmp_path, TOKEN="{secret:v2ex_token}")

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert str(tmp_path / "v2ex_token") in line
    assert "make secrets" in line


@pytest.fixture
def monitor() -> Iterator[str]:
    """An address that answers as Airflow's health route does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/health"
            self.send_response(200 if found else 404)
            self.end_headers()
            parts = {"scheduler": {"status": "healthy"}, "triggerer": {"status": None}}
            self.wfile.write(json.dumps(parts).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_health_is_an_answer_and_a_heartbeat(monitor: str) -> None:
    assert health.main(f"{monitor}/health") is None
    assert health.main(f"{monitor}/health", "scheduler") is None
    assert health.main(f"{monitor}/health", "triggerer") == "triggerer is None"
    assert "404" in str(health.main(f"{monitor}/nothing"))
