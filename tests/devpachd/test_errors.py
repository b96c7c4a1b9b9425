"""Every refusal that does not need much: the code and the text, as data."""

from __future__ import annotations

import uuid

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from tests.devpachd.conftest import at, branch_of, devpachd_only, refused, repo_named, set_commit

ID = f"{uuid.UUID(int=1, version=4).hex}"
NIL = pb.Commit()
ONLY_BRANCH = pb.Commit(branch=pb.Branch(name="master"))


@pytest.fixture(scope="module")
def r(pachd):
    """A repo with a finished commit on `master`."""
    repo = pachd.new_repo()
    pachd.put(at(repo), {"/a": b"a"})
    pachd.finished(at(repo))
    return repo


def nope(_):
    return repo_named("devpachd-nope")


NIL_ARGUMENTS = [
    ("CreateRepo", pb.CreateRepoRequest(), "repo cannot be nil"),
    ("InspectRepo", pb.InspectRepoRequest(), "repo cannot be nil"),
    ("CreateBranch", pb.CreateBranchRequest(), "branch cannot be nil"),
    ("CreateBranch", pb.CreateBranchRequest(branch={"name": "b"}), "branch repo cannot be nil"),
    ("InspectBranch", pb.InspectBranchRequest(), "branch cannot be nil"),
    ("InspectBranch", pb.InspectBranchRequest(branch={"name": "b"}), "branch repo cannot be nil"),
    ("DeleteBranch", pb.DeleteBranchRequest(), "branch cannot be nil"),
    ("DeleteBranch", pb.DeleteBranchRequest(branch={"name": "b"}), "branch repo cannot be nil"),
    ("StartCommit", pb.StartCommitRequest(), "branch must be specified"),
    ("StartCommit", pb.StartCommitRequest(parent=NIL), "commit must have a repo"),
    ("FinishCommit", pb.FinishCommitRequest(), "check new file commit: commit cannot be nil"),
    ("FinishCommit", pb.FinishCommitRequest(commit=NIL), "check new file commit: commit must have a repo"),
    ("ClearCommit", pb.ClearCommitRequest(), "commit cannot be nil"),
    ("InspectCommit", pb.InspectCommitRequest(), "commit cannot be nil"),
    ("InspectCommit", pb.InspectCommitRequest(commit=ONLY_BRANCH), "commit must have a repo"),
    ("InspectCommitSet", pb.InspectCommitSetRequest(), "commitset cannot be nil"),
    ("SquashCommitSet", pb.SquashCommitSetRequest(), "commitset cannot be nil"),
    ("ListCommit", pb.ListCommitRequest(), "repo cannot be nil"),
    ("ListCommit", pb.ListCommitRequest(to=NIL), "commit must have a repo"),
    ("SubscribeCommit", pb.SubscribeCommitRequest(), "repo cannot be nil"),
    ("InspectFile", pb.InspectFileRequest(), "file cannot be nil"),
    ("InspectFile", pb.InspectFileRequest(file={}), "commit cannot be nil"),
    ("InspectFile", pb.InspectFileRequest(file={"commit": NIL}), "commit must have a repo"),
    ("ListFile", pb.ListFileRequest(), "file cannot be nil"),
    ("WalkFile", pb.WalkFileRequest(), "file cannot be nil"),
    ("WalkFile", pb.WalkFileRequest(file={}), "commit cannot be nil"),
    ("GetFile", pb.GetFileRequest(), "file cannot be nil"),
    ("GetFileTAR", pb.GetFileRequest(), "file cannot be nil"),
    ("GlobFile", pb.GlobFileRequest(), "commit cannot be nil"),
    ("GlobFile", pb.GlobFileRequest(commit=ONLY_BRANCH), "commit must have a repo"),
    ("DiffFile", pb.DiffFileRequest(), "file cannot be nil"),
    ("DiffFile", pb.DiffFileRequest(new_file={}), "check new file commit: commit cannot be nil"),
    ("GetFileSet", pb.GetFileSetRequest(), "commit cannot be nil"),
    ("AddFileSet", pb.AddFileSetRequest(), "commit cannot be nil"),
    ("CreateProject", pb.CreateProjectRequest(), "invalid project name: nil project"),
    ("DeleteProject", pb.DeleteProjectRequest(), "invalid project name: nil project"),
]


@pytest.mark.parametrize(("method", "request_", "text"), NIL_ARGUMENTS, ids=lambda value: str(value)[:30])
def test_a_nil_argument_is_refused(pachd, method, request_, text):
    with refused("UNKNOWN", text):
        pachd.call(method, request_)


def test_a_nil_repo_of_delete_repo_has_a_code(pachd):
    with refused("INVALID_ARGUMENT", "no repo specified"):
        pachd.api.DeleteRepo(pb.DeleteRepoRequest())


