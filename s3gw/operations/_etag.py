"""ETags of files."""

from __future__ import annotations

from s3gw.pfs.interface import FileInfo


def etag_of(file: FileInfo) -> str:
    """Give the ETag of a file, without quotes: one value on PUT, GET, HEAD and LIST.

    The MD5 in hex where PFS keeps it, as clients expect. Else PFS's hash followed by ``-1``: the
    form by which S3 clients know that an ETag is not an MD5.
    """
    return file.md5.hex() if file.md5 is not None else f"{file.hash.hex()}-1"
