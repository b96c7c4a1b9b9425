"""Kept answers: given again while the branch is as it was, and never behind a change, whoever made it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import pytest

from s3gw.cache import Cache
from s3gw.context import Context
from s3gw.generated.routes import PROFILES
from s3gw.http.application import Application
from s3gw.http.keeping import INERT
from s3gw.http.layout import Response
from s3gw.http.request import Request
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.embedded._history import Keep
from s3gw.pfs.interface import Branch

BRANCH = Branch("images", "master")
BUCKET = "/master.images"
_REQUEST_ID = re.compile(rb"<RequestId>\w+</RequestId>")

Ask = Callable[..., Response]


def asker(application: Application) -> Ask:
    def ask(method: str, target: str, body: bytes = b"", **headers: str) -> Response:
        given = {"host": "x", "user-agent": "y", "content-length": str(len(body))}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return application.answer(Request(method, target, given, io.BytesIO(body), arrived=True))

    return ask


@pytest.fixture(params=PROFILES)
def profile(request) -> str:
    return str(request.param)


@pytest.fixture
def pair(tmp_path, profile) -> Iterator[tuple[Ask, Ask]]:
    """Two gateways over one folder; the first keeps what it answers."""
    first, second = EmbeddedPFS(tmp_path, "process"), EmbeddedPFS(tmp_path, "process")
    keeping = Context(first, cache=Cache(1 << 20))
    yield asker(Application(keeping, profile)), asker(Application(Context(second), profile))
    first.close()
    second.close()


def body_of(response: Response) -> bytes:
    if response.body is None or isinstance(response.body, bytes):
        return response.body or b""
    return b"".join(response.body)


def said(response: Response) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in response.headers if name != "X-Amz-Request-Id"}
    return response.status, headers, _REQUEST_ID.sub(b"", body_of(response))


def fill(ask: Ask) -> None:
    assert ask("PUT", BUCKET).status == 200
    for key in ("a", "b/1", "b/2", "c"):
        assert ask("PUT", f"{BUCKET}/{key}", key.encode()).status == 200


READS = [
    ("GET", f"{BUCKET}/a", {}),
    ("HEAD", f"{BUCKET}/a", {}),
    ("HEAD", BUCKET, {}),
    ("GET", f"{BUCKET}/a", {"range": "bytes=0-0"}),
    ("GET", f"{BUCKET}/a", {"range": "bytes=9-"}),
    ("GET", f"{BUCKET}/a", {"x_amz_checksum_mode": "ENABLED"}),
    ("GET", f"{BUCKET}/a", {"if_none_match": "*"}),
    ("GET", f"{BUCKET}/a", {"if_match": '"0cc175b9c0f1b6a831c399e269772661"'}),
    ("GET", f"{BUCKET}/a?response-content-type=x", {}),
    ("GET", f"{BUCKET}/nothing", {}),
    ("GET", BUCKET, {}),
    ("GET", f"{BUCKET}?list-type=2", {}),
    ("GET", f"{BUCKET}?list-type=2&delimiter=/", {}),
    ("GET", f"{BUCKET}?list-type=2&delimiter=/&fetch-owner=true", {}),
    ("GET", f"{BUCKET}?list-type=2&delimiter=/&encoding-type=url", {}),
    ("GET", f"{BUCKET}?list-type=2&delimiter=/&prefix=b/", {}),
    ("GET", f"{BUCKET}?list-type=2&max-keys=1&start-after=a", {}),
    ("GET", f"{BUCKET}?versions", {}),
]


def test_each_read_says_the_same_again_and_what_a_gateway_says_that_keeps_nothing(pair):
    ask, other = pair
    fill(ask)
    for _ in range(3):
        for method, target, headers in READS:
            told, expected = said(ask(method, target, **headers)), said(other(method, target, **headers))
            assert told == expected, (method, target, headers)


def test_every_answer_has_an_id_of_its_own(pair):
    ask, _ = pair
    fill(ask)
    ids = [dict(ask("HEAD", f"{BUCKET}/a").headers)["X-Amz-Request-Id"] for _ in range(4)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "change",
    [
        lambda ask: ask("PUT", f"{BUCKET}/a", b"new"),
        lambda ask: ask("DELETE", f"{BUCKET}/a"),
        lambda ask: ask("PUT", f"{BUCKET}/aa/b", b"more"),
        lambda ask: (
            [ask("DELETE", f"{BUCKET}/{key}") for key in ("a", "b/1", "b/2", "c")]
            and [ask("DELETE", BUCKET), ask("PUT", BUCKET), ask("PUT", f"{BUCKET}/a", b"another")]
        ),
        lambda ask: (
            [ask("DELETE", f"{BUCKET}/{key}") for key in ("a", "b/1", "b/2", "c")] and ask("DELETE", BUCKET)
        ),
    ],
    ids=["overwritten", "deleted", "another key", "bucket made anew", "bucket deleted"],
)
def test_what_another_gateway_has_changed_is_seen_by_the_next_read(pair, change):
    ask, other = pair
    fill(ask)
    for method, target, headers in [*READS, *READS]:
        ask(method, target, **headers)
    change(other)
    for method, target, headers in READS:
        assert said(ask(method, target, **headers)) == said(other(method, target, **headers))


@pytest.mark.parametrize("profile", ["extended"], indirect=True)
def test_a_commit_that_was_cut_off_is_not_served_from_memory(pair, tmp_path):
    ask, other = pair
    fill(ask)
    version = dict(ask("GET", f"{BUCKET}/a").headers)["X-Amz-Version-Id"]
    first = body_of(ask("GET", f"{BUCKET}?list-type=2&max-keys=1")).decode()
    token = first.partition("<NextContinuationToken>")[2].partition("<")[0]
    reads = [f"{BUCKET}/a?versionId={version}", f"/{version}{BUCKET.replace('/', '.')}/a", f"{BUCKET}/a"]
    reads.append(f"{BUCKET}?list-type=2&max-keys=1&continuation-token={token}")
    ask("PUT", f"{BUCKET}/z", b"so that all of these are history")
    for target in [*reads, *reads]:
        assert ask("GET", target).status == 200
    pfs = EmbeddedPFS(tmp_path, "process")
    pfs.prune(Keep(commits=1))
    pfs.close()
    told = [said(ask("GET", target)) for target in reads]
    assert told == [said(other("GET", target)) for target in reads]
    assert [status for status, _, _ in told] == [404, 404, 200, 400]


def test_what_is_kept_has_a_bound_in_bytes():
    cache = Cache(100_000)
    for number in range(1000):
        cache.put(("GET", f"/{number}"), number, 9_700)
    assert [cache.get(("GET", f"/{number}")) for number in (989, 990, 999)] == [None, 990, 999]
    cache.put("large", "whatever", 60_000)
    assert cache.get("large") is None
    none = Cache(0)
    none.put("key", "value", 1)
    assert none.get("key") is None


def test_no_operation_whose_answers_are_kept_reads_what_is_left_out_of_their_keys():
    for profile in PROFILES.values():
        for operation in profile.operations:
            if operation.support is not None and operation.support.lane == "read":
                refused = {name for name, _ in operation.support.refuses}
                assert not INERT & (set(operation.support.reads) | refused), operation.name
                assert "body" not in operation.support.reads
