"""Rendered by codegen from spec/operations/; do not edit, run `tox -e codegen`.

Contents, for each supported operation its typed request, how it is read from a call, and how its
result is written:
  AbortMultipartUpload
  CompleteMultipartUpload
  CopyObject
  CorsPreflight
  CreateBucket
  CreateMultipartUpload
  DeleteBucket
  DeleteObject
  DeleteObjectTagging
  DeleteObjects
  DeleteSession
  GetBucketAccelerateConfiguration
  GetBucketAcl
  GetBucketAnalyticsConfiguration
  GetBucketCors
  GetBucketEncryption
  GetBucketIntelligentTieringConfiguration
  GetBucketInventoryConfiguration
  GetBucketLifecycleConfiguration
  GetBucketLocation
  GetBucketLogging
  GetBucketMetricsConfiguration
  GetBucketNotificationConfiguration
  GetBucketOwnershipControls
  GetBucketPolicy
  GetBucketPolicyStatus
  GetBucketReplication
  GetBucketRequestPayment
  GetBucketTagging
  GetBucketVersioning
  GetBucketWebsite
  GetObject
  GetObjectAcl
  GetObjectAttributes
  GetObjectLegalHold
  GetObjectLockConfiguration
  GetObjectRetention
  GetObjectTagging
  GetPublicAccessBlock
  HeadBucket
  ListBucketAnalyticsConfigurations
  ListBucketIntelligentTieringConfigurations
  ListBucketInventoryConfigurations
  ListBucketMetricsConfigurations
  ListBuckets
  ListMultipartUploads
  ListObjectVersions
  ListObjects
  ListObjectsV2
  ListParts
  PostObject
  PostSession
  PutBucketAcl
  PutBucketVersioning
  PutObject
  PutObjectAcl
  PutObjectTagging
  RenameObject
  UploadPart
  UploadPartCopy
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass  # PERF: not frozen, which takes three times as long to make
from datetime import datetime

from s3gw.generated import documents, errors, parsers
from s3gw.http import values
from s3gw.http.answer import Answer
from s3gw.http.body import Body
from s3gw.http.form import Form
from s3gw.http.refusals import Refusal, Refusals
from s3gw.http.request import Request
from s3gw.http.values import http_date
from s3gw.pfs.interface import Branch, FileReader


@dataclass(slots=True)
class AbortMultipartUploadRequest:
    """What a client asks of AbortMultipartUpload."""

    bucket: str
    branch: Branch
    key: str
    upload_id: str


_ABORT_MULTIPART_UPLOAD_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
)


def read_abort_multipart_upload(request: Request) -> AbortMultipartUploadRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    _ABORT_MULTIPART_UPLOAD_HEADERS.check(request.headers)
    return AbortMultipartUploadRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        upload_id=query.get("uploadId", ""),
    )


@dataclass(slots=True)
class CompleteMultipartUploadRequest:
    """What a client asks of CompleteMultipartUpload."""

    bucket: str
    branch: Branch
    key: str
    upload_id: str
    if_match: str | None
    if_modified_since: str | None
    if_none_match: str | None
    if_unmodified_since: str | None
    checksum: Mapping[str, str]
    mp_object_size: int | None
    x_s3gw_session: str | None
    document: parsers.CompleteMultipartUpload | None


@dataclass(slots=True)
class CompleteMultipartUploadResult:
    """What CompleteMultipartUpload answers; a header that is None is not sent."""

    document: documents.CompleteMultipartUploadResult
    version_id: str | None = None


_COMPLETE_MULTIPART_UPLOAD_HEADERS = Refusals(
    Refusal(
        errors.NotImplemented, "Encryption", "x-amz-server-side-encryption-customer-*", ("", "false", "off")
    ),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
)


def read_complete_multipart_upload(request: Request) -> CompleteMultipartUploadRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    headers = request.headers
    _COMPLETE_MULTIPART_UPLOAD_HEADERS.check(request.headers)
    return CompleteMultipartUploadRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        upload_id=query.get("uploadId", ""),
        if_match=headers.get("if-match"),
        if_modified_since=headers.get("if-modified-since"),
        if_none_match=headers.get("if-none-match"),
        if_unmodified_since=headers.get("if-unmodified-since"),
        checksum=values.prefixed("x-amz-checksum-", headers),
        mp_object_size=values.integer("x-amz-mp-object-size", headers.get("x-amz-mp-object-size"), minimum=0),
        x_s3gw_session=headers.get("x-s3gw-session"),
        document=request.document(parsers.COMPLETE_MULTIPART_UPLOAD, "CompleteMultipartUpload", summed=False),
    )


def write_complete_multipart_upload(result: CompleteMultipartUploadResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.version_id is not None:
        headers.append(("x-amz-version-id", result.version_id))
    return Answer(200, headers, documents.render_complete_multipart_upload_result(result.document))


@dataclass(slots=True)
class CopyObjectRequest:
    """What a client asks of CopyObject."""

    bucket: str
    branch: Branch
    key: str
    cache_control: str | None
    content_disposition: str | None
    content_encoding: str | None
    content_language: str | None
    content_type: str | None
    expires: str | None
    if_match: str | None
    if_modified_since: str | None
    if_none_match: str | None
    if_unmodified_since: str | None
    checksum_algorithm: str | None
    copy_source: str
    copy_source_if_match: str | None
    copy_source_if_modified_since: str | None
    copy_source_if_none_match: str | None
    copy_source_if_unmodified_since: str | None
    meta: Mapping[str, str]
    metadata_directive: str
    storage_class: str | None
    tagging: str | None
    tagging_directive: str
    x_s3gw_session: str | None


@dataclass(slots=True)
class CopyObjectResult:
    """What CopyObject answers; a header that is None is not sent."""

    document: documents.CopyObjectResult
    copy_source_version_id: str | None = None
    version_id: str | None = None


_COPY_OBJECT_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Annotations", "x-amz-object-annotation-directive", ("copy", "exclude")),
    Refusal(errors.NotImplemented, "Encryption", "x-amz-server-side-encryption*", ("", "false", "off")),
    Refusal(
        errors.NotImplemented,
        "Encryption",
        "x-amz-copy-source-server-side-encryption-*",
        ("", "false", "off"),
    ),
    Refusal(errors.NotImplemented, "Object locks", "x-amz-object-lock-*", ("", "false", "off")),
    Refusal(
        errors.NotImplemented,
        "Website configuration",
        "x-amz-website-redirect-location",
        ("", "false", "off"),
    ),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
)


def read_copy_object(request: Request) -> CopyObjectRequest:
    """Raise S3Error where the request is not valid."""
    headers = request.headers
    _COPY_OBJECT_HEADERS.check(request.headers)
    return CopyObjectRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        cache_control=headers.get("cache-control"),
        content_disposition=headers.get("content-disposition"),
        content_encoding=headers.get("content-encoding"),
        content_language=headers.get("content-language"),
        content_type=headers.get("content-type"),
        expires=headers.get("expires"),
        if_match=headers.get("if-match"),
        if_modified_since=headers.get("if-modified-since"),
        if_none_match=headers.get("if-none-match"),
        if_unmodified_since=headers.get("if-unmodified-since"),
        checksum_algorithm=headers.get("x-amz-checksum-algorithm"),
        copy_source=headers.get("x-amz-copy-source", ""),
        copy_source_if_match=headers.get("x-amz-copy-source-if-match"),
        copy_source_if_modified_since=headers.get("x-amz-copy-source-if-modified-since"),
        copy_source_if_none_match=headers.get("x-amz-copy-source-if-none-match"),
        copy_source_if_unmodified_since=headers.get("x-amz-copy-source-if-unmodified-since"),
        meta=values.prefixed("x-amz-meta-", headers),
        metadata_directive=values.string(
            "x-amz-metadata-directive",
            headers.get("x-amz-metadata-directive"),
            default="COPY",
            values=("COPY", "REPLACE"),
        ),
        storage_class=headers.get("x-amz-storage-class"),
        tagging=headers.get("x-amz-tagging"),
        tagging_directive=values.string(
            "x-amz-tagging-directive",
            headers.get("x-amz-tagging-directive"),
            default="COPY",
            values=("COPY", "REPLACE"),
        ),
        x_s3gw_session=headers.get("x-s3gw-session"),
    )


def write_copy_object(result: CopyObjectResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.copy_source_version_id is not None:
        headers.append(("x-amz-copy-source-version-id", result.copy_source_version_id))
    if result.version_id is not None:
        headers.append(("x-amz-version-id", result.version_id))
    return Answer(200, headers, documents.render_copy_object_result(result.document))


@dataclass(slots=True)
class CorsPreflightRequest:
    """What a client asks of CorsPreflight."""

    level: str
    access_control_request_headers: str | None
    access_control_request_method: str | None
    origin: str | None


@dataclass(slots=True)
class CorsPreflightResult:
    """What CorsPreflight answers; a header that is None is not sent."""

    access_control_allow_credentials: bool | None = None
    access_control_allow_headers: str | None = None
    access_control_allow_methods: str | None = None
    access_control_allow_origin: str | None = None
    access_control_expose_headers: str | None = None
    access_control_max_age: int | None = None


def read_cors_preflight(request: Request) -> CorsPreflightRequest:
    """Raise S3Error where the request is not valid."""
    headers = request.headers
    return CorsPreflightRequest(
        level=request.level,
        access_control_request_headers=headers.get("access-control-request-headers"),
        access_control_request_method=headers.get("access-control-request-method"),
        origin=headers.get("origin"),
    )


def write_cors_preflight(result: CorsPreflightResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.access_control_allow_credentials is not None:
        headers.append(
            (
                "Access-Control-Allow-Credentials",
                "true" if result.access_control_allow_credentials else "false",
            )
        )
    if result.access_control_allow_headers is not None:
        headers.append(("Access-Control-Allow-Headers", result.access_control_allow_headers))
    if result.access_control_allow_methods is not None:
        headers.append(("Access-Control-Allow-Methods", result.access_control_allow_methods))
    if result.access_control_allow_origin is not None:
        headers.append(("Access-Control-Allow-Origin", result.access_control_allow_origin))
    if result.access_control_expose_headers is not None:
        headers.append(("Access-Control-Expose-Headers", result.access_control_expose_headers))
    if result.access_control_max_age is not None:
        headers.append(("Access-Control-Max-Age", str(result.access_control_max_age)))
    return Answer(200, headers, None)


@dataclass(slots=True)
class CreateBucketRequest:
    """What a client asks of CreateBucket."""

    bucket: str
    branch: Branch
    document: parsers.CreateBucketConfiguration | None


@dataclass(slots=True)
class CreateBucketResult:
    """What CreateBucket answers; a header that is None is not sent."""

    location: str | None = None


_CREATE_BUCKET_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Object locks", "x-amz-bucket-object-lock-enabled", ("", "false", "off")),
    Refusal(
        errors.NotImplemented, "Sessions and directory buckets", "x-amz-bucket-namespace", ("", "global")
    ),
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_create_bucket(request: Request) -> CreateBucketRequest:
    """Raise S3Error where the request is not valid."""
    _CREATE_BUCKET_HEADERS.check(request.headers)
    return CreateBucketRequest(
        bucket=request.bucket,
        branch=request.new_branch(),
        document=request.document(parsers.CREATE_BUCKET_CONFIGURATION, "CreateBucketConfiguration"),
    )


def write_create_bucket(result: CreateBucketResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.location is not None:
        headers.append(("Location", result.location))
    return Answer(200, headers, None)


@dataclass(slots=True)
class CreateMultipartUploadRequest:
    """What a client asks of CreateMultipartUpload."""

    bucket: str
    branch: Branch
    key: str
    cache_control: str | None
    content_disposition: str | None
    content_encoding: str | None
    content_language: str | None
    content_type: str | None
    expires: str | None
    checksum_algorithm: str | None
    checksum_type: str | None
    meta: Mapping[str, str]
    tagging: str | None
    x_s3gw_session: str | None


@dataclass(slots=True)
class CreateMultipartUploadResult:
    """What CreateMultipartUpload answers; a header that is None is not sent."""

    document: documents.InitiateMultipartUploadResult
    checksum_algorithm: str | None = None
    checksum_type: str | None = None


_CREATE_MULTIPART_UPLOAD_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Encryption", "x-amz-server-side-encryption*", ("", "false", "off")),
    Refusal(errors.NotImplemented, "Object locks", "x-amz-object-lock-*", ("", "false", "off")),
    Refusal(
        errors.NotImplemented,
        "Website configuration",
        "x-amz-website-redirect-location",
        ("", "false", "off"),
    ),
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
)


def read_create_multipart_upload(request: Request) -> CreateMultipartUploadRequest:
    """Raise S3Error where the request is not valid."""
    headers = request.headers
    _CREATE_MULTIPART_UPLOAD_HEADERS.check(request.headers)
    return CreateMultipartUploadRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        cache_control=headers.get("cache-control"),
        content_disposition=headers.get("content-disposition"),
        content_encoding=headers.get("content-encoding"),
        content_language=headers.get("content-language"),
        content_type=headers.get("content-type"),
        expires=headers.get("expires"),
        checksum_algorithm=headers.get("x-amz-checksum-algorithm"),
        checksum_type=headers.get("x-amz-checksum-type"),
        meta=values.prefixed("x-amz-meta-", headers),
        tagging=headers.get("x-amz-tagging"),
        x_s3gw_session=headers.get("x-s3gw-session"),
    )


def write_create_multipart_upload(result: CreateMultipartUploadResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.checksum_algorithm is not None:
        headers.append(("x-amz-checksum-algorithm", result.checksum_algorithm))
    if result.checksum_type is not None:
        headers.append(("x-amz-checksum-type", result.checksum_type))
    return Answer(200, headers, documents.render_initiate_multipart_upload_result(result.document))


@dataclass(slots=True)
class DeleteBucketRequest:
    """What a client asks of DeleteBucket."""

    bucket: str
    branch: Branch


_DELETE_BUCKET_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_delete_bucket(request: Request) -> DeleteBucketRequest:
    """Raise S3Error where the request is not valid."""
    _DELETE_BUCKET_HEADERS.check(request.headers)
    return DeleteBucketRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
    )


@dataclass(slots=True)
class DeleteObjectRequest:
    """What a client asks of DeleteObject."""

    bucket: str
    branch: Branch
    key: str
    version_id: str | None
    if_match: str | None
    if_modified_since: str | None
    if_none_match: str | None
    if_unmodified_since: str | None
    x_s3gw_session: str | None = None


@dataclass(slots=True)
class DeleteObjectResult:
    """What DeleteObject answers; a header that is None is not sent."""

    delete_marker: bool | None = None
    version_id: str | None = None


_DELETE_OBJECT_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_delete_object(request: Request) -> DeleteObjectRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    headers = request.headers
    _DELETE_OBJECT_HEADERS.check(request.headers)
    return DeleteObjectRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        version_id=query.get("versionId"),
        if_match=headers.get("if-match"),
        if_modified_since=headers.get("if-modified-since"),
        if_none_match=headers.get("if-none-match"),
        if_unmodified_since=headers.get("if-unmodified-since"),
    )


def write_delete_object(result: DeleteObjectResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(204, headers, None)


_DELETE_OBJECT_EXTENDED_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
)


def read_delete_object_extended(request: Request) -> DeleteObjectRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    headers = request.headers
    _DELETE_OBJECT_EXTENDED_HEADERS.check(request.headers)
    return DeleteObjectRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        version_id=query.get("versionId"),
        if_match=headers.get("if-match"),
        if_modified_since=headers.get("if-modified-since"),
        if_none_match=headers.get("if-none-match"),
        if_unmodified_since=headers.get("if-unmodified-since"),
        x_s3gw_session=headers.get("x-s3gw-session"),
    )


def write_delete_object_extended(result: DeleteObjectResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.delete_marker is not None:
        headers.append(("x-amz-delete-marker", "true" if result.delete_marker else "false"))
    if result.version_id is not None:
        headers.append(("x-amz-version-id", result.version_id))
    return Answer(204, headers, None)


@dataclass(slots=True)
class DeleteObjectTaggingRequest:
    """What a client asks of DeleteObjectTagging."""

    bucket: str
    branch: Branch
    key: str
    version_id: str | None


@dataclass(slots=True)
class DeleteObjectTaggingResult:
    """What DeleteObjectTagging answers; a header that is None is not sent."""

    version_id: str | None = None


_DELETE_OBJECT_TAGGING_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_delete_object_tagging(request: Request) -> DeleteObjectTaggingRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    _DELETE_OBJECT_TAGGING_HEADERS.check(request.headers)
    return DeleteObjectTaggingRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        version_id=query.get("versionId"),
    )


def write_delete_object_tagging(result: DeleteObjectTaggingResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.version_id is not None:
        headers.append(("x-amz-version-id", result.version_id))
    return Answer(204, headers, None)


@dataclass(slots=True)
class DeleteObjectsRequest:
    """What a client asks of DeleteObjects."""

    bucket: str
    branch: Branch
    document: parsers.Delete
    x_s3gw_session: str | None = None


_DELETE_OBJECTS_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_delete_objects(request: Request) -> DeleteObjectsRequest:
    """Raise S3Error where the request is not valid."""
    _DELETE_OBJECTS_HEADERS.check(request.headers)
    return DeleteObjectsRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        document=request.required_document(parsers.DELETE, "Delete"),
    )


def write_delete_objects(result: documents.DeleteResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_delete_result(result))


_DELETE_OBJECTS_EXTENDED_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
)


def read_delete_objects_extended(request: Request) -> DeleteObjectsRequest:
    """Raise S3Error where the request is not valid."""
    headers = request.headers
    _DELETE_OBJECTS_EXTENDED_HEADERS.check(request.headers)
    return DeleteObjectsRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        x_s3gw_session=headers.get("x-s3gw-session"),
        document=request.required_document(parsers.DELETE, "Delete"),
    )


def write_delete_objects_extended(result: documents.DeleteResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_delete_result(result))


@dataclass(slots=True)
class DeleteSessionRequest:
    """What a client asks of DeleteSession."""

    bucket: str
    branch: Branch
    s3gw_session: str


_DELETE_SESSION_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_delete_session(request: Request) -> DeleteSessionRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    _DELETE_SESSION_HEADERS.check(request.headers)
    return DeleteSessionRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        s3gw_session=query.get("s3gw-session", ""),
    )


@dataclass(slots=True)
class GetBucketAccelerateConfigurationRequest:
    """What a client asks of GetBucketAccelerateConfiguration."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_accelerate_configuration(request: Request) -> GetBucketAccelerateConfigurationRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketAccelerateConfigurationRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_get_bucket_accelerate_configuration(result: documents.AccelerateConfiguration) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_accelerate_configuration(result))


