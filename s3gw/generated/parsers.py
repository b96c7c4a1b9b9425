"""Rendered by codegen from spec/shapes.yaml; do not edit, run `tox -e codegen`.

Contents, a dataclass for each shape that clients send, and what reads it:
  CreateBucketConfiguration, CREATE_BUCKET_CONFIGURATION
  ObjectIdentifier, OBJECT_IDENTIFIER
  Delete, DELETE
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from s3gw.http import xml


@dataclass(frozen=True, slots=True)
class CreateBucketConfiguration:
    """The document CreateBucketConfiguration."""

    location_constraint: str = ""


CREATE_BUCKET_CONFIGURATION: Final = xml.Structure(
    CreateBucketConfiguration,
    {
        "LocationConstraint": xml.Member("location_constraint", xml.string),
    },
    refuses={
        "Bucket": "Sessions and directory buckets",
        "Location": "Sessions and directory buckets",
        "Tags": "Tagging",
    },
)


@dataclass(frozen=True, slots=True)
class ObjectIdentifier:
    """Part of a document."""

    key: str
    version_id: str | None = None
    etag: str | None = None
    last_modified_time: str | None = None
    size: str | None = None


OBJECT_IDENTIFIER: Final = xml.Structure(
    ObjectIdentifier,
    {
        "Key": xml.Member("key", xml.string, required=True, filled=True),
        "VersionId": xml.Member("version_id", xml.string),
        "ETag": xml.Member("etag", xml.string),
        "LastModifiedTime": xml.Member("last_modified_time", xml.string),
        "Size": xml.Member("size", xml.string),
    },
)


@dataclass(frozen=True, slots=True)
class Delete:
    """The document Delete."""

    object: Sequence[ObjectIdentifier] = ()
    quiet: bool = False


DELETE: Final = xml.Structure(
    Delete,
    {
        "Object": xml.Member("object", OBJECT_IDENTIFIER, most=1000, required=True),
        "Quiet": xml.Member("quiet", xml.boolean),
    },
)
