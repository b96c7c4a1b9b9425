"""Contents that refer to what is there: whole files and parts of files, from anywhere, without their bytes."""

from __future__ import annotations

import hashlib
import itertools

import pytest

from s3gw.pfs.interface import (
    ConditionFailed,
    Delete,
    FileNotFound,
    PathClash,
    Piece,
    PiecesGone,
    Put,
)
from tests.contract.conftest import Store, new_branch

SMALL = b"a small one"
LARGE = bytes(range(251)) * 1200  # more than a block of what is checked together
HUGE = bytes(range(256)) * 9000
MD5 = hashlib.md5(b"of parts").digest()


@pytest.fixture
def sources(pfs) -> Store:
    """Files of each kind in a branch of their own."""
    store = Store(pfs, new_branch())
    pfs.create_branch(store.branch)
    for path, data in (("small", SMALL), ("large", LARGE), ("huge", HUGE), ("empty", b"")):
        store.put(path, data)
    return store


def pieces_of(store: Store, *parts: tuple) -> list[Piece]:
    """Name parts of the files at the head: a path, and perhaps an offset and a size."""
    snapshot = store.snapshot()
    return [Piece(snapshot, snapshot.inspect_file(path), *rest) for path, *rest in parts]


def put(store: Store, path: str, pieces: list[Piece], md5: bytes | None = MD5):
    """Put a file that is made of pieces."""
    content = store.composed(path, pieces, md5)
    (file,) = store.pfs.change(store.branch, [Put(path, content)]).files
    return file


def test_one_whole_file_keeps_its_hash_and_its_md5(store, sources):
    for path in ("small", "large", "huge", "empty"):
        source = sources.inspect(path)
        file = put(store, f"d/{path}", pieces_of(sources, (path,)), None)
        assert (file.size, file.hash, file.md5) == (source.size, source.hash, source.md5)
        assert store.inspect(f"d/{path}").hash == source.hash
        assert store.read(f"d/{path}") == sources.read(path)


@pytest.mark.parametrize("path", ["small", "large", "empty"])
def test_one_whole_file_may_have_another_md5(pfs, store, sources, path):
    file = put(store, "a", pieces_of(sources, (path,)), MD5)
    assert file.md5 == (MD5 if pfs.keeps_md5 else None)
    again = put(store, "b", pieces_of(store, ("a",)), None)
    assert (again.md5, again.hash) == (file.md5, file.hash)
    assert store.read("a") == store.read("b") == sources.read(path)


WHOLE = {
    "large and small": [("large",), ("small",)],
    "small and large": [("small",), ("huge",)],
    "small ones": [("small",), ("small",), ("small",)],
    "with empty ones": [("empty",), ("large",), ("empty",), ("large",), ("empty",)],
    "many": [("small",), ("large",)] * 20,
}
PARTS = {
    "the middle of a small one": [("small", 2, 5)],
    "the middle of a large one": [("large", 100_000, 150_000)],
    "the end of a large one": [("huge", 1_000_000)],
    "the beginning of a large one": [("huge", 0, 5)],
    "parts and wholes": [("huge", 7, 300_000), ("small",), ("large", 262_143, 2), ("small", 3), ("huge",)],
    "what follows each other": [("huge", 0, 100), ("huge", 100, 100), ("huge", 200)],
    "what does not": [("huge", 100, 100), ("huge", 0, 100), ("huge", 99, 3)],
    "nothing": [("huge", 5, 0), ("small", 0, 0)],
    "nothing and something": [("huge", 5, 0), ("small",), ("large", 0, 0)],
}


@pytest.mark.parametrize("parts", [*WHOLE.values(), *PARTS.values()], ids=[*WHOLE, *PARTS])
def test_pieces_are_read_in_their_order_whole_and_in_ranges(pfs, store, sources, parts):
    bodies = {"small": SMALL, "large": LARGE, "huge": HUGE, "empty": b""}
    expected = b""
    edges = {0}
    for path, *rest in parts:
        offset, size = (*rest, *(0, None)[len(rest) :])
        expected += bodies[path][offset:][:size]
        edges.add(len(expected))
    file = put(store, "a", pieces_of(sources, *parts))
    assert file.size == len(expected)
    assert file.md5 == (MD5 if pfs.keeps_md5 else None)
    snapshot = store.snapshot()
    found = snapshot.inspect_file("a")
    assert (found.size, found.hash, found.md5) == (file.size, file.hash, file.md5)
    assert b"".join(snapshot.read_file(found)) == expected
    points = sorted({min(max(0, edge + step), len(expected)) for edge in edges for step in (-1, 0, 1)})[:12]
    for begin, end in itertools.combinations(points, 2):
        assert b"".join(snapshot.read_file(found, begin, end - begin)) == expected[begin:end], (begin, end)
    assert [listed.size for listed in snapshot.list_files().files] == [len(expected)]


def test_composed_files_are_pieces_too(store, sources):
    put(store, "a", pieces_of(sources, ("large",), ("small",)))
    put(store, "b", pieces_of(store, ("a",), ("a",)))
    file = put(store, "c", pieces_of(store, ("b",), ("a",), ("b",)))
    assert store.read("c") == (LARGE + SMALL) * 5
    again = put(store, "d", pieces_of(store, ("b",), ("a",), ("b",)))
    assert again.hash == file.hash


