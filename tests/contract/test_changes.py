"""Changes: atomic, in order, with conditions; history and snapshots."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from s3gw.pfs.interface import (
    CommitNotFound,
    ConditionFailed,
    Delete,
    FileNotFound,
    PathClash,
    Put,
)
from s3gw.pfs.paths import is_commit_id
from tests.serving import eventually

LARGE = bytes(range(256)) * 4096  # 1 MiB: not kept as the small ones are


def b2(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


@pytest.mark.parametrize("data", [b"", b"foo\n", b"x" * 65536, b"x" * 65537, b"x" * 999_999, LARGE])
def test_what_was_put_is_read_whole_and_in_ranges(store, data):
    change = store.put("a/b", data)
    (put,) = change.files
    snapshot = store.snapshot()
    file = snapshot.inspect_file("a/b")
    assert snapshot.commit == change.commit
    assert is_commit_id(change.commit)
    assert (file.path, file.size, file.hash, file.md5) == (put.path, len(data), put.hash, put.md5)
    assert file.committed == put.committed
    assert abs(file.committed - datetime.now(UTC)) < timedelta(minutes=1)
    assert file.md5 in (None, hashlib.md5(data).digest())
    assert store.read("a/b") == data
    for offset, size in [(0, 0), (0, len(data)), (len(data), 0), (len(data) // 3, len(data) // 2)]:
        assert b"".join(snapshot.read_file(file, offset, size)) == data[offset : offset + size]
    assert b"".join(snapshot.read_file(file, len(data) // 2)) == data[len(data) // 2 :]


def test_a_range_outside_of_the_file_is_a_mistake(store):
    store.put("a", b"abc")
    snapshot = store.snapshot()
    for offset, size in [(-1, 1), (0, 4), (4, 0), (2, -1)]:
        with pytest.raises(ValueError, match="no part"):
            snapshot.read_file(snapshot.inspect_file("a"), offset, size)


def hash_of(store, data: bytes) -> bytes:
    """Give the hash of a body that is one chunk of PFS: the embedded one does not make PFS's own."""
    if store.pfs.keeps_md5:
        return b2(hashlib.md5(data).digest())
    return b2(b2(data) if data else b"")


@pytest.mark.parametrize("data", [b"", b"foo\n", b"x" * 65536, b"x" * 999_999])
def test_the_content_determines_the_hash(store, data):
    (put,) = store.put("a", data).files
    assert put.hash == hash_of(store, data) == store.inspect("a").hash
    if data == b"foo\n" and not store.pfs.keeps_md5:
        assert put.hash.hex().startswith("92cb6b4c")


def test_a_body_arrives_in_any_pieces(store):
    with store.pfs.stage(store.branch, "a") as staging:
        for begin in range(0, len(LARGE), 77_777):
            staging.write(LARGE[begin : begin + 77_777])
        (put,) = store.pfs.change(store.branch, [Put("a", staging.finish())]).files
    assert store.read("a") == LARGE
    assert put.hash == hash_of(store, LARGE)


@pytest.mark.parametrize("data", [b"small", LARGE])
def test_a_reader_may_be_closed_early_and_twice(store, data):
    store.put("a", data)
    snapshot = store.snapshot()
    reader = snapshot.read_file(snapshot.inspect_file("a"))
    assert next(iter(reader))
    reader.close()
    reader.close()


def test_a_body_that_is_not_changed_in_is_never_seen(store):
    before = store.snapshot().commit
    for data in (b"small", LARGE):
        with store.pfs.stage(store.branch, "a") as staging:
            staging.write(data)
            staging.finish()
        with contextlib.suppress(RuntimeError), store.pfs.stage(store.branch, "a") as staging:
            staging.write(data)
            raise RuntimeError("broken")
    assert store.snapshot().commit == before
    assert store.paths() == []


