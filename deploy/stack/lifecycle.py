"""Up and down: the programs in order, each waited for until it answers."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from pydantic import SecretStr

from deploy.stack import disk, postgres, processes
from deploy.stack.passwords import load, write_airflow_logins
from deploy.stack.programs import AIRFLOW, Stack, airflow_environment, base_environment, programs
from deploy.stack.supervisor import Supervisor, configure
from mlproject.errors import InputError, TryLaterError
from mlproject.serving.keys import bearing
from mlproject.settings import Settings
from mlproject.store.migrate import migrate

Say = Callable[[str], None]


def up(stack: Stack, say: Say) -> None:
    """Start what is not running. Run twice, it starts nothing twice; all data is kept."""
    home = stack.home
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    disk.check(home)
    supervisor = Supervisor(home)
    wanted = programs(stack)
    if not supervisor.alive():
        if processes.end(home, stack.server.data):
            say("ended what a killed supervisor had left running")
        check_ports(stack)
        configure(home, wanted)
        supervisor.launch()
    else:
        configure(home, wanted)
        supervisor.reload()
    _start_postgres(stack, supervisor, say)
    _migrate_airflow(stack, say)
    for program in wanted:
        if program.name not in ("postgres", "service"):
            supervisor.start(program.name)
    _wait_for_servers(stack, supervisor, say)
    if any((home / "bentos" / "bentos").glob("*/*/bento.yaml")):
        start_service(stack, say)


def _start_postgres(stack: Stack, supervisor: Supervisor, say: Say) -> None:
    with _timed(say, "PostgreSQL"):
        postgres.prepare(stack.server)
        supervisor.start("postgres")
        postgres.wait(stack.server)
        secrets = stack.passwords
        url = postgres.ensure_database(stack.server, "mlproject", secrets.postgres_project)
        postgres.ensure_database(stack.server, "airflow", secrets.postgres_airflow)
        postgres.ensure_database(stack.server, "mlflow", secrets.postgres_mlflow)
        migrate(stack.settings.model_copy(update={"database_url": SecretStr(url)}))


def _migrate_airflow(stack: Stack, say: Say) -> None:
    folder = stack.home / "airflow"
    write_airflow_logins(folder / "logins.json", stack.passwords)
    done = folder / f"migrated-{_airflow_mark()}"
    if done.exists():
        return
    with _timed(say, "Airflow's tables"):
        result = subprocess.run(
            [str(AIRFLOW), "db", "migrate"],
            env=base_environment() | airflow_environment(stack),
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            last = (result.stderr or result.stdout).strip().splitlines()[-1:]
            raise InputError(f"airflow db migrate failed: {' '.join(last)}")
    done.touch()


def _airflow_mark() -> str:
    """The installed Airflow, by the folder of its distribution."""
    found = sorted(AIRFLOW.parents[1].glob("lib/python*/site-packages/apache_airflow-*.dist-info"))
    if not found:
        raise InputError("Airflow's environment is missing: run make environments")
    return found[-1].name.removesuffix(".dist-info")


def _wait_for_servers(stack: Stack, supervisor: Supervisor, say: Say) -> None:
    checks = {
        "mlflow": f"{stack.address['mlflow']}/health",
        "airflow-api-server": f"{stack.address['airflow']}/api/v2/monitor/health",
    }
    if stack.forum is not None:
        checks["standin"] = f"{stack.address['standin']}/api/site/stats.json"
    for name, url in checks.items():
        with _timed(say, name):
            wait_for(stack, supervisor, name, url)


def start_service(stack: Stack, say: Say) -> None:
    """Start the HTTP service with the registered model and wait until it is ready."""
    supervisor = Supervisor(stack.home)
    with _timed(say, "service"):
        supervisor.start("service")
        wait_for(stack, supervisor, "service", f"{stack.address['service']}/readyz")


def wait_for_version(stack: Stack, version: str, say: Say, seconds: float = 60.0) -> None:
    """Return when the service answers with this model version, or say which one it keeps."""
    deadline = time.monotonic() + seconds
    served = ""
    while time.monotonic() < deadline:
        url = f"{stack.address['service']}/model"
        answer = requests.get(url, headers=bearing(stack.settings), timeout=10)
        served = str(answer.json().get("version")) if answer.ok else served
        if served == version:
            return
        time.sleep(0.5)
    say(f"the service keeps model version {served}, not {version}")


def wait_for(
    stack: Stack, supervisor: Supervisor, name: str, url: str, seconds: float = 180.0
) -> None:
    """Return when a server answers 200.

    Raises:
        TryLaterError: it does not in time, or supervisord gave it up.
    """
    deadline = time.monotonic() + seconds
    log = stack.home / "logs" / f"{name}.log"
    while True:
        try:
            if requests.get(url, timeout=5).status_code == requests.codes.ok:
                return
        except requests.RequestException:
            pass
        state = supervisor.states()[name]["statename"]
        if state == "FATAL" or time.monotonic() > deadline:
            raise TryLaterError(f"{name} does not answer at {url} ({state}): see {log}")
        time.sleep(0.3)


def down(home: Path, settings: Settings, say: Say) -> None:
    """Stop everything, also what a killed supervisor left; fails when a port stays open."""
    stack = Stack(settings, load(home), None) if home.is_dir() else None
    if stack is None:
        say(f"nothing runs: there is no {home}")
        return
    supervisor = Supervisor(home)
    if supervisor.alive_at_all():
        supervisor.shutdown()
    left = processes.end(home, stack.server.data)
    busy = [name for name, port in ports(settings).items() if processes.port_in_use(port)]
    say(f"stopped{f', with {left} processes that had to be ended' if left else ''}")
    if busy:
        say(f"ports still in use by something else: {', '.join(busy)}")


def purge(home: Path, settings: Settings, say: Say) -> None:
    """Stop everything and remove all state: databases, models, runs, passwords."""
    if not home.is_dir():
        return
    down(home, settings, say)
    for folder in (Stack(settings, load(home), None).server.folder, home):
        shutil.rmtree(folder, ignore_errors=True)
    say(f"removed {home}")


def ports(settings: Settings) -> dict[str, int]:
    """Setting -> port of every server that the stack opens."""
    names = ("airflow_port", "mlflow_port", "service_port", "standin_port", "postgres_port")
    return {f"MLPROJECT_{name.upper()}": getattr(settings, name) for name in names}


def check_ports(stack: Stack) -> None:
    """Raises InputError when two settings name one port or something else holds one."""
    wanted = ports(stack.settings)
    if stack.forum is None:
        del wanted["MLPROJECT_STANDIN_PORT"]
    seen: dict[int, str] = {}
    for name, port in wanted.items():
        if port in seen:
            raise InputError(f"{name} and {seen[port]} are both {port}: give each its own port")
        seen[port] = name
        if processes.port_in_use(port):
            raise InputError(
                f"port {port} is in use by another program: stop it or set {name} to a free port"
            )


@contextmanager
def _timed(say: Say, what: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    say(f"{what} is up ({time.monotonic() - start:.1f} s)")
