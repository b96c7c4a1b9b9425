"""Every operation of the catalogue refuses whoever may not, before its body is read, and nothing changes."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator

import pytest
from botocore.auth import BaseSigner, HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth

from s3gw.auth.authority import Credentials
from s3gw.auth.identity import Grant, Identity
from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.authentication import OWNERS, RIGHTS
from s3gw.generated.routes import PROFILES
from s3gw.http.application import Application
from s3gw.http.layout import Response
from s3gw.http.operation import ANYBODY, Operation
from s3gw.http.request import Request
from s3gw.http.wsgi import create_app
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, Delete, Put
from s3gw.s3_error import S3Error
from s3gw.server._server import GatewayServer
from tests.auth.signing import HOST, KEY, SECRET, Keys, by_botocore, sent
from tests.server.in_process import running

BRANCH = Branch("images", "master")
PATHS = {"service": "/", "bucket": "/master.images", "object": "/master.images/a"}
OPERATIONS = [operation for operation in PROFILES["extended"].operations if operation.right != ANYBODY]
SIGNERS = (S3SigV4Auth, S3SigV4QueryAuth, HmacV1Auth, HmacV1QueryAuth)
DENIED = (403, "AccessDenied")


class Unread(io.RawIOBase):
    """A body that nobody may read."""

    def read(self, size: int = -1, /) -> bytes:
        raise AssertionError("the body of a refused request was read")


@pytest.fixture(scope="module")
def pfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPFS]:
    made = EmbeddedPFS(tmp_path_factory.mktemp("pfs"), "process")
    made.create_branch(BRANCH)
    with made.stage(BRANCH, "a") as staging:
        staging.write(b"a")
        made.change(BRANCH, [Put("a", staging.finish())])
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _nothing_changes(pfs: EmbeddedPFS) -> Iterator[None]:
    def kept() -> tuple[object, ...]:
        files = {file.path: file.hash for file in pfs.snapshot(BRANCH).list_files().files}
        return [str(row.branch) for row in pfs.list_branches()], files

    before = kept()
    yield
    assert kept() == before


def shape(operation: Operation) -> tuple[str, dict[str, str]]:
    """Give a target and headers that are this operation's."""
    query, _, headers = operation.marks.partition(" + ")
    if not query.startswith("?"):
        query, headers = "", query
    names = [name for name in headers.split(", ") if name]
    return PATHS[operation.level] + query, dict.fromkeys(names, "/master.images/a")


def unsigned(operation: Operation) -> Request:
    target, headers = shape(operation)
    given = {"host": HOST, "content-type": "application/xml", "content-length": "1000000", **headers}
    return Request(operation.method, target, given, Unread())


def signed(
    operation: Operation, signer: type[BaseSigner] = S3SigV4Auth, secret: str = SECRET, **more: str
) -> Request:
    """Sign a request for an operation, whose body is not to be read."""
    target, headers = shape(operation)
    options = {"expires": 60} if "Query" in signer.__name__ else {}
    made = by_botocore(signer, operation.method, target, {**headers, **more}, secret=secret, **options)
    return Request(made.method, made.raw_target, {**made.headers, "content-length": "1000000"}, Unread())


def ask(
    pfs: EmbeddedPFS, request: Request, *grants: Grant, expires: float | None = None
) -> tuple[int, str | None]:
    """Give status and S3 code of the answer to somebody who was given this."""
    known = {KEY: Credentials(SECRET, Identity("ann", grants), expires=expires)}
    application = Application(Context(pfs), "extended", authority=Keys(known))
    response = application.answer(request)
    assert request.access is not None
    assert request.access.is_denied
    return response.status, request.error_code


