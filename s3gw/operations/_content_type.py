"""Content types: PFS keeps none, so the key's extension tells."""

from __future__ import annotations

import mimetypes
from functools import lru_cache

DEFAULT = "application/octet-stream"

# The table of the standard library alone: the machine's own files would make answers differ.
_TYPES = mimetypes.MimeTypes()
_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


@lru_cache(maxsize=1024)
def _type_of_extension(name: str) -> str:
    kind, encoding = _TYPES.guess_type(name, strict=False)
    if encoding:  # data.csv.gz: bytes that nobody has unpacked are not CSV
        return _COMPRESSED.get(encoding, DEFAULT)
    return kind or DEFAULT


def content_type_of(key: str) -> str:
    """Guess the content type of a key from its extension."""
    _, dot, extension = key.rpartition("/")[2].rpartition(".")
    return _type_of_extension(f"file.{extension}") if dot else DEFAULT
