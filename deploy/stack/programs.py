"""The programs of the stack: what each runs, with which environment."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from deploy.stack import postgres
from deploy.stack.forum import REPOSITORY, StandIn
from deploy.stack.passwords import Passwords
from mlproject.settings import Settings

AIRFLOW = REPOSITORY / ".venv" / "airflow" / "bin" / "airflow"
MARK = "MLPROJECT_STACK"  # every process of a stack carries its home in this variable
PARALLEL_TASKS = 3  # workers that the scheduler forks at its start


@dataclass(frozen=True)
class Program:
    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    user: str | None = None
    stop_signal: str = "TERM"
    stop_as_group: bool = True
    stop_seconds: int = 20


@dataclass(frozen=True)
class Stack:
    """Everything that is needed to describe the programs."""

    settings: Settings
    passwords: Passwords
    forum: StandIn | None  # None: the real forum

    @property
    def home(self) -> Path:
        return self.settings.home.resolve()

    @property
    def server(self) -> postgres.Server:
        return postgres.describe(
            self.home,
            self.settings.postgres_port,
            self.passwords.postgres_superuser,
            self.settings.postgres_home,
        )

    @property
    def address(self) -> dict[str, str]:
        """Base address of each part a person or a program can reach."""
        ports = {
            "airflow": self.settings.airflow_port,
            "mlflow": self.settings.mlflow_port,
            "service": self.settings.service_port,
            "standin": self.settings.standin_port,
        }
        return {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}

    def database(self, name: str, password: str) -> str:
        return self.server.url(name, password, name)


def step_environment(stack: Stack) -> dict[str, str]:
    """What a step needs, whoever starts it."""
    environment = {
        f"MLPROJECT_{name.upper()}": _written(value)
        for name, value in stack.settings.model_dump(exclude_unset=True).items()
        if value is not None and _written(value)
    }
    token = stack.settings.v2ex_token.get_secret_value()
    if stack.forum is not None:
        environment["MLPROJECT_V2EX_URL"] = stack.address["standin"]
        environment["MLPROJECT_V2EX_MIN_INTERVAL"] = "0"
        token = stack.passwords.standin_token
    return environment | {
        MARK: str(stack.home),
        "MLPROJECT_HOME": str(stack.home),
        "MLPROJECT_PYTHON": sys.executable,
        "MLPROJECT_DATABASE_URL": stack.database("mlproject", stack.passwords.postgres_project),
        "MLPROJECT_V2EX_TOKEN": token,
        "MLFLOW_TRACKING_URI": stack.address["mlflow"],
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "BENTOML_HOME": str(stack.home / "bentos"),
        "BENTOML_DO_NOT_TRACK": "True",
        "PYTHONUNBUFFERED": "1",
        # setproctitle overwrites the environment of a process, and with it the mark.
        "SPT_NOENV": "1",
    }


def _written(value: object) -> str:
    """A setting as its variable holds it."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case tuple():
            return ",".join(value)
        case Path():
            return str(value.resolve())
    return str(value)


def airflow_environment(stack: Stack) -> dict[str, str]:
    folder = stack.home / "airflow"
    airflow = {
        "CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": str(PARALLEL_TASKS),
        "CORE__FERNET_KEY": stack.passwords.airflow_fernet,
        "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "logins.json"),
        "CORE__EXECUTION_API_SERVER_URL": f"{stack.address['airflow']}/execution/",
        "DATABASE__SQL_ALCHEMY_CONN": _psycopg2(
            stack.database("airflow", stack.passwords.postgres_airflow)
        ),
        "API__HOST": "127.0.0.1",
        "API__PORT": str(stack.settings.airflow_port),
        "API__BASE_URL": stack.address["airflow"],
        "API__WORKERS": "1",
        "API__SECRET_KEY": stack.passwords.airflow_api,
        "API_AUTH__JWT_SECRET": stack.passwords.airflow_jwt,
        "LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
        # No name: logs are read from the folder, never from a server, which would listen on all
        # addresses.
        "CORE__HOSTNAME_CALLABLE": "builtins.str",
        # How soon, in seconds, a task is tried again whose worker or scheduler was killed.
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return step_environment(stack) | {
        "AIRFLOW_HOME": str(folder),
        # Airflow's own, about how it reads plugins/.airflowignore; else a line in every task's log.
        "PYTHONWARNINGS": "ignore:GitWildMatchPattern:DeprecationWarning",
        "MLPROJECT_SERVICE_URL": stack.address["service"],
        **{f"AIRFLOW__{name}": value for name, value in airflow.items()},
    }


def programs(stack: Stack) -> list[Program]:
    """All programs in the order in which they start."""
    server = stack.server
    mark = {MARK: str(stack.home), "SPT_NOENV": "1"}
    found = [
        Program("postgres", tuple(server.command), mark, server.user, "INT", stop_as_group=False),
        Program("mlflow", _mlflow(stack), _mlflow_environment(stack) | mark),
    ]
    if stack.forum is not None:
        found.append(Program("standin", _standin(stack, stack.forum), step_environment(stack)))
    airflow = airflow_environment(stack)
    for name, arguments in {
        "airflow-api-server": ("api-server",),
        "airflow-dag-processor": ("dag-processor",),
        "airflow-scheduler": ("scheduler", "--skip-serve-logs"),
        "airflow-triggerer": ("triggerer", "--skip-serve-logs"),
    }.items():
        found.append(Program(name, (str(AIRFLOW), *arguments), airflow))
    serve = (sys.executable, "-m", "mlproject", "serve")
    found.append(Program("service", serve, step_environment(stack)))
    return found


def _psycopg2(url: str) -> str:
    """SQLAlchemy 2.1 takes another driver where none is named."""
    return url.replace("postgresql://", "postgresql+psycopg2://")


def _mlflow(stack: Stack) -> tuple[str, ...]:
    return (
        *(str(Path(sys.executable).with_name("mlflow")), "server"),
        *("--host", "127.0.0.1", "--port", str(stack.settings.mlflow_port)),
        *("--workers", "1", "--serve-artifacts"),
        *("--artifacts-destination", str(stack.home / "mlflow" / "artifacts")),
    )


def _mlflow_environment(stack: Stack) -> dict[str, str]:
    # The address of the store holds a password: an argument could be read by every user.
    return {
        "MLFLOW_BACKEND_STORE_URI": _psycopg2(
            stack.database("mlflow", stack.passwords.postgres_mlflow)
        ),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def _standin(stack: Stack, forum: StandIn) -> tuple[str, ...]:
    posts = [part for path in forum.posts for part in ("--posts", str(path.resolve()))]
    first = () if forum.first is None else ("--first", str(forum.first))
    return (
        *(sys.executable, "-m", "examples.standin", *posts, *first),
        *("--port", str(stack.settings.standin_port), "--quota", str(forum.quota)),
        *("--limit-topics", str(forum.limit_topics), "--token", stack.passwords.standin_token),
    )


def base_environment() -> dict[str, str]:
    """What the supervisor itself starts with: the caller's, less what belongs to a stack."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("AIRFLOW__", "MLPROJECT_", "MLFLOW_"))
    }