def test_the_shapes_are_those_of_the_catalogue():
    for operation in OPERATIONS:
        target, headers = shape(operation)
        request = Request(operation.method, target, dict(headers), Unread())
        found = PROFILES["extended"].resolve(
            request.locate().level, request.method, request.query, request.headers
        )
        assert (
            operation.name in (found.name, *([found.twin_of] if found.twin_of else []))
            or operation.twin_of == found.name
        )


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_operation_refuses_whoever_may_not(pfs, operation):
    everything = frozenset(RIGHTS)
    assert ask(pfs, unsigned(operation), Grant(everything, ("*",))) == DENIED
    for signer in SIGNERS:
        assert ask(pfs, signed(operation, signer, "wrong"), Grant(everything, ("*",))) == (
            403,
            "SignatureDoesNotMatch",
        )
    over = ask(pfs, signed(operation), Grant(everything, ("*",)), expires=1)
    assert over == (400, "ExpiredToken")
    if operation.level == "service":
        return  # whoever is known is shown what there is for them
    for signer in SIGNERS[:2]:  # botocore leaves sub-resources that are younger out of Version 2
        assert ask(pfs, signed(operation, signer)) == DENIED
    assert ask(pfs, signed(operation), Grant(everything - {operation.right}, ("*",))) == DENIED
    assert (
        ask(pfs, signed(operation), Grant(everything, ("master.image", "dev.images", "master.images.team")))
        == DENIED
    )
    if operation.reach != "part":
        assert ask(pfs, signed(operation), Grant(everything, ("*",), ("a/", "b"))) == DENIED
    for name in OWNERS:
        assert ask(pfs, signed(operation, **{name: "1" * 12}), Grant(everything, ("*",))) == DENIED


@pytest.mark.parametrize("target", ["/%zz", "-", "http:/x", "//"])
def test_what_is_refused_before_anybody_is_asked_is_denied_in_the_log(pfs, target):
    request = Request("GET", target, {"host": HOST}, Unread())
    assert ask(pfs, request)[0] in {400, 403}


def test_what_is_no_request_at_all_is_denied_in_the_log(pfs):
    application = Application(Context(pfs), "extended", authority=Keys())
    for refuse in (
        lambda request: application.fail(request, S3Error(errors.BadRequest)),
        lambda request: application.refuse(request, 400, "It is none."),
    ):
        request = Request("-", "", {}, Unread())
        assert refuse(request).status == 400
        assert request.access is not None
        assert request.access.is_denied


def test_whoever_posts_no_form_is_nobody_in_particular(pfs):
    anonymous = Identity("anonymous", (Grant(frozenset(["write"]), ("*",)),), is_anonymous=True)
    application = Application(Context(pfs), "extended", authority=Keys({}, anonymous=anonymous))
    request = Request("POST", "/master.images", {"host": HOST, "content-length": "9"}, Unread())
    assert application.answer(request).status == 412


