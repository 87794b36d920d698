"""Worlds for the tests of crawling."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest
from pydantic import SecretStr

from examples.standin.app import StandIn
from examples.standin.clock import VirtualClock
from examples.standin.fault import Fault
from examples.standin.posts import Post
from examples.standin.server import running
from mlproject.settings import Settings

from .world import START, TOKEN, Build, World


@pytest.fixture
def world(database: Settings) -> Iterator[Build]:
    """Builds a world: ``world(posts, quota=…, faults=[…], v2ex_max_wait=…)``."""
    with ExitStack() as stack:

        def build(
            content: Sequence[Post],
            quota: int = 600,
            faults: Sequence[Fault] = (),
            **settings: object,
        ) -> World:
            clock = VirtualClock.at(START)
            stand_in = StandIn(content, quota, TOKEN, clock.now, faults)
            values = {
                "v2ex_url": stack.enter_context(running(stand_in.app)),
                "v2ex_token": SecretStr(TOKEN),
                "v2ex_reserve": 0,
                **settings,
            }
            return World(stand_in, database.model_copy(update=values), clock)

        yield build
