"""What a bucket's name means in each set of names."""

from __future__ import annotations

import pytest

from s3gw.addressing.buckets import ALL, BRANCHES, Place, bucket_of
from s3gw.pfs.interface import OWN_REPO, Branch, InvalidName

COMMIT = "0123456789ab4def0123456789abcdef"

# name, what it is among branches alone, what it is among all; None where it is nothing
NAMES: list[tuple[str, Place | None, Place | None]] = [
    ("b.r", Place(Branch("r", "b")), Place(Branch("r", "b"))),
    ("b.r.p", Place(Branch("r", "b", "p")), Place(Branch("r", "b", "p"))),
    ("r", None, Place(Branch("r", "master"))),
    (COMMIT, None, Place(Branch(COMMIT, "master"))),
    (f"b.{COMMIT}", Place(Branch(COMMIT, "b")), Place(Branch(COMMIT, "b"))),
    (f"{COMMIT}.b.r", None, Place(Branch("r", "b"), COMMIT)),
    (f"{COMMIT}.b.r.p", None, Place(Branch("r", "b", "p"), COMMIT)),
    (f"{COMMIT}.b.r.p.q", None, None),
    (f"{COMMIT}.r", None, None),
    (f"{COMMIT}.{COMMIT}.r", None, None),
    (f"{COMMIT.upper()}.b.r", Place(Branch("b", COMMIT.upper(), "r")), Place(Branch("b", COMMIT.upper(), "r"))),
    (f"{'0' * 32}.b.r", Place(Branch("b", "0" * 32, "r")), Place(Branch("b", "0" * 32, "r"))),
    ("b.r.p.q", None, None),
    ("", None, None),
    (".", None, None),
    ("b.", None, None),
    (".r", None, None),
    ("b r", None, None),
    ("é.r", None, None),
    (f"b.{'r' * 300}", None, None),
    (OWN_REPO, None, None),
    (f"uploads.{OWN_REPO}", None, None),
    (f"{COMMIT}.uploads.{OWN_REPO}", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "among_branches", "among_all"), NAMES)
def test_a_name_is_a_branch_a_commit_or_nothing(name, among_branches, among_all):
    for buckets, expected in ((BRANCHES, among_branches), (ALL, among_all)):
        if expected is not None:
            assert buckets.place(name) == expected
            continue
        with pytest.raises(InvalidName, match=r"branch\.repo"):
            buckets.place(name)


def test_a_branch_has_the_shortest_name_that_every_profile_knows():
    assert bucket_of(Branch("r", "master")) == "master.r"
    assert bucket_of(Branch("r", "b", "p")) == "b.r.p"
