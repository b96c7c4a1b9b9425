"""Changes that come together: they share a commit, and each keeps its own promise."""

from __future__ import annotations

import threading

from s3gw.pfs.interface import (
    Branch,
    BranchNotFound,
    Change,
    ConditionFailed,
    Delete,
    InvalidPath,
    PathClash,
    Put,
)
from tests.contract.conftest import Store, new_branch


def put(store: Store, path: str, body: bytes, condition=None) -> Put:
    staging = store.pfs.stage(store.branch, "refused-by-none", arrived=True)
    staging.write(body)
    return Put(path, staging.finish(), condition)


def test_each_of_several_changes_gets_its_own_answer(pfs, store):
    store.put("dir/file", b"kept")
    other = Store(pfs, new_branch())
    pfs.create_branch(other.branch)
    changes = [
        (store.branch, [put(store, "a", b"first")]),
        (store.branch, [put(store, "dir", b"a directory")]),
        (other.branch, [put(other, "a", b"of another branch")]),
        (store.branch, [put(store, "a", b"second", lambda file: file is not None and file.size == 5)]),
        (store.branch, [put(store, "a", b"never", lambda file: file is None)]),
        (store.branch, [put(store, "x", b"x"), put(store, "x/y", b"clash")]),
        (store.branch, [put(store, "bad+path", b"")]),
        (Branch("no-such-repo", "master"), [Delete("a")]),
        (store.branch, [Delete("missing")]),
        (store.branch, [put(store, "b", b"b"), Delete("b"), put(store, "c", b"c")]),
    ]
    made = pfs.change_all(changes)
    kinds = [type(result) for result in made]
    assert kinds == [
        Change, PathClash, Change, Change, ConditionFailed, PathClash, InvalidPath, BranchNotFound, Change, Change,
    ]  # fmt: skip
    assert [made[0].files[0].size, made[3].files[0].size] == [5, 6]
    assert made[0].files[0].hash != made[3].files[0].hash
    assert {path: store.read(path) for path in store.paths()} == {
        "a": b"second",
        "c": b"c",
        "dir/file": b"kept",
    }
    assert other.read("a") == b"of another branch"
    assert store.snapshot().commit in [result.commit for result in made if isinstance(result, Change)]


def test_no_changes_at_all_are_no_error(pfs):
    assert list(pfs.change_all([])) == []


def test_changes_that_come_together_share_a_commit(pfs, store):
    made = pfs.change_all([(store.branch, [put(store, str(number), b"x")]) for number in range(20)])
    assert {result.commit for result in made} == {store.snapshot().commit}


def test_of_64_writers_all_is_there_and_each_state_is_made_of_whole_changes(store):
    """Each change puts a pair; a state that is seen holds both of it, and what its writer did before."""
    rounds = 6 if store.pfs.is_quick else 4
    acknowledged = [0] * 64
    stop = threading.Event()
    problems: list[str] = []

    def write(writer: int) -> None:
        for number in range(rounds):
            body = f"{writer} {number}".encode() * (1 + 700 * (number % 2))
            pair = [put(store, f"{writer:02}/{number}/{side}", body) for side in "ab"]
            store.pfs.change(store.branch, pair)
            acknowledged[writer] = number + 1

    def watch() -> None:
        while not stop.is_set():
            before = list(acknowledged)
            seen = set(store.paths())
            for writer in range(64):
                sides = [{f"{writer:02}/{number}/{side}" for side in "ab"} & seen for number in range(rounds)]
                whole = [len(side) for side in sides]
                count = whole.count(2)
                if whole != [2] * count + [0] * (rounds - count) or count < before[writer]:
                    problems.append(f"{writer}: {whole}, {before[writer]} acknowledged")

    watcher = threading.Thread(target=watch)
    watcher.start()
    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(64)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    watcher.join()
    assert problems == []
    assert acknowledged == [rounds] * 64
    snapshot = store.snapshot()
    for path in store.paths(snapshot):
        writer, number, _ = path.split("/")
        body = f"{int(writer)} {number}".encode() * (1 + 700 * (int(number) % 2))
        assert store.read(path, snapshot) == body
    assert len(store.paths(snapshot)) == 64 * rounds * 2


def test_many_deletes_at_once_leave_the_past_alone(pfs, store):
    """Some are there, some are not, some are directories, some came with the same commit."""
    paths = [f"d/{number:02}" for number in range(30)]
    before = store.pfs.change(store.branch, [put(store, path, path.encode() * 3) for path in paths]).commit
    store.put("kept", b"kept")
    fresh = [put(store, f"new/{number}", b"new" * 40_000) for number in range(10)]
    deletes = [
        Delete(path) for path in [*paths[5:], "d", "missing", "new", *(edit.path for edit in fresh[:8])]
    ]
    made = pfs.change_all([(store.branch, fresh), (store.branch, deletes)])
    assert made[1].files == (None,) * len(deletes)
    assert store.paths() == [*paths[:5], "kept", "new/8", "new/9"]
    past = store.snapshot(before)
    assert store.paths(past) == paths
    assert store.read(paths[20], past) == paths[20].encode() * 3
    head = store.snapshot().commit
    assert store.pfs.change(store.branch, [Delete(f"no/{number}") for number in range(20)]).commit in (
        head,
        store.snapshot().commit,
    )
    assert store.paths() == [*paths[:5], "kept", "new/8", "new/9"]