@dataclass(slots=True)
class GetBucketAclRequest:
    """What a client asks of GetBucketAcl."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_acl(request: Request) -> GetBucketAclRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketAclRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_get_bucket_acl(result: documents.AccessControlPolicy) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_access_control_policy(result))


@dataclass(slots=True)
class GetBucketAnalyticsConfigurationRequest:
    """What a client asks of GetBucketAnalyticsConfiguration."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_analytics_configuration(request: Request) -> GetBucketAnalyticsConfigurationRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketAnalyticsConfigurationRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetBucketCorsRequest:
    """What a client asks of GetBucketCors."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_cors(request: Request) -> GetBucketCorsRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketCorsRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_get_bucket_cors(result: documents.CORSConfiguration) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_cors_configuration(result))


@dataclass(slots=True)
class GetBucketEncryptionRequest:
    """What a client asks of GetBucketEncryption."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_encryption(request: Request) -> GetBucketEncryptionRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketEncryptionRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetBucketIntelligentTieringConfigurationRequest:
    """What a client asks of GetBucketIntelligentTieringConfiguration."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_intelligent_tiering_configuration(
    request: Request,
) -> GetBucketIntelligentTieringConfigurationRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketIntelligentTieringConfigurationRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetBucketInventoryConfigurationRequest:
    """What a client asks of GetBucketInventoryConfiguration."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_inventory_configuration(request: Request) -> GetBucketInventoryConfigurationRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketInventoryConfigurationRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetBucketLifecycleConfigurationRequest:
    """What a client asks of GetBucketLifecycleConfiguration."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_lifecycle_configuration(request: Request) -> GetBucketLifecycleConfigurationRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketLifecycleConfigurationRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetBucketLocationRequest:
    """What a client asks of GetBucketLocation."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_location(request: Request) -> GetBucketLocationRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketLocationRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_get_bucket_location(result: documents.LocationConstraint) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_location_constraint(result))


