"""Every operation of the catalogue refuses whoever may not, before its body is read, and nothing changes."""

from __future__ import annotations

import io
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
from s3gw.http.operation import ANYBODY, Operation
from s3gw.http.request import Request
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, Put
from s3gw.s3_error import S3Error
from tests.auth.signing import HOST, KEY, SECRET, Keys, by_botocore

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
        branches = [str(row.branch) for row in pfs.list_branches()]
        return branches, pfs.snapshot(BRANCH).commit

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