BAD_NAME = "only alphanumeric characters, underscores, and dashes are allowed"
NAMES = [
    ("CreateRepo", lambda r, name: pb.CreateRepoRequest(repo=repo_named(name))),
    ("CreateBranch", lambda r, name: pb.CreateBranchRequest(branch=branch_of(r, name))),
    ("StartCommit", lambda r, name: pb.StartCommitRequest(branch=branch_of(r, name))),
]


@pytest.mark.parametrize("name", ["a.b", "a b", "é", "a/b", "a^"])
@pytest.mark.parametrize(("method", "make"), NAMES)
def test_a_name_is_refused(pachd, r, method, make, name):
    with refused("UNKNOWN", f"name ({name}) invalid: {BAD_NAME}"):
        pachd.call(method, make(r, name))


REFUSALS = [
    # what, method, request, code, text
    (
        "an empty name of a repo",
        "CreateRepo",
        lambda r: pb.CreateRepoRequest(repo=repo_named("")),
        "UNKNOWN",
        f"name () invalid: {BAD_NAME}",
    ),
    (
        "the reserved name of a repo",
        "CreateRepo",
        lambda r: pb.CreateRepoRequest(repo=repo_named("__filesets__")),
        "UNKNOWN",
        "__filesets__ is a reserved name",
    ),
    (
        "a repo in a missing project",
        "CreateRepo",
        lambda r: pb.CreateRepoRequest(repo=repo_named("x", "nope")),
        "NOT_FOUND",
        'cannot find project "nope": project "nope" not found',
    ),
    (
        "a repo that is there",
        "CreateRepo",
        lambda r: pb.CreateRepoRequest(repo=r),
        "ALREADY_EXISTS",
        "repo default/{r} already exists",
    ),
    (
        "a repo that is missing",
        "InspectRepo",
        lambda r: pb.InspectRepoRequest(repo=nope(r)),
        "NOT_FOUND",
        "repo default/devpachd-nope not found",
    ),
    (
        "a repo in a missing project, inspected",
        "InspectRepo",
        lambda r: pb.InspectRepoRequest(repo=repo_named("x", "nope")),
        "NOT_FOUND",
        "repo nope/x not found",
    ),
    (
        "a repo without a type",
        "InspectRepo",
        lambda r: pb.InspectRepoRequest(repo=pb.Repo(name=r.name)),
        "NOT_FOUND",
        "repo default/{r}. not found",
    ),
    (
        "the branches of a missing repo",
        "ListBranch",
        lambda r: pb.ListBranchRequest(repo=nope(r)),
        "NOT_FOUND",
        "repo default/devpachd-nope not found",
    ),
    (
        "the commits of a missing repo",
        "ListCommit",
        lambda r: pb.ListCommitRequest(repo=nope(r)),
        "NOT_FOUND",
        "repo default/devpachd-nope not found",
    ),
    (
        "a commit in a missing repo",
        "StartCommit",
        lambda r: pb.StartCommitRequest(branch=branch_of(nope(r))),
        "NOT_FOUND",
        "repo default/devpachd-nope not found",
    ),
    (
        "a branch in a missing repo, created",
        "CreateBranch",
        lambda r: pb.CreateBranchRequest(branch=branch_of(nope(r))),
        "NOT_FOUND",
        "repo default/devpachd-nope not found",
    ),
    (
        "a branch in a missing repo",
        "InspectBranch",
        lambda r: pb.InspectBranchRequest(branch=branch_of(nope(r))),
        "NOT_FOUND",
        'branch "master" not found in repo default/devpachd-nope',
    ),
    (
        "a branch that is missing",
        "InspectBranch",
        lambda r: pb.InspectBranchRequest(branch=branch_of(r, "b")),
        "NOT_FOUND",
        'branch "b" not found in repo default/{r}',
    ),
    (
        "a branch of a missing repo, deleted",
        "DeleteBranch",
        lambda r: pb.DeleteBranchRequest(branch=branch_of(nope(r))),
        "NOT_FOUND",
        "repo default/devpachd-nope not found",
    ),
    (
        "a branch named like a commit, created",
        "CreateBranch",
        lambda r: pb.CreateBranchRequest(branch=branch_of(r, ID)),
        "UNKNOWN",
        "bad key: branch name cannot be a UUID V4",
    ),
    (
        "a branch named like a commit, started",
        "StartCommit",
        lambda r: pb.StartCommitRequest(branch=branch_of(r, ID)),
        "UNKNOWN",
        "bad key: branch name cannot be a UUID V4",
    ),
    (
        "a head of another repo",
        "CreateBranch",
        lambda r: pb.CreateBranchRequest(branch=branch_of(r, "b"), head=at(nope(r), ID)),
        "UNKNOWN",
        "branch and head commit must belong to the same repo",
    ),
    (
        "a head that is missing",
        "CreateBranch",
        lambda r: pb.CreateBranchRequest(branch=branch_of(r, "b"), head=at(r, ID)),
        "NOT_FOUND",
        "unable to inspect default/{r}@{ID}: commit default/{r}@{ID} not found",
    ),
    (
        "provenance in the own repo",
        "CreateBranch",
        lambda r: pb.CreateBranchRequest(branch=branch_of(r, "b"), provenance=[branch_of(r)]),
        "UNKNOWN",
        "repo default/{r} cannot be in the provenance of its own branch",
    ),
    (
        "a parent that is missing",
        "StartCommit",
        lambda r: pb.StartCommitRequest(branch=branch_of(r), parent=at(r, ID)),
        "NOT_FOUND",
        "parent commit not found: commit default/{r}@{ID} not found",
    ),
    (
        "an end of a commit that is finished",
        "FinishCommit",
        lambda r: pb.FinishCommitRequest(commit=at(r)),
        "UNKNOWN",
        "commit default/{r}@{head} has already finished",
    ),
    (
        "to clear a commit that is finished",
        "ClearCommit",
        lambda r: pb.ClearCommitRequest(commit=at(r)),
        "UNKNOWN",
        "cannot clear finished commit",
    ),
    (
        "a commit without id or branch",
        "InspectCommit",
        lambda r: pb.InspectCommitRequest(commit=pb.Commit(repo=r)),
        "UNKNOWN",
        "cannot resolve commit with no ID or branch",
    ),
    (
        "a branch by a commit in a missing repo",
        "InspectCommit",
        lambda r: pb.InspectCommitRequest(commit=at(nope(r))),
        "NOT_FOUND",
        'branch "master" not found in repo default/devpachd-nope',
    ),
    (
        "a commit set that is missing",
        "InspectCommitSet",
        lambda r: pb.InspectCommitSetRequest(commit_set=pb.CommitSet(id=ID)),
        "NOT_FOUND",
        f"no commits found for commitset {ID}",
    ),
    (
        "commits from one on",
        "ListCommit",
        lambda r: pb.ListCommitRequest(repo=r, **{"from": at(r)}),
        "UNKNOWN",
        "cannot use `from` commit without `to` commit",
    ),
    (
        "commits up to one of another repo",
        "ListCommit",
        lambda r: pb.ListCommitRequest(repo=r, to=at(nope(r))),
        "UNKNOWN",
        "`from` and `to` commits need to be from repo default/{r}",
    ),
    (
        "commits up to one, reversed",
        "ListCommit",
        lambda r: pb.ListCommitRequest(repo=r, to=at(r), reverse=True),
        "UNKNOWN",
        "cannot use 'Reverse' while also using 'From' or 'To'",
    ),
    (
        "a subscription from a commit of another repo",
        "SubscribeCommit",
        lambda r: pb.SubscribeCommitRequest(repo=r, **{"from": at(nope(r), ID)}),
        "UNKNOWN",
        "the `from` commit needs to be from repo default/{r}",
    ),
    (
        "to squash a head",
        "SquashCommitSet",
        lambda r: pb.SquashCommitSetRequest(commit_set=pb.CommitSet(id="{head}")),
        "UNKNOWN",
        "cannot squash a commit that has no children as that would cause data loss, "
        "use the drop operation instead: default/{r}@{head}",
    ),
    (
        "a file that is missing",
        "InspectFile",
        lambda r: pb.InspectFileRequest(file=pb.File(commit=at(r), path="x//")),
        "NOT_FOUND",
        "file x// not found in repo default/{r} at commit ",
    ),
    (
        "a file that is missing in a commit",
        "InspectFile",
        lambda r: pb.InspectFileRequest(file=pb.File(commit=at(r, "master"), path="/x")),
        "NOT_FOUND",
        "file /x not found in repo default/{r} at commit master",
    ),
    (
        "a glob is no path",
        "InspectFile",
        lambda r: pb.InspectFileRequest(file=pb.File(commit=at(r), path="/*")),
        "NOT_FOUND",
        "file /* not found in repo default/{r} at commit ",
    ),
    (
        "a file on a missing branch",
        "ListFile",
        lambda r: pb.ListFileRequest(file=pb.File(commit=at(r, branch="b"), path="/x")),
        "NOT_FOUND",
        'branch "b" not found in repo default/{r}',
    ),
    (
        "the files of a missing commit",
        "GlobFile",
        lambda r: pb.GlobFileRequest(commit=at(r, ID), pattern="/"),
        "NOT_FOUND",
        "commit default/{r}@{ID} not found",
    ),
    (
        "a project that is missing",
        "InspectProject",
        lambda r: pb.InspectProjectRequest(project=pb.Project(name="nope")),
        "NOT_FOUND",
        'error getting project "nope": project "nope" not found',
    ),
    (
        "a missing project, deleted",
        "DeleteProject",
        lambda r: pb.DeleteProjectRequest(project=pb.Project(name="nope")),
        "NOT_FOUND",
        'delete project "nope": project "nope" not found',
    ),
    (
        "a project that is there",
        "CreateProject",
        lambda r: pb.CreateProjectRequest(project=pb.Project(name="default")),
        "ALREADY_EXISTS",
        'could not create project: project "default" already exists',
    ),
    (
        "a bad name of a project",
        "CreateProject",
        lambda r: pb.CreateProjectRequest(project=pb.Project(name="a.b")),
        "UNKNOWN",
        f"invalid project name: name (a.b) invalid: {BAD_NAME}",
    ),
    (
        "a name of a project that begins with a dash",
        "CreateProject",
        lambda r: pb.CreateProjectRequest(project=pb.Project(name="-a")),
        "UNKNOWN",
        "invalid project name: project names must start with an alphanumeric character",
    ),
    (
        "a long name of a project",
        "CreateProject",
        lambda r: pb.CreateProjectRequest(project=pb.Project(name="a" * 53)),
        "UNKNOWN",
        f'invalid project name: project name "{"a" * 53}" is 2 characters longer than the 51 max',
    ),
    (
        "a short id of a file set",
        "AddFileSet",
        lambda r: pb.AddFileSetRequest(commit=at(r), file_set_id="abc"),
        "UNKNOWN",
        "parsing fileset.ID: too short to be ID len=3",
    ),
    (
        "a long id of a file set",
        "RenewFileSet",
        lambda r: pb.RenewFileSetRequest(file_set_id="a" * 33),
        "UNKNOWN",
        "parsing fileset.ID: too long to be ID len=33",
    ),
    (
        "an id of a file set that is no number",
        "ComposeFileSet",
        lambda r: pb.ComposeFileSetRequest(file_set_ids=["z" * 32]),
        "UNKNOWN",
        "encoding/hex: invalid byte: U+007A 'z'",
    ),
    (
        "to keep a file set for no time",
        "RenewFileSet",
        lambda r: pb.RenewFileSetRequest(file_set_id="a" * 32),
        "UNKNOWN",
        "ttl (0) must be at least one second",
    ),
    (
        "to keep a file set for long",
        "RenewFileSet",
        lambda r: pb.RenewFileSetRequest(file_set_id="a" * 32, ttl_seconds=1801),
        "UNKNOWN",
        "ttl (1801000000000) exceeds max ttl (1800000000000)",
    ),
    (
        "a file set into a commit that is finished",
        "AddFileSet",
        lambda r: pb.AddFileSetRequest(commit=at(r), file_set_id="a" * 32),
        "UNKNOWN",
        "commit default/{r}@{head} has already finished",
    ),
]