@dataclass(slots=True)
class GetBucketLoggingRequest:
    """What a client asks of GetBucketLogging."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_logging(request: Request) -> GetBucketLoggingRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketLoggingRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_get_bucket_logging(result: documents.BucketLoggingStatus) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_bucket_logging_status(result))


@dataclass(slots=True)
class GetBucketMetricsConfigurationRequest:
    """What a client asks of GetBucketMetricsConfiguration."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_metrics_configuration(request: Request) -> GetBucketMetricsConfigurationRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketMetricsConfigurationRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetBucketNotificationConfigurationRequest:
    """What a client asks of GetBucketNotificationConfiguration."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_notification_configuration(request: Request) -> GetBucketNotificationConfigurationRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketNotificationConfigurationRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_get_bucket_notification_configuration(result: documents.NotificationConfiguration) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_notification_configuration(result))


@dataclass(slots=True)
class GetBucketOwnershipControlsRequest:
    """What a client asks of GetBucketOwnershipControls."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_ownership_controls(request: Request) -> GetBucketOwnershipControlsRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketOwnershipControlsRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetBucketPolicyRequest:
    """What a client asks of GetBucketPolicy."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_policy(request: Request) -> GetBucketPolicyRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketPolicyRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetBucketPolicyStatusRequest:
    """What a client asks of GetBucketPolicyStatus."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_policy_status(request: Request) -> GetBucketPolicyStatusRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketPolicyStatusRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetBucketReplicationRequest:
    """What a client asks of GetBucketReplication."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_replication(request: Request) -> GetBucketReplicationRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketReplicationRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetBucketRequestPaymentRequest:
    """What a client asks of GetBucketRequestPayment."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_request_payment(request: Request) -> GetBucketRequestPaymentRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketRequestPaymentRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_get_bucket_request_payment(result: documents.RequestPaymentConfiguration) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_request_payment_configuration(result))


@dataclass(slots=True)
class GetBucketTaggingRequest:
    """What a client asks of GetBucketTagging."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_tagging(request: Request) -> GetBucketTaggingRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketTaggingRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetBucketVersioningRequest:
    """What a client asks of GetBucketVersioning."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_versioning(request: Request) -> GetBucketVersioningRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketVersioningRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_get_bucket_versioning(result: documents.VersioningConfiguration) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_versioning_configuration(result))


def read_get_bucket_versioning_extended(request: Request) -> GetBucketVersioningRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketVersioningRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_get_bucket_versioning_extended(result: documents.VersioningConfiguration) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_versioning_configuration(result))


