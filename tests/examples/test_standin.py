"""The stand-in answers as V2EX does."""

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from examples.standin import audit, fault
from examples.standin.app import StandIn
from examples.standin.ban import SHOW, Ban
from examples.standin.clock import Local, VirtualClock
from examples.standin.forum import Forum
from examples.standin.posts import Post, from_json, ids, load, sample
from examples.standin.server import running
from examples.standin.synthetic import SyntheticForum

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_700_000_000
TOKEN = "a-token"
POSTS = [
    Post(
        number,
        f"题目 {number}",
        "正文\r\n<b>",
        "qna" if number % 2 else "life",
        NOW - 1000 + number,
    )
    for number in range(1, 61)
]


class Visitor:
    """Asks a stand-in over HTTP."""

    def __init__(self, stand_in: StandIn, address: str) -> None:
        self.stand_in = stand_in
        self.address = address

    @property
    def forum(self) -> Forum:
        assert isinstance(self.stand_in.forum, Forum)
        return self.stand_in.forum

    def get(self, path: str, token: str = TOKEN) -> requests.Response:
        signed = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.get(
            f"{self.address}/api/{path}", headers=signed, timeout=10, allow_redirects=False
        )

    def value(self, path: str) -> Any:
        return self.get(path).json()


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    stand_in = StandIn(POSTS, token=TOKEN, clock=lambda: float(NOW))
    with running(stand_in.app) as address:
        yield Visitor(stand_in, address)


def test_latest_is_the_newest_twenty(visitor: Visitor) -> None:
    assert [topic["id"] for topic in visitor.value("topics/latest.json")] == list(range(60, 40, -1))


def test_a_v1_topic_has_all_its_fields(visitor: Visitor) -> None:
    (topic,) = visitor.value("topics/show.json?id=3")
    assert set(topic) == {
        *("id", "title", "url", "content", "content_rendered", "replies", "member", "node"),
        *("created", "last_modified", "last_touched", "last_reply_by", "deleted"),
    }
    assert (topic["content"], topic["node"]["name"]) == ("正文\r\n<b>", "qna")
    assert topic["content_rendered"] == "<p>正文</p><p>&lt;b&gt;</p>"
    assert topic["member"]["bio"] is None


@pytest.mark.parametrize("query", ["id=999", "id=x", "username=nobody", "node_name=nowhere", ""])
def test_nothing_found_by_show_is_an_empty_list(visitor: Visitor, query: str) -> None:
    answer = visitor.get(f"topics/show.json?{query}")
    assert (answer.status_code, answer.json()) == (200, [])


def test_show_by_node_gives_one_page_only(visitor: Visitor) -> None:
    ids = [topic["id"] for topic in visitor.value("topics/show.json?node_name=qna&page=2")]
    assert ids == list(range(59, 20, -2))


def test_nodes_are_listed_with_their_counts(visitor: Visitor) -> None:
    counts = {node["name"]: node["topics"] for node in visitor.value("nodes/all.json")}
    assert counts == {"life": 30, "qna": 30}
    assert visitor.value("nodes/list.json?fields=name&reverse=1") == [
        {"name": "life"},
        {"name": "qna"},
    ]
    assert visitor.value("nodes/show.json?name=qna")["topics"] == 30


def test_unknown_members_and_nodes_of_v1_are_404(visitor: Visitor) -> None:
    for path in ("members/show.json?username=nobody", "nodes/show.json?name=nowhere"):
        answer = visitor.get(path)
        assert answer.status_code == 404
        assert answer.json() == {"status": "error", "message": "Object Not Found"}


def test_statistics_name_the_newest_id(visitor: Visitor) -> None:
    assert visitor.value("site/stats.json")["topic_max"] == 60


def test_pages_of_a_node_hold_twenty_and_end(visitor: Visitor) -> None:
    pages = [visitor.value(f"v2/nodes/qna/topics?p={page}") for page in (1, 2, 3)]
    assert [len(page["result"]) for page in pages] == [20, 10, 0]
    assert all(page["success"] for page in pages)
    assert pages[0]["pagination"] == {"per_page": 20, "total": 30, "pages": 2}
    assert not {"member", "node"} & set(pages[0]["result"][0])


def test_a_v2_topic_has_member_node_and_supplements(visitor: Visitor) -> None:
    topic = visitor.value("v2/topics/4")["result"]
    assert (topic["node"]["name"], topic["supplements"]) == ("life", [])


