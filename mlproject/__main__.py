"""The one way into every step: ``python -m mlproject VERB --inputs IN.json --result OUT.json``.

Log lines go to stderr. Exit codes: 0 done; 2 the input is wrong; 75 try again later;
143 stopped on request.
"""

import argparse
import errno
import importlib
import json
import logging
import os
import sys
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from pydantic import ValidationError

from mlproject import stop
from mlproject.errors import InputError, MlprojectError, TryLaterError
from mlproject.settings import Settings, describe

# verb -> module in mlproject.steps with `Inputs` and `run(inputs, settings) -> dict`, and perhaps
# OPTIONS: inputs that can also be given as options, name -> arguments of argparse's add_argument,
# and POSITIONAL: inputs that can also be given in that order right after the verb.
# Instead of `run` also `telling(inputs, settings)`, a context with the result: it ends without an
# error once the result is written.
VERBS = {
    "migrate": "migrate",
    "crawl": "crawl",
    "import-corpus": "import_corpus",
    "export": "export",
    "train": "train",
    "distill": "distill",
    "convert": "convert",
    "evaluate": "evaluate",
    "gate": "gate",
    "register": "register",
    "build": "build",
    "promote": "promote",
    "rollback": "rollback",
    "serve": "serve",
    "score": "score",
}

FULL = (errno.ENOSPC, errno.EDQUOT)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mlproject",
        description=__doc__,
        epilog="Single inputs can also be given as --KEY VALUE; they go before those of --inputs.",
        allow_abbrev=False,
    )
    parser.add_argument("verb", choices=sorted(VERBS))
    parser.add_argument("--inputs", type=Path, help="JSON object with the step's inputs")
    parser.add_argument("--result", type=Path, help="where to write the result (else stdout)")
    verb = next((word for word in arguments if word in VERBS), "")
    arguments, placed = _placed(arguments, verb)
    names = _options(verb)
    for name, values in names.items():
        parser.add_argument(f"--{name.replace('_', '-')}", **values)
    parsed, rest = parser.parse_known_args(arguments)
    own = {name: getattr(parsed, name) for name in names}
    own = {name: value for name, value in own.items() if value is not None}
    parsed.given = placed | _pairs(rest, parser) | own
    return parsed


def _placed(arguments: list[str], verb: str) -> tuple[list[str], dict[str, str]]:
    """The arguments without the inputs that stand right after the verb, and those."""
    if verb not in VERBS:
        return arguments, {}
    step = importlib.import_module(f"mlproject.steps.{VERBS[verb]}")
    begin = arguments.index(verb) + 1
    placed: dict[str, str] = {}
    for name, word in zip(getattr(step, "POSITIONAL", ()), arguments[begin:], strict=False):
        if word.startswith("-"):
            break
        placed[name] = word
    return arguments[:begin] + arguments[begin + len(placed) :], placed


def _options(verb: str) -> dict[str, dict[str, Any]]:
    """The verb's own options, where they are more than ``--KEY VALUE``."""
    if verb not in VERBS:
        return {}
    step = importlib.import_module(f"mlproject.steps.{VERBS[verb]}")
    options: dict[str, dict[str, Any]] = getattr(step, "OPTIONS", {})
    return options


def _pairs(rest: list[str], parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Inputs from ``--KEY VALUE``: lists and objects as JSON, empty values as not given."""
    values: dict[str, Any] = {}
    words = iter(rest)
    for word in words:
        name, equals, value = word.partition("=")
        if not name.startswith("--"):
            parser.error(f"{word!r}: give inputs as --KEY VALUE")
        if not equals:
            value = next(words, "")
        if value:
            key = name.removeprefix("--").replace("-", "_")
            try:
                values[key] = json.loads(value) if value.startswith(("[", "{")) else value
            except ValueError as error:
                parser.error(f"{name} {value}: cannot be read as JSON: {error}")
    return values


def read_inputs(path: Path | None) -> dict[str, Any]:
    """The JSON object in the file; no file is an empty object."""
    if path is None:
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"--inputs {path}: cannot be read as JSON: {error}") from None
    if not isinstance(values, dict):
        raise InputError(f"--inputs {path}: must be a JSON object, not {type(values).__name__}")
    return values


def write_result(path: Path | None, result: dict[str, Any]) -> None:
    """Write the result whole or not at all; of torchrun's processes the first one does."""
    if os.environ.get("RANK", "0") != "0":
        return
    text = json.dumps(result, ensure_ascii=False, indent=2) + "\n"
    if path is None:
        sys.stdout.write(text)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def run(arguments: argparse.Namespace) -> None:
    settings = Settings.from_environment()
    if settings.threads:
        os.environ["OMP_NUM_THREADS"] = str(settings.threads)
    step = importlib.import_module(f"mlproject.steps.{VERBS[arguments.verb]}")
    try:
        inputs = step.Inputs.model_validate(read_inputs(arguments.inputs) | arguments.given)
    except ValidationError as error:
        raise InputError(f"{arguments.verb}: {describe(error)}") from None
    if hasattr(step, "telling"):
        with step.telling(inputs, settings) as result:
            write_result(arguments.result, result)
        return
    write_result(arguments.result, step.run(inputs, settings))


def main() -> int:
    stop.install()
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    arguments = parse(sys.argv[1:])
    try:
        run(arguments)
    except MlprojectError as error:
        logging.error("%s: %s", arguments.verb, error)
        if isinstance(error, TryLaterError) and error.after is not None and arguments.result:
            write_result(arguments.result, {"retry_after": error.after})
        return error.exit_code
    except OSError as error:
        if error.errno not in FULL:
            raise
        logging.error(
            "%s: no space left on the disk of %s or of %s: free some and try again",
            *(arguments.verb, os.environ.get("MLPROJECT_HOME") or ".mlproject", gettempdir()),
        )
        return TryLaterError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
