"""What the commits of a branch have made of its files."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

import pytest

from s3gw.pfs.embedded import EmbeddedPFS, Keep
from s3gw.pfs.interface import Branch, BranchNotFound, Delete, Version, VersionPage
from tests.contract.conftest import Store, new_branch
from tests.contract.test_batches import put
from tests.contract.test_embedded import BRANCH, open_store

Entry = tuple[str, str | None, bytes | None, bool]


@dataclass
class Told:
    """A branch, and what its commits have made of its files as it was told."""

    store: Store
    made: dict[str, list[tuple[str, bytes | None]]] = field(default_factory=dict)

    def change(self, **files: bytes | None) -> str:
        """Put files and delete files, in one change; ``__`` is a slash."""
        named = {path.replace("__", "/"): data for path, data in files.items()}
        edits = [
            Delete(path) if data is None else put(self.store, path, data) for path, data in named.items()
        ]
        commit = self.store.pfs.change(self.store.branch, edits).commit
        for path, data in named.items():
            self.made.setdefault(path, []).insert(0, (commit, data))
        return commit

    def entries(self, prefix: str = "") -> list[Entry]:
        """Give what is to be listed."""
        return [
            (path, commit, data, number == 0)
            for path in sorted(self.made)
            if path.startswith(prefix)
            for number, (commit, data) in enumerate(self.made[path])
        ]


@pytest.fixture(scope="module")
def told(pfs) -> Told:
    store = Store(pfs, new_branch())
    pfs.create_branch(store.branch)
    told = Told(store)
    told.change(a=b"1", b=b"2", d__x=b"3", d__y=b"4", e=b"5")
    told.change(a=b"6", d__x=None)
    told.change(b=None, c=b"7")
    told.change(b=b"8", d__x=b"9", d__z__1=b"10")
    told.change(d__x=b"11", e=None)
    told.change(a=None, d__z__1=None, f=b"12")
    told.change(d__z__1=b"13", d__z__2=b"14")
    return told


def pages(
    told: Told,
    limit: int,
    prefix: str = "",
    delimiter: str = "",
    after: tuple[str, str | None] | None = ("", None),
) -> list[VersionPage]:
    """Read page by page to the end."""
    found = []
    while after is not None:
        page = told.store.pfs.list_versions(told.store.branch, prefix, delimiter, after, limit)
        assert len(page.versions) + len(page.groups) <= limit
        assert page.after is None or page.after[0] >= after[0]
        found.append(page)
        after = page.after
    return found


def entry(told: Told, version: Version) -> Entry:
    """Give a version as it was told, with the bytes that its commit has."""
    data = None
    if version.file is not None:
        snapshot = told.store.snapshot(version.commit)
        assert snapshot.commit_of(snapshot.inspect_file(version.path)) == version.commit
        data = told.store.read(version.path, snapshot)
        assert version.file.size == len(data)
        assert version.file.path == version.path
    return version.path, version.commit, data, version.is_latest


def test_versions_are_in_order_the_newest_first_and_removals_among_them(told):
    (page,) = [page for page in pages(told, 1000) if page.versions]
    assert [entry(told, version) for version in page.versions] == told.entries()
    assert page.groups == []
    times = [version.committed for version in page.versions if version.path == "d/x"]
    assert times == sorted(times, reverse=True)
    assert all(time.tzinfo is not None for time in times)


@pytest.mark.parametrize("limit", range(1, 24))
def test_pages_of_any_size_together_are_the_listing(told, limit):
    versions = [version for page in pages(told, limit) for version in page.versions]
    assert [entry(told, version) for version in versions] == told.entries()


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
@pytest.mark.parametrize(
    ("prefix", "delimiter", "expected", "groups"),
    [
        ("d/", "", "d/", []),
        ("d/z/2", "", "d/z/2", []),
        ("nothing", "", "nothing", []),
        ("d", "/", "-", ["d/"]),
        ("d/", "/", "d/x d/y", ["d/z/"]),
        ("d/z/", "/", "d/z/", []),
        ("", "/", "a b c e f", ["d/"]),
        ("", "z/", "a b c d/x d/y e f", ["d/z/"]),
        ("d/x", "x", "d/x", []),
        ("é", "", "-", []),
    ],
)
def test_prefix_and_delimiter_are_as_in_a_listing_of_files(told, limit, prefix, delimiter, expected, groups):
    found = pages(told, limit, prefix, delimiter)
    assert [group for page in found for group in page.groups] == groups
    wanted = [one for start in expected.split() for one in told.entries(start)]
    assert [entry(told, version) for page in found for version in page.versions] == wanted


def test_a_page_begins_behind_a_version_or_behind_all_of_a_path(told):
    entries = told.entries()
    for number, (path, commit, *_) in enumerate(entries):
        found = [
            entry(told, version) for page in pages(told, 5, after=(path, commit)) for version in page.versions
        ]
        assert found == entries[number + 1 :]
        found = [
            entry(told, version) for page in pages(told, 5, after=(path, None)) for version in page.versions
        ]
        assert found == [other for other in entries if other[0] > path]


@pytest.mark.parametrize(
    ("prefix", "delimiter"), [("b", ""), ("", "/"), ("d/", "/"), ("e", ""), ("d/x", "x")]
)
def test_a_page_that_begins_within_a_path_has_no_more_than_others(told, prefix, delimiter):
    """There are older versions of ``d/x`` behind its newest: they may not match, or be rolled up."""
    commit, data = told.made["d/x"][0]
    entries = told.entries()
    expected = [
        found
        for found in entries[entries.index(("d/x", commit, data, True)) + 1 :]
        if found[0].startswith(prefix) and (not delimiter or delimiter not in found[0][len(prefix) :])
    ]
    read = pages(told, 3, prefix, delimiter, after=("d/x", commit))
    assert [entry(told, version) for page in read for version in page.versions] == expected


def test_no_limit_is_no_page(told):
    page = told.store.pfs.list_versions(told.store.branch, limit=0)
    assert (page.versions, page.groups) == ([], [])


def test_a_branch_that_is_missing_has_no_versions(pfs):
    with pytest.raises(BranchNotFound):
        pfs.list_versions(Branch("no-such-repo", "master"))


def test_a_branch_without_files_has_none(pfs, store):
    assert [page.versions for page in pages(Told(store), 10)] == [[]]


def test_several_edits_of_a_path_in_one_change_are_one_version(pfs, store):
    told = Told(store)
    kept = told.change(kept=b"1", gone=b"2")
    edits = [
        put(store, "kept", b"never seen"),
        put(store, "kept", b"3"),
        put(store, "never", b"4"),
        Delete("never"),
        Delete("gone"),
        put(store, "gone", b"5"),
        put(store, "twice", b"6"),
        Delete("twice"),
        put(store, "twice", b"7"),
    ]
    commit = pfs.change(store.branch, edits).commit
    found = [entry(told, version) for page in pages(told, 100) for version in page.versions]
    assert found == [
        ("gone", commit, b"5", True),
        ("gone", kept, b"2", False),
        ("kept", commit, b"3", True),
        ("kept", kept, b"1", False),
        ("twice", commit, b"7", True),
    ]


def test_changes_of_one_path_that_come_together_are_versions_of_their_own(pfs, store):
    """But for a cluster, where each would take a commit that is finished by itself: the last one is it."""
    made = pfs.change_all([(store.branch, [put(store, "a", str(n).encode())]) for n in range(5)])
    versions = [version for page in pages(Told(store), 100) for version in page.versions]
    commits = [change.commit for change in made]
    assert commits[-1] == store.snapshot().commit
    assert store.read("a") == b"4"
    if isinstance(pfs, EmbeddedPFS):
        assert [version.commit for version in versions] == commits[::-1]
        for number, commit in enumerate(commits):
            assert store.read("a", store.snapshot(commit)) == str(number).encode()
    else:
        assert [version.commit for version in versions] == [*set(commits)]


def test_a_delete_that_comes_together_with_a_put_is_a_commit_of_its_own(pfs, store):
    if not isinstance(pfs, EmbeddedPFS):
        pytest.skip("in front of a cluster they share a commit")
    first, other, removed, again = pfs.change_all(
        [
            (store.branch, [put(store, "a", b"1")]),
            (store.branch, [put(store, "b", b"2")]),
            (store.branch, [Delete("a"), Delete("b")]),
            (store.branch, [put(store, "a", b"3")]),
        ]
    )
    assert first.commit == other.commit
    versions = [version for page in pages(Told(store), 100) for version in page.versions]
    assert [(version.path, version.commit, version.file is None) for version in versions] == [
        ("a", again.commit, False),
        ("a", removed.commit, True),
        ("a", first.commit, False),
        ("b", removed.commit, True),
        ("b", first.commit, False),
    ]
    for commit in (first.commit, removed.commit, again.commit):
        assert pfs.snapshot(store.branch, commit).commit == commit


def test_the_commit_of_a_file_is_the_last_that_changed_it(pfs, store):
    first = store.put("a", b"1").commit
    second = store.put("b", b"2").commit
    third = store.put("a", b"3").commit
    for at, path, expected in (
        (first, "a", first),
        (second, "a", first),
        (second, "b", second),
        (third, "a", third),
        (third, "b", second),
    ):
        snapshot = store.snapshot(at)
        found = snapshot.commit_of(snapshot.inspect_file(path))
        assert found == (expected if isinstance(pfs, EmbeddedPFS) else at), (at, path)
    head = pfs.snapshot(store.branch)
    assert head.commit_of(head.inspect_file("a")) == third


def test_what_removed_a_file_is_told(pfs, store):
    put_ = store.put("a", b"1").commit
    removed = store.delete("a").commit
    assert store.snapshot(removed).removed_in("a") == removed
    assert store.snapshot(put_).removed_in("a") is None
    assert store.snapshot(removed).removed_in("never") is None
    assert store.snapshot(removed).removed_in("no+path") is None
    later = store.put("b", b"2").commit
    again = store.put("a", b"3").commit
    assert store.snapshot(again).removed_in("a") is None
    if isinstance(pfs, EmbeddedPFS):
        assert store.snapshot(later).removed_in("a") == removed
        assert pfs.snapshot(store.branch).removed_in("a") is None
        second = store.delete("a").commit
        assert pfs.snapshot(store.branch).removed_in("a") == second
        assert store.snapshot(later).removed_in("a") == removed


# --- the costs of the embedded PFS -----------------------------------------------------------------------------------


def test_versions_whose_commit_is_cut_off_have_none(tmp_path):
    store = open_store(tmp_path)
    store.put("a", b"1")
    store.put("b", b"2")
    store.put("b", b"3")
    store.delete("a")
    kept = store.put("c", b"4").commit
    last = store.put("b", b"5").commit
    store.pfs.prune(Keep(commits=2))
    for limit in (1, 2, 10):
        found, after = [], ("", None)
        while after is not None:
            page = store.pfs.list_versions(BRANCH, after=after, limit=limit)
            found += [(version.path, version.commit, version.is_latest) for version in page.versions]
            after = page.after
        assert found == [("b", last, True), ("b", None, False), ("c", kept, True)]
    snapshot = store.snapshot(kept)
    assert snapshot.commit_of(snapshot.inspect_file("b")) is None
    assert snapshot.removed_in("a") is None
    store.pfs.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A branch where one path has 100,000 versions, and 1000 others have three."""
    folder = tmp_path_factory.mktemp("many")
    store = open_store(folder)
    for number in range(1000):
        store.pfs.change(BRANCH, [put(store, f"d{number % 10}/{number:04}", b"")])
    store.put("m", b"")
    store.pfs.close()
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        (line, since, committed, pfs_hash, md5) = database.execute(
            "SELECT line, since, committed, hash, md5 FROM file WHERE path = 'm'"
        ).fetchone()
        database.executemany(
            "INSERT INTO commits (num, id, line, finished) VALUES (?, ?, ?, ?)",
            [
                (since + number, f"{number:012x}4{number:019x}", line, committed)
                for number in range(1, 100_001)
            ],
        )
        database.executemany(
            "INSERT INTO history (line, path, until, since, committed, size, hash, md5) VALUES (?, ?, ?, ?, ?, 0, ?, ?)",
            [
                (line, "m", since + number, since + number - 1, committed, pfs_hash, md5)
                for number in range(1, 100_001)
            ],
        )
        database.execute("UPDATE file SET since = ? WHERE path = 'm'", (since + 100_000,))
    store = open_store(folder)
    yield store
    store.pfs.close()


@pytest.mark.parametrize(
    ("options", "entries"),
    [
        ({"limit": 100}, 100),
        ({"limit": 100, "after": ("d9", None)}, 100),
        ({"limit": 100, "after": ("m", f"{50_000:012x}4{50_000:019x}")}, 100),
        ({"limit": 100, "after": ("m", f"{20:012x}4{20:019x}")}, 20),
        ({"limit": 100, "after": ("m", None)}, 0),
        ({"limit": 100, "delimiter": "/"}, 100),
        ({"limit": 10, "delimiter": "/"}, 10),
        ({"limit": 10, "delimiter": "m"}, 10),
        ({"limit": 2000, "delimiter": "m", "after": ("d9/0999", None)}, 1),
        ({"limit": 10, "prefix": "m"}, 10),
    ],
)
def test_a_page_of_versions_costs_what_it_holds(many, options, entries):
    connection = many.pfs._database.reader
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 10)
    page = many.pfs.list_versions(BRANCH, **options)
    connection.set_progress_handler(None, 0)
    assert len(page.versions) + len(page.groups) == entries
    assert steps <= 200 + 40 * entries, steps
