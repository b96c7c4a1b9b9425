"""Listings in parts: the same, wherever they are cut."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3gw.pfs.interface import TooSlow
from s3gw.pfs.pachd import _parts
from s3gw.pfs.pachd._client import Pace
from s3gw.pfs.pachd._parts import Cut, Parts
from s3gw.pfs.pachd._wire import Entry
from s3gw.pfs.paging import END

PLACE = "here"
PACE = Pace(1, 1)


class Model:
    """Children of a place; each takes a while. After so many of a range pachd falls behind its pace."""

    def __init__(self, paths: list[str], each_s: float = 0.0, at_once: int | None = None) -> None:
        self.paths = sorted(set(paths))
        self.each_s = each_s
        self.at_once = at_once
        self.asked: list[tuple[str, str]] = []

    def named(self, low: str, high: str, pace: Pace | None) -> Iterator[Entry]:
        self.asked.append((low, high))
        return self._named(low, high, pace)

    def _named(self, low: str, high: str, pace: Pace | None) -> Iterator[Entry]:
        for count, path in enumerate(path for path in self.paths if low <= path < high):
            if pace is not None and count == self.at_once:
                raise TooSlow("it takes too long")
            time.sleep(self.each_s)
            yield Entry(path, not path.endswith("/"), 0, b"", None, "")

    def list(self, parts: Parts, low: str = "", most: int | None = None) -> list[str]:
        self.asked.clear()
        found = parts.entries(PLACE, self.named, low, END, PACE, lambda low: self.named(low, END, None))
        return [entry.path for entry in islice(found, most)]


PATHS = st.lists(st.text("ab0-~", min_size=1, max_size=3).map(lambda text: text + "/"), max_size=30)


@given(
    PATHS, st.lists(st.text("ab0-/~", min_size=1, max_size=3)), st.sampled_from(["", "a"]), st.integers(0, 3)
)
def test_the_entries_are_those_of_the_model(paths, cuts, low, at_once):
    model = Model(paths, at_once=at_once)
    parts = Parts()
    parts._cuts[PLACE] = Cut(60, tuple(sorted(cut for cut in set(cuts) if low < cut < END)))
    for _ in range(2):
        assert model.list(parts, low) == [path for path in model.paths if path >= low]


@pytest.fixture
def parts(monkeypatch) -> Parts:
    monkeypatch.setattr(_parts, "_LONG_S", 0.01)
    monkeypatch.setattr(_parts, "_WORTH", 60)
    return Parts()


def test_what_took_long_is_asked_for_in_parts_of_the_same_time(parts, monkeypatch):
    model = Model([f"{number:02}/" for number in range(40)], each_s=0.002)
    assert model.list(parts) == model.paths
    assert model.asked == [("", END)]
    assert model.list(parts) == model.paths
    begins = [int(low[:2]) for low, _ in model.asked[1:]]
    assert len(begins) == 3
    for begin, expected in zip(begins, (10, 20, 30), strict=True):
        assert abs(begin - expected) < 8
    monkeypatch.setattr(_parts, "_WORTH", 0.01)
    assert model.list(parts) == model.paths  # in parts, which were no quicker
    assert len(model.asked) == 4
    assert model.list(parts) == model.paths
    assert len(model.asked) == 1


def test_a_page_is_cut_where_it_took_long(parts):
    model = Model([f"{number:02}/" for number in range(40)], each_s=0.002)
    assert model.list(parts, most=8) == model.list(parts, most=8) == model.paths[:8]
    assert [low for low, _ in model.asked][1:] <= ["08/"] * 3
    assert model.list(Parts(), most=0) == []


@pytest.mark.parametrize("latency_s", [0, 0.1])
def test_what_is_quick_once_it_has_begun_is_not_cut(monkeypatch, latency_s):
    parts = Parts()
    model = Model(["a/", "b/", "c/"])
    named = model._named

    def late(low: str, high: str, pace: Pace | None) -> Iterator[Entry]:
        time.sleep(latency_s)
        yield from named(low, high, pace)

    monkeypatch.setattr(model, "_named", late)
    assert model.list(parts) == model.list(parts) == model.paths
    assert model.asked == [("", END)]


def test_a_part_that_falls_behind_is_given_up(parts):
    model = Model([f"{number:02}/" for number in range(40)], each_s=0.002)
    assert model.list(parts) == model.paths
    model.at_once = 3
    assert model.list(parts) == model.paths
    assert model.asked[-1] == ("02/" + END, END)
    assert model.list(parts) == model.paths
    assert model.asked == [("", END)]


def test_what_is_remembered_is_bounded(parts):
    for number in range(5000):
        parts._note(number, "", END, [(0.1 * at, f"{at}/") for at in range(1, 5)])
    assert len(parts._cuts) == 4096
    assert 0 not in parts._cuts
