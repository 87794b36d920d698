"""Start a container's program with its secrets.

``{secret:NAME}`` in a variable becomes the text of ``/run/secrets/NAME``, so neither the compose
file nor ``docker inspect`` shows one.
"""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

REFERENCE = re.compile(r"\{secret:([a-z0-9_]+)\}")


def resolve(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The same variables with the secrets in their places.

    Raises:
        OSError: a secret that is named cannot be read.
    """

    def read(match: re.Match[str]) -> str:
        return (folder / match[1]).read_text(encoding="utf-8").strip()

    return {name: REFERENCE.sub(read, value) for name, value in environ.items()}


def main(command: list[str]) -> int:
    folder = Path(os.environ.get("SECRETS_FOLDER", "/run/secrets"))
    try:
        environment = resolve(os.environ, folder)
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}: run `make secrets`", file=sys.stderr)
        return 2
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606
    except OSError as error:
        print(f"error: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
