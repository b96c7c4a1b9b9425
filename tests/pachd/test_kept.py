"""What was read of a finished commit is not asked for again, and is never behind what was acknowledged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.cache import Cache
from s3gw.context import Context
from s3gw.generated.routes import PROFILES
from s3gw.http.application import Application
from s3gw.http.layout import Response
from s3gw.http.request import Request
from s3gw.pfs.interface import FileInfo, FileNotFound, PFSError, Unavailable
from s3gw.pfs.pachd import PachdPFS, _views
from s3gw.pfs.pachd._disk import Contents
from s3gw.pfs.pachd._messages import branch_message, commit_message
from s3gw.pfs.pachd._views import Views
from s3gw.pfs.pachd.address import find_address
from s3gw.quickness import Quickness
from tests.contract.conftest import Store
from tests.folders import files
from tests.http.test_keeping import BUCKET, READS, asker, said
from tests.http.test_keeping import fill as fill_bucket

LARGE = os.urandom(600_000)


@pytest.fixture
def asked(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls for files that the store's PFS makes."""
    client = store.pfs._client
    seen: list[str] = []
    for name in ("inspect_file", "read_file", "glob"):
        method = getattr(client, name)

        def call(*arguments, _name=name, _method=method, **options):
            seen.append(_name)
            return _method(*arguments, **options)

        monkeypatch.setattr(client, name, call)
    return seen


@pytest.fixture
def other(store: Store, address: str) -> Iterator[Store]:
    """The same branch through another gateway."""
    pfs = PachdPFS(find_address(address, environ={}), deadline_s=2)
    yield Store(pfs, store.branch)
    pfs.close()


def read(store: Store, path: str) -> bytes:
    """Read a file of the head as GetObject does."""
    snapshot = store.snapshot()
    body = snapshot.read_file(snapshot.inspect_file(path, whole=True))
    try:
        return b"".join(body)
    finally:
        body.close()


def test_what_was_read_is_not_asked_for_again(store, asked):
    store.put("d/a", b"bytes")
    store.put("e", b"")
    first = read(store, "d/a"), store.snapshot().list_files(), store.snapshot().list_files("", "/")
    asked.clear()
    again = read(store, "d/a"), store.snapshot().list_files(), store.snapshot().list_files("", "/")
    assert again == first
    assert first[0] == b"bytes"
    assert asked == []


def test_a_path_and_a_prefix_of_the_same_name_are_two_things(store):
    store.put("a", b"1")
    for _ in range(2):
        assert store.snapshot().inspect_file("a").size == 1
        for delimiter in ("", "/"):
            assert [file.path for file in store.snapshot().list_files("a", delimiter).files] == ["a"]
    assert read(store, "a") == b"1"


def test_what_another_gateway_has_written_is_read_at_once(store, other):
    for number in range(5):
        other.put("a", b"%d" % number)
        assert read(store, "a") == b"%d" % number
        other.put(f"d/{number}", b"")
        assert store.snapshot().list_files("", "/").groups == ["d/"]
        assert [file.path for file in store.snapshot().list_files("d/").files][-1] == f"d/{number}"
    other.delete("a")
    with pytest.raises(FileNotFound):
        store.snapshot().inspect_file("a")


@pytest.mark.parametrize("path", ["small", "large"])
@pytest.mark.parametrize(
    "reads",
    [
        lambda snapshot, file: b"".join(snapshot.read_file(file)),
        lambda snapshot, file: b"".join(snapshot.read_file(file, 5, 5)),
        lambda snapshot, file: snapshot.inspect_file("other", whole=True),
        lambda snapshot, file: snapshot.list_files("", "/").files,
    ],
)
def test_a_file_set_that_pachd_has_no_more_is_no_matter_of_the_readers(store, path, reads):
    bodies = {"small": b"0123456789", "large": LARGE, "other": b""}
    for name, body in bodies.items():
        store.put(name, body)
    file = store.snapshot().inspect_file(path)  # which is kept, with the file set
    file_sets = store.pfs._views._file_sets
    for key in list(file_sets):
        file_sets[key] = "0" * 32
    other = store.pfs.snapshot(store.branch, store.snapshot().commit)
    assert reads(store.snapshot(), file) == reads(other, file) != b""


def test_many_that_read_at_the_same_time_share_a_look_at_the_head(store, fault, monkeypatch):
    commit = store.put("a", b"").commit
    call, looks = store.pfs._client.call, []

    def counted(method, request, *limit):
        looks.append(method)
        return call(method, request, *limit)

    monkeypatch.setattr(store.pfs._client, "call", counted)
    fault(latency_s=0.2)
    with ThreadPoolExecutor(32) as pool:
        heads = list(pool.map(lambda _: store.snapshot().commit, range(32)))
    assert heads == [commit] * 32
    assert looks.count("InspectCommit") < 16