@dataclass(slots=True)
class GetBucketWebsiteRequest:
    """What a client asks of GetBucketWebsite."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_bucket_website(request: Request) -> GetBucketWebsiteRequest:
    """Raise S3Error where the request is not valid."""
    return GetBucketWebsiteRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetObjectRequest:
    """What a client asks of GetObject."""

    bucket: str
    branch: Branch
    key: str
    part_number: int | None
    response_cache_control: str | None
    response_content_disposition: str | None
    response_content_encoding: str | None
    response_content_language: str | None
    response_content_type: str | None
    response_expires: str | None
    version_id: str | None
    if_match: str | None
    if_modified_since: str | None
    if_none_match: str | None
    if_range: str | None
    if_unmodified_since: str | None
    range: str | None
    commit: str | None = None
    checksum_mode: str | None = None
    x_s3gw_session: str | None = None


@dataclass(slots=True)
class GetObjectResult:
    """What GetObject answers; a header that is None is not sent."""

    accept_ranges: str | None = None
    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    content_length: int | None = None
    content_range: str | None = None
    content_type: str | None = None
    etag: str | None = None
    expires: str | None = None
    last_modified: datetime | None = None
    checksum_crc32: str | None = None
    checksum_crc32c: str | None = None
    checksum_crc64nvme: str | None = None
    checksum_md5: str | None = None
    checksum_sha1: str | None = None
    checksum_sha256: str | None = None
    checksum_sha512: str | None = None
    checksum_xxhash128: str | None = None
    checksum_xxhash3: str | None = None
    checksum_xxhash64: str | None = None
    checksum_type: str | None = None
    meta: Mapping[str, str] | None = None
    mp_parts_count: int | None = None
    tagging_count: int | None = None
    version_id: str | None = None
    body: FileReader | None = None
    status: int = 200


_GET_OBJECT_HEADERS = Refusals(
    Refusal(
        errors.NotImplemented, "Encryption", "x-amz-server-side-encryption-customer-*", ("", "false", "off")
    ),
)


def read_get_object(request: Request) -> GetObjectRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    headers = request.headers
    _GET_OBJECT_HEADERS.check(request.headers)
    return GetObjectRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        key=request.key(),
        part_number=values.integer("partNumber", query.get("partNumber"), minimum=1, maximum=10000),
        response_cache_control=values.header("response-cache-control", query.get("response-cache-control")),
        response_content_disposition=values.header(
            "response-content-disposition", query.get("response-content-disposition")
        ),
        response_content_encoding=values.header(
            "response-content-encoding", query.get("response-content-encoding")
        ),
        response_content_language=values.header(
            "response-content-language", query.get("response-content-language")
        ),
        response_content_type=values.header("response-content-type", query.get("response-content-type")),
        response_expires=values.header("response-expires", query.get("response-expires")),
        version_id=query.get("versionId"),
        if_match=headers.get("if-match"),
        if_modified_since=headers.get("if-modified-since"),
        if_none_match=headers.get("if-none-match"),
        if_range=headers.get("if-range"),
        if_unmodified_since=headers.get("if-unmodified-since"),
        range=headers.get("range"),
    )


def write_get_object(result: GetObjectResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.accept_ranges is not None:
        headers.append(("Accept-Ranges", result.accept_ranges))
    if result.cache_control is not None:
        headers.append(("Cache-Control", result.cache_control))
    if result.content_disposition is not None:
        headers.append(("Content-Disposition", result.content_disposition))
    if result.content_encoding is not None:
        headers.append(("Content-Encoding", result.content_encoding))
    if result.content_language is not None:
        headers.append(("Content-Language", result.content_language))
    if result.content_length is not None:
        headers.append(("Content-Length", str(result.content_length)))
    if result.content_range is not None:
        headers.append(("Content-Range", result.content_range))
    if result.content_type is not None:
        headers.append(("Content-Type", result.content_type))
    if result.etag is not None:
        headers.append(("ETag", f'"{result.etag}"'))
    if result.expires is not None:
        headers.append(("Expires", result.expires))
    if result.last_modified is not None:
        headers.append(("Last-Modified", http_date(result.last_modified)))
    return Answer(result.status, headers, result.body)


_GET_OBJECT_EXTENDED_HEADERS = Refusals(
    Refusal(
        errors.NotImplemented, "Encryption", "x-amz-server-side-encryption-customer-*", ("", "false", "off")
    ),
)


def read_get_object_extended(request: Request) -> GetObjectRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    headers = request.headers
    _GET_OBJECT_EXTENDED_HEADERS.check(request.headers)
    return GetObjectRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        key=request.key(),
        part_number=values.integer("partNumber", query.get("partNumber"), minimum=1, maximum=10000),
        response_cache_control=values.header("response-cache-control", query.get("response-cache-control")),
        response_content_disposition=values.header(
            "response-content-disposition", query.get("response-content-disposition")
        ),
        response_content_encoding=values.header(
            "response-content-encoding", query.get("response-content-encoding")
        ),
        response_content_language=values.header(
            "response-content-language", query.get("response-content-language")
        ),
        response_content_type=values.header("response-content-type", query.get("response-content-type")),
        response_expires=values.header("response-expires", query.get("response-expires")),
        version_id=query.get("versionId"),
        if_match=headers.get("if-match"),
        if_modified_since=headers.get("if-modified-since"),
        if_none_match=headers.get("if-none-match"),
        if_range=headers.get("if-range"),
        if_unmodified_since=headers.get("if-unmodified-since"),
        range=headers.get("range"),
        checksum_mode=headers.get("x-amz-checksum-mode"),
        x_s3gw_session=headers.get("x-s3gw-session"),
    )


def write_get_object_extended(result: GetObjectResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.accept_ranges is not None:
        headers.append(("Accept-Ranges", result.accept_ranges))
    if result.cache_control is not None:
        headers.append(("Cache-Control", result.cache_control))
    if result.content_disposition is not None:
        headers.append(("Content-Disposition", result.content_disposition))
    if result.content_encoding is not None:
        headers.append(("Content-Encoding", result.content_encoding))
    if result.content_language is not None:
        headers.append(("Content-Language", result.content_language))
    if result.content_length is not None:
        headers.append(("Content-Length", str(result.content_length)))
    if result.content_range is not None:
        headers.append(("Content-Range", result.content_range))
    if result.content_type is not None:
        headers.append(("Content-Type", result.content_type))
    if result.etag is not None:
        headers.append(("ETag", f'"{result.etag}"'))
    if result.expires is not None:
        headers.append(("Expires", result.expires))
    if result.last_modified is not None:
        headers.append(("Last-Modified", http_date(result.last_modified)))
    if result.checksum_crc32 is not None:
        headers.append(("x-amz-checksum-crc32", result.checksum_crc32))
    if result.checksum_crc32c is not None:
        headers.append(("x-amz-checksum-crc32c", result.checksum_crc32c))
    if result.checksum_crc64nvme is not None:
        headers.append(("x-amz-checksum-crc64nvme", result.checksum_crc64nvme))
    if result.checksum_md5 is not None:
        headers.append(("x-amz-checksum-md5", result.checksum_md5))
    if result.checksum_sha1 is not None:
        headers.append(("x-amz-checksum-sha1", result.checksum_sha1))
    if result.checksum_sha256 is not None:
        headers.append(("x-amz-checksum-sha256", result.checksum_sha256))
    if result.checksum_sha512 is not None:
        headers.append(("x-amz-checksum-sha512", result.checksum_sha512))
    if result.checksum_xxhash128 is not None:
        headers.append(("x-amz-checksum-xxhash128", result.checksum_xxhash128))
    if result.checksum_xxhash3 is not None:
        headers.append(("x-amz-checksum-xxhash3", result.checksum_xxhash3))
    if result.checksum_xxhash64 is not None:
        headers.append(("x-amz-checksum-xxhash64", result.checksum_xxhash64))
    if result.checksum_type is not None:
        headers.append(("x-amz-checksum-type", result.checksum_type))
    if result.meta is not None:
        headers.extend((("x-amz-meta-" + name, value) for name, value in result.meta.items()))
    if result.mp_parts_count is not None:
        headers.append(("x-amz-mp-parts-count", str(result.mp_parts_count)))
    if result.tagging_count is not None:
        headers.append(("x-amz-tagging-count", str(result.tagging_count)))
    if result.version_id is not None:
        headers.append(("x-amz-version-id", result.version_id))
    return Answer(result.status, headers, result.body)


@dataclass(slots=True)
class GetObjectAclRequest:
    """What a client asks of GetObjectAcl."""

    bucket: str
    branch: Branch
    key: str
    version_id: str | None
    commit: str | None = None


def read_get_object_acl(request: Request) -> GetObjectAclRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    return GetObjectAclRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        key=request.key(),
        version_id=query.get("versionId"),
    )


def write_get_object_acl(result: documents.AccessControlPolicy) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_access_control_policy(result))


@dataclass(slots=True)
class GetObjectAttributesRequest:
    """What a client asks of GetObjectAttributes."""

    bucket: str
    branch: Branch
    key: str
    version_id: str | None
    max_parts: int
    object_attributes: str
    part_number_marker: int
    x_s3gw_session: str | None
    commit: str | None = None


@dataclass(slots=True)
class GetObjectAttributesResult:
    """What GetObjectAttributes answers; a header that is None is not sent."""

    document: documents.GetObjectAttributesOutput
    last_modified: datetime | None = None
    version_id: str | None = None


_GET_OBJECT_ATTRIBUTES_HEADERS = Refusals(
    Refusal(
        errors.NotImplemented, "Encryption", "x-amz-server-side-encryption-customer-*", ("", "false", "off")
    ),
)


def read_get_object_attributes(request: Request) -> GetObjectAttributesRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    headers = request.headers
    _GET_OBJECT_ATTRIBUTES_HEADERS.check(request.headers)
    return GetObjectAttributesRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        key=request.key(),
        version_id=query.get("versionId"),
        max_parts=values.integer(
            "x-amz-max-parts", headers.get("x-amz-max-parts"), default=1000, minimum=0, cap=1000
        ),
        object_attributes=headers.get("x-amz-object-attributes", ""),
        part_number_marker=values.integer(
            "x-amz-part-number-marker", headers.get("x-amz-part-number-marker"), default=0, minimum=0
        ),
        x_s3gw_session=headers.get("x-s3gw-session"),
    )


def write_get_object_attributes(result: GetObjectAttributesResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.last_modified is not None:
        headers.append(("Last-Modified", http_date(result.last_modified)))
    if result.version_id is not None:
        headers.append(("x-amz-version-id", result.version_id))
    return Answer(200, headers, documents.render_get_object_attributes_output(result.document))


@dataclass(slots=True)
class GetObjectLegalHoldRequest:
    """What a client asks of GetObjectLegalHold."""

    bucket: str
    branch: Branch
    key: str
    commit: str | None = None


def read_get_object_legal_hold(request: Request) -> GetObjectLegalHoldRequest:
    """Raise S3Error where the request is not valid."""
    return GetObjectLegalHoldRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        key=request.key(),
    )


@dataclass(slots=True)
class GetObjectLockConfigurationRequest:
    """What a client asks of GetObjectLockConfiguration."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_object_lock_configuration(request: Request) -> GetObjectLockConfigurationRequest:
    """Raise S3Error where the request is not valid."""
    return GetObjectLockConfigurationRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class GetObjectRetentionRequest:
    """What a client asks of GetObjectRetention."""

    bucket: str
    branch: Branch
    key: str
    commit: str | None = None


def read_get_object_retention(request: Request) -> GetObjectRetentionRequest:
    """Raise S3Error where the request is not valid."""
    return GetObjectRetentionRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        key=request.key(),
    )


