"""Commits: how they are addressed, what states they go through, what becomes of one with an error."""

from __future__ import annotations

import threading
import uuid

import grpc
import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from tests.devpachd.conftest import add, at, branch_of, delete, refused, set_commit
from tests.serving import eventually

ID = uuid.UUID(int=2, version=4).hex


@pytest.fixture(scope="module")
def line(pachd):
    """A repo whose branch `b` has four commits, the oldest first."""
    repo = pachd.new_repo()
    commits = []
    for number in range(4):
        commit = pachd.start(repo, "b")
        pachd.modify(commit, delete("n"), add("n", b"%d" % number))
        pachd.finish(commit)
        commits.append(commit.id)
    return repo, commits


ADDRESSES = [
    ("", "b", 3),
    ("b", "", 3),
    ("b^", "", 2),
    ("b~", "", 2),
    ("b^^", "", 1),
    ("b~~~", "", 0),
    ("b^3", "", 0),
    ("b~2", "", 1),
    ("b^0", "", 3),
    ("b.1", "", 0),
    ("b.2", "", 1),
    ("b.4", "", 3),
    ("b.0", "", 3),
    ("^", "b", 2),
    ("^2", "b", 1),
    ("~1", "b", 2),
    (".1", "b", 0),
    ("{2}", "", 2),
    ("{2}", "b", 2),
    ("{2}", "nope", 2),
    ("{2}^", "", 1),
    ("{2}~2", "b", 0),
]


@pytest.mark.parametrize(("name", "branch", "number"), ADDRESSES)
def test_a_commit_is_found(pachd, line, name, branch, number):
    repo, commits = line
    address = pb.Commit(repo=repo, branch=branch_of(repo, branch), id=name.format(*commits))
    info = pachd.inspect(address)
    assert info.commit.id == commits[number]
    assert info.commit.branch == branch_of(repo, "b")
    assert pachd.read(address, "n") == b"%d" % number


NO_ADDRESSES = [
    ("b^4", "", "NOT_FOUND", "commit default/{r}@b^4 not found"),
    ("^9", "b", "NOT_FOUND", "commit default/{r}@^9 not found"),
    ("b.5", "", "NOT_FOUND", "commit default/{r}@b.5 not found"),
    ("{0}~", "", "NOT_FOUND", "commit default/{r}@{0}~ not found"),
    (ID, "", "NOT_FOUND", f"commit default/{{r}}@{ID} not found"),
    (ID, "b", "NOT_FOUND", f"commit default/{{r}}@{ID} not found"),
    ("HEAD", "", "NOT_FOUND", 'branch "HEAD" not found in repo default/{r}'),
    ("HEAD^", "", "NOT_FOUND", 'branch "HEAD" not found in repo default/{r}'),
    ("", "b^", "NOT_FOUND", 'branch "b^" not found in repo default/{r}'),
    ("b^~", "", "UNKNOWN", 'invalid ancestry syntax "b^~", cannot mix ^ and ~ characters'),
    ("b~2^", "", "UNKNOWN", 'invalid ancestry syntax "b~2^", cannot mix ~ and 2 characters'),
    ("b^x", "", "UNKNOWN", 'invalid ancestry syntax "b^x", cannot mix ^ and x characters'),
    ("x", "b", "UNKNOWN", "invalid commit ID given with a branch (default/{r}@b): x\n"),
]


@pytest.mark.parametrize(("name", "branch", "code", "text"), NO_ADDRESSES)
def test_a_commit_is_not_found(pachd, line, name, branch, code, text):
    repo, commits = line
    address = pb.Commit(repo=repo, branch=branch_of(repo, branch), id=name.format(*commits))
    with refused(code, text.format(*commits, r=repo.name)):
        pachd.inspect(address)


def test_a_write_to_an_unknown_commit_with_a_branch_goes_to_the_branch(pachd, repo):
    """H2, M3: nobody is told."""
    pachd.modify(at(repo, ID, "b"), add("a", b"1"))
    pachd.modify(at(repo, uuid.UUID(int=3, version=4).hex, "b"), add("a", b"2"))
    assert pachd.read(at(repo, branch="b"), "a") == b"12"


