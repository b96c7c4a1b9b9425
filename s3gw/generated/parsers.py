"""Rendered by codegen from spec/shapes.yaml; do not edit, run `tox -e codegen`.

Contents, a dataclass for each shape that clients send, and for each document its parser:
  BucketKind
  BucketLocation
  CreateBucketConfiguration, parse_create_bucket_configuration
  ObjectIdentifier
  Delete, parse_delete
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from s3gw.http import xml
from s3gw.http.xml import Element


@dataclass(frozen=True, slots=True)
class BucketKind:
    """Part of a document."""

    data_redundancy: str = ""
    type: str = ""


def _read_bucket_kind(element: Element) -> BucketKind:
    return BucketKind(
        data_redundancy=xml.optional(element, "DataRedundancy", xml.string, ""),
        type=xml.optional(element, "Type", xml.string, ""),
    )


@dataclass(frozen=True, slots=True)
class BucketLocation:
    """Part of a document."""

    type: str = ""
    name: str = ""


def _read_bucket_location(element: Element) -> BucketLocation:
    return BucketLocation(
        type=xml.optional(element, "Type", xml.string, ""),
        name=xml.optional(element, "Name", xml.string, ""),
    )


@dataclass(frozen=True, slots=True)
class CreateBucketConfiguration:
    """The document CreateBucketConfiguration."""

    location_constraint: str = ""
    location: BucketLocation | None = None
    bucket: BucketKind | None = None


def _read_create_bucket_configuration(element: Element) -> CreateBucketConfiguration:
    return CreateBucketConfiguration(
        location_constraint=xml.optional(element, "LocationConstraint", xml.string, ""),
        location=xml.optional(element, "Location", _read_bucket_location, None),
        bucket=xml.optional(element, "Bucket", _read_bucket_kind, None),
    )


def parse_create_bucket_configuration(document: bytes) -> CreateBucketConfiguration:
    """Raise S3Error MalformedXML."""
    return _read_create_bucket_configuration(xml.parse(document, "CreateBucketConfiguration"))


@dataclass(frozen=True, slots=True)
class ObjectIdentifier:
    """Part of a document."""

    key: str
    version_id: str | None = None
    etag: str | None = None
    last_modified_time: str | None = None
    size: str | None = None


def _read_object_identifier(element: Element) -> ObjectIdentifier:
    return ObjectIdentifier(
        key=xml.required(element, "Key", xml.string),
        version_id=xml.optional(element, "VersionId", xml.string, None),
        etag=xml.optional(element, "ETag", xml.string, None),
        last_modified_time=xml.optional(element, "LastModifiedTime", xml.string, None),
        size=xml.optional(element, "Size", xml.string, None),
    )


@dataclass(frozen=True, slots=True)
class Delete:
    """The document Delete."""

    object: Sequence[ObjectIdentifier] = ()
    quiet: bool = False


def _read_delete(element: Element) -> Delete:
    return Delete(
        object=xml.items(element, "Object", _read_object_identifier, 1000),
        quiet=xml.optional(element, "Quiet", xml.boolean, False),
    )


def parse_delete(document: bytes) -> Delete:
    """Raise S3Error MalformedXML."""
    return _read_delete(xml.parse(document, "Delete"))