@dataclass(slots=True)
class GetObjectTaggingRequest:
    """What a client asks of GetObjectTagging."""

    bucket: str
    branch: Branch
    key: str
    version_id: str | None
    x_s3gw_session: str | None
    commit: str | None = None


@dataclass(slots=True)
class GetObjectTaggingResult:
    """What GetObjectTagging answers; a header that is None is not sent."""

    document: documents.Tagging
    version_id: str | None = None


def read_get_object_tagging(request: Request) -> GetObjectTaggingRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    headers = request.headers
    return GetObjectTaggingRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        key=request.key(),
        version_id=query.get("versionId"),
        x_s3gw_session=headers.get("x-s3gw-session"),
    )


def write_get_object_tagging(result: GetObjectTaggingResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.version_id is not None:
        headers.append(("x-amz-version-id", result.version_id))
    return Answer(200, headers, documents.render_tagging(result.document))


@dataclass(slots=True)
class GetPublicAccessBlockRequest:
    """What a client asks of GetPublicAccessBlock."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_get_public_access_block(request: Request) -> GetPublicAccessBlockRequest:
    """Raise S3Error where the request is not valid."""
    return GetPublicAccessBlockRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


@dataclass(slots=True)
class HeadBucketRequest:
    """What a client asks of HeadBucket."""

    bucket: str
    branch: Branch
    commit: str | None = None


@dataclass(slots=True)
class HeadBucketResult:
    """What HeadBucket answers; a header that is None is not sent."""

    bucket_region: str | None = None


def read_head_bucket(request: Request) -> HeadBucketRequest:
    """Raise S3Error where the request is not valid."""
    return HeadBucketRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_head_bucket(result: HeadBucketResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.bucket_region is not None:
        headers.append(("x-amz-bucket-region", result.bucket_region))
    return Answer(200, headers, None)


@dataclass(slots=True)
class ListBucketAnalyticsConfigurationsRequest:
    """What a client asks of ListBucketAnalyticsConfigurations."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_list_bucket_analytics_configurations(request: Request) -> ListBucketAnalyticsConfigurationsRequest:
    """Raise S3Error where the request is not valid."""
    return ListBucketAnalyticsConfigurationsRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_list_bucket_analytics_configurations(
    result: documents.ListBucketAnalyticsConfigurationsResult,
) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_bucket_analytics_configurations_result(result))


@dataclass(slots=True)
class ListBucketIntelligentTieringConfigurationsRequest:
    """What a client asks of ListBucketIntelligentTieringConfigurations."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_list_bucket_intelligent_tiering_configurations(
    request: Request,
) -> ListBucketIntelligentTieringConfigurationsRequest:
    """Raise S3Error where the request is not valid."""
    return ListBucketIntelligentTieringConfigurationsRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_list_bucket_intelligent_tiering_configurations(
    result: documents.ListIntelligentTieringConfigurationsResult,
) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_intelligent_tiering_configurations_result(result))


@dataclass(slots=True)
class ListBucketInventoryConfigurationsRequest:
    """What a client asks of ListBucketInventoryConfigurations."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_list_bucket_inventory_configurations(request: Request) -> ListBucketInventoryConfigurationsRequest:
    """Raise S3Error where the request is not valid."""
    return ListBucketInventoryConfigurationsRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_list_bucket_inventory_configurations(result: documents.ListInventoryConfigurationsResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_inventory_configurations_result(result))


@dataclass(slots=True)
class ListBucketMetricsConfigurationsRequest:
    """What a client asks of ListBucketMetricsConfigurations."""

    bucket: str
    branch: Branch
    commit: str | None = None


def read_list_bucket_metrics_configurations(request: Request) -> ListBucketMetricsConfigurationsRequest:
    """Raise S3Error where the request is not valid."""
    return ListBucketMetricsConfigurationsRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
    )


def write_list_bucket_metrics_configurations(result: documents.ListMetricsConfigurationsResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_metrics_configurations_result(result))


@dataclass(slots=True)
class ListBucketsRequest:
    """What a client asks of ListBuckets."""

    prefix: str
    max_buckets: int
    continuation_token: str | None
    bucket_region: str | None


def read_list_buckets(request: Request) -> ListBucketsRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    return ListBucketsRequest(
        prefix=query.get("prefix", ""),
        max_buckets=values.integer(
            "max-buckets", query.get("max-buckets"), default=10000, minimum=1, maximum=10000
        ),
        continuation_token=query.get("continuation-token"),
        bucket_region=query.get("bucket-region"),
    )


def write_list_buckets(result: documents.ListAllMyBucketsResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_all_my_buckets_result(result))


@dataclass(slots=True)
class ListMultipartUploadsRequest:
    """What a client asks of ListMultipartUploads."""

    bucket: str
    branch: Branch
    delimiter: str
    encoding_type: str | None
    key_marker: str
    max_uploads: int
    prefix: str
    upload_id_marker: str
    commit: str | None = None


def read_list_multipart_uploads(request: Request) -> ListMultipartUploadsRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    return ListMultipartUploadsRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        delimiter=query.get("delimiter", ""),
        encoding_type=values.string("encoding-type", query.get("encoding-type"), values=("url",)),
        key_marker=query.get("key-marker", ""),
        max_uploads=values.integer(
            "max-uploads", query.get("max-uploads"), default=1000, minimum=0, cap=1000
        ),
        prefix=query.get("prefix", ""),
        upload_id_marker=query.get("upload-id-marker", ""),
    )


def write_list_multipart_uploads(result: documents.ListMultipartUploadsResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_multipart_uploads_result(result))


@dataclass(slots=True)
class ListObjectVersionsRequest:
    """What a client asks of ListObjectVersions."""

    bucket: str
    branch: Branch
    prefix: str
    delimiter: str
    encoding_type: str | None
    key_marker: str
    max_keys: int
    version_id_marker: str
    commit: str | None = None


def read_list_object_versions(request: Request) -> ListObjectVersionsRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    return ListObjectVersionsRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        prefix=query.get("prefix", ""),
        delimiter=query.get("delimiter", ""),
        encoding_type=values.string("encoding-type", query.get("encoding-type"), values=("url",)),
        key_marker=query.get("key-marker", ""),
        max_keys=values.integer("max-keys", query.get("max-keys"), default=1000, minimum=0, cap=1000),
        version_id_marker=query.get("version-id-marker", ""),
    )


def write_list_object_versions(result: documents.ListVersionsResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_versions_result(result))


def read_list_object_versions_extended(request: Request) -> ListObjectVersionsRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    return ListObjectVersionsRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        prefix=query.get("prefix", ""),
        delimiter=query.get("delimiter", ""),
        encoding_type=values.string("encoding-type", query.get("encoding-type"), values=("url",)),
        key_marker=query.get("key-marker", ""),
        max_keys=values.integer("max-keys", query.get("max-keys"), default=1000, minimum=0, cap=1000),
        version_id_marker=query.get("version-id-marker", ""),
    )


def write_list_object_versions_extended(result: documents.ListVersionsResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_versions_result(result))


@dataclass(slots=True)
class ListObjectsRequest:
    """What a client asks of ListObjects."""

    bucket: str
    branch: Branch
    prefix: str
    delimiter: str
    encoding_type: str | None
    marker: str
    max_keys: int
    commit: str | None = None
    x_s3gw_session: str | None = None


def read_list_objects(request: Request) -> ListObjectsRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    return ListObjectsRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        prefix=query.get("prefix", ""),
        delimiter=query.get("delimiter", ""),
        encoding_type=values.string("encoding-type", query.get("encoding-type"), values=("url",)),
        marker=query.get("marker", ""),
        max_keys=values.integer("max-keys", query.get("max-keys"), default=1000, minimum=0, cap=1000),
    )


def write_list_objects(result: documents.ListObjectsResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_objects_result(result))


def read_list_objects_extended(request: Request) -> ListObjectsRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    headers = request.headers
    return ListObjectsRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        prefix=query.get("prefix", ""),
        delimiter=query.get("delimiter", ""),
        encoding_type=values.string("encoding-type", query.get("encoding-type"), values=("url",)),
        marker=query.get("marker", ""),
        max_keys=values.integer("max-keys", query.get("max-keys"), default=1000, minimum=0, cap=1000),
        x_s3gw_session=headers.get("x-s3gw-session"),
    )


def write_list_objects_extended(result: documents.ListObjectsResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_objects_result(result))


@dataclass(slots=True)
class ListObjectsV2Request:
    """What a client asks of ListObjectsV2."""

    bucket: str
    branch: Branch
    prefix: str
    delimiter: str
    encoding_type: str | None
    continuation_token: str | None
    fetch_owner: bool
    max_keys: int
    start_after: str
    commit: str | None = None
    x_s3gw_session: str | None = None


