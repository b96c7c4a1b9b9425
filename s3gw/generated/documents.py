"""Rendered by codegen from spec/shapes.yaml; do not edit, run `tox -e codegen`.

Contents, a dataclass for each shape that the gateway sends, and for each document its renderer:
  AccelerateConfiguration, render_accelerate_configuration
  Owner
  Grantee
  Grant
  AccessControlPolicy, render_access_control_policy
  Bucket
  BucketLoggingStatus, render_bucket_logging_status
  CommonPrefix
  DeleteError
  Deleted
  DeleteResult, render_delete_result
  Error, render_error
  ListAllMyBucketsResult, render_list_all_my_buckets_result
  ListBucketAnalyticsConfigurationsResult, render_list_bucket_analytics_configurations_result
  ListIntelligentTieringConfigurationsResult, render_list_intelligent_tiering_configurations_result
  ListInventoryConfigurationsResult, render_list_inventory_configurations_result
  ListMetricsConfigurationsResult, render_list_metrics_configurations_result
  Object
  ListObjectsResult, render_list_objects_result
  ListObjectsV2Result, render_list_objects_v2_result
  ObjectVersion
  ListVersionsResult, render_list_versions_result
  LocationConstraint, render_location_constraint
  NotificationConfiguration, render_notification_configuration
  RequestPaymentConfiguration, render_request_payment_configuration
  VersioningConfiguration, render_versioning_configuration
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass  # PERF: not frozen, which takes three times as long to make
from datetime import datetime

from s3gw.http.xml import escape, timestamp, url_escape

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XMLNS = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


@dataclass(slots=True)
class AccelerateConfiguration:
    """The document AccelerateConfiguration."""


def render_accelerate_configuration(value: AccelerateConfiguration) -> bytes:
    return (f"{_HEAD}<AccelerateConfiguration{_XMLNS}></AccelerateConfiguration>").encode()


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
        f"{_HEAD}<AccessControlPolicy{_XMLNS}>"
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
    return (f"{_HEAD}<BucketLoggingStatus{_XMLNS}></BucketLoggingStatus>").encode()


@dataclass(slots=True)
class CommonPrefix:
    """Part of a document."""

    prefix: str


@dataclass(slots=True)
class DeleteError:
    """Part of a document."""

    key: str
    code: str
    message: str
    version_id: str | None = None


@dataclass(slots=True)
class Deleted:
    """Part of a document."""

    key: str
    version_id: str | None = None


@dataclass(slots=True)
class DeleteResult:
    """The document DeleteResult."""

    deleted: Sequence[Deleted] = ()
    error: Sequence[DeleteError] = ()


def render_delete_result(value: DeleteResult) -> bytes:
    return (
        f"{_HEAD}<DeleteResult{_XMLNS}>"
        + "".join(
            [
                "<Deleted>"
                f"<Key>{escape(item.key)}</Key>"
                + ("" if item.version_id is None else f"<VersionId>{escape(item.version_id)}</VersionId>")
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
    actual_object_size: str | None = None
    argument_name: str | None = None
    argument_value: str | None = None
    bucket_name: str | None = None
    condition: str | None = None
    method: str | None = None
    missing_header_name: str | None = None
    range_requested: str | None = None
    resource_type: str | None = None


def render_error(value: Error) -> bytes:
    return (
        f"{_HEAD}<Error>"
        f"<Code>{escape(value.code)}</Code>"
        f"<Message>{escape(value.message)}</Message>"
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
        + ("" if value.condition is None else f"<Condition>{escape(value.condition)}</Condition>")
        + ("" if value.method is None else f"<Method>{escape(value.method)}</Method>")
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
        + (
            ""
            if value.resource_type is None
            else f"<ResourceType>{escape(value.resource_type)}</ResourceType>"
        )
        + f"<Resource>{escape(value.resource)}</Resource>"
        f"<RequestId>{escape(value.request_id)}</RequestId>"
        f"<HostId>{escape(value.host_id)}</HostId>"
        "</Error>"
    ).encode()


@dataclass(slots=True)
class ListAllMyBucketsResult:
    """The document ListAllMyBucketsResult."""

    owner: Owner
    bucket: Sequence[Bucket] = ()
    continuation_token: str | None = None
    prefix: str | None = None


def render_list_all_my_buckets_result(value: ListAllMyBucketsResult) -> bytes:
    return (
        f"{_HEAD}<ListAllMyBucketsResult{_XMLNS}>"
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
        f"{_HEAD}<ListBucketAnalyticsConfigurationsResult{_XMLNS}>"
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
        f"{_HEAD}<ListIntelligentTieringConfigurationsResult{_XMLNS}>"
        f"<IsTruncated>{'true' if value.is_truncated else 'false'}</IsTruncated>"
        "</ListIntelligentTieringConfigurationsResult>"
    ).encode()


@dataclass(slots=True)
class ListInventoryConfigurationsResult:
    """The document ListInventoryConfigurationsResult."""

    is_truncated: bool


def render_list_inventory_configurations_result(value: ListInventoryConfigurationsResult) -> bytes:
    return (
        f"{_HEAD}<ListInventoryConfigurationsResult{_XMLNS}>"
        f"<IsTruncated>{'true' if value.is_truncated else 'false'}</IsTruncated>"
        "</ListInventoryConfigurationsResult>"
    ).encode()


@dataclass(slots=True)
class ListMetricsConfigurationsResult:
    """The document ListMetricsConfigurationsResult."""

    is_truncated: bool


def render_list_metrics_configurations_result(value: ListMetricsConfigurationsResult) -> bytes:
    return (
        f"{_HEAD}<ListMetricsConfigurationsResult{_XMLNS}>"
        f"<IsTruncated>{'true' if value.is_truncated else 'false'}</IsTruncated>"
        "</ListMetricsConfigurationsResult>"
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
        f"{_HEAD}<ListBucketResult{_XMLNS}>"
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
        f"{_HEAD}<ListBucketResult{_XMLNS}>"
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
    version: Sequence[ObjectVersion] = ()
    common_prefixes: Sequence[CommonPrefix] = ()


def render_list_versions_result(value: ListVersionsResult) -> bytes:
    url = url_escape if value.encoding_type == "url" else escape
    return (
        f"{_HEAD}<ListVersionsResult{_XMLNS}>"
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
                "<Version>"
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
    return (f"{_HEAD}<LocationConstraint{_XMLNS}>{escape(value.text)}</LocationConstraint>").encode()


@dataclass(slots=True)
class NotificationConfiguration:
    """The document NotificationConfiguration."""


def render_notification_configuration(value: NotificationConfiguration) -> bytes:
    return (f"{_HEAD}<NotificationConfiguration{_XMLNS}></NotificationConfiguration>").encode()


@dataclass(slots=True)
class RequestPaymentConfiguration:
    """The document RequestPaymentConfiguration."""

    payer: str


def render_request_payment_configuration(value: RequestPaymentConfiguration) -> bytes:
    return (
        f"{_HEAD}<RequestPaymentConfiguration{_XMLNS}>"
        f"<Payer>{escape(value.payer)}</Payer>"
        "</RequestPaymentConfiguration>"
    ).encode()


@dataclass(slots=True)
class VersioningConfiguration:
    """The document VersioningConfiguration."""

    status: str | None = None


def render_versioning_configuration(value: VersioningConfiguration) -> bytes:
    return (
        f"{_HEAD}<VersioningConfiguration{_XMLNS}>"
        + ("" if value.status is None else f"<Status>{escape(value.status)}</Status>")
        + "</VersioningConfiguration>"
    ).encode()
