"""Rendered by codegen from spec/shapes.yaml; do not edit, run `tox -e codegen`.

Contents, a dataclass for each shape that clients send, and what reads it:
  Grantee, GRANTEE
  Grant, GRANT
  AccessControlList, ACCESS_CONTROL_LIST
  Owner, OWNER
  AccessControlPolicy, ACCESS_CONTROL_POLICY
  CompletedPart, COMPLETED_PART
  CompleteMultipartUpload, COMPLETE_MULTIPART_UPLOAD
  CreateBucketConfiguration, CREATE_BUCKET_CONFIGURATION
  ObjectIdentifier, OBJECT_IDENTIFIER
  Delete, DELETE
  Tag, TAG
  TagSet, TAG_SET
  Tagging, TAGGING
  VersioningConfiguration, VERSIONING_CONFIGURATION
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from s3gw.http import xml


@dataclass(frozen=True, slots=True)
class Grantee:
    """Part of a document."""

    type: str
    id: str | None = None
    display_name: str | None = None
    email_address: str | None = None
    uri: str | None = None


GRANTEE: Final = xml.Structure(
    Grantee,
    {
        "ID": xml.Member("id", xml.string),
        "DisplayName": xml.Member("display_name", xml.string),
        "EmailAddress": xml.Member("email_address", xml.string),
        "URI": xml.Member("uri", xml.string),
    },
    attributes={
        "{http://www.w3.org/2001/XMLSchema-instance}type": xml.Member("type", xml.string, required=True),
    },
)


@dataclass(frozen=True, slots=True)
class Grant:
    """Part of a document."""

    grantee: Grantee
    permission: str


GRANT: Final = xml.Structure(
    Grant,
    {
        "Grantee": xml.Member("grantee", GRANTEE, required=True),
        "Permission": xml.Member("permission", xml.string, required=True),
    },
)


@dataclass(frozen=True, slots=True)
class AccessControlList:
    """Part of a document."""

    grant: Sequence[Grant] = ()


ACCESS_CONTROL_LIST: Final = xml.Structure(
    AccessControlList,
    {
        "Grant": xml.Member("grant", GRANT, most=100),
    },
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Part of a document."""

    id: str
    display_name: str | None = None


OWNER: Final = xml.Structure(
    Owner,
    {
        "ID": xml.Member("id", xml.string, required=True),
        "DisplayName": xml.Member("display_name", xml.string),
    },
)


@dataclass(frozen=True, slots=True)
class AccessControlPolicy:
    """The document AccessControlPolicy."""

    owner: Owner
    access_control_list: AccessControlList


ACCESS_CONTROL_POLICY: Final = xml.Structure(
    AccessControlPolicy,
    {
        "Owner": xml.Member("owner", OWNER, required=True),
        "AccessControlList": xml.Member("access_control_list", ACCESS_CONTROL_LIST, required=True),
    },
)


@dataclass(frozen=True, slots=True)
class CompletedPart:
    """Part of a document."""

    part_number: int
    etag: str
    checksum_crc32: str | None = None
    checksum_crc32c: str | None = None
    checksum_crc64nvme: str | None = None
    checksum_md5: str | None = None
    checksum_sha1: str | None = None
    checksum_sha256: str | None = None
    checksum_sha512: str | None = None
    checksum_xxhash64: str | None = None
    checksum_xxhash3: str | None = None
    checksum_xxhash128: str | None = None


COMPLETED_PART: Final = xml.Structure(
    CompletedPart,
    {
        "PartNumber": xml.Member("part_number", xml.integer, required=True),
        "ETag": xml.Member("etag", xml.string, required=True, filled=True),
        "ChecksumCRC32": xml.Member("checksum_crc32", xml.string),
        "ChecksumCRC32C": xml.Member("checksum_crc32c", xml.string),
        "ChecksumCRC64NVME": xml.Member("checksum_crc64nvme", xml.string),
        "ChecksumMD5": xml.Member("checksum_md5", xml.string),
        "ChecksumSHA1": xml.Member("checksum_sha1", xml.string),
        "ChecksumSHA256": xml.Member("checksum_sha256", xml.string),
        "ChecksumSHA512": xml.Member("checksum_sha512", xml.string),
        "ChecksumXXHASH64": xml.Member("checksum_xxhash64", xml.string),
        "ChecksumXXHASH3": xml.Member("checksum_xxhash3", xml.string),
        "ChecksumXXHASH128": xml.Member("checksum_xxhash128", xml.string),
    },
)


@dataclass(frozen=True, slots=True)
class CompleteMultipartUpload:
    """The document CompleteMultipartUpload."""

    part: Sequence[CompletedPart] = ()


COMPLETE_MULTIPART_UPLOAD: Final = xml.Structure(
    CompleteMultipartUpload,
    {
        "Part": xml.Member("part", COMPLETED_PART, most=10000, required=True),
    },
)


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


@dataclass(frozen=True, slots=True)
class Tag:
    """Part of a document."""

    key: str
    value: str


TAG: Final = xml.Structure(
    Tag,
    {
        "Key": xml.Member("key", xml.string, required=True, filled=True),
        "Value": xml.Member("value", xml.string, required=True),
    },
)


@dataclass(frozen=True, slots=True)
class TagSet:
    """Part of a document."""

    tag: Sequence[Tag] = ()


TAG_SET: Final = xml.Structure(
    TagSet,
    {
        "Tag": xml.Member("tag", TAG, most=50),
    },
)


@dataclass(frozen=True, slots=True)
class Tagging:
    """The document Tagging."""

    tag_set: TagSet


TAGGING: Final = xml.Structure(
    Tagging,
    {
        "TagSet": xml.Member("tag_set", TAG_SET, required=True),
    },
)


@dataclass(frozen=True, slots=True)
class VersioningConfiguration:
    """The document VersioningConfiguration."""

    status: str | None = None
    mfa_delete: str | None = None


VERSIONING_CONFIGURATION: Final = xml.Structure(
    VersioningConfiguration,
    {
        "Status": xml.Member("status", xml.string),
        "MfaDelete": xml.Member("mfa_delete", xml.string),
    },
)
