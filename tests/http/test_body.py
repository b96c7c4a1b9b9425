"""Bodies: framing removed, every digest checked, nothing trusted."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import zlib
from typing import Any

import pytest
from awscrt import checksums
from hypothesis import given, settings
from hypothesis import strategies as st

from s3gw.http.body import Body
from s3gw.s3_error import S3Error

BODY = b"Welcome to Amazon S3."
ALGORITHMS = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "crc32c": lambda data: checksums.crc32c(data).to_bytes(4, "big"),
    "crc64nvme": lambda data: checksums.crc64nvme(data).to_bytes(8, "big"),
    "md5": lambda data: hashlib.md5(data).digest(),
    "sha1": lambda data: hashlib.sha1(data).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sha512": lambda data: hashlib.sha512(data).digest(),
    "xxhash64": checksums.XXHash.compute_xxhash64,
    "xxhash3": checksums.XXHash.compute_xxhash3_64,
    "xxhash128": checksums.XXHash.compute_xxhash3_128,
}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Trickle:
    """An input whose reads are as short as it likes."""

    def __init__(self, data: bytes, sizes: list[int] | None = None) -> None:
        self._stream = io.BytesIO(data)
        self._sizes = sizes or []

    def read(self, size: int) -> bytes:
        short = self._sizes.pop() if self._sizes else size
        return self._stream.read(min(size, short))


def opened(wire: bytes, headers: dict[str, str] | None = None, sizes: list[int] | None = None) -> Body:
    return Body({"content-length": str(len(wire)), **(headers or {})}, Trickle(wire, sizes))


def read(wire: bytes, headers: dict[str, str] | None = None, **rest: Any) -> bytes:
    return b"".join(opened(wire, headers, **rest))


def refusal(wire: bytes, headers: dict[str, str] | None = None, **rest: Any) -> str:
    with pytest.raises(S3Error) as refused:
        read(wire, headers, **rest)
    return refused.value.kind.code


def chunked(data: bytes, size: int, extension: bytes = b"", trailer: bytes = b"\r\n") -> bytes:
    wire = b""
    for begin in range(0, len(data), size):
        part = data[begin : begin + size]
        wire += b"%x%s\r\n%s\r\n" % (len(part), extension, part)
    return wire + b"0%s\r\n" % extension + trailer


SIGNED = b";chunk-signature=" + b"a" * 64


def test_a_plain_body_is_itself():
    assert read(BODY) == BODY
    assert read(b"") == b""
    assert opened(BODY).length == len(BODY)


def test_a_body_of_unknown_length_ends_with_its_input():
    body = Body({}, io.BytesIO(BODY))
    assert body.length is None
    assert b"".join(body) == BODY


def test_nothing_is_read_before_the_body_is():
    class Unreadable:
        def read(self, size: int) -> bytes:
            raise AssertionError("read too early")

    Body({"content-length": "5", "content-md5": b64(hashlib.md5(BODY).digest())}, Unreadable())


def test_a_short_body_is_incomplete():
    assert refusal(BODY, {"content-length": "22"}) == "IncompleteBody"
    assert refusal(b"", {"content-length": "1"}) == "IncompleteBody"


def test_a_length_that_is_none_is_refused():
    assert refusal(BODY, {"content-length": "-1"}) == "InvalidArgument"
    frame = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "ten",
    }
    assert refusal(chunked(BODY, 5), frame) == "InvalidArgument"


def test_content_md5_is_verified():
    right, wrong = b64(hashlib.md5(BODY).digest()), b64(hashlib.md5(b"else").digest())
    assert read(BODY, {"content-md5": right}) == BODY
    assert refusal(BODY, {"content-md5": wrong}) == "BadDigest"
    for malformed in ("", "x", "AAAA", right[:-2], "é" * 24):
        assert refusal(BODY, {"content-md5": malformed}) == "InvalidDigest"


def test_a_sha256_of_the_payload_is_verified():
    assert read(BODY, {"x-amz-content-sha256": hashlib.sha256(BODY).hexdigest()}) == BODY
    assert read(BODY, {"x-amz-content-sha256": hashlib.sha256(BODY).hexdigest().upper()}) == BODY
    assert read(BODY, {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}) == BODY
    assert (
        refusal(BODY, {"x-amz-content-sha256": hashlib.sha256(b"").hexdigest()})
        == "XAmzContentSHA256Mismatch"
    )
    assert refusal(BODY, {"x-amz-content-sha256": "no hash"}) == "InvalidArgument"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("data", [b"", BODY, bytes(300_000)])
def test_every_checksum_of_the_aws_model_is_verified_in_header_and_trailer(algorithm, data):
    name, value = f"x-amz-checksum-{algorithm}", b64(ALGORITHMS[algorithm](data))
    other = b64(ALGORITHMS[algorithm](data + b"."))
    body = opened(data, {name: value})
    assert b"".join(body) == data
    assert body.checksums == {name: value}
    assert refusal(data, {name: other}) == "BadDigest"
    assert refusal(data, {name: "AA=="}) == "InvalidRequest"
    assert refusal(data, {name: "not base64"}) == "InvalidRequest"
    frame = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-trailer": name}
    trailer = f"{name}:{value}\r\n\r\n".encode()
    body = opened(chunked(data, 65536, trailer=trailer), frame)
    assert b"".join(body) == data
    assert body.checksums == {name: value}
    assert refusal(chunked(data, 65536, trailer=f"{name}:{other}\r\n\r\n".encode()), frame) == "BadDigest"
    assert refusal(chunked(data, 65536, trailer=f"{name}:!\r\n\r\n".encode()), frame) == "InvalidRequest"


def test_every_checksum_of_the_aws_model_is_known():
    from tests.sdk import model

    assert sorted(name.lower() for name in model().shape_for("ChecksumAlgorithm").enum) == sorted(ALGORITHMS)


def test_checksums_that_cannot_be_verified_are_refused():
    assert refusal(BODY, {"x-amz-checksum-crc16": "AAA="}) == "InvalidRequest"
    two = {"x-amz-checksum-crc32": b64(bytes(4)), "x-amz-checksum-sha1": b64(bytes(20))}
    assert refusal(BODY, two) == "InvalidRequest"
    announced = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-trailer": "x-amz-checksum-crc16",
    }
    assert refusal(chunked(BODY, 5), announced) == "InvalidRequest"
    for harmless in ("x-amz-checksum-algorithm", "x-amz-checksum-type", "x-amz-checksum-mode"):
        assert read(BODY, {harmless: "CRC32"}) == BODY


@pytest.mark.parametrize(
    "mode",
    [
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    ],
)
@pytest.mark.parametrize("extension", [b"", SIGNED, b";x", b" ;x=1"])
def test_framing_is_removed_in_every_mode(mode, extension):
    frame = {"x-amz-content-sha256": mode, "x-amz-decoded-content-length": str(len(BODY))}
    for size in (1, 5, len(BODY), 100):
        body = opened(chunked(BODY, size, extension), frame)
        assert body.length == len(BODY)
        assert b"".join(body) == BODY
    assert read(chunked(b"", 1, extension), {**frame, "x-amz-decoded-content-length": "0"}) == b""


CRC32 = b64(ALGORITHMS["crc32"](BODY))
SHA1 = b64(ALGORITHMS["sha1"](BODY))
TRAILED = {
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-trailer": "x-amz-checksum-crc32",
}


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        # the algorithm that the SDK names, with and without its checksum
        ({"x-amz-sdk-checksum-algorithm": "CRC32", "x-amz-checksum-crc32": CRC32}, True),
        ({"x-amz-sdk-checksum-algorithm": "crc32", "x-amz-checksum-crc32": CRC32}, True),
        ({"x-amz-sdk-checksum-algorithm": "CRC32"}, False),
        ({"x-amz-sdk-checksum-algorithm": ""}, False),
        ({"x-amz-sdk-checksum-algorithm": "CRC16", "x-amz-checksum-crc32": CRC32}, False),
        ({"x-amz-sdk-checksum-algorithm": "SHA1", "x-amz-checksum-crc32": CRC32}, False),
        (
            {
                "x-amz-sdk-checksum-algorithm": "CRC32",
                "x-amz-checksum-crc32": CRC32,
                "x-amz-checksum-sha1": SHA1,
            },
            False,
        ),
        # a trailer that nothing can carry, or two of them, or one beside a header
        ({"x-amz-trailer": "x-amz-checksum-crc32"}, False),
        ({"x-amz-trailer": "x-amz-checksum-crc32", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, False),
        ({"x-amz-trailer": "x-amz-meta-a"}, False),
        ({"x-amz-decoded-content-length": str(len(BODY)), "x-amz-trailer": "x-amz-checksum-crc32"}, False),
    ],
)
def test_a_checksum_that_was_announced_is_there_once(headers, accepted):
    if accepted:
        assert read(BODY, headers) == BODY
    else:
        assert refusal(BODY, headers) == "InvalidRequest"


@pytest.mark.parametrize(
    "headers",
    [
        {**TRAILED, "x-amz-checksum-crc32": CRC32},
        {**TRAILED, "x-amz-checksum-sha1": SHA1},
        {**TRAILED, "x-amz-trailer": "x-amz-checksum-crc32, x-amz-checksum-sha1"},
        {**TRAILED, "x-amz-sdk-checksum-algorithm": "SHA1"},
        {**TRAILED, "x-amz-trailer": "x-amz-meta-a"},
        {"x-amz-content-sha256": TRAILED["x-amz-content-sha256"], "x-amz-sdk-checksum-algorithm": "CRC32"},
    ],
)
def test_a_trailer_beside_another_checksum_is_refused(headers):
    wire = chunked(BODY, 9, trailer=f"x-amz-checksum-crc32:{CRC32}\r\n\r\n".encode())
    assert refusal(wire, headers) == "InvalidRequest"
    assert read(wire, {**TRAILED, "x-amz-sdk-checksum-algorithm": "CRC32"}) == BODY


PLAIN_TRAILED = {"x-amz-content-sha256": TRAILED["x-amz-content-sha256"]}


def test_empty_lines_behind_the_last_chunk_are_bounded():
    assert read(chunked(BODY, 9, trailer=b"\r\n" * 100), PLAIN_TRAILED) == BODY
    assert refusal(chunked(BODY, 9, trailer=b"\r\n" * 20_000), PLAIN_TRAILED) == "MalformedTrailerError"


def test_the_message_tells_a_trailing_header_from_a_header():
    for place, wire, headers in (
        ("header", BODY, {"x-amz-checksum-crc32": "!"}),
        ("trailing header", chunked(BODY, 9, trailer=b"x-amz-checksum-crc32:!\r\n\r\n"), TRAILED),
    ):
        with pytest.raises(S3Error) as refused:
            read(wire, headers)
        assert refused.value.message == f"Value for x-amz-checksum-crc32 {place} is invalid."


@pytest.mark.parametrize("encoding", ["aws-chunked", "gzip,aws-chunked", "AWS-CHUNKED", "gzip", ""])
@pytest.mark.parametrize("sha256", [None, "UNSIGNED-PAYLOAD", "right"])
@pytest.mark.parametrize("decoded", [False, True])
def test_a_body_is_plain_unless_payload_or_length_say_that_it_is_framed(encoding, sha256, decoded):
    """What a client has framed itself, and wants to be stored so, is stored so."""
    for stored in (BODY, chunked(BODY, 7)):
        headers = {"content-encoding": encoding} if encoding else {}
        if sha256:
            headers["x-amz-content-sha256"] = sha256.replace("right", hashlib.sha256(stored).hexdigest())
        if decoded:
            headers["x-amz-decoded-content-length"] = str(len(stored))
        assert read(stored, headers) == stored


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content-encoding": "aws-chunked"}, BODY),
        ({"content-encoding": "gzip, aws-chunked"}, BODY),
        ({"content-encoding": "aws-chunked", "content-length": ""}, BODY),  # chunked transfer encoding
        ({"content-encoding": "aws-chunked", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, BODY),
        ({"content-encoding": "aws-chunked", "x-amz-content-sha256": "wire"}, BODY),
        ({"content-encoding": "aws-chunked", "x-amz-content-sha256": "decoded"}, "XAmzContentSHA256Mismatch"),
        ({"content-encoding": "aws-chunked", "x-amz-content-sha256": "0" * 64}, "XAmzContentSHA256Mismatch"),
        ({}, "InvalidRequest"),
        ({"content-encoding": "gzip"}, "InvalidRequest"),
        ({"x-amz-trailer": "x-amz-checksum-crc32"}, "InvalidRequest"),
        ({"content-encoding": "aws-chunked", "x-amz-trailer": "x-amz-checksum-crc32"}, "InvalidRequest"),
    ],
)
def test_a_decoded_length_that_differs_means_framing_that_is_removed_or_refused(headers, expected):
    wire = chunked(BODY, 7)
    hashes = {"wire": hashlib.sha256(wire).hexdigest(), "decoded": hashlib.sha256(BODY).hexdigest()}
    given = {name: hashes.get(value, value) for name, value in headers.items()}
    given["x-amz-decoded-content-length"] = str(len(BODY))
    if isinstance(expected, bytes):
        assert read(wire, given) == expected
    else:
        assert refusal(wire, given) == expected


@pytest.mark.parametrize(
    "trailer",
    [
        b"x-amz-checksum-crc32:%s\r\n\r\n",
        b"x-amz-checksum-crc32: %s\r\n\r\n",
        b"x-amz-checksum-crc32:%s\r\nx-amz-trailer-signature:abc\r\n\r\n",
        b"x-amz-checksum-crc32:%s\n\r\n",
        b"x-amz-checksum-crc32:%s\n\r\nx-amz-trailer-signature:abc\r\n\r\n",
        b"X-Amz-Checksum-Crc32:%s\r\n",
        b"x-amz-checksum-crc32:%s",
    ],
)
def test_trailers_as_the_clients_end_them(trailer):
    frame = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    value = b64(ALGORITHMS["crc32"](BODY)).encode()
    assert read(chunked(BODY, 8, trailer=trailer % value), frame) == BODY


def test_an_sdk_that_signs_nothing_streams_trailers_without_a_length():
    """As botocore does over TLS for signature_version=UNSIGNED: chunked, and no x-amz-content-sha256."""
    streamed = {
        "content-length": "",
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(len(BODY)),
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    del streamed["content-length"]
    for value, expected in ((CRC32, BODY), (b64(bytes(4)), "BadDigest")):
        wire = chunked(BODY, 9, trailer=f"x-amz-checksum-crc32:{value}\r\n\r\n".encode())
        body = Body(streamed, Trickle(wire))
        if isinstance(expected, bytes):
            assert b"".join(body) == expected
        else:
            with pytest.raises(S3Error) as refused:
                list(body)
            assert refused.value.kind.code == expected


@pytest.mark.parametrize(
    "trailer", [b"x-amz-if-match-size:1", b"x-amz-tagging:a=b", b"x-amz-foo", b"x-amz-meta-a:b", b"a:b"]
)
def test_a_trailing_header_that_nobody_announced_is_refused(trailer):
    for frame in (TRAILED, FRAME):
        sent = {**frame, "x-amz-decoded-content-length": str(len(BODY))}
        crc32 = f"x-amz-checksum-crc32:{CRC32}\r\n".encode() if frame is TRAILED else b""
        assert (
            refusal(chunked(BODY, 9, trailer=crc32 + trailer + b"\r\n\r\n"), sent) == "MalformedTrailerError"
        )


def test_trailers_that_do_not_keep_the_promise_are_refused():
    frame = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    assert refusal(chunked(BODY, 8), frame) == "MalformedTrailerError"
    assert refusal(chunked(BODY, 8, trailer=b"no colon\r\n\r\n"), frame) == "MalformedTrailerError"
    assert (
        refusal(chunked(BODY, 8, trailer=b"x-amz-checksum-sha1:AA==\r\n\r\n"), frame)
        == "MalformedTrailerError"
    )
    assert refusal(chunked(BODY, 8, trailer=b"x" * 20_000 + b":y\r\n\r\n"), frame) in (
        "InvalidRequest",
        "MalformedTrailerError",
    )


FRAME = {
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "x-amz-decoded-content-length": "5",
}


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"5\r\nhello\r\n",
        b"5\r\nhel",
        b"5\r\nhello",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"g\r\nhello\r\n0\r\n\r\n",
        b"\r\nhello\r\n0\r\n\r\n",
        b"4\r\nhello\r\n0\r\n\r\n",
        b"6\r\nhello\r\n0\r\n\r\n",
        b"ffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        b"5" + b";" * 5000 + b"\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\n\r\nmore\r\n",
        b"6\r\nhello!\r\n0\r\n\r\n",
        b"4\r\nhell\r\n0\r\n\r\n",
        b"hello",
    ],
)
def test_broken_framing_is_refused(wire):
    assert refusal(wire, FRAME) in ("IncompleteBody", "InvalidRequest", "MalformedTrailerError")


def test_a_document_is_read_whole_up_to_its_limit():
    assert b"".join(opened(BODY).read_all(len(BODY))) == BODY
    for known in ({}, {"content-length": ""}):
        with pytest.raises(S3Error) as refused:
            list(opened(BODY, known).read_all(len(BODY) - 1))
        assert refused.value.kind.code == "MaxMessageLengthExceeded"


def test_small_chunks_are_gathered():
    blocks = list(opened(chunked(bytes(200_000), 100), {**FRAME, "x-amz-decoded-content-length": "200000"}))
    assert all(len(block) >= 60_000 for block in blocks[:-1])


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=400),
    size=st.integers(1, 200),
    sizes=st.lists(st.integers(1, 50), max_size=60),
    algorithm=st.sampled_from(sorted(ALGORITHMS)),
    signed=st.booleans(),
)
def test_any_object_in_any_chunks_is_itself(data, size, sizes, algorithm, signed):
    name = f"x-amz-checksum-{algorithm}"
    trailer = f"{name}:{b64(ALGORITHMS[algorithm](data))}\r\n\r\n".encode()
    frame = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-trailer": name,
        "x-amz-decoded-content-length": str(len(data)),
    }
    assert read(chunked(data, size, SIGNED if signed else b"", trailer), frame, sizes=sizes) == data


@settings(max_examples=400, deadline=None)
@given(st.data(), st.binary(min_size=1, max_size=60))
def test_damage_on_the_wire_is_never_another_object(data, body):
    trailer = f"x-amz-checksum-sha256:{b64(hashlib.sha256(body).digest())}\r\n\r\n".encode()
    wire = chunked(body, 20, SIGNED, trailer)
    position = data.draw(st.integers(0, len(wire) - 1))
    damaged = data.draw(
        st.sampled_from(
            [
                wire[:position],
                wire[:position] + wire[position + 1 :],
                wire[:position]
                + bytes([wire[position] ^ data.draw(st.integers(1, 255))])
                + wire[position + 1 :],
            ]
        )
    )
    frame = {
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "x-amz-trailer": "x-amz-checksum-sha256",
        "x-amz-decoded-content-length": str(len(body)),
    }
    with contextlib.suppress(S3Error):
        assert read(damaged, frame) == body