def read_list_objects_v2(request: Request) -> ListObjectsV2Request:
    """Raise S3Error where the request is not valid."""
    query = request.query
    return ListObjectsV2Request(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        prefix=query.get("prefix", ""),
        delimiter=query.get("delimiter", ""),
        encoding_type=values.string("encoding-type", query.get("encoding-type"), values=("url",)),
        continuation_token=query.get("continuation-token"),
        fetch_owner=values.boolean("fetch-owner", query.get("fetch-owner"), default=False),
        max_keys=values.integer("max-keys", query.get("max-keys"), default=1000, minimum=0, cap=1000),
        start_after=query.get("start-after", ""),
    )


def write_list_objects_v2(result: documents.ListObjectsV2Result) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_objects_v2_result(result))


def read_list_objects_v2_extended(request: Request) -> ListObjectsV2Request:
    """Raise S3Error where the request is not valid."""
    query = request.query
    headers = request.headers
    return ListObjectsV2Request(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        prefix=query.get("prefix", ""),
        delimiter=query.get("delimiter", ""),
        encoding_type=values.string("encoding-type", query.get("encoding-type"), values=("url",)),
        continuation_token=query.get("continuation-token"),
        fetch_owner=values.boolean("fetch-owner", query.get("fetch-owner"), default=False),
        max_keys=values.integer("max-keys", query.get("max-keys"), default=1000, minimum=0, cap=1000),
        start_after=query.get("start-after", ""),
        x_s3gw_session=headers.get("x-s3gw-session"),
    )


def write_list_objects_v2_extended(result: documents.ListObjectsV2Result) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_objects_v2_result(result))


@dataclass(slots=True)
class ListPartsRequest:
    """What a client asks of ListParts."""

    bucket: str
    branch: Branch
    key: str
    max_parts: int
    part_number_marker: int
    upload_id: str
    commit: str | None = None


_LIST_PARTS_HEADERS = Refusals(
    Refusal(
        errors.NotImplemented, "Encryption", "x-amz-server-side-encryption-customer-*", ("", "false", "off")
    ),
)


def read_list_parts(request: Request) -> ListPartsRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    _LIST_PARTS_HEADERS.check(request.headers)
    return ListPartsRequest(
        bucket=request.bucket,
        branch=request.branch(),
        commit=request.commit(),
        key=request.key(),
        max_parts=values.integer("max-parts", query.get("max-parts"), default=1000, minimum=0, cap=1000),
        part_number_marker=values.integer(
            "part-number-marker", query.get("part-number-marker"), default=0, minimum=0
        ),
        upload_id=query.get("uploadId", ""),
    )


def write_list_parts(result: documents.ListPartsResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    return Answer(200, headers, documents.render_list_parts_result(result))


@dataclass(slots=True)
class PostObjectRequest:
    """What a client asks of PostObject."""

    bucket: str
    branch: Branch
    cache_control: str | None
    content_disposition: str | None
    content_encoding: str | None
    content_language: str | None
    content_type: str | None
    expires: str | None
    key: str | None
    policy: str | None
    redirect: str | None
    success_action_redirect: str | None
    success_action_status: str | None
    tagging: parsers.Tagging | None
    meta: Mapping[str, str]
    form: Form


@dataclass(slots=True)
class PostObjectResult:
    """What PostObject answers; a header that is None is not sent."""

    etag: str | None = None
    location: str | None = None
    checksum_crc32: str | None = None
    checksum_crc32c: str | None = None
    checksum_crc64nvme: str | None = None
    checksum_md5: str | None = None
    checksum_sha1: str | None = None
    checksum_sha256: str | None = None
    checksum_sha512: str | None = None
    checksum_xxhash128: str | None = None
    checksum_xxhash3: str | None = None
    checksum_xxhash64: str | None = None
    checksum_type: str | None = None
    version_id: str | None = None
    document: documents.PostResponse | None = None
    status: int = 204


_POST_OBJECT_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Encryption", "x-amz-server-side-encryption*", ("", "false", "off")),
    Refusal(errors.NotImplemented, "Object locks", "x-amz-object-lock-*", ("", "false", "off")),
    Refusal(
        errors.NotImplemented,
        "Website configuration",
        "x-amz-website-redirect-location",
        ("", "false", "off"),
    ),
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


_POST_OBJECT_FIELDS = Refusals(
    Refusal(errors.NotImplemented, "Encryption", "x-amz-server-side-encryption*", ("", "false", "off")),
    Refusal(errors.NotImplemented, "Object locks", "x-amz-object-lock-*", ("", "false", "off")),
    Refusal(
        errors.NotImplemented,
        "Website configuration",
        "x-amz-website-redirect-location",
        ("", "false", "off"),
    ),
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_post_object(request: Request) -> PostObjectRequest:
    """Raise S3Error where the request is not valid."""
    fields = request.fields
    _POST_OBJECT_HEADERS.check(request.headers)
    _POST_OBJECT_FIELDS.check(request.fields)
    return PostObjectRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        cache_control=fields.get("cache-control"),
        content_disposition=fields.get("content-disposition"),
        content_encoding=fields.get("content-encoding"),
        content_language=fields.get("content-language"),
        content_type=fields.get("content-type"),
        expires=fields.get("expires"),
        key=fields.get("key"),
        policy=fields.get("policy"),
        redirect=fields.get("redirect"),
        success_action_redirect=fields.get("success_action_redirect"),
        success_action_status=fields.get("success_action_status"),
        tagging=values.document(fields.get("tagging"), parsers.TAGGING, "Tagging"),
        meta=values.prefixed("x-amz-meta-", fields),
        form=request.form(),
    )


def write_post_object(result: PostObjectResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.etag is not None:
        headers.append(("ETag", f'"{result.etag}"'))
    if result.location is not None:
        headers.append(("Location", result.location))
    if result.checksum_crc32 is not None:
        headers.append(("x-amz-checksum-crc32", result.checksum_crc32))
    if result.checksum_crc32c is not None:
        headers.append(("x-amz-checksum-crc32c", result.checksum_crc32c))
    if result.checksum_crc64nvme is not None:
        headers.append(("x-amz-checksum-crc64nvme", result.checksum_crc64nvme))
    if result.checksum_md5 is not None:
        headers.append(("x-amz-checksum-md5", result.checksum_md5))
    if result.checksum_sha1 is not None:
        headers.append(("x-amz-checksum-sha1", result.checksum_sha1))
    if result.checksum_sha256 is not None:
        headers.append(("x-amz-checksum-sha256", result.checksum_sha256))
    if result.checksum_sha512 is not None:
        headers.append(("x-amz-checksum-sha512", result.checksum_sha512))
    if result.checksum_xxhash128 is not None:
        headers.append(("x-amz-checksum-xxhash128", result.checksum_xxhash128))
    if result.checksum_xxhash3 is not None:
        headers.append(("x-amz-checksum-xxhash3", result.checksum_xxhash3))
    if result.checksum_xxhash64 is not None:
        headers.append(("x-amz-checksum-xxhash64", result.checksum_xxhash64))
    if result.checksum_type is not None:
        headers.append(("x-amz-checksum-type", result.checksum_type))
    if result.version_id is not None:
        headers.append(("x-amz-version-id", result.version_id))
    return Answer(
        result.status,
        headers,
        None if result.document is None else documents.render_post_response(result.document),
    )


@dataclass(slots=True)
class PostSessionRequest:
    """What a client asks of PostSession."""

    bucket: str
    branch: Branch
    s3gw_session: str


@dataclass(slots=True)
class PostSessionResult:
    """What PostSession answers; a header that is None is not sent."""

    document: documents.SessionResult
    version_id: str | None = None
    x_s3gw_session: str | None = None


_POST_SESSION_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_post_session(request: Request) -> PostSessionRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    _POST_SESSION_HEADERS.check(request.headers)
    return PostSessionRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        s3gw_session=query.get("s3gw-session", ""),
    )


def write_post_session(result: PostSessionResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.version_id is not None:
        headers.append(("x-amz-version-id", result.version_id))
    if result.x_s3gw_session is not None:
        headers.append(("x-s3gw-session", result.x_s3gw_session))
    return Answer(200, headers, documents.render_session_result(result.document))


@dataclass(slots=True)
class PutBucketAclRequest:
    """What a client asks of PutBucketAcl."""

    bucket: str
    branch: Branch
    acl: str | None
    grant_full_control: str | None
    grant_read: str | None
    grant_read_acp: str | None
    grant_write: str | None
    grant_write_acp: str | None
    document: parsers.AccessControlPolicy | None


_PUT_BUCKET_ACL_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_put_bucket_acl(request: Request) -> PutBucketAclRequest:
    """Raise S3Error where the request is not valid."""
    headers = request.headers
    _PUT_BUCKET_ACL_HEADERS.check(request.headers)
    return PutBucketAclRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        acl=values.string(
            "x-amz-acl",
            headers.get("x-amz-acl"),
            values=(
                "authenticated-read",
                "aws-exec-read",
                "bucket-owner-full-control",
                "bucket-owner-read",
                "private",
                "public-read",
                "public-read-write",
            ),
        ),
        grant_full_control=headers.get("x-amz-grant-full-control"),
        grant_read=headers.get("x-amz-grant-read"),
        grant_read_acp=headers.get("x-amz-grant-read-acp"),
        grant_write=headers.get("x-amz-grant-write"),
        grant_write_acp=headers.get("x-amz-grant-write-acp"),
        document=request.document(parsers.ACCESS_CONTROL_POLICY, "AccessControlPolicy"),
    )


@dataclass(slots=True)
class PutBucketVersioningRequest:
    """What a client asks of PutBucketVersioning."""

    bucket: str
    branch: Branch
    document: parsers.VersioningConfiguration


_PUT_BUCKET_VERSIONING_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "MFA delete", "x-amz-mfa", ("", "false", "off")),
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_put_bucket_versioning(request: Request) -> PutBucketVersioningRequest:
    """Raise S3Error where the request is not valid."""
    _PUT_BUCKET_VERSIONING_HEADERS.check(request.headers)
    return PutBucketVersioningRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        document=request.required_document(parsers.VERSIONING_CONFIGURATION, "VersioningConfiguration"),
    )


