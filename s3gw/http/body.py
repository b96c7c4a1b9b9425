"""Request bodies: framing removed, every promise of the client checked before the end.

What arrives: the plain bytes, or ``aws-chunked`` framing around them (signed or not, with or
without trailers) as the AWS SDKs send it. What a client promises: a length, a Content-MD5, a
SHA-256 in ``x-amz-content-sha256``, a checksum in a header or in a trailer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from s3gw.digests import Digest
from s3gw.generated import errors
from s3gw.generated.wire import CHECKSUMS, Checksum
from s3gw.http.framing import Input, Wire, unframe
from s3gw.http.values import size_in_bytes
from s3gw.s3_error import S3Error, invalid_argument

if TYPE_CHECKING:
    from s3gw.auth.chunks import ChunkSigner

_SHA256_HEX = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
# What the names of checksum headers begin with.
CHECKSUM = "x-amz-checksum-"
_NO_CHECKSUM = frozenset((f"{CHECKSUM}algorithm", f"{CHECKSUM}mode", f"{CHECKSUM}type"))


class Body:
    """The bytes of an object on their way in; read once, by iterating or by `read_all`.

    Args:
        headers: Of the request, by their names in lower case.
        stream: Where the bytes come from; nothing is read from it before the body is.
        arrived: Whether all of it is here already.
        signer: Verifies its chunks, where they are signed and somebody is asked who they are.

    Attributes:
        length: How many bytes the client promises, None where it does not say.
        arrived: See above.
        announced: The headers ``x-amz-checksum-*`` that are sent, be it as trailers.
        checksums: After the end, the verified ``x-amz-checksum-*`` by their header names, in the
            base64 of S3, for the response.

    Raises:
        S3Error: InvalidDigest, InvalidArgument, InvalidRequest, for promises that contradict each other
            or cannot be kept.
    """

    def __init__(
        self,
        headers: Mapping[str, str],
        stream: Input,
        *,
        arrived: bool = False,
        signer: ChunkSigner | None = None,
    ) -> None:
        self._headers = headers
        self._signer = signer
        sha256 = headers.get("x-amz-content-sha256", "")
        on_the_wire = size_in_bytes("Content-Length", headers.get("content-length"))
        self._framed = self._is_framed(sha256, on_the_wire)
        self.length = (
            size_in_bytes("x-amz-decoded-content-length", headers.get("x-amz-decoded-content-length"))
            if self._framed
            else on_the_wire
        )
        self.arrived = arrived
        self.announced: tuple[str, ...] = ()
        self.checksums: dict[str, str] = {}
        self._promises: list[tuple[Digest, bytes, S3Error]] = []
        self._of_wire: list[tuple[Digest, bytes, S3Error]] = []
        self._trailing: dict[str, Digest] = {}
        if "content-md5" in headers:
            self._promise_md5(headers["content-md5"])
        self._promise_sha256(sha256)
        self._promise_checksum()
        self._wire = Wire(stream, on_the_wire, self._of_wire[0][0] if self._of_wire else None)

    def _is_framed(self, sha256: str, on_the_wire: int | None) -> bool:
        """Tell whether the bytes are framed: what says that they are must be the payload or the length.

        ``Content-Encoding: aws-chunked`` alone does not: a client may store what it has encoded so.
        """
        if sha256.startswith("STREAMING-"):
            return True
        decoded = self._headers.get("x-amz-decoded-content-length")
        if not decoded or size_in_bytes("x-amz-decoded-content-length", decoded) == on_the_wire:
            return False
        if "aws-chunked" in _tokens(self._headers.get("content-encoding", "")):
            return True
        raise S3Error(
            errors.InvalidRequest,
            "x-amz-decoded-content-length differs from Content-Length, and nothing says how the body is "
            "framed: send aws-chunked in Content-Encoding, or leave the header out.",
        )

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
            raise invalid_argument(
                "x-amz-content-sha256",
                text,
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING- mode, or a valid sha256 value.",
            )
        promise = (hashlib.sha256(), bytes.fromhex(text), S3Error(errors.XAmzContentSHA256Mismatch))
        # it is the hash of the payload as it was sent (SigV4), its framing included
        (self._of_wire if self._framed else self._promises).append(promise)

    def _promise_checksum(self) -> None:
        """Take the one checksum that there may be, in a header or announced as a trailer."""
        headers = self._headers
        given = [name for name in headers if is_checksum(name)]
        trailing = _tokens(headers.get("x-amz-trailer", ""))
        if not given and not trailing and "x-amz-sdk-checksum-algorithm" not in headers:
            return  # PERF: most have none
        if len(given) + len(trailing) > 1:
            raise S3Error(
                errors.InvalidRequest,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            )
        if trailing and not self._may_trail():
            raise S3Error(
                errors.InvalidRequest,
                "x-amz-trailer announces a trailing header, and x-amz-content-sha256 says no STREAMING- mode "
                "that carries one.",
            )
        self._check_announced(given + trailing)
        self.announced = (*given, *trailing)
        for name in given:
            self._add_checksum(name, headers[name], _checksum(name).digest(), "header")
        for name in trailing:
            self._trailing[name] = _checksum(name, "The value specified in the x-amz-trailer header").digest()

    def _may_trail(self) -> bool:
        """Tell whether a body is one that carries trailing headers.

        It is where the payload says so, and where the SDK streams one that nobody signs: without a
        length, in chunks.
        """
        if self._signer is not None:
            return self._signer.has_trailer
        is_streaming = self._headers.get("x-amz-content-sha256", "").startswith("STREAMING-")
        return is_streaming or (self._framed and "content-length" not in self._headers)

    def _check_announced(self, names: list[str]) -> None:
        """The algorithm that the SDK names must be that of the checksum."""
        algorithm = self._headers.get("x-amz-sdk-checksum-algorithm")
        if algorithm is None:
            return
        wanted = CHECKSUM + algorithm.lower()
        _checksum(wanted)
        if names != [wanted]:
            raise S3Error(
                errors.InvalidRequest,
                f"x-amz-sdk-checksum-algorithm says {algorithm.upper()}, but "
                + (f"{names[0]} was sent." if names else f"neither {wanted} nor x-amz-trailer was sent."),
            )

    def _add_checksum(self, name: str, text: str, digest: Digest, place: str) -> None:
        value = _base64(text, _checksum(name).size)
        if value is None:
            raise S3Error(errors.InvalidRequest, f"Value for {name} {place} is invalid.")
        algorithm = name.removeprefix(CHECKSUM).upper()
        message = f"The {algorithm} you specified did not match the calculated checksum."
        difference = S3Error(errors.BadDigest, message)
        self._promises.append((digest, value, difference))
        self.checksums[name] = text.strip()

    def __iter__(self) -> Iterator[bytes]:
        """Give the bytes, in blocks of at most about 1 MiB; behind the last one all is checked.

        Raises:
            S3Error: IncompleteBody, BadDigest, and the like.
        """
        digests = [digest for digest, _, _ in self._promises] + list(self._trailing.values())
        size = 0
        for block in self._blocks():
            size += len(block)
            if self.length is not None and size > self.length:
                raise S3Error(errors.IncompleteBody, "The request body is longer than it was said to be.")
            for digest in digests:
                digest.update(block)
            yield block
        if self.length is not None and size != self.length:
            raise S3Error(errors.IncompleteBody)
        if self._trailing:
            raise S3Error(
                errors.MalformedTrailerError, "A trailing header that was announced did not arrive."
            )
        for digest, value, difference in (*self._of_wire, *self._promises):
            if digest.digest() != value:
                raise difference

    def _blocks(self) -> Iterator[bytes]:
        if self._framed:
            return unframe(self._wire, self._take_trailer, self._signer)
        return self._wire.blocks()

    def _take_trailer(self, name: str, text: str) -> None:
        """Take a trailing header: a checksum that was announced."""
        digest = self._trailing.pop(name, None)
        if digest is None:
            raise S3Error(errors.MalformedTrailerError, f"The trailing header {name[:60]} was not announced.")
        self._add_checksum(name, text, digest, "trailing header")

    def read_all(self, limit: int) -> Iterator[bytes]:
        """Give the blocks of a document of at most `limit` bytes. Raise S3Error MaxMessageLengthExceeded."""
        if self.length is not None and self.length > limit:
            raise S3Error(errors.MaxMessageLengthExceeded)
        size = 0
        for block in self:
            size += len(block)
            if size > limit:
                raise S3Error(errors.MaxMessageLengthExceeded)
            yield block


def is_checksum(name: str) -> bool:
    """Tell whether a header, in lower case, tells a checksum."""
    return name.startswith(CHECKSUM) and name not in _NO_CHECKSUM


def is_of_nothing(name: str, text: str) -> bool:
    """Tell whether a text is the checksum of no bytes that a header would tell."""
    checksum = CHECKSUMS.get(name.removeprefix(CHECKSUM))
    return checksum is not None and text == base64.b64encode(checksum.digest().digest()).decode()


def _checksum(name: str, what: str = "The checksum algorithm") -> Checksum:
    """Find the algorithm of a header ``x-amz-checksum-*``."""
    checksum = CHECKSUMS.get(name.removeprefix(CHECKSUM)) if name.startswith(CHECKSUM) else None
    if checksum is None:
        raise S3Error(errors.InvalidRequest, f"{what} {name.removeprefix(CHECKSUM)[:40]!a} is not supported.")
    return checksum


def _base64(text: str, size: int) -> bytes | None:
    """Decode a base64 that must have `size` bytes; None where it is anything else."""
    try:
        value = base64.b64decode(text.strip().encode("latin-1"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return value if len(value) == size else None


def _tokens(text: str) -> list[str]:
    return [token.strip().lower() for token in text.split(",") if token.strip()]
