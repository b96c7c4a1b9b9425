"""A pachd that asks for tokens: devpachd, or the real one of S3GW_TEST_PACHD and S3GW_TEST_PACHD_ROOT_TOKEN."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
from python_pachyderm.proto.v2.auth import auth_pb2, auth_pb2_grpc
from python_pachyderm.proto.v2.pfs import pfs_pb2, pfs_pb2_grpc

from s3gw.pfs.paths import own_repo_of
from tests.serving import devpachd

ROOT_TOKEN = os.environ.get("S3GW_TEST_PACHD_ROOT_TOKEN", "the-token-of-root")
PREFIX = f"auth-{uuid.uuid4().hex[:8]}"

Metadata = list[tuple[str, str]]


def signed(token: str) -> Metadata:
    """Give the metadata of a call."""
    return [("authn-token", token)]


ROOT = signed(ROOT_TOKEN)


def place(name: str, kind: int = auth_pb2.REPO) -> auth_pb2.Resource:
    """Name what roles are bound to: a repo of the project default, or another kind by its whole name."""
    return auth_pb2.Resource(type=kind, name=f"default/{name}" if kind == auth_pb2.REPO else name)


class Cluster:
    """What its root user does there."""

    def __init__(self, address: str, channel: grpc.Channel) -> None:
        self.address = address
        self.auth = auth_pb2_grpc.APIStub(channel)
        self.api = pfs_pb2_grpc.APIStub(channel)
        self._signed: dict[str, Metadata] = {}
        self._own_repos: set[str] = set()

    def user(self, robot: str) -> str:
        """Give the name of a robot of this run's own."""
        return f"robot:{PREFIX}-{robot}"

    def token(self, robot: str, ttl_s: int = 0) -> str:
        """Make a token of it."""
        self._own_repos.add(own_repo_of(self.user(robot)))
        request = auth_pb2.GetRobotTokenRequest(robot=self.user(robot), ttl=ttl_s)
        return self.auth.GetRobotToken(request, metadata=ROOT).token

    def of(self, robot: str) -> Metadata:
        """Give the metadata of its calls."""
        if robot not in self._signed:
            self._signed[robot] = signed(self.token(robot))
        return self._signed[robot]

    def bind(self, resource: auth_pb2.Resource, robot: str, *roles: str) -> None:
        """Bind roles to it, in the place of those that were."""
        request = auth_pb2.ModifyRoleBindingRequest(
            resource=resource, principal=self.user(robot), roles=roles
        )
        self.auth.ModifyRoleBinding(request, metadata=ROOT)

    def is_of_this_run(self, repo: str) -> bool:
        """Tell whether a test has made a repo, or the gateway for a user of one; others may be there."""
        return repo.startswith(PREFIX) or repo in self._own_repos

    def repos(self) -> list[str]:
        """Name all repos."""
        request = pfs_pb2.ListRepoRequest(type="user")
        return [info.repo.name for info in self.api.ListRepo(request, metadata=ROOT)]


@contextmanager
def guarded(folder: Path) -> Iterator[Cluster]:
    """Give it; the repos of this run are deleted at the end."""
    given = os.environ.get("S3GW_TEST_PACHD") if "S3GW_TEST_PACHD_ROOT_TOKEN" in os.environ else None
    if given:
        with grpc.insecure_channel(given) as channel:
            cluster = Cluster(f"grpc://{given}", channel)
            yield cluster
            for name in filter(cluster.is_of_this_run, cluster.repos()):
                repo = pfs_pb2.Repo(name=name, type="user", project=pfs_pb2.Project(name="default"))
                request = pfs_pb2.DeleteRepoRequest(repo=repo, force=True)
                cluster.api.DeleteRepo(request, metadata=ROOT)
        return
    with (
        devpachd(folder, "--root-token", ROOT_TOKEN) as (address, _),
        grpc.insecure_channel(address.removeprefix("grpc://")) as channel,
    ):
        yield Cluster(address, channel)
