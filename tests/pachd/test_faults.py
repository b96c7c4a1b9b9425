"""What a client is promised while the cluster is slow, cut off, half written, or somebody else's."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import (
    BranchNotFound,
    Change,
    ConditionFailed,
    CorruptData,
    PathClash,
    Put,
    TooSlow,
    Unavailable,
)
from s3gw.pfs.pachd._heads import OURS
from s3gw.pfs.pachd._messages import branch_message, commit_message, repo_message
from tests.contract.conftest import Store
from tests.serving import devpachd, eventually, serving

LARGE = bytes(range(256)) * 8192  # 2 MiB: it travels as a file set


def start(store: Store, description: str = "") -> str:
    request = pb.StartCommitRequest(branch=branch_message(store.branch), description=description)
    return store.pfs._client.call("StartCommit", request).id


def finish(store: Store, commit: str) -> None:
    request = pb.FinishCommitRequest(commit=commit_message(store.branch, commit))
    store.pfs._client.call("FinishCommit", request)


def raw_put(store: Store, path: str, body: bytes) -> None:
    """Write as another client of the cluster does."""
    commit = commit_message(store.branch)
    messages = [
        pb.ModifyFileRequest(set_commit=commit),
        pb.ModifyFileRequest(add_file=pb.AddFile(path=path, raw={"value": body})),
    ]
    store.pfs._client.modify(message.SerializeToString() for message in messages)


def test_an_answer_comes_when_the_commit_is_finished(store, fault):
    fault(finish_s=0.3)
    begun = time.monotonic()
    change = store.put("a", b"x")
    assert time.monotonic() - begun >= 0.3
    assert store.snapshot().commit == change.commit
    assert store.read("a") == b"x"


def test_a_finish_beyond_the_deadline_is_too_slow(store, fault):
    fault(finish_s=30)
    with pytest.raises(TooSlow):
        store.put("a", b"x")
    with pytest.raises(TooSlow):
        store.read("a")


def test_what_is_unavailable_is_told_within_the_deadline_and_recovers(store, fault):
    store.put("a", b"x")
    fault(unavailable=True)
    for verb in (lambda: store.read("a"), lambda: store.put("b", b"x"), store.paths):
        with pytest.raises(Unavailable):
            verb()
    fault()
    assert store.read("a") == b"x"


@pytest.mark.parametrize("body", [b"small" * 10, LARGE])
def test_a_stream_that_is_cut_is_an_error_and_never_a_short_body(store, fault, body):
    store.put("a", body)
    fault(cut_after=len(body) // 2)
    with pytest.raises((Unavailable, CorruptData)):
        store.read("a")
    fault()
    assert store.read("a") == body


def test_an_upload_that_is_cut_leaves_nothing(store, fault):
    before = store.snapshot().commit
    fault(unavailable=["CreateFileSet", "ModifyFile"])
    for body in (b"small", LARGE):
        with pytest.raises(Unavailable):
            store.put("a", body)
    fault()
    assert store.snapshot().commit == before


def test_an_open_head_is_joined_and_read(store):
    store.put("a", b"old")
    commit = start(store)
    for path, body in (("a", b"new"), ("b", LARGE)):
        change = store.put(path, body)
        assert change.commit == commit
        assert change.files[0].size == len(body)
    assert store.read("a") == b"new"
    assert store.read("b") == LARGE
    with pytest.raises(ConditionFailed):
        store.put("a", b"never", condition=lambda file: file is None)
    assert store.paths() == ["a", "b"]
    finish(store, commit)
    assert store.put("c").commit != commit
    assert store.paths() == ["a", "b", "c"]


def test_a_file_of_an_open_commit_that_changes_is_never_mixed(store):
    start(store)
    store.put("a", b"one")
    snapshot = store.snapshot()
    file = snapshot.inspect_file("a")
    store.put("a", b"two")
    with pytest.raises(Unavailable):
        snapshot.read_file(file)


def test_a_commit_that_a_dead_gateway_left_open_is_finished(store, monkeypatch):
    monkeypatch.setattr("s3gw.pfs.pachd._committer._ABANDONED_S", 0.5)
    left = start(store, OURS)
    assert store.put("a", b"x").commit != left
    assert store.paths() == ["a"]


def test_conditions_wait_for_those_of_another_gateway(store):
    commit = start(store, OURS)
    threading.Timer(0.3, finish, (store, commit)).start()
    store.put("a", b"x", condition=lambda file: file is None)
    assert store.read("a") == b"x"


@pytest.fixture
def beaten(store, monkeypatch) -> Callable[[str, bytes], None]:
    """Lets another client of the cluster write a file just before the next change is sent.

    That is after all that the gateway looks at before, which really is as it sees it.
    """

    def lose_to(path: str, body: bytes) -> None:
        modify = store.pfs._client.modify

        def modify_second(messages: Iterable[bytes]) -> None:
            monkeypatch.setattr(store.pfs._client, "modify", modify)
            raw_put(store, path, body)
            modify(messages)

        monkeypatch.setattr(store.pfs._client, "modify", modify_second)

    return lose_to


def test_a_write_that_another_gateway_starts_a_commit_beneath_is_tried_again(store, monkeypatch):
    modify = store.pfs._client.modify

    def opened(messages: Iterable[bytes]) -> Iterable[bytes]:
        stream = iter(messages)
        yield next(stream)
        time.sleep(0.2)  # pachd has looked at the head
        commit = start(store, OURS)
        threading.Timer(0.2, finish, (store, commit)).start()
        yield from stream

    def modify_beneath(messages: Iterable[bytes]) -> None:
        monkeypatch.setattr(store.pfs._client, "modify", modify)
        modify(opened(messages))

    monkeypatch.setattr(store.pfs._client, "modify", modify_beneath)
    change = store.put("a", b"x")
    assert store.snapshot().commit == change.commit
    assert store.read("a") == b"x"


def test_a_write_that_is_lost_in_the_commit_of_another_gateway_is_made_again(store, monkeypatch):
    """So pachd does with what joins a commit while that is being finished, and says that all is well."""
    modify = store.pfs._client.modify

    def lose(messages: Iterable[bytes]) -> None:
        monkeypatch.setattr(store.pfs._client, "modify", modify)
        list(messages)
        finish(store, start(store, OURS))

    monkeypatch.setattr(store.pfs._client, "modify", lose)
    change = store.put("a", b"x")
    assert store.snapshot().commit == change.commit
    assert store.read("a") == b"x"


def change_all(store: Store, bodies: dict[str, bytes]) -> dict[str, Change | BaseException]:
    """Put several files in one group, each by a member of its own."""
    with ExitStack() as stack:
        changes = []
        for path, body in bodies.items():
            staging = stack.enter_context(store.pfs.stage(store.branch, path))
            staging.write(body)
            changes.append((store.branch, [Put(path, staging.finish())]))
        return dict(zip(bodies, store.pfs.change_all(changes), strict=True))


@pytest.mark.parametrize("path", ["a", "c"])
def test_what_the_commit_of_another_gateway_overwrites_is_made_again_and_nothing_else(
    store, monkeypatch, path
):
    """A group joins a commit whose conditions were judged without it: what it overwrites comes after it."""
    modify = store.pfs._client.modify

    def join(messages: Iterable[bytes]) -> None:
        monkeypatch.setattr(store.pfs._client, "modify", modify)
        theirs.append(start(store, OURS))
        modify(messages)
        raw_put(store, path, b"theirs")
        finish(store, theirs[0])

    theirs: list[str] = []
    monkeypatch.setattr(store.pfs._client, "modify", join)
    made = change_all(store, {"a": b"1", "b": b"2", "c": b"3"})
    assert [store.read(name) for name in "abc"] == [b"1", b"2", b"3"]
    assert {name: change.commit == theirs[0] for name, change in made.items()} == {
        name: name != path for name in "abc"
    }
    assert store.read(path, store.snapshot(theirs[0])).endswith(b"theirs")


def test_a_clash_with_another_writer_is_an_error_and_loses_nothing(store, beaten):
    """It comes between the look and the write; PFS finds the clash when it finishes the commit."""
    beaten("d/x", b"kept")
    with pytest.raises(PathClash):
        store.put("d", b"lost")
    assert store.paths() == ["d/x"]
    assert store.read("d/x") == b"kept"
    store.put("e", b"on")
    assert store.paths() == ["d/x", "e"]


def test_of_a_group_with_a_guilty_member_the_others_are_made(store, beaten):
    beaten("d/x", b"kept")
    outcomes = change_all(store, {path: path.encode() for path in ["a", "b", "d", "e", "f"]})
    assert isinstance(outcomes.pop("d"), PathClash)
    assert all(isinstance(change, Change) for change in outcomes.values())
    assert store.paths() == ["a", "b", "d/x", "e", "f"]
    assert all(store.read(path) == path.encode() for path in outcomes)


def test_writes_that_arrive_meanwhile_share_a_commit(store, fault):
    fault(finish_s=0.2)
    commits: list[str] = []
    threads = [
        threading.Thread(
            target=lambda name=str(number): commits.append(store.put(name, name.encode()).commit)
        )
        for number in range(32)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(commits) == 32
    assert len(set(commits)) <= 6
    assert len(store.paths()) == 32


def test_the_later_of_two_puts_of_a_key_wins_and_both_have_their_own_answer(store):
    with store.pfs.stage(store.branch, "a") as one, store.pfs.stage(store.branch, "a") as two:
        one.write(LARGE)
        two.write(b"two")
        change = store.pfs.change(store.branch, [Put("a", one.finish()), Put("a", two.finish())])
    assert [file.size for file in change.files] == [len(LARGE), 3]
    assert change.files[0].hash != change.files[1].hash
    assert store.read("a") == b"two"


def test_the_commit_of_a_write_is_found_though_others_write_too(store, fault):
    fault(finish_s=0.05)
    stop = threading.Event()

    def others() -> None:
        for number in itertools.count():
            if stop.is_set():
                return
            raw_put(store, f"other/{number}", b"o")

    thread = threading.Thread(target=others)
    thread.start()
    try:
        for number in range(10):
            body = f"body {number}".encode()
            change = store.put("mine", body)
            assert store.read("mine", store.snapshot(change.commit)) == body
    finally:
        stop.set()
        thread.join()


def test_a_gateway_outlives_its_cluster_and_no_acknowledged_object_is_lost(tmp_path):
    """Devpachd is killed and started again under load."""
    with devpachd(tmp_path / "d") as (address, process):
        listen = address.removeprefix("grpc://")
        with serving(tmp_path, "--pachd-deadline", "5", where=address) as gateway:
            assert gateway.request("PUT", "/master.load").status == 200
            acknowledged: dict[str, bytes] = {}
            refused: list[tuple[int, str | None, float]] = []
            stop = threading.Event()

            def load(writer: int) -> None:
                for number in itertools.count():
                    if stop.is_set():
                        return
                    key, body = f"{writer}/{number}", f"{writer} {number}".encode() * 50
                    begun = time.monotonic()
                    answer = gateway.request("PUT", f"/master.load/{key}", body)
                    if answer.status == 200:
                        acknowledged[key] = body
                    else:
                        refused.append(
                            (answer.status, answer.headers.get("retry-after"), time.monotonic() - begun)
                        )

            threads = [threading.Thread(target=load, args=(writer,)) for writer in range(8)]
            for thread in threads:
                thread.start()
            eventually(lambda: len(acknowledged) >= 20)
            process.kill()
            process.wait()
            eventually(lambda: len(refused) >= 8)
            with devpachd(tmp_path / "d", listen=listen):
                before = len(acknowledged)
                eventually(lambda: len(acknowledged) >= before + 50)
                stop.set()
                for thread in threads:
                    thread.join()
                assert refused
                assert {(status, retry is not None) for status, retry, _ in refused} == {(503, True)}
                assert max(seconds for _, _, seconds in refused) < 10
                for key, body in acknowledged.items():
                    assert gateway.request("GET", f"/master.load/{key}").body == body, key


def test_a_gateway_is_back_soon_when_its_cluster_is(tmp_path):
    with devpachd(tmp_path / "d") as (address, process), serving(tmp_path, where=address) as gateway:
        assert gateway.request("PUT", "/master.back").status == 200
        process.kill()
        process.wait()
        assert gateway.request("HEAD", "/master.back").status == 503
        with devpachd(tmp_path / "d", listen=address.removeprefix("grpc://")):
            begun = time.monotonic()
            eventually(lambda: gateway.request("HEAD", "/master.back").status == 200)
            assert time.monotonic() - begun < 3


@pytest.mark.parametrize(("times", "raised"), [(3, None), (1000, Unavailable)])
def test_repos_are_listed_though_some_are_deleted_meanwhile(store, monkeypatch, times, raised):
    """Pachd 2.7.8 says then that one of them is not found."""
    stream, calls = store.pfs._client.stream, []

    def failing(method, request):
        calls.append(method)
        if len(calls) <= times:
            raise BranchNotFound("could not get repos: repo default/other not found")
        return stream(method, request)

    monkeypatch.setattr(store.pfs._client, "stream", failing)
    if raised is None:
        assert store.branch in [entry.branch for entry in store.pfs.list_branches()]
    else:
        with pytest.raises(raised):
            store.pfs.list_branches()


def test_writers_that_come_again_share_commits_and_none_waits_for_a_whole_one_more(store, fault):
    """Without a leader that waits a moment they would fall apart into two crowds: twice the commits."""
    fault(finish_s=0.6)
    before = commits(store)
    writers, rounds = 6, 4

    def write(writer: int) -> None:
        for number in range(rounds):
            store.put(f"{writer}/{number}")

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.paths()) == writers * rounds
    assert commits(store) - before <= rounds + 2


def commits(store: Store) -> int:
    """Count the commits of the branch."""
    request = pb.ListCommitRequest(repo=repo_message(store.branch), all=True)
    return len(list(store.pfs._client.stream("ListCommit", request)))
