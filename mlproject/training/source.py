"""Which version of the code a run is of."""

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def tags() -> dict[str, str]:
    """MLflow's tags of the source; the commit where the package lies in a repository.

    ``code_sha256`` is of the package's files as they are, committed or not.
    """
    from mlflow.utils.git_utils import get_git_commit

    commit = get_git_commit(str(PACKAGE))
    found = {"mlflow.source.name": "mlproject train", "mlflow.source.type": "LOCAL"}
    found |= {"mlflow.source.git.commit": commit} if commit else {}
    return found | {"code_sha256": digest(PACKAGE)}


def digest(folder: Path) -> str:
    """SHA-256 over path and content of every Python and YAML file below ``folder``."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".yaml"):
            name = path.relative_to(folder).as_posix()
            total.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
