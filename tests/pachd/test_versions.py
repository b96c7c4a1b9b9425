"""Versions in front of a cluster: commits compared, as many as a page looks at."""

from __future__ import annotations

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Delete, Put, Version
from s3gw.pfs.pachd import _versions
from s3gw.pfs.pachd._messages import branch_message, commit_message
from tests.contract.conftest import Store


def told(versions: list[Version]) -> list[tuple[str, str | None, int | None]]:
    return [(one.path, one.commit, None if one.file is None else one.file.size) for one in versions]


def test_what_is_older_than_the_commits_of_a_page_is_told_with_the_oldest(store, monkeypatch):
    monkeypatch.setattr(_versions, "COMMITS", 3)
    store.put("old", b"1")
    store.put("new", b"1")
    oldest = store.put("other", b"1").commit
    middle = store.put("new", b"22").commit
    newest = store.delete("other").commit
    page = store.pfs.list_versions(store.branch)
    assert told(page.versions) == [
        ("new", middle, 2),
        ("new", oldest, 1),
        ("old", oldest, 1),
        ("other", newest, None),
        ("other", oldest, 1),
    ]
    assert [one.is_latest for one in page.versions] == [True, False, True, True, False]
    assert page.after is None


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_are_what_is_one_page(store: Store, limit):
    for number in range(5):
        store.put(f"d{number % 2}/{number % 3}", b"%d" % number)
        store.put("x", b"%d" % (number // 2))
    store.delete("d1/0", "x")
    for prefix, delimiter in [("", ""), ("d", ""), ("", "/"), ("d0", "/"), ("", "1")]:
        whole = store.pfs.list_versions(store.branch, prefix, delimiter)
        assert whole.after is None
        versions: list[Version] = []
        groups: list[str] = []
        after: tuple[str, str | None] | None = ("", None)
        while after is not None:
            page = store.pfs.list_versions(store.branch, prefix, delimiter, after, limit)
            assert len(page.versions) + len(page.groups) <= limit
            versions += page.versions
            groups += page.groups
            after = page.after
        assert (versions, groups) == (whole.versions, whole.groups)


def test_a_page_goes_on_behind_a_path_whose_commit_is_no_more_looked_at(store, monkeypatch):
    monkeypatch.setattr(_versions, "COMMITS", 2)
    first = store.put("a", b"1").commit
    store.put("b", b"1")
    for number in range(3):
        store.put("c", b"%d" % number)
    page = store.pfs.list_versions(store.branch, after=("a", first))
    assert [one.path for one in page.versions] == ["b", "c", "c"]


def test_commits_that_are_open_or_have_an_error_make_no_versions(store):
    good = store.put("a", b"1").commit
    client = store.pfs._client
    bad = client.call("StartCommit", pb.StartCommitRequest(branch=branch_message(store.branch))).id
    store.put("a", b"2")
    finish = pb.FinishCommitRequest(commit=commit_message(store.branch, bad), error="failed")
    client.call("FinishCommit", finish)
    client.call("StartCommit", pb.StartCommitRequest(branch=branch_message(store.branch)))
    store.put("a", b"3")
    assert told(store.pfs.list_versions(store.branch).versions) == [("a", good, 1)]


def test_of_thousands_of_files_a_page_tells_those_that_all_commits_know(store):
    def put(paths: list[str], data: bytes) -> None:
        with store.pfs.stage(store.branch, "x", arrived=True) as staging:
            staging.write(data)
            content = staging.finish()
        store.pfs.change(store.branch, [Put(path, content) for path in paths])

    many = [f"{number:03}" for number in range(300)]
    put(many, b"1")
    put(many[::3], b"2")
    store.pfs.change(store.branch, [Delete(path) for path in many[:100]])
    found: list[Version] = []
    after: tuple[str, str | None] | None = ("", None)
    while after is not None:
        page = store.pfs.list_versions(store.branch, after=after, limit=50)
        found += page.versions
        after = page.after
    assert [one.path for one in found] == sorted(one.path for one in found)
    assert len(found) == len({(one.path, one.commit) for one in found}) == 300 + 100 + 100
    assert sum(one.is_latest for one in found) == 300
