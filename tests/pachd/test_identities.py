"""Users of a cluster over S3: PFS's own roles decide, and nobody learns what they may not see.

It runs in front of a devpachd, or of a real pachd with S3GW_TEST_PACHD and S3GW_TEST_PACHD_ROOT_TOKEN.
"""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from python_pachyderm.proto.v2.auth import auth_pb2
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.operations._sweep import sweep
from s3gw.pfs.pachd import PachdPFS
from s3gw.pfs.pachd.address import find_address
from tests.cluster import PREFIX, ROOT_TOKEN, Cluster, guarded, place
from tests.forms import CONTENT_TYPE, form
from tests.serving import Gateway, Response, eventually, serving

REPO = f"{PREFIX}-shared"
BUCKET = f"master.{REPO}"
USERS = ("owner", "writer", "reader", "nobody")
LARGE = bytes(range(256)) * 4096


@dataclass
class Users:
    """A gateway, and the users who ask it."""

    cluster: Cluster
    gateway: Gateway

    def token(self, robot: str) -> str:
        return self.cluster.of(robot)[0][1]

    def ask(
        self,
        robot: str,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        token: str | None = None,
    ) -> Response:
        """Send a request that a user has signed; or that of a token, whosever it may be."""
        key = token or self.token(robot)
        request = AWSRequest(method, f"{self.gateway.url}{target}", headers or {}, body or b"")
        S3SigV4Auth(Credentials(key, key), "s3", "us-east-1").add_auth(request)
        answer = self.gateway.request(method, target, body, dict(request.headers.items()))
        assert key.encode() not in answer.body
        return answer

    def status(self, robot: str, *request: object) -> int:
        return self.ask(robot, *request).status

    def upload_id(self, robot: str, key: str) -> str:
        answer = self.ask(robot, "POST", f"/{BUCKET}/{key}?uploads")
        assert answer.status == 200, answer
        return answer.element("UploadId")


@pytest.fixture(scope="module")
def users(tmp_path_factory) -> Iterator[Users]:
    folder = tmp_path_factory.mktemp("identities")
    options = ("--auth", "pachyderm", "--profile", "extended", "--properties-repo", f"{PREFIX}-kept")
    with (
        guarded(folder / "devpachd") as cluster,
        serving(folder, *options, where=cluster.address, PACH_TOKEN=ROOT_TOKEN) as gateway,
    ):
        users = Users(cluster, gateway)
        assert users.status("owner", "PUT", f"/{BUCKET}") == 200
        for robot in ("writer", "leaver"):
            cluster.bind(place(REPO), robot, "repoWriter")
        cluster.bind(place(REPO), "reader", "repoReader")
        for key in ("a", "folder/b"):
            headers = {"x-amz-meta-kept": "yes", "x-amz-tagging": "color=red"}
            assert users.status("owner", "PUT", f"/{BUCKET}/{key}", b"content", headers) == 200
        yield users
        log = "".join(gateway.log)
        assert not [robot for robot in USERS if users.token(robot) in log]
        assert ROOT_TOKEN not in log


READS = [
    ("HEAD", ""),
    ("GET", "?location"),
    ("GET", "?versioning"),
    ("GET", "?acl"),
    ("GET", "?tagging"),
    ("GET", "?policy"),
    ("GET", ""),
    ("GET", "?list-type=2&prefix=folder/&delimiter=/"),
    ("GET", "?versions"),
    ("GET", "?uploads"),
    ("GET", "/a"),
    ("HEAD", "/a"),
    ("GET", "/a?tagging"),
    ("GET", "/a?acl"),
    ("GET", "/a?attributes"),
    ("GET", "/a?retention"),
]
DELETE = b"<Delete><Object><Key>none</Key></Object></Delete>"
VERSIONING = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
TAGGING = b"<Tagging><TagSet><Tag><Key>color</Key><Value>red</Value></Tag></TagSet></Tagging>"
WRITES = [
    ("PUT", "/written", b"small"),
    ("PUT", "/written-large", LARGE),
    ("PUT", "/a?tagging", TAGGING),
    ("POST", "/upload?uploads", None),
    ("POST", "?s3gw-session", None),
    ("DELETE", "/none", None),
    ("POST", "?delete", DELETE),
    ("PUT", "?versioning", VERSIONING),
]
ATTRIBUTES = {"x-amz-object-attributes": "ETag"}