def test_a_write_to_a_branch_by_the_id_of_the_commit(pachd, repo):
    commit = pb.Commit(repo=repo, branch=pb.Branch(repo=repo), id="b")
    pachd.modify(commit, add("a", b"1"))
    assert pachd.read(at(repo, "b"), "a") == b"1"
    commit.id = "b^0"
    with refused(
        "UNKNOWN", "name (b^0) invalid: only alphanumeric characters, underscores, and dashes are allowed"
    ):
        pachd.modify(commit, add("a", b"1"))


def test_a_commit_tells_of_itself(pachd, repo):
    pachd.create_branch(repo)
    empty = pachd.inspect(at(repo))
    assert empty.origin.kind == pb.AUTO
    assert empty.started == empty.finishing == empty.finished
    assert empty.HasField("details")
    assert not empty.HasField("parent_commit")
    commit = pachd.start(repo, description="begun")
    assert commit == pb.Commit(repo=repo, branch=branch_of(repo), id=commit.id)
    info = pachd.inspect(commit)
    assert info.commit == commit
    assert info.origin.kind == pb.USER
    assert info.parent_commit == empty.commit
    assert info.description == "begun"
    assert info.HasField("started")
    assert not info.HasField("finishing")
    assert not info.HasField("finished")
    assert info.HasField("details")
    assert info.details.size_bytes == info.size_bytes_upper_bound == 0
    pachd.modify(commit, add("a", b"123"))
    assert pachd.branch(repo).head == commit
    pachd.finish(commit, description="done")
    info = pachd.finished(commit)
    assert info.description == "done"
    assert info.started.ToNanoseconds() <= info.finishing.ToNanoseconds() <= info.finished.ToNanoseconds()
    assert info.details.size_bytes == info.size_bytes_upper_bound == 3
    assert info.error == ""
    assert list(pachd.inspect(empty.commit).child_commits) == [commit]


def test_an_implicit_commit_begins_and_ends_at_once(pachd, repo):
    pachd.modify(at(repo), add("a", b"1"))
    info = pachd.finished(at(repo))
    assert info.started == info.finishing
    assert info.origin.kind == pb.USER
    assert not info.HasField("parent_commit")
    pachd.modify(at(repo), add("a", b"1"))
    assert pachd.finished(at(repo)).parent_commit == info.commit


def test_an_open_head_is_joined_and_read_and_cannot_be_started_again(pachd, repo):
    pachd.put(at(repo), {"/a": b"1"})
    pachd.finished(at(repo))
    commit = pachd.start(repo)
    assert pachd.read(at(repo), "a") == b"1"
    pachd.modify(at(repo), add("b", b"2"))
    pachd.modify(at(repo, commit.id, "master"), add("c", b"3"))
    assert pachd.files(at(repo)) == {"/a": b"1", "/b": b"2", "/c": b"3"}
    assert not pachd.look(at(repo), "a").HasField("committed")
    assert pachd.inspect(at(repo)).commit == commit
    with refused("UNKNOWN", f"parent commit {text(commit)} has not been finished"):
        pachd.start(repo)
    with refused("UNKNOWN", f"parent commit {text(commit)} has not been finished"):
        pachd.start(repo, "other", parent=commit)
    pachd.finish(at(repo))
    with refused("UNKNOWN", f"commit {text(commit)} has already finished"):
        pachd.finish(commit)
    assert pachd.files(at(repo)) == {"/a": b"1", "/b": b"2", "/c": b"3"}
    assert pachd.look(at(repo), "a").committed == pachd.inspect(commit).finishing


def text(commit: pb.Commit) -> str:
    return f"default/{commit.repo.name}@{commit.id}"


