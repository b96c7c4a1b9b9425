"""Files at any depth: the same, whichever directories are remembered to take long."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3gw.pfs.interface import Branch
from s3gw.pfs.pachd import _files
from s3gw.pfs.pachd._client import Pace
from s3gw.pfs.pachd._files import LongDirectories
from s3gw.pfs.pachd._wire import Entry
from s3gw.pfs.paging import END

BRANCH = Branch("repo", "master")


class Model:
    """Files, read as pachd reads them: a directory is named before the first file in it that is in the range."""

    def __init__(self, files: list[str]) -> None:
        self.files = sorted(files)
        self.asked: list[tuple[str, str]] = []

    def entries(self, low: str, high: str, _pace: Pace | None) -> Iterator[Entry]:
        self.asked.append((low, high))
        return self._entries(low, high)

    def _entries(self, low: str, high: str) -> Iterator[Entry]:
        named = set()
        for path in self.files:
            if low <= path < high:
                for end in (at for at, char in enumerate(path) if char == "/"):
                    directory = path[: end + 1]
                    if directory >= low and directory not in named:
                        named.add(directory)
                        yield Entry(directory, False, 0, b"", None, "")
                yield Entry(path, True, 0, b"", None, "")


PATHS = st.lists(st.text("ab0/-~", min_size=1, max_size=6).filter(lambda text: "//" not in text), max_size=40)


@given(PATHS, PATHS, st.sampled_from([("", END), ("a", "a" + END), ("a/", "a/" + END), ("a/0", END)]))
def test_the_files_are_those_of_the_model(files, long, bounds):
    files = list({path.strip("/") for path in files} - {""})
    model = Model(files)
    directories = LongDirectories()
    for path in long:
        directories.note(BRANCH, path.strip("/") + "/")
    expected = [path for path in sorted(files) if bounds[0] <= path < bounds[1]]
    for _ in range(2):
        found = directories.files(BRANCH, model.entries, *bounds)
        assert [entry.path for entry in found] == expected


@pytest.fixture
def directories(monkeypatch) -> LongDirectories:
    """All that are met take long; those with three files are worth a call."""
    monkeypatch.setattr(_files, "_LONG_S", -1)
    monkeypatch.setattr(_files, "_FEW", 3)
    return LongDirectories()


def list_all(directories: LongDirectories, model: Model, branch: Branch = BRANCH) -> list[tuple[str, str]]:
    """List all files; what was asked for."""
    model.asked.clear()
    assert [entry.path for entry in directories.files(branch, model.entries, "", END)] == model.files
    return model.asked


def test_a_listing_begins_within_directories_that_took_long(directories, monkeypatch):
    model = Model([f"{folder}/{number}" for folder in "ac" for number in range(5)] + ["b/0"])
    assert list_all(directories, model) == [("", END)]
    monkeypatch.setattr(_files, "_LONG_S", 60)
    assert list_all(directories, model) == [("", "a/"), ("a/\0", "b/"), ("b/\0", "c/"), ("c/\0", END)]
    assert list_all(directories, model) == [("", "a/"), ("a/\0", "c/"), ("c/\0", END)]
    assert list_all(directories, model, Branch("repo", "other")) == [("", END)]


def test_directories_above_one_another_are_all_found_at_once(directories, monkeypatch):
    monkeypatch.setattr(_files, "_LONG_S", 60)
    model = Model([f"a/b/c/{number}" for number in range(5)])
    clock = iter([0, 100, *range(101, 200)])
    monkeypatch.setattr(_files, "time", SimpleNamespace(monotonic=clock.__next__))
    assert list_all(directories, model) == [("", END)]
    monkeypatch.undo()
    asked = list_all(directories, model)
    assert asked == [("", "a/"), ("a/\0", "a/b/"), ("a/b/\0", "a/b/c/"), ("a/b/c/\0", END)]


def test_what_is_remembered_is_bounded(directories):
    for number in range(2000):
        directories.note(Branch("repo", f"{number}"), "a/")
        directories.note(BRANCH, f"{number:04}/")
    assert directories.between(BRANCH, "", END) == [f"{number:04}/" for number in range(1968, 2000)]
    assert directories.between(Branch("repo", "0"), "", END) == []
    assert directories.between(Branch("repo", "1999"), "", END) == ["a/"]


def test_a_directory_that_listings_begin_within_is_not_forgotten(directories):
    directories.note(BRANCH, "a/")
    for number in range(100):
        directories.note(BRANCH, f"b{number:02}/")
        assert directories.between(BRANCH, "", "b") == ["a/"]
