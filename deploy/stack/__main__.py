"""``python -m deploy.stack demo|up|down|status|purge``: what the Makefile calls."""

import argparse
import sys
from pathlib import Path

from deploy.stack import lifecycle
from deploy.stack.demo import demo, prepare_airflow, show_addresses
from deploy.stack.forum import stand_in
from deploy.stack.passwords import load
from deploy.stack.programs import Stack
from deploy.stack.progress import Progress
from deploy.stack.supervisor import Supervisor
from mlproject.errors import InputError, MlprojectError
from mlproject.settings import Settings


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.stack", description=__doc__)
    parser.add_argument("order", choices=["demo", "up", "down", "status", "purge"])
    parser.add_argument("--data", type=Path, help="folder with real data, for demo")
    parser.add_argument("--topics", type=int, default=10_000, help="posts that the stand-in serves")
    parser.add_argument("--base-model", default="tiny", help="what the demo trains")
    parser.add_argument("--epochs", type=int, help="how often it reads the texts, at most")
    return parser.parse_args()


def obey(arguments: argparse.Namespace, progress: Progress) -> None:
    settings = Settings.from_environment()
    home = settings.home.resolve()
    if arguments.order == "down":
        lifecycle.down(home, settings, progress.say)
        return
    if arguments.order == "purge":
        lifecycle.purge(home, settings, progress.say)
        return
    if arguments.order == "status":
        status(home)
        return
    if arguments.data is not None and not arguments.data.is_dir():
        raise InputError(f"DATA={arguments.data} is not a folder")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    passwords = load(home)
    if arguments.order == "demo":
        forum = stand_in(arguments.data, arguments.topics)
        stack = Stack(settings, passwords, forum)
        training = {"base_model": arguments.base_model}
        training |= {} if arguments.epochs is None else {"epochs": arguments.epochs}
        demo(stack, arguments.data, training, progress)
        return
    stack = Stack(settings, passwords, None)
    lifecycle.up(stack, progress.say)
    prepare_airflow(stack)
    show_addresses(stack, progress)


def status(home: Path) -> None:
    supervisor = Supervisor(home)
    if not supervisor.alive():
        print("not running")
        return
    for name, state in supervisor.states().items():
        print(f"{name:24}{state['statename']:10}{state['description']}")


def main() -> int:
    progress = Progress()
    try:
        obey(parse(), progress)
    except MlprojectError as error:
        progress.say(f"error: {error}")
        return error.exit_code
    except OSError as error:
        progress.say(f"error: {error}")
        return InputError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
