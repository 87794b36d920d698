"""Worlds for the tests of crawling."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from examples.standin.app import StandIn
from examples.standin.clock import VirtualClock
from examples.standin.fault import Fault
from examples.standin.forum import Source
from examples.standin.posts import Post
from examples.standin.server import running
from mlproject.settings import Settings
from mlproject.store.connection import connect
from mlproject.store.migrate import migrate

from .world import START, TOKEN, Build, World

if TYPE_CHECKING:
    from deploy.stack.postgres import Server


@pytest.fixture(scope="session")
def crawl_database(postgres: "Server", tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings on a migrated database that the worlds have one after the other."""
    from deploy.stack import postgres as embedded

    name = f"crawl_{secrets.token_hex(6)}"
    url = embedded.ensure_database(postgres, name, secrets.token_urlsafe(12))
    settings = Settings(home=tmp_path_factory.mktemp("home"), database_url=SecretStr(url))
    migrate(settings)
    return settings


@pytest.fixture
def world(crawl_database: Settings) -> Iterator[Build]:
    """Builds a world: ``world(posts, quota=…, faults=[…], v2ex_max_wait=…)``."""
    with connect(crawl_database) as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE topic, topic_gap, crawl_state CASCADE")
    with ExitStack() as stack:

        def build(
            content: Sequence[Post] | Source,
            quota: int = 600,
            faults: Sequence[Fault] = (),
            clock: VirtualClock | None = None,
            **settings: object,
        ) -> World:
            clock = clock or VirtualClock.at(START)
            stand_in = StandIn(content, quota, TOKEN, clock.now, faults)
            values = {
                "v2ex_url": stack.enter_context(running(stand_in.app)),
                "v2ex_token": SecretStr(TOKEN),
                "v2ex_reserve": 0,
                "v2ex_contact": "tests@example.org",
                **settings,
            }
            return World(stand_in, crawl_database.model_copy(update=values), clock)

        yield build
