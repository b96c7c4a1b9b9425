"""Kept answers: given again while the branch is as it was, and never behind a change, whoever made it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import botocore.credentials
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest

from s3gw.addressing.hosts import Domains
from s3gw.auth.authority import Credentials
from s3gw.auth.identity import Grant, Identity
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


def asker(application: Application, serve: Callable[[Request], Any] | None = None) -> Callable[..., Any]:
    def ask(method: str, target: str, body: bytes = b"", **headers: str) -> Response:
        given = {"host": "x", "user-agent": "y", "content-length": str(len(body))}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return (serve or application.answer)(Request(method, target, given, io.BytesIO(body), arrived=True))

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
    ("OPTIONS", f"{BUCKET}/a", {}),
    ("OPTIONS", f"{BUCKET}/a", {"origin": "http://a", "access_control_request_method": "GET"}),
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


def test_what_is_asked_for_once_is_not_kept(tmp_path):
    pfs = EmbeddedPFS(tmp_path, "process")
    cache = Cache(1 << 20)
    ask = asker(Application(Context(pfs, cache=cache), "classic"))
    fill(ask)
    for number in range(3):
        assert (cache.get(("GET", f"{BUCKET}/a")) is not None) == (number == 2)
        ask("GET", f"{BUCKET}/a")
    pfs.close()


def test_no_operation_whose_answers_are_kept_reads_what_is_left_out_of_their_keys():
    for profile in PROFILES.values():
        for operation in profile.operations:
            if operation.support is not None and operation.support.lane == "read":
                refused = {name for name, _ in operation.support.refuses}
                assert not INERT & (set(operation.support.reads) | refused), operation.name
                assert "body" not in operation.support.reads


def test_a_bucket_in_the_host_is_not_what_stands_in_a_path(tmp_path):
    pfs = EmbeddedPFS(tmp_path, "process")
    context = Context(pfs, cache=Cache(1 << 20))
    ask = asker(Application(context, "extended", domains=Domains(["s3.test"])))
    inside = {"host": "master.images.s3.test"}
    ask("PUT", BUCKET)
    ask("PUT", "/master.other")
    ask("PUT", "/master.other/a", b"other")
    ask("PUT", "/master.other/a", b"within", **inside)  # the key is master.other/a there
    for _ in range(3):
        assert body_of(ask("GET", "/master.other/a")) == b"other"
        assert body_of(ask("GET", "/master.other/a", **inside)) == b"within"
        assert ask("GET", "/master.other/a", host="master.nothing.s3.test").status == 404
        assert body_of(ask("GET", "http://master.images.s3.test/master.other/a")) == b"within"
    pfs.close()


class OneKey:
    """An authority that knows one identity, which may read one bucket."""

    account = "000000000000"
    keys_are_secret = False
    is_quick = True
    anonymous = Identity("anonymous", is_anonymous=True)

    def __init__(self, buckets: tuple[str, ...]) -> None:
        self.identity = Identity("reader", (Grant(frozenset(("read", "list")), buckets),))

    def credentials(self, access_key: str) -> Credentials | None:
        return Credentials("secret", self.identity) if access_key == "KEY" else None

    def confirm(self, credentials: Credentials) -> Identity:
        return credentials.identity


def test_what_is_kept_is_told_to_whoever_may_read_it_alone(tmp_path):
    pfs = EmbeddedPFS(tmp_path, "process")
    context = Context(pfs, cache=Cache(1 << 20))
    fill(asker(Application(context, "extended")))
    authority = OneKey((BUCKET[1:],))
    application = Application(context, "extended", authority=authority)

    def signed(key: str = "KEY") -> int:
        request = AWSRequest("GET", f"http://x{BUCKET}/a", {})
        S3SigV4Auth(botocore.credentials.Credentials(key, "secret"), "s3", "us-east-1").add_auth(request)
        headers = {name.lower(): value for name, value in request.headers.items()} | {"host": "x"}
        return application.answer(Request("GET", f"{BUCKET}/a", headers, io.BytesIO(), arrived=True)).status

    ask = asker(application)
    assert [signed(), signed(), ask("GET", f"{BUCKET}/a").status, signed("OTHER")] == [200, 200, 403, 403]
    authority.identity = Identity("reader")
    assert signed() == 403
    pfs.close()
