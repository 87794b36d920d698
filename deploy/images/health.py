"""``health.py URL [PART]``: ends with 0 when the address answers 200, and its PART is healthy.

PART is a name in the answer of Airflow's ``/api/v2/monitor/health``: the processes without a port
of their own are judged by the heartbeats that the api-server sees.
"""

import json
import sys
from urllib.request import urlopen

TIMEOUT = 8.0  # seconds


def main(url: str, part: str | None = None) -> str | None:
    """What is wrong; nothing when all is well."""
    try:
        with urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310
            body = answer.read()
    except OSError as error:
        return f"{url}: {error}"
    if part is None:
        return None
    status = json.loads(body)[part]["status"]
    return None if status == "healthy" else f"{part} is {status}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
