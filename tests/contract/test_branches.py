"""Branches and repos."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from s3gw.pfs.interface import (
    PFS,
    Branch,
    BranchExists,
    BranchInUse,
    BranchNotEmpty,
    BranchNotFound,
    CommitNotFound,
    Delete,
    OutputBranch,
)
from tests.contract.conftest import ELSEWHERE, Store, TidyPachd, new_branch

MADE = new_branch()


def created(pfs: PFS, branch: Branch) -> datetime:
    (entry,) = [entry for entry in pfs.list_branches() if entry.branch == branch]
    return entry.created


def test_a_branch_has_a_head_from_the_first(pfs, branch):
    info = pfs.inspect_branch(branch)
    assert info.branch == branch
    assert re.fullmatch("[0-9a-f]{12}4[0-9a-f]{19}", info.head)
    assert info.provenance == ()
    assert pfs.snapshot(branch).commit == info.head
    assert pfs.snapshot(branch).list_files().files == []


def test_a_branch_is_listed(pfs, branch):
    assert abs(created(pfs, branch) - datetime.now(UTC)) < timedelta(minutes=1)


# Behind the name of a repo: "." is behind "-", and before all else that a name may hold.
TAILS = ("", "-", "--", "-a", "0", "Z", "_", "a", "a-", "a.b", "aa")


@pytest.fixture(scope="module")
def many(pfs) -> list[str]:
    """Full names of branches that begin with one text, in order."""
    repos = [new_branch().repo, f"{new_branch().repo}-", f"{new_branch().repo}_"]
    branches = [
        Branch(repo, f"{repos[0]}{tail}", project)
        for repo, project in zip(repos, ("default", ELSEWHERE, "default"), strict=True)
        for tail in TAILS
        if "." not in tail
    ]
    for branch in reversed(branches):
        pfs.create_branch(branch)
    return sorted(branch.full_name for branch in branches)


def listed(pfs: PFS, prefix: str, after: str = "", at_once: int = 1000) -> list[str]:
    return [entry.branch.full_name for entry in pfs.list_branches(prefix, after, at_once)]


@given(
    begin=st.integers(0, 32),
    tail=st.sampled_from(TAILS),
    cut=st.integers(0, 60),
    more=st.sampled_from(["", ".", "-", "0", "\x7f", "\0", "\xe9", "\ud800", "\U0010ffff"]),
    at_once=st.sampled_from([1, 2, 3, 10, 1000]),
)
@example(begin=0, tail="", cut=0, more="", at_once=1)
@settings(max_examples=60, deadline=None)
def test_branches_are_listed_in_the_order_of_their_full_names(pfs, many, begin, tail, cut, more, at_once):
    common = many[0].partition(".")[0].rstrip("-")
    prefix = f"{common}{tail}"
    after = many[begin % len(many)][:cut] + more
    expected = [name for name in many if name.startswith(prefix) and name > after]
    assert listed(pfs, prefix, after, at_once) == expected
    assert listed(pfs, prefix + more, "", at_once) == [n for n in many if n.startswith(prefix + more)]


def test_what_lives_is_listed_once_though_others_come_and_go(pfs, branch):
    lasting = [Branch(branch.repo, f"{branch.repo}-{number}") for number in range(0, 10, 2)]
    passing = [Branch(branch.repo, f"{branch.repo}-{number}") for number in range(1, 10, 2)]
    for other in lasting + passing[2:]:
        pfs.create_branch(other)
    found = []
    for entry in pfs.list_branches(branch.repo, at_once=1):
        found.append(entry.branch)
        if entry.branch == lasting[2]:
            for other in passing[:2]:
                pfs.create_branch(other)
            for other in passing[2:]:
                pfs.delete_branch(other)
    assert [other for other in found if other in lasting] == lasting
    assert listed(pfs, branch.repo) == [other.full_name for other in sorted(lasting + passing[:2], key=str)]


def test_branches_of_a_repo_share_its_time_and_not_its_files(pfs, branch):
    other = Branch(branch.repo, "other")
    pfs.create_branch(other)
    assert created(pfs, other) == created(pfs, branch)
    Store(pfs, branch).put("a")
    assert Store(pfs, other).paths() == []


def test_to_create_a_branch_again_is_refused(pfs, branch):
    with pytest.raises(BranchExists):
        pfs.create_branch(branch)


def test_the_same_names_in_another_project_are_another_branch(pfs, branch):
    other = Branch(branch.repo, branch.name, ELSEWHERE)
    pfs.create_branch(other)
    Store(pfs, other).put("a")
    assert Store(pfs, branch).paths() == []
    pfs.delete_branch(other, with_files=True)
    assert pfs.inspect_branch(branch)


@pytest.mark.parametrize("missing", [Branch("nowhere", "master"), Branch("nowhere", "master", "no-project")])
def test_a_missing_branch_is_not_found_by_any_verb(pfs, missing):
    for verb in (
        lambda: pfs.inspect_branch(missing),
        lambda: pfs.delete_branch(missing),
        lambda: pfs.snapshot(missing).inspect_file("a"),
        lambda: pfs.snapshot(missing).inspect_file("//"),
        lambda: pfs.snapshot(missing).list_files(),
        lambda: pfs.stage(missing, "a"),
        lambda: pfs.change(missing, [Delete("a")]),
        lambda: pfs.create_branch(MADE, [missing]),
    ):
        with pytest.raises(BranchNotFound):
            verb()
    assert MADE not in [info.branch for info in pfs.list_branches()]


def test_the_repo_goes_with_its_last_branch(pfs, branch):
    before = created(pfs, branch)
    other = Branch(branch.repo, "other")
    pfs.create_branch(other)
    pfs.delete_branch(other)
    pfs.create_branch(other)
    assert created(pfs, other) == before
    pfs.delete_branch(other)
    pfs.delete_branch(branch)
    pfs.create_branch(branch)
    assert created(pfs, branch) > before


def test_a_branch_that_holds_files_is_deleted_only_when_asked_for(store):
    store.put("a")
    with pytest.raises(BranchNotEmpty):
        store.pfs.delete_branch(store.branch)
    assert store.paths() == ["a"]
    store.pfs.delete_branch(store.branch, with_files=True)
    with pytest.raises(BranchNotFound):
        store.paths()


def test_a_branch_whose_files_were_deleted_is_empty(store):
    store.put("a")
    store.delete("a")
    store.pfs.delete_branch(store.branch)


def test_a_branch_that_is_created_anew_begins_anew(store):
    commit = store.put("a").commit
    store.pfs.delete_branch(store.branch, with_files=True)
    store.pfs.create_branch(store.branch)
    assert store.paths() == []
    with pytest.raises(CommitNotFound):
        store.snapshot(commit)


def test_an_output_branch_is_not_written_to(pfs, branch):
    output = new_branch("output")
    assert pfs.create_branch(output, [branch]).provenance == (branch,)
    assert pfs.inspect_branch(output).provenance == (branch,)
    with pytest.raises(OutputBranch):
        pfs.stage(output, "a")
    with pytest.raises(OutputBranch):
        pfs.change(output, [Delete("a")])
    assert Store(pfs, output).paths() == []


def test_a_branch_in_use_is_not_deleted(pfs, branch):
    output = new_branch("output")
    pfs.create_branch(output, [branch, branch])
    with pytest.raises(BranchInUse):
        pfs.delete_branch(branch, with_files=True)
    if isinstance(pfs, TidyPachd):
        with pytest.raises(BranchInUse):  # by a job
            pfs.delete_branch(output)
        pfs.end_job(output)
    pfs.delete_branch(output)
    pfs.delete_branch(branch)
