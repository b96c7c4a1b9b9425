"""What an object carries beside its bytes, and how it is kept with the file.

PFS keeps it as a document of JSON that nobody but this module reads, whose members are left out where
they say nothing.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self
from urllib.parse import unquote_plus

from s3gw.generated import errors
from s3gw.generated.wire import CHECKSUMS
from s3gw.s3_error import S3Error, invalid_argument

# S3's limits: bytes of all user metadata, tags of an object, characters of a tag.
_METADATA_LIMIT = 2048
_TAGS = 10
_TAG_KEY = 128
_TAG_VALUE = 256

# Of an upload.
MOST_PARTS = 10_000
# Beside letters, numbers and separators of any script.
_TAG_CHARACTERS = "_.:/=+-@"
_SYSTEM_TAG = "aws:"

# What no header can carry (RFC 9110, section 5.5).
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# Headers that are kept as they were sent.
_HEADERS = (
    "cache_control",
    "content_disposition",
    "content_encoding",
    "content_language",
    "content_type",
    "expires",
)


class Described(Protocol):
    """A request that says what an object is to carry; None is what was not sent, or is not read."""

    @property
    def meta(self) -> Mapping[str, str] | None:
        """User metadata."""
        ...

    @property
    def tagging(self) -> str | None:
        """Tags, as a query string."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that an object was uploaded in.

    Attributes:
        sizes: Bytes of each.
        checksums: Of each, in base64; none where the upload had no algorithm.
    """

    sizes: tuple[int, ...]
    checksums: tuple[str, ...] = ()

    def extent(self, number: int) -> tuple[int, int]:
        """Give offset and size of a part, counted from 1. Raise S3Error InvalidPartNumber."""
        if not 1 <= number <= len(self.sizes):
            raise S3Error(errors.InvalidPartNumber)
        return sum(self.sizes[: number - 1]), self.sizes[number - 1]


@dataclass(frozen=True, slots=True)
class Properties:
    """What an object carries.

    Attributes:
        headers: By their names in Python, ``content_type`` and the like.
        metadata: User metadata by their names without ``x-amz-meta-``.
        tags: Of the object.
        checksums: Algorithm in lower case -> value in base64.
        checksum_type: ``FULL_OBJECT`` or ``COMPOSITE``; None where there is no checksum.
        parts: Where it was uploaded in parts.
        upload: The id of the upload that it was made by.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)
    checksum_type: str | None = None
    parts: Parts | None = None
    upload: str | None = None

    def checksums_of_part(self, number: int) -> Mapping[str, str]:
        """Give the checksum of a part, where that of the object is made of those of its parts."""
        if self.parts is None or not self.parts.checksums or self.checksum_type != "COMPOSITE":
            return {}
        return dict.fromkeys(self.checksums, self.parts.checksums[number - 1])

    @classmethod
    def of_request(cls, request: Described) -> Self:
        """Read what a request wants to be kept.

        Raises:
            S3Error: MetadataTooLarge, InvalidTag, BadRequest, InvalidArgument.
        """
        headers = {name: value for name in _HEADERS if (value := getattr(request, name, None))}
        if "content_encoding" in headers:
            kept = _without_framing(headers.pop("content_encoding"))
            headers |= {"content_encoding": kept} if kept else {}
        metadata = dict(request.meta or {})
        for name, value in (*headers.items(), *metadata.items()):
            if _CONTROL.search(value):  # a presigner may have moved anything into the query
                raise invalid_argument(name, value, "A header cannot carry such a value.")
        # headers arrive as latin-1, a character a byte
        if sum(len(name) + len(value) for name, value in metadata.items()) > _METADATA_LIMIT:
            raise S3Error(errors.MetadataTooLarge)
        return cls(headers=headers, metadata=metadata, tags=tags_of_header(request.tagging))

    @classmethod
    def of_bytes(cls, kept: bytes | None) -> Self:
        """Read what PFS has kept.

        In front of a cluster anybody may have written there: what is none of our documents says nothing.
        """
        if not kept:
            return cls()
        try:
            document = json.loads(kept)
            return cls(
                headers=_texts(document.get("headers", {}), _HEADERS),
                metadata=_texts(document.get("metadata", {})),
                tags=_texts(document.get("tags", {})),
                checksums=_texts(document.get("checksums", {}), CHECKSUMS),
                checksum_type=_text(document.get("checksum_type")),
                parts=_parts(document["parts"]) if "parts" in document else None,
                upload=_text(document.get("upload")),
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return cls()

    def to_bytes(self) -> bytes | None:
        """Write it for PFS; None where it says nothing."""
        document: dict[str, Any] = {
            "headers": self.headers,
            "metadata": self.metadata,
            "tags": self.tags,
            "checksums": self.checksums,
            "checksum_type": self.checksum_type,
            "upload": self.upload,
        }
        if self.parts is not None:
            document["parts"] = {"sizes": _run_lengths(self.parts.sizes)}
            if self.parts.checksums:
                document["parts"]["checksums"] = self.parts.checksums
        said = {name: value for name, value in document.items() if value}
        return json.dumps(said, separators=(",", ":")).encode() if said else None


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: dict[str, str], names: Container[str] | None = None) -> dict[str, str]:
    """Give a map of texts, whose names are among some. Raise TypeError, ValueError."""
    for name, text in value.items():
        _text(text)
        if names is not None and name not in names:
            raise ValueError
    return value


