"""A simulated day in which posts come, are edited, bumped and deleted while it is crawled."""

import random
from dataclasses import replace

from examples.standin.posts import Post
from mlproject.errors import TryLaterError
from mlproject.source.crawl import Order

from .world import START, Build, World

HOUR, DAY = 3600, 86_400
NODES = ("qna", "life", "jobs")


def content() -> list[Post]:
    """600 posts of the hours before, 150 that appear in the course of the day."""
    times = [-60 * (600 - index) - 60 for index in range(600)]
    times += [500 * index + 250 for index in range(150)]
    return [
        Post(number, f"题 {number}", f"文 {number}", NODES[number % 3], int(START) + time)
        for number, time in enumerate(times, 1)
    ]


def stir(here: World, chance: random.Random, young: list[Post], gone: set[int]) -> None:
    """Edit, bump and delete a few posts that are not yet as old as their next look."""
    now = here.clock.now()
    there = [post.id for post in young if post.created <= now < post.created + 0.9 * DAY]
    for number in chance.sample(sorted(set(there) - gone), 3):
        post = here.forum.get(number)
        assert post is not None
        kind = chance.choice(["edit", "empty", "bump", "delete"])
        if kind == "delete":
            here.forum.delete(number)
            gone.add(number)
        elif kind == "bump":
            here.forum.bump(number)
        else:
            text = "" if kind == "empty" else f"{post.content}，{now:.0f} 改"
            here.forum.put(replace(post, content=text))


def crawled(here: World, order: Order) -> None:
    try:
        here.crawl(order)
    except TryLaterError as error:
        here.clock.sleep(min(error.after or 60, 300))


def test_a_day_of_edits_and_deletions_ends_with_what_is_served(world: Build) -> None:
    posts, chance = content(), random.Random(3)
    gone: set[int] = set()
    here = world(posts, quota=200, v2ex_reserve=20)
    turn = 0
    while (begun := here.clock.now()) < START + 2.5 * DAY:
        if begun < START + DAY:
            crawled(here, Order("backfill", max_requests=7))
            stir(here, chance, posts, gone)
        crawled(here, Order("revisit" if turn % 6 == 5 else "new", max_requests=60))
        turn += 1
        here.clock.sleep(max(0, begun + 600 - here.clock.now()))
    served = [post for number in range(1, 751) if (post := here.forum.get(number)) is not None]
    assert here.rows("SELECT id, title, content, node FROM topic WHERE NOT gone ORDER BY id") == [
        (post.id, post.title, post.content, post.node) for post in served
    ]
    marked = {number for (number,) in here.rows("SELECT id FROM topic WHERE gone")}
    assert marked <= gone
    assert len(marked) > 50
    assert here.stand_in.refused == 0