@pytest.mark.parametrize("path", ["nodes/nowhere", "nodes/nowhere/topics", "topics/999"])
def test_unknown_objects_of_v2_are_404(visitor: Visitor, path: str) -> None:
    answer = visitor.get(f"v2/{path}")
    assert answer.status_code == 404
    assert answer.json() == {"success": False, "message": "Object Not Found"}


@pytest.mark.parametrize("token", ["", "another"])
def test_a_bad_token_is_401_in_v2_and_no_matter_in_v1(visitor: Visitor, token: str) -> None:
    answer = visitor.get("v2/nodes/qna/topics", token)
    assert answer.status_code == 401
    assert answer.json() == {"success": False, "message": "Invalid token"}
    assert visitor.get("topics/latest.json", token).status_code == 200


def test_the_quota_counts_down_ends_with_403_and_is_full_after_an_hour() -> None:
    time = [float(NOW)]
    stand_in = StandIn(POSTS, quota=2, clock=lambda: time[0])
    with running(stand_in.app) as address:
        visitor = Visitor(stand_in, address)
        answers = [visitor.get("site/stats.json") for _ in range(3)]
        time[0] += 3600
        later = visitor.get("site/stats.json")
    assert [answer.status_code for answer in (*answers, later)] == [200, 200, 403, 200]
    remaining = [answer.headers["X-Rate-Limit-Remaining"] for answer in (*answers, later)]
    assert remaining == ["1", "0", "0", "1"]
    assert answers[0].headers["X-Rate-Limit-Reset"] == str(NOW + 3600)
    assert answers[2].json()["status"] == "error"


def test_posts_appear_with_time(visitor: Visitor) -> None:
    visitor.forum.put(Post(61, "", "", "qna", NOW + 1))
    assert visitor.value("topics/show.json?id=61") == []
    visitor.forum.put(Post(62, "", "", "qna", NOW))
    assert visitor.value("topics/latest.json")[0]["id"] == 62


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("challenge", 403, r"Just a moment\.\.\."),
        ("page", 200, "<html>"),
        ("redirect", 302, ""),
        ("forbidden", 403, "Forbidden"),
        ("busy", 429, "Too many"),
        ("unavailable", 503, "Unavailable"),
        ("bad-gateway", 502, "<html>"),
        ("failure", 200, '"success":false'),
        ("token-expired", 200, "Token expired"),
        ("truncated", 200, r"^\[.*[^\]]$"),
        ("control", 200, "\x01题目"),
        ("challenge-until", 403, "Just a moment"),
        ("challenge-reset", 403, "Just a moment"),
        ("page-missing", 404, "<html>"),
        ("forbidden-page", 403, "<html>"),
        ("busy-until", 429, "Too many"),
        ("busy-date", 429, "Too many"),
        ("unavailable-until", 503, ""),
        ("empty-body", 200, "^$"),
        ("other-data", 200, "none"),
        ("token-invalid", 401, "Invalid token"),
        ("bare", 200, r'^(?!.*"member")'),
        ("nulls", 200, '"member": null'),
    ],
)
def test_faults_befall_the_requests_they_are_meant_for(
    kind: fault.Kind, status: int, body: str
) -> None:
    stand_in = StandIn(POSTS, faults=[fault.at(kind, 2)])
    with running(stand_in.app) as address:
        visitor = Visitor(stand_in, address)
        assert visitor.get("topics/latest.json").json()
        answer = visitor.get("topics/latest.json")
    assert answer.status_code == status
    assert re.search(body, answer.content.decode("utf-8", "replace"), re.DOTALL)


def test_files_are_read_plain_and_packed_and_labels_stay_out(tmp_path: Path) -> None:
    line = json.dumps(
        {"id": 1, "title": "a", "content": "b", "node": None, "created": 5, "label": 1}
    )
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_text(line + "\n\n", encoding="utf-8")
    packed.write_bytes(gzip.compress(line.replace('"id": 1', '"id": 2').encode()))
    assert load([plain, packed]) == [
        Post(1, "a", "b", "all4all", 5, author=""),
        Post(2, "a", "b", "all4all", 5, author=""),
    ]


def test_author_or_member_is_the_username() -> None:
    base = {"id": 1, "title": "", "content": "", "created": 5}
    assert from_json({**base, "author": "x"}).author == "x"
    assert from_json({**base, "member": "y"}).author == "y"


def test_a_sample_is_spread_out_and_always_the_same() -> None:
    assert [post.id for post in sample(POSTS, 4)] == [1, 16, 31, 46]
    assert sample(POSTS, 4) == sample(POSTS, 4)
    assert sample(POSTS, 0) == sample(POSTS, 60) == sample(POSTS, 100) == POSTS