def _parts(value: dict[str, Any]) -> Parts:
    """Read the parts of an object. Raise TypeError, ValueError, KeyError."""
    runs = value["sizes"]
    if sum(count for count, _ in runs) > MOST_PARTS or min(min(run) for run in runs) < 0:
        raise ValueError
    checksums = tuple(value.get("checksums", ()))
    for checksum in checksums:
        _text(checksum)
    return Parts(_expanded(runs), checksums)


def metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """Give user metadata as headers can carry it: as S3, what is not ASCII in the form of RFC 2047."""
    return {name: value if value.isascii() else _encoded_word(value) for name, value in metadata.items()}


def _encoded_word(value: str) -> str:
    """Write what arrived as UTF-8, or else as latin-1, so that its reader has the same text."""
    data = value.encode("latin-1")
    try:
        data.decode()
    except UnicodeDecodeError:
        data = value.encode()
    return f"=?UTF-8?B?{base64.b64encode(data).decode()}?="


def tags_of_header(header: str | None) -> dict[str, str]:
    """Read the tags of x-amz-tagging, ``k=v&k``. Raise S3Error InvalidArgument, InvalidTag, BadRequest."""
    if not header:
        return {}
    try:
        text = header.encode("latin-1").decode()
        pairs = [
            (unquote_plus(key, errors="strict"), unquote_plus(value, errors="strict"))
            for key, _, value in (pair.partition("=") for pair in text.split("&") if pair)
        ]
    except ValueError as error:
        message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters."
        raise invalid_argument("x-amz-tagging", header, message) from error
    return checked_tags(pairs)


def checked_tags(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Give the tags of an object. Raise S3Error InvalidTag, BadRequest."""
    if len(pairs) > _TAGS:
        raise S3Error(errors.BadRequest, f"Object tags cannot be greater than {_TAGS}")
    for key, value in pairs:
        if not 0 < len(key) <= _TAG_KEY or not _is_tag(key):
            raise S3Error(errors.InvalidTag, "The TagKey you have provided is invalid", tag_key=key[:1024])
        if key.lower().startswith(_SYSTEM_TAG):
            message = "System tags cannot be added/updated by requester"
            raise S3Error(errors.InvalidTag, message, tag_key=key)
        if len(value) > _TAG_VALUE or not _is_tag(value):
            raise S3Error(errors.InvalidTag, "The TagValue you have provided is invalid", tag_key=key)
    if len(dict(pairs)) < len(pairs):
        raise S3Error(errors.InvalidTag, "Cannot provide multiple Tags with the same key")
    return dict(pairs)


def _is_tag(text: str) -> bool:
    """Tell whether S3 has these characters in tags: letters, numbers, separators, and a few others."""
    return all(
        character in _TAG_CHARACTERS or unicodedata.category(character)[0] in "LNZ" for character in text
    )


def _without_framing(encodings: str) -> str:
    """Take aws-chunked out of a Content-Encoding: it is how the body was sent, and not of the object."""
    kept = [name for name in encodings.split(",") if name.strip().lower() != "aws-chunked"]
    return ",".join(kept).strip()


def _run_lengths(sizes: Sequence[int]) -> list[list[int]]:
    """Write sizes as pairs of how many and which: parts are alike but for the last."""
    runs: list[list[int]] = []
    for size in sizes:
        if runs and runs[-1][1] == size:
            runs[-1][0] += 1
        else:
            runs.append([1, size])
    return runs


def _expanded(runs: Sequence[Sequence[int]]) -> tuple[int, ...]:
    return tuple(size for count, size in runs for _ in range(count))
