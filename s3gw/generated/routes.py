"""Rendered by codegen from spec/operations/; do not edit, run `tox -e codegen`.

Contents: the 120 operations, each in the forms that the profiles have of it; PROFILES, for each its
operations and the tables that tell them apart; the Falcon resources ServiceResource, BucketResource, ObjectResource; ROUTES.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from s3gw.addressing import buckets as bucket_names
from s3gw.addressing import keys as key_codes
from s3gw.generated import documents, errors, requests
from s3gw.http.answer import Answer
from s3gw.http.dispatch import Candidate, Profile, Table
from s3gw.http.operation import supported, unsupported
from s3gw.operations import _constant as constant
from s3gw.operations import (
    acls,
    attributes,
    buckets,
    copying,
    listing,
    objects,
    sessions,
    tags,
    uploads,
    versioned,
)

if TYPE_CHECKING:
    import falcon

    from s3gw.http.wsgi import Face

ABORT_MULTIPART_UPLOAD: Final = unsupported(
    name="AbortMultipartUpload",
    feature="Multipart uploads",
    level="object",
    method="DELETE",
    marks="?uploadId",
    served_in=("extended",),
    why="An object is written by one atomic commit.",
    instead="Send a single PutObject, which has no size limit of its own (raise the client's multipart threshold).",
)

ABORT_MULTIPART_UPLOAD_EXTENDED: Final = supported(
    name="AbortMultipartUpload",
    feature="Multipart uploads",
    level="object",
    method="DELETE",
    marks="?uploadId",
    served_in=("extended",),
    summary="Drops an upload and its parts.",
    pfs=("InspectFile", "GlobFile", "ModifyFile", "InspectCommit"),
    reads=("?uploadId",),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer", "x-s3gw-session"),
    refuses=(
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
    ),
    read=requests.read_abort_multipart_upload,
    handle=uploads.abort_multipart_upload,
    write=Answer(204).always,
)

COMPLETE_MULTIPART_UPLOAD: Final = unsupported(
    name="CompleteMultipartUpload",
    feature="Multipart uploads",
    level="object",
    method="POST",
    marks="?uploadId",
    served_in=("extended",),
    why="An object is written by one atomic commit.",
    instead="Send a single PutObject, which has no size limit of its own (raise the client's multipart threshold).",
)

COMPLETE_MULTIPART_UPLOAD_EXTENDED: Final = supported(
    name="CompleteMultipartUpload",
    feature="Multipart uploads",
    level="object",
    method="POST",
    marks="?uploadId",
    served_in=("extended",),
    summary="Makes the object of parts in one atomic commit, which refers to them; again with the same parts answers the same.",
    pfs=("InspectFile", "GlobFile", "CreateFileSet", "ModifyFile", "InspectCommit"),
    reads=(
        "?uploadId",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "x-amz-checksum-*",
        "x-amz-mp-object-size",
        "x-s3gw-session",
        "content-length",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-checksum-*",
        "<Part/PartNumber>",
        "<Part/ETag>",
        "<Part/ChecksumCRC32>",
        "<Part/ChecksumCRC32C>",
        "<Part/ChecksumCRC64NVME>",
        "<Part/ChecksumMD5>",
        "<Part/ChecksumSHA1>",
        "<Part/ChecksumSHA256>",
        "<Part/ChecksumSHA512>",
        "<Part/ChecksumXXHASH64>",
        "<Part/ChecksumXXHASH3>",
        "<Part/ChecksumXXHASH128>",
    ),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(
        ("x-amz-server-side-encryption-customer-*", "Encryption"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
    ),
    keeps_waiting=True,
    read=requests.read_complete_multipart_upload,
    handle=uploads.complete_multipart_upload,
    write=requests.write_complete_multipart_upload,
)

COPY_OBJECT: Final = unsupported(
    name="CopyObject",
    feature="Object copying",
    level="object",
    method="PUT",
    marks="x-amz-copy-source",
    served_in=("extended",),
    why="The published gateway leaves copying to PFS.",
    instead="Copy with `pachctl copy file` or PFS's CopyFile over gRPC, which copies no bytes, or send a GetObject's body as a PutObject (rclone copies to set times, unless it has --no-update-modtime).",
)

COPY_OBJECT_EXTENDED: Final = supported(
    name="CopyObject",
    feature="Object copying",
    level="object",
    method="PUT",
    marks="x-amz-copy-source",
    served_in=("extended",),
    summary="Makes an object of another in one atomic commit, which refers to its bytes and copies none.",
    pfs=("InspectFile", "GetFile", "ModifyFile", "InspectCommit"),
    reads=(
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "x-amz-checksum-algorithm",
        "x-amz-copy-source",
        "x-amz-copy-source-if-match",
        "x-amz-copy-source-if-modified-since",
        "x-amz-copy-source-if-none-match",
        "x-amz-copy-source-if-unmodified-since",
        "x-amz-meta-*",
        "x-amz-metadata-directive",
        "x-amz-storage-class",
        "x-amz-tagging",
        "x-amz-tagging-directive",
        "x-s3gw-session",
    ),
    drops=(
        "x-amz-acl",
        "x-amz-expected-bucket-owner",
        "x-amz-grant-*",
        "x-amz-request-payer",
        "x-amz-source-expected-bucket-owner",
    ),
    refuses=(
        ("x-amz-object-annotation-directive", "Annotations"),
        ("x-amz-server-side-encryption*", "Encryption"),
        ("x-amz-copy-source-server-side-encryption-*", "Encryption"),
        ("x-amz-object-lock-*", "Object locks"),
        ("x-amz-website-redirect-location", "Website configuration"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
    ),
    keeps_waiting=True,
    read=requests.read_copy_object,
    handle=copying.copy_object,
    write=requests.write_copy_object,
)

CORS_PREFLIGHT: Final = unsupported(
    name="CorsPreflight",
    feature="CORS configuration",
    level="service or bucket or object",
    method="OPTIONS",
    marks="",
    why="No browser's cross-origin rules are kept for a branch.",
    instead="Let a reverse proxy in front of the gateway answer for CORS.",
)

CREATE_BUCKET: Final = supported(
    name="CreateBucket",
    feature="Buckets",
    level="bucket",
    method="PUT",
    marks="",
    served_in=("classic", "extended"),
    summary="Creates the repo and/or the branch.",
    pfs=("InspectBranch", "CreateRepo", "CreateBranch"),
    reads=(
        "content-length",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-checksum-*",
        "<LocationConstraint>",
    ),
    drops=("x-amz-acl", "x-amz-grant-*", "x-amz-object-ownership"),
    refuses=(
        ("x-amz-bucket-object-lock-enabled", "Object locks"),
        ("x-amz-bucket-namespace", "Sessions and directory buckets"),
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
        ("x-s3gw-session", "Commit sessions"),
        ("<Bucket>", "Sessions and directory buckets"),
        ("<Location>", "Sessions and directory buckets"),
        ("<Tags>", "Tagging"),
    ),
    read=requests.read_create_bucket,
    handle=buckets.create_bucket,
    write=requests.write_create_bucket,
)

CREATE_BUCKET_METADATA_CONFIGURATION: Final = unsupported(
    name="CreateBucketMetadataConfiguration",
    feature="Metadata tables",
    level="bucket",
    method="POST",
    marks="?metadataConfiguration",
    why="No metadata tables are kept.",
    instead="List the bucket, or query PFS's commits with `pachctl`.",
)

CREATE_BUCKET_METADATA_TABLE_CONFIGURATION: Final = unsupported(
    name="CreateBucketMetadataTableConfiguration",
    feature="Metadata tables",
    level="bucket",
    method="POST",
    marks="?metadataTable",
    why="No metadata tables are kept.",
    instead="List the bucket, or query PFS's commits with `pachctl`.",
)

CREATE_MULTIPART_UPLOAD: Final = unsupported(
    name="CreateMultipartUpload",
    feature="Multipart uploads",
    level="object",
    method="POST",
    marks="?uploads",
    served_in=("extended",),
    why="An object is written by one atomic commit.",
    instead="Send a single PutObject, which has no size limit of its own (raise the client's multipart threshold).",
)

CREATE_MULTIPART_UPLOAD_EXTENDED: Final = supported(
    name="CreateMultipartUpload",
    feature="Multipart uploads",
    level="object",
    method="POST",
    marks="?uploads",
    served_in=("extended",),
    summary="Begins an upload, which any gateway of the same PFS may go on with.",
    pfs=("InspectBranch", "InspectFile", "ModifyFile", "InspectCommit"),
    reads=(
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
        "x-amz-checksum-algorithm",
        "x-amz-checksum-type",
        "x-amz-meta-*",
        "x-amz-tagging",
        "x-s3gw-session",
    ),
    drops=(
        "x-amz-acl",
        "x-amz-expected-bucket-owner",
        "x-amz-grant-*",
        "x-amz-request-payer",
        "x-amz-storage-class",
    ),
    refuses=(
        ("x-amz-server-side-encryption*", "Encryption"),
        ("x-amz-object-lock-*", "Object locks"),
        ("x-amz-website-redirect-location", "Website configuration"),
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
    ),
    read=requests.read_create_multipart_upload,
    handle=uploads.create_multipart_upload,
    write=requests.write_create_multipart_upload,
)

CREATE_SESSION: Final = unsupported(
    name="CreateSession",
    feature="Sessions and directory buckets",
    level="bucket",
    method="GET",
    marks="?session",
    why="Only directory buckets have sessions, and there are none.",
    instead="Send the request itself, without a session.",
)

DELETE_BUCKET: Final = supported(
    name="DeleteBucket",
    feature="Buckets",
    level="bucket",
    method="DELETE",
    marks="",
    served_in=("classic", "extended"),
    summary="Deletes the branch, and the repo with its last branch. It must be empty, unless the gateway runs with --delete-nonempty-buckets.",
    pfs=("InspectBranch", "ListFile", "DeleteBranch", "DeleteRepo"),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
        ("x-s3gw-session", "Commit sessions"),
    ),
    read=requests.read_delete_bucket,
    handle=buckets.delete_bucket,
    write=Answer(204).always,
)

DELETE_BUCKET_ANALYTICS_CONFIGURATION: Final = unsupported(
    name="DeleteBucketAnalyticsConfiguration",
    feature="Analytics",
    level="bucket",
    method="DELETE",
    marks="?analytics&id",
    why="Access to files is not analysed.",
)

DELETE_BUCKET_CORS: Final = unsupported(
    name="DeleteBucketCors",
    feature="CORS configuration",
    level="bucket",
    method="DELETE",
    marks="?cors",
    why="No browser's cross-origin rules are kept for a branch.",
    instead="Let a reverse proxy in front of the gateway answer for CORS.",
)

DELETE_BUCKET_ENCRYPTION: Final = unsupported(
    name="DeleteBucketEncryption",
    feature="Encryption",
    level="bucket",
    method="DELETE",
    marks="?encryption",
    why="Keys and ciphers are not managed for each bucket.",
    instead="Encrypt the storage below Pachyderm, or the data before it is sent.",
)

DELETE_BUCKET_INTELLIGENT_TIERING_CONFIGURATION: Final = unsupported(
    name="DeleteBucketIntelligentTieringConfiguration",
    feature="Intelligent tiering",
    level="bucket",
    method="DELETE",
    marks="?id&intelligent-tiering",
    why="PFS has one tier of storage.",
)

DELETE_BUCKET_INVENTORY_CONFIGURATION: Final = unsupported(
    name="DeleteBucketInventoryConfiguration",
    feature="Inventory",
    level="bucket",
    method="DELETE",
    marks="?id&inventory",
    why="No inventories are written.",
    instead="List the bucket, which costs what its pages hold.",
)

DELETE_BUCKET_LIFECYCLE: Final = unsupported(
    name="DeleteBucketLifecycle",
    feature="Lifecycles",
    level="bucket",
    method="DELETE",
    marks="?lifecycle",
    why="Files in PFS stay until they are deleted.",
    instead="Delete from a cron pipeline, and squash the commits that are not needed any more.",
)

DELETE_BUCKET_METADATA_CONFIGURATION: Final = unsupported(
    name="DeleteBucketMetadataConfiguration",
    feature="Metadata tables",
    level="bucket",
    method="DELETE",
    marks="?metadataConfiguration",
    why="No metadata tables are kept.",
    instead="List the bucket, or query PFS's commits with `pachctl`.",
)

DELETE_BUCKET_METADATA_TABLE_CONFIGURATION: Final = unsupported(
    name="DeleteBucketMetadataTableConfiguration",
    feature="Metadata tables",
    level="bucket",
    method="DELETE",
    marks="?metadataTable",
    why="No metadata tables are kept.",
    instead="List the bucket, or query PFS's commits with `pachctl`.",
)

DELETE_BUCKET_METRICS_CONFIGURATION: Final = unsupported(
    name="DeleteBucketMetricsConfiguration",
    feature="Metrics",
    level="bucket",
    method="DELETE",
    marks="?id&metrics",
    why="No metrics are kept for a bucket.",
    instead="Count in the gateway's own log.",
)

DELETE_BUCKET_OWNERSHIP_CONTROLS: Final = unsupported(
    name="DeleteBucketOwnershipControls",
    feature="Ownership controls",
    level="bucket",
    method="DELETE",
    marks="?ownershipControls",
    why="Files in PFS have no owner.",
)

DELETE_BUCKET_POLICY: Final = unsupported(
    name="DeleteBucketPolicy",
    feature="Policies",
    level="bucket",
    method="DELETE",
    marks="?policy",
    why="Access in PFS is given by Pachyderm's roles.",
    instead="Give roles with `pachctl auth set`.",
)

DELETE_BUCKET_REPLICATION: Final = unsupported(
    name="DeleteBucketReplication",
    feature="Replication",
    level="bucket",
    method="DELETE",
    marks="?replication",
    why="Branches are not replicated to other buckets.",
    instead="Let a pipeline copy the branch, or sync it with rclone.",
)

DELETE_BUCKET_TAGGING: Final = unsupported(
    name="DeleteBucketTagging",
    feature="Tagging",
    level="bucket",
    method="DELETE",
    marks="?tagging",
    why="PFS has no place for tags.",
    instead="Keep them in a file beside the data.",
)

DELETE_BUCKET_WEBSITE: Final = unsupported(
    name="DeleteBucketWebsite",
    feature="Website configuration",
    level="bucket",
    method="DELETE",
    marks="?website",
    why="Branches are not served as websites.",
    instead="Put a web server in front of the gateway.",
)

DELETE_OBJECT: Final = supported(
    name="DeleteObject",
    feature="Objects",
    level="object",
    method="DELETE",
    marks="",
    served_in=("classic", "extended"),
    summary="Removes the file in one atomic commit; no error where there was none.",
    pfs=("InspectBranch", "ModifyFile", "InspectCommit"),
    reads=("?versionId", "if-match", "if-modified-since", "if-none-match", "if-unmodified-since"),
    drops=(
        "x-amz-bypass-governance-retention",
        "x-amz-expected-bucket-owner",
        "x-amz-mfa",
        "x-amz-request-payer",
    ),
    refuses=(("x-amz-if-match-*", "Sessions and directory buckets"), ("x-s3gw-session", "Commit sessions")),
    lane="write",
    read=requests.read_delete_object,
    handle=objects.delete_object,
    write=Answer(204).always,
)

DELETE_OBJECT_EXTENDED: Final = supported(
    name="DeleteObject",
    feature="Objects",
    level="object",
    method="DELETE",
    marks="",
    served_in=("classic", "extended"),
    summary="Removes the file in one atomic commit, which is a delete marker; no error where there was none. Of versions only the current one can be removed.",
    pfs=("InspectBranch", "ModifyFile", "InspectCommit"),
    reads=(
        "?versionId",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "x-s3gw-session",
    ),
    drops=(
        "x-amz-bypass-governance-retention",
        "x-amz-expected-bucket-owner",
        "x-amz-mfa",
        "x-amz-request-payer",
    ),
    refuses=(("x-amz-if-match-*", "Sessions and directory buckets"),),
    lane="write",
    read=requests.read_delete_object_extended,
    handle=versioned.delete_object,
    write=requests.write_delete_object_extended,
)

DELETE_OBJECT_ANNOTATION: Final = unsupported(
    name="DeleteObjectAnnotation",
    feature="Annotations",
    level="object",
    method="DELETE",
    marks="?annotation&annotationName",
    why="PFS has no place for annotations.",
    instead="Keep them in a file beside the data.",
)

DELETE_OBJECT_TAGGING: Final = unsupported(
    name="DeleteObjectTagging",
    feature="Tagging",
    level="object",
    method="DELETE",
    marks="?tagging",
    served_in=("extended",),
    why="PFS has no place for tags.",
    instead="Keep them in a file beside the data.",
)

DELETE_OBJECT_TAGGING_EXTENDED: Final = supported(
    name="DeleteObjectTagging",
    feature="Tagging",
    level="object",
    method="DELETE",
    marks="?tagging",
    served_in=("extended",),
    summary="Takes the tags of an object away, in a new version. A cluster keeps tags with --properties-repo, and none without.",
    pfs=("InspectFile", "ModifyFile", "InspectCommit"),
    reads=("?versionId",),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
        ("x-s3gw-session", "Commit sessions"),
    ),
    read=requests.read_delete_object_tagging,
    handle=tags.delete_object_tagging,
    write=requests.write_delete_object_tagging,
)

DELETE_OBJECTS: Final = supported(
    name="DeleteObjects",
    feature="Objects",
    level="bucket",
    method="POST",
    marks="?delete",
    served_in=("classic", "extended"),
    summary="Removes up to 1000 files in one commit, with a result for each key. A key with LastModifiedTime or Size, which are conditions of directory buckets, fails alone with NotImplemented.",
    pfs=("InspectBranch", "ModifyFile", "InspectCommit"),
    reads=(
        "content-length",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-checksum-*",
        "<Object/Key>",
        "<Object/VersionId>",
        "<Object/ETag>",
        "<Object/LastModifiedTime>",
        "<Object/Size>",
        "<Quiet>",
    ),
    drops=(
        "x-amz-bypass-governance-retention",
        "x-amz-expected-bucket-owner",
        "x-amz-mfa",
        "x-amz-request-payer",
    ),
    refuses=(
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
        ("x-s3gw-session", "Commit sessions"),
    ),
    read=requests.read_delete_objects,
    handle=objects.delete_objects,
    write=requests.write_delete_objects,
)

DELETE_OBJECTS_EXTENDED: Final = supported(
    name="DeleteObjects",
    feature="Objects",
    level="bucket",
    method="POST",
    marks="?delete",
    served_in=("classic", "extended"),
    summary="Removes up to 1000 files in one commit, with a result for each key. A key with LastModifiedTime or Size, which are conditions of directory buckets, fails alone with NotImplemented.",
    pfs=("InspectBranch", "ModifyFile", "InspectCommit"),
    reads=(
        "x-s3gw-session",
        "content-length",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-checksum-*",
        "<Object/Key>",
        "<Object/VersionId>",
        "<Object/ETag>",
        "<Object/LastModifiedTime>",
        "<Object/Size>",
        "<Quiet>",
    ),
    drops=(
        "x-amz-bypass-governance-retention",
        "x-amz-expected-bucket-owner",
        "x-amz-mfa",
        "x-amz-request-payer",
    ),
    refuses=(
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
    ),
    read=requests.read_delete_objects_extended,
    handle=versioned.delete_objects,
    write=requests.write_delete_objects_extended,
)

DELETE_PUBLIC_ACCESS_BLOCK: Final = unsupported(
    name="DeletePublicAccessBlock",
    feature="Public access blocks",
    level="bucket",
    method="DELETE",
    marks="?publicAccessBlock",
    why="There is no switch for public access, and the classic profile asks nobody who they are.",
    instead="Control in the network who reaches the gateway's port.",
)

DELETE_SESSION: Final = unsupported(
    name="DeleteSession",
    feature="Commit sessions",
    level="bucket",
    method="DELETE",
    marks="?s3gw-session",
    served_in=("extended",),
    why="Every write is a commit of its own.",
)

DELETE_SESSION_EXTENDED: Final = supported(
    name="DeleteSession",
    feature="Commit sessions",
    level="bucket",
    method="DELETE",
    marks="?s3gw-session",
    served_in=("extended",),
    summary="Drops a session and all that was written in it.",
    pfs=("InspectBranch", "DeleteBranch"),
    reads=("?s3gw-session",),
    drops=(),
    refuses=(
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
        ("x-s3gw-session", "Commit sessions"),
    ),
    read=requests.read_delete_session,
    handle=sessions.delete_session,
    write=Answer(204).always,
)

GET_BUCKET_ABAC: Final = unsupported(
    name="GetBucketAbac",
    feature="ABAC",
    level="bucket",
    method="GET",
    marks="?abac",
    why="Access in PFS is given by Pachyderm's roles.",
    instead="Give roles with `pachctl auth set`.",
)

GET_BUCKET_ACCELERATE_CONFIGURATION: Final = unsupported(
    name="GetBucketAccelerateConfiguration",
    feature="Accelerate",
    level="bucket",
    method="GET",
    marks="?accelerate",
    served_in=("extended",),
    why="There are no edge locations to accelerate through.",
)

GET_BUCKET_ACCELERATE_CONFIGURATION_EXTENDED: Final = supported(
    name="GetBucketAccelerateConfiguration",
    feature="Accelerate",
    level="bucket",
    method="GET",
    marks="?accelerate",
    served_in=("extended",),
    summary="An empty configuration, as for a bucket that nobody has configured.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(),
    read=requests.read_get_bucket_accelerate_configuration,
    handle=constant.answer(documents.AccelerateConfiguration()),
    write=requests.write_get_bucket_accelerate_configuration,
)

GET_BUCKET_ACL: Final = unsupported(
    name="GetBucketAcl",
    feature="ACLs",
    level="bucket",
    method="GET",
    marks="?acl",
    served_in=("extended",),
    why="There are no ACLs in PFS, and no owner but the cluster.",
    instead="Give roles with `pachctl auth set`.",
)

GET_BUCKET_ACL_EXTENDED: Final = supported(
    name="GetBucketAcl",
    feature="ACLs",
    level="bucket",
    method="GET",
    marks="?acl",
    served_in=("extended",),
    summary="A constant, FULL_CONTROL for the owner.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_acl,
    handle=acls.get_bucket_acl,
    write=requests.write_get_bucket_acl,
)

GET_BUCKET_ANALYTICS_CONFIGURATION: Final = unsupported(
    name="GetBucketAnalyticsConfiguration",
    feature="Analytics",
    level="bucket",
    method="GET",
    marks="?analytics&id",
    served_in=("extended",),
    why="Access to files is not analysed.",
)

GET_BUCKET_ANALYTICS_CONFIGURATION_EXTENDED: Final = supported(
    name="GetBucketAnalyticsConfiguration",
    feature="Analytics",
    level="bucket",
    method="GET",
    marks="?analytics&id",
    served_in=("extended",),
    summary="There is no such configuration. Answers 404 NoSuchConfiguration.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_analytics_configuration,
    handle=constant.answer_error(errors.NoSuchConfiguration),
    write=Answer(404).always,
)

GET_BUCKET_CORS: Final = unsupported(
    name="GetBucketCors",
    feature="CORS configuration",
    level="bucket",
    method="GET",
    marks="?cors",
    served_in=("extended",),
    why="No browser's cross-origin rules are kept for a branch.",
    instead="Let a reverse proxy in front of the gateway answer for CORS.",
)

GET_BUCKET_CORS_EXTENDED: Final = supported(
    name="GetBucketCors",
    feature="CORS configuration",
    level="bucket",
    method="GET",
    marks="?cors",
    served_in=("extended",),
    summary="No bucket has rules for CORS. Answers 404 NoSuchCORSConfiguration.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_cors,
    handle=constant.answer_error(errors.NoSuchCORSConfiguration),
    write=Answer(404).always,
)

GET_BUCKET_ENCRYPTION: Final = unsupported(
    name="GetBucketEncryption",
    feature="Encryption",
    level="bucket",
    method="GET",
    marks="?encryption",
    served_in=("extended",),
    why="Keys and ciphers are not managed for each bucket.",
    instead="Encrypt the storage below Pachyderm, or the data before it is sent.",
)

GET_BUCKET_ENCRYPTION_EXTENDED: Final = supported(
    name="GetBucketEncryption",
    feature="Encryption",
    level="bucket",
    method="GET",
    marks="?encryption",
    served_in=("extended",),
    summary="No bucket encrypts by itself; S3's own default, AES256, would be untrue here. Answers 404 ServerSideEncryptionConfigurationNotFoundError.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_encryption,
    handle=constant.answer_error(errors.ServerSideEncryptionConfigurationNotFoundError),
    write=Answer(404).always,
)

GET_BUCKET_INTELLIGENT_TIERING_CONFIGURATION: Final = unsupported(
    name="GetBucketIntelligentTieringConfiguration",
    feature="Intelligent tiering",
    level="bucket",
    method="GET",
    marks="?id&intelligent-tiering",
    served_in=("extended",),
    why="PFS has one tier of storage.",
)

GET_BUCKET_INTELLIGENT_TIERING_CONFIGURATION_EXTENDED: Final = supported(
    name="GetBucketIntelligentTieringConfiguration",
    feature="Intelligent tiering",
    level="bucket",
    method="GET",
    marks="?id&intelligent-tiering",
    served_in=("extended",),
    summary="There is no such configuration. Answers 404 NoSuchConfiguration.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_intelligent_tiering_configuration,
    handle=constant.answer_error(errors.NoSuchConfiguration),
    write=Answer(404).always,
)

GET_BUCKET_INVENTORY_CONFIGURATION: Final = unsupported(
    name="GetBucketInventoryConfiguration",
    feature="Inventory",
    level="bucket",
    method="GET",
    marks="?id&inventory",
    served_in=("extended",),
    why="No inventories are written.",
    instead="List the bucket, which costs what its pages hold.",
)

GET_BUCKET_INVENTORY_CONFIGURATION_EXTENDED: Final = supported(
    name="GetBucketInventoryConfiguration",
    feature="Inventory",
    level="bucket",
    method="GET",
    marks="?id&inventory",
    served_in=("extended",),
    summary="There is no such configuration. Answers 404 NoSuchConfiguration.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_inventory_configuration,
    handle=constant.answer_error(errors.NoSuchConfiguration),
    write=Answer(404).always,
)

GET_BUCKET_LIFECYCLE: Final = unsupported(
    name="GetBucketLifecycle",
    feature="Lifecycles",
    level="bucket",
    method="GET",
    marks="?lifecycle",
    twin_of="GetBucketLifecycleConfiguration",
    why="Files in PFS stay until they are deleted.",
    instead="Delete from a cron pipeline, and squash the commits that are not needed any more.",
)

GET_BUCKET_LIFECYCLE_CONFIGURATION: Final = unsupported(
    name="GetBucketLifecycleConfiguration",
    feature="Lifecycles",
    level="bucket",
    method="GET",
    marks="?lifecycle",
    served_in=("extended",),
    why="Files in PFS stay until they are deleted.",
    instead="Delete from a cron pipeline, and squash the commits that are not needed any more.",
)

GET_BUCKET_LIFECYCLE_CONFIGURATION_EXTENDED: Final = supported(
    name="GetBucketLifecycleConfiguration",
    feature="Lifecycles",
    level="bucket",
    method="GET",
    marks="?lifecycle",
    served_in=("extended",),
    summary="No bucket has rules for lifecycles. Answers 404 NoSuchLifecycleConfiguration.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_lifecycle_configuration,
    handle=constant.answer_error(errors.NoSuchLifecycleConfiguration),
    write=Answer(404).always,
)

GET_BUCKET_LOCATION: Final = supported(
    name="GetBucketLocation",
    feature="Buckets",
    level="bucket",
    method="GET",
    marks="?location",
    served_in=("classic", "extended"),
    summary="A constant, PACHYDERM unless --region says otherwise.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_location,
    handle=buckets.get_bucket_location,
    write=requests.write_get_bucket_location,
)

GET_BUCKET_LOGGING: Final = unsupported(
    name="GetBucketLogging",
    feature="Logging",
    level="bucket",
    method="GET",
    marks="?logging",
    served_in=("extended",),
    why="Access logs are not written into buckets.",
    instead="Read the gateway's own log, a line for each request, in text or JSON.",
)

GET_BUCKET_LOGGING_EXTENDED: Final = supported(
    name="GetBucketLogging",
    feature="Logging",
    level="bucket",
    method="GET",
    marks="?logging",
    served_in=("extended",),
    summary="An empty status, as for a bucket that nobody has configured.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_logging,
    handle=constant.answer(documents.BucketLoggingStatus()),
    write=requests.write_get_bucket_logging,
)

GET_BUCKET_METADATA_CONFIGURATION: Final = unsupported(
    name="GetBucketMetadataConfiguration",
    feature="Metadata tables",
    level="bucket",
    method="GET",
    marks="?metadataConfiguration",
    why="No metadata tables are kept.",
    instead="List the bucket, or query PFS's commits with `pachctl`.",
)

GET_BUCKET_METADATA_TABLE_CONFIGURATION: Final = unsupported(
    name="GetBucketMetadataTableConfiguration",
    feature="Metadata tables",
    level="bucket",
    method="GET",
    marks="?metadataTable",
    why="No metadata tables are kept.",
    instead="List the bucket, or query PFS's commits with `pachctl`.",
)

GET_BUCKET_METRICS_CONFIGURATION: Final = unsupported(
    name="GetBucketMetricsConfiguration",
    feature="Metrics",
    level="bucket",
    method="GET",
    marks="?id&metrics",
    served_in=("extended",),
    why="No metrics are kept for a bucket.",
    instead="Count in the gateway's own log.",
)

GET_BUCKET_METRICS_CONFIGURATION_EXTENDED: Final = supported(
    name="GetBucketMetricsConfiguration",
    feature="Metrics",
    level="bucket",
    method="GET",
    marks="?id&metrics",
    served_in=("extended",),
    summary="There is no such configuration. Answers 404 NoSuchConfiguration.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_metrics_configuration,
    handle=constant.answer_error(errors.NoSuchConfiguration),
    write=Answer(404).always,
)

GET_BUCKET_NOTIFICATION: Final = unsupported(
    name="GetBucketNotification",
    feature="Notifications",
    level="bucket",
    method="GET",
    marks="?notification",
    twin_of="GetBucketNotificationConfiguration",
    why="PFS notifies nobody over S3.",
    instead="Let a pipeline take the branch as its input, or subscribe with `pachctl subscribe commit`.",
)

GET_BUCKET_NOTIFICATION_CONFIGURATION: Final = unsupported(
    name="GetBucketNotificationConfiguration",
    feature="Notifications",
    level="bucket",
    method="GET",
    marks="?notification",
    served_in=("extended",),
    why="PFS notifies nobody over S3.",
    instead="Let a pipeline take the branch as its input, or subscribe with `pachctl subscribe commit`.",
)

GET_BUCKET_NOTIFICATION_CONFIGURATION_EXTENDED: Final = supported(
    name="GetBucketNotificationConfiguration",
    feature="Notifications",
    level="bucket",
    method="GET",
    marks="?notification",
    served_in=("extended",),
    summary="An empty configuration, as for a bucket that nobody has configured.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_notification_configuration,
    handle=constant.answer(documents.NotificationConfiguration()),
    write=requests.write_get_bucket_notification_configuration,
)

GET_BUCKET_OWNERSHIP_CONTROLS: Final = unsupported(
    name="GetBucketOwnershipControls",
    feature="Ownership controls",
    level="bucket",
    method="GET",
    marks="?ownershipControls",
    served_in=("extended",),
    why="Files in PFS have no owner.",
)

GET_BUCKET_OWNERSHIP_CONTROLS_EXTENDED: Final = supported(
    name="GetBucketOwnershipControls",
    feature="Ownership controls",
    level="bucket",
    method="GET",
    marks="?ownershipControls",
    served_in=("extended",),
    summary="No bucket has ownership controls. Answers 404 OwnershipControlsNotFoundError.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_ownership_controls,
    handle=constant.answer_error(errors.OwnershipControlsNotFoundError),
    write=Answer(404).always,
)

GET_BUCKET_POLICY: Final = unsupported(
    name="GetBucketPolicy",
    feature="Policies",
    level="bucket",
    method="GET",
    marks="?policy",
    served_in=("extended",),
    why="Access in PFS is given by Pachyderm's roles.",
    instead="Give roles with `pachctl auth set`.",
)

GET_BUCKET_POLICY_EXTENDED: Final = supported(
    name="GetBucketPolicy",
    feature="Policies",
    level="bucket",
    method="GET",
    marks="?policy",
    served_in=("extended",),
    summary="No bucket has a policy. Answers 404 NoSuchBucketPolicy.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_policy,
    handle=constant.answer_error(errors.NoSuchBucketPolicy),
    write=Answer(404).always,
)

GET_BUCKET_POLICY_STATUS: Final = unsupported(
    name="GetBucketPolicyStatus",
    feature="Policies",
    level="bucket",
    method="GET",
    marks="?policyStatus",
    served_in=("extended",),
    why="Access in PFS is given by Pachyderm's roles.",
    instead="Give roles with `pachctl auth set`.",
)

GET_BUCKET_POLICY_STATUS_EXTENDED: Final = supported(
    name="GetBucketPolicyStatus",
    feature="Policies",
    level="bucket",
    method="GET",
    marks="?policyStatus",
    served_in=("extended",),
    summary="No bucket has a policy. Answers 404 NoSuchBucketPolicy.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_policy_status,
    handle=constant.answer_error(errors.NoSuchBucketPolicy),
    write=Answer(404).always,
)

GET_BUCKET_REPLICATION: Final = unsupported(
    name="GetBucketReplication",
    feature="Replication",
    level="bucket",
    method="GET",
    marks="?replication",
    served_in=("extended",),
    why="Branches are not replicated to other buckets.",
    instead="Let a pipeline copy the branch, or sync it with rclone.",
)

GET_BUCKET_REPLICATION_EXTENDED: Final = supported(
    name="GetBucketReplication",
    feature="Replication",
    level="bucket",
    method="GET",
    marks="?replication",
    served_in=("extended",),
    summary="No bucket is replicated. Answers 404 ReplicationConfigurationNotFoundError.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_replication,
    handle=constant.answer_error(errors.ReplicationConfigurationNotFoundError),
    write=Answer(404).always,
)

GET_BUCKET_REQUEST_PAYMENT: Final = unsupported(
    name="GetBucketRequestPayment",
    feature="Payment requests",
    level="bucket",
    method="GET",
    marks="?requestPayment",
    served_in=("extended",),
    why="Nobody pays for requests.",
)

GET_BUCKET_REQUEST_PAYMENT_EXTENDED: Final = supported(
    name="GetBucketRequestPayment",
    feature="Payment requests",
    level="bucket",
    method="GET",
    marks="?requestPayment",
    served_in=("extended",),
    summary="A constant, BucketOwner, as for a bucket that nobody has configured.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_request_payment,
    handle=constant.answer(documents.RequestPaymentConfiguration(payer="BucketOwner")),
    write=requests.write_get_bucket_request_payment,
)

GET_BUCKET_TAGGING: Final = unsupported(
    name="GetBucketTagging",
    feature="Tagging",
    level="bucket",
    method="GET",
    marks="?tagging",
    served_in=("extended",),
    why="PFS has no place for tags.",
    instead="Keep them in a file beside the data.",
)

GET_BUCKET_TAGGING_EXTENDED: Final = supported(
    name="GetBucketTagging",
    feature="Tagging",
    level="bucket",
    method="GET",
    marks="?tagging",
    served_in=("extended",),
    summary="No bucket has tags. Answers 404 NoSuchTagSet.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_tagging,
    handle=constant.answer_error(errors.NoSuchTagSet),
    write=Answer(404).always,
)

GET_BUCKET_VERSIONING: Final = supported(
    name="GetBucketVersioning",
    feature="Versioning configuration",
    level="bucket",
    method="GET",
    marks="?versioning",
    served_in=("classic", "extended"),
    summary="An empty configuration, since only HEAD is reachable, as if the bucket had never been versioned.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_versioning,
    handle=constant.answer(documents.VersioningConfiguration()),
    write=requests.write_get_bucket_versioning,
)

GET_BUCKET_VERSIONING_EXTENDED: Final = supported(
    name="GetBucketVersioning",
    feature="Versioning configuration",
    level="bucket",
    method="GET",
    marks="?versioning",
    served_in=("classic", "extended"),
    summary="A constant, Enabled, since every write is a commit that PFS keeps.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_versioning_extended,
    handle=constant.answer(documents.VersioningConfiguration(status="Enabled")),
    write=requests.write_get_bucket_versioning_extended,
)

GET_BUCKET_WEBSITE: Final = unsupported(
    name="GetBucketWebsite",
    feature="Website configuration",
    level="bucket",
    method="GET",
    marks="?website",
    served_in=("extended",),
    why="Branches are not served as websites.",
    instead="Put a web server in front of the gateway.",
)

GET_BUCKET_WEBSITE_EXTENDED: Final = supported(
    name="GetBucketWebsite",
    feature="Website configuration",
    level="bucket",
    method="GET",
    marks="?website",
    served_in=("extended",),
    summary="No bucket is a website. Answers 404 NoSuchWebsiteConfiguration.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_bucket_website,
    handle=constant.answer_error(errors.NoSuchWebsiteConfiguration),
    write=Answer(404).always,
)

GET_OBJECT: Final = supported(
    name="GetObject",
    feature="Objects",
    level="object",
    method="GET",
    marks="",
    served_in=("classic", "extended"),
    summary="File contents; a single Range, conditions, and response-* overrides are honoured.",
    pfs=("InspectBranch", "InspectFile", "GetFile"),
    reads=(
        "?partNumber",
        "?response-cache-control",
        "?response-content-disposition",
        "?response-content-encoding",
        "?response-content-language",
        "?response-content-type",
        "?response-expires",
        "?versionId",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
    ),
    drops=("x-amz-checksum-mode", "x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(("x-amz-server-side-encryption-customer-*", "Encryption"),),
    lane="read",
    read=requests.read_get_object,
    handle=objects.get_object,
    write=requests.write_get_object,
)

GET_OBJECT_EXTENDED: Final = supported(
    name="GetObject",
    feature="Objects",
    level="object",
    method="GET",
    marks="",
    served_in=("classic", "extended"),
    summary="File contents of HEAD or of a version, with what was kept of the object; a single Range or part, conditions, and response-* overrides are honoured.",
    pfs=("InspectBranch", "InspectFile", "GetFile"),
    reads=(
        "?partNumber",
        "?response-cache-control",
        "?response-content-disposition",
        "?response-content-encoding",
        "?response-content-language",
        "?response-content-type",
        "?response-expires",
        "?versionId",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
        "x-amz-checksum-mode",
        "x-s3gw-session",
    ),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(("x-amz-server-side-encryption-customer-*", "Encryption"),),
    lane="read",
    read=requests.read_get_object_extended,
    handle=versioned.get_object,
    write=requests.write_get_object_extended,
)

GET_OBJECT_ACL: Final = unsupported(
    name="GetObjectAcl",
    feature="ACLs",
    level="object",
    method="GET",
    marks="?acl",
    served_in=("extended",),
    why="There are no ACLs in PFS, and no owner but the cluster.",
    instead="Give roles with `pachctl auth set`.",
)

GET_OBJECT_ACL_EXTENDED: Final = supported(
    name="GetObjectAcl",
    feature="ACLs",
    level="object",
    method="GET",
    marks="?acl",
    served_in=("extended",),
    summary="A constant, FULL_CONTROL for the owner.",
    pfs=("InspectBranch", "InspectFile"),
    reads=("?versionId",),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(),
    read=requests.read_get_object_acl,
    handle=acls.get_object_acl,
    write=requests.write_get_object_acl,
)

GET_OBJECT_ANNOTATION: Final = unsupported(
    name="GetObjectAnnotation",
    feature="Annotations",
    level="object",
    method="GET",
    marks="?annotation&annotationName",
    why="PFS has no place for annotations.",
    instead="Keep them in a file beside the data.",
)

GET_OBJECT_ATTRIBUTES: Final = unsupported(
    name="GetObjectAttributes",
    feature="Object attributes",
    level="object",
    method="GET",
    marks="?attributes",
    served_in=("extended",),
    why="It belongs to no published profile of the gateway.",
    instead="HeadObject tells size, ETag and time.",
)

GET_OBJECT_ATTRIBUTES_EXTENDED: Final = supported(
    name="GetObjectAttributes",
    feature="Object attributes",
    level="object",
    method="GET",
    marks="?attributes",
    served_in=("extended",),
    summary="Size, ETag, checksums and parts of an object.",
    pfs=("InspectFile",),
    reads=(
        "?versionId",
        "x-amz-max-parts",
        "x-amz-object-attributes",
        "x-amz-part-number-marker",
        "x-s3gw-session",
    ),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(("x-amz-server-side-encryption-customer-*", "Encryption"),),
    read=requests.read_get_object_attributes,
    handle=attributes.get_object_attributes,
    write=requests.write_get_object_attributes,
)

GET_OBJECT_LEGAL_HOLD: Final = unsupported(
    name="GetObjectLegalHold",
    feature="Legal holds",
    level="object",
    method="GET",
    marks="?legal-hold",
    served_in=("extended",),
    why="PFS has no locks on files.",
    instead="Past commits keep every version of a file until they are squashed.",
)

GET_OBJECT_LEGAL_HOLD_EXTENDED: Final = supported(
    name="GetObjectLegalHold",
    feature="Legal holds",
    level="object",
    method="GET",
    marks="?legal-hold",
    served_in=("extended",),
    summary="No bucket has locks for objects; whether the object exists is not asked. Answers 400 InvalidRequest.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("versionId", "x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(),
    read=requests.read_get_object_legal_hold,
    handle=constant.answer_error(errors.InvalidRequest, "Bucket is missing Object Lock Configuration"),
    write=Answer(400).always,
)

GET_OBJECT_LOCK_CONFIGURATION: Final = unsupported(
    name="GetObjectLockConfiguration",
    feature="Object locks",
    level="bucket",
    method="GET",
    marks="?object-lock",
    served_in=("extended",),
    why="PFS has no locks on files.",
    instead="Past commits keep every version of a file until they are squashed.",
)

GET_OBJECT_LOCK_CONFIGURATION_EXTENDED: Final = supported(
    name="GetObjectLockConfiguration",
    feature="Object locks",
    level="bucket",
    method="GET",
    marks="?object-lock",
    served_in=("extended",),
    summary="No bucket has locks for objects. Answers 404 ObjectLockConfigurationNotFoundError.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_object_lock_configuration,
    handle=constant.answer_error(errors.ObjectLockConfigurationNotFoundError),
    write=Answer(404).always,
)

GET_OBJECT_RETENTION: Final = unsupported(
    name="GetObjectRetention",
    feature="Retention policies",
    level="object",
    method="GET",
    marks="?retention",
    served_in=("extended",),
    why="PFS has no locks on files.",
    instead="Past commits keep every version of a file until they are squashed.",
)

GET_OBJECT_RETENTION_EXTENDED: Final = supported(
    name="GetObjectRetention",
    feature="Retention policies",
    level="object",
    method="GET",
    marks="?retention",
    served_in=("extended",),
    summary="No bucket has locks for objects; whether the object exists is not asked. Answers 400 InvalidRequest.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("versionId", "x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(),
    read=requests.read_get_object_retention,
    handle=constant.answer_error(errors.InvalidRequest, "Bucket is missing Object Lock Configuration"),
    write=Answer(400).always,
)

GET_OBJECT_TAGGING: Final = unsupported(
    name="GetObjectTagging",
    feature="Tagging",
    level="object",
    method="GET",
    marks="?tagging",
    served_in=("extended",),
    why="PFS has no place for tags.",
    instead="Keep them in a file beside the data.",
)

GET_OBJECT_TAGGING_EXTENDED: Final = supported(
    name="GetObjectTagging",
    feature="Tagging",
    level="object",
    method="GET",
    marks="?tagging",
    served_in=("extended",),
    summary="The tags of an object.",
    pfs=("InspectFile",),
    reads=("?versionId", "x-s3gw-session"),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(),
    read=requests.read_get_object_tagging,
    handle=tags.get_object_tagging,
    write=requests.write_get_object_tagging,
)

GET_OBJECT_TORRENT: Final = unsupported(
    name="GetObjectTorrent",
    feature="Torrents",
    level="object",
    method="GET",
    marks="?torrent",
    why="Files are not served by BitTorrent.",
    instead="Get the object.",
)

GET_PUBLIC_ACCESS_BLOCK: Final = unsupported(
    name="GetPublicAccessBlock",
    feature="Public access blocks",
    level="bucket",
    method="GET",
    marks="?publicAccessBlock",
    served_in=("extended",),
    why="There is no switch for public access, and the classic profile asks nobody who they are.",
    instead="Control in the network who reaches the gateway's port.",
)

GET_PUBLIC_ACCESS_BLOCK_EXTENDED: Final = supported(
    name="GetPublicAccessBlock",
    feature="Public access blocks",
    level="bucket",
    method="GET",
    marks="?publicAccessBlock",
    served_in=("extended",),
    summary="No bucket blocks public access. Answers 404 NoSuchPublicAccessBlockConfiguration.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    read=requests.read_get_public_access_block,
    handle=constant.answer_error(errors.NoSuchPublicAccessBlockConfiguration),
    write=Answer(404).always,
)

HEAD_BUCKET: Final = supported(
    name="HeadBucket",
    feature="Buckets",
    level="bucket",
    method="HEAD",
    marks="",
    served_in=("classic", "extended"),
    summary="Whether the branch exists.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(),
    lane="read",
    read=requests.read_head_bucket,
    handle=buckets.head_bucket,
    write=requests.write_head_bucket,
)

HEAD_OBJECT: Final = supported(
    name="HeadObject",
    feature="Objects",
    level="object",
    method="HEAD",
    marks="",
    served_in=("classic", "extended"),
    summary="Size, time and ETag of a file, as GetObject sends them.",
    pfs=("InspectBranch", "InspectFile"),
    reads=(
        "?partNumber",
        "?response-cache-control",
        "?response-content-disposition",
        "?response-content-encoding",
        "?response-content-language",
        "?response-content-type",
        "?response-expires",
        "?versionId",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
    ),
    drops=("x-amz-checksum-mode", "x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(("x-amz-server-side-encryption-customer-*", "Encryption"),),
    lane="read",
    read=requests.read_head_object,
    handle=objects.head_object,
    write=requests.write_head_object,
)

HEAD_OBJECT_EXTENDED: Final = supported(
    name="HeadObject",
    feature="Objects",
    level="object",
    method="HEAD",
    marks="",
    served_in=("classic", "extended"),
    summary="What GetObject tells of a file, without its bytes.",
    pfs=("InspectBranch", "InspectFile"),
    reads=(
        "?partNumber",
        "?response-cache-control",
        "?response-content-disposition",
        "?response-content-encoding",
        "?response-content-language",
        "?response-content-type",
        "?response-expires",
        "?versionId",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
        "x-amz-checksum-mode",
        "x-s3gw-session",
    ),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(("x-amz-server-side-encryption-customer-*", "Encryption"),),
    lane="read",
    read=requests.read_head_object_extended,
    handle=versioned.head_object,
    write=requests.write_head_object_extended,
)

LIST_BUCKET_ANALYTICS_CONFIGURATIONS: Final = unsupported(
    name="ListBucketAnalyticsConfigurations",
    feature="Analytics",
    level="bucket",
    method="GET",
    marks="?analytics",
    served_in=("extended",),
    why="Access to files is not analysed.",
)

LIST_BUCKET_ANALYTICS_CONFIGURATIONS_EXTENDED: Final = supported(
    name="ListBucketAnalyticsConfigurations",
    feature="Analytics",
    level="bucket",
    method="GET",
    marks="?analytics",
    served_in=("extended",),
    summary="An empty list, as for a bucket that nobody has configured.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("continuation-token", "x-amz-expected-bucket-owner"),
    refuses=(),
    read=requests.read_list_bucket_analytics_configurations,
    handle=constant.answer(documents.ListBucketAnalyticsConfigurationsResult(is_truncated=False)),
    write=requests.write_list_bucket_analytics_configurations,
)

LIST_BUCKET_INTELLIGENT_TIERING_CONFIGURATIONS: Final = unsupported(
    name="ListBucketIntelligentTieringConfigurations",
    feature="Intelligent tiering",
    level="bucket",
    method="GET",
    marks="?intelligent-tiering",
    served_in=("extended",),
    why="PFS has one tier of storage.",
)

LIST_BUCKET_INTELLIGENT_TIERING_CONFIGURATIONS_EXTENDED: Final = supported(
    name="ListBucketIntelligentTieringConfigurations",
    feature="Intelligent tiering",
    level="bucket",
    method="GET",
    marks="?intelligent-tiering",
    served_in=("extended",),
    summary="An empty list, as for a bucket that nobody has configured.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("continuation-token", "x-amz-expected-bucket-owner"),
    refuses=(),
    read=requests.read_list_bucket_intelligent_tiering_configurations,
    handle=constant.answer(documents.ListIntelligentTieringConfigurationsResult(is_truncated=False)),
    write=requests.write_list_bucket_intelligent_tiering_configurations,
)

LIST_BUCKET_INVENTORY_CONFIGURATIONS: Final = unsupported(
    name="ListBucketInventoryConfigurations",
    feature="Inventory",
    level="bucket",
    method="GET",
    marks="?inventory",
    served_in=("extended",),
    why="No inventories are written.",
    instead="List the bucket, which costs what its pages hold.",
)

LIST_BUCKET_INVENTORY_CONFIGURATIONS_EXTENDED: Final = supported(
    name="ListBucketInventoryConfigurations",
    feature="Inventory",
    level="bucket",
    method="GET",
    marks="?inventory",
    served_in=("extended",),
    summary="An empty list, as for a bucket that nobody has configured.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("continuation-token", "x-amz-expected-bucket-owner"),
    refuses=(),
    read=requests.read_list_bucket_inventory_configurations,
    handle=constant.answer(documents.ListInventoryConfigurationsResult(is_truncated=False)),
    write=requests.write_list_bucket_inventory_configurations,
)

LIST_BUCKET_METRICS_CONFIGURATIONS: Final = unsupported(
    name="ListBucketMetricsConfigurations",
    feature="Metrics",
    level="bucket",
    method="GET",
    marks="?metrics",
    served_in=("extended",),
    why="No metrics are kept for a bucket.",
    instead="Count in the gateway's own log.",
)

LIST_BUCKET_METRICS_CONFIGURATIONS_EXTENDED: Final = supported(
    name="ListBucketMetricsConfigurations",
    feature="Metrics",
    level="bucket",
    method="GET",
    marks="?metrics",
    served_in=("extended",),
    summary="An empty list, as for a bucket that nobody has configured.",
    pfs=("InspectBranch",),
    reads=(),
    drops=("continuation-token", "x-amz-expected-bucket-owner"),
    refuses=(),
    read=requests.read_list_bucket_metrics_configurations,
    handle=constant.answer(documents.ListMetricsConfigurationsResult(is_truncated=False)),
    write=requests.write_list_bucket_metrics_configurations,
)

LIST_BUCKETS: Final = supported(
    name="ListBuckets",
    feature="Buckets",
    level="service",
    method="GET",
    marks="",
    served_in=("classic", "extended"),
    summary="Every branch of every user repo, sorted by name; CreationDate is the repo's.",
    pfs=("ListRepo", "ListBranch"),
    reads=("?prefix", "?max-buckets", "?continuation-token", "?bucket-region"),
    drops=(),
    refuses=(),
    read=requests.read_list_buckets,
    handle=buckets.list_buckets,
    write=requests.write_list_buckets,
)

LIST_DIRECTORY_BUCKETS: Final = unsupported(
    name="ListDirectoryBuckets",
    feature="Sessions and directory buckets",
    level="service",
    method="GET",
    marks="",
    twin_of="ListBuckets",
    why="There are no directory buckets.",
    instead="List the buckets.",
)

LIST_MULTIPART_UPLOADS: Final = unsupported(
    name="ListMultipartUploads",
    feature="Multipart uploads",
    level="bucket",
    method="GET",
    marks="?uploads",
    served_in=("extended",),
    why="An object is written by one atomic commit.",
    instead="Send a single PutObject, which has no size limit of its own (raise the client's multipart threshold).",
)

LIST_MULTIPART_UPLOADS_EXTENDED: Final = supported(
    name="ListMultipartUploads",
    feature="Multipart uploads",
    level="bucket",
    method="GET",
    marks="?uploads",
    served_in=("extended",),
    summary="The uploads to a bucket that are going on, by key and then by the time when they were begun.",
    pfs=("InspectBranch", "GlobFile"),
    reads=("?delimiter", "?encoding-type", "?key-marker", "?max-uploads", "?prefix", "?upload-id-marker"),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(),
    read=requests.read_list_multipart_uploads,
    handle=uploads.list_multipart_uploads,
    write=requests.write_list_multipart_uploads,
)

LIST_OBJECT_ANNOTATIONS: Final = unsupported(
    name="ListObjectAnnotations",
    feature="Annotations",
    level="object",
    method="GET",
    marks="?annotation",
    why="PFS has no place for annotations.",
    instead="Keep them in a file beside the data.",
)

LIST_OBJECT_VERSIONS: Final = supported(
    name="ListObjectVersions",
    feature="Listing objects",
    level="bucket",
    method="GET",
    marks="?versions",
    served_in=("classic", "extended"),
    summary="Each file of HEAD once, with the version id null, as in a bucket that was never versioned.",
    pfs=("InspectBranch", "GlobFile"),
    reads=("?prefix", "?delimiter", "?encoding-type", "?key-marker", "?max-keys", "?version-id-marker"),
    drops=("x-amz-expected-bucket-owner", "x-amz-optional-object-attributes", "x-amz-request-payer"),
    refuses=(),
    read=requests.read_list_object_versions,
    handle=listing.list_object_versions,
    write=requests.write_list_object_versions,
)

LIST_OBJECT_VERSIONS_EXTENDED: Final = supported(
    name="ListObjectVersions",
    feature="Listing objects",
    level="bucket",
    method="GET",
    marks="?versions",
    served_in=("classic", "extended"),
    summary="What the commits of the branch have made of each object, the newest first; a removal is a delete marker.",
    pfs=("InspectBranch", "ListCommit", "GlobFile"),
    reads=("?prefix", "?delimiter", "?encoding-type", "?key-marker", "?max-keys", "?version-id-marker"),
    drops=("x-amz-expected-bucket-owner", "x-amz-optional-object-attributes", "x-amz-request-payer"),
    refuses=(),
    read=requests.read_list_object_versions_extended,
    handle=versioned.list_object_versions,
    write=requests.write_list_object_versions_extended,
)

LIST_OBJECTS: Final = supported(
    name="ListObjects",
    feature="Listing objects",
    level="bucket",
    method="GET",
    marks="",
    served_in=("classic", "extended"),
    summary="Files of HEAD in bytewise key order; any delimiter.",
    pfs=("InspectBranch", "GlobFile"),
    reads=("?prefix", "?delimiter", "?encoding-type", "?marker", "?max-keys"),
    drops=("x-amz-expected-bucket-owner", "x-amz-optional-object-attributes", "x-amz-request-payer"),
    refuses=(),
    read=requests.read_list_objects,
    handle=listing.list_objects,
    write=requests.write_list_objects,
)

LIST_OBJECTS_EXTENDED: Final = supported(
    name="ListObjects",
    feature="Listing objects",
    level="bucket",
    method="GET",
    marks="",
    served_in=("classic", "extended"),
    summary="Files of HEAD in bytewise key order; any delimiter.",
    pfs=("InspectBranch", "GlobFile"),
    reads=("?prefix", "?delimiter", "?encoding-type", "?marker", "?max-keys", "x-s3gw-session"),
    drops=("x-amz-expected-bucket-owner", "x-amz-optional-object-attributes", "x-amz-request-payer"),
    refuses=(),
    read=requests.read_list_objects_extended,
    handle=listing.list_objects,
    write=requests.write_list_objects_extended,
)

LIST_OBJECTS_V2: Final = supported(
    name="ListObjectsV2",
    feature="Listing objects",
    level="bucket",
    method="GET",
    marks="?list-type=2",
    served_in=("classic", "extended"),
    summary="Files of HEAD in bytewise key order; any delimiter. The continuation token pins the commit, so that a listing of many pages is one snapshot.",
    pfs=("InspectBranch", "GlobFile"),
    reads=(
        "?prefix",
        "?delimiter",
        "?encoding-type",
        "?continuation-token",
        "?fetch-owner",
        "?max-keys",
        "?start-after",
    ),
    drops=("x-amz-expected-bucket-owner", "x-amz-optional-object-attributes", "x-amz-request-payer"),
    refuses=(),
    read=requests.read_list_objects_v2,
    handle=listing.list_objects_v2,
    write=requests.write_list_objects_v2,
)

LIST_OBJECTS_V2_EXTENDED: Final = supported(
    name="ListObjectsV2",
    feature="Listing objects",
    level="bucket",
    method="GET",
    marks="?list-type=2",
    served_in=("classic", "extended"),
    summary="Files of HEAD in bytewise key order; any delimiter. The continuation token pins the commit, so that a listing of many pages is one snapshot.",
    pfs=("InspectBranch", "GlobFile"),
    reads=(
        "?prefix",
        "?delimiter",
        "?encoding-type",
        "?continuation-token",
        "?fetch-owner",
        "?max-keys",
        "?start-after",
        "x-s3gw-session",
    ),
    drops=("x-amz-expected-bucket-owner", "x-amz-optional-object-attributes", "x-amz-request-payer"),
    refuses=(),
    read=requests.read_list_objects_v2_extended,
    handle=listing.list_objects_v2,
    write=requests.write_list_objects_v2_extended,
)

LIST_PARTS: Final = unsupported(
    name="ListParts",
    feature="Multipart uploads",
    level="object",
    method="GET",
    marks="?uploadId",
    served_in=("extended",),
    why="An object is written by one atomic commit.",
    instead="Send a single PutObject, which has no size limit of its own (raise the client's multipart threshold).",
)

LIST_PARTS_EXTENDED: Final = supported(
    name="ListParts",
    feature="Multipart uploads",
    level="object",
    method="GET",
    marks="?uploadId",
    served_in=("extended",),
    summary="The parts of an upload that is going on.",
    pfs=("InspectFile", "GlobFile"),
    reads=("?max-parts", "?part-number-marker", "?uploadId"),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(("x-amz-server-side-encryption-customer-*", "Encryption"),),
    read=requests.read_list_parts,
    handle=uploads.list_parts,
    write=requests.write_list_parts,
)

POST_OBJECT: Final = unsupported(
    name="PostObject",
    feature="HTML form uploads",
    level="bucket",
    method="POST",
    marks="",
    why="Forms are not taken apart.",
    instead="Send the file with a PutObject.",
)

POST_SESSION: Final = unsupported(
    name="PostSession",
    feature="Commit sessions",
    level="bucket",
    method="POST",
    marks="?s3gw-session",
    served_in=("extended",),
    why="Every write is a commit of its own.",
)

POST_SESSION_EXTENDED: Final = supported(
    name="PostSession",
    feature="Commit sessions",
    level="bucket",
    method="POST",
    marks="?s3gw-session",
    served_in=("extended",),
    summary="Opens a session with `?s3gw-session`, and finishes all of its writes in one commit with `?s3gw-session=ID`. Requests that carry the header x-s3gw-session belong to it.",
    pfs=("InspectBranch", "CreateBranch", "GlobFile", "ModifyFile", "InspectCommit", "DeleteBranch"),
    reads=("?s3gw-session",),
    drops=(),
    refuses=(
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
        ("x-s3gw-session", "Commit sessions"),
    ),
    keeps_waiting=True,
    read=requests.read_post_session,
    handle=sessions.post_session,
    write=requests.write_post_session,
)

PUT_BUCKET_ABAC: Final = unsupported(
    name="PutBucketAbac",
    feature="ABAC",
    level="bucket",
    method="PUT",
    marks="?abac",
    why="Access in PFS is given by Pachyderm's roles.",
    instead="Give roles with `pachctl auth set`.",
)

PUT_BUCKET_ACCELERATE_CONFIGURATION: Final = unsupported(
    name="PutBucketAccelerateConfiguration",
    feature="Accelerate",
    level="bucket",
    method="PUT",
    marks="?accelerate",
    why="There are no edge locations to accelerate through.",
)

PUT_BUCKET_ACL: Final = unsupported(
    name="PutBucketAcl",
    feature="ACLs",
    level="bucket",
    method="PUT",
    marks="?acl",
    served_in=("extended",),
    why="There are no ACLs in PFS, and no owner but the cluster.",
    instead="Give roles with `pachctl auth set`.",
)

PUT_BUCKET_ACL_EXTENDED: Final = supported(
    name="PutBucketAcl",
    feature="ACLs",
    level="bucket",
    method="PUT",
    marks="?acl",
    served_in=("extended",),
    summary="Changes nothing. What gives the owner FULL_CONTROL and nobody else anything is accepted, any other ACL is 501.",
    pfs=("InspectBranch",),
    reads=(
        "x-amz-acl",
        "x-amz-grant-full-control",
        "x-amz-grant-read",
        "x-amz-grant-read-acp",
        "x-amz-grant-write",
        "x-amz-grant-write-acp",
        "content-length",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-checksum-*",
        "<Owner/ID>",
        "<Owner/DisplayName>",
        "<AccessControlList/Grant/Grantee/xsi:type>",
        "<AccessControlList/Grant/Grantee/ID>",
        "<AccessControlList/Grant/Grantee/DisplayName>",
        "<AccessControlList/Grant/Grantee/EmailAddress>",
        "<AccessControlList/Grant/Grantee/URI>",
        "<AccessControlList/Grant/Permission>",
    ),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
        ("x-s3gw-session", "Commit sessions"),
    ),
    read=requests.read_put_bucket_acl,
    handle=acls.put_bucket_acl,
    write=Answer(200).always,
)

PUT_BUCKET_ANALYTICS_CONFIGURATION: Final = unsupported(
    name="PutBucketAnalyticsConfiguration",
    feature="Analytics",
    level="bucket",
    method="PUT",
    marks="?analytics&id",
    why="Access to files is not analysed.",
)

PUT_BUCKET_CORS: Final = unsupported(
    name="PutBucketCors",
    feature="CORS configuration",
    level="bucket",
    method="PUT",
    marks="?cors",
    why="No browser's cross-origin rules are kept for a branch.",
    instead="Let a reverse proxy in front of the gateway answer for CORS.",
)

PUT_BUCKET_ENCRYPTION: Final = unsupported(
    name="PutBucketEncryption",
    feature="Encryption",
    level="bucket",
    method="PUT",
    marks="?encryption",
    why="Keys and ciphers are not managed for each bucket.",
    instead="Encrypt the storage below Pachyderm, or the data before it is sent.",
)

PUT_BUCKET_INTELLIGENT_TIERING_CONFIGURATION: Final = unsupported(
    name="PutBucketIntelligentTieringConfiguration",
    feature="Intelligent tiering",
    level="bucket",
    method="PUT",
    marks="?id&intelligent-tiering",
    why="PFS has one tier of storage.",
)

PUT_BUCKET_INVENTORY_CONFIGURATION: Final = unsupported(
    name="PutBucketInventoryConfiguration",
    feature="Inventory",
    level="bucket",
    method="PUT",
    marks="?id&inventory",
    why="No inventories are written.",
    instead="List the bucket, which costs what its pages hold.",
)

PUT_BUCKET_LIFECYCLE: Final = unsupported(
    name="PutBucketLifecycle",
    feature="Lifecycles",
    level="bucket",
    method="PUT",
    marks="?lifecycle",
    twin_of="PutBucketLifecycleConfiguration",
    why="Files in PFS stay until they are deleted.",
    instead="Delete from a cron pipeline, and squash the commits that are not needed any more.",
)

PUT_BUCKET_LIFECYCLE_CONFIGURATION: Final = unsupported(
    name="PutBucketLifecycleConfiguration",
    feature="Lifecycles",
    level="bucket",
    method="PUT",
    marks="?lifecycle",
    why="Files in PFS stay until they are deleted.",
    instead="Delete from a cron pipeline, and squash the commits that are not needed any more.",
)

PUT_BUCKET_LOGGING: Final = unsupported(
    name="PutBucketLogging",
    feature="Logging",
    level="bucket",
    method="PUT",
    marks="?logging",
    why="Access logs are not written into buckets.",
    instead="Read the gateway's own log, a line for each request, in text or JSON.",
)

PUT_BUCKET_METRICS_CONFIGURATION: Final = unsupported(
    name="PutBucketMetricsConfiguration",
    feature="Metrics",
    level="bucket",
    method="PUT",
    marks="?id&metrics",
    why="No metrics are kept for a bucket.",
    instead="Count in the gateway's own log.",
)

PUT_BUCKET_NOTIFICATION: Final = unsupported(
    name="PutBucketNotification",
    feature="Notifications",
    level="bucket",
    method="PUT",
    marks="?notification",
    twin_of="PutBucketNotificationConfiguration",
    why="PFS notifies nobody over S3.",
    instead="Let a pipeline take the branch as its input, or subscribe with `pachctl subscribe commit`.",
)

PUT_BUCKET_NOTIFICATION_CONFIGURATION: Final = unsupported(
    name="PutBucketNotificationConfiguration",
    feature="Notifications",
    level="bucket",
    method="PUT",
    marks="?notification",
    why="PFS notifies nobody over S3.",
    instead="Let a pipeline take the branch as its input, or subscribe with `pachctl subscribe commit`.",
)

PUT_BUCKET_OWNERSHIP_CONTROLS: Final = unsupported(
    name="PutBucketOwnershipControls",
    feature="Ownership controls",
    level="bucket",
    method="PUT",
    marks="?ownershipControls",
    why="Files in PFS have no owner.",
)

PUT_BUCKET_POLICY: Final = unsupported(
    name="PutBucketPolicy",
    feature="Policies",
    level="bucket",
    method="PUT",
    marks="?policy",
    why="Access in PFS is given by Pachyderm's roles.",
    instead="Give roles with `pachctl auth set`.",
)

PUT_BUCKET_REPLICATION: Final = unsupported(
    name="PutBucketReplication",
    feature="Replication",
    level="bucket",
    method="PUT",
    marks="?replication",
    why="Branches are not replicated to other buckets.",
    instead="Let a pipeline copy the branch, or sync it with rclone.",
)

PUT_BUCKET_REQUEST_PAYMENT: Final = unsupported(
    name="PutBucketRequestPayment",
    feature="Payment requests",
    level="bucket",
    method="PUT",
    marks="?requestPayment",
    why="Nobody pays for requests.",
)

PUT_BUCKET_TAGGING: Final = unsupported(
    name="PutBucketTagging",
    feature="Tagging",
    level="bucket",
    method="PUT",
    marks="?tagging",
    why="PFS has no place for tags.",
    instead="Keep them in a file beside the data.",
)

PUT_BUCKET_VERSIONING: Final = unsupported(
    name="PutBucketVersioning",
    feature="Versioning configuration",
    level="bucket",
    method="PUT",
    marks="?versioning",
    served_in=("extended",),
    why="Every write is a commit that PFS keeps, which cannot be switched.",
    instead="Read past commits with `pachctl` or PFS's gRPC interface.",
)

PUT_BUCKET_VERSIONING_EXTENDED: Final = supported(
    name="PutBucketVersioning",
    feature="Versioning configuration",
    level="bucket",
    method="PUT",
    marks="?versioning",
    served_in=("extended",),
    summary="Changes nothing. Enabled is accepted, Suspended is 409, and MFA delete 501.",
    pfs=("InspectBranch",),
    reads=(
        "content-length",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-checksum-*",
        "<Status>",
        "<MfaDelete>",
    ),
    drops=("x-amz-expected-bucket-owner",),
    refuses=(
        ("x-amz-mfa", "MFA delete"),
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
        ("x-s3gw-session", "Commit sessions"),
    ),
    read=requests.read_put_bucket_versioning,
    handle=buckets.put_bucket_versioning,
    write=Answer(200).always,
)

PUT_BUCKET_WEBSITE: Final = unsupported(
    name="PutBucketWebsite",
    feature="Website configuration",
    level="bucket",
    method="PUT",
    marks="?website",
    why="Branches are not served as websites.",
    instead="Put a web server in front of the gateway.",
)

PUT_OBJECT: Final = supported(
    name="PutObject",
    feature="Objects",
    level="object",
    method="PUT",
    marks="",
    served_in=("classic", "extended"),
    summary="Overwrites the file in one atomic commit; no size limit of its own. Digests are verified before anything is committed.",
    pfs=("InspectBranch", "InspectFile", "ModifyFile", "InspectCommit"),
    reads=(
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "content-length",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-checksum-*",
    ),
    drops=(
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
        "x-amz-acl",
        "x-amz-expected-bucket-owner",
        "x-amz-grant-*",
        "x-amz-meta-*",
        "x-amz-request-payer",
        "x-amz-storage-class",
        "x-amz-tagging",
    ),
    refuses=(
        ("x-amz-server-side-encryption*", "Encryption"),
        ("x-amz-object-lock-*", "Object locks"),
        ("x-amz-write-offset-bytes", "Appending"),
        ("x-amz-copy-source-*", "Object copying"),
        ("x-amz-rename-source*", "Renaming"),
        ("x-amz-website-redirect-location", "Website configuration"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
        ("x-s3gw-session", "Commit sessions"),
    ),
    lane="write",
    read=requests.read_put_object,
    handle=objects.put_object,
    write=requests.write_put_object,
)

PUT_OBJECT_EXTENDED: Final = supported(
    name="PutObject",
    feature="Objects",
    level="object",
    method="PUT",
    marks="",
    served_in=("classic", "extended"),
    summary="Overwrites the file in one atomic commit, whose id is the version; no size limit of its own. Digests are verified before anything is committed. What the object carries is kept by the embedded PFS, and by a cluster with --properties-repo; it is dropped by a cluster without.",
    pfs=("InspectBranch", "InspectFile", "ModifyFile", "InspectCommit"),
    reads=(
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
        "x-amz-meta-*",
        "x-amz-tagging",
        "x-s3gw-session",
        "content-length",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-checksum-*",
    ),
    drops=(
        "x-amz-acl",
        "x-amz-expected-bucket-owner",
        "x-amz-grant-*",
        "x-amz-request-payer",
        "x-amz-storage-class",
    ),
    refuses=(
        ("x-amz-server-side-encryption*", "Encryption"),
        ("x-amz-object-lock-*", "Object locks"),
        ("x-amz-write-offset-bytes", "Appending"),
        ("x-amz-copy-source-*", "Object copying"),
        ("x-amz-rename-source*", "Renaming"),
        ("x-amz-website-redirect-location", "Website configuration"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
    ),
    lane="write",
    read=requests.read_put_object_extended,
    handle=objects.put_object,
    write=requests.write_put_object_extended,
)

PUT_OBJECT_ACL: Final = unsupported(
    name="PutObjectAcl",
    feature="ACLs",
    level="object",
    method="PUT",
    marks="?acl",
    served_in=("extended",),
    why="There are no ACLs in PFS, and no owner but the cluster.",
    instead="Give roles with `pachctl auth set`.",
)

PUT_OBJECT_ACL_EXTENDED: Final = supported(
    name="PutObjectAcl",
    feature="ACLs",
    level="object",
    method="PUT",
    marks="?acl",
    served_in=("extended",),
    summary="Changes nothing. What gives the owner FULL_CONTROL and nobody else anything is accepted, any other ACL is 501.",
    pfs=("InspectBranch", "InspectFile"),
    reads=(
        "?versionId",
        "x-amz-acl",
        "x-amz-grant-full-control",
        "x-amz-grant-read",
        "x-amz-grant-read-acp",
        "x-amz-grant-write",
        "x-amz-grant-write-acp",
        "content-length",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-checksum-*",
        "<Owner/ID>",
        "<Owner/DisplayName>",
        "<AccessControlList/Grant/Grantee/xsi:type>",
        "<AccessControlList/Grant/Grantee/ID>",
        "<AccessControlList/Grant/Grantee/DisplayName>",
        "<AccessControlList/Grant/Grantee/EmailAddress>",
        "<AccessControlList/Grant/Grantee/URI>",
        "<AccessControlList/Grant/Permission>",
    ),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
        ("x-s3gw-session", "Commit sessions"),
    ),
    read=requests.read_put_object_acl,
    handle=acls.put_object_acl,
    write=Answer(200).always,
)

PUT_OBJECT_ANNOTATION: Final = unsupported(
    name="PutObjectAnnotation",
    feature="Annotations",
    level="object",
    method="PUT",
    marks="?annotation&annotationName",
    why="PFS has no place for annotations.",
    instead="Keep them in a file beside the data.",
)

PUT_OBJECT_LEGAL_HOLD: Final = unsupported(
    name="PutObjectLegalHold",
    feature="Legal holds",
    level="object",
    method="PUT",
    marks="?legal-hold",
    why="PFS has no locks on files.",
    instead="Past commits keep every version of a file until they are squashed.",
)

PUT_OBJECT_LOCK_CONFIGURATION: Final = unsupported(
    name="PutObjectLockConfiguration",
    feature="Object locks",
    level="bucket",
    method="PUT",
    marks="?object-lock",
    why="PFS has no locks on files.",
    instead="Past commits keep every version of a file until they are squashed.",
)

PUT_OBJECT_RETENTION: Final = unsupported(
    name="PutObjectRetention",
    feature="Retention policies",
    level="object",
    method="PUT",
    marks="?retention",
    why="PFS has no locks on files.",
    instead="Past commits keep every version of a file until they are squashed.",
)

PUT_OBJECT_TAGGING: Final = unsupported(
    name="PutObjectTagging",
    feature="Tagging",
    level="object",
    method="PUT",
    marks="?tagging",
    served_in=("extended",),
    why="PFS has no place for tags.",
    instead="Keep them in a file beside the data.",
)

PUT_OBJECT_TAGGING_EXTENDED: Final = supported(
    name="PutObjectTagging",
    feature="Tagging",
    level="object",
    method="PUT",
    marks="?tagging",
    served_in=("extended",),
    summary="Replaces the tags of an object, in a new version. A cluster keeps tags with --properties-repo; without, this is 501.",
    pfs=("InspectFile", "ModifyFile", "InspectCommit"),
    reads=(
        "?versionId",
        "content-length",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-checksum-*",
        "<TagSet/Tag/Key>",
        "<TagSet/Tag/Value>",
    ),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer"),
    refuses=(
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
        ("x-s3gw-session", "Commit sessions"),
    ),
    read=requests.read_put_object_tagging,
    handle=tags.put_object_tagging,
    write=requests.write_put_object_tagging,
)

PUT_PUBLIC_ACCESS_BLOCK: Final = unsupported(
    name="PutPublicAccessBlock",
    feature="Public access blocks",
    level="bucket",
    method="PUT",
    marks="?publicAccessBlock",
    why="There is no switch for public access, and the classic profile asks nobody who they are.",
    instead="Control in the network who reaches the gateway's port.",
)

RENAME_OBJECT: Final = unsupported(
    name="RenameObject",
    feature="Renaming",
    level="object",
    method="PUT",
    marks="?renameObject",
    served_in=("extended",),
    why="PFS has no rename.",
    instead="Put the object under its new key and delete the old one.",
)

RENAME_OBJECT_EXTENDED: Final = supported(
    name="RenameObject",
    feature="Renaming",
    level="object",
    method="PUT",
    marks="?renameObject",
    served_in=("extended",),
    summary="Gives an object another key, in one atomic commit.",
    pfs=("InspectFile", "ModifyFile", "InspectCommit"),
    reads=(
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "x-amz-rename-source",
        "x-amz-rename-source-if-match",
        "x-amz-rename-source-if-modified-since",
        "x-amz-rename-source-if-none-match",
        "x-amz-rename-source-if-unmodified-since",
        "x-s3gw-session",
    ),
    drops=("x-amz-client-token",),
    refuses=(("x-amz-if-match-*", "Sessions and directory buckets"),),
    read=requests.read_rename_object,
    handle=copying.rename_object,
    write=Answer(200).always,
)

RESTORE_OBJECT: Final = unsupported(
    name="RestoreObject",
    feature="Restore",
    level="object",
    method="POST",
    marks="?restore",
    why="Nothing is archived, so there is nothing to restore.",
    instead="Get the object.",
)

SELECT_OBJECT_CONTENT: Final = unsupported(
    name="SelectObjectContent",
    feature="Select",
    level="object",
    method="POST",
    marks="?select&select-type=2",
    why="Files are not queried inside the gateway.",
    instead="Query them from DuckDB, Spark and the like, which read ranges of the object.",
)

UPDATE_BUCKET_METADATA_ANNOTATION_TABLE_CONFIGURATION: Final = unsupported(
    name="UpdateBucketMetadataAnnotationTableConfiguration",
    feature="Metadata tables",
    level="bucket",
    method="PUT",
    marks="?metadataAnnotationTable",
    why="No metadata tables are kept.",
    instead="List the bucket, or query PFS's commits with `pachctl`.",
)

UPDATE_BUCKET_METADATA_INVENTORY_TABLE_CONFIGURATION: Final = unsupported(
    name="UpdateBucketMetadataInventoryTableConfiguration",
    feature="Metadata tables",
    level="bucket",
    method="PUT",
    marks="?metadataInventoryTable",
    why="No metadata tables are kept.",
    instead="List the bucket, or query PFS's commits with `pachctl`.",
)

UPDATE_BUCKET_METADATA_JOURNAL_TABLE_CONFIGURATION: Final = unsupported(
    name="UpdateBucketMetadataJournalTableConfiguration",
    feature="Metadata tables",
    level="bucket",
    method="PUT",
    marks="?metadataJournalTable",
    why="No metadata tables are kept.",
    instead="List the bucket, or query PFS's commits with `pachctl`.",
)

UPDATE_OBJECT_ENCRYPTION: Final = unsupported(
    name="UpdateObjectEncryption",
    feature="Encryption",
    level="object",
    method="PUT",
    marks="?encryption",
    why="Keys and ciphers are not managed for each bucket.",
    instead="Encrypt the storage below Pachyderm, or the data before it is sent.",
)

UPLOAD_PART: Final = unsupported(
    name="UploadPart",
    feature="Multipart uploads",
    level="object",
    method="PUT",
    marks="?partNumber&uploadId",
    served_in=("extended",),
    why="An object is written by one atomic commit.",
    instead="Send a single PutObject, which has no size limit of its own (raise the client's multipart threshold).",
)

UPLOAD_PART_EXTENDED: Final = supported(
    name="UploadPart",
    feature="Multipart uploads",
    level="object",
    method="PUT",
    marks="?partNumber&uploadId",
    served_in=("extended",),
    summary="Stores a part, where nobody sees it yet; the last one of a number counts.",
    pfs=("InspectFile", "GlobFile", "ModifyFile", "InspectCommit"),
    reads=(
        "?partNumber",
        "?uploadId",
        "content-length",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-checksum-*",
    ),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer", "x-s3gw-session"),
    refuses=(
        ("x-amz-server-side-encryption-customer-*", "Encryption"),
        ("x-amz-copy-source-*", "Object copying"),
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
    ),
    read=requests.read_upload_part,
    handle=uploads.upload_part,
    write=requests.write_upload_part,
)

UPLOAD_PART_COPY: Final = unsupported(
    name="UploadPartCopy",
    feature="Multipart uploads",
    level="object",
    method="PUT",
    marks="?partNumber&uploadId + x-amz-copy-source",
    served_in=("extended",),
    why="An object is written by one atomic commit.",
    instead="Send a single PutObject, which has no size limit of its own (raise the client's multipart threshold).",
)

UPLOAD_PART_COPY_EXTENDED: Final = supported(
    name="UploadPartCopy",
    feature="Multipart uploads",
    level="object",
    method="PUT",
    marks="?partNumber&uploadId + x-amz-copy-source",
    served_in=("extended",),
    summary="Makes a part of an object, or of one range of it. The embedded PFS refers to the bytes, a cluster to whole objects.",
    pfs=("InspectFile", "GetFile", "GlobFile", "ModifyFile", "InspectCommit"),
    reads=(
        "?partNumber",
        "?uploadId",
        "x-amz-copy-source",
        "x-amz-copy-source-if-match",
        "x-amz-copy-source-if-modified-since",
        "x-amz-copy-source-if-none-match",
        "x-amz-copy-source-if-unmodified-since",
        "x-amz-copy-source-range",
        "x-s3gw-session",
    ),
    drops=("x-amz-expected-bucket-owner", "x-amz-request-payer", "x-amz-source-expected-bucket-owner"),
    refuses=(
        ("x-amz-server-side-encryption-customer-*", "Encryption"),
        ("x-amz-copy-source-server-side-encryption-*", "Encryption"),
        ("if-match", "Conditions"),
        ("if-modified-since", "Conditions"),
        ("if-none-match", "Conditions"),
        ("if-unmodified-since", "Conditions"),
        ("x-amz-if-match-*", "Sessions and directory buckets"),
    ),
    keeps_waiting=True,
    read=requests.read_upload_part_copy,
    handle=uploads.upload_part_copy,
    write=requests.write_upload_part_copy,
)

WRITE_GET_OBJECT_RESPONSE: Final = unsupported(
    name="WriteGetObjectResponse",
    feature="Object Lambda",
    level="bucket",
    method="POST",
    marks="x-amz-request-route, x-amz-request-token",
    why="There are no Object Lambda access points.",
)


# Parameters that name a sub-resource by themselves, at any level.
SUBRESOURCES: Final = frozenset(
    [
        "abac",
        "accelerate",
        "acl",
        "analytics",
        "annotation",
        "attributes",
        "cors",
        "delete",
        "encryption",
        "intelligent-tiering",
        "inventory",
        "legal-hold",
        "lifecycle",
        "location",
        "logging",
        "metadataAnnotationTable",
        "metadataConfiguration",
        "metadataInventoryTable",
        "metadataJournalTable",
        "metadataTable",
        "metrics",
        "notification",
        "object-lock",
        "ownershipControls",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "renameObject",
        "replication",
        "requestPayment",
        "restore",
        "retention",
        "s3gw-session",
        "session",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versioning",
        "versions",
        "website",
    ]
)

# The first is the default.
PROFILES: Final = {
    "classic": Profile(
        name="classic",
        summary="The published contract of Pachyderm's s3gateway, a small and dependable subset of S3.",
        keys=key_codes.EXACT,
        buckets=bucket_names.BRANCHES,
        operations=(
            ABORT_MULTIPART_UPLOAD,
            COMPLETE_MULTIPART_UPLOAD,
            COPY_OBJECT,
            CORS_PREFLIGHT,
            CREATE_BUCKET,
            CREATE_BUCKET_METADATA_CONFIGURATION,
            CREATE_BUCKET_METADATA_TABLE_CONFIGURATION,
            CREATE_MULTIPART_UPLOAD,
            CREATE_SESSION,
            DELETE_BUCKET,
            DELETE_BUCKET_ANALYTICS_CONFIGURATION,
            DELETE_BUCKET_CORS,
            DELETE_BUCKET_ENCRYPTION,
            DELETE_BUCKET_INTELLIGENT_TIERING_CONFIGURATION,
            DELETE_BUCKET_INVENTORY_CONFIGURATION,
            DELETE_BUCKET_LIFECYCLE,
            DELETE_BUCKET_METADATA_CONFIGURATION,
            DELETE_BUCKET_METADATA_TABLE_CONFIGURATION,
            DELETE_BUCKET_METRICS_CONFIGURATION,
            DELETE_BUCKET_OWNERSHIP_CONTROLS,
            DELETE_BUCKET_POLICY,
            DELETE_BUCKET_REPLICATION,
            DELETE_BUCKET_TAGGING,
            DELETE_BUCKET_WEBSITE,
            DELETE_OBJECT,
            DELETE_OBJECT_ANNOTATION,
            DELETE_OBJECT_TAGGING,
            DELETE_OBJECTS,
            DELETE_PUBLIC_ACCESS_BLOCK,
            DELETE_SESSION,
            GET_BUCKET_ABAC,
            GET_BUCKET_ACCELERATE_CONFIGURATION,
            GET_BUCKET_ACL,
            GET_BUCKET_ANALYTICS_CONFIGURATION,
            GET_BUCKET_CORS,
            GET_BUCKET_ENCRYPTION,
            GET_BUCKET_INTELLIGENT_TIERING_CONFIGURATION,
            GET_BUCKET_INVENTORY_CONFIGURATION,
            GET_BUCKET_LIFECYCLE,
            GET_BUCKET_LIFECYCLE_CONFIGURATION,
            GET_BUCKET_LOCATION,
            GET_BUCKET_LOGGING,
            GET_BUCKET_METADATA_CONFIGURATION,
            GET_BUCKET_METADATA_TABLE_CONFIGURATION,
            GET_BUCKET_METRICS_CONFIGURATION,
            GET_BUCKET_NOTIFICATION,
            GET_BUCKET_NOTIFICATION_CONFIGURATION,
            GET_BUCKET_OWNERSHIP_CONTROLS,
            GET_BUCKET_POLICY,
            GET_BUCKET_POLICY_STATUS,
            GET_BUCKET_REPLICATION,
            GET_BUCKET_REQUEST_PAYMENT,
            GET_BUCKET_TAGGING,
            GET_BUCKET_VERSIONING,
            GET_BUCKET_WEBSITE,
            GET_OBJECT,
            GET_OBJECT_ACL,
            GET_OBJECT_ANNOTATION,
            GET_OBJECT_ATTRIBUTES,
            GET_OBJECT_LEGAL_HOLD,
            GET_OBJECT_LOCK_CONFIGURATION,
            GET_OBJECT_RETENTION,
            GET_OBJECT_TAGGING,
            GET_OBJECT_TORRENT,
            GET_PUBLIC_ACCESS_BLOCK,
            HEAD_BUCKET,
            HEAD_OBJECT,
            LIST_BUCKET_ANALYTICS_CONFIGURATIONS,
            LIST_BUCKET_INTELLIGENT_TIERING_CONFIGURATIONS,
            LIST_BUCKET_INVENTORY_CONFIGURATIONS,
            LIST_BUCKET_METRICS_CONFIGURATIONS,
            LIST_BUCKETS,
            LIST_DIRECTORY_BUCKETS,
            LIST_MULTIPART_UPLOADS,
            LIST_OBJECT_ANNOTATIONS,
            LIST_OBJECT_VERSIONS,
            LIST_OBJECTS,
            LIST_OBJECTS_V2,
            LIST_PARTS,
            POST_OBJECT,
            POST_SESSION,
            PUT_BUCKET_ABAC,
            PUT_BUCKET_ACCELERATE_CONFIGURATION,
            PUT_BUCKET_ACL,
            PUT_BUCKET_ANALYTICS_CONFIGURATION,
            PUT_BUCKET_CORS,
            PUT_BUCKET_ENCRYPTION,
            PUT_BUCKET_INTELLIGENT_TIERING_CONFIGURATION,
            PUT_BUCKET_INVENTORY_CONFIGURATION,
            PUT_BUCKET_LIFECYCLE,
            PUT_BUCKET_LIFECYCLE_CONFIGURATION,
            PUT_BUCKET_LOGGING,
            PUT_BUCKET_METRICS_CONFIGURATION,
            PUT_BUCKET_NOTIFICATION,
            PUT_BUCKET_NOTIFICATION_CONFIGURATION,
            PUT_BUCKET_OWNERSHIP_CONTROLS,
            PUT_BUCKET_POLICY,
            PUT_BUCKET_REPLICATION,
            PUT_BUCKET_REQUEST_PAYMENT,
            PUT_BUCKET_TAGGING,
            PUT_BUCKET_VERSIONING,
            PUT_BUCKET_WEBSITE,
            PUT_OBJECT,
            PUT_OBJECT_ACL,
            PUT_OBJECT_ANNOTATION,
            PUT_OBJECT_LEGAL_HOLD,
            PUT_OBJECT_LOCK_CONFIGURATION,
            PUT_OBJECT_RETENTION,
            PUT_OBJECT_TAGGING,
            PUT_PUBLIC_ACCESS_BLOCK,
            RENAME_OBJECT,
            RESTORE_OBJECT,
            SELECT_OBJECT_CONTENT,
            UPDATE_BUCKET_METADATA_ANNOTATION_TABLE_CONFIGURATION,
            UPDATE_BUCKET_METADATA_INVENTORY_TABLE_CONFIGURATION,
            UPDATE_BUCKET_METADATA_JOURNAL_TABLE_CONFIGURATION,
            UPDATE_OBJECT_ENCRYPTION,
            UPLOAD_PART,
            UPLOAD_PART_COPY,
            WRITE_GET_OBJECT_RESPONSE,
        ),
        tables=(
            Table(
                level="service",
                method="GET",
                candidates=(Candidate(LIST_BUCKETS, (), ()),),
                parameters=frozenset(["bucket-region", "continuation-token", "max-buckets", "prefix"]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="service",
                method="OPTIONS",
                candidates=(Candidate(CORS_PREFLIGHT, (), ()),),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="bucket",
                method="DELETE",
                candidates=(
                    Candidate(DELETE_BUCKET_ANALYTICS_CONFIGURATION, (("analytics", ""), ("id", "")), ()),
                    Candidate(
                        DELETE_BUCKET_INTELLIGENT_TIERING_CONFIGURATION,
                        (("id", ""), ("intelligent-tiering", "")),
                        (),
                    ),
                    Candidate(DELETE_BUCKET_INVENTORY_CONFIGURATION, (("id", ""), ("inventory", "")), ()),
                    Candidate(DELETE_BUCKET_METRICS_CONFIGURATION, (("id", ""), ("metrics", "")), ()),
                    Candidate(DELETE_BUCKET_CORS, (("cors", ""),), ()),
                    Candidate(DELETE_BUCKET_ENCRYPTION, (("encryption", ""),), ()),
                    Candidate(DELETE_BUCKET_LIFECYCLE, (("lifecycle", ""),), ()),
                    Candidate(DELETE_BUCKET_METADATA_CONFIGURATION, (("metadataConfiguration", ""),), ()),
                    Candidate(DELETE_BUCKET_METADATA_TABLE_CONFIGURATION, (("metadataTable", ""),), ()),
                    Candidate(DELETE_BUCKET_OWNERSHIP_CONTROLS, (("ownershipControls", ""),), ()),
                    Candidate(DELETE_BUCKET_POLICY, (("policy", ""),), ()),
                    Candidate(DELETE_BUCKET_REPLICATION, (("replication", ""),), ()),
                    Candidate(DELETE_BUCKET_TAGGING, (("tagging", ""),), ()),
                    Candidate(DELETE_BUCKET_WEBSITE, (("website", ""),), ()),
                    Candidate(DELETE_PUBLIC_ACCESS_BLOCK, (("publicAccessBlock", ""),), ()),
                    Candidate(DELETE_SESSION, (("s3gw-session", ""),), ()),
                    Candidate(DELETE_BUCKET, (), ()),
                ),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="bucket",
                method="GET",
                candidates=(
                    Candidate(GET_BUCKET_ANALYTICS_CONFIGURATION, (("analytics", ""), ("id", "")), ()),
                    Candidate(
                        GET_BUCKET_INTELLIGENT_TIERING_CONFIGURATION,
                        (("id", ""), ("intelligent-tiering", "")),
                        (),
                    ),
                    Candidate(GET_BUCKET_INVENTORY_CONFIGURATION, (("id", ""), ("inventory", "")), ()),
                    Candidate(GET_BUCKET_METRICS_CONFIGURATION, (("id", ""), ("metrics", "")), ()),
                    Candidate(CREATE_SESSION, (("session", ""),), ()),
                    Candidate(GET_BUCKET_ABAC, (("abac", ""),), ()),
                    Candidate(GET_BUCKET_ACCELERATE_CONFIGURATION, (("accelerate", ""),), ()),
                    Candidate(GET_BUCKET_ACL, (("acl", ""),), ()),
                    Candidate(GET_BUCKET_CORS, (("cors", ""),), ()),
                    Candidate(GET_BUCKET_ENCRYPTION, (("encryption", ""),), ()),
                    Candidate(GET_BUCKET_LIFECYCLE_CONFIGURATION, (("lifecycle", ""),), ()),
                    Candidate(GET_BUCKET_LOCATION, (("location", ""),), ()),
                    Candidate(GET_BUCKET_LOGGING, (("logging", ""),), ()),
                    Candidate(GET_BUCKET_METADATA_CONFIGURATION, (("metadataConfiguration", ""),), ()),
                    Candidate(GET_BUCKET_METADATA_TABLE_CONFIGURATION, (("metadataTable", ""),), ()),
                    Candidate(GET_BUCKET_NOTIFICATION_CONFIGURATION, (("notification", ""),), ()),
                    Candidate(GET_BUCKET_OWNERSHIP_CONTROLS, (("ownershipControls", ""),), ()),
                    Candidate(GET_BUCKET_POLICY, (("policy", ""),), ()),
                    Candidate(GET_BUCKET_POLICY_STATUS, (("policyStatus", ""),), ()),
                    Candidate(GET_BUCKET_REPLICATION, (("replication", ""),), ()),
                    Candidate(GET_BUCKET_REQUEST_PAYMENT, (("requestPayment", ""),), ()),
                    Candidate(GET_BUCKET_TAGGING, (("tagging", ""),), ()),
                    Candidate(GET_BUCKET_VERSIONING, (("versioning", ""),), ()),
                    Candidate(GET_BUCKET_WEBSITE, (("website", ""),), ()),
                    Candidate(GET_OBJECT_LOCK_CONFIGURATION, (("object-lock", ""),), ()),
                    Candidate(GET_PUBLIC_ACCESS_BLOCK, (("publicAccessBlock", ""),), ()),
                    Candidate(LIST_BUCKET_ANALYTICS_CONFIGURATIONS, (("analytics", ""),), ()),
                    Candidate(
                        LIST_BUCKET_INTELLIGENT_TIERING_CONFIGURATIONS, (("intelligent-tiering", ""),), ()
                    ),
                    Candidate(LIST_BUCKET_INVENTORY_CONFIGURATIONS, (("inventory", ""),), ()),
                    Candidate(LIST_BUCKET_METRICS_CONFIGURATIONS, (("metrics", ""),), ()),
                    Candidate(LIST_MULTIPART_UPLOADS, (("uploads", ""),), ()),
                    Candidate(LIST_OBJECT_VERSIONS, (("versions", ""),), ()),
                    Candidate(LIST_OBJECTS_V2, (("list-type", "2"),), ()),
                    Candidate(LIST_OBJECTS, (), ()),
                ),
                parameters=frozenset(
                    [
                        "continuation-token",
                        "delimiter",
                        "encoding-type",
                        "fetch-owner",
                        "key-marker",
                        "marker",
                        "max-keys",
                        "prefix",
                        "start-after",
                        "version-id-marker",
                    ]
                ),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="bucket",
                method="HEAD",
                candidates=(Candidate(HEAD_BUCKET, (), ()),),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="bucket",
                method="OPTIONS",
                candidates=(Candidate(CORS_PREFLIGHT, (), ()),),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="bucket",
                method="POST",
                candidates=(
                    Candidate(CREATE_BUCKET_METADATA_CONFIGURATION, (("metadataConfiguration", ""),), ()),
                    Candidate(CREATE_BUCKET_METADATA_TABLE_CONFIGURATION, (("metadataTable", ""),), ()),
                    Candidate(DELETE_OBJECTS, (("delete", ""),), ()),
                    Candidate(POST_SESSION, (("s3gw-session", ""),), ()),
                    Candidate(WRITE_GET_OBJECT_RESPONSE, (), ("x-amz-request-route", "x-amz-request-token")),
                    Candidate(POST_OBJECT, (), ()),
                ),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="bucket",
                method="PUT",
                candidates=(
                    Candidate(PUT_BUCKET_ANALYTICS_CONFIGURATION, (("analytics", ""), ("id", "")), ()),
                    Candidate(
                        PUT_BUCKET_INTELLIGENT_TIERING_CONFIGURATION,
                        (("id", ""), ("intelligent-tiering", "")),
                        (),
                    ),
                    Candidate(PUT_BUCKET_INVENTORY_CONFIGURATION, (("id", ""), ("inventory", "")), ()),
                    Candidate(PUT_BUCKET_METRICS_CONFIGURATION, (("id", ""), ("metrics", "")), ()),
                    Candidate(PUT_BUCKET_ABAC, (("abac", ""),), ()),
                    Candidate(PUT_BUCKET_ACCELERATE_CONFIGURATION, (("accelerate", ""),), ()),
                    Candidate(PUT_BUCKET_ACL, (("acl", ""),), ()),
                    Candidate(PUT_BUCKET_CORS, (("cors", ""),), ()),
                    Candidate(PUT_BUCKET_ENCRYPTION, (("encryption", ""),), ()),
                    Candidate(PUT_BUCKET_LIFECYCLE_CONFIGURATION, (("lifecycle", ""),), ()),
                    Candidate(PUT_BUCKET_LOGGING, (("logging", ""),), ()),
                    Candidate(PUT_BUCKET_NOTIFICATION_CONFIGURATION, (("notification", ""),), ()),
                    Candidate(PUT_BUCKET_OWNERSHIP_CONTROLS, (("ownershipControls", ""),), ()),
                    Candidate(PUT_BUCKET_POLICY, (("policy", ""),), ()),
                    Candidate(PUT_BUCKET_REPLICATION, (("replication", ""),), ()),
                    Candidate(PUT_BUCKET_REQUEST_PAYMENT, (("requestPayment", ""),), ()),
                    Candidate(PUT_BUCKET_TAGGING, (("tagging", ""),), ()),
                    Candidate(PUT_BUCKET_VERSIONING, (("versioning", ""),), ()),
                    Candidate(PUT_BUCKET_WEBSITE, (("website", ""),), ()),
                    Candidate(PUT_OBJECT_LOCK_CONFIGURATION, (("object-lock", ""),), ()),
                    Candidate(PUT_PUBLIC_ACCESS_BLOCK, (("publicAccessBlock", ""),), ()),
                    Candidate(
                        UPDATE_BUCKET_METADATA_ANNOTATION_TABLE_CONFIGURATION,
                        (("metadataAnnotationTable", ""),),
                        (),
                    ),
                    Candidate(
                        UPDATE_BUCKET_METADATA_INVENTORY_TABLE_CONFIGURATION,
                        (("metadataInventoryTable", ""),),
                        (),
                    ),
                    Candidate(
                        UPDATE_BUCKET_METADATA_JOURNAL_TABLE_CONFIGURATION,
                        (("metadataJournalTable", ""),),
                        (),
                    ),
                    Candidate(CREATE_BUCKET, (), ()),
                ),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="object",
                method="DELETE",
                candidates=(
                    Candidate(DELETE_OBJECT_ANNOTATION, (("annotation", ""), ("annotationName", "")), ()),
                    Candidate(ABORT_MULTIPART_UPLOAD, (("uploadId", ""),), ()),
                    Candidate(DELETE_OBJECT_TAGGING, (("tagging", ""),), ()),
                    Candidate(DELETE_OBJECT, (), ()),
                ),
                parameters=frozenset(["versionId"]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="object",
                method="GET",
                candidates=(
                    Candidate(GET_OBJECT_ANNOTATION, (("annotation", ""), ("annotationName", "")), ()),
                    Candidate(GET_OBJECT_ACL, (("acl", ""),), ()),
                    Candidate(GET_OBJECT_ATTRIBUTES, (("attributes", ""),), ()),
                    Candidate(GET_OBJECT_LEGAL_HOLD, (("legal-hold", ""),), ()),
                    Candidate(GET_OBJECT_RETENTION, (("retention", ""),), ()),
                    Candidate(GET_OBJECT_TAGGING, (("tagging", ""),), ()),
                    Candidate(GET_OBJECT_TORRENT, (("torrent", ""),), ()),
                    Candidate(LIST_OBJECT_ANNOTATIONS, (("annotation", ""),), ()),
                    Candidate(LIST_PARTS, (("uploadId", ""),), ()),
                    Candidate(GET_OBJECT, (), ()),
                ),
                parameters=frozenset(
                    [
                        "partNumber",
                        "response-cache-control",
                        "response-content-disposition",
                        "response-content-encoding",
                        "response-content-language",
                        "response-content-type",
                        "response-expires",
                        "versionId",
                    ]
                ),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="object",
                method="HEAD",
                candidates=(Candidate(HEAD_OBJECT, (), ()),),
                parameters=frozenset(
                    [
                        "partNumber",
                        "response-cache-control",
                        "response-content-disposition",
                        "response-content-encoding",
                        "response-content-language",
                        "response-content-type",
                        "response-expires",
                        "versionId",
                    ]
                ),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="object",
                method="OPTIONS",
                candidates=(Candidate(CORS_PREFLIGHT, (), ()),),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="object",
                method="POST",
                candidates=(
                    Candidate(SELECT_OBJECT_CONTENT, (("select", ""), ("select-type", "2")), ()),
                    Candidate(COMPLETE_MULTIPART_UPLOAD, (("uploadId", ""),), ()),
                    Candidate(CREATE_MULTIPART_UPLOAD, (("uploads", ""),), ()),
                    Candidate(RESTORE_OBJECT, (("restore", ""),), ()),
                ),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="object",
                method="PUT",
                candidates=(
                    Candidate(
                        UPLOAD_PART_COPY, (("partNumber", ""), ("uploadId", "")), ("x-amz-copy-source",)
                    ),
                    Candidate(PUT_OBJECT_ANNOTATION, (("annotation", ""), ("annotationName", "")), ()),
                    Candidate(UPLOAD_PART, (("partNumber", ""), ("uploadId", "")), ()),
                    Candidate(PUT_OBJECT_ACL, (("acl", ""),), ()),
                    Candidate(PUT_OBJECT_LEGAL_HOLD, (("legal-hold", ""),), ()),
                    Candidate(PUT_OBJECT_RETENTION, (("retention", ""),), ()),
                    Candidate(PUT_OBJECT_TAGGING, (("tagging", ""),), ()),
                    Candidate(RENAME_OBJECT, (("renameObject", ""),), ()),
                    Candidate(UPDATE_OBJECT_ENCRYPTION, (("encryption", ""),), ()),
                    Candidate(COPY_OBJECT, (), ("x-amz-copy-source",)),
                    Candidate(PUT_OBJECT, (), ()),
                ),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
        ),
    ),
    "extended": Profile(
        name="extended",
        summary="What users of that gateway missed. It never changes what an operation of classic means, except where a row of the catalogue says so.",
        keys=key_codes.CODED,
        buckets=bucket_names.ALL,
        operations=(
            ABORT_MULTIPART_UPLOAD_EXTENDED,
            COMPLETE_MULTIPART_UPLOAD_EXTENDED,
            COPY_OBJECT_EXTENDED,
            CORS_PREFLIGHT,
            CREATE_BUCKET,
            CREATE_BUCKET_METADATA_CONFIGURATION,
            CREATE_BUCKET_METADATA_TABLE_CONFIGURATION,
            CREATE_MULTIPART_UPLOAD_EXTENDED,
            CREATE_SESSION,
            DELETE_BUCKET,
            DELETE_BUCKET_ANALYTICS_CONFIGURATION,
            DELETE_BUCKET_CORS,
            DELETE_BUCKET_ENCRYPTION,
            DELETE_BUCKET_INTELLIGENT_TIERING_CONFIGURATION,
            DELETE_BUCKET_INVENTORY_CONFIGURATION,
            DELETE_BUCKET_LIFECYCLE,
            DELETE_BUCKET_METADATA_CONFIGURATION,
            DELETE_BUCKET_METADATA_TABLE_CONFIGURATION,
            DELETE_BUCKET_METRICS_CONFIGURATION,
            DELETE_BUCKET_OWNERSHIP_CONTROLS,
            DELETE_BUCKET_POLICY,
            DELETE_BUCKET_REPLICATION,
            DELETE_BUCKET_TAGGING,
            DELETE_BUCKET_WEBSITE,
            DELETE_OBJECT_EXTENDED,
            DELETE_OBJECT_ANNOTATION,
            DELETE_OBJECT_TAGGING_EXTENDED,
            DELETE_OBJECTS_EXTENDED,
            DELETE_PUBLIC_ACCESS_BLOCK,
            DELETE_SESSION_EXTENDED,
            GET_BUCKET_ABAC,
            GET_BUCKET_ACCELERATE_CONFIGURATION_EXTENDED,
            GET_BUCKET_ACL_EXTENDED,
            GET_BUCKET_ANALYTICS_CONFIGURATION_EXTENDED,
            GET_BUCKET_CORS_EXTENDED,
            GET_BUCKET_ENCRYPTION_EXTENDED,
            GET_BUCKET_INTELLIGENT_TIERING_CONFIGURATION_EXTENDED,
            GET_BUCKET_INVENTORY_CONFIGURATION_EXTENDED,
            GET_BUCKET_LIFECYCLE,
            GET_BUCKET_LIFECYCLE_CONFIGURATION_EXTENDED,
            GET_BUCKET_LOCATION,
            GET_BUCKET_LOGGING_EXTENDED,
            GET_BUCKET_METADATA_CONFIGURATION,
            GET_BUCKET_METADATA_TABLE_CONFIGURATION,
            GET_BUCKET_METRICS_CONFIGURATION_EXTENDED,
            GET_BUCKET_NOTIFICATION,
            GET_BUCKET_NOTIFICATION_CONFIGURATION_EXTENDED,
            GET_BUCKET_OWNERSHIP_CONTROLS_EXTENDED,
            GET_BUCKET_POLICY_EXTENDED,
            GET_BUCKET_POLICY_STATUS_EXTENDED,
            GET_BUCKET_REPLICATION_EXTENDED,
            GET_BUCKET_REQUEST_PAYMENT_EXTENDED,
            GET_BUCKET_TAGGING_EXTENDED,
            GET_BUCKET_VERSIONING_EXTENDED,
            GET_BUCKET_WEBSITE_EXTENDED,
            GET_OBJECT_EXTENDED,
            GET_OBJECT_ACL_EXTENDED,
            GET_OBJECT_ANNOTATION,
            GET_OBJECT_ATTRIBUTES_EXTENDED,
            GET_OBJECT_LEGAL_HOLD_EXTENDED,
            GET_OBJECT_LOCK_CONFIGURATION_EXTENDED,
            GET_OBJECT_RETENTION_EXTENDED,
            GET_OBJECT_TAGGING_EXTENDED,
            GET_OBJECT_TORRENT,
            GET_PUBLIC_ACCESS_BLOCK_EXTENDED,
            HEAD_BUCKET,
            HEAD_OBJECT_EXTENDED,
            LIST_BUCKET_ANALYTICS_CONFIGURATIONS_EXTENDED,
            LIST_BUCKET_INTELLIGENT_TIERING_CONFIGURATIONS_EXTENDED,
            LIST_BUCKET_INVENTORY_CONFIGURATIONS_EXTENDED,
            LIST_BUCKET_METRICS_CONFIGURATIONS_EXTENDED,
            LIST_BUCKETS,
            LIST_DIRECTORY_BUCKETS,
            LIST_MULTIPART_UPLOADS_EXTENDED,
            LIST_OBJECT_ANNOTATIONS,
            LIST_OBJECT_VERSIONS_EXTENDED,
            LIST_OBJECTS_EXTENDED,
            LIST_OBJECTS_V2_EXTENDED,
            LIST_PARTS_EXTENDED,
            POST_OBJECT,
            POST_SESSION_EXTENDED,
            PUT_BUCKET_ABAC,
            PUT_BUCKET_ACCELERATE_CONFIGURATION,
            PUT_BUCKET_ACL_EXTENDED,
            PUT_BUCKET_ANALYTICS_CONFIGURATION,
            PUT_BUCKET_CORS,
            PUT_BUCKET_ENCRYPTION,
            PUT_BUCKET_INTELLIGENT_TIERING_CONFIGURATION,
            PUT_BUCKET_INVENTORY_CONFIGURATION,
            PUT_BUCKET_LIFECYCLE,
            PUT_BUCKET_LIFECYCLE_CONFIGURATION,
            PUT_BUCKET_LOGGING,
            PUT_BUCKET_METRICS_CONFIGURATION,
            PUT_BUCKET_NOTIFICATION,
            PUT_BUCKET_NOTIFICATION_CONFIGURATION,
            PUT_BUCKET_OWNERSHIP_CONTROLS,
            PUT_BUCKET_POLICY,
            PUT_BUCKET_REPLICATION,
            PUT_BUCKET_REQUEST_PAYMENT,
            PUT_BUCKET_TAGGING,
            PUT_BUCKET_VERSIONING_EXTENDED,
            PUT_BUCKET_WEBSITE,
            PUT_OBJECT_EXTENDED,
            PUT_OBJECT_ACL_EXTENDED,
            PUT_OBJECT_ANNOTATION,
            PUT_OBJECT_LEGAL_HOLD,
            PUT_OBJECT_LOCK_CONFIGURATION,
            PUT_OBJECT_RETENTION,
            PUT_OBJECT_TAGGING_EXTENDED,
            PUT_PUBLIC_ACCESS_BLOCK,
            RENAME_OBJECT_EXTENDED,
            RESTORE_OBJECT,
            SELECT_OBJECT_CONTENT,
            UPDATE_BUCKET_METADATA_ANNOTATION_TABLE_CONFIGURATION,
            UPDATE_BUCKET_METADATA_INVENTORY_TABLE_CONFIGURATION,
            UPDATE_BUCKET_METADATA_JOURNAL_TABLE_CONFIGURATION,
            UPDATE_OBJECT_ENCRYPTION,
            UPLOAD_PART_EXTENDED,
            UPLOAD_PART_COPY_EXTENDED,
            WRITE_GET_OBJECT_RESPONSE,
        ),
        tables=(
            Table(
                level="service",
                method="GET",
                candidates=(Candidate(LIST_BUCKETS, (), ()),),
                parameters=frozenset(["bucket-region", "continuation-token", "max-buckets", "prefix"]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="service",
                method="OPTIONS",
                candidates=(Candidate(CORS_PREFLIGHT, (), ()),),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="bucket",
                method="DELETE",
                candidates=(
                    Candidate(DELETE_BUCKET_ANALYTICS_CONFIGURATION, (("analytics", ""), ("id", "")), ()),
                    Candidate(
                        DELETE_BUCKET_INTELLIGENT_TIERING_CONFIGURATION,
                        (("id", ""), ("intelligent-tiering", "")),
                        (),
                    ),
                    Candidate(DELETE_BUCKET_INVENTORY_CONFIGURATION, (("id", ""), ("inventory", "")), ()),
                    Candidate(DELETE_BUCKET_METRICS_CONFIGURATION, (("id", ""), ("metrics", "")), ()),
                    Candidate(DELETE_BUCKET_CORS, (("cors", ""),), ()),
                    Candidate(DELETE_BUCKET_ENCRYPTION, (("encryption", ""),), ()),
                    Candidate(DELETE_BUCKET_LIFECYCLE, (("lifecycle", ""),), ()),
                    Candidate(DELETE_BUCKET_METADATA_CONFIGURATION, (("metadataConfiguration", ""),), ()),
                    Candidate(DELETE_BUCKET_METADATA_TABLE_CONFIGURATION, (("metadataTable", ""),), ()),
                    Candidate(DELETE_BUCKET_OWNERSHIP_CONTROLS, (("ownershipControls", ""),), ()),
                    Candidate(DELETE_BUCKET_POLICY, (("policy", ""),), ()),
                    Candidate(DELETE_BUCKET_REPLICATION, (("replication", ""),), ()),
                    Candidate(DELETE_BUCKET_TAGGING, (("tagging", ""),), ()),
                    Candidate(DELETE_BUCKET_WEBSITE, (("website", ""),), ()),
                    Candidate(DELETE_PUBLIC_ACCESS_BLOCK, (("publicAccessBlock", ""),), ()),
                    Candidate(DELETE_SESSION_EXTENDED, (("s3gw-session", ""),), ()),
                    Candidate(DELETE_BUCKET, (), ()),
                ),
                parameters=frozenset(["s3gw-session"]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="bucket",
                method="GET",
                candidates=(
                    Candidate(
                        GET_BUCKET_ANALYTICS_CONFIGURATION_EXTENDED, (("analytics", ""), ("id", "")), ()
                    ),
                    Candidate(
                        GET_BUCKET_INTELLIGENT_TIERING_CONFIGURATION_EXTENDED,
                        (("id", ""), ("intelligent-tiering", "")),
                        (),
                    ),
                    Candidate(
                        GET_BUCKET_INVENTORY_CONFIGURATION_EXTENDED, (("id", ""), ("inventory", "")), ()
                    ),
                    Candidate(GET_BUCKET_METRICS_CONFIGURATION_EXTENDED, (("id", ""), ("metrics", "")), ()),
                    Candidate(CREATE_SESSION, (("session", ""),), ()),
                    Candidate(GET_BUCKET_ABAC, (("abac", ""),), ()),
                    Candidate(GET_BUCKET_ACCELERATE_CONFIGURATION_EXTENDED, (("accelerate", ""),), ()),
                    Candidate(GET_BUCKET_ACL_EXTENDED, (("acl", ""),), ()),
                    Candidate(GET_BUCKET_CORS_EXTENDED, (("cors", ""),), ()),
                    Candidate(GET_BUCKET_ENCRYPTION_EXTENDED, (("encryption", ""),), ()),
                    Candidate(GET_BUCKET_LIFECYCLE_CONFIGURATION_EXTENDED, (("lifecycle", ""),), ()),
                    Candidate(GET_BUCKET_LOCATION, (("location", ""),), ()),
                    Candidate(GET_BUCKET_LOGGING_EXTENDED, (("logging", ""),), ()),
                    Candidate(GET_BUCKET_METADATA_CONFIGURATION, (("metadataConfiguration", ""),), ()),
                    Candidate(GET_BUCKET_METADATA_TABLE_CONFIGURATION, (("metadataTable", ""),), ()),
                    Candidate(GET_BUCKET_NOTIFICATION_CONFIGURATION_EXTENDED, (("notification", ""),), ()),
                    Candidate(GET_BUCKET_OWNERSHIP_CONTROLS_EXTENDED, (("ownershipControls", ""),), ()),
                    Candidate(GET_BUCKET_POLICY_EXTENDED, (("policy", ""),), ()),
                    Candidate(GET_BUCKET_POLICY_STATUS_EXTENDED, (("policyStatus", ""),), ()),
                    Candidate(GET_BUCKET_REPLICATION_EXTENDED, (("replication", ""),), ()),
                    Candidate(GET_BUCKET_REQUEST_PAYMENT_EXTENDED, (("requestPayment", ""),), ()),
                    Candidate(GET_BUCKET_TAGGING_EXTENDED, (("tagging", ""),), ()),
                    Candidate(GET_BUCKET_VERSIONING_EXTENDED, (("versioning", ""),), ()),
                    Candidate(GET_BUCKET_WEBSITE_EXTENDED, (("website", ""),), ()),
                    Candidate(GET_OBJECT_LOCK_CONFIGURATION_EXTENDED, (("object-lock", ""),), ()),
                    Candidate(GET_PUBLIC_ACCESS_BLOCK_EXTENDED, (("publicAccessBlock", ""),), ()),
                    Candidate(LIST_BUCKET_ANALYTICS_CONFIGURATIONS_EXTENDED, (("analytics", ""),), ()),
                    Candidate(
                        LIST_BUCKET_INTELLIGENT_TIERING_CONFIGURATIONS_EXTENDED,
                        (("intelligent-tiering", ""),),
                        (),
                    ),
                    Candidate(LIST_BUCKET_INVENTORY_CONFIGURATIONS_EXTENDED, (("inventory", ""),), ()),
                    Candidate(LIST_BUCKET_METRICS_CONFIGURATIONS_EXTENDED, (("metrics", ""),), ()),
                    Candidate(LIST_MULTIPART_UPLOADS_EXTENDED, (("uploads", ""),), ()),
                    Candidate(LIST_OBJECT_VERSIONS_EXTENDED, (("versions", ""),), ()),
                    Candidate(LIST_OBJECTS_V2_EXTENDED, (("list-type", "2"),), ()),
                    Candidate(LIST_OBJECTS_EXTENDED, (), ()),
                ),
                parameters=frozenset(
                    [
                        "continuation-token",
                        "delimiter",
                        "encoding-type",
                        "fetch-owner",
                        "key-marker",
                        "marker",
                        "max-keys",
                        "max-uploads",
                        "prefix",
                        "start-after",
                        "upload-id-marker",
                        "version-id-marker",
                    ]
                ),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="bucket",
                method="HEAD",
                candidates=(Candidate(HEAD_BUCKET, (), ()),),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="bucket",
                method="OPTIONS",
                candidates=(Candidate(CORS_PREFLIGHT, (), ()),),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="bucket",
                method="POST",
                candidates=(
                    Candidate(CREATE_BUCKET_METADATA_CONFIGURATION, (("metadataConfiguration", ""),), ()),
                    Candidate(CREATE_BUCKET_METADATA_TABLE_CONFIGURATION, (("metadataTable", ""),), ()),
                    Candidate(DELETE_OBJECTS_EXTENDED, (("delete", ""),), ()),
                    Candidate(POST_SESSION_EXTENDED, (("s3gw-session", ""),), ()),
                    Candidate(WRITE_GET_OBJECT_RESPONSE, (), ("x-amz-request-route", "x-amz-request-token")),
                    Candidate(POST_OBJECT, (), ()),
                ),
                parameters=frozenset(["s3gw-session"]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="bucket",
                method="PUT",
                candidates=(
                    Candidate(PUT_BUCKET_ANALYTICS_CONFIGURATION, (("analytics", ""), ("id", "")), ()),
                    Candidate(
                        PUT_BUCKET_INTELLIGENT_TIERING_CONFIGURATION,
                        (("id", ""), ("intelligent-tiering", "")),
                        (),
                    ),
                    Candidate(PUT_BUCKET_INVENTORY_CONFIGURATION, (("id", ""), ("inventory", "")), ()),
                    Candidate(PUT_BUCKET_METRICS_CONFIGURATION, (("id", ""), ("metrics", "")), ()),
                    Candidate(PUT_BUCKET_ABAC, (("abac", ""),), ()),
                    Candidate(PUT_BUCKET_ACCELERATE_CONFIGURATION, (("accelerate", ""),), ()),
                    Candidate(PUT_BUCKET_ACL_EXTENDED, (("acl", ""),), ()),
                    Candidate(PUT_BUCKET_CORS, (("cors", ""),), ()),
                    Candidate(PUT_BUCKET_ENCRYPTION, (("encryption", ""),), ()),
                    Candidate(PUT_BUCKET_LIFECYCLE_CONFIGURATION, (("lifecycle", ""),), ()),
                    Candidate(PUT_BUCKET_LOGGING, (("logging", ""),), ()),
                    Candidate(PUT_BUCKET_NOTIFICATION_CONFIGURATION, (("notification", ""),), ()),
                    Candidate(PUT_BUCKET_OWNERSHIP_CONTROLS, (("ownershipControls", ""),), ()),
                    Candidate(PUT_BUCKET_POLICY, (("policy", ""),), ()),
                    Candidate(PUT_BUCKET_REPLICATION, (("replication", ""),), ()),
                    Candidate(PUT_BUCKET_REQUEST_PAYMENT, (("requestPayment", ""),), ()),
                    Candidate(PUT_BUCKET_TAGGING, (("tagging", ""),), ()),
                    Candidate(PUT_BUCKET_VERSIONING_EXTENDED, (("versioning", ""),), ()),
                    Candidate(PUT_BUCKET_WEBSITE, (("website", ""),), ()),
                    Candidate(PUT_OBJECT_LOCK_CONFIGURATION, (("object-lock", ""),), ()),
                    Candidate(PUT_PUBLIC_ACCESS_BLOCK, (("publicAccessBlock", ""),), ()),
                    Candidate(
                        UPDATE_BUCKET_METADATA_ANNOTATION_TABLE_CONFIGURATION,
                        (("metadataAnnotationTable", ""),),
                        (),
                    ),
                    Candidate(
                        UPDATE_BUCKET_METADATA_INVENTORY_TABLE_CONFIGURATION,
                        (("metadataInventoryTable", ""),),
                        (),
                    ),
                    Candidate(
                        UPDATE_BUCKET_METADATA_JOURNAL_TABLE_CONFIGURATION,
                        (("metadataJournalTable", ""),),
                        (),
                    ),
                    Candidate(CREATE_BUCKET, (), ()),
                ),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="object",
                method="DELETE",
                candidates=(
                    Candidate(DELETE_OBJECT_ANNOTATION, (("annotation", ""), ("annotationName", "")), ()),
                    Candidate(ABORT_MULTIPART_UPLOAD_EXTENDED, (("uploadId", ""),), ()),
                    Candidate(DELETE_OBJECT_TAGGING_EXTENDED, (("tagging", ""),), ()),
                    Candidate(DELETE_OBJECT_EXTENDED, (), ()),
                ),
                parameters=frozenset(["uploadId", "versionId"]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="object",
                method="GET",
                candidates=(
                    Candidate(GET_OBJECT_ANNOTATION, (("annotation", ""), ("annotationName", "")), ()),
                    Candidate(GET_OBJECT_ACL_EXTENDED, (("acl", ""),), ()),
                    Candidate(GET_OBJECT_ATTRIBUTES_EXTENDED, (("attributes", ""),), ()),
                    Candidate(GET_OBJECT_LEGAL_HOLD_EXTENDED, (("legal-hold", ""),), ()),
                    Candidate(GET_OBJECT_RETENTION_EXTENDED, (("retention", ""),), ()),
                    Candidate(GET_OBJECT_TAGGING_EXTENDED, (("tagging", ""),), ()),
                    Candidate(GET_OBJECT_TORRENT, (("torrent", ""),), ()),
                    Candidate(LIST_OBJECT_ANNOTATIONS, (("annotation", ""),), ()),
                    Candidate(LIST_PARTS_EXTENDED, (("uploadId", ""),), ()),
                    Candidate(GET_OBJECT_EXTENDED, (), ()),
                ),
                parameters=frozenset(
                    [
                        "max-parts",
                        "part-number-marker",
                        "partNumber",
                        "response-cache-control",
                        "response-content-disposition",
                        "response-content-encoding",
                        "response-content-language",
                        "response-content-type",
                        "response-expires",
                        "uploadId",
                        "versionId",
                    ]
                ),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="object",
                method="HEAD",
                candidates=(Candidate(HEAD_OBJECT_EXTENDED, (), ()),),
                parameters=frozenset(
                    [
                        "partNumber",
                        "response-cache-control",
                        "response-content-disposition",
                        "response-content-encoding",
                        "response-content-language",
                        "response-content-type",
                        "response-expires",
                        "versionId",
                    ]
                ),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="object",
                method="OPTIONS",
                candidates=(Candidate(CORS_PREFLIGHT, (), ()),),
                parameters=frozenset([]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="object",
                method="POST",
                candidates=(
                    Candidate(SELECT_OBJECT_CONTENT, (("select", ""), ("select-type", "2")), ()),
                    Candidate(COMPLETE_MULTIPART_UPLOAD_EXTENDED, (("uploadId", ""),), ()),
                    Candidate(CREATE_MULTIPART_UPLOAD_EXTENDED, (("uploads", ""),), ()),
                    Candidate(RESTORE_OBJECT, (("restore", ""),), ()),
                ),
                parameters=frozenset(["uploadId"]),
                subresources=SUBRESOURCES,
            ),
            Table(
                level="object",
                method="PUT",
                candidates=(
                    Candidate(
                        UPLOAD_PART_COPY_EXTENDED,
                        (("partNumber", ""), ("uploadId", "")),
                        ("x-amz-copy-source",),
                    ),
                    Candidate(PUT_OBJECT_ANNOTATION, (("annotation", ""), ("annotationName", "")), ()),
                    Candidate(UPLOAD_PART_EXTENDED, (("partNumber", ""), ("uploadId", "")), ()),
                    Candidate(PUT_OBJECT_ACL_EXTENDED, (("acl", ""),), ()),
                    Candidate(PUT_OBJECT_LEGAL_HOLD, (("legal-hold", ""),), ()),
                    Candidate(PUT_OBJECT_RETENTION, (("retention", ""),), ()),
                    Candidate(PUT_OBJECT_TAGGING_EXTENDED, (("tagging", ""),), ()),
                    Candidate(RENAME_OBJECT_EXTENDED, (("renameObject", ""),), ()),
                    Candidate(UPDATE_OBJECT_ENCRYPTION, (("encryption", ""),), ()),
                    Candidate(COPY_OBJECT_EXTENDED, (), ("x-amz-copy-source",)),
                    Candidate(PUT_OBJECT_EXTENDED, (), ()),
                ),
                parameters=frozenset(["partNumber", "uploadId", "versionId"]),
                subresources=SUBRESOURCES,
            ),
        ),
    ),
}
DEFAULT_PROFILE: Final = next(iter(PROFILES))


class ServiceResource:
    """The operations of a service, `/`."""

    level: Final = "service"

    def __init__(self, face: Face) -> None:
        self._answer = face.answer

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)

    def on_options(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)


class BucketResource:
    """The operations of a bucket, `/{bucket}`."""

    level: Final = "bucket"

    def __init__(self, face: Face) -> None:
        self._answer = face.answer

    def on_delete(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)

    def on_head(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)

    def on_options(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)

    def on_put(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)


class ObjectResource:
    """The operations of a object, `/{bucket}/{key:path}`."""

    level: Final = "object"

    def __init__(self, face: Face) -> None:
        self._answer = face.answer

    def on_delete(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)

    def on_head(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)

    def on_options(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)

    def on_put(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._answer(req, resp)


ROUTES: Final = {
    "/": ServiceResource,
    "/{bucket}": BucketResource,
    "/{bucket}/{key:path}": ObjectResource,
}