@dataclass(slots=True)
class PutObjectRequest:
    """What a client asks of PutObject."""

    bucket: str
    branch: Branch
    key: str
    if_match: str | None
    if_modified_since: str | None
    if_none_match: str | None
    if_unmodified_since: str | None
    body: Body
    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    content_type: str | None = None
    expires: str | None = None
    meta: Mapping[str, str] | None = None
    tagging: str | None = None
    x_s3gw_session: str | None = None


@dataclass(slots=True)
class PutObjectResult:
    """What PutObject answers; a header that is None is not sent."""

    etag: str | None = None
    checksum_crc32: str | None = None
    checksum_crc32c: str | None = None
    checksum_crc64nvme: str | None = None
    checksum_md5: str | None = None
    checksum_sha1: str | None = None
    checksum_sha256: str | None = None
    checksum_sha512: str | None = None
    checksum_xxhash128: str | None = None
    checksum_xxhash3: str | None = None
    checksum_xxhash64: str | None = None
    checksum_type: str | None = None
    version_id: str | None = None


_PUT_OBJECT_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Encryption", "x-amz-server-side-encryption*", ("", "false", "off")),
    Refusal(errors.NotImplemented, "Object locks", "x-amz-object-lock-*", ("", "false", "off")),
    Refusal(errors.NotImplemented, "Appending", "x-amz-write-offset-bytes", ()),
    Refusal(errors.NotImplemented, "Object copying", "x-amz-copy-source-*", ()),
    Refusal(errors.NotImplemented, "Renaming", "x-amz-rename-source*", ()),
    Refusal(
        errors.NotImplemented,
        "Website configuration",
        "x-amz-website-redirect-location",
        ("", "false", "off"),
    ),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_put_object(request: Request) -> PutObjectRequest:
    """Raise S3Error where the request is not valid."""
    headers = request.headers
    _PUT_OBJECT_HEADERS.check(request.headers)
    return PutObjectRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        if_match=headers.get("if-match"),
        if_modified_since=headers.get("if-modified-since"),
        if_none_match=headers.get("if-none-match"),
        if_unmodified_since=headers.get("if-unmodified-since"),
        body=request.content(),
    )


def write_put_object(result: PutObjectResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.etag is not None:
        headers.append(("ETag", f'"{result.etag}"'))
    if result.checksum_crc32 is not None:
        headers.append(("x-amz-checksum-crc32", result.checksum_crc32))
    if result.checksum_crc32c is not None:
        headers.append(("x-amz-checksum-crc32c", result.checksum_crc32c))
    if result.checksum_crc64nvme is not None:
        headers.append(("x-amz-checksum-crc64nvme", result.checksum_crc64nvme))
    if result.checksum_md5 is not None:
        headers.append(("x-amz-checksum-md5", result.checksum_md5))
    if result.checksum_sha1 is not None:
        headers.append(("x-amz-checksum-sha1", result.checksum_sha1))
    if result.checksum_sha256 is not None:
        headers.append(("x-amz-checksum-sha256", result.checksum_sha256))
    if result.checksum_sha512 is not None:
        headers.append(("x-amz-checksum-sha512", result.checksum_sha512))
    if result.checksum_xxhash128 is not None:
        headers.append(("x-amz-checksum-xxhash128", result.checksum_xxhash128))
    if result.checksum_xxhash3 is not None:
        headers.append(("x-amz-checksum-xxhash3", result.checksum_xxhash3))
    if result.checksum_xxhash64 is not None:
        headers.append(("x-amz-checksum-xxhash64", result.checksum_xxhash64))
    return Answer(200, headers, None)


_PUT_OBJECT_EXTENDED_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Encryption", "x-amz-server-side-encryption*", ("", "false", "off")),
    Refusal(errors.NotImplemented, "Object locks", "x-amz-object-lock-*", ("", "false", "off")),
    Refusal(errors.NotImplemented, "Appending", "x-amz-write-offset-bytes", ()),
    Refusal(errors.NotImplemented, "Object copying", "x-amz-copy-source-*", ()),
    Refusal(errors.NotImplemented, "Renaming", "x-amz-rename-source*", ()),
    Refusal(
        errors.NotImplemented,
        "Website configuration",
        "x-amz-website-redirect-location",
        ("", "false", "off"),
    ),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
)


def read_put_object_extended(request: Request) -> PutObjectRequest:
    """Raise S3Error where the request is not valid."""
    headers = request.headers
    _PUT_OBJECT_EXTENDED_HEADERS.check(request.headers)
    return PutObjectRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        if_match=headers.get("if-match"),
        if_modified_since=headers.get("if-modified-since"),
        if_none_match=headers.get("if-none-match"),
        if_unmodified_since=headers.get("if-unmodified-since"),
        cache_control=headers.get("cache-control"),
        content_disposition=headers.get("content-disposition"),
        content_encoding=headers.get("content-encoding"),
        content_language=headers.get("content-language"),
        content_type=headers.get("content-type"),
        expires=headers.get("expires"),
        meta=values.prefixed("x-amz-meta-", headers),
        tagging=headers.get("x-amz-tagging"),
        x_s3gw_session=headers.get("x-s3gw-session"),
        body=request.content(),
    )


def write_put_object_extended(result: PutObjectResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.etag is not None:
        headers.append(("ETag", f'"{result.etag}"'))
    if result.checksum_crc32 is not None:
        headers.append(("x-amz-checksum-crc32", result.checksum_crc32))
    if result.checksum_crc32c is not None:
        headers.append(("x-amz-checksum-crc32c", result.checksum_crc32c))
    if result.checksum_crc64nvme is not None:
        headers.append(("x-amz-checksum-crc64nvme", result.checksum_crc64nvme))
    if result.checksum_md5 is not None:
        headers.append(("x-amz-checksum-md5", result.checksum_md5))
    if result.checksum_sha1 is not None:
        headers.append(("x-amz-checksum-sha1", result.checksum_sha1))
    if result.checksum_sha256 is not None:
        headers.append(("x-amz-checksum-sha256", result.checksum_sha256))
    if result.checksum_sha512 is not None:
        headers.append(("x-amz-checksum-sha512", result.checksum_sha512))
    if result.checksum_xxhash128 is not None:
        headers.append(("x-amz-checksum-xxhash128", result.checksum_xxhash128))
    if result.checksum_xxhash3 is not None:
        headers.append(("x-amz-checksum-xxhash3", result.checksum_xxhash3))
    if result.checksum_xxhash64 is not None:
        headers.append(("x-amz-checksum-xxhash64", result.checksum_xxhash64))
    if result.checksum_type is not None:
        headers.append(("x-amz-checksum-type", result.checksum_type))
    if result.version_id is not None:
        headers.append(("x-amz-version-id", result.version_id))
    return Answer(200, headers, None)


@dataclass(slots=True)
class PutObjectAclRequest:
    """What a client asks of PutObjectAcl."""

    bucket: str
    branch: Branch
    key: str
    version_id: str | None
    acl: str | None
    grant_full_control: str | None
    grant_read: str | None
    grant_read_acp: str | None
    grant_write: str | None
    grant_write_acp: str | None
    document: parsers.AccessControlPolicy | None


_PUT_OBJECT_ACL_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_put_object_acl(request: Request) -> PutObjectAclRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    headers = request.headers
    _PUT_OBJECT_ACL_HEADERS.check(request.headers)
    return PutObjectAclRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        version_id=query.get("versionId"),
        acl=values.string(
            "x-amz-acl",
            headers.get("x-amz-acl"),
            values=(
                "authenticated-read",
                "aws-exec-read",
                "bucket-owner-full-control",
                "bucket-owner-read",
                "private",
                "public-read",
                "public-read-write",
            ),
        ),
        grant_full_control=headers.get("x-amz-grant-full-control"),
        grant_read=headers.get("x-amz-grant-read"),
        grant_read_acp=headers.get("x-amz-grant-read-acp"),
        grant_write=headers.get("x-amz-grant-write"),
        grant_write_acp=headers.get("x-amz-grant-write-acp"),
        document=request.document(parsers.ACCESS_CONTROL_POLICY, "AccessControlPolicy"),
    )


