"""Commit sessions: many writes become visible in one commit, or never."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from codegen.catalogue import ROOT
from s3gw.context import Context
from s3gw.generated.requests import PostSessionRequest
from s3gw.operations import sessions
from s3gw.operations._versions import Named
from s3gw.operations._views import view_of
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, Put
from s3gw.s3_error import S3Error
from tests.keyring import SECRETS, keyring_in
from tests.serving import Gateway, Response, serving

ID = re.compile("[0-9a-f]{32}")
EXTENDED = ("--profile", "extended")


def begin(gateway: Gateway, bucket: str) -> str:
    answer = gateway.request("POST", f"/{bucket}?s3gw-session")
    assert answer.status == 200, answer
    session = answer.headers["x-s3gw-session"]
    assert ID.fullmatch(session)
    assert answer.element("SessionId") == session
    return session


def finish(gateway: Gateway, bucket: str, session: str) -> Response:
    return gateway.request("POST", f"/{bucket}?s3gw-session={session}")


def drop(gateway: Gateway, bucket: str, session: str) -> Response:
    return gateway.request("DELETE", f"/{bucket}?s3gw-session={session}")


def ask(
    gateway: Gateway, method: str, target: str, session: str | None, body: bytes | None = None, **more: str
) -> Response:
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    if session is not None:
        headers["x-s3gw-session"] = session
    return gateway.request(method, target, body, headers)


def put(
    gateway: Gateway, bucket: str, key: str, body: bytes, session: str | None = None, **more: str
) -> Response:
    answer = ask(gateway, "PUT", f"/{bucket}/{quote(key)}", session, body, **more)
    assert answer.status == 200, answer
    return answer


def content(gateway: Gateway, bucket: str, key: str, session: str | None = None) -> bytes | None:
    answer = ask(gateway, "GET", f"/{bucket}/{quote(key)}", session)
    assert answer.status in (200, 404)
    assert ask(gateway, "HEAD", f"/{bucket}/{quote(key)}", session).status == answer.status
    return answer.body if answer.status == 200 else None


def test_writes_are_seen_in_the_session_and_by_all_when_it_is_finished(extended, extended_bucket):
    before = put(extended, extended_bucket, "old", b"old").headers["x-amz-version-id"]
    put(extended, extended_bucket, "gone", b"gone")
    session = begin(extended, extended_bucket)
    for key in ("a", "dir/b", "old"):
        answer = put(extended, extended_bucket, key, b"new", session)
        assert "x-amz-version-id" not in answer.headers
    assert ask(extended, "DELETE", f"/{extended_bucket}/gone", session).status == 204
    keys = {"a": b"new", "dir/b": b"new", "old": b"new", "gone": None}
    assert {key: content(extended, extended_bucket, key, session) for key in keys} == keys
    unseen = {"a": None, "dir/b": None, "old": b"old", "gone": b"gone"}
    assert {key: content(extended, extended_bucket, key) for key in keys} == unseen
    assert extended.keys(extended_bucket) == ["gone", "old"]
    answer = finish(extended, extended_bucket, session)
    commit = answer.headers["x-amz-version-id"]
    assert (answer.status, answer.element("VersionId"), answer.element("SessionId")) == (200, commit, session)
    assert {key: content(extended, extended_bucket, key) for key in keys} == keys
    assert content(extended, f"{commit}.{extended_bucket}", "dir/b") == b"new"
    listed = extended.boto3().list_object_versions(Bucket=extended_bucket)
    made = {entry["Key"]: entry["VersionId"] for entry in listed["Versions"] if entry["IsLatest"]}
    made |= {entry["Key"]: entry["VersionId"] for entry in listed["DeleteMarkers"]}
    assert made == dict.fromkeys(["a", "dir/b", "old", "gone"], commit)
    assert {entry["VersionId"] for entry in listed["Versions"]} - {commit} >= {before}


def test_what_is_dropped_was_never_there(extended, extended_bucket):
    session = begin(extended, extended_bucket)
    put(extended, extended_bucket, "a", b"new", session)
    assert drop(extended, extended_bucket, session).status == 204
    assert extended.keys(extended_bucket) == []
    assert extended.request("DELETE", f"/{extended_bucket}").status == 204


def test_a_session_without_writes_makes_no_commit(extended, extended_bucket):
    answer = finish(extended, extended_bucket, begin(extended, extended_bucket))
    assert (answer.status, "x-amz-version-id" in answer.headers) == (200, False)


def test_a_session_that_there_is_not(extended, extended_bucket):
    other = f"other.{extended_bucket.partition('.')[2]}"
    assert extended.request("PUT", f"/{other}").status == 200
    finished, dropped = begin(extended, extended_bucket), begin(extended, extended_bucket)
    finish(extended, extended_bucket, finished)
    drop(extended, extended_bucket, dropped)
    for session in ("0" * 32, "x", "../" * 10, begin(extended, other), finished, dropped, finished.upper()):
        for method, target in (
            ("PUT", "/a"), ("GET", "/a"), ("DELETE", "/a"), ("GET", ""), ("GET", "?list-type=2"), ("POST", "/a?uploads"),
            ("GET", "/a?tagging"),
        ):  # fmt: skip
            answer = ask(extended, method, f"/{extended_bucket}{target}", session, b"")
            assert (answer.status, answer.code) == (404, "NoSuchSession"), (method, target, session)
        assert ask(extended, "HEAD", f"/{extended_bucket}/a", session).status == 404
        for answer in (finish(extended, extended_bucket, session), drop(extended, extended_bucket, session)):
            assert (answer.status, answer.code) == (404, "NoSuchSession"), session
    assert ask(extended, "GET", f"/{extended_bucket}/a", "").code == "NoSuchSession"
    assert extended.request("DELETE", f"/{extended_bucket}?s3gw-session").code == "NoSuchSession"
    assert extended.request("POST", "/no.where?s3gw-session").code == "NoSuchBucket"
    assert extended.keys(extended_bucket) == []


def test_no_session_lies_over_a_commit(extended, extended_bucket):
    commit = put(extended, extended_bucket, "a", b"a").headers["x-amz-version-id"]
    session = begin(extended, extended_bucket)
    for target in ("/a", "?list-type=2", ""):
        assert ask(extended, "GET", f"/{commit}.{extended_bucket}{target}", session).code == "NoSuchSession"
    assert ask(extended, "HEAD", f"/{extended_bucket}", session).status == 200
    answer = ask(extended, "DELETE", f"/{extended_bucket}/a?versionId={commit}", session)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("PUT", "/a?tagging"),
        ("DELETE", "/a?tagging"),
        ("PUT", "/a?acl"),
        ("PUT", "?versioning"),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "?s3gw-session"),
    ],
)
def test_a_write_that_knows_no_session_is_refused_with_one(extended, extended_bucket, method, target):
    session = begin(extended, extended_bucket)
    answer = ask(extended, method, f"/{extended_bucket}{target}", session, b"")
    assert (answer.status, answer.code) == (501, "NotImplemented")


def test_classic_has_none(gateway, bucket):
    for method in ("POST", "DELETE"):
        assert gateway.request(method, f"/{bucket}?s3gw-session").status == 501
    for method, target in (("PUT", "/a"), ("DELETE", "/a"), ("POST", "?delete")):
        assert ask(gateway, method, f"/{bucket}{target}", "0" * 32, b"").status == 501
    assert gateway.keys(bucket) == []


def test_a_new_session_does_not_care_what_the_bucket_holds(extended, extended_bucket):
    put(extended, extended_bucket, "x/y", b"a directory that is called x")
    begin(extended, extended_bucket)


# --- what lies over what ----------------------------------------------------------------------------


def test_the_last_write_of_a_key_counts(extended, extended_bucket):
    for key in ("a", "b", "c", "d"):
        put(extended, extended_bucket, key, b"before")
    session = begin(extended, extended_bucket)
    steps = {
        "a": "put delete",
        "b": "delete put",
        "c": "put delete put",
        "d": "delete put delete",
        "e": "put delete",
    }
    for key, moves in steps.items():
        for move in moves.split():
            if move == "put":
                put(extended, extended_bucket, key, b"after", session)
            else:
                assert ask(extended, "DELETE", f"/{extended_bucket}/{key}", session).status == 204
    expected = {"a": None, "b": b"after", "c": b"after", "d": None, "e": None}
    assert {key: content(extended, extended_bucket, key, session) for key in steps} == expected
    assert finish(extended, extended_bucket, session).status == 200
    assert {key: content(extended, extended_bucket, key) for key in steps} == expected


def listing(
    gateway: Gateway, bucket: str, session: str | None, version: int, size: int, **more: str
) -> list[str]:
    """List keys and common prefixes, by pages."""
    found: list[str] = []
    position = ""
    while True:
        query = "&".join(f"{name}={quote(value)}" for name, value in more.items())
        kind = "list-type=2&" if version == 2 else ""
        answer = ask(gateway, "GET", f"/{bucket}?{kind}max-keys={size}&{query}{position}", session)
        assert answer.status == 200, answer
        text = answer.body.decode()
        keys = re.findall("<Key>(.*?)</Key>", text)
        groups = re.findall("<CommonPrefixes><Prefix>(.*?)</Prefix>", text)
        assert len(keys) + len(groups) <= size
        found += sorted(keys + groups)
        if answer.element("IsTruncated") == "false":
            return found
        if version == 2:
            position = f"&continuation-token={quote(answer.element('NextContinuationToken') or '')}"
        else:
            position = f"&marker={quote(answer.element('NextMarker') or found[-1])}"


def rolled_up(keys: set[str], prefix: str, delimiter: str) -> list[str]:
    found = set()
    for key in keys:
        if key.startswith(prefix):
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            found.add(key if end < 0 else key[: end + len(delimiter)])
    return sorted(found)


def test_listings_are_those_of_a_model(extended, extended_bucket):
    generator = random.Random(11)
    names = [f"{a}{slash}{b}" for a in ("a", "b+", "c d", "é") for slash in ("/", "-", "/x/") for b in "12"]
    before = set(generator.sample(names, 12))
    for key in before:
        put(extended, extended_bucket, key, b"before")
    session = begin(extended, extended_bucket)
    now = set(before)
    for _ in range(30):
        key = generator.choice(names)
        if generator.random() < 0.5:
            put(extended, extended_bucket, key, b"after", session)
            now.add(key)
        else:
            assert ask(extended, "DELETE", f"/{extended_bucket}/{quote(key)}", session).status == 204
            now.discard(key)
    for seen_in, keys in ((session, now), (None, before)):
        for prefix, delimiter in (
            ("", ""),
            ("", "/"),
            ("a/", "/"),
            ("", "-"),
            ("b", ""),
            ("a/x", "/"),
            ("none", ""),
        ):
            for version, size in ((2, 1), (1, 2), (2, 5), (1, 1000)):
                more = {"prefix": prefix, "delimiter": delimiter}
                found = listing(extended, extended_bucket, seen_in, version, size, **more)
                assert found == rolled_up(keys, prefix, delimiter), (prefix, delimiter, version, size)
    assert finish(extended, extended_bucket, session).status == 200
    assert listing(extended, extended_bucket, None, 2, 1000) == sorted(now)


def test_conditions_are_judged_of_what_the_session_sees(extended, extended_bucket):
    put(extended, extended_bucket, "there", b"1")
    session = begin(extended, extended_bucket)
    etag = put(extended, extended_bucket, "new", b"1", session).headers["etag"]
    for key in ("there", "new"):
        answer = ask(extended, "PUT", f"/{extended_bucket}/{key}", session, b"2", If_None_Match="*")
        assert (answer.status, answer.code) == (412, "PreconditionFailed")
    assert ask(extended, "PUT", f"/{extended_bucket}/new", session, b"2", If_Match=etag).status == 200
    assert ask(extended, "GET", f"/{extended_bucket}/new", session, If_Match=etag).status == 412
    ask(extended, "DELETE", f"/{extended_bucket}/there", session)
    assert ask(extended, "PUT", f"/{extended_bucket}/there", session, b"3", If_None_Match="*").status == 200


def test_paths_that_clash_are_refused_and_break_nothing(extended, extended_bucket):
    put(extended, extended_bucket, "file", b"file")
    put(extended, extended_bucket, "dir/a", b"a")
    session = begin(extended, extended_bucket)
    put(extended, extended_bucket, "put/new", b"new", session)
    for key in ("file/below", "dir", "put/new/below", "put"):
        answer = ask(extended, "PUT", f"/{extended_bucket}/{key}", session, b"x")
        assert (answer.status, answer.code) == (400, "InvalidFilePath")
        message = answer.element("Message") or ""
        assert message.startswith(("file ", "dir ", "put ", "put/new ")), message
    for key in ("file", "dir/a"):
        assert ask(extended, "DELETE", f"/{extended_bucket}/{key}", session).status == 204
    put(extended, extended_bucket, "file/below", b"below", session)
    put(extended, extended_bucket, "dir", b"dir", session)
    assert finish(extended, extended_bucket, session).status == 200
    assert extended.keys(extended_bucket) == ["dir", "file/below", "put/new"]


def test_a_clash_that_came_meanwhile_is_found_at_the_end_and_can_be_mended(extended, extended_bucket):
    session = begin(extended, extended_bucket)
    put(extended, extended_bucket, "a", b"session", session)
    put(extended, extended_bucket, "b", b"session", session)
    put(extended, extended_bucket, "a/b", b"another")
    answer = finish(extended, extended_bucket, session)
    assert (answer.status, answer.code) == (400, "InvalidFilePath")
    assert extended.keys(extended_bucket) == ["a/b"]
    assert ask(extended, "DELETE", f"/{extended_bucket}/a", session).status == 204
    assert finish(extended, extended_bucket, session).status == 200
    assert extended.keys(extended_bucket) == ["a/b", "b"]


def test_two_sessions_of_a_bucket_know_nothing_of_each_other(extended, extended_bucket):
    first, second = begin(extended, extended_bucket), begin(extended, extended_bucket)
    for session, own in ((first, "first"), (second, "second")):
        put(extended, extended_bucket, own, own.encode(), session)
        put(extended, extended_bucket, "both", own.encode(), session)
    assert content(extended, extended_bucket, "first", second) is None
    assert finish(extended, extended_bucket, second).status == 200
    assert content(extended, extended_bucket, "second", first) == b"second"
    assert content(extended, extended_bucket, "both", first) == b"first"
    assert finish(extended, extended_bucket, first).status == 200
    assert content(extended, extended_bucket, "both") == b"first"
    assert extended.keys(extended_bucket) == ["both", "first", "second"]


# --- all kinds of writes ----------------------------------------------------------------------------


def test_copies_renames_uploads_and_deletes_of_many_belong_to_it(extended, extended_bucket):
    other = f"other.{extended_bucket.partition('.')[2]}"
    assert extended.request("PUT", f"/{other}").status == 200
    put(extended, other, "source", b"other")
    for key in ("kept", "x", "y"):
        put(extended, extended_bucket, key, key.encode())
    session = begin(extended, extended_bucket)
    client = extended.boto3()
    client.meta.events.register(
        "before-sign.s3", lambda request, **_: request.headers.add_header("x-s3gw-session", session)
    )
    at = {"Bucket": extended_bucket}
    client.put_object(**at, Key="staged", Body=b"staged")
    client.copy_object(**at, Key="copy", CopySource={**at, "Key": "staged"})
    client.copy_object(**at, Key="foreign", CopySource={"Bucket": other, "Key": "source"})
    client.rename_object(**at, Key="renamed", RenameSource="staged")
    id_ = client.create_multipart_upload(**at, Key="parts")["UploadId"]
    part = client.upload_part(**at, Key="parts", UploadId=id_, PartNumber=1, Body=b"part")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    client.complete_multipart_upload(**at, Key="parts", UploadId=id_, MultipartUpload=parts)
    answer = client.delete_objects(**at, Delete={"Objects": [{"Key": "x"}, {"Key": "y"}, {"Key": "none"}]})
    assert [entry["Key"] for entry in answer["Deleted"]] == ["x", "y", "none"]
    expected = {
        "copy": b"staged",
        "foreign": b"other",
        "kept": b"kept",
        "parts": b"part",
        "renamed": b"staged",
    }
    assert {key: content(extended, extended_bucket, key, session) for key in expected} == expected
    assert extended.keys(extended_bucket) == ["kept", "x", "y"]
    assert finish(extended, extended_bucket, session).status == 200
    assert extended.keys(extended_bucket) == sorted(expected)
    assert {key: content(extended, extended_bucket, key) for key in expected} == expected


def test_properties_survive(keeping, keeping_bucket):
    session = begin(keeping, keeping_bucket)
    kept = {"content-type": "text/x-test", "x-amz-meta-colour": "blue"}
    ask(keeping, "PUT", f"/{keeping_bucket}/a", session, b"data", **kept, x_amz_tagging="a=b")
    inside = ask(keeping, "GET", f"/{keeping_bucket}/a", session)
    finish(keeping, keeping_bucket, session)
    for answer in (inside, keeping.request("GET", f"/{keeping_bucket}/a")):
        assert {name: answer.headers.get(name) for name in kept} == kept
        assert answer.headers["x-amz-tagging-count"] == "1"


@pytest.mark.parametrize("count", [3000])
def test_thousands_of_writes_become_visible_at_once(extended, extended_bucket, count):
    count = count if extended.pachd is None else 300  # a cluster takes its time for each
    session = begin(extended, extended_bucket)
    with ThreadPoolExecutor(16) as pool:
        bodies = list(range(count))
        list(pool.map(lambda n: put(extended, extended_bucket, f"d/{n:05}", b"%d" % n, session), bodies))
    assert extended.keys(extended_bucket) == []
    assert finish(extended, extended_bucket, session).status == 200
    pages = extended.boto3().get_paginator("list_objects_v2").paginate(Bucket=extended_bucket)
    assert sum(page["KeyCount"] for page in pages) == count
    assert content(extended, extended_bucket, f"d/{count - 1:05}") == b"%d" % (count - 1)


def test_what_was_acknowledged_while_it_ends_is_in_the_commit(extended, extended_bucket):
    session = begin(extended, extended_bucket)
    put(extended, extended_bucket, "first", b"x", session)

    def write(worker: int) -> list[str]:
        written = []
        for number in range(1000):
            key = f"{worker}-{number}"
            answer = ask(extended, "PUT", f"/{extended_bucket}/{key}", session, b"x")
            if answer.status != 200:
                assert answer.code == "NoSuchSession"
                return written
            written.append(key)
        return written

    with ThreadPoolExecutor(5) as pool:
        writers = [pool.submit(write, worker) for worker in range(4)]
        while ask(extended, "GET", f"/{extended_bucket}/3-2", session).status != 200:
            pass
        assert finish(extended, extended_bucket, session).status == 200
        acknowledged = {key for writer in writers for key in writer.result()}
    assert acknowledged <= set(extended.keys(extended_bucket))


def test_a_session_outlives_the_gateway(tmp_path: Path):
    with serving(tmp_path / "pfs", *EXTENDED) as gateway:
        assert gateway.request("PUT", "/images").status == 200
        session = begin(gateway, "images")
        put(gateway, "images", "a", b"before", session)
    with serving(tmp_path / "pfs", *EXTENDED) as gateway:
        put(gateway, "images", "b", b"after", session)
        assert gateway.keys("images") == []
        assert finish(gateway, "images", session).status == 200
        assert gateway.keys("images") == ["a", "b"]


@pytest.mark.parametrize("asks", [False, True])
def test_the_example_of_the_page_works(tmp_path: Path, asks):
    page = (ROOT / "docs" / "sessions.md").read_text()
    (example,) = re.findall("```python\n(.*?)```", page, re.DOTALL)
    options = ["--auth", str(keyring_in(tmp_path))] if asks else []
    keys = {"AWS_ACCESS_KEY_ID": "ADMIN", "AWS_SECRET_ACCESS_KEY": SECRETS["admin"] if asks else "any"}
    with serving(tmp_path / "pfs", *EXTENDED, *options) as gateway:
        code = example.replace("http://127.0.0.1:30600", gateway.url)
        done = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, **keys},
        )
        assert done.stdout == "100 objects in one commit\n"


def test_more_than_a_commit_takes_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(sessions, "_MOST", 2)
    branch = Branch("images", "master")
    pfs = EmbeddedPFS(tmp_path, "process")
    pfs.create_branch(branch)
    context = Context(pfs)
    opened = sessions.post_session(context, PostSessionRequest("images", branch, ""))
    view = view_of(context, Named(branch, "", x_s3gw_session=opened.x_s3gw_session))
    for key in "abc":
        with pfs.stage(view.branch, view.path(key)) as staging:
            pfs.change(view.branch, view.put(Put(key, staging.finish())))
    with pytest.raises(S3Error, match="more than 2 writes"):
        sessions.post_session(context, PostSessionRequest("images", branch, opened.x_s3gw_session))
    assert pfs.snapshot(branch).list_files().files == []
    pfs.close()
