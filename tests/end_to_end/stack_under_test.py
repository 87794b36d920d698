"""A whole stack on free ports in a folder of its own, driven by the launcher as a person would."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
CLOSED = Path(__file__).parent / "closed_network"
PORTS = ("AIRFLOW", "MLFLOW", "SERVICE", "STANDIN", "POSTGRES")


def free_ports(number: int) -> list[int]:
    probes = [socket.socket() for _ in range(number)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@dataclass
class StackUnderTest:
    home: Path
    ports: dict[str, int] = field(
        default_factory=lambda: dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    )
    settings: dict[str, str] = field(default_factory=dict)  # variables of its own

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLPROJECT_", "AIRFLOW"))}
        ports = {f"MLPROJECT_{name}_PORT": str(port) for name, port in self.ports.items()}
        own = {"MLPROJECT_HOME": str(self.home), "PYTHONPATH": str(CLOSED)}
        return kept | ports | own | self.settings

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "deploy.stack", *arguments]

    def order(self, *arguments: str, seconds: float = 900) -> subprocess.CompletedProcess[str]:
        """Run one order of the launcher to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    @property
    def password(self) -> str:
        secrets: dict[str, str] = json.loads((self.home / "secrets.json").read_text())
        return secrets["airflow_admin"]

    def program_pids(self) -> dict[str, int]:
        """Pid of each program that the supervisor runs."""
        from deploy.stack.supervisor import Supervisor

        states = Supervisor(self.home).states()
        return {name: int(state["pid"]) for name, state in states.items() if state["pid"]}

    def listening(self) -> list[str]:
        """Which of the stack's ports something listens on."""
        used = []
        for name, port in self.ports.items():
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    used.append(name)
        return used

    def processes(self) -> list[psutil.Process]:
        """Every process that names this stack's folder in its environment, command or folder."""
        return [process for process in psutil.process_iter() if self._mine(process)]

    def _mine(self, process: psutil.Process) -> bool:
        try:
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                return False
            said: list[Any] = [*process.environ().values(), *process.cmdline(), process.cwd()]
        except (psutil.Error, OSError):
            return False
        return any(str(self.home) in str(value) for value in said)