def test_parts_of_composed_files_are_pieces_too(store, sources):
    put(store, "a", pieces_of(sources, ("small",), ("large",), ("small",)))
    whole = SMALL + LARGE + SMALL
    for offset, size in [(3, 5), (5, len(LARGE)), (len(SMALL), len(LARGE)), (len(whole) - 13, 4), (20, 30)]:
        put(store, "b", pieces_of(store, ("a", offset, size), ("a", 0, 3)))
        assert store.read("b") == whole[offset : offset + size] + whole[:3]


def test_the_hash_tells_what_differs(store, sources):
    hashes = [
        put(store, "a", pieces_of(sources, *parts)).hash
        for parts in (
            [("small",), ("large",)],
            [("large",), ("small",)],
            [("small",), ("small",)],
        )
    ]
    assert len(set(hashes)) == 3


def test_the_hash_tells_which_part_it_is(store, sources):
    parts = [("large", 0, 200), ("large", 0, 201), ("large", 1, 200), ("small", 0, 5)]
    assert len({put(store, "a", pieces_of(sources, part)).hash for part in parts}) == 4


def test_the_sources_may_go(pfs, store, sources):
    pieces = pieces_of(sources, ("small",), ("large",), ("huge",))
    expected = SMALL + LARGE + HUGE
    put(store, "before", pieces)
    sources.delete("small", "large", "huge")
    put(store, "after", pieces)
    put(store, "copy", pieces[:1], None)
    pfs.delete_branch(sources.branch, with_files=True)
    for path in ("before", "after"):
        assert store.read(path) == expected
    assert store.read("copy") == SMALL
    past = store.snapshot()
    store.delete("before")
    assert store.read("before", past) == expected
    assert store.read("after") == expected


@pytest.mark.parametrize("order", ["put, delete", "delete, put"])
@pytest.mark.parametrize("path", ["small", "large", "empty"])
def test_a_rename_is_one_change(pfs, sources, path, order):
    data = sources.read(path)
    before = sources.snapshot()
    content = sources.composed("new", pieces_of(sources, (path,)), None)
    edits = [Put("new", content), Delete(path)]
    commit = pfs.change(sources.branch, edits if order == "put, delete" else edits[::-1]).commit
    assert sources.read("new", sources.snapshot(commit)) == data
    with pytest.raises(FileNotFound):
        sources.inspect(path)
    assert sources.read(path, before) == data


def test_a_file_may_be_made_of_what_it_replaces(pfs, sources):
    put(sources, "small", pieces_of(sources, ("small",)), None)
    assert sources.read("small") == SMALL
    put(sources, "small", pieces_of(sources, ("small",), ("large",)))
    put(sources, "small", pieces_of(sources, ("small",), ("small",)))
    assert sources.read("small") == (SMALL + LARGE) * 2


def test_a_content_replaced_within_its_own_change_takes_nothing_along(pfs, store, sources):
    first = store.composed("a", pieces_of(sources, ("small",), ("large",)), MD5)
    second = store.composed("a", pieces_of(sources, ("large",)), None)
    pfs.change(store.branch, [Put("a", first), Put("b", second), Put("a", second), Delete("b")])
    assert store.read("a") == LARGE
    assert sources.read("small") == SMALL
    assert sources.read("large") == LARGE


def test_a_piece_that_is_gone_is_told_and_nothing_is_changed(pfs, store, sources):
    content = store.composed("b", pieces_of(sources, ("small",)), MD5)
    pfs.delete_branch(sources.branch, with_files=True)
    head = store.put("a", b"kept").commit
    with pfs.stage(store.branch, "c") as staging, pytest.raises(PiecesGone):
        pfs.change(store.branch, [Put("c", staging.finish()), Put("b", content), Delete("a")])
    with pytest.raises(PiecesGone):
        pfs.change(store.branch, [Put("b", content)])
    assert store.snapshot().commit == head
    assert store.paths() == ["a"]
    assert store.read("a") == b"kept"


def test_several_pieces_that_are_gone_are_told_unless_they_were_joined_already(pfs, store, sources):
    content = store.composed("b", pieces_of(sources, ("large",), ("small",)), MD5)
    pfs.delete_branch(sources.branch, with_files=True)
    head = store.put("a", b"kept").commit
    try:
        pfs.change(store.branch, [Put("b", content), Delete("a")])
    except PiecesGone:
        assert store.snapshot().commit == head
        assert store.read("a") == b"kept"
    else:
        assert store.paths() == ["b"]
        assert store.read("b") == LARGE + SMALL


def test_conditions_and_clashes_are_judged_as_ever(pfs, store, sources):
    store.put("a/b", b"kept")
    content = store.composed("a/b", pieces_of(sources, ("small",)), None)
    with pytest.raises(ConditionFailed):
        pfs.change(store.branch, [Put("a/b", content, lambda file: file is None)])
    with pytest.raises(PathClash):
        pfs.change(store.branch, [Put("a", content)])
    assert store.read("a/b") == b"kept"
    seen = []
    pfs.change(store.branch, [Put("a/b", content, lambda file: seen.append(file.size) or True)])
    assert (seen, store.read("a/b")) == ([4], SMALL)


def test_what_has_no_md5_of_its_own_is_given_one(pfs, store, sources):
    if not pfs.keeps_md5:
        pytest.skip("this PFS keeps no MD5")
    with pytest.raises(ValueError, match="MD5"):
        pfs.compose(store.branch, "a", pieces_of(sources, ("small",), ("large",)))
    with pytest.raises(ValueError, match="MD5"):
        pfs.compose(store.branch, "a", pieces_of(sources, ("small", 1)))
    with pytest.raises(ValueError, match="no part"):
        pfs.compose(store.branch, "a", pieces_of(sources, ("small", 1, len(SMALL))), MD5)
