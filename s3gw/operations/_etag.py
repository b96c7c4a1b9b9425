"""ETags of files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from s3gw.pfs.interface import FileInfo

_MD5_SIZE = 16


def etag_of(file: FileInfo) -> str:
    """Give the ETag of a file, without quotes: one value on PUT, GET, HEAD and LIST.

    The MD5 in hex where PFS keeps it, as clients expect, followed by the number of parts where it is
    of parts. Else PFS's hash followed by ``-1``: the form by which S3 clients know that an ETag is
    not an MD5.
    """
    md5 = file.md5
    if md5 is None:
        return f"{file.hash.hex()}-1"
    if len(md5) == _MD5_SIZE:
        return md5.hex()
    return f"{md5[:_MD5_SIZE].hex()}-{int.from_bytes(md5[_MD5_SIZE:], 'big')}"


def md5_of_parts(md5s: Sequence[bytes]) -> bytes:
    """Give what is kept as the MD5 of an object of parts: the MD5 of theirs, then how many in two bytes."""
    of_all = hashlib.md5(b"".join(md5s), usedforsecurity=False).digest()
    return of_all + len(md5s).to_bytes(2, "big")


def is_md5(md5: bytes | None) -> bool:
    """Tell whether what is kept as the MD5 of a file is that of its bytes."""
    return md5 is not None and len(md5) == _MD5_SIZE
