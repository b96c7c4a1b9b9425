"""Request bodies: framing removed, every promise of the client checked before the end.

What arrives: the plain bytes, or ``aws-chunked`` framing around them (signed or not, with or
without trailers) as the AWS SDKs send it. What a client promises: a length, a Content-MD5, a
SHA-256 in ``x-amz-content-sha256``, a checksum in a header or in a trailer. Signatures of chunks
are accepted unread, as all signatures are in the classic profile.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from awscrt import checksums

from s3gw.errors import S3Error
from s3gw.generated import errors

BLOCK = 256 * 1024

# Small chunks are gathered to blocks of at least this size.
_GATHER = 64 * 1024
_LINE_LIMIT = 4096
_TRAILER_LIMIT = 16 * 1024

_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,16}", re.ASCII)
_SHA256_HEX = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)
_CHECKSUM = "HTTP_X_AMZ_CHECKSUM_"
_NO_CHECKSUM = ("ALGORITHM", "MODE", "TYPE")


class _Input(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Digest(Protocol):
    def update(self, data: Any, /) -> object: ...

    def digest(self) -> bytes: ...


class _Crc:
    """A checksum of awscrt, which is a function from the one before to the next."""

    def __init__(self, function: Callable[[Any, int], int], size: int) -> None:
        self._function = function
        self._size = size
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


class _XXHash:
    """A hash of awscrt, under hashlib's names."""

    def __init__(self, xxhash: Any) -> None:
        self._xxhash = xxhash
        self.update = xxhash.update

    def digest(self) -> bytes:
        digest: bytes = self._xxhash.finalize()
        return digest


# Every ChecksumAlgorithm of the AWS model: size of the value in bytes, and how it is made.
_ALGORITHMS: Mapping[str, tuple[int, Callable[[], _Digest]]] = {
    "crc32": (4, lambda: _Crc(checksums.crc32, 4)),
    "crc32c": (4, lambda: _Crc(checksums.crc32c, 4)),
    "crc64nvme": (8, lambda: _Crc(checksums.crc64nvme, 8)),
    "md5": (16, lambda: hashlib.md5(usedforsecurity=False)),
    "sha1": (20, lambda: hashlib.sha1(usedforsecurity=False)),
    "sha256": (32, hashlib.sha256),
    "sha512": (64, hashlib.sha512),
    "xxhash64": (8, lambda: _XXHash(checksums.XXHash.new_xxhash64())),
    "xxhash3": (8, lambda: _XXHash(checksums.XXHash.new_xxhash3_64())),
    "xxhash128": (16, lambda: _XXHash(checksums.XXHash.new_xxhash3_128())),
}


