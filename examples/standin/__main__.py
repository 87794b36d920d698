"""Serve posts as V2EX would: ``python -m examples.standin --port 8098 --posts FILE``."""

import argparse
import logging
from pathlib import Path

from examples.standin.app import StandIn
from examples.standin.posts import ids, load
from examples.standin.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.standin", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--posts", type=Path, action="append", required=True, help="JSON lines, plain or .gz"
    )
    parser.add_argument("--limit-topics", type=int, default=0, help="an even sample; 0: all")
    parser.add_argument(
        "--first", type=Path, help="CSV with a column id: posts that the sample takes first"
    )
    parser.add_argument("--quota", type=int, default=600, help="requests an hour per client")
    parser.add_argument("--token", default="", help="the one token of API 2.0; empty: any")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        first = ids(arguments.first) if arguments.first else frozenset()
    except (OSError, ValueError) as error:
        parser.error(f"--first: {error}")
    try:
        posts = load(arguments.posts, arguments.limit_topics, first)
    except (OSError, ValueError) as error:
        parser.error(f"--posts: {error}")
    stand_in = StandIn(posts, arguments.quota, arguments.token)
    logging.info("%d topics at http://%s:%d", len(posts), arguments.host, arguments.port)
    serve(stand_in.app, arguments.host, arguments.port)


if __name__ == "__main__":
    main()