def test_a_head_that_nobody_tells_is_an_error_of_all_that_share_the_look(store, fault):
    fault(unavailable=True)
    with ThreadPoolExecutor(16) as pool:
        asking = [pool.submit(lambda: store.snapshot().commit) for _ in range(16)]
    assert {type(one.exception()) for one in asking} == {Unavailable}


def test_nothing_is_kept_of_a_commit_that_is_open(store):
    """Somebody else writes to it, and each write is seen."""
    client = store.pfs._client
    store.put("a", b"before")
    head = client.call("StartCommit", pb.StartCommitRequest(branch=branch_message(store.branch))).id
    for data in (b"one", b"two"):
        begin = pb.ModifyFileRequest(set_commit=commit_message(store.branch, head))
        delete = pb.ModifyFileRequest(delete_file=pb.DeleteFile(path="/a"))
        add = pb.ModifyFileRequest(add_file=pb.AddFile(path="/a", raw={"value": data}))
        client.modify(message.SerializeToString() for message in (begin, delete, add))
        assert read(store, "a") == data
        assert store.snapshot().list_files().files[0].size == len(data)


@pytest.mark.parametrize("profile", PROFILES)
def test_answers_are_kept_while_the_head_stands_and_never_behind_it(
    store, other, asked, monkeypatch, profile
):
    """Through one gateway that keeps them and one that keeps nothing; each takes one look at the head.

    The loop's glance at them tells the same, or nothing.
    """
    monkeypatch.setattr(_views, "_GLANCE_S", 2)
    glances = Quickness(2)
    glances.note()
    monkeypatch.setattr(store.pfs._views, "_glances", glances)
    find_head, looks = store.pfs._client.find_head, []
    monkeypatch.setattr(store.pfs._client, "find_head", lambda *asked: looks.append(1) or find_head(*asked))
    context = Context(store.pfs, cache=store.pfs._cache)
    application = Application(context, profile)
    ask, fresh = asker(application), asker(Application(Context(other.pfs), profile))
    loop = ThreadPoolExecutor(1, initializer=application.forbid_waiting)

    def take(request: Request) -> Response | None:
        application.route(request)
        return loop.submit(application.glance, request).result()

    glance, glanced = asker(application, take), []
    fill_bucket(fresh)
    first = dict(ask("HEAD", f"{BUCKET}/a").headers)["X-Amz-Version-Id"] if profile == "extended" else None
    history = [] if first is None else [("GET", f"{BUCKET}/a?versionId={first}", {})]
    reads = [read for read in [*READS, *history] if "versions" not in read[1]]

    def compare() -> None:
        for method, target, headers in reads:
            told, expected = said(ask(method, target, **headers)), said(fresh(method, target, **headers))
            assert told == expected, (method, target, headers)
            seen = glance(method, target, **headers)
            glanced.append(seen is not None)
            assert seen is None or said(seen) == expected, (method, target, headers)

    for number in range(4):
        compare()
        looks.clear()
        assert ask("HEAD", f"{BUCKET}/c").status == 200
        assert (number, len(looks)) == (number, 1)
    assert sum(glanced) > len(reads)
    asked.clear()
    assert ask("GET", f"{BUCKET}/a").status == ask("GET", f"{BUCKET}?list-type=2").status == 200
    assert asked == []
    for change in (("PUT", f"{BUCKET}/a", b"new"), ("PUT", f"{BUCKET}/d", b""), ("DELETE", f"{BUCKET}/a")):
        assert fresh(*change).status in {200, 204}
        compare()


def test_what_one_user_has_read_is_not_given_to_another():
    cache = Cache(1 << 20)
    one, another = Views(None, cache), Views(None, cache)
    one.keep("key", b"secret", 6)
    assert one.recall("key") == b"secret"
    assert another.recall("key") is None


def test_pages_of_a_listing_that_is_known_as_a_whole_are_those_of_pachd(store, address):
    for path in ("a", "b/c", "b/d", "e-f", "e/g", "h"):
        store.put(path, b"")
    forgetful = PachdPFS(find_address(address, environ={}), deadline_s=2)
    fresh = Store(forgetful, store.branch)
    assert store.snapshot().list_files("", "/").after is None
    for limit in (1, 2, 9):
        for after in ("", "a", "b", "b/", "b/c", "e-f", "e/", "h", "é"):
            page = store.snapshot().list_files("", "/", after, limit)
            assert page == fresh.snapshot().list_files("", "/", after, limit)
    forgetful.close()


