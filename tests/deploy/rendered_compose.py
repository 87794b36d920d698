"""The compose file as docker-compose renders it."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Rendered:
    """One profile's configuration."""

    text: str
    profiles: tuple[str, ...]

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = yaml.safe_load(self.text)
        return content

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        services: dict[str, dict[str, Any]] = self.content["services"]
        return services

    def environment(self, service: str) -> dict[str, str]:
        return dict(self.services[service].get("environment") or {})
