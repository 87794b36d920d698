import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from deploy.images.entrypoint import REFERENCE, resolve
from deploy.stack.forum import stand_in
from deploy.stack.lifecycle import ports
from deploy.stack.passwords import Passwords
from deploy.stack.programs import Stack, airflow_environment, programs
from mlproject.settings import Settings
from tests.deploy.rendered_compose import Rendered, Run

ONE_SHOT = {"databases", "airflow-migrate"}
SENSITIVE = re.compile(r"PASSWORD|SECRET|TOKEN(?!S)|KEY|CONN|STORE_URI|DATABASE_URL")
REFERS = re.compile(rf"^({REFERENCE.pattern}|\w+(\+\w+)?://\w+:{REFERENCE.pattern}@[\w:/]+)$")


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(Settings(home=tmp_path), Passwords(), stand_in(None, 0))


def published(service: dict[str, object]) -> list[tuple[str, str]]:
    """Address and port on the host of each published port, as either version writes it."""
    found = []
    ports = service.get("ports") or []
    assert isinstance(ports, list)
    for port in ports:
        if isinstance(port, dict):
            found.append((str(port.get("host_ip")), str(port["published"])))
        else:
            address, number, _ = str(port).rsplit(":", 2)
            found.append((address, number))
    return found


def test_ports_are_published_on_this_machine_only(rendered: Rendered) -> None:
    found = [entry for service in rendered.services.values() for entry in published(service)]

    assert len(found) >= 4
    assert {address for address, _ in found} == {"127.0.0.1"}


def test_ports_are_the_settings_of_the_stack(config: Run, secrets_folder: Path) -> None:
    wanted = {name: str(20_000 + index) for index, name in enumerate(ports(Settings()))}

    done = config(("demo",), {"MLPROJECT_SECRETS": str(secrets_folder), **wanted})

    services = Rendered(done.stdout, ("demo",)).services
    found = {port for service in services.values() for _, port in published(service)}
    assert found == set(wanted.values())


def test_every_program_of_the_stack_has_its_service(rendered: Rendered, stack: Stack) -> None:
    wanted = {program.name for program in programs(stack)}
    if "demo" not in rendered.profiles:
        wanted.remove("standin")

    assert wanted <= set(rendered.services)


def test_the_stand_in_belongs_to_the_demo_only(rendered: Rendered) -> None:
    assert rendered.services.get("standin", {"profiles": ["demo"]})["profiles"] == ["demo"]
    assert all("profiles" not in s for n, s in rendered.services.items() if n != "standin")


def test_what_stays_is_watched_and_restarted(rendered: Rendered) -> None:
    for name, service in rendered.services.items():
        if name in ONE_SHOT:
            assert service["restart"] == "no"
        else:
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"], name


def test_services_wait_for_what_is_done_or_healthy(rendered: Rendered) -> None:
    conditions = {
        (needed, need["condition"])
        for service in rendered.services.values()
        for needed, need in (service.get("depends_on") or {}).items()
    }

    assert conditions == {
        ("postgres", "service_healthy"),
        ("databases", "service_completed_successfully"),
        ("airflow-migrate", "service_completed_successfully"),
        ("airflow-api-server", "service_healthy"),
        ("mlflow", "service_healthy"),
    }


def test_no_secret_is_in_the_configuration(rendered: Rendered, secrets_folder: Path) -> None:
    values = [path.read_text() for path in secrets_folder.iterdir() if path.stat().st_size]

    assert len(values) == 9
    assert not [value for value in values if value in rendered.text]


def test_sensitive_variables_hold_references_only(rendered: Rendered) -> None:
    plain = {
        f"{service}: {name}"
        for service in rendered.services
        for name, value in rendered.environment(service).items()
        if SENSITIVE.search(name) and not name.endswith("_FILE") and not REFERS.match(value)
    }

    assert not plain


def test_a_service_is_given_the_secrets_that_it_names(rendered: Rendered) -> None:
    for name, service in rendered.services.items():
        granted = {secret["source"] for secret in service.get("secrets") or []}
        named = set(REFERENCE.findall(str(rendered.environment(name))))
        assert named <= granted, name


def test_the_generated_secrets_are_the_declared_ones(
    rendered: Rendered, secrets_folder: Path
) -> None:
    declared = {Path(secret["file"]) for secret in rendered.content["secrets"].values()}

    assert declared <= set(secrets_folder.iterdir())


def test_without_secrets_compose_says_what_to_do(config: Run) -> None:
    done = config((), {})

    assert done.returncode != 0
    assert "MLPROJECT_SECRETS" in done.stderr
    assert "make secrets" in done.stderr


def test_airflow_is_configured_as_without_containers(rendered: Rendered, stack: Stack) -> None:
    wanted = {name for name in airflow_environment(stack) if name.startswith("AIRFLOW__")}

    for program in programs(stack):
        if program.name.startswith("airflow-"):
            assert wanted <= set(rendered.environment(program.name)), program.name


@pytest.mark.parametrize("service", ["airflow-migrate", "airflow-scheduler", "service"])
def test_steps_accept_their_settings(
    rendered: Rendered, secrets_folder: Path, service: str
) -> None:
    environment = resolve(rendered.environment(service), secrets_folder)

    assert Settings.from_environment(environment).v2ex_url == "https://www.v2ex.com"


def test_every_setting_of_the_service_can_be_given(rendered: Rendered) -> None:
    wanted = {f"MLPROJECT_{name.upper()}" for name in Settings.model_fields if "service_" in name}

    assert wanted <= set(rendered.environment("service"))


def test_what_is_given_reaches_the_service(config: Run, secrets_folder: Path) -> None:
    given = {
        "MLPROJECT_SERVICE_ORIGINS": "https://page.example",
        "MLPROJECT_SERVICE_POLL_SECONDS": "2.5",
        "MLPROJECT_SERVICE_QUEUE": "77",
        "MLPROJECT_SERVICE_SESSIONS": "3",
    }

    done = config((), {"MLPROJECT_SECRETS": str(secrets_folder), **given})

    environment = Rendered(done.stdout, ()).environment("service")
    settings = Settings.from_environment(resolve(environment, secrets_folder))
    assert settings.service_origins == ("https://page.example",)
    assert settings.service_poll_seconds == 2.5
    assert (settings.service_queue, settings.service_sessions) == (77, 3)


def test_keys_of_the_service_are_a_secret(rendered: Rendered, tmp_path: Path) -> None:
    for name in ("service_keys", "service_sentry_dsn"):
        (tmp_path / name).write_text("a key of twenty characters\n")

    settings = Settings.from_environment(resolve(rendered.environment("service"), tmp_path))

    assert settings.service_keys.get_secret_value() == "a key of twenty characters"
    assert settings.service_sentry_dsn.get_secret_value() == "a key of twenty characters"


def test_mlflow_answers_to_its_names_and_no_others(rendered: Rendered) -> None:
    (flag,) = (
        part
        for part in rendered.services["mlflow"]["command"]
        if part.startswith("--allowed-hosts")
    )
    allowed = flag.partition("=")[2].split(",")

    for host in ("mlflow:5000", "127.0.0.1:5000", "localhost:15000"):
        assert any(fnmatch(host, name) for name in allowed), host
    assert not any(fnmatch("forum.example:5000", name) for name in allowed)