# --- on a disk ------------------------------------------------------------------------------------


@pytest.fixture
def cache_dir(tmp_path: Path) -> Path:
    """The folder of contents."""
    return tmp_path / "contents"


@pytest.fixture
def kept(store: Store, cache_dir: Path) -> Store:
    """The store, which keeps large contents."""
    store.pfs._views.contents = Contents(cache_dir, 4_000_000)
    return store


def bodies(cache_dir: Path) -> list[Path]:
    """The contents in the folder, whole or not."""
    return [path for path in files(cache_dir) if path.name != "lock"]


def test_a_large_body_comes_from_the_disk_the_second_time(kept, asked):
    kept.put("a", LARGE)
    assert read(kept, "a") == LARGE
    asked.clear()
    snapshot = kept.snapshot()
    file = snapshot.inspect_file("a", whole=True)
    body = snapshot.read_file(file, 1000, 300_000)
    assert [(extent.offset, extent.size) for extent in body.extents()] == [(1000, 300_000)]
    assert b"".join(body) == LARGE[1000:301_000]
    body.close()
    assert read(kept, "a") == LARGE
    assert asked == []


def test_a_reader_that_goes_away_leaves_nothing(kept, cache_dir):
    kept.put("a", LARGE)
    snapshot = kept.snapshot()
    body = snapshot.read_file(snapshot.inspect_file("a", whole=True))
    next(iter(body))
    body.close()
    assert bodies(cache_dir) == []
    assert read(kept, "a") == LARGE
    assert len(bodies(cache_dir)) == 1


@pytest.mark.parametrize("at", [0, 599_999, 600_001, -1])
def test_what_the_disk_has_altered_is_read_from_the_cluster(kept, cache_dir, at):
    kept.put("a", LARGE)
    read(kept, "a")
    (path,) = bodies(cache_dir)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    assert read(kept, "a") == LARGE
    assert read(kept, "a") == LARGE


def test_what_was_cut_off_is_read_from_the_cluster(kept, cache_dir):
    kept.put("a", LARGE)
    read(kept, "a")
    (path,) = bodies(cache_dir)
    os.truncate(path, 599_999)
    assert read(kept, "a") == LARGE


@pytest.mark.timeout(30)
@pytest.mark.parametrize("when", ["each write", "the last write", "its folder", "its name"])
def test_a_disk_that_fails_is_no_matter_of_the_readers(kept, cache_dir, monkeypatch, when):
    kept.put("a", LARGE)
    threads = threading.active_count()
    write = os.write

    def fail(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    def fails_to_write(descriptor: int, data: bytes) -> int:
        is_there = Path(os.readlink(f"/proc/self/fd/{descriptor}")).is_relative_to(cache_dir)
        if is_there and (when == "each write" or len(data) < 100):
            fail()
        return write(descriptor, data)

    if when == "its folder":
        monkeypatch.setattr(Path, "mkdir", fail)
    elif when == "its name":
        monkeypatch.setattr(os, "link", fail)  # as on a disk that has no hard links
    else:
        monkeypatch.setattr(os, "write", fails_to_write)
    for _ in range(6):  # more than may be on their way at a time
        assert read(kept, "a") == LARGE
    assert bodies(cache_dir) == []
    monkeypatch.undo()
    assert threading.active_count() <= threads
    assert read(kept, "a") == LARGE
    assert len(bodies(cache_dir)) == 1


def test_where_there_is_no_thread_to_keep_a_content_nothing_is_left_of_it(cache_dir, monkeypatch):
    contents = Contents(cache_dir, 4_000_000)
    descriptors = len(os.listdir("/proc/self/fd"))

    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", fail)
        for _ in range(10):  # the room for it is given back each time
            assert contents.fill(content(1)) is None
    assert bodies(cache_dir) == []
    assert len(os.listdir("/proc/self/fd")) == descriptors
    for number in range(1, 6):
        fill(contents, content(number))
    assert len(bodies(cache_dir)) == 5


def content(number: int, size: int = 600_000) -> FileInfo:
    """Describe a content."""
    return FileInfo("a", size, bytes([number]) * 32, None, datetime.now(UTC), content=True)


def fill(contents: Contents, file: FileInfo) -> None:
    """Bring a content in."""
    filling = contents.fill(file)
    if filling is not None:
        filling.write(bytes(file.size))
        filling.close()


@pytest.mark.parametrize("theirs", ["a.csv", "ab/a.csv", "lock", "pfs.sqlite"])
def test_a_folder_of_others_is_refused_and_left_as_it_is(cache_dir, theirs):
    path = cache_dir / theirs
    path.parent.mkdir(parents=True)
    path.write_bytes(b"theirs")
    with pytest.raises(PFSError, match=r"has other things in it; choose an empty folder for --cache-dir"):
        Contents(cache_dir, 4_000_000)
    assert files(cache_dir) == [path]
    assert path.read_bytes() == b"theirs"


@pytest.mark.parametrize("theirs", ["incoming/a.csv", "incoming/a-b-c/d", "ab/a.csv", "lost+found/a-1"])
def test_what_others_have_put_into_the_folder_stays_and_is_no_matter(cache_dir, theirs):
    Contents(cache_dir, 4_000_000)
    path = cache_dir / theirs
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"theirs")
    contents = Contents(cache_dir, 1_300_000)
    for number in range(1, 9):
        fill(contents, content(number))
    assert path.read_bytes() == b"theirs"
    assert contents.open(content(8), 0, 10) is not None