@pytest.mark.parametrize(
    ("method", "make", "code", "text"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS]
)
def test_is_refused(pachd, r, method, make, code, text):
    head = pachd.inspect(at(r)).commit.id
    request = make(r)
    if method == "SquashCommitSet":
        request.commit_set.id = head
    with refused(code, text.format(r=r.name, ID=ID, head=head)):
        pachd.call(method, request)


def test_a_write_into_a_commit_that_is_finished_is_refused_before_it_is_read(pachd, r):
    head = pachd.inspect(at(r)).commit.id
    with refused("UNKNOWN", f"commit default/{r.name}@{head} has already finished"):
        pachd.api.ModifyFile(iter([set_commit(at(r, head, "master"))]))


SILENT = [
    ("DeleteRepo", lambda r: pb.DeleteRepoRequest(repo=nope(r))),
    ("DeleteRepo", lambda r: pb.DeleteRepoRequest(repo=repo_named("x", "nope"))),
    ("DeleteBranch", lambda r: pb.DeleteBranchRequest(branch=branch_of(r, "nope"))),
    ("DeleteBranch", lambda r: pb.DeleteBranchRequest(branch=branch_of(nope(r)), force=True)),
    ("CreateRepo", lambda r: pb.CreateRepoRequest(repo=r, update=True)),
    ("CreateBranch", lambda r: pb.CreateBranchRequest(branch=branch_of(r))),
]


@pytest.mark.parametrize(("method", "make"), SILENT)
def test_nothing_happens_and_nothing_is_said(pachd, r, method, make):
    before = pachd.branch(r)
    pachd.call(method, make(r))
    assert pachd.branch(r) == before


@devpachd_only
def test_what_devpachd_does_not_have_is_unimplemented(pachd):
    with refused("UNIMPLEMENTED", "method Fsck not implemented"):
        pachd.call("Fsck", pb.FsckRequest())
    with refused("UNIMPLEMENTED", "method PutCache not implemented"):
        pachd.call("PutCache", pb.PutCacheRequest())