@pytest.mark.parametrize(("method", "target"), READS)
def test_who_may_read(users, method, target):
    told = {robot: users.ask(robot, method, f"/{BUCKET}{target}", None, ATTRIBUTES) for robot in USERS}
    assert told["nobody"].status == 403
    statuses = {told[robot].status for robot in ("owner", "writer", "reader")}
    assert len(statuses) == 1
    assert statuses <= {200, 400, 404}  # there is no such configuration


@pytest.mark.parametrize(("method", "target", "body"), WRITES)
def test_who_may_write(users, method, target, body):
    for robot in ("reader", "nobody"):
        answer = users.ask(robot, method, f"/{BUCKET}{target}", body)
        assert (answer.status, answer.code) == (403, "AccessDenied")
    for robot in ("owner", "writer"):
        assert users.status(robot, method, f"/{BUCKET}{target}", body) in (200, 204)


@pytest.mark.parametrize(
    "request_", [*READS, *WRITES, ("DELETE", ""), ("PUT", "?policy", b"{}"), ("PUT", "?acl", None)]
)
def test_nobody_learns_whether_a_bucket_is_there(users, request_):
    """Neither the repo, nor the branch, nor the project; nor what is in it."""
    method, target, *rest = request_
    answers = [
        users.ask("nobody", method, f"/{bucket}{target}", *(rest or [None]), ATTRIBUTES)
        for bucket in (
            BUCKET,
            f"none.{REPO}",
            f"master.{PREFIX}-none",
            "master.none.none",
            f"{'0' * 12}4{'0' * 19}.{BUCKET}",
        )
    ]
    assert {answer.status for answer in answers} == {403}
    bodies = {re.sub(rb"<(Resource|RequestId|HostId)>.*?</\1>", b"", answer.body) for answer in answers}
    assert len(bodies) == 1


def test_what_is_not_there_is_told_to_whoever_may_see_it(users):
    assert users.ask("reader", "GET", f"/none.{REPO}").code == "NoSuchBucket"
    assert users.ask("reader", "GET", f"/{BUCKET}/none").code == "NoSuchKey"
    assert users.ask("", "GET", f"/master.{PREFIX}-none", token=ROOT_TOKEN).code == "NoSuchBucket"


def test_a_list_of_buckets_shows_what_may_be_read(users):
    for robot, is_shown in (("owner", True), ("reader", True), ("nobody", False)):
        names = re.findall(r"<Name>(.*?)</Name>", users.ask(robot, "GET", "/").body.decode())
        assert (BUCKET in names) is is_shown
        assert not [name for name in names if "_s3gw_" in name or f"{PREFIX}-kept" in name]


def test_whoever_has_no_token_is_refused(users):
    ended = users.cluster.token("ended", ttl_s=1)
    eventually(lambda: users.ask("", "GET", "/", token=ended).status == 403)
    for answer in (
        users.ask("", "GET", "/", token="nobodys-token"),
        users.ask("", "GET", f"/{BUCKET}/a", token="nobodys-token"),
        users.ask("", "PUT", f"/{BUCKET}/a", b"x", token="nobodys-token"),
        users.gateway.request("GET", "/"),
        users.gateway.request("GET", f"/{BUCKET}/a"),
        users.gateway.request("PUT", f"/{BUCKET}/a", b"x"),
        users.gateway.request("GET", f"/{BUCKET}?accelerate"),
    ):
        assert (answer.status, answer.code) == (403, "AccessDenied")
    assert users.ask("reader", "GET", f"/{BUCKET}/a").body == b"content"


