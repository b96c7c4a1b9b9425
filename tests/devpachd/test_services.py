"""What stands beside PFS: version, health, auth."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty
from python_pachyderm.proto.v2.auth import auth_pb2, auth_pb2_grpc
from python_pachyderm.proto.v2.version.versionpb import version_pb2_grpc

from tests.devpachd.conftest import refused


def test_it_tells_its_version(pachd):
    version = version_pb2_grpc.APIStub(pachd.channel).GetVersion(Empty())
    assert version.major == 2
    assert version.minor >= 7


def test_it_is_healthy(pachd):
    check = pachd.channel.unary_unary("/grpc.health.v1.Health/Check")
    assert check(b"") == b"\x08\x01"


def test_without_auth_nobody_is_anybody(pachd):
    auth = auth_pb2_grpc.APIStub(pachd.channel)
    with refused("UNIMPLEMENTED", "the auth service is not activated"):
        auth.WhoAmI(auth_pb2.WhoAmIRequest())
    resource = auth_pb2.Resource(type=auth_pb2.REPO, name="default/x")
    with refused("UNIMPLEMENTED", "the auth service is not activated"):
        auth.GetRoleBinding(auth_pb2.GetRoleBindingRequest(resource=resource))