class Body:
    """The bytes of an object on their way in; read once, by iterating or by `read_all`.

    Attributes:
        length: How many bytes the client promises, None where it does not say.
        arrived: Whether all of it is here already.
        checksums: After the end, the verified ``x-amz-checksum-*`` by their header names, in the
            base64 of S3, for the response.
    """

    def __init__(self, environ: Mapping[str, Any]) -> None:
        sha256 = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
        self._framed = sha256.startswith("STREAMING-") or "aws-chunked" in _tokens(
            environ, "HTTP_CONTENT_ENCODING"
        )
        self._wire = _Wire(environ["wsgi.input"], _length(environ, "CONTENT_LENGTH"))
        self.length = (
            _length(environ, "HTTP_X_AMZ_DECODED_CONTENT_LENGTH") if self._framed else self._wire.length
        )
        self.arrived = bool(environ.get("s3gw.arrived"))
        self.checksums: dict[str, str] = {}
        self._promises: list[tuple[_Digest, bytes, S3Error]] = []
        self._trailing: dict[str, _Digest] = {}
        if "HTTP_CONTENT_MD5" in environ:
            self._promise_md5(environ["HTTP_CONTENT_MD5"])
        self._promise_sha256(sha256)
        self._promise_checksum(environ)
        if self._framed:
            self._expect_trailers(environ)

    def _promise_md5(self, text: str) -> None:
        value = _base64(text, 16)
        if value is None:
            raise S3Error(errors.InvalidDigest)
        difference = S3Error(
            errors.BadDigest, "The Content-MD5 you specified did not match what we received."
        )
        self._promises.append((hashlib.md5(usedforsecurity=False), value, difference))

    def _promise_sha256(self, text: str) -> None:
        if text in ("", "UNSIGNED-PAYLOAD") or text.startswith("STREAMING-"):
            return
        if not _SHA256_HEX.fullmatch(text):
            raise S3Error(
                errors.InvalidArgument,
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING- mode, or a valid sha256 value.",
            )
        if self._framed:  # it covers the frame, if anything: the chunks carry their own signatures
            return
        self._promises.append(
            (hashlib.sha256(), bytes.fromhex(text), S3Error(errors.XAmzContentSHA256Mismatch))
        )

    def _promise_checksum(self, environ: Mapping[str, Any]) -> None:
        names = [
            name.removeprefix(_CHECKSUM).lower()
            for name in environ
            if name.startswith(_CHECKSUM) and name.removeprefix(_CHECKSUM) not in _NO_CHECKSUM
        ]
        if len(names) > 1:
            raise S3Error(
                errors.InvalidRequest,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            )
        for algorithm in names:
            text = environ[_CHECKSUM + algorithm.upper()]
            self._add_checksum(algorithm, text, _algorithm(algorithm)[1]())

    def _add_checksum(self, algorithm: str, text: str, digest: _Digest) -> None:
        header = f"x-amz-checksum-{algorithm}"
        value = _base64(text, _algorithm(algorithm)[0])
        if value is None:
            raise S3Error(errors.InvalidRequest, f"Value for {header} header is invalid.")
        difference = S3Error(
            errors.BadDigest,
            f"The {algorithm.upper()} you specified did not match the calculated checksum.",
        )
        self._promises.append((digest, value, difference))
        self.checksums[header] = text.strip()

    def _expect_trailers(self, environ: Mapping[str, Any]) -> None:
        for name in _tokens(environ, "HTTP_X_AMZ_TRAILER"):
            if name.startswith("x-amz-checksum-"):
                algorithm = name.removeprefix("x-amz-checksum-")
                self._trailing[algorithm] = _algorithm(algorithm)[1]()

    def __iter__(self) -> Iterator[bytes]:
        """Give the bytes, in blocks of at most about 1 MiB; behind the last one all is checked.

        Raises:
            S3Error: IncompleteBody, BadDigest, and the like.
        """
        digests = [digest for digest, _, _ in self._promises] + list(self._trailing.values())
        size = 0
        for block in self._unframed() if self._framed else self._wire.blocks():
            size += len(block)
            if self.length is not None and size > self.length:
                raise S3Error(errors.IncompleteBody, "The request body is longer than it was said to be.")
            for digest in digests:
                digest.update(block)
            yield block
        if self.length is not None and size != self.length:
            raise S3Error(errors.IncompleteBody)
        for digest, value, difference in self._promises:
            if digest.digest() != value:
                raise difference

    def read_all(self, limit: int) -> bytes:
        """Read a document of at most `limit` bytes. Raise S3Error MaxMessageLengthExceeded."""
        if self.length is not None and self.length > limit:
            raise S3Error(errors.MaxMessageLengthExceeded)
        document = bytearray()
        for block in self:
            document += block
            if len(document) > limit:
                raise S3Error(errors.MaxMessageLengthExceeded)
        return bytes(document)

    def _unframed(self) -> Iterator[bytes]:
        wire = self._wire
        gathered: list[bytes] = []
        room = _GATHER
        while size := self._chunk_size():
            while size:
                part = wire.take(size)
                size -= len(part)
                gathered.append(part)
                room -= len(part)
                if room <= 0:
                    yield gathered[0] if len(gathered) == 1 else b"".join(gathered)
                    gathered.clear()
                    room = _GATHER
            if wire.line(_LINE_LIMIT):
                raise _broken("a chunk is longer than its size says")
        if gathered:
            yield b"".join(gathered)
        self._read_trailers()

    def _chunk_size(self) -> int:
        line = self._wire.line(_LINE_LIMIT)
        if line is None:
            raise S3Error(errors.IncompleteBody, "The request body ends before its last chunk.")
        digits = line.partition(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(digits):
            raise _broken("the size of a chunk is not hexadecimal")
        return int(digits, 16)

    def _read_trailers(self) -> None:
        """Read to the end of the body; minio's Go client has an empty line before the signature."""
        room = _TRAILER_LIMIT
        while (line := self._wire.line(_LINE_LIMIT)) is not None:
            room -= len(line)
            name, _, text = line.decode("latin-1").partition(":")
            name = name.strip().lower()
            if room <= 0 or (line and not name.startswith("x-amz-")):
                raise S3Error(errors.MalformedTrailerError)
            if name.startswith("x-amz-checksum-"):
                algorithm = name.removeprefix("x-amz-checksum-")
                digest = self._trailing.pop(algorithm, None)
                if digest is None:
                    raise S3Error(errors.MalformedTrailerError, f"The trailer {name[:60]} was not announced.")
                self._add_checksum(algorithm, text, digest)
        if self._trailing:
            raise S3Error(errors.MalformedTrailerError, "A trailer that was announced did not arrive.")


def open_body(environ: Mapping[str, Any]) -> Body:
    """Open the body of a request; nothing is read from it before the body is.

    Args:
        environ: WSGI's; its ``wsgi.input`` ends with the body.

    Raises:
        S3Error: InvalidDigest, InvalidArgument, InvalidRequest, for promises that cannot be kept.
    """
    return Body(environ)


class _Wire:
    """The bytes as they arrive: an early end is noticed, and lines can be read."""

    def __init__(self, stream: _Input, length: int | None) -> None:
        self.length = length
        self._stream = stream
        self._left = length
        self._held = b""
        self._position = 0

    def _fill(self) -> bytes:
        """Read what comes next; nothing at the end."""
        if self._left == 0:
            return b""
        block = self._stream.read(BLOCK if self._left is None else min(BLOCK, self._left))
        if self._left is not None:
            if not block:
                raise S3Error(errors.IncompleteBody)
            self._left -= len(block)
        return block

    def blocks(self) -> Iterator[bytes]:
        """Give all of it."""
        while block := self._fill():
            yield block

    def take(self, limit: int) -> bytes:
        """Give some bytes, at most `limit`. Raise S3Error IncompleteBody at the end."""
        if self._position == len(self._held):
            self._held, self._position = self._fill(), 0
            if not self._held:
                raise S3Error(errors.IncompleteBody, "The request body ends within a chunk.")
        part = self._held[self._position : self._position + limit]
        self._position += len(part)
        return part

    def line(self, limit: int) -> bytes | None:
        """Give a line without its end (LF or CRLF); None at the end of the body."""
        end = self._held.find(b"\n", self._position)
        while end < 0:
            if len(self._held) - self._position > limit:
                raise _broken("a line is too long")
            more = self._fill()
            rest = self._held[self._position :]
            if not more:
                self._position = len(self._held)
                return rest.rstrip(b"\r") if rest else None
            self._held, self._position = rest + more, 0
            end = self._held.find(b"\n", max(0, len(rest) - 1))
        if end - self._position > limit:
            raise _broken("a line is too long")
        line = self._held[self._position : end]
        self._position = end + 1
        return line.removesuffix(b"\r")


def _broken(what: str) -> S3Error:
    return S3Error(errors.InvalidRequest, f"The aws-chunked framing of the body is broken: {what}.")


def _algorithm(name: str) -> tuple[int, Callable[[], _Digest]]:
    if name not in _ALGORITHMS:
        raise S3Error(errors.InvalidRequest, f"The checksum algorithm {name[:40]!a} is not known.")
    return _ALGORITHMS[name]


def _base64(text: str, size: int) -> bytes | None:
    """Decode a base64 that must have `size` bytes; None where it is anything else."""
    try:
        value = base64.b64decode(text.strip().encode("latin-1"), validate=True)
    except binascii.Error:
        return None
    return value if len(value) == size else None


def _length(environ: Mapping[str, Any], name: str) -> int | None:
    text = environ.get(name, "")
    if text and not _DIGITS.fullmatch(text):
        raise S3Error(errors.InvalidArgument, f"The header {name.removeprefix('HTTP_')} is not a length.")
    return int(text) if text else None


def _tokens(environ: Mapping[str, Any], name: str) -> list[str]:
    return [token.strip().lower() for token in environ.get(name, "").split(",") if token.strip()]