@dataclass(slots=True)
class PutObjectTaggingRequest:
    """What a client asks of PutObjectTagging."""

    bucket: str
    branch: Branch
    key: str
    version_id: str | None
    document: parsers.Tagging


@dataclass(slots=True)
class PutObjectTaggingResult:
    """What PutObjectTagging answers; a header that is None is not sent."""

    version_id: str | None = None


_PUT_OBJECT_TAGGING_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
    Refusal(errors.NotImplemented, "Commit sessions", "x-s3gw-session", ()),
)


def read_put_object_tagging(request: Request) -> PutObjectTaggingRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    _PUT_OBJECT_TAGGING_HEADERS.check(request.headers)
    return PutObjectTaggingRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        version_id=query.get("versionId"),
        document=request.required_document(parsers.TAGGING, "Tagging"),
    )


def write_put_object_tagging(result: PutObjectTaggingResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.version_id is not None:
        headers.append(("x-amz-version-id", result.version_id))
    return Answer(200, headers, None)


@dataclass(slots=True)
class RenameObjectRequest:
    """What a client asks of RenameObject."""

    bucket: str
    branch: Branch
    key: str
    if_match: str | None
    if_modified_since: str | None
    if_none_match: str | None
    if_unmodified_since: str | None
    rename_source: str
    rename_source_if_match: str | None
    rename_source_if_modified_since: str | None
    rename_source_if_none_match: str | None
    rename_source_if_unmodified_since: str | None
    x_s3gw_session: str | None


_RENAME_OBJECT_HEADERS = Refusals(
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
)


def read_rename_object(request: Request) -> RenameObjectRequest:
    """Raise S3Error where the request is not valid."""
    headers = request.headers
    _RENAME_OBJECT_HEADERS.check(request.headers)
    return RenameObjectRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        if_match=headers.get("if-match"),
        if_modified_since=headers.get("if-modified-since"),
        if_none_match=headers.get("if-none-match"),
        if_unmodified_since=headers.get("if-unmodified-since"),
        rename_source=headers.get("x-amz-rename-source", ""),
        rename_source_if_match=headers.get("x-amz-rename-source-if-match"),
        rename_source_if_modified_since=headers.get("x-amz-rename-source-if-modified-since"),
        rename_source_if_none_match=headers.get("x-amz-rename-source-if-none-match"),
        rename_source_if_unmodified_since=headers.get("x-amz-rename-source-if-unmodified-since"),
        x_s3gw_session=headers.get("x-s3gw-session"),
    )


@dataclass(slots=True)
class UploadPartRequest:
    """What a client asks of UploadPart."""

    bucket: str
    branch: Branch
    key: str
    part_number: int | None
    upload_id: str
    body: Body


@dataclass(slots=True)
class UploadPartResult:
    """What UploadPart answers; a header that is None is not sent."""

    etag: str | None = None
    checksum_crc32: str | None = None
    checksum_crc32c: str | None = None
    checksum_crc64nvme: str | None = None
    checksum_md5: str | None = None
    checksum_sha1: str | None = None
    checksum_sha256: str | None = None
    checksum_sha512: str | None = None
    checksum_xxhash128: str | None = None
    checksum_xxhash3: str | None = None
    checksum_xxhash64: str | None = None


_UPLOAD_PART_HEADERS = Refusals(
    Refusal(
        errors.NotImplemented, "Encryption", "x-amz-server-side-encryption-customer-*", ("", "false", "off")
    ),
    Refusal(errors.NotImplemented, "Object copying", "x-amz-copy-source-*", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
)


def read_upload_part(request: Request) -> UploadPartRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    _UPLOAD_PART_HEADERS.check(request.headers)
    return UploadPartRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        part_number=values.integer("partNumber", query.get("partNumber"), minimum=1, maximum=10000),
        upload_id=query.get("uploadId", ""),
        body=request.content(),
    )


def write_upload_part(result: UploadPartResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.etag is not None:
        headers.append(("ETag", f'"{result.etag}"'))
    if result.checksum_crc32 is not None:
        headers.append(("x-amz-checksum-crc32", result.checksum_crc32))
    if result.checksum_crc32c is not None:
        headers.append(("x-amz-checksum-crc32c", result.checksum_crc32c))
    if result.checksum_crc64nvme is not None:
        headers.append(("x-amz-checksum-crc64nvme", result.checksum_crc64nvme))
    if result.checksum_md5 is not None:
        headers.append(("x-amz-checksum-md5", result.checksum_md5))
    if result.checksum_sha1 is not None:
        headers.append(("x-amz-checksum-sha1", result.checksum_sha1))
    if result.checksum_sha256 is not None:
        headers.append(("x-amz-checksum-sha256", result.checksum_sha256))
    if result.checksum_sha512 is not None:
        headers.append(("x-amz-checksum-sha512", result.checksum_sha512))
    if result.checksum_xxhash128 is not None:
        headers.append(("x-amz-checksum-xxhash128", result.checksum_xxhash128))
    if result.checksum_xxhash3 is not None:
        headers.append(("x-amz-checksum-xxhash3", result.checksum_xxhash3))
    if result.checksum_xxhash64 is not None:
        headers.append(("x-amz-checksum-xxhash64", result.checksum_xxhash64))
    return Answer(200, headers, None)


@dataclass(slots=True)
class UploadPartCopyRequest:
    """What a client asks of UploadPartCopy."""

    bucket: str
    branch: Branch
    key: str
    part_number: int | None
    upload_id: str
    copy_source: str
    copy_source_if_match: str | None
    copy_source_if_modified_since: str | None
    copy_source_if_none_match: str | None
    copy_source_if_unmodified_since: str | None
    copy_source_range: str | None
    x_s3gw_session: str | None


@dataclass(slots=True)
class UploadPartCopyResult:
    """What UploadPartCopy answers; a header that is None is not sent."""

    document: documents.CopyPartResult
    copy_source_version_id: str | None = None


_UPLOAD_PART_COPY_HEADERS = Refusals(
    Refusal(
        errors.NotImplemented, "Encryption", "x-amz-server-side-encryption-customer-*", ("", "false", "off")
    ),
    Refusal(
        errors.NotImplemented,
        "Encryption",
        "x-amz-copy-source-server-side-encryption-*",
        ("", "false", "off"),
    ),
    Refusal(errors.NotImplemented, "Conditions", "if-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-modified-since", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-none-match", ()),
    Refusal(errors.NotImplemented, "Conditions", "if-unmodified-since", ()),
    Refusal(errors.NotImplemented, "Sessions and directory buckets", "x-amz-if-match-*", ()),
)


def read_upload_part_copy(request: Request) -> UploadPartCopyRequest:
    """Raise S3Error where the request is not valid."""
    query = request.query
    headers = request.headers
    _UPLOAD_PART_COPY_HEADERS.check(request.headers)
    return UploadPartCopyRequest(
        bucket=request.bucket,
        branch=request.branch_to_write(),
        key=request.key(),
        part_number=values.integer("partNumber", query.get("partNumber"), minimum=1, maximum=10000),
        upload_id=query.get("uploadId", ""),
        copy_source=headers.get("x-amz-copy-source", ""),
        copy_source_if_match=headers.get("x-amz-copy-source-if-match"),
        copy_source_if_modified_since=headers.get("x-amz-copy-source-if-modified-since"),
        copy_source_if_none_match=headers.get("x-amz-copy-source-if-none-match"),
        copy_source_if_unmodified_since=headers.get("x-amz-copy-source-if-unmodified-since"),
        copy_source_range=headers.get("x-amz-copy-source-range"),
        x_s3gw_session=headers.get("x-s3gw-session"),
    )


def write_upload_part_copy(result: UploadPartCopyResult) -> Answer:
    """Lay the result out as status, headers and body."""
    headers: list[tuple[str, str]] = []
    if result.copy_source_version_id is not None:
        headers.append(("x-amz-copy-source-version-id", result.copy_source_version_id))
    return Answer(200, headers, documents.render_copy_part_result(result.document))


HeadObjectRequest = GetObjectRequest
HeadObjectResult = GetObjectResult
read_head_object = read_get_object
write_head_object = write_get_object
read_head_object_extended = read_get_object_extended
write_head_object_extended = write_get_object_extended
