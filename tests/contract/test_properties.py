"""Properties of files: opaque bytes that are kept in the same change and in each version, or dropped."""

from __future__ import annotations

import pytest

from s3gw.pfs.interface import Delete, Piece, Put


def kept(pfs, properties: bytes | None) -> bytes | None:
    """Give what a PFS has of properties that it was given."""
    return properties if pfs.keeps_properties else None


@pytest.mark.parametrize("data", [b"", b"small", b"large" * 30_000])
@pytest.mark.parametrize("properties", [None, b"", b"{}", bytes(range(256)), b"x" * 100_000])
def test_what_was_given_comes_back_from_a_look_at_the_file(pfs, store, data, properties):
    (put,) = store.put("d/a", data, properties=properties).files
    assert put.properties == kept(pfs, properties)
    first = pfs.snapshot(store.branch)  # not pinned before
    assert first.inspect_file("d/a").properties == kept(pfs, properties)
    assert store.inspect("d/a").properties == kept(pfs, properties)
    assert store.read("d/a") == data


def test_listings_leave_them_out(pfs, store):
    store.put("a", b"x", properties=b"of a")
    store.put("a", b"y", properties=b"of the new a")
    assert [file.properties for file in store.snapshot().list_files().files] == [None]
    versions = pfs.list_versions(store.branch).versions
    assert {version.file.properties for version in versions if version.file} <= {None}


def test_each_version_has_its_own(pfs, store):
    commits = [store.put("a", b"same", properties=b"%d" % number).commit for number in range(4)]
    commits.append(store.put("a", b"same").commit)
    commits.append(store.delete("a").commit)
    store.put("a", b"again", properties=b"again")
    for number, commit in enumerate(commits[:4]):
        assert store.snapshot(commit).inspect_file("a").properties == kept(pfs, b"%d" % number)
    assert store.snapshot(commits[4]).inspect_file("a").properties is None
    assert store.inspect("a").properties == kept(pfs, b"again")


def test_many_deletes_keep_them_in_the_past(pfs, store):
    paths = [f"{number:02}" for number in range(20)]
    with pfs.stage(store.branch, "x") as staging:
        content = staging.finish()
        puts = [Put(path, content, properties=path.encode()) for path in paths]
        commit = pfs.change(store.branch, puts).commit
    pfs.change(store.branch, [Delete(path) for path in paths])
    past = store.snapshot(commit)
    assert [past.inspect_file(path).properties for path in paths] == [
        kept(pfs, path.encode()) for path in paths
    ]


def test_a_composed_file_has_those_that_it_is_put_with(pfs, store):
    store.put("a", b"x", properties=b"of a")
    snapshot = store.snapshot()
    source = snapshot.inspect_file("a")
    content = store.composed("b", [Piece(snapshot, source)], None)
    pfs.change(store.branch, [Put("b", content, properties=b"of b")])
    assert store.inspect("b").properties == kept(pfs, b"of b")
    assert store.inspect("a").properties == kept(pfs, b"of a")
    content = store.composed("a", [Piece(snapshot, source)], None)
    pfs.change(store.branch, [Put("a", content)])
    assert store.inspect("a").properties is None
