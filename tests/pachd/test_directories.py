"""Directories by pachd's own way and by jumps: the same, whatever their sizes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3gw.pfs.interface import TooSlow
from s3gw.pfs.pachd import _directories
from s3gw.pfs.pachd._directories import children
from s3gw.pfs.pachd._wire import Entry
from s3gw.pfs.paging import END


class Model:
    """Files, read as pachd reads them; its own way names so many entries before its time is over."""

    def __init__(self, files: list[str], prefix: str, named_at_once: int) -> None:
        self.files = sorted(files)
        self.prefix = prefix
        self.named_at_once = named_at_once
        self.jumps = 0

    def nested(self, low: str, high: str, _limit_s: float | None) -> Iterator[Entry]:
        self.jumps += 1
        for path in self.files:
            if low <= path < high and path.startswith(self.prefix) and "/" in path[len(self.prefix) :]:
                yield Entry(path, True, 0, b"", None, "")

    def named(self, low: str, high: str, limit_s: float | None) -> Iterator[Entry]:
        seen = [path for path in self.expected() if low <= path < high]
        for count, path in enumerate(seen):
            if limit_s is not None and count == self.named_at_once:
                raise TooSlow("it takes too long")
            yield Entry(path, not path.endswith("/"), 0, b"", None, "")

    def expected(self) -> list[str]:
        below = len(self.prefix)
        cut = {
            path[: path.find("/", below) + 1] or path for path in self.files if path.startswith(self.prefix)
        }
        return sorted(cut)

    def children(self) -> list[str]:
        found = children(self.named, self.nested, self.prefix, self.prefix, self.prefix + END)
        return [entry.path for entry in found]


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


def test_small_directories_are_read_through(monkeypatch):
    monkeypatch.setattr(_directories, "_ENOUGH", 4)
    model = Model([f"d{number:03}/a" for number in range(100)], "", 5)
    assert model.children() == model.expected()
    assert model.jumps == 0
