"""File sets: made aside, laid upon each other, put into open commits."""

from __future__ import annotations

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from tests.devpachd.conftest import add, as_commit, at, copy, delete, refused


@pytest.fixture
def head(pachd, repo):
    pachd.put(at(repo), {"/a": b"a", "/d/x": b"x"})
    pachd.finished(at(repo))
    return at(repo)


def make(pachd, *operations: pb.ModifyFileRequest) -> str:
    return pachd.api.CreateFileSet(iter(operations)).file_set_id


def compose(pachd, *ids: str) -> str:
    request = pb.ComposeFileSetRequest(file_set_ids=ids, ttl_seconds=60)
    return pachd.api.ComposeFileSet(request).file_set_id


def put(pachd, repo, *file_sets: str) -> dict[str, bytes]:
    """Put file sets into a new commit; all that it holds then."""
    commit = pachd.start(repo)
    for file_set in file_sets:
        pachd.api.AddFileSet(pb.AddFileSetRequest(commit=commit, file_set_id=file_set))
    opened = pachd.files(commit)
    pachd.finish(commit)
    assert pachd.files(commit) == opened
    return opened


LAYERS = [
    ("one", [[add("n", b"1")]], {"/n": b"1"}),
    ("one that appends", [[add("a", b"1")]], {"/a": b"a1"}),
    ("one that replaces", [[delete("a"), add("a", b"1")]], {"/a": b"1"}),
    ("one that deletes", [[delete("a")]], {"/a": None}),
    ("one that deletes a directory, which it does not see", [[delete("d/")]], {}),
    ("two that append", [[add("n", b"1")], [add("n", b"2")]], {"/n": b"12"}),
    ("two that replace", [[delete("n"), add("n", b"1")], [delete("n"), add("n", b"2")]], {"/n": b"2"}),
    ("one that replaces and one that appends", [[delete("a"), add("a", b"1")], [add("a", b"2")]], {"/a": b"12"}),
    ("one that adds and one that deletes", [[add("n", b"1")], [delete("n")]], {}),
    ("one that deletes and one that adds", [[delete("a")], [add("a", b"2")]], {"/a": b"2"}),
    ("three", [[add("n", b"1")], [delete("n")], [add("n", b"3")]], {"/n": b"3"}),
]  # fmt: skip


@pytest.mark.parametrize("composed", [False, True])
@pytest.mark.parametrize(
    ("layers", "changes"), [case[1:] for case in LAYERS], ids=[case[0] for case in LAYERS]
)
def test_file_sets_in_a_commit(pachd, repo, head, layers, changes, composed):
    file_sets = [make(pachd, *layer) for layer in layers]
    if composed:
        file_sets = [compose(pachd, *file_sets)]
    files = {"/a": b"a", "/d/x": b"x", **changes}
    expected = {path: data for path, data in sorted(files.items()) if data is not None}
    assert put(pachd, repo, *file_sets) == expected


def test_a_file_set_is_put_into_several_commits(pachd, repo, head):
    large = bytes(range(256)) * 1024
    file_set = make(pachd, add("n", large))
    assert put(pachd, repo, file_set)["/n"] == large
    pachd.finished(head)
    assert put(pachd, repo, file_set)["/n"] == large * 2
    assert pachd.read(as_commit(file_set), "n") == large


def test_a_file_set_is_read_like_a_commit(pachd, head):
    file_set = as_commit(make(pachd, add("n/1", b"1"), add("n/2", b"2"), delete("a")))
    assert pachd.files(file_set) == {"/n/1": b"1", "/n/2": b"2"}
    assert pachd.listed("ListFile", file_set, "/n") == ["/n/1", "/n/2"]
    assert pachd.glob(file_set, "/*") == ["/n/"]
    info = pachd.look(file_set, "n")
    assert (info.size_bytes, info.file_type) == (2, pb.DIR)
    assert info.file.commit.id == file_set.id
    assert not info.HasField("committed")
    with refused("NOT_FOUND", f"file /x not found in repo default/__filesets__ at commit {file_set.id}"):
        pachd.look(file_set, "/x")
    virtual = pachd.inspect(file_set)
    assert virtual.HasField("finished")
    assert virtual.description == "FileSet - Virtual Commit"
    pachd.modify(head, copy(file_set, "n", "m"))
    assert pachd.read(head, "m/2") == b"2"


def test_a_file_set_of_a_commit_has_the_deletes_that_led_there(pachd, repo, head):
    file_set = pachd.api.GetFileSet(pb.GetFileSetRequest(commit=head)).file_set_id
    assert pachd.files(as_commit(file_set)) == {"/a": b"a", "/d/x": b"x"}
    pachd.put(head, {"/a": b"b", "/n": b"n"})
    pachd.finished(head)
    assert put(pachd, repo, file_set) == {"/a": b"a", "/d/x": b"x", "/n": b"n"}