def test_a_sample_takes_some_ids_first() -> None:
    assert [post.id for post in sample(POSTS, 4, {60, 2, 99})] == [1, 2, 31, 60]
    assert [post.id for post in sample(POSTS, 2, {10, 20, 30, 40})] == [10, 30]
    assert sample(POSTS, 0, {2}) == POSTS


def test_ids_are_a_column_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("label,id\n0,7\n1,9\n")
    assert ids(tmp_path / "ids.csv") == {7, 9}


@pytest.mark.parametrize("content", ["number\n7\n", "id\nseven\n", "label,id\n0\n"])
def test_the_command_names_a_table_without_ids(tmp_path: Path, content: str) -> None:
    (tmp_path / "ids.csv").write_text(content)
    command = [sys.executable, "-m", "examples.standin", "--port", "1", "--posts", "none.jsonl"]
    command += ["--first", str(tmp_path / "ids.csv")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "--first: " in ended.stderr
    assert "ids.csv has no column of ids" in ended.stderr


def test_the_command_names_a_line_that_is_no_post(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": 1}\n', encoding="utf-8")
    command = [sys.executable, "-m", "examples.standin", "--port", "1", "--posts", str(bad)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "bad.jsonl line 1 is not a post" in ended.stderr


def test_the_bundled_posts_can_be_served() -> None:
    posts = load([ROOT / "examples" / "corpus" / "posts.jsonl"])
    assert len(posts) == len({post.id for post in posts}) > 0


def test_a_cut_answer_breaks_off(visitor: Visitor) -> None:
    visitor.stand_in.faults.append(fault.at("cut", 1))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        visitor.get("topics/latest.json")


def test_six_calls_of_show_in_ten_seconds_keep_out_for_a_day() -> None:
    time = [float(NOW)]
    stand_in = StandIn(POSTS, clock=lambda: time[0])
    with running(stand_in.app) as address:
        visitor = Visitor(stand_in, address)
        statuses = [visitor.get("topics/show.json?id=1").status_code for _ in range(6)]
        time[0] += 86_399
        statuses.append(visitor.get("topics/latest.json").status_code)
        time[0] += 2
        statuses.append(visitor.get("topics/latest.json").status_code)
    assert statuses == [*[200] * 5, 403, 403, 200]
    assert stand_in.refused == 2


def test_five_calls_of_show_in_any_ten_seconds_are_borne() -> None:
    time = [float(NOW)]
    ban = Ban(lambda: time[0])
    for _ in range(50):
        assert not ban.holds("a", SHOW)
        time[0] += 2.01
    assert not ban.holds("b", SHOW)


def test_a_made_up_forum_has_as_many_posts_as_it_says() -> None:
    forum = SyntheticForum([45, 5], lambda: float(NOW))
    pages = [forum.newest("node1", page) for page in (1, 2, 3, 4)]
    assert [post.id for page in pages for post in page] == list(range(45, 0, -1))
    assert [post.id for post in forum.newest("node2")] == [50, 49, 48, 47, 46]
    assert [post.id for post in forum.newest(size=6)] == [50, 49, 48, 47, 46, 45]
    assert {post.node for post in pages[0]} == {"node1"}
    assert (forum.get(0), forum.get(51), forum.newest("nowhere")) == (None, None, [])
    newest = forum.get(50)
    assert newest is not None
    assert newest.created <= NOW


def test_the_audit_counts_windows_bursts_and_repeats() -> None:
    assert audit.windows([0, 10, 3599, 3600, 7300]) == [3, 1, 1]
    assert audit.use([5, 10, 1], 10) == 0.75
    assert audit.most_within([0, 1, 2, 10, 11], 10) == 3
    assert audit.repeats(["a", "b", "a", "a"]) == 2


def test_virtual_time_passes_where_somebody_sleeps() -> None:
    clock = VirtualClock.at(5.0)
    clock.sleep(2)
    clock.sleep(-1)
    assert clock.now() == 7


def test_sleeps_that_begin_together_pass_side_by_side() -> None:
    cell = Local(5.0)
    one, other = VirtualClock(cell), VirtualClock(cell)
    assert one.now() == other.now() == 5
    one.sleep(100)
    other.sleep(30)
    assert one.now() == 105
    other.sleep(60)
    assert other.now() == 105
    other.sleep(1)
    assert one.now() == 106
