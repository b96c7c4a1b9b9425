"""A PFS that acts as users: what is remembered of one is nothing to another."""

from __future__ import annotations

import pytest

from s3gw.operations import _own
from s3gw.pfs.interface import Branch
from s3gw.pfs.pachd import _users
from s3gw.pfs.paths import is_own_repo, own_repo_of


def test_where_auth_is_off_no_token_is_anybodys(store):
    assert store.pfs.user_of("any") is None


def test_a_user_is_one_pfs_and_shares_nothing_with_others_but_the_channel(store):
    ann, bob = store.pfs.acting_as("robot:ann", "a"), store.pfs.acting_as("robot:bob", "b")
    assert store.pfs.acting_as("robot:ann", "a") is ann
    assert store.pfs.acting_as("robot:ann", "another") is not ann
    assert len({pfs.own_repo for pfs in (store.pfs, ann, bob)}) == 3
    for name in ("_views", "_committers", "_squasher", "_roles", "_client"):
        assert len({id(getattr(pfs, name)) for pfs in (store.pfs, ann, bob)}) == 3
    assert ann._client._channel is store.pfs._client._channel
    assert (ann._client._metadata, bob._client._metadata) == (
        (("authn-token", "a"),),
        (("authn-token", "b"),),
    )
    assert store.pfs._client._metadata == ()


def test_what_users_have_begun_is_apart(store):
    ann, bob = store.pfs.acting_as("robot:ann", "a"), store.pfs.acting_as("robot:bob", "b")
    for pfs in (ann, bob):
        _own.ensure(pfs, _own.uploads(pfs))
    own = {entry.branch.repo for entry in store.pfs.list_branches() if is_own_repo(entry.branch.repo)}
    assert own == {own_repo_of("robot:ann"), own_repo_of("robot:bob")}


def test_users_that_do_not_come_any_more_are_forgotten(store, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(_users.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(_users, "_MOST", 2)
    assert store.pfs.acting() == [store.pfs]
    pfs = {name: store.pfs.acting_as(name, name) for name in "abc"}
    assert store.pfs.acting() == [pfs["b"], pfs["c"]]
    assert store.pfs.acting_as("b", "b") is pfs["b"]
    assert store.pfs.acting() == [pfs["c"], pfs["b"]]
    now[0] += 3 * 3600
    last = store.pfs.acting_as("d", "d")
    assert store.pfs.acting() == [last]


@pytest.mark.parametrize(
    ("repo", "is_own"),
    [
        ("_s3gw_", True),
        ("_s3gw_0123456789abcdef", True),
        ("_s3gw_0123456789abcde", False),
        ("_s3gw_0123456789ABCDEF", False),
        ("_s3gw_images", False),
        ("x_s3gw_", False),
    ],
)
def test_own_repos_are_known_by_their_names(repo, is_own):
    assert is_own_repo(repo) is is_own
    assert is_own_repo(own_repo_of(Branch(repo, "master").repo))