def test_a_file_set_is_kept_longer(pachd):
    file_set = make(pachd, add("n", b"1"))
    pachd.api.RenewFileSet(pb.RenewFileSetRequest(file_set_id=file_set, ttl_seconds=1800))
    dashes = "-".join([file_set[:8], file_set[8:]])
    pachd.api.RenewFileSet(pb.RenewFileSetRequest(file_set_id=dashes, ttl_seconds=60))


def test_a_bad_path_in_a_file_set_is_refused(pachd):
    text = "path (a*) invalid: globbing character (*) not allowed in path"
    with refused("UNKNOWN", text):
        make(pachd, add("a", b"1"), add("a*", b"1"))
    with refused("UNKNOWN", "cannot set commit"):
        pachd.api.CreateFileSet(iter([pb.ModifyFileRequest(set_commit=pb.Commit())]))


def test_a_file_set_that_is_missing(pachd, repo):
    commit = pachd.start(repo)
    with refused("UNKNOWN", "path does not exist"):
        pachd.api.AddFileSet(pb.AddFileSetRequest(commit=commit, file_set_id="a" * 32))
    with refused("UNKNOWN", "path does not exist"):
        pachd.files(as_commit("a" * 32))


@pytest.fixture
def pieces(pachd, repo):
    """A finished commit with the files of a body in pieces; its address is its id."""
    pachd.put(at(repo), {f"/p/{number}": f"{number};".encode() for number in range(4)})
    return at(repo, pachd.finished(at(repo)).commit.id)


def copied(pachd, pieces, numbers, target: str = "n", *, append: bool = True) -> str:
    return make(pachd, *[copy(pieces, f"p/{number}", target, append=append) for number in numbers])


@pytest.mark.parametrize("append", [False, True])
def test_of_copies_to_one_path_in_one_stream_the_last_counts(pachd, pieces, append):
    file_set = as_commit(copied(pachd, pieces, range(4), append=append))
    assert pachd.look(file_set, "n").size_bytes == 2
    target = at(pachd.new_repo())
    pachd.modify(target, copy(file_set, "n", "m"))
    assert not pachd.finished(target).error
    assert pachd.read(target, "m") == b"3;"


def test_copies_that_append_in_file_sets_of_their_own_are_joined(pachd, pieces):
    joined = compose(pachd, *[copied(pachd, pieces, [number]) for number in (2, 0, 3, 1)])
    assert pachd.read(as_commit(joined), "n") == b"2;0;3;1;"
    again = as_commit(compose(pachd, joined, copied(pachd, pieces, [1])))
    assert pachd.read(again, "n") == b"2;0;3;1;1;"
    target = at(pachd.new_repo())
    pachd.modify(target, copy(again, "n", "m"))
    assert not pachd.finished(target).error
    assert pachd.read(target, "m") == b"2;0;3;1;1;"
    assert pachd.look(target, "m").hash == pachd.look(again, "n").hash


def test_copies_that_replace_in_file_sets_of_their_own_replace_each_other(pachd, pieces):
    layers = [copied(pachd, pieces, [number], append=False) for number in (2, 0)]
    assert pachd.read(as_commit(compose(pachd, *layers)), "n") == b"0;"


def test_all_of_a_file_set_is_copied_at_once(pachd, pieces):
    file_set = make(pachd, copy(pieces, "p/0", "a", append=True), copy(pieces, "p/1", "d/x", append=True))
    target = at(pachd.new_repo())
    pachd.put(target, {"/a": b"old", "/d/x": b"old", "/d/y": b"y"})
    pachd.modify(target, copy(as_commit(file_set), "", ""))
    assert not pachd.finished(target).error
    assert pachd.files(target) == {"/a": b"0;", "/d/x": b"1;", "/d/y": b"y"}


def test_a_source_that_is_missing_makes_no_file(pachd, pieces):
    file_set = copied(pachd, pieces, ["none"])
    with refused("NOT_FOUND", f"file /n not found in repo default/__filesets__ at commit {file_set}"):
        pachd.look(as_commit(file_set), "/n")


def test_a_commit_that_is_squashed_is_no_source(pachd, repo, pieces):
    pachd.put(at(repo), {"/more": b""})
    pachd.finished(at(repo))
    request = pb.SquashCommitSetRequest(commit_set=pb.CommitSet(id=pieces.id))
    for _ in range(2):  # the second finds nothing to do
        pachd.api.SquashCommitSet(request)
    assert pachd.read(at(repo), "p/3") == b"3;"
    with refused("NOT_FOUND", f"commit default/{repo.name}@{pieces.id} not found"):
        copied(pachd, pieces, [0])