def head_of(request: Request, size: int) -> bytes:
    """Write the head of a request as it is sent, with a body of some bytes."""
    fields = {**request.headers, "content-length": str(size)}
    lines = [
        f"{request.method} {request.raw_target} HTTP/1.1",
        *(f"{name}: {fields[name]}" for name in fields),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer_of(connection: socket.socket) -> tuple[int, str]:
    """Read an answer: the status, and the code of its error."""
    with connection.makefile("rb") as file:
        status = int(file.readline().split()[1])
        fields = dict(line.split(b": ", 1) for line in iter(file.readline, b"\r\n"))
        body = file.read(int(fields[b"Content-Length"])).decode()
    return status, body.partition("<Code>")[2].partition("</Code>")[0]


@pytest.fixture(scope="module")
def server(pfs: EmbeddedPFS) -> Iterator[GatewayServer]:
    """A server in which ann may write below `mine/`, and nobody else anything."""
    grant = Grant(frozenset(["read", "write", "delete"]), ("*",), ("mine/",))
    authority = Keys({KEY: Credentials(SECRET, Identity("ann", (grant,)))})
    with running(create_app(Context(pfs), "extended", authority=authority)) as started:
        yield started


@pytest.mark.parametrize("size", [1, 60_000, 10_000_000])
@pytest.mark.parametrize("secret", [None, "wrong", SECRET])
def test_a_request_is_refused_by_its_head_while_its_body_is_still_to_come(server, size, secret):
    request = Request("PUT", "/master.images/a", {"host": HOST}, Unread())
    if secret is not None:
        request = by_botocore(S3SigV4Auth, "PUT", "/master.images/a", secret=secret)
    for part in (b"", b"x"):
        with socket.create_connection(server.address, timeout=5) as connection:
            connection.sendall(head_of(request, size + 1) + part)
            assert answer_of(connection) == (
                403,
                "SignatureDoesNotMatch" if secret == "wrong" else "AccessDenied",
            )


def test_what_is_no_operation_is_refused_by_its_head_too(server):
    with socket.create_connection(server.address, timeout=5) as connection:
        connection.sendall(head_of(by_botocore(S3SigV4Auth, "PATCH", "/master.images/mine/a"), 9))
        assert answer_of(connection) == (405, "MethodNotAllowed")


def test_a_body_that_comes_behind_its_head_is_written(server, pfs):
    request = by_botocore(S3SigV4Auth, "PUT", "/master.images/mine/a", body=b"body")
    with socket.create_connection(server.address, timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(2):
            for part in (head_of(request, 4), b"bo", b"dy"):
                connection.sendall(part)
            assert answer_of(connection) == (200, "")
    snapshot = pfs.snapshot(BRANCH)
    assert b"".join(snapshot.read_file(snapshot.inspect_file("mine/a"))) == b"body"
    pfs.change(BRANCH, [Delete("mine/a")])


@pytest.mark.parametrize("lost", ["write", "delete"])
def test_a_session_is_not_finished_by_somebody_who_may_do_a_part_of_it_no_more(pfs, lost):
    rights = frozenset(["read", "write", "delete"])
    everything, less = Grant(rights, ("*",), ("mine/",)), Grant(rights - {lost}, ("*",), ("mine/",))
    elsewhere = Grant(rights, ("*",), ("other/",))

    def send(method: str, target: str, *grants: Grant, session: str = "", body: bytes = b"") -> Response:
        headers = {"x-s3gw-session": session} if session else {}
        made = by_botocore(S3SigV4Auth, method, f"/master.images{target}", headers, body)
        authority = Keys({KEY: Credentials(SECRET, Identity("ann", grants))})
        request = sent(method, made.raw_target, {**made.headers, "content-length": str(len(body))}, body)
        return Application(Context(pfs), "extended", authority=authority).answer(request)

    id_ = dict(send("POST", "?s3gw-session", everything).headers)["X-S3gw-Session"]
    assert send("PUT", "/mine/a", everything, session=id_, body=b"a").status == 200
    assert send("DELETE", "/mine/a", everything, session=id_).status == 204
    assert send("PUT", "/mine/b", everything, session=id_, body=b"b").status == 200
    assert send("POST", f"?s3gw-session={id_}", less, elsewhere).status == 403
    assert send("PUT", "/mine/b", everything, session=id_, body=b"b").status == 200  # it goes on
    assert send("POST", f"?s3gw-session={id_}", everything).status == 200
    pfs.change(BRANCH, [Delete("mine/b")])


@pytest.mark.parametrize("source", ["a.b.c.d/a", "uploads._s3gw_/a", "master.images/a", "master.nowhere/a"])
def test_a_source_that_may_not_be_read_does_not_tell_whether_it_could_be_one(pfs, source):
    made = by_botocore(S3SigV4Auth, "PUT", "/master.images/mine/a", {"x-amz-copy-source": source})
    grant = Grant(frozenset(RIGHTS), ("*",), ("mine/",))
    assert ask(pfs, sent("PUT", made.raw_target, made.headers), grant) == DENIED


@pytest.mark.parametrize(
    "name", ["response-content-type", "response-content-disposition", "response-expires"]
)
def test_nobody_in_particular_says_what_headers_an_answer_has(pfs, name):
    grant = Grant(frozenset(["read"]), ("*",))
    keys = Keys(
        {KEY: Credentials(SECRET, Identity("ann", (grant,)))},
        anonymous=Identity("anonymous", (grant,), is_anonymous=True),
    )
    application = Application(Context(pfs), "extended", authority=keys)
    target = f"/master.images/a?{name}=Thu%2C%2001%20Jan%202026%2000%3A00%3A00%20GMT"
    assert application.answer(sent("GET", "/master.images/a", {})).status == 200
    refused = sent("GET", target, {})
    assert (application.answer(refused).status, refused.error_code) == (400, "InvalidRequest")
    assert application.answer(by_botocore(S3SigV4QueryAuth, "GET", target, expires=60)).status == 200
