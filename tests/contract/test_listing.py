"""Listings against a plain model, page by page, at HEAD and at a commit that is past."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from s3gw.pfs.interface import Delete, PathClash, Put
from tests.contract.conftest import Store, new_branch

PATHS = st.text(alphabet="ab/-.0 ", min_size=1, max_size=8).filter(
    lambda path: not {"", ".", ".."} & set(path.split("/"))
)
TEXTS = st.text(alphabet="ab/-.0 é\x00\x7f\udcff", max_size=4)


def model(paths: set[str], prefix: str, delimiter: str, after: str) -> list[str]:
    """All entries of a listing, in order."""
    entries = set()
    for path in paths:
        if path.startswith(prefix):
            end = path.find(delimiter, len(prefix)) if delimiter else -1
            entries.add(path if end < 0 else path[: end + len(delimiter)])
    return sorted(entry for entry in entries if entry > after)


def pages(snapshot, prefix: str, delimiter: str, after: str, limit: int) -> list[str]:
    """The same, listed page by page."""
    entries: list[str] = []
    while True:
        page = snapshot.list_files(prefix, delimiter, after, limit)
        found = sorted([file.path for file in page.files] + page.groups)
        assert all(group.endswith(delimiter) for group in page.groups)
        assert len(found) <= limit
        entries += found
        if page.after is None:
            return entries
        assert page.after == found[-1]
        after = page.after


@settings(max_examples=3 if os.environ.get("S3GW_TEST_PACHD") else 40, deadline=None)
@given(
    data=st.data(),
    first=st.lists(PATHS, max_size=30),
    second=st.lists(PATHS, max_size=12),
    deleted=st.lists(PATHS, max_size=12),
)
def test_a_listing_is_that_of_the_model_at_head_and_in_the_past(pfs, data, first, second, deleted):
    branch = new_branch()
    pfs.create_branch(branch)
    store = Store(pfs, branch)
    paths: set[str] = set()
    kept = []
    for round_, (puts, deletes) in enumerate([(first, []), (second, [*deleted, *first[:3]])]):
        for path in puts:
            try:
                store.put(path, b"%d" % round_)
                paths.add(path)
            except PathClash:
                pass
        store.pfs.change(branch, [Delete(path) for path in deletes])
        paths -= set(deletes)
        kept.append((store.snapshot(), set(paths)))
    pfs.change(branch, [Delete(path) for path in list(paths)[::2]])
    for snapshot, expected in kept:
        for _ in range(4):
            prefix, delimiter, after = (
                data.draw(TEXTS),
                data.draw(st.sampled_from(["", "/", "a", "b/", "é", "-."])),
                data.draw(TEXTS),
            )
            limit = data.draw(st.integers(1, 5))
            assert pages(snapshot, prefix, delimiter, after, limit) == model(
                expected, prefix, delimiter, after
            )


def test_the_order_is_bytewise(store):
    for path in ("a/z", "a-x", "a.x", "a0", "A", "~"):
        store.put(path)
    assert store.paths() == ["A", "a-x", "a.x", "a/z", "a0", "~"]
    page = store.snapshot().list_files(delimiter="/")
    assert ([file.path for file in page.files], page.groups) == (
        ["A", "a-x", "a.x", "a0", "~"],
        ["a/"],
    )


def test_a_page_of_nothing_is_the_end(store):
    store.put("a")
    page = store.snapshot().list_files(limit=0)
    assert (page.files, page.groups, page.after) == ([], [], None)


def test_a_group_is_listed_once_however_many_files_it_has(store):
    staged = []
    for number in range(50):
        staging = store.pfs.stage(store.branch, f"d/{number:03}")
        staged.append(Put(f"d/{number:03}", staging.finish()))
    store.pfs.change(store.branch, staged)
    store.put("e")
    assert pages(store.snapshot(), "", "/", "", 1) == ["d/", "e"]
    assert pages(store.snapshot(), "", "/", "d/007", 10) == ["e"]
    assert pages(store.snapshot(), "", "/", "d", 10) == ["d/", "e"]


def test_entries_carry_what_inspect_says(store):
    store.put("a/b", b"body")
    (file,) = store.snapshot().list_files().files
    found = store.inspect("a/b")
    assert (file.path, file.size, file.hash, file.md5, file.committed) == (
        found.path,
        found.size,
        found.hash,
        found.md5,
        found.committed,
    )


def test_a_pinned_page_is_exact_after_very_many_changes(store):
    edits = [Put(f"k{number:02}", store.pfs.stage(store.branch, "x").finish()) for number in range(20)]
    store.pfs.change(store.branch, edits)
    snapshot = store.snapshot()
    for _ in range(130 if store.pfs.is_quick else 3):  # a cluster has no such threshold
        store.pfs.change(
            store.branch,
            [Put(f"k{number:02}", store.pfs.stage(store.branch, "x").finish()) for number in range(20)],
        )
    store.pfs.change(store.branch, [Delete("k03"), Delete("k04")])
    store.put("k99")
    assert pages(snapshot, "", "", "", 7) == [f"k{number:02}" for number in range(20)]
    assert pages(snapshot, "k1", "", "k12", 3) == [f"k{number:02}" for number in range(13, 20)]
