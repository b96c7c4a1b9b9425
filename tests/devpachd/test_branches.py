"""Projects, repos, branches, and branches that are computed from others."""

from __future__ import annotations

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from tests.devpachd.conftest import add, at, branch_of, delete, new_name, refused, repo_named


@pytest.fixture
def project(pachd):
    name = new_name()
    pachd.api.CreateProject(pb.CreateProjectRequest(project=pb.Project(name=name), description="first"))
    yield name
    for info in list(pachd.api.ListRepo(pb.ListRepoRequest(projects=[pb.Project(name=name)]))):
        pachd.api.DeleteRepo(pb.DeleteRepoRequest(repo=info.repo, force=True))
    pachd.api.DeleteProject(pb.DeleteProjectRequest(project=pb.Project(name=name)))


def test_a_project_tells_of_itself(pachd, project):
    message = pb.Project(name=project)
    info = pachd.api.InspectProject(pb.InspectProjectRequest(project=message))
    assert (info.project, info.description) == (message, "first")
    assert info.HasField("created_at")
    pachd.api.CreateProject(pb.CreateProjectRequest(project=message, description="second", update=True))
    infos = list(pachd.api.ListProject(pb.ListProjectRequest()))
    assert [info.description for info in infos if info.project == message] == ["second"]
    assert infos[0].project.name == "default"


def test_a_project_with_repos_is_not_deleted(pachd, project):
    pachd.api.CreateRepo(pb.CreateRepoRequest(repo=repo_named("x", project)))
    with refused("FAILED_PRECONDITION", f"cannot delete project {project}: repo {project}/x still exists"):
        pachd.api.DeleteProject(pb.DeleteProjectRequest(project=pb.Project(name=project)))


def test_repos_of_a_project(pachd, project):
    for name in ("x", "y"):
        pachd.api.CreateRepo(pb.CreateRepoRequest(repo=repo_named(name, project)))
    request = pb.ListRepoRequest(type="user", projects=[pb.Project(name=project)])
    assert [info.repo.name for info in pachd.api.ListRepo(request)] == ["y", "x"]
    pachd.modify(at(repo_named("x", project)), add("a", b"1"))
    assert pachd.files(at(repo_named("x", project))) == {"/a": b"1"}
    with refused("NOT_FOUND", f'branch "b" not found in repo {project}/x'):
        pachd.branch(repo_named("x", project), "b")


def test_a_repo_tells_of_itself(pachd):
    repo = repo_named(new_name())
    pachd.api.CreateRepo(pb.CreateRepoRequest(repo=pb.Repo(name=repo.name), description="first"))
    inspect = pb.InspectRepoRequest(repo=repo)
    info = pachd.api.InspectRepo(inspect)
    assert (info.repo, info.description, list(info.branches)) == (repo, "first", [])
    assert info.HasField("created")
    assert info.HasField("details")
    assert not info.HasField("auth_info")
    pachd.api.CreateRepo(pb.CreateRepoRequest(repo=repo, description="second", update=True))
    pachd.create_branch(repo, "z")
    pachd.put(at(repo), {"/a": b"123"})
    pachd.finished(at(repo))
    info = pachd.api.InspectRepo(inspect)
    assert info.description == "second"
    assert [branch.name for branch in info.branches] == ["master", "z"]
    assert (info.details.size_bytes, info.size_bytes_upper_bound) == (3, 0)
    infos = [info for info in pachd.api.ListRepo(pb.ListRepoRequest(type="user")) if info.repo == repo]
    assert [info.size_bytes_upper_bound for info in infos] == [3]
    assert not infos[0].HasField("details")
    pachd.start(repo)
    assert pachd.api.InspectRepo(inspect).details.size_bytes == 0


def test_repos_and_branches_are_listed_newest_first(pachd):
    repos = [pachd.new_repo() for _ in range(3)]
    names = [repo.name for repo in repos]
    found = [info.repo.name for info in pachd.api.ListRepo(pb.ListRepoRequest(type="user"))]
    assert [name for name in found if name in names] == names[::-1]
    for name in ("b", "c", "a"):
        pachd.create_branch(repos[0], name)
    for reverse in (False, True):
        request = pb.ListBranchRequest(repo=repos[0], reverse=reverse)
        found = [info.branch.name for info in pachd.api.ListBranch(request)]
        assert found == (["b", "c", "a"] if reverse else ["a", "c", "b"])


