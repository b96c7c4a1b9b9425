"""What somebody could try who has seen a signed request, or makes up one: nothing is given, nothing changes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth

from s3gw.auth import canonical
from s3gw.auth.authority import Credentials
from s3gw.auth.identity import Grant, Identity
from s3gw.auth.v4 import signing_key
from s3gw.context import Context
from s3gw.generated.authentication import RIGHTS
from s3gw.http.application import Application
from s3gw.http.layout import Response
from s3gw.http.request import Request
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, Put
from tests.auth.signing import EMPTY, HOST, KEY, SECRET, Keys, by_botocore, sent

BRANCH = Branch("images", "master")
ANN = Identity("ann", (Grant(frozenset(RIGHTS), ("*",)),))


class Gateway:
    """A gateway in process, and what is in its bucket."""

    def __init__(self, pfs: EmbeddedPFS) -> None:
        self.pfs = pfs
        authority = Keys({KEY: Credentials(SECRET, ANN)})
        self.application = Application(Context(pfs), "extended", authority=authority)
        pfs.create_branch(BRANCH)
        for path in ("a", "b"):
            with pfs.stage(BRANCH, path) as staging:
                staging.write(path.encode())
                pfs.change(BRANCH, [Put(path, staging.finish())])

    def ask(self, request: Request) -> tuple[int, str | None]:
        """Give status and S3 code of the answer."""
        response: Response = self.application.answer(request)
        if response.body is not None and not isinstance(response.body, bytes):
            response.body.close()
        return response.status, request.error_code

    def kept(self) -> dict[str, bytes]:
        snapshot = self.pfs.snapshot(BRANCH)
        return {file.path: file.hash for file in snapshot.list_files().files}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder: Path = tmp_path_factory.mktemp("pfs")
    with_pfs = EmbeddedPFS(folder, "process")
    yield Gateway(with_pfs)
    with_pfs.close()


@pytest.fixture(autouse=True)
def _nothing_changes(gateway: Gateway) -> Iterator[None]:
    before = gateway.kept()
    yield
    assert gateway.kept() == before


GET = by_botocore(S3SigV4QueryAuth, "GET", "/master.images/a", expires=3600)
PUT = by_botocore(S3SigV4QueryAuth, "PUT", "/master.images/new", expires=3600)
OLD = by_botocore(HmacV1QueryAuth, "GET", "/master.images/a", expires=3600)
MISMATCH = (403, "SignatureDoesNotMatch")


def again(
    made: Request, old: str = "", new: str = "", *, method: str | None = None, **headers: str
) -> Request:
    """Send a presigned request again, with something changed."""
    assert old in made.raw_target
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return sent(
        method or made.method, made.raw_target.replace(old, new, 1), {"host": HOST, **named}, b"forged"
    )


def test_what_is_attacked_here_is_good_as_it_is(gateway):
    assert gateway.ask(again(GET))[0] == 200
    assert gateway.ask(again(OLD))[0] == 200


@pytest.mark.parametrize("made", [GET, OLD], ids=["V4", "V2"])
@pytest.mark.parametrize(
    "path", ["master.images/b", "master.images/a/", "master.other/a", "master.images//a", "master.images"]
)
def test_a_presigned_url_is_replayed_on_another_key(gateway, made, path):
    assert gateway.ask(again(made, "master.images/a", path)) == MISMATCH


@pytest.mark.parametrize("made", [GET, OLD], ids=["V4", "V2"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "HEAD"])
def test_a_presigned_url_is_replayed_with_another_method(gateway, made, method):
    assert gateway.ask(again(made, method=method)) == MISMATCH


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X-Amz-Expires=3600", "X-Amz-Expires=604800"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3Brange"),
        ("%2Fus-east-1%2F", "%2Feu-west-1%2F"),
        ("X-Amz-Date=2", "X-Amz-Date=2&X-Amz-Meta-A=1&X-Amz-Dat=2"),
    ],
)
def test_a_presigned_url_is_made_good_for_something_else(gateway, old, new):
    assert gateway.ask(again(GET, old, new))[0] in {400, 403}


def test_a_presigned_url_of_version_2_is_made_to_last(gateway):
    expires = OLD.query["Expires"]
    assert gateway.ask(again(OLD, f"Expires={expires}", f"Expires={expires}0")) == MISMATCH


@pytest.mark.parametrize(
    "more", ["acl", "tagging", "attributes", "uploads", "versionId=1", "X-Amz-Meta-A=1", "%61cl"]
)
@pytest.mark.parametrize("made", [GET, PUT, OLD], ids=["V4", "V4 PUT", "V2"])
def test_a_presigned_url_is_made_another_operation(gateway, made, more):
    assert gateway.ask(again(made, "?", f"?{more}&")) == MISMATCH


def test_a_presigned_url_is_made_a_copy(gateway):
    status, code = gateway.ask(again(PUT, x_amz_copy_source="/master.images/a"))
    assert (status, code) == (403, "AccessDenied")
    assert gateway.ask(again(PUT, "?", "?x-amz-copy-source=master.images%2Fa&")) == MISMATCH


@pytest.mark.parametrize("signature", ["", "0" * 64, "0", "é", "A" * 100_000])
def test_a_signature_is_made_up(gateway, signature):
    made = by_botocore(S3SigV4Auth, "GET", "/master.images/a")
    head, _, _ = made.headers["authorization"].rpartition("=")
    text = signature.encode().decode("latin-1")
    assert (
        gateway.ask(sent("GET", "/master.images/a", {**made.headers, "authorization": f"{head}={text}"}))
        == MISMATCH
    )


def test_a_signature_is_put_beside_another(gateway):
    made = by_botocore(S3SigV4Auth, "GET", "/master.images/a")
    for other in (made.headers["authorization"], "AWS a:b", "Basic x"):
        both = f"{made.headers['authorization']}, {other}"
        assert gateway.ask(sent("GET", "/master.images/a", {**made.headers, "authorization": both}))[0] in {
            400,
            403,
        }
    assert gateway.ask(again(GET, authorization=made.headers["authorization"])) == (400, "InvalidArgument")
    assert gateway.ask(again(GET, "X-Amz-Signature=", "X-Amz-Signature=0&X-Amz-Signature="))[0] == 400
    assert gateway.ask(again(GET, "X-Amz-Signature=", "x%2Damz%2Dsignature=0&X-Amz-Signature="))[0] == 400


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"x-amz-meta-a": "2"}, MISMATCH),
        ({"x-amz-date": "20010101T000000Z"}, (403, "RequestTimeTooSkewed")),
        ({"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, MISMATCH),
        ({"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, MISMATCH),
        ({"content-type": "text/html"}, MISMATCH),
        ({"host": "other.example.com"}, MISMATCH),
    ],
)
def test_a_header_is_tampered_that_was_signed(gateway, changes, answer):
    made = by_botocore(
        S3SigV4Auth, "PUT", "/master.images/new", {"x-amz-meta-a": "1", "content-type": "a/b"}, b"x"
    )
    assert (
        gateway.ask(
            sent("PUT", "/master.images/new", {**made.headers, **changes, "content-length": "1"}, b"x")
        )
        == answer
    )


@pytest.mark.parametrize(
    "name",
    [
        "x-amz-meta-b",
        "x-amz-copy-source",
        "x-amz-acl",
        "x-amz-tagging",
        "content-md5",
        "x-amz-security-token",
        "x-s3gw-session",
    ],
)
def test_a_header_is_added_that_was_not_signed(gateway, name):
    made = by_botocore(S3SigV4Auth, "PUT", "/master.images/new", {}, b"x")
    headers = {**made.headers, name: "master.images/a", "content-length": "1"}
    assert gateway.ask(sent("PUT", "/master.images/new", headers, b"x")) == (403, "AccessDenied")


def test_a_header_is_taken_out_of_those_that_are_signed(gateway):
    made = by_botocore(S3SigV4Auth, "GET", "/master.images/a")
    for name in ("host;", ";x-amz-date", "x-amz-content-sha256;"):
        text = made.headers["authorization"].replace(name, "")
        assert gateway.ask(sent("GET", "/master.images/a", {**made.headers, "authorization": text})) == (
            403,
            "AccessDenied",
        )


@pytest.mark.parametrize("body", [b"forged", b"", b"genuinely", b"genuinf"])
def test_another_body_is_sent_than_was_signed(gateway, body):
    made = by_botocore(S3SigV4Auth, "PUT", "/master.images/new", {}, b"genuine")
    headers = {**made.headers, "content-length": str(len(body))}
    assert gateway.ask(sent("PUT", "/master.images/new", headers, body)) == (400, "XAmzContentSHA256Mismatch")


class Streaming(S3SigV4Auth):
    """Signs a request whose chunks are signed."""

    mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"

    def payload(self, request: object) -> str:
        return self.mode


class Trailing(Streaming):
    """Signs a request whose chunks and trailer are signed."""

    mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"


def streamed(
    signer: type[Streaming], chunks: list[bytes], trailer: str = ""
) -> tuple[dict[str, str], list[bytes]]:
    """Sign chunks, the last of which is empty, and the trailer: the headers, and the pieces of the body."""
    size = str(sum(map(len, chunks)))
    more = {"x-amz-trailer": "x-amz-checksum-crc32"} if trailer else {}
    more |= {"x-amz-decoded-content-length": size, "content-encoding": "aws-chunked"}
    made = by_botocore(signer, "PUT", "/master.images/new", more)
    scope = made.headers["authorization"].partition(f"{KEY}/")[2].partition(",")[0]
    key = signing_key(SECRET, scope[:8], "us-east-1", "s3")
    where, previous = (
        f"{made.headers['x-amz-date']}\n{scope}",
        made.headers["authorization"].rpartition("=")[2],
    )
    pieces = []
    for chunk in (*chunks, b""):
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{where}\n{previous}\n{EMPTY}\n{hashlib.sha256(chunk).hexdigest()}"
        previous = hmac.new(key, text.encode(), "sha256").hexdigest()
        end = b"" if not chunk and trailer else b"\r\n"
        pieces.append(b"%x;chunk-signature=%b\r\n%b%b" % (len(chunk), previous.encode(), chunk, end))
    if trailer:
        text = (
            f"AWS4-HMAC-SHA256-TRAILER\n{where}\n{previous}\n{hashlib.sha256(trailer.encode()).hexdigest()}"
        )
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        pieces += [trailer.encode(), f"x-amz-trailer-signature:{signature}\r\n".encode()]
    return made.headers, pieces


def upload(gateway: Gateway, headers: dict[str, str], pieces: list[bytes]) -> tuple[int, str | None]:
    body = b"".join(pieces)
    request = sent("PUT", "/master.images/new", {**headers, "content-length": str(len(body))}, body)
    return gateway.ask(request)


def test_chunks_are_swapped(gateway):
    headers, (one, two, end) = streamed(Streaming, [b"one", b"two"])
    assert upload(gateway, headers, [two, one, end]) == MISMATCH


def test_a_chunk_that_is_not_as_it_was_signed_is_denied_in_the_log(gateway):
    headers, pieces = streamed(Streaming, [b"one"])
    body = b"".join(pieces).replace(b"one", b"uno")
    request = sent("PUT", "/master.images/new", {**headers, "content-length": str(len(body))}, body)
    assert gateway.ask(request) == MISMATCH
    assert request.access is not None
    assert request.access.is_denied


def test_the_signatures_of_chunks_are_swapped(gateway):
    headers, (one, two, end) = streamed(Streaming, [b"one", b"two"])
    forged = [one.replace(b"one", b"two"), two.replace(b"two", b"one"), end]
    assert upload(gateway, headers, forged) == MISMATCH


def test_chunks_are_those_of_another_request(gateway):
    headers, (_, two, end) = streamed(Streaming, [b"one", b"two"])
    _, (other, *_) = streamed(Trailing, [b"uno", b"two"])
    assert upload(gateway, headers, [other, two, end]) == MISMATCH


def test_chunks_are_sent_without_signatures(gateway):
    headers, _ = streamed(Streaming, [b"one"])
    assert upload(gateway, headers, [b"3\r\none\r\n0\r\n\r\n"]) == MISMATCH


def test_chunks_end_early(gateway):
    headers, (one, _, end) = streamed(Streaming, [b"one", b"two"])
    assert upload(gateway, {**headers, "x-amz-decoded-content-length": "3"}, [one, end]) == MISMATCH
    assert upload(gateway, headers, [one, end])[0] in {400, 403}
    assert upload(gateway, headers, [one])[0] in {400, 403}


CRC32 = "x-amz-checksum-crc32:elMDbA==\n"


def test_a_trailer_is_not_signed(gateway):
    headers, (one, end, trailer, _) = streamed(Trailing, [b"one"], CRC32)
    assert upload(gateway, headers, [one, end, trailer]) == MISMATCH
    assert upload(gateway, headers, [one, end, trailer, b"x-amz-trailer-signature:0\r\n"]) == MISMATCH


def test_a_trailer_is_added_that_was_not_signed(gateway):
    headers, (one, end) = streamed(Streaming, [b"one"])
    assert upload(gateway, headers, [one, end.removesuffix(b"\r\n"), CRC32.encode()])[0] == 400


def test_a_trailer_is_taken_away(gateway):
    headers, (one, end, *_) = streamed(Trailing, [b"one"], CRC32)
    assert upload(gateway, headers, [one, end])[0] in {400, 403}


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.com",
        f"{HOST}.evil.example.com",
        "127.0.0.1",
        "gw.example.com.",
        "gw.example.com:80@evil",
    ],
)
def test_the_host_is_another(gateway, host):
    assert gateway.ask(again(GET, host=host)) == MISMATCH


def test_the_host_is_another_in_the_target(gateway):
    assert gateway.ask(again(GET, "/master", "http://evil.example.com/master")) == MISMATCH


def test_the_host_that_a_stranger_says_was_forwarded_does_not_count(gateway):
    made = again(GET, host="evil.example.com", x_forwarded_host=HOST, forwarded=f"host={HOST}")
    assert gateway.ask(made) == MISMATCH


@pytest.mark.parametrize(
    "path",
    [
        "master.images/b/%2e%2e/a",
        "master.images/%2e/a",
        "master.images/b/../a",
        "master.other/%2e%2e/master.images/a",
        "master.images%2Fa",
        "%2e%2e/master.images/a",
        "master%2eimages//a",
    ],
)
def test_dots_and_slashes_are_encoded(gateway, path):
    assert gateway.ask(again(GET, "master.images/a", path)) == MISMATCH


def test_a_name_is_encoded_as_it_need_not_be_and_is_the_same(gateway):
    assert gateway.ask(again(GET, "master.images/a", "master%2eimages/%61"))[0] == 200


@pytest.mark.parametrize("signer", [S3SigV4Auth, HmacV1Auth, S3SigV4QueryAuth, HmacV1QueryAuth])
def test_a_secret_is_guessed(gateway, signer):
    for secret in ("", "wrong", SECRET[:-1], SECRET.lower()):
        assert gateway.ask(by_botocore(signer, "GET", "/master.images/a", secret=secret)) == MISMATCH


def test_the_body_of_a_refused_request_is_not_read(gateway):
    made = again(PUT, "new", "other")
    assert gateway.ask(made) == MISMATCH
    assert made.stream.read(100) == b"forged"


def test_a_part_that_is_presigned_by_version_2_is_made_the_whole_object(gateway):
    made = by_botocore(HmacV1QueryAuth, "PUT", "/master.images/a?partNumber=1&uploadId=u", expires=3600)
    assert gateway.ask(again(made, content_length="6"))[1] == "NoSuchUpload"
    whole = again(made, "partNumber=1&uploadId=u", "partNumber=1%26uploadId%3Du", content_length="6")
    assert gateway.ask(whole) == MISMATCH


def test_headers_that_version_2_signs_are_folded_into_one(gateway):
    headers = {"x-amz-meta-a": "1", "x-amz-tagging": "a=b"}
    made = by_botocore(HmacV1QueryAuth, "PUT", "/master.images/new", headers, expires=3600)
    split, _, rest = made.raw_target.partition("x-amz-meta-a=1")
    folded = f"{split}x-amz-meta-a=1%0Ax-amz-tagging:a%3Db{rest.replace('&x-amz-tagging=a%3Db', '')}"
    assert "x-amz-tagging" not in sent("PUT", folded, {}).headers
    assert gateway.ask(sent("PUT", folded, {})) == MISMATCH
    named = made.raw_target.replace("x-amz-tagging=a%3Db", "x-amz-tagging%3Aa%3Db=")
    assert gateway.ask(sent("PUT", named, {})) == MISMATCH


@pytest.mark.parametrize("made", [GET, OLD], ids=["V4", "V2"])
def test_a_presigned_url_is_led_into_a_session(gateway, made):
    assert gateway.ask(again(made, x_s3gw_session="0" * 32)) == (403, "AccessDenied")


@pytest.mark.parametrize("made", [GET, OLD], ids=["V4", "V2"])
@pytest.mark.parametrize(
    "name", ["x-amz-meta-%C3%A9", "x-amz-meta-%E6%97%A5", "x-amz-%FF", "%C3%A9", "x-amz-%00"]
)
def test_a_name_that_no_header_has_is_put_into_the_query(gateway, made, name):
    assert gateway.ask(again(made, "?", f"?{name}=1&")) in (MISMATCH, (200, None))


MANY = {f"x-amz-meta-a{number:02}": "a,  b, c x" for number in range(40)}


@pytest.mark.parametrize(
    "target", ["/master.images/a?response-content-type=%0A", "/master.images/a?uploadId=%0A"]
)
def test_a_head_that_could_be_signed_in_countless_forms_is_refused_at_once(gateway, target):
    made = by_botocore(HmacV1Auth, "GET", "/master.images/a")
    headers = {**made.headers, **MANY, "authorization": "AWS nobody:c2ln"}
    assert gateway.ask(sent("GET", target, headers)) == (403, "InvalidAccessKeyId")
    made = by_botocore(S3SigV4Auth, "GET", "/master.images/a", MANY, secret="other")
    assert gateway.ask(made) == MISMATCH


def test_a_header_is_signed_once(gateway):
    made = by_botocore(S3SigV4Auth, "GET", "/master.images/a", {"x-amz-meta-a": "b, " * 10_000})
    repeated = made.headers["authorization"].replace("x-amz-meta-a", ";".join(["x-amz-meta-a"] * 5000))
    headers = {**made.headers, "authorization": repeated}
    assert gateway.ask(sent("GET", "/master.images/a", headers)) == (400, "AuthorizationHeaderMalformed")
    again_and_again = again(GET, "X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3Bhost")
    assert gateway.ask(again_and_again) == (400, "AuthorizationQueryParametersError")


def test_forms_of_a_long_head_are_bounded_by_what_they_take():
    taken = list(canonical.bounded("x" * 300_000 for _ in range(1000)))
    assert 1 < len(taken) < 5
    assert len(list(canonical.bounded("x" * 10_000_000 for _ in range(2)))) == 1


@pytest.mark.parametrize("key", [KEY, "nobody"])
def test_a_session_token_may_be_any_bytes(gateway, key):
    code = "SignatureDoesNotMatch" if key == KEY else "InvalidAccessKeyId"
    asked = again(again(GET, KEY, key), "?", "?X-Amz-Security-Token=%FF&")
    assert gateway.ask(asked) == (403, code)


def test_a_time_that_is_too_long_is_none(gateway):
    made = by_botocore(HmacV1Auth, "GET", "/master.images/a")
    headers = {**made.headers, "date": f"{made.headers['date']}{' ' * 100}."}
    assert gateway.ask(sent("GET", "/master.images/a", headers)) == (403, "AccessDenied")


def test_thousands_of_moved_parameters_cost_what_they_weigh(gateway):
    query = "&".join(f"x-amz-a{number}" for number in range(6000))
    assert gateway.ask(sent("GET", f"/master.images/a?{query}", {}))[0] in {400, 403}
