"""Who may do what, as pachd has it; on a real one with S3GW_TEST_PACHD and S3GW_TEST_PACHD_ROOT_TOKEN."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest
from python_pachyderm.proto.v2.auth import auth_pb2
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.devpachd._auth import Auth
from s3gw.devpachd._names import Repo
from tests.cluster import PREFIX, ROOT, Cluster, Metadata, guarded, place, signed
from tests.devpachd.conftest import add, at, branch_of, copy, refused, repo_named, set_commit
from tests.serving import eventually

REPO = repo_named(f"{PREFIX}-r")
MISSING = repo_named(f"{PREFIX}-missing")
HINT = "Run `pachctl auth roles-for-permission` to find roles that grant a given permission."


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Iterator[Cluster]:
    """A pachd with a repo; the roles that a user has on it are in their name."""
    with guarded(tmp_path_factory.mktemp("auth")) as own:
        own.api.CreateRepo(pb.CreateRepoRequest(repo=REPO), metadata=own.of("owner"))
        own.bind(place(REPO.name), "writer", "repoWriter")
        own.bind(place(REPO.name), "reader", "repoReader")
        modify(own, own.of("owner"), at(REPO), add("/a", b"1"))
        yield own


def modify(own: Cluster, token: Metadata, commit: pb.Commit, *operations: pb.ModifyFileRequest) -> None:
    own.api.ModifyFile(iter([set_commit(commit), *operations]), metadata=token)


def read(own: Cluster, token: Metadata, commit: pb.Commit, path: str) -> bytes:
    request = pb.GetFileRequest(file=pb.File(commit=commit, path=path))
    return b"".join(message.value for message in own.api.GetFile(request, metadata=token))


@contextmanager
def lacks(own: Cluster, robot: str, permission: str, where: str = f"REPO default/{REPO.name}"):
    """Expect the refusal of a user without a permission; what stands in front of it differs."""
    needs = f"needs permissions [{permission}] on {where}. {HINT}"
    with pytest.raises(grpc.RpcError) as raised:
        yield
    assert raised.value.code() is grpc.StatusCode.PERMISSION_DENIED
    text = f"{own.user(robot)} is not authorized to perform this operation - {needs}"
    assert raised.value.details().endswith(text)


def test_tokens_tell_who_asks(own):
    assert own.auth.WhoAmI(auth_pb2.WhoAmIRequest(), metadata=ROOT).username == "pach:root"
    who = own.auth.WhoAmI(auth_pb2.WhoAmIRequest(), metadata=own.of("reader"))
    assert who.username == own.user("reader")
    assert not who.HasField("expiration")


@pytest.mark.parametrize("method", ["WhoAmI", "InspectRepo"])
def test_without_a_token_that_it_knows_nothing_is_told(own, method):
    def ask(token: Metadata) -> object:
        if method == "WhoAmI":
            return own.auth.WhoAmI(auth_pb2.WhoAmIRequest(), metadata=token)
        return own.api.InspectRepo(pb.InspectRepoRequest(repo=REPO), metadata=token)

    with refused("UNAUTHENTICATED", "no authentication token (try logging in)"):
        ask([])
    bad = "provided auth token is corrupted or has expired (try logging in again)"
    with refused("UNAUTHENTICATED", bad):
        ask(signed("bad"))
    with refused("UNAUTHENTICATED", bad):
        ask(signed(""))
    with refused("UNKNOWN", "multiple authentication token keys found in context"):
        ask([*own.of("reader"), *own.of("writer")])
    ask(own.of("nobody"))


def test_a_token_ends(own):
    token = signed(own.token("short", ttl_s=1))
    who = own.auth.WhoAmI(auth_pb2.WhoAmIRequest(), metadata=token)
    assert 0 < who.expiration.seconds < time.time() + 10

    def has_ended() -> bool:
        try:
            own.auth.WhoAmI(auth_pb2.WhoAmIRequest(), metadata=token)
        except grpc.RpcError as error:
            return (error.code().name, error.details()) == ("INTERNAL", "token expiration is in the past")
        return False

    eventually(has_ended)


NEEDS = [
    ("StartCommit", pb.StartCommitRequest(branch=branch_of(REPO)), "reader", "REPO_WRITE"),
    ("FinishCommit", pb.FinishCommitRequest(commit=at(REPO)), "reader", "REPO_WRITE"),
    ("ClearCommit", pb.ClearCommitRequest(commit=at(REPO)), "reader", "REPO_WRITE"),
    ("CreateBranch", pb.CreateBranchRequest(branch=branch_of(REPO)), "reader", "REPO_CREATE_BRANCH"),
    ("DeleteBranch", pb.DeleteBranchRequest(branch=branch_of(REPO)), "reader", "REPO_DELETE_BRANCH"),
    ("InspectCommit", pb.InspectCommitRequest(commit=at(REPO)), "nobody", "REPO_INSPECT_COMMIT"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "request_", "robot", "permission"), NEEDS)
def test_roles_decide(own, method, request_, robot, permission):
    with lacks(own, robot, permission):
        getattr(own.api, method)(request_, metadata=own.of(robot))


def test_readers_read_and_writers_write(own):
    assert read(own, own.of("reader"), at(REPO), "/a") == b"1"
    for token in (own.of("writer"), own.of("owner")):
        modify(own, token, at(REPO), add("/b", b"2"))
    messages = [set_commit(at(REPO)), add("/c")]
    with lacks(own, "reader", "REPO_WRITE"):
        own.api.ModifyFile(iter(messages), metadata=own.of("reader"))
    with pytest.raises(grpc.RpcError) as raised:
        read(own, own.of("nobody"), at(REPO), "/a")
    assert raised.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_a_commit_that_is_open_takes_what_anybody_writes(own):
    commit = own.api.StartCommit(
        pb.StartCommitRequest(branch=branch_of(REPO, "open")), metadata=own.of("owner")
    )
    modify(own, own.of("nobody"), at(REPO, branch="open"), add("/by-nobody", b"3"))
    own.api.FinishCommit(pb.FinishCommitRequest(commit=commit), metadata=own.of("owner"))
    assert read(own, own.of("reader"), at(REPO, branch="open"), "/by-nobody") == b"3"


def test_whether_a_branch_is_there_is_told_to_everybody(own):
    own.api.InspectBranch(pb.InspectBranchRequest(branch=branch_of(REPO)), metadata=own.of("nobody"))
    with pytest.raises(grpc.RpcError) as raised:
        own.api.InspectBranch(
            pb.InspectBranchRequest(branch=branch_of(REPO, "no")), metadata=own.of("nobody")
        )
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


def test_nobody_but_admins_is_told_that_a_repo_is_not_there(own):
    request = pb.InspectCommitRequest(commit=at(MISSING))
    with refused("UNKNOWN", f"no role binding exists for REPO default/{MISSING.name}"):
        own.api.InspectCommit(request, metadata=own.of("nobody"))
    with pytest.raises(grpc.RpcError) as raised:
        own.api.InspectCommit(request, metadata=ROOT)
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_repo_stays_without_a_word_where_it_may_not_be_deleted(own):
    own.api.DeleteRepo(pb.DeleteRepoRequest(repo=REPO), metadata=own.of("writer"))
    own.api.InspectRepo(pb.InspectRepoRequest(repo=REPO), metadata=own.of("writer"))


def test_a_list_shows_all_repos_of_a_project_and_what_each_may_be_used_for(own):
    for token, roles in (
        (own.of("nobody"), []),
        (own.of("reader"), ["repoReader"]),
        (own.of("owner"), ["repoOwner"]),
    ):
        listed = own.api.ListRepo(pb.ListRepoRequest(type="user"), metadata=token)
        (info,) = [info for info in listed if info.repo.name == REPO.name]
        assert (auth_pb2.REPO_READ in info.auth_info.permissions) == bool(roles)
        assert list(info.auth_info.roles) == roles


def authorize(own: Cluster, token: Metadata, name: str, *permissions: int) -> auth_pb2.AuthorizeResponse:
    request = auth_pb2.AuthorizeRequest(resource=place(name), permissions=permissions)
    return own.auth.Authorize(request, metadata=token)


def test_authorize_tells_what_is_missing(own):
    asked = (auth_pb2.REPO_READ, auth_pb2.REPO_WRITE)
    answer = authorize(own, own.of("reader"), REPO.name, *asked)
    assert (answer.authorized, list(answer.missing), answer.principal) == (
        False,
        [auth_pb2.REPO_WRITE],
        own.user("reader"),
    )
    assert authorize(own, own.of("writer"), REPO.name, *asked).authorized
    assert authorize(own, ROOT, MISSING.name, *asked).authorized
    with refused("UNKNOWN", f"no role binding exists for REPO default/{MISSING.name}"):
        authorize(own, own.of("reader"), MISSING.name, *asked)


def test_file_sets_are_read_by_whoever_knows_them_and_looked_at_by_admins(own):
    request = pb.GetFileSetRequest(commit=at(REPO))
    known = own.api.GetFileSet(request, metadata=own.of("nobody")).file_set_id  # sic: of any repo
    repo = repo_named("__filesets__")
    file_set = pb.Commit(repo=repo, branch=pb.Branch(repo=repo), id=known)
    assert read(own, own.of("nobody"), file_set, "/a") == b"1"
    look = pb.InspectFileRequest(file=pb.File(commit=file_set, path="/a"))
    with refused("UNKNOWN", "no role binding exists for REPO default/__filesets__"):
        own.api.InspectFile(look, metadata=own.of("owner"))
    assert own.api.InspectFile(look, metadata=ROOT).size_bytes == 1


def test_a_copy_needs_its_source(own):
    other = repo_named(f"{PREFIX}-nobodys")
    own.api.CreateRepo(pb.CreateRepoRequest(repo=other), metadata=own.of("nobody"))
    with lacks(own, "nobody", "REPO_READ"):
        modify(own, own.of("nobody"), at(other), copy(at(REPO), "/a", "/stolen"))


def test_admins_alone_squash_and_make_tokens(own):
    commit = own.api.InspectCommit(pb.InspectCommitRequest(commit=at(REPO)), metadata=own.of("owner")).commit
    with lacks(own, "owner", "REPO_DELETE_COMMIT", "CLUSTER "):
        own.api.SquashCommitSet(
            pb.SquashCommitSetRequest(commit_set=pb.CommitSet(id=commit.id)), metadata=own.of("owner")
        )
    with lacks(own, "owner", "CLUSTER_AUTH_GET_ROBOT_TOKEN", "CLUSTER "):
        own.auth.GetRobotToken(auth_pb2.GetRobotTokenRequest(robot="x"), metadata=own.of("owner"))


def test_owners_bind_roles(own):
    request = auth_pb2.ModifyRoleBindingRequest(
        resource=place(REPO.name), principal=own.user("guest"), roles=["repoReader"]
    )
    with lacks(own, "writer", "REPO_MODIFY_BINDINGS"):
        own.auth.ModifyRoleBinding(request, metadata=own.of("writer"))
    own.auth.ModifyRoleBinding(request, metadata=own.of("owner"))
    guest = signed(own.token("guest"))
    assert read(own, guest, at(REPO), "/a") == b"1"
    own.bind(place(REPO.name), "guest")
    with pytest.raises(grpc.RpcError):
        read(own, guest, at(REPO), "/a")
    request.roles[:] = ["zoo"]
    with refused("UNKNOWN", 'unknown role "zoo"'):
        own.auth.ModifyRoleBinding(request, metadata=own.of("owner"))
    request.resource.name = f"default/{MISSING.name}"
    with refused("UNKNOWN", f"no role binding exists for REPO default/{MISSING.name}"):
        own.auth.ModifyRoleBinding(request, metadata=own.of("owner"))


def test_a_repo_is_made_where_the_project_allows_it(own):
    project = pb.Project(name=f"p{PREFIX}")
    own.api.CreateProject(pb.CreateProjectRequest(project=project), metadata=own.of("owner"))
    repo = repo_named("r", project.name)
    with lacks(own, "reader", "PROJECT_CREATE_REPO", f"PROJECT {project.name}"):
        own.api.CreateRepo(pb.CreateRepoRequest(repo=repo), metadata=own.of("reader"))
    own.api.CreateRepo(pb.CreateRepoRequest(repo=repo), metadata=own.of("owner"))
    listed = own.api.ListRepo(pb.ListRepoRequest(type="user"), metadata=own.of("reader"))
    assert project.name not in [info.repo.project.name for info in listed]
    own.api.DeleteRepo(pb.DeleteRepoRequest(repo=repo), metadata=own.of("owner"))
    own.api.DeleteProject(pb.DeleteProjectRequest(project=project), metadata=own.of("owner"))


def test_tokens_and_roles_outlive_a_restart(tmp_path):
    """Those of devpachd, which has no other thread that might write them."""
    first = Auth(tmp_path)
    first.activate("root", ["default"], [Repo("default", "r")])
    token = first.robot_token("somebody", 0)
    first.bind("REPO default/r", "robot:somebody", ["repoReader"])
    again = Auth(tmp_path)
    assert again.is_active
    assert token not in (tmp_path / "auth.json").read_text()
    assert again.bindings("REPO default/r") == {"robot:somebody": ["repoReader"]}
    assert again.missing("robot:somebody", "REPO default/r", ["REPO_READ"]) == set()