def test_a_stream_that_began_before_a_commit_was_started_joins_nothing(pachd, repo):
    """It has a commit of its own, and that may be refused at its end."""
    pachd.put(at(repo), {"/a": b"1"})

    def is_refused() -> bool:
        """Whether the stream had resolved the branch before; nothing tells that from outside."""
        begun, go_on = threading.Event(), threading.Event()

        def messages():
            yield set_commit(at(repo))
            yield add("b", b"2")
            begun.set()
            assert go_on.wait(30)

        call = pachd.api.ModifyFile.future(messages())
        assert begun.wait(30)
        commit = pachd.start(repo)
        go_on.set()
        error = call.exception(30)
        pachd.finish(commit)
        return error is not None and error.details() == f"parent commit {text(commit)} has not been finished"

    eventually(is_refused)


def test_a_parent_may_be_any_commit(pachd, line):
    repo, commits = line
    commit = pachd.start(repo, "from-old", parent=at(repo, commits[1]))
    pachd.modify(commit, add("m", b"m"))
    assert pachd.files(commit) == {"/m": b"m", "/n": b"1"}
    pachd.finish(commit)
    assert pachd.files(commit) == {"/m": b"m", "/n": b"1"}
    assert pachd.inspect(commit).parent_commit.id == commits[1]
    pachd.modify(at(repo, branch="from-old"), delete("n"))
    assert pachd.files(at(repo, branch="from-old")) == {"/m": b"m"}
    assert [pachd.read(at(repo, commit), "n") for commit in commits] == [b"0", b"1", b"2", b"3"]


def test_parallel_implicit_commits_are_all_made(pachd, repo):
    threads = [
        threading.Thread(target=pachd.modify, args=(at(repo), add(f"{number}", b"x"))) for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pachd.files(at(repo))) == 8
    assert len(pachd.call("ListCommit", pb.ListCommitRequest(repo=repo, to=at(repo)))) == 8


# --- errors of commits ------------------------------------------------------------------------


CLASHES = [
    ("a file in the place of a directory", {"/d/x": b"1"}, [add("d", b"2")], "/d/x"),
    ("a file below a file", {"/d": b"1"}, [add("d/x", b"2")], "/d/x"),
    ("both at once", {}, [add("e/x/y"), add("e/x")], "/e/x/y"),
    ("one that a delete has made neighbours", {"/d": b"1", "/d-": b"2", "/d/x": b"3"}, [delete("d-")], "/d/x"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "operations", "path"), [case[1:] for case in CLASHES], ids=[case[0] for case in CLASHES]
)
def test_a_clash_is_an_error_of_the_commit_alone(pachd, repo, before, operations, path):
    pachd.put(at(repo), {"/kept": b"k", **before})
    assert pachd.finished(at(repo)).error == ""
    pachd.modify(at(repo), *operations, add("lost"))
    info = pachd.finished(at(repo))
    assert info.error == f"file / directory path collision ({path})"
    assert info.HasField("details")
    assert pachd.listed("ListFile", at(repo), "/lost") == ["/lost"]
    pachd.modify(at(repo), add("next"))
    assert pachd.finished(at(repo)).error == ""
    assert pachd.finished(at(repo)).parent_commit == info.commit
    files = [name for name in pachd.listed("WalkFile", at(repo), "/") if not name.endswith("/")]
    assert files == sorted(["/kept", *before, "/next"])


def test_a_clash_that_is_no_neighbour_is_not_found(pachd, repo):
    """M2: both live on, and InspectFile says that it is a directory."""
    pachd.put(at(repo), {"/d/x": b"x", "/d-z": b"z"})
    pachd.modify(at(repo), add("d", b"file"))
    assert pachd.finished(at(repo)).error == ""
    pachd.modify(at(repo), add("n", b"n"))
    assert pachd.finished(at(repo)).error == ""
    assert pachd.look(at(repo), "d").file_type == pb.DIR
    assert pachd.listed("ListFile", at(repo), "/") == ["/d", "/d-z", "/d/", "/n"]
    assert pachd.listed("ListFile", at(repo), "/d") == ["/d", "/d/x"]
    assert pachd.listed("WalkFile", at(repo), "/d") == ["/d", "/d/", "/d/x"]
    with refused("UNKNOWN", "cannot get directory or non-regular file. Use GetFileTAR instead"):
        pachd.read(at(repo), "/d")
    pachd.modify(at(repo), delete("d"))
    assert pachd.files(at(repo)) == {"/d-z": b"z", "/d/x": b"x", "/n": b"n"}


