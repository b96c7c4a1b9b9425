"""Signatures of chunks: AWS's own examples, and whatever was changed since."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3gw.auth.chunks import ChunkSigner
from s3gw.auth.v4 import signing_key
from s3gw.generated import errors
from s3gw.http.body import Body
from s3gw.http.request import Request
from s3gw.s3_error import S3Error
from tests.auth.signing import EMPTY, KEY, SECRET, ask, at, sent

STAMP, SCOPE = "20130524T000000Z", "20130524/us-east-1/s3/aws4_request"
SIGNING_KEY = signing_key(SECRET, "20130524", "us-east-1", "s3")
PLAIN, TRAILING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"

# Of the pages on "Transferring Payload in Multiple Chunks", with and without trailing headers.
EXAMPLES = {
    PLAIN: (
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
        {"content-length": "66824"},
        b"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n%b\r\n"
        b"400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n%b\r\n"
        b"0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
    ),
    TRAILING: (
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
        {"x-amz-trailer": "x-amz-checksum-crc32c"},
        b"10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n%b\r\n"
        b"400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n%b\r\n"
        b"0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
        b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
        b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
    ),
}  # fmt: skip


def example(mode: str, change: Callable[[bytes], bytes] = bytes) -> Request:
    seed, signed, more, framed = EXAMPLES[mode]
    body = change(framed % (b"a" * 65536, b"a" * 1024))
    headers = {
        "host": "s3.amazonaws.com",
        "x-amz-date": STAMP,
        "x-amz-content-sha256": mode,
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "66560",
        "authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/{SCOPE},SignedHeaders={signed},Signature={seed}",
    }
    request = sent("PUT", "/examplebucket/chunkObject.txt", {**headers, **more}, body)
    assert ask(request, at(STAMP))
    return request


def read(request: Request) -> bytes:
    request.headers.pop("content-length", None)  # what was changed may have another
    return b"".join(request.body())


@pytest.mark.parametrize("mode", EXAMPLES)
def test_the_examples_of_aws_are_right(mode):
    assert read(example(mode)) == b"a" * 66560


CHANGES = {
    "a byte": lambda body: body.replace(b"a\r\n400", b"b\r\n400"),
    "a byte of the last chunk": lambda body: body.replace(b"a\r\n0;", b"b\r\n0;"),
    "the signature of a chunk": lambda body: body.replace(b"ad80c7", b"ad80c8").replace(b"b474d8", b"b474d9"),
    "the signature of the end": lambda body: body.replace(b"b6c6ea", b"b6c6eb").replace(b"2ca2ab", b"2ca2ac"),
    "no signature of a chunk": lambda body: b"10000" + body[body.index(b"\r\n") :],
    "no signature of the end": lambda body: body[: body.rindex(b"\n0;") + 2] + body[body.index(b"\r\n", body.rindex(b"\n0;")) :],
    "another extension": lambda body: body.replace(b"chunk-signature", b"chunk-signatur"),
    "chunks of another size": lambda body: body.replace(b"10000;", b"ffff;", 1).replace(b"aa\r\n", b"a\r\n", 1),
}  # fmt: skip


@pytest.mark.parametrize("mode", EXAMPLES)
@pytest.mark.parametrize("change", CHANGES)
def test_chunks_that_were_changed_are_wrong(mode, change):
    with pytest.raises(S3Error) as refused:
        read(example(mode, CHANGES[change]))
    assert refused.value.kind is errors.SignatureDoesNotMatch


TRAILERS = {
    "another value": (lambda body: body.replace(b"sOO8", b"sOO9"), errors.SignatureDoesNotMatch),
    "another signature": (lambda body: body.replace(b"d81f82", b"d81f83"), errors.SignatureDoesNotMatch),
    "no signature": (lambda body: body[: body.index(b"x-amz-trailer-sig")], errors.SignatureDoesNotMatch),
    "no trailer": (lambda body: body[: body.index(b"x-amz-checksum")], errors.SignatureDoesNotMatch),
    "a further one": (lambda body: body + b"x-amz-checksum-crc32:AAAAAA==\r\n", errors.MalformedTrailerError),
}  # fmt: skip


@pytest.mark.parametrize("change", TRAILERS)
def test_trailers_that_were_changed_are_wrong(change):
    changed, kind = TRAILERS[change]
    with pytest.raises(S3Error) as refused:
        read(example(TRAILING, changed))
    assert refused.value.kind is kind


@pytest.mark.parametrize("line", [b"x-amz-checksum-crc32c:sOO8/Q==\r\n", b"x-amz-trailer-signature:00\r\n"])
def test_a_mode_without_trailers_has_none(line):
    with pytest.raises(S3Error) as refused:
        read(example(PLAIN, lambda body: body.removesuffix(b"\r\n") + line))
    assert refused.value.kind is errors.MalformedTrailerError


def test_a_trailer_that_is_announced_needs_a_mode_that_has_one():
    headers = {"x-amz-content-sha256": PLAIN, "x-amz-trailer": "x-amz-checksum-crc32"}
    signer = ChunkSigner(SIGNING_KEY, STAMP, SCOPE, EMPTY, has_trailer=False)
    with pytest.raises(S3Error) as refused:
        Body(headers, io.BytesIO(), signer=signer)
    assert refused.value.kind is errors.InvalidRequest


def chained(chunks: list[bytes]) -> bytes:
    """Sign chunks as the page of AWS says, by other code than the gateway's."""
    previous, framed = EMPTY, b""
    for chunk in (*chunks, b""):
        sha256 = hashlib.sha256(chunk).hexdigest()
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{STAMP}\n{SCOPE}\n{previous}\n{EMPTY}\n{sha256}"
        previous = hmac.new(SIGNING_KEY, text.encode(), "sha256").hexdigest()
        framed += b"%x;chunk-signature=%b\r\n%b\r\n" % (len(chunk), previous.encode(), chunk)
    return framed