def test_a_repo_that_is_deleted_is_gone_with_all_that_is_in_it(pachd, repo):
    pachd.put(at(repo), {"/a": b"1"})
    commit = pachd.finished(at(repo)).commit
    pachd.api.DeleteRepo(pb.DeleteRepoRequest(repo=repo))
    pachd.api.CreateRepo(pb.CreateRepoRequest(repo=repo))
    assert list(pachd.api.ListBranch(pb.ListBranchRequest(repo=repo))) == []
    with refused("NOT_FOUND", f"commit default/{repo.name}@{commit.id} not found"):
        pachd.inspect(commit)
    pachd.create_branch(repo)
    assert pachd.files(at(repo)) == {}


def test_a_branch_that_is_deleted_leaves_its_commits(pachd, repo):
    pachd.put(at(repo), {"/a": b"1"})
    commit = pachd.finished(at(repo)).commit
    pachd.create_branch(repo, "other", head=at(repo))
    pachd.api.DeleteBranch(pb.DeleteBranchRequest(branch=branch_of(repo)))
    with refused("NOT_FOUND", f'branch "master" not found in repo default/{repo.name}'):
        pachd.branch(repo)
    assert pachd.files(commit) == {"/a": b"1"}
    assert pachd.files(at(repo, branch="other")) == {"/a": b"1"}
    pachd.put(at(repo), {"/b": b"2"})
    assert pachd.files(at(repo)) == {"/b": b"2"}
    assert not pachd.inspect(at(repo)).HasField("parent_commit")
    assert pachd.files(commit) == {"/a": b"1"}


def test_the_head_of_a_branch_is_moved(pachd, repo):
    for number in range(3):
        pachd.put(at(repo), {f"/{number}": b"x"})
    old = pachd.finished(at(repo, "master^")).commit
    pachd.create_branch(repo, head=at(repo, "master^"))
    assert pachd.branch(repo).head == old
    assert pachd.files(at(repo)) == {"/0": b"x", "/1": b"x"}
    pachd.modify(at(repo), delete("0"))
    assert pachd.files(at(repo)) == {"/1": b"x"}
    assert pachd.inspect(at(repo)).parent_commit == old


# --- provenance -------------------------------------------------------------------------------


@pytest.fixture
def output(pachd, repo):
    """A repo whose branch `master` is computed from that of `repo`."""
    pachd.create_branch(repo)
    output = pachd.new_repo()
    pachd.create_branch(output, provenance=[branch_of(repo)])
    return output


def test_an_output_branch_tells_of_itself(pachd, repo, output):
    info = pachd.branch(output)
    assert list(info.provenance) == list(info.direct_provenance) == [branch_of(repo)]
    assert list(pachd.branch(repo).subvenance) == [branch_of(output)]
    head = pachd.inspect(at(output))
    assert head.origin.kind == pb.AUTO
    assert not head.HasField("finishing")
    assert not head.HasField("details")
    assert list(head.direct_provenance) == [pachd.branch(repo).head]
    third = pachd.new_repo()
    pachd.create_branch(third, provenance=[branch_of(output)])
    expected = sorted([branch_of(repo), branch_of(output)], key=lambda branch: branch.repo.name)
    assert list(pachd.branch(third).provenance) == expected
    assert list(pachd.branch(third).direct_provenance) == [branch_of(output)]


def test_nobody_starts_a_commit_on_an_output_branch_but_an_open_head_is_joined(pachd, repo, output):
    """M4."""
    with refused("UNKNOWN", f"cannot start a commit on an output branch: default/{output.name}@master"):
        pachd.start(output)
    pachd.modify(at(output), add("a", b"1"))
    assert pachd.files(at(output)) == {"/a": b"1"}
    pachd.finish(at(output))
    assert pachd.files(at(output)) == {"/a": b"1"}
    with refused("UNKNOWN", f"cannot start a commit on an output branch: default/{output.name}@master"):
        pachd.modify(at(output), add("b", b"1"))
    pachd.modify(at(output, branch="other"), add("c", b"1"))