def test_a_commit_finished_with_an_error_is_read_and_then_skipped(pachd, repo):
    pachd.put(at(repo), {"/a": b"1"})
    pachd.finished(at(repo))
    commit = pachd.start(repo)
    pachd.modify(commit, add("b", b"2"))
    pachd.finish(commit, error="it broke")
    assert pachd.inspect(commit).error == "it broke"
    info = pachd.finished(commit)
    assert info.error == "it broke"
    assert not info.HasField("details")
    assert pachd.files(commit) == {"/a": b"1", "/b": b"2"}
    pachd.modify(at(repo), add("c", b"3"))
    assert pachd.files(at(repo)) == {"/a": b"1", "/c": b"3"}
    assert pachd.inspect(at(repo)).parent_commit == commit


# --- clearing and listing ---------------------------------------------------------------------


def test_an_open_commit_is_cleared_by_its_id_alone(pachd, repo):
    pachd.put(at(repo), {"/a": b"1"})
    pachd.finished(at(repo))
    commit = pachd.start(repo)
    pachd.modify(commit, add("b", b"2"), delete("a"))
    pachd.api.ClearCommit(pb.ClearCommitRequest(commit=at(repo)))
    assert pachd.files(at(repo)) == {"/b": b"2"}
    pachd.api.ClearCommit(pb.ClearCommitRequest(commit=commit))
    assert pachd.files(at(repo)) == {"/a": b"1"}
    pachd.modify(commit, add("c", b"3"))
    pachd.finish(commit)
    assert pachd.files(at(repo)) == {"/a": b"1", "/c": b"3"}


LISTS = [
    ({}, [4, 3, 2, 1, 0]),
    ({"reverse": True}, [0, 1, 2, 3, 4]),
    ({"number": 2}, [4, 3]),
    ({"number": 2, "reverse": True}, [0, 1]),
    ({"to": 4}, [4, 3, 2, 1, 0]),
    ({"to": 3}, [3, 2, 1, 0]),
    ({"to": 3, "from": 1}, [3, 2]),
    ({"to": 3, "number": 1}, [3]),
    ({"to": 1, "from": 3}, [1, 0]),
    ({"origin_kind": pb.AUTO}, [0]),
    ({"origin_kind": pb.USER}, [4, 3, 2, 1]),
    ({"origin_kind": pb.AUTO, "all": True}, [4, 3, 2, 1, 0]),
    ({"origin_kind": pb.USER, "to": 4, "number": 2}, [4, 3]),
]


@pytest.fixture(scope="module")
def listed(pachd):
    """A repo with five commits, the first of them automatic."""
    repo = pachd.new_repo()
    pachd.create_branch(repo)
    commits = [pachd.inspect(at(repo)).commit]
    for number in range(4):
        commits.append(pachd.start(repo))
        pachd.modify(commits[-1], add(f"{number}", b"12"))
        pachd.finish(commits[-1])
    pachd.finished(commits[-1])
    return repo, commits


@pytest.mark.parametrize(("more", "numbers"), LISTS)
def test_commits_are_listed(pachd, listed, more, numbers):
    repo, commits = listed
    ends = {name: commits[more[name]] for name in ("to", "from") if name in more}
    infos = pachd.call("ListCommit", pb.ListCommitRequest(repo=repo, **{**more, **ends}))
    assert [commits.index(info.commit) for info in infos] == numbers
    assert [info.size_bytes_upper_bound for info in infos] == [2 * number for number in numbers]


def test_commits_are_listed_up_to_a_branch(pachd, listed):
    repo, commits = listed
    infos = pachd.call("ListCommit", pb.ListCommitRequest(repo=repo, to=at(repo)))
    assert [info.commit for info in infos] == commits[::-1]


