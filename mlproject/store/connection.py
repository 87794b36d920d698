"""Connections to Postgres."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import connection as Connection

from mlproject.errors import InputError, TryLaterError
from mlproject.settings import Settings


@contextmanager
def connect(settings: Settings) -> Iterator[Connection]:
    """A connection that commits when the block ends, rolls back on an error, and is closed.

    Raises:
        InputError: MLPROJECT_DATABASE_URL is missing or malformed, or the password is wrong.
        TryLaterError: the server does not answer, or went away meanwhile.
    """
    url = settings.database_url.get_secret_value()
    if not url:
        raise InputError(
            "MLPROJECT_DATABASE_URL is not set: give postgresql://user:password@host/db"
        )
    try:
        connection = psycopg2.connect(url, connect_timeout=10, application_name="mlproject")
    except psycopg2.OperationalError as error:
        raise _refused(error) from None
    except psycopg2.ProgrammingError:
        raise InputError("MLPROJECT_DATABASE_URL is malformed: give postgresql://…") from None
    try:
        with connection:
            yield connection
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise TryLaterError(f"the database went away: {_line(error)}") from error
    finally:
        connection.close()


def _refused(error: psycopg2.OperationalError) -> InputError | TryLaterError:
    text = _line(error)
    if "authentication failed" in text or "does not exist" in text:
        return InputError(f"MLPROJECT_DATABASE_URL is refused: {text}")
    return TryLaterError(f"the database cannot be reached: {text}")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
