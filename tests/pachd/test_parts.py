"""Listings in parts: the same, wherever they are cut."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from types import SimpleNamespace

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
    """Children of a place; after so many of a range pachd falls behind its pace. Each takes a second."""

    def __init__(self, paths: list[str], at_once: int | None = None) -> None:
        self.paths = sorted(set(paths))
        self.at_once = at_once
        self.now = 0.0
        self.asked: list[tuple[str, str]] = []

    def named(self, low: str, high: str, pace: Pace | None) -> Iterator[Entry]:
        self.asked.append((low, high))
        return self._named(low, high, pace)

    def _named(self, low: str, high: str, pace: Pace | None) -> Iterator[Entry]:
        for count, path in enumerate(path for path in self.paths if low <= path < high):
            if pace is not None and count == self.at_once:
                raise TooSlow("it takes too long")
            self.now += 1
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


FORTY = [f"{number:02}/" for number in range(40)]


@pytest.fixture
def model(monkeypatch) -> Model:
    """Its clock is that of the parts; these are no quicker than the whole."""
    model = Model(FORTY)
    monkeypatch.setattr(_parts, "time", SimpleNamespace(monotonic=lambda: model.now))
    monkeypatch.setattr(_parts, "_WORTH", 2)
    return model


@pytest.fixture
def parts() -> Parts:
    return Parts()


def test_what_took_long_is_asked_for_in_parts_of_the_same_time(parts, model, monkeypatch):
    assert model.list(parts) == FORTY
    assert model.asked == [("", END)]
    cuts = ["", "10/", "20/", "30/", END]
    assert model.list(parts) == FORTY
    assert model.asked == list(pairwise(cuts))
    monkeypatch.setattr(_parts, "_WORTH", 0.8)
    assert model.list(parts) == FORTY
    assert model.asked == list(pairwise(cuts))
    assert model.list(parts) == FORTY  # the parts were no quicker
    assert model.asked == [("", END)]


def test_a_page_is_cut_where_it_took_long(parts, model):
    assert model.list(parts, most=8) == model.list(parts, most=8) == FORTY[:8]
    assert [low for low, _ in model.asked] == ["", "02/", "04/", "06/"]
    assert model.list(Parts(), most=0) == []


def test_a_page_whose_parts_take_longer_is_cut_no_more(parts, model, monkeypatch):
    monkeypatch.setattr(_parts, "_WORTH", 0.8)
    assert model.list(parts, most=8) == FORTY[:8]
    assert model.list(parts, most=2) == FORTY[:2]  # no longer than a part of it
    assert len(model.asked) == 4
    assert model.list(parts, most=8) == FORTY[:8]
    assert len(model.asked) == 4
    assert model.list(parts, most=8) == FORTY[:8]
    assert model.asked == [("", END)]


@pytest.mark.parametrize("first_s", [0.01, 100])
def test_what_is_quick_once_it_has_begun_is_not_cut(parts, model, monkeypatch, first_s):
    def named(low: str, high: str, _pace: Pace | None) -> Iterator[Entry]:
        model.now += first_s
        for path in FORTY:
            model.now += 0.001
            yield Entry(path, False, 0, b"", None, "")

    monkeypatch.setattr(model, "_named", named)
    for _ in range(2):
        assert model.list(parts) == FORTY
        assert model.asked == [("", END)]


def test_a_part_that_falls_behind_is_given_up(parts, model):
    assert model.list(parts) == FORTY
    model.at_once = 3
    assert model.list(parts) == FORTY
    assert model.asked[-1] == ("02/" + END, END)
    assert model.list(parts) == FORTY
    assert model.asked == [("", END)]


def test_what_is_remembered_is_bounded(parts):
    for number in range(2000):
        parts._note(number, "", END, [(0.1 * at, f"{at}/") for at in range(1, 5)])
    assert len(parts._cuts) == 1024
    assert 0 not in parts._cuts


def test_where_to_cut_what_is_listed_again_and_again_is_not_forgotten(parts, model):
    assert model.list(parts) == FORTY
    for number in range(2000):
        parts._note(number, "", END, [(0.1 * at, f"{at}/") for at in range(1, 5)])
        if number % 500 == 0:
            assert model.list(parts) == FORTY
            assert len(model.asked) == 4
