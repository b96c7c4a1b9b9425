"""Branches and repos."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

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