def test_commits_are_listed_that_were_started_before(pachd, listed):
    repo, commits = listed
    limit = pachd.inspect(commits[2]).started
    infos = pachd.call("ListCommit", pb.ListCommitRequest(repo=repo, started_time=limit))
    assert [commits.index(info.commit) for info in infos] == [1, 0]
    infos = pachd.call("ListCommit", pb.ListCommitRequest(repo=repo, started_time=limit, reverse=True))
    assert [commits.index(info.commit) for info in infos] == [3, 4]


def test_a_subscription_gives_what_is_there_and_what_comes(pachd, listed):
    repo, commits = listed
    request = pb.SubscribeCommitRequest(repo=repo, branch="other", state=pb.FINISHED)
    stream = pachd.api.SubscribeCommit(request, timeout=60)
    pachd.modify(at(repo, branch="third"), add("a"))
    commit = pachd.start(repo, "other")
    threading.Timer(0.1, pachd.finish, (commit,)).start()
    info = next(stream)
    assert info.commit == commit
    assert info.HasField("finished")
    stream.cancel()
    request = pb.SubscribeCommitRequest(repo=repo, branch="master", **{"from": commits[1]})
    stream = pachd.api.SubscribeCommit(request, timeout=60)
    assert [commits.index(next(stream).commit) for _ in range(4)] == [0, 2, 3, 4]
    stream.cancel()


def test_a_commit_set(pachd, listed):
    _, commits = listed
    request = pb.InspectCommitSetRequest(commit_set=pb.CommitSet(id=commits[3].id), wait=True)
    assert [info.commit for info in pachd.api.InspectCommitSet(request)] == [commits[3]]


def test_a_head_is_dropped_and_its_parent_takes_its_place(pachd, repo):
    for number in range(3):
        pachd.put(at(repo), {f"/{number}": b"x"})
    head = pachd.finished(at(repo))
    drop = pb.DropCommitSetRequest(commit_set=pb.CommitSet(id=head.commit.id))
    with refused("UNKNOWN", f"cannot drop a commit that has children: {text(head.parent_commit)}"):
        pachd.api.DropCommitSet(pb.DropCommitSetRequest(commit_set=pb.CommitSet(id=head.parent_commit.id)))
    pachd.api.DropCommitSet(drop)
    assert pachd.branch(repo).head == head.parent_commit
    assert pachd.files(at(repo)) == {"/0": b"x", "/1": b"x"}
    with refused("NOT_FOUND", f"commit {text(head.commit)} not found"):
        pachd.inspect(head.commit)
    pachd.modify(at(repo), add("n"))
    assert pachd.files(at(repo)) == {"/0": b"x", "/1": b"x", "/n": b""}
    assert pachd.inspect(at(repo)).parent_commit == head.parent_commit


def test_the_last_commit_that_is_dropped_leaves_an_empty_one(pachd, repo):
    pachd.put(at(repo), {"/a": b"x"})
    commit = pachd.finished(at(repo)).commit
    pachd.api.DropCommitSet(pb.DropCommitSetRequest(commit_set=pb.CommitSet(id=commit.id)))
    info = pachd.inspect(at(repo))
    assert info.commit != commit
    assert info.origin.kind == pb.AUTO
    assert pachd.files(at(repo)) == {}
    pachd.modify(at(repo), add("n"))
    assert pachd.files(at(repo)) == {"/n": b""}


def test_a_commit_is_squashed_into_its_children(pachd, repo):
    for number in range(3):
        pachd.put(at(repo), {f"/{number}": b"x"})
    head = pachd.finished(at(repo))
    pachd.api.SquashCommitSet(pb.SquashCommitSetRequest(commit_set=pb.CommitSet(id=head.parent_commit.id)))
    assert pachd.files(at(repo)) == {"/0": b"x", "/1": b"x", "/2": b"x"}
    assert pachd.files(at(repo, "master^")) == {"/0": b"x"}
    with pytest.raises(grpc.RpcError):
        pachd.inspect(head.parent_commit)
