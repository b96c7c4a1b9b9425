"""The bytes of a body as they arrive, and ``aws-chunked`` framing, which is taken off.

Each chunk is ``SIZE[;extensions]CRLF bytes CRLF``, the last one has the size 0 and trailing headers
behind it. Signatures of chunks are verified where somebody is asked who they are, and else not read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from s3gw.digests import Digest
from s3gw.generated import errors
from s3gw.s3_error import S3Error

if TYPE_CHECKING:
    from s3gw.auth.chunks import ChunkSigner

BLOCK = 256 * 1024

# Small chunks are gathered to blocks of at least this size.
_GATHER = 64 * 1024
_LINE_LIMIT = 4096
_TRAILER_LIMIT = 16 * 1024

# The trailing header that signs the others.
_SIGNATURE = "x-amz-trailer-signature"

_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,16}", re.ASCII)


class Input(Protocol):
    """What a server gives a body as: it ends with the body."""

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes; none at the end."""
        ...


class Wire:
    """The bytes as they arrive: an early end is noticed, and lines can be read.

    Args:
        stream: The server's.
        length: How many bytes it announces, None where it does not.
        digest: Is told all of them, if it is given.
    """

    def __init__(self, stream: Input, length: int | None, digest: Digest | None = None) -> None:
        self._stream = stream
        self._left = length
        self._digest = digest
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
        if self._digest is not None:
            self._digest.update(block)
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


def unframe(
    wire: Wire, trailer: Callable[[str, str], None], signer: ChunkSigner | None = None
) -> Iterator[bytes]:
    """Give the bytes inside of the framing, in blocks; `trailer` is told each trailing header.

    With a `signer` nothing is right before the end: it may be that of another chunk that is wrong.

    Raises:
        S3Error: InvalidRequest where the framing is broken, IncompleteBody, MalformedTrailerError,
            SignatureDoesNotMatch.
    """
    gathered: list[bytes] = []
    room = _GATHER
    size, signature = _chunk_head(wire)
    while size:
        digest = None if signer is None else hashlib.sha256()
        while size:
            part = wire.take(size)
            size -= len(part)
            if digest is not None:
                digest.update(part)
            gathered.append(part)
            room -= len(part)
            if room <= 0:
                yield gathered[0] if len(gathered) == 1 else b"".join(gathered)
                gathered.clear()
                room = _GATHER
        if wire.line(_LINE_LIMIT):
            raise _broken("a chunk is longer than its size says")
        if signer is not None and digest is not None:
            signer.verify_chunk(digest.hexdigest(), signature)
        size, signature = _chunk_head(wire)
    if gathered:
        yield b"".join(gathered)
    if signer is not None:
        signer.verify_chunk(hashlib.sha256().hexdigest(), signature)
    _read_trailers(wire, trailer, signer)


def _chunk_head(wire: Wire) -> tuple[int, str | None]:
    """Read the size of a chunk, and its signature."""
    line = wire.line(_LINE_LIMIT)
    if line is None:
        raise S3Error(errors.IncompleteBody, "The request body ends before its last chunk.")
    digits, _, extensions = line.partition(b";")
    if not _CHUNK_SIZE.fullmatch(digits.strip()):
        raise _broken("the size of a chunk is not hexadecimal")
    name, equals, signature = extensions.partition(b"=")
    is_signed = equals and name.strip() == b"chunk-signature"
    return int(digits, 16), signature.strip().decode("latin-1") if is_signed else None


def _read_trailers(wire: Wire, trailer: Callable[[str, str], None], signer: ChunkSigner | None) -> None:
    """Read to the end of the body; minio's Go client has an empty line before the signature."""
    room = _TRAILER_LIMIT
    signed: list[str] = []
    signature = None
    while (line := wire.line(_LINE_LIMIT)) is not None:
        room -= len(line) + 1
        name, colon, text = line.decode("latin-1").partition(":")
        if room <= 0 or (line and not colon):
            raise S3Error(errors.MalformedTrailerError)
        name, text = name.strip().lower(), text.strip()
        if name == _SIGNATURE:
            signature = text
        elif line:
            signed.append(f"{name}:{text}\n")
            trailer(name, text)
    if signer is None:
        return
    if signer.has_trailer:
        signer.verify_trailer("".join(signed), signature)
    elif signed or signature is not None:
        message = "Trailing headers need x-amz-content-sha256 to be a STREAMING- mode that ends in -TRAILER."
        raise S3Error(errors.MalformedTrailerError, message)


def _broken(what: str) -> S3Error:
    return S3Error(errors.InvalidRequest, f"The aws-chunked framing of the body is broken: {what}.")
