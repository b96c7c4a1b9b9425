"""Directories by pachd's own way and by jumps: the same, whatever their sizes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import TooSlow
from s3gw.pfs.pachd import _directories, _files, _parts
from s3gw.pfs.pachd._client import Pace
from s3gw.pfs.pachd._directories import Measured, children
from s3gw.pfs.pachd._messages import commit_message
from s3gw.pfs.pachd._wire import Entry
from s3gw.pfs.paging import END


class Model:
    """Files, read as pachd reads them; its own way names so many entries before it falls behind."""

    def __init__(self, files: list[str], prefix: str, named_at_once: int) -> None:
        self.files = sorted(files)
        self.prefix = prefix
        self.named_at_once = named_at_once
        self.jumps = 0
        self.readings = 0
        self.measured = Measured()

    def nested(self, low: str, high: str, _pace: Pace | None) -> Iterator[Entry]:
        self.jumps += 1
        for path in self.files:
            if low <= path < high and path.startswith(self.prefix) and "/" in path[len(self.prefix) :]:
                yield Entry(path, True, 0, b"", None, "")

    def named(self, low: str, high: str, pace: Pace | None) -> Iterator[Entry]:
        self.readings += 1
        seen = [path for path in self.expected() if low <= path < high]
        for count, path in enumerate(seen):
            if pace is not None and count == self.named_at_once:
                raise TooSlow("it takes too long")
            yield Entry(path, not path.endswith("/"), 0, b"", None, "")

    def expected(self) -> list[str]:
        below = len(self.prefix)
        cut = {
            path[: path.find("/", below) + 1] or path for path in self.files if path.startswith(self.prefix)
        }
        return sorted(cut)

    def children(self) -> list[str]:
        low, high = self.prefix, self.prefix + END
        found = children(self.named, self.nested, self.prefix, low, high, self.measured, self.note)
        return [entry.path for entry in found]

    def note(self, measured: Measured) -> None:
        self.measured = measured


PATHS = st.lists(st.text("ab0/-~", min_size=1, max_size=6).filter(lambda text: "//" not in text), max_size=40)


@given(PATHS, st.sampled_from(["", "a", "a/", "b/0"]), st.integers(0, 5))
def test_the_children_are_those_of_the_model(files, prefix, named_at_once):
    files = [path.strip("/") for path in files if path.strip("/")]
    model = Model(files, prefix, named_at_once)
    assert model.children() == model.expected()


@pytest.mark.parametrize(
    "names", [[f"d{number:03}" for number in range(300)], [chr(33 + n) * 3 for n in range(9)]]
)
def test_big_directories_cost_a_jump_each_and_a_few_to_find_them(names):
    model = Model([f"{name}/{number}" for name in names for number in range(3)], "", 0)
    assert model.children() == model.expected()
    assert model.jumps <= 2 * len(names) + 40


def test_small_directories_are_read_through_by_one_call():
    model = Model([f"d{number:03}/a" for number in range(100)], "", 100)
    assert model.children() == model.expected()
    assert (model.readings, model.jumps) == (1, 0)


@pytest.fixture
def globs(store, monkeypatch):
    """The patterns of the GlobFiles that the store's PFS sends, each with whether it has a range."""
    seen: list[tuple[str, bool]] = []
    glob_file = store.pfs._client._glob_file

    def count(request, **options):
        seen.append((request.pattern, request.HasField("path_range")))
        return glob_file(request, **options)

    monkeypatch.setattr(store.pfs._client, "_glob_file", count)
    monkeypatch.setattr(_directories, "_FIRST_S", 2)
    return seen


def test_a_page_of_files_takes_one_call_however_long_pachd_takes_for_all_of_it(store, globs, fault):
    names = [f"d{folder}/{number:04}" for folder in range(3) for number in range(700)]
    for begin in range(0, len(names), 100):  # each within the deadline, on a busy machine too
        messages = [pb.ModifyFileRequest(set_commit=commit_message(store.branch))]
        some = names[begin : begin + 100]
        messages += [pb.ModifyFileRequest(add_file=pb.AddFile(path=name, raw={})) for name in some]
        store.pfs._client.modify(message.SerializeToString() for message in messages)
    fault(latency_s=0.2)
    page = store.snapshot().list_files("d1/", "/", limit=600)
    assert [file.path for file in page.files] == names[700:1300]
    assert globs == [("/d1/*", False)]
    rest = store.snapshot().list_files("d1/", "/", page.after, limit=600)
    assert [file.path for file in rest.files] == names[1300:1400]
    assert globs[1:] == [("/*/*", True)]
    page = store.snapshot().list_files("", "/")
    assert page.groups == ["d0/", "d1/", "d2/"]
    assert globs[2:] == [("/*", False)]


def test_a_call_that_falls_behind_is_given_up(store, globs, fault, monkeypatch):
    """A directory that pachd takes long to sum up is found by a jump."""
    store.put("d/a")
    store.put("f")
    monkeypatch.setattr(_directories, "_FIRST_S", 0.05)
    fault(latency_s=0.3)
    page = store.snapshot().list_files("", "/")
    assert (page.groups, [file.path for file in page.files]) == (["d/"], ["f"])
    assert "/*/**" in [pattern for pattern, _ in globs]


def test_files_of_a_directory_that_takes_long_are_listed_without_it(store, globs, monkeypatch):
    names = [f"d{folder}/{number}" for folder in range(2) for number in range(4)]
    store.put("c")
    for name in names:
        store.put(name)
    monkeypatch.setattr(_files, "_LONG_S", -1)
    monkeypatch.setattr(_files, "_FEW", 3)
    for limit, calls in ((1000, 1), (1000, 3), (2, 2)):
        store.put("d0/0")
        globs.clear()
        page = store.snapshot().list_files("", limit=limit)
        assert [file.path for file in page.files] == ["c", *names][:limit]
        assert globs == [("/**", calls > 1)] * calls


@pytest.mark.parametrize(("prefix", "pattern"), [("", "/*"), ("e/", "/*/*"), ("e/d", "/*/*")])
def test_a_listing_that_took_long_is_read_in_parts(store, globs, monkeypatch, prefix, pattern):
    names = [f"{above}d{folder}/a" for above in ("", "e/") for folder in range(5)]
    for name in [*names, "c", "e/c"]:
        store.put(name)
    found = store.snapshot().list_files(prefix, "/")
    monkeypatch.setattr(_parts, "_LONG_S", -1)
    monkeypatch.setattr(_parts, "_WORTH", 1000)
    for _ in range(2):
        store.put("e/z")
        globs.clear()
        page = store.snapshot().list_files(prefix, "/")
        assert page.groups == found.groups
        assert {file.path for file in page.files} - {"e/z"} == {file.path for file in found.files}
    assert globs == [(pattern, True)] * len(globs)
    assert 1 < len(globs) <= 4


def test_what_was_slow_is_not_tried_again_at_once():
    """Jumps that were quicker are taken for the next page, and pachd's own way in time again."""
    model = Model([f"d{number:03}/a" for number in range(300)], "", 300)
    model.measured = Measured(own_s=10.0, jump_s=0.1)
    first_page = model.children()
    assert model.jumps > 0
    model.jumps = 0
    model.measured = Measured(own_s=0.001, jump_s=0.1)
    assert (model.children(), model.jumps) == (first_page, 0)


def test_a_directory_that_is_slow_once_does_not_send_its_files_through_jumps():
    """Where there is nothing but files behind it, one call gives them all."""
    model = Model([f"f{number:04}" for number in range(1000)], "", 10)
    assert model.children() == model.expected()
    assert (model.readings, model.jumps) == (2, 1)
