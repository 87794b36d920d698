"""All settings, read once from the environment into one frozen object."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from mlproject.errors import InputError

PREFIX = "MLPROJECT_"
PACKAGE = Path(__file__).resolve().parent

# Names with the prefix that belong to the launchers around the package, not to it.
LAUNCHER_KEYS = frozenset(
    {
        *("MLPROJECT_STACK", "MLPROJECT_PYTHON"),
        *("MLPROJECT_STOP_WITH_PARENT", "MLPROJECT_STOP_GRACE"),
        *("MLPROJECT_MLFLOW_URL", "MLPROJECT_SERVICE_URL", "MLPROJECT_DATASETS_URL"),
    }
)


def _names(value: object) -> object:
    """The names in a list parted by commas."""
    if not isinstance(value, str):
        return value
    return tuple(name.strip().lower() for name in value.split(",") if name.strip())


class Settings(BaseModel):
    """One setting per field; the variable is the field's name in capitals after MLPROJECT_."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(Path(".mlproject"), description="state of a running stack")
    data: Path = Field(
        PACKAGE.parent / "examples" / "corpus", description="folder that import-corpus reads from"
    )
    database_url: SecretStr = Field(
        SecretStr(""), description="postgresql://user:password@host:port/database"
    )
    base_model: str = Field(
        "bert-base-chinese", description="hub name, folder, or tiny / small / base (random weights)"
    )
    base_revision: str = Field("", description="commit of that hub name; the newest by default")
    vocabulary: str = Field(
        "", description="vocab.txt or tokenizer.json of tiny / small / base; from the texts else"
    )
    threads: int = Field(0, ge=0, description="threads of one process; 0: one per core")

    v2ex_url: str = Field("https://www.v2ex.com", description="the forum's address")
    v2ex_token: SecretStr = Field(SecretStr(""), description="personal access token of API 2.0")
    v2ex_contact: str = Field("", description="mail or page named in the User-Agent")
    v2ex_min_interval: float = Field(1.0, ge=0, description="seconds between two requests")
    v2ex_max_wait: float = Field(
        120.0, ge=0, description="longest wait in seconds before a step ends with 75"
    )
    v2ex_turn_wait: float = Field(
        120.0, gt=0, description="longest wait in seconds for the request of another crawl"
    )
    v2ex_reserve: int = Field(
        20, ge=0, description="requests of each quota that other modes leave to mode new"
    )
    v2ex_timeout: float = Field(20.0, gt=0, description="seconds without a byte of an answer")
    v2ex_retry_wait: float = Field(
        5.0, gt=0, description="seconds after a fault; doubles with each one in a row"
    )
    v2ex_block_wait: float = Field(
        3600.0, gt=0, description="the same after the forum kept the crawler out"
    )
    v2ex_longest_wait: float = Field(
        21_600.0, gt=0, description="seconds beyond which those waits do not double"
    )

    download_hosts: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        ("raw.githubusercontent.com", "media.githubusercontent.com"),
        description="hosts, parted by commas, that corpora may be downloaded from",
    )
    download_max_mb: float = Field(2048.0, gt=0, description="largest file that is downloaded")
    download_timeout: float = Field(30.0, gt=0, description="seconds without a byte of it")

    llm_url: str = Field(
        "", description="OpenAI-compatible endpoint, …/v1, of the baseline; none by default"
    )
    llm_key: SecretStr = Field(SecretStr(""), description="its key")
    llm_model: str = Field("", description="the model's name there")
    llm_input_price: float = Field(0.0, ge=0, description="of a million tokens that are read")
    llm_output_price: float = Field(0.0, ge=0, description="of a million that are written")
    llm_rows: int = Field(300, ge=1, description="texts of each split that it is asked")

    bind: str = Field("127.0.0.1", description="address that every server listens on")
    airflow_port: int = Field(8080, ge=1, le=65535)
    mlflow_port: int = Field(5000, ge=1, le=65535)
    service_port: int = Field(3000, ge=1, le=65535)
    standin_port: int = Field(8098, ge=1, le=65535)
    postgres_port: int = Field(54329, ge=1, le=65535)
    postgres_home: Path | None = Field(
        None, description="folder of the embedded PostgreSQL; beside the state by default"
    )
    min_disk_gb: float = Field(5.0, ge=0, description="free space that set-up asks for")

    service_workers: int = Field(1, ge=1, description="processes that serve the model")
    service_poll_seconds: float = Field(
        5.0, gt=0, description="how often a worker asks for the champion"
    )
    service_sessions: int = Field(
        0, ge=0, description="batches that a worker runs at a time; 0: one per core, at most 4"
    )
    service_batch_tokens: int = Field(
        0, ge=0, description="tokens of one batch, padding included; 0: 256"
    )
    service_queue: int = Field(
        1024, ge=1, description="texts that may wait in one worker before it answers 429"
    )
    service_timeout: float = Field(
        30.0, gt=0, description="seconds after which a request is answered 504"
    )
    service_slowest_ms: float = Field(
        1000.0, ge=0, description="a champion slower than this for 64 tokens is refused; 0: none is"
    )
    service_keys: SecretStr = Field(
        SecretStr(""), description="API keys, parted by commas; none: nobody is asked for one"
    )
    service_keys_file: Path | None = Field(
        None, description="file of API keys, one a line, read again when it changes"
    )
    service_origins: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        (), description="origins, parted by commas, whose pages may ask the service (CORS)"
    )
    service_sentry_dsn: SecretStr = Field(
        SecretStr(""), description="Sentry's address for errors and traces"
    )
    service_sentry_traces: float = Field(
        0.0, ge=0, le=1, description="share of the requests that is traced"
    )

    @property
    def site(self) -> str:
        """The forum that topics belong to: the host of its address without ``www.``."""
        return (urlsplit(self.v2ex_url).hostname or self.v2ex_url).removeprefix("www.")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read every ``MLPROJECT_…`` variable; empty ones count as unset.

        Raises:
            InputError: a variable is unknown, or its value does not fit.
        """
        values = {
            key.removeprefix(PREFIX).lower(): value
            for key, value in environ.items()
            if key.startswith(PREFIX) and key not in LAUNCHER_KEYS and value != ""
        }
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise InputError(describe(error, PREFIX, upper=True)) from None


def describe(error: ValidationError, prefix: str = "", upper: bool = False) -> str:
    """The first fault of a validation as one line: what, which value, why."""
    fault = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in fault["loc"]) or "input"
    name = prefix + (name.upper() if upper else name)
    if fault["type"] == "extra_forbidden":
        return f"{name} is not known: check its spelling or remove it"
    shown = "" if fault["type"] == "missing" else f" {fault['input']!r:.80}"
    return f"{name}{shown}: {fault['msg']}"