def test_bodies_that_are_broken_off_leave_no_threads(store):
    def break_off(times: int) -> None:
        for _ in range(times):
            with contextlib.suppress(RuntimeError), store.pfs.stage(store.branch, "a") as staging:
                staging.write(LARGE)
                time.sleep(0.03)  # whoever sends it on waits for more of it
                raise RuntimeError("broken")

    break_off(5)  # what a cluster in this process begins by itself stays
    threads = threading.active_count()
    break_off(15)
    eventually(lambda: threading.active_count() <= threads + 3)
    assert store.paths() == []


def test_edits_are_made_in_their_order_in_one_commit(store):
    first = store.put("a", b"old").commit
    with store.pfs.stage(store.branch, "b") as one, store.pfs.stage(store.branch, "b") as two:
        one.write(b"one")
        two.write(b"two")
        edits = [Put("b", one.finish()), Delete("a"), Put("b", two.finish()), Delete("missing")]
        change = store.pfs.change(store.branch, edits)
    assert store.paths() == ["b"]
    assert store.read("b") == b"two"
    assert [file and file.path for file in change.files] == ["b", None, "b", None]
    assert store.paths(store.snapshot(first)) == ["a"]
    assert store.snapshot().commit == change.commit


def test_a_delete_of_what_was_put_before_it_ends_without_the_file(store):
    with store.pfs.stage(store.branch, "a") as staging:
        store.pfs.change(store.branch, [Put("a", staging.finish()), Delete("a")])
    assert store.paths() == []


def test_a_change_that_alters_nothing_makes_no_commit(store):
    head = store.put("a/b").commit
    assert store.delete("missing", "a", "a/b/c").commit == head
    assert store.pfs.change(store.branch, []).commit == head
    assert store.snapshot().commit == head


def test_to_put_the_same_again_is_a_commit(store):
    assert store.put("a", b"same").commit != store.put("a", b"same").commit


def test_a_file_is_no_directory(store):
    store.put("a/b", b"kept")
    store.put("a-z")
    before = store.snapshot().commit
    for path in ("a", "a/b/c", "a/b/c/d"):
        with pytest.raises(PathClash):
            store.pfs.stage(store.branch, path)
    assert store.snapshot().commit == before
    assert store.read("a/b") == b"kept"


def test_a_clash_that_came_in_the_meantime_is_found_by_the_change(store):
    with store.pfs.stage(store.branch, "a") as staging:
        store.put("a/b", b"kept")
        store.put("a-z")
        with pytest.raises(PathClash):
            store.pfs.change(store.branch, [Delete("a-z"), Put("a", staging.finish())])
    assert store.paths() == ["a-z", "a/b"]


def test_edits_of_one_change_do_not_clash_when_their_order_resolves_it(store):
    store.put("a", b"file")
    with store.pfs.stage(store.branch, "b") as staging:
        store.pfs.change(store.branch, [Delete("a"), Put("a/b", staging.finish())])
    assert store.paths() == ["a/b"]
    with (
        pytest.raises(PathClash),
        store.pfs.stage(store.branch, "x") as one,
        store.pfs.stage(store.branch, "x/y") as two,
    ):
        store.pfs.change(store.branch, [Put("x", one.finish()), Put("x/y", two.finish())])
    assert store.paths() == ["a/b"]


def test_directories_vanish_with_their_last_file(store):
    store.put("a/b/c")
    store.delete("a/b/c")
    store.put("a", b"now a file")
    assert store.paths() == ["a"]


def test_a_directory_is_no_file(store):
    store.put("a/b")
    with pytest.raises(FileNotFound):
        store.inspect("a")


def test_a_condition_is_judged_against_the_file_that_is_there(store):
    seen = []
    store.put("a", b"one")
    store.put("a", b"two", condition=lambda file: seen.append(file) or True)
    store.delete("b", condition=lambda file: seen.append(file) or True)
    assert seen[0].size == 3
    assert seen[1] is None


def test_a_condition_that_does_not_hold_undoes_the_whole_change(store):
    store.put("a", b"one")
    before = store.snapshot().commit
    with pytest.raises(ConditionFailed):
        store.put("a", b"two", condition=lambda file: file is None)
    with store.pfs.stage(store.branch, "b") as staging, pytest.raises(ConditionFailed):
        store.pfs.change(store.branch, [Put("b", staging.finish()), Delete("a", lambda _: False)])
    assert store.snapshot().commit == before
    assert store.read("a") == b"one"


