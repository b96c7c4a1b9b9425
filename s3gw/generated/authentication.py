"""Rendered by codegen from spec/authentication.yaml; do not edit, run `tox -e codegen`.

Contents: RIGHTS, OWNERS, CLOCK_SKEW_S, PRESIGNED_S; of SigV4: SCHEME, MARKS, PARAMETERS, SESSION, SERVICES,
TERMINATOR, REGION, INTEGRITY, PAYLOADS; of SigV4A: V4A_SCHEME, V4A_PAYLOAD; of SigV2: V2_SCHEME, V2_MARKS,
V2_PARAMETERS, V2_SIGNED, V2_USUALLY_SIGNED; of forms: FORM_MARKS,
FORM_V2_MARKS, FORM_UNJUDGED, FORM_SECRETS.
"""

from __future__ import annotations

from typing import Final

# What an identity may be given.
RIGHTS: Final = ("read", "list", "write", "delete", "create")

# Headers that name the account which a client takes for an owner.
OWNERS: Final = ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner")

# How far the clock of a client may be off.
CLOCK_SKEW_S: Final = 900

# How long a presigned request of SigV4 may be good.
PRESIGNED_S: Final = 604800

# The first word of Authorization, or X-Amz-Algorithm.
SCHEME: Final = "AWS4-HMAC-SHA256"

# Parameters of which any marks a presigned request, in lower case.
MARKS: Final = frozenset(["x-amz-algorithm", "x-amz-credential", "x-amz-signature", "x-amz-signedheaders"])

# Parameters that a presigned request must have: in lower case -> as they are spelled.
PARAMETERS: Final = {
    "x-amz-algorithm": "X-Amz-Algorithm",
    "x-amz-credential": "X-Amz-Credential",
    "x-amz-signature": "X-Amz-Signature",
    "x-amz-date": "X-Amz-Date",
    "x-amz-signedheaders": "X-Amz-SignedHeaders",
    "x-amz-expires": "X-Amz-Expires",
}

# The header or parameter with the session token, in lower case.
SESSION: Final = "x-amz-security-token"

# The parts of a credential: services that may be named, and its end.
SERVICES: Final = ("s3", "s3express", "s3-object-lambda", "s3-outposts")
TERMINATOR: Final = "aws4_request"

# What whoever names no region is told.
REGION: Final = "us-east-1"

# Headers that must be signed where they are sent, beside host and those that begin with x-amz-.
INTEGRITY: Final = frozenset(["content-md5"])

# Payloads, beside a SHA-256.
PAYLOADS: Final = (
    "UNSIGNED-PAYLOAD",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
)

# What is refused begins so.
V4A_SCHEME: Final = "AWS4-ECDSA-P256-SHA256"
V4A_PAYLOAD: Final = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"

# As above, as they are spelled.
V2_SCHEME: Final = "AWS"
V2_MARKS: Final = frozenset(["AWSAccessKeyId", "Signature"])
V2_PARAMETERS: Final = ("AWSAccessKeyId", "Signature", "Expires")

# Parameters that are signed, and those of them that all clients sign.
V2_SIGNED: Final = frozenset(
    [
        "abac",
        "accelerate",
        "acl",
        "analytics",
        "annotation",
        "attributes",
        "cors",
        "defaultObjectAcl",
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
        "partNumber",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "renameObject",
        "replication",
        "requestPayment",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "restore",
        "retention",
        "s3gw-session",
        "select",
        "select-type",
        "session",
        "storageClass",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
    ]
)
V2_USUALLY_SIGNED: Final = frozenset(
    [
        "accelerate",
        "acl",
        "analytics",
        "cors",
        "defaultObjectAcl",
        "delete",
        "inventory",
        "lifecycle",
        "location",
        "logging",
        "metrics",
        "notification",
        "object-lock",
        "partNumber",
        "policy",
        "replication",
        "requestPayment",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "restore",
        "select",
        "select-type",
        "storageClass",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
    ]
)

# Fields of forms that sign them: in lower case -> as they are spelled.
FORM_MARKS: Final = {
    "x-amz-algorithm": "X-Amz-Algorithm",
    "x-amz-credential": "X-Amz-Credential",
    "x-amz-date": "X-Amz-Date",
    "x-amz-signature": "X-Amz-Signature",
}
FORM_V2_MARKS: Final = {"awsaccesskeyid": "AWSAccessKeyId", "signature": "Signature"}

# Fields of forms that no policy needs to name; a trailing star stands for any rest.
FORM_UNJUDGED: Final = ("awsaccesskeyid", "file", "policy", "signature", "x-amz-signature", "x-ignore-*")

# Those whose values no answer repeats.
FORM_SECRETS: Final = (
    "awsaccesskeyid",
    "signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
)
