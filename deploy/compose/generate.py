"""``python -m deploy.compose.generate``: the secrets of the containers, generated once.

One file per secret, in a folder that nobody but its owner may enter (0700). The files themselves
can be read by all (0644): compose mounts them with their owner and mode, and inside the containers
programs read them as users of their own.
"""

import os
import sys
from dataclasses import asdict
from pathlib import Path

from deploy.stack.passwords import Passwords

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = ".secrets"
OPTIONAL = ("v2ex_token", "service_keys", "service_sentry_dsn")  # empty unless somebody has them
VARIABLE = "MLPROJECT_SECRETS"  # compose reads it from .env and stops where it is missing


def generate(folder: Path) -> list[str]:
    """Write what is missing and return its names; what is there stays."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    secrets = asdict(Passwords()) | {
        name: os.environ.get(f"MLPROJECT_{name.upper()}", "") for name in OPTIONAL
    }
    missing = [name for name in secrets if not (folder / name).exists()]
    for name in missing:
        partial = folder / f"{name}.partial"
        partial.write_text(secrets[name], encoding="utf-8")
        partial.chmod(0o644)
        partial.replace(folder / name)
    return missing


def name_folder(env: Path, folder: str) -> None:
    """Name the folder in compose's ``.env``, whose other lines stay as they are."""
    lines = env.read_text(encoding="utf-8").splitlines() if env.exists() else []
    wanted = f"{VARIABLE}={folder}"
    if wanted not in lines:
        kept = [line for line in lines if not line.startswith(f"{VARIABLE}=")]
        env.write_text("\n".join([*kept, wanted, ""]), encoding="utf-8")


def main() -> int:
    try:
        written = generate(REPOSITORY / FOLDER)
        name_folder(REPOSITORY / ".env", FOLDER)
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(
        f"{len(written)} secrets written to {FOLDER}/; Airflow's user is admin, its password is in"
    )
    print(f"{FOLDER}/airflow_admin; a token of the forum's API 2.0 belongs in {FOLDER}/v2ex_token")
    return 0


if __name__ == "__main__":
    sys.exit(main())