def test_the_time_of_a_file_is_that_of_its_last_change(store):
    """As far as PFS knows it: in a cluster it is the time of the commit that is read."""
    first = store.put("a", b"one").files[0]
    store.put("b", b"other")
    if first.md5 is not None:
        assert store.inspect("a").committed == first.committed
    again = store.put("a", b"one").files[0]
    assert store.inspect("a").committed == again.committed > first.committed


def test_a_past_commit_stays_readable(store):
    commits = [store.put("a", str(number).encode() * 3) for number in range(5)]
    commits.append(store.delete("a"))
    commits.append(store.put("a", b"again"))
    for number, change in enumerate(commits[:5]):
        snapshot = store.snapshot(change.commit)
        assert snapshot.commit == change.commit
        assert store.read("a", snapshot) == str(number).encode() * 3
    with pytest.raises(FileNotFound):
        store.read("a", store.snapshot(commits[5].commit))
    assert store.read("a", store.snapshot(commits[6].commit)) == b"again"


def test_a_commit_of_another_branch_is_not_found(store):
    with pytest.raises(CommitNotFound):
        store.snapshot("0" * 12 + "4" + "0" * 19)


def test_a_snapshot_never_changes(store):
    store.put("a", b"old")
    store.put("b", LARGE)
    snapshot = store.snapshot()
    file = snapshot.inspect_file("b")
    store.put("a", b"new")
    store.put("c")
    store.delete("b")
    assert store.paths(snapshot) == ["a", "b"]
    assert store.read("a", snapshot) == b"old"
    assert b"".join(snapshot.read_file(file)) == LARGE
    assert store.paths() == ["a", "c"]


def test_of_eight_writers_of_one_file_one_wins_and_is_whole(store):
    bodies = [bytes([number]) * size for number, size in enumerate([1000, 70_000, 300_000, 5] * 2)]
    threads = [threading.Thread(target=store.put, args=("a", body)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read("a") in bodies


def test_of_many_creators_of_one_file_one_wins(store):
    outcomes = []

    def create(number: int) -> None:
        try:
            store.put("a", bytes([number]), condition=lambda file: file is None)
            outcomes.append(number)
        except ConditionFailed:
            outcomes.append(None)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [number for number in outcomes if number is not None]
    assert store.read("a") == bytes([winner])


def test_many_writers_are_all_answered_and_the_guilty_ones_alone_fail(store):
    store.put("dir/file")
    failed = []

    def write(number: int) -> None:
        for count in range(20):
            try:
                path = "dir" if count == 7 else f"{number}/{count}"
                store.pfs.change(store.branch, [Put(path, staged(number, count))])
            except PathClash:
                failed.append(number)

    def staged(number: int, count: int):
        staging = store.pfs.stage(store.branch, f"{number}/{count}")
        staging.write(f"{number} {count}".encode())
        return staging.finish()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(failed) == list(range(16))
    expected = {f"{n}/{c}": f"{n} {c}".encode() for n in range(16) for c in range(20) if c != 7}
    assert set(store.paths()) == {*expected, "dir/file"}
    assert all(store.read(path) == body for path, body in expected.items())


def test_many_deletes_among_other_edits_keep_their_order(store):
    paths = [f"d/{number:02}" for number in range(12)]
    for path in paths:
        store.put(path, b"old")
    put = store.put("kept", b"new").file
    with store.pfs.stage(store.branch, "d/03") as staging:
        staging.write(b"new")
        content = staging.finish()
        edits = [Put("e", content), *(Delete(path) for path in paths), Put("d/03", content)]
        change = store.pfs.change(store.branch, edits)
    made = [file and (file.path, file.hash) for file in change.files]
    assert made == [("e", put.hash), *[None] * 12, ("d/03", put.hash)]
    assert store.paths() == ["d/03", "e", "kept"]
