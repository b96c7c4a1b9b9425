"""Rendered by codegen from spec/shapes.yaml; do not edit, run `tox -e codegen`.

Contents, a dataclass for each shape that the gateway sends, and for each document its renderer:
  AccelerateConfiguration, render_accelerate_configuration
  Owner
  Grantee
  Grant
  AccessControlPolicy, render_access_control_policy
  Bucket
  BucketLoggingStatus, render_bucket_logging_status
  CORSRule
  CORSConfiguration, render_cors_configuration
  Checksum
  CommonPrefix
  CompleteMultipartUploadResult, render_complete_multipart_upload_result
  CopyObjectResult, render_copy_object_result
  CopyPartResult, render_copy_part_result
  DeleteError
  DeleteMarker
  Deleted
  DeleteResult, render_delete_result
  Error, render_error
  ObjectPart
  ObjectParts
  GetObjectAttributesOutput, render_get_object_attributes_output
  InitiateMultipartUploadResult, render_initiate_multipart_upload_result
  Initiator
  ListAllMyBucketsResult, render_list_all_my_buckets_result
  ListBucketAnalyticsConfigurationsResult, render_list_bucket_analytics_configurations_result
  ListIntelligentTieringConfigurationsResult, render_list_intelligent_tiering_configurations_result
  ListInventoryConfigurationsResult, render_list_inventory_configurations_result
  ListMetricsConfigurationsResult, render_list_metrics_configurations_result
  Upload
  ListMultipartUploadsResult, render_list_multipart_uploads_result
  Object
  ListObjectsResult, render_list_objects_result
  ListObjectsV2Result, render_list_objects_v2_result
  Part
  ListPartsResult, render_list_parts_result
  ObjectVersion
  ListVersionsResult, render_list_versions_result
  LocationConstraint, render_location_constraint
  NotificationConfiguration, render_notification_configuration
  PostResponse, render_post_response
  RequestPaymentConfiguration, render_request_payment_configuration
  SessionResult, render_session_result
  Tag
  Tagging, render_tagging
  VersioningConfiguration, render_versioning_configuration
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass  # PERF: not frozen, which takes three times as long to make
from datetime import datetime

from s3gw.http.xml import HEAD, escape, timestamp, url_escape

_XMLNS = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


@dataclass(slots=True)
class AccelerateConfiguration:
    """The document AccelerateConfiguration."""


def render_accelerate_configuration(value: AccelerateConfiguration) -> bytes:
    return (f"{HEAD}<AccelerateConfiguration{_XMLNS}></AccelerateConfiguration>").encode()


@dataclass(slots=True)
class Owner:
    """Part of a document."""

    id: str
    display_name: str


@dataclass(slots=True)
class Grantee:
    """Part of a document."""

    type: str
    id: str
    display_name: str


@dataclass(slots=True)
class Grant:
    """Part of a document."""

    grantee: Grantee
    permission: str


@dataclass(slots=True)
class AccessControlPolicy:
    """The document AccessControlPolicy."""

    owner: Owner
    grant: Sequence[Grant] = ()


def render_access_control_policy(value: AccessControlPolicy) -> bytes:
    return (
        f"{HEAD}<AccessControlPolicy{_XMLNS}>"
        "<Owner>"
        f"<ID>{escape(value.owner.id)}</ID>"
        f"<DisplayName>{escape(value.owner.display_name)}</DisplayName>"
        "</Owner>"
        "<AccessControlList>"
        + "".join(
            [
                "<Grant>"
                f'<Grantee{_XSI} xsi:type="{escape(item.grantee.type)}">'
                f"<ID>{escape(item.grantee.id)}</ID>"
                f"<DisplayName>{escape(item.grantee.display_name)}</DisplayName>"
                "</Grantee>"
                f"<Permission>{escape(item.permission)}</Permission>"
                "</Grant>"
                for item in value.grant
            ]
        )
        + "</AccessControlList>"
        "</AccessControlPolicy>"
    ).encode()


@dataclass(slots=True)
class Bucket:
    """Part of a document."""

    name: str
    creation_date: datetime


@dataclass(slots=True)
class BucketLoggingStatus:
    """The document BucketLoggingStatus."""


def render_bucket_logging_status(value: BucketLoggingStatus) -> bytes:
    return (f"{HEAD}<BucketLoggingStatus{_XMLNS}></BucketLoggingStatus>").encode()


@dataclass(slots=True)
class CORSRule:
    """Part of a document."""

    id: str | None = None
    allowed_origin: Sequence[str] = ()
    allowed_method: Sequence[str] = ()
    allowed_header: Sequence[str] = ()
    expose_header: Sequence[str] = ()
    max_age_seconds: int | None = None


@dataclass(slots=True)
class CORSConfiguration:
    """The document CORSConfiguration."""

    cors_rule: Sequence[CORSRule] = ()


def render_cors_configuration(value: CORSConfiguration) -> bytes:
    return (
        f"{HEAD}<CORSConfiguration{_XMLNS}>"
        + "".join(
            [
                "<CORSRule>"
                + ("" if item.id is None else f"<ID>{escape(item.id)}</ID>")
                + "".join([f"<AllowedOrigin>{escape(item)}</AllowedOrigin>" for item in item.allowed_origin])
                + "".join([f"<AllowedMethod>{escape(item)}</AllowedMethod>" for item in item.allowed_method])
                + "".join([f"<AllowedHeader>{escape(item)}</AllowedHeader>" for item in item.allowed_header])
                + "".join([f"<ExposeHeader>{escape(item)}</ExposeHeader>" for item in item.expose_header])
                + (
                    ""
                    if item.max_age_seconds is None
                    else f"<MaxAgeSeconds>{item.max_age_seconds}</MaxAgeSeconds>"
                )
                + "</CORSRule>"
                for item in value.cors_rule
            ]
        )
        + "</CORSConfiguration>"
    ).encode()


@dataclass(slots=True)
class Checksum:
    """Part of a document."""

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
    checksum_type: str | None = None


@dataclass(slots=True)
class CommonPrefix:
    """Part of a document."""

    prefix: str


@dataclass(slots=True)
class CompleteMultipartUploadResult:
    """The document CompleteMultipartUploadResult."""

    location: str
    bucket: str
    key: str
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
    checksum_type: str | None = None


def render_complete_multipart_upload_result(value: CompleteMultipartUploadResult) -> bytes:
    return (
        f"{HEAD}<CompleteMultipartUploadResult{_XMLNS}>"
        f"<Location>{escape(value.location)}</Location>"
        f"<Bucket>{escape(value.bucket)}</Bucket>"
        f"<Key>{escape(value.key)}</Key>"
        f"<ETag>&quot;{value.etag}&quot;</ETag>"
        + (
            ""
            if value.checksum_crc32 is None
            else f"<ChecksumCRC32>{escape(value.checksum_crc32)}</ChecksumCRC32>"
        )
        + (
            ""
            if value.checksum_crc32c is None
            else f"<ChecksumCRC32C>{escape(value.checksum_crc32c)}</ChecksumCRC32C>"
        )
        + (
            ""
            if value.checksum_crc64nvme is None
            else f"<ChecksumCRC64NVME>{escape(value.checksum_crc64nvme)}</ChecksumCRC64NVME>"
        )
        + ("" if value.checksum_md5 is None else f"<ChecksumMD5>{escape(value.checksum_md5)}</ChecksumMD5>")
        + (
            ""
            if value.checksum_sha1 is None
            else f"<ChecksumSHA1>{escape(value.checksum_sha1)}</ChecksumSHA1>"
        )
        + (
            ""
            if value.checksum_sha256 is None
            else f"<ChecksumSHA256>{escape(value.checksum_sha256)}</ChecksumSHA256>"
        )
        + (
            ""
            if value.checksum_sha512 is None
            else f"<ChecksumSHA512>{escape(value.checksum_sha512)}</ChecksumSHA512>"
        )
        + (
            ""
            if value.checksum_xxhash64 is None
            else f"<ChecksumXXHASH64>{escape(value.checksum_xxhash64)}</ChecksumXXHASH64>"
        )
        + (
            ""
            if value.checksum_xxhash3 is None
            else f"<ChecksumXXHASH3>{escape(value.checksum_xxhash3)}</ChecksumXXHASH3>"
        )
        + (
            ""
            if value.checksum_xxhash128 is None
            else f"<ChecksumXXHASH128>{escape(value.checksum_xxhash128)}</ChecksumXXHASH128>"
        )
        + (
            ""
            if value.checksum_type is None
            else f"<ChecksumType>{escape(value.checksum_type)}</ChecksumType>"
        )
        + "</CompleteMultipartUploadResult>"
    ).encode()


@dataclass(slots=True)
class CopyObjectResult:
    """The document CopyObjectResult."""

    last_modified: datetime
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
    checksum_type: str | None = None


def render_copy_object_result(value: CopyObjectResult) -> bytes:
    return (
        f"{HEAD}<CopyObjectResult{_XMLNS}>"
        f"<LastModified>{timestamp(value.last_modified)}</LastModified>"
        f"<ETag>&quot;{value.etag}&quot;</ETag>"
        + (
            ""
            if value.checksum_crc32 is None
            else f"<ChecksumCRC32>{escape(value.checksum_crc32)}</ChecksumCRC32>"
        )
        + (
            ""
            if value.checksum_crc32c is None
            else f"<ChecksumCRC32C>{escape(value.checksum_crc32c)}</ChecksumCRC32C>"
        )
        + (
            ""
            if value.checksum_crc64nvme is None
            else f"<ChecksumCRC64NVME>{escape(value.checksum_crc64nvme)}</ChecksumCRC64NVME>"
        )
        + ("" if value.checksum_md5 is None else f"<ChecksumMD5>{escape(value.checksum_md5)}</ChecksumMD5>")
        + (
            ""
            if value.checksum_sha1 is None
            else f"<ChecksumSHA1>{escape(value.checksum_sha1)}</ChecksumSHA1>"
        )
        + (
            ""
            if value.checksum_sha256 is None
            else f"<ChecksumSHA256>{escape(value.checksum_sha256)}</ChecksumSHA256>"
        )
        + (
            ""
            if value.checksum_sha512 is None
            else f"<ChecksumSHA512>{escape(value.checksum_sha512)}</ChecksumSHA512>"
        )
        + (
            ""
            if value.checksum_xxhash64 is None
            else f"<ChecksumXXHASH64>{escape(value.checksum_xxhash64)}</ChecksumXXHASH64>"
        )
        + (
            ""
            if value.checksum_xxhash3 is None
            else f"<ChecksumXXHASH3>{escape(value.checksum_xxhash3)}</ChecksumXXHASH3>"
        )
        + (
            ""
            if value.checksum_xxhash128 is None
            else f"<ChecksumXXHASH128>{escape(value.checksum_xxhash128)}</ChecksumXXHASH128>"
        )
        + (
            ""
            if value.checksum_type is None
            else f"<ChecksumType>{escape(value.checksum_type)}</ChecksumType>"
        )
        + "</CopyObjectResult>"
    ).encode()


@dataclass(slots=True)
class CopyPartResult:
    """The document CopyPartResult."""

    last_modified: datetime
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


def render_copy_part_result(value: CopyPartResult) -> bytes:
    return (
        f"{HEAD}<CopyPartResult{_XMLNS}>"
        f"<LastModified>{timestamp(value.last_modified)}</LastModified>"
        f"<ETag>&quot;{value.etag}&quot;</ETag>"
        + (
            ""
            if value.checksum_crc32 is None
            else f"<ChecksumCRC32>{escape(value.checksum_crc32)}</ChecksumCRC32>"
        )
        + (
            ""
            if value.checksum_crc32c is None
            else f"<ChecksumCRC32C>{escape(value.checksum_crc32c)}</ChecksumCRC32C>"
        )
        + (
            ""
            if value.checksum_crc64nvme is None
            else f"<ChecksumCRC64NVME>{escape(value.checksum_crc64nvme)}</ChecksumCRC64NVME>"
        )
        + ("" if value.checksum_md5 is None else f"<ChecksumMD5>{escape(value.checksum_md5)}</ChecksumMD5>")
        + (
            ""
            if value.checksum_sha1 is None
            else f"<ChecksumSHA1>{escape(value.checksum_sha1)}</ChecksumSHA1>"
        )
        + (
            ""
            if value.checksum_sha256 is None
            else f"<ChecksumSHA256>{escape(value.checksum_sha256)}</ChecksumSHA256>"
        )
        + (
            ""
            if value.checksum_sha512 is None
            else f"<ChecksumSHA512>{escape(value.checksum_sha512)}</ChecksumSHA512>"
        )
        + (
            ""
            if value.checksum_xxhash64 is None
            else f"<ChecksumXXHASH64>{escape(value.checksum_xxhash64)}</ChecksumXXHASH64>"
        )
        + (
            ""
            if value.checksum_xxhash3 is None
            else f"<ChecksumXXHASH3>{escape(value.checksum_xxhash3)}</ChecksumXXHASH3>"
        )
        + (
            ""
            if value.checksum_xxhash128 is None
            else f"<ChecksumXXHASH128>{escape(value.checksum_xxhash128)}</ChecksumXXHASH128>"
        )
        + "</CopyPartResult>"
    ).encode()


@dataclass(slots=True)
class DeleteError:
    """Part of a document."""

    key: str
    code: str
    message: str
    version_id: str | None = None


@dataclass(slots=True)
class DeleteMarker:
    """Part of a document."""

    key: str
    version_id: str
    is_latest: bool
    last_modified: datetime
    owner: Owner


@dataclass(slots=True)
class Deleted:
    """Part of a document."""

    key: str
    version_id: str | None = None
    delete_marker: bool | None = None
    delete_marker_version_id: str | None = None


@dataclass(slots=True)
class DeleteResult:
    """The document DeleteResult."""

    deleted: Sequence[Deleted] = ()
    error: Sequence[DeleteError] = ()


def render_delete_result(value: DeleteResult) -> bytes:
    return (
        f"{HEAD}<DeleteResult{_XMLNS}>"
        + "".join(
            [
                "<Deleted>"
                f"<Key>{escape(item.key)}</Key>"
                + ("" if item.version_id is None else f"<VersionId>{escape(item.version_id)}</VersionId>")
                + (
                    ""
                    if item.delete_marker is None
                    else f"<DeleteMarker>{'true' if item.delete_marker else 'false'}</DeleteMarker>"
                )
                + (
                    ""
                    if item.delete_marker_version_id is None
                    else f"<DeleteMarkerVersionId>{escape(item.delete_marker_version_id)}</DeleteMarkerVersionId>"
                )
                + "</Deleted>"
                for item in value.deleted
            ]
        )
        + "".join(
            [
                "<Error>"
                f"<Key>{escape(item.key)}</Key>"
                + ("" if item.version_id is None else f"<VersionId>{escape(item.version_id)}</VersionId>")
                + f"<Code>{escape(item.code)}</Code>"
                f"<Message>{escape(item.message)}</Message>"
                "</Error>"
                for item in value.error
            ]
        )
        + "</DeleteResult>"
    ).encode()


@dataclass(slots=True)
class Error:
    """The document Error."""

    code: str
    message: str
    resource: str
    request_id: str
    host_id: str
    aws_access_key_id: str | None = None
    actual_object_size: str | None = None
    argument_name: str | None = None
    argument_value: str | None = None
    bucket_name: str | None = None
    canonical_request: str | None = None
    canonical_request_bytes: str | None = None
    condition: str | None = None
    etag: str | None = None
    expires: str | None = None
    headers_not_signed: str | None = None
    max_allowed_skew_milliseconds: str | None = None
    max_size_allowed: str | None = None
    method: str | None = None
    min_size_allowed: str | None = None
    part_number: str | None = None
    proposed_size: str | None = None
    missing_header_name: str | None = None
    range_requested: str | None = None
    region: str | None = None
    request_time: str | None = None
    resource_type: str | None = None
    server_time: str | None = None
    signature_provided: str | None = None
    string_to_sign: str | None = None
    string_to_sign_bytes: str | None = None
    tag_key: str | None = None
    upload_id: str | None = None
    x_amz_date: str | None = None
    x_amz_expires: str | None = None


def render_error(value: Error) -> bytes:
    return (
        f"{HEAD}<Error>"
        f"<Code>{escape(value.code)}</Code>"
        f"<Message>{escape(value.message)}</Message>"
        + (
            ""
            if value.aws_access_key_id is None
            else f"<AWSAccessKeyId>{escape(value.aws_access_key_id)}</AWSAccessKeyId>"
        )
        + (
            ""
            if value.actual_object_size is None
            else f"<ActualObjectSize>{escape(value.actual_object_size)}</ActualObjectSize>"
        )
        + (
            ""
            if value.argument_name is None
            else f"<ArgumentName>{escape(value.argument_name)}</ArgumentName>"
        )
        + (
            ""
            if value.argument_value is None
            else f"<ArgumentValue>{escape(value.argument_value)}</ArgumentValue>"
        )
        + ("" if value.bucket_name is None else f"<BucketName>{escape(value.bucket_name)}</BucketName>")
        + (
            ""
            if value.canonical_request is None
            else f"<CanonicalRequest>{escape(value.canonical_request)}</CanonicalRequest>"
        )
        + (
            ""
            if value.canonical_request_bytes is None
            else f"<CanonicalRequestBytes>{escape(value.canonical_request_bytes)}</CanonicalRequestBytes>"
        )
        + ("" if value.condition is None else f"<Condition>{escape(value.condition)}</Condition>")
        + ("" if value.etag is None else f"<ETag>{escape(value.etag)}</ETag>")
        + ("" if value.expires is None else f"<Expires>{escape(value.expires)}</Expires>")
        + (
            ""
            if value.headers_not_signed is None
            else f"<HeadersNotSigned>{escape(value.headers_not_signed)}</HeadersNotSigned>"
        )
        + (
            ""
            if value.max_allowed_skew_milliseconds is None
            else f"<MaxAllowedSkewMilliseconds>{escape(value.max_allowed_skew_milliseconds)}</MaxAllowedSkewMilliseconds>"
        )
        + (
            ""
            if value.max_size_allowed is None
            else f"<MaxSizeAllowed>{escape(value.max_size_allowed)}</MaxSizeAllowed>"
        )
        + ("" if value.method is None else f"<Method>{escape(value.method)}</Method>")
        + (
            ""
            if value.min_size_allowed is None
            else f"<MinSizeAllowed>{escape(value.min_size_allowed)}</MinSizeAllowed>"
        )
        + ("" if value.part_number is None else f"<PartNumber>{escape(value.part_number)}</PartNumber>")
        + (
            ""
            if value.proposed_size is None
            else f"<ProposedSize>{escape(value.proposed_size)}</ProposedSize>"
        )
        + (
            ""
            if value.missing_header_name is None
            else f"<MissingHeaderName>{escape(value.missing_header_name)}</MissingHeaderName>"
        )
        + (
            ""
            if value.range_requested is None
            else f"<RangeRequested>{escape(value.range_requested)}</RangeRequested>"
        )
        + ("" if value.region is None else f"<Region>{escape(value.region)}</Region>")
        + ("" if value.request_time is None else f"<RequestTime>{escape(value.request_time)}</RequestTime>")
        + (
            ""
            if value.resource_type is None
            else f"<ResourceType>{escape(value.resource_type)}</ResourceType>"
        )
        + ("" if value.server_time is None else f"<ServerTime>{escape(value.server_time)}</ServerTime>")
        + (
            ""
            if value.signature_provided is None
            else f"<SignatureProvided>{escape(value.signature_provided)}</SignatureProvided>"
        )
        + (
            ""
            if value.string_to_sign is None
            else f"<StringToSign>{escape(value.string_to_sign)}</StringToSign>"
        )
        + (
            ""
            if value.string_to_sign_bytes is None
            else f"<StringToSignBytes>{escape(value.string_to_sign_bytes)}</StringToSignBytes>"
        )
        + ("" if value.tag_key is None else f"<TagKey>{escape(value.tag_key)}</TagKey>")
        + ("" if value.upload_id is None else f"<UploadId>{escape(value.upload_id)}</UploadId>")
        + ("" if value.x_amz_date is None else f"<X-Amz-Date>{escape(value.x_amz_date)}</X-Amz-Date>")
        + (
            ""
            if value.x_amz_expires is None
            else f"<X-Amz-Expires>{escape(value.x_amz_expires)}</X-Amz-Expires>"
        )
        + f"<Resource>{escape(value.resource)}</Resource>"
        f"<RequestId>{escape(value.request_id)}</RequestId>"
        f"<HostId>{escape(value.host_id)}</HostId>"
        "</Error>"
    ).encode()


@dataclass(slots=True)
class ObjectPart:
    """Part of a document."""

    part_number: int
    size: int
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


@dataclass(slots=True)
class ObjectParts:
    """Part of a document."""

    parts_count: int
    part_number_marker: int
    max_parts: int
    is_truncated: bool
    next_part_number_marker: int | None = None
    part: Sequence[ObjectPart] = ()


@dataclass(slots=True)
class GetObjectAttributesOutput:
    """The document GetObjectAttributesOutput."""

    etag: str | None = None
    checksum: Checksum | None = None
    object_parts: ObjectParts | None = None
    storage_class: str | None = None
    object_size: int | None = None


def render_get_object_attributes_output(value: GetObjectAttributesOutput) -> bytes:
    return (
        f"{HEAD}<GetObjectAttributesOutput{_XMLNS}>"
        + ("" if value.etag is None else f"<ETag>{escape(value.etag)}</ETag>")
        + (
            ""
            if value.checksum is None
            else "<Checksum>"
            + (
                ""
                if value.checksum.checksum_crc32 is None
                else f"<ChecksumCRC32>{escape(value.checksum.checksum_crc32)}</ChecksumCRC32>"
            )
            + (
                ""
                if value.checksum.checksum_crc32c is None
                else f"<ChecksumCRC32C>{escape(value.checksum.checksum_crc32c)}</ChecksumCRC32C>"
            )
            + (
                ""
                if value.checksum.checksum_crc64nvme is None
                else f"<ChecksumCRC64NVME>{escape(value.checksum.checksum_crc64nvme)}</ChecksumCRC64NVME>"
            )
            + (
                ""
                if value.checksum.checksum_md5 is None
                else f"<ChecksumMD5>{escape(value.checksum.checksum_md5)}</ChecksumMD5>"
            )
            + (
                ""
                if value.checksum.checksum_sha1 is None
                else f"<ChecksumSHA1>{escape(value.checksum.checksum_sha1)}</ChecksumSHA1>"
            )
            + (
                ""
                if value.checksum.checksum_sha256 is None
                else f"<ChecksumSHA256>{escape(value.checksum.checksum_sha256)}</ChecksumSHA256>"
            )
            + (
                ""
                if value.checksum.checksum_sha512 is None
                else f"<ChecksumSHA512>{escape(value.checksum.checksum_sha512)}</ChecksumSHA512>"
            )
            + (
                ""
                if value.checksum.checksum_xxhash64 is None
                else f"<ChecksumXXHASH64>{escape(value.checksum.checksum_xxhash64)}</ChecksumXXHASH64>"
            )
            + (
                ""
                if value.checksum.checksum_xxhash3 is None
                else f"<ChecksumXXHASH3>{escape(value.checksum.checksum_xxhash3)}</ChecksumXXHASH3>"
            )
            + (
                ""
                if value.checksum.checksum_xxhash128 is None
                else f"<ChecksumXXHASH128>{escape(value.checksum.checksum_xxhash128)}</ChecksumXXHASH128>"
            )
            + (
                ""
                if value.checksum.checksum_type is None
                else f"<ChecksumType>{escape(value.checksum.checksum_type)}</ChecksumType>"
            )
            + "</Checksum>"
        )
        + (
            ""
            if value.object_parts is None
            else "<ObjectParts>"
            f"<PartsCount>{value.object_parts.parts_count}</PartsCount>"
            f"<PartNumberMarker>{value.object_parts.part_number_marker}</PartNumberMarker>"
            + (
                ""
                if value.object_parts.next_part_number_marker is None
                else f"<NextPartNumberMarker>{value.object_parts.next_part_number_marker}</NextPartNumberMarker>"
            )
            + f"<MaxParts>{value.object_parts.max_parts}</MaxParts>"
            f"<IsTruncated>{'true' if value.object_parts.is_truncated else 'false'}</IsTruncated>"
            + "".join(
                [
                    "<Part>"
                    f"<PartNumber>{item.part_number}</PartNumber>"
                    f"<Size>{item.size}</Size>"
                    + (
                        ""
                        if item.checksum_crc32 is None
                        else f"<ChecksumCRC32>{escape(item.checksum_crc32)}</ChecksumCRC32>"
                    )
                    + (
                        ""
                        if item.checksum_crc32c is None
                        else f"<ChecksumCRC32C>{escape(item.checksum_crc32c)}</ChecksumCRC32C>"
                    )
                    + (
                        ""
                        if item.checksum_crc64nvme is None
                        else f"<ChecksumCRC64NVME>{escape(item.checksum_crc64nvme)}</ChecksumCRC64NVME>"
                    )
                    + (
                        ""
                        if item.checksum_md5 is None
                        else f"<ChecksumMD5>{escape(item.checksum_md5)}</ChecksumMD5>"
                    )
                    + (
                        ""
                        if item.checksum_sha1 is None
                        else f"<ChecksumSHA1>{escape(item.checksum_sha1)}</ChecksumSHA1>"
                    )
                    + (
                        ""
                        if item.checksum_sha256 is None
                        else f"<ChecksumSHA256>{escape(item.checksum_sha256)}</ChecksumSHA256>"
                    )
                    + (
                        ""
                        if item.checksum_sha512 is None
                        else f"<ChecksumSHA512>{escape(item.checksum_sha512)}</ChecksumSHA512>"
                    )
                    + (
                        ""
                        if item.checksum_xxhash64 is None
                        else f"<ChecksumXXHASH64>{escape(item.checksum_xxhash64)}</ChecksumXXHASH64>"
                    )
                    + (
                        ""
                        if item.checksum_xxhash3 is None
                        else f"<ChecksumXXHASH3>{escape(item.checksum_xxhash3)}</ChecksumXXHASH3>"
                    )
                    + (
                        ""
                        if item.checksum_xxhash128 is None
                        else f"<ChecksumXXHASH128>{escape(item.checksum_xxhash128)}</ChecksumXXHASH128>"
                    )
                    + "</Part>"
                    for item in value.object_parts.part
                ]
            )
            + "</ObjectParts>"
        )
        + (
            ""
            if value.storage_class is None
            else f"<StorageClass>{escape(value.storage_class)}</StorageClass>"
        )
        + ("" if value.object_size is None else f"<ObjectSize>{value.object_size}</ObjectSize>")
        + "</GetObjectAttributesOutput>"
    ).encode()


@dataclass(slots=True)
class InitiateMultipartUploadResult:
    """The document InitiateMultipartUploadResult."""

    bucket: str
    key: str
    upload_id: str


def render_initiate_multipart_upload_result(value: InitiateMultipartUploadResult) -> bytes:
    return (
        f"{HEAD}<InitiateMultipartUploadResult{_XMLNS}>"
        f"<Bucket>{escape(value.bucket)}</Bucket>"
        f"<Key>{escape(value.key)}</Key>"
        f"<UploadId>{escape(value.upload_id)}</UploadId>"
        "</InitiateMultipartUploadResult>"
    ).encode()


@dataclass(slots=True)
class Initiator:
    """Part of a document."""

    id: str
    display_name: str


@dataclass(slots=True)
class ListAllMyBucketsResult:
    """The document ListAllMyBucketsResult."""

    owner: Owner
    bucket: Sequence[Bucket] = ()
    continuation_token: str | None = None
    prefix: str | None = None


def render_list_all_my_buckets_result(value: ListAllMyBucketsResult) -> bytes:
    return (
        f"{HEAD}<ListAllMyBucketsResult{_XMLNS}>"
        "<Owner>"
        f"<ID>{escape(value.owner.id)}</ID>"
        f"<DisplayName>{escape(value.owner.display_name)}</DisplayName>"
        "</Owner>"
        "<Buckets>"
        + "".join(
            [
                "<Bucket>"
                f"<Name>{escape(item.name)}</Name>"
                f"<CreationDate>{timestamp(item.creation_date)}</CreationDate>"
                "</Bucket>"
                for item in value.bucket
            ]
        )
        + "</Buckets>"
        + (
            ""
            if value.continuation_token is None
            else f"<ContinuationToken>{escape(value.continuation_token)}</ContinuationToken>"
        )
        + ("" if value.prefix is None else f"<Prefix>{escape(value.prefix)}</Prefix>")
        + "</ListAllMyBucketsResult>"
    ).encode()


@dataclass(slots=True)
class ListBucketAnalyticsConfigurationsResult:
    """The document ListBucketAnalyticsConfigurationsResult."""

    is_truncated: bool


def render_list_bucket_analytics_configurations_result(
    value: ListBucketAnalyticsConfigurationsResult,
) -> bytes:
    return (
        f"{HEAD}<ListBucketAnalyticsConfigurationsResult{_XMLNS}>"
        f"<IsTruncated>{'true' if value.is_truncated else 'false'}</IsTruncated>"
        "</ListBucketAnalyticsConfigurationsResult>"
    ).encode()


@dataclass(slots=True)
class ListIntelligentTieringConfigurationsResult:
    """The document ListIntelligentTieringConfigurationsResult."""

    is_truncated: bool


def render_list_intelligent_tiering_configurations_result(
    value: ListIntelligentTieringConfigurationsResult,
) -> bytes:
    return (
        f"{HEAD}<ListIntelligentTieringConfigurationsResult{_XMLNS}>"
        f"<IsTruncated>{'true' if value.is_truncated else 'false'}</IsTruncated>"
        "</ListIntelligentTieringConfigurationsResult>"
    ).encode()


@dataclass(slots=True)
class ListInventoryConfigurationsResult:
    """The document ListInventoryConfigurationsResult."""

    is_truncated: bool


def render_list_inventory_configurations_result(value: ListInventoryConfigurationsResult) -> bytes:
    return (
        f"{HEAD}<ListInventoryConfigurationsResult{_XMLNS}>"
        f"<IsTruncated>{'true' if value.is_truncated else 'false'}</IsTruncated>"
        "</ListInventoryConfigurationsResult>"
    ).encode()


@dataclass(slots=True)
class ListMetricsConfigurationsResult:
    """The document ListMetricsConfigurationsResult."""

    is_truncated: bool


def render_list_metrics_configurations_result(value: ListMetricsConfigurationsResult) -> bytes:
    return (
        f"{HEAD}<ListMetricsConfigurationsResult{_XMLNS}>"
        f"<IsTruncated>{'true' if value.is_truncated else 'false'}</IsTruncated>"
        "</ListMetricsConfigurationsResult>"
    ).encode()


@dataclass(slots=True)
class Upload:
    """Part of a document."""

    key: str
    upload_id: str
    initiator: Initiator
    owner: Owner
    storage_class: str
    initiated: datetime
    checksum_algorithm: str | None = None
    checksum_type: str | None = None


@dataclass(slots=True)
class ListMultipartUploadsResult:
    """The document ListMultipartUploadsResult."""

    bucket: str
    key_marker: str
    upload_id_marker: str
    prefix: str
    max_uploads: int
    is_truncated: bool
    next_key_marker: str | None = None
    next_upload_id_marker: str | None = None
    delimiter: str | None = None
    encoding_type: str | None = None
    upload: Sequence[Upload] = ()
    common_prefixes: Sequence[CommonPrefix] = ()


def render_list_multipart_uploads_result(value: ListMultipartUploadsResult) -> bytes:
    url = url_escape if value.encoding_type == "url" else escape
    return (
        f"{HEAD}<ListMultipartUploadsResult{_XMLNS}>"
        f"<Bucket>{escape(value.bucket)}</Bucket>"
        f"<KeyMarker>{url(value.key_marker)}</KeyMarker>"
        f"<UploadIdMarker>{escape(value.upload_id_marker)}</UploadIdMarker>"
        + (
            ""
            if value.next_key_marker is None
            else f"<NextKeyMarker>{url(value.next_key_marker)}</NextKeyMarker>"
        )
        + (
            ""
            if value.next_upload_id_marker is None
            else f"<NextUploadIdMarker>{escape(value.next_upload_id_marker)}</NextUploadIdMarker>"
        )
        + f"<Prefix>{url(value.prefix)}</Prefix>"
        + ("" if value.delimiter is None else f"<Delimiter>{url(value.delimiter)}</Delimiter>")
        + f"<MaxUploads>{value.max_uploads}</MaxUploads>"
        + (
            ""
            if value.encoding_type is None
            else f"<EncodingType>{escape(value.encoding_type)}</EncodingType>"
        )
        + f"<IsTruncated>{'true' if value.is_truncated else 'false'}</IsTruncated>"
        + "".join(
            [
                "<Upload>"
                f"<Key>{url(item.key)}</Key>"
                f"<UploadId>{escape(item.upload_id)}</UploadId>"
                "<Initiator>"
                f"<ID>{escape(item.initiator.id)}</ID>"
                f"<DisplayName>{escape(item.initiator.display_name)}</DisplayName>"
                "</Initiator>"
                "<Owner>"
                f"<ID>{escape(item.owner.id)}</ID>"
                f"<DisplayName>{escape(item.owner.display_name)}</DisplayName>"
                "</Owner>"
                f"<StorageClass>{escape(item.storage_class)}</StorageClass>"
                f"<Initiated>{timestamp(item.initiated)}</Initiated>"
                + (
                    ""
                    if item.checksum_algorithm is None
                    else f"<ChecksumAlgorithm>{escape(item.checksum_algorithm)}</ChecksumAlgorithm>"
                )
                + (
                    ""
                    if item.checksum_type is None
                    else f"<ChecksumType>{escape(item.checksum_type)}</ChecksumType>"
                )
                + "</Upload>"
                for item in value.upload
            ]
        )
        + "".join(
            [
                f"<CommonPrefixes><Prefix>{url(item.prefix)}</Prefix></CommonPrefixes>"
                for item in value.common_prefixes
            ]
        )
        + "</ListMultipartUploadsResult>"
    ).encode()


@dataclass(slots=True)
class Object:
    """Part of a document."""

    key: str
    last_modified: datetime
    etag: str
    size: int
    storage_class: str
    owner: Owner | None = None


@dataclass(slots=True)
class ListObjectsResult:
    """The document ListBucketResult."""

    name: str
    prefix: str
    marker: str
    max_keys: int
    is_truncated: bool
    next_marker: str | None = None
    delimiter: str | None = None
    encoding_type: str | None = None
    contents: Sequence[Object] = ()
    common_prefixes: Sequence[CommonPrefix] = ()


def render_list_objects_result(value: ListObjectsResult) -> bytes:
    url = url_escape if value.encoding_type == "url" else escape
    return (
        f"{HEAD}<ListBucketResult{_XMLNS}>"
        f"<Name>{escape(value.name)}</Name>"
        f"<Prefix>{url(value.prefix)}</Prefix>"
        f"<Marker>{url(value.marker)}</Marker>"
        + ("" if value.next_marker is None else f"<NextMarker>{url(value.next_marker)}</NextMarker>")
        + f"<MaxKeys>{value.max_keys}</MaxKeys>"
        + ("" if value.delimiter is None else f"<Delimiter>{url(value.delimiter)}</Delimiter>")
        + (
            ""
            if value.encoding_type is None
            else f"<EncodingType>{escape(value.encoding_type)}</EncodingType>"
        )
        + f"<IsTruncated>{'true' if value.is_truncated else 'false'}</IsTruncated>"
        + "".join(
            [
                "<Contents>"
                f"<Key>{url(item.key)}</Key>"
                f"<LastModified>{timestamp(item.last_modified)}</LastModified>"
                f"<ETag>&quot;{item.etag}&quot;</ETag>"
                f"<Size>{item.size}</Size>"
                + (
                    ""
                    if item.owner is None
                    else "<Owner>"
                    f"<ID>{escape(item.owner.id)}</ID>"
                    f"<DisplayName>{escape(item.owner.display_name)}</DisplayName>"
                    "</Owner>"
                )
                + f"<StorageClass>{escape(item.storage_class)}</StorageClass>"
                "</Contents>"
                for item in value.contents
            ]
        )
        + "".join(
            [
                f"<CommonPrefixes><Prefix>{url(item.prefix)}</Prefix></CommonPrefixes>"
                for item in value.common_prefixes
            ]
        )
        + "</ListBucketResult>"
    ).encode()


@dataclass(slots=True)
class ListObjectsV2Result:
    """The document ListBucketResult."""

    name: str
    prefix: str
    key_count: int
    max_keys: int
    is_truncated: bool
    start_after: str | None = None
    continuation_token: str | None = None
    next_continuation_token: str | None = None
    delimiter: str | None = None
    encoding_type: str | None = None
    contents: Sequence[Object] = ()
    common_prefixes: Sequence[CommonPrefix] = ()


def render_list_objects_v2_result(value: ListObjectsV2Result) -> bytes:
    url = url_escape if value.encoding_type == "url" else escape
    return (
        f"{HEAD}<ListBucketResult{_XMLNS}>"
        f"<Name>{escape(value.name)}</Name>"
        f"<Prefix>{url(value.prefix)}</Prefix>"
        + ("" if value.start_after is None else f"<StartAfter>{url(value.start_after)}</StartAfter>")
        + (
            ""
            if value.continuation_token is None
            else f"<ContinuationToken>{escape(value.continuation_token)}</ContinuationToken>"
        )
        + (
            ""
            if value.next_continuation_token is None
            else f"<NextContinuationToken>{escape(value.next_continuation_token)}</NextContinuationToken>"
        )
        + f"<KeyCount>{value.key_count}</KeyCount>"
        f"<MaxKeys>{value.max_keys}</MaxKeys>"
        + ("" if value.delimiter is None else f"<Delimiter>{url(value.delimiter)}</Delimiter>")
        + (
            ""
            if value.encoding_type is None
            else f"<EncodingType>{escape(value.encoding_type)}</EncodingType>"
        )
        + f"<IsTruncated>{'true' if value.is_truncated else 'false'}</IsTruncated>"
        + "".join(
            [
                "<Contents>"
                f"<Key>{url(item.key)}</Key>"
                f"<LastModified>{timestamp(item.last_modified)}</LastModified>"
                f"<ETag>&quot;{item.etag}&quot;</ETag>"
                f"<Size>{item.size}</Size>"
                + (
                    ""
                    if item.owner is None
                    else "<Owner>"
                    f"<ID>{escape(item.owner.id)}</ID>"
                    f"<DisplayName>{escape(item.owner.display_name)}</DisplayName>"
                    "</Owner>"
                )
                + f"<StorageClass>{escape(item.storage_class)}</StorageClass>"
                "</Contents>"
                for item in value.contents
            ]
        )
        + "".join(
            [
                f"<CommonPrefixes><Prefix>{url(item.prefix)}</Prefix></CommonPrefixes>"
                for item in value.common_prefixes
            ]
        )
        + "</ListBucketResult>"
    ).encode()


@dataclass(slots=True)
class Part:
    """Part of a document."""

    part_number: int
    last_modified: datetime
    etag: str
    size: int
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


@dataclass(slots=True)
class ListPartsResult:
    """The document ListPartsResult."""

    bucket: str
    key: str
    upload_id: str
    part_number_marker: int
    max_parts: int
    is_truncated: bool
    initiator: Initiator
    owner: Owner
    storage_class: str
    next_part_number_marker: int | None = None
    checksum_algorithm: str | None = None
    checksum_type: str | None = None
    part: Sequence[Part] = ()


def render_list_parts_result(value: ListPartsResult) -> bytes:
    return (
        f"{HEAD}<ListPartsResult{_XMLNS}>"
        f"<Bucket>{escape(value.bucket)}</Bucket>"
        f"<Key>{escape(value.key)}</Key>"
        f"<UploadId>{escape(value.upload_id)}</UploadId>"
        f"<PartNumberMarker>{value.part_number_marker}</PartNumberMarker>"
        + (
            ""
            if value.next_part_number_marker is None
            else f"<NextPartNumberMarker>{value.next_part_number_marker}</NextPartNumberMarker>"
        )
        + f"<MaxParts>{value.max_parts}</MaxParts>"
        f"<IsTruncated>{'true' if value.is_truncated else 'false'}</IsTruncated>"
        + (
            ""
            if value.checksum_algorithm is None
            else f"<ChecksumAlgorithm>{escape(value.checksum_algorithm)}</ChecksumAlgorithm>"
        )
        + (
            ""
            if value.checksum_type is None
            else f"<ChecksumType>{escape(value.checksum_type)}</ChecksumType>"
        )
        + "<Initiator>"
        f"<ID>{escape(value.initiator.id)}</ID>"
        f"<DisplayName>{escape(value.initiator.display_name)}</DisplayName>"
        "</Initiator>"
        "<Owner>"
        f"<ID>{escape(value.owner.id)}</ID>"
        f"<DisplayName>{escape(value.owner.display_name)}</DisplayName>"
        "</Owner>"
        f"<StorageClass>{escape(value.storage_class)}</StorageClass>"
        + "".join(
            [
                "<Part>"
                f"<PartNumber>{item.part_number}</PartNumber>"
                f"<LastModified>{timestamp(item.last_modified)}</LastModified>"
                f"<ETag>&quot;{item.etag}&quot;</ETag>"
                f"<Size>{item.size}</Size>"
                + (
                    ""
                    if item.checksum_crc32 is None
                    else f"<ChecksumCRC32>{escape(item.checksum_crc32)}</ChecksumCRC32>"
                )
                + (
                    ""
                    if item.checksum_crc32c is None
                    else f"<ChecksumCRC32C>{escape(item.checksum_crc32c)}</ChecksumCRC32C>"
                )
                + (
                    ""
                    if item.checksum_crc64nvme is None
                    else f"<ChecksumCRC64NVME>{escape(item.checksum_crc64nvme)}</ChecksumCRC64NVME>"
                )
                + (
                    ""
                    if item.checksum_md5 is None
                    else f"<ChecksumMD5>{escape(item.checksum_md5)}</ChecksumMD5>"
                )
                + (
                    ""
                    if item.checksum_sha1 is None
                    else f"<ChecksumSHA1>{escape(item.checksum_sha1)}</ChecksumSHA1>"
                )
                + (
                    ""
                    if item.checksum_sha256 is None
                    else f"<ChecksumSHA256>{escape(item.checksum_sha256)}</ChecksumSHA256>"
                )
                + (
                    ""
                    if item.checksum_sha512 is None
                    else f"<ChecksumSHA512>{escape(item.checksum_sha512)}</ChecksumSHA512>"
                )
                + (
                    ""
                    if item.checksum_xxhash64 is None
                    else f"<ChecksumXXHASH64>{escape(item.checksum_xxhash64)}</ChecksumXXHASH64>"
                )
                + (
                    ""
                    if item.checksum_xxhash3 is None
                    else f"<ChecksumXXHASH3>{escape(item.checksum_xxhash3)}</ChecksumXXHASH3>"
                )
                + (
                    ""
                    if item.checksum_xxhash128 is None
                    else f"<ChecksumXXHASH128>{escape(item.checksum_xxhash128)}</ChecksumXXHASH128>"
                )
                + "</Part>"
                for item in value.part
            ]
        )
        + "</ListPartsResult>"
    ).encode()


@dataclass(slots=True)
class ObjectVersion:
    """Part of a document."""

    key: str
    version_id: str
    is_latest: bool
    last_modified: datetime
    etag: str
    size: int
    owner: Owner
    storage_class: str


@dataclass(slots=True)
class ListVersionsResult:
    """The document ListVersionsResult."""

    name: str
    prefix: str
    key_marker: str
    version_id_marker: str
    max_keys: int
    is_truncated: bool
    next_key_marker: str | None = None
    next_version_id_marker: str | None = None
    delimiter: str | None = None
    encoding_type: str | None = None
    version: Sequence[ObjectVersion | DeleteMarker] = ()
    common_prefixes: Sequence[CommonPrefix] = ()


def render_list_versions_result(value: ListVersionsResult) -> bytes:
    url = url_escape if value.encoding_type == "url" else escape
    return (
        f"{HEAD}<ListVersionsResult{_XMLNS}>"
        f"<Name>{escape(value.name)}</Name>"
        f"<Prefix>{url(value.prefix)}</Prefix>"
        f"<KeyMarker>{url(value.key_marker)}</KeyMarker>"
        f"<VersionIdMarker>{escape(value.version_id_marker)}</VersionIdMarker>"
        + (
            ""
            if value.next_key_marker is None
            else f"<NextKeyMarker>{url(value.next_key_marker)}</NextKeyMarker>"
        )
        + (
            ""
            if value.next_version_id_marker is None
            else f"<NextVersionIdMarker>{escape(value.next_version_id_marker)}</NextVersionIdMarker>"
        )
        + f"<MaxKeys>{value.max_keys}</MaxKeys>"
        + ("" if value.delimiter is None else f"<Delimiter>{url(value.delimiter)}</Delimiter>")
        + (
            ""
            if value.encoding_type is None
            else f"<EncodingType>{escape(value.encoding_type)}</EncodingType>"
        )
        + f"<IsTruncated>{'true' if value.is_truncated else 'false'}</IsTruncated>"
        + "".join(
            [
                (
                    "<DeleteMarker>"
                    f"<Key>{url(item.key)}</Key>"
                    f"<VersionId>{escape(item.version_id)}</VersionId>"
                    f"<IsLatest>{'true' if item.is_latest else 'false'}</IsLatest>"
                    f"<LastModified>{timestamp(item.last_modified)}</LastModified>"
                    "<Owner>"
                    f"<ID>{escape(item.owner.id)}</ID>"
                    f"<DisplayName>{escape(item.owner.display_name)}</DisplayName>"
                    "</Owner>"
                    "</DeleteMarker>"
                    if isinstance(item, DeleteMarker)
                    else "<Version>"
                    f"<Key>{url(item.key)}</Key>"
                    f"<VersionId>{escape(item.version_id)}</VersionId>"
                    f"<IsLatest>{'true' if item.is_latest else 'false'}</IsLatest>"
                    f"<LastModified>{timestamp(item.last_modified)}</LastModified>"
                    f"<ETag>&quot;{item.etag}&quot;</ETag>"
                    f"<Size>{item.size}</Size>"
                    "<Owner>"
                    f"<ID>{escape(item.owner.id)}</ID>"
                    f"<DisplayName>{escape(item.owner.display_name)}</DisplayName>"
                    "</Owner>"
                    f"<StorageClass>{escape(item.storage_class)}</StorageClass>"
                    "</Version>"
                )
                for item in value.version
            ]
        )
        + "".join(
            [
                f"<CommonPrefixes><Prefix>{url(item.prefix)}</Prefix></CommonPrefixes>"
                for item in value.common_prefixes
            ]
        )
        + "</ListVersionsResult>"
    ).encode()


@dataclass(slots=True)
class LocationConstraint:
    """The document LocationConstraint."""

    text: str


def render_location_constraint(value: LocationConstraint) -> bytes:
    return (f"{HEAD}<LocationConstraint{_XMLNS}>{escape(value.text)}</LocationConstraint>").encode()


@dataclass(slots=True)
class NotificationConfiguration:
    """The document NotificationConfiguration."""


def render_notification_configuration(value: NotificationConfiguration) -> bytes:
    return (f"{HEAD}<NotificationConfiguration{_XMLNS}></NotificationConfiguration>").encode()


@dataclass(slots=True)
class PostResponse:
    """The document PostResponse."""

    location: str
    bucket: str
    key: str
    etag: str


def render_post_response(value: PostResponse) -> bytes:
    return (
        f"{HEAD}<PostResponse>"
        f"<Location>{escape(value.location)}</Location>"
        f"<Bucket>{escape(value.bucket)}</Bucket>"
        f"<Key>{escape(value.key)}</Key>"
        f"<ETag>&quot;{value.etag}&quot;</ETag>"
        "</PostResponse>"
    ).encode()


@dataclass(slots=True)
class RequestPaymentConfiguration:
    """The document RequestPaymentConfiguration."""

    payer: str


def render_request_payment_configuration(value: RequestPaymentConfiguration) -> bytes:
    return (
        f"{HEAD}<RequestPaymentConfiguration{_XMLNS}>"
        f"<Payer>{escape(value.payer)}</Payer>"
        "</RequestPaymentConfiguration>"
    ).encode()


@dataclass(slots=True)
class SessionResult:
    """The document SessionResult."""

    session_id: str
    version_id: str | None = None


def render_session_result(value: SessionResult) -> bytes:
    return (
        f"{HEAD}<SessionResult>"
        f"<SessionId>{escape(value.session_id)}</SessionId>"
        + ("" if value.version_id is None else f"<VersionId>{escape(value.version_id)}</VersionId>")
        + "</SessionResult>"
    ).encode()


@dataclass(slots=True)
class Tag:
    """Part of a document."""

    key: str
    value: str


@dataclass(slots=True)
class Tagging:
    """The document Tagging."""

    tag: Sequence[Tag] = ()


def render_tagging(value: Tagging) -> bytes:
    return (
        f"{HEAD}<Tagging{_XMLNS}>"
        "<TagSet>"
        + "".join(
            [
                f"<Tag><Key>{escape(item.key)}</Key><Value>{escape(item.value)}</Value></Tag>"
                for item in value.tag
            ]
        )
        + "</TagSet>"
        "</Tagging>"
    ).encode()


@dataclass(slots=True)
class VersioningConfiguration:
    """The document VersioningConfiguration."""

    status: str | None = None


def render_versioning_configuration(value: VersioningConfiguration) -> bytes:
    return (
        f"{HEAD}<VersioningConfiguration{_XMLNS}>"
        + ("" if value.status is None else f"<Status>{escape(value.status)}</Status>")
        + "</VersioningConfiguration>"
    ).encode()