def test_a_commit_opens_one_downstream_of_the_same_id(pachd, repo, output):
    first = pachd.branch(output).head
    pachd.put(at(repo), {"/a": b"1"})
    commit = pachd.branch(repo).head
    head = pachd.inspect(at(output))
    assert head.commit.id == commit.id
    assert head.parent_commit == first
    assert list(head.direct_provenance) == [commit]
    assert pachd.inspect(at(repo, head.commit.id)).commit == commit
    request = pb.InspectCommitSetRequest(commit_set=pb.CommitSet(id=commit.id))
    assert [info.commit for info in pachd.api.InspectCommitSet(request)] == [commit, head.commit]
    with refused("UNKNOWN", f"base commit {text(first)} for commit {text(head.commit)} unfinished"):
        pachd.listed("ListFile", at(output), "/")
    pachd.finish(first)
    pachd.finished(first)
    assert pachd.listed("ListFile", at(output), "/") == []


def text(commit: pb.Commit) -> str:
    return f"default/{commit.repo.name}@{commit.id}"


def test_a_commit_set_stands_for_the_commit_that_it_is_computed_from(pachd, repo, output):
    upstream = pachd.branch(repo).head
    head = pachd.branch(output).head
    assert head.id != upstream.id
    assert pachd.inspect(at(repo, head.id)).commit == upstream


def test_what_others_are_computed_from_is_deleted_with_force_alone(pachd, repo, output):
    users = f"branch master has [default/{output.name}@master] as subvenance, deleting it would break those branches"
    with refused("UNKNOWN", users):
        pachd.api.DeleteBranch(pb.DeleteBranchRequest(branch=branch_of(repo)))
    with refused("UNKNOWN", f"delete branch default/{repo.name}@master: {users}"):
        pachd.api.DeleteRepo(pb.DeleteRepoRequest(repo=repo))
    pachd.api.DeleteBranch(pb.DeleteBranchRequest(branch=branch_of(repo), force=True))
    assert list(pachd.branch(output).provenance) == []
    pachd.finish(at(output))
    pachd.modify(at(output), add("a"))


def test_a_repo_that_others_are_computed_from_is_deleted_with_force(pachd, repo, output):
    pachd.api.DeleteRepo(pb.DeleteRepoRequest(repo=repo, force=True))
    assert list(pachd.branch(output).provenance) == []


def test_create_branch_on_an_existing_one_clears_its_provenance(pachd, repo, output):
    head = pachd.branch(output).head
    pachd.create_branch(output)
    info = pachd.branch(output)
    assert info.head == head
    assert list(info.provenance) == list(info.direct_provenance) == []
    assert list(pachd.branch(repo).subvenance) == []
    pachd.create_branch(output, provenance=[branch_of(repo)])
    assert pachd.branch(output).head != head
    assert pachd.inspect(at(output)).parent_commit == head


def test_a_head_that_is_moved_opens_a_commit_downstream_and_nothing_else_does(pachd, repo, output):
    pachd.put(at(repo), {"/a": b"1"})
    head = pachd.branch(output).head
    pachd.create_branch(repo)
    assert pachd.branch(output).head == head
    pachd.create_branch(repo, head=at(repo, "master^"))
    moved = pachd.inspect(at(output))
    assert moved.parent_commit == head
    assert moved.commit.id != pachd.branch(repo).head.id
    assert list(moved.direct_provenance) == [pachd.branch(repo).head]
    pachd.create_branch(output, provenance=[branch_of(repo)])
    assert pachd.branch(output).head == moved.commit


def test_missing_branches_in_the_provenance_are_made(pachd, repo):
    output = pachd.new_repo()
    pachd.create_branch(output, provenance=[branch_of(repo, "new")])
    assert pachd.inspect(at(repo, branch="new")).HasField("finished")
    assert pachd.inspect(at(repo, branch="new")).origin.kind == pb.AUTO


def test_circles_and_two_branches_of_a_repo_are_refused(pachd, repo, output):
    circle = (
        f'branch "default/{output.name}@master" cannot be both in '
        f'"default/{repo.name}@master"\'s provenance and subvenance'
    )
    with refused("UNKNOWN", circle):
        pachd.create_branch(repo, provenance=[branch_of(output)])
    pachd.create_branch(repo, "other")
    third = pachd.new_repo()
    structure = f'multiple branches from the same repo, "default/{repo.name}", cannot participate in a DAG'
    with refused("UNKNOWN", f"validate DAG at end of transaction: {structure}"):
        pachd.create_branch(third, provenance=[branch_of(output), branch_of(repo, "other")])
    with refused("NOT_FOUND", f'branch "master" not found in repo default/{third.name}'):
        pachd.branch(third)
