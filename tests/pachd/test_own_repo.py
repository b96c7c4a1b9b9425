"""The gateway's own repo: made by several gateways at once, and its history does not grow for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import OWN_REPO, PFS, Branch, BranchExists, BranchInfo
from s3gw.pfs.pachd import PachdPFS, _own
from s3gw.pfs.pachd._messages import commit_message, repo_message
from s3gw.pfs.pachd._own import Squasher
from s3gw.pfs.pachd.address import find_address
from tests.contract.conftest import Store
from tests.serving import eventually

OWN = Branch(OWN_REPO, "uploads")


def commits(store: Store) -> list[str]:
    """List the commits of the repo, the oldest first."""
    request = pb.ListCommitRequest(repo=repo_message(store.branch), all=True, reverse=True)
    return [info.commit.id for info in store.pfs._client.stream("ListCommit", request)]


@pytest.fixture
def own(store) -> Store:
    """A branch of the repo, with five commits."""
    store.pfs.create_branch(OWN)
    own = Store(store.pfs, OWN)
    for number in range(4):
        own.put(f"{number}", b"%d" % number)
    return own


def test_many_gateways_make_it_at_the_same_time(address):
    gateways = [PachdPFS(find_address(address, environ={})) for _ in range(4)]

    def make(pfs: PFS) -> BranchInfo | BranchExists:
        try:
            return pfs.create_branch(OWN)
        except BranchExists as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(make, gateways))
    assert any(isinstance(one, BranchInfo) for one in made)
    for number, pfs in enumerate(gateways):
        Store(pfs, OWN).put(f"{number}", b"x")
    assert len(Store(gateways[0], OWN).paths()) == len(gateways)
    for pfs in gateways:
        pfs.close()


def test_commits_that_are_no_heads_any_more_vanish_and_files_stay(own):
    before = commits(own)
    Squasher(own.pfs._client, OWN_REPO, kept_s=3600).squash()
    assert commits(own) == before
    own.pfs.create_branch(Branch(OWN_REPO, "sessions"))
    Squasher(own.pfs._client, OWN_REPO, kept_s=0).squash()
    assert commits(own)[0] == before[-1]
    assert len(commits(own)) == 2
    assert own.paths() == ["0", "1", "2", "3"]
    own.put("more", b"x")
    assert own.read("2") == b"2"


def test_the_commits_of_branches_that_have_ended_vanish(own, monkeypatch):
    """Those of sessions, however many: nothing of theirs holds up what is behind them."""
    monkeypatch.setattr(_own, "_MOST", 4)
    for number in range(6):
        session = Store(own.pfs, Branch(OWN_REPO, f"session-{number}"))
        own.pfs.create_branch(session.branch)
        session.put("a", b"x")
        own.pfs.delete_branch(session.branch, with_files=True)
    own.put("more", b"x")
    before = commits(own)
    squasher = Squasher(own.pfs._client, OWN_REPO, kept_s=3600)
    squasher.squash()
    assert commits(own) == before
    squasher = Squasher(own.pfs._client, OWN_REPO, kept_s=0)
    for _ in range(6):
        squasher.squash()
    assert commits(own) == before[-1:]
    assert own.paths() == ["0", "1", "2", "3", "more"]


def test_the_own_repo_stays_when_its_last_branch_goes(own):
    """Another gateway may begin an upload or a session in it at this moment."""
    own.pfs.delete_branch(OWN, with_files=True)
    assert commits(own)
    own.pfs.create_branch(OWN)
    own.put("a", b"x")
    assert own.paths() == ["a"]


def test_a_head_whose_child_is_not_finished_stays(own, fault):
    before = commits(own)
    fault(finish_s=30)
    request = pb.ModifyFileRequest(set_commit=commit_message(OWN)).SerializeToString()
    own.pfs._client.modify([request])
    Squasher(own.pfs._client, OWN_REPO, kept_s=0).squash()
    assert commits(own)[0] == before[-1]


def test_changes_wake_it(own):
    pfs = own.pfs
    pfs._squasher = Squasher(pfs._client, OWN_REPO, kept_s=0, every_s=0)
    own.put("more", b"x")
    eventually(lambda: len(commits(own)) == 1)
    other = Store(pfs, Branch("repo", "master"))
    for _ in range(2):
        other.put("a", b"x")
    assert len(commits(other)) == 3


def test_it_is_silent_about_a_cluster_that_is_away(own, fault):
    fault(unavailable=["SquashCommitSet"])
    pfs = own.pfs
    pfs._squasher = Squasher(pfs._client, OWN_REPO, kept_s=0, every_s=0)
    own.put("more", b"x")
    pfs._squasher.close()
    own.put("and more", b"x")
    assert len(commits(own)) == 7