def test_a_folder_that_is_removed_is_made_again_and_its_size_holds_for_all(cache_dir):
    first, second = Contents(cache_dir, 2_000_000), Contents(cache_dir, 2_000_000)
    fill(first, content(1))
    shutil.rmtree(cache_dir)
    assert first.open(content(1), 0, 1) is None
    for number in range(1, 9):
        fill((first, second)[number % 2], content(number))
    kept = [path for path in bodies(cache_dir) if path.stat().st_size]
    assert 1 < len(kept) <= 3
    shutil.rmtree(cache_dir / "incoming")
    fill(first, content(9))
    assert second.open(content(9), 0, 1) is not None


def test_a_content_under_the_name_of_another_is_not_it(kept, cache_dir):
    kept.put("a", LARGE)
    kept.put("b", LARGE[::-1])
    for path in "ab":
        read(kept, path)
    one, other = bodies(cache_dir)
    one.rename(cache_dir / "x")
    other.rename(one)
    (cache_dir / "x").rename(other)
    assert [read(kept, path) for path in "ab"] == [LARGE, LARGE[::-1]]


@pytest.mark.parametrize("taken", ["folder", "folder/incoming"])
def test_a_folder_that_cannot_be_one_is_told_with_its_option(tmp_path, taken):
    path = tmp_path / taken
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    with pytest.raises(PFSError, match=r"cannot be used: .*; choose another folder for --cache-dir"):
        Contents(tmp_path / "folder", 1000)


def test_what_was_asked_for_longest_ago_makes_room_whichever_process_brought_it(cache_dir):
    first, second = Contents(cache_dir, 4_000_000), Contents(cache_dir, 4_000_000)
    for number in range(6):
        fill((first, second)[number % 2], content(number))
        (path,) = (cache_dir / f"{number:02x}").iterdir()
        os.utime(path, (1000 + number, 1000 + number))
    used = first.open(content(0), 0, 10)
    assert used is not None
    used.close()
    fill(second, content(6))
    assert sum(path.stat().st_size for path in bodies(cache_dir)) <= 4_000_000
    assert [number for number in range(7) if (cache_dir / f"{number:02x}").is_dir()] == list(range(7))
    left = [number for number in range(7) if any((cache_dir / f"{number:02x}").iterdir())]
    assert left[0] == 0
    assert 1 not in left
    assert 6 in left


def test_what_is_too_large_or_on_its_way_is_not_kept_twice(cache_dir):
    contents = Contents(cache_dir, 4_000_000)
    assert contents.fill(content(1, 2_500_000)) is None
    filling = contents.fill(content(2))
    assert filling is not None
    assert contents.fill(content(2)) is None
    filling.close()
    filling.close()
    again = contents.fill(content(2))
    assert again is not None
    again.close()


def test_what_a_killed_process_has_left_is_swept(cache_dir):
    code = (
        "import os, sys; from pathlib import Path; from datetime import datetime;"
        "from s3gw.pfs.interface import FileInfo; from s3gw.pfs.pachd._disk import Contents;"
        "filling = Contents(Path(sys.argv[1]), 4_000_000).fill("
        "FileInfo('a', 600_000, bytes(32), None, datetime.now(), content=True));"
        "filling.write(bytes(1000)); incoming = filling._incoming\n"
        "while not incoming.stat().st_size: pass\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(cache_dir)], check=False)
    assert len(bodies(cache_dir)) == 1
    contents = Contents(cache_dir, 4_000_000)
    assert bodies(cache_dir) == []
    assert contents.open(content(0), 0, 1) is None
    for number in range(1, 6):  # nothing of it is counted any more
        fill(contents, content(number))
    assert len(bodies(cache_dir)) == 5