@pytest.mark.parametrize("robot", ["reader", "nobody", "wrong"])
def test_the_body_of_a_refused_request_is_not_read(users, robot):
    key = "wrong" if robot == "wrong" else users.token(robot)
    headers = {"Content-Length": str(1 << 40), "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    request = AWSRequest("PUT", f"{users.gateway.url}/{BUCKET}/huge", headers)
    S3SigV4Auth(Credentials(key, key), "s3", "us-east-1").add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection(("127.0.0.1", users.gateway.port), timeout=20) as connection:
        connection.sendall(
            f"PUT /{BUCKET}/huge HTTP/1.1\r\nHost: 127.0.0.1:{users.gateway.port}\r\n{head}\r\n".encode()
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 403 ")


def test_a_presigned_url_acts_as_its_user(users):
    for robot, status in (("reader", 200), ("nobody", 403)):
        key = users.token(robot)
        request = AWSRequest("GET", f"{users.gateway.url}/{BUCKET}/a")
        S3SigV4QueryAuth(Credentials(key, key), "s3", "us-east-1", expires=60).add_auth(request)
        assert users.gateway.request("GET", request.url.removeprefix(users.gateway.url)).status == status


def test_a_form_acts_as_whoever_has_signed_its_policy(users):
    for robot, status in (("writer", 204), ("reader", 403), ("nobody", 403)):
        key = users.token(robot)
        s3 = users.gateway.boto3(access_key=key, secret=key)
        post = s3.generate_presigned_post(BUCKET, f"form-{robot}", ExpiresIn=60)
        for altered, answered in (({}, status), ({"key": "elsewhere"}, 403)):
            body = form({**post["fields"], **altered})
            headers = {"Content-Type": CONTENT_TYPE}
            answer = users.gateway.request("POST", f"/{BUCKET}", body, headers)
            assert answer.status == answered
            assert key.encode() not in answer.body
    assert users.ask("reader", "GET", f"/{BUCKET}/form-writer").body == b"hello"


def test_a_large_object_goes_both_ways(users):
    target = f"/{BUCKET}/large"
    assert users.status("writer", "PUT", target, LARGE, {"x-amz-meta-size": "large"}) == 200
    answer = users.ask("reader", "GET", target)
    assert (answer.body, answer.headers["x-amz-meta-size"]) == (LARGE, "large")
    assert users.ask("reader", "GET", target, None, {"Range": "bytes=10-19"}).body == LARGE[10:20]


def test_conditions_are_judged_for_whoever_may_write(users):
    for robot, status in (("owner", 412), ("writer", 412), ("reader", 403), ("nobody", 403)):
        assert users.status(robot, "PUT", f"/{BUCKET}/a", b"x", {"If-None-Match": "*"}) == status


def test_what_is_kept_beside_an_object_is_altered_by_whoever_may_write(users):
    """The same content, with other properties: those are kept before the commit."""
    target = f"/{BUCKET}/a"
    for robot in ("reader", "nobody"):
        assert users.status(robot, "PUT", target, b"content", {"x-amz-meta-kept": "no"}) == 403
        assert users.status(robot, "DELETE", f"{target}?tagging") == 403
    answer = users.ask("reader", "HEAD", target)
    assert (answer.headers["x-amz-meta-kept"], answer.headers["x-amz-tagging-count"]) == ("yes", "1")


def test_a_commit_that_is_open_takes_nothing_from_whoever_may_not_write(users):
    """Pachd itself would take it."""
    repo = pb.Repo(name=REPO, type="user", project=pb.Project(name="default"))
    branch = pb.Branch(repo=repo, name="open")
    metadata = users.cluster.of("owner")
    commit = users.cluster.api.StartCommit(pb.StartCommitRequest(branch=branch), metadata=metadata)
    try:
        for robot, status in (("writer", 200), ("reader", 403), ("nobody", 403)):
            assert users.status(robot, "PUT", f"/open.{REPO}/{robot}", b"x") == status
    finally:
        users.cluster.api.FinishCommit(pb.FinishCommitRequest(commit=commit), metadata=metadata)


def test_roles_that_are_taken_away_are_gone(users):
    target = f"/{BUCKET}/a"
    users.cluster.bind(place(REPO), "guest", "repoReader")
    assert users.status("guest", "GET", target) == 200
    users.cluster.bind(place(REPO), "guest")
    assert users.status("guest", "GET", target) == 403
    assert users.status("guest", "GET", f"/{BUCKET}") == 403


def test_a_source_must_be_readable(users):
    own = f"master.{PREFIX}-nobodys"
    assert users.status("nobody", "PUT", f"/{own}") == 200
    upload = users.ask("nobody", "POST", f"/{own}/parts?uploads").element("UploadId")
    for source in (f"{BUCKET}/a", f"master.{PREFIX}-none/a", f"none.{REPO}/a"):
        for target in (f"/{own}/stolen", f"/{own}/parts?partNumber=1&uploadId={upload}"):
            answer = users.ask("nobody", "PUT", target, None, {"x-amz-copy-source": source})
            assert (answer.status, answer.code) == (403, "AccessDenied")
    assert users.status("nobody", "GET", f"/{own}/stolen") == 404
    users.cluster.bind(place(f"{PREFIX}-nobodys"), "reader", "repoWriter")
    headers = {"x-amz-copy-source": f"{BUCKET}/a"}
    assert users.status("reader", "PUT", f"/{own}/copied", None, headers) == 200
    copied = users.ask("nobody", "GET", f"/{own}/copied")
    assert (copied.body, copied.headers["x-amz-meta-kept"]) == (b"content", "yes")
    assert users.status("nobody", "DELETE", f"/{own}/copied") == 204
    assert users.status("nobody", "DELETE", f"/{own}") == 204


def test_an_upload_belongs_to_whoever_has_begun_it(users):
    upload = users.upload_id("owner", "parts")
    target = f"/{BUCKET}/parts"
    part = users.ask("owner", "PUT", f"{target}?partNumber=1&uploadId={upload}", LARGE)
    etag = part.headers["etag"]
    document = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>".encode()
    for robot in ("writer", "nobody"):
        for method, query, body in (
            ("PUT", f"?partNumber=1&uploadId={upload}", b"x"),
            ("GET", f"?uploadId={upload}", None),
            ("POST", f"?uploadId={upload}", document),
            ("DELETE", f"?uploadId={upload}", None),
        ):
            answer = users.ask(robot, method, target + query, body)
            assert (answer.status, answer.code) == (403, "AccessDenied")
    assert upload.encode() not in users.ask("writer", "GET", f"/{BUCKET}?uploads").body
    assert upload.encode() in users.ask("owner", "GET", f"/{BUCKET}?uploads").body
    assert users.ask("owner", "POST", f"{target}?uploadId={upload}", document).element("ETag")
    assert users.ask("reader", "GET", target).body == LARGE


def test_a_session_belongs_to_whoever_has_begun_it(users):
    session = users.ask("writer", "POST", f"/{BUCKET}?s3gw-session").headers["x-s3gw-session"]
    named = {"x-s3gw-session": session}
    assert users.status("writer", "PUT", f"/{BUCKET}/in-session", b"1", named) == 200
    assert users.ask("owner", "GET", f"/{BUCKET}/in-session", None, named).code in (
        "NoSuchSession",
        "AccessDenied",
    )
    assert users.status("owner", "PUT", f"/{BUCKET}/in-session", b"2", named) in (403, 404)
    assert users.status("owner", "POST", f"/{BUCKET}?s3gw-session={session}") in (403, 404)
    assert users.status("owner", "DELETE", f"/{BUCKET}?s3gw-session={session}") in (403, 404)
    assert users.status("reader", "GET", f"/{BUCKET}/in-session") == 404
    assert users.status("writer", "POST", f"/{BUCKET}?s3gw-session={session}") == 200
    assert users.ask("reader", "GET", f"/{BUCKET}/in-session").body == b"1"


def test_each_user_has_an_own_repo_that_is_no_bucket(users):
    users.upload_id("writer", "parts")
    name = f"_s3gw_{hashlib.sha256(users.cluster.user('writer').encode()).hexdigest()[:16]}"
    assert name in users.cluster.repos()
    for robot in ("writer", "owner"):
        assert users.ask(robot, "GET", f"/uploads.{name}").code == "NoSuchBucket"


def test_nothing_is_kept_where_somebody_else_could_alter_it(users):
    """Mallory makes the own repo of another user before, and lets that user write there."""
    victim = users.cluster.user("victim")
    name = f"_s3gw_{hashlib.sha256(victim.encode()).hexdigest()[:16]}"
    repo = pb.Repo(name=name, type="user", project=pb.Project(name="default"))
    metadata = users.cluster.of("mallory")
    users.cluster.api.CreateRepo(pb.CreateRepoRequest(repo=repo), metadata=metadata)
    users.cluster.bind(place(name), "victim", "repoOwner")
    users.cluster.bind(place(REPO), "victim", "repoWriter")
    for target in (f"/{BUCKET}/victims?uploads", f"/{BUCKET}?s3gw-session"):
        answer = users.ask("victim", "POST", target)
        assert (answer.status, answer.code) == (403, "AccessDenied")
    users.cluster.bind(place(name), "mallory")
    assert users.status("victim", "POST", f"/{BUCKET}/victims?uploads") == 200


def test_what_a_user_has_abandoned_is_swept_as_that_user(users):
    upload = users.upload_id("leaver", "abandoned")
    session = users.ask("leaver", "POST", f"/{BUCKET}?s3gw-session").headers["x-s3gw-session"]
    pfs = PachdPFS(find_address(users.cluster.address, environ={}))
    try:
        acting = pfs.acting_as(users.cluster.user("leaver"), users.token("leaver"))
        assert pfs.acting() == [acting]  # the gateway itself has no token here
        assert sweep(acting, datetime.now(UTC) + timedelta(hours=1)) == 2
    finally:
        pfs.close()
    assert upload.encode() not in users.ask("leaver", "GET", f"/{BUCKET}?uploads").body
    assert users.status("leaver", "DELETE", f"/{BUCKET}?s3gw-session={session}") == 404


@pytest.mark.parametrize("signer", [S3SigV4Auth, partial(S3SigV4QueryAuth, expires=60)])
def test_no_answer_tells_the_token_of_a_request_that_was_altered(users, signer):
    key = users.token("reader")
    request = AWSRequest("GET", f"{users.gateway.url}/{BUCKET}/a")
    signer(Credentials(key, key), "s3", "us-east-1").add_auth(request)
    target = request.url.removeprefix(users.gateway.url).replace("/a", "/folder/b", 1)
    answer = users.gateway.request("GET", target, None, dict(request.headers.items()))
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert key.encode() not in answer.body
    users.gateway.log_line(answer.headers["x-amz-request-id"])  # the fixture looks for tokens in the log


def test_buckets_are_made_and_deleted_by_whoever_may(users):
    new = f"dev.{REPO}"
    for robot, status in (("nobody", 403), ("reader", 403), ("writer", 200), ("owner", 409)):
        assert users.status(robot, "PUT", f"/{new}") == status
    for robot, status in (("nobody", 403), ("reader", 403), ("writer", 204), ("owner", 404)):
        assert users.status(robot, "DELETE", f"/{new}") == status


def test_a_branch_is_made_without_the_right_to_make_repos(users):
    """In a project of somebody else, in a repo that is there."""
    project, name = f"p{PREFIX}", f"{PREFIX}-elsewhere"
    metadata = users.cluster.of("owner")
    message = pb.Project(name=project)
    repo = pb.Repo(name=name, type="user", project=message)
    users.cluster.api.CreateProject(pb.CreateProjectRequest(project=message), metadata=metadata)
    try:
        for target, status in ((f"/master.{name}.{project}", 200), (f"/master.{name}.{project}", 409)):
            assert users.status("owner", "PUT", target) == status
        whole = auth_pb2.Resource(type=auth_pb2.REPO, name=f"{project}/{name}")
        users.cluster.bind(whole, "writer", "repoWriter")
        assert users.status("writer", "PUT", f"/dev.{name}.{project}") == 200
        assert users.status("writer", "PUT", f"/dev.{name}.{project}") == 409
        for robot, bucket in (("writer", f"dev.{name}-2"), ("nobody", f"dev.{name}")):
            assert users.status(robot, "PUT", f"/{bucket}.{project}") == 403
    finally:
        request = pb.DeleteRepoRequest(repo=repo, force=True)
        users.cluster.api.DeleteRepo(request, metadata=metadata)
        users.cluster.api.DeleteProject(pb.DeleteProjectRequest(project=message), metadata=metadata)


def test_the_last_branch_stays_where_its_repo_may_not_be_deleted(users):
    repo = f"{PREFIX}-last"
    assert users.status("owner", "PUT", f"/master.{repo}") == 200
    users.cluster.bind(place(repo), "writer", "repoWriter")
    assert users.status("writer", "DELETE", f"/master.{repo}") == 403
    assert users.status("writer", "HEAD", f"/master.{repo}") == 200
    assert users.status("owner", "DELETE", f"/master.{repo}") == 204
    assert repo not in users.cluster.repos()


def test_the_log_tells_the_user_and_not_the_token(users):
    answer = users.ask("nobody", "GET", f"/{BUCKET}/a")
    line = users.gateway.log_line(answer.headers["x-amz-request-id"])
    assert f"identity={users.cluster.user('nobody')} right=read verdict=denied" in line


def test_a_gateway_without_a_token_of_its_own_serves_users_too(users, tmp_path):
    options = ("--auth", "pachyderm", "--profile", "extended")
    with serving(tmp_path, *options, where=users.cluster.address) as gateway:
        other = Users(users.cluster, gateway)
        assert other.ask("reader", "GET", f"/{BUCKET}/a").body == b"content"
        assert other.status("nobody", "GET", f"/{BUCKET}/a") == 403
        assert other.upload_id("writer", "by-another-gateway")