def unframed(body: bytes) -> bytes:
    signer = ChunkSigner(SIGNING_KEY, STAMP, SCOPE, EMPTY, has_trailer=False)
    return b"".join(Body({"x-amz-content-sha256": PLAIN}, io.BytesIO(body), signer=signer))


REFUSED = (
    errors.SignatureDoesNotMatch,
    errors.InvalidRequest,
    errors.IncompleteBody,
    errors.MalformedTrailerError,
)


def outcome(body: bytes) -> bytes | errors.ErrorKind:
    try:
        return unframed(body)
    except S3Error as error:
        return error.kind


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=5), st.data())
def test_whatever_is_signed_in_chunks_is_right_until_a_byte_of_it_is_changed(chunks, data):
    framed = chained(chunks)
    content = b"".join(chunks)
    assert unframed(framed) == content
    place = data.draw(st.integers(0, len(framed) - 1))
    changed = bytearray(framed)
    changed[place] ^= 1
    # what was changed may be the framing, which has more than one way to say the same
    assert outcome(bytes(changed)) in (content, *REFUSED)


def test_chunks_in_another_order_are_wrong():
    framed = chained([b"one", b"two"])
    end = framed.index(b"0;chunk")
    half = end // 2
    with pytest.raises(S3Error) as refused:
        unframed(framed[half:end] + framed[:half] + framed[end:])
    assert refused.value.kind is errors.SignatureDoesNotMatch


def test_a_chunk_that_is_left_out_is_wrong():
    framed = chained([b"one", b"two"])
    end = framed.index(b"0;chunk")
    with pytest.raises(S3Error) as refused:
        unframed(framed[: end // 2] + framed[end:])
    assert refused.value.kind is errors.SignatureDoesNotMatch


def test_where_nobody_is_asked_the_framing_comes_off_unread():
    body = b"3;chunk-signature=0\r\none\r\n0\r\n\r\n"
    assert b"".join(Body({"x-amz-content-sha256": PLAIN}, io.BytesIO(body))) == b"one"
