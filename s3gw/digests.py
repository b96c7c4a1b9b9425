"""The checksums of S3 under hashlib's names: `update` with bytes, `digest` at the end.

``spec/wire.yaml`` names the functions of this module; the CRCs and XXHashes are those of awscrt, as the
AWS SDKs use them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Protocol

from awscrt import checksums


class Digest(Protocol):
    """A checksum in progress."""

    def update(self, data: Any, /) -> object:
        """Go on with `data`."""
        ...

    def digest(self) -> bytes:
        """Give the value of all so far."""
        ...


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
    """A hash of awscrt, whose end has another name."""

    def __init__(self, xxhash: Any) -> None:
        self._xxhash = xxhash
        self.update = xxhash.update

    def digest(self) -> bytes:
        digest: bytes = self._xxhash.finalize()
        return digest


def crc32() -> Digest:
    """Begin a CRC-32."""
    return _Crc(checksums.crc32, 4)


def crc32c() -> Digest:
    """Begin a CRC-32C."""
    return _Crc(checksums.crc32c, 4)


def crc64nvme() -> Digest:
    """Begin a CRC-64/NVME."""
    return _Crc(checksums.crc64nvme, 8)


def md5() -> Digest:
    """Begin an MD5."""
    return hashlib.md5(usedforsecurity=False)


def sha1() -> Digest:
    """Begin a SHA-1."""
    return hashlib.sha1(usedforsecurity=False)


def sha256() -> Digest:
    """Begin a SHA-256."""
    return hashlib.sha256()


def sha512() -> Digest:
    """Begin a SHA-512."""
    return hashlib.sha512()


def xxhash64() -> Digest:
    """Begin an XXH64."""
    return _XXHash(checksums.XXHash.new_xxhash64())


def xxhash3() -> Digest:
    """Begin an XXH3 of 64 bits."""
    return _XXHash(checksums.XXHash.new_xxhash3_64())


def xxhash128() -> Digest:
    """Begin an XXH3 of 128 bits."""
    return _XXHash(checksums.XXHash.new_xxhash3_128())
