"""Listings in the profile extended: keys, prefixes, delimiters and markers as S3 has them, page by page."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

from s3gw.addressing.buckets import bucket_of
from s3gw.addressing.keys import CODED
from s3gw.context import Context
from s3gw.generated.requests import ListObjectsRequest, ListObjectsV2Request
from s3gw.operations import listing
from s3gw.pfs.interface import PFS, Branch, Page, Put, Snapshot
from tests.contract.conftest import new_branch

ALPHABET = "\x7fé\udcff日!(+@[]{} '>Z\\z.-/////~02AFab"
DELIMITERS = ["", "", "/", "/", "/", "-", "a", "b/", "/a", ".", "~", "0", "2", "A", " ", "'", "Z", "z", "|", "(", "é",
              "\udcff", "~2", ".~2", "\x00", "a-"]  # fmt: skip


def raw(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")


def put_files(pfs: PFS, branch: Branch, paths: list[str]) -> list[str]:
    """Write files, in one commit; give the paths of those that could be."""
    puts: dict[str, Put] = {}
    directories: set[str] = set()
    for path in paths:
        above = {path[:end] for end in range(len(path)) if path[end] == "/"}
        if path not in directories and not above & puts.keys():
            puts[path] = Put(path, pfs.stage(branch, path).finish())
            directories |= above
    pfs.change(branch, list(puts.values()))
    return list(puts)


def model(keys: list[str], prefix: str, delimiter: str, after: str) -> list[str]:
    """All entries of a listing, in order."""
    entries = set()
    for key in keys:
        if key.startswith(prefix):
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            entries.add(key if end < 0 else key[: end + len(delimiter)])
    return sorted((entry for entry in entries if raw(entry) > raw(after)), key=raw)


class Bucket:
    """A bucket, whose listings are asked of the handlers."""

    def __init__(self, pfs: PFS, paths: list[str]) -> None:
        self.context = Context(pfs, keys=CODED)
        self.branch = new_branch()
        pfs.create_branch(self.branch)
        self.keys = [CODED.key(path) for path in put_files(pfs, self.branch, paths)]
        self._place: dict[str, Any] = {"bucket": bucket_of(self.branch), "branch": self.branch}

    def entries(self, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 2) -> list[str]:
        """Give all entries of a listing; both forms of it agree."""
        one, other = (
            list(chain(*self.pages(prefix, delimiter, after, limit, first_form=form)))
            for form in (True, False)
        )
        assert one == other
        return one

    def pages(
        self, prefix: str, delimiter: str, after: str, limit: int, *, first_form: bool
    ) -> Iterator[list[str]]:
        """Give the entries of each page; what it tells of itself is checked."""
        common: dict[str, Any] = {**self._place, "prefix": prefix, "delimiter": delimiter, "max_keys": limit}
        common["encoding_type"] = None
        token = None
        while True:
            result: Any
            if first_form:
                result = listing.list_objects(self.context, ListObjectsRequest(**common, marker=after))
            else:
                more = {"start_after": after, "continuation_token": token, "fetch_owner": False}
                result = listing.list_objects_v2(self.context, ListObjectsV2Request(**common, **more))
            files = [entry.key for entry in result.contents]
            groups = [entry.prefix for entry in result.common_prefixes]
            assert sorted(files, key=raw) == files
            assert sorted(groups, key=raw) == groups
            yield (entries := sorted(files + groups, key=raw))
            if not result.is_truncated:
                return
            assert len(entries) == limit
            if first_form:
                after = result.next_marker or files[-1]
            else:
                token = result.next_continuation_token


def some_text(chance: random.Random, keys: list[str]) -> str:
    """A piece of a key, or nothing like it."""
    kind = chance.random()
    if kind < 0.3 or not keys:
        return ""
    key = chance.choice(keys)
    if kind < 0.8:
        return key[: chance.randint(0, len(key))]
    return key[: chance.randint(0, len(key))] + "".join(
        chance.choices(ALPHABET + "\x00", k=chance.randint(0, 2))
    )


def test_a_listing_is_that_of_the_model(pfs):
    seeds, rounds, most = (10, 150, 400) if pfs.is_quick else (2, 12, 40)
    for seed in range(seeds):
        chance = random.Random(seed)
        alphabet = "".join(chance.sample(ALPHABET, chance.choice([3, 9]))) + "/a"
        texts = {
            "".join(chance.choices(alphabet, k=chance.randint(1, 6)))
            for _ in range(chance.choice([40, most]))
        }
        paths = [CODED.path(key) for key in sorted(texts) if CODED.is_key(key)]
        chance.shuffle(paths)
        bucket = Bucket(pfs, paths)
        assert {raw(key) for key in bucket.keys} <= {raw(key) for key in texts}
        for _ in range(rounds):
            prefix, after = some_text(chance, bucket.keys), some_text(chance, bucket.keys)
            delimiter = chance.choice(DELIMITERS)
            limit = chance.choice([1, 2, 3, 7, 1000] if pfs.is_quick else [3, 7])
            expected = model(bucket.keys, prefix, delimiter, after)
            for first_form in (True, False):
                pages = list(bucket.pages(prefix, delimiter, after, limit, first_form=first_form))
                assert list(chain(*pages)) == expected, (seed, prefix, delimiter, after, limit)
                assert len(pages) == max(1, -(-len(expected) // limit))


def test_a_prefix_lists_no_key_whose_code_begins_with_it(pfs):
    bucket = Bucket(pfs, [CODED.path(key) for key in ("'", "'a", "'~", "'é", "(", "(b", "*", "+c", ",")])
    assert bucket.entries("'") == ["'", "'a", "'~", "'é"]
    assert bucket.entries("(") == ["(", "(b"]
    assert bucket.entries("", "(") == ["'", "'a", "'~", "'é", "(", "*", "+c", ","]
    assert bucket.entries("'", limit=4) == ["'", "'a", "'~", "'é"]


def test_a_folder_marker_is_in_its_folder(pfs):
    bucket = Bucket(
        pfs, [CODED.path(key) for key in ("a", "a.txt", "a/", "b/", "b/c", "b/d/", "b/d/e", "b0")]
    )
    assert bucket.entries() == ["a", "a.txt", "a/", "b/", "b/c", "b/d/", "b/d/e", "b0"]
    assert bucket.entries("", "/", limit=1) == ["a", "a.txt", "a/", "b/", "b0"]
    assert bucket.entries("a/") == bucket.entries("a/", "/") == ["a/"]
    assert bucket.entries("b/", "/", limit=1) == ["b/", "b/c", "b/d/"]
    assert bucket.entries("b/", "/", "b/") == ["b/c", "b/d/"]
    assert bucket.entries("", "/", "a/") == ["b/", "b0"]
    assert bucket.entries("", "", "a/") == ["b/", "b/c", "b/d/", "b/d/e", "b0"]


def test_files_that_no_key_has_are_shown_once_and_the_listing_goes_on(pfs):
    bucket = Bucket(
        pfs, ["a~1C3~1A9", "a~1C3~1AA", "a~b", "a~c/d", "a~c/e", "notes.txt~", "x~0y/b~c", "x~0y/d", "z"]
    )
    assert set(bucket.entries(limit=1)) == {
        "aé",
        "aê",
        "a~b",
        "a~c/d",
        "a~c/e",
        "notes.txt~",
        "x~0y/b~c",
        "x~y/d",
        "z",
    }
    assert len(bucket.entries(limit=1)) == 9
    assert set(bucket.entries("", "/", limit=1)) == {"aé", "aê", "a~b", "a~c/", "notes.txt~", "x~y/", "z"}
    assert bucket.entries("notes") == bucket.entries("notes.txt~") == ["notes.txt~"]
    assert bucket.entries("a~c/", limit=1) == ["a~c/d", "a~c/e"]
    assert bucket.entries("a~", "/", limit=1) == ["a~b", "a~c/"]
    assert bucket.entries("x~y/") == ["x~y/d"]


class Counting:
    """A snapshot that counts what its listings give."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.rows = self.calls = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)

    def list_files(self, *arguments: Any, **more: Any) -> Page:
        page = self._snapshot.list_files(*arguments, **more)
        self.calls += 1
        self.rows += len(page.files) + len(page.groups)
        return page


@pytest.mark.parametrize(
    ("prefix", "delimiter", "limit", "entries", "rows", "calls"),
    [
        ("a", "", 100, 100, 100, 1),
        ("", "/", 100, 4, 70, 2),
        ("é/", "", 100, 100, 164, 2),
        ("a", "2", 100, 1, 130, 3),  # what PFS cannot roll up is read through for a little, and jumped over
        ("é/", "0", 100, 93, 700, 7),
        ("Z", "", 100, 1, 101, 2),  # what begins with the code of [ is jumped over
    ],
)
def test_a_page_costs_what_it_holds(pfs, prefix, delimiter, limit, entries, rows, calls):
    if not pfs.is_quick:
        pytest.skip("the calls are the same on every PFS")
    keys = [f"{folder}/{number:04}" for folder in ("a2", "é", "[") for number in range(1200)]
    bucket = Bucket(pfs, [CODED.path(key) for key in [*keys, "Z"]])
    snapshot = Counting(pfs.snapshot(bucket.branch))
    page = CODED.list_keys(snapshot, prefix, delimiter, "", limit)
    assert len(page.files) + len(page.groups) == entries
    assert snapshot.rows <= rows
    assert snapshot.calls <= calls
