"""supervisord: its configuration, its start, and orders to it over a Unix socket."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from deploy.stack.forum import REPOSITORY
from deploy.stack.programs import MARK, Program, base_environment
from mlproject.errors import TryLaterError

LONGEST_SOCKET = 100  # a Unix socket's path has at most 104 (macOS) or 108 (Linux) bytes
UNREACHABLE = (OSError, HTTPException)


def socket_path(home: Path) -> Path:
    beside = home / "supervisor.sock"
    if len(str(beside)) <= LONGEST_SOCKET:
        return beside
    mark = sha256(str(home).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"mlproject-{mark}.sock"


def configure(home: Path, programs: Sequence[Program]) -> Path:
    """Write the configuration (readable by its owner only: it holds passwords)."""
    logs = home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    parts = [_own_sections(home, logs)]
    parts += [_section(program, logs, order) for order, program in enumerate(programs)]
    path = home / "supervisord.conf"
    path.touch(mode=0o600)
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def _own_sections(home: Path, logs: Path) -> str:
    return f"""[unix_http_server]
file={socket_path(home)}
chmod=0700

[supervisord]
logfile={logs}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile={home}/supervisord.pid
directory={REPOSITORY}
umask=077

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""


def _section(program: Program, logs: Path, order: int) -> str:
    command = " ".join(f'"{part}"' for part in program.command).replace("%", "%%")
    environment = ",".join(
        f'{key}="{_escaped(value)}"' for key, value in sorted(program.environment.items())
    )
    user = f"user={program.user}\n" if program.user else ""
    group = "true" if program.stop_as_group else "false"
    return f"""[program:{program.name}]
command={command}
environment={environment}
{user}autostart=false
autorestart=true
startsecs=2
startretries=20
priority={order + 1}
stopsignal={program.stop_signal}
stopasgroup={group}
killasgroup=true
stopwaitsecs={program.stop_seconds}
redirect_stderr=true
stdout_logfile={logs}/{program.name}.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=1
"""


def _escaped(value: str) -> str:
    return value.replace("%", "%%").replace('"', '\\"')


class Supervisor:
    """Orders to the supervisord of one state folder."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def _ask(self, order: str, *values: object) -> Any:
        """One order; a transport whose request failed once cannot be used again."""
        transport = SupervisorTransport(None, None, f"unix://{socket_path(self.home)}")
        with closing(transport):
            proxy: Any = ServerProxy("http://127.0.0.1", transport)
            return getattr(proxy.supervisor, order)(*values)

    def alive(self) -> bool:
        try:
            return bool(self._ask("getState")["statename"] == "RUNNING")
        except (*UNREACHABLE, Fault):
            return False

    def launch(self, seconds: float = 20.0) -> None:
        """Start supervisord in the background on the written configuration."""
        socket_path(self.home).unlink(missing_ok=True)
        subprocess.run(
            [
                *(str(Path(sys.executable).with_name("supervisord")), "--silent"),
                *("--configuration", str(self.home / "supervisord.conf")),
            ],
            check=True,
            env=base_environment() | {MARK: str(self.home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + seconds
        while not self.alive():
            if time.monotonic() > deadline:
                raise TryLaterError(f"supervisord does not answer: see {self.home}/logs")
            time.sleep(0.1)

    def reload(self) -> None:
        """Read the configuration again; programs that changed or went are stopped."""
        ((added, changed, removed),) = self._ask("reloadConfig")
        for name in [*changed, *removed]:
            self._ask("stopProcessGroup", name)
            self._ask("removeProcessGroup", name)
        for name in [*added, *changed]:
            self._ask("addProcessGroup", name)

    def states(self) -> Mapping[str, Mapping[str, Any]]:
        """What supervisord says of each program: statename, pid, description."""
        return {entry["name"]: entry for entry in self._ask("getAllProcessInfo")}

    def start(self, name: str) -> None:
        """Ask for a program; it is already running: nothing to do."""
        if self.states()[name]["statename"] in ("RUNNING", "STARTING", "BACKOFF"):
            return
        self._ask("startProcess", name, False)

    def restart(self, name: str) -> None:
        if self.states()[name]["statename"] in ("RUNNING", "STARTING", "BACKOFF"):
            self._ask("stopProcess", name)
        self._ask("startProcess", name, False)

    def shutdown(self, seconds: float = 90.0) -> None:
        """Stop all programs, last started first, and supervisord itself."""
        try:
            self._ask("shutdown")
        except (*UNREACHABLE, Fault):
            return
        deadline = time.monotonic() + seconds
        while self.alive_at_all() and time.monotonic() < deadline:
            time.sleep(0.2)

    def alive_at_all(self) -> bool:
        """Whether it still answers, even while it shuts down."""
        try:
            self._ask("getState")
        except UNREACHABLE:
            return False
        except Fault:
            return True
        return True
